-- Answers to anonymous surveys are seen in batches of at least eight of one group, in the order in which they came. Until its
-- batch is whole an answer waits; then its time is that of the batch.
ALTER TABLE feedback ADD COLUMN team TEXT;     -- of anonymous answers alone, '' where none was said; so are the next two
ALTER TABLE feedback ADD COLUMN place TEXT;
ALTER TABLE feedback ADD COLUMN staff TEXT;
ALTER TABLE feedback ADD COLUMN released INT64; -- absent: it waits
CREATE INDEX feedback_waiting ON feedback (question, team, place, staff) WHERE is_anonymous = 1 AND released IS NULL;
CREATE INDEX feedback_released ON feedback (question, submission) WHERE is_anonymous = 1 AND released IS NOT NULL;
