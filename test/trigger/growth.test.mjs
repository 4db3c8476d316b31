// Earned growth against values worked by hand, and the customers behind the shares of a talk trigger.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start, untilEnd } from '../lib/hospes.mjs';

const consent = { consent: { categoryPreferences: { analytics: true } } };
const near = (value, wanted) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value}, not ${wanted}`);

describe('growth by word of mouth', () => {
	const end = untilEnd(after);
	let w, secret, write;
	const YEAR = { kind: 'earned_growth', from: '2024-07-01', to: '2025-07-01' };
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		write = await w.key('write');
		const order = (userId, timestamp, revenue) => ({ type: 'track', userId, event: 'Order Completed', timestamp: `${timestamp}T12:00:00Z`, properties: { order_id: `${userId}-${timestamp}`, revenue, currency: 'EUR' }, context: consent });
		const origin = (userId, value) => ({ type: 'identify', userId, traits: { origin: value }, context: consent });
		await w.post('/v1/batch', { batch: [
			order('anna', '2024-02-01', 100), order('anna', '2024-09-01', 80),
			order('ben', '2023-08-01', 200), order('ben', '2024-12-01', 250),
			order('gone', '2024-03-01', 100),
			order('old', '2022-01-01', 500), order('old', '2025-01-10', 70), // neither of the year before, nor new
			order('cleo', '2024-10-01', 60), origin('cleo', 'Someone told me'),
			order('dan', '2024-11-01', 30), origin('dan', 'advert'),
			order('eve', '2024-11-02', 20),
			order('finn', '2025-02-02', 40), { type: 'track', userId: 'finn', event: 'Survey Answered', timestamp: '2025-02-03T12:00:00Z', properties: { question_id: 'origin', type: 'single', choice: '有人告訴我' }, context: consent },
			order('late', '2025-07-01', 999), // after the time asked
			{ type: 'track', userId: 'cleo', event: 'Review Posted', properties: { text: 'A handwritten card, lovely' }, context: consent },
		] }, write);
		await w.applied();
	});

	test('earned growth is net revenue retention and what recommended newcomers add', async () => {
		const answer = await w.query(YEAR, secret);
		// Before: 100 + 200 + 100 = 400; kept: 80 + 250 = 330; recommended: 60 + 40 = 100. 330/400 + 100/400 − 1 = .075.
		near(answer.nrr, 0.825), near(answer.earned_new, 0.25), near(answer.rate, 0.075);
		assert.deepEqual([answer.before, answer.kept, answer.back], [{ customers: 3, revenue: 400 }, { customers: 2, revenue: 330 }, { customers: 1, revenue: 70 }]);
		assert.deepEqual([answer.new.earned, answer.new.bought, answer.new.unknown, answer.new.n], [{ customers: 2, revenue: 100 }, { customers: 1, revenue: 30 }, { customers: 1, revenue: 20 }, 3]);
		near(answer.new.earned_share, 2 / 3);
		assert.deepEqual([answer.currency, answer.n, answer.before_from], ['EUR', 3, '2023-07-02']);
		assert.deepEqual([answer.covered, (await w.query({ ...YEAR, from: '2022-06-01', to: '2023-06-01' }, secret)).covered], [true, false]);
		assert.ok(answer.low <= answer.rate && answer.rate <= answer.high);
		const own = await w.query({ ...YEAR, earned: { name: 'trait:origin', is: 'advert' } }, secret);
		assert.deepEqual(own.new.earned, { customers: 1, revenue: 30 });
		for (const wrong of [{ where: { event: 'x' } }, { limit: 3 }, { currency: 'EURO' }, { earned: { event: 'x' } }, { origin: 'x' }]) assert.equal((await w.send('/query', { ...YEAR, ...wrong }, secret)).status, 422, JSON.stringify(wrong));
	});

	test('whoever refuses analysis is in neither sum', async () => {
		await w.post('/v1/track', { userId: 'ben', event: 'Page Seen', timestamp: '2025-03-01T12:00:00Z', context: { consent: { categoryPreferences: { analytics: false, service: true } } } }, write);
		await w.applied();
		const answer = await w.query(YEAR, secret);
		assert.deepEqual([answer.before, answer.left_out_customers], [{ customers: 2, revenue: 200 }, 1]);
	});

	test('it stands with word of mouth, and shares lead to their customers', async () => {
		await w.send('/talk-triggers', { promise: 'A card', given_by: 'Order Completed', words: 'handwritten' }, secret);
		const page = (await w.get('/talk-triggers', secret)).body, [{ address }] = page.rows;
		assert.deepEqual([page.earned.key, page.origin.key], ['trigger_earned', 'trigger_too_few']);
		const behind = async (of) => (await w.get(`${address}/customers?of=${of}`, secret)).body;
		const told = await behind('told'), silent = await behind('silent');
		assert.deepEqual([told.customers, told.rows.length, (await behind('given')).customers, (await behind('told_given')).customers, silent.customers], [1, 1, 8, 1, 7]);
		assert.equal((await w.get(told.rows[0].address, secret)).status, 200);
		assert.equal((await w.get(`${address}/customers?of=nobody`, secret)).status, 422);
		assert.equal((await w.get('/talk-triggers/tlk_0000000000001/customers', secret)).status, 404);
	});
});
