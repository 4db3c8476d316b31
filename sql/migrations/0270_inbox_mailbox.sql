-- The mailbox that customers write to: how far it was read; one row.
CREATE TABLE conversation_mailbox (
	id INT64 NOT NULL PRIMARY KEY,
	uid_validity INT64 NOT NULL,   -- 0: it was never read
	uid_next INT64 NOT NULL,
	known_next INT64 NOT NULL,     -- what lay there when it was first seen is below
	since_at INT64 NOT NULL,       -- and of that only what came after this is read
	due_at INT64 NOT NULL,
	looked_at INT64,               -- when it could be read last
	came INT64 NOT NULL,           -- mails of that look
	fault_at INT64,                -- since then it cannot be read
	fault TEXT NOT NULL,
	claimed_by TEXT NOT NULL,      -- mark of another server that reads it
	is_taken_over BOOL NOT NULL,   -- marks of others are to be taken off
	tries INT64 NOT NULL,          -- looks that began to fetch and broke off, since one went on
	is_test_asked BOOL NOT NULL,
	tested_at INT64,
	tested_n INT64,                -- messages there
	test_fault TEXT NOT NULL
);
CREATE TABLE conversation_mailbox_count (
	outcome TEXT NOT NULL PRIMARY KEY,
	n INT64 NOT NULL,
	last_at INT64 NOT NULL
);
-- Mails that became no message, for whoever looks for one.
CREATE TABLE conversation_refused (
	id ID NOT NULL PRIMARY KEY,
	at INT64 NOT NULL,
	address TEXT NOT NULL,         -- of the sender, '' : unreadable
	title TEXT NOT NULL,
	reason TEXT NOT NULL
);
CREATE INDEX conversation_refused_at ON conversation_refused (at);
CREATE INDEX conversation_refused_address ON conversation_refused (address);
ALTER TABLE conversation_message ADD COLUMN is_unproven BOOL NOT NULL DEFAULT FALSE; -- the server that took it says that the sender is not who they say
