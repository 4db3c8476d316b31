// Beside a conversation stand what was promised and is open, how the customer judged, what they bought, and articles that may answer.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

test('promises, scores, orders and articles beside a conversation', async (t) => {
	const hospes = await start(t), [owner, write] = [await hospes.key('secret'), await hospes.key('write')];
	const consent = { context: { consent: { categoryPreferences: { analytics: true, profiling: true } } } }, userId = 'ann';
	await hospes.post('/v1/batch', { batch: [
		{ type: 'identify', userId, traits: { email: 'ann@example.com', name: 'Ann Lee' }, ...consent },
		{ type: 'track', userId, event: 'Order Completed', timestamp: '2024-01-05T10:00:00Z', properties: { order_id: 'A1', currency: 'GBP', products: [{ product_id: 'kettle', price: 30, quantity: 2 }] }, ...consent },
		{ type: 'track', userId, event: 'Survey Answered', properties: { submission_id: 's1', question_id: 'sat', question: 'How was it?', type: 'csat', number: 2, scale_min: 1, scale_max: 5 }, ...consent },
	] }, write);
	writeFileSync(join(hospes.dir, 'a.ndjson'), `${JSON.stringify({ id: 'boil', language: 'en', title: 'The kettle does not boil', body: 'Clean it with vinegar.' })}\n`);
	await hospes.ok(['import', '--as', 'articles', 'a.ndjson']);
	await hospes.applied();
	writeFileSync(join(hospes.dir, 'm.mbox'), 'From x@y Mon Mar  2 10:00:00 2026\nFrom: Ann <ann@example.com>\nTo: cx@example.com\nSubject: Kettle\nDate: Mon, 02 Mar 2026 10:00:00 +0000\nMessage-ID: <1@x.example>\n\nMy new kettle does not boil any more, what can I do about it?\n\n');
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	const page = await until('the customer to be known', async () => { const [row] = (await hospes.get('/inbox', owner)).body.rows; const one = (await hospes.get(row.address, owner)).body; return one.orders.length && one; });
	assert.deepEqual(page.orders.map((one) => [one.number, one.total]), [['A1', { amount: 60, currency: 'GBP' }]]);
	assert.deepEqual(page.scores.map((one) => [one.name, one.number]), [['How was it?', 2]]);
	assert.deepEqual(page.promises.map((one) => one.keeping), ['overdue']);
	assert.deepEqual(page.suggestions.map((one) => one.title), ['The kettle does not boil']);
});
