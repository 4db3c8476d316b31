// hospes.mjs: what scenario tests drive the real program with: one Workspace is a data directory (and a database of its
// own when HOSPES_TEST_DATABASE is postgres), a server on a free port of the loopback, and the command line.
//
//     const hospes = await start(t);                      // stopped and removed when the test t ends
//     const key = await hospes.key('write');
//     await hospes.post('/v1/track', { userId: 'u1', event: 'X' }, key);
import { spawn, execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const PROGRAM = resolve(process.env.HOSPES_PROGRAM ?? 'build/hospes');
export const DATABASE = process.env.HOSPES_TEST_DATABASE ?? 'sqlite';
export const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const SCRATCH = process.env.HOSPES_TEST_SCRATCH ?? tmpdir();
// A sanitized build starts slowly on a busy machine; a test that waits longer than this has found a fault.
const PATIENCE_MS = Number(process.env.HOSPES_TEST_PATIENCE_MS ?? 150_000);

const PORTS = { first: 12_000, n: 20_000 };

/** A port on which nothing listens, below those that systems give to connections: none takes it before a server does. */
export function freePort() {
	const port = PORTS.first + randomInt(PORTS.n);
	return new Promise((done) => {
		const server = createServer();
		server.on('error', () => done(freePort()));
		server.listen(port, '127.0.0.1', () => server.close(() => done(port)));
	});
}

/** Asks again until `ask` gives something true; fails with `what` when it takes too long. */
export async function until(what, ask, patience_ms = PATIENCE_MS) {
	const end = Date.now() + patience_ms;
	for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > end) throw new Error(`waited ${patience_ms} ms in vain: ${what}`);
		await sleep(pause);
	}
}

function psql(url, sql) {
	return new Promise((done, fail) => {
		execFile('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', sql], (error, _out, err) => (error ? fail(new Error(`psql: ${err}`)) : done()));
	});
}

/** Runs SQL against a workspace's records from outside, as a fault would come. */
export function records(hospes, sqlite, postgres = sqlite) {
	if (DATABASE === 'postgres') return psql(hospes.database.url, postgres);
	const program = 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=30)\nc.execute(sys.argv[2])\nc.commit()';
	return new Promise((done, fail) => execFile('/usr/bin/python3', ['-c', program, join(hospes.data, 'records.db'), sqlite], (error, _out, err) => (error ? fail(new Error(`sqlite3: ${err}`)) : done())));
}

async function newDatabase() {
	if (DATABASE !== 'postgres') return null;
	const server = process.env.HOSPES_TEST_POSTGRES;
	if (!server) throw new Error('HOSPES_TEST_POSTGRES is not set: run the tests by test/run-scenarios');
	const name = `t${process.pid}_${randomBytes(6).toString('hex')}`;
	await psql(server, `CREATE DATABASE ${name}`);
	// Not by new URL: it refuses libpq's form for a socket, a user without a host.
	const url = server.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
	return { url, drop: () => psql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Prometheus text as an array of { name, labels, value }. */
export function parseMetrics(text) {
	const rows = [];
	for (const line of text.split('\n')) {
		const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
		if (!found) continue;
		const labels = {};
		for (const [, key, value] of (found[2] ?? '').matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)) labels[key] = value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
		rows.push({ name: found[1], labels, value: Number(found[3]) });
	}
	return rows;
}

export class Workspace {
	constructor() {
		this.dir = mkdtempSync(join(SCRATCH, 'ws-'));
		chmodSync(this.dir, 0o700);
		this.data = join(this.dir, 'data');
		this.log = '';
		this.database = null;
		this.cleanups = []; // run after the server has ended, before the directory goes
	}

	async open() {
		this.database = await newDatabase();
		return this;
	}

	/** The options that name this workspace on every command line. */
	options() {
		return ['--data', this.data, ...(this.database ? ['--database', this.database.url] : [])];
	}

	/** Runs one command to its end. `input` goes to its standard input. → { code, stdout, stderr } */
	cli(args, { input = '', env = {}, cwd = this.dir, bare = false } = {}) {
		const [command, ...rest] = args;
		return new Promise((done, fail) => {
			const child = spawn(PROGRAM, bare ? args : [command, ...this.options(), ...rest], { cwd, env: { ...process.env, ...env } });
			const out = [], err = [];
			child.stdout.on('data', (chunk) => out.push(chunk));
			child.stderr.on('data', (chunk) => err.push(chunk));
			child.on('error', fail);
			child.on('close', (code, signal) => done({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
			child.stdin.on('error', () => {});
			child.stdin.end(input);
		});
	}

	async ok(args, options) {
		const result = await this.cli(args, options);
		if (result.code !== 0) throw new Error(`hospes ${args.join(' ')} ended with ${result.code ?? result.signal}\n${result.stderr}${result.stdout}`);
		return result.stdout;
	}

	/** A new key by the command line, as an operator makes it. */
	async key(kind, ...more) {
		return (await this.ok(['key', 'add', '--kind', kind, '--name', `test ${kind} ${randomBytes(3).toString('hex')}`, ...more])).trim();
	}

	/** Starts the server and waits until it is ready (or only until it listens, with { ready: false }). `ask` gives the
	 * status of an address, where fetch cannot. */
	async serve({ args = [], command = 'serve', ready = true, env = {}, wrap = [], scheme = 'http', ask = (url) => fetch(url).then((answer) => answer.status) } = {}) {
		this.port = await freePort();
		this.address = `${scheme}://127.0.0.1:${this.port}`;
		this.ended = null;
		const line = [...wrap, PROGRAM, command, ...this.options(), '--listen', `127.0.0.1:${this.port}`, ...args];
		const child = spawn(line[0], line.slice(1), { cwd: this.dir, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
		this.child = child;
		this.output = '';
		child.stdout.on('data', (chunk) => (this.output += chunk));
		child.stderr.on('data', (chunk) => (this.log += chunk));
		this.exit = new Promise((done) => child.on('close', (code, signal) => done((this.ended = { code, signal }))));
		child.on('error', (error) => (this.ended = { error }));
		await until(`the server to ${ready ? 'be ready' : 'listen'}`, async () => {
			if (this.ended) throw new Error(`the server ended at start: ${JSON.stringify(this.ended)}\n${this.log.slice(-3000)}${this.output.slice(-1000)}`);
			const status = await ask(`${this.address}/health`).catch(() => null);
			return status && (!ready || status === 200);
		});
		// It says where it is, with the owner's link, once it is ready: a moment after /health says so.
		if (ready) await until('the server to say where it is', () => this.ended || this.output.includes(this.address));
		return this;
	}

	/** Ends the server: gracefully, or at once with SIGKILL. → { code, signal } */
	async stop(signal = 'SIGTERM') {
		if (!this.child || this.ended) return this.ended;
		if (signal !== 'SIGKILL') await this.keepHits();
		this.child.kill(signal);
		const isOver = new AbortController(); // another server may run by the time that patience ends
		const late = sleep(PATIENCE_MS, null, { ref: false, signal: isOver.signal }).then(() => this.giveUp(), () => {});
		await Promise.race([this.exit, late]);
		isOver.abort();
		return this.exit;
	}

	/** Ends a server that does not end by itself; its log keeps where its threads stood, where there is a gdb to ask. */
	async giveUp() {
		const stacks = await new Promise((done) => execFile('gdb', ['-p', this.child.pid, '-batch', '-ex', 'thread apply all bt 8'], { timeout: 20_000, maxBuffer: 1 << 24 }, (_error, out) => done(out ?? '')));
		this.log += `\nthe server did not end within ${PATIENCE_MS} ms\n${stacks.split('\n').filter((line) => /^(Thread|#)/.test(line)).join('\n')}\n`;
		this.child.kill('SIGKILL');
	}

	/** Which routes were asked for, for the check that none was forgotten (routes.mjs). */
	async keepHits() {
		if (!process.env.HOSPES_TEST_HITS) return;
		const rows = await this.metrics().catch(() => []);
		const hits = rows.filter((row) => row.name === 'hospes_request_seconds_count' && row.value > 0).map((row) => row.labels);
		writeFileSync(join(process.env.HOSPES_TEST_HITS, `${process.pid}-${randomBytes(4).toString('hex')}.json`), JSON.stringify(hits));
	}

	async close() {
		await this.stop();
		for (const each of this.cleanups) each();
		await this.database?.drop();
		rmSync(this.dir, { recursive: true, force: true });
	}

	fetch(path, options = {}) {
		return fetch(this.address + path, { redirect: 'manual', ...options });
	}

	/** POSTs JSON with a key as Basic (write keys, as Segment's clients do). → { status, headers, body } */
	async post(path, json, key, headers = {}) {
		const answer = await this.fetch(path, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...(key ? { authorization: basic(key) } : {}), ...headers },
			body: typeof json === 'string' || json instanceof Uint8Array ? json : JSON.stringify(json),
		});
		return read(answer);
	}

	/** GETs JSON with a secret key as Bearer. */
	async get(path, key, headers = {}) {
		return read(await this.fetch(path, { headers: { accept: 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers } }));
	}

	/** POSTs JSON with a secret key as Bearer. */
	async send(path, json, key, headers = {}) {
		return this.post(path, json, null, { accept: 'application/json', authorization: `Bearer ${key}`, ...headers });
	}

	/** The customer with an identity ("user_id:u1", "email:a@b.c"), as JSON; null when there is none. */
	async customer(identity, key) {
		await this.applied();
		let answer = await this.get(`/customers?identity=${encodeURIComponent(identity)}`, key);
		for (let i = 0; i < 3 && [303, 308].includes(answer.status); i++) answer = await this.get(answer.headers.get('location'), key);
		if (answer.status === 404) return null;
		if (answer.status !== 200) throw new Error(`customer ${identity}: ${answer.status} ${answer.text}`);
		const row = answer.body.rows?.[0];
		if (answer.body.rows) return row ? (await this.get(row.address ?? `/customers/${row.id}`, key)).body : null;
		return answer.body;
	}

	/** Waits until everything acknowledged so far has been applied to records: customers, orders, consent. */
	async applied() {
		await until('records to follow the log', async () => (await this.get('/health')).body.applied === true);
	}

	async query(query, key) {
		const answer = await this.send('/query', query, key);
		if (answer.status !== 200) throw new Error(`query ${JSON.stringify(query)}: ${answer.status} ${JSON.stringify(answer.body)}`);
		return answer.body;
	}

	async metrics() {
		const answer = await this.fetch('/metrics');
		if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}`);
		return parseMetrics(await answer.text());
	}

	/** The sum of a metric over the rows whose labels match. */
	async metric(name, labels = {}) {
		const rows = (await this.metrics()).filter((row) => row.name === name && Object.entries(labels).every(([key, value]) => row.labels[key] === value));
		return rows.reduce((sum, row) => sum + row.value, 0);
	}

	/** Waits until what was sent has been applied to customers and figures: the appliers have no lag left. */
	async settled(name, value, labels) {
		return until(`${name} to be ${value}`, async () => (await this.metric(name, labels)) === value);
	}

	async addUser(email, role, password) {
		await this.ok(['user', 'add', '--email', email, '--role', role, '--password-stdin'], { input: `${password}\n` });
		return { email, password, role };
	}

	/** Signs in as a browser without JavaScript does: the form, its hidden fields, the cookies. → a Session */
	async signIn(email, password) {
		const session = new Session(this);
		const page = await session.get('/sign-in');
		if (page.status !== 200) throw new Error(`/sign-in answered ${page.status}`);
		const answer = await session.submit(await page.text(), { email, password });
		if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status}`);
		return session;
	}
}

/** The touchpoints of a customer's answer, newest first, without their grouping by day. */
export const timeline = (customer) => customer.timeline.flatMap((day) => day.touchpoints ?? [day]);

export const basic = (key) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;

async function read(answer) {
	const text = await answer.text();
	let body = text;
	if (/json/.test(answer.headers.get('content-type') ?? '')) body = JSON.parse(text);
	return { status: answer.status, headers: answer.headers, body, text };
}

const unescape = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27|#x2F|#x3D|#x60);/g, (all, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? String.fromCodePoint(name[1] === 'x' ? parseInt(name.slice(2), 16) : Number(name.slice(1))));

/** The forms of a page: method, action, fields (with the values that they carry). */
export function forms(html) {
	return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, head, inside]) => {
		const attribute = (text, name) => { const found = new RegExp(`\\b${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(text); return found ? unescape(found[1] ?? found[2] ?? found[3]) : null; };
		const fields = {};
		for (const [, input] of inside.matchAll(/<input\b([^>]*)>/g)) {
			const name = attribute(input, 'name'), type = attribute(input, 'type') ?? 'text';
			if (!name || ((type === 'checkbox' || type === 'radio') && !/\bchecked\b/.test(input))) continue;
			fields[name] = attribute(input, 'value') ?? '';
		}
		return { method: (attribute(head, 'method') ?? 'get').toUpperCase(), action: attribute(head, 'action') ?? '', fields, html: inside };
	});
}

/** A browser's cookies, without the browser. */
export class Session {
	constructor(workspace) {
		this.workspace = workspace;
		this.cookies = new Map();
	}

	async request(path, options = {}) {
		const headers = { accept: 'text/html', ...options.headers };
		if (this.cookies.size) headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
		const answer = await this.workspace.fetch(path, { ...options, headers });
		for (const cookie of answer.headers.getSetCookie?.() ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
			if (/max-age=0/i.test(cookie) || value === '') this.cookies.delete(name);
			else this.cookies.set(name, value);
		}
		this.at = path;
		return answer;
	}

	get(path, options) {
		return this.request(path, options);
	}

	async json(path) {
		return read(await this.request(path, { headers: { accept: 'application/json' } }));
	}

	/** Sends the form of the page that holds these fields, with the values given. */
	async submit(html, values, where = this.at) {
		const form = forms(html).find((each) => each.method === 'POST' && Object.keys(values).every((name) => each.html.includes(`name="${name}"`)));
		if (!form) throw new Error(`no form with the fields ${Object.keys(values).join(', ')}`);
		const action = new URL(form.action || where, `${this.workspace.address}${where}`);
		return this.post(action.pathname + action.search, { ...form.fields, ...values });
	}

	post(path, fields) {
		return this.request(path, {
			method: 'POST',
			headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.workspace.address },
			body: new URLSearchParams(fields).toString(),
		});
	}
}

/** Runs `fn` when t ends: what came last is undone first, and each is undone whatever became of the others. (Of node:test's
 * own hooks none runs behind one that threw: a browser left open so would hold its process for ever.) */
const undone = new WeakMap();
export function atEnd(t, fn) {
	if (!undone.has(t)) {
		const list = [];
		undone.set(t, list);
		t.after(async () => {
			const errors = [];
			for (const each of list.reverse()) {
				try { await each(); } catch (error) { errors.push(error); }
			}
			if (errors.length) throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map((error) => error.message).join('\n'));
		});
	}
	undone.get(t).push(fn);
}

/** For `describe`: what is made in its `before` and shall live until its last test. Pass node:test's `after`, called
 * there and then: one called inside `before` would belong to that hook and end with it. */
export function untilEnd(after) {
	const end = { after };
	atEnd(end, () => {});
	return end;
}

/** A workspace with a running server that ends with the test. `t` may be node:test's context, or { after }. */
export async function start(t, options) {
	const workspace = await prepare(t);
	await workspace.serve(options);
	return workspace;
}

/** A workspace without a server. */
export async function prepare(t) {
	const workspace = await new Workspace().open();
	atEnd(t, async () => {
		const wasKilled = workspace.ended;
		await workspace.close();
		// A crash or a sanitizer's report fails the test, whatever it looked at.
		if (!wasKilled && workspace.ended && workspace.ended.code !== 0) throw new Error(`the server ended with ${JSON.stringify(workspace.ended)}\n${workspace.log.slice(-8000)}`);
		if (/ERROR: AddressSanitizer|runtime error:|WARNING: ThreadSanitizer|ERROR: LeakSanitizer/.test(workspace.log)) throw new Error(`a sanitizer reported:\n${workspace.log.slice(-6000)}`);
	});
	return workspace;
}

