// TLS by option: what browsers are told, what is spoken and what is not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepare, start } from '../lib/hospes.mjs';

/** A certificate for the loopback, signed by itself. */
function certify(dir) {
	const key = join(dir, 'key.pem'), cert = join(dir, 'cert.pem');
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=hospes', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
	return { key, cert, ca: readFileSync(cert) };
}

/** One request on a connection of its own. → { status, headers, protocol } */
const ask = (url, options, by = request) => new Promise((done, fail) => {
	const asked = by(url, { agent: false, ...options }, (answer) => {
		answer.resume();
		answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, protocol: answer.socket.getProtocol?.() }));
	});
	asked.on('error', fail);
	asked.end();
});

test('over TLS browsers are told to stay with it, and cookies are for it alone', async (t) => {
	const hospes = await prepare(t);
	const { key, cert, ca } = certify(hospes.dir);
	await hospes.serve({ scheme: 'https', args: ['--tls-cert', cert, '--tls-key', key], ask: async (url) => (await ask(url, { ca })).status });
	for (const path of ['/sign-in', '/health', '/no-such-page', '/pulse']) {
		const { headers } = await ask(hospes.address + path, { ca });
		assert.ok(Number(/max-age=(\d+)/.exec(headers['strict-transport-security'])?.[1]) >= 31_536_000, path);
	}
	const page = await ask(`${hospes.address}/sign-in`, { ca });
	assert.equal(page.status, 200);
	assert.equal(page.protocol, 'TLSv1.3');
	for (const cookie of page.headers['set-cookie'] ?? []) assert.match(cookie, /;\s*Secure/i);
	assert.ok(page.headers['set-cookie']?.length, 'the form has its cookie');
	assert.match(hospes.output, /https:\/\/127\.0\.0\.1:\d+\/start\//);

	await assert.rejects(ask(`${hospes.address}/health`, { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }), 'an old protocol is not spoken');
	await assert.rejects(ask(`http://127.0.0.1:${hospes.port}/health`, {}, plainRequest), 'nor is plain text');
	assert.equal((await ask(`${hospes.address}/health`, { ca })).status, 200, 'and it lives on');
});

test('without TLS nothing is said of it', async (t) => {
	const hospes = await start(t);
	const answer = await hospes.fetch('/sign-in', { headers: { accept: 'text/html' } });
	assert.equal(answer.headers.get('strict-transport-security'), null);
});

test('a key that is not there is named', async (t) => {
	const hospes = await prepare(t);
	const { cert } = certify(hospes.dir);
	const started = await hospes.cli(['serve', '--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', join(hospes.dir, 'absent.pem')]);
	assert.equal(started.code, 1);
	assert.match(started.stderr, /tls_key/);
});
