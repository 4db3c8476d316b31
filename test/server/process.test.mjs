// The server as a process: start, readiness, one server a directory, graceful stop, metrics, a full disk. Starts first.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, PROGRAM, prepare, start, until } from '../lib/hospes.mjs';

const batch = (n, from = 0) => ({ batch: Array.from({ length: n }, (_, i) => ({ type: 'track', userId: `u${(from + i) % 7}`, event: 'Counted', messageId: `m${from + i}` })) });

test('health answers 200 with JSON when ready, and says so in its first answers', async (t) => {
	const hospes = await start(t);
	const answer = await hospes.get('/health');
	assert.equal(answer.status, 200);
	assert.match(answer.headers.get('content-type'), /^application\/(problem\+)?json/);
	assert.equal(typeof answer.body, 'object');
});

test('demo answers 503 with progress until the sample is in, then 200', async (t) => {
	const hospes = await prepare(t);
	await hospes.serve({ command: 'demo', ready: false });
	const seen = new Set();
	await until('the sample to be in', async () => {
		const answer = await hospes.get('/health');
		seen.add(answer.status);
		if (answer.status === 503) assert.equal(typeof answer.body, 'object');
		return answer.status === 200;
	});
	assert.deepEqual([...seen].sort(), [200, 503]);
	await until('a link that signs the owner in', () => /http:\/\/127\.0\.0\.1:\d+\/start\/\S+/.test(hospes.output));
});

test('a second server on the same directory is refused, naming the first process', async (t) => {
	const hospes = await start(t);
	const second = await hospes.cli(['serve', '--listen', `127.0.0.1:${await freePort()}`]);
	assert.notEqual(second.code, 0);
	assert.match(second.stderr, new RegExp(`\\b${hospes.child.pid}\\b`));
	assert.equal((await hospes.get('/health')).status, 200);
});

test('a killed server leaves no lock behind', async (t) => {
	const hospes = await start(t);
	await hospes.stop('SIGKILL');
	await hospes.serve();
	assert.equal((await hospes.get('/health')).status, 200);
});

test('commands work beside a running server', async (t) => {
	const hospes = await start(t);
	const write = await hospes.key('write');
	assert.equal((await hospes.post('/v1/batch', batch(10), write)).status, 200);
	assert.equal(JSON.parse(await hospes.ok(['query', '{"kind":"trend","event":"Counted","measure":"events","interval":"month"}'])) !== null, true);
	assert.equal((await hospes.cli(['verify'])).code, 0);
});

test('a graceful stop answers what is under way and leaves with 0', async (t) => {
	const hospes = await start(t);
	const write = await hospes.key('write');
	const answers = Array.from({ length: 40 }, (_, i) => hospes.post('/v1/batch', batch(50, i * 50), write).then((answer) => answer.status, () => 0));
	await Promise.race(answers);
	await hospes.stop('SIGTERM');
	assert.deepEqual(hospes.ended, { code: 0, signal: null });
	const kept = (await Promise.all(answers)).filter((status) => status === 200).length;
	await hospes.serve();
	assert.ok((await hospes.metric('hospes_events_stored')) >= kept * 50);
});

test('an interrupt from the keyboard is a graceful stop too', async (t) => {
	const hospes = await start(t);
	assert.deepEqual(await hospes.stop('SIGINT'), { code: 0, signal: null });
});

test('metrics are Prometheus text with types', async (t) => {
	const hospes = await start(t);
	const write = await hospes.key('write');
	await hospes.post('/v1/batch', { batch: [...batch(3).batch, { type: 'track', event: 'x' }] }, write);
	await hospes.post('/v1/batch', batch(3), write);
	await until('counters', async () => (await hospes.metric('hospes_events_accepted_total')) > 0);
	assert.equal(await hospes.metric('hospes_events_stored'), 3);
	assert.equal(await hospes.metric('hospes_events_dropped_total', { reason: 'no_identity' }), 1);
	assert.equal(await hospes.metric('hospes_customers', { kind: 'known' }), 3);
	const text = await (await hospes.fetch('/metrics')).text();
	const typed = new Set([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name));
	for (const [, name] of text.matchAll(/^([a-z_]+)[{ ]/gm)) assert.ok(typed.has(name.replace(/_(bucket|sum|count)$/, '')) || typed.has(name), `# TYPE of ${name}`);
	assert.ok((await hospes.metrics()).some((row) => row.name === 'hospes_request_seconds_bucket' && row.labels.le === '+Inf'));
});

test('requests that break the rules of HTTP are refused and the server lives on', async (t) => {
	const hospes = await start(t);
	const paths = ['/..%2f..%2fetc/passwd', '/%00', '/customers/%ff%fe', `/${'a'.repeat(6000)}`, '/customers/cus_0000000000000', '//', '/customers?sort=%27--'];
	for (const path of paths) {
		const status = await new Promise((done) => request({ port: hospes.port, path, host: '127.0.0.1' }, (answer) => done(answer.resume().statusCode)).on('error', () => done(0)).end());
		assert.ok(status < 500, `${path} → ${status}`);
	}
	const big = await hospes.post('/v1/batch', Buffer.alloc(80 << 20), await hospes.key('write')).catch(() => ({ status: 413 }));
	assert.ok([400, 413].includes(big.status));
	assert.equal((await hospes.get('/health')).status, 200);
});

test('a full disk stops acknowledgements with 503, loses nothing stored, and recovers', async (t) => {
	const hospes = await prepare(t);
	const { execFileSync } = await import('node:child_process');
	const { mkdirSync } = await import('node:fs');
	mkdirSync(hospes.data, { recursive: true });
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=700', 'tmpfs', hospes.data], { stdio: 'pipe' });
	} catch {
		return t.skip('a small file system cannot be mounted here');
	}
	hospes.cleanups.push(() => execFileSync('umount', [hospes.data]));
	await hospes.serve();
	const write = await hospes.key('write'), secret = await hospes.key('secret');
	const filler = `${hospes.data}/filler`;
	let kept = 0, refused = null;
	assert.equal((await hospes.post('/v1/batch', batch(100), write)).status, 200);
	kept += 100;
	try { execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'pipe' }); } catch { /* until it is full: that is the point */ }
	for (let i = 0; i < 400 && !refused; i++) {
		const answer = await hospes.post('/v1/batch', { batch: batch(100, kept).batch.map((each) => ({ ...each, properties: { text: `${i}`.repeat(300) } })) }, write);
		if (answer.status === 200) kept += 100;
		else refused = answer;
	}
	assert.ok(refused, 'the disk filled up');
	assert.equal(refused.status, 503, refused.text);
	assert.ok(Number(refused.headers.get('retry-after')) > 0);
	assert.equal(await hospes.metric('hospes_events_stored'), kept);
	execFileSync('rm', [filler]);
	await until('the server to take events again', async () => {
		const answer = await hospes.post('/v1/batch', batch(100, kept), write);
		return answer.status === 200;
	});
	kept += 100;
	assert.equal(await hospes.metric('hospes_events_stored'), kept);
	await hospes.applied();
	const { records, unapplied } = (await hospes.get('/health')).body;
	assert.deepEqual({ records, unapplied }, { records: 'ok', unapplied: 0 });
	await hospes.settled('hospes_customers', 7);
	await hospes.stop();
	await hospes.serve();
	assert.equal(await hospes.metric('hospes_events_stored'), kept);
});

test('an idle server rests: no CPU, little memory', async (t) => {
	if (/asan|tsan/.test(PROGRAM)) return t.skip('not of a sanitized build');
	const hospes = await start(t);
	await sleep(300);
	const ticks = () => readFileSync(`/proc/${hospes.child.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, n) => sum + Number(n), 0);
	const had = ticks();
	await sleep(2000);
	assert.ok(ticks() - had <= 4, `${ticks() - had} ticks in two seconds`);
	const kib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${hospes.child.pid}/status`, 'utf8'))[1]);
	assert.ok(kib('RssAnon') < 30_000, `RssAnon ${kib('RssAnon')} KiB`);
	assert.ok(kib('VmRSS') < 60_000, `VmRSS ${kib('VmRSS')} KiB`);
});

test('help, version and mistakes on the command line', async (t) => {
	const hospes = await prepare(t);
	const bare = (...args) => hospes.cli(args, { bare: true });
	assert.match((await bare('version')).stdout, /^hospes \d+\.\d+/);
	for (const command of ['serve', 'demo', 'import', 'query', 'report', 'user', 'key', 'erase', 'export', 'compact', 'backup', 'restore', 'verify', 'openapi'])
		assert.match((await bare('help')).stdout, new RegExp(`\\b${command}\\b`));
	for (const args of [['frobnicate'], ['serve', '--nonsense'], ['query', '--data', hospes.data, '{'], ['import', '--data', hospes.data, '/nonexistent'], ['user', 'add', '--data', hospes.data, '--role', 'king', '--email', 'a@b.c']]) {
		const result = await bare(...args);
		assert.ok(result.code > 0, args.join(' '));
		assert.ok(result.stderr.length > 0 && result.stderr.length < 2000, args.join(' '));
	}
	const openapi = JSON.parse((await bare('openapi')).stdout);
	assert.match(openapi.openapi, /^3\.1/);
});
