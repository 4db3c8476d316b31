/* The fields of a question of kind timeline, and its answer as JSON: one customer's events without their bodies; the
 * properties asked for are read of the events shown, not of whole columns. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("popcnt") /* in every processor since 2008; without it a rank is a call */
#endif
#include "query/inner.h"
#include "query/read.h"

enum { MAX_PROPERTIES = 20, EVENTS_DEFAULT = 1000 };
static const int64_t EVENTS_MOST = 10000;

struct query_line_of {
	str customer;
	size_t n;
	str properties[MAX_PROPERTIES];
	struct query_page page;
};

static struct query_line_of *line_of(struct query_reader *r)
{
	if (!r->q->timeline) {
		r->q->timeline = ARENA_NEW(r->arena, struct query_line_of);
		r->q->timeline->page.oldest_first = true;
	}
	return r->q->timeline;
}

static void read_customer(struct query_reader *r, const struct json_node *v)
{
	if (v->type == JSON_STRING && v->text.n && v->text.n <= 1000) line_of(r)->customer = str_dup(r->arena, v->text);
	else query__bad(r, "customer", "the customer's id, or an identity like user_id:42");
}

static void read_properties(struct query_reader *r, const struct json_node *v)
{
	struct query_line_of *l = line_of(r);
	if (v->type != JSON_ARRAY || v->n > MAX_PROPERTIES) {
		query__bad(r, "properties", "a list of at most %d names", MAX_PROPERTIES);
		return;
	}
	for (const struct json_node *c = v->child; c; c = c->next) {
		enum query_dimension d = QUERY_NONE;
		query__read_dimension(r, "properties", c, &d, &l->properties[l->n]);
		if (d == QUERY_PROPERTY) l->n++;
		else if (d != QUERY_NONE) query__bad(r, "properties", "the names of properties; type, channel and source are always there");
	}
}

static void read_order(struct query_reader *r, const struct json_node *v)
{
	static const char *const ORDERS[] = {"newest", "oldest"};
	line_of(r)->page.oldest_first = query__read_choice(r, "order", v, ORDERS, COUNT_OF(ORDERS)) == 1;
}

static void read_cursor(struct query_reader *r, const struct json_node *v)
{
	str time = v->type == JSON_STRING ? v->text : STR_NONE, arrival = time;
	struct query_page *p = &line_of(r)->page;
	if (v->type == JSON_NULL) return;
	time = str_cut(&arrival, '.');
	p->has_cursor = str_i64(time, &p->cursor.time_ms) && str_u64(arrival, &p->cursor.arrival);
	if (!p->has_cursor) query__bad(r, "cursor", "not the cursor of an answer");
}

const struct query_field query__timeline_fields[QUERY__TIMELINE_FIELDS] = {{"customer", read_customer}, {"properties", read_properties}, {"order", read_order}, {"cursor", read_cursor}};

void query__check_timeline(struct query_reader *r)
{
	if (!line_of(r)->customer.n) query__bad(r, "customer", "the customer's id, or an identity like user_id:42");
	if (r->q->limit > EVENTS_MOST) query__bad(r, "limit", "at most %lld events at a time", (long long)EVENTS_MOST);
}

static void put_slot(struct json_writer *w, const struct events_values *v, size_t row)
{
	uint32_t slot = v->n ? events_value_slot(v, (uint32_t)row) : (uint32_t)EVENTS_NO_SLOT;
	switch ((enum events_kind)events_slot_kind(v, slot)) {
	case EVENTS_TEXT: json_put_str(w, events_text(v, (uint32_t)events_raw_at(&v->value, slot))); break;
	case EVENTS_DECIMAL: json_put_decimal(w, events_slot_number(v, slot)); break;
	case EVENTS_DOUBLE: json_put_real(w, events_slot_real(v, slot)); break;
	case EVENTS_TRUE: json_put_bool(w, true); break;
	case EVENTS_FALSE: json_put_bool(w, false); break;
	case EVENTS_NULL:
	case EVENTS_ABSENT: json_put_null(w); break;
	}
}

struct shown { /* the columns of the part that the last event lay in: events of a stretch of time lie in one */
	struct events_part *part;
	struct events_values values[MAX_PROPERTIES];
};

static enum err find_values(struct shown *s, const struct query_line_of *l, struct events_part *part, struct fault *f)
{
	if (s->part == part) return OK;
	for (size_t i = 0; i < l->n; i++) TRY(events_part_values(part, l->properties[i], &s->values[i], f));
	s->part = part;
	return OK;
}

static enum err put_event(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query_line_of *l, struct shown *s, const struct query_event *e, struct fault *f)
{
	TRY(find_values(s, l, e->part, f));
	str channel = e->channel.n ? e->channel : ctx->channel ? ctx->channel(ctx->arg, e->type) : STR_NONE;
	json_begin_object(w);
	query__put_text(w, "time", query__day(a, ctx->zone, e->time_ms));
	json_key(w, S("time_ms"));
	json_put_i64(w, e->time_ms);
	query__put_text(w, "event", e->type);
	query__put_text(w, "channel", channel.n ? channel : STR_NONE);
	for (size_t i = 0; i < l->n; i++) {
		json_key(w, l->properties[i]);
		put_slot(w, &s->values[i], e->row);
	}
	json_end_object(w);
	return OK;
}

static size_t subjects_of(const struct query_people *people, uint32_t customer, struct arena *a, uint32_t **out)
{
	size_t n = 0;
	for (uint32_t s = 1; s <= people->n_subjects; s++) n += people->customer[s] == customer;
	*out = ARENA_ARRAY(a, uint32_t, n + 1);
	n = 0;
	for (uint32_t s = 1; s <= people->n_subjects; s++)
		if (people->customer[s] == customer) (*out)[n++] = s;
	return n;
}

static enum err find(const struct query_context *ctx, str customer, struct arena *a, uint32_t *number, uint32_t **subjects, size_t *n, struct fault *f)
{
	int64_t own;
	*number = 0;
	if (ctx->records.customer) return ctx->records.customer(ctx->records.arg, a, customer, number, subjects, n, f);
	if (str_i64(customer, &own) && own > 0 && own <= (int64_t)ctx->people.n_customers) *number = (uint32_t)own;
	*n = *number ? subjects_of(&ctx->people, *number, a, subjects) : 0;
	return OK;
}

static void put_cursor(struct json_writer *w, struct arena *a, const struct query_event *last, bool more)
{
	json_key(w, S("cursor"));
	if (more && last) json_put_str(w, str_fmt(a, "%lld.%llu", (long long)last->time_ms, (unsigned long long)last->arrival));
	else json_put_null(w);
}

enum err query__answer_timeline(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f)
{
	const struct query_line_of *l = q->timeline;
	struct query_page page = l->page;
	struct query_event *events = NULL;
	struct shown shown = {0};
	uint32_t number, *subjects = NULL;
	size_t n = 0, n_subjects = 0;
	bool more = false;
	TRY(find(ctx, l->customer, a, &number, &subjects, &n_subjects, f));
	if (number == 0) return fault_set(f, ERR_NOT_FOUND, "customer", "there is no such customer");
	page.limit = q->limit ? (size_t)q->limit : EVENTS_DEFAULT;
	page.purpose = ctx->purpose;
	page.without_body = true;
	page.range = q->range;
	bool may = query__may(ctx, number);
	if (may) TRY(query_timeline(ctx, subjects, n_subjects, &page, a, &events, &n, &more, f));
	query__put_text(w, "kind", S("timeline"));
	json_key(w, S("events"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) TRY(put_event(w, a, ctx, l, &shown, &events[i], f));
	json_end_array(w);
	put_cursor(w, a, n ? &events[n - 1] : NULL, more);
	query__put_range(w, a, ctx, &q->range);
	query__put_int(w, "n", n);
	query__put_text(w, "base", S("events"));
	query__put_tail(w, (struct query_left_out){.customers = !may}, events_view_is_partial(ctx->view), S("One customer's events of all identities, in order of time, then of arrival; only those that may be used for the question's purpose."));
	return OK;
}
