// Conversations that were one are merged, one that was two is split; both undone, and what comes afterwards finds its way.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

const mail = (hour, from, subject, text, more = '') => `From x@y Mon Mar  2 10:00:00 2026\nFrom: ${from}\nTo: cx@example.com\nSubject: ${subject}\nDate: Mon, 02 Mar 2026 ${hour}:00:00 +0000\nMessage-ID: <${hour}@example.com>\n${more}\n${text}\n\n`;

test('merged, split and undone, with all that belongs to them', async (t) => {
	const hospes = await start(t), agent = await hospes.key('secret', '--role', 'agent');
	let files = 0;
	const take = async (...mails) => { const name = `m${files++}.mbox`; writeFileSync(join(hospes.dir, name), mails.join('')); await hospes.ok(['import', '--as', 'mail', name]); };
	const get = async (path) => (await hospes.get(path, agent)).body;
	const send = (path, body = {}) => hospes.send(path, body, agent);
	const fine = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path} ${answer.status} ${answer.text}`); };
	const texts = async (path) => (await get(path)).messages.map(({ text }) => text);
	const inbox = async (view = 'open') => (await get(`/inbox?view=${view}&sort=oldest`)).rows;
	await take(mail(10, 'Ann <ann@example.com>', 'Kettle broken', 'It leaks'), mail(11, 'ann@example.com', 'Once more the kettle', 'Forgot the picture', 'Content-Type: multipart/mixed; boundary=b\n').replace('\nForgot the picture\n', '\n--b\n\nForgot the picture\n--b\nContent-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nx\n--b--\n'),
		mail(12, 'bob@example.com', 'Lamp', 'Where is it?'));
	const [kettle, again, lamp] = await inbox(), id = (row) => row.address.split('/').at(-1);
	assert.deepEqual((await get(again.address)).merges.map(({ value }) => value), [id(kettle)]);
	assert.equal((await send(`${again.address}/merge`, { value: id(lamp) })).status, 409, 'never with another customer');
	assert.equal((await send(`${again.address}/merge`, { value: id(again) })).status, 409);
	assert.equal((await send(`${again.address}/merge`, { value: 'cnv_none' })).status, 422);
	await fine(`${kettle.address}/solve`);
	await fine(`${again.address}/merge`, { value: id(kettle) });
	assert.deepEqual(await texts(kettle.address), ['It leaks', 'Forgot the picture']);
	assert.deepEqual((await inbox()).map(({ title, messages }) => [title, messages]), [['Kettle broken', 2], ['Lamp', 1]], 'who still waits opens it');
	const [, { files: [file] }] = (await get(kettle.address)).messages;
	assert.equal((await fetch(hospes.address + file.address, { headers: { authorization: `Bearer ${agent}` } })).status, 200);
	const led = await fetch(hospes.address + again.address, { redirect: 'manual', headers: { authorization: `Bearer ${agent}`, accept: 'text/html' } });
	assert.deepEqual([led.status, new URL(led.headers.get('location'), hospes.address).pathname], [303, kettle.address]);
	assert.equal((await send(`${again.address}/note`, { text: 'x' })).status, 409);
	await take(mail(13, 'ann@example.com', 'Re: Once more the kettle', 'To the merged one', 'In-Reply-To: <11@example.com>\n'));
	assert.deepEqual(await texts(kettle.address), ['It leaks', 'Forgot the picture', 'To the merged one']);
	const steps = async (path) => (await get(path)).steps.map(({ what }) => what.key.replace('conversation_step_', ''));
	assert.ok((await steps(kettle.address)).includes('merged'));

	const page = (await get(kettle.address)).messages;
	assert.equal(page[0].split ?? null, null);
	assert.equal((await send(`${kettle.address}/messages/${page[0].id}/split`)).status, 409, 'something has to stay');
	await fine(page[1].split);
	const split = (await inbox()).find(({ title, address }) => title === 'Kettle broken' && address !== kettle.address);
	assert.deepEqual([await texts(kettle.address), await texts(split.address)], [['It leaks'], ['Forgot the picture', 'To the merged one']]);
	await take(mail(14, 'ann@example.com', 'Re: Kettle broken', 'To the split one', 'In-Reply-To: <13@example.com>\n'), mail(15, 'ann@example.com', 'Re: Kettle broken', 'To the first', 'In-Reply-To: <10@example.com>\n'));
	assert.deepEqual([await texts(kettle.address), await texts(split.address)], [['It leaks', 'To the first'], ['Forgot the picture', 'To the merged one', 'To the split one']]);
	assert.equal((await send(`${kettle.address}/moves/mov_0000000000000/undo`)).status, 404);
	await hospes.ok(['erase', 'email:ann@example.com']);
	assert.deepEqual((await inbox()).map(({ title }) => title), ['Lamp']);
	for (const { address } of [kettle, again, split]) assert.equal((await hospes.get(address, agent)).status, 404);
});

test('a browser undoes both with the button of the notice', async (t) => {
	const hospes = await start(t);
	await hospes.addUser('ann@shop.example', 'owner', 'a long enough password');
	writeFileSync(join(hospes.dir, 'm.mbox'), mail(10, 'lea@example.com', 'One', 'First') + mail(11, 'lea@example.com', 'Two', 'Second') + mail(12, 'lea@example.com', 'Re: Two', 'Third', 'In-Reply-To: <11@example.com>\n'));
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	const secret = await hospes.key('secret'), session = await hospes.signIn('ann@shop.example', 'a long enough password');
	const texts = async (path) => (await hospes.get(path, secret)).body.messages.map(({ text }) => text);
	const rows = async () => (await hospes.get('/inbox?sort=oldest', secret)).body.rows;
	const [one, two] = await rows();
	const post = async (path, fields = {}) => {
		const csrf = /name="csrf" value="([^"]+)"/.exec(await (await session.get('/inbox')).text())[1];
		return session.post(path, { csrf, ...fields });
	};
	const undoes = async (path, fields) => {
		const answer = await post(path, fields), html = await (await session.get(answer.headers.get('location'))).text();
		return (/action="([^"]*\/moves\/[^"]*\/undo)"/.exec(html) ?? assert.fail(`${answer.status} ${html.slice(0, 2000)}`))[1];
	};
	const back = await undoes(`${two.address}/merge`, { value: one.address.split('/').at(-1) });
	assert.deepEqual(await texts(one.address), ['First', 'Second', 'Third']);
	await post(back);
	assert.deepEqual([await texts(one.address), await texts(two.address), (await rows()).length], [['First'], ['Second', 'Third'], 2]);
	assert.equal((await post(back)).status, 404, 'once');
	const third = (await hospes.get(two.address, secret)).body.messages[1].split;
	const joined = await undoes(third);
	assert.equal((await rows()).length, 3);
	await post(joined);
	assert.deepEqual([await texts(two.address), (await rows()).length], [['Second', 'Third'], 2]);
});
