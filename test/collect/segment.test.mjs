// The Segment tracking protocol as real clients speak it: ways to sign, paths, types, sizes, errors, and what is kept.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { basic, start, timeline, untilEnd } from '../lib/hospes.mjs';

describe('the Segment protocol', () => {
	const end = untilEnd(after);
	let hospes, write, secret;
	before(async () => {
		hospes = await start(end);
		write = await hospes.key('write');
		secret = await hospes.key('secret');
	});
	const event = (more = {}) => ({ type: 'track', userId: 'u-basic', event: 'Product Viewed', messageId: randomUUID(), timestamp: '2024-03-01T10:00:00.000Z', ...more });
	const stored = () => hospes.metric('hospes_events_stored');
	const dropped = () => hospes.metric('hospes_events_dropped_total');

	/** Sends with raw headers and says by how much the store grew. */
	async function grows(by, send) {
		const had = await stored();
		const answer = await send();
		assert.equal(answer.status, 200, answer.text);
		assert.equal((await stored()) - had, by, answer.text);
		return answer.body;
	}

	test('every call has its own path, short for browsers', async () => {
		const bodies = {
			track: { event: 'Product Viewed' }, identify: { traits: { plan: 'gold' } }, page: { name: 'Home' },
			screen: { name: 'Home' }, group: { groupId: 'g1' }, alias: { previousId: 'old-u-paths' },
		};
		for (const [call, body] of Object.entries(bodies))
			for (const path of [`/v1/${call}`, `/v1/${call[0]}`])
				await grows(1, () => hospes.post(path, { userId: 'u-paths', messageId: randomUUID(), ...body }, write));
		for (const path of ['/v1/batch', '/v1/b'])
			await grows(2, () => hospes.post(path, { batch: [event(), event()] }, write));
	});

	test('the write key comes as Basic with and without a colon, in the body, or as Bearer beside the body', async () => {
		const ways = [
			{ authorization: basic(write) },
			{ authorization: `Basic ${Buffer.from(write).toString('base64')}` },
			{ authorization: `Bearer ${randomUUID()}`, body: { writeKey: write } },
			{ body: { writeKey: write } },
		];
		for (const { authorization, body } of ways) {
			const headers = authorization ? { authorization } : {};
			await grows(1, () => hospes.post('/v1/track', event(body), null, headers));
			await grows(1, () => hospes.post('/v1/batch', { batch: [event()], ...body }, null, headers));
		}
	});

	test('an unknown or missing key is 401 and stores nothing', async () => {
		const had = await stored();
		for (const key of ['', 'nonsense', secret.slice(0, -1), write.toUpperCase() === write ? write.toLowerCase() : write.toUpperCase()]) {
			const answer = await hospes.post('/v1/batch', { batch: [event()] }, key || null);
			assert.equal(answer.status, 401, answer.text);
			assert.ok(!answer.text.includes(key) || key === '', 'the answer does not repeat the key');
		}
		assert.equal(await stored(), had);
	});

	test('a body is JSON whatever its type says; gzip is undone', async () => {
		const text = () => JSON.stringify({ batch: [event()], writeKey: write });
		await grows(1, () => hospes.post('/v1/b', text(), null, { 'content-type': 'text/plain' }));
		await grows(1, () => hospes.post('/v1/b', text(), null, { 'content-type': 'text/plain;charset=UTF-8' }));
		await grows(1, () => hospes.post('/v1/b', gzipSync(text()), null, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }));
		await grows(1, () => hospes.post('/v1/batch', gzipSync(text()), write, { 'content-encoding': 'gzip' }));
	});

	test('a batch merges its context into its events, and answers what became of each', async () => {
		const body = await grows(2, () => hospes.post('/v1/batch', {
			context: { channel: 'server', location: { city: 'Kavala' } },
			batch: [
				event({ userId: 'u-merge' }),
				{ type: 'track', event: 'Product Viewed', messageId: 'nobody' },
				event({ userId: 'u-merge', event: 'Product Added' }),
				{ type: 'track', userId: 'u-merge', messageId: 'nameless' },
				{ type: 'dance', userId: 'u-merge', messageId: 'dance' },
			],
		}, write));
		assert.equal(body.success, true);
		assert.equal(body.accepted, 2);
		assert.equal(body.duplicates, 0);
		assert.deepEqual(body.rejected.map((each) => [each.index, each.messageId]), [[1, 'nobody'], [3, 'nameless'], [4, 'dance']]);
		assert.equal(body.rejected[0].reason, 'no_identity');
		for (const each of body.rejected) assert.match(each.reason, /^[a-z][a-z_]*$/);
	});

	test('a message sent again is counted once, in a batch, across batches and across keys of one source only', async () => {
		const again = event({ userId: 'u-twice' });
		const first = await grows(1, () => hospes.post('/v1/batch', { batch: [again, again] }, write));
		assert.deepEqual([first.accepted, first.duplicates], [1, 1]);
		const second = await grows(0, () => hospes.post('/v1/batch', { batch: [again], sentAt: new Date().toISOString() }, write));
		assert.deepEqual([second.accepted, second.duplicates], [0, 1]);
		// The same id of another subject is another message.
		await grows(1, () => hospes.post('/v1/track', { ...again, userId: 'u-other' }, write));
	});

	test('without a message id each event is its own', async () => {
		const { messageId, ...plain } = event({ userId: 'u-plain' });
		await grows(3, () => hospes.post('/v1/batch', { batch: [plain, plain, plain] }, write));
	});

	test('a client whose clock is wrong is set right by sentAt', async () => {
		const off = 3 * 3600_000, now = Date.now();
		await grows(1, () => hospes.post('/v1/track', event({ userId: 'u-clock', timestamp: new Date(now - off - 60_000).toISOString(), sentAt: new Date(now - off).toISOString() }), write));
		const customer = await hospes.customer('user_id:u-clock', secret);
		const [touchpoint] = timeline(customer);
		const at = Date.parse(touchpoint.time);
		assert.ok(Math.abs(at - (now - 60_000)) < 5_000, `${touchpoint.time} is a minute before now`);
	});

	test('a time far in the future is set to the arrival and marked; one before 1900 is refused', async () => {
		await grows(1, () => hospes.post('/v1/track', event({ userId: 'u-future', timestamp: '2199-01-01T00:00:00Z' }), write));
		const [touchpoint] = timeline(await hospes.customer('user_id:u-future', secret));
		assert.ok(Date.parse(touchpoint.time) <= Date.now() + 86_400_000);
		assert.equal(touchpoint.is_clamped, true);
		await grows(1, () => hospes.post('/v1/track', event({ userId: 'u-epoch', timestamp: '1970-01-01T00:00:00.000Z' }), write));
		assert.equal(Date.parse(timeline(await hospes.customer('user_id:u-epoch', secret))[0].time), 0);
		const body = await grows(0, () => hospes.post('/v1/batch', { batch: [event({ timestamp: '1899-12-31T23:59:59Z' }), event({ timestamp: 'yesterday' })] }, write));
		assert.equal(body.rejected.length, 2);
	});

	test('limits: 32 KB an event, 500 KB and 2,500 events a batch', async () => {
		const had = await stored();
		const wide = event({ userId: 'u-wide', properties: { text: 'x'.repeat(33 * 1024) } });
		assert.equal((await hospes.post('/v1/track', wide, write)).status, 400);
		const many = Array.from({ length: 2501 }, (_, i) => ({ type: 'track', userId: 'u-many', event: 'e', messageId: `m${i}` }));
		assert.equal((await hospes.post('/v1/batch', { batch: many }, write)).status, 400);
		const heavy = Array.from({ length: 20 }, () => event({ properties: { text: 'x'.repeat(30 * 1024) } }));
		assert.equal((await hospes.post('/v1/batch', { batch: heavy }, write)).status, 400);
		// A small packet that unpacks to far more than a batch may hold is refused, not unpacked.
		const bomb = gzipSync(Buffer.alloc(64 << 20, 0x20));
		assert.equal((await hospes.post('/v1/batch', bomb, write, { 'content-encoding': 'gzip' })).status, 400);
		assert.equal(await stored(), had);
		assert.equal((await hospes.post('/v1/batch', { batch: many.slice(0, 2500) }, write)).status, 200);
		assert.equal(await stored(), had + 2500);
	});

	test('malformed bodies are 400 with a reason, whatever is wrong with them', async () => {
		const had = await stored();
		const bodies = [
			'', '{', '[]', 'null', '"text"', '{"batch":', '{"batch":{}}', '{"batch":[1]', `{"batch":[${'['.repeat(100_000)}`,
			Buffer.from('{"batch":[{"userId":"\xff\xfe"}]}', 'latin1'), '\u0000{"batch":[]}',
			'{"batch":[]}trailing', gzipSync('{"batch":[]}').subarray(0, 12),
		];
		for (const body of bodies) {
			const gzip = Buffer.isBuffer(body) && body[0] === 0x1f ? { 'content-encoding': 'gzip' } : {};
			const answer = await hospes.post('/v1/batch', body, write, gzip);
			assert.equal(answer.status, 400, `${String(body).slice(0, 60)} → ${answer.status} ${answer.text}`);
			assert.match(answer.headers.get('content-type'), /json/);
			assert.ok(answer.body.detail ?? answer.body.title ?? answer.body.error, answer.text);
			assert.doesNotMatch(answer.text, /src\/|\.c:\d|0x[0-9a-f]{6}/, 'no internals');
		}
		assert.equal(await stored(), had);
	});

	test('half a character becomes U+FFFD, which every database takes', async () => {
		const text = `{"batch":[{"type":"track","event":"A \\udc00","userId":"u-\\ud800"},${JSON.stringify(event({ userId: 'u-whole' }))}]}`;
		await grows(2, () => hospes.post('/v1/batch', text, write));
		assert.equal(timeline(await hospes.customer('user_id:u-\ufffd', secret))[0].event, 'A \ufffd');
	});

	test('illegal identities are ignored; an event with no other is rejected and counted', async () => {
		const had = await dropped();
		const body = await grows(1, () => hospes.post('/v1/batch', {
			batch: [
				event({ userId: 'null' }), event({ userId: 'undefined', anonymousId: undefined }), event({ userId: '' }), event({ userId: '[object Object]' }),
				event({ userId: 'anonymous' }), event({ userId: '00000000-0000-0000-0000-000000000000' }), event({ userId: 'none', anonymousId: 'a-legal' }),
			],
		}, write));
		assert.deepEqual(body.rejected.map((each) => each.reason), Array(6).fill('no_identity'));
		assert.equal((await dropped()) - had, 6);
		assert.equal(await hospes.customer('user_id:null', secret), null);
		assert.equal(timeline(await hospes.customer('anonymous_id:a-legal', secret)).length, 1);
	});

	test('numbers stay what was sent', async () => {
		const text = '{"type":"track","userId":"u-number","event":"Measured","messageId":"n1","properties":{"cents":0.1,"big":12345678901234567,"long":1.000000000000000005}}';
		await grows(1, () => hospes.post('/v1/track', text, write));
		const [touchpoint] = timeline(await hospes.customer('user_id:u-number', secret));
		const details = Object.fromEntries(touchpoint.details.map((each) => [each.name, each.value]));
		assert.equal(String(details.cents), '0.1');
		assert.equal(String(details.big).replaceAll(/[^0-9]/g, ''), '12345678901234567');
	});

	test('a source that carries consent keeps nothing without it', async () => {
		const carried = await hospes.key('write', '--consent', 'carried');
		const body = await grows(1, () => hospes.post('/v1/batch', {
			batch: [
				event({ userId: 'u-carried' }),
				event({ userId: 'u-carried', context: { consent: { categoryPreferences: {} } } }),
				event({ userId: 'u-carried', context: { consent: { categoryPreferences: { analytics: false, marketing: false } } } }),
				event({ userId: 'u-agreed', context: { consent: { categoryPreferences: { analytics: true } } } }),
			],
		}, carried));
		assert.equal(body.accepted, 1);
		assert.deepEqual(body.rejected.map((each) => each.index), [0, 1, 2]);
	});

	test('a browser of another origin may send: preflight and answer say so', async () => {
		for (const path of ['/v1/t', '/v1/b', '/v1/batch']) {
			const preflight = await hospes.fetch(path, { method: 'OPTIONS', headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } });
			assert.ok([200, 204].includes(preflight.status));
			assert.match(preflight.headers.get('access-control-allow-origin'), /^(\*|https:\/\/shop\.example)$/);
			assert.match(preflight.headers.get('access-control-allow-methods') ?? 'POST', /POST/);
			assert.match((preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase(), /content-type|\*/);
		}
		const answer = await hospes.post('/v1/t', event(), write, { origin: 'https://shop.example' });
		assert.match(answer.headers.get('access-control-allow-origin'), /^(\*|https:\/\/shop\.example)$/);
		// Pages are not for other origins.
		const page = await hospes.fetch('/customers', { headers: { origin: 'https://shop.example' } });
		assert.equal(page.headers.get('access-control-allow-origin'), null);
	});

	test('the settings that browsers and phones ask for at start', async () => {
		for (const path of [`/v1/projects/${write}/settings`, `/projects/${write}/settings`]) {
			const answer = await hospes.get(path);
			assert.equal(answer.status, 200, path);
			assert.equal(answer.body.integrations['Segment.io'].apiKey, write);
			assert.match(answer.body.integrations['Segment.io'].apiHost, new RegExp(`127\\.0\\.0\\.1:${hospes.port}/v1$`));
		}
		assert.ok([401, 404].includes((await hospes.get('/v1/projects/nonsense/settings')).status));
	});

	test('a write key reads nothing', async () => {
		for (const path of ['/customers', '/pulse', '/products']) assert.ok([401, 403].includes((await hospes.get(path, write)).status), path);
		assert.ok([401, 403].includes((await hospes.send('/query', { kind: 'trend', event: 'Product Viewed' }, write)).status));
	});
});
