// Mails signed for the sender's domain (DKIM), as another program verifies them (Debian's python3-dkim) with the records that the page
// tells to publish.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { mailServer, settingsOf } from '../lib/mail.mjs';
import { start, until } from '../lib/hospes.mjs';

const PAGE = '/settings/mail/signature';
const VERIFIER = `import dkim, json, sys
given = json.load(sys.stdin)
records = {record["name"] + ".": record["value"].encode() for record in given["records"]}
def signatures(message):
    d = dkim.DKIM(message.encode())
    for i in range(sum(name.lower() == b"dkim-signature" for name, value in d.headers)):
        try:
            held = d.verify(idx=i, dnsfunc=lambda name, timeout=5: records.get(name.decode() if isinstance(name, bytes) else name))
        except dkim.DKIMException as wrong:
            held = str(wrong)
        fields = d.signature_fields
        yield {"held": held is True, "algorithm": fields[b"a"].decode(), "domain": fields[b"d"].decode(), "signed": [name.strip().lower() for name in fields[b"h"].decode().split(":")]}
print(json.dumps([list(signatures(message)) for message in given["messages"]]))
`;
const verified = (messages, records) => JSON.parse(execFileSync('/usr/bin/python3', ['-c', VERIFIER], { input: JSON.stringify({ messages, records }) }).toString());

test('keys are made, published and then sign; another program verifies, and finds each change', async (t) => {
	const w = await start(t), server = await mailServer(t), secret = await w.key('secret', '--role', 'owner');
	const send = (path, body = {}) => w.send(path, body, secret), read = async (path) => (await w.get(path, secret)).body;
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	assert.equal((await read(PAGE)).finding.key, 'signature_no_sender');
	assert.deepEqual([(await send(`${PAGE}/keys`)).status, (await send(`${PAGE}/start`)).status], [409, 409]);
	fine(await send('/settings/mail', settingsOf(server, { sender_name: 'Λιμάνι και οι φίλοι του στο παλιό λιμάνι της πόλης' })));
	await w.addUser('ann@example.com', 'owner', 'a long enough password');
	const ann = (await read('/team')).rows.find((row) => row.email === 'ann@example.com').id;
	fine(await send('/subscriptions', { page: '/pulse', person: ann, weekday: '0', hour: '7' }));
	const [{ id }] = (await read('/subscriptions')).rows;
	let n = 0;
	const mail = async () => {
		fine(await send(`/subscriptions/${id}/send`));
		const message = (await server.arrived(++n))[n - 1].raw;
		await until('it to be sent', async () => (await read('/mails')).rows[0].state === 'sent');
		return message.slice(message.indexOf('\r\n', message.indexOf('X-TLS')) + 2);
	};

	fine(await send(`${PAGE}/keys`));
	const made = await read(PAGE);
	assert.deepEqual([made.is_on, made.has_next, made.domain, made.next.map(({ name }) => name.replace(/\d+/, 'T'))], [false, true, 'example.com', ['hospesTr._domainkey.example.com', 'hospesTe._domainkey.example.com']]);
	for (const { name, value, zone } of made.next) {
		assert.ok(zone.startsWith(`${name}. IN TXT ( "v=DKIM1;`));
		const strings = [...zone.matchAll(/"([^"]*)"/g)].map(([, string]) => string);
		assert.equal(strings.join(''), value);
		assert.ok(strings.every((string) => string.length <= 255));
	}
	assert.doesNotMatch(await mail(), /DKIM-Signature/, 'new keys do not sign before they are published');

	fine(await send(`${PAGE}/start`));
	const { is_on: isOn, records } = await read(PAGE), message = await mail();
	assert.deepEqual([isOn, records], [true, made.next]);
	fine(await send(`${PAGE}/keys`));
	const later = await mail();
	const changed = [['subject', message.replace(/^Subject: /m, 'Subject: Re: ')], ['a second From', `From: eve@example.net\r\n${message}`], ['one click', message.replace('/unsubscribe/', '/elsewhere/')], ['text', `${message.trimEnd()}\r\nmore\r\n`]];
	const relayed = `X-Relayed: yes\r\n${message.replace(/^Subject: /m, 'Subject:   ')}\r\n\r\n`;
	const [signatures, onTheWay, byTheOld, ...others] = verified([message, relayed, later, ...changed.map(([, text]) => text)], records);
	const held = (list) => list.map((each) => each.held);
	assert.deepEqual(signatures.map(({ held: is, algorithm, domain }) => [is, algorithm, domain]), [[true, 'rsa-sha256', 'example.com'], [true, 'ed25519-sha256', 'example.com']]);
	assert.deepEqual(signatures[0].signed.filter((name) => name === 'from').length, 2, 'a second From cannot be put above it');
	for (const name of ['to', 'subject', 'date', 'message-id', 'content-type', 'list-unsubscribe', 'list-unsubscribe-post']) assert.ok(signatures.every(({ signed }) => signed.includes(name)), name);
	assert.ok(message.slice(0, message.indexOf('\r\n\r\n')).split('\r\n').every((line) => line.length < 500));
	assert.deepEqual(held(onTheWay), [true, true], 'what relays do on the way');
	assert.deepEqual(held(byTheOld), [true, true], 'the old ones sign until the new ones are said to be published');
	for (const [i, [name, text]] of changed.entries()) {
		assert.notEqual(text, message, name);
		assert.deepEqual(held(others[i]), [false, false], name);
	}

	fine(await send(`${PAGE}/stop`));
	assert.doesNotMatch(await mail(), /DKIM-Signature/);
	const { rows } = await read('/audit');
	assert.doesNotMatch(JSON.stringify(rows), /[A-Za-z0-9+/]{60}/, 'no key stands in the audit');
	assert.doesNotMatch(w.log, /[A-Za-z0-9+/]{60}/);
});
