// Surveys: begun, worded, opened, answered by link, and counted.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { forms, start, timeline, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('surveys', () => {
	const end = untilEnd(after);
	let w, secret, owner, surveys;
	const send = (...all) => surveys.send(...all), read = (...all) => surveys.read(...all), begin = (...all) => surveys.begin(...all), answer = (...all) => surveys.answer(...all), guest = () => surveys.guest();
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner').catch(() => w.key('secret'));
		surveys = new Surveys(w, secret);
		await w.addUser('owner@example.com', 'owner', 'the long password of the owner');
		owner = await w.signIn('owner@example.com', 'the long password of the owner');
		await w.post('/v1/identify', { type: 'identify', userId: 'kim-1', traits: { name: 'Kim' } }, await w.key('write'));
	});

	test('a template stands ready in five languages, is opened, answered once a submission, and counted', async () => {
		const address = await begin('relationship'), draft = await read(address);
		assert.deepEqual(draft.languages.map((each) => each.is_whole), [true, true, true, true, true]);
		assert.equal(draft.state, 'draft');
		const path = new URL(draft.link).pathname;
		assert.equal((await guest().get(path)).status, 404, 'a draft asks nobody');
		assert.ok((await send(`${address}/open`)).status < 400);
		const first = await answer(path, { 'answers[0].value': '9', 'answers[1].value': 'Fast & <b>kind</b>', 'answers[2].value': 'true' });
		assert.deepEqual([first.status, first.location], [303, `${path}?done=1`]);
		assert.match(await (await first.session.get(first.location)).text(), /Thank you/);
		const again = await first.session.post(path, { ...first.fields, 'answers[0].value': '0' });
		assert.equal(again.status, 303, 'the same submission again is thanked for');
		assert.equal((await answer(path, { 'answers[0].value': '3' })).status, 303);
		await w.applied();
		const nps = (await w.query({ kind: 'score', metric: 'nps', question: 'nps' }, secret)).groups[0];
		assert.deepEqual([nps.n, nps.promoters, nps.detractors, nps.value], [2, 1, 1, 0]);
		assert.equal((await read(address)).submissions, 2);
	});

	test('what is missing or no answer is said at its question, and nothing is kept', async () => {
		const address = await begin('service', 'Faults');
		await send(`${address}/open`);
		const path = new URL((await read(address)).link).pathname;
		const missing = await answer(path, { 'answers[2].value': 'kept while I choose' });
		assert.equal(missing.status, 422);
		assert.match(missing.text, /Please choose or write an answer/);
		assert.match(missing.text, /kept while I choose/);
		assert.equal((await answer(path, { 'answers[0].value': '6' })).status, 422);
		assert.equal((await answer(path, { 'answers[0].value': '5; DROP', submission: 'short' })).status, 422);
		assert.equal((await read(address)).submissions, 0);
	});

	test('a customer’s link works once, and its answer stands on the time line', async () => {
		const address = await begin('purchase', 'Kim');
		await send(`${address}/open`);
		const made = await send(`${address}/links`, { customer: 'user_id:kim-1' });
		assert.equal(made.status, 200, made.text);
		const path = new URL(made.body.link).pathname;
		assert.equal((await guest().get(`${path}x`)).status, 404, 'a forged link');
		assert.equal((await answer(path, { 'answers[0].value': '5' })).status, 303);
		assert.match(await (await guest().get(path)).text(), /answered already/);
		await w.applied();
		const kim = await w.customer('user_id:kim-1', secret);
		assert.ok(timeline(kim).some((each) => each.event === 'Survey Answered'), JSON.stringify(timeline(kim).map((each) => each.event)));
		assert.equal((await send(`${address}/links`, { customer: 'user_id:nobody' })).status, 422);
		assert.ok((await send(`${address}/close`)).status < 400);
		assert.equal((await guest().get(new URL((await read(address)).link).pathname)).status, 410);
	});

	test('answers of all languages count together; the reader’s language is used where it is whole', async () => {
		const address = await begin('leaving', 'Languages'), { definition } = await read(address);
		for (const question of definition.questions) question.texts = question.texts.filter(({ lang }) => ['en', 'fa'].includes(lang));
		assert.ok((await send(address, { name: 'Languages', is_anonymous: false, definition })).status < 400);
		await send(`${address}/open`);
		const path = new URL((await read(address)).link).pathname;
		const persian = await answer(path, { 'answers[0].value': '2' }, { 'accept-language': 'fa' });
		assert.match(persian.asked, /dir="rtl"/);
		assert.equal(persian.status, 303);
		assert.match((await answer(path, { 'answers[0].value': '2' }, { 'accept-language': 'el' })).asked, /Why are you leaving/);
		await w.applied();
		const rows = (await w.query({ kind: 'trend', event: 'Survey Answered', measure: 'events', interval: 'month', by: 'choice' }, secret)).rows;
		assert.deepEqual(rows.filter((row) => row.by).map((row) => [row.by, row.value]), [['The product', 2]]);
		await answer(path, { 'answers[0].value': '2' }, { 'accept-language': 'fa' });
		await w.applied();
		const names = async (headers) => [...new Set((await w.get('/voice/responses?question=leaving', secret, headers)).body.rows.map((row) => row.name))];
		assert.deepEqual(await names({}), ['Why are you leaving?'], 'not the words of whoever answered last');
	});

	test('of several answers each chosen one counts once, also when it is sent twice', async () => {
		const address = await begin('own', 'Several'), texts = [{ lang: 'en', text: 'What did you use?', options: 'Shop\nSite\nTelephone' }];
		assert.equal((await send(address, { name: 'Several', definition: { questions: [{ id: 'a b', type: 'choices', texts }] } })).status, 422, 'an id that is none');
		assert.ok((await send(address, { name: 'Several', definition: { questions: [{ id: 'used', type: 'choices', is_required: true, texts }] } })).status < 400);
		await send(`${address}/open`);
		const path = new URL((await read(address)).link).pathname, submission = 'several-0123456789';
		const post = (options) => w.send(path, { submission, answers: [{ question: 'used', options }] }, secret);
		assert.equal((await post(['4'])).status, 422);
		assert.equal((await post(['one'])).status, 422);
		assert.ok((await post(['1', '3', '3'])).status < 400);
		await w.applied();
		const rows = (await w.query({ kind: 'trend', event: 'Survey Answered', measure: 'events', interval: 'month', by: 'choice' }, secret)).rows;
		assert.deepEqual(rows.filter((row) => ['Shop', 'Site', 'Telephone'].includes(row.by)).map((row) => [row.by, row.value]).sort(), [['Shop', 1], ['Telephone', 1]]);
	});

	test('what cannot be answered is not opened, and it is said why', async () => {
		const address = await begin('relationship', 'Half'), { definition } = await read(address);
		definition.questions[1].texts = definition.questions[1].texts.filter(({ lang }) => lang !== 'th');
		await send(address, { name: 'Half', is_anonymous: false, definition });
		const refused = await send(`${address}/open`);
		assert.equal(refused.status, 422);
		assert.match(refused.text, /questions\[1\]\.texts.*(ไทย|th)/s);
		assert.equal((await send(address, { name: 'Half', is_anonymous: false, definition: { questions: [] } })).status, 422);
		const { id } = await read(address);
		assert.ok((await send(`${address}/remove`)).status < 400);
		assert.equal((await w.get(address, secret)).status, 404);
		assert.ok((await send(`/surveys/${id}/restore`)).status < 400);
		assert.equal((await w.get(address, secret)).status, 200);
	});

	test('an answer stays with what was asked: its words, its version, its scale', async () => {
		const way = (text, options) => ({ id: 'way', type: 'choice', texts: [{ lang: 'en', text, options }, { lang: 'el', text: `${text} (el)`, options }] });
		const asked = (text, type, ...more) => ({ questions: [{ id: 'kept', type, is_required: true, texts: [{ lang: 'en', text }, { lang: 'el', text: `${text} (el)` }] }, ...more] });
		const address = await begin('own', 'Changed'), save = (definition) => send(address, { name: 'Changed', is_anonymous: false, definition });
		await save(asked('Recommend us?', 'nps', way('How did you come?', 'Bus\nCar')));
		await send(`${address}/open`);
		const path = new URL((await read(address)).link).pathname, { id, version } = await read(address);
		assert.equal((await answer(path, { 'answers[0].value': '9', 'answers[1].value': '1' }, { 'accept-language': 'el' })).status, 303);
		assert.ok((await save(asked('Recommend the new shop?', 'nps', way('How did you come today?', 'Train\nCar')))).status < 400);
		assert.equal((await answer(path, { 'answers[0].value': '3', 'answers[1].value': '1' })).status, 303);
		await w.applied();
		const rows = (await read(`/voice/responses?survey=${id}&sort=oldest`)).rows.map((row) => [row.name, row.number ?? row.text, Number(row.version)]);
		assert.deepEqual(rows, [['Recommend us?', 9, version], ['How did you come?', 'Bus', version], ['Recommend the new shop?', 3, version + 1], ['How did you come today?', 'Train', version + 1]], 'in the words of its version, in the reader’s language');
		const file = (await w.get(`/voice/responses.csv?survey=${id}&question=kept&sort=oldest`, secret)).text.trim().split('\n');
		assert.deepEqual([file[1].includes('"Recommend us?"'), file[2].includes('"Recommend the new shop?"')], [true, true], 'as it was read');
		assert.match((await w.get(`/voice/submissions.csv?survey=${id}`, secret)).text, /^response,.*,version,"kept","way"\r\n/);
		const other = await save(asked('Recommend the new shop?', 'csat'));
		assert.deepEqual([other.status, /questions\[0\]\.type/.test(other.text)], [422, true], 'nine of ten and five of five are no mean');
		assert.ok((await save({ questions: [{ ...asked('Satisfied?', 'csat').questions[0], id: 'kept2' }] })).status < 400, 'another question may');
	});

	test('nobody can tell who answered an anonymous survey', async () => {
		const address = await begin('employees', 'Team');
		await send(`${address}/open`);
		assert.equal((await send(`${address}/links`, { customer: 'user_id:kim-1' })).status, 409);
		const before = await w.metric('hospes_customers', { kind: 'anonymous' }), path = new URL((await read(address)).link).pathname;
		assert.equal((await answer(path, { 'answers[0].value': '7' })).status, 303);
		await w.applied();
		assert.equal(await w.metric('hospes_customers', { kind: 'anonymous' }), before);
		const score = async (more) => w.query({ kind: 'score', metric: 'nps', question: 'enps', ...more }, secret), shown = async () => (await surveys.kept(address)).length;
		for (let i = 0; i < 6; i++) await answer(path, { 'answers[0].value': '9' });
		assert.equal(await shown(), 0, 'seven are too few to be shown');
		assert.deepEqual([(await score()).total.n, (await score()).total.value, (await score()).anonymous], [0, null, { is_left_out: false, counted: 0, held_back: 7 }]);
		await answer(path, { 'answers[0].value': '9' });
		assert.equal(await shown(), 8);
		assert.equal((await score()).total.value, 87.5);
		await answer(path, { 'answers[0].value': '0' }, { 'accept-language': 'el' });
		assert.deepEqual([(await score()).total.n, (await score()).total.value], [8, 87.5], 'one more is not told by what it changes');
		assert.deepEqual([(await score({ by: 'language' })).total.n, (await score({ by: 'language' })).anonymous], [0, { is_left_out: true }], 'one language may be one person');
		assert.equal((await read('/voice/responses?language=el')).rows.length, 0);
		assert.equal((await read('/voice/responses?language=en')).rows.some((row) => row.question === 'enps'), false);
		assert.doesNotMatch((await w.get('/voice/responses.csv?language=el', secret)).text, /enps/);
		const { definition } = await read(address);
		assert.equal((await send(address, { name: 'Team', is_anonymous: false, definition })).status, 422, 'the promise stands');
	});

	test('the page of a survey works by its forms, and gives its code to print', async () => {
		const list = await owner.get('/surveys');
		const begun = await owner.submit(await list.text(), { name: 'By hand', template: 'own' }, '/surveys');
		assert.equal(begun.status, 303);
		const address = begun.headers.get('location'), page = await (await owner.get(address)).text();
		const form = forms(page).find((each) => each.action === address);
		assert.equal((await owner.post(address, { ...form.fields, 'definition.questions[0].texts[0].text': 'What shall we stop doing?' })).status, 303);
		const changed = await (await owner.get(address)).text();
		assert.match(changed, /What shall we stop doing\?/);
		const undo = forms(changed).find((each) => each.action.endsWith('/versions/1/restore'));
		assert.equal((await owner.post(undo.action, undo.fields)).status, 303);
		assert.doesNotMatch(await (await owner.get(address)).text(), /<textarea[^>]*>What shall we stop doing/);
		const code = await owner.get(`${address}/qr.svg`);
		assert.match(await code.text(), /^<svg /);
	});
});
