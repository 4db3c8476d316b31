// A record that cannot be derived for a reason of its own holds nobody up and is not lost: it is counted, kept, and tried again.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { records, start, until } from '../lib/hospes.mjs';

test('an event that cannot be derived is kept aside, counted, and derived after a restart', async (t) => {
	const hospes = await start(t), write = await hospes.key('write'), secret = await hospes.key('secret');
	const identify = (userId, traits) => hospes.post('/v1/identify', { userId, traits, messageId: `${userId}-1`, timestamp: '2024-03-01T10:00:00Z' }, write);
	await identify('first', { city: 'Basle' });
	await hospes.applied();
	await records(hospes, "CREATE TRIGGER poison BEFORE INSERT ON trait WHEN NEW.name = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END",
		"ALTER TABLE trait ADD CONSTRAINT poison CHECK (name <> 'poison')");
	await identify('sick', { poison: 'yes', city: 'Thebes' });
	await identify('after', { city: 'Corinth' });
	await hospes.applied();
	assert.equal((await hospes.get('/health')).body.unapplied, 1);
	assert.match(hospes.log, /event_not_applied/);
	assert.deepEqual((await hospes.customer('user_id:after', secret)).traits.map((each) => each.value), ['Corinth']);
	await hospes.stop();
	await hospes.serve();
	assert.equal((await hospes.get('/health')).body.unapplied, 1, 'it still cannot be');
	await hospes.stop();
	await records(hospes, 'DROP TRIGGER poison', 'ALTER TABLE trait DROP CONSTRAINT poison');
	await hospes.serve();
	await hospes.applied();
	for (let i = 0; i < 100 && (await hospes.get('/health')).body.unapplied; i++) await new Promise((done) => setTimeout(done, 100));
	assert.equal((await hospes.get('/health')).body.unapplied, 0);
	assert.deepEqual((await hospes.customer('user_id:sick', secret)).traits.map((each) => each.name).sort(), ['city', 'poison']);
});

test('what makes a statement fail for its value alone holds nobody up: found among others, and kept aside', async (t) => {
	const hospes = await start(t), write = await hospes.key('write'), secret = await hospes.key('secret');
	// A fault that only the database knows of: the sum overflows in a trigger; PostgreSQL raises.
	await records(hospes, "CREATE TRIGGER poison BEFORE INSERT ON trait WHEN NEW.name = 'poison' BEGIN SELECT abs(-9223372036854775807 - 1); END",
		`CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'poison' THEN NEW.at := 9223372036854775807 + NEW.at; END IF; RETURN NEW; END $$;
		CREATE TRIGGER poison BEFORE INSERT ON trait FOR EACH ROW EXECUTE FUNCTION poison()`);
	const batch = Array.from({ length: 1500 }, (_, n) => ({ type: 'identify', userId: `u${n}`, messageId: `m${n}`, timestamp: '2024-03-01T10:00:00Z', traits: n === 700 || n === 1300 ? { poison: 'yes' } : { city: 'Corinth' } }));
	const began = Date.now();
	assert.equal((await hospes.post('/v1/batch', { batch }, write)).status, 200);
	await hospes.applied();
	t.diagnostic(`${Date.now() - began} ms until 1,498 of 1,500 were applied`);
	assert.deepEqual((({ unapplied, records: state }) => ({ unapplied, state }))((await hospes.get('/health')).body), { unapplied: 2, state: 'ok' });
	assert.deepEqual((await hospes.customer('user_id:u701', secret)).traits.map((each) => each.value), ['Corinth']);
	await until('the customers to be counted', async () => (await hospes.metric('hospes_customers')) === 1498);
});

test('texts and numbers that no index and no sum could hold are taken in all the same', async (t) => {
	const hospes = await start(t), write = await hospes.key('write'), secret = await hospes.key('secret');
	const noise = (bytes) => randomBytes(bytes / 2).toString('hex'); // it cannot be compressed below what an index of PostgreSQL holds
	const events = [
		{ type: 'track', event: 'Order Completed', properties: { order_id: noise(9000), products: [{ sku: noise(9000), name: noise(6000), category: noise(6000), price: 1, quantity: 1 }] } },
		{ type: 'identify', traits: { name: noise(8000), country: noise(8000), language: noise(8000), [noise(180)]: 1 } },
		{ type: 'track', event: 'Segment Consent Preference Updated', context: { consent: { categoryPreferences: { [noise(9000)]: true } } } },
		{ type: 'track', event: 'Order Completed', properties: { order_id: 'large', products: [{ sku: 'x', price: 1e12, quantity: 1e12 }, { sku: 'y', price: 1e12, quantity: 1e15 }] } },
	].map((each, n) => ({ ...each, userId: 'u1', messageId: `m${n}`, timestamp: '2024-03-01T10:00:00Z' }));
	for (const each of events) assert.deepEqual((await hospes.post('/v1/batch', { batch: [each] }, write)).body.rejected, []);
	await hospes.applied();
	assert.equal((await hospes.get('/health')).body.unapplied, 0);
	assert.ok(await hospes.customer('user_id:u1', secret));
	// A customer's sum has an end: the order that passes it waits aside, and nothing else does.
	const large = Array.from({ length: 5 }, (_, n) => ({ type: 'track', event: 'Order Completed', userId: 'u2', messageId: `l${n}`, timestamp: '2024-03-01T10:00:00Z', properties: { order_id: `large ${n}`, revenue: 2e12 } }));
	await hospes.post('/v1/batch', { batch: [...large, { type: 'identify', userId: 'u3', messageId: 'm', timestamp: '2024-03-01T10:00:00Z', traits: { city: 'Argos' } }] }, write);
	await hospes.applied();
	assert.equal((await hospes.get('/health')).body.unapplied, 1);
	assert.equal((await hospes.customer('user_id:u2', secret)).orders.length, 4);
	assert.ok(await hospes.customer('user_id:u3', secret));
});
