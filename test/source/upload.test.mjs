// A file through the browser's door: what is sent lies on disk as it comes, is checked whole by a job that survives a changed
// mapping and the end of its server, and leaves nothing behind where it fails. Starts first: a lease has to run out.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { prepare, start, until } from '../lib/hospes.mjs';

const LINE = 'Shop Visited,2011-01-01 10:00,c42,3\n', BAD = 'Shop Visited,never,c42,3\n';
const ROWS = 2_000_000, BLOCK = 1000; // of a check that takes seconds; a row of each block has no time
const LARGE = gzipSync(`event,time,user_id,score\n${(LINE.repeat(BLOCK - 1) + BAD).repeat(ROWS / BLOCK)}`, { level: 1 });

function doors(hospes, secret) {
	const auth = { authorization: `Bearer ${secret}`, accept: 'application/json' };
	const get = async (path) => (await hospes.get(path, secret)).body;
	const when = (what, at, holds) => until(what, async () => { const s = await get(at); return holds(s) ? s : null; });
	const upload = async (name, content) => {
		const form = new FormData();
		form.append('as', '');
		form.append('file', new Blob([content]), name);
		return hospes.fetch('/imports', { method: 'POST', headers: auth, body: form });
	};
	return {
		get, upload,
		async draft(name, content) {
			const answer = await upload(name, content);
			assert.ok(answer.status < 300, `${answer.status} ${await answer.clone().text()}`);
			return answer.headers.get('location');
		},
		post: (path, fields = {}) => hospes.fetch(path, { method: 'POST', headers: { ...auth, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields) }),
		checked: (at) => when('the check to end', at, (s) => ['done', 'failed'].includes(s.check.state)),
		/** `before`: when an earlier run of it began, which is not meant. */
		going: (at, before) => when('the check to run', at, (s) => { assert.notEqual(s.check.state, 'done', 'it was still to run'); return s.check.started !== before && s.check.rows > 0 && s.check.left !== null; }),
		done: (at) => when('the import to end', at, (s) => s.state === 'done'),
	};
}
async function open(t) {
	const hospes = await start(t), secret = await hospes.key('secret');
	return { hospes, secret, ...doors(hospes, secret) };
}
const incoming = (hospes) => readdirSync(join(hospes.data, 'imports', 'incoming'));
const folders = (hospes) => readdirSync(join(hospes.data, 'imports')).filter((name) => name.startsWith('imp_'));
const nothingLeft = (hospes) => until('what came in to be gone', async () => incoming(hospes).length === 0);

/** A request that is written by hand. Resolves with what came back until the server, or `cut` of our bytes, ended it. */
function raw(hospes, { head, body = '', cut = false }) {
	return new Promise((done) => {
		let answer = '';
		const socket = connect(hospes.port, '127.0.0.1', () => {
			socket.write(`POST /imports HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n`);
			socket.write(body, () => { if (cut) setTimeout(() => socket.destroy(), 300); });
		});
		socket.on('data', (data) => { answer += data; if (!cut) socket.end(); });
		socket.on('error', () => {});
		socket.on('close', () => done(answer));
	});
}
const multipart = (secret, length) => `authorization: Bearer ${secret}\r\ncontent-type: multipart/form-data; boundary=B\r\ncontent-length: ${length}\r\nconnection: close`;
const FILE = '--B\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n';

test('the whole file is checked with progress, and a changed mapping begins anew', async (t) => {
	const { draft, post, get, going, checked } = await open(t);
	const at = await draft('visits.csv.gz', LARGE);
	const first = await get(at);
	assert.equal(first.sample.length, 10);
	assert.deepEqual(first.columns.map((each) => each.fields.find((option) => option.is_selected).value), ['event', 'time', 'user_id', 'property:score']);
	assert.ok(first.check.is_going && first.may_start, 'the first rows do not wait for the check');
	const running = await going(at);
	assert.equal(running.finding.key, 'check_running');
	assert.ok(running.check.share > 0 && running.check.share < 1 && running.check.rows < ROWS, JSON.stringify(running.check));
	assert.equal(running.check.rejects[0].reason.key, 'drop_bad_time');
	// Who nobody is told of may not be kept where consent is carried: now every row is refused.
	await post(`${at}/mapping`, { as: 'events', consent: 'carried' });
	const anew = await get(at);
	assert.ok(anew.check.is_going && anew.check.started !== running.check.started, JSON.stringify([running.check, anew.check]));
	const carried = await checked(at);
	assert.deepEqual(carried.check.rejects.map((each) => [each.reason.key, each.n]).sort(), [['drop_bad_time', ROWS / BLOCK], ['drop_no_consent', ROWS - ROWS / BLOCK]]);
	assert.deepEqual([carried.finding.key, carried.may_start], ['map_none', false]);
	assert.equal((await post(`${at}/start`)).status, 422);
	await post(`${at}/mapping`, { as: 'events', consent: 'assured' });
	const assured = await checked(at);
	assert.deepEqual([assured.check.rows, assured.check.kept, assured.check.rejected, assured.check.share], [ROWS, ROWS - ROWS / BLOCK, ROWS / BLOCK, 1]);
	assert.equal(assured.check.rejects[0].lines, '1,001, 2,001, 3,001, 4,001, 5,001 …');
	assert.equal(assured.finding.key, 'map_some_rejected');
});

test('a check outlives its server, stopped or killed', async (t) => {
	const { hospes, draft, going, checked, get } = await open(t);
	const at = await draft('visits.csv.gz', LARGE);
	const { check: { started } } = await going(at);
	await hospes.stop();
	await hospes.serve();
	await going(at, started);
	assert.equal((await hospes.stop('SIGKILL')).signal, 'SIGKILL');
	await hospes.serve();
	assert.ok((await get(at)).check.is_going);
	const after = await checked(at);
	assert.deepEqual([after.check.rows, after.check.rejected], [ROWS, ROWS / BLOCK]);
	await hospes.stop();
	hospes.ended = null; // it ended well: what killed it before is no fault
	await hospes.serve();
	assert.equal((await get(at)).check.state, 'done');
});

test('an import starts before its check has ended, and a draft can be discarded', async (t) => {
	const { hospes, draft, post, get, done, upload } = await open(t);
	const busy = [await draft('one.csv.gz', LARGE), await draft('two.csv.gz', LARGE)]; // all workers of jobs are at these
	const at = await draft('small.csv', `event,time,user_id\n${LINE.replace(',3', '').repeat(3)}`);
	assert.equal((await get(at)).check.state, 'waiting');
	assert.ok((await post(`${at}/start`)).status < 400);
	for (const each of busy) assert.ok((await post(`${each}/discard`)).status < 400);
	const kept = await done(at);
	assert.deepEqual([kept.kept, kept.rejected], [3, 0]);
	assert.equal((await post(`${at}/discard`)).status, 409, 'what was started can only be undone');
	assert.equal((await hospes.get(busy[0])).status, 401);
	assert.deepEqual((await get('/imports')).rows.map((each) => each.file), ['small.csv']);
	assert.deepEqual(folders(hospes), [at.split('/').pop()]);
	assert.equal((await upload('two.csv', '')).status, 422);
});

test('what breaks off, is too large, damaged or not allowed leaves nothing and says why', async (t) => {
	const { hospes, secret, upload, draft, checked, get } = await open(t);
	await raw(hospes, { head: multipart(secret, 9_000_000), body: FILE + LINE.repeat(100_000), cut: true });
	await nothingLeft(hospes);
	assert.match(await raw(hospes, { head: multipart(secret, 600_000_000) }), /^HTTP\/1\.1 413[\s\S]*too-large/);
	const short = FILE + LINE.repeat(20_000);
	assert.match(await raw(hospes, { head: multipart(secret, short.length), body: short }), /^HTTP\/1\.1 400[\s\S]*damaged or was cut/);
	assert.match(await raw(hospes, { head: multipart('nobody', 600_000_0) }), /^HTTP\/1\.1 401/);
	const agent = await hospes.key('secret', '--role', 'agent');
	assert.match(await raw(hospes, { head: multipart(agent, 600_000_0) }), /^HTTP\/1\.1 403/);
	assert.match(await raw(hospes, { head: `authorization: Bearer ${secret}\r\ncontent-type: text/csv\r\ncontent-length: 3000000` }), /^HTTP\/1\.1 413/);
	for (const [name, content] of [['cut.csv.gz', gzipSync(LINE.repeat(50)).subarray(0, 40)], ['empty.csv', ''], ['none.csv', '\n\n']]) {
		const answer = await upload(name, content);
		assert.equal(answer.status, 422, name);
		assert.equal((await answer.json()).faults[0].field, 'file');
	}
	await nothingLeft(hospes);
	assert.deepEqual(folders(hospes), []);
	assert.deepEqual((await get('/imports')).rows, []);
	// What reads well at first and is found damaged further on can be seen and mended, but not started.
	const late = await draft('late.csv.gz', gzipSync(`event,time,user_id\n${Array.from({ length: 60_000 }, (_, i) => `Shop Visited,2011-01-01 10:00,c${i * 7919 % 60_000}`).join('\n')}`).subarray(0, -9000));
	const broken = await checked(late);
	assert.deepEqual([broken.check.state, broken.finding.key, broken.may_start], ['failed', 'import_file_broken', false]);
	assert.match(broken.check.error, /cut/);
	assert.ok(broken.check.rows > 0);
});

test('what a killed server left of uploads is gone at its next start', async (t) => {
	const hospes = await prepare(t);
	await hospes.serve();
	const secret = await hospes.key('secret'), { draft, checked } = doors(hospes, secret);
	const at = await draft('small.csv', `event,time,user_id\n${LINE.replace(',3', '').repeat(3)}`);
	await checked(at);
	const cut = raw(hospes, { head: multipart(secret, 9_000_000), body: FILE + LINE.repeat(100_000) });
	await until('the file to come in', async () => incoming(hospes).length === 1);
	await hospes.stop('SIGKILL');
	await cut;
	assert.equal(incoming(hospes).length, 1);
	const orphan = join(hospes.data, 'imports', 'imp_0000000000001');
	mkdirSync(orphan);
	writeFileSync(join(orphan, 'file'), 'never committed');
	await hospes.serve();
	assert.deepEqual(incoming(hospes), []);
	assert.deepEqual(folders(hospes), [at.split('/').pop()]);
	assert.equal((await checked(at)).check.kept, 3);
});
