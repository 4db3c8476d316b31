// Several currencies: amounts of different ones are never added, wherever money stands. Three of them, with two decimals (GBP), none
// (JPY) and three (KWD), and orders that state none; every figure is worked out here from what was sent, in whole thousandths.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

const PRICES = { GBP: [1999n, 12505n, 750n], JPY: [1200000n, 45000n, 330000n], KWD: [1125n, 12750n, 305n] }; // thousandths
const SKUS = ['JAR', 'TEA', 'MUG'];
const decimal = (thousandths) => {
	const sign = thousandths < 0n ? '-' : '', n = thousandths < 0n ? -thousandths : thousandths;
	return Number(`${sign}${n / 1000n}.${String(n % 1000n).padStart(3, '0')}`);
};

// Orders of twelve customers: who pays in what, and how it is written, changes with the number.
const ORDERS = Array.from({ length: 60 }, (_, i) => {
	const currency = ['GBP', 'JPY', 'KWD', 'GBP', 'JPY', 'GBP'][i % 6];
	const stated = currency === 'GBP' && i % 12 === 5 ? null : i % 7 === 0 ? currency.toLowerCase() : currency;
	const lines = SKUS.slice(0, (i % 3) + 1).map((sku, k) => ({ sku, quantity: BigInt((i % 4) + 1 + k), price: PRICES[currency][k] }));
	return { id: `o${i}`, user: `u${i % 12 === 11 ? i % 5 : i % 12}`, currency, stated, month: i % 2, lines, revenue: lines.reduce((sum, line) => sum + line.quantity * line.price, 0n) };
});
const REFUNDS = ORDERS.filter((_, i) => i % 10 === 4).map((order) => ({ of: order, quantity: 1n, price: order.lines[0].price }));
const touchpoint = (event, user, time, properties) => ({ type: 'track', event, userId: user, timestamp: time, messageId: `${event} ${properties.order_id}`, properties });
const EVENTS = [
	...ORDERS.map((o) => touchpoint('Order Completed', o.user, `2026-0${o.month + 1}-1${o.id.length}T10:00:00Z`, {
		order_id: o.id, revenue: decimal(o.revenue), ...(o.stated ? { currency: o.stated } : {}),
		products: o.lines.map((line) => ({ sku: line.sku, name: line.sku, quantity: Number(line.quantity), price: decimal(line.price) })),
	})),
	// Without a currency: a refund is in that of its order.
	...REFUNDS.map((r) => touchpoint('Order Refunded', r.of.user, '2026-02-20T10:00:00Z', { order_id: r.of.id, products: [{ sku: r.of.lines[0].sku, quantity: 1, price: decimal(r.price) }] })),
];
const sums = (rows, key) => {
	const out = {};
	for (const row of rows) {
		const at = (out[row.currency] ??= { n: 0, sum: 0n });
		at.n++;
		at.sum += key(row);
	}
	return out;
};
const OTHERS = ['JPY', 'KWD'];

async function workspace(t) {
	const hospes = await start(t);
	const [manager, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('write')]);
	const settings = await hospes.send('/settings', { organisation: 'Jars', time_zone: 'UTC', currency: 'GBP', country: 'GB', colour: 'teal', language: 'en' }, manager);
	assert.ok(settings.status < 400, settings.text);
	const sent = await hospes.post('/v1/batch', { batch: EVENTS }, write);
	assert.deepEqual([sent.status, sent.body.accepted, sent.body.rejected], [200, EVENTS.length, []], sent.text);
	await hospes.applied();
	return { hospes, manager, write };
}

test('amounts of different currencies are never added', async (t) => {
	const { hospes, manager, write } = await workspace(t);
	const ordered = sums(ORDERS, (o) => o.revenue), refunded = sums(REFUNDS.map((r) => ({ ...r, currency: r.of.currency })), (r) => r.quantity * r.price);
	const close = (got, thousandths, what) => assert.ok(Math.abs(got - decimal(thousandths)) < 1e-6, `${what}: ${got} instead of ${decimal(thousandths)}`);
	const parts = (figure) => [{ currency: figure.currency, number: figure.number, value: figure.value, n: figure.n }, ...figure.others];
	const check = (figure, expected, what) => {
		assert.deepEqual(parts(figure).map((part) => part.currency), ['GBP', ...OTHERS].filter((code) => expected[code]), what);
		for (const part of parts(figure)) {
			close(part.number, expected[part.currency].sum, `${what} ${part.currency}`);
			assert.equal(part.n.args.n, expected[part.currency].n, `n of ${what} in ${part.currency}`);
			assert.equal(part.value.args.value.currency, part.currency);
		}
	};

	await t.test('on Pulse: sums, means, refunds, the points of the trend and the products most returned', async () => {
		const { body } = await hospes.get('/pulse', manager);
		const figure = (key) => body.figures.find((each) => each.key === key);
		check(figure('revenue'), ordered, 'revenue');
		check(figure('refunded'), refunded, 'refunded');
		assert.equal(figure('orders').number, ORDERS.length);
		for (const part of parts(figure('average_order'))) assert.ok(Math.abs(part.number - decimal(ordered[part.currency].sum) / ordered[part.currency].n) < 1e-6, `mean in ${part.currency}`);
		assert.deepEqual(body.notes.filter((note) => note.key === 'note_currencies').map((note) => note.args.currency), ['GBP']);
		assert.equal(body.trend.currency, 'GBP');
		assert.deepEqual(body.trend.others.map((each) => each.revenue.currency), OTHERS);
		for (const each of body.trend.others) close(each.revenue.amount, ordered[each.revenue.currency].sum, 'trend');
		for (const code of ['GBP', ...OTHERS])
			close(body.trend.rows.reduce((sum, row) => sum + (code === 'GBP' ? row.revenue : row.others.find((each) => each.revenue.currency === code).revenue).amount, 0), ordered[code].sum, `points in ${code}`);
		const html = await (await hospes.fetch('/pulse', { headers: { authorization: `Bearer ${manager}`, accept: 'text/html' } })).text();
		assert.match(html, /<strong>¥[\d,]+</);
		assert.ok(!html.includes(String(decimal(ordered.GBP.sum + ordered.JPY.sum))));
	});

	await t.test('in the report as text, JSON and HTML', async () => {
		const text = await hospes.ok(['report', '--data', hospes.data]);
		assert.match(text, new RegExp(`¥${decimal(ordered.JPY.sum).toLocaleString('en-GB')}\\s+${ordered.JPY.n} orders`));
		assert.match(text, new RegExp(`KWD.${decimal(ordered.KWD.sum).toFixed(3).replace('.', '\\.')}\\s+${ordered.KWD.n} orders`));
		const report = JSON.parse(await hospes.ok(['report', '--data', hospes.data, '--format', 'json']));
		check(report.figures.find((each) => each.key === 'revenue'), ordered, 'revenue of the report');
		assert.match(await hospes.ok(['report', '--data', hospes.data, '--format', 'html']), /class="also"><bdi><strong>¥/);
	});

	const sold = (filter) => {
		const out = {};
		for (const order of ORDERS)
			for (const line of order.lines) {
				if (!filter(order, line)) continue;
				const at = (out[order.currency] ??= { n: 0, units: 0n, sum: 0n, orders: new Set() });
				at.orders.add(order.id);
				at.n = at.orders.size;
				at.units += line.quantity;
				at.sum += line.quantity * line.price;
			}
		return out;
	};

	await t.test('on Products: each row in every currency, sorted by the one that leads or is chosen', async () => {
		const { body } = await hospes.get('/products', manager);
		assert.deepEqual([body.currency, body.sorted_by.args.currency, body.currencies.map((each) => each.value)], ['GBP', 'GBP', ['', 'GBP', ...OTHERS]]);
		for (const row of body.rows) {
			const expected = sold((_, line) => line.sku === row.code);
			for (const amount of [row.revenue, ...row.others]) close(amount.amount, expected[amount.currency].sum, `${row.code} in ${amount.currency}`);
			assert.deepEqual([row.revenue, ...row.others].map((each) => each.currency), ['GBP', ...OTHERS].filter((code) => expected[code]));
		}
		const by = (code) => SKUS.filter((sku) => sold((_, line) => line.sku === sku)[code]).sort((a, b) => Number(sold((_, l) => l.sku === b)[code].sum - sold((_, l) => l.sku === a)[code].sum));
		assert.deepEqual(body.rows.map((row) => row.code), by('GBP'));
		const { body: yen } = await hospes.get('/products?currency=JPY', manager);
		assert.deepEqual([yen.currency, yen.rows.map((row) => row.code), yen.rows.every((row) => row.revenue.currency === 'JPY')], ['JPY', by('JPY'), true]);
		assert.equal((await hospes.get('/products?currency=EUR', manager)).status, 422);
	});

	await t.test('on a product: revenue, price, months and customers', async () => {
		const { body } = await hospes.get('/products/JAR', manager);
		const expected = sold((_, line) => line.sku === 'JAR'), figure = (key) => body.figures.find((each) => each.key === key);
		check(figure('revenue'), expected, 'revenue of JAR');
		for (const part of parts(figure('price'))) {
			// To the millionth, rounded down.
			assert.ok(Math.abs(part.number - decimal(expected[part.currency].sum) / Number(expected[part.currency].units)) < 2e-6, `price in ${part.currency}`);
			assert.equal(part.n.args.n, Number(expected[part.currency].units));
		}
		for (const code of OTHERS) close(body.months.reduce((sum, month) => sum + month.others.find((each) => each.revenue.currency === code).revenue.amount, 0), expected[code].sum, `months in ${code}`);
		for (const buyer of body.customers) {
			const user = sold((order, line) => line.sku === 'JAR' && order.user === buyer.identity);
			for (const amount of [buyer.revenue, ...buyer.others]) close(amount.amount, user[amount.currency].sum, `${buyer.identity} in ${amount.currency}`);
			assert.equal(1 + buyer.others.length, Object.keys(user).length);
		}
	});

	await t.test('of a customer: the figures, the list, its order, the file and what is given out', async () => {
		const of = (user) => sums(ORDERS.filter((order) => order.user === user), (order) => order.revenue);
		const mixed = [...new Set(ORDERS.map((order) => order.user))].find((user) => Object.keys(of(user)).length > 1 && of(user).GBP);
		assert.ok(mixed, 'somebody orders in several currencies');
		const customer = await hospes.customer(`user_id:${mixed}`, manager);
		check(customer.figures.find((each) => each.key === 'revenue'), of(mixed), `revenue of ${mixed}`);
		assert.match(customer.finding.args.total, / \+ /);
		for (const refund of REFUNDS) {
			const { timeline } = await hospes.customer(`user_id:${refund.of.user}`, manager);
			const told = timeline.find((each) => each.event === 'Order Refunded' && each.title.args.number === refund.of.id);
			assert.equal(told.title.args.total.currency, refund.of.stated ? refund.of.currency : null);
		}
		for (const order of customer.orders) assert.equal(order.total.currency, ORDERS.find((each) => each.id === order.number).currency);

		const ranked = (code) => [...new Set(ORDERS.map((order) => order.user))].filter((user) => of(user)[code]).sort((a, b) => Number(of(b)[code].sum - of(a)[code].sum));
		const { body: all } = await hospes.get('/customers?sort=revenue', manager);
		assert.deepEqual([all.total, all.sorted_by.args.currency], [new Set(ORDERS.map((order) => order.user)).size, 'GBP']);
		const pounds = ranked('GBP');
		const sumsIn = (users, code) => users.map((user) => of(user)[code].sum); // some are even
		assert.deepEqual(sumsIn(all.rows.slice(0, pounds.length).map((row) => row.identity), 'GBP'), sumsIn(pounds, 'GBP'));
		assert.ok(all.rows.slice(pounds.length).every((row) => row.revenue?.currency !== 'GBP'), 'those without any in it come last');
		assert.equal(all.rows.length, new Set(ORDERS.map((order) => order.user)).size);
		const { body: yen } = await hospes.get('/customers?sort=revenue&currency=JPY', manager);
		assert.deepEqual([yen.total, sumsIn(yen.rows.map((row) => row.identity), 'JPY')], [ranked('JPY').length, sumsIn(ranked('JPY'), 'JPY')]);
		for (const row of yen.rows) for (const amount of [row.revenue, ...row.others]) close(amount.amount, of(row.identity)[amount.currency].sum, `${row.identity} in ${amount.currency}`);
		const { body: found } = await hospes.get(`/customers?q=${pounds[0]}&sort=revenue&currency=GBP`, manager);
		assert.equal(found.rows[0].identity, pounds[0]);
		assert.equal((await hospes.get('/customers?currency=EUR', manager)).status, 422);

		const [head, ...lines] = (await hospes.get('/customers.csv?sort=revenue', manager)).text.trim().split('\n').map((line) => line.replaceAll('"', '').split(','));
		assert.deepEqual(head.slice(-3), ['last_seen', 'revenue_JPY', 'revenue_KWD']);
		const column = (name) => lines.reduce((sum, line) => sum + Number(line[head.indexOf(name)] || 0), 0);
		close(column('revenue'), ordered.GBP.sum, 'column');
		for (const code of OTHERS) close(column(`revenue_${code}`), ordered[code].sum, `column ${code}`);
		assert.ok(lines.every((line) => line[head.indexOf('currency')] === 'GBP'));

		const given = JSON.parse(await hospes.ok(['export', '--data', hospes.data, `user_id:${mixed}`]));
		for (const amount of given.amounts) close(amount.revenue, of(mixed)[amount.currency].sum, `given out in ${amount.currency}`);
	});

	await t.test('asked as a trend: rows for each currency, a clear error beside another dimension, the usual shape for one', async () => {
		const ask = (more) => hospes.query({ kind: 'trend', event: 'Order Completed', measure: 'sum:revenue', interval: 'month', ...more }, manager);
		const apart = await ask({});
		for (const code of ['GBP', ...OTHERS]) {
			const rows = apart.rows.filter((row) => row.by === code);
			assert.ok(rows.length > 0 && rows.every((row) => row.currency === code));
			close(rows.reduce((sum, row) => sum + row.value, 0), ordered[code].sum, `trend in ${code}`);
			assert.equal(rows.reduce((sum, row) => sum + row.n, 0), ordered[code].n);
		}
		assert.deepEqual([apart.groups.map((group) => group.by), apart.total.value, apart.currency], [['GBP', 'JPY', 'KWD'], null, undefined]);
		const mean = await ask({ measure: 'mean:revenue' });
		for (const group of mean.groups) assert.ok(Math.abs(group.value - decimal(ordered[group.by].sum) / ordered[group.by].n) < 1e-6);
		const refused = await hospes.send('/query', { kind: 'trend', event: 'Order Completed', measure: 'sum:revenue', by: 'channel' }, manager);
		assert.equal(refused.status, 422);
		assert.match(refused.text, /GBP, JPY, KWD, which cannot be added: ask by currency, or for one of them with where/);
		const one = await ask({ where: { name: 'currency', is: 'KWD' }, by: 'channel' });
		assert.deepEqual([one.currency, Object.keys(one.rows[0])], ['KWD', ['time', 'by', 'value', 'n']]);
		const single = await ask({ where: { name: 'currency', is: 'JPY' } });
		assert.deepEqual([single.currency, Object.keys(single.rows[0]), single.groups], ['JPY', ['time', 'value', 'n'], undefined]);
		assert.equal((await ask({ measure: 'events' })).total.value, ORDERS.length);
		const page = await hospes.get('/journeys/trend?measure=sum&of=revenue&interval=month', manager);
		assert.deepEqual(page.body.tables[0].heads.slice(1).map((head) => head.currency), ['GBP', 'JPY', 'KWD']);
		assert.equal(page.body.finding.args.value.currency, 'GBP');
		const chosen = await hospes.get('/journeys/trend?measure=sum&of=revenue&interval=month&currency=GBP', manager);
		close(JSON.parse(JSON.stringify(chosen.body.answer)).total.value, ordered.GBP.sum, 'the workspace\'s currency, with orders that state none');
	});

	await t.test('at stake on a journey: one currency, named, and how many sales are in others', async () => {
		const journey = async (more) => hospes.query({ kind: 'journey', ...more }, manager);
		const map = await journey({});
		assert.equal(map.currency, 'GBP');
		assert.equal(map.assumptions.other_currencies, ORDERS.length + REFUNDS.length - ordered.GBP.n - (refunded.GBP?.n ?? 0));
		assert.equal((await journey({ currency: 'jpy' })).currency, 'JPY');
		assert.equal((await hospes.send('/query', { kind: 'journey', currency: 'pounds' }, manager)).status, 422);
		assert.equal((await hospes.send('/query', { kind: 'journey', revenue: { event: 'Order Completed', property: 'revenue' } }, manager)).status, 422);
		assert.equal((await hospes.send('/query', { kind: 'driver', outcome: { event: 'Order Completed', property: 'revenue' } }, manager)).status, 422);
		assert.equal((await hospes.get('/journeys/map?currency=KWD', manager)).body.answer.currency, 'KWD');
	});

	await t.test('of a target: it stays in the currency that it was set in', async () => {
		const set = await hospes.send('/targets', { metric: 'revenue', scope: '', value: '100000', due: '2030-01-31', owner: '' }, manager);
		assert.equal(set.status, 204, set.text);
		const target = async () => (await hospes.get('/targets', manager)).body.rows[0];
		assert.equal((await target()).currency, 'GBP');
		const settings = async (currency) => hospes.send('/settings', { organisation: 'Jars', time_zone: 'UTC', currency, country: 'GB', colour: 'teal', language: 'en' }, manager);
		assert.ok((await settings('JPY')).status < 400);
		// What states no currency is in the workspace's, so it moves along; the target does not.
		const { body } = await hospes.get('/pulse', manager);
		const revenue = body.figures.find((each) => each.key === 'revenue'), unstated = sums(ORDERS.filter((order) => !order.stated), (order) => order.revenue).GBP.sum;
		assert.deepEqual([revenue.currency, revenue.others.map((each) => each.currency)], ['JPY', ['GBP', 'KWD']]);
		close(revenue.number, ordered.JPY.sum + unstated, 'yen with what states none');
		assert.deepEqual([revenue.target.args.target.currency, (await target()).currency], ['GBP', 'GBP']);
		const list = (await hospes.get('/customers?sort=revenue', manager)).body;
		assert.equal(list.sorted_by.args.currency, 'JPY');
		close(list.rows.reduce((sum, row) => sum + [row.revenue, ...row.others].filter((each) => each?.currency === 'JPY').reduce((a, b) => a + b.amount, 0), 0), ordered.JPY.sum + unstated, 'customers');
		assert.ok((await settings('GBP')).status < 400);
	});

	await t.test('an order is in one currency', async () => {
		const order = (id, more) => ({ type: 'track', event: 'Order Completed', userId: 'x1', timestamp: '2026-02-25T10:00:00Z', properties: { order_id: id, ...more } });
		const line = (currency) => ({ sku: 'JAR', quantity: 1, price: 5, ...(currency ? { currency } : {}) });
		const { body } = await hospes.post('/v1/batch', { batch: [
			order('x1', { currency: 'GBP', products: [line('JPY')] }), order('x2', { products: [line('GBP'), line('KWD')] }), order('x3', { currency: '€', products: [line()] }),
			order('x4', { products: [line('kwd'), line('KWD'), line()] }), order('x5', { currency: 'GBP', products: [line('gbp')] }),
		] }, write);
		assert.deepEqual(body.rejected.map((each) => [each.index, each.reason]), [[0, 'two_currencies'], [1, 'two_currencies'], [2, 'bad_currency']]);
		await hospes.applied();
		const customer = await hospes.customer('user_id:x1', manager);
		assert.deepEqual(customer.orders.map((each) => [each.number, each.total]).sort(), [['x4', { amount: 15, currency: 'KWD' }], ['x5', { amount: 5, currency: 'GBP' }]]);

		const file = join(hospes.dir, 'orders.csv');
		writeFileSync(file, 'order_id,time,customer,product,quantity,price,currency\nf1,2026-02-26,x2,JAR,1,5,\nf1,2026-02-26,x2,TEA,1,7,KWD\nf1,2026-02-26,x2,MUG,1,9,JPY\nf2,2026-02-26,x2,MUG,1,9,euro\n');
		const imported = await hospes.cli(['import', '--data', hospes.data, '--as', 'orders', file]);
		assert.equal(imported.code, 3, imported.err);
		await hospes.applied();
		const { orders } = await hospes.customer('user_id:x2', manager);
		assert.deepEqual(orders.map((each) => [each.number, each.total]), [['f1', { amount: 12, currency: 'KWD' }]]);
	});

	await t.test('an erased customer leaves no amount behind', async () => {
		const before = (await hospes.get('/customers?currency=KWD', manager)).body.total;
		await hospes.ok(['erase', '--data', hospes.data, 'user_id:x2']);
		assert.equal((await hospes.get('/customers?currency=KWD', manager)).body.total, before - 1);
	});
});

test('without a currency of its own, the one that most orders are in leads', async (t) => {
	const hospes = await start(t);
	const [manager, write] = await Promise.all([hospes.key('secret', '--role', 'manager'), hospes.key('write')]);
	const order = (id, currency, revenue) => ({ type: 'track', event: 'Order Completed', userId: `u${id}`, timestamp: '2026-01-10T10:00:00Z', properties: { order_id: id, revenue, ...(currency ? { currency } : {}) } });
	await hospes.post('/v1/batch', { batch: [order('1', 'GBP', 10), order('2', 'JPY', 900), order('3', 'JPY', 100), order('4', null, 7)] }, write);
	await hospes.applied();
	const revenue = async () => (await hospes.get('/pulse', manager)).body.figures.find((each) => each.key === 'revenue');
	const seen = await revenue();
	assert.deepEqual([seen.currency, seen.number, seen.others.map((each) => [each.currency, each.number])], ['JPY', 1000, [[null, 7], ['GBP', 10]]]);
	// Settled later: the workspace's leads, and what states none is in it.
	assert.ok((await hospes.send('/settings', { organisation: 'Jars', time_zone: 'UTC', currency: 'GBP', country: 'GB', colour: 'teal', language: 'en' }, manager)).status < 400);
	const settled = await revenue();
	assert.deepEqual([settled.currency, settled.number, settled.others.map((each) => [each.currency, each.number])], ['GBP', 17, [['JPY', 1000]]]);
});
