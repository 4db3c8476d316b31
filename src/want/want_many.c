/* want_many.c: what the customers of a segment want: the same lines as a customer's, drawn for each of them anew, as shares of customers
 * with their interval. Of many a sample is read, spread evenly over all by a stride without a common divisor, the same one each time. */
#include <math.h>
#include <stdlib.h>

#include "base/compare.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "op/app.h"
#include "research/research.h"
#include "segment/segment.h"
#include "want/want_inner.h"

enum { SAMPLE = 400, LINES_HELD = 400, LINES_SHOWN = 12, SHOWN = 5, TOUCHPOINTS_IN_ALL = 60000, RESEARCH_ROWS = 10 };

struct wants_one { /* a customer behind a line, with what led to it */
	id customer;
	str name, address, event, quote;
	int64_t at;
};
struct wants_line {
	str name, label;
	int64_t n, of;
	double share, low, high;
	LIST_OF(struct wants_one) customers;
};
struct wants_score {
	str question, name, shown, interval, address;
	int64_t n;
	double mean, low, high, sum, squares;
	LIST_OF(struct wants_one) customers;
};
struct wants {
	struct msg finding, base, intent_as_of;
	bool is_empty, is_sampled;
	int64_t customers, read, refused, left_out, as_of;
	LIST_OF(struct option) segments;
	str segment;
	LIST_OF(struct wants_line) needs, searches, promises, intents, feelings;
	LIST_OF(struct wants_score) scores;
	LIST_OF(struct research) research;
};
static const struct desc_field ONE_FIELDS[] = {
	FIELD(wants_one, customer, DESC_ID, .prefix = "cus"),
	FIELD(wants_one, name, DESC_STR),
	FIELD(wants_one, address, DESC_STR, .doc = "of what the customer wants, with all evidence"),
	FIELD(wants_one, event, DESC_STR),
	FIELD(wants_one, quote, DESC_STR),
	FIELD(wants_one, at, DESC_TIME),
};
static const struct desc ONE_DESC = DESC(wants_one, ONE_FIELDS);
static const struct desc_field LINE_FIELDS[] = {
	FIELD(wants_line, name, DESC_STR),
	FIELD(wants_line, label, DESC_STR, .doc = "in the reader's language"),
	FIELD(wants_line, n, DESC_INT, .doc = "customers; of promises: those that were kept"),
	FIELD(wants_line, of, DESC_INT, .doc = "of so many"),
	FIELD(wants_line, share, DESC_SHARE),
	FIELD(wants_line, low, DESC_SHARE, .doc = "Wilson's interval"),
	FIELD(wants_line, high, DESC_SHARE),
	FIELD(wants_line, customers, DESC_LIST, .item = DESC_STRUCT, .of = &ONE_DESC, .doc = "some of them; of promises: those to whom one was not kept"),
};
static const struct desc LINE_DESC = DESC(wants_line, LINE_FIELDS);
static const struct desc_field SCORE_FIELDS[] = {
	FIELD(wants_score, question, DESC_STR),
	FIELD(wants_score, name, DESC_STR),
	FIELD(wants_score, n, DESC_INT, .doc = "customers who answered; each one's latest answer"),
	FIELD(wants_score, mean, DESC_REAL),
	FIELD(wants_score, low, DESC_REAL, .doc = "Student's interval"),
	FIELD(wants_score, high, DESC_REAL),
	FIELD(wants_score, shown, DESC_STR),
	FIELD(wants_score, interval, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(wants_score, address, DESC_STR, .doc = "of the answers to the question"),
	FIELD(wants_score, customers, DESC_LIST, .item = DESC_STRUCT, .of = &ONE_DESC, .doc = "some who answered"),
};
static const struct desc SCORE_DESC = DESC(wants_score, SCORE_FIELDS);
static const struct desc_field FIELDS[] = {
	FIELD(wants, finding, DESC_MSG),
	FIELD(wants, base, DESC_MSG),
	FIELD(wants, is_empty, DESC_BOOL),
	FIELD(wants, is_sampled, DESC_BOOL, .doc = "not all of them were read"),
	FIELD(wants, customers, DESC_INT, .doc = "in the segment"),
	FIELD(wants, read, DESC_INT, .doc = "of these were looked at: the base of shares"),
	FIELD(wants, refused, DESC_INT, .doc = "came up and refused analysis or profiling: in nothing"),
	FIELD(wants, left_out, DESC_INT, .doc = "texts and searches that touch health, faith, politics or grief"),
	FIELD(wants, segments, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(wants, segment, DESC_STR, .doc = "absent: all customers"),
	FIELD(wants, needs, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(wants, searches, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(wants, promises, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(wants, intent_as_of, DESC_MSG),
	FIELD(wants, intents, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(wants, scores, DESC_LIST, .item = DESC_STRUCT, .of = &SCORE_DESC),
	FIELD(wants, feelings, DESC_LIST, .item = DESC_STRUCT, .of = &LINE_DESC),
	FIELD(wants, research, DESC_LIST, .item = DESC_STRUCT, .of = &RESEARCH_DESC, .doc = "filed under one of the needs, or of a persona named as the segment; in no figure"),
};
const struct desc WANTS_DESC = DESC(wants, FIELDS);

/* ---- adding customers up ---- */

struct held {
	struct wants_line *v;
	size_t n;
};
struct gathering {
	struct op *op;
	struct wants *page;
	struct held needs, searches, promises, intents, feelings;
};

static struct held held_new(struct op *op)
{
	return (struct held){ARENA_ARRAY(&op->arena, struct wants_line, LINES_HELD), 0};
}

static struct wants_line *line_of(struct gathering *g, struct held *h, str name, str label)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_eq(h->v[i].name, name)) return &h->v[i];
	if (h->n == LINES_HELD) return NULL;
	struct wants_line *x = &h->v[h->n++];
	*x = (struct wants_line){.name = name, .label = label};
	x->customers.v = ARENA_ARRAY(&g->op->arena, struct wants_one, SHOWN);
	return x;
}

static void show(struct wants_line *x, id customer, const struct want_evidence *e)
{
	if (x->customers.n == SHOWN || (x->customers.n && x->customers.v[x->customers.n - 1].customer == customer)) return;
	x->customers.v[x->customers.n++] = (struct wants_one){.customer = customer, .event = e->event, .quote = e->quote, .at = e->at};
}

static void add_lines(struct gathering *g, struct held *into, const struct want_line *v, size_t n, id customer)
{
	for (size_t i = 0; i < n; i++) {
		struct wants_line *x = line_of(g, into, v[i].name, v[i].label);
		if (!x) continue;
		x->n++;
		if (v[i].evidence.n) show(x, customer, &v[i].evidence.v[0]);
	}
}

/* Shares are of promises whose time is over; the customers are those to whom one was not kept. */
static void add_promises(struct gathering *g, const struct want *w, id customer)
{
	for (size_t i = 0; i < w->promises.n; i++) {
		const struct want_promise *p = &w->promises.v[i];
		struct wants_line *x = p->keeping == WANT_OPEN ? NULL : line_of(g, &g->promises, p->name, p->label);
		if (!x) continue;
		x->of++;
		x->n += p->keeping == WANT_KEPT;
		if (p->keeping != WANT_KEPT) show(x, customer, &(struct want_evidence){p->made_at, p->made, STR_NONE, STR_NONE});
	}
}

static void add_intent(struct gathering *g, const struct want *w, id customer)
{
	static const struct want_evidence nothing = {DESC_NULL_INT, {"", 0}, {"", 0}, {"", 0}};
	struct wants_line *x = &g->intents.v[w->intent];
	x->n++;
	show(x, customer, w->intent_evidence.n ? &w->intent_evidence.v[0] : &nothing);
}

static void add_scores(struct gathering *g, const struct want *w, id customer)
{
	struct wants *page = g->page;
	for (size_t i = 0; i < w->scores.n; i++) {
		const struct want_score *s = &w->scores.v[i];
		size_t at = 0;
		while (at < page->scores.n && !str_eq(page->scores.v[at].question, s->question)) at++;
		if (at == LINES_HELD) return;
		struct wants_score *x = &page->scores.v[at];
		if (at == page->scores.n) {
			*x = (struct wants_score){.question = s->question, .name = s->name, .address = s->address};
			x->customers.v = ARENA_ARRAY(&g->op->arena, struct wants_one, SHOWN);
			page->scores.n++;
		}
		x->n++;
		x->sum += s->number;
		x->squares += s->number * s->number;
		if (x->customers.n < SHOWN) x->customers.v[x->customers.n++] = (struct wants_one){.customer = customer, .event = STR_NONE, .quote = s->shown, .at = s->at};
	}
}

static void add_customer(struct gathering *g, const struct want *w, id customer)
{
	g->page->read++;
	g->page->left_out += w->left_out;
	add_lines(g, &g->needs, w->needs.v, w->needs.n, customer);
	add_lines(g, &g->searches, w->searches.v, w->searches.n, customer);
	add_lines(g, &g->feelings, w->feelings.v, w->feelings.n, customer);
	add_promises(g, w, customer);
	add_intent(g, w, customer);
	add_scores(g, w, customer);
}

/* ---- who is read ---- */

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
	while (b) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static uint32_t stride_over(uint32_t n)
{
	const double golden = 0.6180339887498949;
	uint32_t stride = (uint32_t)((double)n * golden);
	if (stride < 1) stride = 1;
	while (common_divisor(stride, n) != 1) stride++;
	return stride;
}

static enum err read_customer(struct gathering *g, uint32_t number, int64_t *touchpoints)
{
	const uint32_t needed = PURPOSE_BIT(PURPOSE_ANALYTICS) | PURPOSE_BIT(PURPOSE_PROFILING);
	struct op *op = g->op;
	struct want *w = ARENA_NEW(&op->arena, struct want);
	uint32_t *subjects;
	if (!people_subjects(op->app->people, number, &op->arena, &subjects)) return OK;
	if (people_denied(op->app->people, number) & needed) {
		g->page->refused++;
		return OK;
	}
	id customer = people_id(op->app->people, number);
	w->as_of = g->page->as_of;
	TRY(want__fill(op, customer, number, w));
	*touchpoints += w->touchpoints;
	if (w->touchpoints) add_customer(g, w, customer);
	return OK;
}

static enum err read_all(struct gathering *g, const struct segment_members *members)
{
	uint32_t n = people_customers(g->op->app->people), stride = n ? stride_over(n) : 1;
	int64_t touchpoints = 0;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t number = 1 + (uint32_t)(i * stride % n);
		if (members && !segment_has(members, number)) continue;
		g->page->is_sampled = g->page->read == SAMPLE || touchpoints > TOUCHPOINTS_IN_ALL;
		if (g->page->is_sampled) return OK;
		TRY(read_customer(g, number, &touchpoints));
	}
	return OK;
}

/* ---- the page ---- */

static int most_first(const void *a, const void *b)
{
	const struct wants_line *x = a, *y = b;
	return x->n != y->n ? (x->n < y->n ? 1 : -1) : str_cmp(x->name, y->name);
}

static enum err name_all(struct op *op, struct wants_one *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		TRY(customer_called(op, v[i].customer, &v[i].name));
		if (!v[i].name.n) v[i].name = id_show(&op->arena, S("cus"), v[i].customer);
		v[i].address = str_fmt(&op->arena, "%.*s/wants", STR_ARG(customer_address(op, v[i].customer)));
	}
	return OK;
}

static enum err give(struct gathering *g, struct held *h, bool is_sorted, void *list)
{
	LIST_OF(struct wants_line) *out = list;
	if (is_sorted && h->n) qsort(h->v, h->n, sizeof *h->v, most_first);
	out->v = h->v;
	out->n = h->n < LINES_SHOWN ? h->n : LINES_SHOWN;
	for (size_t i = 0; i < out->n; i++) {
		struct wants_line *x = &out->v[i];
		if (!x->of) x->of = g->page->read;
		struct interval sure = interval_wilson(x->n, x->of);
		x->share = x->of ? (double)x->n / (double)x->of : NAN;
		x->low = sure.low;
		x->high = sure.high;
		TRY(name_all(g->op, x->customers.v, x->customers.n));
	}
	return OK;
}

static enum err give_scores(struct op *op, struct wants *page)
{
	for (size_t i = 0; i < page->scores.n; i++) {
		struct wants_score *x = &page->scores.v[i];
		double n = (double)x->n;
		x->mean = x->sum / n;
		struct interval sure = compare_mean((struct sample){x->n, x->mean, x->n > 1 ? fmax(0, (x->squares - n * x->mean * x->mean) / (n - 1)) : NAN});
		x->low = sure.low;
		x->high = sure.high;
		x->shown = i18n_real(&op->arena, &op->locale, x->mean, 2);
		x->interval = isnan(x->low) ? STR_NONE : str_fmt(&op->arena, "%.*s – %.*s", STR_ARG(i18n_real(&op->arena, &op->locale, x->low, 2)), STR_ARG(i18n_real(&op->arena, &op->locale, x->high, 2)));
		TRY(name_all(op, x->customers.v, x->customers.n));
	}
	return OK;
}

static enum err choose(struct op *op, const struct web *w, struct wants *page, const struct segment_members **members)
{
	str asked = web_query(w, "segment");
	struct segment *all, chosen;
	size_t n;
	id segment;
	TRY(segment_all(op, &all, &n));
	customer_option(op, &page->segments, S(""), i18n_pattern(op->locale.lang, S("wants_all")), !asked.n);
	for (size_t i = 0; i < n; i++) {
		str shown = id_show(&op->arena, S("seg"), all[i].id);
		customer_option(op, &page->segments, shown, all[i].name, str_eq(shown, asked));
	}
	if (!asked.n) return OK;
	if (!id_read(S("seg"), asked, &segment)) return fail(op, ERR_INVALID, "segment", "is no segment");
	TRY(segment_get(op, segment, &chosen));
	page->segment = asked;
	return segment_members(op, chosen.condition, members);
}

static struct msg tell(const struct wants *page)
{
	if (!page->needs.n) return msg_of(page->is_empty ? "wants_none" : "wants_no_needs");
	struct msg m = msg_str("wants_finding", "need", page->needs.v[0].label);
	msg_add(&m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = page->needs.v[0].share});
	msg_add(&m, (struct msg_arg){.name = "n", .type = MSG_INT, .i = page->read});
	return m;
}

static struct msg base_of(const struct wants *page)
{
	struct msg m = msg_int(page->is_sampled ? "wants_sampled" : "wants_whole", "n", page->read);
	msg_add(&m, (struct msg_arg){.name = "all", .type = MSG_INT, .i = page->customers});
	return m;
}

static enum err add_research(struct op *op, struct wants *page)
{
	str *topics = ARENA_ARRAY(&op->arena, str, 2 * page->needs.n + 1), persona = STR_NONE;
	for (size_t i = 0; i < page->needs.n; i++) {
		topics[2 * i] = page->needs.v[i].name;
		topics[2 * i + 1] = page->needs.v[i].label;
	}
	for (size_t i = 0; i < page->segments.n; i++)
		if (page->segments.v[i].is_selected && page->segments.v[i].value.n) persona = page->segments.v[i].label;
	return research_about(op, topics, 2 * page->needs.n, persona, RESEARCH_ROWS, &page->research.v, &page->research.n);
}

enum err wants_get(struct op *op, struct web *w, struct answer *a)
{
	struct wants *page = ARENA_NEW(&op->arena, struct wants);
	struct gathering g = {.op = op, .page = page, .needs = held_new(op), .searches = held_new(op), .promises = held_new(op), .intents = held_new(op), .feelings = held_new(op)};
	const struct segment_members *members = NULL;
	uint64_t known, nameless;
	page->segment = STR_NONE;
	page->scores.v = ARENA_ARRAY(&op->arena, struct wants_score, LINES_HELD + 1);
	TRY(choose(op, w, page, &members));
	for (int i = 0; WANT_INTENTS[i]; i++) (void)line_of(&g, &g.intents, str_of(WANT_INTENTS[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "want_intent_%s", WANT_INTENTS[i])));
	people_counts(op->app->people, &known, &nameless);
	page->customers = members ? members->customers : (int64_t)(known + nameless);
	TRY(want__as_of(op, &page->as_of));
	page->intent_as_of = want__said_as_of(op, page->as_of);
	TRY(read_all(&g, members));
	TRY(give(&g, &g.needs, true, &page->needs));
	TRY(give(&g, &g.searches, true, &page->searches));
	TRY(give(&g, &g.promises, true, &page->promises));
	TRY(give(&g, &g.intents, false, &page->intents));
	TRY(give(&g, &g.feelings, true, &page->feelings));
	TRY(give_scores(op, page));
	if (op_may(op, PERM_READ_FIGURES)) TRY(add_research(op, page));
	page->is_empty = !page->read;
	page->finding = tell(page);
	page->base = base_of(page);
	return answer_with(a, &WANTS_DESC, page);
}
