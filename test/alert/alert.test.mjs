// Alerts: a figure that passes a limit or is unusual is told once, in the console and by mail; what comes and goes is one alert;
// many at once are one letter; a crash loses and doubles nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';
import { decoded, mailServer, settingsOf } from '../lib/mail.mjs';

const PASSWORD = 'the long password of everybody', DAY = 86_400_000;

async function ready(t, withMail = true) {
	const w = await start(t);
	const server = withMail ? await mailServer(t) : null;
	const secret = await w.key('secret', '--role', 'owner'), write = await w.key('write', '--consent', 'assured');
	const send = async (path, body = {}) => {
		const answer = await w.send(path, body, secret);
		assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`);
		return answer;
	};
	if (server) await send('/settings/mail', settingsOf(server));
	await w.addUser('ada@example.com', 'analyst', PASSWORD);
	const session = await w.signIn('ada@example.com', PASSWORD);
	const person = (await w.get('/team', secret)).body.rows.find((row) => row.email === 'ada@example.com').id;
	const track = async (events) => {
		for (let i = 0; i < events.length; i += 500) await w.post('/v1/batch', { batch: events.slice(i, i + 500) }, write);
		await w.applied();
	};
	const answers = (n, number) => Array.from({ length: n }, (_, i) => ({ type: 'track', userId: `r${i}`, event: 'Survey Answered', properties: { survey_id: 's', question_id: 'recommend', question: 'Would you recommend us?', type: 'nps', number, scale: [0, 10] } }));
	const rules = async () => (await w.get('/alerts/rules', secret)).body;
	const alerts = async () => (await w.get('/alerts', secret)).body;
	const check = async (id) => {
		const before = (await rules()).rows.find((row) => row.id === id).checked_at;
		await send(`/alerts/rules/${id}/check`);
		return until('the rule to be checked', async () => { const row = (await rules()).rows.find((each) => each.id === id); return row.checked_at !== before && row; });
	};
	const add = async (rule) => {
		const answer = await send('/alerts/rules', rule);
		const id = answer.headers.get('location').split('/').at(-1);
		await until('the first check', async () => (await rules()).rows.find((row) => row.id === id).checked_at);
		return id;
	};
	return { w, server, secret, write, send, session, person, track, answers, rules, alerts, check, add };
}
const complaints = (day, n, name = 'Complaint Made') => Array.from({ length: n }, (_, i) => ({ type: 'track', userId: `c${i}`, event: name, timestamp: new Date(Date.now() - day * DAY).toISOString(), messageId: `${name}-${day}-${i}` }));

test('a score below its limit is told once, and what comes and goes is the same alert', async (t) => {
	const { w, server, secret, send, session, person, track, answers, rules, alerts, check, add } = await ready(t);
	await track(answers(12, 2));
	const refused = await w.send('/alerts/rules', { figure: 'nps|recommend', condition: 'below', limit: 'much', least_n: '-1' }, secret);
	assert.deepEqual([refused.status, refused.body.faults.map((fault) => fault.field).sort()], [422, ['least_n', 'limit']]);
	const wrong = await w.send('/alerts/rules', { figure: 'own', question: '{"kind":"trend","colour":1}', value: 'total.value', condition: 'above', limit: '1' }, secret);
	assert.deepEqual([wrong.status, wrong.body.faults[0].field], [422, 'question']);
	assert.equal((await w.send('/alerts/rules', { figure: 'own', question: '{"kind":"score","metric":"nps"}', value: 'total.colour', condition: 'above', limit: '1' }, secret)).body.faults[0].field, 'value');

	const id = await add({ figure: 'nps|recommend', condition: 'below', limit: '20', people: [person] });
	let { rows: [alert], finding } = await alerts();
	assert.deepEqual([alert.name, alert.value, alert.n, alert.is_open, alert.times, alert.says.key, finding.key], ['NPS · Would you recommend us?', -100, 12, true, 1, 'alert_says_below', 'alerts_open']);
	assert.equal(alert.evidence, '/voice?question=recommend');
	const [mail] = await server.arrived(1);
	const letter = decoded(mail.raw);
	assert.match(letter.subject, /^Alert: NPS/);
	assert.match(letter.text, /-100.*below the limit of 20/);
	assert.ok(letter.text.includes(`https://cx.example.com${alert.address}`));
	assert.match(await (await session.get('/me')).text(), /class="bell bell-some"[^>]*>.*?1 new alert/s);

	await check(id);
	await track(answers(200, 10));
	assert.equal((await check(id)).state, 'easing');
	await track(answers(600, 0));
	assert.equal((await check(id)).state, 'raised');
	({ rows: [alert] } = await alerts());
	assert.deepEqual([(await alerts()).rows.length, alert.times, alert.is_open], [1, 2, true], 'it came back before it was over');
	assert.equal(server.taken().length, 1, 'and was not told again');

	const page = await (await session.get(alert.address)).text();
	assert.equal((await session.submit(page, { hours: '24' })).status, 303);
	assert.match(await (await session.get('/me')).text(), /No new alerts/);
	assert.equal((await w.get(alert.address, secret)).body.alert.is_snoozed, true);
	await send(`${alert.address}/acknowledge`);
	assert.equal((await w.get(alert.address, secret)).body.alert.is_acknowledged, true);
	await send(`${alert.address}/reopen`);
	const { alert: again } = (await w.get(alert.address, secret)).body;
	assert.deepEqual([again.is_acknowledged, again.is_snoozed], [false, false]);
	assert.equal((await w.send(`${alert.address}/snooze`, { hours: 0 }, secret)).status, 422);
	await send('/alerts/seen');

	await send(`/alerts/rules/${id}`, { figure: 'nps|recommend', condition: 'below', limit: '-99', calm_hours: '0', people: [person] });
	await until('it to be over', async () => { await check(id); return !(await alerts()).rows[0].is_open; });
	assert.deepEqual([(await rules()).rows[0].state, (await alerts()).finding.key, server.taken().length], ['calm', 'alerts_calm', 1]);
	assert.equal((await w.send(`${alert.address}/snooze`, { hours: 1 }, secret)).status, 409);
	await send(`/alerts/rules/${id}/remove`);
	assert.equal((await rules()).rows.length, 0);
	await send(`/alerts/rules/${id}/restore`);
	assert.equal((await w.get(`/alerts/rules/${id}`, secret)).body.alerts.length, 1);
	assert.equal((await w.get('/alerts/alt_0000000000001', secret)).status, 404);
});

test('an unusual day is found among eight weeks, an ordinary one is not; ready-made rules take one click', async (t) => {
	const { w, send, secret, track, rules, alerts } = await ready(t, false);
	const days = Array.from({ length: 60 }, (_, i) => i + 1);
	await track(days.flatMap((day) => complaints(day, day === 1 ? 40 : 6 + (day * 7) % 5)));
	await track(days.flatMap((day) => complaints(day, 6 + (day * 7) % 5, 'Delivery Delayed')));
	assert.ok((await rules()).samples.some((each) => each.value === 'complaints_rise'));
	await send('/alerts/samples', { sample: 'complaints_rise' });
	await send('/alerts/samples', { sample: 'late_rise' });
	assert.equal((await w.send('/alerts/samples', { sample: 'late_rise' }, secret)).status, 409);
	assert.equal((await w.send('/alerts/samples', { sample: 'none' }, secret)).status, 422);
	await until('all days to be read', async () => (await rules()).rows.every((row) => row.checked_at && row.now.key === 'alert_now_usual'));
	const { rows } = await alerts();
	assert.deepEqual(rows.map((row) => [row.figure, row.value]), [['complaints', 40]]);
	assert.ok(rows[0].usual >= 6 && rows[0].usual <= 10 && rows[0].high < 40, JSON.stringify(rows[0]));
	const { points } = (await w.get(rows[0].address, secret)).body;
	assert.ok(points.length >= 56);
	assert.equal(points.at(-1).value, 40);
});

test('many at once are one letter; past the most of a day they stand in the console alone', async (t) => {
	const { server, send, w, secret, person, track, alerts, rules, check } = await ready(t);
	await track(complaints(0, 9));
	assert.equal((await w.send('/alerts/limits', { minutes: '0', most_a_day: 'few' }, secret)).body.faults.length, 2);
	await send('/alerts/limits', { minutes: '10', most_a_day: '3' });
	const rule = (i) => ({ figure: 'event|Complaint Made', condition: 'above', limit: String(i), name: `Rule ${i}`, people: [person] });
	for (let i = 1; i <= 5; i++) await send('/alerts/rules', rule(i));
	await until('five alerts', async () => (await alerts()).rows.length === 5);
	const lines = () => server.taken().map((mail) => decoded(mail.raw).text).join('\n').match(/Rule \d: 9, above/g) ?? [];
	await until('mail about three', () => lines().length === 3);
	const { rows, unseen } = await alerts();
	assert.deepEqual([rows.filter((row) => row.noticed_at).length, unseen], [3, 5]);
	const mails = server.taken().length;
	await check((await rules()).rows[0].id);
	assert.equal(server.taken().length, mails, 'nothing is told again');
});

test('killed in between: each alert is there once and told once', async (t) => {
	const { w, server, send, person, track, alerts } = await ready(t);
	await track(complaints(0, 9));
	for (let i = 1; i <= 6; i++) await send('/alerts/rules', { figure: 'event|Complaint Made', condition: 'above', limit: String(i), name: `Rule ${i}`, people: [person] });
	for (let round = 0; round < 3; round++) {
		await w.keepHits();
		await w.stop('SIGKILL');
		await w.serve();
	}
	await until('six alerts', async () => (await alerts()).rows.length === 6);
	// A mail whose taking the killed server could not write down comes again under its own message id: it is the same mail.
	const mails = () => [...new Map(server.taken().map((mail) => [mail.headers['message-id'], mail])).values()];
	const told = () => mails().map((mail) => decoded(mail.raw).text).join('\n').match(/Rule \d: 9, above/g) ?? [];
	await until('all to be told', () => told().length >= 6);
	assert.deepEqual(told().sort(), [1, 2, 3, 4, 5, 6].map((i) => `Rule ${i}: 9, above`));
	assert.equal((await alerts()).rows.length, 6);
});
