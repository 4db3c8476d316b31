// Help: articles come from a file, are found in their language by a ranked search, and are read without sign-in.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepare, start } from '../lib/hospes.mjs';

const ARTICLES = [
	{ id: 'returns', language: 'en', title: 'Returning a parcel', category: 'Orders', body: '# How\n\nSend it back within **30 days**. The label is in the box.\n\n<script>alert(1)</script> [bad](javascript:alert(1))' },
	{ id: 'returns', language: 'fa', title: 'پس فرستادن بسته', category: 'سفارش', body: 'تا ۳۰ روز می‌توانید بسته را پس بفرستید. برچسب در جعبه است.' },
	{ id: 'password', language: 'en', title: '', category: 'Account', body: 'To choose a new password, follow the link that we mail you. It holds for one hour.' },
	{ id: 'delivery', language: 'th', title: 'การจัดส่ง', category: '', body: 'พัสดุจะถึงภายในสามวันทำการหลังจากชำระเงินแล้ว' },
	{ id: 'delivery', language: 'zh-Hant', title: '配送', category: '', body: '付款後三個工作天內送達。颱風期間可能延遲。' },
	{ id: 'delivery', language: 'el', title: 'Παράδοση', category: '', body: 'Το δέμα φτάνει σε τρεις εργάσιμες ημέρες. Οι παραγγελίες της Παρασκευής φεύγουν τη Δευτέρα.' },
	{ id: 'rules', language: 'en', title: 'Goodwill rules for agents', body: 'Refund without asking up to 30 pounds.', visibility: 'internal' },
	{ id: 'plans', language: 'en', title: 'Draft of the refund policy', body: 'Refund refund refund.', state: 'draft' },
];

test('articles are imported, found in every language, and read', async (t) => {
	const hospes = await start(t);
	const file = join(hospes.dir, 'articles.ndjson');
	const write = (rows) => writeFileSync(file, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
	const load = () => hospes.cli(['import', '--as', 'articles', file]);
	write(ARTICLES);
	let answer = await load();
	assert.equal(answer.code, 0, answer.stderr);
	assert.match(answer.stdout, /8 rows: 8 articles kept, 0 known already, 0 rejected/);
	assert.match((await load()).stdout, /0 articles kept, 8 known already/);
	assert.ok(existsSync(file), 'the file stays as it is');

	const find = async (q, lang) => (await hospes.get(`/help/search?q=${encodeURIComponent(q)}&lang=${lang}`)).body.results;
	const first = async (q, lang) => (await find(q, lang))[0]?.id;
	assert.equal(await first('how do I send something back?', 'en'), 'returns');
	assert.equal(await first('passwrod', 'en'), 'password', 'a slip of the keys');
	assert.equal(await first('παραγγελια παρασκευη', 'el'), 'delivery', 'without accents, in another form');
	assert.equal(await first('พัสดุจะถึงเมื่อไหร่', 'th'), 'delivery');
	assert.equal(await first('颱風會延遲嗎', 'zh-Hant'), 'delivery');
	assert.equal(await first('چطور بسته را پس بفرستم؟', 'fa'), 'returns');
	assert.deepEqual(await find('goodwill pounds', 'en'), [], 'what is internal is not found by customers');
	assert.deepEqual(await find('refund policy', 'en'), [], 'nor is a draft');
	assert.deepEqual(await find('" OR 1=1 *^()', 'en'), []);
	const [hit] = await find('how long does the link hold?', 'en');
	assert.match(hit.passage, /one hour/);
	assert.ok(hit.score > 0);
	const told = JSON.parse(await hospes.ok(['search', '--language', 'en', 'send back']));
	assert.equal(told.results[0].id, 'returns');
	assert.equal((await hospes.cli(['search', '--language', '../x', 'a'])).code, 1);

	const home = await (await hospes.fetch('/help?lang=en', { headers: { accept: 'text/html' } })).text();
	assert.match(home, /Orders/);
	assert.match(home, /Returning a parcel/);
	const page = await (await hospes.fetch(hit && (await find('send back', 'en'))[0].address, { headers: { accept: 'text/html' } })).text();
	assert.match(page, /<strong>30 days<\/strong>/);
	assert.doesNotMatch(page, /<script>alert|javascript:alert/);
	assert.match(page, /hreflang="fa"/);
	assert.equal((await hospes.get('/help/art_0000000000000')).status, 404);
	assert.equal((await hospes.get('/help/search?q=a&lang=..')).status, 422);

	// A change is found by its new words, no longer by its old ones; a row at fault is told and the others are kept.
	write([{ ...ARTICLES[0], title: 'Exchanges', body: 'Bring it to any shop for an exchange.' }, { id: 'x', language: 'en' }, 'no json', { id: 'y', language: 'no good', body: 'text' }]);
	answer = await load();
	assert.equal(answer.code, 3);
	assert.match(answer.stdout, /4 rows: 1 articles kept, 0 known already, 3 rejected/);
	const rejected = readFileSync(`${file}.rejected.ndjson`, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
	assert.deepEqual(rejected.map((row) => row.line), [2, 3, 4]);
	assert.match(rejected[0].reason, /body/);
	assert.equal(await first('exchange at a shop', 'en'), 'returns');
	assert.ok(!(await find('label in the box', 'en')).some((row) => row.id === 'returns'));
});

test('the index is made again from the records when its file is lost', async (t) => {
	const hospes = await prepare(t);
	const file = join(hospes.dir, 'articles.ndjson');
	writeFileSync(file, ARTICLES.map((row) => `${JSON.stringify(row)}\n`).join(''));
	await hospes.ok(['import', '--as', 'articles', file]);
	for (const end of ['', '-wal', '-shm']) if (existsSync(`${hospes.data}/search.db${end}`)) writeFileSync(`${hospes.data}/search.db${end}`, 'no database at all');
	const finds = async () => assert.equal(JSON.parse(await hospes.ok(['search', '--language', 'th', 'พัสดุ'])).results[0].id, 'delivery');
	await finds();

	// So it is when another version of the program wrote it: SQLite keeps the number of the format at byte 60.
	const FORMAT = 60;
	const index = () => readFileSync(`${hospes.data}/search.db`);
	const ours = index(), other = Buffer.from(ours);
	other.writeUInt32BE(ours.readUInt32BE(FORMAT) - 1, FORMAT);
	writeFileSync(`${hospes.data}/search.db`, other);
	await finds();
	assert.equal(index().readUInt32BE(FORMAT), ours.readUInt32BE(FORMAT));

	// Words that no text has any more leave the file.
	writeFileSync(file, `${JSON.stringify({ ...ARTICLES[0], title: 'Exchanges', body: 'At any shop.' })}\n`);
	assert.ok(index().includes('label'));
	await hospes.ok(['import', '--as', 'articles', file]);
	assert.ok(!index().includes('label'));
	assert.ok(index().includes('exchanges'));
});
