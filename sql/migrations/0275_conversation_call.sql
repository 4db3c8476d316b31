-- Who of the workspace a note calls on.
CREATE TABLE conversation_call (
	message ID NOT NULL,
	person INT64 NOT NULL,
	at INT64 NOT NULL,
	seen_at INT64,
	PRIMARY KEY (message, person)
);
CREATE INDEX conversation_call_of ON conversation_call (person) WHERE seen_at IS NULL;
