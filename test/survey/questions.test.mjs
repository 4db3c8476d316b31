// Kinds of questions: what each takes, refuses and keeps; and the order in which they are asked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { forms, start, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('questions', () => {
	const end = untilEnd(after);
	let w, secret, surveys;
	/** Takes all answers at once, as a program does. */
	let sent = 0;
	const post = (path, answers, submission = `questions-${String(++sent).padStart(8, '0')}`) => surveys.send(path, { submission, answers });
	const refused = async (path, answers, why) => {
		const answer = await post(path, answers);
		assert.equal(answer.status, 422, answer.text);
		assert.match(answer.text, why);
	};
	before(async () => {
		w = await start(end);
		secret = await w.key('secret', '--role', 'owner').catch(() => w.key('secret'));
		surveys = new Surveys(w, secret);
		await w.post('/v1/identify', { type: 'identify', userId: 'mina', traits: { firstName: 'Mina <b>', lastName: 'K' } }, await w.key('write'));
	});

	test('a matrix keeps a row each, rated or chosen; a ranking keeps the rank of each option', async () => {
		const { address, path } = await surveys.open('Rows', [
			{ id: 'areas', type: 'matrix', points: 5, is_required: true, text: 'How good were', rows: ['Price', 'Speed'] },
			{ id: 'how', type: 'matrix', text: 'How did you reach us about', rows: ['Delivery', 'Return'], options: ['Telephone', 'Chat'] },
			{ id: 'order', type: 'ranking', text: 'What matters', options: ['Price', 'Speed', 'Advice'] },
		]);
		await refused(path, [{ question: 'areas', cells: [{ row: 1, column: 4 }] }], /every row/);
		await refused(path, [{ question: 'areas', cells: [{ row: 1, column: 6 }, { row: 2, column: 1 }] }], /not one of the answers/);
		const areas = { question: 'areas', cells: [{ row: 1, column: 4 }, { row: 2, column: 2 }] };
		await refused(path, [areas, { question: 'order', cells: [{ row: 1, column: 1 }, { row: 2, column: 1 }] }], /each rank once/);
		await refused(path, [areas, { question: 'order', cells: [{ row: 1, column: 2 }] }], /each rank once/);
		const page = await (await surveys.guest().get(path)).text();
		assert.match(page, /<legend>Price<\/legend>/);
		assert.match(page, /<select id="answers\[2\]\.cells\[0\]"/);
		const byHand = await surveys.answer(path, { 'answers[0].cells[0].column': '4', 'answers[0].cells[1].column': '2', 'answers[1].cells[1].row': '2', 'answers[1].cells[1].column': '2', 'answers[2].cells[2].column': '1', 'answers[2].cells[0].column': '2' });
		assert.equal(byHand.status, 303, byHand.text);
		const rows = await surveys.kept(address);
		assert.deepEqual(rows.map((row) => [row.question, row.type, row.number ?? row.text]).sort(), [['areas.1', 'rating', 4], ['areas.2', 'rating', 2], ['how.2', 'choice', 'Chat'], ['order.1', 'number', 2], ['order.3', 'number', 1]]);
		assert.match(rows.find((row) => row.question === 'areas.1').name, /How good were – Price/);
	});

	test('a scale is drawn as numbers, stars or faces, and counts the same', async () => {
		const questions = ['numbers', 'stars', 'faces'].map((look) => ({ id: look, type: 'csat', look, text: `By ${look}?` }));
		const { address, path } = await surveys.open('Looks', [...questions, { id: 'seven', type: 'rating', points: 7, look: 'stars', text: 'Of seven?' }]);
		const page = await (await surveys.guest().get(path)).text();
		assert.equal(page.match(/class="star"/g).length, 12);
		assert.equal(page.match(/#face-\d/g).length, 5);
		await refused(path, [{ question: 'seven', value: '8' }], /not one of the answers/);
		assert.ok((await post(path, [...questions.map(({ id }) => ({ question: id, value: '4' })), { question: 'seven', value: '7' }])).status < 400);
		assert.deepEqual((await surveys.kept(address)).map((row) => [row.question, row.number]).sort(), [['faces', 4], ['numbers', 4], ['seven', 7], ['stars', 4]]);
	});

	test('numbers, dates and contacts are what they say; a contact needs the word that it may be used', async () => {
		const { address, path } = await surveys.open('Plain', [{ id: 'n', type: 'number', text: 'How many?' }, { id: 'd', type: 'date', text: 'When?' }, { id: 'c', type: 'contact', text: 'Where may we ask?' }]);
		await refused(path, [{ question: 'n', value: 'many' }], /no number/);
		await refused(path, [{ question: 'd', value: '2024-02-30' }], /not one of the answers/);
		await refused(path, [{ question: 'c', email: 'mina@example' , is_agreed: true }], /no e-mail/);
		await refused(path, [{ question: 'c', telephone: 'call me', is_agreed: true }], /no telephone/);
		await refused(path, [{ question: 'c', email: 'mina@example.com' }], /may contact/);
		assert.ok((await post(path, [{ question: 'n', value: '2.5' }, { question: 'd', value: '2024-02-29' }, { question: 'c', email: 'mina@example.com', telephone: '+30 210 1234567', is_agreed: true }])).status < 400);
		const rows = await surveys.kept(address);
		assert.deepEqual(rows.map((row) => [row.question, row.number ?? row.text]).sort(), [['c.email', 'mina@example.com'], ['c.telephone', '+30 210 1234567'], ['d', '2024-02-29'], ['n', 2.5]]);
		const anonymous = await surveys.make('Whoever', [{ id: 'c', type: 'contact', text: 'Where?' }], {}, { is_anonymous: true });
		assert.match((await surveys.send(`${anonymous.address}/open`)).text, /anonymous/);
	});

	test('a consent is asked of a customer only, and stands in the ledger with its wording', async () => {
		const questions = [{ id: 'ok', type: 'boolean', is_required: true, text: 'Was it good, {name|friend}?' }, { id: 'news', type: 'consent', purpose: 'marketing', text: 'May we send you news?' }];
		const { address, path } = await surveys.open('Consent', questions);
		assert.doesNotMatch(await (await surveys.guest().get(path)).text(), /send you news/);
		const link = new URL((await surveys.send(`${address}/links`, { customer: 'user_id:mina' })).body.link).pathname;
		const answered = await surveys.answer(link, { 'answers[0].value': 'true', 'answers[1].is_agreed': 'true' });
		assert.equal(answered.status, 303, answered.text);
		assert.match(answered.asked, /Was it good, Mina &lt;b&gt;\?/, 'the name, and no markup');
		assert.match(await (await surveys.guest().get(path)).text(), /Was it good, friend\?/);
		const mina = await w.customer('user_id:mina', secret);
		const given = mina.consents.find((each) => each.purpose === 'marketing' || each.name === 'marketing');
		assert.match(JSON.stringify(given), /May we send you news\?/);
		assert.ok((await surveys.kept(address)).some((row) => row.name === 'Was it good, friend?'), 'the wording that is kept names nobody');
		assert.match((await surveys.send(`${(await surveys.make('No purpose', [{ id: 'x', type: 'consent', purpose: 'nothing', text: 'Yes?' }])).address}/open`)).text, /none of the purposes/);
	});

	const branching = [
		{ id: 'nps', type: 'nps', is_required: true, text: 'Recommend?', skips: [{ when: [{ question: 'nps', test: 'at_least', value: '9' }], to: 'praise' }] },
		{ id: 'why', type: 'choice', is_required: true, text: 'Why only {answer:nps|that}?', options: ['Price', 'Speed', 'Something <i>else</i>'] },
		{ id: 'price', type: 'number', text: 'What would be fair?', show_if: [{ question: 'why', test: 'is', value: '1' }] },
		{ id: 'more', type: 'text', text: 'You said {answer:why|nothing}. Tell us more', show_if: [{ question: 'why', test: 'is_not', value: '1' }], skips: [{ to: 'end' }] },
		{ id: 'praise', type: 'text', text: 'What was best?' },
	];
	test('pages follow the answers without a script; what is no longer asked is not kept', async () => {
		const { address, path } = await surveys.open('Branches', branching);
		const first = await surveys.answer(path, { 'answers[0].value': '3' });
		assert.match(first.asked, /Page 1 of 4/);
		assert.match(first.text, /Why only 3\?/);
		const nothing = await surveys.next(first.session, path, first.text, {});
		assert.equal(nothing.status, 422);
		const second = await surveys.next(first.session, path, first.text, { 'answers[1].value': '3' });
		assert.match(second.text, /You said Something &lt;i&gt;else&lt;\/i&gt;\. Tell us more/);
		const back = await surveys.next(first.session, path, second.text, { 'answers[3].value': 'slow', go: 'back' });
		assert.match(back.text, /Why only 3\?/);
		assert.match(back.text, /value="3" checked/);
		const other = await surveys.next(first.session, path, back.text, { 'answers[1].value': '1' });
		assert.match(other.text, /What would be fair\?/);
		const praise = await surveys.next(first.session, path, other.text, { 'answers[2].value': '10' });
		assert.match(praise.text, /What was best\?/);
		const done = await surveys.next(first.session, path, praise.text, {});
		assert.equal(done.status, 303, done.text);
		assert.deepEqual((await surveys.kept(address)).map((row) => [row.question, row.number ?? row.text]).sort(), [['nps', 3], ['price', 10], ['why', 'Price']]);
		const promoter = await surveys.answer(path, { 'answers[0].value': '10' });
		assert.match(promoter.text, /What was best\?/);
		assert.doesNotMatch(promoter.text, /Why only/);
		assert.equal((await surveys.next(promoter.session, path, promoter.text, { go: 'finish' })).status, 303);
	});

	test('what can never end, or never be asked, is not opened, and it is said why', async () => {
		const choice = { id: 'a', type: 'choice', is_required: true, text: 'Which?', options: ['One', 'Two'] }, text = (id, more) => ({ id, type: 'text', text: `${id}?`, ...more });
		const cases = [
			[[choice, text('b', { skips: [{ to: 'a' }] })], /questions\[1\]\.skips.*would never end/s],
			[[choice, text('b', { skips: [{ to: 'nowhere' }] })], /not there \(nowhere\)/],
			[[text('z', { skips: [{ to: 'end' }] }), text('b')], /questions\[1\]\.show_if.*never be asked/s],
			[[choice, text('b', { show_if: [{ question: 'a', test: 'is', value: '1' }, { question: 'a', test: 'is', value: '2' }] })], /never be asked/],
			[[choice, text('b', { show_if: [{ question: 'a', test: 'unanswered' }] })], /never be asked/],
			[[choice, text('b', { show_if: [{ question: 'a', test: 'is', value: '3' }] })], /not one of the answers \(3\)/],
			[[choice, text('b', { show_if: [{ question: 'c', test: 'answered' }] }), text('c')], /given later \(c\)/],
			[[choice, text('b', { show_if: [{ question: 'a', test: 'at_least', value: '1' }] })], /cannot be compared/],
			[[choice, text('b', { text: 'You said {answer:a}' })], /after \|/],
			[[text('b', { text: 'You said {answer:a|x}' }), choice], /not given before/],
		];
		for (const [i, [questions, why]] of cases.entries()) {
			const { address, answer } = await surveys.make(`Case ${i}`, questions);
			assert.ok(answer.status < 400, 'a draft may be unfinished');
			const opened = await surveys.send(`${address}/open`);
			assert.equal(opened.status, 422, `${i}: ${opened.text}`);
			assert.match(opened.text, why);
		}
	});

	test('people read in their own language why a survey is not opened or saved, programs in English', async () => {
		await w.addUser('reader@example.com', 'owner', 'the long password of the reader');
		const reader = await w.signIn('reader@example.com', 'the long password of the reader');
		const { address } = await surveys.make('Read', [{ id: 'a', type: 'text', text: 'A?', skips: [{ when: [], to: 'a' }] }]);
		reader.cookies.set('lang', 'fa');
		const page = await (await reader.get(address)).text(), form = forms(page).find((each) => each.action === `${address}/open`);
		const refused = await reader.post(`${address}/open`, form.fields), words = await refused.text();
		assert.equal(refused.status, 422);
		assert.match(words, /پرسش ۱: .{0,3}به عقب برمی‌گردد و نظرسنجی هرگز تمام نمی‌شود/);
		assert.doesNotMatch(words, /would never end/);
		assert.match((await surveys.send(`${address}/open`)).text, /question 1: it leads back, so the survey would never end \(a\)/);
	});

	test('an order of chance stays the same throughout a submission', async () => {
		const options = 'abcdefgh'.split('').map((each) => `option ${each}`);
		const { path } = await surveys.open('Chance', [{ id: 'must', type: 'boolean', is_required: true, text: 'First?' }, { id: 'c', type: 'choices', is_shuffled: true, text: 'Which?', options }, ...['x', 'y', 'z', 'v'].map((id) => ({ id, type: 'boolean', text: `${id}?` }))], { is_shuffled: true });
		const order = (text) => [...text.matchAll(/>(option .)</g)].map(([, each]) => each).join() + [...text.matchAll(/<legend>(.)\?/g)].map(([, each]) => each).join();
		const orders = new Set();
		for (let i = 0; i < 6; i++) {
			const refusal = await surveys.answer(path, { 'answers[1].options[]': '9' });
			assert.equal(refusal.status, 422);
			assert.equal(order(refusal.text), order(refusal.asked));
			assert.match(refusal.asked, /<legend>First\?[\s\S]*optional/);
			orders.add(order(refusal.asked));
		}
		assert.ok(orders.size > 1, 'chance has a say');
	});

	test('questions are moved by buttons of the form', async () => {
		await w.addUser('mover@example.com', 'owner', 'the long password of the mover');
		const mover = await w.signIn('mover@example.com', 'the long password of the mover');
		const { address } = await surveys.make('Moves', ['p', 'q', 'r'].map((id) => ({ id, type: 'text', text: `${id}?` })));
		const page = await (await mover.get(address)).text(), form = forms(page).find((each) => each.action === address);
		const texts = Object.fromEntries([...form.html.matchAll(/<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</g)].map(([, name, value]) => [name, value]));
		const types = Object.fromEntries([0, 1, 2].map((i) => [`definition.questions[${i}].type`, 'text']));
		assert.equal((await mover.post(address, { ...form.fields, ...texts, ...types, move: 'up r' })).status, 303);
		assert.deepEqual((await surveys.read(address)).definition.questions.map(({ id }) => id), ['p', 'r', 'q']);
	});
});
