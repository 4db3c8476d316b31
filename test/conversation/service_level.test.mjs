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
