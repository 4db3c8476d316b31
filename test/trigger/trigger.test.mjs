// Talk triggers: who got it and who tells it, counted by customers, in any language; the story of the made-up company is in
// test/source/company.test.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

test('who got it, who tells it, with what feeling', async (t) => {
	const w = await start(t);
	const secret = await w.key('secret', '--role', 'owner'), write = await w.key('write');
	const read = async () => (await w.get('/talk-triggers', secret)).body;
	const send = (path, body = {}) => w.send(path, body, secret);
	const consent = { consent: { categoryPreferences: { analytics: true } } };
	const track = (userId, event, text) => ({ type: 'track', userId, event, properties: text ? { text } : {}, context: consent });
	const said = ['I love the handwritten card, wonderful', 'یک کارت دست‌نویس با اسم خودم گرفتم، عالی', 'The parcel was late'];
	await w.post('/v1/batch', { batch: [
		...Array.from({ length: 30 }, (_, i) => track(`c${i}`, i < 20 ? 'Order Shipped' : 'Page Seen')),
		...Array.from({ length: 15 }, (_, i) => track(`c${i + 10}`, 'Review Posted', said[i % 3])),
	] }, write);
	await w.applied();
	assert.equal((await send('/talk-triggers', { promise: ' ' })).status, 422);
	assert.ok((await send('/talk-triggers', { promise: 'A card by hand in every box', kind: 'empathy', cost: '€0.20 a box', given_by: 'Order Shipped', remarkable: 'Nobody else does it',
		words: 'handwritten\n手寫\nเขียนด้วยลายมือ\nเขียนมือ\nχειρόγραφη\nدست‌نویس' })).status < 400);
	const [row] = (await read()).rows;
	assert.deepEqual([row.customers, row.told, row.given_customers, row.told_of_given, row.texts], [30, 10, 20, 7, 10]);
	assert.ok(row.told_low < row.told_share && row.told_share < row.told_high);
	assert.ok(row.pleased > row.displeased, `${row.pleased} of ${row.texts}`);
	assert.deepEqual(row.tests.map((each) => !!each.evidence), [true, false, false, false]);
	for (const text of ['A HANDWRITTEN card!', 'handwritten again']) await w.post('/v1/track', { userId: 'new-teller', event: 'Mention Posted', properties: { text }, context: consent }, write);
	await w.post('/v1/track', { userId: 'refuser', event: 'Mention Posted', properties: { text: 'handwritten' }, context: { consent: { categoryPreferences: { analytics: false, service: true } } } }, write);
	await w.applied();
	const [after] = (await read()).rows;
	assert.deepEqual([after.told - row.told, after.texts - row.texts], [1, 2], 'a customer counts once, and who refused does not');
	const earlier = (event) => ({ ...event, timestamp: new Date(Date.now() - 40 * 86_400_000).toISOString() });
	await w.post('/v1/batch', { batch: [...Array.from({ length: 30 }, (_, i) => earlier(track(`c${i}`, 'Page Seen'))), ...[10, 11, 12].map((i) => earlier(track(`c${i}`, 'Review Posted', 'a handwritten card')))] }, write);
	await w.applied();
	const { points } = (await read()).rows[0];
	assert.deepEqual(points.map((each) => [each.customers, each.told, each.share]), [[30, 3, 0.1], [31, 11, 11 / 31]]);
	assert.ok(points[0].low < 0.1 && points[0].high > 0.1);
	assert.ok((await send(row.address, { promise: 'A card', kind: 'warmth', words: '' })).status < 400);
	const [changed] = (await read()).rows;
	assert.deepEqual([changed.trigger.kind, changed.told, changed.finding.key], ['warmth', 0, 'trigger_no_words']);
	assert.ok((await send(`${row.address}/remove`)).status < 400);
	assert.equal((await read()).rows.length, 0);
	assert.ok((await send(`${row.address}/restore`)).status < 400);
	assert.equal((await send('/talk-triggers/tlk_0000000000001', { promise: 'x' })).status, 404);
});
