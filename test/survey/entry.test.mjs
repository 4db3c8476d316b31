// Answers by telephone or on paper, typed in by somebody who is signed in.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { forms, start, timeline, untilEnd } from '../lib/hospes.mjs';
import { Surveys } from '../lib/surveys.mjs';

describe('answers by hand', () => {
	const end = untilEnd(after);
	let w, secret, surveys, agent;
	const questions = [{ id: 'sat', type: 'csat', is_required: true, text: 'Satisfied, {name|friend}?' }, { id: 'why', type: 'text', begins_page: true, text: 'Why?' }];
	before(async () => {
		w = await start(end);
		secret = await w.key('secret');
		surveys = new Surveys(w, secret);
		await w.post('/v1/identify', { type: 'identify', userId: 'kim-1', traits: { name: 'Kim' } }, await w.key('write'));
		await w.addUser('agent@example.com', 'agent', 'the long password of the agent');
		agent = await w.signIn('agent@example.com', 'the long password of the agent');
	});

	test('pages are gone through, and the answer is the customer’s, of its time and channel', async () => {
		const { address } = await surveys.open('Telephone', questions), path = `${address}/entry`;
		const next = async (text, values) => { const form = forms(text).find((each) => each.action === path), sent = await agent.post(path, { ...form.fields, ...values }); return { status: sent.status, text: await sent.text() }; };
		const first = await (await agent.get(path)).text(), mine = { channel: 'phone', customer: 'user_id:kim-1', at: '2024-05-06T10:30' };
		const wrong = await next(first, { 'answers[0].value': '4', channel: 'phone', customer: 'user_id:nobody', at: '2999-01-01T00:00' });
		assert.equal(wrong.status, 422);
		assert.match(wrong.text, /No customer is known by that[\s\S]*has not come yet/);
		const second = await next(wrong.text, { ...mine, 'answers[0].value': '4' });
		assert.equal(second.status, 200, second.text.slice(0, 300));
		assert.match(second.text, /value="user_id:kim-1"/);
		assert.equal((await next(second.text, { ...mine, 'answers[1].value': 'by phone' })).status, 303);
		const rows = await surveys.kept(address);
		assert.deepEqual(rows.map((row) => [row.question, row.channel, row.at.slice(0, 16)]).sort(), [['sat', 'phone', '2024-05-06T10:30'], ['why', 'phone', '2024-05-06T10:30']]);
		assert.ok(timeline(await w.customer('user_id:kim-1', secret)).some((each) => each.event === 'Survey Answered'));
	});

	test('a program enters paper; a draft takes nothing, an anonymous survey nobody’s name', async () => {
		const { address } = await surveys.open('Paper', questions.slice(0, 1), {}, { is_anonymous: true }), enter = (body) => surveys.send(`${address}/entry`, { answers: [{ question: 'sat', value: '5' }], channel: 'paper', ...body });
		assert.match((await enter({ customer: 'user_id:kim-1' })).text, /anonymous/);
		assert.equal((await enter({ channel: 'dream' })).status, 422);
		assert.ok((await enter({ submission: 'paper-0123456789' })).status < 400);
		assert.ok((await enter({ submission: 'paper-0123456789' })).status < 400, 'the same sheet again');
		assert.equal((await surveys.read(address)).submissions, 1);
		const { address: draft } = await surveys.make('Draft', questions);
		assert.equal((await surveys.send(`${draft}/entry`, { channel: 'paper', answers: [] })).status, 409);
	});
});
