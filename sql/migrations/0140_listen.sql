-- What is listened to. Nothing is asked of anybody before a source stands here.
CREATE TABLE listen_source (
	id ID NOT NULL PRIMARY KEY,
	kind INT64 NOT NULL,           -- enum listen_kind
	name TEXT NOT NULL,
	address TEXT NOT NULL,         -- "" of a hook
	tag TEXT NOT NULL,             -- Mastodon: without #; "" for all public posts of that server
	is_named BOOL NOT NULL,        -- a person named it, so what it calls itself does not
	every_s INT64 NOT NULL,
	state INT64 NOT NULL,          -- enum listen_state
	key TEXT,                      -- of a hook: hash of its key
	etag TEXT,
	modified TEXT,
	since TEXT,                    -- Mastodon: the newest status that was heard
	preview_json TEXT,             -- what the trial heard
	tried_at INT64,
	heard_at INT64,                -- last answer that could be read
	next_at INT64 NOT NULL,
	outcome TEXT,                  -- of the last try: a name of FETCH_OUTCOMES, or "unreadable"
	detail TEXT,
	failures INT64 NOT NULL,       -- in a row
	rating REAL,                   -- the page's own total
	rating_max REAL,
	ratings INT64,
	made_at INT64 NOT NULL,
	removed_at INT64
);
CREATE INDEX listen_source_due ON listen_source (next_at) WHERE removed_at IS NULL;

-- What was heard. The touchpoint beside it names nobody; author and words are here alone, so that they can be erased.
CREATE TABLE mention (
	id ID NOT NULL PRIMARY KEY,
	key TEXT NOT NULL UNIQUE,      -- by which it is known again
	source ID,                     -- listen_source; NULL: sent as a touchpoint
	subject INT64 NOT NULL,        -- 0: nobody's
	joined INT64,                  -- subject of the customer that a person joined it to
	at INT64 NOT NULL,
	heard_at INT64 NOT NULL,
	network TEXT NOT NULL,
	url TEXT,
	title TEXT,
	text TEXT,
	author TEXT,
	author_url TEXT,
	language TEXT,
	rating REAL,
	rating_max REAL,
	sentiment TEXT,                -- pos, neg, neu; NULL where no model reads the language
	topics TEXT NOT NULL,          -- names, a line each
	signals TEXT NOT NULL,         -- kind/name of what is felt, asked for, urgent, a line each
	note TEXT                      -- why it was joined
);
CREATE INDEX mention_at ON mention (at, id);
CREATE INDEX mention_source ON mention (source, at);
CREATE INDEX mention_subject ON mention (subject) WHERE subject <> 0;
CREATE INDEX mention_joined ON mention (joined) WHERE joined IS NOT NULL;
