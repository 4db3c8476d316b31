// Articles in the console: written, previewed, reviewed, published, changed and restored; what readers see, say and look for in vain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

async function open(t) {
	const hospes = await start(t), [owner, agent] = [await hospes.key('secret'), await hospes.key('secret', '--role', 'agent')];
	const get = async (path, key = owner) => { const answer = await hospes.get(path, key); assert.equal(answer.status, 200, `${path} ${answer.text}`); return answer.body; };
	const send = async (path, body, key = owner, status) => { const answer = await hospes.send(path, body, key); if (status) assert.equal(answer.status, status, answer.text); else assert.ok(answer.status < 400, `${path} ${answer.status} ${answer.text}`); return answer; };
	const read = async (path) => { const answer = await hospes.fetch(path, { headers: { accept: 'text/html', 'accept-language': 'en' } }); return { status: answer.status, to: answer.headers.get('location'), text: await answer.text() }; };
	const find = async (q, language = 'en') => (await get(`/help/search?lang=${language}&q=${encodeURIComponent(q)}`)).results;
	return { hospes, owner, agent, get, send, read, find };
}
const BODY = '# How\n\n1. Print the label.\n2. Send it **back**.\n\n<script>alert(1)</script>';

test('a draft changes nothing that readers see until it is published; versions come back; addresses lead on', async (t) => {
	const { hospes, owner, agent, get, send, read, find } = await open(t);
	assert.equal((await get('/articles')).finding.key, 'articles_none');
	const wrong = await send('/articles', { title: '', body: ' ', slug: 'No Such Slug!', review_on: 'soon', then: 'shout', visibility: 'nobody', owner: 'per_nobody' }, owner, 422);
	assert.deepEqual(wrong.body.faults.map((one) => one.field).sort(), ['body', 'owner', 'review_on', 'slug', 'then', 'title', 'visibility']);
	const shown = await send('/articles', { title: 'Returning a parcel', body: BODY, language: 'en', then: 'preview' });
	assert.equal(shown.status, 200);
	assert.equal((await get('/articles')).is_empty, true, 'a preview keeps nothing');
	await send('/articles', { title: 'Returning a parcel', body: BODY, language: 'en', category: 'Orders', then: 'publish' }, agent, 403);
	await send('/articles', { title: 'Returning a parcel', body: BODY, language: 'en', category: 'Orders', then: 'review' }, agent);
	let [row] = (await get('/articles?state=review')).rows;
	assert.deepEqual([row.state.key, row.is_published, row.category], ['article_state_review', false, 'Orders']);
	assert.equal((await read(`/help/${row.id}`)).status, 404);
	const form = { title: row.title, body: row.body, category: 'Orders', slug: 'returns', review_on: '2020-01-01' };
	await send(row.address, { ...form, then: 'publish' });
	[row] = (await get('/articles')).rows;
	assert.deepEqual([row.state.key, row.help_address, row.is_review_due], ['article_state_published', '/help/returns', true]);
	assert.equal((await get('/articles')).finding.key, 'articles_due');
	let page = await read('/help/returns');
	assert.match(page.text, /itemtype="https:\/\/schema\.org\/HowTo"/);
	assert.match(page.text, /<strong>back<\/strong>/);
	assert.doesNotMatch(page.text, /alert\(1\)/);
	await until('it to be found', async () => (await find('label'))[0]?.address === '/help/returns');
	// A newer draft is not what is read.
	await send(row.address, { ...form, title: 'How do I return a parcel?', body: 'Keep it.' });
	[row] = (await get('/articles?q=KEEP')).rows;
	assert.deepEqual([row.state.key, row.title], ['article_state_changed', 'How do I return a parcel?']);
	assert.match((await read('/help/returns')).text, /Print the label/);
	await send(row.address, { ...form, title: 'How do I return a parcel?', body: 'Keep it.', slug: 'return-a-parcel', then: 'publish' });
	page = await read('/help/return-a-parcel');
	assert.match(page.text, /schema\.org\/FAQPage/);
	assert.match(page.text, /Keep it/);
	for (const old of ['/help/returns', `/help/${row.id}`]) { const moved = await read(old); assert.deepEqual([moved.status, moved.to], [301, '/help/return-a-parcel'], old); }
	await send('/articles', { title: 'Other', body: 'x', slug: 'returns' }, owner, 422);
	const { versions } = await get(row.address);
	assert.deepEqual(versions.map((one) => one.title), ['How do I return a parcel?', 'Returning a parcel']);
	await send(versions[1].restore, {});
	[row] = (await get('/articles?state=draft')).rows;
	assert.equal(row.title, 'Returning a parcel');
	await send(row.address, { ...form, slug: 'return-a-parcel', then: 'publish' });
	assert.match((await read('/help/return-a-parcel')).text, /Print the label/);
	const sitemap = await read('/help/sitemap.xml');
	assert.match(sitemap.text, new RegExp(`<loc>${hospes.address}/help/return-a-parcel</loc><lastmod>\\d{4}-\\d\\d-\\d\\d</lastmod>`));
	// What is kept as it is published is no draft; internal ones are not read.
	await send(row.address, { ...form, slug: 'return-a-parcel', visibility: 'internal' });
	[row] = (await get('/articles')).rows;
	assert.deepEqual([row.state.key, row.visibility, row.help_address], ['article_state_published', 'internal', null]);
	assert.equal((await read('/help/return-a-parcel')).status, 404);
	await until('it to be found no more', async () => !(await find('label')).length);
	await send(`${row.address}/unpublish`, {}, agent, 403);
	await send(`${row.address}/unpublish`, {});
	await send(`${row.address}/unpublish`, {}, owner, 409);
	await send(`${row.address}/remove`, {});
	assert.equal((await hospes.get(row.address, owner)).status, 404);
	await send(`${row.address}/restore`, {});
	assert.equal((await get(row.address)).article.state.key, 'article_state_draft');
});

test('languages stand side by side and are counted; an article is published at its time', async (t) => {
	const { hospes, owner, get, send, read } = await open(t);
	await send('/articles', { title: 'Παράδοση', body: 'Τρεις ημέρες.', language: 'el', category: 'Αποστολή', then: 'publish' });
	const [el] = (await get('/articles')).rows;
	const begun = await get(`/articles/new?language=fa&of=${el.id}`);
	assert.deepEqual([begun.language, begun.of, begun.beside.title, begun.category.value], ['fa', el.external, 'Παράδοση', 'Αποστολή']);
	await send('/articles', { title: 'تحویل', body: 'سه روز.', language: 'fa', of: el.external });
	await send('/articles', { title: 'Again', body: 'x', language: 'fa', of: el.external }, owner, 409);
	const { complete } = await get('/articles');
	assert.deepEqual(complete.map((one) => [one.code, one.articles, one.published, one.share]), [['el', 1, 1, 1], ['fa', 1, 0, 0]]);
	const [fa] = (await get('/articles?language=fa')).rows, page = await get(`${fa.address}?beside=${el.id}`);
	assert.equal(page.beside.title, 'Παράδοση');
	assert.deepEqual(page.siblings.filter((one) => one.is_missing).map((one) => one.language), ['en', 'th', 'zh-Hant']);
	await send(fa.address, { title: 'تحویل', body: 'سه روز.', then: 'schedule', at: '2001-01-01T10:00' }, owner, 422);
	await send(fa.address, { title: 'تحویل', body: 'سه روز.', then: 'schedule', at: new Date(Date.now() + 2500).toISOString() });
	assert.equal((await get(fa.address)).article.state.key, 'article_state_scheduled');
	assert.equal((await read(`/help/${fa.id}`)).status, 404);
	await until('it to be published', async () => (await get(fa.address)).article.is_published);
	assert.equal((await read(`/help/${fa.id}`)).status, 200);
	for (const query of ['state=mad', 'cursor=x']) assert.equal((await hospes.get(`/articles?${query}`, owner)).status, 422, query);
});

test('readers say whether it helped, and what they look for in vain is told', async (t) => {
	const { hospes, owner, agent, get, send, read, find } = await open(t);
	assert.equal((await get('/articles/gaps')).finding.key, 'article_gaps_none');
	await send('/articles', { title: 'Delivery', body: 'Parcels take three days.', language: 'en', then: 'publish' });
	await send('/articles', { title: 'Delivery of large parcels', body: 'Large parcels take a week.', language: 'en', then: 'publish' });
	const row = (await get('/articles')).rows.find((one) => one.title === 'Delivery');
	await until('both to be found', async () => (await find('delivery')).length === 2);
	assert.match((await read(`/help/${row.id}`)).text, /Delivery of large parcels/, 'related');
	const vote = (body) => hospes.fetch(`/help/${row.id}/vote`, { method: 'POST', body: new URLSearchParams(body) });
	const said = await vote({ helped: 'no', text: 'Nothing of <b>Sundays</b>' });
	assert.deepEqual([said.status, said.headers.get('location')], [303, `/help/${row.id}?voted=1`]);
	for (let i = 0; i < 4; i++) assert.equal((await vote({ helped: 'yes' })).status, 303);
	assert.equal((await vote({ helped: 'perhaps' })).status, 422);
	const [counted] = (await get('/articles?q=three days')).rows;
	assert.deepEqual([counted.votes, counted.helped, counted.helped_share], [5, 4, 0.8]);
	for (let i = 0; i < 2; i++) assert.deepEqual(await find('Drones?'), []);
	let gaps = await until('what was missed', async () => { const page = await get('/articles/gaps', agent); return page.missed.find((one) => one.question === 'drones?')?.n === 2 && page; });
	assert.equal(gaps.missed.find((one) => one.question === 'drones?').language, 'en');
	assert.deepEqual(gaps.unhelpful.map((one) => [one.title, one.against, one.votes, one.texts]), [['Delivery', 1, 5, ['Nothing of <b>Sundays</b>']]]);
	await send('/articles/gaps', { language: 'en', question: 'drones?' });
	await send('/articles/gaps', { language: 'en', question: 'drones?' }, owner, 404);
	gaps = await get('/articles/gaps');
	assert.ok(gaps.missed.every((one) => one.question !== 'drones?'));
});
