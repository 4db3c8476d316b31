// Live chat as the server sees it: written, answered, rated; sent twice and kept once; who a visitor is; pages that may not; floods, files
// that are something else, texts that would act; what is kept, exported and erased.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { mailServer, settingsOf } from '../lib/mail.mjs';
import { start, timeline, until, untilEnd } from '../lib/hospes.mjs';

describe('live chat', () => {
	const end = untilEnd(after), SHOP = 'https://shop.example.com';
	let w, owner, agent, key, secret, nth = 0;
	const fine = (answer) => { assert.ok(answer.status < 400, `${answer.status} ${answer.text}`); return answer.body; };
	const call = async (path, body, { origin = w.address, form } = {}) => {
		const answer = await w.fetch(`/site/${key}/chat${path}`, { method: body || form ? 'POST' : 'GET', body: form ?? (body && JSON.stringify(body)), headers: { accept: 'application/json', ...(origin && { origin }), ...(body && { 'content-type': 'application/json' }) } });
		const text = await answer.text();
		return { status: answer.status, headers: answer.headers, text, body: text.startsWith('{') ? JSON.parse(text) : null };
	};
	const open = async (more = {}) => fine(await call('/open', more));
	const write = async (token, text, more = {}) => fine(await call('/messages', { token, client: `c${nth += 1}`, text, ...more }));
	const inbox = async () => fine(await w.get('/inbox?sort=newest', agent)).rows;
	const named = (user) => ({ user, proof: createHmac('sha256', secret).update(user).digest('hex') });
	const counted = async (name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await w.fetch('/metrics')).text())[1]);
	const offer = async (more = {}) => fine(await w.send(`/settings/sites/${key}/chat`, { is_on: true, ...more }, owner));

	before(async () => {
		w = await start(end);
		[owner, agent] = [await w.key('secret', '--role', 'owner'), await w.key('secret', '--role', 'agent')];
		fine(await w.send('/settings/sites', { name: 'Shop', origins: SHOP }, owner));
		({ id: key, secret } = fine(await w.get('/settings/sites', owner)).rows[0]);
	});

	test('a site offers it when it is told to; hours, questions and addresses are checked', async () => {
		assert.equal((await call('/open', {})).status, 404);
		const site = async () => (await w.fetch(`/site/${key}?lang=el`, { headers: { origin: SHOP, accept: 'application/json' } })).json();
		assert.equal((await site()).chat, null);
		const wrong = await w.send(`/settings/sites/${key}/chat`, { is_on: true, ask_name: 'perhaps', days: 'never', opens_at: '25:00', email: 'nobody' }, owner);
		assert.deepEqual([wrong.status, wrong.body.faults.map((fault) => fault.field).sort()], [422, ['ask_name', 'days', 'email', 'opens_at']]);
		assert.equal((await w.send(`/settings/sites/${key}/chat`, { is_on: true }, agent)).status, 403);
		await offer({ ask_name: 'must', ask_email: 'may', opens_at: '00:00', closes_at: '00:00', email: 'care@example.com' });
		const kept = fine(await w.get(`/settings/sites/${key}/chat`, agent));
		assert.deepEqual([kept.is_on, kept.may_write, kept.email.value, kept.asked[0].choices.find((one) => one.is_selected).value], [true, false, 'care@example.com', 'must']);
		assert.equal((await site()).chat, 'Μιλήστε μαζί μας');
		const frame = await w.fetch(`/site/${key}/chat?lang=fa&theme=dark`), text = await frame.text();
		assert.match(text, /<html lang="fa" dir="rtl" class="theme-dark/);
		assert.match(text, /mailto:care@example\.com/);
		assert.match(frame.headers.get('content-security-policy'), /frame-ancestors 'self' https:\/\/shop\.example\.com;/);
		assert.equal(frame.headers.get('set-cookie'), null);
		assert.equal((await call('', null)).body.state, 'nobody', 'no agent has the inbox open');
	});

	test('opened it leaves nothing; written it is a conversation and a touchpoint; sent twice it is kept once', async () => {
		const { token, is_known, messages, presence, presence_text } = await open();
		assert.deepEqual([is_known, messages, presence], [false, [], 'nobody']);
		assert.match(presence_text, /^Nobody is here right now/);
		assert.deepEqual(await inbox(), []);
		assert.equal((await call('/messages', { token, client: 'a', text: 'Hello' })).status, 422, 'a name must be given');
		assert.equal((await call('/messages', { token, client: 'a', text: ' ', name: 'Ann' })).status, 422);
		const first = { token, client: 'a', text: '<script>alert(1)</script> Where is my parcel?', name: 'Ann', email: 'Ann@Example.com' };
		const sent = fine(await call('/messages', first)), again = fine(await call('/messages', first));
		assert.deepEqual([sent.messages.length, again.is_known, sent.messages[0].client, sent.messages[0].is_ours], [1, true, 'a', false]);
		const [row] = await inbox();
		assert.deepEqual([row.channel, row.person, row.is_waiting], ['chat', 'Ann', true]);
		const page = fine(await w.get(row.address, agent));
		assert.deepEqual([page.said.args.email, page.is_chat, page.may_mail, page.no_mail, page.messages.map((one) => one.text)], ['ann@example.com', true, true, null, [first.text]]);
		await w.applied();
		const [customer] = fine(await w.get('/customers?q=Ann', agent)).rows;
		assert.equal(customer.identity_kind, 'anonymous_id', 'an address that is only said joins nobody');
		const events = async () => timeline(fine(await w.get(customer.address, agent))).map((one) => one.event).sort();
		assert.deepEqual(await events(), ['Live Chat Conversation Started', 'Live Chat Message Sent']);
		fine(await w.send(`${row.address}/seen`, {}, agent));
		fine(await w.send(`${row.address}/typing`, {}, agent));
		fine(await w.send(`${row.address}/answer`, { text: 'It comes on Monday.', seen: '0' }, agent));
		assert.equal(sent.cursor, null, 'what was just written alone says nothing of what came before it');
		const state = fine(await call(`/state?token=${token}&since=0`));
		assert.ok(state.cursor > 0 && state.cursor < Date.now());
		assert.deepEqual([state.messages.at(-1).text, state.messages.at(-1).is_ours, state.messages.at(-1).client], ['It comes on Monday.', true, null]);
		assert.ok(Date.parse(state.seen_at) >= Date.parse(sent.messages[0].at));
		for (const step of ['/read', '/typing']) assert.equal((await call(step, { token })).status, 204);
		const answered = fine(await w.get(row.address, agent));
		assert.deepEqual(answered.messages.at(-1).sending.key, 'conversation_read');
		assert.equal(answered.messages.at(-1).undo, null);
		await until('the answer on the time line', async () => (await events()).includes('Live Chat Message Received'));
	});

	test('many at once are kept together, and one that is wrong takes no other along', async () => {
		await offer({ ask_name: 'may' });
		const chats = await Promise.all([...Array(12)].map(() => open()));
		const answers = await Promise.all(chats.flatMap(({ token }, i) => [call('/messages', { token, client: 'x', text: `Chat ${i}`, name: `Many ${i}` }), call('/messages', { token, client: '', text: 'no id' }), call('/messages', { token: `${token}x`, client: 'y', text: 'no token' })]));
		assert.deepEqual(answers.map((one) => one.status), chats.flatMap(() => [200, 422, 403]));
		const all = await Promise.all(chats.map(({ token }) => call(`/state?token=${token}&since=0`)));
		assert.deepEqual(all.map((one) => one.body.messages.map((message) => message.text)), chats.map((_, i) => [`Chat ${i}`]));
		const rows = (await inbox()).filter((row) => /^Many/.test(row.person));
		assert.equal(rows.length, 12);
		const sent = await Promise.all(rows.map((row) => w.send(`${row.address}/answer`, { text: `To ${row.person}` }, agent)));
		assert.ok(sent.every((one) => one.status < 400));
		await w.applied();
		for (const [i, { token }] of chats.entries()) assert.equal((await open({ token })).messages.at(-1).text, `To Many ${i}`);
	});

	test('solved it is rated once, as a record of feedback; written again it opens, and may be rated again', async () => {
		await offer({ ask_name: 'may' });
		const { token } = await open();
		await write(token, 'It does not boil', { name: 'Bob' });
		const [row] = await inbox();
		assert.equal((await call('/rating', { token, score: '5' })).status, 409);
		fine(await w.send(`${row.address}/answer`, { text: 'Turn it on.', then: 'solve' }, agent));
		assert.equal((await open({ token })).is_rating_due, true);
		for (const score of ['0', '6', 'x']) assert.equal((await call('/rating', { token, score })).status, 422, score);
		const rated = fine(await call('/rating', { token, score: '4', comment: 'Quick, a bit curt' }));
		assert.deepEqual([rated.is_rating_due, rated.rated], [false, 4]);
		assert.equal((await call('/rating', { token, score: '1' })).status, 409);
		await w.applied();
		const kept = fine(await w.get('/voice/responses', owner)).rows;
		assert.deepEqual(kept.map((one) => one.number ?? one.text).sort(), [4, 'Quick, a bit curt']);
		const page = fine(await w.get(row.address, agent));
		assert.deepEqual([page.steps[0].what.key, page.steps[0].text], ['conversation_step_rated', '4/5']);
		await write(token, 'It broke again');
		const opened = fine(await w.get(row.address, agent));
		assert.deepEqual([opened.conversation.state, opened.conversation.reopened], ['open', 1]);
		fine(await w.send(`${row.address}/solve`, {}, agent));
		assert.equal((await open({ token })).is_rating_due, true);
	});

	test('a token opens its own chat alone; a user is theirs whom the site proves, on every device', async () => {
		const a = await open(), b = await open();
		await write(a.token, 'mine', { name: 'A' });
		assert.deepEqual((await open({ token: b.token })).messages, []);
		for (const token of ['', 'vis_0000000000000', `${b.token.split('.')[0]}.${a.token.split('.')[1]}`, `${a.token}x`]) assert.notEqual((await call(`/state?token=${encodeURIComponent(token)}`)).status, 200, token);
		assert.equal((await call('/live?token=x')).status, 403);
		assert.equal((await call('/open', { user: 'kim', proof: 'x' })).status, 403);
		assert.equal((await call('/open', { token: a.token, user: 'kim', proof: named('tom').proof })).status, 403);
		const kim = await open({ token: a.token, ...named('kim') });
		assert.deepEqual([kim.is_named, kim.messages.map((one) => one.text)], [true, ['mine']], 'what was written before stays theirs');
		assert.equal((await call(`/state?token=${a.token}`)).status, 403, 'what the browser kept opens it no more');
		assert.deepEqual((await open({ token: a.token })).messages, [], 'nor does it for the next one at that machine');
		assert.deepEqual((await open(named('kim'))).messages.map((one) => one.text), ['mine'], 'on another device');
		const tom = await open({ token: kim.token, ...named('tom') });
		assert.deepEqual([tom.messages, tom.token === kim.token], [[], false]);
		await write(kim.token, 'and more');
		await w.applied();
		const found = fine(await w.get('/customers?q=kim', agent)).rows;
		assert.deepEqual(found.map((one) => one.identity), ['kim']);
		assert.equal(fine(await w.get((await inbox())[0].address, agent)).customer.address, found[0].address);
	});

	test('pages that are not the site’s are refused with the reason, floods and false files too; each is counted', async () => {
		const { token } = await open();
		const foreign = await call('/open', {}, { origin: 'https://evil.example' });
		assert.equal(foreign.status, 403);
		assert.match(foreign.text, /https:\/\/evil\.example is not among the addresses of this site/);
		assert.ok(await counted('hospes_sites_refused_total') >= 1);
		const upload = (name, bytes, more = {}) => {
			const form = new FormData();
			for (const [field, value] of Object.entries({ token, client: `f${nth += 1}`, name: 'Files', ...more })) form.set(field, value);
			form.set('file', new File([bytes], name));
			return call('/files', null, { form });
		};
		const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
		for (const [name, bytes] of [['a.png', '<html><script>alert(1)</script>'], ['a.html', '<p>'], ['a.exe', 'MZ'], ['a.svg', '<svg/>'], ['a.txt', Buffer.from([0, 1, 2])]]) assert.equal((await upload(name, bytes)).status, 415, name);
		fine(await w.send('/settings/limits', { limits: [{ name: 'chat_file_bytes', value: '2048' }] }, owner));
		assert.equal((await upload('b.txt', 'x'.repeat(3000))).status, 413);
		assert.equal(await counted('hospes_chat_files_refused_total'), 6);
		fine(await upload('c.webp', Buffer.from('RIFF\0\0\0\0WEBPVP8 ')));
		const kept = fine(await upload('../../Photo.png', png));
		assert.deepEqual(kept.messages.at(-1).files.map((file) => [file.name, file.size]), [['Photo.png', 16]]);
		const file = kept.messages.at(-1).files[0], mine = await call(`/files/${file.id}?token=${token}`);
		assert.deepEqual([mine.status, mine.headers.get('content-type')], [200, 'application/octet-stream']);
		assert.match(mine.headers.get('content-disposition'), /^attachment/);
		assert.equal((await call(`/files/${file.id}?token=${(await open()).token}`)).status, 404);
		assert.equal(fine(await w.get((await inbox())[0].address, agent)).messages.at(-1).files[0].name, 'Photo.png');
		fine(await w.send('/settings/limits', { limits: [{ name: 'chat_rate_address', value: '5' }] }, owner));
		let last;
		for (let i = 0; i < 8; i++) last = await call('/messages', { token, client: `flood${i}`, text: 'x' });
		assert.equal(last.status, 429);
		assert.ok(last.headers.get('retry-after'));
		assert.ok(await counted('hospes_chats_flooded_total') >= 1);
		fine(await w.send('/settings/limits', { limits: [{ name: 'chat_rate_address', value: '100000' }] }, owner));
	});

	test('one writes to oneself before anything is set up; only a person is here or away', async () => {
		const empty = await start(end), someone = await empty.key('secret', '--role', 'agent');
		assert.equal((await empty.send('/inbox/presence', { value: 'away' }, someone)).status, 409);
		assert.equal((await empty.send('/inbox/presence', { value: 'perhaps' }, someone)).status, 422);
		const made = await empty.send('/inbox/try', {}, someone);
		assert.ok(made.status < 400, made.text);
		const [site] = fine(await empty.get('/settings/sites', someone)).rows, at = `/inbox/try/${site.id}`;
		assert.equal(fine(await empty.get(at, someone)).key, site.id);
		fine(await empty.send('/inbox/try', {}, someone));
		assert.equal(fine(await empty.get('/settings/sites', someone)).rows.length, 1, 'one page is enough');
	});

	test('whoever has the inbox open is here, unless they say that they are away', async () => {
		await w.addUser('ada@example.com', 'agent', 'correct horse battery staple');
		const session = await w.signIn('ada@example.com', 'correct horse battery staple'), page = async () => (await session.get('/inbox')).text();
		const [topic] = /agent:per_[0-9a-z]+/.exec(await page()), aborted = new AbortController();
		const stream = await session.request(`/live?topics=${topic}`, { signal: aborted.signal });
		assert.equal(stream.status, 200);
		await until('somebody to be here', async () => (await open()).presence === 'here');
		assert.equal((await session.submit(await page(), { value: 'away' })).status, 303);
		await until('nobody to be here', async () => (await open()).presence === 'nobody');
		assert.equal((await session.submit(await page(), { value: 'here' })).status, 303);
		await until('somebody to be here again', async () => (await open()).presence === 'here');
		await offer({ opens_at: '00:00', closes_at: '00:01', days: 'workdays' });
		const { presence, presence_text } = await open();
		if (new Date().toISOString().slice(11, 16) !== '00:00') assert.deepEqual([presence, /from 00:00 to 00:01/.test(presence_text)], ['closed', true]);
		await offer({ opens_at: '00:00', closes_at: '00:00', days: 'every' });
		aborted.abort();
	});

	test('what a customer has not read goes by mail, in one, and their answer comes home; what they have read does not', async () => {
		const server = await mailServer(end);
		fine(await w.send('/settings/mail', settingsOf(server), owner));
		fine(await w.send('/settings/limits', { limits: [{ name: 'chat_unread_s', value: '1' }] }, owner));
		const gone = await open(), there = await open();
		await write(gone.token, 'Where is it?', { name: 'Gone', email: 'gone@example.com' });
		await write(there.token, 'And mine?', { name: 'There', email: 'there@example.com' });
		const rows = await inbox(), at = (person) => rows.find((row) => row.person === person).address;
		for (const text of ['On its way.', 'It comes on Monday.']) fine(await w.send(`${at('Gone')}/answer`, { text }, agent));
		fine(await w.send(`${at('There')}/answer`, { text: 'Yours too.' }, agent));
		assert.equal((await call('/read', { token: there.token })).status, 204);
		const mail = await until('the mail', () => server.taken().find((one) => one.to === 'gone@example.com'));
		assert.match(mail.raw, /On its way\./);
		assert.match(mail.raw, /It comes on Monday\./);
		await until('it to be known as sent', async () => /^conversation_mail_/.test(fine(await w.get(at('Gone'), agent)).messages.at(-1).sending.key));
		assert.deepEqual(server.taken().map((one) => one.to), ['gone@example.com'], 'one mail, and none for what was read');
		assert.equal(fine(await w.get(at('There'), agent)).messages.at(-1).sending.key, 'conversation_read');
		const [, id] = /\r\nMessage-ID: <([^>]+)>/i.exec(mail.raw);
		writeFileSync(join(w.dir, 'back.eml'), `From: gone@example.com\nTo: cx@example.com\nSubject: Re: Where is it?\nDate: ${new Date().toUTCString()}\nMessage-ID: <back@example.com>\nIn-Reply-To: <${id}>\n\nThank you.\n`);
		await w.ok(['import', '--as', 'mail', 'back.eml']);
		assert.equal(fine(await w.get(at('Gone'), agent)).messages.at(-1).text, 'Thank you.');
	});

	test('what was said is given out and forgotten with its customer', async () => {
		const lee = await open(named('lee'));
		await write(lee.token, 'My secret is Zanzibar', { name: 'Lee', email: 'lee@example.com' });
		await w.applied();
		const out = JSON.parse(await w.ok(['export', 'user_id:lee']));
		assert.deepEqual([out.chats.map((one) => one.email), out.messages.map((one) => one.text)], [['lee@example.com'], ['My secret is Zanzibar']]);
		await w.ok(['erase', 'user_id:lee']);
		assert.equal((await inbox()).some((row) => row.person === 'Lee'), false);
		assert.notEqual((await call('/messages', { token: lee.token, client: 'z', text: 'again', name: 'Lee' })).status, 200);
	});
});
