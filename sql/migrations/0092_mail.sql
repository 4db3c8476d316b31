-- The outbox: mail that was put in the transaction of what causes it. Texts go once it is sent; the row stays to be shown.
CREATE TABLE mail (
	id ID NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,            -- what it is: enum mail_kind by name
	person INT64,                  -- of the workspace, when it goes to one
	recipient TEXT NOT NULL,
	recipient_name TEXT NOT NULL,
	search TEXT NOT NULL,          -- address, name and subject, folded
	language TEXT NOT NULL,
	subject TEXT NOT NULL,
	text TEXT,
	html TEXT,
	unsubscribe TEXT,              -- address that ends what it belongs to
	state INT64 NOT NULL,          -- enum mail_state
	attempts INT64 NOT NULL,
	is_repeated BOOL NOT NULL,     -- it had been given to the server when its answer was lost: it may be there twice
	made_at INT64 NOT NULL,
	due_at INT64 NOT NULL,
	ended_at INT64,
	code INT64,                    -- the server's last reply
	answer TEXT
);
CREATE INDEX mail_due ON mail (due_at, id) WHERE state IN (0, 1);
CREATE INDEX mail_person ON mail (person, kind, id);

-- The mail server does not take anything: one row while that lasts.
CREATE TABLE mail_outage (
	id INT64 NOT NULL PRIMARY KEY,
	since INT64 NOT NULL,
	tries INT64 NOT NULL,
	code INT64,
	answer TEXT NOT NULL
);
