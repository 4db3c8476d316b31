// Surveys on other sites, as the server sees it: sites and their addresses, who may use a key, whom the policy and the share let be
// asked, what is counted; the frame without cookies; the trial of which nothing is kept; the size of the script.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { forms, Session, start, timeline, until, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('surveys on sites', () => {
	const end = untilEnd(after), SHOP = 'https://shop.example.com';
	const good = { id: 'good', type: 'boolean', is_required: true, text: 'Good?' };
	let w, secret, surveys, key, proofs;
	const fine = (answer) => assert.ok(answer.status < 400, `${answer.status} ${answer.text}`);
	const call = async (path, { origin = SHOP, body, method } = {}) => {
		const answer = await w.fetch(`/site/${key}${path}`, { method: method ?? (body ? 'POST' : 'GET'), body: body && JSON.stringify(body), headers: { accept: 'application/json', ...(origin && { origin }), ...(body && { 'content-type': 'text/plain;charset=UTF-8' }) } });
		return { status: answer.status, headers: answer.headers, body: await answer.json().catch(() => null) };
	};
	const show = async (address, rules = {}) => { const answer = await surveys.send(`${address}/on-site`, { site: key, is_on: true, ...rules }); fine(answer); };
	const id = (address) => address.split('/').pop();
	const ask = async (address, more = {}) => (await call('/ask', { body: { survey: id(address), ...more } })).body;
	const named = (user) => ({ user, proof: createHmac('sha256', proofs).update(user).digest('hex') });
	const funnel = async (address) => (await surveys.read(`${address}/invitations`)).funnel;
	const counts = async (address) => (await funnel(address)).steps.map(({ customers }) => customers);

	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner');
		surveys = new Surveys(w, secret);
		fine(await surveys.send('/settings/contact', { quiet_from: '00:00', quiet_to: '00:00', gap_days: '7', wait_days: '0' }));
		fine(await surveys.send('/settings/sites', { name: 'Shop', origins: 'Shop.Example.com/\n\nhttps://*.shop.example.org\nhttp://127.0.0.1:8080' }));
		const [site] = (await surveys.read('/settings/sites')).rows;
		[key, proofs] = [site.id, site.secret];
		assert.equal(site.origins, `${SHOP}\nhttps://*.shop.example.org\nhttp://127.0.0.1:8080`);
		assert.match(site.script, new RegExp(`^<script async src="http://[^"]+/hospes\\.js" data-key="${key}"></script>$`));
		const write = await w.key('write');
		for (const user of ['kim', 'tom', 'una', 'vic']) await w.post('/v1/identify', { userId: user, traits: { name: user } }, write);
		await w.applied();
	});

	test('the script is small, may be included anywhere, and asks for nothing else', async () => {
		const answer = await w.fetch('/hospes.js'), text = await answer.text();
		assert.match(answer.headers.get('content-type'), /javascript/);
		assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
		assert.equal(answer.headers.get('set-cookie'), null);
		const bytes = gzipSync(text, { level: 9 }).length;
		assert.ok(bytes > 1000 && bytes < 15_000, `${bytes} bytes compressed`);
		assert.doesNotMatch(text.replace(/^\s*\/\*[\s\S]*?\*\//, ''), /https?:\/\//);
	});

	test('addresses that are none are refused by name; sites are changed, removed and brought back', async () => {
		for (const wrong of ['https://shop.example.com/cart', 'ftp://shop.example.com', '*', 'https://*', "https://shop.example.com; script-src 'unsafe-inline'", 'https://a b', 'https://x:99999', '']) {
			const answer = await surveys.send('/settings/sites', { name: 'X', origins: wrong });
			assert.deepEqual([answer.status, answer.body.faults.map((fault) => fault.field)], [422, ['origins']], wrong);
		}
		fine(await surveys.send('/settings/sites', { name: 'Second', origins: 'https://two.example.com' }));
		const second = (await surveys.read('/settings/sites')).rows.find((row) => row.name === 'Second');
		fine(await surveys.send(second.address, { name: 'Two', origins: 'https://two.example.com:8443' }));
		fine(await surveys.send(`${second.address}/remove`));
		assert.equal((await w.fetch(`/site/${second.id}`, { headers: { accept: 'application/json' } })).status, 404);
		fine(await surveys.send(`${second.address}/restore`));
		assert.deepEqual((await surveys.read('/settings/sites')).rows.map((row) => [row.name, row.origins.split('\n').pop()]), [['Shop', 'http://127.0.0.1:8080'], ['Two', 'https://two.example.com:8443']]);
		const agent = await w.key('secret', '--role', 'analyst'), seen = (await w.get('/settings/sites', agent)).body;
		assert.deepEqual([seen.may_write, seen.rows[0].secret], [false, null]);
	});

	test('a key holds for pages of its addresses alone; a refusal may be read, so that the script can say why', async () => {
		for (const origin of [SHOP, 'https://a.shop.example.org', 'http://127.0.0.1:8080', w.address, null]) {
			const answer = await call('?lang=fa-IR', { origin });
			assert.deepEqual([answer.status, answer.body.lang, answer.body.dir], [200, 'fa', 'rtl'], origin);
			assert.equal(answer.headers.get('access-control-allow-origin'), origin);
			assert.equal(answer.headers.get('access-control-allow-credentials'), null);
			assert.equal(answer.headers.get('set-cookie'), null);
		}
		for (const origin of ['http://shop.example.com', 'https://shop.example.com.evil.example', 'https://shop.example.org', 'https://evilshop.example.org', 'null']) {
			const answer = await call('', { origin });
			assert.equal(answer.status, 403, origin);
			assert.match(answer.body.detail, /is not among the addresses of this site/);
			assert.equal(answer.headers.get('access-control-allow-origin'), origin === 'null' ? null : origin);
		}
		assert.equal((await w.fetch('/site/sit_0000000000000', { headers: { origin: SHOP, accept: 'application/json' } })).headers.get('access-control-allow-origin'), SHOP);
	});

	test('rules that cannot work are refused, field by field', async () => {
		const { address } = await surveys.open('Rules', [good]);
		const wrong = await surveys.send(`${address}/on-site`, { site: key, kind: 'banner', starts: 'event', places: 'checkout', scroll_pct: '0', delay_s: 'x', percent: '101', gap_days: '-1' });
		assert.equal(wrong.status, 422);
		assert.deepEqual(wrong.body.faults.map((fault) => fault.field).sort(), ['delay_s', 'event', 'gap_days', 'kind', 'percent', 'places', 'scroll_pct']);
		assert.equal((await surveys.send(`${address}/on-site`, { is_on: true })).body.faults[0].field, 'site');
		assert.equal((await surveys.send(`${address}/on-site`, { site: 'sit_0000000000000', is_on: true })).status, 422);
		assert.equal((await w.get(`${address}/on-site/preview`, secret)).status, 409);
		await show(address, { kind: 'inline', places: '/a\n/b/*', starts: 'scroll', scroll_pct: '75', gap_days: '30' });
		const page = await surveys.read(`${address}/on-site`);
		assert.deepEqual([page.is_shown, page.element], [true, `<div data-hospes-survey="${id(address)}"></div>`]);
		const [shown] = (await call('')).body.surveys.filter((each) => each.survey === id(address));
		assert.deepEqual(shown, { survey: id(address), kind: 'inline', places: '/a\n/b/*', starts: 'scroll', event: '', scroll_pct: 75, delay_s: 10, gap_days: 30 });
		fine(await surveys.send(`${address}/close`));
		assert.deepEqual((await call('')).body.surveys.filter((each) => each.survey === id(address)), []);
		assert.match((await surveys.read(`${address}/on-site`)).why_not.text, /waits until the survey is open/);
		assert.deepEqual(await ask(address), { path: null });
	});

	test('a visitor without a name answers in a frame without a cookie; each step is counted, and only the share is asked', async () => {
		const { address } = await surveys.open('Visitors', [good]);
		assert.equal((await call('/ask', { body: { survey: id(address) } })).status, 404, 'it is on no site yet');
		await show(address);
		const { path } = await ask(address);
		assert.equal(path, `/site/${key}/s/${id(address)}`);
		const guest = new Session(w), answer = await guest.get(`${path}?lang=fa&theme=dark`), text = await answer.text();
		assert.equal(answer.headers.get('set-cookie'), null);
		assert.match(answer.headers.get('content-security-policy'), /frame-ancestors 'self' https:\/\/shop\.example\.com https:\/\/\*\.shop\.example\.org http:\/\/127\.0\.0\.1:8080;/);
		assert.match(text, /<html lang="fa" dir="rtl" class="theme-dark/);
		const form = forms(text).find((each) => each.action.startsWith(path));
		assert.equal(form.action, `${path}?lang=fa&theme=dark`);
		for (const step of ['opened', 'started']) assert.equal((await w.fetch(`${path}/steps/${step}`, { method: 'POST' })).status, 204);
		assert.equal((await w.fetch(`${path}/steps/looked`, { method: 'POST' })).status, 404);
		const send = () => w.fetch(form.action, { method: 'POST', redirect: 'manual', headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', origin: 'null' }, body: new URLSearchParams({ ...form.fields, 'answers[0].value': 'true' }) });
		const sent = await send();
		assert.deepEqual([sent.status, sent.headers.get('location'), sent.headers.get('set-cookie')], [303, `${path}?lang=fa&theme=dark&done=1`, null]);
		assert.equal((await send()).status, 303, 'the same again changes nothing');
		assert.deepEqual(await counts(address), [1, 1, 1, 1, 1, 1, 1]);
		assert.deepEqual((await funnel(address)).steps.map(({ visitors }) => visitors), [1, 1, 1, 1, 1, 1, 1]);
		await show(address, { percent: '1' });
		for (let i = 0; i < 60; i++) await ask(address);
		const [eligible, sampled] = await counts(address);
		assert.equal(eligible, 61);
		assert.ok(sampled < 15, `${sampled} of 61 at one per cent`);
	});

	test('one address cannot be asked, nor inflate what is counted, without end; customers are asked all the same', async () => {
		const { address } = await surveys.open('Flood', [good]), MOST = 300, MORE = 20;
		const often = async (n, go) => { const answers = []; for (let i = 0; i < n; i += 20) answers.push(...await Promise.all(Array.from({ length: 20 }, go))); return answers; };
		await show(address);
		const asked = await often(MOST + MORE, () => call('/ask', { body: { survey: id(address) } })), refused = asked.filter(({ status }) => status === 429);
		assert.equal(refused.length, MORE);
		assert.deepEqual([refused[0].headers.get('retry-after') > 0, refused[0].headers.get('access-control-allow-origin')], [true, SHOP]);
		const { path } = asked.find(({ status }) => status === 200).body;
		for (const { status } of await often(MOST + MORE, () => w.fetch(`${path}/steps/opened`, { method: 'POST' }))) assert.equal(status, 204);
		assert.deepEqual(await counts(address), [MOST, MOST, MOST, MOST, MOST, 0, 0]);
		assert.equal((await w.fetch(`/site/${key}/ask`, { method: 'POST', body: JSON.stringify({ survey: id(address) }), headers: { accept: 'application/json', origin: SHOP, 'x-forwarded-for': '203.0.113.9' } })).status, 200, 'from another address');
		assert.match((await ask(address, named('vic'))).path, /cus_/);
	});

	test('a customer whom the site proves is asked by the contact policy, once, and the answer is theirs', async () => {
		const { address } = await surveys.open('Named', [good]), { address: second } = await surveys.open('Second', [good]);
		await show(address);
		await show(second);
		assert.deepEqual([(await call('/ask', { body: { survey: id(address), user: 'kim', proof: named('tom').proof } })).status, (await call('/ask', { body: { survey: id(address), user: 'kim' } })).status], [403, 403]);
		const [{ path }, together] = await Promise.all([ask(address, named('kim')), ask(address, named('kim'))]).then((both) => both.sort((a) => (a.path ? -1 : 1)));
		assert.match(path, new RegExp(`^/site/${key}/s/${id(address)}\\.cus_`));
		assert.equal(together.path, null, 'two pages at once ask once');
		const text = await (await w.fetch(path, { headers: { accept: 'text/html' } })).text(), form = forms(text).find((each) => each.action === path);
		assert.equal((await w.fetch(`${path}/steps/opened`, { method: 'POST' })).status, 204);
		assert.equal((await w.fetch(path, { method: 'POST', redirect: 'manual', headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ...form.fields, 'answers[0].value': 'false' }) })).status, 303);
		assert.deepEqual(await counts(address), [1, 1, 1, 1, 1, 1, 1]);
		assert.deepEqual((await funnel(address)).steps.map(({ visitors }) => visitors), [0, 0, 0, 0, 0, 0, 0]);
		await until('the steps on the time line', async () => {
			const events = timeline(await w.customer('user_id:kim', secret)).map((each) => each.event);
			return ['Survey Sent', 'Survey Opened', 'Survey Started', 'Survey Answered', 'Survey Completed'].every((event) => events.includes(event));
		});
		assert.deepEqual([(await ask(address, named('kim'))).path, (await ask(second, named('kim'))).path], [null, null]);
		assert.deepEqual((await funnel(second)).reasons.map(({ reason, customers }) => [reason, customers]), [['gap', 1]]);
		const nobody = await ask(address, named('nobody-knows'));
		assert.equal(nobody.path, `/site/${key}/s/${id(address)}`, 'somebody unknown is a visitor');
		const anonymous = await surveys.open('Anonymous', [good], {}, { is_anonymous: true });
		await show(anonymous.address);
		assert.equal((await ask(anonymous.address, named('tom'))).path, `/site/${key}/s/${id(anonymous.address)}`);
	});

	test('a draft is tried on a page of ours, and nothing is kept of it', async () => {
		const { address } = await surveys.make('Draft', [good]);
		await show(address);
		const answer = await w.fetch(`${address}/on-site/preview`, { headers: { authorization: `Bearer ${secret}`, accept: 'application/json' } }), { trial } = await answer.json();
		const text = await (await w.fetch(trial, { headers: { accept: 'text/html' } })).text(), form = forms(text).find((each) => each.action === trial);
		assert.ok(form && !/data-steps|data-keeps/.test(text));
		const sent = await w.fetch(trial, { method: 'POST', redirect: 'manual', headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ ...form.fields, 'answers[0].value': 'true' }) });
		assert.equal(sent.status, 303);
		assert.match(await (await w.fetch(sent.headers.get('location'), { headers: { accept: 'text/html' } })).text(), /Thank you/);
		for (const other of [trial.replace(/trial=(.)/, (_whole, first) => `trial=${first === '_' ? 'a' : '_'}`), trial.replace(`/site/${key}`, ''), trial.split('?')[0]]) assert.equal((await w.fetch(other, { headers: { accept: 'text/html' } })).status, 404, other);
		assert.deepEqual([(await surveys.read(address)).submissions, await counts(address)], [0, [0, 0, 0, 0, 0, 0, 0]]);
	});
});
