// A survey before anybody is asked: its preview, and the same survey as a file.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { forms, start, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('preview and file', () => {
	const end = untilEnd(after);
	let w, secret, owner, surveys;
	const words = (text, fa) => [{ lang: 'en', text, options: 'Price\nSpeed' }, { lang: 'fa', text: fa, options: 'قیمت\nسرعت' }];
	const questions = [
		{ id: 'score', type: 'nps', is_required: true, texts: words('Would you recommend us?', 'ما را پیشنهاد می‌کنید؟'), skips: [{ when: [{ question: 'score', test: 'at_least', value: '9' }], to: 'end' }] },
		{ id: 'what', type: 'choice', begins_page: true, is_shuffled: true, texts: words('What was it?', 'چه بود؟'), quotas: [{ value: '2', most: 10 }] },
		{ id: 'why', type: 'text', show_if: [{ question: 'what', test: 'is', value: '1' }], texts: words('Why {answer:what|that}?', 'چرا؟') },
	];
	const limits = { opens_on: '2011-03-01', closes_on: '2031-03-31', most: 500, is_shuffled: true };
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'manager');
		surveys = new Surveys(w, secret);
		await w.addUser('owner@example.com', 'owner', 'the long password of the owner');
		owner = await w.signIn('owner@example.com', 'the long password of the owner');
	});

	test('a draft is tried out in the language chosen, page by page to its end, and nothing is kept', async () => {
		const { address } = await surveys.make('Draft', questions, limits);
		const page = `${address}/preview?lang=fa`, first = await owner.get(page), text = await first.text();
		assert.equal(first.status, 200);
		assert.match(first.headers.get('content-security-policy'), /frame-ancestors 'self'/);
		assert.match(text, /<html lang="fa" dir="rtl"/);
		assert.match(text, /ما را پیشنهاد می‌کنید؟/);
		const missing = await owner.post(page, { ...forms(text).find((form) => form.action === page).fields, 'answers[0].value': '' });
		assert.equal(missing.status, 422);
		const second = await (await owner.post(page, { ...forms(text).find((form) => form.action === page).fields, 'answers[0].value': '3' })).text();
		assert.match(second, /چه بود؟/);
		const third = await (await owner.post(page, { ...forms(second).find((form) => form.action === page).fields, 'answers[1].value': '1' })).text();
		assert.match(third, /چرا؟/);
		const end_ = await (await owner.post(page, { ...forms(third).find((form) => form.action === page).fields, go: 'next' })).text();
		assert.match(end_, /سپاس|ممنون|متشکر/);
		assert.doesNotMatch(end_, /<textarea/);
		await w.applied();
		assert.equal((await surveys.read(address)).submissions, 0);
		assert.deepEqual(await surveys.kept(address), []);
		assert.equal((await owner.get(`${address}/preview?lang=xx`)).status, 422);
		assert.match(await (await owner.get(`${address}?lang=el`)).text(), new RegExp(`<iframe src="${address}/preview\\?lang=el"`));
		assert.equal((await surveys.guest().get(page)).status, 303, 'whoever is not signed in sees none');
	});

	test('a survey that goes out and comes in again is the same, as a draft with paused plans', async () => {
		const { address } = await surveys.make('Round trip', questions, limits);
		await surveys.send(`${address}/open`);
		const plan = { kind: 'touchpoint', channel: 'email', purpose: 'service', about: 'complaint', event: 'Complaint Made', condition: '{"name":"order_id","is":"A"}', delay_hours: 24 };
		const planned = await surveys.send(`${address}/plans`, plan);
		assert.ok(planned.status < 400, planned.text);
		const sent = await owner.get(`${address}/export`);
		assert.match(sent.headers.get('content-disposition'), /Round%20trip\.json/);
		const file = await sent.text(), brought = await surveys.send('/surveys/import', JSON.parse(file));
		assert.ok(brought.status < 400, brought.text);
		const rows = (await surveys.read('/surveys')).rows.filter((row) => row.name === 'Round trip');
		assert.equal(rows.length, 2);
		const copy = rows.find((row) => row.address !== address), [before_, after_] = await Promise.all([address, copy.address].map((each) => surveys.read(each)));
		assert.equal(after_.state, 'draft');
		assert.deepEqual(after_.definition, before_.definition);
		assert.deepEqual(after_.definition.questions.map((q) => q.texts.length), [2, 2, 2]);
		const { plans } = await surveys.read(`${copy.address}/invitations`);
		assert.deepEqual(plans.map((each) => each.state), ['paused']);
		assert.deepEqual(JSON.parse(await (await owner.get(`${copy.address}/export`)).text()), JSON.parse(file));
	});

	test('what is wrong with a file is said by its field, and nothing of it comes in', async () => {
		const { address } = await surveys.make('Whole', questions), file = JSON.parse(await (await owner.get(`${address}/export`)).text());
		const n = (await surveys.read('/surveys')).rows.length;
		const wrong = async (change) => {
			const copy = structuredClone(file);
			change(copy);
			const { status, body } = await surveys.send('/surveys/import', copy);
			return [status, body.errors?.[0].field];
		};
		assert.deepEqual(await wrong((x) => { x.format = 'other'; }), [422, 'format']);
		assert.deepEqual(await wrong((x) => { x.format_version = 2; }), [422, 'format_version']);
		assert.deepEqual(await wrong((x) => { x.name = ' '; }), [422, 'name']);
		assert.deepEqual(await wrong((x) => { x.definition.questions[1].type = 'dance'; }), [422, 'definition.questions[1].type']);
		assert.deepEqual(await wrong((x) => { x.definition.questions[1].id = 'score'; }), [422, 'definition.questions[1].id']);
		assert.deepEqual(await wrong((x) => { x.definition.questions = []; }), [422, 'definition.questions']);
		assert.deepEqual(await wrong((x) => { x.plans = [{ kind: 'touchpoint', event: 'Order Completed', channel: 'owl' }]; }), [422, 'plans[0].channel']);
		assert.deepEqual(await wrong((x) => { x.plans = [{ kind: 'sample', segment: 'seg_0000000000001', size: 9 }]; }), [422, 'plans[0].segment']);
		assert.deepEqual(await wrong((x) => { x.surprise = 1; }), [422, 'surprise']);
		const form = new FormData(), page = await (await owner.get('/surveys')).text();
		form.set('csrf', forms(page).find((each) => each.action === '/surveys/import').fields.csrf);
		form.set('file', new Blob(['{"format":"hospes-survey",']), 'cut.json');
		const refused = await owner.get('/surveys/import', { method: 'POST', body: form });
		assert.equal(refused.status, 422);
		assert.match(await refused.text(), /is no JSON/);
		assert.equal((await surveys.read('/surveys')).rows.length, n);
	});
});
