// surveys.mjs: begins, opens and answers surveys of a workspace, as those who ask and those who answer do.
import assert from 'node:assert/strict';
import { forms, Session } from './hospes.mjs';

export class Surveys {
	constructor(workspace, secret) {
		Object.assign(this, { w: workspace, secret });
	}

	send(path, body = {}) {
		return this.w.send(path, body, this.secret);
	}

	async read(path) {
		return (await this.w.get(path, this.secret)).body;
	}

	guest() {
		return new Session(this.w);
	}

	/** → the address of the new survey */
	async begin(template, name = template) {
		const answer = await this.send('/surveys', { name, template });
		assert.ok([200, 204, 303].includes(answer.status), `${answer.status} ${answer.text}`);
		return (await this.read('/surveys')).rows.find((each) => each.name === name).address;
	}

	/** A survey with these questions; texts is the English wording, or all of them. → { address, answer } of saving it */
	async make(name, questions, more = {}, settings = {}) {
		const address = await this.begin('own', name);
		const worded = questions.map(({ text, options, rows, texts, ...question }) => ({ ...question, texts: texts ?? [{ lang: 'en', text, options: options?.join('\n'), rows: rows?.join('\n') }] }));
		const answer = await this.send(address, { name, is_anonymous: false, ...settings, definition: { questions: worded, ...more } });
		return { address, answer };
	}

	/** The same, opened. → { address, path of its link } */
	async open(name, questions, more, settings) {
		const { address, answer } = await this.make(name, questions, more, settings);
		assert.ok(answer.status < 400, answer.text);
		const opened = await this.send(`${address}/open`);
		assert.ok(opened.status < 400, opened.text);
		return { address, path: await this.path(address) };
	}

	async path(address) {
		return new URL((await this.read(address)).link).pathname;
	}

	/** The form of a link, filled in and sent as a browser would. */
	async answer(path, values, headers = {}) {
		const session = this.guest(), page = await session.get(path, { headers });
		return this.next(session, path, await page.text(), values);
	}

	/** The page that came back, filled in and sent. */
	async next(session, path, text, values) {
		const form = forms(text).find((each) => each.action === path);
		assert.ok(form, `${path} asks: ${text.slice(0, 600)}`);
		for (const name of Object.keys(values)) assert.ok([name, name.replace(/\[\d+\]$/, '[]')].some((each) => form.html.includes(`name="${each}"`)), `the page has no field ${name}`);
		const sent = await session.post(path, { ...form.fields, ...values });
		return { status: sent.status, location: sent.headers.get('location'), text: await sent.text(), asked: text, session, fields: form.fields };
	}

	/** The answers that were kept of a survey, oldest first. */
	async kept(address) {
		await this.w.applied();
		const { id } = await this.read(address), rows = (await this.read('/voice/responses?sort=oldest')).rows;
		return rows.filter((row) => row.survey === id);
	}
}
