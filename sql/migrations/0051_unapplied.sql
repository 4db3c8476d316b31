-- Records of the log that could not be derived, kept whole so that they are tried again at each start and each hour.
CREATE TABLE unapplied (
	position INT64 NOT NULL PRIMARY KEY,
	is_note BOOL NOT NULL,
	subject INT64 NOT NULL,
	import INT64 NOT NULL,
	source INT64 NOT NULL,
	purposes INT64 NOT NULL,
	time_ms INT64 NOT NULL,
	received_ms INT64 NOT NULL,
	type TEXT NOT NULL,
	channel TEXT NOT NULL,
	body TEXT NOT NULL,
	error TEXT NOT NULL,
	kept_at INT64 NOT NULL
);
CREATE INDEX unapplied_subject ON unapplied (subject);
