-- Answers to surveys, one row an answer, derived from their touchpoints.
CREATE TABLE feedback (
	id ID NOT NULL PRIMARY KEY,
	message TEXT NOT NULL UNIQUE, -- of its touchpoint: the same one again is the same answer
	source INT64 NOT NULL,
	subject INT64 NOT NULL, -- 0: nobody's
	import INT64 NOT NULL,
	at INT64 NOT NULL,
	purposes INT64 NOT NULL,
	submission TEXT,
	survey TEXT,
	question TEXT NOT NULL,
	version TEXT,
	wording TEXT,
	type TEXT NOT NULL,
	scale_min REAL,
	scale_max REAL,
	number REAL,
	text TEXT, -- of a text, choice, date or boolean
	language TEXT,
	channel TEXT,
	location TEXT,
	weight REAL,
	search TEXT -- folded
);
CREATE INDEX feedback_at ON feedback (at, id);
CREATE INDEX feedback_of_question ON feedback (question, at, id);
CREATE INDEX feedback_subject ON feedback (subject);
CREATE INDEX feedback_import ON feedback (import);

-- The questions that were ever answered. Names nobody, and goes with its last answer.
CREATE TABLE feedback_question (
	question TEXT NOT NULL PRIMARY KEY,
	survey TEXT,
	type TEXT NOT NULL,
	wording TEXT,
	scale_min REAL,
	scale_max REAL,
	first_at INT64 NOT NULL
);
