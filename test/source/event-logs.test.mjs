// Event logs: XES and CSV. Small ones by hand, one that is shipped (test/figures/ATTRIBUTION.md), and those of the shared
// data, with the figures that pm4py says of them, where they are.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
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
	const draft = (await hospes.get(at, key)).body;
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
		assert.match((await run(...(map ? ['--map', 'map.json'] : []), name)).stdout, / 0 kept as 0 touchpoints/);
	});
}
