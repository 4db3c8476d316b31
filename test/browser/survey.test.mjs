// A survey as somebody answers it: light, without a script, and through a network that goes away.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, openWindow } from '../lib/browser.mjs';
import { start, until, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('answering', () => {
	const end = untilEnd(after);
	const questions = [{ id: 'nps', type: 'nps', is_required: true, text: 'Recommend?' }, { id: 'why', type: 'text', begins_page: true, text: 'Why {answer:nps|that}?' }];
	let w, browser, surveys;
	before(async () => {
		w = await start(end);
		surveys = new Surveys(w, await w.key('secret'));
		browser = await launch(end);
	});
	const thanks = (page) => page.getByRole('heading', { name: 'Thank you.' }).waitFor();

	test('the page with all it loads stays under 50 kB; that of a customer says that it was opened and begun', async () => {
		const { address } = await surveys.open('Light', questions), { context, page } = await openWindow(browser), said = [];
		await w.post('/v1/identify', { userId: 'kim' }, await w.key('write'));
		await w.customer('user_id:kim', surveys.secret);
		const path = new URL((await surveys.send(`${address}/links`, { customer: 'user_id:kim' })).body.link).pathname;
		page.on('response', (response) => { if (response.url().includes('/steps/')) said.push(`${response.url().split('/steps/').pop()} ${response.status()}`); });
		await page.goto(w.address + path, { waitUntil: 'networkidle' });
		const bytes = await page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, each) => sum + each.transferSize, 0));
		assert.ok(bytes > 1000 && bytes < 50_000, `${bytes} bytes`);
		assert.deepEqual(said, ['opened 204']);
		await page.locator('input[name="answers[0].value"][value="9"]').check({ force: true });
		await until('that it was begun', () => said.includes('started 204'));
		await context.close();
	});

	test('without a script, by keyboard alone, on a phone in Persian', async () => {
		const { address, path } = await surveys.open('Keys', questions), { context, page } = await openWindow(browser, { width: 390, language: 'fa', javaScript: false });
		await page.goto(w.address + path);
		await page.locator('input[name="answers[0].value"][value="9"]').focus();
		await page.keyboard.press('Space');
		await page.keyboard.press('Enter');
		await page.locator('textarea').fill('خوب');
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await page.waitForURL(/done=1/);
		assert.deepEqual((await surveys.kept(address)).map((row) => row.number ?? row.text).sort(), [9, 'خوب']);
		await context.close();
	});

	test('once a browser: it remembers, also from a later page, and another browser asks again', async () => {
		const { path } = await surveys.open('Once', questions, { access: 'once' }), first = await openWindow(browser), other = await openWindow(browser);
		await first.page.goto(w.address + path);
		await first.page.locator('input[name="answers[0].value"][value="9"]').check({ force: true });
		await first.page.getByRole('button', { name: 'Next' }).click();
		await first.page.getByRole('button', { name: 'Send', exact: true }).click();
		await thanks(first.page);
		await first.page.goto(w.address + path);
		await first.page.getByText('answered in this browser').waitFor();
		assert.equal(await first.page.locator('form.answers').count(), 0);
		await other.page.goto(w.address + path);
		assert.equal(await other.page.locator('form.answers').count(), 1);
		await first.context.close();
		await other.context.close();
	});

	test('an answer waits for the network and counts once, also when the page was closed', async () => {
		const { address, path } = await surveys.open('Away', questions), { context, page } = await openWindow(browser);
		await page.goto(w.address + path);
		await page.locator('input[name="answers[0].value"][value="7"]').check({ force: true });
		await page.getByRole('button', { name: 'Next' }).click();
		await page.locator('textarea').fill('kept');
		await context.setOffline(true);
		await page.getByRole('button', { name: 'Send', exact: true }).click();
		await page.getByText('Your answer is kept in this browser').waitFor();
		assert.equal((await surveys.read(address)).submissions, 0);
		await page.close();
		await context.setOffline(false);
		const again = await context.newPage();
		await again.goto(w.address + path);
		await thanks(again);
		await again.goto(w.address + path);
		assert.equal(await again.locator('input[name="answers[0].value"]:checked').count(), 0, 'nothing is left of it');
		await until('the answer to count', async () => (await surveys.read(address)).submissions === 1);
		assert.deepEqual((await surveys.kept(address)).map((row) => row.number ?? row.text).sort(), [7, 'kept']);
		await context.close();
	});
});
