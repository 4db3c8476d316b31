// The database of records goes away while the server runs: events are taken in all the same, /health says why records do not
// follow, and when it is back, followers, jobs and pages go on by themselves; nothing is lost, nothing is there twice. Starts first.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE, start, until } from '../lib/hospes.mjs';

const onCluster = (sql) => execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', process.env.HOSPES_TEST_POSTGRES, '-c', sql]);
const nameOf = (hospes) => /\/([^/?]+)(\?|$)/.exec(hospes.database.url)[1];
const cutOff = (hospes) => onCluster(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${nameOf(hospes)}'`);

/** Another program holds the lock of SQLite's file for longer than the server waits for it (10 s). */
let holder;
function holdLock(hospes) {
	const program = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\nsys.stdin.read()";
	holder = spawn('python3', ['-c', program, join(hospes.data, 'records.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
	return new Promise((held) => holder.stdout.once('data', held));
}

/** PostgreSQL lets nobody in. */
function shutOut(hospes) {
	onCluster(`ALTER DATABASE ${nameOf(hospes)} ALLOW_CONNECTIONS false`);
	cutOff(hospes);
}

const AWAY = {
	sqlite: { take: holdLock, give: () => holder.stdin.end() },
	postgres: { take: shutOut, give: (hospes) => onCluster(`ALTER DATABASE ${nameOf(hospes)} ALLOW_CONNECTIONS true`) },
}[DATABASE];

const at = (n) => new Date(Date.UTC(2024, 2, 1) + n * 60_000).toISOString();
/** A customer with a name, consent and an order, in three events. */
const customer = (n) => [
	{ type: 'identify', userId: `u${n}`, anonymousId: `a${n}`, messageId: `i${n}`, timestamp: at(n), traits: { name: `Person ${n}`, email: `p${n}@example.com` } },
	{ type: 'track', event: 'Segment Consent Preference Updated', userId: `u${n}`, messageId: `c${n}`, timestamp: at(n), context: { consent: { categoryPreferences: { marketing: n % 2 === 0 } } } },
	{ type: 'track', event: 'Order Completed', userId: `u${n}`, messageId: `o${n}`, timestamp: at(n), properties: { order_id: `O${n}`, currency: 'EUR', products: [{ sku: `S${n % 5}`, price: 2, quantity: 1 }] } },
];

async function send(hospes, write, from, to) {
	const batch = Array.from({ length: to - from }, (_, i) => customer(from + i)).flat();
	const answer = await hospes.post('/v1/batch', { batch }, write);
	assert.equal(answer.status, 200, answer.text);
	assert.equal(answer.body.accepted, batch.length);
}

async function checkEverybody(hospes, secret, n) {
	await hospes.applied();
	const { unapplied, records } = (await hospes.get('/health')).body;
	assert.deepEqual({ unapplied, records }, { unapplied: 0, records: 'ok' });
	await hospes.settled('hospes_customers', n);
	assert.equal(await hospes.metric('hospes_events_stored'), 3 * n);
	for (let i = 0; i < n; i += Math.ceil(n / 20)) {
		const one = await hospes.customer(`user_id:u${i}`, secret);
		assert.equal(one.name, `Person ${i}`);
		assert.equal(one.identities.length, 3);
		assert.deepEqual(one.orders.map((each) => each.number), [`O${i}`]);
		assert.equal(one.consents.find((each) => each.purpose === 'marketing').history.length, 1, 'said once');
	}
}

test('the database goes away and comes back: events are kept meanwhile, records follow, a job is done', async (t) => {
	const hospes = await start(t), write = await hospes.key('write'), secret = await hospes.key('secret');
	writeFileSync(join(hospes.dir, 'wrong.ndjson'), JSON.stringify({ type: 'identify', userId: 'u0', messageId: 'w', timestamp: at(9000), traits: { name: 'Wrong' } }));
	await send(hospes, write, 0, 10);
	await hospes.ok(['import', '--as', 'segment', '--source', 'crm', join(hospes.dir, 'wrong.ndjson')]);
	const undo = (await hospes.get('/imports', secret)).body.rows[0].address;
	assert.equal((await hospes.customer('user_id:u0', secret)).name, 'Wrong');
	assert.ok((await hospes.send(`${undo}/undo`, {}, secret)).status < 400);
	await AWAY.take(hospes);
	for (let n = 10; n < 150; n += 10) await send(hospes, write, n, n + 10);
	await until('trouble to be told', async () => (await hospes.get('/health')).body.records === 'busy');
	assert.equal((await hospes.get('/health')).body.applied, false);
	if (DATABASE === 'postgres') {
		const page = await hospes.get('/customers', secret);
		assert.equal(page.status, 503);
		assert.ok(Number(page.headers.get('retry-after')) > 0);
	}
	AWAY.give(hospes);
	await until('the undo', async () => (await hospes.customer('user_id:u0', secret)).name === 'Person 0');
	await checkEverybody(hospes, secret, 150);
});

test('connections are lost again and again in the middle of everything', { skip: DATABASE !== 'postgres' }, async (t) => {
	const hospes = await start(t), write = await hospes.key('write'), secret = await hospes.key('secret');
	let running = true, sent = 0;
	const sender = (async () => {
		for (; running; sent += 5) {
			await send(hospes, write, sent, sent + 5);
			await sleep(10);
		}
	})();
	const reader = (async () => {
		while (running) assert.ok([200, 503].includes((await hospes.get('/customers', secret)).status));
	})();
	for (let i = 0; i < 25; i++) {
		await sleep(Math.random() * 60);
		cutOff(hospes);
	}
	running = false;
	await Promise.all([sender, reader]);
	t.diagnostic(`${sent} customers while connections were lost 25 times`);
	await checkEverybody(hospes, secret, sent);
});
