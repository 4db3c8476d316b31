// shop.mjs: a site that is not ours: pages of another origin, with what a test puts into them.
import { createServer } from 'node:http';
import { atEnd } from './hospes.mjs';

/** → { address, port }. `page(path)` gives { body, head, policy, lang, dir } of a page, all but the body optional. */
export async function shop(t, page) {
	const server = createServer((request, response) => {
		const { body, head = '', policy, lang = 'en', dir = 'ltr' } = page(new URL(request.url, 'http://shop').pathname);
		response.setHeader('content-type', 'text/html; charset=utf-8');
		if (policy) response.setHeader('content-security-policy', policy);
		response.end(`<!doctype html><html lang="${lang}" dir="${dir}"><head><meta name="viewport" content="width=device-width"><title>A shop</title><link rel="icon" href="data:,">${head}</head><body>${body}</body></html>`);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	atEnd(t, () => new Promise((done) => { server.closeAllConnections(); server.close(done); }));
	return { address: `http://127.0.0.1:${server.address().port}`, port: server.address().port };
}
