// routes.mjs HITS: fails when a route that `hospes openapi` lists was never asked for by any scenario; names those that were only ever refused.
// Each server leaves the routes it counted in a file of the folder HITS when it stops (hospes.mjs, keepHits).
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const program = resolve(process.env.HOSPES_PROGRAM ?? 'build/hospes');
const openapi = JSON.parse(execFileSync(program, ['openapi'], { encoding: 'utf8', maxBuffer: 64 << 20 }));
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const wanted = new Set();
for (const [path, item] of Object.entries(openapi.paths)) for (const method of METHODS) if (item[method]) wanted.add(`${method.toUpperCase()} ${path}`);

const hit = new Set(), answered = new Set();
for (const name of readdirSync(process.argv[2])) {
	for (const labels of JSON.parse(readFileSync(join(process.argv[2], name), 'utf8'))) {
		const route = labels.route ?? '';
		hit.add(route);
		if (/^[23]/.test(labels.status)) answered.add(route);
	}
}
const missed = [...wanted].filter((route) => !hit.has(route)).sort();
if (process.env.HOSPES_PART) appendFileSync(process.env.HOSPES_PART, missed.length ? '0 1 0\n' : '1 0 0\n');
console.log(`routes: ${wanted.size - missed.length} of ${wanted.size} were asked for`);
const refused = [...wanted].filter((route) => hit.has(route) && !answered.has(route)).sort();
if (refused.length) console.log(`only ever refused:\n  ${refused.join('\n  ')}`);
if (missed.length) {
	console.log(`never asked for:\n  ${missed.join('\n  ')}`);
	process.exit(1);
}
