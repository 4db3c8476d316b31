// reporter.mjs: one line a test, the reasons of failures with it, and the counts for ./check (HOSPES_PART).
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inspect } from 'node:util';

const isFile = (name) => /\.test\.mjs$/.test(name);

export default async function* reporter(source) {
	let passed = 0, failed = 0, skipped = 0, file = '';
	for await (const { type, data } of source) {
		if (type === 'test:stderr' || type === 'test:stdout') {
			yield `    ${data.message.trimEnd().replaceAll('\n', '\n    ')}\n`;
			continue;
		}
		if (type !== 'test:pass' && type !== 'test:fail') continue;
		// A suite is the sum of its tests; it counts itself only when it failed outside of them. So does a file.
		const isGroup = data.details?.type === 'suite' || isFile(data.name);
		const ownFault = type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed';
		if (isGroup && !ownFault) continue;
		if (data.file && data.file !== file) yield `${relative('.', (file = data.file))}\n`;
		if (data.skip !== undefined && data.skip !== false) {
			skipped++;
			yield `  skipped ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}\n`;
		} else if (type === 'test:pass') {
			passed++;
			yield `  ok      ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
		} else {
			failed++;
			const error = data.details.error?.cause ?? data.details.error;
			yield `  FAILED  ${isFile(data.name) ? relative('.', data.name) : data.name}\n`;
			yield `    ${(error?.stack ?? inspect(error)).slice(0, 4000).replaceAll('\n', '\n    ')}\n`;
		}
	}
	if (process.env.HOSPES_PART) appendFileSync(process.env.HOSPES_PART, `${passed} ${failed} ${skipped}\n`);
	yield `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${process.env.HOSPES_TEST_DATABASE ?? 'no database'})\n`;
}
