// Topics of the workspace's own: added, renamed, moved, merged, removed and undone; queries looked at beforehand; rules above the
// models; past texts read anew, and what people said of them kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

const TEXTS = ['My gift card was refused', 'The gift card expired, wonderful staff', 'The parcel arrived late', 'What a zorp', 'card for a gift, bought long ago', 'The waffle maker is fine but the manual was not useful'];

async function open(t) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write');
	const batch = TEXTS.map((text, i) => ({ type: 'track', event: 'Survey Answered', userId: `u${i}`, messageId: `m${i}`, properties: { survey_id: 's1', submission_id: `u${i}`, question_id: 'why', type: 'text', text } }));
	assert.equal((await hospes.post('/v1/batch', { batch }, write)).status, 200);
	await hospes.applied();
	const get = async (path) => (await hospes.get(path, secret)).body;
	const send = async (path, body = {}) => hospes.send(path, body, secret);
	const settled = () => until('texts to be read anew', async () => { const page = await get('/voice/topics'); return !page.is_rereading && page; });
	const change = async (path, body) => { const done = await send(path, body); assert.ok(done.status < 400, JSON.stringify(done.body)); return settled(); };
	const of = async (topic) => (await get(`/voice/responses?kind=texts&topic=${encodeURIComponent(topic)}`)).rows.map((r) => r.text).sort();
	const row = async (text) => (await get('/voice/responses?kind=texts')).rows.find((r) => r.text === text);
	const preview = (queries) => get(`/voice/topics/preview?queries=${encodeURIComponent(queries)}`);
	return { hospes, secret, get, send, settled, change, of, row, preview };
}

test('what queries would find: words, beginnings, phrases, nearness, negation; what is wrong with one is told', async (t) => {
	const { get, preview, send } = await open(t);
	const count = async (queries) => { const p = await preview(queries); return [p.looked_at, p.matched, p.examples.length]; };
	assert.deepEqual(await count('"gift card"'), [6, 2, 2]);
	assert.deepEqual(await count('gift ~2 card'), [6, 3, 3]);
	assert.deepEqual(await count('"gift card" -expired'), [6, 1, 1]);
	assert.deepEqual(await count('waff*\nparcel'), [6, 2, 2]);
	assert.deepEqual(await count('gift nothing'), [6, 0, 0]);
	const shown = await preview('parcel');
	assert.match(shown.examples[0].reading, /^\/voice\/texts\/fbk_/);
	assert.equal(shown.unfiled, 0, 'it is a delivery already');
	for (const [queries, key] of [['w*', 'beginning'], ['"gift', 'quotation'], ['gift ~0 card', 'distance'], ['-gift', 'no_word']]) {
		const { faults } = await preview(queries);
		assert.equal(faults.length, 1, queries);
		assert.equal(faults[0].text.key, 'topics_query_fault');
		const refused = await send('/voice/topics', { name: 'gift', queries });
		assert.equal(refused.status, 422);
		assert.equal(refused.body.queries.error.args.n, 1, key);
	}
	for (const name of ['', '/gift', 'gift/', 'a//b', '#gift', 'emotion/glad', 'delivery', 'x'.repeat(81)]) assert.equal((await send('/voice/topics', { name, queries: 'gift' })).status, 422, name);
	assert.equal((await get('/voice/topics')).is_own, false, 'nothing came of it');
});

test('a tree of topics: added, renamed, merged, removed, each undone; corrections follow names', async (t) => {
	const { hospes, secret, get, send, change, of, row } = await open(t);
	const shipped = (await get('/voice/topics')).topics.length;
	let page = await change('/voice/topics', { name: 'gift card', queries: '"gift card"' });
	assert.equal(page.is_own, true);
	assert.equal(page.topics.length, shipped + 1);
	assert.deepEqual(await of('gift card'), [TEXTS[1], TEXTS[0]].sort());
	// a person files one more text under it
	const near = await row(TEXTS[4]);
	assert.ok((await send(near.reading, { aspect: 'topics', values: ['gift card'] })).status < 400);
	await change('/voice/topics', { name: 'gift card/expired', queries: '"gift card" expired' });
	await change('/voice/topics', { topic: 'gift card', name: 'payment/gift card', queries: '"gift card"' });
	assert.deepEqual(await of('gift card'), []);
	assert.deepEqual((await of('payment/gift card')).length, 3, 'with the one that a person filed by the old name');
	assert.deepEqual(await of('payment/gift card/expired'), [TEXTS[1]], 'what stands beneath went along');
	assert.equal((await of('payment')).length, 3, 'and is found above it');
	page = await change('/voice/topics/merge', { topic: 'payment/gift card', into: 'price' });
	assert.equal(page.topics.filter((x) => x.name.includes('gift card')).length, 0);
	assert.equal((await of('price')).length, 3);
	assert.ok((await send(page.undo)).status < 400);
	await until('the merge to be undone', async () => (await of('payment/gift card')).length === 3 && (await of('price')).length === 0);
	page = await change('/voice/topics/remove', { topic: 'payment/gift card' });
	assert.deepEqual((await row(TEXTS[4])).topics, [], 'what was said by a topic that is gone says nothing');
	const old = page.undo;
	assert.ok((await send(page.undo)).status < 400);
	await until('it to be back', async () => (await of('payment/gift card')).length === 3);
	assert.equal((await send(old)).status, 409, 'only the newest change is undone');
	assert.equal((await send('/voice/topics', { topic: 'payment', name: 'payment/x', queries: 'pay' })).status, 422);
	assert.equal((await send('/voice/topics/merge', { topic: 'payment', into: 'payment/gift card' })).status, 422);
	assert.equal((await send('/voice/topics/remove', { topic: 'never' })).status, 404);
	// the same after a start anew
	await hospes.stop();
	await hospes.serve();
	assert.deepEqual((await hospes.send('/texts', { text: 'a gift card' }, secret)).body.tried.topics.map((x) => x.name), ['payment/gift card']);
});

test('rules stand above the models, people above rules', async (t) => {
	const { change, row, send, get } = await open(t);
	assert.notEqual((await row(TEXTS[3])).sentiment, 'neg');
	const page = await change('/voice/topics/rules', { rule: 'sentiment/neg', query: 'zorp' });
	assert.deepEqual(page.rules.map((r) => [r.rule, r.query]), [['sentiment/neg', 'zorp']]);
	assert.equal((await row(TEXTS[3])).sentiment, 'neg');
	await change('/voice/topics/rules', { rule: 'emotion/angry', query: 'zorp' });
	assert.deepEqual((await row(TEXTS[3])).emotions.map((e) => e.value), ['angry']);
	assert.ok((await send((await row(TEXTS[3])).reading, { aspect: 'sentiment', values: ['pos'] })).status < 400);
	await change('/voice/topics/reread', {});
	assert.equal((await row(TEXTS[3])).sentiment, 'pos', 'no later reading replaces what a person said');
	assert.equal((await get('/voice/topics')).done, TEXTS.length);
	await change('/voice/topics/rules/remove', { rule: 'emotion/angry', query: 'zorp' });
	assert.deepEqual((await row(TEXTS[3])).emotions, []);
	assert.equal((await send('/voice/topics/rules/remove', { rule: 'emotion/angry', query: 'zorp' })).status, 404);
	assert.equal((await send('/voice/topics/rules', { rule: 'emotion/glad', query: 'zorp' })).status, 422);
});
