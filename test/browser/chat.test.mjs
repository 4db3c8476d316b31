// Live chat in two browsers: a customer on a page of another origin, an agent in the inbox. Written, seen to be writing, answered, read,
// through a connection that breaks, to the rating; on a phone in Persian; by keyboard; nothing stored before the first message.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { axe, launch, openWindow, sidewaysScroll, signIn } from '../lib/browser.mjs';
import { start, until, untilEnd } from '../lib/hospes.mjs';
import { shop } from '../lib/shop.mjs';

describe('live chat in the browser', () => {
	const end = untilEnd(after), AGENT = { email: 'ada@example.com', password: 'correct horse battery staple' };
	let w, browser, owner, site, key, more = {};
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	const script = () => `<script async src="${w.address}/hospes.js" data-key="${key}"></script>`;
	const chat = (page) => page.frameLocator('[data-hospes="chat"] iframe');
	const frame = (page) => page.frames().find((each) => each.url().includes('/chat'));
	const stored = (page) => page.evaluate(() => Object.keys(localStorage));
	const press = (page) => page.getByRole('button', { name: /Chat with us|گفت‌وگو با ما/ }).click();
	const say = async (page, text) => { await chat(page).locator('#text').fill(text); await chat(page).locator('#text').press('Enter'); };

	before(async () => {
		w = await start(end);
		owner = await w.key('secret', '--role', 'owner');
		await w.ok(['user', 'add', '--email', AGENT.email, '--name', 'Ada Whitcombe', '--role', 'agent', '--password-stdin'], { input: `${AGENT.password}\n` });
		site = await shop(end, (path) => ({ head: script(), body: `<main><h1>A shop</h1><p>${path}</p></main>`, ...more }));
		fine(await w.send('/settings/sites', { name: 'Shop', origins: site.address }, owner));
		key = (await w.get('/settings/sites', owner)).body.rows[0].id;
		fine(await w.send(`/settings/sites/${key}/chat`, { is_on: true, email: 'care@example.com' }, owner));
		browser = await launch(end);
	});

	test('on a phone in Persian it fills the screen, by keyboard; away is said, and where to answer is asked', async () => {
		more = { lang: 'fa', dir: 'rtl' };
		const { context, page, complaints } = await openWindow(browser, { width: 360, height: 640, language: 'fa', dark: true });
		await page.goto(site.address);
		const button = page.getByRole('button', { name: 'گفت‌وگو با ما' });
		await button.waitFor();
		await page.keyboard.press('Tab');
		await page.keyboard.press('Enter');
		await until('nobody to be there', async () => /اکنون کسی این‌جا نیست/.test(await chat(page).locator('[data-presence]').textContent()));
		await chat(page).getByLabel(/نشانی ایمیل شما/).waitFor();
		const box = await page.locator('[data-hospes="chat"] .chat').boundingBox();
		assert.deepEqual([box.width, box.height], [360, 640]);
		assert.deepEqual([...await axe(page), ...await axe(frame(page))], []);
		assert.deepEqual([await sidewaysScroll(page), await sidewaysScroll(frame(page))], [0, 0]);
		await until('the focus within', () => frame(page).evaluate(() => document.activeElement.matches('input, textarea')));
		await page.keyboard.press('Escape');
		await until('it to be closed', async () => (await button.getAttribute('aria-expanded')) === 'false');
		await until('the focus to be back', () => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className === 'open'));
		assert.deepEqual(complaints, []);
		await context.close();
	});

	test('a customer and an agent, live: writing, answer, read, a broken connection, solved, rated', async () => {
		const agent = await openWindow(browser), customer = await openWindow(browser);
		await signIn(agent.page, w, AGENT);
		await agent.page.goto(`${w.address}/inbox`);
		more = { policy: `default-src 'none'; script-src ${w.address}; connect-src ${w.address}; frame-src ${w.address}; img-src data:` };
		const { page } = customer;
		await page.goto(site.address);
		await press(page);
		await until('an agent to be seen', async () => /Somebody is here/.test(await chat(page).locator('[data-presence]').textContent()));
		assert.deepEqual([...await axe(page), ...await axe(frame(page))], []);
		assert.deepEqual([await stored(page), await frame(page).evaluate(() => localStorage.length)], [[], 0], 'nothing is stored before the first message');
		await chat(page).getByLabel('Your name').fill('Ann');
		await say(page, '<img src=x onerror=alert(1)> Where is my parcel?');
		await chat(page).getByText('sent', { exact: true }).waitFor();
		await agent.page.getByRole('link', { name: /Ann/ }).click(); // it came without a reload
		await agent.page.getByText('Where is my parcel?').first().waitFor();
		await chat(page).getByText('read', { exact: true }).waitFor();
		await chat(page).locator('#text').pressSequentially('I am');
		await agent.page.getByText('The customer is writing …').waitFor();
		await agent.page.locator('#text').pressSequentially('Dear');
		await chat(page).getByText('Somebody is writing …').waitFor();
		await agent.page.locator('#text').fill('It comes on Monday.');
		await agent.page.getByRole('button', { name: 'Send', exact: true }).click();
		await chat(page).getByText('It comes on Monday.').waitFor();
		await agent.page.locator('.message-ours').getByText(/ read$/).waitFor();
		assert.deepEqual(await axe(agent.page), []);

		await customer.context.setOffline(true);
		await say(page, 'Said without a connection');
		await chat(page).getByText('waits for the connection').waitFor();
		await agent.page.locator('#text').fill('Said meanwhile');
		await agent.page.getByRole('button', { name: 'Send', exact: true }).click();
		await agent.page.getByText('Said meanwhile').first().waitFor();
		await customer.context.setOffline(false);
		await agent.page.locator('.messages').getByText('Said without a connection').waitFor();
		await chat(page).getByText('Said meanwhile').waitFor();
		assert.equal(await agent.page.locator('.messages').getByText('Said without a connection').count(), 1, 'kept once');

		await page.goto(`${site.address}/another`); // the next page knows of it
		await until('the frame', () => frame(page));
		await agent.page.locator('#text').fill('Anything else?');
		await agent.page.getByRole('button', { name: 'Send and solve' }).click();
		await page.getByRole('status').getByText('A new message has come.').waitFor({ state: 'attached' });
		await press(page);
		for (const text of ['It comes on Monday.', 'Said without a connection', 'Anything else?']) assert.equal(await chat(page).getByText(text).count(), 1, text);
		await chat(page).getByRole('radio', { name: '4' }).check({ force: true });
		await chat(page).getByLabel('What could have been better?').fill('Nothing');
		assert.deepEqual(await axe(frame(page)), []);
		await chat(page).getByRole('button', { name: 'Send rating' }).click();
		await chat(page).getByText('Thank you for your rating.').waitFor();
		await agent.page.locator('#history-live').getByText('4/5').waitFor(); // without a reload
		await until('the record of feedback', async () => (await w.get('/voice/responses', owner)).body.rows.some((row) => row.number === 4));
		assert.deepEqual([...customer.complaints.filter((each) => !/ERR_INTERNET_DISCONNECTED/.test(each)), ...agent.complaints], []);
		await agent.context.close();
		await customer.context.close();
	});

	test('one writes to oneself with one click, before mail is set up', async () => {
		const empty = await start(end), { context, page } = await openWindow(browser);
		await empty.ok(['user', 'add', '--email', AGENT.email, '--name', 'Ada', '--role', 'agent', '--password-stdin'], { input: `${AGENT.password}\n` });
		await signIn(page, empty, AGENT);
		await page.goto(`${empty.address}/inbox`);
		const [second] = await Promise.all([context.waitForEvent('page'), page.getByRole('button', { name: 'Write to yourself' }).click()]);
		await second.waitForURL(/\/inbox\/try\//);
		await chat(second).getByText('Somebody is here for you now.').waitFor();
		await say(second, 'Hello me');
		await chat(second).getByText('sent', { exact: true }).waitFor();
		await page.bringToFront();
		await page.getByText('Hello me').first().waitFor();
		await context.close();
	});
});
