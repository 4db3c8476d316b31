// Charts: drawn from the table that stands in the page, in every kind and on both sides; the table alone without JavaScript;
// read by keyboard; taken away as CSV and PNG; and the library is the one that the lock file's packages give.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { axe, launch, openWindow, sidewaysScroll, signIn } from '../lib/browser.mjs';
import { ROOT, start, untilEnd } from '../lib/hospes.mjs';
import { bundle } from '../../tools/charts/build.mjs';

const LIBRARY_BYTES = 200_000;
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'";

const head = (names) => `<thead><tr><th>Day</th>${names.map((name) => `<th data-series="${name.startsWith('~') ? 'line' : ''}">${name.replace('~', '')}</th>`).join('')}</tr></thead>`;
const days = (n) => Array.from({ length: n }, (_, i) => new Date(Date.UTC(2011, 11, 20 + i)).toISOString().slice(0, 10));
const figure = (kind, table, more = '') => `<h2>${kind}</h2><figure class="chart" data-chart="${kind}" data-name="${kind}" data-title="${kind}"><div class="chart-tools"><div class="chart-choice"></div></div>
	<div class="chart-picture" tabindex="0" role="application" aria-label="${kind}"></div><ul class="chart-legend"></ul>${more}<div class="chart-table scroll"><table>${table}</table></div></figure>`;
const links = (rows) => `<tbody>${rows.map(([from, to, value]) => `<tr data-from="${from}" data-to="${to}" data-value="${value}"><td>${from || '…'} to ${to || '…'}: ${value}</td></tr>`).join('')}</tbody>`;
const KINDS = [
	figure('line', head(['~Site', '~Shop', '~Telephone']) + `<tbody>${days(20).map((day, i) => `<tr><th data-time="${day}">${day}</th><td data-value="${40 + i * 3}" data-low="${30 + i * 3}" data-high="${50 + i * 3}">${40 + i * 3}</td><td data-value="${i === 7 ? '' : 90 - i * 2}">${90 - i * 2}</td><td data-value="${20 + (i % 5) * 6}">${20 + (i % 5) * 6}</td></tr>`).join('')}</tbody>`,
		'<ol><li data-mark="campaign" data-from="2011-12-24" data-to="2011-12-28" data-label="Sale">Sale</li><li data-mark="outage" data-from="2012-01-02" data-label="Outage">Outage</li></ol>'),
	figure('bar', head(['A', 'B', 'C']) + `<tbody>${['North', 'South', 'West'].map((name, i) => `<tr><th>${name}</th>${[1, 2, 3].map((k) => `<td data-value="${(i + 1) * k * 7}">${(i + 1) * k * 7}</td>`).join('')}</tr>`).join('')}</tbody>`),
	figure('ranking', head(['Customers']) + `<tbody>${['Carrier is late', 'Search finds nothing', 'A name that is far too long for the axis of a phone'].map((name, i) => `<tr><th>${name}</th><td data-value="${90 - 30 * i}">${90 - 30 * i}</td></tr>`).join('')}</tbody>`),
	figure('heat', head(['1', '2', '3']) + `<tbody>${['January', 'February'].map((name, i) => `<tr><th>${name}</th>${[0.4, 0.3, i ? '' : 0.2].map((v) => `<td data-value="${v}">${v}</td>`).join('')}</tr>`).join('')}</tbody>`),
	figure('sankey', links([['Visit', 'Search', 60], ['Visit', 'Leaves', 40], ['Search', 'Order', 25], ['Search', 'Leaves ', 35]])),
	figure('flow', links([['', 'Visit', 100], ['Visit', 'Search', 60], ['Search', 'Visit', 20], ['Search', 'Order', 25], ['Order', 'Contact', 9], ['Contact', 'Contact', 4], ['Order', '', 16]])),
].join('');

test('the library is what the packages of the lock file give, and small enough', async () => {
	const text = readFileSync(join(ROOT, 'assets/vendor/echarts.min.js'), 'utf8');
	assert.ok(text === await bundle(), 'assets/vendor/echarts.min.js differs from a rebuild: run tools/charts/build.mjs');
	const size = gzipSync(text, { level: 9 }).length;
	assert.ok(size < LIBRARY_BYTES, `${size} bytes compressed`);
});

describe('charts', () => {
	const end = untilEnd(after);
	let hospes, browser, person;
	before(async () => {
		hospes = await start(end);
		browser = await launch(end);
		person = await hospes.addUser('ann@shop.example', 'analyst', 'a long enough pass phrase');
		const write = await hospes.key('write');
		const order = (id, time, quantity) => ({ type: 'track', userId: 'ada', event: 'Order Completed', timestamp: time, properties: { order_id: id, currency: 'GBP', products: [{ sku: 'JAR', name: 'Jar', quantity, price: 4.25 }] } });
		const sent = await hospes.post('/v1/batch', { batch: [order('A-1', '2024-11-05T10:00:00Z', 3), order('A-2', '2024-12-05T10:00:00Z', 5), order('A-3', '2025-01-05T10:00:00Z', 2)] }, write);
		assert.equal(sent.status, 200, sent.text);
		await hospes.applied();
	});

	/** A window of its own, signed in; its complaints fail the test. */
	async function open(t, options) {
		const opened = await openWindow(browser, options);
		t.after(async () => { await opened.context.close(); assert.deepEqual(opened.complaints, []); });
		await signIn(opened.page, hospes, person);
		return opened.page;
	}

	const drawn = (page) => page.locator('figure[data-drawn]').first().waitFor();

	test('a product is drawn from its table; the keyboard walks it; the table, CSV and PNG can be had', async (t) => {
		const page = await open(t, { language: 'en' });
		await page.goto(`${hospes.address}/products/JAR`);
		await drawn(page);
		assert.deepEqual(await axe(page), []);
		const table = page.locator('.chart-table');
		assert.equal(await table.isVisible(), false);
		await page.locator('.chart-picture').focus();
		await page.keyboard.press('End');
		await page.waitForFunction(() => /January 2025.*Units sold.*2/.test(document.getElementById('says').textContent.replace(/[\u2068\u2069]/g, '')));
		await page.keyboard.press('ArrowLeft');
		await page.waitForFunction(() => /December 2024.*5/.test(document.getElementById('says').textContent.replace(/[\u2068\u2069]/g, '')));
		await page.locator('[data-chart-table]').click();
		assert.equal(await table.isVisible(), true);
		assert.deepEqual(await axe(page), []);
		const [csv] = await Promise.all([page.waitForEvent('download'), page.locator('[data-chart-csv]').click()]);
		const lines = readFileSync(await csv.path(), 'utf8').replace('\ufeff', '').trim().split('\r\n');
		assert.deepEqual(lines.map((line) => line.split(',').slice(0, 2)), [['Month', 'Units sold'], ['2024-11-01', '3'], ['2024-12-01', '5'], ['2025-01-01', '2']]);
		const [png] = await Promise.all([page.waitForEvent('download'), page.locator('[data-chart-png]').click()]);
		assert.deepEqual([...readFileSync(await png.path()).subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	});

	test('without JavaScript the table stands there', async (t) => {
		const page = await open(t, { javaScript: false });
		await page.goto(`${hospes.address}/products/JAR`);
		assert.equal(await page.locator('.chart-table').isVisible(), true);
		assert.equal(await page.locator('.chart-picture').isVisible(), false);
	});

	test('a page without a chart does not ask for the library', async (t) => {
		const page = await open(t);
		const asked = [];
		page.on('request', (request) => asked.push(request.url()));
		await page.goto(`${hospes.address}/customers`);
		await page.waitForLoadState('load');
		assert.ok(asked.length && !asked.some((url) => /echarts/.test(url)), asked.join(' '));
	});

	for (const { language, dir, width, dark } of [{ language: 'en', dir: 'ltr', width: 1280, dark: false }, { language: 'fa', dir: 'rtl', width: 360, dark: true }]) {
		test(`every kind is drawn, ${language} at ${width}`, async (t) => {
			const page = await open(t, { language, width, dark });
			await page.goto(`${hospes.address}/products/JAR`);
			const assets = await page.evaluate(() => ({ styles: [...document.querySelectorAll('link[rel=stylesheet]')].map((each) => each.href), script: [...document.scripts].map((each) => each.src).find((src) => /\/chart\./.test(src)), charts: document.body.dataset.charts }));
			const html = `<!doctype html><html lang="${language}" dir="${dir}" class="theme-auto"><head><title>Kinds</title>${assets.styles.map((href) => `<link rel="stylesheet" href="${href}">`).join('')}<script type="module" src="${assets.script}"></script></head><body data-charts="${assets.charts}"><main>${KINDS}</main><p id="says"></p></body></html>`;
			await page.route('**/kinds-of-charts', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', headers: { 'content-security-policy': POLICY }, body: html }));
			await page.goto(`${hospes.address}/kinds-of-charts`);
			for (const kind of ['line', 'bar', 'ranking', 'heat', 'sankey', 'flow']) {
				const chart = page.locator(`figure[data-chart=${kind}]`);
				await chart.scrollIntoViewIfNeeded();
				await page.locator(`figure[data-chart=${kind}][data-drawn]`).waitFor();
				const inks = await chart.locator('canvas').first().evaluate((canvas) => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size);
				assert.ok(inks > 8, `${kind} shows ${inks} colours`);
			}
			assert.ok((await sidewaysScroll(page)) <= 0);
			if (process.env.HOSPES_TEST_PICTURES) await page.screenshot({ path: `${process.env.HOSPES_TEST_PICTURES}/kinds-${language}.png`, fullPage: true });
		});
	}
});
