-- Answers to customers go out by the outbox: what they answer stands in their headers, and no program wrote them.
ALTER TABLE mail ADD COLUMN answers TEXT;       -- Message-ID of what it answers
ALTER TABLE mail ADD COLUMN reference_ids TEXT; -- those before it, the oldest first, with spaces
DROP TABLE conversation_look;
