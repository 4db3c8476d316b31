-- How far the mailbox was read that mail comes back to: one row.
CREATE TABLE mailbox (
	id INT64 NOT NULL PRIMARY KEY,
	uid_validity INT64 NOT NULL,
	uid_next INT64 NOT NULL,
	looked_at INT64,               -- when it could be read last
	found INT64 NOT NULL,          -- mails of ours that were reported
	fault_at INT64,                -- since then it cannot be read
	fault TEXT NOT NULL
);
CREATE INDEX mail_refused ON mail (ended_at) WHERE state IN (3, 4);
-- A mail can come back after it was delivered.
DROP INDEX invite_mail;
CREATE INDEX invite_mail ON invite (mail);
