// A disk whose syncs take half a second: who sends waits for the sync and shares it with everyone who waits, who reads does
// not, nothing acknowledged is lost, and the server still stops when told.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRAM, prepare, ROOT } from '../lib/hospes.mjs';

const SYNC_MS = 500;

test('a slow disk delays who sends, no longer than a few syncs, and nobody who reads', { skip: /asan|tsan/.test(PROGRAM) && 'sanitizers must be loaded first' }, async (t) => {
	const hospes = await prepare(t);
	const write = await hospes.key('write'), secret = await hospes.key('secret');
	const shim = join(hospes.dir, 'slow_disk.so'), slow = join(hospes.dir, 'slow');
	execFileSync('cc', ['-shared', '-fPIC', '-o', shim, join(ROOT, 'test/lib/slow_disk.c'), '-ldl']);
	const env = { LD_PRELOAD: shim, SLOW_DISK: slow };
	const timed = async (ask) => {
		const began = Date.now(), answer = await ask();
		return { ...answer, ms: Date.now() - began };
	};
	const send = (n) => timed(() => hospes.post('/v1/track', { userId: `u${n % 7}`, event: 'Counted', messageId: `m${n}`, properties: { n } }, write));

	await hospes.serve({ env });
	assert.equal((await send(0)).status, 200);
	const { id } = await hospes.customer('user_id:u0', secret);
	writeFileSync(slow, `${SYNC_MS}`);
	await sleep(SYNC_MS); // what was under way has ended
	const began = Date.now();
	const sending = Promise.all(Array.from({ length: 200 }, (_, i) => send(1 + i)));
	const reading = [];
	for (let i = 0; i < 5; i++) {
		reading.push(await timed(() => hospes.get('/health')), await timed(() => hospes.get(`/customers/${id}`, secret)));
		await sleep(50);
	}
	const sent = await sending;
	assert.deepEqual([...new Set(sent.map((each) => each.status))], [200]);
	assert.ok(Math.min(...sent.map((each) => each.ms)) >= SYNC_MS * 0.9, 'nobody is answered before the sync');
	assert.ok(Date.now() - began < SYNC_MS * 20, `200 senders share their syncs: ${Date.now() - began} ms`);
	assert.deepEqual([...new Set(reading.map((each) => each.status))], [200]);
	const median = reading.map((each) => each.ms).sort((a, b) => a - b)[reading.length / 2];
	assert.ok(median < SYNC_MS / 2, `who reads waits for no sync: ${reading.map((each) => each.ms).join(', ')} ms`);

	// Told to stop while senders wait: what it answers 200 is there at the next start, and it ends.
	const late = Promise.all(Array.from({ length: 50 }, (_, i) => send(1000 + i).catch(() => ({ status: 0 }))));
	await sleep(100);
	const stopping = await timed(() => hospes.stop());
	assert.equal(stopping.code, 0);
	assert.ok(stopping.ms < 15_000, `stopped in ${stopping.ms} ms`);
	const acknowledged = 201 + (await late).filter((each) => each.status === 200).length;
	rmSync(slow);
	await hospes.serve({ env });
	const stored = await hospes.metric('hospes_events_stored');
	assert.ok(stored >= acknowledged, `${stored} of ${acknowledged}`);

	// Killed in the middle of a slow sync: the same.
	writeFileSync(slow, `${SYNC_MS}`);
	const last = Promise.all(Array.from({ length: 50 }, (_, i) => send(2000 + i).catch(() => ({ status: 0 }))));
	await sleep(SYNC_MS * 1.5);
	hospes.child.kill('SIGKILL');
	await hospes.exit;
	const before = stored + (await last).filter((each) => each.status === 200).length;
	rmSync(slow);
	await hospes.serve({ env });
	assert.ok(await hospes.metric('hospes_events_stored') >= before);
	assert.match(await hospes.ok(['verify']), /./);
});
