// Every page, in every language: axe finds nothing, nothing has to be scrolled sideways on a phone, no policy report,
// the direction of the language, and no word left untranslated.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { axe, LANGUAGES, launch, openWindow, sidewaysScroll, signIn } from '../lib/browser.mjs';
import { start, untilEnd } from '../lib/hospes.mjs';

describe('every page in every language', { timeout: 600_000 }, () => {
	const end = untilEnd(after);
	let hospes, browser, owner, paths;
	before(async () => {
		hospes = await start(end, { command: 'demo' });
		browser = await launch(end);
		owner = await hospes.addUser('owner@example.com', 'owner', 'correct horse battery staple');
		const secret = await hospes.key('secret');
		const customer = (await hospes.customer('user_id:14646', secret)).id;
		paths = ['/pulse', '/customers', '/customers?q=nobody-is-called-so', `/customers/${customer}`, '/products', '/sources', '/settings', '/no-such-page'];
	});

	for (const language of LANGUAGES) {
		test(language, async (t) => {
			const { context, page, complaints } = await openWindow(browser, { language, width: 1280 });
			t.after(() => context.close());
			await page.goto(`${hospes.address}/sign-in`);
			const faults = (await axe(page)).map((line) => `/sign-in ${line}`);
			await signIn(page, hospes, owner);
			// Links that the menu and the settings lead to are pages too.
			for (const path of ['/settings', '/sources']) {
				await page.goto(hospes.address + path);
				for (const href of await page.locator('main a[href^="/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href'))))
					if (/^\/(settings|sources)\/[a-z-]+$/.test(href) && !paths.includes(href)) paths.push(href);
			}
			for (const path of paths) {
				for (const [width, dark] of [[1280, false], [360, true]]) {
					await page.setViewportSize({ width, height: 800 });
					await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
					await page.goto(hospes.address + path);
					const where = `${path} at ${width}`;
					const wide = await sidewaysScroll(page);
					if (wide > 0) faults.push(`${where}: ${wide} px to scroll sideways`);
					for (const line of await axe(page)) faults.push(`${where}: ${line}`);
					const html = await page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir, text: document.body.innerText }));
					if (html.lang !== language) faults.push(`${where}: lang is ${html.lang}`);
					if ((html.dir || 'ltr') !== (language === 'fa' ? 'rtl' : 'ltr')) faults.push(`${where}: dir is ${html.dir}`);
					if (/\b(undefined|NaN|\[object)\b|\{\{|\b[a-z]+_[a-z_]+\b(?=\s*$)/m.test(html.text)) faults.push(`${where}: shows ${/.{0,30}(undefined|NaN|\[object|\{\{|\b[a-z]+_[a-z_]+\b).{0,30}/.exec(html.text)?.[0]}`);
				}
			}
			assert.deepEqual([...faults, ...complaints], []);
		});
	}

	test('the first page is under 100 kB, and its HTML comes in under half a second', async (t) => {
		const { context, page } = await openWindow(browser, {});
		t.after(() => context.close());
		let bytes = 0;
		await signIn(page, hospes, owner);
		const client = await context.newCDPSession(page);
		await client.send('Network.enable');
		await client.send('Network.setCacheDisabled', { cacheDisabled: true });
		client.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
		await page.goto(`${hospes.address}/pulse`, { waitUntil: 'load' });
		assert.ok(bytes < 100_000, `${bytes} bytes`);
	});
});
