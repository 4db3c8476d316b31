/* The fields of a driver. */
#include "query/driver.h"
#include "query/inner.h"
#include "query/read.h"
#include "query/walk.h"

enum { MAX_NAME_BYTES = 200 };
#define WITHIN_DEFAULT_MS (14 * INT64_C(86400000))

static struct query_driver *driver(struct query_reader *r)
{
	if (!r->q->driver) {
		r->q->driver = ARENA_NEW(r->arena, struct query_driver);
		r->q->driver->within_ms = WITHIN_DEFAULT_MS;
	}
	return r->q->driver;
}

static void read_part_of_outcome(struct query_reader *r, struct query_driver *d, const struct json_node *c)
{
	if (str_eq(c->key, S("event"))) query__read_match(r, "outcome.event", c, &d->moments);
	else if (str_eq(c->key, S("did"))) query__read_match(r, "outcome.did", c, &d->did);
	else if (str_eq(c->key, S("within"))) query__read_duration(r, "outcome.within", c, &d->did_within_ms);
	else if (str_eq(c->key, S("did_not"))) {
		query__read_match(r, "outcome.did_not", c, &d->did);
		d->is_not = true;
	} else if (str_eq(c->key, S("property"))) {
		enum query_dimension dimension = QUERY_NONE;
		query__read_dimension(r, "outcome.property", c, &dimension, &d->property);
		if (dimension != QUERY_PROPERTY && dimension != QUERY_NONE) query__bad(r, "outcome.property", "the name of a property that holds a number");
	} else query__bad(r, "outcome", "has event, and either property, or did or did_not with within");
}

static void read_outcome(struct query_reader *r, const struct json_node *v)
{
	if (v->type != JSON_OBJECT) query__bad(r, "outcome", "not like {\"event\":\"Survey Answered\",\"property\":\"score\"}");
	for (const struct json_node *c = v->type == JSON_OBJECT ? v->child : NULL; c; c = c->next) read_part_of_outcome(r, driver(r), c);
}

static void read_had(struct query_reader *r, const struct json_node *v)
{
	struct query_driver *d = driver(r);
	d->is_one = true;
	d->n_candidates = 1;
	query__read_match(r, "had", v, &d->candidates[0]);
}

static void read_candidates(struct query_reader *r, const struct json_node *v)
{
	struct query_driver *d = driver(r);
	if (v->type == JSON_TRUE) return;
	if (v->type != JSON_ARRAY || v->n == 0 || v->n > DRIVER_MAX_CANDIDATES) {
		query__bad(r, "candidates", "true for every event, or a list of 1 to %d: the name of an event or a list of names each", DRIVER_MAX_CANDIDATES);
		return;
	}
	if (d->is_one) query__bad(r, "candidates", "either \"had\" or \"candidates\", not both");
	d->n_candidates = 0;
	for (const struct json_node *c = v->child; c; c = c->next) {
		struct query_match *m = &d->candidates[d->n_candidates++];
		query__read_match(r, "candidates", c, m);
	}
}

static void read_within(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "within", v, &driver(r)->within_ms);
}

const struct query_field query__driver_fields[QUERY__DRIVER_FIELDS] = {
	{"outcome", read_outcome}, {"had", read_had}, {"candidates", read_candidates}, {"within", read_within}, {"before", read_within}, {"by", query__read_by},
	{"top", query__read_top},
};

void query__check_driver(struct query_reader *r)
{
	struct query_driver *d = driver(r);
	query__check_split(r);
	if (r->is_bad) return;
	if (!query__is_given(&d->moments)) query__bad(r, "outcome", "name its event: {\"event\":…,\"property\":…}, or {\"event\":…,\"did\":…,\"within\":…}");
	else if (str_given(d->property) ? query__is_given(&d->did) : !query__is_given(&d->did)) query__bad(r, "outcome", "either a property, or did or did_not");
	else if (query__is_given(&d->did) && !d->did_within_ms) query__bad(r, "outcome.within", "how long after the event, like {\"days\":90}");
	else if (!query__is_given(&d->did) && d->did_within_ms) query__bad(r, "outcome.within", "belongs to did or did_not");
}
