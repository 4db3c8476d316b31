-- Live chat: how a site offers it, and who writes there. What is written are conversations of the channel "chat".
CREATE TABLE chat_site (
	site ID NOT NULL PRIMARY KEY,
	is_on BOOL NOT NULL,
	ask_name INT64 NOT NULL,       -- 0 not asked, 1 may be left out, 2 must be given
	ask_email INT64 NOT NULL,
	ask_subject INT64 NOT NULL,
	opens_at TEXT NOT NULL,        -- by the workspace's clock, as 09:00; the same as the end: all day
	closes_at TEXT NOT NULL,
	days INT64 NOT NULL,           -- a bit a day, Monday first
	email TEXT NOT NULL            -- another way to reach a person; '' : none
);
CREATE TABLE chat_visitor (
	id ID NOT NULL PRIMARY KEY,
	site ID NOT NULL,
	user_id TEXT,                  -- proven by the site's server
	subject INT64 NOT NULL,        -- of the customer; 0: nobody's yet
	name TEXT NOT NULL,            -- as said, proven by nobody
	email TEXT NOT NULL,
	language TEXT NOT NULL,
	made_at INT64 NOT NULL
);
CREATE UNIQUE INDEX chat_visitor_user ON chat_visitor (site, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX chat_visitor_subject ON chat_visitor (subject) WHERE subject <> 0;

-- How satisfied the customer was, once a resolution.
CREATE TABLE chat_rating (
	conversation ID NOT NULL,
	resolution INT64 NOT NULL,     -- how often it had been opened again
	visitor ID NOT NULL,
	score INT64 NOT NULL,
	at INT64 NOT NULL,
	PRIMARY KEY (conversation, resolution)
);
CREATE INDEX chat_rating_visitor ON chat_rating (visitor);

-- Who of the workspace does not want chats now.
CREATE TABLE chat_away (
	person ID NOT NULL PRIMARY KEY,
	since INT64 NOT NULL
);

-- How far a conversation was read, in channels that tell.
ALTER TABLE conversation_contact ADD COLUMN read_at INT64; -- by the customer
ALTER TABLE conversation_contact ADD COLUMN seen_at INT64; -- by us
