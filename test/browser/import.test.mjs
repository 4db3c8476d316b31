// A file as people bring it in: dropped, corrected, started, left, come back to, taken back; without scripts and in Persian too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { axe, launch, openWindow, sidewaysScroll, signIn } from '../lib/browser.mjs';
import { start, until } from '../lib/hospes.mjs';

const HEAD = 'number,sku,what,quantity,price,date,customer\n';
const rows = (n, from = 0) => Array.from({ length: n }, (_, i) => `O-${from + i},JAR,Jar,${(from + i) % 100 === 7 ? 'many' : 1},4.25,2025-03-01 10:00,c${(from + i) % 50}\n`).join('');
const BLOCK = rows(1000);

async function open(t) {
	const hospes = await start(t);
	const person = await hospes.addUser('ida@shop.example', 'manager', 'a long enough pass phrase');
	return { hospes, person, browser: await launch(t), secret: await hospes.key('secret') };
}

/** As somebody lets it go over the field. */
async function drop(page, name, text) {
	const transfer = await page.evaluateHandle(([name_, text_]) => {
		const data = new DataTransfer();
		data.items.add(new File([text_], name_, { type: 'text/csv' }));
		return data;
	}, [name, text]);
	await page.locator('[data-drop]').dispatchEvent('dragover', { dataTransfer: transfer });
	await page.locator('[data-drop]').dispatchEvent('drop', { dataTransfer: transfer });
}

test('a file is dropped, looked at, corrected, started, left, come back to, and undone', async (t) => {
	const { hospes, person, browser, secret } = await open(t);
	const { page, complaints } = await openWindow(browser);
	await signIn(page, hospes, person);
	await page.goto(`${hospes.address}/imports/new`);
	assert.deepEqual(await axe(page), []);
	await drop(page, 'orders.csv', HEAD + rows(300));
	await page.waitForURL(/\/imports\/imp_/);
	const at = new URL(page.url()).pathname;

	// "number" was no word for an order's number: the page says what is missing, and one choice mends it.
	await page.locator('.notice', { hasText: 'order number' }).waitFor();
	assert.equal(await page.locator('#check .progress').count(), 0);
	assert.equal(await page.locator('tbody tr', { hasText: 'O-0' }).count() > 0, true);
	await page.locator('#column_0').selectOption('order_id');
	await page.locator('#check .lead', { hasText: '297 rows can be kept, 3 would be rejected.' }).waitFor();
	assert.equal(await page.locator('#column_0').inputValue(), 'order_id');
	assert.equal(await page.locator('#sample ~ .scroll tbody tr').count(), 10);
	assert.equal(await page.locator('#sample ~ .scroll tr.rejected').count(), 1);
	assert.match(await page.locator('#check tbody tr').innerText(), /quantity is not a number\s+3\s+9, 109, 209/);
	assert.deepEqual(await axe(page), []);

	// Started, left for another page, and come back to when it is done.
	const started = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/start'));
	await page.getByRole('button', { name: 'Import', exact: true }).click();
	await started;
	await page.goto(`${hospes.address}/pulse`);
	await page.goto(`${hospes.address}/imports`);
	await page.getByRole('link', { name: 'orders.csv' }).click();
	await page.locator('#import .lead', { hasText: '297 rows kept, 3 rejected.' }).waitFor();
	assert.deepEqual(await axe(page), []);
	assert.equal((await hospes.customer('user_id:c1', secret)).orders.length, 6);
	await page.getByRole('button', { name: 'Undo the whole import' }).click();
	await page.locator('#import .lead', { hasText: 'Undone' }).waitFor();
	await until('the customers to be gone', async () => !(await hospes.customer('user_id:c1', secret)));
	assert.equal(new URL(page.url()).pathname, at);
	assert.deepEqual(complaints, []);
});

test('a long check moves by itself, in Persian on a phone, and a draft is discarded', async (t) => {
	const { hospes, person, browser } = await open(t);
	const { page, complaints } = await openWindow(browser, { width: 360, height: 740, language: 'fa', dark: true });
	await signIn(page, hospes, person);
	await page.goto(`${hospes.address}/imports/new`);
	assert.ok((await sidewaysScroll(page)) <= 0);
	const large = gzipSync(HEAD.replace('number', 'order_id') + BLOCK.repeat(4000), { level: 1 });
	await page.locator('input[type=file]').setInputFiles({ name: 'large.csv.gz', mimeType: 'application/gzip', buffer: large });
	await page.locator('form[data-upload] [data-upload-choice] button').click();
	await page.waitForURL(/\/imports\/imp_/);
	await page.locator('#check .progress').waitFor();
	assert.deepEqual(await axe(page), []);
	assert.ok((await sidewaysScroll(page)) <= 0);
	const shown = new Set();
	await until('the bar to move', async () => {
		shown.add(await page.locator('#check .progress').getAttribute('aria-valuenow').catch(() => null));
		return shown.size > 3;
	});
	// A column that is changed begins it anew; the choice holds.
	const changed = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/mapping'));
	await page.locator('#column_2').selectOption('');
	await changed;
	await page.locator('#check .progress').waitFor();
	assert.equal(await page.locator('#column_2').inputValue(), '');
	await page.reload();
	assert.equal(await page.locator('#column_2').inputValue(), '');
	await page.locator('form[action$="/discard"] button').click();
	await page.waitForURL(/\/imports$/);
	await page.locator('.notice', { hasText: 'large.csv.gz' }).waitFor();
	assert.equal(await page.locator('[data-row]').count(), 0);
	assert.deepEqual(complaints, []);
});

test('an upload says how far it is, can be stopped, and says why it was refused', async (t) => {
	const { hospes, person, browser, secret } = await open(t);
	const { page, context } = await openWindow(browser);
	await signIn(page, hospes, person);
	await page.goto(`${hospes.address}/imports/new`);
	const network = await context.newCDPSession(page);
	const slow = (bytes) => network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes });
	await network.send('Network.enable');
	await slow(4_000_000);
	const choose = (name, text) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
	await choose('orders.csv', HEAD + BLOCK.repeat(400));
	await page.locator('[data-upload-choice] button').click();
	await page.locator('[data-upload-sent]', { hasText: 'MB' }).waitFor();
	await page.locator('[data-upload-rate]', { hasText: 'MB' }).waitFor();
	await page.locator('[data-upload-left]', { hasText: 'sec' }).waitFor();
	assert.ok(Number(await page.locator('[data-upload-progress] .progress').getAttribute('aria-valuenow')) < 100);
	assert.deepEqual(await axe(page), []);
	await page.locator('[data-upload-stop]').click();
	await page.locator('[data-drop]').waitFor();
	assert.deepEqual((await hospes.get('/imports', secret)).body.rows, []);
	await slow(-1);
	await choose('cut.csv.gz', gzipSync(BLOCK).subarray(0, 40));
	await page.locator('[data-upload-choice] button').click();
	await page.locator('[data-upload-fault]', { hasText: 'cut' }).waitFor();
	assert.deepEqual(await axe(page), []);
	await page.locator('form[data-upload]').evaluate((form) => { form.dataset.maxBytes = '10'; });
	await choose('orders.csv', HEAD + BLOCK);
	await page.locator('[data-upload-choice] button').click();
	await page.locator('[data-upload-fault]', { hasText: 'larger than 512 MB' }).waitFor();
	await page.reload();
	await choose('orders.csv', HEAD + BLOCK.repeat(400));
	await slow(4_000_000);
	await page.locator('[data-upload-choice] button').click();
	await page.locator('[data-upload-rate]', { hasText: 'MB' }).waitFor();
	await hospes.stop('SIGKILL');
	await page.locator('[data-upload-fault]', { hasText: 'broke off' }).waitFor();
	await hospes.serve();
	assert.deepEqual((await hospes.get('/imports', await hospes.key('secret'))).body.rows, []);
});

test('all of it works without scripts', async (t) => {
	const { hospes, person, browser } = await open(t);
	const { page } = await openWindow(browser, { javaScript: false });
	await signIn(page, hospes, person);
	await page.goto(`${hospes.address}/imports/new`);
	await page.locator('input[type=file]').setInputFiles({ name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from(HEAD + rows(300)) });
	await page.locator('form[action="/imports"] button:visible').click();
	await page.waitForURL(/\/imports\/imp_/);
	await page.locator('#column_0').selectOption('order_id');
	await page.locator('form[action$="/mapping"] button').click();
	await until('the check, by loading the page again', async () => {
		const again = page.locator('#check a');
		if (await again.count()) await again.click();
		return /297 rows can be kept, 3 would be rejected/.test(await page.locator('#check').innerText());
	});
	await page.getByRole('button', { name: 'Import', exact: true }).click();
	await until('the import, by loading the page again', async () => { await page.reload(); return /297 rows kept/.test(await page.locator('#import').innerText()); });
});
