// Pages by mail: asked for on a page of figures, drawn as their reader sees them at that moment, in their language, with a
// link that ends them without sign-in; nobody gets what they may not see.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoded, mailServer, settingsOf } from '../lib/mail.mjs';
import { forms, start, until } from '../lib/hospes.mjs';

const PASSWORD = 'the long password of everybody';

async function ready(t, more) {
	const hospes = await start(t);
	const server = await mailServer(t);
	const secret = await hospes.key('secret', '--role', 'manager');
	const write = await hospes.key('write', '--consent', 'assured');
	const at = new Date(Date.now() - 86_400_000).toISOString();
	await hospes.post('/v1/batch', { batch: [1, 2, 3].flatMap((i) => [
		{ type: 'identify', userId: `u${i}`, traits: { name: `Person Number${i}`, email: `u${i}@example.com` }, timestamp: at },
		{ type: 'track', userId: `u${i}`, event: 'Order Completed', timestamp: at, properties: { order_id: `o${i}`, revenue: 20 * i, currency: 'EUR', products: [{ product_id: 'p1', name: 'Lantern', quantity: i, price: 20 }] } },
	]) }, write);
	await hospes.applied();
	const saved = await hospes.send('/settings/mail', settingsOf(server, more), secret);
	assert.equal(saved.status, 204, saved.text);
	const people = {};
	for (const role of ['manager', 'analyst', 'agent']) {
		await hospes.addUser(`${role}@example.com`, role, PASSWORD);
		people[role] = await hospes.signIn(`${role}@example.com`, PASSWORD);
	}
	const ids = Object.fromEntries((await hospes.get('/team', await hospes.key('secret', '--role', 'owner'))).body.rows.map((row) => [row.email.split('@')[0], row.id]));
	return { hospes, server, secret, people, ids };
}

/** Fills the page's own form. */
async function subscribe(session, page, values) {
	const html = await (await session.get(`/subscriptions/new?page=${encodeURIComponent(page)}`)).text();
	const form = forms(html).find((each) => each.action === '/subscriptions');
	assert.ok(form, html.slice(0, 2000));
	return session.post('/subscriptions', { ...form.fields, weekday: '0', hour: '7', ...values });
}

const rowOf = async (hospes, secret, id) => (await hospes.get('/subscriptions', secret)).body.rows.find((row) => row.id === id);

async function sendNow(hospes, secret, id) {
	const answer = await hospes.send(`/subscriptions/${id}/send`, {}, secret);
	assert.equal(answer.status, 204, answer.text);
}

test('a page is asked for where it stands, arrives as text and tables in the reader’s language, and ends by one click', async (t) => {
	const { hospes, server, secret, people } = await ready(t);
	const { analyst } = people;
	const csrf = (await (await analyst.get('/me')).text()).match(/name="csrf" value="([^"]+)"/)[1];
	await analyst.post('/preferences', { csrf, lang: 'fa', back: '/me' });
	assert.match(await (await analyst.get('/pulse?period=30')).text(), /href="\/subscriptions\/new\?page=%2Fpulse%3Fperiod%3D30"/);
	assert.ok(!(await (await analyst.get('/customers')).text()).includes('/subscriptions/new'), 'customers are not sent by mail');
	assert.equal((await subscribe(analyst, '/pulse')).status, 303);
	const [row] = (await hospes.get('/subscriptions', secret)).body.rows;
	assert.deepEqual([row.address, row.recipient, row.outcome], ['/pulse', 'analyst@example.com', null]);
	const next = new Date(row.next);
	assert.deepEqual([next.getUTCDay(), next.getUTCHours(), next > new Date()], [1, 7, true]);
	await sendNow(hospes, secret, row.id);
	const [mail] = await server.arrived(1);
	const { subject, text, html } = decoded(mail.raw);
	assert.match(subject, /نبض/);
	assert.match(html, /<div dir="rtl" lang="fa"/);
	assert.match(html, /<table/);
	assert.match(html, /<a href="https:\/\/cx\.example\.com\/pulse"/);
	assert.ok(!/<(form|script|svg|button|input|img|link|nav)\b|hx-|class=/.test(html), html);
	assert.ok(text.includes('https://cx.example.com/pulse') && /[۰-۹]/.test(text), text);
	const link = /^<(https:\/\/cx\.example\.com(\/mails\/unsubscribe\/[\w.-]+))>$/.exec(mail.headers['list-unsubscribe']);
	assert.ok(link, mail.raw.slice(0, 1500));
	assert.ok(html.includes(link[1]) && text.includes(link[1]), text);
	assert.equal(mail.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click');
	await until('it to be told as sent', async () => (await rowOf(hospes, secret, row.id)).outcome === 'sent');
	assert.equal((await rowOf(hospes, secret, row.id)).next, row.next, 'the next one is next week as before');
	const look = await hospes.fetch(link[2], { headers: { accept: 'text/html' } });
	assert.equal(look.status, 200);
	assert.ok(await rowOf(hospes, secret, row.id), 'looking at the page ends nothing');
	const click = () => hospes.fetch(link[2], { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'List-Unsubscribe=One-Click' });
	assert.equal((await click()).status, 200);
	assert.equal(await rowOf(hospes, secret, row.id), undefined);
	assert.equal((await click()).status, 200, 'a second click is no error');
	assert.equal((await hospes.fetch(link[2].slice(0, -2) + 'xx', { method: 'POST' })).status, 410);
	assert.equal(server.taken().length, 1);
});

test('a manager subscribes a colleague; who was demoted or removed gets nothing', async (t) => {
	const { hospes, server, secret, people, ids } = await ready(t);
	const owner = await hospes.key('secret', '--role', 'owner');
	assert.equal((await people.agent.get('/subscriptions')).status, 403);
	assert.equal((await subscribe(people.analyst, '/areas', { person: ids.manager })).status, 422);
	assert.equal((await subscribe(people.manager, '/areas', { person: ids.agent })).status, 422, 'an agent may not see figures');
	assert.equal((await subscribe(people.manager, '/areas', { person: ids.analyst, weekday: '6', hour: '23' })).status, 303);
	const seen = await people.analyst.json('/subscriptions');
	assert.deepEqual(seen.body.rows.map((row) => [row.address, row.is_yours]), [['/areas', true]]);
	const { id } = seen.body.rows[0];
	await hospes.send(`/team/${ids.analyst}/role`, { role: 'agent' }, owner);
	await sendNow(hospes, secret, id);
	await until('the denial to be told', async () => (await rowOf(hospes, secret, id)).outcome === 'denied');
	await hospes.send(`/team/${ids.analyst}/role`, { role: 'analyst' }, owner);
	await sendNow(hospes, secret, id);
	await server.arrived(1);
	await hospes.send(`/team/${ids.analyst}/remove`, {}, owner);
	assert.equal((await hospes.send(`/subscriptions/${id}/send`, {}, secret)).status, 204);
	await until('it to end with its reader', async () => (await hospes.send(`/subscriptions/${id}/send`, {}, secret)).status === 404);
	assert.equal(server.taken().length, 1);
});

test('figures are sent, the people behind them are not; what is no page of figures is refused with its reason', async (t) => {
	const { hospes, server, secret, ids } = await ready(t, { address: 'http://console.example' });
	for (const page of ['/customers', '/settings/mail', '/nothing', '/pulse.json', 'pulse', '//elsewhere.example', '/journeys']) {
		const answer = await hospes.send('/subscriptions', { page, person: ids.manager, weekday: '1', hour: '8' }, secret);
		assert.equal(answer.status, 422, `${page}: ${answer.text}`);
	}
	assert.equal((await hospes.send('/subscriptions', { page: '/products/unknown', person: ids.manager, weekday: '1', hour: '8' }, secret)).status, 404);
	const faults = (await hospes.send('/subscriptions', { page: '/pulse', person: 'nobody', weekday: '7', hour: '24' }, secret)).body.faults;
	assert.deepEqual(faults.map((fault) => fault.field).sort(), ['hour', 'person', 'weekday']);
	assert.match(await (await hospes.fetch('/products/p1', { headers: { authorization: `Bearer ${secret}`, accept: 'text/html' } })).text(), /Person Number3/);
	assert.equal((await hospes.send('/subscriptions', { page: '/products/p1', person: ids.manager, weekday: '1', hour: '8' }, secret)).status, 204);
	const [row] = (await hospes.get('/subscriptions', secret)).body.rows;
	assert.equal((await hospes.send('/subscriptions', { page: '/products/p1', person: ids.manager, weekday: '2', hour: '9' }, secret)).status, 204);
	assert.equal((await rowOf(hospes, secret, row.id)).when.args.day, 'Wednesday', 'a second time changes it');
	await sendNow(hospes, secret, row.id);
	const [mail] = await server.arrived(1);
	const { html, text } = decoded(mail.raw);
	assert.ok(html.includes('Lantern') && text.includes('Lantern'));
	assert.ok(!mail.raw.includes('Person') && !html.includes('Person Number') && !text.includes('Person Number'));
	assert.equal(mail.headers['list-unsubscribe-post'], undefined, 'one click needs https');
	assert.equal((await hospes.send(`/subscriptions/${row.id}/remove`, {}, secret)).status, 204);
	assert.equal((await hospes.send(`/subscriptions/${row.id}/restore`, {}, secret)).status, 204);
	assert.ok(await rowOf(hospes, secret, row.id));
	assert.equal((await hospes.send(`/subscriptions/${row.id}/restore`, {}, secret)).status, 404);
});
