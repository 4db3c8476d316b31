// Answers to surveys: files of responses, scores and drivers. By hand, and of the shared data where it is there.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, start, until } from '../lib/hospes.mjs';

const SHARED = process.env.HOSPES_SHARED ?? join(ROOT, '../shared');
const SFO = join(SHARED, 'data/survey-sfo/2017_SFO_Customer_Survey.csv'), CLASSICS = join(SHARED, 'data/keydriver-classics');
const skipped = (path) => ({ skip: existsSync(path) ? false : `the shared data is not there: ${path}` });

async function open(t) {
	const hospes = await start(t);
	const file = (name, content) => (writeFileSync(join(hospes.dir, name), typeof content === 'string' ? content : JSON.stringify(content)), name);
	const run = (map, name, ...more) => hospes.cli(['import', '--as', 'responses', '--map', file('map.json', map), ...more, name]);
	const secret = await hospes.key('secret');
	const ask = (question) => hospes.query(question, secret);
	/** On a busy machine people become customers a moment after their events are stored. */
	const applied = (n, question, incomplete) => until(`${n} of ${question.kind}`, async () => { const answer = await ask(question); return answer.n === n && (incomplete === undefined || answer.incomplete === incomplete) && answer; });
	return { hospes, file, run, secret, ask, applied };
}
const near = (got, want, off = 1e-6) => assert.ok(Math.abs(got - want) <= off, `${got}, not ${want}`);
const NPS = { question: 'recommend', type: 'nps', scale: [0, 10], blank: ['11', ''] };
const MAP = { customer: 'who', time: 'day', weight: 'w', answers: { r: NPS, s: { question: 'sat', type: 'csat', scale: [1, 5], blank: ['0', '6', ''] }, why: { question: 'why', type: 'text' } } };
const LINES = 'who,day,w,r,s,why,shop\na,2017-01-02,1,10,5,"Fine, thank you",north\nb,2017-01-03,2,12,4,,north\nc,2017-02-04,1,0,seven,=1+1,south\nd,2017-02-05,0.5,11,6,,south\ne,never,1,9,3,,south\nf,2017-02-06,-1,9,3,,south\ng,2017-02-07,1,8.5,3,,south\n';

test('a cell that is no answer is rejected alone; the same file again changes nothing; undo takes all back', async (t) => {
	const { hospes, file, run, ask, secret } = await open(t);
	const first = await run(MAP, file('r.csv', LINES));
	assert.equal(first.code, 3, first.stderr);
	assert.match(first.stdout, /7 rows: 5 kept as 12 touchpoints, 0 known already, 5 rejected/);
	const rejects = readFileSync(join(hospes.dir, 'r.csv.rejected.csv'), 'utf8').trim().split('\r\n').slice(1).map((line) => line.split('"')[0] + (line.split('"')[1] ?? ''));
	assert.deepEqual(rejects.map((line) => line.slice(0, 18)), ['3,off_scale: r', '4,not_a_number: s', '6,bad_time,e,never', '7,bad_weight,f,201', '8,not_whole: r'].map((line) => line.slice(0, 18)));
	assert.match((await run(MAP, 'r.csv')).stdout, /7 rows: 0 kept as 0 touchpoints, 5 known already, 5 rejected/);
	const nps = await ask({ kind: 'score', metric: 'nps', question: 'recommend' });
	assert.deepEqual([nps.groups[0].n, nps.groups[0].promoters, nps.groups[0].detractors, nps.groups[0].value], [2, 1, 1, 0]);
	const sat = await ask({ kind: 'score', metric: 'csat', question: 'sat', weighted: true });
	near(sat.groups[0].mean, (5 + 2 * 4 + 3) / 4);
	near(sat.groups[0].top2, 3 / 4);
	assert.equal(sat.groups[0].n, 3);
	assert.equal((await ask({ kind: 'score', metric: 'csat', question: 'sat', by: 'number', members: { by: 5 } })).members.total, 1, 'who is behind a group');
	const why = await ask({ kind: 'timeline', customer: 'user_id:a', properties: ['question_id', 'text', 'number', 'submission_id'] });
	assert.equal(why.events.length, 4);
	assert.equal(new Set(why.events.map((e) => e.submission_id)).size, 1);
	const { rows } = (await hospes.get('/imports', secret)).body;
	for (const row of rows) assert.ok((await hospes.send(`${row.address}/undo`, {}, secret)).status < 400);
	await until('the undo', async () => (await ask({ kind: 'score', metric: 'csat', question: 'sat' })).n === 0);
});

test('a mapping at fault is refused before any work, naming what is wrong', async (t) => {
	const { hospes, file, run } = await open(t);
	file('r.csv', LINES);
	const cases = [
		[{ ...MAP, customer: 'nobody' }, /nobody/], [{ ...MAP, time: 'someday' }, /neither a column of the file nor a date/], [{ ...MAP, answers: {} }, /answers/], [{ customer: 'who', time: 'day' }, /no column holds answers/],
		[{ ...MAP, answers: { r: { ...NPS, type: 'npss' } } }, /"type" is one of/], [{ ...MAP, answers: { r: { ...NPS, scale: [5, 1] } } }, /lowest and highest/], [{ ...MAP, answers: { r: { ...NPS, scale: [1, 5] } } }, /0 to 10/],
		[{ ...MAP, answers: { q: NPS } }, /no column of this name/], [{ ...MAP, answers: { r: { ...NPS, blank: '11' } } }, /"blank" is a list/], [{ ...MAP, answers: { r: { ...NPS, scales: 1 } } }, /no member/], [{ ...MAP, answers: { s: { question: 'sat', type: 'rating' } } }, /needs its "scale"/],
		[{ ...MAP, more: 'x' }, /no member of a mapping/],
	];
	for (const [map, words] of cases) {
		const result = await run(map, 'r.csv');
		assert.equal(result.code, 1, JSON.stringify(map));
		assert.match(result.stderr, words);
	}
	assert.equal(await hospes.metric('hospes_events_stored'), 0);
});

const PEOPLE = [['north', 9, 60], ['north', 7, 25], ['north', 3, 15], ['south', 9, 45], ['south', 7, 30], ['south', 6, 25]];

test('scores by group, over time, compared, hidden where too few answered', async (t) => {
	const { file, run, ask } = await open(t);
	let csv = 'shop,r,day\n';
	for (const [shop, r, n] of PEOPLE) for (let i = 0; i < n; i++) csv += `${shop},${r},2017-0${shop === 'north' ? 1 : 3}-0${1 + (i % 9)}\n`;
	csv += 'west,10,2017-03-01\n';
	assert.equal((await run({ time: 'day', answers: { r: NPS }, columns: { shop: 'property' } }, file('nps.csv', csv))).code, 0);
	const by = await ask({ kind: 'score', metric: 'nps', question: 'recommend', by: 'shop', min_n: 5, interval: 'month' });
	assert.deepEqual(by.groups.map((g) => [g.by, g.n, g.value]), [['north', 100, 45], ['south', 100, 20], ['west', 1, null]]);
	assert.equal(by.groups[2].hidden, true);
	assert.deepEqual(by.rows.map((r) => [r.time, r.by, r.n]), [['2017-01-01', 'north', 100], ['2017-03-01', 'south', 100], ['2017-03-01', 'west', 1]]);
	assert.ok(by.groups[0].others.p < 0.05 && by.groups[0].others.q >= by.groups[0].others.p);
	const shop = (is) => ({ name: 'shop', is });
	const two = await ask({ kind: 'score', metric: 'nps', question: 'recommend', where: shop('north'), compare: { where: shop('south') } });
	near(two.to_compare.difference, 25);
	near(two.to_compare.p, 0.025, 0.0001);
	assert.equal(two.compare.groups[0].value, 20);
	assert.equal((await ask({ kind: 'score', metric: 'nps', by: 'shop', top: 1 })).groups[1].other, true, 'without a question: every NPS');
	await assert.rejects(ask({ kind: 'score' }), /metric/);
	await assert.rejects(ask({ kind: 'score', metric: 'nps', method: 'mean' }), /method/);
	await assert.rejects(ask({ kind: 'score', metric: 'csat', top: 2 }), /top/);
});

test('survey events of a sender count as those of a file do', async (t) => {
	const { hospes, ask } = await open(t);
	const key = await hospes.key('write', '--consent', 'assured');
	const answer = (userId, question_id, number, more) => ({ type: 'track', event: 'Survey Answered', userId, timestamp: '2024-01-01T10:00:00Z', properties: { survey_id: 's', submission_id: `s-${userId}`, question_id, ...more, ...(number === undefined ? {} : { number }) } });
	const batch = [answer('a', 'easy', 7, { type: 'ces', scale_min: 1, scale_max: 7 }), answer('b', 'easy', 2, { type: 'ces', scale_min: 1, scale_max: 7 }), answer('c', 'easy', 9, { type: 'ces', scale_min: 1, scale_max: 7 }), answer('d', 'easy', undefined, { value: 6, type: 'ces' }), answer('e', 'easy', undefined, { text: 'x' })];
	assert.equal((await hospes.post('/v1/batch', { batch }, key)).status, 200);
	const ces = await ask({ kind: 'score', metric: 'ces', question: 'easy' });
	assert.deepEqual([ces.n, ces.groups[0].value, ces.off_scale, ces.without, ces.method], [3, 5, 1, 1, 'mean']);
	near(ces.groups[0].top2, 2 / 3);
});

/** Cases whose correlations are exactly those of the example in iopsych's relWt. */
function example() {
	const r = [[1, -0.4, 0.1, -0.3, 0.4], [-0.4, 1, 0.2, 0.3, 0.4], [0.1, 0.2, 1, 0.5, 0.1], [-0.3, 0.3, 0.5, 1, 0.2], [0.4, 0.4, 0.1, 0.2, 1]];
	const l = r.map((row) => row.map(() => 0)), odd = (x) => (x.toString(2).match(/1/g) ?? []).length % 2;
	for (let i = 0; i < 5; i++) for (let k = 0; k <= i; k++) {
		let x = r[i][k];
		for (let m = 0; m < k; m++) x -= l[i][m] * l[k][m];
		l[i][k] = i === k ? Math.sqrt(x) : x / l[k][k];
	}
	return [0, 1, 2, 3, 4, 5, 6, 7].map((c) => l.map((row) => row.reduce((sum, x, k) => sum + x * (odd(c & (k + 1)) ? -1 : 1), 0).toFixed(12)));
}

test('drivers: worked values, of nobody too; what happened before; too many for LMG', async (t) => {
	const { hospes, file, run, ask, applied } = await open(t);
	const names = ['y', 'a', 'b', 'c', 'd'], answers = Object.fromEntries(names.map((n) => [n, { question: n, type: 'rating', scale: [-9, 9] }]));
	const rows = example();
	assert.equal((await run({ time: '2020-01-01', answers }, file('cases.csv', `${names.join(',')}\n${rows.map((r) => r.join(',')).join('\n')}\n1,2,,1,1\n`))).code, 0);
	const expected = { relative_weights: [0.24066, 0.05493, 0.12143, 0.28158], lmg: [0.23807, 0.0561, 0.118, 0.28643] };
	for (const method of Object.keys(expected)) {
		const answer = await ask({ kind: 'drivers', outcome: 'y', predictors: ['a', 'b', 'c', 'd'], method });
		assert.deepEqual([answer.n, answer.incomplete], [8, 1]);
		near(answer.r2, 0.6986, 1e-5);
		answer.drivers.forEach((d, i) => near(d.weight, expected[method][i], 1e-5));
		near(answer.drivers.reduce((sum, d) => sum + d.share, 0), 1);
		assert.ok(answer.drivers.every((d) => d.low <= d.high));
	}
	await assert.rejects(ask({ kind: 'drivers', outcome: 'y', predictors: ['y'] }), /cannot explain itself/);
	await assert.rejects(ask({ kind: 'drivers', outcome: 'y', predictors: [] }), /predictors/);
	await assert.rejects(ask({ kind: 'drivers', outcome: 'y', predictors: Array.from({ length: 15 }, (_, i) => `q${i}`), method: 'lmg' }), /relative_weights/);
	assert.equal((await ask({ kind: 'drivers', outcome: 'none', predictors: ['a'] })).r2, null);

	// Operational data: satisfaction falls by one for every delay before it, and by the minutes waited.
	const key = await hospes.key('write', '--consent', 'assured'), batch = [];
	for (let i = 0; i < 40; i++) {
		const day = (d) => `2024-01-${String(d).padStart(2, '0')}T10:00:00Z`, delays = i % 3, wait = i % 5;
		for (let k = 0; k < delays; k++) batch.push({ type: 'track', event: 'Delivery Delayed', userId: `u${i}`, timestamp: day(2 + k), properties: {} });
		batch.push({ type: 'track', event: 'Call Answered', userId: `u${i}`, timestamp: day(8), properties: { wait_s: wait } });
		batch.push({ type: 'track', event: 'Survey Answered', userId: `u${i}`, timestamp: day(10), properties: { question_id: 'happy', type: 'rating', scale_min: 1, scale_max: 10, number: 10 - 2 * delays - wait / 2 } });
		batch.push({ type: 'track', event: 'Delivery Delayed', userId: `u${i}`, timestamp: day(20), properties: {} });
	}
	assert.equal((await hospes.post('/v1/batch', { batch }, key)).status, 200);
	const before = await applied(40, { kind: 'drivers', outcome: 'happy', predictors: [{ event: 'Delivery Delayed', within: { days: 30 } }, { event: 'Call Answered', property: 'wait_s', within: { days: 30 } }] });
	near(before.r2, 1);
	near(before.drivers[0].mean, [...Array(40).keys()].reduce((sum, i) => sum + (i % 3), 0) / 40);
	assert.ok(before.drivers[0].coefficient < 0 && before.drivers[1].coefficient < 0 && before.drivers[0].weight > before.drivers[1].weight);
	assert.deepEqual(before.drivers.map((d) => d.n), [40, 40]);
	assert.equal(before.alpha, null, 'what happened is no scale');
});

test('drivers of what happened before: waits, late ones too, and what was paid, worked by hand', async (t) => {
	const { hospes, ask, applied } = await open(t);
	const key = await hospes.key('write', '--consent', 'assured'), batch = [], day = (d, h = 10) => `2024-03-${String(d).padStart(2, '0')}T${String(h).padStart(2, '0')}:00:00Z`;
	const waits = [1, 2, 3, 4, 5, 6, 7, 8], prices = [90, 10, 70, 30, 20, 80, 40, 60];
	const track = (userId, event, timestamp, properties = {}) => batch.push({ type: 'track', event, userId, timestamp, properties });
	for (let i = 0; i < 8; i++) {
		track(`u${i}`, 'Order Completed', day(1, 8), { order_id: `old${i}`, revenue: 5, currency: 'EUR' });
		track(`u${i}`, 'Order Shipped', day(1, 9));
		track(`u${i}`, 'Order Delivered', day(1, 11));
		track(`u${i}`, 'Order Completed', day(2, 9), { order_id: `o${i}`, revenue: prices[i], currency: 'EUR' });
		track(`u${i}`, 'Order Shipped', day(2));
		if (i < 7) track(`u${i}`, 'Order Delivered', day(2, 10 + waits[i])); // the last one still waits when asked, eight hours later
		track(`u${i}`, 'Survey Answered', day(2, i < 7 ? 20 : 18), { question_id: 'happy', type: 'rating', scale_min: -10, scale_max: 10, number: 10 - waits[i] - prices[i] / 10 });
		track(`u${i}`, 'Order Delivered', day(5));
	}
	track('new', 'Survey Answered', day(3), { question_id: 'happy', type: 'rating', scale_min: -10, scale_max: 10, number: 4 }); // met none of it
	assert.equal((await hospes.post('/v1/batch', { batch }, key)).status, 200);
	const wait = { event: 'Order Shipped', end: 'Order Delivered', within: { days: 10 }, target: { hours: 4 } }, price = { order: 'value', target: 50 };
	const both = await applied(8, { kind: 'drivers', outcome: 'happy', predictors: [wait, price] }, 1);
	const mean = (v) => v.reduce((sum, x) => sum + x, 0) / v.length, cov = (v, w) => mean(v.map((x, i) => (x - mean(v)) * (w[i] - mean(w))));
	near(both.r2, 1, 1e-9);
	near(both.drivers[0].mean, 3600 * mean(waits), 1e-6);
	near(both.drivers[1].mean, mean(prices));
	assert.deepEqual(both.drivers.map((d) => [d.in_target, d.n]), [[0.5, 8], [0.5, 8]]);
	assert.deepEqual([both.incomplete, both.drivers[0].end, both.drivers[1].order, both.currency], [1, 'Order Delivered', 'value', 'EUR']);
	const y = waits.map((w, i) => 10 - w - prices[i] / 10), spread = Math.sqrt(cov(y, y));
	near(both.drivers[0].coefficient, -Math.sqrt(cov(waits, waits)) / spread, 1e-9);
	near(both.drivers[1].coefficient, -Math.sqrt(cov(prices, prices)) / 10 / spread, 1e-9);
	const alone = await ask({ kind: 'drivers', outcome: 'happy', predictors: [{ ...wait, within: { hours: 4 } }] });
	assert.equal(alone.n, 0, 'shipped longer before than that');
	for (const bad of [{ event: 'A', end: 'B', property: 'x' }, { order: 'count' }, { event: 'A', order: 'value' }, { event: 'A', target: 'x' }, { event: 'A', end: 'B', target: 3 }, { end: 'B' }, { event: 'A', ends: 'B' }]) await assert.rejects(ask({ kind: 'drivers', outcome: 'happy', predictors: [bad] }), /predictors/, JSON.stringify(bad));
});

test('San Francisco airport 2017: NPS, weighted, CSAT and drivers as computed independently', skipped(SFO), async (t) => {
	const { hospes, run, ask } = await open(t);
	const questions = ['Q7ALL', 'Q7ART', 'Q7FOOD', 'Q7STORE', 'Q7SIGN', 'Q7WALKWAYS', 'Q7SCREENS', 'Q7WIFI', 'Q7ROADS'];
	const answers = { NETPRO: { question: 'nps', type: 'nps', blank: ['11'] }, ...Object.fromEntries(questions.map((q) => [q, { question: q, type: 'csat', scale: [1, 5], blank: ['0', '6', 'Blank'] }])) };
	copyFileSync(SFO, join(hospes.dir, 'sfo.csv'));
	const imported = await run({ customer: 'RESPNUM', time: '2017-05-01', weight: 'WEIGHT', answers }, 'sfo.csv');
	assert.equal(imported.code, 0, imported.stderr);
	const plain = (await ask({ kind: 'score', metric: 'nps', question: 'nps' })).groups[0];
	assert.deepEqual([plain.n, plain.promoters, plain.passives, plain.detractors], [2746, 1436, 968, 342]);
	near(plain.value, 39.8398, 5e-5);
	near(plain.se, 1.3341, 5e-5);
	near((await ask({ kind: 'score', metric: 'nps', question: 'nps', weighted: true })).groups[0].value, 40.3984, 5e-5);
	const all = (await ask({ kind: 'score', metric: 'csat', question: 'Q7ALL' })).groups[0];
	assert.equal(all.n, 2688);
	near(all.mean, 4.0644, 5e-5);
	near(all.top2, 0.8207, 5e-5);
	const drivers = await ask({ kind: 'drivers', outcome: 'Q7ALL', predictors: questions.slice(1), method: 'lmg' });
	assert.equal(drivers.n, 1214);
	near(drivers.r2, 0.6049, 5e-5);
	const expected = { Q7ROADS: 0.08522, Q7FOOD: 0.08268, Q7WALKWAYS: 0.08174, Q7SCREENS: 0.0758, Q7SIGN: 0.07493, Q7STORE: 0.07314, Q7ART: 0.06628, Q7WIFI: 0.06513 };
	for (const d of drivers.drivers) near(d.weight, expected[d.question], 5e-6);

	// By weight, against the weighted correlations of the file's own rows; of two predictors LMG has a closed form.
	const weighted = await ask({ kind: 'drivers', outcome: 'Q7ALL', predictors: ['Q7FOOD', 'Q7SIGN'], method: 'lmg', weighted: true });
	const { cases, r, effective, top2 } = byWeight(readFileSync(SFO, 'latin1'), ['Q7ALL', 'Q7FOOD', 'Q7SIGN']);
	const r2 = (r(0, 1) ** 2 + r(0, 2) ** 2 - 2 * r(0, 1) * r(0, 2) * r(1, 2)) / (1 - r(1, 2) ** 2);
	assert.deepEqual([weighted.n, weighted.without_weight], [cases, 0]);
	near(weighted.effective_n, effective, 1e-6);
	near(weighted.r2, r2, 1e-9);
	near(weighted.drivers[0].weight, (r(0, 1) ** 2 + r2 - r(0, 2) ** 2) / 2, 1e-9);
	near(weighted.drivers[1].top2, top2, 1e-9);
	assert.ok(effective < cases - 10 && weighted.drivers[0].low < weighted.drivers[0].weight);
	const quick = await ask({ kind: 'drivers', outcome: 'Q7ALL', predictors: ['Q7FOOD', 'Q7SIGN'], intervals: false });
	assert.deepEqual([quick.drivers[0].low, quick.drivers[0].high, quick.effective_n], [null, null, undefined]);
});

/** Complete cases of a file's columns (1 to 5), with correlations by WEIGHT. */
function byWeight(text, columns) {
	const [head, ...lines] = text.trim().split(/\r?\n/).map((line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map((cell) => cell.replace(/,$/, '').replace(/^"|"$/g, '').trim()));
	const at = [...columns, 'WEIGHT'].map((name) => head.indexOf(name));
	const rows = lines.map((line) => at.map((i) => Number(line[i]))).filter((row) => row.slice(0, -1).every((x) => x >= 1 && x <= 5));
	const weight = rows.map((row) => row.at(-1)), all = weight.reduce((a, b) => a + b);
	const mean = (f) => rows.reduce((sum, row, i) => sum + weight[i] * f(row), 0) / all;
	const cov = (a, b) => mean((row) => row[a] * row[b]) - mean((row) => row[a]) * mean((row) => row[b]);
	return { cases: rows.length, r: (a, b) => cov(a, b) / Math.sqrt(cov(a, a) * cov(b, b)), effective: all ** 2 / weight.reduce((sum, w) => sum + w * w, 0), top2: mean((row) => row[2] >= 4) };
}

const CLASSIC = {
	attitude: { outcome: 'rating', lmg: { complaints: 0.370816, privileges: 0.050904, learning: 0.155766, raises: 0.120345, critical: 0.006589, advance: 0.028182 } },
	swiss: { outcome: 'Fertility', lmg: { Agriculture: 0.05709122, Examination: 0.17117303, Education: 0.26013468, Catholic: 0.10557015, 'Infant.Mortality': 0.11276592 } },
};
for (const [name, { outcome, lmg }] of Object.entries(CLASSIC))
	test(`${name}: LMG as published`, skipped(CLASSICS), async (t) => {
		const { hospes, run, ask } = await open(t);
		copyFileSync(join(CLASSICS, `${name}.csv`), join(hospes.dir, 'classic.csv'));
		const answers = Object.fromEntries([outcome, ...Object.keys(lmg)].map((q) => [q, { question: q, type: 'rating', scale: [0, 100] }]));
		assert.equal((await run({ time: '2000-01-01', answers }, 'classic.csv')).code, 0);
		const got = await ask({ kind: 'drivers', outcome, predictors: Object.keys(lmg), method: 'lmg' });
		for (const d of got.drivers) near(d.weight, lmg[d.question], 1e-5);
	});
