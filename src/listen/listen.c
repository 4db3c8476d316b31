#include "listen/listen.h"

const char *const LISTEN_KINDS[] = {"feed", "mastodon", "page", "hook", NULL};
const char *const LISTEN_STATES[] = {"trial", "on", "paused", NULL};

static const struct desc_field FIELDS[] = {
	FIELD(listen_source, id, DESC_ID, .prefix = "lis"),
	FIELD(listen_source, kind, DESC_ENUM, .names = LISTEN_KINDS, .prefix = "listen_kind"),
	FIELD(listen_source, state, DESC_ENUM, .names = LISTEN_STATES, .prefix = "listen_state"),
	FIELD(listen_source, name, DESC_STR),
	FIELD(listen_source, address, DESC_STR),
	FIELD(listen_source, tag, DESC_STR, .doc = "of Mastodon, without #; empty: all public posts of that server"),
	FIELD(listen_source, is_named, DESC_BOOL),
	FIELD(listen_source, every_s, DESC_INT, .doc = "seconds between two tries"),
	FIELD(listen_source, tried_at, DESC_TIME),
	FIELD(listen_source, heard_at, DESC_TIME, .doc = "the last answer that could be read"),
	FIELD(listen_source, next_at, DESC_TIME),
	FIELD(listen_source, failures, DESC_INT, .doc = "in a row"),
	FIELD(listen_source, ratings, DESC_INT, .doc = "how many made the page's own total"),
	FIELD(listen_source, heard, DESC_INT, .doc = "mentions kept"),
	FIELD(listen_source, etag, DESC_STR),
	FIELD(listen_source, modified, DESC_STR),
	FIELD(listen_source, since, DESC_STR),
	FIELD(listen_source, preview_json, DESC_STR),
	FIELD(listen_source, outcome, DESC_STR, .doc = "of the last try"),
	FIELD(listen_source, detail, DESC_STR),
	FIELD(listen_source, rating, DESC_REAL, .doc = "the page's own total"),
	FIELD(listen_source, rating_max, DESC_REAL),
};
const struct desc LISTEN_SOURCE_DESC = DESC(listen_source, FIELDS);

enum err listen_source_find(struct op *op, id source, struct listen_source *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_listen_source_by_id, DB_ARGS(db_id(source)), &LISTEN_SOURCE_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such source");
	*out = *(struct listen_source *)rows;
	return OK;
}
