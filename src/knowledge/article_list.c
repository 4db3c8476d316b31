/* article_list.c: all articles, drafts and internal ones too; how complete each language is; and what readers miss. */
#include <inttypes.h>
#include <math.h>

#include "base/datetime.h"
#include "customer/customer.h"
#include "i18n/zone.h"
#include "knowledge/article_row.h"
#include "setting/setting.h"

enum { PAGE = 50, VOTES_LEAST = 5, QUERY_BYTES = 400 };
static const char *const STATES[] = {"any", "published", "unpublished", "review", "draft", "due", NULL};

static const struct desc_field ROW_FIELDS[] = {
	FIELD(article_row, id, DESC_ID, .prefix = "art"),
	FIELD(article_row, external, DESC_STR, .doc = "those of one are one article in several languages"),
	FIELD(article_row, address, DESC_STR),
	FIELD(article_row, help_address, DESC_STR, .doc = "where readers find it; absent: nowhere"),
	FIELD(article_row, title, DESC_STR, .doc = "of what is being written, where something is"),
	FIELD(article_row, body, DESC_STR, .doc = "Markdown"),
	FIELD(article_row, language, DESC_STR),
	FIELD(article_row, language_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_row, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_row, category, DESC_STR),
	FIELD(article_row, slug, DESC_STR),
	FIELD(article_row, visibility, DESC_ENUM, .names = ARTICLE_VISIBILITY, .prefix = "article"),
	FIELD(article_row, is_published, DESC_BOOL),
	FIELD(article_row, is_draft, DESC_BOOL, .doc = "something is being written that is not published"),
	FIELD(article_row, is_in_review, DESC_BOOL),
	FIELD(article_row, state, DESC_MSG),
	FIELD(article_row, publish_at, DESC_TIME),
	FIELD(article_row, owner, DESC_ID, .prefix = "per"),
	FIELD(article_row, owner_name, DESC_STR),
	FIELD(article_row, review_on, DESC_DATE),
	FIELD(article_row, is_review_due, DESC_BOOL),
	FIELD(article_row, changed_at, DESC_TIME),
	FIELD(article_row, is_judged, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(article_row, votes, DESC_INT),
	FIELD(article_row, helped, DESC_INT),
	FIELD(article_row, helped_share, DESC_SHARE, .doc = "absent with fewer than 5 votes"),
};
const struct desc ARTICLE_ROW_DESC = DESC(article_row, ROW_FIELDS);
enum column { ID, EXTERNAL, LANGUAGE, TITLE, BODY, CATEGORY, VISIBILITY, IS_PUBLISHED, IS_DRAFT, IS_IN_REVIEW, PUBLISH_AT, SLUG, OWNER, OWNER_NAME, REVIEW_ON, CHANGED_AT, VOTES, HELPED };

str article__language_name(str code)
{
	const struct lang *lang = lang_find(code);
	return lang ? lang_own_name(lang) : code;
}

str article__direction(str language)
{
	static const char *const RIGHT_TO_LEFT[] = {"ar", "fa", "he", "ur", "ps", "ckb", "yi"};
	str rest = language, primary = str_cut(&rest, '-');
	for (size_t i = 0; i < COUNT_OF(RIGHT_TO_LEFT); i++)
		if (str_eq_nocase(primary, str_of(RIGHT_TO_LEFT[i]))) return S("rtl");
	return S("ltr");
}

static int64_t today(const struct op *op)
{
	int64_t civil = zone_to_civil(setting_zone(op->app), op->now_ms);
	return civil - civil % DAY_MS;
}

static struct msg state_of(const struct article_row *a)
{
	struct msg m = msg_of(a->publish_at != DESC_NULL_INT ? "article_state_scheduled" : a->is_in_review ? "article_state_review" : a->is_draft ? a->is_published ? "article_state_changed" : "article_state_draft" : a->is_published ? "article_state_published" : "article_state_draft");
	if (a->publish_at != DESC_NULL_INT) msg_add(&m, (struct msg_arg){.name = "at", .type = MSG_TIME, .i = a->publish_at});
	return m;
}

void article__fill(struct op *op, const struct db_rows *r, size_t i, struct article_row *out)
{
	*out = (struct article_row){.id = db_rows_id(r, i, ID), .external = db_rows_text(r, i, EXTERNAL), .language = db_rows_text(r, i, LANGUAGE), .title = db_rows_text(r, i, TITLE), .body = db_rows_text(r, i, BODY),
		.category = db_rows_text(r, i, CATEGORY), .visibility = (int)db_rows_int(r, i, VISIBILITY), .is_published = db_rows_bool(r, i, IS_PUBLISHED), .is_draft = db_rows_bool(r, i, IS_DRAFT),
		.is_in_review = db_rows_bool(r, i, IS_IN_REVIEW), .publish_at = db_rows_int(r, i, PUBLISH_AT), .slug = db_rows_text(r, i, SLUG), .owner = db_rows_id(r, i, OWNER), .owner_name = db_rows_text(r, i, OWNER_NAME),
		.review_on = db_rows_int(r, i, REVIEW_ON), .changed_at = db_rows_int(r, i, CHANGED_AT), .votes = db_rows_int(r, i, VOTES), .helped = db_rows_int(r, i, HELPED), .helped_share = NAN};
	out->address = str_fmt(&op->arena, "/articles/%s", id_show(&op->arena, S("art"), out->id).p);
	out->language_name = article__language_name(out->language);
	out->dir = article__direction(out->language);
	out->is_review_due = out->review_on != DESC_NULL_INT && out->review_on <= today(op);
	if (out->is_published && out->visibility == ARTICLE_PUBLIC) out->help_address = article_address(op, out->id, out->slug);
	if (out->votes >= VOTES_LEAST) out->helped_share = (double)out->helped / (double)out->votes;
	out->is_judged = out->votes > 0;
	out->state = state_of(out);
}

enum err article__get(struct op *op, id article, struct article_row *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_article_get, DB_ARGS(db_id(article)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such article");
	article__fill(op, &r, 0, out);
	return OK;
}

/* ---- the list ---- */

struct article_language {
	str code, name, address;
	int64_t articles, published;
	double share;
};
struct articles {
	struct msg finding;
	str q, next;
	bool is_empty, is_filtered, may_write;
	LIST_OF(struct option) languages;
	LIST_OF(struct option) categories;
	LIST_OF(struct option) states;
	LIST_OF(struct article_row) rows;
	LIST_OF(struct article_language) complete;
};
static const struct desc_field LANGUAGE_FIELDS[] = {
	FIELD(article_language, code, DESC_STR),
	FIELD(article_language, name, DESC_STR),
	FIELD(article_language, address, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_language, articles, DESC_INT),
	FIELD(article_language, published, DESC_INT),
	FIELD(article_language, share, DESC_SHARE, .doc = "published in it, of all articles in whatever language"),
};
static const struct desc LANGUAGE_DESC = DESC(article_language, LANGUAGE_FIELDS);
static const struct desc_field LIST_FIELDS[] = {
	FIELD(articles, finding, DESC_MSG),
	FIELD(articles, q, DESC_STR),
	FIELD(articles, is_empty, DESC_BOOL),
	FIELD(articles, is_filtered, DESC_BOOL),
	FIELD(articles, may_write, DESC_BOOL),
	FIELD(articles, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(articles, categories, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(articles, states, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(articles, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ARTICLE_ROW_DESC, .doc = "the newest change first"),
	FIELD(articles, complete, DESC_LIST, .item = DESC_STRUCT, .of = &LANGUAGE_DESC, .doc = "how complete each language is"),
	FIELD(articles, next, DESC_STR),
};
const struct desc ARTICLES_DESC = DESC(articles, LIST_FIELDS);

struct wanted {
	str q, language, category;
	int state;
	int64_t before;
	id behind;
};

static enum err read_wanted(struct op *op, const struct web *w, struct wanted *x)
{
	str state = web_query(w, "state"), rest = web_query(w, "cursor"), key = str_cut(&rest, '.');
	*x = (struct wanted){.q = str_trim(web_query(w, "q")), .language = web_query(w, "language"), .category = web_query(w, "category"), .before = INT64_MAX, .behind = INT64_MAX};
	while (state.n && STATES[x->state] && !str_eq(state, str_of(STATES[x->state]))) x->state++;
	if (!STATES[x->state]) return fail(op, ERR_INVALID, "state", "must be any, published, unpublished, review, draft or due");
	if (x->q.n > QUERY_BYTES) return fail(op, ERR_INVALID, "q", "is longer than %d bytes", QUERY_BYTES);
	if (web_query(w, "cursor").n && (!str_i64(key, &x->before) || !str_i64(rest, &x->behind))) return fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
	return OK;
}

static str or_empty(str s)
{
	return s.p ? s : S("");
}

static enum err fill_rows(struct op *op, const struct web *w, const struct wanted *x, struct articles *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_article_list,
		DB_ARGS(db_text(or_empty(x->language)), db_text(or_empty(x->category)), db_text(x->q.n ? i18n_fold(&op->arena, x->q) : S("")), db_int(x->state), db_int(today(op)), db_int(x->before), db_int((int64_t)x->behind)), &r));
	page->rows.v = ARENA_ARRAY(&op->arena, struct article_row, PAGE + 1);
	for (size_t i = 0; i < r.n && i < PAGE; i++) article__fill(op, &r, i, &page->rows.v[page->rows.n++]);
	if (r.n <= PAGE) return OK;
	const struct article_row *last = &page->rows.v[PAGE - 1];
	page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%" PRId64 ".%" PRId64, last->changed_at, (int64_t)last->id));
	return OK;
}

static str word(struct op *op, const char *key)
{
	return i18n_format(&op->arena, &op->locale, str_of(key), NULL, 0);
}

static enum err fill_choices(struct op *op, const struct wanted *x, struct articles *page)
{
	struct db_rows r, all;
	TRY(op_query(op, SQL_article_count, DB_ARGS(db_int(today(op))), &all));
	TRY(op_query(op, SQL_article_completeness, DB_NO_ARGS, &r));
	int64_t n = db_rows_int(&all, 0, 0), due = db_rows_int(&all, 0, 1), ids = db_rows_int(&all, 0, 2);
	customer_option(op, &page->languages, S(""), word(op, "article_any_language"), !x->language.n);
	page->complete.v = ARENA_ARRAY(&op->arena, struct article_language, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		str code = db_rows_text(&r, i, 0);
		customer_option(op, &page->languages, code, article__language_name(code), str_eq(code, x->language));
		page->complete.v[page->complete.n++] = (struct article_language){code, article__language_name(code), str_fmt(&op->arena, "/articles?language=%.*s", STR_ARG(code)), db_rows_int(&r, i, 1), db_rows_int(&r, i, 2), (double)db_rows_int(&r, i, 2) / (double)ids};
	}
	TRY(op_query(op, SQL_article_categories, DB_NO_ARGS, &r));
	customer_option(op, &page->categories, S(""), word(op, "article_any_category"), !x->category.n);
	for (size_t i = 0; i < r.n; i++) customer_option(op, &page->categories, db_rows_text(&r, i, 0), db_rows_text(&r, i, 0), str_eq(db_rows_text(&r, i, 0), x->category));
	for (int i = 0; STATES[i]; i++) customer_option(op, &page->states, str_of(STATES[i]), word(op, str_fmt(&op->arena, "article_filter_%s", STATES[i]).p), i == x->state);
	page->is_empty = !n;
	page->finding = msg_int(n ? due ? "articles_due" : "articles_some" : "articles_none", "n", n);
	msg_add(&page->finding, (struct msg_arg){.name = "ids", .type = MSG_INT, .i = ids});
	msg_add(&page->finding, (struct msg_arg){.name = "languages", .type = MSG_INT, .i = (int64_t)page->complete.n});
	msg_add(&page->finding, (struct msg_arg){.name = "due", .type = MSG_INT, .i = due});
	return OK;
}

enum err article_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct articles *page = ARENA_NEW(&op->arena, struct articles);
	struct wanted x;
	TRY(read_wanted(op, w, &x));
	TRY(fill_choices(op, &x, page));
	TRY(fill_rows(op, w, &x, page));
	page->q = or_empty(x.q);
	page->is_filtered = x.q.n || x.language.n || x.category.n || x.state;
	page->may_write = op_may(op, PERM_WRITE_ARTICLES);
	return answer_with(a, &ARTICLES_DESC, page);
}

/* ---- gaps ---- */

struct article_missed {
	str language, language_name, question, dir;
	int64_t n, last_at;
};
struct article_unhelpful {
	str title, address, language, dir;
	int64_t votes, against;
	LIST_OF(str) texts;
};
struct article_gaps {
	struct msg finding;
	bool may_write;
	LIST_OF(struct article_missed) missed;
	LIST_OF(struct article_unhelpful) unhelpful;
};
static const struct desc_field MISSED_FIELDS[] = {
	FIELD(article_missed, language, DESC_STR),
	FIELD(article_missed, language_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_missed, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_missed, question, DESC_STR, .doc = "folded"),
	FIELD(article_missed, n, DESC_INT),
	FIELD(article_missed, last_at, DESC_TIME),
};
static const struct desc MISSED_DESC = DESC(article_missed, MISSED_FIELDS);
static const struct desc_field UNHELPFUL_FIELDS[] = {
	FIELD(article_unhelpful, title, DESC_STR),
	FIELD(article_unhelpful, address, DESC_STR),
	FIELD(article_unhelpful, language, DESC_STR),
	FIELD(article_unhelpful, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(article_unhelpful, votes, DESC_INT),
	FIELD(article_unhelpful, against, DESC_INT),
	FIELD(article_unhelpful, texts, DESC_LIST, .item = DESC_STR, .doc = "what was missing, the newest first"),
};
static const struct desc UNHELPFUL_DESC = DESC(article_unhelpful, UNHELPFUL_FIELDS);
static const struct desc_field GAPS_FIELDS[] = {
	FIELD(article_gaps, finding, DESC_MSG),
	FIELD(article_gaps, may_write, DESC_BOOL),
	FIELD(article_gaps, missed, DESC_LIST, .item = DESC_STRUCT, .of = &MISSED_DESC),
	FIELD(article_gaps, unhelpful, DESC_LIST, .item = DESC_STRUCT, .of = &UNHELPFUL_DESC),
};
const struct desc ARTICLE_GAPS_DESC = DESC(article_gaps, GAPS_FIELDS);

static enum err fill_unhelpful(struct op *op, struct article_gaps *page)
{
	struct db_rows r, texts;
	TRY(op_query(op, SQL_article_unhelpful, DB_NO_ARGS, &r));
	page->unhelpful.v = ARENA_ARRAY(&op->arena, struct article_unhelpful, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		struct article_unhelpful *u = &page->unhelpful.v[page->unhelpful.n++];
		str language = db_rows_text(&r, i, 2);
		*u = (struct article_unhelpful){db_rows_text(&r, i, 1), str_fmt(&op->arena, "/articles/%s", id_show(&op->arena, S("art"), db_rows_id(&r, i, 0)).p), language, article__direction(language), db_rows_int(&r, i, 3), db_rows_int(&r, i, 3) - db_rows_int(&r, i, 4), {NULL, 0}};
		TRY(op_query(op, SQL_article_votes_against, DB_ARGS(db_id(db_rows_id(&r, i, 0))), &texts));
		u->texts.v = ARENA_ARRAY(&op->arena, str, texts.n + 1);
		for (size_t k = 0; k < texts.n; k++) u->texts.v[u->texts.n++] = db_rows_text(&texts, k, 1);
	}
	return OK;
}

enum err article_gaps_get(struct op *op, struct web *w, struct answer *a)
{
	struct article_gaps *page = ARENA_NEW(&op->arena, struct article_gaps);
	struct db_rows r;
	int64_t times = 0;
	TRY(op_query(op, SQL_article_missed, DB_ARGS(db_text(or_empty(web_query(w, "language")))), &r));
	page->missed.v = ARENA_ARRAY(&op->arena, struct article_missed, r.n + 1);
	for (size_t i = 0; i < r.n; i++) {
		str language = db_rows_text(&r, i, 0);
		page->missed.v[page->missed.n++] = (struct article_missed){language, article__language_name(language), db_rows_text(&r, i, 1), article__direction(language), db_rows_int(&r, i, 2), db_rows_int(&r, i, 3)};
		times += db_rows_int(&r, i, 2);
	}
	TRY(fill_unhelpful(op, page));
	page->may_write = op_may(op, PERM_WRITE_ARTICLES);
	page->finding = msg_int(page->missed.n || page->unhelpful.n ? "article_gaps_some" : "article_gaps_none", "n", times);
	if (page->missed.n || page->unhelpful.n) msg_add(&page->finding, (struct msg_arg){.name = "articles", .type = MSG_INT, .i = (int64_t)page->unhelpful.n});
	return answer_with(a, &ARTICLE_GAPS_DESC, page);
}

struct missed_input {
	str language, question;
};
static const struct desc_field MISSED_INPUT_FIELDS[] = {
	FIELD(missed_input, language, DESC_STR, .flags = DESC_REQUIRED),
	FIELD(missed_input, question, DESC_STR, .flags = DESC_REQUIRED),
};
const struct desc ARTICLE_MISSED_DESC = DESC(missed_input, MISSED_INPUT_FIELDS);

enum err article_missed_post(struct op *op, struct web *w, struct answer *a)
{
	struct missed_input in;
	int64_t changed;
	TRY(web_input(op, w, &ARTICLE_MISSED_DESC, &in));
	TRY(op_run(op, SQL_article_missed_forget, DB_ARGS(db_text(in.language), db_text(in.question)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "question", "was not looked for in vain");
	return answer_redirect(a, S("/articles/gaps"));
}
