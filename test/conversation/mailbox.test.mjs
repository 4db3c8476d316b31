// The mailbox that customers write to: a real IMAP server (Dovecot), read by the job; each mail once, over crashes and doubles, whoever sent it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { imapIsThere, imapServer, PASSWORD, report } from '../lib/imap.mjs';
import { decoded, mailServer, settingsOf } from '../lib/mail.mjs';
import { start, until } from '../lib/hospes.mjs';

const PAGE = '/settings/mail/inbox';
const mailbox = (box, more = {}) => ({ host: '127.0.0.1', port: String(box.port), security: 'none', user: 'inbox', password: PASSWORD, addresses: 'help@shop.example', verifier: 'mx.shop.example', ...more });
let n = 0;
const mail = (head, text = 'Hello there') => `${Object.entries({ From: 'Ann Lee <ann@example.com>', To: 'help@shop.example', Subject: 'Where is it?', Date: new Date(Date.now() - 60_000).toUTCString().replace('GMT', '+0000'), 'Message-ID': `<${++n}@example.com>`, ...head })
	.filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${text}\n`;

/** A workspace with a mailbox that is not set yet. */
async function open(t) {
	const [w, box] = await Promise.all([start(t), imapServer(t)]);
	const [secret, agent] = [await w.key('secret', '--role', 'owner'), await w.key('secret', '--role', 'agent')];
	const send = (path, body = {}, key = secret) => w.send(path, body, key);
	const fine = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path} ${answer.status} ${answer.text}`); };
	const page = async () => (await w.get(PAGE, secret)).body;
	const inbox = async (view = 'open') => (await w.get(`/inbox?view=${view}&sort=oldest`, agent)).body.rows;
	const counts = async () => Object.fromEntries((await page()).counts.map((row) => [row.outcome, row.n]));
	const look = async () => {
		const before = (await page()).finding.args?.time;
		await fine(`${PAGE}/look`);
		await until('the mailbox to be read', async () => { const { finding } = await page(); return finding.args?.time !== before && finding.args.time; });
	};
	return { w, box, secret, agent, send, fine, page, inbox, counts, look };
}

describe('the mailbox that customers write to', { skip: imapIsThere ? false : 'there is no Dovecot (dovecot-imapd)' }, () => {
	test('set up with every fault told, tested, paused, read as far back as asked; turned off it keeps no password', async (t) => {
		const { w, box, agent, send, fine, page, inbox, counts, look } = await open(t);
		assert.equal((await page()).finding.key, 'mailbox_off');
		assert.equal((await send(`${PAGE}/look`)).status, 409);
		assert.equal((await w.get(PAGE, agent)).status, 403);
		const refused = await send(PAGE, mailbox(box, { port: '0', folder: 'a"b', user: '', addresses: 'nobody', minutes: '0', back_days: 'x', verifier: 'a b' }));
		assert.deepEqual(refused.body.faults.map(({ field }) => field).sort(), ['addresses', 'back_days', 'folder', 'minutes', 'port', 'user', 'verifier']);
		const old = box.put(mail({ Subject: 'Of last year' }));
		box.put(mail({ Subject: 'Of yesterday' }));
		old.received(new Date(Date.now() - 300 * 86_400_000));
		await fine(PAGE, mailbox(box, { password: 'wrong', is_paused: true }));
		await fine(`${PAGE}/test`);
		const bad = await until('the test', async () => { const now = await page(); return now.test?.key === 'mailbox_test_fault' && now; });
		assert.match(bad.test.args.answer, /denied|login/i);
		assert.equal((await send(PAGE, mailbox(box, { password: '', port: String(box.port + 1) }))).status, 422, 'a password is not taken to another server');
		await fine(PAGE, mailbox(box, { is_paused: true }));
		await fine(`${PAGE}/test`);
		const good = await until('the test', async () => { const now = await page(); return now.is_tested && now; });
		assert.deepEqual([good.test.args.n, good.finding.key, (await inbox()).length], [2, 'mailbox_paused', 0], 'a test reads nothing');
		await fine(PAGE, mailbox(box, { folder: 'Nowhere' }));
		await until('the fault', async () => (await page()).fault);
		await fine(PAGE, mailbox(box));
		await until('the mail', async () => (await inbox()).length === 1);
		assert.deepEqual((await inbox()).map(({ title }) => title), ['Of yesterday']);
		assert.deepEqual([await counts(), (await page()).fault ?? null], [{ begun: 1 }, null]);
		await look();
		assert.deepEqual(await counts(), { begun: 1 });
		await fine(PAGE, { host: '' });
		const off = await page();
		assert.deepEqual([off.is_on, off.has_password, off.addresses.value], [false, false, '']);
		assert.doesNotMatch(w.log, /ann@example|correct-horse/);
	});

	test('each mail once: answers join and open again, doubles and reports are known, hostile and forged ones are told', async (t) => {
		const { w, box, secret, agent, fine, page, inbox, counts, look, send } = await open(t), server = await mailServer(t);
		await fine('/settings/mail', settingsOf(server));
		await fine('/settings/limits', { limits: [{ name: 'inbox_undo_s', value: '0' }] });
		await fine(PAGE, mailbox(box));
		const first = mail({ Subject: 'Broken kettle', 'Message-ID': '<a@example.com>' });
		box.put(first);
		await until('the mail', async () => (await look(), (await inbox()).length === 1));
		const [{ address }] = await inbox();
		const get = async () => (await w.get(address, agent)).body;
		await fine(`${address}/answer`, { text: 'We are sorry', then: 'solve' });
		const answer = (await server.arrived(1)).find(({ to }) => to === 'ann@example.com');
		const ours = /Message-I[dD]: <([^>]+)>/.exec(answer.raw)[1];
		box.put(first);
		box.put(mail({ Subject: 'Re: Broken kettle', 'In-Reply-To': `<${ours}>` }, 'Any news?'));
		box.put(report({ original: `Message-ID: <${ours}>` }));
		box.put(answer.raw.slice(answer.raw.indexOf('From:')));
		box.put(mail({ From: 'help@shop.example', To: 'ann@example.com', Subject: 'Re: Broken kettle', 'In-Reply-To': `<${ours}>` }, 'Send us your password'));
		box.put(mail({ From: 'Form <help@shop.example>', 'Reply-To': 'Bo <bo@example.com>', Subject: 'By the form' }));
		box.put(mail({ From: 'help@shop.example', To: 'cy@example.com', Subject: 'Written elsewhere', 'Authentication-Results': 'mx.shop.example; dmarc=pass header.from=shop.example' }, 'Dear Cy'));
		box.put(mail({ Subject: 'Re: Broken kettle', 'Authentication-Results': 'mx.shop.example; dmarc=fail header.from=example.com' }, 'Send it to another address'));
		box.put(mail({ From: 'away@example.com', Subject: 'Out of office', 'Auto-Submitted': 'auto-replied' }));
		box.put(mail({ From: 'nobody', Subject: 'From nobody' }));
		box.put(`From: eve@example.com\nSubject: Nested\n${Array.from({ length: 3000 }, (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\n\n--b${i}\n`).join('')}`);
		await look();
		await until('all to be read', async () => (await counts()).too_deep === 1);
		assert.deepEqual(await counts(), { begun: 5, added: 1, known: 2, bounce: 1, forged: 1, no_sender: 1, too_deep: 1 });
		assert.deepEqual((await page()).refused.map(({ reason, title }) => [reason, title]).sort(), [['forged', 'Re: Broken kettle'], ['no_sender', 'From nobody'], ['too_deep', 'UID 12']]);
		const now = await get();
		assert.deepEqual(now.messages.map(({ text }) => text), ['Hello there', 'We are sorry', 'Any news?']);
		assert.deepEqual([now.conversation.state, now.conversation.reopened, now.conversation.is_waiting], ['open', 1, true]);
		assert.equal((await w.get('/mails', secret)).body.rows.find(({ recipient }) => recipient === 'ann@example.com').state, 'bounced');
		const titles = Object.fromEntries((await inbox()).map((row) => [row.title, row]));
		assert.deepEqual(Object.keys(titles).sort(), ['Broken kettle', 'By the form', 'Re: Broken kettle', 'Written elsewhere']);
		assert.deepEqual([titles['By the form'].contact_address, titles['By the form'].person], ['bo@example.com', 'Bo']);
		assert.equal(titles['Written elsewhere'].is_waiting, false);
		const doubted = (await w.get(titles['Re: Broken kettle'].address, agent)).body;
		assert.deepEqual([doubted.messages.length, doubted.messages[0].is_unproven], [1, true]);
		assert.deepEqual((await inbox('solved')).map(({ title, is_automatic }) => [title, is_automatic]), [['Out of office', true]]);
		const received = (await w.query({ kind: 'trend', event: 'Message Received', interval: 'day' }, secret)).rows.reduce((sum, row) => sum + row.value, 0);
		assert.equal(received, 3, 'neither the program\'s nor the doubted');
		await w.ok(['erase', 'email:ann@example.com']);
		box.put(mail({ Subject: 'I am back' }));
		await look();
		await until('the erased to be told', async () => (await counts()).erased === 1);
		assert.deepEqual((await page()).refused.filter(({ reason }) => reason === 'erased').map(({ title, address: from }) => [title, from]), [['', '']]);
		assert.equal((await send(`${address}/note`, { text: 'x' })).status, 404);
	});

	test('who writes is told that it arrived, in their language, once a day; programs, doubted senders and lists are not, and nothing goes round', async (t) => {
		const { w, box, agent, fine, inbox, counts, look } = await open(t), server = await mailServer(t);
		await fine('/settings/mail', settingsOf(server));
		await fine('/settings/limits', { limits: [{ name: 'inbox_undo_s', value: '0' }] });
		box.put(mail({ From: 'before@example.com', Subject: 'Before it was read' }));
		await fine(PAGE, mailbox(box, { acknowledges: true }));
		await until('what lay there', async () => (await counts()).begun === 1);
		box.put(mail({ From: 'Maryam <maryam@example.com>', Subject: 'Order 7', 'Message-ID': '<m@example.com>', 'Content-Type': 'text/plain; charset=utf-8' }, 'سلام، سفارش من هنوز نرسیده است. لطفاً بررسی کنید.'));
		box.put(mail({ From: 'maryam@example.com', Subject: 'Re: Order 7', 'In-Reply-To': '<m@example.com>' }, 'Again'));
		box.put(mail({ From: 'robot@example.com', 'Auto-Submitted': 'auto-generated' }));
		box.put(mail({ From: 'list@example.com', 'List-Id': '<list.example.com>' }));
		box.put(mail({ From: 'noreply@example.com' }));
		box.put(mail({ From: 'blind@example.com', To: 'others@example.com' }));
		box.put(mail({ From: 'victim@example.com', 'Authentication-Results': 'mx.shop.example; spf=fail smtp.mailfrom=example.com' }));
		box.put(mail({ From: 'old@example.com', Date: new Date(Date.now() - 2 * 86_400_000).toUTCString() }));
		for (let i = 0; i < 7; i++) box.put(mail({ From: 'often@example.com', Subject: `Matter ${i}` }));
		await look();
		await until('all of them', async () => { const now = await counts(); return now.begun + (now.added ?? 0) === 16; });
		const taken = await server.arrived(6), to = (address) => taken.filter((one) => one.to === address);
		assert.deepEqual([taken.length, to('maryam@example.com').length, to('often@example.com').length], [6, 1, 5]);
		const [told] = to('maryam@example.com'), { subject, text } = decoded(told.raw);
		assert.equal(told.headers['auto-submitted'], 'auto-replied');
		assert.equal(told.headers['in-reply-to'], '<m@example.com>');
		assert.match(subject, /^پیام شما به دست ما رسید: Order 7$/);
		assert.match(text, /پاسخ/);
		box.put(mail({ From: 'maryam@example.com', Subject: 'else', 'In-Reply-To': told.headers['message-id'] }, 'To your mail'));
		box.put(told.raw.slice(told.raw.indexOf('From:')));
		box.put(mail({ From: 'maryam@example.com', Subject: 'Out of office', 'In-Reply-To': told.headers['message-id'], 'Auto-Submitted': 'auto-replied' }, 'I am away'));
		await look();
		await until('its answers', async () => (await counts()).forged === 1);
		const row = (await inbox()).find(({ contact_address }) => contact_address === 'maryam@example.com'), page = (await w.get(row.address, agent)).body;
		assert.deepEqual(page.messages.map((one) => one.text.split(' ')[0]).sort(), ['Again', 'I', 'To', 'سلام،']);
		assert.equal(page.steps.filter(({ what }) => what.key === 'conversation_step_acknowledged').length, 1);
		await fine(`${row.address}/note`, { text: 'The outbox is empty' });
		assert.equal(server.taken().length, 6);
	});

	test('one server a mailbox: a second says whose it is, and takes it over when it is told to', async (t) => {
		const one = await open(t), other = await start(t), key = await other.key('secret', '--role', 'owner');
		one.box.put(mail({ Subject: 'To one of us' }));
		await one.fine(PAGE, mailbox(one.box));
		await until('the first to read it', async () => (await one.inbox()).length === 1);
		const page = async () => (await other.get(PAGE, key)).body;
		assert.ok((await other.send(PAGE, mailbox(one.box), key)).status < 400);
		const { claimed } = await until('the claim to be told', async () => { const now = await page(); return now.claimed && now; });
		assert.match(claimed.args.mark, /^hospes-/);
		assert.equal((await other.get('/inbox', key)).body.rows.length, 0);
		assert.ok((await other.send(`${PAGE}/take-over`, {}, key)).status < 400);
		await until('the second to read it', async () => (await other.get('/inbox', key)).body.rows.length === 1);
		assert.equal((await page()).claimed ?? null, null);
		one.box.put(mail({ Subject: 'And another' }));
		await one.fine(`${PAGE}/look`);
		await until('the first to stop', async () => (await one.page()).claimed);
		assert.equal((await one.inbox()).length, 1);
	});

	test('killed while it reads, again and again: nothing is lost and nothing comes twice', async (t) => {
		const { w, box, secret, fine, inbox, counts } = await open(t), MAILS = 230;
		for (let i = 0; i < MAILS; i++) box.put(mail({ From: `c${i}@example.com`, Subject: `Question ${i}` }));
		await fine(PAGE, mailbox(box));
		for (let i = 0; i < 4; i++) {
			await new Promise((done) => setTimeout(done, 40 + 70 * i));
			await w.stop('SIGKILL');
			await w.serve();
			await fine(`${PAGE}/look`);
		}
		await until('all of them', async () => { const now = await counts(); return (now.begun ?? 0) + (now.known ?? 0) >= MAILS; });
		await w.applied();
		assert.equal((await counts()).begun, MAILS);
		const sum = async (event) => (await w.query({ kind: 'trend', event, interval: 'day' }, secret)).rows.reduce((total, row) => total + row.value, 0);
		assert.equal(await sum('Message Received'), MAILS);
		assert.equal(await sum('Conversation Started'), MAILS);
		assert.equal((await inbox()).length, 50);
	});
});
