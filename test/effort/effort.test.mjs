// The board of efforts: what people decide and why, and whether the figure of each moved, against values worked by hand.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start, untilEnd } from '../lib/hospes.mjs';

const consent = { consent: { categoryPreferences: { analytics: true } } };
const DAY = 86_400_000;
const day = (from, n) => new Date(Date.parse(`${from}T12:00:00Z`) + n * DAY).toISOString();
const near = (value, wanted, by = 5e-4) => assert.ok(Math.abs(value - wanted) < by, `${value}, not ${wanted}`);

describe('efforts', () => {
	const end = untilEnd(after);
	let w, secret, write, analyst;
	const send = (path, body = {}) => w.send(path, body, secret);
	const ok = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`); };
	const read = async (path) => (await w.get(path, secret)).body;
	const rows = (board) => board.columns.flatMap((column) => column.rows);
	const make = async (name, fields, decision) => {
		await ok('/efforts', { name, kind: fields.kind ?? 'standing' });
		const { address } = [...rows(await read('/efforts')), ...(await read('/efforts')).gestures].find((row) => row.x.name === name);
		await ok(address, { name, ...fields, figure: fields.figure && JSON.stringify(fields.figure) });
		if (decision) await ok(`${address}/decide`, { why: 'The evidence', day: decision.effect_day, ...decision });
		return address;
	};
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		analyst = await w.key('secret', '--role', 'agent');
		write = await w.key('write');
		const batch = [];
		const track = (userId, event, timestamp, properties = {}) => batch.push({ type: 'track', userId, event, timestamp, properties, context: consent });
		// 30 of 100 come back before the change of 1 April, 15 of 100 after it.
		for (const [side, from, back] of [['a', '2025-03-05', 30], ['b', '2025-04-01', 15]])
			for (let i = 0; i < 100; i++) {
				track(`${side}${i}`, 'Cart Filled', day(from, i % 20));
				if (i < back) track(`${side}${i}`, 'Cart Paid', day(from, (i % 20) + 1));
			}
		// 2 and 4 calls a day before it, 6 and 8 after it.
		for (let d = -20; d < 20; d++) for (let i = 0; i < (d < 0 ? 2 : 6) + 2 * (d & 1); i++) track(`c${i}`, 'Call Started', day('2025-04-01', d));
		// NPS: 40, 30 and 30 of 100 before; 60, 25 and 15 after.
		for (const [from, parts] of [['2025-03-10', [40, 30]], ['2025-04-02', [60, 25]]])
			for (let i = 0; i < 100; i++) track(`n${from}${i}`, 'Survey Answered', day(from, i % 10), { question_id: 'recommend', type: 'nps', number: i < parts[0] ? 10 : i < parts[0] + parts[1] ? 8 : 3 });
		for (let i = 0; i < batch.length; i += 400) await w.post('/v1/batch', { batch: batch.slice(i, i + 400) }, write);
		await w.applied();
	});

	test('written down, changed, refused with the field and the reason, removed and brought back', async () => {
		assert.equal((await read('/efforts')).finding.key, 'effort_none');
		assert.equal((await send('/efforts', { name: ' ' })).status, 422);
		assert.equal((await w.send('/efforts', { name: 'No' }, analyst)).status, 403);
		const address = await make('A card in every box', { description: 'By hand', cost: '0.20', currency: 'EUR', per: 'each', stage: 'delivery', event: 'Order Shipped', signal_day: '2025-01-10', watch_days: 30 });
		for (const [field, value] of Object.entries({ cost: 'much', stage: 'moon', per: 'now', owner: 'per_0000000000000', signal_day: 'soon', watch_days: 3, improvement: 'imv_0000000000000', figure: '{"kind":"paths"}' })) {
			const { status, body } = await send(address, { name: 'x', [field]: value });
			assert.equal(status, 422, field);
			assert.deepEqual(body.faults.map((each) => each.field), [field]);
		}
		for (const figure of ['x', '[]', '{"kind":"score"}', '{"kind":"journey"}', '{"kind":"duration","start":"a","end":"b"}', '{"kind":"trend","event":"a","from":"2025-01-01"}']) assert.equal((await send(address, { name: 'x', figure })).status, 422, figure);
		const { effort } = await read(address);
		assert.deepEqual([effort.x.name, effort.x.cost, effort.x.per, effort.x.stage, effort.x.signal_day, effort.outcome], ['A card in every box', { amount: 0.2, currency: 'EUR' }, 'each', 'delivery', '2025-01-10', 'none']);
		await ok(`${address}/remove`);
		assert.equal((await w.get(address, secret)).status, 404);
		assert.equal((await read('/efforts')).is_empty, true);
		await ok(`${address}/restore`);
		assert.equal(rows(await read('/efforts')).length, 1);
	});

	test('people decide, with a reason that is kept', async () => {
		const { address } = rows(await read('/efforts'))[0];
		for (const body of [{ decision: 'start' }, { decision: 'perhaps', why: 'x' }, { decision: 'stop', why: 'x', day: '2099-01-01' }, { decision: 'stop', why: 'x', effect_day: 'now' }]) assert.equal((await send(`${address}/decide`, body)).status, 422, JSON.stringify(body));
		await ok(`${address}/decide`, { decision: 'start', why: 'They tell each other', day: '2025-02-01', effect_day: '2025-02-09' });
		await ok(`${address}/decide`, { decision: 'continue', why: 'They still do', day: '2025-03-01', effect_day: '2025-03-11' });
		const { history, effort } = await read(address);
		assert.deepEqual(history.map((each) => [each.decision, each.why, each.day]), [['continue', 'They still do', '2025-03-01'], ['start', 'They tell each other', '2025-02-01']]);
		assert.deepEqual([effort.days_to_decision, effort.days_to_change], [50, 60]);
		assert.ok(history.every((each) => each.who));
		await ok(`${address}/decide`, { decision: 'undecided', why: 'Too dear' });
		assert.deepEqual([(await read(address)).effort.x.decision, (await read(address)).effort.x.effect_day], ['undecided', null]);
		await ok(`${address}/decide`, { decision: 'continue', why: 'Cheaper cards', day: '2025-03-01', effect_day: '2025-03-11' });
	});

	test('whether the figure moved, by the test that belongs to it', async () => {
		const start_ = { decision: 'start', effect_day: '2025-04-01' };
		const of = async (name, fields, decision = start_) => (await read(await make(name, { watch_days: 30, ...fields }, decision))).effort;
		const funnel = { kind: 'funnel', steps: ['Cart Filled', 'Cart Paid'], window: { days: 7 } };
		// Pooled z of 15 and 30 of 100: (.15 − .30) / √(.225 × .775 × 2 / 100) = −2.540, p = .0111; Newcombe −.262 to −.035.
		const fallen = await of('Fewer fields', { figure: funnel, expected: 'rise' });
		assert.deepEqual([fallen.outcome, fallen.before, fallen.after, fallen.before_n, fallen.after_n], ['worse', 0.3, 0.15, 100, 100]);
		near(fallen.p, 0.0111), near(fallen.low, -0.2622, 1e-3), near(fallen.high, -0.0349, 1e-3);
		assert.equal((await of('Fewer reminders', { figure: funnel, expected: 'fall' })).outcome, 'moved');
		// Welch of 20 days of 2 and 4 and 20 days of 6 and 8: means 3 and 7, variances 20/19, t = 4 / √(2/19) = 12.3.
		const calls = await of('Longer hours', { figure: { kind: 'trend', event: 'Call Started' }, watch_days: 20, expected: 'rise' });
		assert.deepEqual([calls.outcome, calls.before, calls.after, calls.before_n, calls.is_settled], ['moved', 3, 7, 20, true]);
		near(calls.high - calls.low, 2 * 2.0244 * Math.sqrt(2 / 19));
		// NPS 10 and 45; adjusted z of the two.
		const nps = await of('Kinder letters', { figure: { kind: 'score', metric: 'nps', question: 'recommend' }, expected: 'rise' });
		assert.deepEqual([nps.outcome, nps.before, nps.after, nps.before_n], ['moved', 10, 45, 100]);
		assert.ok(nps.low > 0 && nps.low < 35 && nps.high > 35 && nps.p < 0.01);
		// The same figure over the same days before, changed on another day: chance may explain it.
		const unmoved = await of('Other paper', { figure: { kind: 'score', metric: 'nps', question: 'recommend' }, watch_days: 14 }, { decision: 'stop', effect_day: '2025-03-15' });
		assert.ok(['unmoved', 'too_early', 'no_base'].includes(unmoved.outcome), unmoved.outcome);
		assert.equal((await of('Later', { figure: funnel }, { decision: 'start', day: '2025-04-01', effect_day: '2099-01-01' })).outcome, 'waiting');
		assert.equal((await of('Early', { figure: funnel }, { decision: 'start', effect_day: '2025-04-20' })).outcome, 'too_early');
		assert.equal((await of('Baseless', { figure: funnel }, { decision: 'start', effect_day: '2025-03-01' })).outcome, 'no_base');
		const { slices, compared } = await read((await rows(await read('/efforts')).find((row) => row.x.name === 'Longer hours')).address);
		assert.deepEqual([compared.args.before_from, compared.args.to], ['2025-03-12', '2025-04-20']);
		assert.ok(slices.filter((each) => !each.is_after).every((each) => Math.abs(each.value - 3) < 0.4) && slices.filter((each) => each.is_after).every((each) => Math.abs(each.value - 7) < 0.4));
	});

	test('the numbers of the board; gestures apart; searched, sorted and given out', async () => {
		await make('Flowers for Mrs Lee', { kind: 'gesture', cost: '40', currency: 'EUR', per: 'once' }, { decision: 'start', effect_day: '2025-04-01' });
		await make('A second packer', { cost: '2500', currency: 'EUR', per: 'month', signal_day: '2025-03-01' }, { decision: 'start', effect_day: '2025-04-10' });
		await make('New labels', { cost: '300.50', currency: 'EUR', per: 'once' }, { decision: 'continue', effect_day: '2025-04-10' });
		const board = await read('/efforts');
		assert.deepEqual([board.gestures.length, board.one_off_gestures, board.moved, board.worse, board.judged], [1, 1, 3, 1, board.moved + board.unmoved + board.worse]);
		assert.deepEqual([board.cost_a_year, board.cost_once], [[{ amount: 30000, currency: 'EUR' }], [{ amount: 300.5, currency: 'EUR' }]]);
		assert.deepEqual([board.timed, board.days_to_change], [2, 50], 'the median of 60 and 40 days');
		assert.deepEqual(board.columns.map((column) => column.decision), ['undecided', 'start', 'stop', 'continue']);
		assert.equal(rows(board).length, board.undecided + board.started + board.stopped + board.continued);
		assert.deepEqual(rows(await read('/efforts?q=PACKER')).map((row) => row.x.name), ['A second packer']);
		assert.deepEqual(rows(await read('/efforts?stage=delivery')).map((row) => row.x.name), ['A card in every box']);
		const names = (await read('/efforts?sort=name')).columns[1].rows.map((row) => row.x.name);
		assert.deepEqual(names, [...names].sort());
		for (const wrong of ['sort=best', 'stage=moon', 'owner=me']) assert.equal((await w.get(`/efforts?${wrong}`, secret)).status, 422, wrong);
		const csv = await (await w.fetch('/efforts/table.csv?q=hours', { headers: { authorization: `Bearer ${secret}` } })).text();
		const [head, line] = csv.trim().split('\n');
		assert.match(head, /^id,name,kind,decision/);
		assert.match(line, /^"eff_\w+","Longer hours","standing","start","2025-04-01","2025-04-01",.*,"moved",3,7,4,/);
	});
});
