// The pages of Voice by their JSON: scores, single answers, drivers; and that answers go with their customer and their import.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

const WORDS = ['Fast and friendly', '=1+1 ส่งช้ามาก', '送貨很慢，但客服很好', 'Πολύ καλή εξυπηρέτηση', 'بسيار دير رسيد'], LANGUAGES = ['en', 'th', 'zh-Hant', 'el', 'fa'];
const MAP = { customer: 'who', time: 'day', language: 'lang', channel: 'ch', survey: 'delivery', answers: { r: { question: 'recommend', wording: 'How likely?', type: 'nps' }, s: { question: 'sat', type: 'csat' }, e: { question: 'ease', type: 'ces' }, why: { question: 'why', type: 'text' } } };
const csv = () => ['who,day,r,s,e,why,lang,ch', ...Array.from({ length: 60 }, (_, i) => `u${i},2017-0${1 + (i % 2)}-1${i % 10},${(i * 7) % 11},${1 + (i % 5)},${1 + ((i * 3) % 7)},${i < 5 ? WORDS[i] : ''},${LANGUAGES[i % 5]},${i % 2 ? 'web' : 'shop'}`)].join('\n');

async function open(t) {
	const hospes = await start(t);
	const secret = await hospes.key('secret');
	writeFileSync(join(hospes.dir, 'map.json'), JSON.stringify(MAP));
	writeFileSync(join(hospes.dir, 'answers.csv'), csv());
	const get = async (path, key = secret) => hospes.get(path, key);
	const answers = async (query = '') => (await get(`/voice/responses${query}`)).body;
	return { hospes, secret, get, answers, run: () => hospes.cli(['import', '--map', 'map.json', 'answers.csv']) };
}

test('nothing answered: each page says how to begin', async (t) => {
	const { get } = await open(t);
	for (const path of ['/voice', '/voice/responses', '/voice/drivers']) assert.equal((await get(path)).body.is_empty, true, path);
});

test('scores, answers and drivers of an imported file', async (t) => {
	const { hospes, get, answers, run } = await open(t);
	assert.equal((await run()).code, 0, 'a map with answers says what the file is');
	const voice = (await get('/voice')).body;
	assert.deepEqual(voice.questions.map((q) => [q.id, q.answers]).sort(), [['ease', 60], ['recommend', 60], ['sat', 60]]);
	assert.equal(voice.title, 'How likely?');
	assert.equal(voice.points.length, 2);
	const asked = await hospes.query({ kind: 'score', metric: 'nps', question: 'recommend' }, await hospes.key('secret'));
	assert.equal(voice.questions.find((q) => q.is_shown).number, asked.groups[0].value);
	assert.equal((await get('/voice?question=why')).status, 404);

	const all = await answers();
	assert.equal(all.total, 185);
	assert.ok(all.languages.some((each) => each.value === 'el' && each.label === 'Greek') && all.channels.some((each) => each.value === 'web' && each.label === 'Website'), 'codes have words');
	assert.equal(all.rows.length, 50);
	const seen = [];
	for (let path = '/voice/responses?sort=oldest', n = 0; path && n < 10; n++) {
		const page = (await get(path)).body;
		seen.push(...page.rows.map((row) => row.id));
		path = page.next;
		if (n === 1) assert.deepEqual((await get(page.previous)).body.rows.map((row) => row.id), seen.slice(0, 50), 'and back');
	}
	assert.equal(new Set(seen).size, 185, 'each once over the pages');
	assert.equal((await answers('?kind=detractors')).total + (await answers('?kind=passives')).total + (await answers('?kind=promoters')).total, 60);
	for (const [word, text] of [['ช้ามาก', WORDS[1]], ['客服', WORDS[2]], ['ΕΞΥΠΗΡΕΤΗΣΗ', WORDS[3]], ['بسیار دیر', WORDS[4]], ['FRIENDLY', WORDS[0]]])
		assert.deepEqual((await answers(`?q=${encodeURIComponent(word)}`)).rows.map((row) => row.text), [text], word);
	assert.equal((await answers('?q=%25')).total, 0, 'no pattern');
	assert.equal((await answers('?question=why&language=fa&channel=shop')).total, 1);
	for (const bad of ['?kind=angry', '?sort=best', '?cursor=n.1.2']) assert.equal((await get(`/voice/responses${bad}`)).status, 422, bad);

	const file = await hospes.get('/voice/responses.csv?kind=texts', await hospes.key('secret'));
	const text = typeof file.body === 'string' ? file.body : file.text;
	assert.match(text, /^id,time,customer,/);
	assert.match(text, /"'=1\+1 ส่งช้ามาก"/, 'no formula');
	assert.equal(text.trim().split('\n').length, 6);

	const drivers = (await get('/voice/drivers?outcome=recommend&method=lmg')).body;
	assert.deepEqual(drivers.rows.map((row) => row.id).sort(), ['ease', 'sat']);
	assert.equal(drivers.cases, 60);
	assert.ok(Math.abs(drivers.rows[0].share + drivers.rows[1].share - 1) < 1e-9 && drivers.rows[0].share >= drivers.rows[1].share);
	const fresh = [['nps', { number: 2, scale_min: 0, scale_max: 10 }], ...[1, 2, 3, 4].map((n) => ['csat', { number: n, scale_min: 1, scale_max: 5 }]), ['boolean', { boolean: true }], ['date', { text: '2024-02-03' }]];
	const batch = fresh.map(([type, value], i) => ({ type: 'track', event: 'Survey Answered', userId: 'n', timestamp: '2024-02-05T10:00:00Z', properties: { submission_id: 'n', survey_id: 'fresh', question_id: `fresh-${i}`, type, ...value } }));
	assert.equal((await hospes.post('/v1/batch', { batch }, await hospes.key('write', '--consent', 'assured'))).status, 200);
	assert.deepEqual((await answers()).rows.filter((row) => ['boolean', 'date'].includes(row.type)).map((row) => row.answer).sort(), ['Feb 3, 2024', 'Yes']);
	assert.equal((await get('/voice')).body.title, 'How likely?', 'a survey that has just begun takes no front page');
	assert.deepEqual((await get('/voice/drivers')).body.rows.filter((row) => !row.is_fact).map((row) => row.id).sort(), ['ease', 'sat']);
	assert.equal((await get('/voice/drivers?outcome=none')).status, 404);
	assert.equal((await get('/voice/drivers?method=guess')).status, 422);
	assert.equal((await get('/voice/drivers?of=guess')).status, 422);
	assert.deepEqual((await get('/voice/drivers?outcome=recommend&of=happened')).body.rows, [], 'nothing else is known of them');
});

test('drivers over answers and what happened before: waits, contacts, what went wrong, price; what is met by few is left out', async (t) => {
	const { hospes, get } = await open(t);
	const key = await hospes.key('write', '--consent', 'assured'), batch = [];
	const track = (userId, event, day, hour, properties = {}) => batch.push({ type: 'track', event, userId, timestamp: new Date(Date.UTC(2024, 2, day, hour)).toISOString(), properties });
	for (let i = 0; i < 60; i++) {
		const late = i % 8, calls = i % 3, failed = i < 30, price = 20 + ((i * 7) % 11);
		track(`u${i}`, 'order_placed', 1, 8, { order_id: `o${i}`, revenue: price, currency: 'EUR' });
		track(`u${i}`, 'Order Completed', 1, 8, { order_id: `o${i}`, revenue: price, currency: 'EUR' });
		track(`u${i}`, 'order_shipped', 1, 9);
		track(`u${i}`, 'Order Delivered', 5 + late, 9);
		for (let k = 0; k < calls; k++) track(`u${i}`, 'Call Started', 10, 8 + k);
		if (failed) track(`u${i}`, 'Payment Failed', 1, 7);
		if (i === 0) track(`u${i}`, 'Error Shown', 10, 7);
		const answer = (question_id, type, scale_max, number) => track(`u${i}`, 'Survey Answered', 14, 8, { survey_id: 's', submission_id: `s${i}`, question_id, type, scale_min: 0, scale_max, number });
		answer('recommend', 'nps', 10, 10 - late - (calls > 1 ? 1 : 0));
		answer('taste', 'rating', 10, (i * 3) % 7);
	}
	for (let from = 0; from < batch.length; from += 100) assert.equal((await hospes.post('/v1/batch', { batch: batch.slice(from, from + 100) }, key)).status, 200);
	const both = await until('the answers', async () => { const { body } = await get('/voice/drivers?outcome=recommend'); return body.cases === 60 && body; });
	assert.deepEqual(both.rows.map((row) => row.id).sort(), ['error_payment', 'order_value', 'repeat_contact', 'taste', 'wait_delivery']);
	const by = Object.fromEntries(both.rows.map((row) => [row.id, row]));
	assert.equal(both.rows[0].id, 'wait_delivery');
	assert.match(by.wait_delivery.name, /order_shipped.*Order Delivered/);
	assert.ok(Math.abs(by.wait_delivery.top2 - [...Array(60).keys()].filter((i) => i % 8 <= 1).length / 60) < 1e-9, 'within five days');
	assert.deepEqual([by.error_payment.top2, by.repeat_contact.top2, by.order_value.top2], [0.5, 20 / 60, null]);
	assert.deepEqual([by.wait_delivery.direction.key, by.repeat_contact.direction.key, by.error_payment.direction.key, by.taste.direction], ['voice_fact_lower', 'voice_fact_lower', 'voice_fact_either', null]);
	assert.equal(both.finding.key, 'voice_drivers_fact');
	assert.ok(by.wait_delivery.is_priority);
	assert.deepEqual((await get('/voice/drivers?outcome=recommend&of=answers')).body.rows.map((row) => row.id), ['taste']);
	assert.equal((await get('/voice/drivers?outcome=recommend&of=happened')).body.rows.length, 4);
});

test('answers that carry weights count by them on the page, which says so; equal weights change nothing', async (t) => {
	const { hospes, get } = await open(t);
	const rows = Array.from({ length: 12 }, (_, i) => `w${i},2017-01-02,${i < 4 ? 3 : 1},${i < 4 ? 10 : 0},${1 + (i % 5)},2`);
	writeFileSync(join(hospes.dir, 'weights.csv'), `who,day,w,r,s,same\n${rows.join('\n')}`);
	const map = (weight, answers) => writeFileSync(join(hospes.dir, 'w.json'), JSON.stringify({ customer: 'who', time: 'day', weight, answers }));
	map('w', { r: { question: 'recommend', type: 'nps' } });
	assert.equal((await hospes.cli(['import', '--as', 'responses', '--map', 'w.json', 'weights.csv'])).code, 0);
	map('same', { s: { question: 'sat', type: 'csat' } });
	assert.equal((await hospes.cli(['import', '--as', 'responses', '--map', 'w.json', 'weights.csv'])).code, 0);
	const questions = await until('both questions', async () => { const { body } = await get('/voice'); return body.questions.length === 2 && body.questions; });
	const nps = questions.find((q) => q.id === 'recommend'), sat = questions.find((q) => q.id === 'sat');
	assert.ok(Math.abs(nps.number - 20) < 1e-9, '12 of 20 by weight, less 8; of answers alone it were −33');
	assert.deepEqual([nps.answers, Math.abs(nps.effective - 400 / 44) < 1e-9, nps.weighted.args.n], [12, true, 9]);
	assert.deepEqual([sat.answers, sat.effective, sat.weighted], [12, null, null]);
	assert.ok(Math.abs(sat.number - 4 / 12) < 1e-9);
	assert.ok(Math.abs(sat.top2 - sat.number) < 1e-9 && Math.abs(sat.mean - 33 / 12) < 1e-9, 'CSAT both ways');
	assert.match(await (await hospes.fetch('/voice', { headers: { authorization: `Bearer ${await hospes.key('secret')}`, accept: 'text/html' } })).text(), /mean 2\.75/);
});

test('only who may: figures without single answers, single answers without figures', async (t) => {
	const { hospes, get, run } = await open(t);
	await run();
	const agent = await hospes.key('secret', '--role', 'agent'), analyst = await hospes.key('secret', '--role', 'analyst');
	assert.deepEqual([(await get('/voice', agent)).status, (await get('/voice/drivers', agent)).status, (await get('/voice/responses', agent)).status], [403, 403, 200]);
	assert.equal((await get('/voice', analyst)).status, 200);
	assert.equal((await get('/voice/responses.csv', analyst)).status, 403);
	assert.ok(!(await get('/voice/responses', analyst)).body.export);
});

test('answers go with their customer and their import; a refusal hides them; sent again they change nothing', async (t) => {
	const { hospes, secret, get, answers, run } = await open(t);
	await run();
	const key = await hospes.key('write', '--consent', 'assured');
	const answer = { type: 'track', event: 'Survey Answered', userId: 'u1', messageId: 'm1', timestamp: '2024-01-01T10:00:00Z', properties: { submission_id: 'x', question_id: 'live', type: 'nps', number: 9, scale_min: 0, scale_max: 10 } };
	for (let i = 0; i < 2; i++) assert.equal((await hospes.post('/v1/batch', { batch: [answer, { ...answer, messageId: 'm2', properties: { question_id: 'empty' } }] }, key)).status, 200);
	assert.equal((await answers('?question=live')).total, 1);
	const exported = JSON.parse(await hospes.ok(['export', 'user_id:u1']));
	assert.deepEqual(exported.feedback.map((f) => [f.question, f.number, f.text]).sort(), [['ease', 4, null], ['live', 9, null], ['recommend', 7, null], ['sat', 2, null], ['why', null, WORDS[1]]]);
	const customer = await hospes.customer('user_id:u1', secret);
	assert.equal((await answers('?question=live')).rows[0].address, `/customers/${customer.id}`);

	await hospes.post('/v1/track', { type: 'track', event: 'Segment Consent Preference Updated', userId: 'u2', context: { consent: { categoryPreferences: { analytics: false } } } }, key);
	assert.equal((await answers('?question=recommend')).total, 59, 'who refused analysis is in no list of it');
	await hospes.ok(['erase', 'user_id:u1']);
	assert.deepEqual([(await answers('?question=live')).total, (await answers('?question=recommend')).total], [0, 58]);

	const imported = (await get('/imports')).body.rows[0];
	assert.ok((await hospes.send(`${imported.address}/undo`, {}, secret)).status < 400);
	await until('the undo', async () => (await answers()).total === 0);
	assert.equal((await get('/voice')).body.questions.length, 0);
});
