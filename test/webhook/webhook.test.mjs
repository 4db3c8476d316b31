// Outgoing webhooks: signed as Standard Webhooks 1.0.0 says (checked by the standard's own library), tried until taken under one id,
// over a receiver that is down and a server that is killed; a new secret beside the old; 410; redirects and the inside refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd, freePort, start, until } from '../lib/hospes.mjs';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** By the library of the standard itself: what was said, or an exception. */
function verify(secret, headers, body) {
	const { length } = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	assert.ok(length >= 24 && length <= 64, 'which the library takes at any length');
	return new Webhook(secret).verify(body, headers);
}

/** An endpoint that answers as `says` tells: a status, or headers to send with one. */
class Receiver {
	constructor(port) {
		Object.assign(this, { port, got: [], status: 200, headers: {} });
	}

	begin() {
		this.server = createServer((request, answer) => {
			const chunks = [];
			request.on('data', (chunk) => chunks.push(chunk));
			request.on('end', () => {
				this.got.push({ path: request.url, method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() });
				answer.writeHead(this.status, this.headers).end('said');
			});
		});
		return new Promise((done) => this.server.listen(this.port, '127.0.0.1', done));
	}

	end() {
		this.server.closeAllConnections?.();
		return new Promise((done) => this.server.close(done));
	}
}

async function ready(t, env = { HOSPES_FETCH_INSIDE: '1' }) {
	const w = await start(t, { env });
	const secret = await w.key('secret', '--role', 'owner'), write = await w.key('write', '--consent', 'assured');
	const send = async (path, body = {}) => {
		const answer = await w.send(path, body, secret);
		assert.ok(answer.status < 400, `${path}: ${answer.status} ${answer.text}`);
		return answer.body;
	};
	const receiver = new Receiver(await freePort());
	await receiver.begin();
	atEnd(t, () => receiver.end());
	const url = `http://127.0.0.1:${receiver.port}/hook`;
	const page = async (id) => (await w.get(`/settings/webhooks/${id}`, secret)).body;
	return { w, secret, write, send, receiver, url, page, env };
}
const arrived = async (receiver, n) => { await until(`${n} messages`, () => receiver.got.length >= n); return receiver.got; };

test('a message is signed, arrives, is logged and can be sent again; a new secret signs beside the old', async (t) => {
	const { w, secret, send, receiver, url, page } = await ready(t);
	const refused = await w.send('/settings/webhooks', { name: '', url: 'ftp://x', types: ['alert.raised', 'no.such'] }, secret);
	assert.deepEqual([refused.status, refused.body.faults.map((fault) => fault.field).sort()], [422, ['name', 'types', 'url']]);
	const made = await send('/settings/webhooks', { name: 'Chat', url, types: ['alert.raised'] });
	const id = made.endpoint.id, first = made.new_secret;
	assert.match(first, /^whsec_[A-Za-z0-9+/]{43}=$/);
	assert.ok(!JSON.stringify(await page(id)).includes(first), 'the secret is told once');
	await send(`/settings/webhooks/${id}/test`);
	const [test_] = await arrived(receiver, 1);
	assert.deepEqual([test_.method, test_.path, test_.headers['content-type']], ['POST', '/hook', 'application/json']);
	const said = verify(first, test_.headers, test_.body);
	assert.deepEqual([said.type, said.data], ['webhook.test', { by: 'key' }]);
	assert.ok(Date.parse(said.timestamp));
	const [row] = await until('the log', async () => { const { log } = await page(id); return log[0]?.state === 'delivered' && log; });
	assert.deepEqual([row.message, row.status, row.tries], [test_.headers['webhook-id'], 200, 1]);
	await send(`/settings/webhooks/${id}/messages/${row.message}/resend`);
	const [, again] = await arrived(receiver, 2);
	assert.equal(again.headers['webhook-id'], test_.headers['webhook-id']);
	const second = (await send(`/settings/webhooks/${id}/rotate`)).new_secret;
	assert.notEqual(second, first);
	await send(`/settings/webhooks/${id}/test`);
	const [, , both] = await arrived(receiver, 3);
	assert.equal(both.headers['webhook-signature'].split(' ').length, 2);
	for (const each of [first, second]) verify(each, both.headers, both.body);
	assert.throws(() => verify(first, both.headers, `${both.body} `), /No matching signature/);
	assert.throws(() => verify(second, test_.headers, test_.body), /No matching signature/, 'the second secret did not sign the first message');

	receiver.status = 302;
	receiver.headers = { location: `http://127.0.0.1:${receiver.port}/elsewhere` };
	await send(`/settings/webhooks/${id}/test`);
	await until('a refused redirect', async () => (await page(id)).log[0].status === 302);
	assert.ok(receiver.got.every((each) => each.path === '/hook'), 'a redirect is not followed');
	await send(`/settings/webhooks/${id}/off`);
	Object.assign(receiver, { status: 410, headers: {} });
	await send(`/settings/webhooks/${id}/on`);
	await send(`/settings/webhooks/${id}/test`);
	await until('410 to switch it off', async () => !(await page(id)).endpoint.is_on);
	assert.equal((await page(id)).endpoint.says.key, 'webhook_off_gone');
	await send(`/settings/webhooks/${id}`, { name: 'Chat 2', url, types: ['alert.raised', 'followup.closed'] });
	await send(`/settings/webhooks/${id}/remove`);
	assert.equal((await w.get('/settings/webhooks', secret)).body.rows.length, 0);
	await send(`/settings/webhooks/${id}/restore`);
	assert.equal((await w.get('/settings/webhooks', secret)).body.rows[0].name, 'Chat 2');
	assert.equal((await w.get('/settings/webhooks', await w.key('secret', '--role', 'analyst'))).status, 403);
});

test('addresses of the inside are refused', async (t) => {
	const { w, secret, url } = await ready(t, {});
	const refused = await w.send('/settings/webhooks', { name: 'Inside', url, types: ['alert.raised'] }, secret);
	assert.deepEqual([refused.status, refused.body.form.url.error.key], [422, 'webhook_fault_inside']);
});

test('nothing is lost or told twice while the receiver is down and the server is killed', async (t) => {
	const { w, secret, write, send, receiver, url, page, env } = await ready(t);
	const made = await send('/settings/webhooks', { name: 'Tool', url, types: ['alert.raised', 'alert.cleared', 'followup.opened', 'followup.closed', 'survey.answered'] }), id = made.endpoint.id;
	await receiver.end();
	await w.post('/v1/batch', { batch: Array.from({ length: 12 }, (_, i) => ({ type: 'track', userId: `r${i}`, event: 'Survey Answered', properties: { survey_id: 's', question_id: 'recommend', type: 'nps', number: 2, scale: [0, 10] } })) }, write);
	await send('/follow-ups/rules/fur_0000000000004/on');
	await w.post('/v1/track', { userId: 'ada', event: 'Complaint Made', properties: { text: 'The engine of Ada Whitcombe rattles' } }, write);
	await w.applied();
	const followup = (await w.get('/follow-ups', secret)).body.rows[0];
	await send(`${followup.address}/close`, { outcome: 'solved', text: 'Mended' });
	await send('/alerts/rules', { figure: 'nps|recommend', condition: 'below', limit: '20' });
	await until('all to wait', async () => (await page(id)).endpoint.waiting === 15);
	await until('a failed try', async () => (await page(id)).log.some((row) => row.tries > 0));
	assert.equal((await page(id)).endpoint.says.key, 'webhook_failing');
	await w.keepHits();
	await w.stop('SIGKILL');
	await receiver.begin();
	await w.serve({ env });
	const { log } = await page(id);
	for (const row of log) await send(`/settings/webhooks/${id}/messages/${row.message}/resend`); // rather than wait for the next try
	await until('all to be delivered', async () => (await page(id)).log.every((row) => row.state === 'delivered'));
	const messages = new Map(receiver.got.map((each) => [each.headers['webhook-id'], verify(made.new_secret, each.headers, each.body)]));
	assert.deepEqual([...messages.keys()].sort(), log.map((row) => row.message).sort(), 'each under the id that it had');
	const types = [...messages.values()].map((each) => each.type);
	assert.deepEqual(['alert.raised', 'followup.opened', 'followup.closed', 'survey.answered'].map((type) => types.filter((each) => each === type).length), [1, 1, 1, 12]);
	const alert = [...messages.values()].find((each) => each.type === 'alert.raised').data;
	assert.deepEqual([alert.value, alert.n, alert.limit, alert.says.key], [-100, 12, 20, 'alert_says_below']);
	const [rule] = (await w.get('/alerts/rules', secret)).body.rows;
	await send(rule.address, { figure: 'nps|recommend', condition: 'below', limit: '-150', calm_hours: '0' });
	const cleared = await until('the alert to be over', async () => {
		await send(`${rule.address}/check`);
		return receiver.got.find((each) => each.body.includes('alert.cleared'));
	});
	assert.equal(verify(made.new_secret, cleared.headers, cleared.body).data.id, alert.id);
	assert.ok(receiver.got.every((each) => !/Whitcombe|ada/.test(each.body)), 'no word of a customer');
});
