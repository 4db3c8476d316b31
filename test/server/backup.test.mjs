// A backup beside a server that takes events in, and its way back: nothing that was acknowledged before it is missing, on
// either database; a file that is not whole, or a directory that is not empty, is refused and left as it was. Starts first.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DATABASE, prepare, start } from '../lib/hospes.mjs';

const batch = (n, from) => ({ batch: Array.from({ length: n }, (_, i) => ({ type: 'track', userId: `u${(from + i) % 50}`, event: 'Counted', messageId: `m${from + i}` })) });

async function restored(t, file, options) {
	const back = await prepare(t);
	const result = await back.cli(['restore', ...(options ?? back.options()), file], { bare: true });
	return { back, result };
}

test('a backup beside ingest holds all that was acknowledged before it, on this database and on SQLite', async (t) => {
	const hospes = await start(t);
	const write = await hospes.key('write');
	let acknowledged = 0, goes = true;
	const ingest = (async () => {
		for (let from = 0; goes; from += 100) {
			assert.equal((await hospes.post('/v1/batch', batch(100, from), write)).status, 200);
			acknowledged = from + 100;
		}
	})();
	while (acknowledged < 2000) await new Promise((done) => setTimeout(done, 20));
	const before = acknowledged, file = join(hospes.dir, 'all.backup');
	const made = await hospes.cli(['backup', file]);
	goes = false;
	await ingest;
	assert.equal(made.code, 0, made.stderr);
	for (const alone of DATABASE === 'sqlite' ? [false] : [false, true]) {
		const { back, result } = await restored(t, file, alone ? ['--data', join(hospes.dir, 'alone')] : null);
		if (alone) {
			back.data = join(hospes.dir, 'alone');
			back.options = () => ['--data', back.data];
		}
		assert.equal(result.code, 0, result.stderr);
		const verified = await back.cli(['verify']);
		assert.equal(verified.code, 0, verified.stderr);
		await back.serve();
		await back.applied();
		const key = await back.key('secret');
		const count = await back.metric('hospes_events_stored');
		assert.ok(count >= before && count <= acknowledged, `${count} of ${before} to ${acknowledged}`);
		assert.ok(await back.customer('user_id:u49', key));
		await back.stop();
	}
});

test('a backup that is cut or flipped is refused, and the directory stays empty', async (t) => {
	const hospes = await start(t);
	const write = await hospes.key('write');
	assert.equal((await hospes.post('/v1/batch', batch(500, 0), write)).status, 200);
	const file = join(hospes.dir, 'whole.backup'), bad = join(hospes.dir, 'bad.backup');
	await hospes.ok(['backup', file]);
	const whole = readFileSync(file);
	const flipped = Buffer.from(whole);
	flipped[Math.floor(whole.length / 2)] ^= 0x10;
	for (const content of [Buffer.alloc(0), Buffer.from('nothing of ours'), whole.subarray(0, whole.length >> 1), whole.subarray(0, whole.length - 30), flipped]) {
		writeFileSync(bad, content);
		const { back, result } = await restored(t, bad);
		assert.notEqual(result.code, 0, `${content.length} of ${whole.length} bytes`);
		assert.ok(result.stderr.length > 10, result.stderr);
		assert.deepEqual(existsSync(back.data) ? readdirSync(back.data) : [], []);
		const good = await back.cli(['restore', ...back.options(), file], { bare: true });
		assert.equal(good.code, 0, good.stderr);
	}
});

test('a directory that is not empty is refused and left as it was', async (t) => {
	const hospes = await start(t);
	const file = join(hospes.dir, 'some.backup');
	await hospes.ok(['backup', file]);
	const back = await prepare(t);
	mkdirSync(back.data);
	writeFileSync(join(back.data, 'mine'), 'kept');
	const result = await back.cli(['restore', ...back.options(), file], { bare: true });
	assert.notEqual(result.code, 0);
	assert.match(result.stderr, /not empty/);
	assert.deepEqual(readdirSync(back.data), ['mine']);
});
