// Pulse, products and the report over the bundled sample and over data made for the hard cases, against figures computed
// apart (test/figures/online_retail.json) or by hand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, start, until } from '../lib/hospes.mjs';

const figures = JSON.parse(readFileSync(join(ROOT, 'test/figures/online_retail.json'), 'utf8'));
const near = (a, b, by = 1e-9) => assert.ok(Math.abs(a - b) <= by, `${a} is ${b}`);
const byKey = (answer) => Object.fromEntries(answer.figures.map((each) => [each.key, each]));

describe('Pulse over the sample', () => {
	let hospes, secret;
	const ends = [];
	after(async () => { for (const end of ends) await end(); });
	const get = async (path) => {
		const answer = await hospes.get(path, secret);
		assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 300)}`);
		return answer.body;
	};
	before(async () => {
		hospes = await start({ after: (end) => ends.push(end) });
		await hospes.ok(['import', '--as', 'orders', join(ROOT, 'sample/online-retail-1.csv.gz'), join(ROOT, 'sample/online-retail-2.csv.gz')]);
		secret = await hospes.key('secret');
	});

	test('figures are those computed apart', async () => {
		const pulse = await get('/pulse');
		const f = byKey(pulse);
		assert.equal(f.customers.number, figures.customers);
		assert.equal(f.orders.number, figures.orders);
		near(f.revenue.number, Number(figures.order_revenue), 1e-6);
		near(f.refunded.number, Number(figures.refunded), 1e-6);
		near(f.average_order.number, Number(figures.order_revenue) / figures.orders, 1e-5);
		near(f.repeat_rate.number, figures.customers_figures.repeat_purchase_rate);
		near(f.return_rate.number, figures.units.return_rate);
		assert.equal(f.repeat_rate.n.args.n, figures.customers_figures.with_orders);
		assert.ok(f.return_rate.interval.args.low < figures.units.return_rate && f.return_rate.interval.args.high > figures.units.return_rate);
		assert.equal(pulse.state_finding.args.customers, figures.customers_figures.with_orders);
		const note = pulse.notes.find((each) => each.key === 'note_lines_without_customer');
		assert.equal(note.args.lines, figures.lines_without_customer);
		near(note.args.amount.amount, Number(figures.sum_of_lines) - Number(figures.sum_of_lines_with_customer), 1e-6);
	});

	test('months are compared by their own sums', async () => {
		const f = byKey(await get('/pulse'));
		const { '2011-06': june, '2011-07': july } = figures.by_month;
		assert.equal(f.orders.change.key, 'change_down');
		near(f.orders.change.args.share, 1 - july.orders / june.orders);
		near(f.revenue.change.args.share, 1 - Number(july.revenue) / Number(june.revenue));
		assert.equal(f.orders.trend.args.first, figures.by_month['2010-12'].orders);
		assert.equal(f.orders.trend.args.last, july.orders);
	});

	test('a range is half-open and counts itself alone', async () => {
		for (const [month, next] of [['2010-12', '2011-01'], ['2011-01', '2011-02'], ['2011-06', '2011-07']]) {
			const f = byKey(await get(`/pulse?from=${month}-01&to=${next}-01`));
			assert.equal(f.orders.number, figures.by_month[month].orders, month);
			near(f.revenue.number, Number(figures.by_month[month].revenue), 1e-6);
			assert.equal(f.repeat_rate.n.args.n, figures.by_month[month].customers, month);
			near(f.refunded.number, Number(figures.refunds_by_month[month].refunded), 1e-6);
		}
		const last = byKey(await get('/pulse?period=month'));
		assert.equal(last.orders.number, figures.by_month['2011-07'].orders, 'the last month of the data');
	});

	test('what is heard and what is not', async () => {
		const pulse = await get('/pulse');
		assert.equal(pulse.heard_finding.key, 'pulse_heard_buying');
		assert.equal(pulse.unheard_finding.key, 'pulse_feelings_unknown');
		assert.deepEqual(pulse.families.map((each) => each.family), ['messages', 'values', 'social', 'sales', 'care', 'store', 'product']);
		const volume = Object.fromEntries(pulse.families.map((each) => [each.family, each.volume]));
		assert.equal(volume.care, figures.refunds);
		assert.equal(volume.sales, figures.orders + figures.adjustments);
		assert.equal(pulse.stages.length, 8);
		assert.equal(pulse.families[0].connect, '/sources/connect?family=messages');
	});

	test('cohorts, and the one that keeps worst', async () => {
		const { retention } = await get('/pulse');
		for (const row of retention.rows) {
			const wanted = figures.retention_by_month[row.start.slice(0, 7)];
			assert.equal(row.size, wanted.size);
			assert.deepEqual(row.cells.map((each) => (each.is_open ? null : each.count)), wanted.cells.slice(1));
		}
		assert.equal(retention.rows.length, Object.keys(figures.retention_by_month).length);
		assert.equal(retention.finding.key, 'retention_worst');
		assert.equal(retention.rows.find((each) => each.is_worst).start, '2011-03-01');
		near(retention.finding.args.share, 68 / 452);
	});

	test('products: sums, order, search, pages', async () => {
		for (const [sort, list] of [['returned', 'most_returned'], ['units', 'most_sold'], ['revenue', 'most_revenue']]) {
			const { rows } = await get(`/products?sort=${sort}`);
			assert.deepEqual(rows.slice(0, 20).map((each) => each.code), figures.products[list].map((each) => each.product), sort);
			for (const [i, wanted] of figures.products[list].entries()) {
				assert.equal(rows[i].units, wanted.sold, wanted.product);
				assert.equal(rows[i].returned, wanted.returned, wanted.product);
				near(rows[i].revenue.amount, Number(wanted.revenue), 1e-6);
				if (wanted.return_rate === null) assert.equal(rows[i].return_rate, null, wanted.product);
				else near(rows[i].return_rate, wanted.return_rate);
			}
		}
		const found = await get(`/products?q=${encodeURIComponent('CakeStand  régency')}`);
		assert.ok(found.rows.some((each) => each.code === '22423'), 'words in any order, case and accent');
		assert.equal((await get('/products?q=zzzz')).finding.key, 'products_none_found');
		const seen = new Set();
		let pages = 0;
		for (let at = '/products?q=christmas&sort=name'; at; pages++) {
			const page = await get(at);
			for (const row of page.rows) seen.add(row.code);
			if (!page.next) assert.equal(seen.size, page.total);
			at = page.next;
		}
		assert.ok(pages > 1);
	});

	test('a product: its months add up, odd codes have pages', async () => {
		for (const wanted of [figures.products.most_sold[0], figures.products.most_returned[4]]) {
			const product = await get(`/products/${encodeURIComponent(wanted.product)}`);
			const f = byKey(product);
			assert.equal(f.units.number, wanted.sold);
			assert.equal(f.returned.number, wanted.returned);
			near(f.revenue.number, Number(wanted.revenue), 1e-6);
			assert.equal(product.months.reduce((sum, each) => sum + each.units, 0), wanted.sold);
			assert.ok(product.customers.length > 0 && product.customers.length <= 10);
		}
		assert.equal((await hospes.get('/products/BANK%20CHARGES', secret)).status, 200);
		assert.equal((await hospes.get('/products/no-such-code', secret)).status, 404);
	});

	test('bad questions are refused by name', async () => {
		for (const path of ['/pulse?from=yesterday', '/pulse?period=eon', '/pulse?from=2011-02-01&to=2011-01-01', '/products?sort=beauty', '/products?cursor=-1'])
			assert.equal((await hospes.get(path, secret)).status, 422, path);
		assert.equal((await hospes.get('/pulse', null)).status, 401);
	});

	test('the report says the same three ways', async () => {
		const json = JSON.parse(await hospes.ok(['report', '--format', 'json']));
		assert.deepEqual(json.figures.map((each) => each.number), (await get('/pulse')).figures.map((each) => each.number));
		const text = await hospes.ok(['report']);
		for (const part of ['3,193', '11,571', '57.1%', '4.7%', '81,030', 'March 2011']) assert.ok(text.includes(part), part);
		const html = await hospes.ok(['report', '--format', 'html']);
		assert.match(html, /^<!doctype html>/);
		assert.doesNotMatch(html, /<link |<script|src=|https?:\/\/(?!www\.w3\.org)/, 'asks for nothing else');
		assert.equal((await hospes.cli(['report', '--format', 'pdf'])).code, 1);
	});

	test('terms name every figure shown', async () => {
		const terms = await get('/terms');
		const names = terms.figures.map((each) => each.name);
		for (const figure of (await get('/pulse')).figures) assert.ok(names.includes(figure.name.text), figure.key);
		assert.equal(terms.families.length, 7);
		assert.equal(terms.stages.length, 8);
	});
});

describe('Pulse over hard cases', () => {
	let hospes, write, secret;
	const ends = [];
	after(async () => { for (const end of ends) await end(); });
	const order = (user, number, products, more = {}) => ({ type: 'track', event: 'Order Completed', ...(user ? { userId: user } : { anonymousId: `a-${number}` }), messageId: number, timestamp: '2011-01-10T10:00:00Z', properties: { order_id: number, currency: 'GBP', products, ...more } });
	const send = async (batch) => assert.equal((await hospes.post('/v1/batch', { batch }, write)).status, 200);
	const pulse = async (query = '') => (await hospes.get(`/pulse${query}`, secret)).body;
	before(async () => {
		hospes = await start({ after: (end) => ends.push(end) });
		write = await hospes.key('write');
		secret = await hospes.key('secret');
	});

	test('a new workspace says how to begin', async () => {
		const empty = await pulse();
		assert.equal(empty.is_empty, true);
		assert.equal(empty.heard_finding.key, 'pulse_heard_nothing');
		assert.equal(empty.state_finding.key, 'pulse_state_empty');
		assert.equal((await hospes.get('/products', secret)).body.is_empty, true);
		assert.match(await hospes.ok(['report']), /Nothing has been heard/);
	});

	test('orders, refunds, other currencies; a figure follows what came a moment ago', async () => {
		await send([
			order('u1', 'o1', [{ sku: 'A', quantity: 3, price: 0.001 }, { sku: 'B', quantity: 1, price: 10 }]),
			order('u1', 'o2', [{ sku: 'A', quantity: 2, price: 5 }]),
			order('u2', 'o3', [{ sku: 'A', quantity: 5, price: 4 }]),
			order('u3', 'o4', [{ sku: 'B', quantity: 1, price: 7 }], { currency: 'EUR' }),
			{ type: 'track', event: 'Order Refunded', userId: 'u2', messageId: 'r1', timestamp: '2011-01-12T10:00:00Z', properties: { order_id: 'o3', currency: 'GBP', products: [{ sku: 'A', quantity: 4, price: 4 }] } },
		]);
		const answer = await pulse(), f = byKey(answer);
		assert.equal(f.orders.number, 4);
		near(f.revenue.number, 40.003);
		assert.equal(f.revenue.n.args.n, 3, 'orders in pounds');
		near(f.refunded.number, 16);
		near(f.return_rate.number, 4 / 12);
		near(f.repeat_rate.number, 1 / 3);
		assert.equal(f.return_rate.interval.key, 'interval_few');
		assert.deepEqual(f.revenue.others.map((each) => [each.currency, each.number, each.n.args.n]), [['EUR', 7, 1]]);
		await send([order('u2', 'o5', [{ sku: 'C', quantity: 1, price: 1 }])]);
		near(byKey(await pulse()).repeat_rate.number, 2 / 3);
		const { rows } = (await hospes.get('/products?sort=name', secret)).body;
		assert.deepEqual(rows.map((each) => [each.code, each.units, each.revenue.amount]), [['A', 10, 30.003], ['B', 2, 10], ['C', 1, 1]]);
	});

	test('who refuses analytics counts nowhere, and is said', async () => {
		const had = byKey(await pulse());
		await send([{ type: 'track', event: 'Segment Consent Preference Updated', userId: 'u2', messageId: 'c1', timestamp: '2011-01-20T10:00:00Z', context: { consent: { categoryPreferences: { analytics: false } } } }]);
		const answer = await until('the refusal to count', async () => { const now = await pulse(); return byKey(now).orders.number < had.orders.number ? now : null; });
		const f = byKey(answer);
		assert.equal(f.orders.number, 3);
		near(f.revenue.number, 20.003);
		assert.equal(f.returned, undefined);
		near(f.return_rate.number, 0);
		assert.equal(answer.notes.find((each) => each.key === 'note_left_out').args.customers, 1);
		const { rows } = (await hospes.get('/products?sort=name', secret)).body;
		assert.deepEqual(rows.map((each) => [each.code, each.units]), [['A', 5], ['B', 2]]);
	});

	test('a cancelled order is no order', async () => {
		await send([{ type: 'track', event: 'Order Cancelled', userId: 'u1', messageId: 'x1', timestamp: '2011-01-11T10:00:00Z', properties: { order_id: 'o2' } }]);
		const f = byKey(await pulse());
		assert.equal(f.orders.number, 2);
		near(f.revenue.number, 10.003);
		const { rows } = (await hospes.get('/products?sort=name', secret)).body;
		assert.deepEqual(rows.map((each) => [each.code, each.units]), [['A', 3], ['B', 2]]);
	});
});
