/* The touchpoint is appended before the commit that keeps the row: where that fails, the item is heard again, and its
 * touchpoint is known by its message id. The row's id follows from the item as that does, so what the touchpoint led to (a follow-up)
 * finds it then. It carries no author, no words and no address, so it needs no erasing. */
#include "listen/mention.h"

#include <math.h>

#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/collect.h"
#include "collect/intake.h"
#include "consent/consent.h"
#include "json/json.h"
#include "search/search.h"
#include "text/shelf.h"
#include "text/verdict.h"

enum { KEY_BYTES = 500, BODY_BYTES = 8192, LANGUAGE_LETTERS = 12, AHEAD_MS = 3600000 };

static struct text_verdict judge(struct arena *a, const struct text_own *own, const struct heard *h)
{
	struct text_verdict j;
	str words = h->title.n ? str_fmt(a, "%.*s\n%.*s", STR_ARG(h->title), STR_ARG(h->text)) : h->text;
	text_judge(a, words, own, &j);
	if (str_eq(j.language, S("und"))) j.language = str_sub(h->language, 0, LANGUAGE_LETTERS);
	return j;
}

static str body_of(struct arena *a, const struct heard *h, const struct text_verdict *j, str event, id mention)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, BODY_BYTES);
	json_begin_object(&w);
	json_key(&w, S("type"));
	json_put_str(&w, S("track"));
	json_key(&w, S("event"));
	json_put_str(&w, event);
	json_key(&w, S("properties"));
	json_begin_object(&w);
	json_key(&w, S("mention"));
	json_put_str(&w, id_show(a, S("men"), mention));
	json_key(&w, S("network"));
	json_put_str(&w, h->network);
	json_key(&w, S("language"));
	json_put_str(&w, j->language);
	json_key(&w, S("sentiment"));
	json_put_str(&w, j->sentiment);
	json_key(&w, S("signals"));
	json_begin_array(&w);
	for (str rest = j->signals; str_given(rest) && rest.n;) json_put_str(&w, str_cut(&rest, '\n'));
	json_end_array(&w);
	json_key(&w, S("rating"));
	json_put_real(&w, h->rating);
	json_key(&w, S("rating_max"));
	json_put_real(&w, h->rating_max);
	json_end_object(&w);
	json_end_object(&w);
	str out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static str shortened(struct arena *a, str text)
{
	if (!text.n) return STR_NONE;
	if (text.n <= MENTION_QUOTE) return text;
	return str_fmt(a, "%.*s…", STR_ARG(str_trim(utf8_cut(text, MENTION_QUOTE))));
}

static struct db_val real(double d)
{
	return isnan(d) ? db_null() : db_real(d);
}

/* The same for the same item, whenever it is heard; never 0. */
static id id_of(uint64_t hash)
{
	return (id)(hash >> 1 | 1);
}

static enum err put(struct op *op, struct intake *in, const struct text_own *own, id source, const struct heard *h, uint32_t index, int64_t *added)
{
	struct arena *a = &op->arena;
	struct text_verdict j = judge(a, own, h);
	uint64_t hash = str_hash(h->key);
	id mention = id_of(hash);
	str event = str_eq(h->network, S("review")) ? S("Review Posted") : S("Mention Posted");
	bool is_timed = h->at_ms != DESC_NULL_INT && h->at_ms <= op->now_ms + AHEAD_MS;
	struct touchpoint t = {.call = CALL_TRACK, .event = event, .message_id = str_fmt(a, "mention:%016llx", (unsigned long long)hash), .time_ms = is_timed ? h->at_ms : op->now_ms};
	int64_t changed;
	t.raw = body_of(a, h, &j, event, mention);
	enum drop_reason dropped = intake_add(in, &t, index);
	if (dropped != DROP_NONE) return OK; /* counted there */
	TRY(op_run(op, SQL_mention_put,
		DB_ARGS(db_id(mention), db_text(h->key), db_id(source), db_int(0), db_int(t.time_ms), db_int(op->now_ms), db_text(h->network), db_text(h->url.n ? h->url : STR_NONE),
			db_text(h->title.n ? h->title : STR_NONE), db_text(shortened(a, h->text)), db_text(h->author.n ? h->author : STR_NONE), db_text(h->author_url.n ? h->author_url : STR_NONE),
			db_text(j.language.n ? j.language : STR_NONE), real(h->rating), real(h->rating_max), db_text(j.sentiment), db_text(j.topics), db_text(j.signals),
			real(j.score), db_text(j.why)),
		&changed));
	*added += changed;
	return changed ? search_note(op, SEARCH_MENTION, mention) : OK;
}

/* What a database cannot index is its beginning and a hash. */
static str key_of(struct arena *a, str key)
{
	return key.n <= KEY_BYTES ? key : str_fmt(a, "%.*s#%016llx", STR_ARG(utf8_cut(key, KEY_BYTES)), (unsigned long long)str_hash(key));
}

enum err mention_keep(struct op *op, id source, const struct heard_list *heard, int64_t *added)
{
	struct source kept_as;
	struct db_rows known;
	*added = 0;
	TRY(source_ensure(op, S(LISTENING_SOURCE), SOURCE_LISTENING, true, PURPOSES_ASSURED_DEFAULT, &kept_as));
	const struct text_own *own = text_own_of(op);
	struct intake *in = intake_new(op->app, &op->arena, &kept_as, op->now_ms);
	for (size_t i = 0; i < heard->items.n; i++) {
		struct heard *h = &heard->items.v[i];
		h->key = key_of(&op->arena, h->key);
		TRY(op_query(op, SQL_mention_known, DB_ARGS(db_text(h->key)), &known));
		if (!db_rows_int(&known, 0, 0)) TRY(put(op, in, own, source, h, (uint32_t)i, added));
	}
	return intake_commit_wait(in);
}

enum err mention_forget_subject(struct op *op, uint32_t subject)
{
	int64_t noted;
	TRY(op_run(op, SQL_mention_note_subject, DB_ARGS(db_int(subject), db_int(SEARCH_MENTION), db_int(id_new())), &noted));
	if (noted) TRY(search_noted(op));
	return op_run(op, SQL_mention_forget_subject, DB_ARGS(db_int(subject)), NULL);
}
