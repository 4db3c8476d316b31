-- Outgoing webhooks: who is told, what of, and how far each message came.
CREATE TABLE webhook_endpoint (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	url TEXT NOT NULL,
	types TEXT NOT NULL,          -- names of tables/webhook_types.def, a space between them
	secret TEXT NOT NULL,         -- sealed (setting/secret.h)
	old_secret TEXT,              -- signs too until old_until
	old_until INT64,
	is_on BOOL NOT NULL,
	why_off TEXT NOT NULL,        -- '', 'gone', 'failing', 'person'
	failing_since INT64,
	made_at INT64 NOT NULL,
	removed_at INT64
);
CREATE TABLE webhook_message (
	id ID NOT NULL PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,     -- what happened: the same one again is the same message
	type TEXT NOT NULL,
	body TEXT NOT NULL,
	made_at INT64 NOT NULL
);
CREATE INDEX webhook_message_made ON webhook_message (made_at);
CREATE TABLE webhook_delivery (
	message ID NOT NULL,
	endpoint ID NOT NULL,
	state INT64 NOT NULL,         -- enum webhook_state
	tries INT64 NOT NULL,
	next_at INT64 NOT NULL,
	tried_at INT64,
	status INT64,                 -- of the last answer
	outcome TEXT NOT NULL,
	detail TEXT NOT NULL,
	took_ms INT64,
	PRIMARY KEY (message, endpoint)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (state, next_at);
