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
