/* The fields of paths. */
#include "query/inner.h"
#include "query/paths.h"
#include "query/read.h"

enum { LENGTH_DEFAULT = 5, NODES_DEFAULT = 200 };
#define GAP_DEFAULT_MS (30 * INT64_C(60000))

static struct query_paths *paths(struct query_reader *r)
{
	if (!r->q->paths) {
		r->q->paths = ARENA_NEW(r->arena, struct query_paths);
		r->q->paths->length = LENGTH_DEFAULT;
	}
	return r->q->paths;
}

static void read_event(struct query_reader *r, const struct json_node *v)
{
	query__read_match(r, "event", v, &paths(r)->events);
}

static void read_start(struct query_reader *r, const struct json_node *v)
{
	query__read_match(r, "start", v, &paths(r)->start);
}

static void read_end(struct query_reader *r, const struct json_node *v)
{
	query__read_match(r, "end", v, &paths(r)->end);
}

static void read_gap(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "gap", v, &paths(r)->gap_ms);
}

static void read_within(struct query_reader *r, const struct json_node *v)
{
	query__read_duration(r, "within", v, &paths(r)->within_ms);
}

static void read_length(struct query_reader *r, const struct json_node *v)
{
	int64_t n;
	if (query__whole(v, 1, PATHS_MAX_LENGTH, &n)) paths(r)->length = (size_t)n;
	else query__bad(r, "length", "not a whole number from 1 to %d", PATHS_MAX_LENGTH);
}

static void read_collapse(struct query_reader *r, const struct json_node *v)
{
	paths(r)->collapse = query__read_flag(r, "collapse", v);
}

static void read_tree(struct query_reader *r, const struct json_node *v)
{
	int64_t n = v->type == JSON_TRUE ? NODES_DEFAULT : 0;
	if (v->type == JSON_NUMBER && !query__whole(v, 1, PATHS_MAX_NODES, &n)) query__bad(r, "tree", "true, or how many of its nodes: 1 to %d", PATHS_MAX_NODES);
	else if (v->type != JSON_NUMBER) (void)query__read_flag(r, "tree", v);
	paths(r)->nodes = (size_t)n;
}

static void read_by(struct query_reader *r, const struct json_node *v)
{
	/* How the lines are cut may be said in so many words, too. */
	if (v->type == JSON_STRING && (str_eq(v->text, S("session")) || str_eq(v->text, S("time")))) paths(r)->is_by_time = str_eq(v->text, S("time")), paths(r)->is_by_session = !paths(r)->is_by_time;
	else query__read_by(r, v);
}

const struct query_field query__paths_fields[QUERY__PATHS_FIELDS] = {
	{"event", read_event}, {"start", read_start}, {"end", read_end}, {"gap", read_gap}, {"within", read_within},
	{"length", read_length}, {"collapse", read_collapse}, {"tree", read_tree}, {"by", read_by},
};

void query__check_paths(struct query_reader *r)
{
	struct query_paths *p = paths(r);
	if (p->gap_ms && p->within_ms) query__bad(r, "within", "either \"gap\" (by sessions) or \"within\" (by time), not both");
	if (p->is_by_time && !p->within_ms) query__bad(r, "within", "by time: how long after the start, like {\"hours\":1}");
	if (p->is_by_session && p->within_ms) query__bad(r, "within", "by session: \"gap\" says what ends one");
	if (!p->within_ms && !p->gap_ms) p->gap_ms = GAP_DEFAULT_MS;
}
