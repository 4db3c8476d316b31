// Targets: any figure that has a direction may carry one, with a day and an owner; the distance is told where the figure stands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

test('targets', async (t) => {
	const hospes = await start(t);
	const [manager, agent, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('secret', '--role', 'agent'), hospes.key('write')]);
	await hospes.addUser('ann@shop.example', 'analyst', 'a long enough pass phrase');
	const order = (id, time, quantity) => ({ type: 'track', userId: `u${id}`, event: 'Order Completed', timestamp: time, properties: { order_id: id, currency: 'GBP', products: [{ sku: 'JAR', name: 'Jar', quantity, price: 10 }] } });
	const refund = { type: 'track', userId: 'u1', event: 'Order Refunded', timestamp: '2011-02-20T10:00:00Z', properties: { order_id: '1', currency: 'GBP', products: [{ sku: 'JAR', name: 'Jar', quantity: 1, price: 10 }] } };
	const contact = (user, time) => ({ type: 'track', userId: user, event: 'Ticket Opened', timestamp: time });
	const sent = await hospes.post('/v1/batch', { batch: [order('1', '2011-02-10T10:00:00Z', 4), order('2', '2011-03-08T10:00:00Z', 6), refund, contact('u1', '2011-02-21T10:00:00Z'), contact('u1', '2011-02-22T10:00:00Z'), contact('u2', '2011-03-09T10:00:00Z')] }, write);
	assert.equal(sent.status, 200, sent.text);
	await hospes.applied();

	const owners = (await hospes.get('/targets', manager)).body.form.owners;
	const ann = owners.find((each) => each.label === 'ann@shop.example').value;
	const set = (more, key = manager) => hospes.send('/targets', { metric: 'return_rate', scope: '', value: '5', due: '2030-01-31', owner: ann, ...more }, key);
	assert.equal((await set({}, agent)).status, 403);
	for (const wrong of [{ metric: 'price' }, { metric: 'luck' }, { value: 'much' }, { value: '' }, { due: 'soon' }, { owner: 'per_0000000000000' }, { scope: 'product:NONE' }, { scope: 'moon' }, { metric: 'contact_rate' }])
		assert.equal((await set(wrong)).status, 422, JSON.stringify(wrong));
	assert.equal((await set({})).status, 204);

	// One of ten units came back: 10 %, five points from 5 %.
	const figure = async (path, key) => (await hospes.get(path, manager)).body.figures.find((each) => each.key === key);
	let rate = await figure('/pulse', 'return_rate');
	assert.deepEqual([rate.target.key, rate.target.args.points, rate.is_target_met, rate.target_owner], ['target_away_points', 5, false, 'ann@shop.example']);
	assert.equal((await set({ value: '12' })).status, 204);
	rate = await figure('/pulse', 'return_rate');
	assert.deepEqual([rate.target.key, rate.is_target_met], ['target_met', true]);
	assert.equal((await set({ metric: 'revenue', value: '200', due: '2011-04-01', owner: '' })).status, 204);
	const revenue = await figure('/pulse', 'revenue');
	assert.deepEqual([revenue.target.key, revenue.target.args.share, revenue.is_target_met], ['target_missed', 0.5, false]);
	assert.equal((await figure('/pulse', 'orders')).target, null);

	assert.equal((await set({ scope: 'product:JAR', value: '10', owner: '' })).status, 204);
	assert.equal((await figure('/products/JAR', 'return_rate')).is_target_met, true);

	// Three contacts of two customers met in after-sales care.
	assert.equal((await set({ scope: 'family:care', metric: 'contact_rate', value: '100' })).status, 204);
	const { body: areas } = await hospes.get('/areas', manager);
	assert.deepEqual(areas.rows.map((each) => each.family), ['care', 'sales']);
	const [care] = areas.rows;
	assert.deepEqual([care.volume, care.customers, care.contacts, care.repeats, care.contact_rate], [4, 2, 3, 1, 1.5]);
	assert.deepEqual([areas.finding.key, areas.finding.args.share, care.target.key], ['areas_worst_target', 0.5, 'target_away_points']);
	assert.deepEqual(areas.gaps.map((each) => each.family), ['messages', 'values', 'social', 'store', 'product']);

	assert.equal((await hospes.get(care.behind, manager)).body.customers, care.customers);
	assert.equal((await hospes.get(care.behind_contacts, manager)).body.customers, 2);
	assert.equal((await hospes.get(care.behind_repeats, manager)).body.customers, 1);

	const { body: list } = await hospes.get('/targets', manager);
	assert.deepEqual(list.finding.args, { n: 4, met: 2 });
	assert.deepEqual(list.rows.map((each) => [each.metric, each.scope, each.is_met]), [['revenue', '', false], ['contact_rate', 'family:care', false], ['return_rate', '', true], ['return_rate', 'product:JAR', true]]);
	const row = list.rows[0];
	assert.equal((await hospes.send(`/targets/${row.id}/remove`, {}, manager)).status, 204);
	assert.equal((await figure('/pulse', 'revenue')).target, null);
	assert.equal((await hospes.send(`/targets/${row.id}/remove`, {}, manager)).status, 404);
	assert.equal((await hospes.send(`/targets/${row.id}/restore`, {}, manager)).status, 204);
	assert.equal((await hospes.get('/targets', manager)).body.rows.length, 4);
});

test('the size of a segment: at least, or at most so many customers', async (t) => {
	const hospes = await start(t);
	const [manager, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('write')]);
	const may = { context: { consent: { categoryPreferences: { analytics: true } } } };
	await hospes.post('/v1/batch', { batch: ['a', 'b', 'c'].map((userId) => ({ type: 'track', userId, event: 'Store Visited', ...may })) }, write);
	await hospes.applied();
	await hospes.send('/segments', { name: 'Visitors', condition: { did: 'Store Visited' } }, manager);
	const { id, address } = (await hospes.get('/segments', manager)).body.rows[0];
	const set = (more) => hospes.send('/targets', { scope: `segment:${id}`, metric: 'segment_size', value: '4', due: '2090-12-31', ...more }, manager);
	for (const wrong of [{ metric: 'revenue' }, { scope: 'segment:seg_0000000000000' }, { scope: '' }]) assert.equal((await set(wrong)).status, 422);
	assert.equal((await set({})).status, 204);
	assert.equal((await set({ metric: 'segment_limit', value: '3' })).status, 204);
	const { body } = await hospes.get(address, manager);
	assert.deepEqual(body.goals.map((goal) => [goal.key, goal.target.key, goal.is_target_met]), [['segment_size', 'target_away', false], ['segment_limit', 'target_met', true]]);
	assert.deepEqual((await hospes.get('/segments', manager)).body.rows[0].goals.map((goal) => goal.target.args.share), [0.25, undefined]);
	const { rows } = (await hospes.get('/targets', manager)).body;
	assert.deepEqual(rows.map((row) => [row.scope_name, row.is_met]).sort(), [['Visitors', false], ['Visitors', true]]);
	const over = (await hospes.get(body.over_time, manager)).body;
	assert.equal(over.answer.rows.at(-1).value, 3);
	await hospes.send(`/segments/${id}/remove`, {}, manager);
	assert.equal((await hospes.get('/targets', manager)).body.rows.length, 2, 'they stay, to be removed');
});

test('areas: without contacts or targets nobody is called the worst; scores are means of what was answered', async (t) => {
	const hospes = await start(t);
	const [key, write] = await Promise.all([hospes.key('secret', '--role', 'analyst'), hospes.key('write')]);
	assert.deepEqual([(await hospes.get('/areas', key)).body.finding.key, (await hospes.get('/areas', key)).body.gaps.length], ['areas_empty', 7]);
	const consent = { context: { consent: { categoryPreferences: { analytics: true } } } };
	await hospes.post('/v1/batch', { batch: [
		{ type: 'track', userId: 'a', event: 'Product Reviewed', properties: { rating: 5 }, ...consent }, { type: 'track', userId: 'b', event: 'Product Reviewed', properties: { rating: 2 }, ...consent },
		{ type: 'track', userId: 'a', event: 'Order Delivered', ...consent }, { type: 'track', userId: 'a', event: 'Order Shipped', ...consent }, { type: 'track', userId: 'a', event: 'Order Shipped', ...consent }, { type: 'track', userId: 'a', event: 'Order Shipped', ...consent },
	] }, write);
	await hospes.applied();
	const { body } = await hospes.get('/areas', key);
	assert.equal(body.finding.key, 'areas_unknown');
	const of = (family) => body.rows.find((each) => each.family === family);
	assert.deepEqual([of('social').score, of('social').score_n], [3.5, 2]);
	assert.deepEqual(of('care').delivered_by, [{ by: 'ourselves', share: 0.75 }, { by: 'carrier', share: 0.25 }]);
});
