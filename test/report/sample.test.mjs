// Every figure over the bundled sample against test/figures/online_retail.json, which shares no code with the program. Starts first.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { retention, trend } from '../lib/answers.mjs';
import { prepare, ROOT, start, timeline, untilEnd } from '../lib/hospes.mjs';

const figures = JSON.parse(readFileSync(join(ROOT, 'test/figures/online_retail.json'), 'utf8'));
const nextMonth = (month) => new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1)).toISOString().slice(0, 10);
/** "5079250.8720" and 5079250.872 are the same amount. */
const amount = (value) => { const text = String(value); return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text; };

describe('the bundled sample', () => {
	const end = untilEnd(after);
	let hospes, secret, brokenOff;
	before(async () => {
		hospes = await prepare(end);
		await hospes.serve({ command: 'demo', ready: false });
		while (!((await hospes.metric('hospes_events_stored')) > 0)) await sleep(5); // a load takes a second or two: not a moment is lost
		brokenOff = { ready: (await hospes.get('/health')).status === 200, end: await hospes.stop() };
		await hospes.serve({ command: 'demo' });
		secret = await hospes.key('secret');
	});
	// Every figure below is of a load that was broken off and went on at the next start.
	test('a load that is stopped ends at once and in order', () => assert.deepEqual(brokenOff, { ready: false, end: { code: 0, signal: null } }));
	const byStart = (rows) => Object.fromEntries(rows.filter((row) => Number(row.value) !== 0).map((row) => [row.start, row.value]));
	const expected = (table, field, key = (name) => name) => Object.fromEntries(Object.entries(table).map(([name, row]) => [key(name), row[field]]).filter(([, value]) => Number(value) !== 0));
	const firstDay = (month) => `${month}-01`;

	test('the independent figures are those of the files', () => {
		assert.match(execFileSync(join(ROOT, 'test/figures/online_retail.py'), ['--check'], { encoding: 'utf8' }), /is what the sample gives/);
	});

	test('customers and touchpoints', async () => {
		assert.equal(await hospes.metric('hospes_customers'), figures.customers);
		const report = JSON.parse(await hospes.ok(['report', '--format', 'json']));
		const text = JSON.stringify(report);
		for (const n of [figures.customers, figures.orders, figures.lines_without_customer]) assert.ok(text.includes(String(n)), `the report names ${n}`);
	});

	test('the report is there as text, JSON and HTML', async () => {
		const text = await hospes.ok(['report', '--format', 'text']);
		assert.match(text.replaceAll(/[,\u202f\u00a0 ]/g, ''), new RegExp(String(figures.orders)));
		assert.match(text, /57(\.\d)? ?%/, 'the repeat purchase rate');
		assert.match(text, /4\.[67]\d? ?%/, 'the return rate');
		assert.match(await hospes.ok(['report', '--format', 'html']), /^<!doctype html>/i);
	});

	for (const [interval, table, key] of [['month', figures.by_month, firstDay], ['week', figures.by_week, (week) => week]]) {
		test(`orders, customers and revenue by ${interval}`, async () => {
			const ask = async (measure) => byStart(trend(await hospes.query({ kind: 'trend', event: 'Order Completed', measure, interval }, secret)));
			assert.deepEqual(await ask('events'), expected(table, 'orders', key));
			assert.deepEqual(await ask('customers'), expected(table, 'customers', key));
			const revenue = await ask('sum:revenue');
			assert.deepEqual(Object.fromEntries(Object.entries(revenue).map(([start, value]) => [start, amount(value)])), expected(table, 'revenue', key));
		});
	}

	test('refunds by month', async () => {
		const rows = byStart(trend(await hospes.query({ kind: 'trend', event: 'Order Refunded', measure: 'events', interval: 'month' }, secret)));
		assert.deepEqual(rows, expected(figures.refunds_by_month, 'refunds', firstDay));
	});

	test('orders and revenue by country', async () => {
		const range = { interval: 'month', from: '2010-12-01', to: '2011-08-01', by: 'country' };
		for (const [measure, field] of [['events', 'orders'], ['sum:revenue', 'revenue']]) {
			const totals = {};
			for (const row of trend(await hospes.query({ kind: 'trend', event: 'Order Completed', measure, ...range }, secret)))
				totals[row.by] = (totals[row.by] ?? 0) + Math.round(Number(row.value) * 1000);
			for (const [country, row] of Object.entries(figures.by_country)) assert.equal(totals[country] ?? 0, Math.round(Number(row[field]) * 1000), `${measure} of ${country}`);
			assert.equal(Object.keys(totals).length, Object.keys(figures.by_country).length);
		}
	});

	test('ranges are half-open', async () => {
		for (const month of Object.keys(figures.by_month)) {
			const rows = trend(await hospes.query({ kind: 'trend', event: 'Order Completed', measure: 'events', interval: 'day', from: `${month}-01`, to: nextMonth(month) }, secret));
			assert.equal(rows.reduce((sum, row) => sum + row.value, 0), figures.by_month[month].orders, month);
		}
	});

	test('retention by month of the first order', async () => {
		const rows = retention(await hospes.query({ kind: 'retention', start: 'Order Completed', return: 'Order Completed', interval: 'month', cells: 8 }, secret));
		const wanted = Object.entries(figures.retention_by_month).map(([month, row]) => ({ cohort: `${month}-01`, size: row.size, cells: row.cells }));
		assert.deepEqual(rows, wanted);
	});

	test('the command line and the address give one answer', async () => {
		const query = { kind: 'trend', event: 'Order Completed', measure: 'customers', interval: 'month' };
		const { took_ms: _, ...told } = JSON.parse(await hospes.ok(['query', JSON.stringify(query)]));
		const { took_ms: __, ...answered } = await hospes.query(query, secret);
		assert.deepEqual(told, answered);
	});

	test('a customer: orders, revenue and the whole time line', async () => {
		for (const { customer, orders, revenue } of figures.customers_figures.top_by_order_revenue.slice(0, 5)) {
			const profile = await hospes.customer(`user_id:${customer}`, secret);
			assert.ok(profile, customer);
			assert.equal(profile.orders_total, orders);
			const total = profile.figures.find((each) => each.key === 'revenue');
			assert.equal(Math.round(total.number * 100), Math.round(Number(revenue) * 100), customer);
			const times = timeline(profile).map((each) => Date.parse(each.time));
			assert.deepEqual(times, [...times].sort((a, b) => b - a), 'newest first');
		}
	});

	test('products: units, returns and their rate', async () => {
		const answer = await hospes.get('/products?sort=returned&from=2010-12-01&to=2011-08-01', secret);
		assert.equal(answer.status, 200, answer.text);
		const rows = Object.fromEntries(answer.body.rows.map((row) => [row.code, row]));
		for (const wanted of figures.products.most_returned.slice(0, 10)) {
			const row = rows[wanted.product];
			assert.ok(row, `${wanted.product} is among the most returned`);
			assert.equal(row.units, wanted.sold, wanted.product);
			assert.equal(row.returned, wanted.returned, wanted.product);
			if (wanted.return_rate !== null) assert.ok(Math.abs(row.return_rate - wanted.return_rate) < 1e-9, wanted.product);
		}
	});

	test('a second import of the same files changes nothing', async () => {
		// A source of its own: the sample's figures above are done with. What is imported twice is there once.
		const first = await hospes.cli(['import', '--as', 'orders', join(ROOT, 'sample/online-retail-1.csv.gz')]);
		assert.ok([0, 3].includes(first.code), first.stderr);
		const had = await hospes.metric('hospes_events_stored');
		const again = await hospes.cli(['import', '--as', 'orders', join(ROOT, 'sample/online-retail-1.csv.gz')]);
		assert.ok([0, 3].includes(again.code), again.stderr);
		assert.equal(await hospes.metric('hospes_events_stored'), had);
	});
});
