-- Marks on time: what happened that figures may follow. Days are civil, in ms of midnight as if UTC.
CREATE TABLE mark (
	id ID NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,
	title TEXT NOT NULL,
	note TEXT NOT NULL,
	from_day INT64 NOT NULL,
	to_day INT64,
	is_outside BOOL NOT NULL,
	origin INT64 NOT NULL,
	source TEXT NOT NULL,
	added_at INT64 NOT NULL,
	removed_at INT64
);
-- The same file brought in again adds nothing.
CREATE UNIQUE INDEX mark_once ON mark (from_day, kind, title);
-- Events that are marks by themselves.
CREATE TABLE mark_event (
	event TEXT NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,
	is_outside BOOL NOT NULL
);
