// The views of journeys over the bundled sample: each answers at once, shows what the engine answers to the same question,
// keeps the question in its address, and says what is wrong with one that cannot be answered.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ROOT, start } from '../lib/hospes.mjs';

describe('journeys over the sample', () => {
	let hospes, secret;
	const ends = [];
	after(async () => { for (const end of ends) await end(); });
	const get = async (path, status = 200) => {
		const answer = await hospes.get(path, secret);
		assert.equal(answer.status, status, `${path}: ${answer.text.slice(0, 300)}`);
		return answer.body;
	};
	before(async () => {
		hospes = await start({ after: (end) => ends.push(end) });
		await hospes.ok(['import', '--as', 'orders', join(ROOT, 'sample/online-retail-1.csv.gz'), join(ROOT, 'sample/online-retail-2.csv.gz')]);
		secret = await hospes.key('secret');
	});

	test('the menu leads to a view', async () => {
		const answer = await fetch(`${hospes.address}/journeys`, { redirect: 'manual', headers: { authorization: `Bearer ${secret}`, accept: 'text/html' } });
		assert.equal(answer.status, 303);
		assert.match(answer.headers.get('location'), /^\/journeys\/\w+$/);
	});

	test('every view answers without a choice, and its question asked again gives its answer', async () => {
		const { views } = await get('/journeys/trend');
		assert.ok(views.length >= 2);
		for (const { value } of views) {
			const view = await get(value);
			assert.ok(view.is_asked, value);
			assert.ok(view.finding.text && view.definition && view.tables.length, value);
			const again = (await hospes.send('/query', JSON.parse(view.question), secret)).body;
			for (const one of [again, view.answer]) delete one.took_ms;
			assert.deepEqual(again, view.answer, value);
		}
	});

	test('retention: shares of the cohort, open cells as such, and who keeps worst', async () => {
		const { tables: [table], finding, answer } = await get('/journeys/retention?start=Order+Completed&return=Order+Completed&interval=month');
		assert.equal(table.rows.length, 8);
		assert.equal(table.rows[0].name, 'December 2010');
		assert.equal(table.rows[0].cells[0].text, '885');
		assert.equal(table.rows[0].cells[1].text, `${Math.round(1000 * answer.cohorts[0].cells[1] / 885) / 10}%`);
		assert.ok(table.rows[7].cells[1].is_open);
		assert.equal(finding.key, 'journey_finding_retention');
		assert.equal(finding.args.cohort, 'March 2011');
	});

	test('the address holds the question', async () => {
		const { question, tables: [table] } = await get('/journeys/trend?event=Order+Completed&measure=sum&of=revenue&interval=week&period=90');
		const asked = JSON.parse(question);
		assert.equal(asked.measure, 'sum:revenue');
		assert.equal(asked.interval, 'week');
		assert.equal(asked.to, '2011-08-01');
		assert.ok(table.rows.length >= 12 && table.rows.length <= 14);
	});

	test('broken down: groups beside each other', async () => {
		for (const kind of ['trend', 'funnel', 'duration']) {
			const view = await get(`/journeys/${kind}?by=property&property=country&start=Order+Completed&end=Order+Refunded`);
			assert.ok(view.is_asked && view.tables.length, kind);
		}
		const { tables: [table] } = await get('/journeys/trend?event=Order+Completed&by=property&property=country');
		assert.ok(table.heads.filter((head) => head.is_series).length > 1);
		assert.equal(table.heads[1].text, 'United Kingdom');
	});

	test('of whom, and compared with what: the same in every view', async () => {
		await hospes.send('/segments', { name: 'Greeks', condition: { name: 'trait:country', is: 'Greece' } }, secret);
		await hospes.send('/segments', { name: 'Often', condition: { did: 'Order Completed', at_least: 5 } }, secret);
		const often = (await get('/segments')).rows.find((each) => each.name === 'Often');
		const address = (await get('/journeys/trend')).views.map((view) => view.value);
		for (const value of address) {
			const view = await get(`${value}?segment=${often.id}`);
			assert.deepEqual(JSON.parse(view.question).where, { all: [{ segment: often.id }] }, value);
			const compared = await get(`${value}?period=custom&from=2011-05-01&to=2011-07-01&compare=before`);
			assert.equal(compared.compared.key, 'journey_compared', value);
			const own = await get(`${value}?period=custom&from=2011-03-01&to=2011-05-01`);
			assert.deepEqual(JSON.parse(compared.question).compare, { from: '2011-03-01', to: '2011-05-01' });
			if (value.endsWith('/trend')) assert.deepEqual(compared.answer.compare.rows, own.answer.rows, 'the period before is asked as it would be by itself');
			for (const table of own.tables) assert.ok(compared.tables.some((each) => each.id === `${table.id}_compared`) || !compared.answer.compare, `${value} ${table.id}`);
		}
		const trend = await get(`/journeys/funnel?step=Order+Completed&step=Order+Refunded&compare=${often.id}`);
		const [all, some] = ['funnel', 'funnel_compared'].map((id) => trend.tables.find((each) => each.id === id).rows[0].cells[0]);
		assert.equal(some.text, often.customers.toLocaleString('en'), 'all of the segment ordered');
		assert.ok(all.address && !some.address, 'who is behind a number is asked of the view itself');
		const large = await get('/journeys/trend?event=Order+Completed&filter=country&test=is&value=France');
		const france = await hospes.query({ kind: 'trend', event: 'Order Completed', interval: 'month', where: { name: 'country', is: 'France' } }, secret);
		assert.equal(large.answer.total.value, france.total.value);
		assert.ok(large.answer.total.value > 0);
		assert.equal((await get('/journeys/trend?period=&compare=before')).compared.key, 'journey_compared');
		await get('/journeys/trend?segment=seg_0000000000001', 404);
	});

	test('who is behind each number: as many as it says, all of them as a file, and as a segment', async () => {
		const views = (await get('/journeys/trend')).views.map((view) => view.value);
		const cells = async (address) => (await get(address)).tables.flatMap((table) => table.rows.flatMap((row) => row.cells)).filter((cell) => cell.address?.includes('/behind'));
		for (const view of views) {
			const [cell] = await cells(view);
			assert.ok(cell, `${view} leads to nobody`);
			const behind = await get(cell.address);
			assert.ok(behind.customers > 0 && behind.rows.length === Math.min(50, behind.customers), cell.address);
			assert.match(behind.rows[0].address, /^\/customers\/cus_/);
			assert.ok(behind.parts.length, 'the number is named');
			assert.deepEqual((await hospes.query(JSON.parse(behind.question), secret)).members.total, behind.customers);
		}
		const [began, reached] = await cells('/journeys/funnel?step=Order+Completed&step=Order+Refunded');
		assert.ok(began && reached);
		const lost = (await cells('/journeys/funnel?step=Order+Completed&step=Order+Refunded')).find((cell) => cell.address.includes('false'));
		const numbers = await Promise.all([began, reached, lost].map(async (cell) => (await get(cell.address)).customers));
		assert.equal(numbers[0], numbers[1] + numbers[2], 'who began went on or was lost');
		assert.equal(numbers[0].toLocaleString('en'), began.text);
		const first = await get(lost.address), second = await get(first.next);
		assert.ok(second.rows.every((row) => !first.rows.some((other) => other.id === row.id)), 'the next page has others');
		const file = await hospes.get(first.export, secret);
		assert.equal(file.text.trim().split('\r\n').length, first.customers + 1);
		const building = await get(first.segment);
		assert.equal(building.customers, first.customers);
		await hospes.send('/segments', { name: 'Lost before a refund', condition: building.condition }, secret);
		assert.equal((await get('/segments')).rows.find((row) => row.name === 'Lost before a refund').customers, first.customers);
		const analyst = await hospes.key('secret', '--role', 'analyst'), agent = await hospes.key('secret', '--role', 'agent');
		assert.equal((await hospes.get(first.export ?? '', analyst)).status, 403);
		assert.equal((await hospes.get(lost.address, agent)).status, 200, 'an agent may see customers');
		assert.equal((await hospes.get('/journeys/funnel/behind?cell=7', secret)).status, 422);
		assert.equal((await hospes.get('/journeys/funnel/behind?cell=%7B%22step%22%3A99%7D', secret)).status, 422);
		assert.equal((await get('/segments/new?condition=%7B%22behind%22%3A7%7D')).customers, null);
	});

	test('what cannot be answered is said, and the form stays', async () => {
		const view = await get('/journeys/trend?measure=sum&of=trait:', 422);
		assert.equal(view.faults.length, 1);
		assert.match(view.faults[0].text.text, /measure/);
		assert.ok(view.choices.some((each) => each.name === 'of' && each.value === 'trait:'));
		await get('/journeys/nothing', 404);
	});

	test('who is behind a number of a group', async () => {
		for (const view of ['flow', 'driver', 'map']) {
			const { tables } = await get(`/journeys/${view}?by=property&property=country`);
			const group = tables.find((table) => table.id.endsWith('_1')), cell = group.rows.flatMap((row) => row.cells).find((each) => each.address?.includes('behind'));
			const behind = await get(cell.address), all = await get(cell.address.replace(/%22by%22%3A.*?(?=%7D$)/, '%22limit%22%3A1'));
			assert.equal(JSON.parse(behind.question).members.by, 'United Kingdom', view);
			assert.ok(behind.customers > 0 && behind.customers < all.customers, `${behind.customers} of ${all.customers}`);
		}
	});

	test('Explore: any question by fields or as JSON, one filled from the other', async () => {
		const explore = (fields, status) => get(`/journeys/explore?${new URLSearchParams(fields)}`, status);
		const { kinds } = await explore({});
		assert.ok(kinds.length >= 10);
		for (const { value } of kinds) {
			const view = await get(value), kind = JSON.parse(view.question).kind;
			assert.ok(view.is_asked || ['timeline', 'drivers'].includes(kind), value);
			// Every field that the engine knows can be chosen, and no other.
			const refused = await hospes.send('/query', { kind, nothing: 1 }, secret);
			const known = refused.body.errors.find((each) => each.field === 'nothing').text.split('has: ')[1].split(', ');
			const offered = new Set(view.choices.map((choice) => choice.name.split('.')[0]));
			const apart = ['kind', 'members', 'cursor', 'had', 'before', 'within'];
			assert.deepEqual(known.filter((name) => !offered.has(name) && !apart.includes(name)), [], kind);
			if (!view.is_asked) continue;
			const again = await explore({ q: view.question });
			assert.equal(JSON.stringify(JSON.parse(again.question)), JSON.stringify(JSON.parse(view.question)));
			assert.deepEqual(again.tables.map((table) => table.rows.length), view.tables.map((table) => table.rows.length));
			// The fields that the JSON filled make the same question.
			const fields = new URLSearchParams({ ask: kind });
			for (const choice of again.choices) if (!['segment', 'filter', 'test', 'value', 'compare'].includes(choice.name)) fields.append(choice.name, choice.value ?? '');
			for (const [name, value] of Object.entries(JSON.parse(view.question))) if (value?.days) fields.set(`${name}.unit`, 'days');
			assert.deepEqual(JSON.parse((await get(`/journeys/explore?${fields}`)).question), JSON.parse(view.question), kind);
		}
		const asked = await explore({ ask: 'funnel', steps: '{"event":"Order Completed","where":{"name":"revenue","at_least":100}}', 'window': '3', 'window.unit': 'hours' }, 422);
		assert.deepEqual(JSON.parse(asked.question).window, { hours: 3 });
		assert.ok(asked.choices.find((choice) => choice.name === 'steps').error, 'the fault stands at its field');
		const second = await explore({ q: '{"kind":"funnel","steps":["Order Completed",7]}' }, 422);
		assert.ok(second.choices.filter((choice) => choice.name === 'steps')[1].error, 'at the second of them');
		assert.equal((await explore({ q: '{"kind":' }, 422)).faults.length, 1);
		const line = await explore({ ask: 'timeline', customer: 'user_id:14646', properties: '["revenue"]' });
		assert.ok(line.tables[0].rows.length > 10);
		const size = await explore({ q: '{"kind":"segment","where":{"did":"Order Completed","at_least":5},"interval":"month"}' });
		assert.equal((await get(size.tables[0].rows[0].cells[0].address)).customers, size.answer.customers);
		assert.equal((await hospes.get(size.csv, secret)).status, 200);
	});

	test('the tables as CSV', async () => {
		const answer = await hospes.get('/journeys/retention/table.csv', secret);
		assert.equal(answer.status, 200);
		const [head, first] = answer.text.split('\r\n');
		assert.match(head, /^"First order in","Customers","1"/);
		assert.match(first, /^"December 2010","885",/);
	});
});
