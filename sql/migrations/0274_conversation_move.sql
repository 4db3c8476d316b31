-- Two conversations that were one, and one that was two: which messages were moved, so that it can be undone.
CREATE TABLE conversation_move (
	id ID NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,           -- 0 merged, 1 split
	origin ID NOT NULL,
	target ID NOT NULL,
	origin_state INT64 NOT NULL,   -- as it was before
	origin_snoozed_until INT64,
	origin_solved_at INT64,
	made_at INT64 NOT NULL,
	undone_at INT64
);
CREATE TABLE conversation_moved (
	move ID NOT NULL,
	message ID NOT NULL,
	PRIMARY KEY (move, message)
);
ALTER TABLE conversation ADD COLUMN merged_into INT64; -- of state 3
