// A workspace's own classifiers by the command line: taught, measured, asked; beside a running server and in its backup.
// Real texts, where the reference data is there: their figures are measured on the part that nothing was taught by.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PROGRAM, ROOT, prepare, start } from '../lib/hospes.mjs';

const PRAISE = ['good service', 'very good food', 'ดีมาก', 'a good hotel', 'friendly staff', 'staff very friendly', 'quick and friendly'];
const BLAME = ['bad service', 'very bad food', 'แย่มาก', 'a bad hotel', 'rude staff', 'staff very rude', 'slow and rude'];
const LESSON = [...PRAISE.map((t) => `praise\t${t}`), '', ...BLAME.map((t) => `blame\t${t}`)].join('\r\n');

async function taught(t, how = prepare) {
	const hospes = await how(t);
	writeFileSync(join(hospes.dir, 'lesson.tsv'), LESSON);
	const made = JSON.parse(await hospes.ok(['train', '--task', 'tone', 'lesson.tsv']));
	return { hospes, made };
}

test('taught, measured and asked, each text in its place', async (t) => {
	const { hospes, made } = await taught(t);
	assert.deepEqual([made.task, made.version, made.n, made.labels], ['tone', 1, 14, 2]);
	const again = JSON.parse(await hospes.ok(['train', '--task', 'tone', 'lesson.tsv']));
	assert.equal(again.version, 2);
	const measured = JSON.parse(await hospes.ok(['evaluate', '--task', 'tone', '-'], { input: 'praise\tgood and friendly\nblame\tbad, rude\nother\tneither\n' }));
	assert.deepEqual([measured.n, measured.version, measured.confusion.length], [3, 2, 3]);
	assert.ok(Math.abs(measured.accuracy - 2 / 3) < 1e-9);
	assert.deepEqual(measured.labels.map((l) => [l.label, l.learnt, l.n, l.recall]), [['praise', true, 1, 1], ['blame', true, 1, 1], ['other', false, 1, 0]]);
	const lines = (await hospes.ok(['classify', '--task', 'tone', '-'], { input: Buffer.concat([Buffer.from('GOOD!\n\nrude\n'), Buffer.from([0xff, 0x00, 0x0a])]) })).trim().split('\n').map((l) => JSON.parse(l));
	assert.deepEqual(lines.map((l) => l.label).filter((_, i) => i !== 1 && i !== 3), ['praise', 'blame']);
	for (const l of lines) {
		assert.equal(l.probability, Math.max(...Object.values(l.probabilities)));
		assert.ok(Math.abs(Object.values(l.probabilities).reduce((a, b) => a + b) - 1) < 1e-9);
	}
});

test('what cannot be read is refused with its line and reason, and what was taught stays', async (t) => {
	const { hospes } = await taught(t);
	const cases = [
		[['train', '--task', 'tone', '-'], 'praise\tgood\nno tab here\n', /line 2: has no tab/],
		[['train', '--task', 'tone', '-'], '\tgood\n', /line 1: has no label/],
		[['train', '--task', 'tone', '-'], 'praise\tgood\npraise\tbetter\n', /one label only/],
		[['train', '--task', 'tone', '-'], '', /no example/],
		[['train', '--task', '../tone', 'lesson.tsv'], '', /--task: must be a name/],
		[['train', '--task', 'tone', 'absent.tsv'], '', /cannot open absent.tsv/],
		[['evaluate', '--task', 'never', 'lesson.tsv'], '', /never was never trained here/],
		[['classify', '--task', 'never', 'lesson.tsv'], '', /never was never trained here/],
	];
	for (const [args, input, reason] of cases) {
		const { code, stderr } = await hospes.cli(args, { input });
		assert.equal(code, 1, args.join(' '));
		assert.match(stderr, reason);
	}
	assert.equal((await hospes.cli(['train', 'lesson.tsv'])).code, 2);
	assert.equal(JSON.parse(await hospes.ok(['evaluate', '--task', 'tone', 'lesson.tsv'])).version, 1);
	const file = join(hospes.data, 'models', 'tone.model'), bytes = readFileSync(file);
	writeFileSync(join(hospes.dir, 'one.txt'), 'good and friendly\n');
	const alone = await promisify(execFile)(PROGRAM, ['text', '--model', file, join(hospes.dir, 'one.txt')], { env: {} });
	assert.ok(['praise', 'blame'].includes(JSON.parse(alone.stdout.split('\n')[0]).model.label), alone.stdout);
	await assert.rejects(promisify(execFile)(PROGRAM, ['text', '--model', 'tone', join(hospes.dir, 'one.txt')], { env: {} }), /--model: a task of --data DIR, or the file of a model/);
	await assert.rejects(promisify(execFile)(PROGRAM, ['text', '--model', join(hospes.dir, 'none.model'), join(hospes.dir, 'one.txt')], { env: {} }), /none.model was never trained here/);
	bytes[bytes.length >> 1] ^= 1;
	writeFileSync(file, bytes);
	const damaged = await hospes.cli(['classify', '--task', 'tone', 'lesson.tsv']);
	assert.equal(damaged.code, 1);
	assert.match(damaged.stderr, /is damaged/);
});

test('beside a running server, and brought back by its backup', async (t) => {
	const { hospes } = await taught(t, start);
	await hospes.ok(['backup', 'all.backup']);
	const back = await prepare(t);
	await back.ok(['restore', join(hospes.dir, 'all.backup')]);
	assert.deepEqual(readdirSync(join(back.data, 'models')), ['tone.model']);
	const [was, is] = await Promise.all([hospes, back].map((w) => w.ok(['classify', '--task', 'tone', '-'], { input: 'good and rude\n' })));
	assert.equal(is, was);
});

const DATA = join(process.env.HOSPES_SHARED ?? join(ROOT, '../shared'), 'data');
/** The rule of splitting that goes with these sets: a fifth, by number. */
const isTest = (i) => Number((BigInt(i) * 2654435761n) % 4294967296n) % 5 === 0;

test('Greek reviews: taught by their train part, at least .86 of the test part', async (t) => {
	const file = join(DATA, 'sentiment-skroutz-el/skroutz_reviews_3863_binary.csv');
	if (!existsSync(file)) return t.skip('SKIPPED: the reference data is not there (set HOSPES_SHARED)');
	const rows = [...readFileSync(file, 'utf8').matchAll(/(?:^|\n)("(?:[^"]|"")*"|[^",\n]*),(-?\d)(?=\r?\n|$)/g)].map(([, text, label]) => `${label}\t${text.replace(/[\s]+/g, ' ')}`);
	const hospes = await prepare(t);
	writeFileSync(join(hospes.dir, 'train.tsv'), rows.filter((_, i) => !isTest(i)).join('\n'));
	writeFileSync(join(hospes.dir, 'test.tsv'), rows.filter((_, i) => isTest(i)).join('\n'));
	await hospes.ok(['train', '--task', 'el', 'train.tsv']);
	const score = JSON.parse(await hospes.ok(['evaluate', '--task', 'el', 'test.tsv']));
	t.diagnostic(`skroutz: accuracy ${score.accuracy.toFixed(4)}, macro-F1 ${score.macro_f1.toFixed(4)}, n ${score.n}`);
	assert.ok(score.n > 700 && score.accuracy >= 0.86);
});
