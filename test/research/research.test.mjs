// What was filed without counting: by kind, stage, topic and persona, with a file; found by words and quoted beside mentions; in
// no figure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';

const VISIT = { kind: 'visit', title: 'A morning in the shop', text: 'Nobody finds the tea shelf. ไม่มีใครหาชั้นชาเจอ', source: 'Field team', day: '2026-03-02', stage: 'consideration', topic: 'finding', persona: 'Gift buyer' };

test('filed, found, quoted, changed, removed and brought back; never counted', async (t) => {
	const hospes = await start(t), secret = await hospes.key('secret');
	const get = async (path) => (await hospes.get(path, secret)).body, send = (path, body = {}) => hospes.send(path, body, secret);
	assert.equal((await get('/research')).finding.key, 'research_none');
	for (const [bad, field] of [[{ title: '' }, 'title'], [{ kind: 'rumour' }, 'kind'], [{ stage: 'moon' }, 'stage'], [{ day: 'soon' }, 'day'], [{ source: '' }, 'source'], [{ link: 'javascript:alert(1)' }, 'link']]) {
		const answer = await send('/research', { ...VISIT, ...bad });
		assert.equal(answer.status, 422);
		assert.ok(answer.text.includes(`"${field}"`), answer.text);
	}
	assert.ok((await send('/research', VISIT)).status < 400);
	const form = new FormData();
	for (const [name, value] of Object.entries({ ...VISIT, kind: 'market', title: 'Tea market', text: 'Loose tea grows', stage: '', topic: 'market', persona: '', link: 'https://institute.example/tea' })) form.set(name, value);
	const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(3 << 20, 7)]);
	form.set('file', new Blob([pdf], { type: 'application/pdf' }), 'Tea <2026>.pdf');
	const sent = await hospes.fetch('/research', { method: 'POST', body: form, headers: { authorization: `Bearer ${secret}`, accept: 'application/json' } });
	assert.ok(sent.status < 400, await sent.text());
	const { rows } = await get('/research');
	assert.deepEqual(rows.map((row) => [row.title, row.kind, row.stage]), [['Tea market', 'market', 'unknown'], ['A morning in the shop', 'visit', 'consideration']].sort((a, b) => (rows[0].title === a[0] ? -1 : 1)));
	const market = rows.find((row) => row.kind === 'market'), visit = rows.find((row) => row.kind === 'visit');
	const file = await hospes.fetch(`${market.address}/file`, { headers: { authorization: `Bearer ${secret}` } });
	assert.equal(file.headers.get('content-type'), 'application/octet-stream');
	assert.deepEqual(Buffer.compare(Buffer.from(await file.arrayBuffer()), pdf), 0);
	assert.equal((await hospes.get(`${visit.address}/file`, secret)).status, 404);
	for (const [query, n] of [['kind=visit', 1], ['stage=consideration', 1], ['topic=market', 1], ['persona=Gift+buyer', 1], ['kind=interview', 0]]) assert.equal((await get(`/research?${query}`)).rows.length, n, query);
	const found = (q) => until(`the index to know ${q}`, async () => { const page = await get(`/research?q=${encodeURIComponent(q)}`); return page.rows.length ? page.rows.map((row) => row.title) : null; });
	assert.deepEqual(await found('ชั้นชา'), ['A morning in the shop']);
	assert.deepEqual((await found('tea')).sort(), ['A morning in the shop', 'Tea market']);
	assert.deepEqual(await found('tea -shelf'), ['Tea market']);
	assert.equal((await hospes.get('/research?q=%22open', secret)).status, 422);
	assert.deepEqual((await get('/listening?q=shelf')).research.map((row) => row.title), ['A morning in the shop']);
	assert.equal((await get('/listening?q=shelf')).n, 0, 'no mention');
	assert.equal((await get('/voice')).is_empty, true, 'no answer');
	assert.ok((await send(visit.address, { ...VISIT, text: 'Signs were put up' })).status < 400);
	await until('the change', async () => (await get('/research?q=shelf')).rows.length === 0);
	assert.equal((await get(visit.address)).it.text, 'Signs were put up');
	assert.ok((await send(`${visit.address}/remove`)).status < 400);
	assert.equal((await hospes.get(visit.address, secret)).status, 404);
	assert.ok((await send(`${visit.address}/restore`)).status < 400);
	assert.deepEqual(await found('signs'), ['A morning in the shop']);
	assert.equal((await hospes.send('/research', VISIT, await hospes.key('secret', '--role', 'agent'))).status, 403);
});

/** A PDF of one page with these lines. */
function pdfOf(lines) {
	const content = `BT /F1 12 Tf 40 800 Td 14 TL ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`;
	const objects = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>', `<< /Length ${content.length} >>\nstream\n${content}\nendstream`, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'];
	let out = '%PDF-1.4\n';
	const at = objects.map((object, i) => { const from = out.length; out += `${i + 1} 0 obj\n${object}\nendobj\n`; return from; });
	return `${out}xref\n0 6\n0000000000 65535 f \n${at.map((n) => `${String(n).padStart(10, '0')} 00000 n \n`).join('')}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${out.length}\n%%EOF\n`;
}

test('words inside PDFs and plain texts are found and quoted; what cannot be read is said, and harms nothing', async (t) => {
	const hospes = await start(t), secret = await hospes.key('secret');
	const get = async (path) => (await hospes.get(path, secret)).body;
	const file = async (title, name, bytes, address = '/research') => {
		const form = new FormData();
		for (const [field, value] of Object.entries({ ...VISIT, title, text: 'Notes' })) form.set(field, value);
		form.set('file', new Blob([bytes]), name);
		const sent = await hospes.fetch(address, { method: 'POST', body: form, headers: { authorization: `Bearer ${secret}`, accept: 'application/json' } });
		assert.ok(sent.status < 400, await sent.text());
		return (await get('/research')).rows.find((row) => row.title === title).address;
	};
	const state = (address) => until('the file to be read', async () => { const page = await get(address); return page.it.file_state !== 'unread' && page; });
	const found = async (q) => (await get(`/research?q=${encodeURIComponent(q)}`)).rows;
	const filler = Array.from({ length: 40 }, (_, i) => `Line ${i} of the report`);
	const report = await file('Report', 'report.pdf', pdfOf([...filler, 'Travellers long for a quiet corner near the gate', ...filler]));
	const damaged = await file('Torn', 'torn.pdf', Buffer.concat([Buffer.from(pdfOf(['never seen'])).subarray(0, 60), Buffer.alloc(2000, 0xff)]));
	const locked = await file('Empty page', 'scan.pdf', pdfOf([]));
	const picture = await file('Picture', 'shelf.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0xff, 0xfe]));
	const long = await file('Long', 'long.txt', `ช่องจอดรถหายาก parking is scarce\n${'word '.repeat(300_000)}\nunreachable`);
	const read = await state(report);
	assert.equal(read.it.file_state, 'read');
	assert.match(read.file_text, /quiet corner near the gate/);
	assert.deepEqual([(await state(damaged)).it.file_state, (await state(locked)).it.file_state, (await state(picture)).it.file_state, (await state(long)).it.file_state], ['damaged', 'wordless', 'other', 'cut']);
	const [quoted] = await until('the index to know the file', async () => { const rows = await found('"quiet corner"'); return rows.length && rows; });
	assert.equal(quoted.title, 'Report');
	assert.match(quoted.quote, /long for a quiet corner/);
	assert.ok(!quoted.quote.includes('Line 12 '), 'the part that holds the words');
	assert.match((await get('/listening?q=quiet')).research[0].quote, /quiet corner/);
	assert.deepEqual((await until('Thai in the text', async () => { const rows = await found('จอดรถ'); return rows.length && rows; })).map((row) => row.title), ['Long']);
	assert.equal((await found('unreachable')).length, 0, 'behind the limit');
	await file('Report', 'report.pdf', pdfOf(['Everything was replaced']), report);
	await until('the new file', async () => (await found('replaced')).length === 1);
	assert.equal((await found('quiet')).length, 0, 'the words of the file before are gone');
});
