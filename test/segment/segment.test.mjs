// Segments: stored conditions, counted as they are and again when the log moved on; named in questions and on the customers page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

test('segments', async (t) => {
	const hospes = await start(t);
	const [manager, agent, analyst, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('secret', '--role', 'agent'), hospes.key('secret', '--role', 'analyst'), hospes.key('write')]);
	const may = { context: { consent: { categoryPreferences: { analytics: true, marketing: true } } } };
	const day = (n) => new Date(Date.now() - n * 86400000).toISOString();
	const event = (userId, name, ago, more = {}) => ({ type: 'track', userId, event: name, timestamp: day(ago), ...may, ...more });
	const sent = await hospes.post('/v1/batch', { batch: [
		{ type: 'identify', userId: 'ada', traits: { name: 'Ada', plan: 'gold', seats: 5, vip: true }, ...may },
		{ type: 'identify', userId: 'bob', traits: { name: 'Bob', plan: 'silver', seats: 12 }, ...may },
		{ type: 'identify', userId: 'cem', traits: { name: 'Cem', plan: 'gold' }, context: { consent: { categoryPreferences: { analytics: true, marketing: false } } } },
		event('ada', 'Store Visited', 3), event('ada', 'Store Visited', 40), event('bob', 'Store Visited', 60, { context: { ...may.context, channel: 'shop' } }), event('cem', 'Search Used', 2),
	] }, write);
	assert.equal(sent.status, 200, sent.text);
	await hospes.applied();

	/** The size of what is built from rows, as the page tells it. */
	const size = async (rows, join = 'all') => {
		const query = new URLSearchParams({ join });
		rows.forEach((row, i) => { for (const [name, value] of Object.entries(row)) query.set(`${name}_${i}`, value); });
		return (await hospes.get(`/segments/new?${query}`, manager)).body;
	};
	const counts = [
		[[{ what: 'did', event: 'Store Visited' }], 2],
		[[{ what: 'did', event: 'Store Visited', times: '2' }], 1],
		[[{ what: 'did', event: 'Store Visited', days: '30' }], 1],
		[[{ what: 'did_not', event: 'Store Visited', days: '30' }], 2],
		[[{ what: 'trait', trait: 'plan', test: 'is', value: 'gold' }], 2],
		[[{ what: 'trait', trait: 'plan', test: 'is_not', value: 'gold' }], 1],
		[[{ what: 'trait', trait: 'seats', test: 'is', value: '5' }], 1],
		[[{ what: 'trait', trait: 'vip', test: 'is', value: 'true' }], 1],
		[[{ what: 'trait', trait: 'seats', test: 'at_least', value: '5' }], 2],
		[[{ what: 'trait', trait: 'seats', test: 'missing' }], 1],
		[[{ what: 'trait', trait: 'name', test: 'contains', value: 'da' }], 1],
		[[{ what: 'granted', purpose: 'marketing' }], 2],
		[[{ what: 'refused', purpose: 'marketing' }], 1],
		[[{ what: 'trait', trait: 'plan', test: 'is', value: 'gold' }, { what: 'did', event: 'Store Visited' }], 1],
	];
	for (const [rows, expected] of counts) assert.equal((await size(rows)).customers, expected, JSON.stringify(rows));
	assert.equal((await size([{ what: 'refused', purpose: 'marketing' }, { what: 'did', event: 'Store Visited' }], 'any')).customers, 3);
	assert.equal((await size([])).finding.key, 'segment_begin');
	const wrong = await size([{ what: 'trait', trait: 'seats', test: 'at_least', value: 'many' }]);
	assert.deepEqual([wrong.finding.key, wrong.rules[0].error.key, wrong.customers], ['segment_unfinished', 'segment_fault_number', null]);

	// Stored by a program, and named in questions and in other segments.
	const condition = { all: [{ name: 'trait:plan', is: 'gold' }] };
	assert.equal((await hospes.send('/segments', { name: 'Gold', condition }, agent)).status, 403);
	assert.equal((await hospes.send('/segments', { name: '', condition }, manager)).status, 422);
	assert.equal((await hospes.send('/segments', { name: 'X' }, manager)).status, 422);
	assert.equal((await hospes.send('/segments', { name: 'X', condition: { event: 'Store Visited' } }, manager)).status, 422, 'says something of single events');
	assert.equal((await hospes.send('/segments', { name: 'X', condition: { segment: 'seg_0000000000000' } }, manager)).status, 422);
	const made = await hospes.send('/segments', { name: 'Gold', description: 'Pay most', condition }, manager);
	assert.equal(made.status, 204, made.text);
	const { id } = (await hospes.get('/segments', analyst)).body.rows[0];
	const show = async () => (await hospes.get(`/segments/${id}`, manager)).body;
	const first = await show();
	assert.deepEqual([first.customers, first.rows.map((row) => row.name).sort(), first.condition], [2, ['Ada', 'Cem'], condition]);
	assert.ok(Date.parse(first.asked_at) <= Date.now());
	assert.equal((await size([{ what: 'not_in', segment: id }])).customers, 1);
	const asked = await hospes.query({ kind: 'trend', measure: 'customers', interval: 'month', where: { segment: id } }, manager);
	assert.ok(asked.rows.some((row) => row.value >= 1) && asked.rows.every((row) => row.value <= 2), JSON.stringify(asked.rows));

	// The customers page: the same ones, with other filters beside.
	const customers = async (more = '') => (await hospes.get(`/customers?segment=${id}${more}`, manager)).body;
	assert.deepEqual([(await customers()).total, (await customers()).rows.map((row) => row.name).sort()], [2, ['Ada', 'Cem']]);
	assert.deepEqual((await customers('&sort=name')).rows.map((row) => row.name), ['Ada', 'Cem']);
	assert.deepEqual([(await customers('&consent=no-marketing')).total, (await customers('&q=ada')).total], [1, 1]);
	assert.equal((await hospes.get('/customers?segment=moon', manager)).status, 422);

	// Up to date as events arrive.
	await hospes.post('/v1/identify', { userId: 'bob', traits: { plan: 'gold' }, ...may }, write);
	await hospes.applied();
	const second = await show();
	assert.equal(second.customers, 3);
	assert.ok(second.asked_at >= first.asked_at);

	const csv = await hospes.get(`/segments/${id}/members.csv`, manager);
	assert.equal(csv.status, 200);
	assert.equal(csv.text.trim().split('\r\n').length, 4);
	assert.equal((await hospes.get(`/segments/${id}/members.csv`, analyst)).status, 403);

	// Changed, removed, brought back; what names one that is gone says so.
	assert.equal((await hospes.send(`/segments/${id}`, { name: 'Silver', condition: { all: [{ segment: id }] } }, manager)).status, 422, 'holds itself');
	assert.equal((await hospes.send(`/segments/${id}`, { name: 'Many seats', condition: { name: 'trait:seats', above: 4 } }, manager)).status, 204);
	assert.deepEqual([(await show()).name, (await show()).customers], ['Many seats', 2]);
	assert.equal((await hospes.send('/segments', { name: 'Others', condition: { not: { segment: id } } }, manager)).status, 204);
	const sizes = async () => Object.fromEntries((await hospes.get('/segments', manager)).body.rows.map((row) => [row.name, row.customers]));
	assert.deepEqual(await sizes(), { 'Many seats': 2, Others: 1 });
	assert.equal((await hospes.send(`/segments/${id}/remove`, {}, manager)).status, 204);
	assert.deepEqual(await sizes(), { Others: null });
	assert.equal((await hospes.get(`/segments/${id}`, manager)).status, 404);
	assert.equal((await hospes.send(`/segments/${id}/restore`, {}, manager)).status, 204);
	assert.deepEqual(await sizes(), { 'Many seats': 2, Others: 1 });
});

test('a segment is built by the form alone', async (t) => {
	const hospes = await start(t);
	const person = await hospes.addUser('ann@shop.example', 'analyst', 'a long enough pass phrase');
	const write = await hospes.key('write');
	await hospes.post('/v1/batch', { batch: ['a', 'b'].map((userId) => ({ type: 'track', userId, event: 'Store Visited', context: { consent: { categoryPreferences: { analytics: true } } } })) }, write);
	await hospes.applied();
	const session = await hospes.signIn(person.email, person.password);
	const page = await (await session.get('/segments/new')).text();
	const refused = await session.submit(page, { name: 'Visitors', what_0: 'did', event_0: '' }, '/segments/new');
	assert.equal(refused.status, 422);
	const html = await refused.text();
	assert.match(html, /value="Visitors"/);
	const answer = await session.submit(html, { name: 'Visitors', what_0: 'did', event_0: 'Store Visited' }, '/segments/new');
	assert.equal(answer.status, 303);
	const shown = await (await session.get(answer.headers.get('location'))).text();
	assert.match(shown, /2 customers/);
	const edit = /href="(\/segments\/new\?[^"]+)"/.exec(shown)[1].replaceAll('&amp;', '&');
	assert.match(await (await session.get(edit)).text(), /value="Store Visited"/);
});
