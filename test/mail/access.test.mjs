// Coming in by mail: who forgot their password gets a link that works once; for an address of nobody the answer is the same
// and nothing is sent; an invitation goes to whom it is for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoded, mailServer, settingsOf } from '../lib/mail.mjs';
import { Session, start, until } from '../lib/hospes.mjs';

const OLD = 'the old password of ada', NEW = 'the new password of ada';
const pathOf = (mail) => /https:\/\/cx\.example\.com(\/join\/[\w-]+)/.exec(decoded(mail.raw).text)[1];

async function ask(hospes, email) {
	const session = new Session(hospes);
	return session.submit(await (await session.get('/sign-in/forgot')).text(), { email });
}

test('a forgotten password is chosen anew by a link of a mail; an invitation is mailed', async (t) => {
	const hospes = await start(t);
	const server = await mailServer(t);
	const owner = await hospes.key('secret', '--role', 'owner');
	await hospes.addUser('ada@example.com', 'owner', OLD);
	assert.ok(!(await (await hospes.fetch('/sign-in/forgot', { headers: { accept: 'text/html' } })).text()).includes('name="email"'), 'nothing to send while mail is off');
	assert.equal((await hospes.send('/settings/mail', settingsOf(server), owner)).status, 204);
	const known = await ask(hospes, 'Ada@Example.com'), unknown = await ask(hospes, 'nobody-here@example.com');
	const shown = async (answer) => (await answer.text()).replace(/name="csrf" value="[^"]*"/g, '');
	assert.deepEqual([known.status, unknown.status], [200, 200]);
	assert.equal(await shown(known), await shown(unknown));
	const [mail] = await server.arrived(1);
	assert.equal(mail.to, 'ada@example.com');
	assert.equal(mail.headers['list-unsubscribe'], undefined, 'one asked for it');
	const join = pathOf(mail), session = new Session(hospes);
	assert.equal((await session.submit(await (await session.get(join)).text(), { name: 'Ada', password: NEW })).status, 303);
	assert.equal((await new Session(hospes).get(join)).status, 410, 'it works once');
	await hospes.signIn('ada@example.com', NEW);
	await assert.rejects(hospes.signIn('ada@example.com', OLD));
	const invited = await hospes.send('/team/invitations', { email: 'ben@example.com', name: 'Ben', role: 'analyst' }, owner);
	assert.equal(invited.body.is_mailed, true);
	const [, invitation] = await server.arrived(2);
	assert.equal(invitation.to, 'ben@example.com');
	assert.ok(invited.body.new_link.endsWith(pathOf(invitation)));
	const ben = new Session(hospes);
	assert.equal((await ben.submit(await (await ben.get(pathOf(invitation))).text(), { name: 'Ben', password: NEW })).status, 303);
	await until('all to be written down', async () => (await hospes.get('/mails?state=sent', owner)).body.rows.length === 2);
	assert.deepEqual((await hospes.get('/mails', owner)).body.rows.map((row) => row.kind), ['invitation', 'password']);
	assert.equal(server.taken().length, 2);
	for (const address of ['ada@example.com', 'ben@example.com', 'nobody-here@example.com', join.slice(6)]) assert.ok(!hospes.log.includes(address), 'no address and no link stands in the log');
	assert.equal((await hospes.send('/sign-in/forgot', { email: 'no address' }, owner)).status, 422);
});

test('asking for links is slowed down as guessing passwords is', async (t) => {
	const hospes = await start(t);
	const server = await mailServer(t);
	const owner = await hospes.key('secret', '--role', 'owner');
	await hospes.send('/settings/mail', settingsOf(server), owner);
	const statuses = [];
	for (let i = 0; i < 11; i++) statuses.push((await hospes.send('/sign-in/forgot', { email: 'ada@example.com' }, owner)).status);
	assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.at(-1)], [10, 429]);
});
