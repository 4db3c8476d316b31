-- Answers to anonymous surveys: they are shown only where enough stand together. Those questions, so that figures know.
ALTER TABLE feedback ADD COLUMN is_anonymous INT64; -- 1; absent: no
CREATE TABLE feedback_anonymous (
	question TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;
