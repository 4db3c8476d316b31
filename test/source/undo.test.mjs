// An import taken back: everything is as if it had never been, also where its source and others sent other events of the same
// customers before and after. Two workspaces get the same events, one of them with an import between that is undone.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { start, until } from '../lib/hospes.mjs';

const at = (day) => `2024-03-${String(day).padStart(2, '0')}T10:00:00Z`;
const lines = (...events) => events.map((each, i) => JSON.stringify({ messageId: `${each.timestamp}-${i}-${each.userId ?? each.anonymousId ?? 'x'}`, ...each })).join('\n');
const identify = (day, userId, traits, more = {}) => ({ type: 'identify', timestamp: at(day), userId, traits, ...more });
const consent = (preferences) => ({ context: { consent: { categoryPreferences: preferences } } });
const order = (day, userId, number, price) => ({ type: 'track', event: 'Order Completed', timestamp: at(day), userId, properties: { order_id: number, currency: 'EUR', products: [{ sku: 'JAR', name: 'Jar', quantity: 1, price }] } });

/** What arrives before the import and after it: of the same source and of a live one. */
const BEFORE = [identify(1, 'ann', { name: 'Ann Before', city: 'Basle', email: 'ann@example.com' }, consent({ marketing: true })), order(2, 'ann', 'O1', 10), identify(2, 'cy', { name: 'Cy', phone: '+41 61 111 11 11' })];
const IMPORTED = [
	identify(3, 'ann', { name: 'Ann Wrong', city: 'Nowhere', plan: 'gold' }, consent({ marketing: false, profiling: true })),
	order(3, 'ann', 'O2', 99), order(4, 'ann', 'O1', 55), identify(3, 'dan', { name: 'Dan', email: 'dan@example.com' }),
	{ type: 'identify', timestamp: at(4), userId: 'ann', anonymousId: 'tablet', traits: { city: null } },
	{ type: 'identify', timestamp: at(4), anonymousId: 'lone', context: { externalIds: [{ id: 'L-1', type: 'loyalty' }] }, traits: { email: 'bea@example.com' } },
];
const AFTER = [identify(2, 'ann', { city: 'Late but older', job: 'baker' }), order(5, 'ann', 'O3', 7), order(5, 'cy', 'O4', 8)];
const LIVE_BEFORE = [{ ...identify(1, 'bea', { email: 'bea@example.com', name: 'Bea' }) }, { type: 'track', event: 'Page Viewed', timestamp: at(1), anonymousId: 'lone' }];
const LIVE_AFTER = [
	{ type: 'track', event: 'Product Viewed', timestamp: at(6), userId: 'eve', anonymousId: 'tablet' },
	{ type: 'track', event: 'Product Viewed', timestamp: at(6), userId: 'ann', ...consent({ analytics: true }) },
	identify(6, 'dan', { language: 'de' }),
];

/** All that can be read of everybody, without ids and times of writing. */
async function everything(hospes, secret) {
	const list = (await hospes.get('/customers?sort=name', secret)).body.rows, out = [];
	for (const row of list) {
		const c = (await hospes.get(row.address, secret)).body;
		out.push({
			name: c.name, kind: c.kind, first: c.first_seen, last: c.last_seen,
			identities: c.identities.map((each) => `${each.kind}:${each.value} of ${each.source} ${each.first_seen}`).sort(),
			traits: c.traits.map((each) => `${each.name}=${each.value} ${each.source} ${each.time}`).sort(),
			consents: c.consents.map((each) => `${each.purpose} ${each.state} ${each.source ?? ''} ${each.history.filter((h) => h.person == null).map((h) => `${h.state}@${h.time}`).join(' ')}`),
			orders: c.orders.map((each) => `${each.number} ${each.total.amount} ${each.time}`),
			touchpoints: c.timeline_total, suggestions: c.suggestions.length,
		});
	}
	return out.map((each) => JSON.stringify(each).replace(/test write \w+/g, 'live')).sort();
}

async function run(t, withImport) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write');
	const file = async (name, events) => {
		writeFileSync(join(hospes.dir, name), lines(...events));
		await hospes.ok(['import', '--as', 'segment', '--source', 'crm', join(hospes.dir, name)]);
	};
	const live = async (name, events) => {
		const answer = await hospes.post('/v1/batch', { batch: events.map((each, i) => ({ messageId: `${name}-${i}`, ...each })) }, write);
		assert.equal(answer.body.accepted, events.length, answer.text);
	};
	await live('before', LIVE_BEFORE);
	await file('before.ndjson', BEFORE);
	const ids = {};
	for (const user of ['ann', 'bea', 'cy']) ids[user] = (await hospes.customer(`user_id:${user}`, secret)).id;
	if (withImport) {
		await file('import.ndjson', IMPORTED);
		const wrong = await hospes.customer('user_id:ann', secret);
		assert.equal(wrong.name, 'Ann Wrong');
		assert.equal(wrong.orders.length, 2);
		assert.equal((await hospes.customer('anonymous_id:lone', secret)).id, (await hospes.customer('user_id:bea', secret)).id);
	}
	await file('after.ndjson', AFTER);
	await live('after', LIVE_AFTER);
	const ann = await hospes.customer('user_id:ann', secret);
	await hospes.send(`/customers/${ann.id}/consents/sharing`, { state: 'granted', wording: 'At the counter' }, secret);
	if (withImport) {
		const rows = (await hospes.get('/imports', secret)).body.rows;
		const row = rows.find((each) => each.file.endsWith('import.ndjson'));
		const answer = await hospes.send(`${row.address}/undo`, {}, secret);
		assert.ok(answer.status < 400, answer.text);
		await until('the undo', async () => (await hospes.customer('user_id:ann', secret)).name === 'Ann Before');
	}
	for (const user of Object.keys(ids)) assert.equal((await hospes.customer(`user_id:${user}`, secret)).id, ids[user], `${user} keeps the id`);
	return { hospes, secret };
}

test('an undone import leaves everything as if it had never been, and so does a restart', async (t) => {
	const never = await run(t, false), undone = await run(t, true);
	const expected = await everything(never.hospes, never.secret);
	assert.ok(expected.length >= 5);
	// Names come first, the events and what people's memory holds a moment later.
	let last;
	for (let i = 0; i < 50 && !isDeepStrictEqual(last, expected); i++) {
		if (i) await sleep(200);
		last = await everything(undone.hospes, undone.secret);
	}
	assert.deepEqual(last, expected);
	await undone.hospes.stop();
	await undone.hospes.serve();
	assert.deepEqual(await everything(undone.hospes, undone.secret), expected);
});
