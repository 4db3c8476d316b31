// every-page.mjs: every page that the table of routes holds, as an owner sees it after `hospes demo` and set-up: axe finds
// nothing, the policy and the scripts report nothing, nothing is wider than a phone, the language is the one asked for,
// and no key or placeholder is left in the words. A page added to tables/routes.def without an address here fails.
// Each page is opened once and looked at on a desk in light and on a phone in dark. axe sees both, one in en and the other in fa,
// by turns. The other languages share the pages out among them, on the phone and without contrast: what axe finds hangs on
// markup, colour and width, and words have little bearing on it. With HOSPES_TEST_AXE=all (make axe) it sees every page in every
// language at both sizes, contrast too.
//
// Two languages are looked at at a time, each by an owner of its own, since a person has one language.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { axe, LANGUAGES, launch, openWindow, seenLive, signIn, sidewaysScroll } from './browser.mjs';
import { atEnd, ROOT, start, until, untilEnd } from './hospes.mjs';
import { Surveys } from './surveys.mjs';
import { mailServer, settingsOf } from './mail.mjs';

const OWNER = { organisation: 'Harbour Lane', name: 'Ada Whitcombe', email: 'owner@example.com', password: 'correct horse battery staple' };
const SIZES = [{ width: 1280, colorScheme: 'light' }, { width: 360, colorScheme: 'dark' }];
// Words of the data and of the interface of programs stand in code, and as they are.
const OWN_WORDS = 'code, .code, kbd, pre, samp, bdi, svg, script, style, textarea, option, blockquote, q';

const pageRoutes = () => [...readFileSync(join(ROOT, 'tables/routes.def'), 'utf8').matchAll(/^ROUTE\(GET, "([^"]+)", \w+, \w+, ("[^"]+"|NULL)/gm)]
	.filter(([, , page]) => page !== 'NULL').map(([, pattern]) => pattern);

/** Keys, placeholders and values of nothing among the words that are seen. */
const leftovers = (page) => page.evaluate((own) => {
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		if (node.parentElement.closest(own)) continue;
		if (/\b[a-z]+(?:_[a-z0-9]+)+\b|\{\w*\}|\bNaN\b|\bundefined\b|\[object/.test(node.data)) found.push(node.data.trim());
	}
	return found;
}, OWN_WORDS);

async function speak(page, address, language) {
	await page.goto(`${address}/settings`);
	await page.locator('details.person summary').click();
	await Promise.all([page.waitForNavigation(), page.locator(`form[action="/preferences"] button[value="${language}"]`).click()]);
}

const SEES_ALL = process.env.HOSPES_TEST_AXE === 'all';
const THOROUGHLY = SEES_ALL ? LANGUAGES : ['en', 'fa'], OTHERS = LANGUAGES.filter((language) => !THOROUGHLY.includes(language));

/** At which sizes axe sees the page of this number. */
function sizesOfAxe(language, number) {
	if (SEES_ALL) return SIZES;
	if (THOROUGHLY.includes(language)) return [SIZES[(number + THOROUGHLY.indexOf(language)) % SIZES.length]];
	return number % OTHERS.length === OTHERS.indexOf(language) ? SIZES.slice(-1) : [];
}

/** What is wrong with a page; axe sees it at these sizes. */
async function look(page, address, path, language, sizes = SIZES) {
	const faults = [];
	await page.setViewportSize({ width: SIZES[0].width, height: 800 });
	const answer = await page.goto(address + path.address);
	if (answer.status() !== (path.status ?? 200)) faults.push(`answered ${answer.status()}`);
	const html = await page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir || 'ltr', title: document.title }));
	const speaks = /\/preview\?lang=([\w-]+)/.exec(path.address)?.[1] ?? language; // a preview speaks the language that is chosen
	if (html.lang !== speaks || html.dir !== (speaks === 'fa' ? 'rtl' : 'ltr')) faults.push(`speaks ${html.lang} ${html.dir}`);
	if (!html.title) faults.push('has no title');
	for (const text of await leftovers(page)) faults.push(`shows "${text.slice(0, 80)}"`);
	for (const { width, colorScheme } of SIZES) {
		await page.setViewportSize({ width, height: 800 });
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }); // nothing is seen while it fades in
		const wide = await sidewaysScroll(page);
		if (wide > 0) faults.push(`${wide} px to scroll sideways at ${width}`);
		if (sizes.some((size) => size.width === width)) for (const line of await axe(page, { without: THOROUGHLY.includes(language) ? [] : ['color-contrast'] })) faults.push(`at ${width} in ${colorScheme}: ${line}`);
	}
	return faults.map((fault) => `${path.address} in ${language}: ${fault}`);
}

export const everyPage = () => describe('every page after the demo', { concurrency: 2 }, () => {
	const end = untilEnd(after);
	const owners = {};
	let hospes, browser, session, secret, paths, addresses;

	async function signInByLink(options) {
		const opened = await openWindow(browser, options);
		await opened.page.goto(hospes.address + /\/start\/[\w-]+/.exec(hospes.output)[0]);
		for (const [name, value] of Object.entries(OWNER)) await opened.page.locator(`[name=${name}]`).fill(value);
		await opened.page.locator('form[action="/setup"] button').last().click();
		await opened.page.waitForURL((url) => url.pathname !== '/setup');
		return opened;
	}

	/** A window with the owner's session. Its complaints fail the test t. */
	async function open(t, options) {
		const opened = await openWindow(browser, options);
		await opened.context.addCookies(session);
		atEnd(t, async () => { await opened.context.close(); assert.deepEqual(opened.complaints, []); });
		return opened.page;
	}

	async function erasedCustomer(write) {
		await hospes.post('/v1/identify', { userId: 'gone', traits: { name: 'Gone' } }, write);
		const { id } = await hospes.customer('user_id:gone', secret);
		const answer = await hospes.send(`/customers/${id}/erase`, {}, secret);
		assert.ok(answer.status < 400, `erasing answered ${answer.status}`);
		return id;
	}

	async function invitation(page) {
		await page.goto(`${hospes.address}/team`);
		await page.locator('form[action="/team/invitations"] [name=email]').fill('guest@example.com');
		await page.locator('form[action="/team/invitations"] button').last().click();
		await page.waitForLoadState();
		return /\/join\/[\w-]+/.exec(await page.content())[0];
	}

	async function draft(page) {
		await page.goto(`${hospes.address}/imports/new`);
		await page.locator('input[type=file]').setInputFiles({ name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from('order_id,customer,date,sku,quantity,price\nA-1,c1,2026-01-02,p1,2,9.50\nA-2,c2,not a day,p2,1,3\n') });
		await Promise.all([page.waitForURL(/\/imports\/imp_/), page.locator('form[action="/imports"] button').last().click()]);
		return new URL(page.url()).pathname;
	}

	/** Mail is set up, and a page goes out weekly: the address that ends it, as its mail has it. */
	async function weekly(server) {
		await hospes.send('/settings/mail', settingsOf(server), secret);
		const person = (await hospes.get('/team', secret)).body.rows.find((row) => row.email === OWNER.email).id;
		await hospes.send('/subscriptions', { page: '/pulse', person, weekday: '0', hour: '7' }, secret);
		await hospes.send(`/subscriptions/${(await hospes.get('/subscriptions', secret)).body.rows[0].id}/send`, {}, secret);
		const [mail] = await server.arrived(1);
		return new URL(mail.headers['list-unsubscribe'].slice(1, -1)).pathname;
	}

	/** Ada is asked by mail: the address that ends it, as her mail has it, and a plan that asks others. */
	async function invited(server, survey) {
		await hospes.send('/settings/contact', { quiet_from: '00:00', quiet_to: '00:00', gap_days: '7', wait_days: '3' }, secret);
		await hospes.send('/settings/contact/caps', { most: '2', days: '90', channel: 'email', trait: 'plan', value: 'gold' }, secret);
		for (let i = 0; i < 2; i++) await hospes.send(`${survey}/invitations`, { customer: 'user_id:ada' }, secret);
		await hospes.send(`${survey}/plans`, { kind: 'touchpoint', event: 'Order Completed', delay_hours: 24 }, secret);
		const mail = (await server.arrived(2)).find((each) => each.to === 'ada@example.com');
		return { ends: new URL(mail.headers['list-unsubscribe'].slice(1, -1)).pathname, plan: (await hospes.get(`${survey}/invitations`, secret)).body.plans[0].address };
	}

	before(async () => {
		hospes = await start(end, { command: 'demo' });
		browser = await launch(end);
		secret = await hospes.key('secret');
		const write = await hospes.key('write');
		await hospes.post('/v1/batch', { batch: [
			{ type: 'identify', userId: 'ada', traits: { name: 'Ada Lovelace', email: 'ada@example.com' } },
			...Array.from({ length: 30 }, (_, i) => ['recommend', 'staff', 'price'].map((question_id, k) => ({ type: 'track', event: 'Survey Answered', userId: `asked-${i}`, timestamp: `2011-0${1 + (i % 3)}-10T10:00:00Z`, context: { consent: { categoryPreferences: { analytics: true } } },
				properties: { submission_id: `s${i}`, question_id, question: `What of ${question_id}?`, type: k ? 'csat' : 'nps', number: k ? 1 + ((i * k) % 5) : i % 11, scale_min: k ? 1 : 0, scale_max: k ? 5 : 10, language: 'en' } }))).flat(),
			{ type: 'identify', userId: 'long', traits: { name: 'Wolfeschlegelsteinhausenbergerdorff'.repeat(3) } },
		] }, write);
		const { page, context, complaints } = await signInByLink({ language: 'en' });
		const customer = await hospes.customer('user_id:14646', secret), long = await hospes.customer('user_id:long', secret);
		const product = (await hospes.get('/products', secret)).body.rows[0].address;
		const source = (await hospes.get('/sources', secret)).body.rows[0].address;
		const done = (await hospes.get('/imports', secret)).body.rows[0].address;
		const join_ = await invitation(page);
		await hospes.send('/segments', { name: 'Buyers', condition: { did: 'Order Completed', at_least: 2 } }, secret);
		await hospes.send('/marks', { kind: 'strike', title: 'Post strike', from: '2011-03-07', to: '2011-03-11' }, secret);
		await hospes.send('/targets', { metric: 'return_rate', scope: '', value: '3', due: '2030-01-31' }, secret);
		const segment = (await hospes.get('/segments', secret)).body.rows[0].address;
		const { design } = (await hospes.get('/journeys/designs/new', secret)).body;
		await hospes.send('/journeys/designs', { name: 'Buys again', design: { ...design, persona: 'Keeps a gift shop' } }, secret);
		const journey = (await hospes.get('/journeys/designs', secret)).body.rows[0];
		await hospes.send('/surveys', { name: 'After a purchase', template: 'purchase' }, secret);
		const asks = [['csat', { look: 'stars' }], ['csat', { look: 'faces' }], ['matrix', { texts: [{ lang: 'en', text: 'Judge these', rows: 'Price\nSpeed' }] }], ['ranking', { texts: [{ lang: 'en', text: 'Order these', options: 'Price\nSpeed' }] }], ['number'], ['date'], ['contact'], ['text', { begins_page: true, skips: [{ to: 'end' }] }]];
		const { path: every } = await new Surveys(hospes, secret).open('Every kind', asks.map(([type, more], i) => ({ id: `q${i}`, type, text: `A ${type}?`, ...more })));
		const survey = (await hospes.get('/surveys', secret)).body.rows.find((row) => row.name === 'After a purchase').address, { link } = (await hospes.get(survey, secret)).body;
		await hospes.send('/settings/sites', { name: 'Shop', origins: 'https://shop.example.com' }, secret);
		const site = (await hospes.get('/settings/sites', secret)).body.rows[0].id;
		await hospes.send(`/settings/sites/${site}/chat`, { is_on: true, ask_email: 'may', ask_subject: 'must', email: 'care@example.com' }, secret);
		await hospes.send(`${survey}/on-site`, { site, is_on: true, places: '/checkout/*' }, secret);
		await hospes.send(`${survey}/open`, {}, secret);
		await hospes.send('/surveys', { name: 'Those who serve', template: 'employees' }, secret);
		const staff = (await hospes.get('/surveys', secret)).body.rows.find((row) => row.name === 'Those who serve').address;
		await hospes.send(`${staff}/groups`, { team: 'Counter', place: 'Harbour', staff: 'partner', people: '12' }, secret);
		await hospes.send('/research', { kind: 'visit', title: 'A morning in the shop', text: 'Nobody finds the tea.', source: 'Field team', day: '2011-03-02', stage: 'consideration', topic: 'finding', persona: 'Keeps a gift shop' }, secret);
		const research = (await hospes.get('/research', secret)).body.rows[0].address;
		await hospes.send('/listening/sources', { kind: 'feed', address: 'http://127.0.0.1:9/feed' }, secret); // the inside: nobody is asked
		await hospes.send('/listening/sources', { kind: 'hook', name: 'Forum' }, secret);
		const hook = (await hospes.get('/listening/sources', secret)).body.rows[1].address;
		await hospes.send(`${hook}/file`, { mentions: [{ id: 1, text: 'Harbour Lane is lovely', rating: 4, at: new Date().toISOString() }] }, secret);
		const mention = (await hospes.get('/listening', secret)).body.rows[0].address;
		const listened = (await hospes.get('/listening/sources', secret)).body.rows[0].address;
		const server = await mailServer(end), week = await weekly(server), asked = await invited(server, survey);
		await hospes.send('/follow-ups/rules/fur_0000000000004/on', {}, secret);
		await hospes.post('/v1/track', { userId: 'ada', event: 'Complaint Made', properties: { text: 'The engine rattles' } }, write);
		await hospes.customer('user_id:ada', secret);
		const followup = (await hospes.get('/follow-ups', secret)).body.rows[0].address;
		await hospes.send('/improvements', { title: 'Engines rattle' }, secret);
		await hospes.send('/alerts/rules', { figure: 'complaints', condition: 'above', limit: '0' }, secret);
		const hooked = (await hospes.send('/settings/webhooks', { name: 'Chat', url: 'https://hooks.example.com/in', types: ['followup.closed'] }, secret)).body.endpoint.address;
		const [alert] = await until('an alert', async () => { const { rows } = (await hospes.get('/alerts', secret)).body; return rows.length && rows; });
		const improvement = (await hospes.get('/improvements', secret)).body.rows[0].address;
		await hospes.send('/talk-triggers', { promise: 'A card in every box', given_by: 'Order Completed', words: 'card' }, secret);
		const story = (await hospes.get('/talk-triggers', secret)).body.rows[0].address;
		await hospes.send('/efforts', { name: 'A second packer' }, secret);
		const effort = (await hospes.get('/efforts', secret)).body.columns[0].rows[0].address;
		await hospes.send(effort, { name: 'A second packer', figure: '{"kind":"trend","event":"Order Completed"}', signal_day: '2011-01-01' }, secret);
		await hospes.send(`${effort}/decide`, { decision: 'start', why: 'Parcels wait', day: '2011-05-01', effect_day: '2011-06-01' }, secret);
		writeFileSync(join(hospes.dir, 'articles.ndjson'), `${JSON.stringify({ id: 'returns', language: 'en', title: 'Returning a parcel', category: 'Orders', body: '# How\n\n1. Print the label.\n2. Send it **back**.\n\n| within | costs |\n| --- | --- |\n| 30 days | nothing |\n' })}\n${JSON.stringify({ id: 'returns', language: 'fa', title: 'پس فرستادن بسته', category: 'سفارش', body: 'تا ۳۰ روز می‌توانید بسته را پس بفرستید.' })}\n`);
		await hospes.ok(['import', '--as', 'articles', join(hospes.dir, 'articles.ndjson')]);
		const helped = (await hospes.get('/help/search?q=back&lang=en')).body.results[0].address;
		const [{ address: article }, { id: beside }] = (await hospes.get('/articles', secret)).body.rows;
		await hospes.send(article, { title: 'Returning', body: '1. Print the label.', then: 'publish' }, secret);
		await fetch(`${hospes.address}${helped}/vote`, { method: 'POST', body: new URLSearchParams({ helped: 'no', text: 'A picture' }) });
		writeFileSync(join(hospes.dir, 'mail.eml'), 'From: Ada <ada@example.com>\nTo: cx@example.com\nSubject: The engine rattles\nDate: Mon, 02 Mar 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n\nIt rattles again.\n\nOn Sunday, Harbour Lane wrote:\n> Is it well?\n');
		await hospes.ok(['import', '--as', 'mail', join(hospes.dir, 'mail.eml')]);
		const conversation = (await hospes.get('/inbox', secret)).body.rows[0].address;
		await hospes.send(`${conversation}/tag`, { value: 'repair' }, secret);
		await hospes.send('/settings/service/calendars', { name: 'Office', mon: '9-12, 13-17', holidays: '2026-12-25 Christmas' }, secret);
		await hospes.send('/settings/service/levels', { name: 'Everybody', first: '4', resolution: '8', pauses: '1' }, secret);
		addresses = {
			'/inbox/:id': [conversation], '/inbox/try/:id': [`/inbox/try/${site}`], '/settings/sites/:id/chat': [`/settings/sites/${site}/chat`], '/site/:site/chat': [`/site/${site}/chat`],
			'/service': ['/service', '/service?by=agent'], '/service/conversations': ['/service/conversations?measure=first_response'],
			'/surveys/:id/groups': [`${staff}/groups`, `${survey}/groups`],
			'/surveys/:id/on-site': [`${survey}/on-site`], '/surveys/:id/on-site/preview': [`${survey}/on-site/preview`],
			'/surveys/:id/invitations': [`${survey}/invitations`], '/surveys/:id/invitations/customers': [`${survey}/invitations/customers`], '/surveys/:id/plans/:plan': [asked.plan],
			'/contact/:token': [asked.ends.replace(/\/unsubscribe.*/, '')], '/contact/:token/unsubscribe/:channel': [asked.ends],
			'/alerts/:id': [alert.address], '/alerts/rules/:id': [alert.rule_address], '/follow-ups/:id': [followup], '/improvements/:id': [improvement], '/efforts/:id': [effort], '/talk-triggers/:id/customers': [`${story}/customers?of=given`], '/efforts/quotes': ['/efforts/quotes?topic=delivery&feeling=neg'],
			'/settings/webhooks/:id': [hooked],
			'/research/:id': [research], '/listening/sources/:id': [listened], '/listening/mentions/:id': [mention], '/listening/mentions/:id/follow-up': [`${mention}/follow-up`],
			'/surveys/:id': [survey], '/surveys/:id/entry': [`${survey}/entry`], '/surveys/:id/preview': [`${survey}/preview?lang=el`], '/s/:token': [every, new URL(link).pathname, `${new URL(link).pathname}?done=1`],
			'/voice/texts/:id': [`/voice/texts/${mention.split('/').at(-1)}`],
			'/articles/:id': [article, `${article}?beside=${beside}`], '/articles/new': ['/articles/new', `/articles/new?language=th&of=${beside}`],
			'/help/:id': [helped], '/help/search': ['/help/search', '/help/search?q=send+back&lang=en', '/help/search?q=zzzz'],
			'/segments/:id': [segment], '/segments/new': ['/segments/new?condition=%7B%22did%22%3A7%7D', '/segments/new?join=all&what_0=did&event_0=Order+Completed&times_0=2&what_1=trait&trait_1=country'],
			'/journeys/:kind': [...(await hospes.get('/journeys/trend', secret)).body.views.map((view) => view.value), `${journey.map}&over=before`], '/journeys/designs/:id': [journey.address],
			'/journeys/:kind/behind': [`/journeys/retention/behind?cell=${encodeURIComponent('{"start":"2011-03-01","cell":1}')}`],
			'/products/:code': [product], '/customers/:id/wants': [`/customers/${customer.id}/wants`], '/customers/:id': [`/customers/${customer.id}`, `/customers/${long.id}`], '/sources/:id': [source],
			'/imports/:id': [done, await draft(page)], // Who is signed in is led on from these; the visitor's test looks at them.
			'/start/:token': [], '/sign-in': [], '/setup': [], '/join/:token': [join_],
			'/sources/connect': ['/sources/connect?family=care', '/sources/connect?stage=delivery'],
			'/subscriptions/new': ['/subscriptions/new?page=%2Fpulse'], '/mails/unsubscribe/:token': [week],
			'/customers': ['/customers', '/customers?q=nobody-is-called-so'],
		};
		paths = pageRoutes().flatMap((pattern) => {
			assert.ok(addresses[pattern] || !pattern.includes(':'), `no address for ${pattern}`);
			return (addresses[pattern] ?? [pattern]).map((address) => ({ address }));
		});
		paths.push({ address: '/no-such-page', status: 404 }, { address: '/customers/cus_0000000000000', status: 404 }, { address: `/customers/${await erasedCustomer(write)}`, status: 410 });
		for (const language of LANGUAGES) owners[language] = await hospes.addUser(`${language.toLowerCase()}@example.com`, 'owner', OWNER.password);
		session = await context.cookies();
		await context.close();
		assert.deepEqual(complaints, []);
	});

	for (const language of LANGUAGES) {
		test(language, async (t) => {
			const visitor = await openWindow(browser, { language });
			atEnd(t, () => visitor.context.close());
			const faults = [...(await look(visitor.page, hospes.address, { address: '/sign-in' }, language, sizesOfAxe(language, 0))), ...visitor.complaints];
			const { page, context, complaints } = await openWindow(browser, { language });
			atEnd(t, async () => { await context.close(); assert.deepEqual(complaints, []); });
			await signIn(page, hospes, owners[language]);
			await speak(page, hospes.address, language);
			for (const [number, path] of paths.entries()) faults.push(...(await look(page, hospes.address, path, language, sizesOfAxe(language, number))));
			assert.deepEqual(faults, []);
		});
	}

	test('who has not signed in, and who may not, see a page too', async (t) => {
		const visitor = await openWindow(browser, { language: 'fa' });
		atEnd(t, () => visitor.context.close());
		const faults = [];
		for (const path of [{ address: addresses['/join/:token'][0] }, { address: '/start/used-up-long-ago', status: 410 }])
			faults.push(...(await look(visitor.page, hospes.address, path, 'fa')));
		const agent = await hospes.addUser('agent@example.com', 'agent', 'correct horse battery staple');
		await visitor.page.goto(`${hospes.address}/sign-in`);
		await visitor.page.locator('[name=email]').fill(agent.email);
		await visitor.page.locator('[name=password]').fill(agent.password);
		await visitor.page.locator('[name=password]').press('Enter');
		await visitor.page.waitForURL((url) => url.pathname !== '/sign-in');
		faults.push(...(await look(visitor.page, hospes.address, { address: '/audit', status: 403 }, 'fa')));
		assert.deepEqual([...faults, ...visitor.complaints], []);
	});

	test('keys: ? shows them, g c goes to the customers, / searches, n writes a note', async (t) => {
		const page = await open(t, {});
		await speak(page, hospes.address, 'en');
		await page.goto(`${hospes.address}/pulse`);
		await page.keyboard.press('?');
		await page.locator('dialog#keys[open]').waitFor();
		await page.keyboard.press('Escape');
		await page.locator('dialog#keys[open]').waitFor({ state: 'hidden' });
		await page.keyboard.press('g');
		await page.keyboard.press('c');
		await page.waitForURL('**/customers');
		await page.keyboard.press('/');
		assert.equal(await page.evaluate(() => document.activeElement.getAttribute('name')), 'q');
		const { id } = await hospes.customer('user_id:ada', secret);
		await page.goto(`${hospes.address}/customers/${id}`);
		await page.keyboard.press('n');
		assert.ok(await page.locator('#entry').evaluate((entry) => entry.open && entry.contains(document.activeElement)));
		await page.locator('#entry-text').focus();
		await page.keyboard.type('Asked about the delivery of her engine');
		await page.keyboard.press('Control+Enter');
		await page.locator('#timeline').getByText('Asked about the delivery of her engine').waitFor();
	});

	test('a touchpoint sent over HTTP stands on the open profile by itself', async (t) => {
		const write = await hospes.key('write');
		const { id } = await hospes.customer('user_id:ada', secret);
		const page = await open(t, {});
		await page.goto(`${hospes.address}/customers/${id}`);
		await seenLive(page.locator('#timeline').getByText('Compiler Praised'), () => hospes.post('/v1/track', { userId: 'ada', event: 'Compiler Praised' }, write));
	});

	test('without JavaScript a note is written and a customer found', async (t) => {
		const page = await open(t, { javaScript: false });
		await page.goto(`${hospes.address}/customers`);
		await page.locator('main input[name=q]').fill('lovelace');
		await page.locator('main form button').first().click();
		await page.getByRole('link', { name: 'Ada Lovelace' }).click();
		await page.locator('#entry summary').click();
		await page.locator('#entry-text').fill('Came by in person');
		await page.locator('#entry form button').click();
		await page.locator('#timeline').getByText('Came by in person').waitFor();
	});

	test('the first page is under 100 kB', async (t) => {
		const page = await open(t, {});
		let bytes = 0;
		const client = await page.context().newCDPSession(page);
		await client.send('Network.enable');
		await client.send('Network.setCacheDisabled', { cacheDisabled: true });
		client.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
		await page.goto(`${hospes.address}/pulse`, { waitUntil: 'load' });
		assert.ok(bytes > 1000 && bytes < 100_000, `${bytes} bytes`);
	});
});
