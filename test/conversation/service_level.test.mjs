// Service levels: calendars and targets are set, and what is due follows them over nights, holidays and the change of clocks; all by hand.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settingsOf } from '../lib/mail.mjs';
import { start, until } from '../lib/hospes.mjs';

const WEEK = { mon: '9-12, 13-17', tue: '9-12,13-17', wed: '9-12,13-17', thu: '9-12,13-17', fri: '09:00-12:00, 13:00-17:00' };
const mail = (id, from, date, more = '') => `From x@y Mon Mar  2 10:00:00 2026\nFrom: ${from}\nTo: ${from.startsWith('CX') ? 'ann@example.com' : 'cx@example.com'}\nSubject: Lamp ${id}\nDate: ${new Date(date).toUTCString().replace('GMT', '+0000')}\nMessage-ID: <${id}@example.com>\n${more}\nWords\n\n`;
const answers = (id) => `In-Reply-To: <${id}@example.com>\n`;

async function open(t) {
	const hospes = await start(t), owner = await hospes.key('secret');
	const fine = async (path, body) => { const answer = await hospes.send(path, body, owner); assert.ok(answer.status < 400, `${path} ${answer.status} ${answer.text}`); return answer; };
	const get = async (path, key = owner) => (await hospes.get(path, key)).body;
	const take = async (...mails) => { writeFileSync(join(hospes.dir, 'm.mbox'), mails.join('')); await hospes.ok(['import', '--as', 'mail', 'm.mbox']); };
	await fine('/settings/mail', settingsOf({ host: '127.0.0.1', port: 2525 }));
	return { hospes, owner, fine, get, take };
}

test('calendars and levels are set, refused with what is wrong, removed and brought back', async (t) => {
	const { hospes, owner, fine, get } = await open(t);
	const agent = await hospes.key('secret', '--role', 'agent');
	const refused = async (path, body, field) => { const answer = await hospes.send(path, body, owner); assert.equal(answer.status, 422, answer.text); assert.deepEqual([...answer.body.calendar_faults, ...answer.body.level_faults].map((one) => one.field), [].concat(field)); };
	assert.equal((await get('/settings/service')).finding.key, 'service_settings_none');
	assert.equal((await hospes.send('/settings/service/calendars', { name: 'X', ...WEEK }, agent)).status, 403);
	await refused('/settings/service/calendars', { name: '', mon: '9-12,11-17', holidays: '25.12.2026' }, ['name', 'mon', 'holidays']);
	await refused('/settings/service/calendars', { name: 'Never' }, 'mon');
	await refused('/settings/service/calendars', { name: 'X', zone: 'Europe/Atlantis', ...WEEK }, 'zone');
	await fine('/settings/service/calendars', { name: 'Office', zone: 'Europe/Athens', holidays: '2026-03-25 Independence', ...WEEK });
	const [calendar] = (await get('/settings/service')).calendars;
	assert.deepEqual([calendar.zone, calendar.n_holidays, calendar.days.map((one) => one.hours)], ['Europe/Athens', 1, [...Array(5).fill('09:00-12:00, 13:00-17:00'), '', '']]);
	assert.equal((await get(`/settings/service?calendar=${calendar.id}`)).calendar.holidays.value, '2026-03-25 Independence');
	await fine(calendar.address, { name: 'The office', ...WEEK, sat: '۱۰-۱۲' });
	assert.equal((await get('/settings/service')).calendars[0].days[5].hours, '10:00-12:00');
	await refused('/settings/service/levels', { name: 'All' }, 'first');
	await refused('/settings/service/levels', { name: 'All', first: 'soon', warn: '0', priority: 'mad', calendar: 'cal_0000000000000' }, ['priority', 'calendar', 'first', 'warn']);
	await fine('/settings/service/levels', { name: 'All', calendar: calendar.id, first: '0,5', warn: '50' });
	await refused('/settings/service/levels', { name: 'Again', first: '1' }, 'priority');
	await fine('/settings/service/levels', { name: 'Urgent', priority: 'urgent', first: '1' });
	await fine('/settings/service/levels', { name: 'Mail', channel: 'email', first: '2', pauses: '1' });
	let { levels } = await get('/settings/service');
	assert.deepEqual(levels.map((one) => [one.name, one.first, one.does_pause]), [['Urgent', 3600, false], ['Mail', 7200, true], ['All', 1800, false]]);
	assert.equal((await get(`/settings/service?level=${levels[1].id}`)).level.does_pause, true);
	await fine(levels[1].address, { name: 'Mail', channel: 'email', first: '3' });
	assert.equal((await hospes.send(`${calendar.address}/remove`, {}, owner)).status, 409);
	for (const level of levels) await fine(`${level.address}/remove`, {});
	await fine(`${calendar.address}/remove`, {});
	assert.deepEqual((await get('/settings/service')).calendars, []);
	await fine(`${calendar.address}/restore`, {});
	await fine(`${levels[1].address}/restore`, {});
	({ levels } = await get('/settings/service'));
	assert.deepEqual(levels.map((one) => [one.name, one.first]), [['Mail', 10800]]);
	assert.equal((await hospes.get('/settings/service?level=lvl_0000000000000', owner)).status, 404);
});

/* Athens, Monday to Friday 9 to 12 and 13 to 17, 25 March closed; UTC+2 until Sunday 29 March 2026, then UTC+3. First response 4 h, next 2 h,
 * resolution 8 h, which stands while we wait for the customer. */
test('what is due is counted in open hours, by the most particular level, and marked before and when it is overdue', async (t) => {
	const { hospes, owner, fine, get, take } = await open(t);
	await fine('/settings/service/calendars', { name: 'Office', zone: 'Europe/Athens', holidays: '2026-03-25', ...WEEK });
	const calendar = (await get('/settings/service')).calendars[0].id;
	await fine('/settings/service/levels', { name: 'All', calendar, first: '4', next: '2', resolution: '8', pauses: '1', warn: '75' });
	// Friday 16:00: an hour on Friday, three on Monday 9 to 12, which is UTC+3.
	await take(mail('friday', 'fay@example.com', '2026-03-27T14:00Z'));
	const due = async (title) => { const { rows } = await get('/inbox?sort=due'), row = rows.find((one) => one.title === title); return [row.due_what, row.due_at, row.is_overdue]; };
	assert.deepEqual(await due('Lamp friday'), ['first', '2026-03-30T09:00:00.000Z', true]);
	// Tuesday 24 March 16:00, the day before the holiday: due on Thursday at 12:00.
	await take(mail('tuesday', 'Ann <ann@example.com>', '2026-03-24T14:00Z'));
	assert.deepEqual(await due('Lamp tuesday'), ['first', '2026-03-26T10:00:00.000Z', true]);
	// Answered on Thursday at 14:00: five hours. Three of the eight are left, and the clock stands.
	await take(mail('answer', 'CX <cx@example.com>', '2026-03-26T12:00Z', answers('tuesday')));
	assert.deepEqual(await due('Lamp tuesday'), [null, null, false]);
	// She writes again at 14:30 and is to be answered by 16:30; by Friday 9:30 it is to be solved.
	await take(mail('again', 'Ann <ann@example.com>', '2026-03-26T12:30Z', answers('answer')));
	assert.deepEqual(await due('Lamp tuesday'), ['next', '2026-03-26T14:30:00.000Z', true]);
	// Answered at 15:30 in time, she writes on Friday at 10:00: two of eight hours are left, until 12:00, as long as for the answer.
	await take(mail('second', 'CX <cx@example.com>', '2026-03-26T13:30Z', answers('again')), mail('third', 'Ann <ann@example.com>', '2026-03-27T08:00Z', answers('second')));
	assert.deepEqual(await due('Lamp tuesday'), ['next', '2026-03-27T10:00:00.000Z', true]);
	assert.deepEqual((await get('/inbox?sort=due')).rows.map((row) => row.title), ['Lamp tuesday', 'Lamp friday']);
	// Urgent ones have a level of their own, by the clock: half an hour from the third message. The job had all of them found anew.
	const { address } = (await get('/inbox?sort=due')).rows[0];
	await fine('/settings/service/levels', { name: 'Urgent', priority: 'urgent', next: '0.5' });
	await fine(`${address}/priority`, { value: 'urgent' });
	assert.deepEqual(await due('Lamp tuesday'), ['next', '2026-03-27T08:30:00.000Z', true]);
	await until('it to be marked', async () => (await get(address)).steps.some((one) => one.what.key === 'conversation_step_overdue'));
	await fine(`${address}/solve`, {});
	assert.deepEqual((await get(address)).conversation.due_at, null);
	// A level that is removed leaves nothing due.
	const { levels } = await get('/settings/service');
	for (const level of levels) await fine(`${level.address}/remove`, {});
	await until('nothing to be due', async () => (await due('Lamp friday'))[0] === null);
	// Of a conversation of this minute: an hour by the clock, warned at once as 1 % of it is soon over.
	await fine('/settings/service/levels', { name: 'All', first: '1', warn: '1' });
	await take(mail('now', 'now@example.com', Date.now() - 120_000));
	assert.equal((await due('Lamp now'))[2], false);
	const now = (await get('/inbox?sort=due')).rows.find((one) => one.title === 'Lamp now');
	assert.equal(now.is_due_soon, true);
});

/* The calendar and levels of the test above. Fay was answered on Monday at 11:00, one hour of Friday and two of Monday, 66 hours by the clock
 * less the one that was lost. Ann waited five hours by the calendar of the office, 46 by the clock, and was late. Bob was never answered. */
test('figures in business and calendar time, in time of what was due, first contact by its definitions, and the conversations behind', async (t) => {
	const { hospes, owner, fine, get, take } = await open(t);
	await fine('/settings/service/calendars', { name: 'Office', zone: 'Europe/Athens', holidays: '2026-03-25', ...WEEK });
	const calendar = (await get('/settings/service')).calendars[0].id;
	await fine('/settings/service/levels', { name: 'All', calendar, first: '4', resolution: '8' });
	assert.equal((await get('/service')).finding.key, 'service_none');
	assert.equal((await get('/service/staffing')).finding.key, 'staffing_none');
	await take(mail('a', 'Ann <ann@example.com>', '2026-03-24T14:00Z'), mail('b', 'CX <cx@example.com>', '2026-03-26T12:00Z', answers('a')), mail('f', 'fay@example.com', '2026-03-27T14:00Z'),
		mail('g', 'CX <cx@example.com>', '2026-03-30T08:00Z', answers('f')), mail('h', 'bob@example.com', '2026-03-24T07:00Z'), mail('i', 'fay@example.com', '2026-03-30T08:30Z', answers('g')));
	const ask = async (question) => JSON.parse(await hospes.ok(['query', JSON.stringify({ kind: 'service', from: '2026-03-01', to: '2026-04-01', ...question })]));
	const calendarTime = await ask({ measure: 'first_response' });
	assert.deepEqual([calendarTime.n, calendarTime.median_s, calendarTime.p90_s], [2, 56 * 3600, (46 + 0.9 * 20) * 3600]);
	const business = await ask({ measure: 'first_response', hours: 'business' });
	assert.deepEqual([business.hours, business.n, business.median_s], ['business', 2, 4 * 3600]);
	assert.deepEqual([business.service_level.n, business.service_level.share], [3, 1 / 3], 'Fay in time, Ann late, Bob overdue unanswered');
	assert.deepEqual((await ask({ measure: 'first_response', by: 'priority' })).rows.map((row) => [row.priority, row.n]), [['normal', 2]]);
	for (const question of [{ measure: 'first_response', hours: 'long' }, { measure: 'first_response', by: 'mood' }]) assert.equal((await hospes.cli(['query', JSON.stringify({ kind: 'service', ...question })])).code, 1);
	const page = await get('/service?by=agent');
	assert.deepEqual([page.finding.key, page.finding.args.n], ['service_finding', 2], 'three cases are too few for a share');
	assert.deepEqual(page.times.map((one) => [one.name.key, one.n, one.business_median, one.level_n]), [['service_first_response', 2, 14400, 3], ['service_next_response', 0, null, 0], ['service_resolution', 0, null, 0]]);
	assert.deepEqual(page.groups.map((one) => [one.name, one.n, one.level_n, one.level]), [['CX', 2, 2, null], ['Nobody yet', 0, 1, null]]);
	assert.deepEqual(page.shares.map((one) => [one.name.key, one.n]), [['service_by_replies', 0], ['service_by_return', 0], ['service_asked', 0], ['service_reopened', 0]]);
	const behind = (await get(page.times[0].address)).rows;
	assert.deepEqual(behind.map((row) => [row.title, row.business, row.in_time.key]), [['Lamp h', null, 'service_still_open'], ['Lamp a', 18000, 'service_late'], ['Lamp f', 10800, 'service_in_time']]);
	assert.equal((await get('/service/conversations?measure=first_response&by=agent&value=CX')).rows.length, 2);
	for (const address of ['/service?by=mood', '/service/conversations?measure=mood', '/service/staffing?weekday=7']) assert.equal((await hospes.get(address, owner)).status, 422, address);
	// Solved: Ann wrote once, Fay twice; both long after the eight hours.
	for (const row of (await get('/inbox')).rows.filter((one) => one.title !== 'Lamp h')) await fine(`${row.address}/solve`, {});
	const solved = JSON.parse(await hospes.ok(['query', '{"kind":"service","measure":"first_contact"}']));
	assert.deepEqual([solved.n, solved.by_replies, solved.n_over, solved.by_return], [2, 0.5, 0, null]);
	assert.equal(JSON.parse(await hospes.ok(['query', '{"kind":"service","measure":"resolution"}'])).service_level.share, 0);
	// An agent sees the team and themselves, and nobody else by name.
	const agent = await hospes.key('secret', '--role', 'agent'), theirs = await get('/service', agent);
	assert.deepEqual([theirs.by, theirs.groups.length, theirs.times[0].n], ['agent', 0, 2]);
	assert.equal((await get('/service/conversations?measure=first_response&by=agent&value=CX', agent)).rows.length, 0);
	assert.equal((await hospes.get('/service/staffing', agent)).status, 403);
});

/* 100 calls in half an hour of 180 s each are ten erlangs, as in the published example: 13 people answer 79.6 % within 20 s, 14 88.8 %.
 * Here 200 mails come from 10 to 11 on one Monday, in the one whole week there is. */
test('staffing by Erlang C and A from what came in the same hour of the same weekday', async (t) => {
	const { hospes, owner, get, take } = await open(t);
	await take(...Array.from({ length: 200 }, (_, i) => mail(`s${i}`, `c${i}@example.com`, Date.parse('2026-03-02T10:00Z') + i * 15_000)), mail('late', 'late@example.com', '2026-03-10T10:00Z'));
	const plan = async (more) => get(`/service/staffing?weekday=0&handle=3&within=20&${more}`);
	const hour = (page) => page.hours[10];
	let page = await plan('level=79');
	assert.deepEqual([page.weeks, hour(page).arrivals, hour(page).agents, Math.round(hour(page).load)], [1, 200, 13, 10]);
	assert.ok(Math.abs(hour(page).level - 0.796) < 0.001 && Math.abs(hour(page).wait - 17.1) < 0.1);
	assert.deepEqual([page.finding.key, page.finding.args.agents, page.finding.args.hour], ['staffing_finding', 13, '10:00']);
	page = await plan('level=80&shrinkage=30');
	assert.deepEqual([hour(page).agents, hour(page).positions], [14, 20]);
	page = await plan('level=80&patience=2');
	assert.ok(hour(page).agents <= 12 && hour(page).abandon > 0);
	assert.equal((await plan('level=80&channel=chat')).finding.key, 'staffing_quiet');
	assert.equal((await hospes.get('/service/staffing?handle=-1', owner)).status, 422);
});
