// What speaks for an effort: found in what the product knows, taken or put aside by people, and back when it is clearly worse.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start, untilEnd } from '../lib/hospes.mjs';

const consent = { consent: { categoryPreferences: { analytics: true } } };
const at = (from, n) => new Date(Date.parse(`${from}T12:00:00Z`) + n * 86_400_000).toISOString();

describe('evidence', () => {
	const end = untilEnd(after);
	let w, secret, write;
	const send = (path, body = {}) => w.send(path, body, secret);
	const ok = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`); };
	const read = async (path) => (await w.get(path, secret)).body;
	const signals = async () => Object.fromEntries((await read('/efforts/evidence')).rows.map((row) => [row.signal.key, row]));
	const put = async (events) => {
		const batch = events.map(([userId, event, timestamp, properties = {}]) => ({ type: 'track', userId, event, timestamp, properties, context: consent }));
		for (let i = 0; i < batch.length; i += 400) await w.post('/v1/batch', { batch: batch.slice(i, i + 400) }, write);
		await w.applied();
	};
	const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));
	const answer = (user, when, number) => [user, 'Survey Answered', when, { question_id: 'recommend', type: 'nps', number }];

	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		write = await w.key('write');
		await put([
			// Half a year: January to March, and April to June, whose last day is the 29th.
			...times(200, (i) => [`p${i}`, 'Checkout Started', at('2025-01-05', i % 120)]),
			...times(40, (i) => [`p${i}`, 'Payment Failed', at('2025-01-09', i % 120)]),
			...times(100, (i) => answer(`b${i}`, at('2025-01-10', i % 60), i < 60 ? 10 : i < 85 ? 8 : 3)),
			...times(100, (i) => answer(`a${i}`, at('2025-04-05', i % 80), i < 30 ? 10 : i < 60 ? 8 : 3)),
			...times(60, (i) => [`t${i}`, 'Review Posted', at('2025-01-10', i), { text: i < 6 ? `The parcel came late, terrible delivery, order ${i}` : `The staff were wonderful and friendly, visit ${i}` }]),
			...times(60, (i) => [`u${i}`, 'Review Posted', at('2025-04-05', i), { text: i < 30 ? `The parcel came late, terrible delivery, order ${i}` : `The staff were wonderful and friendly, call ${i}` }]),
			['last', 'Page Seen', at('2025-06-29', 0)],
		]);
		await ok('/talk-triggers', { promise: 'Kind staff', words: 'friendly' });
	});

	test('found, each with numbers, interval, first signal and who is behind it', async () => {
		const found = await signals();
		const friction = found['friction:error_payment'].signal;
		assert.deepEqual([friction.customers, friction.n >= 200, friction.first_day, friction.stage, friction.expected], [40, true, '2025-01-09', 'purchase', 'fall']);
		assert.ok(friction.low < friction.value && friction.value < friction.high);
		const score = found['score:recommend'].signal;
		assert.deepEqual([score.before, score.now, Math.round(score.value), score.n, score.before_n], [45, -10, -55, 100, 100]);
		assert.ok(score.high < 0 && score.first_day >= '2025-04-01' && score.first_day < '2025-05-01', score.first_day);
		const complaint = found['complaint:delivery'].signal;
		assert.deepEqual([complaint.n, complaint.before_n, complaint.value, complaint.before, complaint.customers, complaint.first_day], [60, 60, 0.5, 0.1, 30, '2025-01-10']);
		assert.equal(found['praise:staff'].signal.value, 0.5);
		assert.equal(found['praise:staff'].leaning.key, 'effort_leans_continue');
		const story = Object.values(found).find((row) => row.signal.kind === 'story').signal;
		assert.deepEqual([story.customers, story.first_day], [84, '2025-01-16']);
		assert.equal((await w.get(story.address, secret)).body.customers, 84);
		assert.equal(found['complaint:staff'], undefined);
		const quotes = await read(complaint.address);
		assert.deepEqual([quotes.texts, quotes.rows.length], [30, 30]);
		assert.match(quotes.rows[0].text, /late/);
		assert.equal((await w.get(quotes.rows[0].address, secret)).status, 200);
		assert.equal((await w.get(friction.address, secret)).body.customers, 40);
		for (const wrong of ['feeling=neg', 'topic=delivery', 'topic=delivery&feeling=sad']) assert.equal((await w.get(`/efforts/quotes?${wrong}`, secret)).status, 422, wrong);
	});

	test('taken: an effort, undecided, with the evidence as it was; it is not suggested again', async () => {
		assert.equal((await send('/efforts/evidence/take', { key: 'friction:none' })).status, 404);
		assert.equal((await send('/efforts/evidence/take', {})).status, 422);
		await ok('/efforts/evidence/take', { key: 'score:recommend' });
		assert.equal((await signals())['score:recommend'], undefined);
		const [row] = (await read('/efforts')).columns[0].rows;
		const page = await read(row.address);
		assert.deepEqual([page.effort.x.decision, page.effort.x.signal_day, page.effort.figure_name], ['undecided', page.evidence.signal.first_day, 'NPS: recommend']);
		await put(times(100, (i) => answer(`c${i}`, at('2025-06-20', i % 9), 10)));
		assert.deepEqual((await read(row.address)).evidence.signal.now, -10, 'as it was');
		await ok(`${row.address}/remove`);
		assert.equal((await signals())['score:recommend'], undefined, 'mended since');
		await ok(`${row.address}/restore`);
	});

	test('put aside with a reason: away until it is clearly worse; undone', async () => {
		const key = 'complaint:delivery';
		assert.equal((await send('/efforts/evidence/aside', { key, why: ' ' })).status, 422);
		await ok('/efforts/evidence/aside', { key, why: 'The carrier changes in July' });
		let page = await read('/efforts/evidence');
		assert.deepEqual([page.asides.length, page.asides[0].why, page.rows.some((row) => row.signal.key === key)], [1, 'The carrier changes in July', false]);
		await put(times(6, (i) => [`v${i}`, 'Review Posted', at('2025-06-10', i), { text: `The parcel came late, terrible delivery, order v${i}` }]));
		assert.equal((await signals())[key], undefined, 'a little more is not clearly worse');
		await put(times(120, (i) => [`w${i}`, 'Review Posted', at('2025-06-01', i % 25), { text: `The parcel came late, terrible delivery, order w${i}` }]));
		assert.equal((await signals())[key].is_back, true);
		await ok('/efforts/evidence/aside', { key, why: 'Still' });
		page = await read('/efforts/evidence');
		assert.equal(page.rows.some((row) => row.signal.key === key), false);
		await ok(page.asides[0].undo);
		assert.equal((await send(page.asides[0].undo)).status, 404);
		assert.equal((await signals())[key].is_back, true);
	});

	test('whoever refuses analysis is in no evidence', async () => {
		const [before_] = Object.values(await signals()).filter((row) => row.signal.kind === 'praise').map((row) => row.signal.customers);
		await w.post('/v1/track', { userId: 'u50', event: 'Page Seen', timestamp: at('2025-06-29', 0), context: { consent: { categoryPreferences: { analytics: false, service: true } } } }, write);
		await w.applied();
		const [after_] = Object.values(await signals()).filter((row) => row.signal.kind === 'praise').map((row) => row.signal.customers);
		assert.equal(before_ - after_, 1);
	});
});
