// Set-up as an owner goes through it, in a language written from either side; then signing in and the settings' pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, launch, openWindow, sidewaysScroll } from '../lib/browser.mjs';
import { start } from '../lib/hospes.mjs';

const PAGES = ['/settings', '/settings/purposes', '/settings/touchpoints', '/team', '/me', '/audit'];
const LINES = {
	en: { organisation: 'Harbour Lane', name: 'Ada Whitcombe', dir: 'ltr', done: 'Hospes is set up.' },
	fa: { organisation: 'هتل بندر', name: 'مینا کریمی', dir: 'rtl', done: null },
};

/** Checks the page as it stands, at the width of a desk and of a phone. */
async function look(page, where) {
	assert.deepEqual(await axe(page), [], where);
	await page.setViewportSize({ width: 360, height: 780 });
	assert.ok((await sidewaysScroll(page)) <= 0, `${where} on a phone`);
	await page.setViewportSize({ width: 1280, height: 900 });
	if (process.env.HOSPES_TEST_SHOTS) await page.screenshot({ path: `${process.env.HOSPES_TEST_SHOTS}/${where.replace(/\W+/g, '-')}.png`, fullPage: true });
}

for (const [language, line] of Object.entries(LINES)) {
	test(`set-up, sign-in and settings in ${language}`, async (t) => {
		const hospes = await start(t);
		const browser = await launch(t);
		const { page, complaints } = await openWindow(browser, { language });
		await page.goto(hospes.address + /\/start\/[\w-]+/.exec(hospes.output)[0]);
		assert.equal(new URL(page.url()).pathname, '/setup');
		assert.equal(await page.locator('html').getAttribute('dir'), line.dir);
		await look(page, `${language} setup`);
		await page.locator('[name=organisation]').fill(line.organisation);
		await page.locator('[name=time_zone]').selectOption('Asia/Tehran');
		await page.locator('[name=name]').fill(line.name);
		await page.locator('[name=email]').fill('owner@example.com');
		await page.locator('[name=password]').fill('correct horse battery staple');
		await page.locator('form[action="/setup"] button').last().click();
		await page.waitForURL((url) => url.pathname !== '/setup');

		await page.goto(`${hospes.address}/me`);
		await page.locator('details.person summary').click();
		await page.locator('form[action="/sign-out"] button').click();
		await page.waitForURL(/sign-in/);
		await look(page, `${language} sign-in`);
		await page.locator('[name=email]').fill('owner@example.com');
		await page.locator('[name=password]').fill('not the password');
		await page.locator('[name=password]').press('Enter');
		await page.locator('[role=alert]').waitFor();
		await look(page, `${language} refused`);
		await page.locator('[name=password]').fill('correct horse battery staple');
		await page.locator('[name=password]').press('Enter');
		await page.waitForURL((url) => url.pathname !== '/sign-in');
		for (const path of PAGES) {
			await page.goto(hospes.address + path);
			await page.locator('h1').first().waitFor();
			await look(page, `${language} ${path}`);
		}
		await page.goto(`${hospes.address}/settings`);
		assert.equal(await page.locator('[name=organisation]').inputValue(), line.organisation);
		await page.locator('[name=organisation]').fill(`${line.organisation} 2`);
		await page.locator('form[action="/settings"] button').click();
		await page.locator('.notice').waitFor();
		assert.equal(await page.locator('[name=organisation]').inputValue(), `${line.organisation} 2`);
		assert.deepEqual(complaints, []);
	});
}
