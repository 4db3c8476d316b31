// Surveys by short message: a gateway on the loopback that takes, refuses and is away; signatures both ways; receipts, STOP, the short
// link, and how long each text is over the air.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { start, timeline, until, untilEnd } from '../lib/hospes.mjs';
import { outside } from '../lib/outside.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('short messages', () => {
	const end = untilEnd(after), PUBLIC = 'https://cx.example.com', taken = [];
	const question = { id: 'good', type: 'boolean', is_required: true, texts: [{ lang: 'en', text: 'Were you pleased?' }, { lang: 'el', text: 'Μείνατε ευχαριστημένοι;' }] };
	let w, gateway, secret, surveys, survey, shared, says = 202;
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	const sign = (message, timestamp, body, key = shared) => new Webhook(key).sign(message, new Date(timestamp * 1000), body);
	const back = (path, data, { at = Date.now(), key } = {}) => {
		const body = JSON.stringify(data), timestamp = String(Math.floor(at / 1000));
		return w.fetch(path, { method: 'POST', body, headers: { 'content-type': 'application/json', accept: 'application/json', 'webhook-id': 'm1', 'webhook-timestamp': timestamp, 'webhook-signature': sign('m1', timestamp, body, key) } });
	};
	const ask = async (user) => fine(await surveys.send(`${survey}/invitations`, { customer: `user_id:${user}`, channel: 'sms' }));
	const sentTo = (phone, n = 1) => until(`message ${n} to ${phone}`, () => { const all = taken.filter((each) => each.data.to === phone); return all.length >= n && all[n - 1]; });
	const rows = async () => (await surveys.read(`${survey}/invitations/customers`)).rows;
	const row = (user, test) => until(`${user}`, async () => (await rows()).find((each) => each.person === user && test(each)));

	before(async () => {
		gateway = await outside(end);
		gateway.set('/send', (request, answer) => {
			const chunks = [];
			request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
				const body = Buffer.concat(chunks).toString(), id = request.headers['webhook-id'];
				taken.push({ ...JSON.parse(body), id, isSigned: request.headers['webhook-signature'] === sign(id, request.headers['webhook-timestamp'], body) });
				answer.writeHead(says).end();
			});
		});
		w = await start(end, { env: { HOSPES_FETCH_INSIDE: '1' } });
		secret = await w.key('secret', '--role', 'owner');
		surveys = new Surveys(w, secret);
		fine(await surveys.send('/settings/contact', { quiet_from: '00:00', quiet_to: '00:00', gap_days: '0', wait_days: '3' }));
		const write = await w.key('write');
		for (const [user, phone, language] of [['kim', '+306900000001', 'el'], ['tom', '+306900000002', 'en'], ['una', '+306900000003', 'en'], ['vic', '+306900000004', 'en']]) await w.post('/v1/identify', { userId: user, traits: { name: user, phone, language } }, write);
		await w.post('/v1/identify', { userId: 'nophone', traits: { name: 'nophone' } }, write);
		await w.applied();
		({ address: survey } = await surveys.open('By phone', [question]));
	});

	test('settings: a gateway that is none is refused; the secret is made once; the text is measured in each language', async () => {
		assert.equal((await surveys.read(`${survey}/invitations`)).is_ready, false);
		assert.deepEqual((await surveys.send('/settings/sms', { gateway: 'ftp://x', address: PUBLIC })).body.faults.map((fault) => fault.field), ['gateway']);
		fine(await surveys.send('/settings/sms', { gateway: `${gateway.address}/send`, sender: 'Harbour', address: PUBLIC }));
		const settings = await surveys.read('/settings/sms');
		shared = settings.secret;
		assert.match(shared, /^whsec_/);
		assert.deepEqual([settings.is_on, settings.receipts], [true, `${PUBLIC}/sms/receipts`]);
		fine(await surveys.send('/settings/sms', { gateway: `${gateway.address}/send`, sender: 'Harbour', address: PUBLIC }));
		assert.equal((await surveys.read('/settings/sms')).secret, shared);
		const { is_ready, sms_texts } = await surveys.read(`${survey}/invitations`);
		assert.equal(is_ready, true);
		assert.deepEqual(sms_texts.map(({ lang, encoding, segments, units, text }) => [lang, encoding, segments, units === [...text].length]), [['en', 'GSM-7', 1, true], ['el', 'UCS-2', 2, true]]);
	});

	test('a customer is asked in their language by a signed message; the receipt, the short link and the answer follow', async () => {
		await ask('kim');
		const message = await sentTo('+306900000001'), { text, language, encoding, segments, from, id } = message.data;
		assert.deepEqual([message.type, message.isSigned, message.id, language, encoding, segments, from], ['sms.send', true, id, 'el', 'UCS-2', 2, 'Harbour']);
		assert.match(text, /Μείνατε ευχαριστημένοι; https:\/\/cx\.example\.com\/l\/[\w-]{11} /);
		assert.equal((await back('/sms/receipts', { id, state: 'delivered' }, { key: 'whsec_AAAA' })).status, 403);
		assert.equal((await back('/sms/receipts', { id, state: 'delivered' }, { at: Date.now() - 3_600_000 })).status, 403);
		assert.equal((await back('/sms/receipts', { id, state: 'lost' })).status, 422);
		assert.equal((await back('/sms/receipts', { id: 'sms_0000000000001', state: 'delivered' })).status, 404);
		assert.equal((await back('/sms/receipts', { id, state: 'delivered' })).status, 204);
		await row('kim', (each) => each.delivered_at);
		const short = await w.fetch(new URL(/https:\S+/.exec(text)[0]).pathname, { redirect: 'manual', headers: { accept: 'text/html' } }), path = short.headers.get('location');
		assert.equal(short.status, 303);
		assert.equal((await w.fetch('/l/nothing', { headers: { accept: 'text/html' } })).status, 410);
		assert.equal((await surveys.answer(path, { 'answers[0].value': 'true' })).status, 303);
		await until('the steps on the time line', async () => {
			const events = timeline(await w.customer('user_id:kim', secret)).map((each) => each.event);
			return ['Survey Sent', 'Survey Delivered', 'Survey Answered', 'Survey Completed'].every((event) => events.includes(event));
		});
	});

	test('a gateway that is away gets the same message again; one that refuses for good ends it', async () => {
		says = 503;
		await ask('tom');
		const first = await sentTo('+306900000002');
		says = 202;
		const second = await sentTo('+306900000002', 2);
		assert.equal(second.id, first.id);
		says = 422;
		await ask('una');
		assert.equal((await row('una', (each) => each.state === 'skipped')).reason, 'undelivered');
		says = 202;
		assert.equal(taken.filter((each) => each.data.to === '+306900000003').length, 1);
		await ask('nophone');
		assert.equal((await row('nophone', (each) => each.state === 'skipped')).reason, 'no_address');
	});

	test('STOP ends it, in any case and language; anything else does not; what was sent is given out on request', async () => {
		assert.equal((await back('/sms/replies', { text: 'STOP' })).status, 422);
		assert.equal((await back('/sms/replies', { from: '+306900000004', text: 'thank you' })).status, 204);
		assert.equal((await back('/sms/replies', { from: '+300000000000', text: 'STOP' })).status, 204);
		await ask('vic');
		await sentTo('+306900000004');
		assert.equal((await back('/sms/replies', { from: '+306900000004', text: ' Stop. ' })).status, 204);
		await ask('vic');
		assert.equal((await row('vic', (each) => each.state === 'skipped')).reason, 'unwanted');
		assert.equal(taken.filter((each) => each.data.to === '+306900000004').length, 1);
		const exported = await w.cli(['export', 'user_id:vic']);
		assert.equal(JSON.parse(exported.stdout).short_messages.length, 1);
	});
});
