// A record that cannot be derived for a reason of its own holds nobody up and is not lost: it is counted, kept, and tried again.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { DATABASE, start } from '../lib/hospes.mjs';

/** Runs SQL against the workspace's records from outside, as a fault would come. */
function records(hospes, sqlite, postgres) {
	if (DATABASE === 'postgres') return execFileSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', hospes.database.url, '-c', postgres]);
	const program = 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=30)\nc.execute(sys.argv[2])\nc.commit()';
	return execFileSync('python3', ['-c', program, join(hospes.data, 'records.db'), sqlite]);
}

test('an event that cannot be derived is kept aside, counted, and derived after a restart', async (t) => {
	const hospes = await start(t), write = await hospes.key('write'), secret = await hospes.key('secret');
	const identify = (userId, traits) => hospes.post('/v1/identify', { userId, traits, messageId: `${userId}-1`, timestamp: '2024-03-01T10:00:00Z' }, write);
	await identify('first', { city: 'Basle' });
	await hospes.applied();
	records(hospes, "CREATE TRIGGER poison BEFORE INSERT ON trait WHEN NEW.name = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END",
		"ALTER TABLE trait ADD CONSTRAINT poison CHECK (name <> 'poison')");
	await identify('sick', { poison: 'yes', city: 'Thebes' });
	await identify('after', { city: 'Corinth' });
	await hospes.applied();
	assert.equal((await hospes.get('/health')).body.unapplied, 1);
	assert.match(hospes.log, /event_not_applied/);
	assert.deepEqual((await hospes.customer('user_id:after', secret)).traits.map((each) => each.value), ['Corinth']);
	await hospes.stop();
	await hospes.serve();
	assert.equal((await hospes.get('/health')).body.unapplied, 1, 'it still cannot be');
	await hospes.stop();
	records(hospes, 'DROP TRIGGER poison', 'ALTER TABLE trait DROP CONSTRAINT poison');
	await hospes.serve();
	await hospes.applied();
	for (let i = 0; i < 100 && (await hospes.get('/health')).body.unapplied; i++) await new Promise((done) => setTimeout(done, 100));
	assert.equal((await hospes.get('/health')).body.unapplied, 0);
	assert.deepEqual((await hospes.customer('user_id:sick', secret)).traits.map((each) => each.name).sort(), ['city', 'poison']);
});
