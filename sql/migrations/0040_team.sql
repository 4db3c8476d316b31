-- People who sign in. An owner made by the one-time link has no e-mail until set-up.
CREATE TABLE person (
	id ID NOT NULL PRIMARY KEY,
	email TEXT,                  -- as typed
	email_key TEXT,              -- the same in small letters
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	password TEXT,               -- argon2id, in libsodium's form; absent: signs in by links only
	language TEXT,               -- absent: as the browser asks
	calendar TEXT,
	made_at INT64 NOT NULL,
	made_by TEXT NOT NULL,
	removed_at INT64
);
CREATE UNIQUE INDEX person_email ON person (email_key) WHERE removed_at IS NULL;

-- Signed-in browsers. The token lies only in the browser; here is its keyed hash.
CREATE TABLE session (
	id ID NOT NULL PRIMARY KEY,
	hash BLOB NOT NULL UNIQUE,
	person INT64 NOT NULL,
	made_at INT64 NOT NULL,
	last_seen_at INT64 NOT NULL,
	expires_at INT64 NOT NULL,
	device TEXT NOT NULL,
	address TEXT NOT NULL,
	ended_at INT64
);
CREATE INDEX session_person ON session (person);

-- Links that let somebody choose a password: a new person, or one who forgot it (person is theirs).
CREATE TABLE invitation (
	id ID NOT NULL PRIMARY KEY,
	hash BLOB NOT NULL UNIQUE,
	person INT64,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	made_at INT64 NOT NULL,
	made_by TEXT NOT NULL,
	expires_at INT64 NOT NULL,
	used_at INT64,
	ended_at INT64
);

-- Links that sign the owner in, printed at start.
CREATE TABLE owner_link (
	hash BLOB NOT NULL PRIMARY KEY,
	expires_at INT64 NOT NULL,
	used_at INT64
);

-- Tries of passwords in the last quarter of an hour; keyed hashes of e-mail and address. A right one takes its rows away.
CREATE TABLE sign_in_try (
	id ID NOT NULL PRIMARY KEY,
	email BLOB NOT NULL,
	address BLOB NOT NULL,
	at INT64 NOT NULL
);
CREATE INDEX sign_in_try_email ON sign_in_try (email, at);
CREATE INDEX sign_in_try_address ON sign_in_try (address, at);
