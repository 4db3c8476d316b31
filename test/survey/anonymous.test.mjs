// Those who serve: links by team, and attacks on what anonymous surveys show. Whoever asks may put any question; no two answers
// of the server may differ by fewer than eight of them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start, timeline, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

const DAY = 86_400_000, MONDAY = Date.parse('2024-01-01T12:00:00Z');

describe('those who serve', () => {
	const end = untilEnd(after);
	let w, secret, write, surveys;
	const send = (...all) => surveys.send(...all), read = (...all) => surveys.read(...all);
	const ask = (question) => w.query(question, secret);
	const enps = (more = {}) => ask({ kind: 'score', metric: 'nps', question: 'enps', ...more });
	/** Anonymous answers of a team, as a source sends them: one a submission. */
	const answers = async (team, numbers, at = MONDAY, more = {}) => {
		const batch = numbers.map((number, i) => ({ type: 'track', event: 'Survey Answered', userId: `worker-${team}-${at}-${i}`, messageId: `${team}-${at}-${i}`, timestamp: new Date(at + i * 60_000).toISOString(),
			properties: { question_id: 'enps', question: 'Recommend us?', type: 'nps', scale_min: 0, scale_max: 10, number, is_anonymous: true, team, submission_id: `${team}-${at}-${i}`, language: i % 4 ? 'en' : 'el', ...more } }));
		assert.equal((await w.post('/v1/batch', { batch }, write)).status, 200);
		await w.applied();
	};
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner').catch(() => w.key('secret'));
		write = await w.key('write');
		surveys = new Surveys(w, secret);
	});

	test('a team of eight or more has a link of its own, which says the team and nobody', async () => {
		const address = await surveys.begin('employees', 'Pulse');
		const { definition } = await read(address);
		assert.deepEqual(definition.questions.map(({ type }) => type), ['nps', 'rating', 'choices', 'text']);
		assert.deepEqual(definition.questions.map(({ texts }) => texts.length), [5, 5, 5, 5]);
		assert.ok((await send(`${address}/open`)).status < 400);
		const refused = await send(`${address}/groups`, { team: 'Night', staff: 'employee', people: '7' });
		assert.equal(refused.status, 422);
		assert.match(refused.text, /fewer than 8/);
		assert.equal((await send(`${address}/groups`, { team: '', staff: 'boss', people: 'many' })).status, 422);
		for (const team of ['Counter', 'Workshop']) assert.ok((await send(`${address}/groups`, { team, place: 'Harbour', staff: team === 'Counter' ? 'employee' : 'partner', people: '12' })).status < 400);
		const { rows } = await read(`${address}/groups`);
		assert.deepEqual(rows.map(({ team, place, people }) => [team, place, people]), [['Counter', 'Harbour', 12], ['Workshop', 'Harbour', 12]]);
		assert.match((await w.get(rows[0].qr, secret)).text, /<svg/);
		const path = rows[0].path;
		for (let i = 0; i < 8; i++) assert.equal((await surveys.answer(path, { 'answers[0].value': i ? '9' : '3', 'answers[1].value': '4', 'answers[2].options[0]': '2' })).status, 303);
		await w.applied();
		const by = await enps({ by: 'team' });
		assert.deepEqual(by.groups.map((group) => [group.by, group.n, group.value]), [['Counter', 8, 75]]);
		assert.deepEqual((await enps({ by: 'staff' })).groups.map((group) => [group.by, group.n]), [['employee', 8]]);
		const page = await read('/voice/serving?by=team');
		assert.deepEqual(page.teams.map(({ name, staff_n }) => [name, staff_n]), [['Counter', 8]]);
		assert.deepEqual(page.obstacles.map(({ columns, rows: [{ text, n, counts }] }) => [columns, text, n, counts]), [[['Counter'], 'Tools and systems', 8, [{ name: 'Counter', n: 8 }]]]);
		assert.ok((await send(`${rows[1].address}/remove`)).status < 400);
		assert.equal((await surveys.guest().get(rows[1].path)).status, 404, 'an ended link');
		assert.ok((await send(`${rows[1].address}/restore`)).status < 400);
		assert.equal((await surveys.guest().get(rows[1].path)).status, 200);
		assert.equal((await surveys.guest().get(rows[1].path.replace(/.$/, (x) => (x === '0' ? '1' : '0')))).status, 404);
		const named = await surveys.begin('relationship', 'Named');
		assert.equal((await send(`${named}/groups`, { team: 'Counter', staff: 'employee', people: '12' })).status, 409);
	});

	test('whoever sends an anonymous answer with a name has said it for nothing', async () => {
		await answers('Rail', [0]);
		const customer = await w.customer(`user_id:worker-Rail-${MONDAY}-0`, secret).catch(() => null);
		assert.ok(!customer || !timeline(customer).some((each) => each.event === 'Survey Answered'));
	});

	test('a total less its groups leaves no small group', async () => {
		const before = (await enps()).total.n;
		await answers('Big', [9, 9, 9, 9, 9, 9, 9, 0]);
		await answers('Small', [0, 0, 1, 2, 3]);
		const by = await enps({ by: 'team' }), total = (await enps()).total;
		assert.ok(!by.groups.some((group) => group.by === 'Small'));
		assert.equal(total.n, before + 8);
		assert.equal(total.n, by.groups.reduce((sum, group) => sum + group.n, 0), 'nothing is left when all groups are taken away');
		await answers('Small', [10, 10, 10], MONDAY + DAY);
		assert.deepEqual((await enps({ by: 'team' })).groups.find((group) => group.by === 'Small').n, 8);
	});

	test('every range and every moment shows whole batches', async () => {
		const sizes = new Set();
		for (let day = 0; day < 6; day++) {
			await answers('Slow', [day, 10 - day], MONDAY + (20 + day) * DAY);
			for (const team of [undefined, 'team'])
				for (const [from, to] of [['2024-01-21', '2024-01-24'], ['2024-01-21', '2024-01-25'], ['2024-01-22', '2024-02-01'], ['2024-01-24', '2024-01-25'], ['2024-01-21', '2024-02-01']])
					for (const each of (await enps({ from, to, by: team, interval: 'day' })).rows) sizes.add(each.n);
		}
		assert.deepEqual([...sizes].sort(), [0, 8]);
	});

	test('no other question sees them: not by choice, by number, by condition, by submission, nor as drivers', async () => {
		const where = { name: 'question_id', is: 'enps' };
		for (const by of [undefined, 'number', 'choice', 'team', 'language', 'submission_id', 'channel', 'source'])
			assert.deepEqual((await ask({ kind: 'trend', event: 'Survey Answered', where, measure: 'events', interval: 'month', by })).rows.filter((row) => row.value), [], `trend by ${by}`);
		assert.equal((await ask({ kind: 'trend', event: 'Survey Completed', where: { name: 'is_anonymous', is: true }, measure: 'events', interval: 'month' })).total.value, 0);
		for (const condition of [{ name: 'team', is: 'Big' }, { name: 'language', is: 'el' }, { not: { name: 'team', is: 'Big' } }, { name: 'number', above: 8 }]) {
			const answer = await enps({ where: condition });
			assert.deepEqual([answer.total.n, answer.anonymous], [0, { is_left_out: true }], JSON.stringify(condition));
		}
		assert.deepEqual((await enps({ compare: { where: { name: 'team', is: 'Big' } } })).compare.total.n, 0);
		assert.equal((await ask({ kind: 'drivers', outcome: 'enps', predictors: ['morale'] })).n, 0);
		assert.equal((await ask({ kind: 'score', metric: 'nps' })).total.n, 0, 'nor do they stand among all answers of a kind');
		const rows = (await read('/voice/responses?question=enps')).rows;
		assert.ok(rows.length && rows.length % 8 === 0);
		assert.deepEqual([...new Set(rows.flatMap(({ language, channel, location, submission, person }) => [language, channel, location, submission, person]))], [null]);
	});

	test('the weeks of those who serve stand beside the customers’ of the same team', async () => {
		const up = [0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0], LAG = 2, batch = [];
		for (const [week, good] of up.entries()) {
			await answers('Ferry', Array(8).fill(good ? 9 : 3), MONDAY + (100 + week * 7) * DAY);
			for (let i = 0; i < 6; i++) {
				const at = MONDAY + (100 + (week + LAG) * 7 + i % 5) * DAY, userId = `guest-${week}-${i}`;
				batch.push({ type: 'track', event: 'Call Ended', userId, messageId: `call-${week}-${i}`, timestamp: new Date(at).toISOString(), properties: { team: 'Ferry' } });
				batch.push({ type: 'track', event: 'Survey Answered', userId, messageId: `csat-${week}-${i}`, timestamp: new Date(at + 3_600_000).toISOString(),
					context: { consent: { categoryPreferences: { analytics: true } } }, properties: { question_id: 'helped', type: 'csat', scale_min: 1, scale_max: 5, number: good ? 5 - ((i + week) % 3) : 2 + ((i * week) % 3) } });
				batch.at(-2).context = batch.at(-1).context;
			}
		}
		assert.equal((await w.post('/v1/batch', { batch }, write)).status, 200);
		await w.applied();
		const question = { kind: 'serving', by: 'team', lags: 4, staff: { metric: 'nps', question: 'enps' }, customers: { metric: 'csat', question: 'helped', method: 'mean', carried: { days: 30 } } };
		const answer = await ask(question), ferry = answer.groups.find((group) => group.by === 'Ferry');
		assert.equal(ferry.rows.filter((row) => row.staff.n === 8 && row.customers.n === 6).length, up.length - LAG);
		assert.deepEqual([answer.fit.lag, answer.fit.n, ferry.fit.lag], [LAG, up.length, LAG]);
		assert.ok(answer.fit.r > 0.6 && answer.fit.low > 0 && answer.fit.p < 0.05, JSON.stringify(answer.fit));
		assert.match(answer.definition, /not a cause/);
		for (const [fault, field] of [[{ by: 'language' }, 'by'], [{ lags: 400 }, 'lags'], [{ staff: undefined }, 'staff'], [{ customers: { metric: 'csat', top: 4 } }, 'customers.top'], [{ where: { name: 'team', is: 'x' } }, 'where'], [{ members: {} }, 'members']]) {
			const refused = await w.send('/query', { ...question, ...fault }, secret);
			assert.equal(refused.status, 422, field);
			assert.match(refused.text, new RegExp(field.replace('.', '\\.')));
		}
		const page = await read('/voice/serving?score=helped');
		assert.match(page.finding.text, /association, not a cause/i);
		assert.equal(page.teams.find(({ name }) => name === 'Ferry').lag.text, '2 weeks later');
		assert.equal((await w.get('/voice/serving?by=shoe', secret)).status, 422);
		assert.equal((await w.get('/voice/serving?question=nothing', secret)).status, 404);
	});
});
