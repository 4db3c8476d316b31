// You said, we did: a cause with those who raised it; once mended they are told, each once, also after a crash.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Session, start, until, untilEnd } from '../lib/hospes.mjs';
import { mailServer, settingsOf } from '../lib/mail.mjs';

describe('improvements', () => {
	const end = untilEnd(after);
	let w, secret, write, server, address;
	const send = (path, body = {}) => w.send(path, body, secret);
	const ok = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`); return answer; };
	const read = async (path) => (await w.get(path, secret)).body;
	const consent = { consent: { categoryPreferences: { service: true, analytics: true } } };
	const complain = async (userId, traits) => {
		await w.post('/v1/identify', { userId, traits, context: consent }, write);
		await w.post('/v1/track', { userId, event: 'Complaint Made', properties: { text: 'The lid leaks' }, context: consent }, write);
	};
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		write = await w.key('write');
		server = await mailServer(end);
		await ok('/settings/mail', settingsOf(server));
		await ok('/settings/contact', { quiet_from: '00:00', quiet_to: '00:00', gap_days: '0', wait_days: '3' });
		await ok('/follow-ups/rules/fur_0000000000004/on');
		for (const [user, traits] of [['a', { email: 'a@example.com', language: 'el' }], ['b', { email: 'b@example.com', language: 'fa' }], ['c', {}]]) await complain(user, traits);
		await until('three follow-ups', async () => { await w.applied(); return (await read('/follow-ups')).total === 3; });
	});

	test('a cause is written down and follow-ups are put under it', async () => {
		assert.equal((await send('/improvements', { title: ' ' })).status, 422);
		await ok('/improvements', { title: 'The lid of the jar leaks' });
		({ address } = (await read('/improvements')).rows[0]);
		const { id } = (await read(address)).improvement;
		for (const row of (await read('/follow-ups')).rows) await ok(`${row.address}/cause`, { improvement: id });
		assert.equal((await send(`${(await read('/follow-ups')).rows[0].address}/cause`, { improvement: 'imv_0000000000001' })).status, 422);
		const page = await read(address);
		assert.deepEqual([page.improvement.customers, page.voices.length, page.can_tell], [3, 3, false]);
		assert.equal((await send(`${address}/tell`)).status, 409, 'not mended yet');
	});

	test('once mended those who raised it are told in their language, once, whatever is asked again', async () => {
		const texts = [{ lang: 'en', said: 'The lid leaks.', did: 'New seal since May.' }, { lang: 'el', said: 'Το καπάκι στάζει.', did: 'Νέο λάστιχο από τον Μάιο.' }];
		assert.equal((await send(address, { title: 'Lid', state: 'perfect', texts })).status, 422);
		await ok(address, { title: 'The lid leaks', note: '', state: 'mended', is_public: true, texts });
		await ok(`${address}/tell`);
		await server.arrived(2);
		await w.keepHits(); // a killed server tells nothing
		await w.stop('SIGKILL');
		await w.serve();
		await complain('d', { email: 'd@example.com' });
		await until('a fourth follow-up', async () => { await w.applied(); return (await read('/follow-ups')).total === 4; });
		const late = (await read('/follow-ups?sort=newest')).rows[0];
		await ok(`${late.address}/cause`, { improvement: (await read(address)).improvement.id });
		await ok(`${address}/tell`);
		await until('the third letter', async () => (await read(address)).improvement.told === 3);
		assert.equal((await read('/mails?kind=customer')).rows.length, 3);
		const letters = await server.arrived(3);
		assert.deepEqual(letters.map((mail) => /\w@example\.com/.exec(JSON.stringify(mail))[0]).sort().length, 3);
		const page = await read(address);
		assert.deepEqual(page.voices.map((each) => each.told?.key).sort(), ['improvement_told_mail', 'improvement_told_mail', 'improvement_told_mail', 'improvement_told_no_address']);
	});

	test('anybody reads the public list, in their language where it is there', async () => {
		const guest = new Session(w);
		const english = await (await guest.get('/you-said-we-did')).text();
		assert.match(english, /New seal since May/);
		assert.match(await (await guest.get('/you-said-we-did', { headers: { 'accept-language': 'el' } })).text(), /Νέο λάστιχο/);
		await ok(`${address}/remove`);
		assert.doesNotMatch(await (await guest.get('/you-said-we-did')).text(), /New seal/);
		await ok(`${address}/restore`);
	});
});
