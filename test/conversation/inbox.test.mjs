// The inbox: who waits, found by words, answered by mail in its thread, taken back in time, not answered twice; agents do all of it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mailServer, settingsOf } from '../lib/mail.mjs';
import { start, until } from '../lib/hospes.mjs';

const mail = (id, from, subject, text, more = '') => `From x@y Mon Mar  2 10:00:00 2026\nFrom: ${from}\nTo: cx@example.com\nSubject: ${subject}\nDate: Mon, 02 Mar 2026 1${id}:00:00 +0000\nMessage-ID: <${id}@example.com>\n${more}\n${text}\n\n`;

test('read, sorted, searched, given, tagged, put aside, solved and opened again', async (t) => {
	const hospes = await start(t), [agent, owner] = [await hospes.key('secret', '--role', 'agent'), await hospes.key('secret')];
	const get = async (path) => { const answer = await hospes.get(path, agent); assert.equal(answer.status, 200, path + answer.text); return answer.body; };
	const send = async (path, body = {}, status) => { const answer = await hospes.send(path, body, agent); if (status) assert.equal(answer.status, status, answer.text); else assert.ok(answer.status < 400, `${path} ${answer.status} ${answer.text}`); return answer; };
	assert.equal((await get('/inbox')).is_empty, true);
	writeFileSync(join(hospes.dir, 'm.mbox'), mail(1, 'Ann <ann@example.com>', 'Broken kettle', 'It does not boil. I am very unhappy.') + mail(2, 'bob@example.com', 'Invoice wanted', 'Please send the invoice')
		+ mail(3, 'Ann <ann@example.com>', 'Re: Broken kettle', 'Any news?', 'In-Reply-To: <1@example.com>\n') + mail(4, 'robot@example.com', 'Newsletter', 'Buy', 'List-Id: <news.example>\n')
		+ mail(5, 'cat@example.com', 'Photo', 'See', '').replace('\nSee\n', 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee\n--b\nContent-Type: text/html; name=a.html\nContent-Disposition: attachment; filename=a.html\n\n<script>alert(1)</script>\n--b\nContent-Type: text/html; name=p.html\nContent-Transfer-Encoding: base64\n\niVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==\n--b\nContent-Type: image/png; name=q.png\n\n<html>\n--b--\n'));
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	let inbox = await get('/inbox');
	assert.deepEqual(inbox.rows.map((row) => row.title), ['Broken kettle', 'Invoice wanted', 'Photo']);
	assert.deepEqual(inbox.finding.args, { open: 3, waiting: 3, since: '2026-03-02T11:00:00.000Z' });
	assert.deepEqual((await get('/inbox?sort=newest')).rows.map((row) => row.title), ['Photo', 'Broken kettle', 'Invoice wanted']);
	assert.deepEqual((await get('/inbox?view=solved')).rows.map((row) => [row.title, row.is_automatic]), [['Newsletter', true]]);
	assert.deepEqual((await get('/inbox?q=invoice')).rows.map((row) => row.title), ['Invoice wanted']);
	assert.deepEqual((await get('/inbox?q=boil%20OR%20invoice')).rows.map((row) => row.title).sort(), ['Broken kettle', 'Invoice wanted']);
	for (const query of ['view=none', 'sort=none', 'cursor=x.y']) assert.equal((await hospes.get(`/inbox?${query}`, agent)).status, 422, query);
	const at = inbox.rows[0].address;
	let page = await get(at);
	assert.deepEqual(page.messages.map((one) => [one.kind, one.text]), [['in', 'It does not boil. I am very unhappy.'], ['in', 'Any news?']]);
	assert.equal(page.customer.name, 'Ann');
	assert.equal(page.finding.key, 'conversation_waits');
	assert.equal(page.no_mail.key, 'conversation_no_mail');
	await send(`${at}/answer`, { text: 'x' }, 409);
	await send(`${at}/note`, { text: 'Ask the workshop' });
	await send(`${at}/note`, { text: ' ' }, 422);
	await send(`${at}/tag`, { value: 'repair' });
	await send(`${at}/priority`, { value: 'urgent' });
	await send(`${at}/priority`, { value: 'soon' }, 422);
	await send(`${at}/assign`, { value: 'per_nobody' }, 422);
	await send(`${at}/assign`, { value: '' });
	await send(`${at}/draft`, { text: 'Dear Ann' });
	page = await get(at);
	assert.equal(page.messages.at(-1).is_note, true);
	assert.deepEqual([page.tags, page.conversation.priority, page.text.value], [['repair'], 'urgent', 'Dear Ann']);
	assert.deepEqual((await get('/inbox?tag=repair')).rows.map((row) => row.title), ['Broken kettle']);
	await send(`${at}/untag`, { value: 'repair' });
	await send(`${at}/snooze`, { value: 'forever' }, 422);
	await send(`${at}/snooze`, { value: 'day' });
	assert.deepEqual((await get('/inbox?view=snoozed')).rows.map((row) => row.title), ['Broken kettle']);
	await send(`${at}/reopen`);
	await send(`${at}/solve`);
	await send(`${at}/solve`, {}, 409);
	writeFileSync(join(hospes.dir, 'n.mbox'), mail(6, 'ann@example.com', 'Re: Broken kettle', 'It broke again', 'In-Reply-To: <3@example.com>\n'));
	await hospes.ok(['import', '--as', 'mail', 'n.mbox']);
	page = await get(at);
	assert.deepEqual([page.conversation.state, page.conversation.reopened], ['open', 1], 'a customer who writes again opens it');
	assert.deepEqual(page.steps.map((step) => step.what.key.replace('conversation_step_', '')).slice(0, 4), ['reopened', 'solved', 'woken', 'snoozed']);
	const photo = await get(inbox.rows[2].address), [file, picture, none] = photo.messages[0].files;
	assert.deepEqual([file.picture ?? null, picture.width, picture.height, none.picture ?? null], [null, 1, 1, null], 'a picture is one by its bytes');
	const shown = await fetch(hospes.address + picture.picture, { headers: { authorization: `Bearer ${agent}` } });
	assert.deepEqual([shown.status, shown.headers.get('content-type'), shown.headers.get('x-content-type-options')], [200, 'image/png', 'nosniff']);
	assert.equal((await hospes.get(none.address.replace('/files/', '/pictures/'), agent)).status, 404);
	const answer = await fetch(hospes.address + file.address, { headers: { authorization: `Bearer ${agent}` } });
	assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
	assert.match(answer.headers.get('content-disposition'), /^attachment/);
	assert.match(await answer.text(), /<script>alert\(1\)/);
	await hospes.ok(['erase', 'email:ann@example.com']);
	assert.equal((await hospes.get(at, agent)).status, 404);
	assert.deepEqual((await get('/inbox')).rows.map((row) => row.title), ['Invoice wanted', 'Photo']);
	assert.equal((await hospes.get('/audit', owner)).status, 200);
});

test('a search tells a conversation once, on whichever of its pages', async (t) => {
	const hospes = await start(t), agent = await hospes.key('secret', '--role', 'agent');
	const one = (id, of) => `From x@y Mon Mar  2 10:00:00 2026\nFrom: c${id % 70}@example.com\nSubject: Lamp ${id % 70}\nDate: Mon, 02 Mar 2026 10:00:${String(id % 60).padStart(2, '0')} +0000\nMessage-ID: <m${id}@example.com>\n${of === undefined ? '' : `In-Reply-To: <m${of}@example.com>\n`}\nA lamp\n\n`;
	writeFileSync(join(hospes.dir, 'm.mbox'), Array.from({ length: 210 }, (_, i) => one(i, i < 70 ? undefined : i - 70)).join(''));
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	const titles = [];
	for (let at = '/inbox?q=lamp'; at;) {
		const { rows, next } = (await hospes.get(at, agent)).body;
		titles.push(...rows.map(({ title }) => title));
		at = next;
	}
	assert.deepEqual([titles.length, new Set(titles).size], [70, 70]);
});

test('an answer waits to be taken back, goes out once in its thread, and its own answer comes home', async (t) => {
	const hospes = await start(t), server = await mailServer(t);
	const [agent, owner] = [await hospes.key('secret', '--role', 'agent'), await hospes.key('secret')];
	const get = async (path) => (await hospes.get(path, agent)).body;
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	fine(await hospes.send('/settings/mail', settingsOf(server), owner));
	writeFileSync(join(hospes.dir, 'm.mbox'), mail(1, 'Zoë <zoe@example.com>', 'Broken kettle', 'It does not boil.'));
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	const [{ address }] = (await get('/inbox')).rows, seen = String((await get(address)).conversation.revision);
	fine(await hospes.send(`${address}/answer`, { text: 'Too quick', seen }, agent));
	let page = await get(address);
	assert.equal(page.messages.at(-1).sending.key, 'conversation_sends_soon');
	assert.equal(page.finding.key, 'conversation_is_answered');
	assert.equal((await hospes.send(`${address}/answer`, { text: 'A second one', seen }, agent)).status, 409, 'who has not seen the first does not answer too');
	fine(await hospes.send(page.messages.at(-1).undo, {}, agent));
	page = await get(address);
	assert.deepEqual([page.messages.length, page.text.value, page.finding.key], [1, 'Too quick', 'conversation_waits']);
	fine(await hospes.send('/settings/limits', { limits: [{ name: 'inbox_undo_s', value: '0' }] }, owner));
	fine(await hospes.send(`${address}/answer`, { text: 'Dear Zoë\n\nA new one is on its way.', then: 'solve' }, agent));
	const sent = await until('the answer to be sent', () => server.taken().find((one) => one.to === 'zoe@example.com'));
	assert.equal(server.taken().filter((one) => one.to === 'zoe@example.com').length, 1);
	assert.match(sent.raw, /\r\nSubject: Re: Broken kettle\r\n/);
	assert.match(sent.raw, /\r\nIn-Reply-To: <1@example.com>\r\n/);
	assert.match(sent.raw, /\r\nReferences: <1@example.com>\r\n/);
	assert.doesNotMatch(sent.raw, /Auto-Submitted/);
	page = await until('it to be told', async () => { const now = await get(address); return now.messages.at(-1).sending?.key === 'conversation_mail_sent' && now; });
	assert.equal(page.is_solved, true);
	assert.equal((await hospes.send(`${address}/messages/${page.messages.at(-1).id}/undo`, {}, agent)).status, 409);
	const ours = /\r\nMessage-I[dD]: (<[^>]+>)/.exec(sent.raw)[1];
	writeFileSync(join(hospes.dir, 'n.mbox'), mail(9, 'zoe@example.com', 'something else', 'Thank you!', `In-Reply-To: ${ours}\n`));
	await hospes.ok(['import', '--as', 'mail', 'n.mbox']);
	assert.ok((await get(address)).messages.some((one) => one.text === 'Thank you!'));

	// By hand: asked at 11:00, answered at 12:00; asked again at 13:00 and 14:00, answered at 16:00. Bob waits.
	const reply = (id, of) => mail(id, 'CX <cx@example.com>', 'Re: Lamp', 'Here it is', `In-Reply-To: <${of}@example.com>\n`).replace('To: cx@', 'To: lea@');
	const hers = (id, more) => mail(id, 'Lea <lea@example.com>', 'Lamp', 'Where is it?', more).replace('Message-ID: <', 'Message-ID: <l');
	writeFileSync(join(hospes.dir, 'o.mbox'), hers(1) + reply(2, 'l1') + hers(3, 'In-Reply-To: <2@example.com>\n') + hers(4, 'In-Reply-To: <2@example.com>\n') + reply(6, 'l4') + mail(5, 'bob@example.com', 'Else', 'Hello'));
	await hospes.ok(['import', '--as', 'mail', 'o.mbox']);
	const asked = async (question) => JSON.parse(await hospes.ok(['query', JSON.stringify({ kind: 'service', from: '2026-03-02', to: '2026-03-03', ...question })]));
	assert.deepEqual(await asked({ measure: 'first_response' }), { kind: 'service', measure: 'first_response', hours: 'calendar', n: 1, median_s: 3600, p90_s: 3600 });
	const next = await asked({ measure: 'next_response', by: 'agent' });
	assert.deepEqual([next.n, next.median_s, next.rows], [1, 10800, [{ agent: 'CX', n: 1, median_s: 10800, p90_s: 10800, reopened: 0 }]]);
	const solved = JSON.parse(await hospes.ok(['query', '{"kind":"service","measure":"first_contact","by":"channel"}']));
	assert.deepEqual([solved.n, solved.by_replies, solved.n_over, solved.by_return], [1, 0, 0, null], 'wrote twice; its seven days are not over');
	assert.equal((await hospes.cli(['query', '{"kind":"service","measure":"speed"}'])).code, 1);
	assert.equal((await hospes.cli(['query', '{"kind":"service","measure":"resolution","by":"mood"}'])).code, 1);
});
