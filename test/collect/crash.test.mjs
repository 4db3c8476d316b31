// What was acknowledged survives: the server is killed again and again in the middle of taking events in. Nothing that
// was answered 200 may be missing afterwards, and nothing may be there twice, though clients send again what they are
// not sure of. Starts first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic, prepare, until } from '../lib/hospes.mjs';
import { trend } from '../lib/answers.mjs';

const KILLS = Number(process.env.HOSPES_TEST_KILLS ?? 50);

test(`${KILLS} times kill -9 in the middle of ingest: nothing acknowledged is lost, nothing is double`, { timeout: 900_000 }, async (t) => {
	const hospes = await prepare(t);
	const write = await hospes.key('write'), secret = await hospes.key('secret');
	const acknowledged = new Set(), unsure = new Map();
	let serial = 0;

	const makeBatch = () => Array.from({ length: 1 + (serial % 40) }, () => {
		const n = serial++;
		const isOrder = n % 10 === 3; // these also derive records: an order, and a word in the ledger of consent
		if (isOrder) return { type: 'track', event: 'Order Completed', messageId: `m${n}`, userId: `u${n % 97}`, timestamp: new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString(), properties: { order_id: `O${n}`, revenue: 1 }, context: { consent: { categoryPreferences: { marketing: n % 20 === 3 } } } };
		return { type: 'track', event: 'Counted', messageId: `m${n}`, userId: `u${n % 97}`, timestamp: new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString(), properties: { n } };
	});
	const sendBatch = async (batch) => {
		for (const each of batch) unsure.set(each.messageId, each);
		const answer = await fetch(`${hospes.address}/v1/batch`, { method: 'POST', headers: { authorization: basic(write) }, body: JSON.stringify({ batch }) });
		if (answer.status !== 200) return; // 503 while it starts: not acknowledged, sent again later
		const body = await answer.json();
		assert.equal(body.rejected.length, 0, JSON.stringify(body.rejected.slice(0, 3)));
		for (const each of batch) { acknowledged.add(each.messageId); unsure.delete(each.messageId); }
	};

	for (let kill = 0; kill < KILLS; kill++) {
		await hospes.serve();
		let running = true;
		const senders = Array.from({ length: 4 }, async () => {
			while (running) {
				// Half of the time what the last crash left unsure goes again, as a client's queue does.
				const again = [...unsure.values()].slice(0, 30);
				await sendBatch(again.length && Math.random() < 0.5 ? again : makeBatch()).catch((error) => { if (error instanceof assert.AssertionError) throw error; });
			}
		});
		await sleep(30 + Math.random() * 250);
		hospes.child.kill('SIGKILL');
		await hospes.exit;
		running = false;
		await Promise.all(senders);
	}

	await hospes.serve();
	while (unsure.size) await sendBatch([...unsure.values()].slice(0, 2000));
	t.diagnostic(`${acknowledged.size} events acknowledged over ${KILLS} kills`);
	assert.ok(acknowledged.size > KILLS * 20, 'the test sent enough to mean something');
	assert.equal(await hospes.metric('hospes_events_stored'), acknowledged.size);
	await until('customers to be applied', async () => (await hospes.metric('hospes_customers')) === 97);
	await hospes.applied();
	const counted = [...acknowledged].map((id) => Number(id.slice(1))).filter((n) => n % 10 !== 3);
	const orders = acknowledged.size - counted.length;
	for (let u = 0; u < 97; u += 8) {
		const customer = await hospes.customer(`user_id:u${u}`, secret);
		const own = [...acknowledged].map((id) => Number(id.slice(1))).filter((n) => n % 10 === 3 && n % 97 === u);
		assert.equal(customer.orders_total, own.length, `orders of u${u}`);
	}
	const all = trend(await hospes.query({ kind: 'trend', event: 'Counted', measure: 'events', interval: 'month' }, secret));
	assert.equal(all.reduce((sum, row) => sum + row.value, 0), counted.length);
	const sold = trend(await hospes.query({ kind: 'trend', event: 'Order Completed', measure: 'events', interval: 'month' }, secret));
	assert.equal(sold.reduce((sum, row) => sum + row.value, 0), orders);
	const sum = trend(await hospes.query({ kind: 'trend', event: 'Counted', measure: 'sum:n', interval: 'month' }, secret));
	const expected = counted.reduce((total, n) => total + n, 0);
	assert.equal(sum.reduce((total, row) => total + Number(row.value), 0), expected, 'each was stored once, none in place of another');
	await hospes.stop();
	const verify = await hospes.cli(['verify']);
	assert.equal(verify.code, 0, verify.stdout + verify.stderr);
});
