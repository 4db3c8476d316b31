// Files in: every kind, rejects, the same file again, a longer version, undo and again, and files that mean harm.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { start, until } from '../lib/hospes.mjs';

const HEAD = 'order_id,product_id,product_name,quantity,price,time,customer_id,country\n';
const ORDERS = `${HEAD}1,A,Cup,2,0.125,2010-12-31 23:59:00,42,Greece\n1,B,Saucer,1,0.2,2010-12-31 23:59:00,42,Greece\n1,B,Saucer,1,0.2,2010-12-31 23:59:00,42,Greece\n2,A,Cup,1,0.1,2011-01-02 10:00:00,,Greece\nC3,A,Cup,-1,0.125,2011-01-03 10:00:00,42,Greece\n`;
const LONGER = `${ORDERS}1,C,Pot,1,10,2010-12-31 23:59:00,42,Greece\n4,A,Cup,1,1,2011-02-01 10:00:00,43,Greece\nC3,B,Saucer,-1,0.2,2011-01-03 10:00:00,42,Greece\n`;

async function open(t) {
	const hospes = await start(t);
	const file = (name, content) => (writeFileSync(join(hospes.dir, name), content), name);
	return { hospes, file, secret: await hospes.key('secret'), run: (...args) => hospes.cli(['import', ...args]) };
}
const revenue = async (hospes, secret) => (await hospes.query({ kind: 'trend', event: 'Order Completed', measure: 'events', interval: 'month' }, secret));
const stored = (hospes) => hospes.metric('hospes_events_stored');

test('orders: kept once, the same again changes nothing, a longer version adds what is new', async (t) => {
	const { hospes, file, secret, run } = await open(t);
	const first = await run(file('orders.csv', ORDERS));
	assert.equal(first.code, 0, first.stderr);
	assert.match(first.stdout, /5 rows: 5 kept as 3 touchpoints, 0 known already, 0 rejected/);
	assert.match(first.stderr, /order_id\s+→ order_id/, 'the guessed mapping is shown');
	assert.match((await run('orders.csv')).stdout, /5 rows: 0 kept as 0 touchpoints, 5 known already/);
	assert.equal(await stored(hospes), 3);
	const longer = await run(file('longer.csv', LONGER));
	assert.match(longer.stdout, /8 rows: 3 kept as 3 touchpoints, 5 known already/);
	assert.match((await run('longer.csv')).stdout, /8 rows: 0 kept as 0 touchpoints, 8 known already/);
	const customer = await hospes.customer('user_id:42', secret);
	const order = customer.orders.find((o) => o.number === '1');
	assert.equal(Number(order.total.amount), 10.65, 'two equal lines are both counted, and the added one');
	await revenue(hospes, secret);
});

test('gzip, events, customers and Segment lines', async (t) => {
	const { hospes, file, secret, run } = await open(t);
	assert.equal((await run(file('orders.csv.gz', gzipSync(ORDERS)))).code, 0);
	assert.equal((await run(file('events.csv', 'event,time,user_id,mood\nShop Visited,2011-01-01 10:00,42,good\nShop Visited,2011-01-01 10:00,42,good\n'))).code, 0);
	assert.equal((await run(file('people.csv', 'user_id,name,email,newsletter\n42,Ada Lovelace,ada@example.org,no\n'))).code, 0);
	const lines = ['{"type":"track","event":"Chat Started","userId":"42","timestamp":"2011-03-01T00:00:00Z"}', '{"type":"identify","userId":"44","traits":{"name":"Grace"},"timestamp":"2011-03-01T00:00:00Z"}'];
	assert.match((await run(file('calls.ndjson', `${lines.join('\n')}\n`))).stdout, /2 rows: 2 kept/);
	assert.match((await run('calls.ndjson')).stdout, /0 kept as 0 touchpoints, 2 known already/);
	const customer = await hospes.customer('user_id:42', secret);
	assert.equal(customer.name, 'Ada Lovelace');
	assert.equal(await stored(hospes), 3 + 2 + 1 + 2);
	assert.ok(await hospes.customer('user_id:44', secret));
});

test('rejected rows land beside the input, with line and reason', async (t) => {
	const { hospes, file, run } = await open(t);
	const result = await run(file('bad.csv', `${HEAD}1,A,Cup,x,0.1,2011-01-01 10:00:00,42,Greece\n2,A,Cup,1,0.1,never,42,Greece\n3,A,"Cup, ""old""",1,0.1\n4,A,Cup,1,0.1,2011-01-01 10:00:00,42,Greece\n`));
	assert.equal(result.code, 3, result.stderr);
	assert.match(result.stdout, /4 rows: 1 kept as 1 touchpoints, 0 known already, 3 rejected/);
	const rejects = readFileSync(join(hospes.dir, 'bad.csv.rejected.csv'), 'utf8').trim().split('\r\n');
	assert.deepEqual(rejects.map((line) => line.split(',').slice(0, 2).join(',')), ['line,reason', '2,bad_quantity', '3,bad_time', '4,ragged']);
	assert.equal((await run(file('bad.ndjson', '{"type":"track"}\n{nonsense\n'))).code, 3);
	assert.match(readFileSync(join(hospes.dir, 'bad.ndjson.rejected.ndjson'), 'utf8'), /"line":2,"reason":"malformed"/);
});

test('wrong commands and hostile files are told, and nothing is kept', async (t) => {
	const { hospes, file, run } = await open(t);
	assert.equal((await run()).code, 2);
	assert.equal((await run('--as', 'poems', 'x.csv')).code, 2);
	assert.equal((await run('absent.csv')).code, 1);
	assert.equal((await run(file('empty.csv', ''))).code, 1);
	assert.equal((await run('--as', 'orders', file('no-order.csv', 'a,b\n1,2\n'))).code, 1);
	assert.equal((await run('--map', file('map.json', '{"columns":{"a":"no_such_field"}}'), 'no-order.csv')).code, 1);
	assert.equal((await run(file('cut.csv.gz', gzipSync(ORDERS.repeat(50)).subarray(0, 60)))).code, 1);
	const binary = await run(file('binary.csv', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))));
	assert.notEqual(binary.code, 0);
	const huge = await run('--as', 'segment', file('huge.ndjson', `{"type":"track","event":"X","userId":"1","a":"${'x'.repeat(3 << 20)}"}\n{"type":"track","event":"X","userId":"1","timestamp":"2011-01-01T00:00:00Z"}\n`));
	assert.equal(huge.code, 3, huge.stderr);
	assert.equal(await stored(hospes), 1);
});

test('in the browser: draft, mapping, start, rejects, undo, and again', async (t) => {
	const { hospes, secret } = await open(t);
	const auth = { authorization: `Bearer ${secret}`, accept: 'application/json' };
	const upload = async (name, content) => {
		const form = new FormData();
		form.append('file', new Blob([content]), name);
		const answer = await hospes.fetch('/imports', { method: 'POST', headers: auth, body: form, redirect: 'manual' });
		return answer.headers.get('location');
	};
	const post = (path, fields = {}) => hospes.fetch(path, { method: 'POST', headers: { ...auth, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields), redirect: 'manual' });
	const get = async (path) => (await hospes.get(path, secret)).body;
	const at = await upload('shop.csv', `${ORDERS}5,A,Cup,x,1,2011-01-01 10:00:00,42,Greece\n`);
	assert.equal((await get(at)).sample.length, 6);
	const draft = await until('the check', async () => { const s = await get(at); return s.check.state === 'done' ? s : null; });
	assert.equal(draft.finding.key, 'map_some_rejected');
	assert.deepEqual([draft.check.rows, draft.check.kept, draft.check.rejected], [6, 5, 1]);
	assert.deepEqual(draft.check.rejects.map((each) => [each.reason.key, each.n, each.lines]), [['reject_bad_quantity', 1, '7']]);
	const without = await (await post(`${at}/mapping`, { as: 'orders', column_0: '' })).json();
	assert.deepEqual([without.may_start, without.check.state, without.finding.key], [false, 'none', 'map_missing']);
	assert.equal((await post(`${at}/start`)).status, 422);
	await post(`${at}/mapping`, { as: 'orders', column_0: 'order_id', source: 'shop' });
	assert.ok((await post(`${at}/start`)).status < 400);
	const done = await until('the import to end', async () => { const s = await get(at); return s.state === 'done' ? s : null; });
	assert.deepEqual([done.kept, done.rejected, done.source], [5, 1, 'shop']);
	assert.match(await (await hospes.fetch(done.rejects_file, { headers: auth })).text(), /7,bad_quantity/);
	assert.ok(!existsSync(join(hospes.dir, 'imports', at.split('/').pop(), 'file')), 'the upload is removed');
	assert.ok((await post(done.undo)).status < 400);
	await until('the undo', async () => !(await hospes.customer('user_id:42', secret)) && (await stored(hospes)) === 0);
	assert.equal((await get(at)).state, 'undone');
	const again = await upload('shop.csv', ORDERS);
	await post(`${again}/mapping`, { source: 'shop', as: 'orders' });
	await post(`${again}/start`);
	const second = await until('the second import', async () => { const s = await get(again); return s.state === 'done' ? s : null; });
	assert.equal(second.kept, 5);
	assert.equal((await get('/imports')).rows.length, 2);
	const sources = await get('/sources');
	assert.equal(sources.rows[0].volume, 3);
});
