#include "research/research.h"

#include "base/utf8.h"
#include "collect/touchpoint.h"
#include "i18n/i18n.h"
#include "research/research_inner.h"
#include "search/search.h"
#include "text/text_pages.h"

enum { QUOTE_BYTES = 400, QUOTES_MOST = 30 };

const char *const RESEARCH_KINDS[] = {"interview", "observation", "visit", "market", "competitor", "other", NULL};

const char *const RESEARCH_FILE_STATES[] = {"unread", "read", "cut", "wordless", "damaged", "slow", "other", NULL};

static const struct desc_field FIELDS[] = {
	FIELD(research, id, DESC_ID, .prefix = "res"),
	FIELD(research, kind, DESC_ENUM, .names = RESEARCH_KINDS, .prefix = "research_kind"),
	FIELD(research, title, DESC_STR),
	FIELD(research, text, DESC_STR),
	FIELD(research, quote, DESC_STR, .doc = "the text's beginning, or what of text and file holds the words looked for"),
	FIELD(research, link, DESC_STR),
	FIELD(research, source, DESC_STR, .doc = "who says it"),
	FIELD(research, day, DESC_DATE),
	FIELD(research, stage, DESC_ENUM, .names = STAGES, .prefix = "stage"),
	FIELD(research, topic, DESC_STR),
	FIELD(research, topic_label, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(research, persona, DESC_STR),
	FIELD(research, file_name, DESC_STR),
	FIELD(research, file_type, DESC_STR),
	FIELD(research, file_bytes, DESC_INT),
	FIELD(research, file_state, DESC_ENUM, .names = RESEARCH_FILE_STATES, .prefix = "research_words", .doc = "whether the file's words are found"),
	FIELD(research, made_by, DESC_STR),
	FIELD(research, made_at, DESC_TIME),
	FIELD(research, address, DESC_STR),
};
const struct desc RESEARCH_DESC = DESC(research, FIELDS);

str research__address(struct op *op, id research)
{
	return str_fmt(&op->arena, "/research/%s", id_show(&op->arena, S("res"), research).p);
}

static void finish(struct op *op, struct research *r)
{
	r->address = research__address(op, r->id);
	r->topic_label = str_given(r->topic) && r->topic.n ? text_topic_label(op, r->topic) : STR_NONE;
	r->quote = r->text.n > QUOTE_BYTES ? str_fmt(&op->arena, "%.*s…", STR_ARG(str_trim(utf8_cut(r->text, QUOTE_BYTES)))) : r->text;
}

static enum err quote(struct op *op, const struct search_query *q, struct research *r)
{
	str found;
	TRY(search_quote(op, SEARCH_RESEARCH, q, r->id, &found));
	if (found.n) r->quote = utf8_cut(found, QUOTE_BYTES * 2);
	return OK;
}

enum err research__all(struct op *op, const struct research__wanted *x, struct research **out, size_t *n)
{
	struct search_query q;
	struct search_found found = {0};
	void *rows;
	size_t all;
	if (str_given(x->words)) {
		TRY(search_parse(&op->arena, x->words, NULL, &q, &op->fault));
		TRY(search_find(op, SEARCH_RESEARCH, &q, &found));
	}
	TRY(op_structs(op, SQL_research_all, DB_ARGS(db_int(x->kind), db_int(x->stage), db_text(x->topic), db_text(x->persona), db_int(RESEARCH_MOST)), &RESEARCH_DESC, &rows, &all));
	*out = rows;
	*n = 0;
	for (size_t i = 0; i < all && *n < x->most; i++) {
		struct research *r = &(*out)[i];
		if (str_given(x->words) && !search_has(&found, r->id)) continue;
		finish(op, r);
		if (str_given(x->words) && *n < QUOTES_MOST) TRY(quote(op, &q, r));
		(*out)[(*n)++] = *r;
	}
	return OK;
}

enum err research_find(struct op *op, str words, size_t most, struct research **out, size_t *n)
{
	return research__all(op, &(struct research__wanted){.words = words, .kind = -1, .stage = -1, .topic = STR_NONE, .persona = STR_NONE, .most = most}, out, n);
}

enum err research_about(struct op *op, const str *topics, size_t n_topics, str persona, size_t most, struct research **out, size_t *n)
{
	size_t all;
	str *folded = ARENA_ARRAY(&op->arena, str, n_topics + 1), of = str_given(persona) ? i18n_fold(&op->arena, persona) : STR_NONE;
	for (size_t i = 0; i < n_topics; i++) folded[i] = i18n_fold(&op->arena, topics[i]);
	TRY(research__all(op, &(struct research__wanted){.words = STR_NONE, .kind = -1, .stage = -1, .topic = STR_NONE, .persona = STR_NONE, .most = RESEARCH_MOST}, out, &all));
	*n = 0;
	for (size_t i = 0; i < all && *n < most; i++) {
		str topic = i18n_fold(&op->arena, (*out)[i].topic);
		bool is_about = str_given(of) && (*out)[i].persona.n && str_eq(i18n_fold(&op->arena, (*out)[i].persona), of);
		for (size_t k = 0; k < n_topics && topic.n; k++) is_about |= str_eq(folded[k], topic);
		if (is_about) (*out)[(*n)++] = (*out)[i];
	}
	return OK;
}

enum err research__get(struct op *op, id research, struct research *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_research_by_id, DB_ARGS(db_id(research)), &RESEARCH_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such research");
	*out = *(struct research *)rows;
	finish(op, out);
	return OK;
}

enum err research_add(struct op *op, struct research *r)
{
	r->id = id_new();
	TRY(op_run(op, SQL_research_add,
	           DB_ARGS(db_id(r->id), db_int(r->kind), db_text(r->title), db_text(r->text), db_text(S("")), db_text(r->source), db_int(r->day), db_int(r->stage), db_text(r->topic), db_text(str_given(r->persona) ? r->persona : S("")), db_null(), db_null(), db_null(),
	                   db_text(r->made_by), db_int(op->now_ms)),
	           NULL));
	return search_note(op, SEARCH_RESEARCH, r->id);
}
