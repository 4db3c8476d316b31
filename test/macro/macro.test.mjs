// Saved answers: written with fields, refused with the reason, searched, changed, removed and brought back; and put, filled for the
// customer in the customer's language, behind what an agent has written of an answer.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { start, until } from '../lib/hospes.mjs';
import { mailServer, settingsOf } from '../lib/mail.mjs';

const GREETING = '{{#customer.name}}Dear {{customer.name}},{{/customer.name}}{{^customer.name}}Good day,{{/customer.name}}';
const letter = (from, id) => `From x@y Mon Mar  2 10:00:00 2026\nFrom: ${from}\nTo: cx@example.com\nSubject: Kettle ${id}\nDate: Mon, 02 Mar 2026 10:00:00 +0000\nMessage-ID: <${id}@x.example>\n\nMy new kettle does not boil any more, what can I do about it?\n\n`;

test('saved answers', async (t) => {
	const [hospes, server] = await Promise.all([start(t), mailServer(t)]);
	const [agent, analyst, write] = await Promise.all([hospes.key('secret', '--role', 'agent'), hospes.key('secret', '--role', 'analyst'), hospes.key('write')]);
	const texts = (en, more = []) => [{ language: 'en', text: en }, ...more];
	const list = async (q = '') => (await hospes.get(`/macros?q=${encodeURIComponent(q)}`, agent)).body.rows;

	// What is no template, names what is no field, or would leave a hole, is refused with the reason.
	const refused = async (text) => { const { status, body } = await hospes.send('/macros', { name: 'X', texts: texts(text) }, agent); return [status, JSON.stringify(body)]; };
	for (const [text, reason] of [['{{customer.nme}}', /macro_field_unknown/], ['{{.}}', /macro_field_unknown/], ['{{>layout}}', /macro_field_unknown/], ['{{{agent.name}}}', /macro_broken/], ['{{t.save}}', /macro_field_unknown/],
		['Dear {{customer.name}}', /macro_field_may_be_empty/], ['{{^customer.name}}{{customer.name}}{{/customer.name}}', /macro_field_may_be_empty/], ['{{#order.number}}x', /macro_broken/], ['  ', /fault_required/]]) {
		const [status, body] = await refused(text);
		assert.equal(status, 422, text);
		assert.match(body, reason, text);
	}
	assert.equal((await hospes.send('/macros', { name: 'X', texts: [{ language: 'xx', text: 'x' }] }, agent)).status, 422);
	const kettle = { name: 'Café: kettle', texts: texts(`${GREETING}\n\n{{#order.number}}about your order {{order.number}}{{#order.total}} of {{order.total}}{{/order.total}}: {{/order.number}}please <descale> it.\n\n{{agent.name}}`, [{ language: 'el', text: '{{#customer.name}}{{customer.name}}, καθαρίστε τον.{{/customer.name}}{{^customer.name}}Καθαρίστε τον.{{/customer.name}}' }]) };
	assert.equal((await hospes.send('/macros', kettle, analyst)).status, 403);
	assert.equal((await hospes.send('/macros', kettle, agent)).status, 204);
	assert.equal((await hospes.send('/macros', { ...kettle, name: 'cafe: KETTLE' }, agent)).status, 409);
	assert.equal((await hospes.send('/macros', { name: 'Away', texts: texts('We are back on Monday.') }, agent)).status, 204);
	assert.deepEqual((await list()).map((row) => row.name), ['Away', 'Café: kettle']);
	assert.deepEqual((await list('KETTLE descale')).map((row) => row.name), ['Café: kettle']);
	assert.deepEqual(await list('teapot'), []);

	const [away, row] = await list();
	assert.equal((await hospes.send(`/macros/${away.id}`, { name: 'Closed', texts: texts('We are back on Tuesday.') }, agent)).status, 204);
	assert.equal((await hospes.get(`/macros?change=${away.id}`, agent)).body.form.texts[0].text.value, 'We are back on Tuesday.');
	assert.equal((await hospes.send(`/macros/${away.id}/remove`, {}, agent)).status, 204);
	assert.equal((await hospes.send(`/macros/${away.id}`, { name: 'Closed', texts: texts('x') }, agent)).status, 404);
	assert.deepEqual((await list()).map((each) => each.name), ['Café: kettle']);
	assert.equal((await hospes.send(`/macros/${away.id}/restore`, {}, agent)).status, 204);
	assert.deepEqual((await list()).map((each) => each.name), ['Café: kettle', 'Closed']);

	// In a conversation: of a customer with a name and an order, and of one whom nobody knows by name.
	assert.ok((await hospes.send('/settings/mail', settingsOf(server), await hospes.key('secret'))).status < 400);
	const consent = { context: { consent: { categoryPreferences: { analytics: true, profiling: true } } } }, userId = 'ann';
	await hospes.post('/v1/batch', { batch: [{ type: 'identify', userId, traits: { email: 'ann@example.com', name: 'Annabel Lee', preferred_name: 'Ann <Lee>' }, ...consent }, { type: 'identify', userId: 'eleni', traits: { email: 'eleni@example.com', name: 'Ελένη', language: 'el' }, ...consent },
		{ type: 'track', userId, event: 'Order Completed', timestamp: '2024-01-05T10:00:00Z', properties: { order_id: 'A1', currency: 'GBP', products: [{ product_id: 'kettle', price: 30, quantity: 2 }] }, ...consent }] }, write);
	await hospes.applied();
	writeFileSync(join(hospes.dir, 'm.mbox'), letter('ann@example.com', 1) + letter('stranger@example.com', 2) + letter('eleni@example.com', 3));
	await hospes.ok(['import', '--as', 'mail', 'm.mbox']);
	const shown = async (title, has) => until(`the conversation ${title}`, async () => {
		const found = (await hospes.get('/inbox', agent)).body.rows.find((each) => each.title === title);
		const one = found && (await hospes.get(`${found.address}?macro=kettle`, agent)).body;
		return one && has(one) && one;
	});
	const known = await shown('Kettle 1', (one) => one.orders.length), stranger = await shown('Kettle 2', () => true), greek = await shown('Kettle 3', (one) => !one.is_nobody);
	assert.deepEqual(known.macros.map((each) => [each.name, each.language]), [['Café: kettle', 'en']]);
	assert.match(known.macros[0].text, /^Dear Ann <Lee>,\n\nabout your order A1 of £60\.00: please <descale> it\.\n\n.+$/);
	assert.match(stranger.macros[0].text, /^Good day,\n\nplease <descale> it\./);
	assert.deepEqual(greek.macros.map((each) => [each.language, each.text]), [['el', 'Ελένη, καθαρίστε τον.']]);
	const html = (await hospes.get(known.conversation.address, agent, { accept: 'text/html' })).text;
	assert.ok(html.includes('Dear Ann &lt;Lee&gt;,') && !html.includes('Ann <Lee>'), 'what is filled in is escaped');

	const put = (address, body, to = 'macro') => hospes.send(`${address}/${to}`, body, agent);
	const { address } = known.conversation, seen = String(known.conversation.revision);
	assert.equal((await put(address, { text: 'Hello Ann', macro: 'kettle' })).status, 204);
	assert.equal((await hospes.get(address, agent)).body.text.value, 'Hello Ann');
	assert.equal((await put(address, { text: 'Hello Ann', insert: row.id })).status, 204);
	assert.equal((await hospes.get(address, agent)).body.text.value, `Hello Ann\n\n${known.macros[0].text}`);
	// A form that is sent holds all its fields, whichever of its buttons was pressed.
	for (const to of ['macro', 'draft', 'answer']) assert.equal((await put(address, { text: 'All fields', seen, macro: 'kettle' }, to)).status, 204, to);
	assert.equal((await hospes.get(address, agent)).body.messages.at(-1).text, 'All fields');
	assert.equal((await put(address, { insert: 'mac_1' })).status, 404);
	assert.equal((await put(address, { text: 'x', insert: row.id }).then(() => hospes.send(`/macros/${row.id}/remove`, {}, agent))).status, 204);
	assert.equal((await put(address, { text: 'x', insert: row.id })).status, 404);
});
