// Mail that comes back after it was taken: a real IMAP server (Dovecot), reports as servers write them, and what becomes of
// the mail, its invitation and the next one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { complaint, imapIsThere, imapServer, PASSWORD, report } from '../lib/imap.mjs';
import { mailServer, settingsOf } from '../lib/mail.mjs';
import { start, until, untilEnd } from '../lib/hospes.mjs';

const PAGE = '/settings/mail/bounces';
const mailbox = (box, more = {}) => ({ host: '127.0.0.1', port: String(box.port), security: 'none', user: 'bounces', password: PASSWORD, folder: 'INBOX', sender: 'bounces@example.com', ...more });

describe('mail that comes back', { skip: imapIsThere ? false : 'there is no Dovecot (dovecot-imapd)' }, () => {
	const end = untilEnd(after);
	let w, server, box, secret, write, survey;
	const send = (path, body = {}) => w.send(path, body, secret);
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	const read = async (path) => (await w.get(path, secret)).body;
	const mailTo = (user) => until(`the mail to ${user}`, () => server.taken().find((mail) => mail.to === `${user}@example.com`));
	const headers = (mail) => mail.raw.slice(mail.raw.indexOf('X-TLS'), mail.raw.indexOf('\r\n\r\n')).split('\r\n').slice(1).join('\n');
	const rowOf = (user, state) => until(`the mail to ${user} to be ${state}`, async () => (await read('/mails')).rows.find((row) => row.recipient === `${user}@example.com` && row.state === state));
	const found = async () => (await read(PAGE)).finding.args?.n ?? 0;
	async function look(n) {
		fine(await send(`${PAGE}/look`));
		await until(`${n} reports to be heard`, async () => (await found()) === n);
	}
	async function asked(user) {
		await w.post('/v1/identify', { userId: user, traits: { name: user, email: `${user}@example.com` } }, write);
		await w.applied();
		fine(await send(`${survey}/invitations`, { customer: `user_id:${user}` }));
		const mail = await mailTo(user);
		await rowOf(user, 'sent');
		return mail;
	}

	before(async () => {
		w = await start(end);
		[server, box] = await Promise.all([mailServer(end), imapServer(end)]);
		[secret, write] = [await w.key('secret', '--role', 'owner'), await w.key('write')];
		fine(await send('/settings/mail', settingsOf(server)));
		fine(await send('/settings/contact', { quiet_from: '00:00', quiet_to: '00:00', gap_days: '0', wait_days: '3' }));
		fine(await send('/surveys', { name: 'After a purchase', template: 'purchase' }));
		survey = (await read('/surveys')).rows[0].address;
		fine(await send(`${survey}/open`));
	});

	test('what is wrong with the settings is said by field, and nobody looks without them', async () => {
		assert.equal((await read(PAGE)).finding.key, 'bounces_off');
		assert.equal((await send(`${PAGE}/look`)).status, 409);
		const refused = await send(PAGE, mailbox(box, { port: '0', folder: 'a"b', user: '', sender: 'nobody' }));
		assert.equal(refused.status, 422);
		assert.deepEqual(refused.body.faults.map((fault) => fault.field).sort(), ['folder', 'port', 'sender', 'user']);
		assert.equal((await read(PAGE)).is_on, false);
	});

	test('a wrong password is told, and the next look that goes well takes it back', async () => {
		fine(await send(PAGE, mailbox(box, { password: 'wrong' })));
		const { fault } = await until('the fault to be told', async () => { const page = await read(PAGE); return page.fault && page; });
		assert.match(fault.args.answer, /denied|login/i);
		assert.equal((await send(PAGE, mailbox(box, { password: '', port: String(box.port + 1) }))).status, 422, 'a password is not taken to another server');
		fine(await send(PAGE, mailbox(box)));
		await until('the mailbox to be read', async () => { const page = await read(PAGE); return !page.fault && page.finding.key === 'bounces_on'; });
	});

	test('a recipient that does not exist: the mail bounced, the invitation is undelivered, the next one is not sent', async () => {
		const mail = await asked('gone');
		assert.equal(mail.from, 'bounces@example.com');
		await until('the delivery to be told', async () => (await read(`${survey}/invitations`)).funnel.steps.find((each) => each.step === 'delivered').customers === 1);
		box.put('From: a@example.com\nSubject: Hello\n\nI am on holiday.\n');
		box.put(report({ original: headers(mail), recipient: 'gone@example.com' }));
		await look(1);
		const row = await rowOf('gone', 'bounced');
		assert.equal(row.answer, '5.1.1 550 there is nobody of that name');
		const invited = await until('the invitation to be undelivered', async () => (await read(`${survey}/invitations/customers`)).rows.find((each) => each.person === 'gone' && each.state === 'skipped'));
		assert.equal(invited.delivered ?? null, null);
		fine(await send(`${survey}/invitations`, { customer: 'user_id:gone' }));
		await until('the second to be refused', async () => (await read(`${survey}/invitations`)).skipped?.some((each) => each.reason === 'bounced') || (await read(`${survey}/invitations/customers`)).rows.filter((each) => each.person === 'gone' && each.state === 'skipped').length === 2);
		assert.equal(server.taken().filter((each) => each.to === 'gone@example.com').length, 1);
	});

	test('a delay is no failure, a full mailbox is no bounce, what is not ours and what is hostile changes nothing', async () => {
		const [slow, full] = [await asked('slowly'), await asked('full')];
		box.put(report({ action: 'delayed', status: '4.4.1', original: headers(slow), recipient: 'slowly@example.com' }));
		box.put(report({ original: 'Message-ID: <mai_0000000000000@example.com>', recipient: 'slowly@example.com' }));
		box.put(report({ original: 'Message-ID: <../../etc@example.com>' }));
		box.put(report({ original: '' }).replace('message/delivery-status', 'message/rfc822').slice(0, 500));
		box.put(`Content-Type: multipart/report; boundary="b"\n\n${'--b\nContent-Type: multipart/report; boundary="b"\n\n'.repeat(2000)}`);
		box.put(report({ status: '5.2.2', words: '552 \u0001mailbox full', original: headers(full), recipient: 'full@example.com' }));
		await look(2);
		assert.equal((await rowOf('full', 'failed')).answer, '5.2.2 552  mailbox full');
		await rowOf('slowly', 'sent');
		assert.equal(await found(), 2);
	});

	test('what was read is not read again, and a report that comes twice counts once', async () => {
		const mail = await asked('twice'), one = report({ original: headers(mail), recipient: 'twice@example.com' });
		box.put(one);
		await look(3);
		box.put(one);
		fine(await send(`${PAGE}/look`));
		await w.stop();
		await w.serve();
		fine(await send(`${PAGE}/look`));
		await until('the mailbox to be read', async () => !(await read(PAGE)).fault);
		assert.equal(await found(), 3);
		assert.ok(!/gone@|twice@/.test(w.log), 'no address stands in the log');
	});

	test('who complains is not asked by mail again and is counted, once; what calls it no spam, or is not ours, changes nothing', async () => {
		const [cross, content] = [await asked('cross'), await asked('content')];
		box.put(complaint({ type: 'not-spam', original: headers(content) }));
		box.put(complaint({ original: 'Message-ID: <mai_0000000000000@example.com>' }));
		box.put(complaint({ original: headers(cross) }));
		box.put(complaint({ original: headers(cross) }));
		fine(await send(`${PAGE}/look`));
		const { complaints } = await until('the complaint to be counted', async () => { const page = await read(PAGE); return page.complaints.args.n === 1 && page; });
		assert.ok(complaints.args.sent >= 2 && complaints.args.share > 0 && complaints.args.share <= 0.5, JSON.stringify(complaints));
		const rows = (await read('/mails')).rows, row = (user) => rows.find(({ recipient }) => recipient === `${user}@example.com`);
		assert.deepEqual([row('cross').state, typeof row('cross').complained, row('content').complained ?? null], ['sent', 'string', null]);
		fine(await send(`${survey}/invitations`, { customer: 'user_id:cross' }));
		await until('the second to be refused', async () => (await read(`${survey}/invitations/customers`)).rows.find((each) => each.person === 'cross' && each.reason === 'unwanted'));
		fine(await send(`${survey}/invitations`, { customer: 'user_id:content' }));
		await until('the second to be sent', () => server.taken().filter(({ to }) => to === 'content@example.com').length === 2);
		assert.equal(server.taken().filter(({ to }) => to === 'cross@example.com').length, 1);
	});

	test('a colleague who calls the weekly mail spam gets no more of it', async () => {
		await w.addUser('ann@example.com', 'manager', 'a long enough password');
		const ann = (await read('/team')).rows.find((row) => row.email === 'ann@example.com').id;
		fine(await send('/subscriptions', { page: '/pulse', person: ann, weekday: '0', hour: '7' }));
		const [row] = (await read('/subscriptions')).rows;
		fine(await send(`/subscriptions/${row.id}/send`));
		const mail = await mailTo('ann');
		await rowOf('ann', 'sent');
		box.put(complaint({ original: headers(mail) }));
		fine(await send(`${PAGE}/look`));
		await until('the subscription to end', async () => !(await read('/subscriptions')).rows.length);
	});

	test('turned off, nothing of it is kept but the address', async () => {
		fine(await send(PAGE, { host: '', sender: 'bounces@example.com' }));
		const page = await read(PAGE);
		assert.deepEqual([page.is_on, page.has_password, page.finding.key], [false, false, 'bounces_off']);
	});
});
