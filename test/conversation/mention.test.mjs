// What was said in public is taken into the inbox, answered where it was said, joined to a customer and erased with them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

test('a mention becomes a conversation, once; its answer is written down and can be taken back', async (t) => {
	const hospes = await start(t), [agent, owner] = [await hospes.key('secret', '--role', 'agent'), await hospes.key('secret', '--role', 'owner')];
	const get = async (path) => { const answer = await hospes.get(path, agent); assert.equal(answer.status, 200, path + answer.text); return answer.body; };
	const send = async (path, body = {}, status = 204, key = agent) => { const answer = await hospes.send(path, body, key); assert.equal(answer.status, status, `${path} ${answer.text}`); return answer; };
	await send('/listening/sources', { kind: 'hook', name: 'Forum' }, 200, owner);
	const hook = (await hospes.get('/listening/sources', owner)).body.rows[0].address, at = new Date(Date.now() - 3_600_000).toISOString();
	await send(`${hook}/file`, { mentions: [{ id: 1, text: 'The lid broke, I am furious', author: 'kim@social.example', url: 'https://social.example/1', at }, { id: 2, rating: 2, at }, { id: 3, text: 'Another of the same account', author: 'kim@social.example', at }] }, 200, owner);
	const { rows } = (await hospes.get('/listening', owner)).body, addressOf = (test) => rows.find(test).address;
	const mention = addressOf((row) => /lid/.test(row.text)), rating = addressOf((row) => !row.text), other = addressOf((row) => /Another/.test(row.text));
	assert.equal((await get(mention)).conversation, null);
	for (const one of [mention, rating, other, mention]) await send(`${one}/conversation`);
	await send('/listening/mentions/men_0000000000001/conversation', {}, 404);
	const inbox = await get('/inbox');
	assert.deepEqual(inbox.rows.map((row) => [row.title, row.person, row.contact_address, row.is_waiting]).sort(), [['2 / 5', 'Somebody in public', '', true], ['Another of the same account', 'kim@social.example', '', true], ['The lid broke, I am furious', 'kim@social.example', '', true]]);
	const { conversation } = await get(mention);
	let page = await get(conversation);
	assert.deepEqual([page.is_elsewhere, page.may_mail, page.is_nobody, page.conversation.mention_url, page.conversation.feels.key, page.no_mail ?? null], [true, false, true, 'https://social.example/1', 'conversation_feels_neg', null]);
	assert.equal(page.conversation.waiting_since, at);
	assert.equal((await get('/inbox?q=furious')).rows[0].address, conversation);

	await send(`${conversation}/answer`, { text: 'Too quick' });
	page = await get(conversation);
	assert.deepEqual(page.messages.map((one) => [one.kind, one.text]), [['in', 'The lid broke, I am furious'], ['out', 'Too quick']]);
	await send(page.messages[1].undo);
	assert.deepEqual([(await get(conversation)).conversation.is_waiting, (await get(conversation)).text.value], [true, 'Too quick']);

	await hospes.post('/v1/identify', { userId: 'kim', traits: { name: 'Kim' } }, await hospes.key('write', '--consent', 'assured'));
	await hospes.applied();
	const kim = await hospes.customer('user_id:kim', owner);
	await send(`${mention}/join`, { who: 'user_id:kim', how: 'They told us' }, 204, owner);
	assert.deepEqual([(await get(conversation)).conversation.customer, (await get(`${await get(other).then((one) => one.conversation)}`)).conversation.customer], [kim.id, null], 'each mention is joined by itself');
	await send(`${mention}/separate`, {}, 204, owner);
	assert.equal((await get(conversation)).conversation.customer, null);
	await send(`${mention}/join`, { who: 'user_id:kim', how: 'They told us' }, 204, owner);
	await hospes.send('/settings/limits', { limits: [{ name: 'inbox_undo_s', value: '0' }] }, owner);
	await send(`${conversation}/answer`, { text: 'We are sorry: a new lid is on its way', then: 'solve' });
	await until('the answer to be a touchpoint', async () => { await hospes.applied(); return (await get(conversation)).moments.some((moment) => moment.title.text === 'We answered'); }, 15_000);
	page = await get(conversation);
	assert.deepEqual([page.is_solved, page.messages.at(-1).undo ?? null, page.steps.at(-1).what.key], [true, null, 'conversation_step_taken_up']);
	await hospes.ok(['erase', 'user_id:kim']);
	assert.deepEqual([(await hospes.get(conversation, agent)).status, (await hospes.get(mention, agent)).status], [404, 404]);
	assert.equal((await get('/inbox')).rows.length, 2);
});
