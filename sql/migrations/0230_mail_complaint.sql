-- Who got a mail said that it was not wanted: their mailbox's provider reported it.
ALTER TABLE mail ADD COLUMN complained_at INT64;
CREATE INDEX mail_complained ON mail (complained_at) WHERE complained_at IS NOT NULL;
