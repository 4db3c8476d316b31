// The explorer of texts: topics by sentiment by time over answers, messages and reviews alike; each number leads to its quotes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

const LATE = 'The delivery was late again, terrible', KIND = 'Thank you, wonderful friendly staff';
const at = (days) => new Date(Date.parse('2026-06-30T12:00:00Z') - days * 86_400_000).toISOString();

async function open(t) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write', '--consent', 'assured');
	const event = (userId, event, days, properties) => ({ type: 'track', event, userId, messageId: `${userId}-${event}-${days}`, timestamp: at(days), properties });
	const answer = (userId, days, text) => event(userId, 'Survey Answered', days, { survey_id: 'autumn', submission_id: userId, question_id: 'why', type: 'text', text });
	await hospes.post('/v1/batch', { batch: [
		...Array.from({ length: 12 }, (_, i) => event(`a${i}`, 'Complaint Made', i, { text: `${LATE}, ${i}` })),
		...Array.from({ length: 8 }, (_, i) => answer(`b${i}`, 10 * i, `${KIND}, ${i}`)),
		...Array.from({ length: 30 }, (_, i) => event(`c${i}`, 'Review Posted', 95 + i, { text: `${KIND}, before, ${i}` })),
		event('greek', 'Review Posted', 1, { text: 'Η παράδοση άργησε πολύ, απαράδεκτο' }), event('plain', 'Message Received', 0, { text: '=1+1 zorp' }),
	] }, write);
	await hospes.applied();
	const page = async (query = '') => (await hospes.get(`/voice/texts${query}`, secret)).body;
	return { hospes, secret, write, page };
}
const row = (page, name) => page.rows.find((each) => each.name === name);

test('nothing written: how to begin', async (t) => {
	const hospes = await start(t), secret = await hospes.key('secret');
	const { body } = await hospes.get('/voice/texts', secret);
	assert.deepEqual([body.is_empty, body.n, body.finding.key], [true, 0, 'explore_none']);
});

test('topics by sentiment by time, what rises, and the quotes behind each number', async (t) => {
	const { hospes, secret, page } = await open(t);
	const all = await page();
	assert.deepEqual([all.n, all.before, all.finding.key], [22, 30, 'explore_rising']);
	const delivery = row(all, 'delivery'), staff = row(all, 'staff');
	assert.deepEqual([delivery.n, delivery.neg, delivery.before, delivery.is_rising, staff.n, staff.pos, staff.before, staff.is_rising], [13, 13, 0, true, 8, 8, 30, false]);
	assert.ok(delivery.low > 0.77 && delivery.low < 0.78 && delivery.high > 0.999, `Wilson of 13 in 13: ${delivery.low}`);
	assert.equal(all.steps.length, 13);
	assert.deepEqual(all.steps.map((step) => step.n).reduce((a, b) => a + b), 22);
	assert.equal(delivery.steps.at(-1).n, 8, 'seven days, and the Greek one');
	const quoted = await page(new URL(delivery.steps.at(-1).address, 'http://x').search);
	assert.deepEqual([quoted.found, quoted.quotes.length], [8, 8]);
	const [newest] = quoted.quotes;
	assert.equal(newest.text, `${LATE}, 0`);
	assert.ok(newest.parts.some((part) => part.is_why && /terrible|delivery|late/.test(part.text)), 'with the words that led there');
	assert.equal(newest.parts.map((part) => part.text).join(''), newest.text);
	assert.equal((await hospes.get(newest.reading, secret)).status, 200);
	assert.equal((await page('?topic=delivery&feeling=pos')).found, 0);
	assert.deepEqual((await page('?topic=-')).quotes.map((quote) => quote.text), ['=1+1 zorp']);
	const first = await page('?days=182'), older = await hospes.get(first.older.split('#')[0], secret);
	assert.deepEqual([first.found, first.quotes.length, older.body.quotes.length], [52, 20, 20]);
	assert.ok(Date.parse(older.body.quotes[0].at) <= Date.parse(first.quotes.at(-1).at));
});

test('chosen by language, source, channel, survey and segment; given out; refused with the field and the reason', async (t) => {
	const { hospes, secret, page } = await open(t);
	assert.deepEqual([(await page('?language=el')).n, (await page('?source=fbk')).n, (await page('?source=vbt')).n, (await page('?source=men')).n, (await page('?survey=autumn')).n], [1, 8, 14, 0, 8]);
	await hospes.send('/segments', { name: 'Complained', condition: { did: 'Complaint Made' } }, secret);
	const { id } = (await hospes.get('/segments', secret)).body.rows[0];
	assert.equal((await page(`?segment=${id}`)).n, 12);
	for (const [query, field] of [['days=3', 'days'], ['source=x', 'source'], ['feeling=sad', 'feeling'], ['since=2026-01-01', 'since'], ['since=soon', 'since'], ['segment=x', 'segment'], ['cursor=x', 'cursor']]) {
		const refused = await hospes.get(`/voice/texts?${query}`, secret);
		assert.equal(refused.status, 422, query);
		assert.ok(JSON.stringify(refused.body).includes(field), query);
	}
	const csv = await (await hospes.fetch('/voice/texts.csv?topic=delivery', { headers: { authorization: `Bearer ${secret}` } })).text();
	assert.equal(csv.trim().split('\n').length, 14);
	assert.match(csv, /^id,time,customer,event,channel,survey,language,sentiment,score,topics,signals,why,text/);
	const inert = await (await hospes.fetch('/voice/texts.csv?topic=-', { headers: { authorization: `Bearer ${secret}` } })).text();
	assert.doesNotMatch(inert, /[,\n]"?=1/, 'a formula is inert');
	const analyst = await hospes.key('secret', '--role', 'analyst'), seen = (await hospes.get('/voice/texts', analyst)).body;
	assert.equal(seen.n, 22);
});
