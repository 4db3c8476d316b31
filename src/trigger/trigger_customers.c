/* trigger_customers.c: the customers behind the shares of a talk trigger. */
#include <inttypes.h>

#include "customer/customer.h"
#include "i18n/i18n.h"
#include "trigger/trigger_inner.h"

enum { PAGE = 50 };
static const char *const OF[] = {"told", "given", "told_given", "silent", NULL};

struct trigger_customers {
	struct msg finding;
	str promise;
	int64_t customers;
	LIST_OF(struct option) views; /* value: address */
	LIST_OF(struct customer_row) rows;
	str next, previous;
};
static const struct desc_field FIELDS[] = {
	FIELD(trigger_customers, finding, DESC_MSG),
	FIELD(trigger_customers, promise, DESC_STR),
	FIELD(trigger_customers, customers, DESC_INT, .doc = "all of them"),
	FIELD(trigger_customers, views, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(trigger_customers, rows, DESC_LIST, .item = DESC_STRUCT, .of = &CUSTOMER_ROW_DESC),
	FIELD(trigger_customers, next, DESC_STR),
	FIELD(trigger_customers, previous, DESC_STR),
};
const struct desc TRIGGER_CUSTOMERS_DESC = DESC(trigger_customers, FIELDS);

static enum err read_wanted(struct op *op, const struct web *w, int *which, int64_t *from)
{
	str of = web_query(w, "of"), cursor = web_query(w, "cursor");
	*which = *from = 0;
	while (of.n && OF[*which] && !str_eq(of, str_of(OF[*which]))) ++*which;
	if (!OF[*which]) return fail(op, ERR_INVALID, "of", "must be told, given, told_given or silent");
	if (cursor.n && (!str_i64(cursor, from) || *from < 0 || *from > INT32_MAX)) return fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
	return OK;
}

enum err trigger_customers_get(struct op *op, struct web *w, struct answer *a)
{
	struct trigger_customers *page = ARENA_NEW(&op->arena, struct trigger_customers);
	struct talk_trigger t;
	id trigger, *v;
	size_t n;
	int which;
	int64_t from;
	TRY(web_id(op, w, "id", "tlk", &trigger));
	TRY(read_wanted(op, w, &which, &from));
	TRY(trigger__get(op, trigger, &t));
	TRY(trigger__who(op, &t, (enum trigger_who)which, &v, &n));
	size_t begin = (size_t)from < n ? (size_t)from : n, shown = n - begin < PAGE ? n - begin : PAGE;
	TRY(customer_rows_get(op, v + begin, shown, &page->rows.v, &page->rows.n));
	page->promise = t.promise;
	page->customers = (int64_t)n;
	page->finding = msg_int(str_fmt(&op->arena, "trigger_customers_%s", OF[which]).p, "n", (int64_t)n);
	for (int i = 0; OF[i]; i++)
		customer_option(op, &page->views, web_address_with(op, w, "of", str_of(OF[i])), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "trigger_of_%s", OF[i])), i == which);
	if (begin + shown < n) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%" PRId64, (int64_t)(begin + shown)));
	if (from) page->previous = web_address_with(op, w, "cursor", from > PAGE ? str_fmt(&op->arena, "%" PRId64, from - PAGE) : STR_NONE);
	return answer_with(a, &TRIGGER_CUSTOMERS_DESC, page);
}
