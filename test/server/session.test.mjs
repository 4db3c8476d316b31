// Signing in and what protects it: roles, CSRF, fixation, guessing, headers, keys.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { forms, Session, start, untilEnd } from '../lib/hospes.mjs';

describe('sessions', () => {
	const end = untilEnd(after);
	let hospes;
	const people = {};
	before(async () => {
		hospes = await start(end);
		for (const role of ['owner', 'manager', 'analyst', 'agent']) people[role] = await hospes.addUser(`${role}@example.com`, role, `a long password of the ${role}`);
	});
	const enter = (role) => hospes.signIn(people[role].email, people[role].password);

	test('each role opens what its work needs and nothing else', async () => {
		const may = { '/pulse': ['owner', 'manager', 'analyst', 'agent'], '/customers': ['owner', 'manager', 'agent'], '/settings': ['owner', 'manager'] };
		for (const role of Object.keys(people)) {
			const session = await enter(role);
			for (const path of ['/pulse', '/customers', '/products', '/settings']) {
				const { status } = await session.get(path);
				assert.ok([200, 403].includes(status), `${role} ${path} → ${status}`);
				if (role === 'owner') assert.equal(status, 200, path);
				if (may[path]?.includes(role) && path === '/customers') assert.equal(status, 200, `${role} ${path}`);
			}
		}
	});

	test('no role is shown a place or a tab that is closed to it', async () => {
		for (const role of Object.keys(people)) {
			const session = await enter(role);
			for (const path of ['/customers', '/settings', '/pulse', '/sources']) {
				const page = await session.get(path);
				if (page.status === 403) continue;
				const links = [...(await page.text()).matchAll(/<nav[^>]*>[^]*?<\/nav>/g)].flatMap(([nav]) => [...nav.matchAll(/href="(\/[^"?#]*)"/g)].map(([, href]) => href));
				assert.ok(links.length > 1, `${role} ${path}`);
				for (const href of new Set(links)) assert.notEqual((await session.get(href)).status, 403, `${role} sees ${href} on ${path}`);
			}
		}
	});

	test('the cookie is HttpOnly, SameSite and new at sign-in; one planted before is worth nothing', async () => {
		const session = new Session(hospes);
		const page = await session.get('/sign-in');
		const before = new Map(session.cookies);
		const answer = await session.submit(await page.text(), { email: people.owner.email, password: people.owner.password });
		assert.equal(answer.status, 303);
		const set = answer.headers.getSetCookie();
		assert.ok(set.some((cookie) => /httponly/i.test(cookie) && /samesite=(lax|strict)/i.test(cookie)), set.join('\n'));
		const planted = new Session(hospes);
		planted.cookies = before;
		assert.notEqual((await planted.get('/customers')).status, 200);
	});

	test('a form without its token, or from another site, changes nothing', async () => {
		const session = await enter('owner');
		const page = await (await session.get('/settings')).text();
		const form = forms(page).find((each) => each.method === 'POST' && each.action.startsWith('/settings'));
		assert.ok(form, 'the settings hold a form');
		const [name, token] = Object.entries(form.fields).find(([name]) => /^_?csrf$/.test(name)) ?? [];
		assert.ok(token, 'forms carry a token');
		const { [name]: _, ...rest } = form.fields;
		for (const fields of [rest, { ...rest, [name]: 'x'.repeat(token.length) }]) assert.equal((await session.post(form.action, fields)).status, 403);
		const foreign = await session.request(form.action, { method: 'POST', headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(rest).toString() });
		assert.equal(foreign.status, 403);
	});

	test('pages carry strict security headers', async () => {
		const session = await enter('owner');
		for (const path of ['/sign-in', '/pulse', '/no-such-page']) {
			const { headers } = await session.get(path);
			const policy = headers.get('content-security-policy') ?? '';
			assert.match(policy, /default-src 'none'|default-src 'self'/, path);
			assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*/, path);
			assert.match(policy, /frame-ancestors 'none'/, path);
			assert.match(policy, /form-action 'self'/, path);
			assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
			assert.ok(headers.get('referrer-policy'), path);
		}
		assert.match((await session.get('/customers')).headers.get('cache-control'), /no-store|private/);
	});

	test('signing out ends the session on the server', async () => {
		const session = await enter('manager');
		const stolen = new Session(hospes);
		stolen.cookies = new Map(session.cookies);
		const page = await (await session.get('/pulse')).text();
		const form = forms(page).find((each) => /sign-out/.test(each.action));
		assert.ok(form, 'every page has a way out');
		assert.equal((await session.post(form.action, form.fields)).status, 303);
		assert.notEqual((await stolen.get('/pulse')).status, 200);
	});

	test('guessing is slowed down, whoever guesses, and says when to come back', async () => {
		const victim = await hospes.addUser('victim@example.com', 'agent', 'the password of the victim');
		let answer;
		for (let i = 0; i < 30; i++) {
			const session = new Session(hospes);
			const page = await (await session.get('/sign-in')).text();
			answer = await session.submit(page, { email: victim.email, password: `guess ${i}` });
			if (answer.status === 429) break;
			assert.ok([401, 403, 422].includes(answer.status), String(answer.status));
		}
		assert.equal(answer.status, 429);
		assert.ok(Number(answer.headers.get('retry-after')) > 0);
	});

	test('a made-up e-mail is answered as a wrong password is', async () => {
		const say = async (email) => {
			const session = new Session(hospes);
			const answer = await session.submit(await (await session.get('/sign-in')).text(), { email, password: 'not the password' });
			return [answer.status, (await answer.text()).replaceAll(email, 'E').replaceAll(/value="[^"]*"/g, '')];
		};
		assert.deepEqual(await say('nobody@example.com'), await say(people.analyst.email));
	});

	test('a secret key is a role; JSON comes at the same address; problems are problem+json', async () => {
		const secret = await hospes.key('secret');
		for (const path of ['/pulse', '/customers', '/products', '/sources', '/settings']) {
			const answer = await hospes.get(path, secret);
			assert.equal(answer.status, 200, path);
			assert.match(answer.headers.get('content-type'), /^application\/json/, path);
			assert.deepEqual(Object.keys((await hospes.get(`${path}.json`, secret)).body).sort(), Object.keys(answer.body).sort(), path);
		}
		const problem = await hospes.get('/no-such-page', secret);
		assert.equal(problem.status, 404);
		assert.match(problem.headers.get('content-type'), /^application\/problem\+json/);
		assert.equal(problem.body.status, 404);
		assert.equal((await hospes.get('/customers', `${secret}x`)).status, 401);
	});
});
