-- Web sites on which surveys are shown: each has a public key (its id) and the addresses from which that key may be used.
CREATE TABLE site (
	id ID NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	origins TEXT NOT NULL,         -- a line each: https://shop.example.com
	made_at INT64 NOT NULL,
	removed_at INT64
);

-- How a survey is shown on a site: where, when, to how many.
CREATE TABLE site_survey (
	survey INT64 NOT NULL,
	site INT64 NOT NULL,
	is_on BOOL NOT NULL,
	kind INT64 NOT NULL,           -- pop-up, inline
	places TEXT NOT NULL,          -- patterns of paths, a line each; '': everywhere
	starts INT64 NOT NULL,         -- on arrival, scrolled, about to leave, an event of the page
	event TEXT NOT NULL,
	scroll_pct INT64 NOT NULL,
	delay_s INT64 NOT NULL,
	percent INT64 NOT NULL,
	gap_days INT64 NOT NULL,
	changed_at INT64 NOT NULL,
	PRIMARY KEY (survey)
) WITHOUT ROWID;
CREATE INDEX site_survey_site ON site_survey (site);

-- How far visitors came whose name nobody knows: a number a step, and nothing else of them.
CREATE TABLE invite_visitor (
	survey INT64 NOT NULL,
	step TEXT NOT NULL,
	visitors INT64 NOT NULL,
	PRIMARY KEY (survey, step)
) WITHOUT ROWID;

ALTER TABLE survey_submission ADD COLUMN is_on_site BOOL NOT NULL DEFAULT FALSE;
