// People: what each role may open, invitations, the last owner, ended sessions, the owner's link, throttling, audit rows.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { forms, PROGRAM, ROOT, Session, start } from '../lib/hospes.mjs';

const ROLES = { agent: 'A', analyst: 'Y', manager: 'M', owner: 'O' };
const password = (role) => `the long password of the ${role}`;

/** The table of roles and the table of routes, as the program itself reads them. */
const permissions = Object.fromEntries([...readFileSync(join(ROOT, 'tables/permissions.def'), 'utf8').matchAll(/^PERMISSION\((\w+), "(\w+)"/gm)].map(([, name, roles]) => [name, roles]));
const routes = [...readFileSync(join(ROOT, 'tables/routes.def'), 'utf8').matchAll(/^ROUTE\((\w+), "([^"]+)", (\w+), (\w+)/gm)].map(([, method, path, , permission]) => ({ method, path, permission }));

async function enter(hospes, role) {
	await hospes.addUser(`${role}@example.com`, role, password(role));
	return hospes.signIn(`${role}@example.com`, password(role));
}

async function formOf(session, page, action) {
	const form = forms(await (await session.get(page)).text()).find((each) => each.method === 'POST' && action.test(each.action));
	assert.ok(form, `${page} holds a form for ${action}`);
	return form;
}

async function send(session, page, action, values = {}) {
	const form = await formOf(session, page, action);
	return session.post(form.action, { ...form.fields, ...values });
}

async function ownerLink(hospes) {
	const found = /\/start\/[\w-]+/.exec(hospes.output);
	assert.ok(found, hospes.output);
	return found[0];
}

test('each role may take each route exactly as the tables say', async (t) => {
	const hospes = await start(t);
	assert.ok(routes.length > 20 && Object.keys(permissions).length > 10);
	for (const [role, letter] of Object.entries(ROLES)) {
		const key = await hospes.key('secret', '--role', role);
		for (const { method, path, permission } of routes) {
			if (path.startsWith('/sign-') || path === '/preferences' || ['/listening/sources/:id/mentions', '/sms/receipts', '/sms/replies'].includes(path)) continue; // who else may, by a write key or a signature, is tried in test/listen and test/sms
			const address = path.replace(/:\w+/g, 'none');
			const answer = await hospes.fetch(address, { method, headers: { authorization: `Bearer ${key}`, accept: 'application/json', ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) }, ...(method === 'GET' ? {} : { body: '{"rubbish":1}' }) });
			await answer.arrayBuffer();
			const denied = permissions[permission] !== undefined && !permissions[permission].includes(letter);
			if (denied) assert.equal(answer.status, 403, `${role}: ${method} ${path}`);
			else assert.ok(answer.status !== 401 && answer.status < 500 && (answer.status !== 403 || path === '/setup'), `${role}: ${method} ${path} → ${answer.status}`);
		}
	}
	for (const { method, path, permission } of routes) {
		if (['ANYBODY', 'BY_LINK', 'IN_FRAME'].includes(permission)) continue;
		const address = path.replace(/:\w+/g, 'none');
		const answer = await hospes.fetch(address, { method, headers: { accept: 'application/json' }, ...(method === 'GET' ? {} : { body: '{}' }) });
		assert.equal(answer.status, 401, `nobody: ${method} ${path}`);
	}
});

test('the owner’s link signs in once, leads to set-up, and is worth nothing after', async (t) => {
	const hospes = await start(t);
	const link = await ownerLink(hospes);
	const session = new Session(hospes);
	const answer = await session.get(link);
	assert.equal(answer.status, 303);
	assert.equal(answer.headers.get('location'), '/setup');
	assert.equal((await session.get('/setup')).status, 200);
	const second = new Session(hospes);
	assert.equal((await second.get(link)).status, 410);
	assert.equal((await second.get('/setup')).status, 303);
	assert.equal((await second.get('/start/AAAA')).status, 410);
});

test('set-up keeps what was typed when refused, is done once, and the owner then signs in by password', async (t) => {
	const hospes = await start(t);
	const session = new Session(hospes);
	await session.get(await ownerLink(hospes));
	const values = { organisation: 'Ἑστία & Co', time_zone: 'Europe/Athens', currency: 'EUR', country: 'GR', colour: 'moss', name: 'Δάφνη', email: 'Daphne@Example.com', password: 'short' };
	const refused = await session.submit(await (await session.get('/setup')).text(), values);
	const page = await refused.text();
	assert.equal(refused.status, 422);
	assert.match(page, /value="Ἑστία &amp; Co"/);
	assert.match(page, /value="Europe\/Athens" selected/);
	assert.doesNotMatch(page, /value="short"/);
	const done = await session.submit(page, { ...values, password: 'a password of some length' });
	assert.equal(done.status, 303);
	assert.equal((await session.get('/setup')).headers.get('location'), '/settings');
	const again = await hospes.signIn('daphne@example.com', 'a password of some length');
	const settings = await again.json('/settings');
	assert.equal(settings.body.organisation.value, 'Ἑστία & Co');
	assert.equal(settings.body.zones.find((each) => each.is_selected).value, 'Europe/Athens');
	const audit = (await again.json('/audit')).body;
	for (const what of ['audit_set_up', 'audit_time_zone_changed', 'audit_signed_in_by_link', 'audit_signed_in']) assert.ok(JSON.stringify(audit).includes(what), what);
});

test('an invitation is taken once, with a password of some length, and its role', async (t) => {
	const hospes = await start(t);
	const owner = await enter(hospes, 'owner');
	const made = await send(owner, '/team', /\/team\/invitations$/, { email: 'mina@example.com', name: 'Mina', role: 'analyst' });
	const page = await made.text();
	assert.equal(made.status, 200);
	assert.match(made.headers.get('cache-control'), /no-store/);
	const link = /\/join\/[\w-]+/.exec(page)[0];
	assert.doesNotMatch(await (await owner.get('/team')).text(), /\/join\//, 'shown once');
	const mina = new Session(hospes);
	const form = await (await mina.get(link)).text();
	assert.equal((await mina.submit(form, { name: 'Mina', password: 'too short' })).status, 422);
	assert.equal((await mina.submit(form, { name: 'Mina', password: 'long enough for us' })).status, 303);
	assert.equal((await mina.json('/me')).body.role, 'analyst');
	assert.equal((await new Session(hospes).get(link)).status, 410);
	assert.equal((await mina.get('/audit')).status, 403);

	const refused = await send(owner, '/team', /\/team\/invitations$/, { email: 'no address', name: 'X', role: 'emperor' });
	assert.equal(refused.status, 422);
	assert.match(await refused.text(), /value="no address"/);

	// For somebody known it is a link to a new password, which ends their sessions and keeps their role.
	const reset = /\/join\/[\w-]+/.exec(await (await send(owner, '/team', /\/team\/invitations$/, { email: 'MINA@example.com', name: '', role: 'owner' })).text())[0];
	const other = new Session(hospes);
	assert.equal((await other.submit(await (await other.get(reset)).text(), { name: 'Mina', password: 'another long password' })).status, 303);
	assert.equal((await other.json('/me')).body.role, 'analyst');
	assert.equal((await mina.get('/me')).status, 303);

	const withdrawn = /\/join\/[\w-]+/.exec(await (await send(owner, '/team', /\/team\/invitations$/, { email: 'x@example.com', name: '', role: 'agent' })).text())[0];
	assert.equal((await send(owner, '/team', /\/invitations\/.*\/end$/)).status, 303);
	assert.equal((await new Session(hospes).get(withdrawn)).status, 410);
});

test('roles change at once, sessions end at once, a removal can be undone, and the last owner stays', async (t) => {
	const hospes = await start(t);
	const owner = await enter(hospes, 'owner');
	const agent = await enter(hospes, 'agent');
	const rows = (await owner.json('/team')).body.rows;
	const [boss, clerk] = [rows.find((row) => row.role === 'owner'), rows.find((row) => row.role === 'agent')];
	assert.equal((await agent.get('/audit')).status, 403);
	const only = (action) => new RegExp(`^${action}$`);
	assert.equal((await send(owner, '/team', only(clerk.save), { role: 'manager' })).status, 303);
	assert.equal((await agent.get('/audit')).status, 200);
	assert.equal((await send(owner, '/team', only(clerk.end_sessions))).status, 303);
	assert.equal((await agent.get('/me')).status, 303);
	assert.equal((await send(owner, '/team', only(boss.save), { role: 'agent' })).status, 303);
	assert.equal((await owner.json('/team')).body.rows.find((row) => row.id === boss.id).role, 'owner');
	const key = await hospes.key('secret', '--role', 'owner');
	assert.equal((await hospes.send(boss.remove, {}, key)).status, 409);
	assert.equal((await hospes.send(boss.save, { role: 'agent' }, key)).status, 409);
	assert.equal((await send(owner, '/team', only(clerk.remove))).status, 303);
	assert.equal((await owner.json('/team')).body.rows.length, 1);
	assert.equal((await new Session(hospes).submit(await (await new Session(hospes).get('/sign-in')).text(), { email: 'agent@example.com', password: password('agent') }, '/sign-in')).status, 403, 'no cookie, no form');
	assert.equal((await send(owner, '/team', /\/restore$/)).status, 303, 'the notice undoes it');
	assert.equal((await owner.json('/team')).body.rows.length, 2);
	await hospes.signIn('agent@example.com', password('agent'));
	const kinds = (await owner.json('/audit')).body.rows.map((row) => row.text.args?.what ?? row.text.key);
	for (const what of ['audit_role_changed', 'audit_sessions_ended', 'audit_person_removed', 'audit_person_restored']) assert.ok(JSON.stringify(kinds).includes(what), what);
});

test('a password is changed with the old one, and every other session ends', async (t) => {
	const hospes = await start(t);
	const one = await enter(hospes, 'manager');
	const two = await hospes.signIn('manager@example.com', password('manager'));
	assert.equal((await send(one, '/me', /\/me\/password$/, { old_password: 'not the old one', password: 'a new long password' })).status, 422);
	assert.equal((await two.get('/me')).status, 200);
	const before = one.cookies.get('session');
	assert.equal((await send(one, '/me', /\/me\/password$/, { old_password: password('manager'), password: 'a new long password' })).status, 303);
	assert.notEqual(one.cookies.get('session'), before);
	assert.equal((await one.get('/me')).status, 200);
	assert.equal((await two.get('/me')).status, 303);
	await hospes.signIn('manager@example.com', 'a new long password');
	assert.equal((await one.json('/me')).body.sessions.length, 2);
	assert.equal((await send(one, '/me', /\/me\/sessions\/ses_\w+\/end$/)).status, 303);
	assert.equal((await one.json('/me')).body.sessions.length, 1);
	const third = await hospes.signIn('manager@example.com', 'a new long password');
	assert.equal((await third.get('/me')).status, 200);
	assert.equal((await send(one, '/me', /\/me\/sessions\/end$/)).status, 303);
	assert.equal((await third.get('/me')).status, 303, 'one\'s others end');
	assert.equal((await one.json('/me')).body.sessions.length, 1, 'and this one stays');
	assert.equal((await send(one, '/me', /\/me$/, { name: 'Μαρία', lang: 'el', calendar: '' })).status, 303);
	assert.match(await (await one.get('/me')).text(), /<html lang="el"/);
});

test('tries are counted per e-mail and per address, side by side too, and a right password takes them away', async (t) => {
	const hospes = await start(t);
	await hospes.addUser('ann@example.com', 'agent', password('agent'));
	const guess = async (email, given) => {
		const session = new Session(hospes);
		return session.submit(await (await session.get('/sign-in')).text(), { email, password: given });
	};
	for (let i = 0; i < 9; i++) assert.equal((await guess('ann@example.com', `guess ${i}`)).status, 422);
	assert.equal((await guess('ann@example.com', password('agent'))).status, 303);
	const many = await Promise.all(Array.from({ length: 16 }, (_, i) => guess(`nobody${i}@example.com`, 'guess')));
	const statuses = many.map((answer) => answer.status);
	assert.equal(statuses.filter((status) => status === 422).length <= 10, true, statuses.join());
	for (let i = 0; i < 12; i++) await guess(`other${i}@example.com`, 'guess');
	const held = await guess('ann@example.com', password('agent'));
	assert.equal(held.status, 429, 'the address has to wait');
	assert.ok(Number(held.headers.get('retry-after')) > 0);
	assert.ok((await hospes.metric('hospes_sign_ins_failed_total')) >= 20);
	assert.equal(await hospes.metric('hospes_sign_ins_total'), 1);
});

test('preferences follow a person, and lead back only to paths of this server', async (t) => {
	const hospes = await start(t);
	const session = await enter(hospes, 'agent');
	const back = async (to) => (await send(session, '/me', /\/preferences$/, { back: to, lang: 'fa' })).headers.get('location');
	assert.equal(await back('/me?x=1'), '/me?x=1');
	for (const evil of ['//evil.example', 'https://evil.example', '/\\evil.example', '/me\r\nX: y', 'me']) assert.equal(await back(evil), '/', evil);
	const page = await (await (await hospes.signIn('agent@example.com', password('agent'))).get('/me')).text();
	assert.match(page, /<html lang="fa" dir="rtl"/);
	const nobody = new Session(hospes);
	const form = await nobody.get('/sign-in?to=//evil.example');
	assert.equal(forms(await form.text()).find((each) => each.action === '/sign-in').fields.to, '');
});

test('settings keep what was typed, name what is wrong, and are written down when they change', async (t) => {
	const hospes = await start(t);
	const manager = await enter(hospes, 'manager');
	const page = await (await manager.get('/settings')).text();
	const wrong = await manager.submit(page, { organisation: ' ', time_zone: 'Mars/Olympus', currency: 'XXQ', country: '', colour: 'teal', language: 'en' });
	assert.equal(wrong.status, 422);
	const body = await wrong.text();
	for (const name of ['organisation', 'time_zone', 'currency']) assert.match(body, new RegExp(`href="#${name}"`));
	const right = await manager.submit(page, { organisation: 'Harbour', time_zone: 'Asia/Bangkok', currency: 'THB', country: 'TH', colour: 'plum', language: 'th' });
	assert.equal(right.status, 303);
	const row = (await manager.json('/audit?what=time_zone_changed')).body.rows[0];
	assert.equal(row.before, 'UTC');
	assert.equal(row.after, 'Asia/Bangkok');
	assert.equal((await manager.json('/audit?from=1999-01-01&to=1999-02-01')).body.rows.length, 0);
	const agent = await enter(hospes, 'agent');
	assert.equal((await agent.json('/settings')).body.may_write, false);
});

test('a purpose is added once, other names answer for one purpose only', async (t) => {
	const hospes = await start(t);
	const manager = await enter(hospes, 'manager');
	const add = (name, title) => send(manager, '/settings/purposes', /\/settings\/purposes$/, { name, title });
	assert.equal((await add('Bad Name', 'x')).status, 422);
	assert.equal((await add('partner_ads', 'Partners')).status, 303);
	assert.equal((await add('partner_ads', 'Partners')).status, 422);
	const save = (name, aliases) => send(manager, '/settings/purposes', new RegExp(`/purposes/${name}$`), { aliases });
	assert.equal((await save('partner_ads', 'statistics')).status, 422);
	assert.equal((await save('partner_ads', 'third_party_ads, affiliates')).status, 303);
	const write = await hospes.key('write', '--consent', 'carried');
	const consent = { consent: { categoryPreferences: { Affiliates: true, Necessary: true, unheard_of: true } } };
	assert.equal((await hospes.post('/v1/batch', { batch: [{ type: 'track', userId: 'u1', event: 'Order Completed', messageId: 'm1', context: consent }] }, write)).status, 200);
	const rows = async () => (await manager.json('/settings/purposes')).body;
	await t.test('consent counts for it', async () => {
		let seen;
		for (let i = 0; i < 50; i++) {
			seen = await rows();
			if (seen.rows.find((row) => row.name === 'partner_ads').customers === 1) break;
			await new Promise((done) => setTimeout(done, 100));
		}
		assert.equal(seen.rows.find((row) => row.name === 'partner_ads').customers, 1);
		assert.ok(seen.unknown.some((name) => /unheard/i.test(name)), JSON.stringify(seen.unknown));
	});
});

test('an event that is filed anew moves in the figures, and back again', async (t) => {
	const hospes = await start(t);
	const manager = await enter(hospes, 'manager');
	const secret = await hospes.key('secret');
	const write = await hospes.key('write');
	const batch = Array.from({ length: 3 }, (_, i) => ({ type: 'track', userId: 'u1', event: 'Porch Visit', messageId: `m${i}`, timestamp: '2011-03-01T10:00:00Z' }));
	assert.equal((await hospes.post('/v1/batch', { batch }, write)).status, 200);
	const ask = async () => (await hospes.query({ kind: 'trend', event: 'Porch Visit', measure: 'events', interval: 'month', by: 'family' }, secret));
	const row = async () => (await manager.json('/settings/touchpoints?q=porch')).body.rows[0];
	assert.equal((await row()).volume, 3);
	assert.equal((await row()).is_changed, false);
	const form = { event: 'Porch Visit', family: 'store', stage: 'consideration', channel: 'shop', by: 'partner' };
	assert.equal((await hospes.send('/settings/touchpoints', { ...form, family: 'nonsense' }, secret)).status, 422);
	assert.equal((await send(manager, '/settings/touchpoints?q=porch', /touchpoints$/, form)).status, 303);
	assert.equal((await row()).families.find((each) => each.is_selected).value, 'store');
	assert.match(JSON.stringify(await ask()), /store/);
	assert.equal((await hospes.send('/settings/touchpoints/reset', { event: 'Porch Visit' }, secret)).status, 204);
	assert.equal((await row()).is_changed, false);
});

test('hospes user add says what is wrong, and prints a link when no password comes', async (t) => {
	const hospes = await start(t);
	const bad = [['--email', 'nobody', '--role', 'agent'], ['--email', 'a@example.com', '--role', 'emperor'], ['--email', 'a@example.com']];
	for (const words of bad) assert.notEqual((await hospes.cli(['user', 'add', ...words])).code, 0, words.join(' '));
	const link = (await hospes.ok(['user', 'add', '--email', 'a@example.com', '--role', 'agent'])).trim();
	assert.match(link, /^\/join\/[\w-]{40,}$/);
	const session = new Session(hospes);
	assert.equal((await session.submit(await (await session.get(link)).text(), { name: 'A', password: 'long enough for us' })).status, 303);
	assert.ok(execFileSync(PROGRAM, ['help'], { encoding: 'utf8' }).includes('user'));
});
