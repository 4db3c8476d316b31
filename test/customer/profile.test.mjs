// Customers through the real program: finding them, who is joined with whom and why, consent, contacts by hand, and what a
// person may ask for: everything kept of them, and that nothing is.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { forms, start, timeline } from '../lib/hospes.mjs';

let clock = Date.parse('2024-12-30T08:00:00Z'); // over the year's end
const event = (more) => ({ type: 'track', event: 'Product Viewed', messageId: randomUUID(), timestamp: new Date((clock += 60_000)).toISOString(), ...more });
const identify = (more) => event({ type: 'identify', event: undefined, ...more });

/** Ends a describe's workspace with it: hooks made inside `before` would run at once. */
const ending = () => {
	const all = [];
	after(async () => { for (const each of all) await each(); });
	return { after: (fn) => all.push(fn) };
};

/** A workspace with its keys, and short ways to send and to read. */
async function open(t) {
	const hospes = await start(t);
	const write = await hospes.key('write'), secret = await hospes.key('secret');
	const send = async (...batch) => {
		const answer = await hospes.post('/v1/batch', { batch }, write);
		assert.equal(answer.status, 200, answer.text);
		return answer.body;
	};
	const customer = (identity) => hospes.customer(identity, secret);
	const list = async (query) => {
		const answer = await hospes.get(`/customers?${new URLSearchParams(query)}`, secret);
		assert.equal(answer.status, 200, answer.text);
		return answer.body;
	};
	const act = async (path, body = {}) => hospes.send(path, body, secret);
	return { hospes, write, secret, send, customer, list, act };
}
const ids = (customer) => customer.identities.map((each) => `${each.kind}:${each.value}`).sort();
const order = (user, number, day, price, more = {}) => event({ userId: user, event: 'Order Completed', timestamp: day, properties: { order_id: number, currency: 'EUR', products: [{ sku: 'JAR', name: 'Jar', quantity: 1, price }], ...more } });

describe('the list of customers', () => {
	let w;
	const end = ending();
	before(async () => {
		w = await open(end);
		const people = [['ada', 'Ada', 'Lovelace', 'GB'], ['bea', 'Béatrice', 'Ångström', 'SE'], ['eve', 'Eve', 'Ozenc', 'TR'], ['wang', '小明', '王', 'TW'], ['zoe', 'Ζωή', 'Παπαδοπούλου', 'GR']];
		for (const [user, firstName, lastName, country] of people)
			await w.send(identify({ userId: user, traits: { firstName, lastName, country, email: `${user}@example.com` } }));
		await w.send(order('ada', 'A1', '2025-01-02T10:00:00Z', 10), order('ada', 'A2', '2025-01-09T10:00:00Z', 20), order('bea', 'B1', '2025-01-03T10:00:00Z', 100));
		await w.send(event({ anonymousId: 'device-7f3a' }));
		await w.send(event({ userId: 'zoe', context: { consent: { categoryPreferences: { marketing: true } } } }), event({ userId: 'eve', context: { consent: { categoryPreferences: { marketing: false } } } }));
	});
	const names = (page) => page.rows.map((row) => row.name ?? row.identity);

	test('says who is known', async () => {
		const page = await w.list({});
		assert.equal(page.total, 6);
		assert.deepEqual(page.finding.args, { total: 6, known: 5 });
		assert.equal(page.is_empty, false);
	});
	test('is searched by the beginning of any word, in any case and without accents', async () => {
		const found = { lovel: ['Ada Lovelace'], BEATRICE: ['Béatrice Ångström'], angs: ['Béatrice Ångström'], 'ada@exa': ['Ada Lovelace'], 小明: ['王小明'], ζωη: ['Ζωή Παπαδοπούλου'], 'lov ada': ['Ada Lovelace'], 'device-7f3a': ['device-7f3a'], 'lov bea': [], 'nobody!': [], '%': [], "o'": ['Eve Ozenc'] };
		for (const [q, expected] of Object.entries(found)) assert.deepEqual(names(await w.list({ q })), expected, q);
		assert.deepEqual(names(await w.list({ q: 'example' })), [], 'in the middle of a word nothing begins');
	});
	test('is filtered', async () => {
		assert.deepEqual(names(await w.list({ kind: 'anonymous' })), ['device-7f3a']);
		assert.deepEqual(names(await w.list({ country: 'SE' })), ['Béatrice Ångström']);
		assert.deepEqual(names(await w.list({ orders: '2-5' })), ['Ada Lovelace']);
		assert.deepEqual(names(await w.list({ orders: '1' })), ['Béatrice Ångström']);
		assert.deepEqual(names(await w.list({ consent: 'marketing' })), ['Ζωή Παπαδοπούλου']);
		assert.deepEqual(names(await w.list({ consent: 'no-marketing' })), ['Eve Ozenc']);
		assert.equal((await w.list({ seen: 'over-90' })).total, 6);
		assert.equal((await w.list({ seen: '7' })).total, 0);
		assert.equal((await w.list({ q: 'a', orders: '6-' })).total, 0);
		for (const bad of ['sort=%27--', 'orders=many', 'seen=-1', 'consent=nothing', 'kind=robot', 'cursor=x', 'cursor=n.seen.cus_0000000000000.z'])
			assert.equal((await w.hospes.get(`/customers?${bad}`, w.secret)).status, 422, bad);
	});
	test('is sorted', async () => {
		assert.deepEqual(names(await w.list({ sort: 'revenue' })).slice(0, 2), ['Béatrice Ångström', 'Ada Lovelace']);
		assert.deepEqual(names(await w.list({ sort: 'orders' })).slice(0, 2), ['Ada Lovelace', 'Béatrice Ångström']);
		assert.deepEqual(names(await w.list({ sort: 'name' })), ['Ada Lovelace', 'Béatrice Ångström', 'Eve Ozenc', 'Ζωή Παπαδοπούλου', '王小明', 'device-7f3a']);
		assert.deepEqual(names(await w.list({ sort: 'name', q: 'e' })), ['Eve Ozenc']);
		assert.deepEqual(names(await w.list({ sort: 'first' })).slice(-1), ['Ada Lovelace']);
	});
	test('one is found by identity', async () => {
		for (const identity of ['user_id:ada', 'email:ADA@example.com', 'ada']) assert.deepEqual(names(await w.list({ identity })), ['Ada Lovelace'], identity);
		assert.deepEqual(names(await w.list({ identity: 'email:nobody@example.com' })), []);
	});
	test('is given out as a table', async () => {
		const answer = await w.hospes.get('/customers.csv?country=SE', w.secret);
		assert.equal(answer.status, 200);
		assert.match(answer.headers.get('content-type'), /text\/csv/);
		const lines = answer.text.trim().split('\n');
		assert.equal(lines.length, 2);
		assert.match(lines[1], /"Béatrice Ångström".*,1,100,"EUR"/);
	});
});

test('the list is turned page by page, forward and back, in every order, without a gap or a double', async (t) => {
	const w = await open(t);
	const batch = [];
	for (let i = 0; i < 130; i++) batch.push(identify({ userId: `user-${i}`, traits: { name: `Name ${String(i % 40).padStart(2, '0')}`, country: 'GR' } }));
	await w.send(...batch);
	for (const query of [{ sort: 'seen' }, { sort: 'first' }, { sort: 'orders' }, { sort: 'revenue' }, { sort: 'name' }, { sort: 'seen', q: 'name' }, { sort: 'name', q: 'name' }]) {
		const pages = [];
		let page = await w.list(query);
		for (; ; ) {
			pages.push(page.rows.map((row) => row.id));
			if (!page.next) break;
			page = (await w.hospes.get(page.next, w.secret)).body;
		}
		const all = pages.flat();
		assert.equal(all.length, 130, JSON.stringify(query));
		assert.equal(new Set(all).size, 130, JSON.stringify(query));
		page = (await w.hospes.get(page.previous, w.secret)).body;
		assert.deepEqual(page.rows.map((row) => row.id), pages[1], `back in ${JSON.stringify(query)}`);
		page = (await w.hospes.get(page.previous, w.secret)).body;
		assert.deepEqual(page.rows.map((row) => row.id), pages[0]);
		assert.equal(page.previous, null);
	}
});

describe('who is joined with whom', () => {
	let w;
	const end = ending();
	before(async () => { w = await open(end); });

	test('an anonymous id joins the first user id seen with it, and no other', async () => {
		await w.send(event({ anonymousId: 'a1' }), identify({ anonymousId: 'a1', userId: 'first' }), event({ anonymousId: 'a1', userId: 'second' }));
		assert.deepEqual(ids(await w.customer('user_id:first')), ['anonymous_id:a1', 'user_id:first']);
		assert.deepEqual(ids(await w.customer('user_id:second')), ['user_id:second']);
		assert.equal(timeline(await w.customer('user_id:second')).length, 1, 'its own event went to the later user');
		assert.equal(timeline(await w.customer('user_id:first')).length, 2);
	});
	test('an e-mail never joins two user ids of one source: it is suggested, with both named', async () => {
		await w.send(identify({ userId: 'u1', traits: { email: 'Shared@Example.com' } }), identify({ userId: 'u2', traits: { email: 'shared@example.com' } }));
		const one = await w.customer('user_id:u1'), two = await w.customer('user_id:u2');
		assert.notEqual(one.id, two.id);
		assert.equal(one.suggestions.length, 1);
		assert.equal(two.suggestions.length, 1);
		assert.equal(one.suggestions[0].reason.key, 'suggestion_user_ids');
		assert.deepEqual([one.suggestions[0].reason.args.first, one.suggestions[0].reason.args.second], ['u1', 'u2']);
		assert.equal(one.suggestions[0].join, null, 'while the conflict stands nobody can accept it');
		assert.equal((await w.act(`/suggestions/${one.suggestions[0].id}/join`)).status, 409);
		assert.equal((await w.act(`/customers/${one.id}/join`, { other: 'user_id:u2' })).status, 409);
		assert.equal((await w.act(one.suggestions[0].dismiss)).status, 204);
		assert.equal((await w.customer('user_id:u1')).suggestions.length, 0);
		assert.equal((await w.act(one.suggestions[0].dismiss)).status, 409);
	});
	test('a suggestion is accepted once nothing stands against it', async () => {
		const other = await w.hospes.key('write'), email = 'lou@example.com';
		await w.hospes.post('/v1/identify', identify({ userId: 'crm-lou', traits: { email } }), other);
		await w.send(identify({ userId: 'lou-1', traits: { email } }), identify({ userId: 'lou-2', traits: { email } }));
		assert.equal((await w.customer('user_id:lou-1')).id, (await w.customer('user_id:crm-lou')).id);
		const [suggestion] = (await w.customer('user_id:lou-2')).suggestions;
		assert.equal(suggestion.join, null, 'two user ids of one source');
		assert.equal((await w.act((await w.customer('user_id:lou-1')).identities.find((each) => each.value === 'lou-1').undo)).status, 204);
		const [open] = (await w.customer('user_id:lou-2')).suggestions;
		assert.equal(open.id, suggestion.id);
		assert.equal((await w.act(open.join)).status, 204);
		const joined = await w.customer('user_id:lou-2');
		assert.equal(joined.id, (await w.customer('user_id:crm-lou')).id);
		assert.equal(joined.suggestions.length, 0);
		assert.notEqual(joined.id, (await w.customer('user_id:lou-1')).id);
		assert.equal((await w.act(open.join)).status, 409, 'it was decided');
	});
	test('user ids of two sources may be one person; the older id stays and the other leads to it', async () => {
		const other = await w.hospes.key('write');
		await w.send(identify({ userId: 'shop-9', traits: { email: 'kim@example.com' } }), order('shop-9', 'K1', '2025-01-05T10:00:00Z', 5));
		await w.hospes.post('/v1/identify', identify({ userId: 'crm-9', traits: { plan: 'gold' } }), other);
		const before = await w.customer('user_id:crm-9');
		await w.hospes.post('/v1/identify', identify({ userId: 'crm-9', traits: { email: 'kim@example.com' } }), other);
		const joined = await w.customer('user_id:crm-9');
		assert.deepEqual(ids(joined), ['email:kim@example.com', 'user_id:crm-9', 'user_id:shop-9']);
		assert.equal(joined.id, (await w.customer('user_id:shop-9')).id);
		const moved = await w.hospes.get(`/customers/${before.id}`, w.secret);
		assert.equal(moved.status, 308);
		assert.equal(moved.headers.get('location'), `/customers/${joined.id}`);
		const crm = joined.identities.find((each) => each.value === 'crm-9');
		assert.equal(crm.reason.key, 'join_same_email');

		// Taken back: the id comes back, orders and traits stay with whom they came from, and the same evidence does not join again.
		assert.equal((await w.act(crm.undo)).status, 204);
		const apart = await w.customer('user_id:crm-9');
		assert.equal(apart.id, before.id);
		assert.equal(apart.figures.find((each) => each.key === 'orders').number, 0);
		assert.ok(apart.traits.some((each) => each.name === 'plan'));
		assert.equal((await w.hospes.get(`/customers/${before.id}`, w.secret)).status, 200);
		assert.equal((await w.customer('user_id:shop-9')).figures.find((each) => each.key === 'orders').number, 1);
		await w.hospes.post('/v1/identify', identify({ userId: 'crm-9', traits: { email: 'kim@example.com' } }), other);
		assert.equal((await w.customer('user_id:crm-9')).id, before.id);

		// By hand a person may join them all the same.
		assert.equal((await w.act(`/customers/${joined.id}/join`, { other: before.id })).status, 204);
		const again = await w.customer('user_id:crm-9');
		assert.equal(again.id, joined.id);
		assert.equal(again.identities.find((each) => each.value === 'crm-9').reason.key, 'join_by_hand');
		assert.equal((await w.act(`/customers/${joined.id}/join`, { other: 'crm-9' })).status, 409);
		assert.equal((await w.act(`/customers/${joined.id}/join`, { other: 'nobody' })).status, 422);
	});
	test('by hand a profile is also found by its telephone, as it is written', async () => {
		await w.send(identify({ anonymousId: 'caller-1', traits: { phone: '+44 20 7123 9999' } }), identify({ userId: 'caller-of-shop', traits: {} }));
		const caller = await w.customer('anonymous_id:caller-1'), known = await w.customer('user_id:caller-of-shop');
		assert.equal((await w.act(`/customers/${known.id}/join`, { other: '+44 20 7123-9999' })).status, 204);
		assert.notEqual(caller.id, known.id);
		assert.equal((await w.customer('anonymous_id:caller-1')).id, (await w.customer('user_id:caller-of-shop')).id);
	});
	test('three joined in one minute come apart each with its own id', async () => {
		const at = '2025-01-06T00:00:00.000Z', own = {};
		for (const id of ['t1', 't2', 't3']) {
			const key = await w.hospes.key('write');
			await w.hospes.post('/v1/identify', identify({ userId: id, timestamp: at }), key);
			own[id] = (await w.customer(`user_id:${id}`)).id;
			await w.hospes.post('/v1/identify', identify({ userId: id, timestamp: at, traits: { email: 'three@example.com' } }), key);
		}
		const all = await w.customer('user_id:t3');
		assert.equal(all.identities.length, 4);
		assert.equal((await w.act(all.identities.find((each) => each.value === 't2').undo)).status, 204);
		assert.equal((await w.customer('user_id:t2')).id, own.t2);
		assert.equal((await w.customer('user_id:t3')).id, own.t1);
		assert.equal((await w.act((await w.customer('user_id:t3')).identities.find((each) => each.value === 't3').undo)).status, 204);
		assert.equal((await w.customer('user_id:t3')).id, own.t3);
		const first = (await w.customer('user_id:t1')).identities[0];
		assert.equal(first.undo, null);
		assert.equal((await w.act(`/identities/${first.id}/undo`)).status, 409);
		assert.equal((await w.act('/identities/idn_0000000zzzzzz/undo')).status, 404);
	});
	test('a profile holds at most fifty identities of a kind', async () => {
		const batch = [];
		for (let i = 0; i < 60; i++) batch.push(event({ userId: 'many', anonymousId: `many-${i}` }));
		await w.send(...batch);
		const customer = await w.customer('user_id:many');
		assert.equal(customer.identities.filter((each) => each.kind === 'anonymous_id').length, 50);
		assert.equal(customer.timeline_total, 60, 'the events went to the user id');
		const newest = (await w.hospes.get(`/customers/${customer.id}?limit=50`, w.secret)).body;
		assert.equal(timeline(newest).length, 50);
		const earlier = (await w.hospes.get(newest.earlier, w.secret)).body;
		assert.equal(timeline(earlier).length, 10);
		assert.equal(earlier.earlier, null);
		assert.deepEqual([...timeline(newest), ...timeline(earlier)].map((each) => each.id), timeline(customer).map((each) => each.id));
	});
	test('a value past the fifty is illegal for live sources from then on, also after a restart, and not for files', async () => {
		const batch = [];
		for (let i = 0; i <= 50; i++) batch.push(event({ userId: 'crowd', context: { externalIds: [{ id: `crowd-${i}`, type: 'loyalty' }] } }));
		for (let i = 0; i <= 50; i++) batch.push(event({ userId: 'crowd', anonymousId: `crowd-device-${i}` }));
		await w.send(...batch);
		const before = await w.customer('user_id:crowd');
		const check = async (other) => {
			const alone = await w.send(event({ anonymousId: 'crowd-device-50' }));
			assert.deepEqual([alone.accepted, alone.rejected.map((each) => each.reason)], [0, ['no_identity']]);
			assert.equal((await w.send(event({ userId: other, anonymousId: 'crowd-device-50', context: { externalIds: [{ id: 'crowd-50', type: 'loyalty' }] } }))).accepted, 1);
			assert.deepEqual(ids(await w.customer(`user_id:${other}`)), [`user_id:${other}`], 'the event stays under its other identity');
			assert.equal((await w.send(event({ anonymousId: 'crowd-device-49' }))).accepted, 1, 'the fiftieth is as good as before');
		};
		await check('crowd-friend');
		const page = (await w.hospes.get('/sources', w.secret)).body;
		const refused = page.refused.filter((each) => each.value === 'crowd-device-50');
		assert.deepEqual(refused.map((each) => [each.kind, each.reason]), [['anonymous_id', 'too_many']]);
		const file = join(w.hospes.dir, 'crowd.ndjson');
		writeFileSync(file, `${JSON.stringify({ type: 'identify', messageId: 'crowd-file', timestamp: '2024-12-01T00:00:00Z', context: { externalIds: [{ id: 'crowd-50', type: 'loyalty' }] }, traits: { city: 'Thebes' } })}\n`);
		await w.hospes.ok(['import', file]);
		const holder = await w.customer('loyalty:crowd-50');
		assert.deepEqual(holder.traits.map((each) => each.name), ['city'], 'an external id of a file is never illegal');
		assert.notEqual(holder.id, before.id);
		await w.hospes.stop();
		await w.hospes.serve();
		await check('crowd-stranger');
		assert.equal((await w.customer('user_id:crowd')).id, before.id);
	});
	test('an illegal id joins nobody', async () => {
		await w.send(event({ userId: 'legal-1', anonymousId: 'null' }), event({ userId: 'legal-2', anonymousId: 'null' }));
		assert.deepEqual(ids(await w.customer('user_id:legal-1')), ['user_id:legal-1']);
		assert.equal(await w.customer('anonymous_id:null'), null);
		const answer = await w.send(event({ userId: '00000000-0000-0000-0000-000000000000' }));
		assert.equal(answer.rejected[0].reason, 'no_identity');
	});
});

describe('consent', () => {
	let w;
	const end = ending();
	before(async () => { w = await open(end); });
	const state = (customer, purpose) => customer.consents.find((each) => each.purpose === purpose).state;
	const consent = (preferences) => ({ consent: { categoryPreferences: preferences } });

	test('what a source vouches for is marked as such, and never marketing', async () => {
		await w.send(event({ userId: 'c1' }));
		const customer = await w.customer('user_id:c1');
		assert.deepEqual(['service', 'analytics', 'marketing', 'profiling', 'sharing'].map((each) => state(customer, each)), ['not_needed', 'assured', 'unknown', 'unknown', 'unknown']);
	});
	test('a carried source needs it, and a withdrawal holds from the next request on', async () => {
		const carried = await w.hospes.key('write', '--consent', 'carried');
		const said = async (context, more) => (await w.hospes.post('/v1/batch', { batch: [event({ userId: 'c2', context, ...more })] }, carried)).body;
		assert.equal((await said(undefined)).rejected[0].reason, 'no_consent');
		assert.equal((await said(consent({ analytics: true }))).accepted, 1);
		assert.equal(state(await w.customer('user_id:c2'), 'analytics'), 'granted');
		await said(consent({ analytics: false }));
		assert.equal(state(await w.customer('user_id:c2'), 'analytics'), 'denied');
		assert.equal((await said(undefined)).rejected[0].reason, 'no_consent');
	});
	test('is changed by hand, with its wording, its time and who did it; the strictest wins on a join', async () => {
		await w.send(event({ userId: 'c3', anonymousId: 'c3-device', context: consent({ marketing: true }) }));
		let customer = await w.customer('user_id:c3');
		assert.equal(state(customer, 'marketing'), 'granted');
		assert.equal((await w.act(`/customers/${customer.id}/consents/marketing`, { state: 'denied', wording: 'Please no more letters' })).status, 204);
		customer = await w.customer('user_id:c3');
		const marketing = customer.consents.find((each) => each.purpose === 'marketing');
		assert.equal(marketing.state, 'denied');
		assert.equal(marketing.wording, 'Please no more letters');
		assert.deepEqual(marketing.history.map((each) => each.state), ['denied', 'granted']);
		assert.ok(marketing.history[0].person);
		await w.send(event({ userId: 'c3', context: consent({ marketing: true }) }));
		assert.equal(state(await w.customer('user_id:c3'), 'marketing'), 'denied', 'an ordinary event does not lift a refusal that was stated');

		const other = await w.hospes.key('write');
		await w.hospes.post('/v1/track', event({ userId: 'c3-crm', context: consent({ marketing: true }) }), other);
		assert.equal((await w.act(`/customers/${customer.id}/join`, { other: 'user_id:c3-crm' })).status, 204);
		assert.equal(state(await w.customer('user_id:c3-crm'), 'marketing'), 'denied');
		assert.equal((await w.act(`/customers/${customer.id}/consents/marketing`, { state: 'granted' })).status, 204);
		assert.equal(state(await w.customer('user_id:c3'), 'marketing'), 'granted');
		for (const [purpose, body, status] of [['service', { state: 'denied' }, 409], ['nothing', { state: 'denied' }, 404], ['marketing', { state: 'perhaps' }, 422], ['marketing', {}, 422]])
			assert.equal((await w.act(`/customers/${customer.id}/consents/${purpose}`, body)).status, status, purpose);
	});
});

test('names and contacts are written by hand', async (t) => {
	const w = await open(t);
	await w.send(identify({ anonymousId: 'n-device' }), identify({ userId: 'n1', anonymousId: 'n-device', traits: { firstName: 'Margaret Anne', lastName: 'Penrose' } }));
	const { id } = await w.customer('user_id:n1');
	assert.equal((await w.act(`/customers/${id}/names`, { wanted: 'Maggie', given: 'Margaret', family: 'Penrose', order: 'family-first' })).status, 204);
	await w.send(identify({ userId: 'n1', traits: { firstName: 'MARGARET', lastName: 'PENROSE' } }));
	let customer = await w.customer('user_id:n1');
	assert.equal(customer.name, 'Maggie', 'what was sent later does not undo it');
	assert.deepEqual((await w.list({ q: 'maggie' })).rows.map((row) => row.name), ['Penrose Margaret']);
	assert.equal((await w.act(`/customers/${id}/names`, { order: 'backwards' })).status, 422);

	const had = await w.hospes.metric('hospes_events_stored');
	assert.equal((await w.act(`/customers/${id}/touchpoints`, { channel: 'telephone', family: 'care', outcome: 'call_back', mood: 'unhappy', text: 'Two jars <b>broken</b>.' })).status, 204);
	customer = await w.customer('user_id:n1');
	const [note] = timeline(customer);
	assert.deepEqual([note.text, note.family, note.outcome, note.mood, note.title.key], ['Two jars <b>broken</b>.', 'care', 'call_back', 'unhappy', 'touchpoint_note']);
	assert.ok(note.person);
	assert.equal(await w.hospes.metric('hospes_events_stored'), had + 1);
	for (const bad of [{}, { channel: 'pigeon' }, { channel: 'shop', mood: 'purple' }, { channel: 'shop', extra: 1 }])
		assert.equal((await w.act(`/customers/${id}/touchpoints`, bad)).status, 422, JSON.stringify(bad));
	assert.equal((await w.act('/customers/cus_0000000000001/touchpoints', { channel: 'shop' })).status, 404);
});

/** Every file under the folder that holds the text. */
function filesWith(folder, text) {
	const found = [];
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		const stat = statSync(path);
		if (stat.isDirectory()) found.push(...filesWith(path, text));
		else if (stat.isFile() && readFileSync(path).includes(text)) found.push(path);
	}
	return found;
}

test('a customer is given out whole, and erased for good', async (t) => {
	const w = await open(t);
	const email = 'forget.me.zqx@example.com', phone = '+442079460999', name = 'Zqxwv Forgettable';
	await w.send(event({ anonymousId: 'zqx-device' }), identify({ userId: 'zqx-user', anonymousId: 'zqx-device', traits: { name, email, phone }, context: { consent: { categoryPreferences: { marketing: true } } } }));
	await w.send(order('zqx-user', 'ZQX-1', '2025-01-05T10:00:00Z', 12.5), event({ userId: 'stays' }));
	const customer = await w.customer(`email:${email}`);
	await w.act(`/customers/${customer.id}/names`, { wanted: 'Zqxnick' });
	await w.act(`/customers/${customer.id}/touchpoints`, { channel: 'letter', text: 'zqxletter' });
	await w.act(`/customers/${customer.id}/consents/sharing`, { state: 'denied', wording: 'zqxwording' });

	const page = await w.hospes.get(`/customers/${customer.id}/export`, w.secret);
	assert.equal(page.status, 200);
	assert.match(page.headers.get('content-disposition') ?? '', /attachment/);
	const whole = JSON.parse(await w.hospes.ok(['export', `email:${email}`]));
	assert.equal((await w.hospes.get('/customers.csv', w.secret)).status, 200);
	const audit = async (what) => (await w.hospes.get(`/audit?what=${what}`, w.secret)).body.rows.length;
	assert.deepEqual([await audit('customer_exported'), await audit('customers_exported'), (await audit('key_made')) > 0], [2, 1, true], 'who took personal data out, and where, is written down');
	assert.deepEqual(whole.identities.map((each) => each.kind).sort(), ['anonymous_id', 'email', 'phone', 'user_id']);
	assert.equal(whole.touchpoints.length, 4);
	assert.ok(JSON.stringify(whole.touchpoints).includes('zqxletter'));
	assert.equal(whole.orders.length, 1);
	assert.equal(whole.orders[0].lines[0].price, 12.5);
	assert.ok(whole.traits.some((each) => each.name === 'name'));
	assert.ok(whole.consents.some((each) => each.wording === 'zqxwording'));
	assert.equal(whole.names[0].called, 'Zqxnick');
	assert.deepEqual(JSON.parse(page.text).identities, whole.identities);
	assert.equal((await w.hospes.cli(['export', 'email:nobody@example.com'])).code, 1);

	assert.ok(filesWith(w.hospes.data, email).length > 0, 'the search finds what is there');
	await w.hospes.ok(['erase', `email:${email}`]);
	assert.equal((await w.hospes.get(`/customers/${customer.id}`, w.secret)).status, 410);
	assert.equal((await w.hospes.get(`/customers/${customer.id}/export`, w.secret)).status, 410);
	assert.equal(await w.customer('user_id:zqx-user'), null);
	assert.equal((await w.list({ q: 'zqxwv' })).total, 0);
	assert.equal(await w.hospes.metric('hospes_events_stored'), 1);
	assert.equal((await w.hospes.cli(['erase', `email:${email}`])).code, 1);

	// Sent again under each identity, and under a new device: nothing comes back.
	const answer = await w.send(event({ userId: 'zqx-user' }), event({ anonymousId: 'zqx-device' }), identify({ anonymousId: 'zqx-new-device', traits: { email } }), event({ userId: 'stays' }));
	assert.equal(answer.accepted, 1);
	assert.deepEqual(answer.rejected.map((each) => each.reason), ['suppressed', 'suppressed', 'suppressed']);

	await w.hospes.ok(['compact', '--now']);
	for (const text of [email, phone, 'Zqxwv', 'zqx-user', 'zqx-device', 'zqxletter', 'Zqxnick', 'zqxwording', 'ZQX-1']) assert.deepEqual(filesWith(w.hospes.data, text), [], text);

	await w.hospes.stop();
	await w.hospes.serve();
	assert.equal((await w.hospes.get(`/customers/${customer.id}`, w.secret)).status, 410, 'after a start too');
	assert.equal((await w.send(event({ userId: 'zqx-user' }))).rejected[0].reason, 'suppressed');
	assert.equal(await w.hospes.metric('hospes_customers', { kind: 'known' }), 1);
});

test('a customer is erased from the page, by its form, for good', async (t) => {
	const w = await open(t);
	await w.send(identify({ userId: 'leaves', traits: { name: 'Vera Leaves', email: 'vera@example.com' } }), event({ userId: 'stays' }));
	const { id } = await w.customer('user_id:leaves');
	await w.hospes.addUser('owner@example.com', 'owner', 'the long password of the owner');
	const session = await w.hospes.signIn('owner@example.com', 'the long password of the owner');
	const form = forms(await (await session.get(`/customers/${id}`)).text()).find((each) => each.action === `/customers/${id}/erase`);
	assert.ok(form, 'the page holds the form');
	const answer = await session.post(form.action, form.fields);
	assert.equal(answer.status, 303);
	assert.equal((await session.get(answer.headers.get('location'))).status, 200);
	assert.equal((await session.get(`/customers/${id}`)).status, 410);
	assert.equal((await w.list({ q: 'vera' })).total, 0);
	assert.equal((await w.send(event({ userId: 'leaves' }))).rejected[0].reason, 'suppressed');
	assert.equal(await w.hospes.metric('hospes_events_stored'), 1);
});
