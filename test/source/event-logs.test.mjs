// Event logs: XES and CSV. Small ones by hand, one that is shipped (test/figures/ATTRIBUTION.md), and those of the shared
// data, with the figures that pm4py says of them, where they are.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, inflateRawSync } from 'node:zlib';
import { ROOT, prepare, start, timeline, until } from '../lib/hospes.mjs';

const SHARED = process.env.HOSPES_SHARED ?? join(ROOT, '../shared');
const PM4PY = join(SHARED, 'data/journeys-pm4py-examples');

const attribute = (type, key, value) => `<${type} key="${key}" value="${value}"/>`;
const event = (name, time, more = '') => `<event>${attribute('string', 'concept:name', name)}${time ? attribute('date', 'time:timestamp', time) : ''}${more}</event>\n`;
const trace = (name, ...events) => `<trace>\n${attribute('string', 'concept:name', name)}${events.join('')}</trace>\n`;
const log = (...traces) => `<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n<global scope="event">${attribute('string', 'concept:name', 'nobody')}</global>\n${traces.join('')}</log>\n`;

async function open(t) {
	const workspace = await prepare(t);
	const file = (name, content) => (writeFileSync(join(workspace.dir, name), content), name);
	const ask = async (question) => JSON.parse(await workspace.ok(['query', JSON.stringify(question)]));
	return { workspace, file, ask, run: (...args) => workspace.cli(['import', ...args]) };
}

/** Customers and events, and events by name, as the trend counts them. */
async function counted(ask, where = {}) {
	const events = await ask({ kind: 'trend', measure: 'events', interval: 'month', by: 'event', ...where });
	const customers = await ask({ kind: 'trend', measure: 'customers', interval: 'month', ...where });
	return { cases: customers.total.value, events: events.total.value, activities: Object.fromEntries(events.groups.map((g) => [g.by, g.value])) };
}

/** The directly-follows graph in the form of the oracles: counts by "a -> b", first and last activities, variants. */
async function graph(ask, more = {}) {
	const flow = await ask({ kind: 'flow', variants: 1000, ...more });
	const counts = (rows) => Object.fromEntries(rows.map((each) => [each.event, each.count]));
	return {
		flow, cases: flow.customers, edges: Object.fromEntries(flow.edges.map((edge) => [`${edge.from} -> ${edge.to}`, edge.count])),
		starts: counts(flow.starts), ends: counts(flow.ends), variants: new Map(flow.variants.top.map((each) => [each.events.join(' > '), each.count])),
	};
}

test('XES: a trace is a customer, times are instants, what is equal keeps the order of the file', async (t) => {
	const hospes = await start(t);
	const key = await hospes.key('secret');
	const one = log(trace('Ada', event('register', '2010-12-30T14:32:00.000+01:00', attribute('string', 'org:resource', 'Pete &amp; Sue') + attribute('int', 'cost', '50')), event('zeta', '2011-01-01T00:00:00Z'), event('alpha', '2011-01-01T00:00:00Z'), event('mid', '2011-01-01T02:00:00+02:00')),
		trace('7', event('register', '2011-07-01T00:00:00+03:00')));
	writeFileSync(join(hospes.dir, 'log.xes.gz'), gzipSync(one));
	const first = await hospes.cli(['import', 'log.xes.gz']);
	assert.equal(first.code, 0, first.stderr);
	assert.match(first.stdout, /5 rows: 5 kept as 5 touchpoints, 0 known already, 0 rejected/);
	assert.match(first.stderr, /an event log in XES/);
	assert.match((await hospes.cli(['import', '--as', 'xes', 'log.xes.gz'])).stdout, /5 rows: 0 kept as 0 touchpoints, 5 known already/);
	const ada = await hospes.customer('user_id:Ada', key);
	assert.deepEqual(timeline(ada).map((each) => each.event).reverse(), ['register', 'zeta', 'alpha', 'mid']);
	const rows = (await hospes.query({ kind: 'trend', measure: 'sum:cost', interval: 'hour', by: 'org:resource', from: '2010-12-30T13:00:00Z', to: '2010-12-30T14:00:00Z' }, key)).rows;
	assert.deepEqual(rows.map(({ time, by, value }) => ({ time, by, value })), [{ time: '2010-12-30T13:00:00Z', by: 'Pete & Sue', value: 50 }], 'the offset is applied, properties keep their types');
});

test('XES: rejects have line and reason, and can be read again; documents that mean harm are refused', async (t) => {
	const { workspace, file, ask, run } = await open(t);
	const bad = log(trace('1', event('fine', '2011-01-01T00:00:00Z'), event('late', ''), event('', '2011-01-01T00:00:00Z')), trace('', event('whose', '2011-01-01T00:00:00Z')), event('alone', '2011-01-01T00:00:00Z'));
	const result = await run(file('bad.xes', bad));
	assert.equal(result.code, 3, result.stderr);
	assert.match(result.stdout, /5 rows: 1 kept as 1 touchpoints, 0 known already, 4 rejected/);
	const rejects = readFileSync(join(workspace.dir, 'bad.xes.rejected.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
	assert.deepEqual(rejects.map((each) => [each.line, each.reason]), [[6, 'bad_time'], [7, 'bad_event'], [10, 'no_identity'], [12, 'no_identity']]);
	assert.deepEqual(JSON.parse(rejects[0].row), { 'case:concept:name': '1', 'concept:name': 'late' });
	const bomb = `<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${'bcdefghij'[i]} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>`;
	const refused = await run('--as', 'xes', file('bomb.xes', log(trace('1', event('&j;', '2011-01-01T00:00:00Z'))).replace('?>', `?>${bomb}`)));
	assert.equal(refused.code, 1);
	assert.match(refused.stderr, /document type/);
	const outside = await run('--as', 'xes', file('outside.xes', '<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>'));
	assert.match(outside.stderr, /document type/);
	const cut = await run(file('cut.xes', log(trace('2', event('kept', '2011-01-01T00:00:00Z'))).slice(0, -30)));
	assert.equal(cut.code, 1);
	assert.match(cut.stderr, /line \d+/);
	assert.equal((await run('--as', 'xes', file('table.csv', 'a,b\n1,2\n'))).code, 1);
	assert.equal((await counted(ask)).events, 1, 'nothing came of the documents that were refused');
});

test('XES in the browser: told by its first tag, checked, imported', async (t) => {
	const hospes = await start(t);
	const key = await hospes.key('secret');
	const headers = { authorization: `Bearer ${key}`, accept: 'application/json' };
	const form = new FormData();
	form.append('file', new Blob([log(trace('1', event('a', '2011-01-01T00:00:00Z'), event('b', 'never')))]), 'log.xes');
	const at = (await hospes.fetch('/imports', { method: 'POST', headers, body: form })).headers.get('location');
	const draft = await until('the check to end', async () => { const { body } = await hospes.get(at, key); return body.check.state === 'done' ? body : null; });
	assert.deepEqual([draft.finding.args.kept, draft.finding.args.rejected, draft.may_start], [1, 1, true]);
	assert.equal(draft.kinds.find((kind) => kind.is_selected).value, 'xes');
	await hospes.fetch(`${at}/start`, { method: 'POST', headers });
	const done = await until('the import to end', async () => { const { body } = await hospes.get(at, key); return body.state === 'done' ? body : null; });
	assert.deepEqual([done.kept, done.rejected], [1, 1]);
	const rejects = await (await hospes.fetch(done.rejects_file, { headers })).text();
	assert.equal(JSON.parse(rejects).reason, 'bad_time');
});

test('CSV: the columns of event logs are known, a case is a customer only where no column is', async (t) => {
	const { file, run } = await open(t);
	const pm4py = await run('--dry-run', file('pm4py.csv', ',concept:name,org:resource,time:timestamp,case:concept:name,case:creator\n0,register,Pete,2010-12-30 14:32:00+01:00,3,Nitro\n'));
	for (const [column, field] of [['concept:name', 'event'], ['time:timestamp', 'time'], ['case:concept:name', 'user_id'], ['org:resource', 'property:org:resource'], ['case:creator', 'property:case:creator']]) assert.match(pm4py.stderr, new RegExp(`  ${column} +→ ${field}\n`));
	assert.match((await run('--dry-run', file('celonis.csv', 'Case ID,Activity,Timestamp\n1,pay,2011-01-01 10:00\n'))).stderr, /Case ID +→ user_id\n {2}Activity +→ event\n {2}Timestamp +→ time/);
	assert.match((await run('--dry-run', file('care.csv', 'case_id,customer_id,event,time\n1,42,Ticket Opened,2011-01-01 10:00\n'))).stderr, /case_id +→ property:case_id\n {2}customer_id +→ user_id/);
});

test('patients of bupaR: cases, activities and order as published', async (t) => {
	const { workspace, file, ask, run } = await open(t);
	copyFileSync(join(ROOT, 'test/figures/patients.csv.gz'), join(workspace.dir, 'patients.csv.gz'));
	file('map.json', JSON.stringify({ kind: 'events', columns: { handling: 'event', patient: 'user_id', time: 'time' } }));
	const first = await run('--map', 'map.json', 'patients.csv.gz');
	assert.equal(first.code, 0, first.stderr);
	const all = await counted(ask);
	assert.deepEqual([all.cases, all.events], [500, 5442]);
	// Each activity stands there twice, started and completed; the published variants are of what was started.
	const wanted = JSON.parse(readFileSync(join(ROOT, 'test/figures/patients.json'), 'utf8'));
	const starts = await graph(ask, { where: { name: 'registration_type', is: 'start' } });
	assert.equal(starts.cases, 500);
	assert.deepEqual(starts.edges, wanted.dfg);
	assert.deepEqual([starts.starts, starts.ends], [wanted.start, wanted.end]);
	assert.deepEqual(starts.variants, new Map(wanted.variants.map((each) => [each.trace.join(' > '), each.count]).sort((a, b) => [...starts.variants.keys()].indexOf(a[0]) - [...starts.variants.keys()].indexOf(b[0]))));
	assert.deepEqual(all.activities, { 'Blood test': 474, 'Check-out': 984, 'Discuss Results': 990, 'MRI SCAN': 472, Registration: 1000, 'Triage and Assessment': 1000, 'X-Ray': 522 });
});

const LOGS = [
	['running-example.xes', 'running-example_xes'], ['running-example.csv', 'running-example_csv'], ['02_teleclaims.xes.gz', '02_teleclaims'],
	['03_repairExample.xes.gz', '03_repairExample'], ['reviewing.csv', 'reviewing_csv'],
	['interval_event_log.csv', 'interval_event_log_csv', { kind: 'events', columns: { start_timestamp: 'time', 'time:timestamp': 'property:ended' } }],
];
for (const [name, oracle, map] of LOGS) {
	const isThere = existsSync(join(PM4PY, name));
	test(`pm4py's ${name}: cases, events and activities as pm4py counts them`, { skip: isThere ? false : `the shared data is not there: ${join(PM4PY, name)}` }, async (t) => {
		const { workspace, file, ask, run } = await open(t);
		const wanted = JSON.parse(readFileSync(join(PM4PY, 'oracles', `${oracle}.json`), 'utf8'));
		copyFileSync(join(PM4PY, name), join(workspace.dir, name));
		if (map) file('map.json', JSON.stringify(map));
		const result = await run(...(map ? ['--map', 'map.json'] : []), name);
		assert.equal(result.code, 0, result.stderr);
		const all = await counted(ask);
		assert.deepEqual([all.cases, all.events], [wanted.cases, wanted.events]);
		assert.deepEqual(all.activities, wanted.activity_counts);
		const found = await graph(ask);
		assert.equal(found.cases, wanted.cases);
		assert.deepEqual(found.edges, wanted.dfg);
		assert.equal(found.flow.variants.total, wanted.variants);
		for (const { count, trace: events } of wanted.top_variants) assert.equal(found.variants.get(events.join(' > ')), count, events.join(' > '));
		if (wanted.start_activities) assert.deepEqual([found.starts, found.ends], [wanted.start_activities, wanted.end_activities]);
		for (const edge of wanted.performance_dfg_s ? found.flow.edges : []) {
			const { mean, median } = wanted.performance_dfg_s[`${edge.from} -> ${edge.to}`];
			const isClose = (got, want) => Math.abs(got - want) <= 0.000501; // the oracle has three decimals
			assert.ok(isClose(edge.mean_s, mean) && isClose(edge.median_s, median), `${edge.from} -> ${edge.to}: ${edge.mean_s} ${edge.median_s}, not ${mean} ${median}`);
		}
		assert.match((await run(...(map ? ['--map', 'map.json'] : []), name)).stdout, / 0 kept as 0 touchpoints/);
	});
}

const CLICKS = join(SHARED, 'data/journeys-eshop-clickstream/clickstream_data_for_online_shopping.zip');
test('a shop of 2008: 165,474 clicks in 24,026 sessions', { skip: existsSync(CLICKS) ? false : `the shared data is not there: ${CLICKS}` }, async (t) => {
	const { file, ask, run } = await open(t);
	const zip = readFileSync(CLICKS);
	const table = inflateRawSync(zip.subarray(30 + zip.readUInt16LE(26) + zip.readUInt16LE(28))).toString().trim().split(/\r?\n/).slice(1);
	const rows = table.map((line) => line.split(';')).map(([year, month, day, order, country, session, category]) => `Product Viewed,${new Date(Date.UTC(year, month - 1, day) + order * 1000).toISOString()},${session},${category},${country}`);
	const result = await run('--as', 'events', file('clicks.csv', `event,time,visitor_id,category,country\n${rows.join('\n')}\n`));
	assert.equal(result.code, 0, result.stderr);
	const byCategory = await ask({ kind: 'trend', interval: 'month', by: 'category' });
	assert.deepEqual(Object.fromEntries(byCategory.groups.map((group) => [group.by, group.value])), { 1: 49742, 2: 38408, 3: 38577, 4: 38747 });
	const { flow, variants } = await graph(ask);
	assert.deepEqual([flow.customers, flow.events, flow.edges[0].count], [24026, 165474, 165474 - 24026]);
	assert.equal(variants.get('Product Viewed'), 5042, 'sessions of one click');
	assert.equal(Math.max(...[...variants.keys()].map((events) => events.split(' > ').length)), 195);
});
