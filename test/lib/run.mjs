// run.mjs FILE…: runs test files, each in a process of its own and on each database of HOSPES_TEST_DATABASES, two more at a
// time than there are cores (HOSPES_TEST_JOBS), as many wait for a moment. "sqlite:short" is SQLite for the files that are
// not long, "sqlite:long" for those that are: that say "Starts first", need the sample, the company or a
// browser, or leave a test out under sanitizers. A file that takes longer than HOSPES_TEST_FILE_S
// is ended with everything that it started, and counts as a failure that says which tests had begun and not ended: nothing
// here waits for ever.
//
// A file whose head says "Starts first" takes long; what starts first is not waited for at the end.
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

const JOBS = Number(process.env.HOSPES_TEST_JOBS) || availableParallelism() + 2;
const LIMIT_S = Number(process.env.HOSPES_TEST_FILE_S) || 900;
const LAST_WORDS_MS = 3000, OUTPUT_MS = 2000;
const databases = (process.env.HOSPES_TEST_DATABASES ?? 'sqlite').split(',').map((name) => name.split(':'));
const scratch = process.env.HOSPES_TEST_SCRATCH ?? tmpdir();

function jobsOf(file) {
	const text = readFileSync(file, 'utf8');
	const early = /^(?:\/\/.*\n)*?\/\/.*\bStarts first\b/.test(text);
	const length = early || /'demo'|sample\/|chromium|asan\|tsan/.test(text) ? 'long' : 'short';
	return databases.filter(([, only]) => !only || only === length).map(([database]) => ({ file, database, early }));
}

const jobs = process.argv.slice(2).flatMap(jobsOf);
jobs.sort((a, b) => b.early - a.early);

/** Ends a job's process and all that it started: they are one process group. */
function endGroup(pid, signal) {
	try { process.kill(-pid, signal); } catch { /* it has ended */ }
}

const running = new Set();

/** Asks a job's process what it is at (its reporter says so), then ends it with all that it started. */
function giveUp(child) {
	child.kill('SIGTERM');
	setTimeout(() => endGroup(child.pid, 'SIGKILL'), LAST_WORDS_MS);
}

function runOne({ file, database }) {
	const started = Date.now();
	const own = mkdtempSync(join(scratch, 'job-')); // what it leaves behind goes with it
	chmodSync(own, 0o755); // PostgreSQL's account passes through it
	const env = { ...process.env, HOSPES_TEST_DATABASE: database, HOSPES_TEST_SCRATCH: own };
	const child = spawn(process.execPath, ['--test-reporter=./test/lib/reporter.mjs', '--test-reporter-destination=stdout', file], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
	const out = [];
	child.stdout.on('data', (chunk) => out.push(chunk));
	child.stderr.on('data', (chunk) => out.push(chunk));
	running.add(child);
	let late = false;
	const limit = setTimeout(() => giveUp(child, (late = true)), LIMIT_S * 1000);
	return new Promise((done) => child.on('exit', (code, signal) => {
		clearTimeout(limit);
		running.delete(child);
		endGroup(child.pid, 'SIGKILL');
		const end = () => {
			rmSync(own, { recursive: true, force: true, maxRetries: 5 });
			done({ file, database, failed: late || code !== 0, late, signal, seconds: Math.round((Date.now() - started) / 1000), text: Buffer.concat(out).toString() });
		};
		// A browser is of another group and may hold the output open for a moment longer.
		const wait = setTimeout(end, OUTPUT_MS);
		child.on('close', () => { clearTimeout(wait); end(); });
	}));
}

function tell({ file, database, failed, late, signal, seconds, text }) {
	console.log(`${file} on ${database}: ${seconds} s`);
	process.stdout.write(text);
	if (late) console.log(`  FAILED  ${file} did not end within ${LIMIT_S} s`);
	else if (failed && signal) console.log(`  FAILED  ${file} was ended by ${signal}`);
	if ((late || signal) && process.env.HOSPES_PART) appendFileSync(process.env.HOSPES_PART, '0 1 0\n');
}

let failed = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => {
	jobs.length = 0;
	failed = true;
	for (const child of running) giveUp(child);
});

async function worker() {
	for (let job = jobs.shift(); job; job = jobs.shift()) {
		const result = await runOne(job);
		tell(result);
		failed ||= result.failed;
	}
}
await Promise.all(Array.from({ length: JOBS }, worker));
process.exitCode = failed ? 1 : 0;
