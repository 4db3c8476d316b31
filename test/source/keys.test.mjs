// Sources and keys as a manager makes and ends them: each key tells its source's events apart, an ended one is refused at
// once, and what was ended together comes back together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forms, start } from '../lib/hospes.mjs';

const track = (userId) => ({ type: 'track', userId, event: 'Product Viewed' });

/** The form of a page that leads to an action, sent with these values. */
async function send(session, page, action, values = {}) {
	const html = await (await session.get(page)).text();
	const form = forms(html).find((each) => each.method === 'POST' && action.test(each.action));
	assert.ok(form, `${page} holds a form for ${action}`);
	return session.post(form.action, { ...form.fields, ...values });
}

const newKey = (html) => /<code id="key">([^<]+)<\/code>/.exec(html)?.[1];

test('a source is made with its key, which counts for it alone; a second key; ends and reopens', async (t) => {
	const hospes = await start(t);
	await hospes.addUser('manager@example.com', 'manager', 'the long password of the manager');
	const session = await hospes.signIn('manager@example.com', 'the long password of the manager');
	assert.equal((await send(session, '/sources', /^\/sources$/, { name: '' })).status, 422);
	const made = await send(session, '/sources', /^\/sources$/, { name: 'Till', kind: 'server', consent: 'assured', purposes: 'service' });
	assert.equal(made.status, 201);
	assert.match(made.headers.get('cache-control'), /no-store/);
	const first = newKey(await made.text());
	assert.ok(first, 'the key is told');
	assert.equal((await send(session, '/sources', /^\/sources$/, { name: 'Till' })).status, 422, 'one name, one source');

	const row = (await session.json('/sources')).body.rows.find((each) => each.name === 'Till');
	assert.equal((await session.get(row.address)).status, 200);
	assert.ok(!(await (await session.get(row.address)).text()).includes(first), 'and told this once');
	const further = await send(session, row.address, /\/keys$/);
	assert.equal(further.status, 201);
	const second = newKey(await further.text());
	assert.ok(second && second !== first);
	const post = async (key, user) => (await hospes.post('/v1/track', track(user), key)).status;
	assert.deepEqual([await post(first, 'u1'), await post(second, 'u2')], [200, 200]);
	const shown = async () => (await session.json(row.address)).body;
	assert.equal((await shown()).keys.length, 2);
	assert.equal((await session.json('/sources')).body.rows.find((each) => each.name === 'Till').volume, 2);

	// One key ends, the other goes on.
	const begins = (key) => async () => (await shown()).keys.find((each) => key.startsWith(each.begins));
	const { end } = await begins(first)();
	assert.equal((await send(session, row.address, new RegExp(`^${end}$`))).status, 303);
	assert.deepEqual([await post(first, 'u3'), await post(second, 'u4')], [401, 200]);
	assert.equal((await begins(first)()).is_ended, true);

	// The source ends with its keys, and opens again with those that ended with it.
	assert.equal((await send(session, row.address, new RegExp(`^${row.address}/end$`))).status, 303);
	assert.deepEqual([await post(first, 'u5'), await post(second, 'u6')], [401, 401]);
	assert.equal((await shown()).is_ended, true);
	const secret = await hospes.key('secret');
	assert.ok([409, 422].includes((await hospes.send(`${row.address}/end`, {}, secret)).status), 'it has ended');
	assert.equal((await hospes.send(`${row.address}/reopen`, {}, secret)).status, 204);
	assert.equal((await shown()).is_ended, false);
	assert.deepEqual([await post(first, 'u7'), await post(second, 'u8')], [401, 200]);
	const kinds = JSON.stringify((await hospes.get('/audit', await hospes.key('secret', '--role', 'owner'))).body);
	for (const what of ['source_made', 'key_made', 'key_ended', 'source_ended', 'source_reopened']) assert.ok(kinds.includes(what), what);
});

// What is in memory never falls back behind a newer state.
test('keys made at the same time are all taken', async (t) => {
	const hospes = await start(t);
	for (let round = 0; round < 3; round++) {
		const keys = await Promise.all(Array.from({ length: 8 }, () => hospes.key('write')));
		const answers = await Promise.all(keys.map((key, i) => hospes.post('/v1/track', { userId: `u${i}`, event: 'Seen' }, key)));
		assert.deepEqual(answers.map((answer) => answer.status), keys.map(() => 200), `round ${round}`);
	}
});
