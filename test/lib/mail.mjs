// mail.mjs: a real SMTP server on the loopback (test/mail/server.py) for scenario tests, and what it took.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { atEnd, freePort, ROOT, until } from './hospes.mjs';

/** A server that ends with the test. port: to come back at. certificate: see certificate(). */
export class MailServer {
	constructor(dir, port, args) {
		Object.assign(this, { dir, port, args });
	}

	async begin() {
		this.child = spawn('/usr/bin/python3', [join(ROOT, 'test/mail/server.py'), join(this.dir, 'taken'), String(this.port), ...this.args], { stdio: ['ignore', 'pipe', 'pipe'] });
		let said = '', wrong = '';
		this.child.stdout.on('data', (chunk) => (said += chunk));
		this.child.stderr.on('data', (chunk) => (wrong += chunk));
		this.exit = new Promise((done) => this.child.on('close', done));
		this.child.on('close', () => (this.child.isOver = true));
		await until('the mail server to be ready', () => {
			if (this.child.isOver) throw new Error(`the mail server ended: ${wrong}`);
			return said.includes('ready');
		});
	}

	async end() {
		if (!this.child.isOver) this.child.kill('SIGKILL');
		await this.exit;
	}

	/** Lets slow@ be answered. */
	go() {
		writeFileSync(join(this.dir, 'taken', 'go'), '');
	}

	/** The messages, oldest first: { raw, headers: { name: value }, from, to }. */
	taken() {
		const folder = join(this.dir, 'taken');
		if (!existsSync(folder)) return [];
		return readdirSync(folder).filter((name) => name.endsWith('.eml')).sort().map((name) => {
			const raw = readFileSync(join(folder, name), 'utf8');
			const headers = {};
			for (const line of raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ').split('\r\n')) headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 1).trim();
			return { raw, headers, from: headers['x-from'], to: headers['x-to'] };
		});
	}

	/** Waits until so many were taken. */
	async arrived(n) {
		await until(`${n} mails to arrive`, () => this.taken().length >= n);
		return this.taken();
	}
}

export async function mailServer(t, args = []) {
	const dir = mkdtempSync(join(process.env.HOSPES_TEST_SCRATCH ?? tmpdir(), 'mail-'));
	const server = new MailServer(dir, await freePort(), args);
	await server.begin();
	atEnd(t, async () => {
		await server.end();
		rmSync(dir, { recursive: true, force: true });
	});
	return server;
}

/** A certificate of the loopback by an authority of its own: { files: [cert, key], authority: PEM }. */
export function certificate(dir) {
	const cert = join(dir, 'mail.crt'), key = join(dir, 'mail.key');
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	return { files: [cert, key], authority: readFileSync(cert, 'utf8') };
}

/** The parts of a message as text: { text, html }, decoded by Python's own parser: another pair of eyes than ours. */
export function decoded(raw) {
	const script = 'import email,email.policy,json,sys\nm=email.message_from_bytes(sys.stdin.buffer.read(),policy=email.policy.default)\n'
		+ 'print(json.dumps({"subject":m["subject"],"from":str(m["from"]),"to":str(m["to"]),"type":m.get_content_type(),"text":m.get_body(("plain",)).get_content(),"html":m.get_body(("html",)).get_content()}))';
	return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], { input: raw }).toString());
}

/** The settings of a server, as the API takes them. */
export const settingsOf = (server, more = {}) => ({ host: '127.0.0.1', port: String(server.port), security: 'none', sender: 'cx@example.com', sender_name: 'Harbour Lane', address: 'https://cx.example.com', ...more });
