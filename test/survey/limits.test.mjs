// How long a survey is open, for how many, how fast; links that are forged, too old or used.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { forms, start, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

describe('limits of surveys', () => {
	const end = untilEnd(after);
	let w, secret, surveys;
	const yes = { id: 'good', type: 'boolean', is_required: true, text: 'Good?' };
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner').catch(() => w.key('secret'));
		surveys = new Surveys(w, secret);
		await w.post('/v1/identify', { type: 'identify', userId: 'kim-1', traits: { name: 'Kim' } }, await w.key('write'));
	});

	test('links for one answer each: used once, told apart from none of the answers; the open link can be closed', async () => {
		const { address, path } = await surveys.open('Tickets', [yes], { access: 'links' }, { is_anonymous: true });
		const barred = await surveys.guest().get(path);
		assert.deepEqual([barred.status, /link of your own/.test(await barred.text())], [403, true]);
		assert.equal((await surveys.send(path, { submission: 'limits-9876543210', answers: [{ question: 'good', value: 'true' }] })).status, 403);
		await w.addUser('lead@example.com', 'owner', 'the long password of the lead');
		const designer = await (await (await w.signIn('lead@example.com', 'the long password of the lead')).get(address)).text();
		assert.deepEqual([designer.includes('id="survey-link"'), designer.includes('id="survey-tickets"')], [false, true], 'a link that asks nobody is not offered');
		assert.equal((await surveys.send(`${address}/tickets`, { count: 5001 })).status, 422);
		const made = await surveys.send(`${address}/tickets`, { count: 3, days: 2 });
		const [first, second, third] = made.text.split('\r\n').slice(1, -1).map((link) => new URL(link).pathname);
		assert.ok(third && new Set([first, second, third]).size === 3, made.text);
		assert.equal((await surveys.answer(first, { 'answers[0].value': 'true' })).status, 303);
		assert.match(await (await surveys.guest().get(`${first}?done=1`)).text(), /Thank you/);
		assert.match(await (await surveys.guest().get(first)).text(), /answered/);
		await surveys.send(first, { submission: 'limits-0000000000', answers: [{ question: 'good', value: 'false' }] });
		assert.equal((await surveys.read(address)).submissions, 1, 'the same link takes no second answer');
		assert.equal((await surveys.answer(second, { 'answers[0].value': 'true' })).status, 303);
		const [head, seal] = [third.slice(0, third.lastIndexOf('.') + 1), third.slice(third.lastIndexOf('.') + 1)];
		assert.equal((await surveys.guest().get(head + [...seal].reverse().join(''))).status, 404, 'forged');
		assert.equal((await surveys.guest().get(third.replace(/\.(\d+)\./, (_, at) => `.${Number(at) + 9}.`))).status, 404, 'prolonged');
		assert.equal((await surveys.read(address)).submissions, 2);
	});

	test('a quota takes so many of an answer and thanks the others kindly', async () => {
		const { address, path } = await surveys.open('Quota', [{ id: 'shop', type: 'choice', is_required: true, text: 'Where?', options: ['Athens', 'Patras'], quotas: [{ value: '1', most: 2 }] }, { id: 'why', type: 'text', begins_page: true, text: 'Why?' }]);
		for (let i = 0; i < 2; i++) {
			const first = await surveys.answer(path, { 'answers[0].value': '1' });
			assert.equal((await surveys.next(first.session, path, first.text, {})).status, 303);
		}
		const third = await surveys.answer(path, { 'answers[0].value': '1' });
		assert.equal(third.status, 200);
		assert.match(third.text, /Enough people like you/);
		const other = await surveys.answer(path, { 'answers[0].value': '2' });
		assert.equal((await surveys.next(other.session, path, other.text, {})).status, 303);
		assert.equal((await surveys.read(address)).submissions, 3);
		const wrong = await surveys.make('Wrong quota', [{ id: 'shop', type: 'choice', text: 'Where?', options: ['Athens', 'Patras'], quotas: [{ value: '3', most: 2 }] }]);
		assert.match((await surveys.send(`${wrong.address}/open`)).text, /questions\[0\]\.quotas/);
	});

	test('answers that come at once share what is left of a quota; those too late are thanked as kindly', async () => {
		const { address, path } = await surveys.open('Rush', [{ ...yes, quotas: [{ value: 'true', most: 2 }] }]), MANY = 8;
		const guests = await Promise.all(Array.from({ length: MANY }, async () => {
			const session = surveys.guest(), form = forms(await (await session.get(path)).text()).find((each) => each.action === path);
			return { session, fields: { ...form.fields, 'answers[0].value': 'true' } };
		}));
		const answers = await Promise.all(guests.map(async ({ session, fields }) => { const answer = await session.post(path, fields); return { status: answer.status, text: await answer.text() }; }));
		assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(MANY - 2).fill(200), 303, 303]);
		for (const { status, text } of answers) if (status === 200) assert.match(text, /Enough people like you/);
		assert.equal((await surveys.read(address)).submissions, 2);
	});

	test('it is answered from its first day to its last, and as often as it says', async () => {
		const early = await surveys.open('Early', [yes], { opens_on: day(3) }), late = await surveys.open('Late', [yes], { closes_on: day(-3) }), now = await surveys.open('Now', [yes], { opens_on: day(-2), closes_on: day(2), most: 1 });
		const get = async (path) => { const answer = await surveys.guest().get(path); return { status: answer.status, text: await answer.text() }; };
		assert.match((await get(early.path)).text, /opens on/);
		assert.deepEqual([(await get(late.path)).status, (await surveys.send(late.path, { submission: 'limits-0123456789', answers: [{ question: 'good', value: 'true' }] })).status], [410, 410]);
		assert.equal((await surveys.answer(now.path, { 'answers[0].value': 'true' })).status, 303);
		assert.match((await get(now.path)).text, /has ended/);
		const { address } = await surveys.make('Backwards', [yes], { opens_on: day(3), closes_on: day(1) });
		assert.match((await surveys.send(`${address}/open`)).text, /closes before it opens/);
	});

	test('a flood to one link ends in a kind page, and other links stay open', async () => {
		const { address, path } = await surveys.open('Flood', [yes]), other = await surveys.open('Calm', [yes]);
		const post = (i, headers) => w.send(path, { submission: `flood-${String(i).padStart(12, '0')}`, answers: [{ question: 'good', value: 'true' }] }, secret, headers);
		for (let i = 0; i < 60; i++) assert.ok((await post(i)).status < 400);
		const refused = await surveys.answer(path, { 'answers[0].value': 'true' });
		assert.equal(refused.status, 429);
		assert.match(refused.text, /One moment, please/);
		assert.ok((await post(60, { 'x-forwarded-for': '203.0.113.9' })).status < 400, 'from another address it is taken');
		assert.equal((await surveys.read(address)).submissions, 61);
		assert.equal((await surveys.answer(other.path, { 'answers[0].value': 'true' })).status, 303);
	});

	test('limits are changed on their page, within their bounds, and hold at once', async () => {
		const page = async () => (await surveys.read('/settings/limits')).rows, row = (rows, name) => rows.find((each) => each.name === name);
		const before = row(await page(), 'survey_rate_address');
		assert.deepEqual([before.value, before.preset, before.least], ['60', 60, 1]);
		const refused = await surveys.send('/settings/limits', { limits: [{ name: 'survey_rate_address', value: '0' }, { name: 'session_days', value: '7' }, { name: 'mail_host', value: '1' }] });
		assert.deepEqual([refused.status, refused.body.faults.map(({ field }) => field)], [422, ['limits[0].value', 'limits[2].value']]);
		assert.equal(row(await page(), 'session_days').value, '14', 'nothing of it was changed');
		const { path } = await surveys.open('Two an hour', [yes]), put = (value) => surveys.send('/settings/limits', { limits: [{ name: 'survey_rate_address', value }] });
		assert.ok((await put('2')).status < 400);
		const answered = [];
		for (let i = 0; i < 3; i++) answered.push((await surveys.answer(path, { 'answers[0].value': 'true' })).status);
		assert.deepEqual(answered, [303, 303, 429]);
		assert.ok((await put('60')).status < 400);
		assert.equal((await surveys.answer(path, { 'answers[0].value': 'true' })).status, 303);
	});

	test('a genuine link whose time is over gets a kind page, and takes no answer', async () => {
		const { address } = await surveys.open('Over', [yes]);
		const link = new URL((await surveys.send(`${address}/links`, { customer: 'user_id:kim-1' })).body.link).pathname, [survey, customer, expires] = link.split('/').pop().split('.');
		// The seal as src/survey/survey_link.c makes it: BLAKE2b of what it seals, keyed by the directory's secret.
		const seal = (what) => execFileSync('python3', ['-c', 'import base64, hashlib, sys\nkey = open(sys.argv[1], "rb").read()\nprint(base64.urlsafe_b64encode(hashlib.blake2b(("survey link " + sys.argv[2]).encode(), key=key, digest_size=16).digest()).decode().rstrip("="))', join(w.data, 'secret'), what]).toString().trim();
		const made = (seconds) => { const what = `${survey}.${customer}.${seconds}`; return `/s/${what}.${seal(what)}`; };
		assert.equal(made(expires), link, 'the seal is made as the server makes it');
		const over = made(Math.floor(Date.now() / 1000) - 1), soon = made(Math.floor(Date.now() / 1000) + 3600);
		const answer = await surveys.guest().get(over), text = await answer.text();
		assert.equal(answer.status, 410);
		assert.match(text, /This link is too old/);
		assert.doesNotMatch(text, /Good\?/);
		assert.equal((await surveys.send(over, { answers: [{ question: 'good', value: 'true' }] })).status, 410);
		assert.equal((await surveys.read(address)).submissions, 0);
		assert.equal((await surveys.answer(soon, { 'answers[0].value': 'true' })).status, 303);
	});

	test('a forged, malformed or used link gets a kind page, and says nothing of the survey', async () => {
		const { address, path } = await surveys.open('Private name', [yes]);
		const link = new URL((await surveys.send(`${address}/links`, { customer: 'user_id:kim-1' })).body.link).pathname, parts = link.split('.');
		const expired = [parts[0], parts[1], '1000000000', parts[3]].join('.');
		for (const forged of [`${link}x`, expired, link.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), `${path}.`, '/s/sur_0000000000000', '/s/%00', '/s/..%2f..']) {
			const answer = await surveys.guest().get(forged), text = await answer.text();
			assert.ok([400, 404].includes(answer.status), `${forged} answered ${answer.status}`);
			assert.doesNotMatch(text, /Private name|Good\?/);
			if (answer.status === 404 && forged.startsWith('/s/sur')) assert.match(text, /no survey at this address/);
		}
		assert.equal((await surveys.answer(link, { 'answers[0].value': 'true' })).status, 303);
		assert.match(await (await surveys.guest().get(link)).text(), /answered already/);
		assert.equal((await surveys.send(link, { answers: [{ question: 'good', value: 'false' }] })).status, 200);
		assert.equal((await surveys.read(address)).submissions, 1);
	});
});
