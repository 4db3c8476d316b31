// The console as people use it: sign-in, search, a profile, the live time line, settings.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, openWindow, seenLive, signIn } from '../lib/browser.mjs';
import { atEnd, start, untilEnd } from '../lib/hospes.mjs';

describe('the console in a browser', () => {
	const end = untilEnd(after);
	let hospes, browser, write, owner;
	before(async () => {
		hospes = await start(end);
		browser = await launch(end);
		write = await hospes.key('write');
		owner = await hospes.addUser('owner@example.com', 'owner', 'correct horse battery staple');
		await hospes.post('/v1/batch', { batch: [
			{ type: 'identify', userId: 'ada', traits: { name: 'Ada Lovelace', email: 'ada@example.com' } },
			{ type: 'track', userId: 'ada', event: 'Order Completed', properties: { order_id: 'A1', revenue: 42.5, currency: 'EUR', products: [{ product_id: 'p1', name: 'Engine', price: 42.5, quantity: 1 }] } },
			{ type: 'identify', userId: 'grace', traits: { name: 'Grace Hopper' } },
			{ type: 'identify', userId: 'evil', traits: { name: '<img src=x onerror=alert(1)>"\'&' } },
		] }, write);
		await hospes.settled('hospes_customers', 3, { kind: 'known' });
	});
	const open = async (t, options) => {
		const opened = await openWindow(browser, options);
		atEnd(t, async () => { await opened.context.close(); assert.deepEqual(opened.complaints, []); });
		return opened.page;
	};

	test('without signing in nothing is shown', async (t) => {
		const page = await open(t);
		for (const path of ['/pulse', '/customers', '/products', '/sources', '/settings']) {
			await page.goto(hospes.address + path);
			assert.match(new URL(page.url()).pathname, /^\/sign-in/, path);
		}
	});

	test('a wrong password is refused in words, and keeps what was typed', async (t) => {
		const page = await open(t);
		await page.goto(`${hospes.address}/sign-in`);
		await page.locator('input[name=email]').fill(owner.email);
		await page.locator('input[type=password]').fill('wrong');
		await page.locator('input[type=password]').press('Enter');
		await page.locator('[role=alert], .faults, .fault').first().waitFor();
		assert.equal(await page.locator('input[name=email]').inputValue(), owner.email);
		assert.equal(await page.locator('input[type=password]').inputValue(), '');
	});

	test('sign in, search, open a customer, sign out', async (t) => {
		const page = await open(t);
		await signIn(page, hospes, owner);
		await page.goto(`${hospes.address}/customers`);
		await page.locator('input[name=q]').first().fill('lovelace');
		await page.locator('input[name=q]').first().press('Enter');
		await page.getByRole('link', { name: 'Ada Lovelace' }).click();
		await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor();
		assert.match(await page.locator('main').innerText(), /42[.,]50/);
	});

	test('hostile names are shown as text', async (t) => {
		const page = await open(t);
		await signIn(page, hospes, owner);
		await page.goto(`${hospes.address}/customers`);
		await page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
	});

	test('a touchpoint appears on the open profile as it arrives', async (t) => {
		const page = await open(t);
		await signIn(page, hospes, owner);
		await page.goto(`${hospes.address}/customers?identity=user_id:grace`);
		if (!/\/customers\/cus_/.test(page.url())) await page.getByRole('link', { name: 'Grace Hopper' }).click();
		await page.getByRole('heading', { level: 1, name: 'Grace Hopper' }).waitFor();
		await seenLive(page.getByText('Compiler Praised'), () => hospes.post('/v1/track', { userId: 'grace', event: 'Compiler Praised' }, write));
	});

	test('pages work without JavaScript', async (t) => {
		const page = await open(t, { javaScript: false });
		await signIn(page, hospes, owner);
		for (const path of ['/pulse', '/customers', '/products', '/sources', '/settings']) {
			const answer = await page.goto(hospes.address + path);
			assert.equal(answer.status(), 200, path);
			assert.equal(await page.locator('h1').count(), 1, path);
		}
	});

	test('the keyboard alone leads from sign-in to a customer', async (t) => {
		const page = await open(t);
		await signIn(page, hospes, owner);
		await page.goto(`${hospes.address}/pulse`);
		await page.keyboard.press('Tab');
		assert.match(await page.evaluate(() => document.activeElement.getAttribute('href') ?? ''), /^#/, 'the first stop skips to the content');
		await page.keyboard.press('Escape');
		await page.keyboard.press('g');
		await page.keyboard.press('c');
		await page.waitForURL('**/customers');
		await page.keyboard.press('/');
		assert.equal(await page.evaluate(() => document.activeElement.getAttribute('name')), 'q');
		await page.keyboard.type('ada');
		await page.keyboard.press('Enter');
		await page.getByRole('link', { name: 'Ada Lovelace' }).focus();
		await page.keyboard.press('Enter');
		await page.getByRole('heading', { level: 1, name: 'Ada Lovelace' }).waitFor();
	});
});
