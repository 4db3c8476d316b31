-- The inbox's order as it is asked for, and its counts, without a look at each row.
CREATE INDEX conversation_wait ON conversation (state, (coalesce(waiting_since, 4000000000000000 - changed_at)), id);
CREATE INDEX conversation_counts ON conversation (state, assignee, waiting_since);
DROP INDEX conversation_waiting;
