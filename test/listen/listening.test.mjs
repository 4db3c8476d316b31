// Listening against an outside of its own: sources are looked at, started, asked politely and cut off with a reason; what was
// heard is one, is searched by words, counted, and says which topics rise.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';
import { mastodon, outside, status } from '../lib/outside.mjs';

const DAY = 86_400_000, INSIDE = { args: ['--fetch-inside'] };
const feed = (...items) => `<?xml version="1.0"?><rss version="2.0" xmlns:im="x"><channel><title>Town blog</title><link>https://blog.example/</link>${items.join('')}</channel></rss>`;
const item = (id, text, at = Date.now() - 3_600_000) => `<item><guid isPermaLink="false">urn:post:${id}</guid><link>https://blog.example/${id}</link><title>Post ${id}</title><author>a@b.example (Ann)</author><pubDate>${new Date(at).toUTCString()}</pubDate><description><![CDATA[<p>${text}</p>]]></description></item>`;

async function open(t, options = INSIDE) {
	const hospes = await start(t, options), secret = await hospes.key('secret'), out = await outside(t);
	const get = async (path) => (await hospes.get(path, secret)).body;
	const send = (path, body = {}) => hospes.send(path, body, secret);
	const add = async (body) => {
		const answer = await send('/listening/sources', body);
		assert.ok(answer.status < 400, JSON.stringify(answer.body));
		return (await get('/listening/sources')).rows.at(-1).address;
	};
	const tried = (at, was = null) => until(`${at} to be tried`, async () => { const page = await get(at); return page.is_waiting || page.source.outcome.key === was ? null : page; });
	const heard = (n, query = '') => until(`${n} mentions`, async () => { const page = await get(`/listening${query}`); return page.n === n ? page : null; });
	return { hospes, secret, out, get, send, add, tried, heard };
}

test('a feed: looked at, started, asked with its tag, heard once; removed and brought back', async (t) => {
	const { hospes, out, get, send, add, tried, heard } = await open(t);
	assert.equal((await get('/listening')).is_empty, true);
	assert.equal(out.asked.length, 0, 'nothing is asked unasked');
	out.set('/feed', feed(item(1, 'The delivery was late again, very bad'), item(2, 'Friendly staff, wonderful')));
	const at = await add({ kind: 'feed', address: `${out.address}/feed` });
	const trial = await tried(at);
	assert.equal(trial.source.name, 'Town blog');
	assert.deepEqual(trial.items.map((i) => [i.title, i.url, i.author]), [['Post 1', 'https://blog.example/1', 'Ann'], ['Post 2', 'https://blog.example/2', 'Ann']]);
	assert.equal((await get('/listening')).n, 0, 'nothing of a trial is kept');
	assert.ok((await send(`${at}/start`)).status < 400);
	let page = await heard(2);
	assert.deepEqual([page.pos, page.neg], [1, 1]);
	assert.deepEqual(page.rows.map((row) => row.text).sort(), ['Friendly staff, wonderful', 'The delivery was late again, very bad']);
	await send(`${at}/now`);
	await until('a conditional request', () => out.to('/feed').at(-1).headers['if-none-match']);
	await until('to be told', async () => (await get(at)).source.outcome.key === 'listen_outcome_unchanged');
	out.set('/feed', feed(item(1, 'The delivery was late again, very bad'), item(3, 'Ευγενικό προσωπικό')));
	await send(`${at}/now`);
	page = await heard(3);
	assert.equal((await hospes.query({ kind: 'trend', event: 'Mention Posted', interval: 'day' }, await hospes.key('secret'))).rows.reduce((n, row) => n + row.value, 0), 3, 'each is one touchpoint');
	assert.ok((await send(`${at}/pause`)).status < 400);
	assert.equal((await send(`${at}/now`)).status, 409);
	assert.ok((await send(`${at}/remove`)).status < 400);
	assert.equal((await get('/listening/sources')).rows.length, 0);
	assert.equal((await get('/listening')).n, 3, 'what was heard stays');
	assert.ok((await send(`${at}/restore`)).status < 400);
	assert.equal((await get('/listening/sources')).rows.length, 1);
});

test('what is wrong is told, and the other side is left in peace', async (t) => {
	const { out, get, send, add, tried } = await open(t);
	out.set('/bomb', gzip(Buffer.alloc(64 << 20)));
	out.set('/entities', '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>');
	out.set('/round', (_r, answer) => answer.writeHead(302, { location: '/round' }).end());
	out.set('/file', (_r, answer) => answer.writeHead(302, { location: 'file:///etc/passwd' }).end());
	out.set('/busy', (_r, answer) => answer.writeHead(429, { 'retry-after': '7200' }).end());
	out.set('/members', (_r, answer) => answer.writeHead(401).end());
	out.set('/html', '<html><body>A page</body></html>');
	const reasons = { bomb: 'too_large', entities: 'unreadable', round: 'redirects', file: 'address', busy: 'wait', members: 'denied', html: 'unreadable', none: 'gone' };
	const places = {};
	for (const path of Object.keys(reasons)) places[path] = await add({ kind: 'feed', address: `${out.address}/${path}` });
	for (const [path, reason] of Object.entries(reasons)) {
		const page = await tried(places[path]);
		assert.equal(page.source.outcome.key, `listen_outcome_${reason}`, `${path}: ${page.source.detail}`);
		assert.equal(page.source.is_bad, true);
		assert.ok(!page.has_preview);
	}
	assert.match((await get(places.entities)).source.detail, /entities/);
	await send(`${places.busy}/start`);
	const busy = await get(places.busy);
	assert.ok(new Date(busy.source.next_at) - Date.now() > 7_000_000, 'as long as it wished');
	assert.equal((await send(`${places.busy}/now`)).status, 409);
	assert.equal(out.to('/busy').length, 1);
	for (const [body, field] of [[{ kind: 'feed', address: 'ftp://x.example/' }, 'address'], [{ kind: 'feed', address: '' }, 'address'], [{ kind: 'feed', address: 'https://u:p@x.example/' }, 'address'], [{ kind: 'fax', address: out.address }, 'kind'], [{ kind: 'mastodon', address: out.address, tag: 'a b' }, 'tag'], [{ kind: 'feed', address: `${out.address}/html` }, 'address'], [{ kind: 'feed', address: out.address, every: 'second' }, 'every']]) {
		const answer = await send('/listening/sources', body);
		assert.equal(answer.status, 422, JSON.stringify(body));
		assert.ok(JSON.stringify(answer.body).includes(`"${field}"`), JSON.stringify(answer.body));
	}
});

test('the inside is not asked, by address or name', async (t) => {
	const { out, add, tried } = await open(t, {});
	for (const address of [`${out.address}/feed`, `http://localhost:${new URL(out.address).port}/feed`, 'http://169.254.169.254/latest', 'http://[::1]/', 'http://0x7f000001/'])
		assert.equal((await tried(await add({ kind: 'feed', address }))).source.outcome.key, 'listen_outcome_inside', address);
	assert.equal(out.asked.length, 0);
});

test('Mastodon: tags and public time lines, further pages, nobody who asked not to be found', async (t) => {
	const { out, send, add, tried, heard } = await open(t);
	const statuses = [...Array.from({ length: 100 }, (_, i) => status(200 - i, `<p>Harbour Lane number ${200 - i} <a href="x">#<span>HarbourLane</span></a></p>`)), status(50, '<p>Harbour Lane, but hidden</p>', { noindex: true })];
	let now = statuses.slice(60);
	out.set('/api/v1/timelines/tag/HarbourLane', (r, a, url) => mastodon(now)(r, a, url));
	const at = await add({ kind: 'mastodon', address: `${out.address}/`, tag: '#HarbourLane' });
	assert.equal((await tried(at)).items.length, 5);
	assert.equal((await send('/listening/sources', { kind: 'mastodon', address: out.address, tag: 'HarbourLane' })).status, 422, 'the same one');
	await send(`${at}/start`);
	await heard(40);
	now = statuses;
	await send(`${at}/now`);
	const page = await heard(100);
	assert.deepEqual(out.asked.slice(-2).map((a) => [a.query.since_id, a.query.max_id]), [['140', undefined], ['140', '161']], 'back to what was heard');
	assert.equal(page.rows[0].network, 'mastodon');
	assert.ok(!page.rows.some((row) => /hidden/.test(row.text)));
	out.set('/api/v1/timelines/public', mastodon([status(7, 'x')]));
	await tried(await add({ kind: 'mastodon', address: out.address }));
	assert.equal(out.to('/api/v1/timelines/public')[0].query.local, 'true');
});

test('a page with reviews: robots.txt first, ratings and the page’s own mean', async (t) => {
	const { out, send, add, tried, heard } = await open(t);
	const html = '<html><head><title>Kettle</title><script type="application/ld+json">{"@type":"Product","aggregateRating":{"@type":"AggregateRating","ratingValue":4.5,"reviewCount":89},"review":[{"@type":"Review","author":{"name":"Fred"},"datePublished":"' + new Date(Date.now() - DAY).toISOString().slice(0, 10) + '","reviewBody":"Boils &amp; whistles, great","reviewRating":{"ratingValue":4}},{"@type":"Review","author":"Ann","description":"Leaks, terrible","reviewRating":{"ratingValue":1}}]}</script></head></html>';
	out.set('/kettle', html);
	out.set('/private', html);
	out.set('/robots.txt', 'User-agent: *\nDisallow: /private\n');
	assert.equal((await tried(await add({ kind: 'page', address: `${out.address}/private` }))).source.outcome.key, 'listen_outcome_robots');
	const at = await add({ kind: 'page', address: `${out.address}/kettle` });
	assert.equal((await tried(at)).total.args.n, 89);
	assert.equal(out.to('/private').length, 0);
	await send(`${at}/start`);
	const page = await heard(2);
	assert.equal(page.rated, 2);
	assert.equal(page.rating_number, 2.5);
	assert.equal(page.rows.find((row) => row.author === 'Ann').rating, 1);
});

test('words, phrases, nearness, negation, language and source; share of voice; topics that rise', async (t) => {
	const { out, get, send, add, tried } = await open(t);
	const ago = (days) => Date.now() - days * DAY, items = [];
	let n = 0;
	for (let week = 1; week <= 10; week++) for (let i = 0; i < 2; i++) items.push(item(++n, `Harbour Lane: the delivery came late, number ${n}`, ago(week * 7 + 2 + i)));
	for (let i = 0; i < 14; i++) items.push(item(++n, `Harbour Lane again: delivery never arrived, awful, number ${n}`, ago(1 + (i % 5))));
	for (let i = 0; i < 6; i++) items.push(item(++n, `Cliff Road has lovely staff, number ${n}`, ago(1 + i)));
	items.push(item(++n, 'ส่งช้ามาก ร้านไม่ดีเลย', ago(2)), item(++n, '客服很慢', ago(2)));
	out.set('/feed', feed(...items));
	const at = await add({ kind: 'feed', address: `${out.address}/feed`, name: 'Town' });
	await tried(at);
	await send(`${at}/start`);
	const all = await until('all of it', async () => { const page = await get('/listening?days=364'); return page.n === items.length ? page : null; });
	assert.equal(all.rows.length, 50 < items.length ? 50 : items.length);
	const found = (q, days = 364) => until(`the index to know ${q}`, async () => { const page = await get(`/listening?days=${days}&q=${encodeURIComponent(q)}`); return page.n ? page : null; });
	assert.equal((await found('arrived')).n, 14);
	assert.equal((await found('"harbour lane"')).n, 34);
	assert.equal((await found('HARBOUR -arrived')).n, 20);
	assert.equal((await found('harbour ~4 arrived')).n, 14);
	assert.equal((await get('/listening?days=364&q=harbour%20~2%20arrived')).n, 0);
	assert.equal((await found('arriv* OR lovely')).n, 20);
	assert.equal((await found('ช้ามาก')).n, 1);
	assert.equal((await found('客服')).n, 1);
	assert.equal((await found('language:th')).n, 1);
	assert.equal((await found('harbour source:town')).n, 34);
	assert.equal((await get('/listening?q=harbour%20-source:Town')).n, 0);
	for (const bad of ['-only', '"open', 'a ~x b', '(a', '!!!']) assert.equal((await get(`/listening?q=${encodeURIComponent(bad)}`)).status, 422, bad);
	for (const bad of ['days=3', 'feeling=sad', 'source=x', 'cursor=1.2']) assert.equal((await get(`/listening?${bad}`)).status, 422, bad);

	for (const [kind, name] of [['own', 'Harbour Lane'], ['competitor', 'Cliff Road']]) assert.ok((await send('/listening/terms', { kind, name })).status < 400);
	assert.equal((await send('/listening/terms', { kind: 'own', name: 'X', query: '-x' })).status, 422);
	const page = await get('/listening?days=7');
	assert.deepEqual(page.terms.map((term) => [term.name, term.n]), [['Harbour Lane', 14], ['Cliff Road', 6]]);
	assert.ok(Math.abs(page.terms[0].share - 0.7) < 1e-9 && page.terms[0].low < 0.7 && page.terms[0].high > 0.7);
	const delivery = page.topics.find((topic) => topic.name.startsWith('delivery'));
	assert.equal(delivery.is_rising && !delivery.is_cooling, true, JSON.stringify(page.topics));
	assert.ok(delivery.ratio > 5 && delivery.ratio_low > 1 && delivery.q < 0.05);
	assert.equal(page.finding.key, 'listening_rising');
	assert.ok((await send(`/listening/terms/${page.terms[1].id}/remove`)).status < 400);
	assert.equal((await get('/listening?days=7')).has_share, false);
	assert.ok((await send(`/listening/terms/${page.terms[1].id}/restore`)).status < 400);
	const older = await get('/listening?days=364&cursor=' + new URL(`http://x${all.next ?? '/?cursor='}`).searchParams.get('cursor'));
	if (all.next) assert.equal(new Set([...all.rows, ...older.rows].map((row) => row.id)).size, items.length);
});

test('a hook with a secret takes what is signed with it, and nothing else', async (t) => {
	const { hospes, get, send } = await open(t, {});
	const made = await send('/listening/sources', { kind: 'hook', name: 'Signed' }), at = made.body.source.address;
	const body = JSON.stringify({ mentions: [{ id: '7', network: 'forum', text: 'Lovely tea' }] }), secret = 'agreed with the sender';
	const sign = (text, by = secret) => createHmac('sha256', by).update(text).digest('hex');
	const post = (headers, text = body) => hospes.post(`${at}/mentions`, text, null, headers);
	assert.equal((await send(`${at}/secret`, { secret: 'short' })).status, 422);
	assert.ok((await send(`${at}/secret`, { secret })).status < 400);
	const page = await get(at);
	assert.equal(page.is_signed, true);
	assert.ok(!JSON.stringify(page).includes(secret));
	for (const headers of [{}, { 'x-hub-signature-256': 'sha256=' }, { 'x-hub-signature-256': `sha256=${sign(body, 'another secret here')}` }, { 'x-hub-signature-256': `sha256=${sign(`${body} `)}` }, { authorization: `Bearer ${made.body.new_key}` }])
		assert.equal((await post(headers)).status, 401, JSON.stringify(headers));
	assert.equal((await post({ 'x-hub-signature-256': `sha256=${sign(body)}` })).body.accepted, 1);
	assert.equal((await post({ 'x-signature-256': sign(body).toUpperCase() })).body.known, 1);
	assert.ok((await send(`${at}/secret`, { secret: '' })).status < 400);
	assert.equal((await post({ 'x-hub-signature-256': `sha256=${sign(body)}` })).status, 401);
	assert.equal((await post({ authorization: `Bearer ${made.body.new_key}` })).body.known, 1);
});

test('sent by a program or a file, in the names of a network; joined to a customer and erased with them', async (t) => {
	const { hospes, secret, get, send } = await open(t, {});
	const made = await send('/listening/sources', { kind: 'hook', name: 'Exports' });
	assert.match(made.body.new_key, /^wk_/);
	const at = made.body.source.address, post = (body, key, query = '') => hospes.send(`${at}/mentions${query}`, body, key);
	const google = { reviews: [{ reviewId: 'g1', comment: 'Great tea, lovely staff', starRating: 'FIVE', reviewer: { displayName: 'Mei' }, createTime: new Date().toISOString() }, { reviewId: 'g2', starRating: 'ELEVEN' }] };
	assert.deepEqual((await post(google, made.body.new_key, '?map=google_reviews')).body, { accepted: 1, known: 0, rejected: 1, rejects: [{ at: 1, reason: 'says_nothing' }] });
	assert.equal((await post(google, made.body.new_key, '?map=google_reviews')).body.known, 1);
	for (const key of ['wk_nobody', secret, await hospes.key('write')]) assert.equal((await post(google, key)).status, 401);
	assert.equal((await post(google, made.body.new_key, '?map=fax')).status, 422);
	assert.equal((await post('not json, and no "rows', made.body.new_key)).status, 400);
	const csv = 'Review Id,Review Content,Review Stars,Reviewer name,Review Created (UTC)\nt1,"Slow, ""very"" slow delivery",2,=Bob,2026-11-01T10:00:00Z\nt2,,9,x,\n';
	const read = await hospes.post(`${at}/file?map=trustpilot`, csv, null, { 'content-type': 'text/csv', authorization: `Bearer ${secret}`, accept: 'application/json' });
	assert.deepEqual([read.body.accepted, read.body.rejects], [1, [{ at: 3, reason: 'rating_off_scale' }]]);
	const page = await get('/listening?days=91');
	assert.deepEqual(page.rows.map((row) => [row.network, row.rating, row.author]), [['review', 5, 'Mei'], ['review', 2, '=Bob']]);

	const write = await hospes.key('write', '--consent', 'assured');
	await hospes.post('/v1/identify', { userId: 'mei', traits: { email: 'mei@example.com', name: 'Mei' } }, write);
	await hospes.post('/v1/identify', { userId: 'no', context: { consent: { categoryPreferences: { analytics: false } } } }, write);
	const mei = await hospes.customer('user_id:mei', secret), mention = page.rows[0].address;
	assert.equal((await send(`${mention}/separate`)).status, 409);
	for (const bad of [{ who: 'user_id:nobody', how: 'x' }, { who: 'user_id:mei' }, { how: 'x' }, { who: 'user_id:no', how: 'x' }]) assert.equal((await send(`${mention}/join`, bad)).status, 422, JSON.stringify(bad));
	assert.ok((await send(`${mention}/join`, { who: 'email:mei@example.com', how: 'She said so on the telephone' })).status < 400);
	assert.equal((await get(mention)).customer, `/customers/${mei.id}`);
	assert.ok((await send(`${mention}/separate`)).status < 400);
	assert.equal((await get(mention)).is_joined, false);
	await send(`${mention}/join`, { who: mei.id, how: 'again' });
	assert.equal(JSON.parse(await hospes.ok(['export', 'user_id:mei'])).mentions[0].text, 'Great tea, lovely staff');
	await until('the index', async () => (await get('/listening?q=tea')).n === 1);
	await hospes.ok(['erase', 'user_id:mei']);
	assert.equal((await hospes.get(mention, secret)).status, 404);
	assert.equal((await get('/listening?days=91')).n, 1);
	assert.equal((await get('/listening?q=tea')).n, 0);
	await send(`${at}/pause`);
	assert.equal((await post(google, made.body.new_key)).status, 409);
});

function gzip(bytes) {
	const packed = gzipSync(bytes);
	return (_request, answer) => answer.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/xml' }).end(packed);
}
