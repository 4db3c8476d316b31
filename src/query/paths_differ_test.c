/* Paths against an evaluator that writes every path out, and worked by hand. */
#include "query/condition_differ.h"
#include "query/paths.h"

enum { MAX_PATHS = 4000 };

struct question {
	struct query q;
	const struct query_paths *p;
	bool types[LINE_TYPES];
	bool has_start, has_end;
};
static struct asked_match starts, ends;
static struct {
	str by, text, backward; /* the events of text last first */
	int64_t count;
	int n;
} paths[MAX_PATHS];
static size_t n_paths;
static int64_t n_all, unfinished, too_long, customers;

static int type_at(const size_t *line, int64_t i)
{
	return made[line[i]].type;
}

/* Notes the path of the events first to last (both in it), read from `anchor` (not in it), which is -1 when there is none. */
static void note(const struct question *k, const size_t *line, int64_t anchor, int64_t first, int64_t last, bool is_backward, bool must_be_whole)
{
	int kept[LINE_EVENTS], n = 0, before = anchor >= 0 ? type_at(line, anchor) : -1;
	for (int64_t i = is_backward ? last : first; is_backward ? i >= first : i <= last; i += is_backward ? -1 : 1) {
		if (!k->p->collapse || type_at(line, i) != before) kept[n++] = type_at(line, i);
		before = type_at(line, i);
	}
	if (must_be_whole && n > (int)k->p->length) {
		too_long++;
		return;
	}
	if (n > (int)k->p->length) n = (int)k->p->length;
	str text = S(""), backward = S("");
	for (int i = 0; i < n; i++) {
		text = str_fmt(&arena, "%.*s%s\"%s\"", STR_ARG(text), i ? "," : "", LINE_TYPE[kept[is_backward ? n - 1 - i : i]]);
		backward = str_fmt(&arena, "%.*s\"%s\",", STR_ARG(backward), LINE_TYPE[kept[is_backward ? i : n - 1 - i]]);
	}
	str by = k->q.by == QUERY_NONE ? S("") : shown_value(&made[line[anchor >= 0 ? anchor : first]], k->q.by);
	n_all++;
	size_t at = 0;
	while (at < n_paths && !(str_eq(paths[at].text, text) && str_eq(paths[at].by, by))) at++;
	assert_true(at < MAX_PATHS);
	if (at == n_paths) {
		paths[n_paths].by = by;
		paths[n_paths].text = text;
		paths[n_paths].backward = backward;
		paths[n_paths].n = n;
		paths[n_paths++].count = 0;
	}
	paths[at].count++;
}

static void between(const struct question *k, const size_t *line, int64_t start, int64_t to, int64_t *next)
{
	*next = to;
	for (int64_t i = start + 1; i < to; i++)
		if (ends.is[line[i]]) {
			note(k, line, start, start + 1, i - 1, false, true);
			*next = i;
			return;
		}
	unfinished++;
}

static void session(const struct question *k, const size_t *line, int64_t from, int64_t to)
{
	int64_t next;
	for (int64_t i = from; i < to; i++) {
		if (k->has_start ? !starts.is[line[i]] : k->has_end && !ends.is[line[i]]) continue;
		if (k->has_start && k->has_end) between(k, line, i, to, &next);
		else if (k->has_start) note(k, line, i, i + 1, to - 1, false, false);
		else if (k->has_end) note(k, line, i, from, i - 1, true, false);
		else note(k, line, -1, i, to - 1, false, false);
		return;
	}
}

static void timed(const struct question *k, const size_t *line, int64_t n)
{
	int64_t counted = -1, within = k->p->within_ms;
	for (int64_t i = 0; i < n;) {
		int64_t to = i, from = i;
		while (to < n && made[line[to]].time_ms - made[line[i]].time_ms <= within) to++;
		if (k->has_end && !k->has_start) {
			bool is = ends.is[line[i]] && (counted < 0 || made[line[i]].time_ms - made[line[counted]].time_ms > within);
			while (is && from > counted + 1 && made[line[i]].time_ms - made[line[from - 1]].time_ms <= within) from--;
			if (is) note(k, line, i, from, i - 1, true, false);
			if (is) counted = i;
			i++;
		} else if (k->has_start && !starts.is[line[i]]) i++;
		else if (k->has_start && k->has_end) between(k, line, i, to, &i);
		else {
			note(k, line, k->has_start ? i : -1, k->has_start ? i + 1 : i, to - 1, false, false);
			i = to;
		}
	}
}

static void naive(const struct question *k)
{
	size_t line[LINE_EVENTS];
	n_paths = 0;
	n_all = unfinished = too_long = customers = 0;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		int64_t n = (int64_t)line_of_customer(customer, &k->q.range, k->types, line), had = n_all;
		if (k->p->within_ms) timed(k, line, n);
		for (int64_t from = 0, to = 0; !k->p->within_ms && from < n; from = to) {
			to = from + 1;
			while (to < n && made[line[to]].time_ms - made[line[to - 1]].time_ms <= k->p->gap_ms) to++;
			session(k, line, from, to);
		}
		customers += n_all > had;
	}
}

static void check_paths(const struct question *k, const struct json_node *answer)
{
	int64_t before = INT64_MAX, count, listed = 0, all = 0;
	str last = S("");
	for (const struct json_node *v = json_get(answer, S("paths"))->child; v; v = v->next, listed++) {
		str text = json_get(v, S("events"))->raw, by = json_get(v, S("by")) ? json_get(v, S("by"))->raw : S("");
		text = str_sub(text, 1, text.n - 2);
		size_t at = 0;
		while (at < n_paths && !(str_eq(paths[at].text, text) && str_eq(paths[at].by, by))) at++;
		if (at == n_paths) fail_msg("nobody took %.*s", STR_ARG(v->raw));
		assert_true(json_get_i64(v, S("count"), &count) && count <= before);
		assert_int_equal(count, paths[at].count);
		if (count == before) assert_true(str_cmp(last, text) < 0 || (str_eq(last, text) && k->q.by != QUERY_NONE)); /* the names hold no character below a quote or comma */
		before = count;
		last = text;
		all += count;
	}
	int64_t limit = k->q.limit ? k->q.limit : (int64_t)n_paths;
	assert_int_equal(listed, limit < (int64_t)n_paths ? limit : (int64_t)n_paths);
	if (listed == (int64_t)n_paths) assert_int_equal(all, n_all);
	assert_count(answer, "paths_total", (int64_t)n_paths);
}

/* A node's own path from the root, as text; its count is that of all paths that begin (or end) so. */
static void check_tree(const struct question *k, const struct json_node *answer)
{
	const struct json_node *tree = json_get(answer, S("tree"));
	str texts[500];
	int64_t place = 0, parent, depth;
	for (const struct json_node *v = tree->child; v; v = v->next) {
		assert_count(v, "id", ++place);
		assert_true(place < 500 && json_get_i64(v, S("parent"), &parent) && parent < place && json_get_i64(v, S("depth"), &depth));
		texts[place] = str_fmt(&arena, "%.*s\"%.*s\",", STR_ARG(parent ? texts[parent] : S("")), STR_ARG(json_get_str(v, S("event"))));
		int64_t count = 0, ended = 0;
		for (size_t i = 0; i < n_paths; i++) {
			str text = k->has_end && !k->has_start ? paths[i].backward : str_fmt(&arena, "%.*s,", STR_ARG(paths[i].text));
			if (paths[i].n == 0 || !str_starts(text, texts[place])) continue;
			count += paths[i].count;
			ended += str_eq(text, texts[place]) ? paths[i].count : 0;
		}
		assert_count(v, "count", count);
		assert_count(v, "ended", ended);
	}
	assert_true(place <= (int64_t)k->p->nodes);
}

static void ask_once(const struct query_context *plain)
{
	struct query_context with = with_records(plain), *ctx = &with;
	static const char *const BYS[] = {"channel", "item", "event", "family"};
	bool is_plain = is_calm && dice(2); /* of the kind that needs no lines */
	struct question k = {.has_start = dice(3) > 0 || is_plain, .has_end = dice(3) == 0 && !is_plain};
	bool has_conditions = dice(2);
	str types = random_types(k.types), range = random_range(), duration = random_duration(), where = has_conditions && dice(2) ? random_plain_condition() : S("");
	random_asked(&starts, has_conditions && !is_plain);
	random_asked(&ends, has_conditions);
	bool all = dice(4) > 0 || is_plain;
	str question = str_fmt(&arena, "{\"kind\":\"paths\",\"length\":%d,\"collapse\":%s,\"%s\":%.*s%.*s", 1 + (int)dice(dice(3) ? 6 : 20), dice(2) && !is_plain ? "true" : "false", dice(2) || is_plain ? "gap" : "within", STR_ARG(duration), STR_ARG(range));
	if (k.has_start) question = str_fmt(&arena, "%.*s,\"start\":%.*s", STR_ARG(question), STR_ARG(starts.json));
	if (k.has_end) question = str_fmt(&arena, "%.*s,\"end\":%.*s", STR_ARG(question), STR_ARG(ends.json));
	if (where.n) question = str_fmt(&arena, "%.*s,\"where\":%.*s", STR_ARG(question), STR_ARG(where));
	if (!all) question = str_fmt(&arena, "%.*s,\"event\":%.*s", STR_ARG(question), STR_ARG(types));
	if (all) memset(k.types, 1, sizeof k.types);
	if (dice(3) == 0 && !is_plain) question = str_fmt(&arena, "%.*s,\"by\":\"%s\"", STR_ARG(question), BYS[dice(4)]);
	if (dice(2)) question = str_fmt(&arena, "%.*s,\"limit\":%d", STR_ARG(question), 1 + (int)dice(40));
	if (dice(2)) question = str_fmt(&arena, "%.*s,\"tree\":%d", STR_ARG(question), 1 + (int)dice(300));
	question = str_fmt(&arena, "%.*s}", STR_ARG(question));
	assert_ok(query_read(&arena, ctx->zone, question, &k.q, NULL));
	k.p = k.q.paths;
	judge_where(where, &k.q.range);
	judge_asked(&starts, &k.q.range);
	judge_asked(&ends, &k.q.range);
	const struct json_node *answer = ask_in_hand(ctx, question);
	naive(&k);
	assert_count(answer, "n", n_all);
	assert_count(answer, "customers", customers);
	if (k.has_start && k.has_end) {
		assert_count(answer, "unfinished", unfinished);
		assert_count(answer, "too_long", too_long);
	}
	check_paths(&k, answer);
	if (k.p->nodes) check_tree(&k, answer);
	if (!where.n) assert_left_out(answer, &k.q.range, k.types);
}

static void all_paths_are_those_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_once);
}

/* "a>b=2 =1" */
static str shown(const struct json_node *answer)
{
	str out = S("");
	for (const struct json_node *v = json_get(answer, S("paths"))->child; v; v = v->next) {
		if (out.n) out = str_fmt(&arena, "%.*s ", STR_ARG(out));
		for (const struct json_node *e = json_get(v, S("events"))->child; e; e = e->next) out = str_fmt(&arena, "%.*s%.*s%s", STR_ARG(out), STR_ARG(e->text), e->next ? ">" : "");
		out = str_fmt(&arena, "%.*s=%.*s", STR_ARG(out), STR_ARG(json_get(v, S("count"))->raw));
	}
	return out;
}

static void asked(const struct query_context *ctx, const char *rest, const char *want)
{
	str question = str_fmt(&arena, "{\"kind\":\"paths\"%s}", rest);
	assert_str_equal(shown(ask(&arena, ctx, question)), str_of(want));
}

static void paths_are_read_off_by_hand(void **state)
{
	(void)state;
	/* Two sessions around the new year: half an hour is still one, a millisecond more is not. */
	by_hand_put(1, "2011-12-31T23:40:00Z", "visit", "{}");
	by_hand_put(1, "2011-12-31T23:50:00Z", "look", "{}");
	by_hand_put(1, "2011-12-31T23:50:00Z", "look", "{}");
	by_hand_put(1, "2012-01-01T00:20:00Z", "buy", "{}");
	by_hand_put(1, "2012-01-01T00:50:00.001Z", "visit", "{}");
	by_hand_put(1, "2012-01-01T00:50:00.001Z", "buy", "{}");
	/* Athens' clocks go on at 01:00Z: no half hour is lost. Two sources of one customer. */
	by_hand_put(2, "2012-03-25T00:50:00Z", "visit", "{}");
	by_hand_put(3, "2012-03-25T01:10:00Z", "look", "{}");
	by_hand_put(2, "2012-03-25T01:30:00Z", "visit", "{}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	asked(&ctx, ",\"start\":\"visit\"", "buy=1 look>look>buy=1 look>visit=1");
	asked(&ctx, ",\"start\":\"visit\",\"collapse\":true,\"length\":1", "look=2 buy=1");
	asked(&ctx, ",\"end\":\"buy\"", "visit=1 visit>look>look=1");
	asked(&ctx, ",\"end\":\"buy\",\"length\":2,\"collapse\":true", "visit=1 visit>look=1");
	asked(&ctx, ",\"start\":\"visit\",\"end\":\"buy\"", "=1 look>look=1");
	asked(&ctx, ",\"start\":\"visit\",\"end\":\"buy\",\"length\":1", "=1");
	asked(&ctx, "", "visit>buy=1 visit>look>look>buy=1 visit>look>visit=1");
	asked(&ctx, ",\"start\":\"visit\",\"within\":{\"minutes\":10}", "=2 buy=1 look>look=1");
	asked(&ctx, ",\"start\":\"look\"", "look>buy=1 visit=1");
	struct query q;
	struct fault f = {0};
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":\"paths\",\"gap\":{\"days\":1},\"within\":{\"days\":1},\"length\":21,\"tree\":0,\"collapse\":\"yes\"}"), &q, &f), ERR_INVALID);
	assert_int_equal(f.n_fields, 4);
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths_are_read_off_by_hand, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(all_paths_are_those_of_the_naive_evaluator, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_paths", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
