/* conversation_macro.c: saved answers in what is being written. They are filled for this customer and put behind what stands there
 * already, in the draft, so nothing that was typed is lost and nothing is sent that its writer has not seen. */
#include "conversation/conversation_page.h"
#include "i18n/i18n.h"
#include "setting/setting.h"

enum { SHOWN = 5, FOUND = 20, LANGUAGES = 3, QUERY_BYTES = 200, DRAFT_BYTES = 60000 };

struct macro_use_input {
	str text, macro, insert, seen;
};
static const struct desc_field USE_FIELDS[] = {
	FIELD(macro_use_input, text, DESC_STR, .max = DRAFT_BYTES, .doc = "what is written so far"),
	FIELD(macro_use_input, macro, DESC_STR, .max = QUERY_BYTES, .doc = "words that are looked for"),
	FIELD(macro_use_input, insert, DESC_STR, .max = 40, .doc = "the saved answer; empty: they are only looked for"),
	FIELD(macro_use_input, seen, DESC_STR, .doc = "of the form of an answer: not read"),
};
const struct desc CONVERSATION_MACRO_DESC = {"conversation_macro", sizeof(struct macro_use_input), USE_FIELDS, COUNT_OF(USE_FIELDS)};

static enum err give(struct op *op, const struct web *w, const struct conversation_page *page, struct macro_given *given)
{
	*given = (struct macro_given){{S("")}, {S(""), MONEY_ABSENT}, {conversation__doer(op, w)}};
	if (!page->is_nobody) TRY(customer_called(op, page->conversation.customer, &given->customer.name));
	if (page->orders.n) given->order = (struct macro_order){page->orders.v[0].number, page->orders.v[0].total};
	return OK;
}

/* The customer's own, that of what they wrote last, the workspace's. */
static enum err languages_of(struct op *op, const struct conversation_page *page, str *languages)
{
	struct db_rows own, asked;
	TRY(op_query(op, SQL_conversation_customer_language, DB_ARGS(db_id(page->conversation.customer)), &own));
	TRY(op_query(op, SQL_conversation_asked, DB_ARGS(db_id(page->conversation.id)), &asked));
	str found[LANGUAGES] = {own.n ? db_rows_text(&own, 0, 0) : S(""), asked.n ? db_rows_text(&asked, 0, 1) : S(""), lang_code(setting_locale(op).lang)};
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct lang *lang = found[i].n ? lang_find(found[i]) : NULL;
		languages[i] = lang ? lang_code(lang) : S("");
	}
	return OK;
}

enum err conversation__macros(struct op *op, const struct web *w, struct conversation_page *page)
{
	struct macro_given given;
	str languages[LANGUAGES], q = web_query(w, "macro");
	TRY(languages_of(op, page, languages));
	TRY(give(op, w, page, &given));
	page->is_macro_asked = str_given(q);
	page->macro.value = page->is_macro_asked ? str_trim(q) : S("");
	return macro_fill(op, page->macro.value, &given, languages, LANGUAGES, page->macro.value.n ? FOUND : SHOWN, &page->macros.v, &page->macros.n);
}

static enum err insert(struct op *op, const struct web *w, const struct conversation_row *c, id macro, str *text)
{
	struct conversation_page *page;
	struct macro_filled filled;
	struct macro_given given;
	str languages[LANGUAGES];
	TRY(conversation__page(op, w, c->id, &page));
	TRY(languages_of(op, page, languages));
	TRY(give(op, w, page, &given));
	TRY(macro_fill_one(op, macro, &given, languages, LANGUAGES, &filled));
	*text = text->n ? str_fmt(&op->arena, "%.*s\n\n%.*s", STR_ARG(*text), STR_ARG(filled.text)) : filled.text;
	return text->n > DRAFT_BYTES ? fail(op, ERR_TOO_LARGE, "text", "longer than %d bytes with it", DRAFT_BYTES) : OK;
}

enum err conversation_macro_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_row c;
	struct macro_use_input in;
	id macro = 0;
	TRY(conversation__open(op, w, &c));
	TRY(web_input(op, w, &CONVERSATION_MACRO_DESC, &in));
	str text = str_given(in.text) ? str_trim(in.text) : S(""), q = str_given(in.macro) ? str_trim(in.macro) : S("");
	bool is_inserted = str_given(in.insert) && in.insert.n;
	if (is_inserted) {
		if (!id_read(S("mac"), in.insert, &macro)) return fail(op, ERR_NOT_FOUND, "insert", "there is no such saved answer");
		TRY(insert(op, w, &c, macro, &text));
	}
	if (text.n) TRY(op_run(op, SQL_conversation_draft_put, DB_ARGS(db_id(c.id), db_int(op->actor.id), db_text(text), db_int(op->now_ms)), NULL));
	return answer_redirect(a, is_inserted ? str_fmt(&op->arena, "%.*s#text", STR_ARG(c.address)) : str_fmt(&op->arena, "%.*s?macro=%.*s#macros", STR_ARG(c.address), STR_ARG(web_url(op, q))));
}
