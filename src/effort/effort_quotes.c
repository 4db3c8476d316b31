/* effort_quotes.c: the customers' own words behind a topic, newest first. */
#include <stdlib.h>

#include "customer/customer.h"
#include "customer/people.h"
#include "effort/effort_signal.h"
#include "i18n/i18n.h"
#include "op/app.h"

enum { QUOTES_MOST = 100 };

struct effort_quote {
	str text, person, address;
	int64_t at;
};
static const struct desc_field QUOTE_FIELDS[] = {
	FIELD(effort_quote, text, DESC_STR),
	FIELD(effort_quote, person, DESC_STR),
	FIELD(effort_quote, address, DESC_STR),
	FIELD(effort_quote, at, DESC_TIME),
};
static const struct desc QUOTE_DESC = DESC(effort_quote, QUOTE_FIELDS);
struct quotes_page {
	struct msg finding;
	str topic, feeling;
	int64_t texts;
	bool is_good;
	LIST_OF(struct effort_quote) rows;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(quotes_page, finding, DESC_MSG),
	FIELD(quotes_page, topic, DESC_STR),
	FIELD(quotes_page, feeling, DESC_STR),
	FIELD(quotes_page, texts, DESC_INT, .doc = "all of them; the newest 100 are shown"),
	FIELD(quotes_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &QUOTE_DESC),
};
const struct desc EFFORT_QUOTES_DESC = DESC(quotes_page, PAGE_FIELDS);

static int newest(const void *a, const void *b)
{
	const struct effort_text *const *x = a, *const *y = b;
	if ((*x)->time_ms != (*y)->time_ms) return (*x)->time_ms < (*y)->time_ms ? 1 : -1;
	return str_cmp((*x)->text, (*y)->text);
}

static enum err put_rows(struct op *op, const struct effort_texts *texts, struct quotes_page *page)
{
	const struct effort_text **found = ARENA_ARRAY(&op->arena, const struct effort_text *, texts->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < texts->n; i++) {
		const struct effort_text *t = &texts->v[i];
		if (t->is_now && (page->is_good ? t->is_good : t->is_bad) && effort__has_topic(t->topics, page->topic)) found[n++] = t;
	}
	qsort(found, n, sizeof *found, newest);
	page->texts = (int64_t)n;
	page->rows.v = ARENA_ARRAY(&op->arena, struct effort_quote, QUOTES_MOST);
	for (size_t i = 0; i < n && i < QUOTES_MOST; i++) {
		id customer = people_id(op->app->people, found[i]->customer);
		str called = STR_NONE;
		if (customer) TRY(customer_called(op, customer, &called));
		page->rows.v[page->rows.n++] = (struct effort_quote){found[i]->text, called.n ? called : customer ? id_show(&op->arena, S("cus"), customer) : S("–"), customer ? customer_address(op, customer) : STR_NONE, found[i]->time_ms};
	}
	return OK;
}

enum err effort_quotes_get(struct op *op, struct web *w, struct answer *a)
{
	struct quotes_page *page = ARENA_NEW(&op->arena, struct quotes_page);
	const struct effort_texts *texts = &(struct effort_texts){0};
	struct effort_window window;
	page->topic = web_query(w, "topic");
	page->feeling = web_query(w, "feeling");
	page->is_good = str_eq(page->feeling, S("pos"));
	if (!page->topic.n) return fail(op, ERR_INVALID, "topic", "which topic");
	if (!page->is_good && !str_eq(page->feeling, S("neg"))) return fail(op, ERR_INVALID, "feeling", "must be pos or neg");
	TRY(effort__window(op, &window));
	if (window.from != DESC_NULL_INT) TRY(effort__texts(op, &window, &texts));
	TRY(put_rows(op, texts, page));
	page->finding = msg_int(page->is_good ? "effort_quotes_good" : "effort_quotes_bad", "n", page->texts);
	msg_add(&page->finding, (struct msg_arg){.name = "topic", .type = MSG_STR, .s = page->topic});
	return answer_with(a, &EFFORT_QUOTES_DESC, page);
}
