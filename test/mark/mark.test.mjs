// Marks on time: entered, changed, removed and brought back; read from a file and from events; shown beside the trend; and a
// change that nothing lies near is called unknown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

test('marks on time', async (t) => {
	const hospes = await start(t);
	const [manager, agent, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('secret', '--role', 'agent'), hospes.key('write')]);
	const strike = { kind: 'strike', title: 'Rail strike', from: '2011-03-07', to: '2011-03-11', note: 'All of the north' };
	assert.equal((await hospes.send('/marks', strike, agent)).status, 403);
	assert.equal((await hospes.send('/marks', { ...strike, from: 'soon' }, manager)).status, 422);
	assert.equal((await hospes.send('/marks', { ...strike, to: '2011-03-01' }, manager)).status, 422);
	assert.equal((await hospes.send('/marks', { ...strike, kind: 'rumour' }, manager)).status, 422);
	assert.equal((await hospes.send('/marks', strike, manager)).status, 204);
	assert.equal((await hospes.send('/marks', strike, manager)).status, 409);

	const list = async () => (await hospes.get('/marks', manager)).body.rows;
	let [row] = await list();
	assert.deepEqual({ kind: row.kind, from: row.from, to: row.to, is_outside: row.is_outside, origin: row.origin }, { kind: 'strike', from: '2011-03-07', to: '2011-03-11', is_outside: true, origin: 'hand' });
	assert.equal((await hospes.send(`/marks/${row.id}`, { ...strike, to: '2011-03-12', whose: 'own' }, manager)).status, 204);
	[row] = await list();
	assert.deepEqual([row.to, row.is_outside], ['2011-03-12', false]);
	assert.equal((await hospes.send(`/marks/${row.id}`, { ...strike, to: '' , whose: '' }, manager)).status, 204);
	assert.equal((await list())[0].to, null);
	assert.equal((await hospes.get(`/marks?change=${row.id}`, manager)).body.form.title.value, 'Rail strike');

	assert.equal((await hospes.send(`/marks/${row.id}/remove`, {}, manager)).status, 204);
	assert.deepEqual(await list(), []);
	assert.equal((await hospes.send(`/marks/${row.id}/remove`, {}, manager)).status, 404);
	assert.equal((await hospes.send(`/marks/${row.id}/restore`, {}, manager)).status, 204);
	assert.equal((await list()).length, 1);

	// A file: two good rows, one of them twice, and three that cannot be read; the same file again adds nothing.
	const csv = 'Name;type;date;end;outside\nSpring catalogue;campaign;2011-03-14;;no\nSpring catalogue;campaign;2011-03-14;;no\nFlood;weather;2011-06-01;2011-06-03;\nBad day;weather;yesterday;;\nBad kind;gossip;2011-06-01;;\nBackwards;outage;2011-06-05;2011-06-01;\n';
	const file = async () => hospes.post('/marks/file', csv, null, { authorization: `Bearer ${manager}`, accept: 'application/json', 'content-type': 'text/csv' });
	const read = (await file()).body;
	assert.deepEqual(read.finding.args, { added: 2, known: 1, rejected: 3 });
	assert.deepEqual(read.rejects.map((each) => [each.key, each.args.line]), [['mark_reject_day', 5], ['mark_reject_kind', 6], ['mark_reject_order', 7]]);
	assert.deepEqual((await file()).body.finding.args, { added: 0, known: 3, rejected: 3 });
	assert.deepEqual((await list()).map((each) => [each.title, each.is_outside, each.origin]), [['Flood', true, 'file'], ['Spring catalogue', false, 'file'], ['Rail strike', true, 'hand']]);
	assert.equal((await hospes.post('/marks/file', 'a,b\n1,2\n', null, { authorization: `Bearer ${manager}`, accept: 'application/json', 'content-type': 'text/csv' })).status, 422);

	// Events that are marks: one a day and title, for the past as well.
	const sent = await hospes.post('/v1/batch', { batch: [['2011-04-01T09:00:00Z', 'Checkout 2'], ['2011-04-01T15:00:00Z', 'Checkout 2'], ['2011-04-20T09:00:00Z', 'Checkout 3']].map(([timestamp, name]) => (
		{ type: 'track', anonymousId: 'deployer', event: 'App Released', timestamp, properties: { name }, context: { consent: { categoryPreferences: { analytics: true } } } })) }, write);
	assert.equal(sent.status, 200, sent.text);
	await hospes.applied();
	assert.equal((await hospes.send('/marks/events', { event: 'App Released', kind: 'release' }, manager)).status, 204);
	assert.deepEqual((await list()).filter((each) => each.origin === 'event').map((each) => [each.title, each.from, each.kind, each.id]), [['Checkout 3', '2011-04-20', 'release', null], ['Checkout 2', '2011-04-01', 'release', null]]);

	// Near a change: the nearest first; two weeks before count, nothing after, and nothing is "unknown".
	const near = async (from, to) => (await hospes.get(`/marks/near?from=${from}&to=${to}`, manager)).body;
	assert.deepEqual((await near('2011-03-08', '2011-03-20')).rows.map((each) => each.title), ['Rail strike', 'Spring catalogue']);
	assert.equal((await near('2011-06-05', '2011-06-10')).finding.key, 'mark_near_outside');
	assert.equal((await near('2011-04-10', '2011-04-12')).finding.key, 'mark_near_own');
	const unknown = await near('2011-01-01', '2011-01-31');
	assert.deepEqual([unknown.finding.key, unknown.is_unknown, unknown.rows], ['mark_near_unknown', true, []]);
	assert.equal((await hospes.get('/marks/near?from=x&to=2011-01-01', manager)).status, 422);

	assert.equal((await hospes.send('/marks/events/remove', { event: 'App Released' }, manager)).status, 204);
	assert.equal((await hospes.send('/marks/events/remove', { event: 'App Released' }, manager)).status, 404);
	assert.equal((await list()).length, 3);

	// Beside the trend of Pulse.
	const order = (id, time, price) => ({ type: 'track', userId: 'ada', event: 'Order Completed', timestamp: time, properties: { order_id: id, currency: 'GBP', products: [{ sku: 'JAR', quantity: 1, price }] } });
	await hospes.post('/v1/batch', { batch: [order('1', '2011-02-10T10:00:00Z', 100), order('2', '2011-03-08T10:00:00Z', 20), order('3', '2011-03-25T10:00:00Z', 25), order('4', '2011-04-10T10:00:00Z', 24)] }, write);
	await hospes.applied();
	const { trend } = (await hospes.get('/pulse?from=2011-02-01&to=2011-05-01', manager)).body;
	assert.ok(trend.marks.some((mark) => mark.title === 'Rail strike'));
	assert.equal(trend.rows.reduce((sum, each) => sum + each.orders, 0), 4);
	assert.match(trend.finding.key, /^trend_(rose|fell)$/);
	assert.match(trend.near.key, /^mark_near_/);
});
