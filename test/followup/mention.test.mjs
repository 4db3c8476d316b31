// A mention becomes a follow-up, by a rule or by hand; it is nobody's until a person says whose it is, on a ground that is checked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { records, start, until } from '../lib/hospes.mjs';

const PUBLIC = 'fur_0000000000005', DAY = 86_400_000, now = () => new Date().toISOString();

test('what was said in public is followed up, joined to a customer on a ground, taken from them and erased with them', async (t) => {
	const hospes = await start(t), secret = await hospes.key('secret', '--role', 'owner'), write = await hospes.key('write', '--consent', 'assured');
	const send = (path, body = {}) => hospes.send(path, body, secret), get = async (path) => (await hospes.get(path, secret)).body;
	const ok = async (path, body) => { const answer = await send(path, body); assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`); return answer; };
	await hospes.addUser('ann@example.com', 'agent', 'a long enough password');
	const ann = (await get('/team')).rows.find((row) => row.email === 'ann@example.com').id;
	await ok('/listening/sources', { kind: 'hook', name: 'Forum' });
	const hook = (await get('/listening/sources')).rows[0].address;

	await ok(`/follow-ups/rules/${PUBLIC}/on`);
	await ok(`${hook}/file`, { mentions: [{ id: 1, text: 'Two stars, the lid broke', rating: 2, author: 'kim@social.example', url: 'https://social.example/1', at: now() }, { id: 2, text: 'Lovely', rating: 5, at: now() }, { id: 3, text: 'One star', rating: 1, at: now() }] });
	const made = await until('the rule’s', async () => { await hospes.applied(); const page = await get('/follow-ups?sort=oldest'); return page.total === 2 && page; }, 20_000);
	assert.deepEqual(made.rows.map(({ quote, number, customer, mention_url: url }) => [quote, number, customer, url]).sort(), [['One star', 1, null, null], ['Two stars, the lid broke', 2, null, 'https://social.example/1']]);
	const first = made.rows.find(({ number }) => number === 2), mention = first.mention_address;
	assert.equal((await get(first.address)).is_nobody, true);
	assert.equal((await send(`${mention}/follow-up`, { due: '2099-01-01' })).status, 409, 'one is open already');

	const lovely = (await get('/listening')).rows.find((row) => row.text === 'Lovely').address;
	for (const [bad, field] of [[{ due: 'soon' }, 'due'], [{ due: '2011-01-01' }, 'due'], [{ due: '2099-01-01', owner: 'per_0000000000001' }, 'owner'], [{ due: '2099-01-01', note: 'x'.repeat(2001) }, 'note']]) {
		const refused = await send(`${lovely}/follow-up`, bad);
		assert.deepEqual([refused.status, refused.text.includes(field)], [422, true], JSON.stringify(bad));
	}
	const due = new Date(Date.now() + 3 * DAY).toISOString().slice(0, 10);
	await ok(`${lovely}/follow-up`, { owner: ann, due, note: 'Ask whether we may quote it' });
	const { rows: [byHand], has_open: open } = await get(`${lovely}/follow-up`);
	assert.deepEqual([byHand.quote, byHand.owner, byHand.due_at >= `${due}T20`, open], ['Lovely', ann, true, true]);
	assert.equal((await get(byHand.address)).steps[0].text, 'Ask whether we may quote it');
	await ok(`${byHand.address}/close`, { outcome: 'solved', text: '' });
	assert.equal((await get(`${lovely}/follow-up`)).has_open, false);

	await ok('/follow-ups/rules', { name: 'Angry in public', events: 'Mention Posted\nReview Posted', condition: '{"name":"text:emotion","contains":"angry"}', owner: '', due_hours: '4', most_a_day: '9' });
	const angry = (await get('/follow-ups/rules')).rows.find(({ rule }) => rule.name === 'Angry in public'), ofAngry = async (n) => until(`${n} of the angry`, async () => { await hospes.applied(); const page = await get(`/follow-ups?rule=${angry.rule.id}`); return page.total === n && page; });
	const shout = (id) => ok(`${hook}/file`, { mentions: [{ id, text: `I am furious about parcel ${id}`, at: now() }] });
	await shout('before');
	await hospes.applied();
	await ok(`${angry.address}/on`);
	await shout('after');
	assert.equal((await ofAngry(1)).rows[0].quote, 'I am furious about parcel after');
	await ok(`${angry.address}/back`, { days: '2' });
	await ofAngry(2);

	const other = made.rows.find(({ number }) => number === 1), lost = other.mention_address, words = async () => (await get(other.address)).followup.quote;
	await records(hospes, "DELETE FROM mention WHERE text = 'One star'");
	assert.equal(await words() || null, null, 'its row was not committed after its touchpoint');
	await ok(`${hook}/file`, { mentions: [{ id: 3, text: 'One star', rating: 1, at: now() }] });
	await until('its words', async () => await words() === 'One star');
	assert.equal((await get(other.address)).followup.mention_address, lost);

	await hospes.post('/v1/identify', { userId: 'kim', context: { externalIds: [{ type: 'mastodon', id: 'kim@social.example' }] }, traits: { name: 'Kim' } }, write);
	await hospes.post('/v1/identify', { userId: 'lou', traits: { name: 'Lou' } }, await hospes.key('write'));
	await hospes.applied();
	const kim = await hospes.customer('user_id:kim', secret);
	for (const [who, basis] of [['user_id:lou', 'identity'], ['user_id:lou', 'consent'], ['user_id:kim', 'guess']]) {
		const refused = await send(`${mention}/join`, { who, how: 'x', basis });
		assert.deepEqual([refused.status, refused.text.includes('basis')], [422, true], `${who} ${basis}`);
	}
	await ok(`${mention}/join`, { who: 'user_id:kim', how: 'The account is in the profile', basis: 'identity' });
	assert.equal((await get(mention)).basis, 'identity');
	assert.equal((await get(first.address)).followup.customer, kim.id, 'the follow-up follows the mention');
	await ok(`${mention}/separate`);
	assert.equal((await get(first.address)).followup.customer, null);
	await ok(`${mention}/join`, { who: 'user_id:kim', how: 'again' });
	await hospes.ok(['erase', 'user_id:kim']);
	assert.equal((await hospes.get(first.address, secret)).status, 404);
	assert.equal((await hospes.get('/listening/mentions/men_0000000000001/follow-up', secret)).status, 404);
});
