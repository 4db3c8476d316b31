/* The fields of a flow. */
#include "query/contact.h"
#include "query/flow.h"
#include "query/inner.h"
#include "query/read.h"

enum { VARIANTS_DEFAULT = 20 };
#define REPEAT_DEFAULT_MS (7 * INT64_C(86400000))

static struct query_flow *flow(struct query_reader *r)
{
	if (!r->q->flow) {
		r->q->flow = ARENA_NEW(r->arena, struct query_flow);
		*r->q->flow = (struct query_flow){.variants = VARIANTS_DEFAULT, .repeat_ms = REPEAT_DEFAULT_MS, .contacts = QUERY_CONTACTS};
	}
	return r->q->flow;
}

static void read_event(struct query_reader *r, const struct json_node *v)
{
	query__read_match(r, "event", v, &flow(r)->events);
}

static void read_contacts(struct query_reader *r, const struct json_node *v)
{
	query__read_names(r, "contacts", v, &flow(r)->contacts);
}

static void read_case(struct query_reader *r, const struct json_node *v)
{
	enum query_dimension d = QUERY_NONE;
	str name = STR_NONE;
	if (v->type == JSON_STRING && str_eq(v->text, S("customer"))) return;
	query__read_dimension(r, "case", v, &d, &name);
	if (d == QUERY_PROPERTY) flow(r)->case_property = name;
	else if (d != QUERY_NONE) query__bad(r, "case", "\"customer\", or the name of the property that tells cases apart");
}

static void read_min_count(struct query_reader *r, const struct json_node *v)
{
	int64_t n;
	if (query__whole(v, 0, INT64_MAX, &n)) flow(r)->min_count = (uint64_t)n;
	else query__bad(r, "min_count", "not a whole number from 0");
}

static void read_min_share(struct query_reader *r, const struct json_node *v)
{
	double share;
	if (v->type == JSON_NUMBER && str_f64(v->text, &share) && share >= 0 && share <= 1) flow(r)->min_share = share;
	else query__bad(r, "min_share", "not a number from 0 to 1");
}

static void read_variants(struct query_reader *r, const struct json_node *v)
{
	int64_t n;
	if (query__whole(v, 0, FLOW_MAX_VARIANTS, &n)) flow(r)->variants = (size_t)n;
	else query__bad(r, "variants", "not a whole number from 0 to %d", FLOW_MAX_VARIANTS);
}

static void read_repeat(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "repeat", v, &flow(r)->repeat_ms);
}

static void read_loops(struct query_reader *r, const struct json_node *v)
{
	flow(r)->without_loops = !query__read_flag(r, "loops", v);
}

const struct query_field query__flow_fields[QUERY__FLOW_FIELDS] = {
	{"event", read_event}, {"case", read_case}, {"min_count", read_min_count}, {"min_share", read_min_share},
	{"variants", read_variants}, {"contacts", read_contacts}, {"repeat", read_repeat}, {"loops", read_loops}, {"by", query__read_by}, {"top", query__read_top},
};

void query__check_flow(struct query_reader *r)
{
	(void)flow(r);
	query__check_split(r);
}
