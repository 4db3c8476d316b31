// Customers as people work with them: found, opened, a contact written down, a join refused in words, seen live elsewhere.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { axe, launch, openWindow, sidewaysScroll, signIn } from '../lib/browser.mjs';
import { start } from '../lib/hospes.mjs';

test('a customer is found, opened, written to, and watched', async (t) => {
	const hospes = await start(t);
	const person = await hospes.addUser('tom@shop.example', 'manager', 'a long enough pass phrase');
	const write = await hospes.key('write');
	const event = (more) => ({ type: 'track', messageId: randomUUID(), timestamp: '2025-01-02T10:00:00Z', ...more });
	const sent = await hospes.post('/v1/batch', { batch: [
		event({ type: 'identify', userId: 'ada', anonymousId: 'device-1', traits: { firstName: 'Ada', lastName: 'Lovelace', country: 'GB', email: 'shared@example.com' } }),
		event({ type: 'identify', userId: 'bob', traits: { name: 'Bob Beck', email: 'shared@example.com' } }),
		event({ userId: 'ada', event: 'Order Completed', properties: { order_id: 'A-1', currency: 'GBP', products: [{ sku: 'JAR', name: 'Jar', quantity: 3, price: 4.25 }] } }),
		event({ type: 'page', userId: 'ada', name: 'Help' }),
	] }, write);
	assert.equal(sent.status, 200, sent.text);
	const browser = await launch(t);
	const { page, complaints, context } = await openWindow(browser);
	await signIn(page, hospes, person);
	const look = async (name) => { if (process.env.HOSPES_TEST_PICTURES) await page.screenshot({ path: `${process.env.HOSPES_TEST_PICTURES}/${name}.png`, fullPage: true }); };

	await page.goto(`${hospes.address}/customers`);
	assert.deepEqual(await axe(page), []);
	await look('list');
	await page.goto(`${hospes.address}/customers?q=lovel`);
	await page.getByRole('link', { name: 'Ada Lovelace' }).click();
	await page.waitForURL('**/customers/cus_*');
	await page.locator('h1', { hasText: 'Ada Lovelace' }).waitFor();
	assert.deepEqual(await axe(page), []);
	await look('show');

	// A second window watches while the first writes a contact down.
	const watcher = await context.newPage();
	await watcher.goto(page.url());
	await page.locator('#entry summary').first().click();
	await page.locator('#entry-text').fill('Asked for <b>two</b> more jars.');
	await page.locator('#entry button.primary').click();
	await page.locator('.touchpoint-text', { hasText: 'Asked for <b>two</b> more jars.' }).waitFor();
	await page.locator('.notice').waitFor();
	await watcher.locator('.touchpoint-text', { hasText: 'two' }).waitFor();

	// A join that a conflict forbids says so, keeps what was typed, and changes nothing.
	await page.locator('#join-other').evaluate((input) => { input.closest('details').open = true; });
	await page.locator('#join-other').fill('user_id:bob');
	await page.locator('#join-other').press('Enter');
	await page.locator('#join-other-error').waitFor();
	assert.equal(await page.locator('#join-other').inputValue(), 'user_id:bob');
	assert.deepEqual(await axe(page), []);

	for (const language of ['fa', 'el']) {
		const narrow = await openWindow(browser, { width: 360, height: 740, language, dark: true });
		await signIn(narrow.page, hospes, person);
		await narrow.page.goto(page.url().replace(/\/join$/, ''));
		assert.ok((await sidewaysScroll(narrow.page)) <= 0, language);
		assert.deepEqual(await axe(narrow.page), [], language);
		if (process.env.HOSPES_TEST_PICTURES) await narrow.page.screenshot({ path: `${process.env.HOSPES_TEST_PICTURES}/show-${language}.png`, fullPage: true });
		assert.deepEqual(narrow.complaints, []);
	}
	assert.deepEqual(complaints.filter((each) => !/422/.test(each)), []);
});
