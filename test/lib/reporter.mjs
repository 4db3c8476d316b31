// reporter.mjs: one line a test, the reasons of failures with it, and the counts for ./check (HOSPES_PART).
import { appendFileSync, writeSync } from 'node:fs';
import { inspect } from 'node:util';

const running = new Map(); // tests that have begun and not ended, with the moment they did
let passed = 0, failed = 0, skipped = 0;

function keepCounts() {
	if (process.env.HOSPES_PART) appendFileSync(process.env.HOSPES_PART, `${passed} ${failed} ${skipped}\n`);
}

// run.mjs asks so, when it has waited long enough.
process.once('SIGTERM', () => {
	for (const [name, since] of running) writeSync(1, `  HANGS   ${name} (for ${Math.round((Date.now() - since) / 1000)} s)\n`);
	if (!running.size) writeSync(1, `  HANGS   after its last test, held by ${process.getActiveResourcesInfo().join(', ')}\n`);
	keepCounts();
	process.exit(1);
});

export default async function* reporter(source) {
	for await (const { type, data } of source) {
		if (type === 'test:stderr' || type === 'test:stdout') {
			yield `    ${data.message.trimEnd().replaceAll('\n', '\n    ')}\n`;
			continue;
		}
		if (type === 'test:dequeue') running.set(data.name, Date.now());
		if (type !== 'test:pass' && type !== 'test:fail') continue;
		running.delete(data.name);
		// A suite is the sum of its tests; it counts itself only when it failed outside of them.
		const ownFault = type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed';
		if (data.details?.type === 'suite' && !ownFault) continue;
		if (data.skip !== undefined && data.skip !== false) {
			skipped++;
			yield `  skipped ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}\n`;
		} else if (type === 'test:pass') {
			passed++;
			yield `  ok      ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
		} else {
			failed++;
			const error = data.details.error?.cause ?? data.details.error;
			yield `  FAILED  ${data.name}\n`;
			yield `    ${(error?.stack ?? inspect(error)).slice(0, 8000).replaceAll('\n', '\n    ')}\n`;
		}
	}
	keepCounts();
}
