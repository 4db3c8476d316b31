// Live pages: what is published reaches the pages that show it, also what came between drawing a page and its stream.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { start, untilEnd } from '../lib/hospes.mjs';

const WAIT_MS = 10_000;

/** The first event of a stream that is not of `past`: its topic and id. */
async function hear(session, topics, last) {
	const answer = await session.get(`/live?topics=${topics.map(encodeURIComponent).join(',')}&after=${last}`);
	assert.equal(answer.status, 200);
	const reader = answer.body.getReader(), signal = AbortSignal.timeout(WAIT_MS);
	signal.addEventListener('abort', () => reader.cancel());
	let text = '';
	try {
		for (;;) {
			const [, id, topic] = /id: (\d+)\nevent: changed\ndata: (.+)\n\n/.exec(text) ?? [];
			if (topic) return { topic, id };
			const { value, done } = await reader.read();
			assert.ok(!done, `nothing heard on ${topics} after ${last}`);
			text += new TextDecoder().decode(value);
		}
	} finally {
		await reader.cancel().catch(() => {});
	}
}

describe('live pages', () => {
	const end = untilEnd(after);
	let w, session, write;
	const track = (event) => w.post('/v1/track', { type: 'track', userId: 'live-1', event }, write);
	before(async () => {
		w = await start(end);
		write = await w.key('write');
		w.secret = await w.key('secret');
		await w.addUser('owner@example.com', 'owner', 'the long password of the owner');
		session = await w.signIn('owner@example.com', 'the long password of the owner');
		await track('Product Viewed');
		await w.applied();
	});
	const drawn = async (path) => {
		const text = await (await session.get(path)).text();
		return { last: /data-drawn-after="(\d+)"/.exec(text)[1], topics: /data-topics="([^"]*)"/.exec(text)[1].split(' ').filter(Boolean) };
	};
	const pages = {
		'a customer': async () => `/customers/${(await w.customer('user_id:live-1', w.secret)).id}`,
		'the Pulse': async () => '/pulse',
		segments: async () => '/segments',
		'a source': async () => (await (await session.get('/sources', { headers: { accept: 'application/json' } })).json()).rows.find((each) => each.kind !== 'file').address,
	};
	for (const [name, address] of Object.entries(pages)) {
		test(`${name}: a touchpoint that comes before the page's stream opens is told at once, later ones as they come`, async () => {
			const page = await drawn(await address());
			const own = page.topics.filter((topic) => topic !== 'alerts'); // the bell's, on every page
			assert.deepEqual([page.topics.length, own.length], [2, 1], `topics of ${name}`);
			await track('Product Viewed');
			await w.applied();
			const first = await hear(session, page.topics, page.last);
			assert.deepEqual(own, [first.topic]);
			const next = hear(session, page.topics, first.id);
			await track('Product Viewed');
			assert.ok(BigInt((await next).id) > BigInt(first.id));
		});
	}
});
