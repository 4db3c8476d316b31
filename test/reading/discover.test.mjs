// Topics that are found in texts of no topic: proposed with their words and quotes, taken into the workspace's own tree, or put aside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

const OTHERS = ['The delivery was late again', 'The staff were friendly and kind', 'Thank you for the quick delivery of it'];
const NOTHING = Array.from({ length: 6 }, () => 'It was because of them and me'); // function words alone
const DRONES = ['The drone landing woke the dog', 'Please stop the drone landing at night', 'A drone landing shook my window', 'I saw the drone landing twice', 'Again the drone landing here', 'Is a drone landing allowed'];

async function open(t, texts) {
	const hospes = await start(t), secret = await hospes.key('secret'), write = await hospes.key('write', '--consent', 'assured');
	const batch = texts.map((text, i) => ({ type: 'track', event: 'Message Received', userId: `u${i}`, messageId: `m${i}`, properties: { text } }));
	for (let i = 0; i < batch.length; i += 100) assert.equal((await hospes.post('/v1/batch', { batch: batch.slice(i, i + 100) }, write)).status, 200);
	await hospes.applied();
	const get = async (path) => (await hospes.get(path, secret)).body;
	const send = (path, body = {}) => hospes.send(path, body, secret);
	return { get, send };
}

test('proposed, put aside, brought back, and taken into the tree', async (t) => {
	const { get, send } = await open(t, [...Array.from({ length: 60 }, (_, i) => `${OTHERS[i % 3]}, number ${i}`), ...DRONES, ...NOTHING]);
	const found = await get('/voice/topics/found');
	assert.deepEqual([found.texts, found.rows.length, found.finding.key], [72, 1, 'discover_found']);
	const [drones] = found.rows;
	assert.deepEqual([drones.name.toLowerCase(), drones.n, drones.others, drones.language], ['drone landing', 6, 0, 'en']);
	assert.match(drones.queries, /^"drone landing"\n/i);
	assert.ok(drones.q < 0.05 && drones.quotes.length === 3 && DRONES.includes(drones.quotes[0].text));
	const aside = { language: 'en', name: drones.name };
	assert.equal((await send('/voice/topics/found/aside', { language: 'en', name: 'never' })).status, 404);
	assert.equal((await send('/voice/topics/found/aside', {})).status, 422);
	assert.ok((await send('/voice/topics/found/aside', aside)).status < 400);
	const without = await get('/voice/topics/found');
	assert.deepEqual([without.rows.length, without.finding.key, without.asides.length], [0, 'discover_none', 1]);
	assert.ok((await send(without.asides[0].undo)).status < 400);
	assert.equal((await send(without.asides[0].undo)).status, 404);
	const [again] = (await get('/voice/topics/found')).rows;
	assert.ok((await send('/voice/topics', { name: 'noise/drones', queries: again.queries })).status < 400);
	await until('texts to be read anew', async () => !(await get('/voice/topics')).is_rereading);
	assert.equal((await get('/voice/texts?topic=noise')).found, 6, 'what was taken holds its texts');
	assert.deepEqual((await get('/voice/topics/found')).rows, []);
});

test('without spaces too; nothing is made of chance', async (t) => {
	const said = ['送貨很慢', '店員很親切', '送貨又遲到了'], new_ = ['無人機降落吵醒了小狗', '請停止無人機降落', '無人機降落打破窗戶', '又看到無人機降落', '無人機降落太吵', '晚上無人機降落'];
	const { get } = await open(t, [...Array.from({ length: 45 }, (_, i) => `${said[i % 3]}，第${i}次`), ...new_]);
	const { rows } = await get('/voice/topics/found');
	assert.equal(rows.length, 1, JSON.stringify(rows));
	assert.match(rows[0].terms, /無人|降落/);
	const none = await open(t, [...Array.from({ length: 30 }, (_, i) => OTHERS[i % 3]), 'A zorp', 'A blick', 'A quix', 'A frob', 'A wug', 'A dax']);
	assert.deepEqual((await none.get('/voice/topics/found')).rows, []);
});
