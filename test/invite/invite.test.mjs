// Asking customers to answer: by hand, after a touchpoint, in a sample; by the contact policy; once, whatever crashes; the mail itself,
// the funnel, unsubscribing and preferences, erasure.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decoded, mailServer, settingsOf } from '../lib/mail.mjs';
import { forms, Session, start, timeline, until, untilEnd } from '../lib/hospes.mjs';

/** No quiet hours, so that the tests do not depend on the hour. */
const AWAKE = { quiet_from: '00:00', quiet_to: '00:00', gap_days: '0', wait_days: '3' };
const clock = (ms) => new Date(ms).toISOString().slice(11, 16);
const pathOf = (text, what) => new RegExp(`https://cx\\.example\\.com(/${what}/[^\\s"<>?]+)`).exec(text)[1];

describe('invitations', () => {
	const end = untilEnd(after);
	let w, server, secret, write;
	const send = (path, body = {}) => w.send(path, body, secret);
	const read = async (path) => (await w.get(path, secret)).body;
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	const policy = async (more = {}) => fine(await send('/settings/contact', { ...AWAKE, ...more }));
	async function open(template, name) {
		fine(await send('/surveys', { name, template }));
		const { address } = (await read('/surveys')).rows.find((each) => each.name === name);
		fine(await send(`${address}/open`));
		return address;
	}
	async function know(user, traits = {}, more = {}) {
		await w.post('/v1/identify', { userId: user, traits: { name: user, email: `${user}@example.com`, ...traits }, ...more }, write);
		await w.applied();
	}
	const track = async (userId, event, properties = {}, more = {}) => assert.equal((await w.post('/v1/track', { userId, event, properties, ...more }, write)).status, 200);
	const mailsTo = (user) => server.taken().filter((mail) => mail.to === `${user}@example.com`);
	const mailTo = (user, n = 1) => until(`mail ${n} to ${user}`, () => mailsTo(user).length >= n && mailsTo(user)[n - 1]);
	const rows = async (address, query = '') => (await read(`${address}/invitations/customers${query}`)).rows;
	const decided = (address, user, state) => until(`${user} to be ${state}`, async () => (await rows(address)).find((row) => row.person === user && row.state === state));
	const steps = async (address) => Object.fromEntries((await read(`${address}/invitations`)).funnel.steps.map(({ step, customers }) => [step, customers]));
	const ask = async (address, user) => fine(await send(`${address}/invitations`, { customer: `user_id:${user}` }));

	before(async () => {
		w = await start(end);
		server = await mailServer(end);
		secret = await w.key('secret', '--role', 'owner');
		write = await w.key('write');
	});

	test('nobody is asked before mail is set up, nor by a survey that asks nobody by name', async () => {
		const address = await open('service', 'Early');
		await know('early');
		const { why_not, is_ready } = await read(`${address}/invitations`);
		assert.deepEqual([is_ready, why_not.key], [false, 'invites_no_mail']);
		const made = await send(`${address}/plans`, { kind: 'touchpoint', event: 'Ticket Closed' });
		assert.equal((await send(`${made.headers.get('location') ?? (await read(`${address}/invitations`)).plans[0].address}/start`)).status, 409);
		fine(await send('/settings/mail', settingsOf(server)));
		await policy();
		const team = await open('employees', 'Staff');
		assert.equal((await send(`${team}/invitations`, { customer: 'user_id:early' })).status, 409);
		assert.equal((await send(`${team}/plans`, { kind: 'touchpoint', event: 'X' })).status, 409);
	});

	test('the mail asks the first question in the customer’s language; looking a link up answers nothing; the funnel follows', async () => {
		const address = await open('relationship', 'Relationship'), { name, definition } = await read(`${address}/export`);
		for (const each of definition.questions[0].texts) each.text = `{name|…}: ${each.text}`;
		fine(await send(address, { name, is_anonymous: false, definition }));
		await know('kim', { language: 'fa' });
		await ask(address, 'kim');
		const mail = await mailTo('kim'), { subject, html, text } = decoded(mail.raw);
		assert.match(html, /dir="rtl" lang="fa"/);
		assert.match(subject, /چگونه بود/);
		assert.match(text, /kim: چقدر احتمال دارد/, 'the name as on the page');
		assert.match(mail.headers['list-unsubscribe'], /^<https:\/\/cx\.example\.com\/contact\/cus_[0-9a-z]{13}\.[\w-]{22}\/unsubscribe\/email>$/);
		assert.equal(mail.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click');
		const links = [...html.matchAll(/href="https:\/\/cx\.example\.com(\/s\/[^"?]+)\?a=(\d+)"/g)];
		assert.deepEqual(links.map(([, , a]) => Number(a)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
		assert.ok(!/<img/i.test(html), 'no picture, so no pixel');
		const [, path] = links[0], guest = new Session(w);
		const shown = await (await guest.get(`${path}?a=9`)).text();
		assert.match(shown, /value="9" checked/);
		await until('the delivery to be known', async () => (await steps(address)).delivered === 1);
		assert.deepEqual((await steps(address)), { eligible: 1, sampled: 1, sent: 1, delivered: 1, opened: 0, started: 0, done: 0 });
		const rates = async () => { const { funnel } = await read(`${address}/invitations`); return ['response_rate', 'response_low', 'response_high', 'completion_rate', 'completion_high'].map((name) => funnel[name] === null ? null : Math.round(funnel[name] * 1e4) / 1e4); };
		assert.deepEqual(await rates(), [0, 0, 0.7935, null, null], 'of nobody there is no rate');
		assert.equal((await w.fetch(`${path}/steps/opened`, { method: 'POST' })).status, 204);
		assert.equal((await w.fetch(`${path}/steps/looked`, { method: 'POST' })).status, 404);
		assert.equal((await steps(address)).opened, 1);
		const form = forms(shown).find((each) => each.action === path);
		assert.equal((await guest.post(path, { ...form.fields, 'answers[0].value': '9' })).status, 303);
		assert.deepEqual((await steps(address)), { eligible: 1, sampled: 1, sent: 1, delivered: 1, opened: 1, started: 1, done: 1 });
		assert.deepEqual(await rates(), [1, 0.2065, 1, 1, 1], 'answered of delivered, answered of begun; Wilson');
		const told = ['Survey Sent', 'Survey Delivered', 'Survey Opened', 'Survey Started', 'Survey Answered', 'Survey Completed'];
		await until('all steps on the time line', async () => {
			const events = timeline(await w.customer('user_id:kim', secret)).map((each) => each.event);
			return told.every((event) => events.filter((each) => each === event).length === 1);
		});
		assert.deepEqual((await rows(address, '?step=done')).map((row) => row.person), ['kim']);
		assert.equal((await w.get(`${address}/invitations/customers?step=lost`, secret)).status, 422);
	});

	test('a plan asks after its touchpoint, by its condition, once; what came before or does not fit asks nobody', async () => {
		const address = await open('service', 'After tickets');
		await Promise.all(['tom', 'una', 'vic'].map((user) => know(user)));
		await track('vic', 'Ticket Closed', { channel: 'phone' });
		const bad = await send(`${address}/plans`, { kind: 'touchpoint', event: 'Ticket Closed', condition: '{"name":"channel"' });
		assert.deepEqual([bad.status, bad.body.faults?.[0]?.field ?? /condition/.test(bad.text)], [422, bad.body.faults ? 'condition' : true]);
		fine(await send(`${address}/plans`, { kind: 'touchpoint', event: 'Ticket Closed', delay_hours: 0, condition: '{"name":"topic","is":"refund"}' }));
		const [plan] = (await read(`${address}/invitations`)).plans;
		assert.equal(plan.state, 'paused');
		await track('tom', 'Ticket Closed', { topic: 'refund' });
		await w.applied();
		const tried = await read(plan.address);
		assert.deepEqual([tried.eligible, tried.rows.map((row) => [row.person, row.reason])], [1, [['tom', '']]], 'the dry run tells who would be asked');
		fine(await send(`${plan.address}/start`));
		assert.equal((await send(`${plan.address}/start`)).status, 409);
		await track('tom', 'Ticket Closed', { topic: 'refund' }, { messageId: 'again' });
		await track('tom', 'Ticket Closed', { topic: 'refund' }, { messageId: 'again' });
		await track('una', 'Ticket Closed', { topic: 'question' });
		await mailTo('tom');
		await until('all to be decided', async () => (await rows(address, '?step=waiting')).length === 0);
		assert.deepEqual((await rows(address)).map((row) => [row.person, row.state]), [['tom', 'sent']]);
		assert.deepEqual([mailsTo('una').length, mailsTo('vic').length, mailsTo('tom').length], [0, 0, 1]);
		fine(await send(`${plan.address}/pause`));
		await track('una', 'Ticket Closed', { topic: 'refund' });
		await w.applied();
		fine(await send(`${plan.address}/stop`));
		assert.equal((await send(`${plan.address}/start`)).status, 409, 'stopped for good');
		assert.equal((await rows(address)).length, 1);
	});

	test('the policy: quiet hours wait, a gap and caps hold back, wishes and refusals forbid; each skip has its reason', async () => {
		const address = await open('product', 'Policy');
		await policy({ quiet_from: clock(Date.now() - 7_200_000), quiet_to: clock(Date.now() + 7_200_000) });
		await know('night');
		await know('abroad', { timezone: 'Pacific/Kiritimati' }); // 14 hours ahead: awake when Greenwich sleeps
		await ask(address, 'night');
		await ask(address, 'abroad');
		const quiet = await until('the night to be waited for', async () => (await rows(address, '?step=waiting')).find((row) => row.person === 'night' && row.reason === 'quiet'));
		assert.ok(Math.abs(Date.parse(quiet.due_at) - Date.now() - 7_200_000) < 120_000, quiet.due_at);
		await mailTo('abroad');
		await policy({ gap_days: '7', wait_days: '0' });
		await ask(address, 'abroad');
		assert.equal((await decided(address, 'abroad', 'skipped')).reason, 'gap');
		await policy();
		fine(await send('/settings/contact/caps', { most: '1', days: '30', channel: 'email', trait: 'plan', value: 'gold' }));
		assert.equal((await send('/settings/contact/caps', { most: 'x', days: '0', channel: 'pigeon', trait: 'plan' })).status, 422);
		assert.equal((await send('/settings/contact', { ...AWAKE, quiet_from: '25:00', gap_days: '-1' })).body.faults.length, 2);
		await policy({ wait_days: '0' });
		await know('gold', { plan: 'gold' });
		await ask(address, 'gold');
		await mailTo('gold');
		await ask(address, 'gold');
		assert.equal((await decided(address, 'gold', 'skipped')).reason, 'cap');
		await w.post('/v1/identify', { userId: 'nomail', traits: { name: 'nomail' } }, write);
		await know('nobody'); // the server bounces it
		await w.applied();
		await ask(address, 'nomail');
		assert.equal((await decided(address, 'nomail', 'skipped')).reason, 'no_address');
		await ask(address, 'nobody');
		assert.equal((await decided(address, 'nobody', 'skipped')).reason, 'undelivered');
		await ask(address, 'nobody');
		await until('the bounce to be remembered', async () => (await rows(address, '?reason=bounced')).length === 1);
		const { counts, caps } = await read('/settings/contact');
		assert.ok(['gap', 'cap', 'no_address', 'bounced'].every((reason) => counts.find((row) => row.reason === reason)?.customers === 1), JSON.stringify(counts));
		assert.equal((await read('/contacts?reason=cap')).rows[0].person, 'gold');
		fine(await send(caps[0].remove));
		assert.equal((await send(caps[0].remove)).status, 404);
		await policy();
	});

	test('nothing is asked while a complaint, a late delivery or a hardship is open, but about just that', async () => {
		const address = await open('service', 'Held');
		await policy({ wait_days: '0' });
		for (const [user, event, over] of [['cora', 'Complaint Made', 'Complaint Resolved'], ['dan', 'Delivery Delayed', 'Order Delivered'], ['hal', 'Hardship Reported', 'Hardship Ended']]) {
			await know(user);
			await track(user, event);
			await w.applied();
			await ask(address, user);
			const { reason } = await decided(address, user, 'skipped');
			assert.equal(reason, { cora: 'complaint', dan: 'delivery', hal: 'hardship' }[user]);
			fine(await send(`${address}/plans`, { kind: 'touchpoint', event, about: reason, delay_hours: 0 }));
			const [plan] = (await read(`${address}/invitations`)).plans;
			assert.deepEqual((await read(plan.address)).rows.map((row) => [row.person, row.reason]), [[user, '']], 'what it asks about does not hold it back');
			await track(user, over);
			await w.applied();
			await ask(address, user);
			await mailTo(user);
		}
		assert.equal((await send(`${address}/plans`, { kind: 'touchpoint', event: 'X', about: 'weather' })).status, 422);
		await policy();
	});

	test('one click ends it without sign-in, looking does not; preferences are kept, and marketing is asked of who agreed', async () => {
		const address = await open('product', 'Wishes');
		await know('wilma');
		await ask(address, 'wilma');
		const { text } = decoded((await mailTo('wilma')).raw), unsubscribe = pathOf(text, 'contact'), preferences = unsubscribe.replace(/\/unsubscribe.*/, '');
		const guest = new Session(w);
		assert.equal((await guest.get(unsubscribe)).status, 200);
		await ask(address, 'wilma');
		await mailTo('wilma', 2);
		assert.equal((await w.fetch(unsubscribe, { method: 'POST', body: 'List-Unsubscribe=One-Click', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 200);
		await ask(address, 'wilma');
		assert.equal((await decided(address, 'wilma', 'skipped')).reason, 'unwanted');
		const page = await (await guest.get(preferences)).text();
		assert.ok(!/value="email" checked/.test(page) && /value="sms" checked/.test(page));
		assert.equal((await w.fetch(preferences, { method: 'POST', body: 'surveys=email&marketing=true', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 200);
		const wilma = await w.customer('user_id:wilma', secret);
		assert.equal(wilma.consents.find((each) => each.purpose === 'marketing').state, 'granted');
		await ask(address, 'wilma');
		await mailTo('wilma', 3);
		assert.equal((await guest.get(`${preferences}x`)).status, 410, 'a forged address');
		assert.equal((await guest.get(`${preferences}/unsubscribe/pigeon`)).status, 404);
		await know('xeno');
		await know('yan', {}, { context: { consent: { categoryPreferences: { service: false } } } });
		fine(await send(`${address}/plans`, { kind: 'touchpoint', event: 'Product Returned', purpose: 'marketing', delay_hours: 0 }));
		await ask(address, 'yan');
		assert.equal((await decided(address, 'yan', 'skipped')).reason, 'no_consent');
	});

	test('a sample of a segment is drawn at random, of its size, and all of it is told', async () => {
		const address = await open('relationship', 'Sample');
		for (let i = 0; i < 10; i++) await know(`s${i}`, { club: 'yes' }, { context: { consent: { categoryPreferences: { analytics: true, marketing: i > 0 } } } });
		fine(await send('/segments', { name: 'Club', condition: { name: 'trait:club', is: 'yes' } }));
		const segment = (await read('/segments')).rows.find((row) => row.name === 'Club').id;
		assert.equal((await send(`${address}/plans`, { kind: 'sample', segment: 'seg_0000000000000', size: 4 })).status, 422);
		assert.equal((await send(`${address}/plans`, { kind: 'sample', segment, size: 0 })).status, 422);
		fine(await send(`${address}/plans`, { kind: 'sample', segment, percent: 40, size: 0, purpose: 'marketing' }));
		const [plan] = (await read(`${address}/invitations`)).plans;
		assert.equal((await read(plan.address)).eligible, 9, 'who refused marketing is not even looked at');
		fine(await send(`${plan.address}/start`));
		await until('the sample to be asked', async () => (await steps(address)).sent === 4);
		await until('all to be delivered', async () => (await steps(address)).delivered === 4);
		assert.deepEqual(await steps(address), { eligible: 9, sampled: 4, sent: 4, delivered: 4, opened: 0, started: 0, done: 0 });
		fine(await send(`${plan.address}/pause`));
		fine(await send(`${plan.address}/start`));
		await until('it to run again', async () => (await read(plan.address)).plan.state === 'running');
		assert.equal((await steps(address)).sampled, 4, 'once is once');
	});

	test('erasing a customer takes invitations, decisions and waiting mail along; the export holds them', async () => {
		const address = await open('product', 'Erased');
		fine(await send('/settings/mail', settingsOf({ port: 1 }))); // nobody listens: mail waits
		await know('eve');
		await ask(address, 'eve');
		await decided(address, 'eve', 'sent');
		const eve = await w.customer('user_id:eve', secret), waits = async () => (await read('/mails?q=eve@')).rows.length;
		const exported = JSON.parse(await (await w.fetch(`/customers/${eve.id}/export`, { headers: { authorization: `Bearer ${secret}` } })).text());
		assert.deepEqual([exported.invitations.length, exported.contacts.length, exported.mails.length], [1, 1, 1]);
		assert.equal(await waits(), 1);
		fine(await send(`/customers/${eve.id}/erase`));
		assert.deepEqual([await waits(), (await rows(address)).length, (await steps(address)).sent], [0, 0, 0]);
		fine(await send('/settings/mail', settingsOf(server)));
		assert.equal(mailsTo('eve').length, 0);
	});
});

test('killed between, nobody is asked twice and nobody is forgotten', async (t) => {
	const w = await start(t), server = await mailServer(t);
	const secret = await w.key('secret', '--role', 'owner'), write = await w.key('write');
	const send = (path, body = {}) => w.send(path, body, secret);
	await send('/settings/mail', settingsOf(server));
	await send('/settings/contact', AWAKE);
	await send('/surveys', { name: 'Crash', template: 'service' });
	const { address } = (await w.get('/surveys', secret)).body.rows[0];
	await send(`${address}/open`);
	await send(`${address}/plans`, { kind: 'touchpoint', event: 'Order Delivered', delay_hours: 0 });
	const [plan] = (await w.get(`${address}/invitations`, secret)).body.plans;
	await send(`${plan.address}/start`);
	const N = 40;
	const batch = (from) => w.post('/v1/batch', { batch: Array.from({ length: N / 4 }, (_, i) => [
		{ type: 'identify', userId: `c${from + i}`, traits: { email: `c${from + i}@example.com` } },
		{ type: 'track', userId: `c${from + i}`, event: 'Order Delivered', messageId: `d${from + i}` }]).flat() }, write);
	for (let round = 0; round < 4; round++) {
		assert.equal((await batch(round * (N / 4))).status, 200);
		await new Promise((done) => setTimeout(done, 40 + 90 * round));
		await w.stop('SIGKILL');
		await w.serve();
	}
	const asked = () => server.taken().map((mail) => mail.to);
	await until('all to be asked', () => new Set(asked()).size === N);
	await until('nobody to wait', async () => (await w.get(`${address}/invitations`, secret)).body.funnel.steps.find((each) => each.step === 'sent').customers === N);
	const ids = server.taken().map((mail) => mail.headers['message-id']);
	// A mail may be given to the server twice when the program dies before its answer is written down: under one Message-ID.
	assert.equal(new Set(ids).size, N, 'one mail each');
});
