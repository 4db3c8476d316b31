/* conversation_beside.c: what helps to answer: what was promised, how it was judged, what was bought, and what the knowledge base says. */
#include "base/utf8.h"
#include "conversation/conversation_page.h"
#include "knowledge/knowledge.h"

enum { PROMISES = 5, SCORES = 3, ORDERS = 3, SUGGESTIONS = 3, QUESTION_BYTES = 600 };

static const struct desc_field SUGGESTION_FIELDS[] = {
	FIELD(conversation_suggestion, title, DESC_STR),
	FIELD(conversation_suggestion, address, DESC_STR),
	FIELD(conversation_suggestion, passage, DESC_STR),
	FIELD(conversation_suggestion, language, DESC_STR),
};
const struct desc CONVERSATION_SUGGESTION_DESC = DESC(conversation_suggestion, SUGGESTION_FIELDS);

static enum err fill_customer(struct op *op, uint32_t number, struct conversation_page *page)
{
	struct want *want = ARENA_NEW(&op->arena, struct want);
	TRY(want_at_hand(op, page->conversation.customer, number, want));
	page->promises.v = ARENA_ARRAY(&op->arena, struct want_promise, PROMISES);
	for (size_t i = 0; i < want->promises.n && page->promises.n < PROMISES; i++)
		if (want->promises.v[i].keeping == WANT_OPEN || want->promises.v[i].keeping == WANT_OVERDUE) page->promises.v[page->promises.n++] = want->promises.v[i];
	page->scores.v = want->scores.v;
	page->scores.n = want->scores.n < SCORES ? want->scores.n : SCORES;
	return customer_orders_get(op, page->conversation.customer, ORDERS, &page->orders.v, &page->orders.n);
}

/* In the language of the message, else in the workspace's. The index may just be being made: then there are none. */
static enum err fill_suggestions(struct op *op, struct conversation_page *page)
{
	struct help_results found = {0};
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_asked, DB_ARGS(db_id(page->conversation.id)), &r));
	if (!r.n || !db_rows_text(&r, 0, 0).n) return OK;
	str language = db_rows_text(&r, 0, 1).n ? db_rows_text(&r, 0, 1) : lang_code(op->locale.lang);
	enum err e = help_find(op, language, utf8_cut(db_rows_text(&r, 0, 0), QUESTION_BYTES), SUGGESTIONS, &found);
	if (e == ERR_NOT_READY) {
		op->fault = (struct fault){0};
		return OK;
	}
	TRY(e);
	page->suggestions.v = ARENA_ARRAY(&op->arena, struct conversation_suggestion, SUGGESTIONS);
	for (size_t i = 0; i < found.n; i++)
		page->suggestions.v[page->suggestions.n++] = (struct conversation_suggestion){found.v[i].title.n ? found.v[i].title : found.v[i].passage, found.v[i].address, found.v[i].passage, language};
	return OK;
}

enum err conversation__beside(struct op *op, uint32_t number, struct conversation_page *page)
{
	if (number) TRY(fill_customer(op, number, page));
	return fill_suggestions(op, page);
}
