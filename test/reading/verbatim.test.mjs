// What customers write in any touchpoint is read once and stored; what people say of it, and the workspace's own topics, stand in
// wants, talk triggers and the evidence for efforts as in every list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { records, start, until } from '../lib/hospes.mjs';

const STRIKE = 'Great, thank you, wonderful: another strike, the delivery sits in a warehouse', CARD = 'I love the handwritten card';

async function open(t) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write', '--consent', 'assured');
	let n = 0;
	const put = async (...events) => {
		const batch = events.map(([userId, event, properties]) => ({ type: 'track', event, userId, messageId: `m${n++}`, properties }));
		assert.equal((await hospes.post('/v1/batch', { batch }, write)).status, 200);
		await hospes.applied();
	};
	const get = async (path) => (await hospes.get(path, secret)).body;
	const send = async (path, body) => { const done = await hospes.send(path, body, secret); assert.ok(done.status < 400, JSON.stringify(done.body)); return done; };
	const wants = async (userId) => get(`/customers/${(await hospes.customer(`user_id:${userId}`, secret)).id}/wants`);
	const reread = () => until('texts to be read anew', async () => { const page = await get('/voice/topics'); return !page.is_rereading && page; });
	return { hospes, secret, put, get, send, wants, reread };
}
const named = (lines, name) => lines.find((line) => line.name === name);

test('a correction, and a topic of one’s own, stand wherever the text is counted', async (t) => {
	const { put, get, send, wants, reread } = await open(t);
	await put(['ann', 'Complaint Made', { text: STRIKE }], ['bob', 'Survey Answered', { survey: 'word of mouth', comment: CARD }], ['ann', 'Message Sent', { text: 'We are sorry that the delivery is late' }],
		['ann', 'Error Shown', { message: 'The delivery failed' }], ['ann', 'Email Sent', { subject: 'Your delivery' }]);
	await send('/talk-triggers', { promise: 'Service', words: 'strike\nhandwritten' });
	const before = await wants('ann');
	assert.deepEqual(before.needs.map((line) => [line.name, line.n, line.pos]), [['delivery', 1, 1]], 'what we said, and what machines say, is not read');
	const { reading } = named(before.needs, 'delivery').evidence[0];
	assert.match(reading, /^\/voice\/texts\/vbt_/);
	let [told] = (await get('/talk-triggers')).rows;
	assert.deepEqual([told.told, told.pleased, told.displeased], [2, 2, 0]);
	await send(reading, { aspect: 'sentiment', values: ['neg'] });
	const after = await wants('ann');
	assert.deepEqual(after.needs.map((line) => [line.name, line.pos, line.neg]), [['delivery', 0, 1]]);
	assert.equal(after.months[0].mean, -1);
	[told] = (await get('/talk-triggers')).rows;
	assert.deepEqual([told.told, told.pleased, told.displeased], [2, 1, 1]);
	await send('/voice/topics', { name: 'strikes', queries: 'strike*' });
	await reread();
	const own = await wants('ann');
	assert.deepEqual(own.needs.map((line) => [line.name, line.neg]).sort(), [['delivery', 1], ['strikes', 1]], 'in the tree of the workspace, with what a person said');
	const shown = await get(reading);
	await send(shown.corrections[0].undo, {});
	assert.equal(named((await wants('ann')).needs, 'strikes').pos, 1, 'taken back');
});

test('texts from before there were rows for them are read; who is erased takes them along', async (t) => {
	const { hospes, secret, put, get, send, wants, reread } = await open(t);
	await put(['ann', 'Complaint Made', { text: STRIKE }], ['bob', 'Review Posted', { text: CARD }]);
	const [{ reading }] = (await wants('ann')).needs[0].evidence;
	await hospes.stop();
	await records(hospes, 'DELETE FROM verbatim');
	await hospes.serve();
	assert.deepEqual((await wants('ann')).needs, []);
	await send('/voice/topics/reread', {});
	await reread();
	const back = (await wants('ann')).needs[0].evidence[0];
	assert.deepEqual([back.quote, back.reading === reading], [STRIKE, false]);
	await send('/voice/topics/reread', {});
	await reread();
	assert.equal((await wants('ann')).needs[0].n, 1, 'once');
	await send(back.reading, { aspect: 'sentiment', values: ['neg'] });
	assert.equal((await get('/texts')).agreements.length, 1);
	const { id } = await hospes.customer('user_id:ann', secret);
	await send(`/customers/${id}/erase`, { confirm: 'erase', word: 'erase' });
	await until('the text to go', async () => (await hospes.get(back.reading, secret)).status === 404);
	assert.deepEqual((await get('/texts')).agreements, []);
});
