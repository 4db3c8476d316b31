// One survey as a table: a row a response, a column a question.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

/** Rows of cells, by RFC 4180. */
function cells(text) {
	const rows = [[]];
	for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
		rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
		if (end === '\r\n') rows.push([]);
	}
	assert.deepEqual(rows.pop(), [], 'the last row ends as all do');
	return rows;
}

test('a survey’s responses as a table', async (t) => {
	const w = await start(t), secret = await w.key('secret', '--role', 'manager'), surveys = new Surveys(w, secret);
	const questions = [
		{ id: 'nps', type: 'nps', is_required: true, text: 'Recommend?' },
		{ id: 'areas', type: 'matrix', text: 'Judge', rows: ['Price', 'Speed'] },
		{ id: 'ways', type: 'choices', text: 'Which?', options: ['Shop', 'Site', 'App'] },
		{ id: 'change', type: 'number', text: 'By how much?' },
		{ id: 'why', type: 'text', text: 'Why?' },
	];
	const { address, path } = await surveys.open('Tables, "all"', questions), { id } = await surveys.read(address);
	const other = await surveys.open('Other', [{ id: 'nps2', type: 'nps', text: 'And this?' }]);
	const sent = async (to, values, headers) => assert.equal((await surveys.answer(to, values, headers)).status, 303);
	await sent(path, { 'answers[0].value': '2', 'answers[4].value': 'سریع نبود' });
	await sent(path, { 'answers[0].value': '9', 'answers[1].cells[0].row': '1', 'answers[1].cells[0].column': '4', 'answers[2].options[]': '1', 'answers[3].value': '-5', 'answers[4].value': '=HYPERLINK("http://x","y")\nsecond, line' });
	await sent(other.path, { 'answers[0].value': '5' });
	await w.applied();
	const read = async (query) => w.get(`/voice/submissions.csv?survey=${id}${query}`, secret);
	const file = await read(''), [head, ...rows] = cells(file.text);
	assert.equal(file.status, 200);
	assert.match(file.headers.get('content-disposition'), /Tables%2C%20%22all%22\.csv/);
	assert.deepEqual(head, ['response', 'time', 'customer', 'language', 'channel', 'location', 'weight', 'version', 'nps', 'areas.1', 'ways', 'change', 'why']);
	assert.deepEqual(rows.map((row) => row.slice(8)), [['2', '', '', '', 'سریع نبود'], ['9', '4', 'Shop', '-5', '\'=HYPERLINK("http://x","y")\nsecond, line']]);
	assert.ok(rows.every((row) => row[0] && !row[2] && row[4] === 'web'));
	const marked = await fetch(`${w.address}/voice/submissions.csv?survey=${id}&bom=1`, { headers: { authorization: `Bearer ${secret}` } });
	assert.deepEqual([...new Uint8Array(await marked.arrayBuffer()).slice(0, 3)], [0xef, 0xbb, 0xbf]);
	const chosen = async (query) => cells((await read(query)).text).slice(1).map((row) => row[8]);
	assert.deepEqual(await chosen('&kind=promoters'), ['9']);
	assert.deepEqual(await chosen('&q=نبود'), ['2'], 'a response is whole when one of its answers is looked for');
	assert.deepEqual(await chosen('&question=areas.1'), ['9']);
	assert.equal((await w.get('/voice/submissions.csv', secret)).status, 422);
	assert.equal((await w.get(`/voice/submissions.csv?survey=${id}`, await w.key('secret', '--role', 'analyst'))).status, 403);
	const list = (await w.get(`/voice/responses?survey=${id}`, secret)).body;
	assert.deepEqual([list.total, list.table, list.surveys.length], [rows.flatMap((row) => row.slice(8)).filter(Boolean).length, `/voice/submissions.csv?survey=${id}`, 3]);
});
