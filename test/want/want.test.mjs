// What a customer wants: each line from what they said or did, with its evidence; nothing from words about health, faith,
// politics or grief in any of the five languages; nothing of whoever refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

const DAY = 86_400_000, at = (days) => new Date(Date.now() - days * DAY).toISOString();

async function open(t) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write', '--consent', 'assured');
	let n = 0;
	const send = async (userId, ...events) => {
		const batch = events.map(([event, days, properties = {}]) => ({ type: 'track', event, userId, messageId: `m${n++}`, timestamp: at(days), properties }));
		assert.equal((await hospes.post('/v1/batch', { batch }, write)).body.rejected.length, 0);
	};
	const wants = async (userId) => hospes.get(`/customers/${(await hospes.customer(`user_id:${userId}`, secret)).id}/wants`, secret);
	return { hospes, secret, write, send, wants };
}

test('needs, searches, promises, intent, scores, feelings and the impression, with evidence', async (t) => {
	const { send, wants } = await open(t);
	await send('ann', ['Message Received', 200, { text: 'The delivery was late again, I feel ignored' }], ['Message Received', 100, { text: 'Delivery never arrived, I want my money back, terrible' }],
		['Message Received', 3, { text: 'Thank you, wonderful friendly staff' }], ['Products Searched', 5, { query: 'Blue Kettle' }], ['Products Searched', 4, { query: 'blue kettle' }],
		['Order Completed', 90, { order_id: '1' }], ['Order Delivered', 80, { order_id: '1' }], ['Order Completed', 60, { order_id: '2' }], ['Order Delivered', 30, { order_id: '2' }],
		['Callback Requested', 50], ['Return Requested', 40, { order_id: '2' }], ['Return Refused', 39, { order_id: '2' }], ['Appointment Booked', 1, { by: at(-9).slice(0, 10) }],
		['Product Viewed', 7, { name: 'Kettle' }], ['Product Added', 0, { name: 'Kettle' }],
		['Survey Answered', 150, { question_id: 'nps', type: 'nps', number: 3, scale_min: 0, scale_max: 10 }], ['Survey Answered', 10, { question_id: 'nps', type: 'nps', number: 9, scale_min: 0, scale_max: 10 }]);
	const { body } = await wants('ann');
	const delivery = body.needs.find((line) => line.name === 'delivery');
	assert.equal(delivery.n, 2);
	assert.match(delivery.evidence[0].quote, /never arrived/, 'the latest first');
	assert.ok(body.needs.some((line) => line.name === 'request_refund'));
	assert.deepEqual(body.searches.map((line) => [line.n, line.evidence[0].quote]), [[2, 'blue kettle']]);
	assert.deepEqual(body.promises.map((p) => [p.name, p.keeping]).sort(), [['appointment', 'open'], ['call_back', 'overdue'], ['delivery', 'kept'], ['delivery', 'late'], ['refund', 'broken']]);
	assert.deepEqual([body.promises_kept, body.promises_ended], [1, 4]);
	await send('dan', ['Order Completed', 100, { order_id: '5' }], ['Order Delivered', 95, { order_id: '5' }], ['Return Requested', 60, { order_id: '5' }], ['Return Received', 55], ['Order Refunded', 50, { order_id: '5-R' }],
		['Order Completed', 40, { order_id: '7' }], ['Order Shipped', 39, { order_id: '8' }], ['Order Delivered', 38, { order_id: '8' }]);
	assert.deepEqual((await wants('dan')).body.promises.map((p) => [p.name, p.made, p.keeping]), [['delivery', 'Order Completed', 'overdue'], ['refund', 'Return Received', 'kept'], ['delivery', 'Order Completed', 'kept']], 'a refund with a number of its own; another order’s delivery');
	// Since the last order: two searches (2 each, 5 and 4 days old), a view (2, a week old: half) and a basket (6, now).
	const points = 2 * 2 ** (-5 / 7) + 2 * 2 ** (-4 / 7) + 2 * 2 ** -1 + 6;
	assert.ok(Math.abs(body.intent_points - points) < 0.01, `${body.intent_points} ${points}`);
	assert.equal(body.intent, 'likely');
	assert.deepEqual(body.scores.map((s) => [s.question, s.number, s.first, s.times]), [['nps', 9, 3, 2]]);
	assert.ok(body.feelings.some((line) => line.name === 'ignored' && /ignored/.test(line.evidence[0].quote)));
	assert.deepEqual(body.months.map((m) => Math.sign(Math.round(m.mean * 10))), [-1, -1, 1]);
	assert.equal(body.left_out, 0);
});

test('nothing is inferred about health, faith, politics and grief', async (t) => {
	const { send, wants } = await open(t);
	const said = ['I am angry, the parcel for my cancer treatment was late', 'Please deliver before the funeral, I feel let down', 'Do you sell halal food?', 'Delivery for the election office, terrible', 'ส่งช้ามาก ฉันป่วยเป็นมะเร็ง', 'พัสดุสำหรับงานศพ แย่มาก', '我得了癌症，送貨很慢', '選舉用的包裹沒有到', 'Η παράδοση για την κηδεία άργησε, είμαι θυμωμένος', 'Είμαι έγκυος και το δέμα άργησε', 'بسته برای مراسم ختم دیر رسید', 'من بیمار هستم و ارسال دیر بود'];
	await send('silent', ...said.map((text, i) => ['Message Received', 20 + i, { text }]), ['Products Searched', 2, { query: 'wheelchair ramp' }], ['Products Searched', 2, { query: 'mosque carpet' }], ['Product Viewed', 1, { name: 'Funeral wreath' }]);
	const { body } = await wants('silent');
	assert.deepEqual([body.needs, body.searches, body.feelings, body.months], [[], [], [], []]);
	assert.equal(body.left_out, said.length + 2);
	assert.ok(!/funeral|cancer|癌/i.test(JSON.stringify(body)));
});

test('who refused analysis has none; a joined profile leads on; nobody without the right sees it', async (t) => {
	const { hospes, secret, write, send, wants } = await open(t);
	await send('no', ['Message Received', 2, { text: 'The delivery was late' }]);
	assert.equal((await wants('no')).body.needs.length, 1);
	await hospes.post('/v1/track', { event: 'Segment Consent Preference Updated', userId: 'no', context: { consent: { categoryPreferences: { profiling: false } } } }, write);
	const { body } = await wants('no');
	assert.deepEqual([body.is_refused, body.needs.length, body.promises.length], [true, 0, 0]);
	assert.equal((await hospes.get('/customers/cus_0000000000000/wants', secret)).status, 404);
	assert.equal((await hospes.get(body.profile + '/wants', await hospes.key('secret', '--role', 'analyst'))).status, 200);
	assert.equal((await hospes.fetch(body.profile + '/wants.json')).status, 401);
});

test('what a segment wants: shares with their interval, each with its customers; of whoever refused nothing', async (t) => {
	const { hospes, secret, write, send } = await open(t);
	for (let i = 0; i < 6; i++)
		await send(`w${i}`, ['Message Received', 9 - i, { text: i < 3 ? 'The delivery was late again, I feel ignored' : 'Thank you' }], ['Order Completed', 60, { order_id: `o${i}` }], [i < 4 ? 'Order Delivered' : 'Order Cancelled', 59, { order_id: `o${i}` }],
			['Survey Answered', 5, { question_id: 'nps', type: 'nps', number: i, scale_min: 0, scale_max: 10 }]);
	await send('refuses', ['Message Received', 2, { text: 'The delivery was late' }]);
	await hospes.post('/v1/track', { event: 'Segment Consent Preference Updated', userId: 'refuses', context: { consent: { categoryPreferences: { profiling: false } } } }, write);
	await hospes.applied();
	const { body } = await hospes.get('/wants', secret);
	const delivery = body.needs.find((line) => line.name === 'delivery');
	assert.deepEqual([body.customers, body.read, body.refused, body.is_sampled], [7, 6, 1, false]);
	assert.deepEqual([delivery.n, delivery.of, delivery.share, delivery.customers.length], [3, 6, 0.5, 3]);
	assert.ok(delivery.low > 0.18 && delivery.low < 0.19 && delivery.high > 0.81, 'Wilson: 0.188 to 0.812');
	assert.match(delivery.customers[0].quote, /late again/);
	const one = (await hospes.get(delivery.customers[0].address, secret)).body;
	assert.ok(one.needs.some((line) => line.name === 'delivery'), 'it leads to the customer and all evidence');
	assert.deepEqual(body.scores.map(({ question, n, mean }) => [question, n, mean]), [['nps', 6, 2.5]]);
	assert.ok(Math.abs(body.scores[0].low - (2.5 - 2.5706 * Math.sqrt(3.5 / 6))) < 0.001, 'Student, 5 degrees of freedom');
	assert.deepEqual(body.intents.map(({ n }) => n).reduce((a, b) => a + b), 6);
	assert.ok(body.promises.every(({ n, of }) => n <= of));
	await hospes.send('/segments', { name: 'Late', condition: { did: 'Order Delivered' } }, secret);
	const { id } = (await hospes.get('/segments', secret)).body.rows[0];
	const some = (await hospes.get(`/wants?segment=${id}`, secret)).body;
	assert.deepEqual([some.read, some.needs.find((line) => line.name === 'delivery').share], [4, 0.75]);
	assert.deepEqual(body.research, []);
	for (const [title, topic, persona] of [['Parcels', ' DELIVERY', ''], ['Shelves', 'finding', ''], ['Waiters', 'waiting rooms', 'late']]) assert.ok((await hospes.send('/research', { kind: 'visit', title, text: title, source: 'Team', day: '2026-03-02', stage: '', topic: topic.trim(), persona, link: '' }, secret)).status < 400);
	const quoted = async (query) => (await hospes.get(`/wants${query}`, secret)).body.research.map((row) => row.title).sort();
	assert.deepEqual([await quoted(''), await quoted(`?segment=${id}`)], [['Parcels'], ['Parcels', 'Waiters']], 'research of these needs, and of the persona');
	assert.equal((await hospes.get('/wants', secret)).body.needs.find((line) => line.name === 'delivery').n, 3, 'and in no figure');
	assert.equal((await hospes.get('/wants?segment=seg_0000000000001', secret)).status, 404);
	assert.equal((await hospes.get('/wants?segment=x', secret)).status, 422);
	assert.equal((await hospes.get('/wants', await hospes.key('secret', '--role', 'nobody').catch(() => write))).status >= 400, true);
});
