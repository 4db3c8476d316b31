#include "reading/discover.h"

#include "audit/audit.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "reading/discover_terms.h"
#include "reading/tree.h"

struct discover_quote {
	str text, reading;
};
static const struct desc_field QUOTE_FIELDS[] = {
	FIELD(discover_quote, text, DESC_STR),
	FIELD(discover_quote, reading, DESC_STR),
};
static const struct desc QUOTE_DESC = DESC(discover_quote, QUOTE_FIELDS);
struct discover_row {
	str name, language, language_name, queries, terms;
	int64_t n, neg, others;
	double q;
	LIST_OF(struct discover_quote) quotes;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(discover_row, name, DESC_STR, .doc = "its most telling words"),
	FIELD(discover_row, language, DESC_STR),
	FIELD(discover_row, language_name, DESC_STR),
	FIELD(discover_row, terms, DESC_STR),
	FIELD(discover_row, queries, DESC_STR, .doc = "a line each, as POST /voice/topics takes them"),
	FIELD(discover_row, n, DESC_INT, .doc = "texts of no topic that hold any of the words"),
	FIELD(discover_row, neg, DESC_INT, .doc = "of them, how many are negative"),
	FIELD(discover_row, others, DESC_INT, .doc = "texts of some topic that hold the first"),
	FIELD(discover_row, q, DESC_REAL, .doc = "rate of false discoveries among all that are at least as sure"),
	FIELD(discover_row, quotes, DESC_LIST, .item = DESC_STRUCT, .of = &QUOTE_DESC, .doc = "the newest"),
};
static const struct desc ROW_DESC = DESC(discover_row, ROW_FIELDS);
struct discover_put_aside {
	id id;
	str language, name, person, undo;
	int64_t at;
};
static const struct desc_field PUT_FIELDS[] = {
	FIELD(discover_put_aside, id, DESC_ID, .prefix = "tpa"),
	FIELD(discover_put_aside, language, DESC_STR),
	FIELD(discover_put_aside, name, DESC_STR),
	FIELD(discover_put_aside, at, DESC_TIME),
	FIELD(discover_put_aside, person, DESC_STR),
	FIELD(discover_put_aside, undo, DESC_STR),
};
static const struct desc PUT_DESC = DESC(discover_put_aside, PUT_FIELDS);
struct discover {
	struct msg finding;
	bool may_write;
	int64_t texts, without;
	LIST_OF(struct discover_row) rows;
	LIST_OF(struct discover_put_aside) asides;
};
static const struct desc_field FIELDS[] = {
	FIELD(discover, finding, DESC_MSG),
	FIELD(discover, may_write, DESC_BOOL),
	FIELD(discover, texts, DESC_INT, .doc = "looked at: the newest 10,000 of a year"),
	FIELD(discover, without, DESC_INT, .doc = "of them in no topic"),
	FIELD(discover, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "most texts first"),
	FIELD(discover, asides, DESC_LIST, .item = DESC_STRUCT, .of = &PUT_DESC),
};
const struct desc DISCOVER_DESC = DESC(discover, FIELDS);

struct discover_aside {
	str language, name;
};
static const struct desc_field ASIDE_FIELDS[] = {
	FIELD(discover_aside, language, DESC_STR, .flags = DESC_REQUIRED, .max = 12),
	FIELD(discover_aside, name, DESC_STR, .flags = DESC_REQUIRED, .max = 200),
};
const struct desc DISCOVER_ASIDE_DESC = DESC(discover_aside, ASIDE_FIELDS);

/* ---- the page ---- */

static bool is_aside(const struct discover *page, const struct discover_topic *t)
{
	for (size_t i = 0; i < page->asides.n; i++)
		if (str_eq(page->asides.v[i].language, t->language) && str_eq(page->asides.v[i].name, t->terms[0])) return true;
	return false;
}

static enum err fill_asides(struct op *op, struct discover *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_topic_asides, DB_NO_ARGS, &r));
	page->asides.v = ARENA_ARRAY(&op->arena, struct discover_put_aside, r.n + 1);
	page->asides.n = r.n;
	for (size_t i = 0; i < r.n; i++)
		page->asides.v[i] = (struct discover_put_aside){db_rows_id(&r, i, 0), db_rows_text(&r, i, 1), db_rows_text(&r, i, 2), db_rows_text(&r, i, 4),
			str_fmt(&op->arena, "/voice/topics/found/aside/%s/undo", id_show(&op->arena, S("tpa"), db_rows_id(&r, i, 0)).p), db_rows_int(&r, i, 3)};
	return OK;
}

static void fill_row(struct op *op, const struct discover_topic *t, struct discover_row *row)
{
	*row = (struct discover_row){.name = t->terms[0], .language = t->language, .language_name = i18n_language_name(&op->arena, &op->locale, t->language, STR_NONE), .queries = S(""), .terms = S(""), .n = t->n, .neg = t->neg,
		.others = t->others, .q = t->q};
	for (size_t i = 0; i < t->n_terms; i++) {
		row->queries = str_fmt(&op->arena, "%.*s%s%.*s%s\n", STR_ARG(row->queries), t->is_pair[i] ? "\"" : "", STR_ARG(t->terms[i]), t->is_pair[i] ? "\"" : "");
		row->terms = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(row->terms), i ? " · " : "", STR_ARG(t->terms[i]));
	}
	row->quotes.v = ARENA_ARRAY(&op->arena, struct discover_quote, DISCOVER_QUOTES);
	row->quotes.n = t->n_quotes;
	for (size_t i = 0; i < t->n_quotes; i++) row->quotes.v[i] = (struct discover_quote){t->quotes[i], t->readings[i]};
}

enum err discover_get(struct op *op, struct web *w, struct answer *a)
{
	struct discover *page = ARENA_NEW(&op->arena, struct discover);
	const struct discovered *d;
	(void)w;
	TRY(discover_terms(op, &d));
	TRY(fill_asides(op, page));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->texts = d->texts;
	page->without = d->without;
	page->rows.v = ARENA_ARRAY(&op->arena, struct discover_row, d->n + 1);
	for (size_t i = 0; i < d->n; i++)
		if (!is_aside(page, &d->v[i])) fill_row(op, &d->v[i], &page->rows.v[page->rows.n++]);
	page->finding = msg_int(page->rows.n ? "discover_found" : "discover_none", "n", (int64_t)page->rows.n);
	msg_add(&page->finding, (struct msg_arg){.name = "texts", .type = MSG_INT, .i = d->texts});
	msg_add(&page->finding, (struct msg_arg){.name = "without", .type = MSG_INT, .i = d->without});
	return answer_with(a, &DISCOVER_DESC, page);
}

enum err discover_aside_post(struct op *op, struct web *w, struct answer *a)
{
	struct discover_aside in;
	const struct discovered *d;
	bool is_found = false;
	id aside = id_new();
	TRY(web_input(op, w, &DISCOVER_ASIDE_DESC, &in));
	TRY(discover_terms(op, &d));
	for (size_t i = 0; i < d->n; i++) is_found = is_found || (str_eq(d->v[i].language, in.language) && str_eq(d->v[i].terms[0], in.name));
	if (!is_found) return fail(op, ERR_NOT_FOUND, "name", "no such topic is found in texts any more");
	TRY(op_run(op, SQL_topic_aside_add, DB_ARGS(db_id(aside), db_text(in.language), db_text(in.name), db_id(op->actor.kind == ACTOR_PERSON ? op->actor.id : 0), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "topic_put_aside", "", 0, STR_NONE, in.name));
	a->notice = msg_of("notice_topic_aside");
	a->undo = str_fmt(&op->arena, "/voice/topics/found/aside/%s/undo", id_show(&op->arena, S("tpa"), aside).p);
	return answer_redirect(a, S("/voice/topics/found"));
}

enum err discover_aside_undo_post(struct op *op, struct web *w, struct answer *a)
{
	id aside;
	int64_t changed;
	TRY(web_id(op, w, "id", "tpa", &aside));
	TRY(op_run(op, SQL_topic_aside_remove, DB_ARGS(db_id(aside), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "nothing of this id is put aside");
	TRY(audit_write(op, "topic_brought_back", "", 0, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, S("/voice/topics/found"));
}
