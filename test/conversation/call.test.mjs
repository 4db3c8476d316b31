// "@Ann" in a note: it stands among hers until she has seen it, and a mail tells her so and nothing of the customer.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decoded, mailServer, settingsOf } from '../lib/mail.mjs';
import { start } from '../lib/hospes.mjs';

test('a note calls on a colleague by name or address, once, and on nobody who is not meant', async (t) => {
	const [hospes, server] = await Promise.all([start(t), mailServer(t)]);
	const [owner, agent] = [await hospes.key('secret', '--role', 'owner'), await hospes.key('secret', '--role', 'agent')];
	for (const email of ['ann@shop.example', 'ben@shop.example', 'benno@shop.example']) await hospes.addUser(email, 'agent', 'a long enough password');
	assert.ok((await hospes.send('/settings/mail', settingsOf(server), owner)).status < 400);
	writeFileSync(join(hospes.dir, 'm.mbox'), 'From x@y Mon Mar  2 10:00:00 2026\nFrom: Zoe Secret <zoe@example.com>\nSubject: My private matter\nDate: Mon, 02 Mar 2026 10:00:00 +0000\nMessage-ID: <1@example.com>\n\nWhere is it?\n');
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	const [{ address }] = (await hospes.get('/inbox', agent)).body.rows;
	const note = async (text) => assert.ok((await hospes.send(`${address}/note`, { text }, agent)).status < 400);
	await note('Write to zoe@ben.example, or to @nobody, not to @bennot');
	await note('@Ben please look, and again @ben; and @ann@shop.example knows');
	const [one, ...others] = await server.arrived(2);
	assert.deepEqual([one, ...others].map(({ to }) => to).sort(), ['ann@shop.example', 'ben@shop.example']);
	const { subject, text, html } = decoded(one.raw);
	assert.match(subject, /calls on you in a note/);
	assert.ok(text.includes(`https://cx.example.com${address}`));
	assert.doesNotMatch(subject + text + html, /private|Zoe|look/);
	const ben = await hospes.signIn('ben@shop.example', 'a long enough password'), benno = await hospes.signIn('benno@shop.example', 'a long enough password');
	const views = async (who) => (await who.json('/inbox')).body.views.map(({ address: at, n }) => [at, n]).filter(([at]) => at.endsWith('called'));
	assert.deepEqual([await views(ben), await views(benno)], [[['/inbox?view=called', 1]], []]);
	assert.equal((await ben.json('/inbox?view=called')).body.rows[0].address, address);
	assert.equal((await ben.json(address)).body.call.key, 'conversation_call');
	assert.equal((await benno.json(address)).body.call ?? null, null);
	const csrf = /name="csrf" value="([^"]+)"/.exec(await (await ben.get(address)).text())[1];
	assert.equal((await ben.post(`${address}/called`, { csrf })).status, 303);
	assert.deepEqual([await views(ben), (await ben.json(address)).body.call ?? null], [[], null]);
	await hospes.ok(['erase', 'email:zoe@example.com']);
	assert.deepEqual(await views(await hospes.signIn('ann@shop.example', 'a long enough password')), []);
});
