// How texts are read, and what people say of it: a correction stands in lists and figures, is kept, told and taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

const answer = (user, text, more = {}) => ({ type: 'track', event: 'Survey Answered', userId: user, messageId: `${user}-${text}`, properties: { survey_id: 's1', submission_id: user, question_id: 'why', question: 'Why?', type: 'text', text, ...more } });

async function open(t, texts) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write');
	const sent = await hospes.post('/v1/batch', { batch: texts.map(([user, text, more]) => answer(user, text, more)) }, write);
	assert.equal(sent.status, 200, JSON.stringify(sent.body));
	await hospes.applied();
	const get = async (path) => (await hospes.get(path, secret)).body;
	const send = (path, body = {}) => hospes.send(path, body, secret);
	const rows = async (query = '') => (await get(`/voice/responses?kind=texts${query}`)).rows;
	const row = async (text) => (await rows()).find((r) => r.text === text);
	return { hospes, secret, write, get, send, rows, row };
}
const names = (list) => list.map((o) => o.value);
const selected = (list) => names(list.filter((o) => o.is_selected));

const LATE = 'The parcel arrived late, very bad', FINE = 'Great, wonderful staff', SICK = 'This coat is sick';

test('a reading is corrected by a person, stands in lists, is told with who and when, and taken back', async (t) => {
	const { hospes, get, send, rows, row, secret } = await open(t, [['u1', LATE], ['u2', FINE], ['u3', SICK]]);
	const late = await row(LATE);
	assert.equal(late.sentiment, 'neg');
	assert.deepEqual(names(late.topics), ['delivery']);
	assert.deepEqual([late.corrected_at, late.corrected_by], [null, null]);
	const before = await row(SICK);
	const { email, password } = await hospes.addUser('ann@shop.example', 'agent', 'a long password 1');
	const ann = await hospes.signIn(email, password);
	const page = await (await ann.get(before.reading)).text();
	assert.match(page, /This coat is sick/);
	const other = before.sentiment === 'pos' ? 'neg' : 'pos';
	const done = await ann.submit(page, { values: other }, `${before.reading}`);
	assert.equal(done.status, 303);
	const after = await row(SICK);
	assert.equal(after.sentiment, other);
	assert.equal(after.corrected_by, 'ann@shop.example');
	assert.ok(Math.abs(new Date(after.corrected_at) - Date.now()) < 60_000);
	assert.equal((await rows(`&feeling=${other}`)).some((r) => r.text === SICK), true);
	const shown = await get(after.reading);
	assert.deepEqual(selected(shown.sentiments), [other]);
	assert.deepEqual([shown.corrections.length, shown.corrections[0].aspect, shown.corrections[0].is_confirmed], [1, 'sentiment', false]);
	// the same again, by a key: only the newest can be taken back
	assert.ok((await send(after.reading, { aspect: 'sentiment', values: ['neu'] })).status < 400);
	assert.equal((await send(shown.corrections[0].undo)).status, 409);
	const [newest] = (await get(after.reading)).corrections;
	assert.ok((await send(newest.undo)).status < 400);
	assert.equal((await row(SICK)).sentiment, other, 'the correction before it stands again');
	assert.ok((await send(shown.corrections[0].undo)).status < 400);
	const back = await row(SICK);
	assert.deepEqual([back.sentiment, back.corrected_at], [before.sentiment, null]);
	assert.equal((await send(shown.corrections[0].undo)).status, 404);
	assert.equal((await hospes.get(`/voice/responses?feeling=glad`, secret)).status, 422);
});

test('topics, emotions and language are corrected; what was said otherwise is counted; confirming is no disagreement', async (t) => {
	const { get, send, rows, row } = await open(t, [['u1', LATE], ['u2', FINE], ['u3', 'i paradosi argise poly'], ['u4', 'Ολα καλα']]);
	const late = await row(LATE);
	assert.ok((await send(late.reading, { aspect: 'topics', values: ['quality', 'delivery'] })).status < 400);
	assert.deepEqual(names((await row(LATE)).topics), ['delivery', 'quality']);
	assert.deepEqual((await rows('&topic=quality')).map((r) => r.text), [LATE]);
	assert.ok((await send(late.reading, { aspect: 'emotions', values: ['emotion/let_down'] })).status < 400);
	assert.deepEqual(names((await row(LATE)).emotions), ['let_down']);
	assert.ok((await send(late.reading, { aspect: 'topics', values: [] })).status < 400);
	assert.deepEqual((await row(LATE)).topics, []);
	assert.ok((await send(late.reading, { aspect: 'sentiment', values: ['neg'] })).status < 400, 'confirmed');
	const fine = await row(FINE);
	assert.ok((await send(fine.reading, { aspect: 'language', values: ['de'] })).status < 400);
	assert.equal((await row(FINE)).sentiment, null, 'it is read anew in that language, which no model reads');
	const { agreements } = await get('/texts');
	const of = (aspect, language = 'en') => agreements.filter((a) => a.aspect === aspect && a.language === language).map((a) => [a.looked_at, a.disagreed])[0];
	assert.deepEqual([of('sentiment'), of('topics'), of('emotions'), of('language')], [[1, 0], [1, 1], [1, 1], [1, 1]]);
	for (const body of [{ aspect: 'mood', values: ['pos'] }, { aspect: 'sentiment', values: ['pos', 'neg'] }, { aspect: 'sentiment', values: ['glad'] }, { aspect: 'topics', values: ['no such topic'] }, { aspect: 'language', values: ['<b>'] }]) {
		const refused = await send(late.reading, body);
		assert.equal(refused.status, 422, JSON.stringify(body));
	}
	assert.equal((await send('/voice/texts/fbk_0000000000000', { aspect: 'sentiment', values: ['pos'] })).status, 404);
});

test('whoever is erased takes the correction along; an anonymous answer of a small group has no reading to open', async (t) => {
	const { hospes, secret, get, send, row, rows } = await open(t, [['u1', LATE], ['u2', FINE], ['u3', 'secret words', { is_anonymous: true, survey_id: 's2' }]]);
	assert.equal((await rows()).length, 2);
	const late = await row(LATE);
	assert.ok((await send(late.reading, { aspect: 'sentiment', values: ['pos'] })).status < 400);
	assert.equal((await get('/texts')).agreements.length, 1);
	const customer = await hospes.customer('user_id:u1', secret);
	const erased = await send(`/customers/${customer.id}/erase`, { confirm: 'erase', word: 'erase' });
	assert.ok(erased.status < 400, JSON.stringify(erased.body));
	await until('the answer to go', async () => (await hospes.get(late.reading, secret)).status === 404);
	assert.deepEqual((await get('/texts')).agreements, []);
});

test('scores beside comments and corrections are labels: printed for hospes train, learnt where they help, and put in use', async (t) => {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write');
	// Words that no shipped model knows: of gadgets, a "zorp" is praise and a "blick" is blame.
	const batch = [];
	for (let i = 0; i < 300; i++) {
		const is_good = i % 2 === 0, tail = `gadget number ${i} of the ${['red', 'blue', 'green', 'small', 'tall'][i % 5]} kind`;
		const common = { survey_id: 's', submission_id: `x${i}` };
		batch.push({ type: 'track', event: 'Survey Answered', userId: `x${i}`, messageId: `t${i}`, properties: { ...common, question_id: 'why', type: 'text', text: `such a ${is_good ? 'zorp' : 'blick'}, ${tail}` } });
		if (i < 290) batch.push({ type: 'track', event: 'Survey Answered', userId: `x${i}`, messageId: `n${i}`, properties: { ...common, question_id: 'nps', type: 'nps', number: is_good ? 10 : 2 } });
	}
	assert.equal((await hospes.post('/v1/batch', { batch }, write)).status, 200);
	await hospes.applied();
	const labels = async () => (await hospes.ok(['labels', '--language', 'en'])).trim().split('\n');
	const lines = await labels();
	assert.equal(lines.length, 290);
	assert.deepEqual([...new Set(lines.map((l) => `${l.split('\t')[0]} ${/zorp|blick/.exec(l)[0]}`))].sort(), ['neg blick', 'pos zorp']);
	const { rows } = (await hospes.get('/voice/responses?kind=texts&q=number+299+', secret)).body;
	assert.ok((await hospes.send(rows[0].reading, { aspect: 'sentiment', values: ['neg'] }, secret)).status < 400);
	assert.equal((await labels()).length, 291, 'a correction is a label without a score');
	const tried = async (text) => (await hospes.send('/texts', { text }, secret)).body.tried.sentiment;
	assert.ok((await hospes.send('/texts/learn', { automatic: true }, secret)).status < 400);
	const texts = await until('the model to be learnt', async () => { const { body } = await hospes.get('/texts', secret); return body.tasks.some((x) => x.name === 'sentiment-en-auto') && body; });
	assert.equal(texts.tasks[0].taught_by, 291);
	await until('it to be used', async () => (await tried('a zorp')) === 'pos' && (await tried('a blick')) === 'neg', 20_000);
	assert.equal(await tried('The staff were rude and the food was terrible'), 'neg', 'the shipped model still speaks');
	// What a person teaches by hand goes before.
	const taught = await hospes.ok(['train', '--task', 'sentiment-en', '-'], { input: lines.map((l) => l.replace(/^(pos|neg)/, (x) => (x === 'pos' ? 'neg' : 'pos'))).join('\n') });
	assert.equal(JSON.parse(taught).task, 'sentiment-en');
	assert.ok((await hospes.send('/texts/learn', { automatic: false }, secret)).status < 400);
	assert.equal((await hospes.get('/texts', secret)).body.is_learning, false);
	await hospes.stop();
	await hospes.serve();
	assert.equal(await tried('a zorp'), 'neg');
});
