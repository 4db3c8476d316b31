// browser.mjs: Debian's Chromium for the tests, without its windows, which takes a quarter less. A page fails its test on any report of the content security policy, any
// error of a script and any request to another host.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { atEnd } from './hospes.mjs';

const PATIENCE_MS = Number(process.env.HOSPES_TEST_PATIENCE_MS ?? 90_000);
const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
export const CHROMIUM = process.env.HOSPES_TEST_CHROMIUM ?? '/usr/bin/chromium-headless-shell';
export const LANGUAGES = ['en', 'th', 'zh-Hant', 'el', 'fa'];

/** A browser that ends with the test. */
export async function launch(t) {
	// Chromium's sandbox refuses to start as root, which CI is.
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'] });
	atEnd(t, () => browser.close());
	return browser;
}

/** A window of its own: { page, complaints, context }. `complaints` gathers what must not happen. */
export async function openWindow(browser, { width = 1280, height = 900, language = 'en', dark = false, javaScript = true } = {}) {
	const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: dark ? 'dark' : 'light', javaScriptEnabled: javaScript });
	context.setDefaultTimeout(PATIENCE_MS); // a busy machine is no fault
	const page = await context.newPage();
	const complaints = [];
	if (javaScript) {
		await page.exposeFunction('__policyReport', (report) => complaints.push(`content security policy: ${report}`));
		await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => window.__policyReport(`${e.violatedDirective} ${e.blockedURI} ${e.sample} at ${location.pathname}`)));
	}
	page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`));
	page.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(`console: ${message.text()}`); });
	page.on('response', (response) => { if (response.status() >= 500) complaints.push(`${response.status()} from ${response.url()}`); });
	page.on('request', (request) => { const url = new URL(request.url()); if (url.hostname !== '127.0.0.1' && url.protocol.startsWith('http')) complaints.push(`request to ${url.hostname}`); });
	return { context, page, complaints };
}

export async function signIn(page, hospes, { email, password }) {
	await page.goto(`${hospes.address}/sign-in`);
	await page.locator('input[name=email]').fill(email);
	await page.locator('input[type=password]').fill(password);
	await page.locator('input[type=password]').press('Enter');
	await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

/** Sends until the page shows it by itself: the page's stream opens at some moment after the page, and what came before
 * that is not repeated. */
export async function seenLive(shown, send) {
	for (let tries = 1; ; tries++) {
		await send();
		try {
			return await shown.first().waitFor({ timeout: 5000 });
		} catch (error) {
			if (tries === 10) throw error;
		}
	}
}

/** What axe-core finds wrong with the page as it stands, a line each; `without` names rules that are left out. */
export async function axe(page, { without = [] } = {}) {
	if (!(await page.evaluate(() => Boolean(window.axe)))) await page.evaluate(AXE); // half a megabyte: once a page
	const found = await page.evaluate((rules) => window.axe.run(document, { rules, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }), Object.fromEntries(without.map((rule) => [rule, { enabled: false }])));
	return found.violations.map((each) => `${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
}

/** By how many pixels the page is wider than its window: 0 when nothing has to be scrolled sideways. */
export const sidewaysScroll = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
