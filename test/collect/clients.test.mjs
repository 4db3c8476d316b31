// Published clients of the Segment protocol, unmodified, against the real server: Node's and the browser's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { Analytics } from '@segment/analytics-node';
import { launch, openWindow } from '../lib/browser.mjs';
import { start, timeline, untilEnd } from '../lib/hospes.mjs';

const require = createRequire(import.meta.url);

describe('published clients', () => {
	const end = untilEnd(after);
	let hospes, write, secret;
	before(async () => {
		hospes = await start(end);
		write = await hospes.key('write');
		secret = await hospes.key('secret');
	});
	const events = async (identity) => timeline(await hospes.customer(identity, secret)).map((each) => each.event).sort();

	test('@segment/analytics-node: all calls arrive, in batches', async () => {
		const client = new Analytics({ writeKey: write, host: hospes.address, flushAt: 4, maxRetries: 0 });
		const errors = [];
		client.on('error', (error) => errors.push(error));
		client.identify({ userId: 'node-1', traits: { email: 'ada@example.com', name: 'Ada', plan: 'gold' } });
		client.track({ userId: 'node-1', event: 'Order Completed', properties: { order_id: 'N1', revenue: 19.99, currency: 'EUR', products: [{ product_id: 'p1', quantity: 2, price: 9.995 }] } });
		client.page({ userId: 'node-1', name: 'Home', properties: { path: '/' } });
		client.screen({ userId: 'node-1', name: 'Start' });
		client.group({ userId: 'node-1', groupId: 'g1', traits: { name: 'Acme' } });
		client.alias({ userId: 'node-1', previousId: 'node-before' });
		for (let i = 0; i < 20; i++) client.track({ userId: 'node-1', event: 'Product Viewed', properties: { i } });
		await client.closeAndFlush({ timeout: 20_000 });
		assert.deepEqual(errors, []);
		const got = await events('user_id:node-1');
		assert.equal(got.filter((name) => name === 'Product Viewed').length, 20);
		assert.deepEqual(got.filter((name) => name !== 'Product Viewed'), ['Aliased', 'Grouped', 'Identified', 'Order Completed', 'Page Viewed', 'Screen Viewed']);
		assert.equal((await hospes.customer('email:ada@example.com', secret)).id, (await hospes.customer('user_id:node-1', secret)).id);
	});

	test('@segment/analytics-next in Chromium: settings, calls, and the join of the visitor with the user', async (t) => {
		const umd = readFileSync(require.resolve('@segment/analytics-next/dist/umd/index.js'));
		const shop = createServer((request, response) => {
			if (request.url === '/client.js') return response.setHeader('content-type', 'text/javascript').end(umd);
			response.setHeader('content-type', 'text/html').end('<!doctype html><title>A shop</title><script src="/client.js"></script>');
		});
		await new Promise((done) => shop.listen(0, '127.0.0.1', done));
		t.after(() => new Promise((done) => { shop.closeAllConnections(); shop.close(done); }));
		const { page, complaints } = await openWindow(await launch(t));
		const asked = [];
		page.on('response', (response) => { if (response.url().startsWith(hospes.address)) asked.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`); });
		await page.goto(`http://127.0.0.1:${shop.address().port}/`);
		const anonymous = await page.evaluate(async ({ write, address, host }) => {
			const [client] = await window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: write, cdnURL: address },
				{ integrations: { 'Segment.io': { apiHost: `${host}/v1`, protocol: 'http' } } });
			await client.page('Home');
			await client.track('Product Viewed', { product_id: 'p1' });
			const before = client.user().anonymousId();
			await client.identify('web-1', { email: 'grace@example.com' });
			await client.track('Product Added', { product_id: 'p1' });
			return before;
		}, { write, address: hospes.address, host: `127.0.0.1:${hospes.port}` });
		await hospes.settled('hospes_customers', 2);
		assert.ok(asked.some((line) => line === `GET /v1/projects/${write}/settings 200`), asked.join('\n'));
		assert.ok(asked.filter((line) => line.startsWith('POST')).every((line) => line.endsWith(' 200')), asked.join('\n'));
		assert.deepEqual(complaints, []);
		assert.deepEqual(await events('user_id:web-1'), ['Identified', 'Page Viewed', 'Product Added', 'Product Viewed']);
		assert.equal((await hospes.customer(`anonymous_id:${anonymous}`, secret)).id, (await hospes.customer('user_id:web-1', secret)).id);
	});
});
