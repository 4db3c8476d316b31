// Keys that are made side by side are all known at once: what is in memory never falls back behind a newer state.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../lib/hospes.mjs';

test('keys made at the same time are all taken', async (t) => {
	const hospes = await start(t);
	for (let round = 0; round < 3; round++) {
		const keys = await Promise.all(Array.from({ length: 8 }, () => hospes.key('write')));
		const answers = await Promise.all(keys.map((key, i) => hospes.post('/v1/track', { userId: `u${i}`, event: 'Seen' }, key)));
		assert.deepEqual(answers.map((answer) => answer.status), keys.map(() => 200), `round ${round}`);
	}
});
