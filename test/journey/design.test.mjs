// Journeys as they are meant: designed from what is heard, measured, every change a version, laid over what was and what is wanted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forms, start } from '../lib/hospes.mjs';

test('a journey is designed, measured, changed, and laid over what was', async (t) => {
	const hospes = await start(t);
	const [manager, agent, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('secret', '--role', 'agent'), hospes.key('write')]);
	const may = { context: { consent: { categoryPreferences: { analytics: true } } } };
	const batch = [];
	const at = (userId, event, timestamp, more = {}) => batch.push({ type: 'track', userId, event, timestamp, ...may, ...more });
	// Four order in March, three in April; in March two of four are shipped to, after two days, in April all three, after one.
	for (const [month, ordered, shipped, days] of [['03', 4, 2, 2], ['04', 3, 3, 1]])
		for (let i = 0; i < ordered; i++) {
			const who = `m${month}-${i}`;
			at(who, 'Product Viewed', `2025-${month}-05T08:00:00Z`);
			at(who, 'Order Completed', `2025-${month}-05T10:00:00Z`, { properties: { order_id: who, total: 10, revenue: 10, currency: 'EUR' } });
			if (i >= shipped) continue;
			at(who, 'Order Shipped', `2025-${month}-06T10:00:00Z`);
			at(who, 'Order Delivered', `2025-${month}-0${6 + days}T10:00:00Z`);
		}
	at('early', 'Home Viewed', '2025-01-02T10:00:00Z');
	at('m04-0', 'Survey Answered', '2025-04-20T10:00:00Z', { properties: { score: 9 } });
	const sent = await hospes.post('/v1/batch', { batch }, write);
	assert.equal(sent.body.accepted, batch.length, sent.text);
	await hospes.applied();
	const get = async (address, key = manager) => (await hospes.get(address, key)).body;

	// What one begins with: the stages under which touchpoints are filed.
	const begun = await get('/journeys/designs/new');
	const stage = (design, key) => design.stages.find((each) => each.key === key);
	assert.deepEqual(stage(begun.design, 'delivery').events.sort(), ['Order Delivered', 'Order Shipped']);
	assert.equal((await get('/journeys/designs')).rows.length, 0);

	// Bad designs are refused, with their field.
	const save = (body, address = '/journeys/designs', key = manager) => hospes.send(address, body, key);
	const stages = [
		{ key: 'consideration', name: 'Looks', events: ['Product Viewed'], need: 'To see what it is' },
		{ key: 'purchase', name: 'Orders', events: ['Order Completed'] },
		{ key: 'delivery', name: 'Waits', events: ['Order Shipped', 'Order Delivered'], promise: 'Within a day', share_pct: 80, days: 1.2 },
		{ name: 'Tells others', events: [] },
	];
	assert.equal((await save({ name: 'Gift', design: { stages } }, '/journeys/designs', agent)).status, 403);
	for (const [body, field] of [
		[{ name: '', design: { stages } }, 'name'], [{ name: 'Gift', design: { stages: [stages[0]] } }, ''], [{ name: 'Gift', design: { stages: [stages[0], stages[0]] } }, ''],
		[{ name: 'Gift', design: { stages: [stages[0], { name: 'Again', events: ['Product Viewed'] }] } }, ''], [{ name: 'Gift', design: { segment: 'seg_0000000000001', stages } }, 'segment'],
	]) {
		const refused = await save(body);
		assert.equal(refused.status, 422, JSON.stringify(body));
		assert.ok(refused.body.faults.some((each) => each.field === field), refused.text);
	}
	assert.equal((await get('/journeys/designs')).rows.length, 0, 'nothing is half stored');

	const made = await save({ name: 'Gift', note: 'first', design: { persona: 'Careful buyer', stages } });
	assert.equal(made.status, 204, made.text);
	const [row] = (await get('/journeys/designs')).rows;
	assert.deepEqual([row.name, row.persona, row.stages, row.version], ['Gift', 'Careful buyer', 4, 1]);

	// Measured: what it says stands beside what is.
	const table = (view, id) => view.tables.find((each) => each.id === id);
	const cells = (view, id, name) => table(view, id).rows.find((each) => each.name === name).cells.map((cell) => cell.text);
	const map = await get(`${row.map}&period=custom&from=2025-03-01&to=2025-03-31`);
	assert.deepEqual(table(map, 'map').heads.map((head) => head.text), ['Stage', 'Looks', 'Orders', 'Waits', 'Tells others']);
	assert.deepEqual(cells(map, 'map', 'What we promise'), ['–', '–', 'Within a day', '–']);
	assert.deepEqual(cells(map, 'map', 'Customers'), ['4', '4', '2', '–']);
	assert.deepEqual(cells(map, 'overlay_0', 'Waits'), ['50%', '80%: not reached']);
	assert.match(cells(map, 'overlay_1', 'Waits').join('|'), /^2 days\|1 day, 4 hr: not reached$/);
	const april = await get(`${row.map}&period=custom&from=2025-04-01&to=2025-04-30&over=before`);
	assert.deepEqual(cells(april, 'overlay_0', 'Waits'), ['100%', '50%', '80%: reached']);

	assert.match(table(await get(`${row.map}&period=custom&from=2025-01-01&to=2025-03-31&over=before`), 'overlay_0').caption, /no earlier period/, 'when nothing was before, it is said');

	// A change is a version; an older one is laid over the newest.
	const changed = await save({ name: 'Gift', note: 'views count as orders', design: { stages: [{ key: 'purchase', name: 'Orders', events: ['Order Completed', 'Product Viewed'] }, stages[2]] } }, row.address);
	assert.equal(changed.status, 204, changed.text);
	const page = await get(row.address);
	assert.deepEqual(page.versions.map((each) => [each.number, each.note]), [[2, 'views count as orders'], [1, 'first']]);
	const over = await get(`${row.map}&over=v1`);
	assert.deepEqual(cells(over, 'overlay_1', 'Orders').length, 3);
	assert.deepEqual([cells(over, 'overlay_1', 'Orders')[0] === cells(over, 'overlay_1', 'Orders')[1]], [false], 'the visit is longer when views belong to it');
	assert.equal((await hospes.get(`${row.map}&over=v9`, manager)).status, 404);
	assert.equal((await hospes.get('/journeys/map?journey=jou_0000000000001', manager)).status, 404);

	// A segment's journey counts its customers alone.
	assert.equal((await save({ name: 'April', condition: { did: 'Survey Answered' } }, '/segments')).status, 204);
	const segment = (await get('/segments')).rows[0].id;
	assert.equal((await save({ name: 'April', design: { segment, stages } })).status, 204);
	const aprils = (await get('/journeys/designs')).rows.find((each) => each.name === 'April');
	assert.deepEqual(cells(await get(aprils.map), 'map', 'Customers'), ['1', '1', '1', '–']);

	assert.equal((await save({}, `${row.address}/remove`)).status, 204);
	assert.equal((await hospes.get(row.address, manager)).status, 404);
	assert.equal((await save({}, `${row.address}/restore`)).status, 204);
	assert.equal((await get(row.address)).versions.length, 2);
	const kinds = JSON.stringify((await get('/audit')).rows);
	for (const what of ['journey_added', 'journey_changed', 'journey_removed', 'journey_restored']) assert.ok(kinds.includes(what), what);
});

test('the form sends rows, and keeps what was typed', async (t) => {
	const hospes = await start(t);
	const write = await hospes.key('write');
	const may = { context: { consent: { categoryPreferences: { analytics: true } } } };
	await hospes.post('/v1/batch', { batch: [{ type: 'track', userId: 'a', event: 'Product Viewed', ...may }, { type: 'track', userId: 'a', event: 'Shop Entered', ...may }] }, write);
	await hospes.applied();
	await hospes.addUser('manager@example.com', 'manager', 'the long password of the manager');
	const session = await hospes.signIn('manager@example.com', 'the long password of the manager');
	const send = async (values) => {
		const form = forms(await (await session.get('/journeys/designs/new')).text()).find((each) => each.method === 'POST' && each.action === '/journeys/designs');
		return session.post(form.action, { csrf: form.fields.csrf, ...values });
	};
	const rows = { name: 'Shop', 'stages[0].place': '2', 'stages[0].name': 'Enters', 'stages[1].place': '1', 'stages[1].name': 'Looks', 'stages[1].days': 'soon', 'stages[2].name': '',
		'filed[0].event': 'Product Viewed', 'filed[0].stage': '2', 'filed[1].event': 'Shop Entered', 'filed[1].stage': '1' };
	const wrong = await send(rows);
	assert.equal(wrong.status, 422);
	const text = await wrong.text();
	assert.match(text, /value="soon"/);
	assert.match(text, /href="#stages\[1\]\.days"/);
	assert.equal((await send({ ...rows, 'stages[1].days': '2' })).status, 303);
	const { rows: [made] } = (await session.json('/journeys/designs')).body;
	const { design } = (await session.json(made.address)).body;
	assert.deepEqual(design.stages.map((each) => [each.name, each.events, each.days ?? null]), [['Looks', ['Product Viewed'], 2], ['Enters', ['Shop Entered'], null]]);
});
