// Questions that ask the records: traits, consent and identities of customers, over the real program.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start } from '../lib/hospes.mjs';

const RANGE = { from: '2025-12-30', to: '2026-01-03' };

describe('questions about who customers are', () => {
	let hospes, secret;
	const ends = [];
	after(async () => { for (const end of ends) await end(); });
	before(async () => {
		hospes = await start({ after: (end) => ends.push(end) });
		secret = await hospes.key('secret');
		const write = await hospes.key('write', '--consent', 'assured');
		const track = (userId, event, timestamp, properties = {}) => ({ type: 'track', messageId: `${userId}-${event}-${timestamp}`, userId, event, timestamp, properties });
		const answer = await hospes.post('/v1/batch', { batch: [
			{ type: 'identify', messageId: 'i1', userId: 'a', timestamp: '2025-12-31T10:00:00Z', traits: { plan: 'gold', age: 41.50 } },
			{ type: 'identify', messageId: 'i2', userId: 'b', timestamp: '2025-12-31T10:00:00Z', traits: { plan: 'basic', age: 20 } },
			track('a', 'Asked', '2025-12-31T22:00:00Z'), track('a', 'Answered', '2026-01-01T01:00:00Z', { score: 9 }),
			track('b', 'Asked', '2025-12-31T23:30:00Z'), track('b', 'Answered', '2026-01-01T00:30:00Z', { score: 3 }),
			track('c', 'Asked', '2026-01-01T00:00:00Z'),
		] }, write);
		assert.equal(answer.status, 200, JSON.stringify(answer.body));
		await hospes.applied();
	});

	test('by a trait, and where a trait is so', async () => {
		const { groups } = await hospes.query({ kind: 'duration', start: 'Asked', end: 'Answered', by: 'trait:plan', ...RANGE }, secret);
		assert.deepEqual(groups.map((g) => [g.by, g.starts, g.p50_s]).sort(), [['basic', 1, 3600], ['gold', 1, 10800], [null, 1, null]].sort());
		const trend = await hospes.query({ kind: 'trend', event: 'Asked', where: { name: 'trait:age', above: 20, at_most: 41.5 }, ...RANGE }, secret);
		assert.equal(trend.total.value, 1);
	});

	test('a segment: its size and its members, page by page', async () => {
		const question = { kind: 'segment', where: { all: [{ did: 'Asked' }, { not: { name: 'trait:plan', is: 'basic' } }] }, members: { limit: 1 }, ...RANGE };
		const first = await hospes.query(question, secret);
		assert.equal(first.customers, 2);
		assert.equal(first.n, 3);
		const second = await hospes.query({ ...question, members: { limit: 1, cursor: first.members.cursor } }, secret);
		assert.match(first.members.customers[0], /^cus_/);
		assert.notEqual(first.members.customers[0], second.members.customers[0]);
	});

	test('the time line of an identity', async () => {
		const line = await hospes.query({ kind: 'timeline', customer: 'user_id:a', properties: ['score'], order: 'newest', limit: 1, ...RANGE }, secret);
		assert.deepEqual(line.events.map((e) => [e.event, e.time_ms, e.score]), [['Answered', Date.UTC(2026, 0, 1, 1), 9]]);
		const rest = await hospes.query({ kind: 'timeline', customer: 'user_id:a', order: 'newest', cursor: line.cursor, ...RANGE }, secret);
		assert.equal(rest.events[0].event, 'Asked');
	});

	test('what cannot be asked is refused with its place', async () => {
		const refused = async (question, status, field) => {
			const answer = await hospes.send('/query', question, secret);
			assert.equal(answer.status, status, JSON.stringify(answer.body));
			assert.ok(JSON.stringify(answer.body).includes(field), JSON.stringify(answer.body));
		};
		await refused({ kind: 'trend', where: { all: [{ event: 'Asked' }, { consent: 'no such', is: 'granted' }] } }, 422, 'where.all.2');
		await refused({ kind: 'trend', where: { name: 'age', above: 5, below: 5 } }, 422, 'where');
		await refused({ kind: 'timeline', customer: 'user_id:nobody' }, 404, 'customer');
	});
});
