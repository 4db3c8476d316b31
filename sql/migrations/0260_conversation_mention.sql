-- A mention that was taken into the inbox; it is answered where it was said.
ALTER TABLE conversation ADD COLUMN mention ID;
CREATE UNIQUE INDEX conversation_mention ON conversation (mention) WHERE mention IS NOT NULL;
