// Closing the loop: rules make follow-ups once, they are worked on, told, closed, reopened and undone; figures follow.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start, timeline, until, untilEnd } from '../lib/hospes.mjs';
import { mailServer, settingsOf } from '../lib/mail.mjs';

const RULE = Object.fromEntries(['unhappy', 'effort', 'angry', 'complaint', 'public', 'silence'].map((name, i) => [name, `fur_000000000000${i + 1}`]));

describe('follow-ups', () => {
	const end = untilEnd(after);
	let w, secret, write, agents;
	const send = (path, body = {}) => w.send(path, body, secret);
	const ok = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`); return answer; };
	const list = async (query = '') => (await w.get(`/follow-ups${query}`, secret)).body;
	const say = (userId, event, properties, more = {}) => w.post('/v1/track', { userId, event, properties, ...more, context: { consent: { categoryPreferences: { service: true, analytics: true } } } }, write);
	const made = (query, n) => until(`${n} follow-ups`, async () => { await w.applied(); const page = await list(query); return page.total === n && page; }, 20_000);
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		write = await w.key('write');
		for (const name of ['ann', 'bea']) await w.addUser(`${name}@example.com`, 'agent', 'a long enough password');
		agents = (await w.get('/team', secret)).body.rows.filter((row) => row.role === 'agent').map((row) => row.id);
	});

	test('rules are ready and off; one that is on turns what holds into one follow-up a customer, by turns', async () => {
		const { rows } = (await w.get('/follow-ups/rules', secret)).body;
		assert.deepEqual(rows.map(({ rule }) => rule.is_on), Array(6).fill(false));
		await say('early', 'Complaint Made', { text: 'before any rule' });
		await w.applied();
		assert.equal((await list()).total, 0);
		await ok(`/follow-ups/rules/${RULE.unhappy}/on`);
		const sent = { messageId: 'm-1' };
		await say('u1', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 3, text: 'Slow & rude' }, sent);
		await say('u1', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 3, text: 'Slow & rude' }, sent);
		await say('u1', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 2 });
		await say('u2', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 6 });
		await say('u3', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 7 });
		await say('u4', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 0 }, { timestamp: '2011-03-01T10:00:00Z' });
		const page = await made('?sort=oldest', 2);
		const [first, second] = page.rows;
		assert.deepEqual([first.quote, first.number, first.most, first.touchpoints, first.state], ['Slow & rude', 3, 10, 2, 'open']);
		assert.deepEqual([first.owner, second.owner].sort(), [...agents].sort());
		assert.equal(new Date(first.due_at) - new Date(first.made_at), 48 * 3600_000);
		assert.equal((await list('?q=rude')).total, 1);
		assert.equal((await list('?view=late')).total, 0);
		assert.equal((await w.get('/follow-ups?view=soon', secret)).status, 422);
	});

	test('a text is read for what is felt; the most of a day is kept and the rest counted', async () => {
		await ok(`/follow-ups/rules/${RULE.public}`, { kind: 'touchpoint', events: 'Review Posted', condition: '{"name":"text:sentiment","is":"neg"}', due_hours: '4', most_a_day: '1', owner: '' });
		await ok(`/follow-ups/rules/${RULE.public}/on`);
		await say('r1', 'Review Posted', { text: 'Terrible. Broken on arrival, horrible service, I hate it.' });
		await say('r2', 'Review Posted', { text: 'Wonderful, I love it, great quality.' });
		await say('r3', 'Review Posted', { text: 'Awful, the worst product ever, very bad.' });
		const page = await made(`?rule=${RULE.public}`, 1);
		assert.equal(page.rows[0].owner, null);
		await until('what is held back to be counted', async () => (await w.get('/follow-ups/rules', secret)).body.rows.find(({ rule }) => rule.id === RULE.public).rule.held_back === 1);
	});

	test('what a rule cannot mean is refused with its place; own rules are made, removed and brought back', async () => {
		const bad = await send('/follow-ups/rules', { name: 'Bad', events: 'A', condition: '{"name":"x","is":1,"nonsense":2}' });
		assert.equal(bad.status, 422, bad.text);
		assert.match(bad.text, /nonsense/);
		assert.equal((await send('/follow-ups/rules', { name: 'Customers', events: 'A', condition: '{"did":"Order Completed"}' })).status, 422);
		assert.equal((await send('/follow-ups/rules', { name: '', events: '' })).status, 422);
		await ok('/follow-ups/rules', { name: 'Refused', events: 'Return Refused', owner: 'role:manager', due_hours: '12', most_a_day: '5' });
		const mine = (await w.get('/follow-ups/rules', secret)).body.rows.find(({ rule }) => rule.name === 'Refused');
		assert.deepEqual([mine.rule.due_hours, mine.rule.owner_role], [12, 'manager']);
		await ok(`${mine.address}/remove`);
		assert.equal((await send(`${mine.address}/on`)).status, 404);
		await ok(`${mine.address}/restore`);
		await ok(`${mine.address}/on`);
		await ok(`${mine.address}/off`);
	});

	test('looking back makes what would have been, of what is there already, the newest alone', async () => {
		await ok(`/follow-ups/rules/${RULE.complaint}`, { kind: 'touchpoint', events: 'Complaint Made', due_hours: '1', most_a_day: '2', owner: '' });
		for (const [who, day] of [['b1', 1], ['b2', 2], ['b3', 3]]) await say(who, 'Complaint Made', { text: `day ${day}` }, { timestamp: `2024-05-0${day}T10:00:00Z` });
		await w.applied();
		assert.equal((await send(`/follow-ups/rules/${RULE.complaint}/back`, { days: '0' })).status, 422);
		await ok(`/follow-ups/rules/${RULE.complaint}/back`, { days: '3660' }); // `early` is dated now, so it is among the newest
		const page = await made(`?rule=${RULE.complaint}`, 2);
		assert.deepEqual(page.rows.map((row) => row.quote).sort(), ['before any rule', 'day 3']);
	});

	test('rules take a text as it stands: a topic, a comment beside a score, and what a person corrected when they look back', async () => {
		const rule = { name: 'Lids', events: 'Survey Answered\nComplaint Made', condition: '{"all":[{"name":"text:topics","contains":"quality"},{"name":"text:sentiment","is":"neg"}]}', owner: '', due_hours: '4', most_a_day: '9' };
		await ok('/follow-ups/rules', rule);
		const { address, rule: { id } } = (await w.get('/follow-ups/rules', secret)).body.rows.find((row) => row.rule.name === 'Lids');
		await ok(`${address}/on`);
		await say('c1', 'Survey Answered', { question_id: 'nps', type: 'nps', number: 9, comment: 'Broken lid, awful quality, I hate it' });
		await say('c2', 'Complaint Made', { text: 'Great quality, wonderful, I love it' });
		await say('c3', 'Complaint Made', { text: 'Awful service, terrible' });
		assert.equal((await made(`?rule=${id}`, 1)).rows[0].quote, 'Broken lid, awful quality, I hate it');
		const { id: customer } = await w.customer('user_id:c2', secret), { needs } = (await w.get(`/customers/${customer}/wants`, secret)).body;
		await ok(needs.find((need) => need.name === 'quality').evidence[0].reading, { aspect: 'sentiment', values: ['neg'] });
		await ok(`${address}/back`, { days: '1' });
		assert.deepEqual((await made(`?rule=${id}`, 2)).rows.map((row) => row.quote).sort(), ['Broken lid, awful quality, I hate it', 'Great quality, wonderful, I love it']);
	});

	test('taken on, told, closed with its outcome, undone, reopened; the time line has it', async () => {
		const server = await mailServer(end);
		assert.ok((await send('/settings/mail', settingsOf(server))).status < 400);
		await w.post('/v1/identify', { userId: 'u1', traits: { email: 'u1@example.com', name: 'Kim', language: 'el' } }, write);
		await w.applied();
		const { address, id } = (await list('?q=rude')).rows[0], show = async () => (await w.get(address, secret)).body;
		await ok(`${address}/begin`);
		assert.equal((await show()).followup.state, 'working');
		await ok(`${address}/note`, { text: 'Rang, nobody there' });
		assert.equal((await send(`${address}/note`, { text: '' })).status, 422);
		const page = await show();
		assert.deepEqual([page.recipient, page.language, page.may_mail], ['u1@example.com', 'el', true]);
		assert.match(page.text.value, /Σας ευχαριστούμε/);
		const clock = (ms) => new Date(ms).toISOString().slice(11, 16), hours = (quiet_from, quiet_to) => ok('/settings/contact', { quiet_from, quiet_to, gap_days: '90', wait_days: '3' });
		await hours(clock(Date.now() - 3_600_000), clock(Date.now() + 3_600_000));
		assert.ok(Math.abs(Date.parse((await show()).sends_at) - Date.now() - 3_600_000) < 120_000, 'a letter waits for the morning');
		await ok(`${address}/tell`, { subject: 'By night', text: page.text.value });
		await hours('00:00', '00:00');
		assert.equal((await show()).sends_at, undefined);
		await ok(`${address}/tell`, { subject: page.subject.value, text: page.text.value });
		const [mail] = await server.arrived(1);
		assert.match(JSON.stringify(mail), /u1@example\.com/);
		assert.doesNotMatch(JSON.stringify(mail), /By night/);
		assert.equal((await send(`${address}/close`, { outcome: 'magic' })).status, 422);
		await ok(`${address}/close`, { outcome: 'solved', text: 'A new one was sent' });
		assert.equal((await send(`${address}/close`, { outcome: 'solved' })).status, 409);
		const closed = await show();
		assert.deepEqual([closed.followup.state, closed.followup.outcome, closed.followup.is_late], ['closed', 'solved', false]);
		await w.applied();
		const events = timeline(await w.customer('user_id:u1', secret)).map((each) => each.event);
		assert.ok(events.includes('Follow-up Closed') && events.includes('Follow-up Letter Sent'), events.join());
		const figures = (await w.get('/follow-ups/figures', secret)).body;
		assert.deepEqual([figures.all.n, figures.all.closed, figures.all.on_time], [1, 1, 1]);
		assert.equal((await w.get('/follow-ups/figures?days=0', secret)).status, 422);
		await ok(`${address}/reopen`);
		assert.equal((await show()).followup.closed_at, null);
		const exported = (await w.get(`/customers/${(await show()).followup.customer}/export`, secret)).body;
		assert.equal(exported.follow_ups.length, 1);
		assert.ok(id);
	});

	test('given away many at a time, and undone as one unless touched since', async () => {
		const owner = await w.addUser('owner@example.com', 'owner', 'a long enough password').then(() => w.signIn('owner@example.com', 'a long enough password'));
		const rows = (await list()).rows, ids = rows.map((row) => row.id);
		assert.equal((await send('/follow-ups/assign', { ids, owner: 'per_0000000000001' })).status, 422);
		const page = await owner.get('/follow-ups'), sent = await owner.post('/follow-ups/assign', { csrf: /name="csrf" value="([^"]+)"/.exec(await page.text())[1], ids: ids[0], owner: agents[0] });
		assert.equal(sent.status, 303);
		const told = await (await owner.get(sent.headers.get('location'))).text(), undo = /action="(\/follow-ups\/acts\/[^"]+)"/.exec(told)[1];
		assert.equal((await list()).rows.find((row) => row.id === ids[0]).owner, agents[0]);
		await ok(undo);
		assert.deepEqual((await list()).rows.map((row) => row.owner), rows.map((row) => row.owner));
		assert.equal((await send(undo)).status, 409);
		await ok('/follow-ups/assign', { ids, owner: agents[1] });
		assert.deepEqual([...new Set((await list()).rows.map((row) => row.owner))], [agents[1]]);
		await ok('/follow-ups/letter', { language: 'en', subject: 'About your message', text: 'We looked.' });
	});

	test('whoever is erased takes their follow-ups along', async () => {
		const { customer } = (await list('?q=rude')).rows[0];
		await ok(`/customers/${customer}/erase`);
		await w.applied();
		assert.equal((await list('?q=rude&view=all')).total, 0);
	});

	test('silence longer than usual becomes one follow-up, once', async () => {
		const day = (back) => new Date(Date.now() - back * 86_400_000).toISOString();
		for (const [i, back] of [400, 380, 360, 340].entries()) await say('quiet', 'Order Completed', { order_id: `q-${i}`, products: [{ product_id: 'p', price: 5, quantity: 1 }] }, { timestamp: day(back) });
		for (const [i, back] of [40, 30, 20, 10].entries()) await say('busy', 'Order Completed', { order_id: `b-${i}`, products: [{ product_id: 'p', price: 5, quantity: 1 }] }, { timestamp: day(back) });
		await w.applied();
		await ok(`/follow-ups/rules/${RULE.silence}/on`);
		const page = await made(`?rule=${RULE.silence}`, 1);
		assert.equal(page.rows[0].event, '');
		assert.equal(page.rows[0].person, 'quiet');
	});
});
