-- Articles written in the console: what is being written stands beside what is published.
ALTER TABLE article ADD COLUMN slug TEXT NOT NULL DEFAULT '';     -- of its address; '' : its id
ALTER TABLE article ADD COLUMN folded TEXT NOT NULL DEFAULT '';   -- title and text, for searching in the console
ALTER TABLE article ADD COLUMN draft_title TEXT;                  -- absent: nothing is under way
ALTER TABLE article ADD COLUMN draft_body TEXT;
ALTER TABLE article ADD COLUMN is_in_review BOOL NOT NULL DEFAULT FALSE;
ALTER TABLE article ADD COLUMN publish_at INT64;                  -- when what is under way is published
ALTER TABLE article ADD COLUMN owner INT64;
ALTER TABLE article ADD COLUMN review_on INT64;                   -- a day
CREATE INDEX article_changed ON article (changed_at, id);
CREATE INDEX article_scheduled ON article (publish_at) WHERE publish_at IS NOT NULL;
CREATE TABLE article_version (
	id ID NOT NULL PRIMARY KEY,
	article ID NOT NULL,
	at INT64 NOT NULL,
	who TEXT NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL
);
CREATE INDEX article_version_of ON article_version (article, id);
-- Every slug that an article had: old addresses lead on.
CREATE TABLE article_slug (
	slug TEXT NOT NULL PRIMARY KEY,
	article ID NOT NULL
);
-- Whether it helped, as readers say; who they are is not kept.
CREATE TABLE article_vote (
	id ID NOT NULL PRIMARY KEY,
	article ID NOT NULL,
	at INT64 NOT NULL,
	is_helpful BOOL NOT NULL,
	text TEXT NOT NULL             -- what was missing
);
CREATE INDEX article_vote_of ON article_vote (article, at);
CREATE INDEX article_vote_at ON article_vote (at);
-- What readers looked for and did not find.
CREATE TABLE article_missed (
	language TEXT NOT NULL,
	question TEXT NOT NULL,
	n INT64 NOT NULL,
	last_at INT64 NOT NULL,
	PRIMARY KEY (language, question)
);
CREATE INDEX article_missed_at ON article_missed (last_at);
