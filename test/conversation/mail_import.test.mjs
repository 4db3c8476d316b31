// Mail from files: threads, dirt and hostility told by name, twice the same is once; touchpoints, export and erasure of who wrote.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

let n = 0;
const mail = (head, text = 'Hello there') => `${Object.entries({ From: 'Ann Lee <ann@example.com>', To: 'help@shop.example', Date: `Mon, 02 Mar 2026 10:${String(n % 60).padStart(2, '0')}:00 +0000`, 'Message-ID': `<${++n}@example.com>`, ...head }).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${String(text).replaceAll('\n', '\r\n')}\r\n`;
const mbox = (...mails) => mails.map((one) => `From x@y Mon Mar  2 10:00:00 2026\n${one.replaceAll('\r\n', '\n')}\n`).join('');

async function open(t) {
	const hospes = await start(t), secret = await hospes.key('secret');
	const put = (name, bytes) => { writeFileSync(join(hospes.dir, name), bytes); return name; };
	const take = async (name, code = 0) => {
		const result = await hospes.cli(['import', '--as', 'mail', name]);
		assert.equal(result.code, code, result.stderr + result.stdout);
		return result.stdout;
	};
	const exported = async (email) => JSON.parse((await hospes.ok(['export', `email:${email}`])));
	return { hospes, secret, put, take, exported };
}
const rejects = (hospes, name) => readFileSync(join(hospes.dir, `${name}.rejected.ndjson`), 'utf8').trim().split('\n').map((line) => JSON.parse(line));

test('threads by reference in any order, by subject only when it is safe; a second time changes nothing', async (t) => {
	const { hospes, secret, put, take, exported } = await open(t);
	const ask = mail({ Subject: 'Order 5 is late', 'Message-ID': '<a@example.com>' }, 'Where is it?\n\n-- \nAnn');
	const again = mail({ Subject: 'Re: Order 5 is late', 'Message-ID': '<b@example.com>', 'In-Reply-To': '<a@example.com>', References: '<a@example.com>' }, 'Still nothing.\n\nOn Monday Ann wrote:\n> Where is it?');
	const third = mail({ Subject: 'something else', 'Message-ID': '<c@example.com>', References: '<a@example.com> <b@example.com>' }, 'And now?');
	const bySubject = mail({ Subject: 'RE: order 5 is late', 'Message-ID': '<d@example.com>' }, 'Hello?');
	const stranger = mail({ From: 'bob@example.com', Subject: 'Re: Order 5 is late', 'Message-ID': '<e@example.com>' }, 'Mine too');
	const vague = mail({ Subject: 'Re: Hi', 'Message-ID': '<f@example.com>' }, 'Hi');
	const fresh = mail({ Subject: 'Order 5 is late', 'Message-ID': '<g@example.com>' }, 'A new one, no answer');
	put('m.mbox', mbox(third, ask, again, bySubject, stranger, vague, fresh));
	assert.match(await take('m.mbox'), /^7 mails: 7 kept, 4 conversations begun, 0 known already, 0 rejected/);
	assert.match(await take('m.mbox'), /^7 mails: 0 kept, 0 conversations begun, 7 known already, 0 rejected/);
	const ann = await exported('ann@example.com');
	assert.deepEqual(ann.conversations.map((one) => one.title), ['Order 5 is late', 'Re: Hi', 'Order 5 is late']);
	assert.deepEqual(ann.messages.map((one) => one.text), ['Where is it?', 'Still nothing.', 'And now?', 'Hello?', 'Hi', 'A new one, no answer']);
	assert.equal(ann.messages.find((one) => one.text === 'Still nothing.').folded, 'On Monday Ann wrote:\n> Where is it?');
	const counted = async (event) => (await hospes.query({ kind: 'trend', event, interval: 'day' }, secret)).rows.reduce((sum, row) => sum + row.value, 0);
	assert.equal(await counted('Message Received'), 7);
	assert.equal(await counted('Conversation Started'), 4);
	assert.ok(ann.touchpoints.some((one) => one.event === 'Message Received' && one.channel === 'email'));
	assert.equal((await exported('bob@example.com')).messages.length, 1);
});

test('what is no customer\'s mail is told by name and kept apart; programs are marked, hostile mail is refused or harmless', async (t) => {
	const { hospes, put, take, exported } = await open(t);
	let bomb = 'From: eve@example.com\n';
	for (let i = 0; i < 5000; i++) bomb += `Content-Type: multipart/mixed; boundary="b${i}"\n\n--b${i}\n`;
	mkdirSync(join(hospes.dir, 'box', 'cur'), { recursive: true });
	put('box/1.eml', mail({ Subject: 'Fine' }));
	put('box/2.eml', 'no mail at all');
	put('box/3.eml', mail({ From: 'nobody' }));
	put('box/4.eml', mail({ From: 'MAILER-DAEMON@mx.example', Subject: 'Undelivered' }));
	put('box/5.eml', bomb);
	put('box/6.eml', mail({ From: 'auto@example.com', Subject: 'Out of office', 'Auto-Submitted': 'auto-replied' }));
	put('box/7.eml', Buffer.concat([Buffer.from(mail({ From: 'big@example.com' })), Buffer.alloc(41 << 20, 97)]));
	put('box/cur/8.eml', mail({ From: '=?utf-8?q?Eve=0D=0ABcc:_x?= <eve@example.com>', Subject: '=?utf-8?q?Hi=0D=0ABcc:_victim=40example.com?=', 'Content-Type': 'text/html' }, '<p>Hi <img src=x onerror=alert(1)><script>alert(2)</script>there</p>'));
	put('box/cur/9.eml', mail({ From: 'file@example.com', 'Content-Type': 'multipart/mixed; boundary=b' }, '--b\n\nSee there\n--b\nContent-Type: image/png\nContent-Disposition: attachment; filename="../../x.png"\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--'));
	const said = await take('box', 3);
	assert.match(said, /^9 mails: 4 kept, 4 conversations begun, 0 known already, 5 rejected/);
	assert.deepEqual(rejects(hospes, 'box').map((one) => [one.line, one.reason]), [[2, 'empty'], [3, 'no_sender'], [4, 'bounce'], [5, 'too_deep'], [7, 'too_large']]);
	const eve = await exported('eve@example.com');
	assert.equal(eve.messages[0].title, 'Hi Bcc: victim@example.com');
	assert.equal(eve.messages[0].text, 'Hi there');
	assert.deepEqual((await exported('file@example.com')).message_files, [{ name: 'x.png', type: 'image/png', size: 8 }]);
	assert.equal((await hospes.cli(['export', 'email:auto@example.com'])).code, 1, 'a program is no customer');
	assert.equal((await hospes.cli(['import', '--as', 'mail', 'nowhere.mbox'])).code, 1);
	assert.equal((await hospes.cli(['import', '--as', 'mail'])).code, 2);
});

test('who is erased is gone from conversations, and stays gone', async (t) => {
	const { hospes, put, take, exported } = await open(t);
	put('m.mbox', mbox(mail({ Subject: 'My private matter' }, 'Secret words'), mail({ From: 'bob@example.com', Subject: 'Hello again' })));
	await take('m.mbox');
	assert.equal((await exported('ann@example.com')).messages.length, 1);
	await hospes.ok(['erase', 'email:ann@example.com']);
	assert.equal((await hospes.cli(['export', 'email:ann@example.com'])).code, 1);
	assert.match(await take('m.mbox', 3), /^2 mails: 0 kept, 0 conversations begun, 1 known already, 1 rejected\n {2}erased: 1/);
	assert.deepEqual(rejects(hospes, 'm.mbox'), [{ line: 1, reason: 'erased', row: '' }]);
	assert.equal((await exported('bob@example.com')).messages.length, 1);
});
