/* `by` of flow, driver and journey: each group is the same question once more, where the dimension has that value; the rest is
 * the question where it has none of those. A way, an outcome and a journey are of whole lines of events, so a group's line is
 * what `where` would leave of it, and a program that asks with that `where` gets the same answer. A driver is told apart by its
 * moments alone: what came before may be of any value. Each group costs a scan, so there are few. Rejected: counting all groups
 * in one walk, which would need the state of a walk (pairs, variants, times, bands of money) a group and line. */
#include "base/buf.h"
#include "query/driver.h"
#include "query/flow.h"
#include "query/inner.h"
#include "query/read.h"
#include "query/rules.h"

enum { TOP_DEFAULT = 10, TOP_MOST = 20 };
#define ANSWER_BYTES ((size_t)64 << 20)

bool query__is_split(const struct query *q)
{
	return q->by != QUERY_NONE && (q->kind == QUERY_FLOW || q->kind == QUERY_DRIVER || q->kind == QUERY_JOURNEY);
}

void query__check_split(struct query_reader *r)
{
	query__check_top(r);
	if (r->q->top > TOP_MOST) query__bad(r, "top", "at most %d: each group of this kind is a question of its own", TOP_MOST);
	if (!r->q->top) r->q->top = TOP_DEFAULT;
}

static const struct query_condition *condition(struct arena *a, struct query_condition c)
{
	struct query_condition *out = ARENA_NEW(a, struct query_condition);
	*out = c;
	out->path = "by";
	return out;
}

static const struct query_condition *joined(struct arena *a, enum condition_kind kind, const struct query_condition *one, const struct query_condition *other)
{
	if (!one) return other;
	const struct query_condition **parts = ARENA_ARRAY(a, const struct query_condition *, 2);
	parts[0] = one;
	parts[1] = other;
	return condition(a, (struct query_condition){.kind = kind, .parts = parts, .n_parts = other ? 2 : 1});
}

/* Of the groups from first to last. */
static const struct query_condition *has_value(struct arena *a, const struct query *q, const struct query_group *groups, size_t n)
{
	struct condition_value *values = ARENA_ARRAY(a, struct condition_value, n + 1);
	for (size_t i = 0; i < n; i++) values[i] = query__value_of(groups[i].by);
	return condition(a, (struct query_condition){.kind = CONDITION_NAMED, .dimension = q->by, .name = q->by_property, .test = TEST_IS, .values = values, .n_values = n});
}

static const struct query_match *events_of(const struct query *q)
{
	static const struct query_match ALL;
	return q->kind == QUERY_DRIVER ? &q->driver->moments : q->kind == QUERY_FLOW ? &q->flow->events : &ALL;
}

/* The question where the condition holds; NULL: as it is asked, of all. */
static struct query part_of(struct arena *a, const struct query *q, const struct query_condition *is)
{
	struct query part = *q;
	part.by = QUERY_NONE;
	part.by_property = STR_NONE;
	part.top = 0;
	part.members = NULL;
	if (is && q->kind == QUERY_DRIVER) {
		part.driver = ARENA_NEW(a, struct query_driver);
		*part.driver = *q->driver;
		part.driver->moments.where = joined(a, CONDITION_ALL, q->driver->moments.where, is);
	} else if (is) part.where = joined(a, CONDITION_ALL, q->where, is);
	return part;
}

/* The values that customers have, those of the most customers first. */
static enum err find_values(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_trend *out, struct fault *f)
{
	struct query asked = {.kind = QUERY_TREND, .range = q->range, .interval = {.unit = QUERY_MONTH}, .where = q->where, .events = *events_of(q), .measure = QUERY_CUSTOMERS, .by = q->by, .by_property = q->by_property};
	TRY(query_trend(ctx, &asked, a, out, f));
	while (out->n_groups && out->groups[out->n_groups - 1].total.customers == 0) out->n_groups--;
	return OK;
}

static bool is_asked(const struct query *q, const struct query_value *by)
{
	return q->members && q->members->has_by && query__value_cmp(&q->members->by, by) == 0;
}

static enum err put_groups(const struct query_context *ctx, const struct query *q, query__answer_fn *answer, struct query_trend *t, struct arena *a, struct json_writer *w, struct fault *f)
{
	size_t own = t->n_groups > q->top ? q->top : t->n_groups;
	bool is_found = !q->members || !q->members->has_by;
	struct query_value rest = {QUERY_VALUE_TEXT, S("other")};
	json_key(w, S("groups"));
	json_begin_array(w);
	for (size_t i = 0; i < own + (t->n_groups > own); i++) {
		bool is_rest = i == own;
		struct query part = part_of(a, q, is_rest ? joined(a, CONDITION_NOT, has_value(a, q, t->groups, own), NULL) : has_value(a, q, &t->groups[i], 1));
		if (!is_found && is_asked(q, is_rest ? &rest : &t->groups[i].by)) {
			part.members = q->members;
			is_found = true;
		}
		json_begin_object(w);
		query__put_by(w, t->groups[i].by, is_rest);
		TRY(answer(ctx, &part, a, w, f));
		json_end_object(w);
	}
	json_end_array(w);
	query__put_int(w, "groups_total", own + (t->n_groups > own));
	return is_found ? OK : fault_set(f, ERR_INVALID, "members.by", "no group of the answer is named so");
}

/* What is said of the answer as a whole stands where every kind has it. */
static void put_whole(struct json_writer *w, struct arena *a, const struct query *q, const struct json_node *all)
{
	static const char *const KEYS[] = {"from", "to", "zone", "n", "base", "left_out_customers", "left_out_events", "partial"};
	for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
		const struct json_node *v = json_get(all, str_of(KEYS[i]));
		if (!v) continue;
		json_key(w, str_of(KEYS[i]));
		json_put_raw(w, v->raw);
	}
	str name = query__dimension_name(q->by, q->by_property), definition = json_get_str(all, S("definition"));
	query__put_text(w, "definition", str_fmt(a, "%.*s Each group is the same question of the %s whose %.*s is that value, the most customers first; a customer may be in several.", STR_ARG(definition),
		q->by == QUERY_TRAIT ? "customers" : q->kind == QUERY_DRIVER ? "moments" : "events", STR_ARG(name)));
}

enum err query__answer_split(const struct query_context *ctx, const struct query *q, query__answer_fn *answer, struct arena *a, struct json_writer *w, struct fault *f)
{
	struct query_trend values;
	struct buf out;
	struct json_writer own = {.out = &out};
	struct query whole = part_of(a, q, NULL);
	const struct json_node *all = NULL;
	if (q->members && !q->members->has_by) whole.members = q->members;
	TRY(find_values(ctx, q, a, &values, f));
	query__put_text(w, "kind", query__kind_name(q->kind));
	query__put_text(w, "by", query__dimension_name(q->by, q->by_property));
	TRY(put_groups(ctx, q, answer, &values, a, w, f));
	buf_init(&out, ANSWER_BYTES);
	json_begin_object(&own);
	enum err e = answer(ctx, &whole, a, &own, f);
	json_end_object(&own);
	if (e == OK && buf_failed(&out)) e = fault_set(f, ERR_TOO_LARGE, "limit", "the answer is too large; set a limit");
	if (e == OK) e = json_tree(a, str_dup(a, buf_str(&out)), ANSWER_BYTES, &all, f);
	buf_release(&out);
	if (e != OK) return e;
	json_key(w, S("all"));
	json_put_raw(w, all->raw);
	put_whole(w, a, q, all);
	return OK;
}
