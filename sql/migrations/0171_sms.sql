-- Short messages for the gateway that the workspace names. state: waiting, accepted by the gateway, delivered, failed.
CREATE TABLE sms (
	id ID NOT NULL PRIMARY KEY,
	customer_subject INT64 NOT NULL,
	recipient TEXT NOT NULL,
	body TEXT NOT NULL,
	language TEXT NOT NULL,
	code TEXT NOT NULL,            -- of its short link
	path TEXT NOT NULL,            -- where that leads
	state INT64 NOT NULL,
	tries INT64 NOT NULL,
	due_at INT64 NOT NULL,
	made_at INT64 NOT NULL,
	ended_at INT64,
	problem TEXT NOT NULL
);
CREATE UNIQUE INDEX sms_code ON sms (code);
CREATE INDEX sms_due ON sms (due_at, id) WHERE state = 0;
CREATE INDEX sms_subject ON sms (customer_subject);

ALTER TABLE invite ADD COLUMN sms INT64;
CREATE INDEX invite_sms ON invite (sms) WHERE sms IS NOT NULL AND delivered_at IS NULL;
