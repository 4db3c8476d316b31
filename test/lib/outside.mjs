// outside.mjs: the outside on the loopback: a server of feeds, pages and Mastodon's interface, that remembers what it was
// asked. Answers are functions of the request, by path; a text is served with its ETag.
import { createServer } from 'node:http';
import { createHash } from 'node:crypto';
import { atEnd } from './hospes.mjs';

const tag = (text) => `"${createHash('sha1').update(text).digest('hex').slice(0, 12)}"`;

export async function outside(t) {
	const asked = [], paths = new Map();
	const server = createServer((request, answer) => {
		const url = new URL(request.url, 'http://outside');
		asked.push({ path: url.pathname, query: Object.fromEntries(url.searchParams), headers: request.headers });
		const says = paths.get(url.pathname);
		if (says === undefined) return answer.writeHead(404).end();
		if (typeof says === 'function') return says(request, answer, url);
		const etag = tag(says);
		if (request.headers['if-none-match'] === etag) return answer.writeHead(304, { etag }).end();
		answer.writeHead(200, { etag, 'content-type': says.startsWith('<') ? 'application/xml' : 'application/json' }).end(says);
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	atEnd(t, () => { server.closeAllConnections?.(); return new Promise((done) => server.close(done)); });
	return { address: `http://127.0.0.1:${server.address().port}`, asked, set: (path, says) => paths.set(path, says), to: (path) => asked.filter((each) => each.path === path) };
}

/** Mastodon's public time lines over a list of statuses, newest first: since_id, max_id, limit. */
export const mastodon = (statuses) => (_request, answer, url) => {
	const at = (name) => url.searchParams.get(name), limit = Math.min(Number(at('limit') ?? 20), 40);
	const found = statuses.filter((s) => (!at('since_id') || BigInt(s.id) > BigInt(at('since_id'))) && (!at('max_id') || BigInt(s.id) < BigInt(at('max_id')))).slice(0, limit);
	answer.writeHead(200, { 'content-type': 'application/json', 'x-ratelimit-remaining': '299' }).end(JSON.stringify(found));
};
export const status = (id, content, more = {}) => ({ id: String(id), uri: `https://m.example/users/ann/statuses/${id}`, url: `https://m.example/@ann/${id}`, created_at: new Date(more.at ?? Date.now() - 60_000).toISOString(), visibility: 'public', language: more.language ?? 'en', spoiler_text: '', content, reblog: null, account: { acct: more.acct ?? 'ann@m.example', url: 'https://m.example/@ann', noindex: more.noindex ?? false } });
