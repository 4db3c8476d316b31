-- The scores that stand beside a comment.
CREATE INDEX feedback_submission ON feedback (submission);
