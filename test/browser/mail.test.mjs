// Mail as people set it up and use it: the test mail's answer comes onto the page by itself, a page is asked for by its menu
// on a phone in Persian, and the mail's link ends it in a browser that is nobody's, without JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, openWindow, sidewaysScroll, signIn } from '../lib/browser.mjs';
import { mailServer } from '../lib/mail.mjs';
import { atEnd, start } from '../lib/hospes.mjs';

test('set up, tried, asked for and ended', async (t) => {
	const hospes = await start(t);
	const server = await mailServer(t);
	const owner = await hospes.addUser('ada@example.com', 'owner', 'the long password of the owner');
	const browser = await launch(t);
	const { page, complaints } = await openWindow(browser, {});
	await signIn(page, hospes, owner);
	await page.goto(`${hospes.address}/settings/mail`);
	for (const [name, value] of Object.entries({ host: '127.0.0.1', port: String(server.port), sender: 'cx@example.com', address: 'https://cx.example.com' })) await page.locator(`main [name=${name}]`).fill(value);
	await page.locator('[name=security]').selectOption('none');
	await page.locator('form[action="/settings/mail"] button').click();
	await page.locator('form[action="/settings/mail/test"] button').click();
	await page.locator('#try-section').getByText('250 2.0.0 taken as 1').waitFor();

	const phone = await openWindow(browser, { width: 390, height: 800, language: 'fa', dark: true });
	await signIn(phone.page, hospes, owner);
	await phone.page.goto(`${hospes.address}/pulse`);
	await phone.page.locator('details.person summary').click();
	await phone.page.locator('details.person a[href^="/subscriptions/new"]').click();
	await phone.page.locator('[name=weekday]').selectOption('5');
	await phone.page.locator('form[action="/subscriptions"] button').click();
	await phone.page.locator('form[action$="/send"] button').click();
	await server.arrived(2);
	assert.ok(await sidewaysScroll(phone.page) <= 0);

	const link = new URL(server.taken()[1].headers['list-unsubscribe'].slice(1, -1)).pathname;
	const visitor = await openWindow(browser, { javaScript: false });
	atEnd(t, () => visitor.context.close());
	await visitor.page.goto(hospes.address + link);
	await visitor.page.locator('main form.stack button').click();
	await visitor.page.getByText('You no longer get this mail.').waitFor();
	await phone.page.goto(`${hospes.address}/subscriptions`);
	assert.equal(await phone.page.locator('[data-row]').count(), 0);
	assert.deepEqual([...complaints, ...phone.complaints, ...visitor.complaints], []);
});
