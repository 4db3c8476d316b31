// The company that was made up (docs/company.md): it says so everywhere, is mixed with nothing, and what was planted in it
// is found by asking.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, prepare, start, untilEnd } from '../lib/hospes.mjs';

const TRUTHS = JSON.parse(readFileSync(join(ROOT, 'sample/company.json'), 'utf8'));
const MADE_UP = Object.fromEntries(['en', 'el', 'fa', 'th', 'zh-Hant'].map((lang) => [lang, JSON.parse(readFileSync(join(ROOT, `i18n/${lang}.json`), 'utf8')).made_up]));
const YEAR = { from: TRUTHS.from, to: TRUTHS.to };
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

describe('the made-up company', { timeout: 600_000 }, () => {
	const end = untilEnd(after);
	let hospes, key;
	const ask = (question) => hospes.query({ ...YEAR, ...question }, key);
	const byGroup = async (question) => Object.fromEntries((await ask(question)).groups.map((group) => [group.by, group.value]));

	before(async () => {
		hospes = await start(end, { command: 'demo', args: ['--company'] });
		key = await hospes.key('secret');
	});

	test('it comes in whole, in the ordinary way', async () => {
		const all = await ask({ kind: 'trend', interval: 'month', by: 'event' });
		assert.ok(all.total.value >= 60_000, `${all.total.value} touchpoints`);
		assert.equal(all.left_out_events, 0);
		assert.equal((await ask({ kind: 'trend', interval: 'month', measure: 'customers', event: 'Order Completed' })).total.value, TRUTHS.customers);
		const languages = await byGroup({ kind: 'trend', interval: 'month', measure: 'customers', event: 'Order Completed', by: 'context:locale' });
		assert.deepEqual(Object.keys(languages).sort(), ['el', 'en', 'fa', 'th', 'zh-Hant']);
		for (const [language, n] of Object.entries(languages)) assert.ok(n > 250, `${n} customers in ${language}`);
		const { body } = await hospes.get('/sources', key);
		assert.deepEqual(body.rows.map((row) => row.name).sort(), ['Listening', 'made-up-company']);
	});

	test('every page says that it is made up, in every language; the report says it first', async () => {
		const link = /http:\/\/\S+(\/start\/\S+)/.exec(hospes.output)[1];
		const opened = await hospes.fetch(link);
		const cookie = opened.headers.getSetCookie().map((each) => each.split(';')[0]).join('; ');
		let seen = 0;
		for (const [lang, words] of Object.entries(MADE_UP)) {
			for (const path of ['/sign-in', '/pulse', '/customers', '/sources', '/set-up', '/no-such-page']) {
				const page = await (await hospes.fetch(path, { headers: { accept: 'text/html', 'accept-language': lang, cookie: path === '/sign-in' ? '' : cookie } })).text();
				if (!page.includes('<html')) continue; // a redirect to set-up
				seen++;
				assert.ok(page.includes(`<p id="made-up">${words}</p>`), `${path} in ${lang}`);
			}
		}
		assert.ok(seen >= 2 * Object.keys(MADE_UP).length, `${seen} pages`);
		assert.match(await hospes.ok(['report']), new RegExp(`^\\s*${MADE_UP.en}`));
		assert.ok((await hospes.ok(['report', '--format', 'html'])).includes(`<p id="made-up">${MADE_UP.en}</p>`));
	});

	test('its board is filled, and says which figures moved', async () => {
		const board = (await hospes.get('/efforts', key)).body, efforts = board.columns.flatMap((column) => column.rows);
		assert.deepEqual([efforts.length, board.gestures.length, board.undecided], [5, 1, 1]);
		assert.equal(efforts.find((row) => row.x.name.includes('kettle')).outcome, 'moved', 'complaints fall once it is sold no more');
		assert.equal(efforts.find((row) => row.x.name.includes('Northpost')).outcome, 'unmoved', 'nothing changes in the made-up year');
	});

	test('the kettle of the campaign fails a week later: complaints, and things brought back', async () => {
		const { product, complaints_from: from, complaints_to: to, launched } = TRUTHS.campaign;
		const weeks = await ask({ kind: 'trend', interval: 'week', event: 'Complaint Made' });
		const ordinary = weeks.rows.map((row) => row.value).sort((a, b) => a - b)[Math.floor(weeks.rows.length / 2)];
		const worst = weeks.rows.reduce((a, b) => (b.value > a.value ? b : a));
		assert.ok(worst.value > 8 * ordinary, `${worst.value} complaints in the worst week, ${ordinary} in an ordinary one`);
		assert.ok(worst.time > launched && worst.time >= from && worst.time < to, worst.time);
		const about = await byGroup({ kind: 'trend', interval: 'month', event: 'Complaint Made', by: 'product_id', from, to });
		assert.ok(about[product] > 0.8 * sum(Object.values(about)), JSON.stringify(about));
		const pulse = await hospes.ok(['report']);
		assert.match(pulse, /Kettle Aria 2 comes back most/);
		const near = (await hospes.get(`/marks/near?from=${worst.time}&to=${to}`, key)).body;
		assert.equal(near.finding.key, 'mark_near_own');
		assert.deepEqual(near.rows.map((row) => [row.kind, row.from.slice(0, 10), row.is_outside]), [['campaign', launched, false]], 'the complaints are laid to the campaign');
	});

	test('one carrier is slow', async () => {
		const { slow, days, others } = TRUTHS.carrier;
		const { groups } = await ask({ kind: 'duration', start: 'Order Shipped', end: 'Order Delivered', by: 'carrier' });
		const median = Object.fromEntries(groups.map((group) => [group.by, group.p50_s / 86400]));
		assert.deepEqual(Object.keys(median).sort(), [slow, ...Object.keys(others)].sort());
		for (const [name, wanted] of Object.entries({ ...others, [slow]: days })) assert.ok(Math.abs(median[name] - wanted) < 0.5, `${name}: ${median[name]} days`);
	});

	test('one shop does not keep the promise of all', async () => {
		const { shop, share_refused: wanted } = TRUTHS.policy;
		const requested = await byGroup({ kind: 'trend', interval: 'month', event: 'Return Requested', by: 'location' });
		const refused = await byGroup({ kind: 'trend', interval: 'month', event: 'Return Refused', by: 'location' });
		const shares = Object.entries(requested).filter(([name]) => name !== 'null').map(([name, n]) => [name, (refused[name] ?? 0) / n]).sort((a, b) => b[1] - a[1]);
		assert.equal(shares.length, 5);
		assert.equal(shares[0][0], shop);
		assert.ok(Math.abs(shares[0][1] - wanted) < 0.15, `${shares[0][1]} refused`);
		assert.ok(shares[1][1] < 0.1, `${shares[1][0]} refuses ${shares[1][1]}`);
	});

	test('a third of the customers tell one story, each in their own language', async () => {
		const contains = Object.values(TRUTHS.story.words).map((word) => ({ name: 'text', contains: word }));
		const told = async (where) => (await ask({ kind: 'trend', interval: 'month', measure: 'customers', where })).total.value;
		const all = await told({ any: contains });
		assert.ok(Math.abs(all / TRUTHS.customers - TRUTHS.story.share_of_customers) < 0.01, `${all} of ${TRUTHS.customers}`);
		for (const [language, word] of Object.entries(TRUTHS.story.words)) {
			const customers = (await ask({ kind: 'trend', interval: 'month', measure: 'customers', event: 'Order Completed', where: { name: 'context:locale', is: language } })).total.value;
			const share = (await told({ name: 'text', contains: word })) / customers;
			assert.ok(Math.abs(share - TRUTHS.story.share_of_customers) < 0.06, `${language}: ${share}`);
		}
		await hospes.send('/talk-triggers', { promise: 'A card by hand in every box', given_by: 'Order Shipped', words: Object.values(TRUTHS.story.words).join('\n') }, key);
		const { rows: [trigger] } = (await hospes.get('/talk-triggers', key)).body;
		assert.ok(trigger.told_low < TRUTHS.story.share_of_customers && TRUTHS.story.share_of_customers < trigger.told_high, JSON.stringify([trigger.told, trigger.customers]));
	});

	test('a strike outside: deliveries wait in one country alone, whoever carries them', async () => {
		const { country, from, to } = TRUTHS.strike;
		const days = async (by, more) => Object.fromEntries((await ask({ kind: 'funnel', steps: ['Order Shipped', 'Order Delivered'], hold: 'order_id', by, within: { days: 40 }, ...more })).groups.map((group) => [group.by, group.steps[1].median_s / 86400]));
		const during = await days('context:location.country', { from, to: '2025-10-31' }), before_it = await days('context:location.country', { to: from });
		assert.ok(during[country] > before_it[country] + 2, `${during[country]} days, ${before_it[country]} before`);
		for (const other of Object.keys(during).filter((each) => each !== country)) assert.ok(Math.abs(during[other] - before_it[other]) < 0.6, `${other}: ${during[other]} and ${before_it[other]}`);
		const delayed = await byGroup({ kind: 'trend', interval: 'month', event: 'Delivery Delayed', by: 'context:location.country' });
		assert.deepEqual(Object.keys(delayed), [country]);
		const carriers = await byGroup({ kind: 'trend', interval: 'month', event: 'Delivery Delayed', by: 'carrier' });
		assert.equal(Object.keys(carriers).length, 3);
		const near = (await hospes.get(`/marks/near?from=${from}&to=${to}`, key)).body;
		assert.equal(near.finding.key, 'mark_near_outside');
		assert.deepEqual(near.rows.map((row) => [row.kind, row.from.slice(0, 10), row.to.slice(0, 10), row.is_outside]), [['strike', from, to, true]]);
		assert.equal((await hospes.get('/marks/near?from=2025-06-02&to=2025-06-20', key)).body.is_unknown, true, 'where nothing was planted, nothing is named');
	});

	test('customers notice three weeks later how those who serve them feel, and nobody of these is seen alone', async () => {
		const { teams, question, customers, lag_weeks: lag } = TRUTHS.serving;
		const answer = await ask({ kind: 'serving', by: 'team', staff: { metric: 'nps', question }, customers: { metric: 'csat', question: customers, method: 'mean' } });
		assert.equal(answer.groups.length, teams);
		assert.equal(answer.fit.lag, lag);
		assert.ok(answer.fit.low > 0 && answer.fit.p < 0.001, JSON.stringify(answer.fit));
		for (const group of answer.groups) for (const { staff } of group.rows) assert.equal(staff.n % 8, 0);
		const page = (await hospes.get('/voice/serving', key)).body;
		assert.equal(page.lags.find((each) => each.is_best).name.text, '3 weeks later');
		assert.equal(page.obstacles[0].rows[0].text, 'Tools and systems');
	});

	test('what came before a score is found: a refused return, a complaint, a call for the parcel', async () => {
		const driver = await ask({ kind: 'driver', outcome: { event: 'Survey Answered', property: 'score' }, candidates: ['Return Refused', 'Complaint Made', 'Call Started', 'Staff Consulted'], within: { days: 60 } });
		for (const name of ['Return Refused', 'Complaint Made', 'Call Started']) {
			const found = driver.candidates.find((each) => each.event === name);
			assert.ok(found.differs && found.difference < -1, JSON.stringify(found));
		}
	});

	test('the slow carrier is the friction that costs most, and stands first', async () => {
		const { frictions } = await ask({ kind: 'journey' });
		const [first, second] = frictions;
		assert.deepEqual([first.name, first.stage], ['wait_delivery', 'delivery']);
		assert.ok(first.low > 0 && first.money > 1.5 * second.money, `${first.money} from ${first.low}; then ${second.name} ${second.money}`);
		const refused = frictions.find((each) => each.name === 'error_refused');
		assert.ok(refused && refused.customers < 100 && refused.money === null, 'under a hundred affected no money is named');
		assert.ok(frictions.every((each) => each.kind !== 'drop' || each.money === 0), 'a cart that is left costs nothing here: nothing of that was planted');
	});

	test('every page of Voice has something to say at first look', async () => {
		const page = async (path) => (await hospes.get(path, key)).body;
		const { questions } = await page('/voice');
		const own = questions.filter((q) => /^(After a delivery|Twice a year)$/.test(q.survey_name));
		assert.deepEqual(own.map((q) => q.id).sort(), ['ces_year', 'delivery', 'nps', 'nps_year', 'packing', 'quality', 'service']);
		assert.ok(own.every((q) => q.answers > 500 && q.low < q.number && q.number < q.high), JSON.stringify(own));
		const { lines } = await page('/voice');
		assert.deepEqual(lines.map((line) => line.text.key).map((line) => line.replace(/rose|fell|same/, 'change')), ['voice_line_change', 'voice_line_driver', 'voice_line_said', 'voice_line_doing'], JSON.stringify(lines));
		for (const { address } of lines) assert.equal((await hospes.get(address.replace(/#.*/, ''), key)).status, 200, address);
		const { rows: drivers } = await page('/voice/drivers');
		assert.deepEqual([drivers[0].id, drivers[0].is_priority], ['delivery', true], 'late parcels hurt the score most');
		const { rows: surveys } = await page('/surveys');
		assert.deepEqual(surveys.map((row) => [row.name, row.state]), [['After a delivery', 'open'], ['Twice a year', 'open']]);
		const { languages } = await page(surveys[0].address);
		assert.ok(languages.length === 5 && languages.every((each) => each.is_whole));
		const answers = await page(`/voice/responses?survey=${surveys[0].id}&kind=texts`);
		assert.ok(answers.total > 1000 && answers.languages.length === 6, `${answers.total} texts`);
		const { views } = await page('/follow-ups');
		assert.ok(views.every((view) => view.n > 0 || /=(mine|due)$/.test(view.address)), JSON.stringify(views));
		const { rows: improvements } = await page('/improvements');
		assert.deepEqual(improvements.map((row) => row.x.state).sort(), ['found', 'mended', 'working']);
		const heard = await page('/listening');
		const { rows: [card] } = await page('/talk-triggers'), { gestures } = await page('/talk-triggers');
		assert.ok(card.points.length === 12 && card.points[0].share > card.points[11].share, 'told most when it was new');
		assert.ok(gestures.args.n > 10 && gestures.args.customers > 10, JSON.stringify(gestures.args));
		assert.ok(surveys.every((row) => row.submissions > 700), JSON.stringify(surveys));
		assert.deepEqual([...new Set((await page('/research')).rows.map((row) => row.kind))].sort(), ['competitor', 'interview', 'market', 'observation', 'visit']);
		const wants = await page('/wants');
		assert.ok(wants.intents.find((line) => line.name === 'some').n > 10 && wants.intent_as_of && wants.research.length === 6);
		assert.ok(heard.n > 20 && heard.until && heard.rows.length, JSON.stringify(heard.finding));
	});

	test('it is served again as it is, and never mixed with what is real', async () => {
		await hospes.stop();
		await hospes.serve({ command: 'demo', args: ['--company'] });
		assert.equal((await ask({ kind: 'trend', interval: 'month', measure: 'customers', event: 'Order Completed' })).total.value, TRUTHS.customers);
		await hospes.stop();
		const mixed = await hospes.cli(['demo', '--listen', '127.0.0.1:0']);
		assert.equal(mixed.code, 1);
		assert.match(mixed.stderr, /made-up company/);
	});
});

test('a directory that holds anything real does not take the made-up company; pages of others do not carry the sign', async (t) => {
	const hospes = await start(t);
	const key = await hospes.key('write');
	await hospes.post('/v1/track', { userId: 'u1', event: 'X', messageId: '1' }, key);
	const page = await (await hospes.fetch('/sign-in', { headers: { accept: 'text/html' } })).text();
	assert.ok(page.includes('<html') && !page.includes('made-up'));
	await hospes.stop();
	const mixed = await hospes.cli(['demo', '--company', '--listen', '127.0.0.1:0']);
	assert.equal(mixed.code, 1);
	assert.match(mixed.stderr, /holds other touchpoints/);
	const wrong = await (await prepare(t)).cli(['demo', '--firm', '--listen', '127.0.0.1:0']);
	assert.equal(wrong.code, 2);
});
