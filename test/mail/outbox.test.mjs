// The outbox: what is put is sent once to a real SMTP server, over TLS and without, refused, put off, held while
// the server is down, and after the program was killed; the settings and the page of what was sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { certificate, decoded, mailServer, settingsOf } from '../lib/mail.mjs';
import { prepare, start, until } from '../lib/hospes.mjs';

const PASSWORD = 'the long password of the owner';

/** A workspace whose owner has this address, and their session. */
async function owned(t, email = 'ada@example.com') {
	const hospes = await start(t);
	const secret = await hospes.key('secret', '--role', 'manager');
	await hospes.addUser(email, 'owner', PASSWORD);
	return { hospes, secret, owner: await hospes.signIn(email, PASSWORD) };
}

async function setUp(hospes, secret, server, more) {
	const answer = await hospes.send('/settings/mail', settingsOf(server, more), secret);
	assert.equal(answer.status, 204, answer.text);
}

async function testMail(owner) {
	const page = await (await owner.get('/settings/mail')).text();
	const form = page.match(/action="\/settings\/mail\/test"[^]*?name="csrf" value="([^"]+)"/);
	assert.ok(form, 'the page offers a test');
	const answer = await owner.post('/settings/mail/test', { csrf: form[1] });
	assert.equal(answer.status, 303);
}

/** The newest mail, once it is in the state. */
function newest(hospes, secret, state) {
	return until(`the newest mail to be ${state}`, async () => {
		const { body } = await hospes.get('/mails', secret);
		return body.rows[0]?.state === state && body.rows[0];
	});
}

test('nothing leaves unasked; set up, a test mail arrives whole and the page tells the server’s answer', async (t) => {
	const { hospes, secret, owner } = await owned(t);
	const server = await mailServer(t);
	const off = (await hospes.get('/settings/mail', secret)).body;
	assert.equal(off.is_on, false);
	assert.equal((await hospes.get('/mails', secret)).body.rows.length, 0);
	assert.equal((await owner.request('/settings/mail/test', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', origin: hospes.address }, body: '{}' })).status, 403);
	await setUp(hospes, secret, server);
	await testMail(owner);
	const [mail] = await server.arrived(1);
	assert.deepEqual([mail.from, mail.to], ['cx@example.com', 'ada@example.com']);
	assert.equal(mail.headers['auto-submitted'], 'auto-generated');
	assert.match(mail.headers['message-id'], /^<mai_[0-9a-z]{13}@example\.com>$/);
	assert.ok(!mail.raw.replaceAll('\r\n', '').includes('\n'), 'every line ends in CRLF');
	assert.ok(mail.raw.split('\r\n').every((line) => Buffer.byteLength(line) <= 998), 'no line is too long');
	const { subject, from, type, text, html } = decoded(mail.raw);
	assert.equal(type, 'multipart/alternative');
	assert.equal(subject, 'Test mail from Hospes');
	assert.equal(from, 'Harbour Lane <cx@example.com>');
	assert.match(text, /127\.0\.0\.1[^]*https:\/\/cx\.example\.com\/settings\/mail/);
	assert.match(html, /<html lang="en" dir="ltr">/);
	const row = await newest(hospes, secret, 'sent');
	assert.equal(row.code, 250);
	assert.match(row.answer, /taken as 1/);
	assert.match(await (await owner.get('/settings/mail')).text(), /taken as 1/);
	const found = async (query) => (await hospes.get(`/mails?${query}`, secret)).body.rows.length;
	assert.deepEqual(await Promise.all(['q=ADA', 'q=nobody', 'state=sent', 'state=failed', 'kind=test'].map(found)), [1, 0, 1, 0, 1]);
	assert.equal((await hospes.get('/mails?state=lost', secret)).status, 422);
	assert.ok(!hospes.log.includes('ada@example.com'), 'no address stands in the log');
	const audit = (await hospes.get('/audit', await hospes.key('secret', '--role', 'owner'))).body.rows.map((row_) => row_.text.args?.what?.key ?? row_.text.key);
	assert.ok(audit.includes('audit_mail_settings_changed') && audit.includes('audit_mail_test_sent'), audit.join());
});

test('Persian is sent right to left, and a name cannot bring a header in', async (t) => {
	const { hospes, secret, owner } = await owned(t);
	const server = await mailServer(t);
	const { csrf } = { csrf: (await (await owner.get('/me')).text()).match(/name="csrf" value="([^"]+)"/)[1] };
	await owner.post('/preferences', { csrf, lang: 'fa', back: '/me' });
	assert.equal((await hospes.send('/settings/mail', settingsOf(server, { sender_name: 'Harbour\r\nBcc: eve@example.com' }), secret)).status, 422);
	assert.equal((await hospes.send('/settings/mail', settingsOf(server, { sender: 'a@example.com>\r\nBcc: <eve@example.com' }), secret)).status, 422);
	await setUp(hospes, secret, server, { sender_name: 'Ἑστία, «Λιμάνι»; Bcc: eve@example.com' });
	await testMail(owner);
	const [mail] = await server.arrived(1);
	assert.equal(mail.headers.bcc, undefined);
	const { subject, from, html, text } = decoded(mail.raw);
	assert.match(subject, /^ایمیل آزمایشی از \u2068?Hospes\u2069?$/);
	assert.ok(from.includes('Ἑστία'), from);
	assert.match(html, /<div dir="rtl" lang="fa"/);
	assert.match(text, /تنظیمات/);
});

test('over STARTTLS and TLS with sign-in; a wrong certificate or password is told and holds the mail', async (t) => {
	const { hospes, secret, owner } = await owned(t);
	const { files, authority } = certificate(mkdtempSync(join(hospes.dir, 'cert-')));
	const server = await mailServer(t, ['--starttls', ...files, '--auth', 'cx', 'right']);
	const secure = await mailServer(t, ['--tls', ...files]);
	await setUp(hospes, secret, server, { security: 'starttls', user: 'cx', password: 'right' });
	await testMail(owner);
	const trouble = await until('the certificate to be refused', async () => (await hospes.get('/settings/mail', secret)).body.outage);
	assert.match(trouble.args.answer, /certificate/i);
	await setUp(hospes, secret, server, { security: 'starttls', user: 'cx', password: 'wrong', authority });
	const denied = await until('the password to be refused', async () => (await hospes.get('/settings/mail', secret)).body.outage);
	assert.match(denied.args.answer, /^535/);
	assert.equal(server.taken().length, 0);
	await setUp(hospes, secret, server, { security: 'starttls', user: 'cx', password: 'right', authority });
	const [mail] = await server.arrived(1);
	assert.equal(mail.headers['x-tls'], 'True');
	await newest(hospes, secret, 'sent');
	await setUp(hospes, secret, secure, { security: 'tls', authority });
	await testMail(owner);
	await secure.arrived(1);
	const shown = await hospes.get('/settings/mail', secret);
	assert.ok(!shown.text.includes('right'), 'a password is never told');
	assert.equal(shown.body.has_password, false);
	assert.ok(!hospes.log.includes('right'));
});

test('a stored password does not go to another server', async (t) => {
	const { hospes, secret } = await owned(t);
	const given = { host: 'localhost', port: '2525', security: 'none', user: 'cx', password: 'kept', sender: 'cx@example.com', address: 'https://cx.example.com' };
	assert.equal((await hospes.send('/settings/mail', given, secret)).status, 204);
	const refused = await hospes.send('/settings/mail', { ...given, password: '', host: 'elsewhere.example', security: 'tls' }, secret);
	assert.deepEqual([refused.status, refused.body.faults.map((fault) => fault.field)], [422, ['password']]);
	assert.equal((await hospes.send('/settings/mail', { ...given, host: 'elsewhere.example' }, secret)).body.faults[0].field, 'security');
	assert.equal((await hospes.send('/settings/mail', { ...given, password: '', sender_name: 'Same server' }, secret)).status, 204);
	assert.equal((await hospes.get('/settings/mail', secret)).body.has_password, true);
	const faults = (await hospes.send('/settings/mail', { host: 'no host', port: '0', security: 'some', sender: 'x', address: 'ftp://x', authority: 'no' }, secret)).body.faults.map((fault) => fault.field);
	assert.deepEqual(faults.sort(), ['address', 'authority', 'host', 'port', 'security', 'sender']);
	assert.equal((await hospes.send('/settings/mail', { host: '' }, secret)).status, 204);
	assert.equal((await hospes.get('/settings/mail', secret)).body.is_on, false);
});

test('a refusal for good is told and not tried again: of the recipient, by policy, of the text', async (t) => {
	const { hospes, secret } = await owned(t);
	const server = await mailServer(t);
	await setUp(hospes, secret, server);
	for (const [name, state, code] of [['nobody', 'bounced', 550], ['policy', 'failed', 554], ['spam', 'failed', 554]]) {
		await hospes.addUser(`${name}@example.com`, 'manager', PASSWORD);
		await testMail(await hospes.signIn(`${name}@example.com`, PASSWORD));
		const row = await newest(hospes, secret, state);
		assert.deepEqual([row.recipient, row.code, row.attempts, row.is_repeated], [`${name}@example.com`, code, 1, false]);
	}
	const { rows: [spam] } = (await hospes.get('/mails', secret)).body;
	assert.equal((await hospes.send(spam.again, {}, secret)).status, 204);
	await until('it to be refused again', async () => (await hospes.get('/mails', secret)).body.rows[0].ended > spam.ended);
	assert.equal((await hospes.send('/mails/mai_0000000000000/again', {}, secret)).status, 404);
	assert.equal(server.taken().length, 0);
});

test('a temporary refusal is put off, by a minute first', async (t) => {
	const { hospes, secret, owner } = await owned(t, 'later@example.com');
	const server = await mailServer(t);
	await setUp(hospes, secret, server);
	await testMail(owner);
	const row = await until('the mail to be put off', async () => {
		const [first] = (await hospes.get('/mails', secret)).body.rows;
		return first.code === 451 && first;
	});
	assert.equal(row.state, 'queued');
	const wait = new Date(row.due) - new Date(row.made);
	assert.ok(wait >= 50_000 && wait <= 90_000, `tried again after ${wait} ms`);
});

test('a server that is down delays, and nothing is lost or doubled when it is back', async (t) => {
	const { hospes, secret, owner } = await owned(t);
	const server = await mailServer(t);
	await server.end();
	await setUp(hospes, secret, server);
	for (let i = 0; i < 3; i++) await testMail(owner);
	const page = await until('the outage to be told', async () => { const { body } = await hospes.get('/settings/mail', secret); return body.outage && body; });
	assert.match(page.outage.args.answer, /connect|refused/i);
	await until('none to have paid for it', async () => (await hospes.get('/mails', secret)).body.rows.every((row) => row.state === 'queued' && row.attempts === 0)); // between two tries
	await server.begin();
	const mails = await server.arrived(3);
	await until('all to be sent', async () => (await hospes.get('/mails?state=sent', secret)).body.rows.length === 3);
	assert.equal(new Set(mails.map((mail) => mail.headers['message-id'])).size, 3);
	assert.equal(server.taken().length, 3);
	assert.equal((await hospes.get('/settings/mail', secret)).body.outage, null);
});

test('killed: what was answered is not sent again, what was not is, under the same id, and the page says so', async (t) => {
	const { hospes, secret, owner } = await owned(t, 'slow@example.com');
	const server = await mailServer(t);
	await setUp(hospes, secret, server);
	await testMail(owner);
	await server.arrived(1); // the server has it, and has not said so
	await newest(hospes, secret, 'sending');
	await hospes.stop('SIGKILL');
	server.go();
	await hospes.serve();
	const mails = await server.arrived(2);
	const row = await newest(hospes, secret, 'sent');
	assert.equal(row.is_repeated, true);
	assert.equal(mails[0].headers['message-id'], mails[1].headers['message-id']);
	await hospes.stop('SIGKILL');
	await hospes.serve();
	const again = await hospes.signIn('slow@example.com', PASSWORD);
	await testMail(again); // goes out behind whatever the restart would repeat
	await server.arrived(3);
	await newest(hospes, secret, 'sent');
	assert.equal(server.taken().length, 3);
});

test('killed at any moment, again and again: none is lost, and only one whose answer was lost may come twice', async (t) => {
	const { hospes, secret, owner } = await owned(t);
	const server = await mailServer(t);
	await setUp(hospes, secret, server);
	for (let round = 0; round < 4; round++) {
		await testMail(owner);
		await Promise.all([testMail(owner), testMail(owner), new Promise((done) => setTimeout(done, 15 * round))]);
		await hospes.stop('SIGKILL');
		await hospes.serve();
	}
	await testMail(owner);
	const rows = await until('all to be sent', async () => {
		const found = (await hospes.get('/mails', secret)).body.rows;
		return found.every((row) => row.state === 'sent') && found;
	});
	assert.equal(rows.length, 13);
	const taken = server.taken().map((mail) => /mai_\w+/.exec(mail.headers['message-id'])[0]);
	for (const row of rows) {
		const times = taken.filter((id) => id === row.id).length;
		assert.ok(times === 1 || (times > 1 && row.is_repeated), `${row.id} came ${times} times`);
	}
});

test('what waited when a backup was made is held after a restore, until somebody sends it again', async (t) => {
	const { hospes, secret, owner } = await owned(t);
	const server = await mailServer(t);
	await server.end();
	await setUp(hospes, secret, server);
	await testMail(owner);
	await hospes.ok(['backup', join(hospes.dir, 'backup')]);
	await hospes.stop('SIGKILL');
	await server.begin();
	const other = await prepare(t);
	await other.ok(['restore', join(hospes.dir, 'backup')]);
	await other.serve();
	const held = (await other.get('/mails', secret)).body.rows[0];
	assert.deepEqual([held.state, server.taken().length], ['failed', 0]);
	assert.equal((await other.send(held.again, {}, secret)).status, 204);
	await server.arrived(1);
});
