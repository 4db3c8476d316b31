// /hospes.js on a page of another origin: pop-up and inline, by keyboard, on a phone, in Persian; nothing stored before consent; a site
// that is not allowed; a network that goes and comes back; the policy of the page; the steps of the funnel.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { axe, launch, openWindow, sidewaysScroll } from '../lib/browser.mjs';
import { start, until, untilEnd } from '../lib/hospes.mjs';
import { shop } from '../lib/shop.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('a survey on another site', () => {
	const end = untilEnd(after);
	const words = (en, fa) => [{ lang: 'en', text: en }, { lang: 'fa', text: fa }];
	const questions = [{ id: 'nps', type: 'nps', is_required: true, texts: words('Recommend?', 'پیشنهاد می‌کنید؟') }, { id: 'why', type: 'text', begins_page: true, texts: words('Why?', 'چرا؟') }];
	let w, secret, surveys, browser, site, other, key;
	const shown = {}; // what the site's pages hold, by path
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	const script = () => `<script async src="${w.address}/hospes.js" data-key="${key}"></script>`;
	const show = async (address, rules) => fine(await surveys.send(`${address}/on-site`, { site: key, is_on: true, delay_s: '0', ...rules }));
	const steps = async (address) => Object.fromEntries((await surveys.read(`${address}/invitations`)).funnel.steps.map(({ step, visitors }) => [step, visitors]));
	const id = (address) => address.split('/').pop();
	const popup = (page) => page.getByRole('dialog', { name: 'A short question' });
	const inside = (page) => page.frameLocator('[data-hospes] iframe');
	const stored = (page, context) => page.evaluate(() => ({ local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie }))
		.then(async (kept) => ({ ...kept, cookies: (await context.cookies()).map((cookie) => cookie.name) }));
	const NOTHING = { local: {}, session: {}, cookies: [] };

	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		surveys = new Surveys(w, secret);
		[site, other] = await Promise.all([shop(end, (path) => shown[path] ?? { body: '<main><h1>A shop</h1></main>', head: script() }), shop(end, () => ({ body: '<main><h1>Another</h1></main>', head: script() }))]);
		fine(await surveys.send('/settings/sites', { name: 'Shop', origins: site.address }));
		key = (await surveys.read('/settings/sites')).rows[0].id;
		browser = await launch(end);
	});

	test('a pop-up under a strict policy: by keyboard, no focus taken, Escape closes, nothing stored; the funnel counts', async () => {
		const { address } = await surveys.open('Corner', questions);
		await show(address, { places: '/corner*' });
		shown['/corner/1'] = { head: script(), body: '<main><h1>A shop</h1><a href="/">Home</a></main>', policy: `default-src 'none'; script-src ${w.address}; connect-src ${w.address}; frame-src ${w.address}; img-src data:` };
		const { context, page, complaints } = await openWindow(browser);
		await page.goto(`${site.address}/corner/1`);
		await popup(page).waitFor();
		assert.equal(await page.evaluate(() => document.activeElement === document.body), true, 'the focus stays where it was');
		assert.deepEqual(await axe(page), []);
		const inner = page.frames().find((frame) => frame.url().startsWith(w.address));
		assert.deepEqual(await axe(inner), []);
		await inside(page).locator('input[value="9"]').focus();
		await page.keyboard.press('Space');
		await page.keyboard.press('Enter');
		await inside(page).getByLabel('Why?').fill('kind');
		await inside(page).getByRole('button', { name: 'Send' }).click();
		await inside(page).getByRole('heading', { name: 'Thank you.' }).waitFor();
		await page.keyboard.press('Escape');
		await popup(page).waitFor({ state: 'detached' });
		assert.deepEqual(await stored(page, context), NOTHING);
		assert.deepEqual((await surveys.kept(address)).map((row) => row.number ?? row.text).sort(), [9, 'kind']);
		await until('the steps', async () => (await steps(address)).started === 1);
		assert.deepEqual(await steps(address), { eligible: 1, sampled: 1, sent: 1, delivered: 1, opened: 1, started: 1, done: 1 });
		assert.deepEqual(complaints, []);
		await page.goto(`${site.address}/`); // not one of its pages
		await page.waitForLoadState('networkidle');
		assert.equal(await page.locator('[data-hospes]').count(), 0);
		await context.close();
	});

	test('within the page, on a phone in Persian; with consent it is remembered, without it is forgotten', async () => {
		const { address } = await surveys.open('Within', questions);
		await show(address, { kind: 'inline', gap_days: '30' });
		shown['/within'] = { head: script(), lang: 'fa', dir: 'rtl', body: `<main><h1>فروشگاه</h1><div data-hospes-survey="${id(address)}"></div></main>` };
		const { context, page, complaints } = await openWindow(browser, { width: 390, language: 'fa' });
		await page.goto(`${site.address}/within`);
		await inside(page).getByText('پیشنهاد می‌کنید؟').waitFor();
		assert.equal(await sidewaysScroll(page), 0);
		assert.equal(await inside(page).locator('html').getAttribute('dir'), 'rtl');
		const inner = page.frames().find((frame) => frame.url().startsWith(w.address));
		assert.deepEqual([...await axe(page), ...await axe(inner)], []);
		assert.equal(await sidewaysScroll(inner), 0);
		await until('the frame to be as high as its page', () => inner.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight <= 1));
		assert.deepEqual(await stored(page, context), NOTHING);
		await page.evaluate(() => window.hospes('consent', true));
		assert.ok((await stored(page, context)).local.hospes.includes(id(address)), 'what was shown before consent is remembered with it');
		shown['/within'].head = `<script>window.hospes = function () { (hospes.q = hospes.q || []).push(arguments); }; hospes('consent', true);</script>${script()}`;
		await page.reload(); // the page says it again each time, before the script has come
		await page.waitForFunction(() => window.hospes.ready);
		await page.waitForLoadState('networkidle');
		assert.equal(await page.locator('[data-hospes]').count(), 0, 'not again before its time');
		await page.evaluate(() => window.hospes('consent', false));
		assert.deepEqual(await stored(page, context), NOTHING);
		assert.deepEqual(complaints, []);
		await context.close();
	});

	test('an answer waits for the network in memory alone, also when the pop-up was closed', async () => {
		const { address } = await surveys.open('Away', [questions[0]]);
		await show(address, { starts: 'event', event: 'Basket Left' });
		const { context, page } = await openWindow(browser);
		await page.goto(`${site.address}/`);
		await page.waitForFunction(() => window.hospes?.ready);
		await page.evaluate(() => window.hospes('event', 'Basket Left'));
		await popup(page).waitFor();
		await inside(page).locator('input[value="7"]').check({ force: true });
		await context.setOffline(true);
		await inside(page).getByRole('button', { name: 'Send' }).click();
		await inside(page).getByText('as long as this page stays open').waitFor();
		await page.getByRole('button', { name: 'Close the question' }).click();
		assert.equal(await popup(page).count(), 0);
		assert.deepEqual(await stored(page, context), NOTHING);
		assert.equal((await surveys.read(address)).submissions, 0);
		await context.setOffline(false);
		await until('the answer to arrive', async () => (await surveys.read(address)).submissions === 1);
		await page.locator('[data-hospes]').waitFor({ state: 'detached' });
		await context.close();
	});

	test('a site that is not allowed is told why, and may not frame the survey', async () => {
		const { context, page } = await openWindow(browser), said = [];
		page.on('console', (message) => said.push(message.text()));
		await page.goto(`${other.address}/`);
		await until('the reason', () => said.some((line) => line.includes(`${other.address} is not among the addresses of this site`)));
		assert.equal(await page.locator('[data-hospes]').count(), 0);
		const { path } = await surveys.open('Not framed', [questions[0]]);
		await page.evaluate((src) => { const frame = document.createElement('iframe'); frame.src = src; document.body.append(frame); }, `${w.address}/site/${key}${path}`);
		await until('the frame to be refused', () => said.some((line) => /frame-ancestors/.test(line)));
		await context.close();
	});
});
