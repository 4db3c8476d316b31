/* Funnels against an evaluator that tries every start of every customer by itself, and worked by hand. */
#include "query/funnel.h"
#include "query/condition_differ.h"

enum { MAX_GROUPS = LINE_TYPES + LINE_CHANNELS + LINE_ITEMS + 2, MAX_STEPS = 4 };

struct question {
	struct query q;
	const struct query_funnel *f;
	bool has_conditions;
};
static struct asked_match steps[MAX_STEPS], excludes[2];
struct counted {
	str by;
	int64_t units[MAX_STEPS], customers[MAX_STEPS], last_unit[MAX_STEPS], last_customer[MAX_STEPS];
	double took[MAX_STEPS][LINE_EVENTS];
};
static struct counted groups[MAX_GROUPS]; /* [0] over all */
static size_t n_groups;
static int64_t unit, voided;
static uint32_t customer;
static bool has_reached[LINE_CUSTOMERS + 1][MAX_STEPS];

static struct counted *group_of(str by)
{
	for (size_t g = 1; g < n_groups; g++)
		if (str_eq(groups[g].by, by)) return &groups[g];
	assert_true(n_groups < MAX_GROUPS);
	groups[n_groups] = (struct counted){.by = by};
	return &groups[n_groups++];
}

static str tops[MAX_GROUPS]; /* values that stand for themselves; none: all do */
static size_t n_tops;

static str named(str by)
{
	for (size_t i = 0; i < n_tops; i++)
		if (str_eq(tops[i], by)) return by;
	return n_tops ? S("\"other\"") : by;
}

static void count_in(const struct question *k, struct counted *g, int step, double took)
{
	if (g->last_unit[step] == unit && k->f->count != FUNNEL_ATTEMPTS) return;
	g->last_unit[step] = unit;
	g->took[step][g->units[step]++] = took;
	g->customers[step] += g->last_customer[step] != customer;
	g->last_customer[step] = customer;
}

static void reached(const struct question *k, const struct made_event *start, int step, int64_t took)
{
	count_in(k, &groups[0], step, (double)took);
	if (k->q.by != QUERY_NONE) count_in(k, group_of(named(shown_value(start, k->q.by))), step, (double)took);
	has_reached[customer][step] = true;
}

static bool is_held(const struct question *k, const struct made_event *a, const struct made_event *b)
{
	if (k->f->hold == QUERY_NONE) return true;
	str x = shown_value(a, k->f->hold);
	return !str_eq(x, S("null")) && str_eq(x, shown_value(b, k->f->hold));
}

static bool has_value(const struct question *k, const struct made_event *m)
{
	return is_held(k, m, m);
}

static bool is_step(const struct question *k, size_t event, int step)
{
	(void)k;
	return steps[step].is[event];
}

/* Whether the start still reaches step `step` with the event at `i`: chains from this start alone. */
static bool chain_reaches(const struct question *k, const size_t *line, size_t start, size_t i, int step)
{
	bool at[MAX_STEPS] = {0};
	int n = (int)k->f->n_steps;
	if (!is_step(k, line[start], 0)) return false;
	at[0] = true;
	if (start == i) return step == 0;
	for (size_t j = start + 1; j <= i; j++) {
		const struct made_event *m = &made[line[j]];
		if (!is_held(k, &made[line[start]], m)) continue;
		for (size_t x = 0; x < k->f->n_exclusions; x++)
			for (int s = k->f->exclusions[x].after; excludes[x].is[m - made] && s < k->f->exclusions[x].before; s++) at[s - 1] = false;
		bool here[MAX_STEPS] = {0};
		for (int s = 1; s < n; s++) here[s] = at[s - 1] && is_step(k, line[j], s) && m->time_ms - made[line[start]].time_ms <= k->f->window_ms;
		if (j == i) return here[step];
		for (int s = 1; s < n; s++) at[s] |= here[s];
	}
	return false;
}

static bool strict_reaches(const struct question *k, const size_t *line, size_t start, size_t i, int step)
{
	if (i - start != (size_t)step || !has_value(k, &made[line[start]])) return false;
	for (size_t j = start; j <= i; j++) {
		if (!is_step(k, line[j], (int)(j - start)) || !is_held(k, &made[line[start]], &made[line[j]])) return false;
		for (size_t x = 0; j > start && x < k->f->n_exclusions; x++) {
			int at = (int)(j - start);
			if (excludes[x].is[line[j]] && at >= k->f->exclusions[x].after && at < k->f->exclusions[x].before) return false;
		}
	}
	return made[line[i]].time_ms - made[line[start]].time_ms <= k->f->window_ms;
}

static void naive_in_order(const struct question *k, const size_t *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!has_value(k, &made[line[i]])) continue;
		for (int step = (int)k->f->n_steps - 1; step >= 0; step--)
			for (size_t start = i + 1; start-- > 0;) {
				bool is = k->f->order == FUNNEL_STRICT ? strict_reaches(k, line, start, i, step) : chain_reaches(k, line, start, i, step);
				if (!is) continue;
				reached(k, &made[line[start]], step, made[line[i]].time_ms - made[line[start]].time_ms);
				break;
			}
	}
}

static bool is_excluded(const struct question *k, const struct made_event *m)
{
	for (size_t x = 0; x < k->f->n_exclusions; x++)
		if (excludes[x].is[m - made]) return true;
	return false;
}

static void naive_any_order(const struct question *k, const size_t *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct made_event *m = &made[line[i]];
		bool is_any = false;
		int found = 0;
		size_t earliest = i;
		for (int s = 0; s < (int)k->f->n_steps; s++) is_any |= is_step(k, line[i], s);
		if (!is_any || !has_value(k, m)) continue;
		for (int s = 0; s < (int)k->f->n_steps; s++)
			for (size_t j = i + 1; j-- > 0;) {
				const struct made_event *b = &made[line[j]];
				if (!is_held(k, m, b)) continue;
				if (is_step(k, line[j], s)) {
					if (m->time_ms - b->time_ms > k->f->window_ms) break;
					found++;
					if (j < earliest) earliest = j;
					break;
				}
				if (is_excluded(k, b)) break; /* a step counts before its own event excludes what lies before */
			}
		for (int s = 0; s < found; s++) reached(k, &made[line[earliest]], s, m->time_ms - made[line[earliest]].time_ms);
	}
}

/* One attempt from line[i] on; the place where another may begin. */
static void naive_attempts(const struct question *k, const size_t *line, size_t n)
{
	bool done[LINE_EVENTS] = {0}; /* looked at as a member of its value */
	for (size_t first = 0; first < n; first++) {
		if (done[first] || !has_value(k, &made[line[first]])) continue;
		int64_t at[MAX_STEPS];
		int level = 0;
		bool has[MAX_STEPS] = {0};
		size_t start = 0, before = 0;
		for (size_t i = first; i <= n; i++) {
			bool is_end = i == n;
			if (!is_end && !is_held(k, &made[line[first]], &made[line[i]])) continue;
			if (!is_end) done[i] = true;
			const struct made_event *m = is_end ? NULL : &made[line[i]];
			bool is_over = is_end || (level && m->time_ms - at[0] > k->f->window_ms) || (k->f->order == FUNNEL_STRICT && i != before + 1);
			for (int again = 0; again < 2; again++) {
				if (is_over && level) {
					for (int s = 0; s < level; s++) reached(k, &made[line[start]], s, at[s] - at[0]);
					level = 0;
				}
				if (is_end) break;
				bool is_void = false;
				for (size_t x = 0; x < k->f->n_exclusions; x++) is_void |= excludes[x].is[m - made] && level >= k->f->exclusions[x].after && level < k->f->exclusions[x].before;
				if (is_void) level = 0, voided++;
				int had = level;
				if (level == 0) memset(has, 0, sizeof has), start = i;
				for (int s = 0; s < (int)k->f->n_steps; s++) {
					bool wanted = k->f->order == FUNNEL_ANY_ORDER ? !has[s] : s == had;
					if (!wanted || !is_step(k, line[i], s)) continue;
					has[s] = true;
					at[level++] = m->time_ms;
				}
				before = level > had ? i : before;
				if (level > had || k->f->order != FUNNEL_STRICT || had == 0) break;
				is_over = true;
			}
			if (level == (int)k->f->n_steps) {
				for (int s = 0; s < level; s++) reached(k, &made[line[start]], s, at[s] - at[0]);
				level = 0;
			}
			if (is_end) break;
		}
	}
}

static void naive(const struct question *k)
{
	size_t line[LINE_EVENTS];
	memset(has_reached, 0, sizeof has_reached);
	groups[0] = (struct counted){0};
	n_groups = 1;
	voided = 0;
	for (customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t n = line_of_customer(customer, &k->q.range, NULL, line);
		for (size_t from = 0, to; from < n; from = to) {
			to = k->f->count == FUNNEL_SESSIONS ? from + 1 : n;
			while (to < n && made[line[to]].time_ms - made[line[to - 1]].time_ms <= k->f->gap_ms) to++;
			unit++;
			if (k->f->count == FUNNEL_ATTEMPTS) naive_attempts(k, line, n);
			else if (k->f->order == FUNNEL_ANY_ORDER) naive_any_order(k, line + from, to - from);
			else naive_in_order(k, line + from, to - from);
		}
	}
}

static void check_steps(const struct question *k, const struct json_node *list, struct counted *g)
{
	int s = 0;
	for (const struct json_node *v = list->child; v; v = v->next, s++) {
		assert_count(v, "step", s + 1);
		assert_count(v, "customers", g->customers[s]);
		if (k->f->count == FUNNEL_ATTEMPTS) assert_count(v, "attempts", g->units[s]);
		if (k->f->count == FUNNEL_SESSIONS) assert_count(v, "sessions", g->units[s]);
		assert_count(v, "dropped", s ? g->units[s - 1] - g->units[s] : 0);
		assert_real(v, "median_s", s ? percentile_of(g->took[s], (size_t)g->units[s], 0.5) / 1000 : NAN);
		assert_real(v, "p90_s", s ? percentile_of(g->took[s], (size_t)g->units[s], 0.9) / 1000 : NAN);
	}
	assert_int_equal(s, k->f->n_steps);
}

static void check_members(const struct question *k, const struct json_node *answer)
{
	const struct json_node *members = json_get(answer, S("members"));
	const struct query_behind *m = k->q.members;
	assert_int_equal(members != NULL, m != NULL);
	if (!members) return;
	const struct json_node *got = json_get(members, S("customers"))->child;
	int64_t total = 0, listed = 0;
	for (uint32_t c = 1; c <= LINE_CUSTOMERS; c++) {
		bool is = m->reached != BEHIND_NO ? has_reached[c][m->step - 1] : has_reached[c][m->step - 2] && !has_reached[c][m->step - 1];
		total += is;
		if (!is || c <= m->cursor || listed >= (int64_t)m->limit) continue;
		assert_non_null(got);
		assert_str_equal(got->raw, str_fmt(&arena, "%u", c));
		got = got->next;
		listed++;
	}
	assert_null(got);
	assert_count(members, "total", total);
}

static str random_question(struct question *k)
{
	static const char *const ORDERS[] = {"this", "this", "strict", "any"}, *const COUNTS[] = {"customers", "customers", "attempts", "sessions"};
	static const char *const HOLDS[] = {"channel", "item", "event"}, *const BYS[] = {"channel", "item", "event", "family"};
	int n = 2 + (int)dice(MAX_STEPS - 1);
	bool is_plain = is_calm && dice(2); /* of the kind that goes by bits */
	const char *order = ORDERS[is_plain ? 0 : dice(4)];
	str q = S("");
	*k = (struct question){.has_conditions = dice(2)};
	str window = random_duration(), gap = random_duration(), range = random_range();
	for (int s = 0; s < n; s++) {
		random_asked(&steps[s], k->has_conditions);
		q = str_fmt(&arena, "%.*s%s%.*s", STR_ARG(q), s ? "," : "", STR_ARG(steps[s].json));
	}
	q = str_fmt(&arena, "{\"kind\":\"funnel\",\"steps\":[%.*s],\"order\":\"%s\",\"count\":\"%s\",\"window\":%.*s%.*s", STR_ARG(q), order, COUNTS[is_plain ? 0 : dice(4)], STR_ARG(window), STR_ARG(range));
	if (dice(2)) q = str_fmt(&arena, "%.*s,\"gap\":%.*s", STR_ARG(q), STR_ARG(gap));
	if (dice(2)) q = str_fmt(&arena, "%.*s,\"hold\":\"%s\"", STR_ARG(q), HOLDS[is_plain ? 0 : dice(3)]);
	if (dice(2)) q = str_fmt(&arena, "%.*s,\"by\":\"%s\"%s", STR_ARG(q), BYS[is_plain ? 0 : dice(4)], dice(2) ? "" : ",\"top\":2");
	if (dice(3) == 0 && !is_plain) {
		int after = 1 + (int)dice((uint64_t)n - 1);
		random_asked(&excludes[0], k->has_conditions);
		random_asked(&excludes[1], false);
		q = str_fmt(&arena, "%.*s,\"exclude\":[%.*s,{\"event\":%.*s", STR_ARG(q), STR_ARG(excludes[0].json), STR_ARG(excludes[1].json));
		if (order[0] != 'a') q = str_fmt(&arena, "%.*s,\"after\":%d,\"before\":%d", STR_ARG(q), after, after + 1 + (int)dice((uint64_t)(n - after)));
		q = str_fmt(&arena, "%.*s}]", STR_ARG(q));
	}
	if (dice(3) == 0) {
		int step = 1 + (int)dice((uint64_t)n);
		q = str_fmt(&arena, "%.*s,\"members\":{\"step\":%d,\"reached\":%s,\"limit\":%d,\"cursor\":%d}", STR_ARG(q), step, step == 1 || dice(2) ? "true" : "false", 1 + (int)dice(30), (int)dice(10));
	}
	return str_fmt(&arena, "%.*s}", STR_ARG(q));
}

/* Those listed are the most frequent; counted again with all others as one. */
static void take_tops(const struct question *k, const struct json_node *answer)
{
	int64_t least = INT64_MAX;
	str listed[MAX_GROUPS];
	size_t n = 0;
	for (const struct json_node *g = json_get(answer, S("groups"))->child; g; g = g->next) {
		if (json_is_true(g, S("other"))) continue;
		size_t had = n_groups;
		struct counted *want = group_of(json_get(g, S("by"))->raw);
		assert_int_equal(n_groups, had);
		if (want->units[0] < least) least = want->units[0];
		listed[n++] = want->by;
	}
	assert_int_equal(n, n_groups - 1 < k->q.top ? n_groups - 1 : k->q.top);
	if (n == n_groups - 1) return;
	for (size_t g = 1; g < n_groups; g++) {
		bool is_listed = false;
		for (size_t i = 0; i < n; i++) is_listed |= str_eq(listed[i], groups[g].by);
		assert_true(is_listed || groups[g].units[0] <= least);
	}
	memcpy(tops, listed, sizeof tops);
	n_tops = n;
	naive(k);
	n_tops = 0;
}

static void ask_once(const struct query_context *plain)
{
	struct question k;
	struct query_context with = with_records(plain), *ctx = &with;
	str question = random_question(&k), where = S("");
	if (k.has_conditions && dice(2)) {
		where = random_plain_condition();
		question = str_fmt(&arena, "%.*s,\"where\":%.*s}", STR_ARG(str_sub(question, 0, question.n - 1)), STR_ARG(where));
	}
	snprintf(in_hand, sizeof in_hand, "%.*s", STR_ARG(question));
	assert_ok(query_read(&arena, ctx->zone, question, &k.q, NULL));
	k.f = k.q.funnel;
	judge_where(where, &k.q.range);
	for (size_t s = 0; s < k.f->n_steps; s++) judge_asked(&steps[s], &k.q.range);
	for (size_t x = 0; x < k.f->n_exclusions; x++) judge_asked(&excludes[x], &k.q.range);
	const struct json_node *answer = ask_in_hand(ctx, question);
	naive(&k);
	if (k.q.top) take_tops(&k, answer);
	if (k.q.by == QUERY_NONE) check_steps(&k, json_get(json_get(answer, S("groups"))->child, S("steps")), &groups[0]);
	else {
		size_t n = 1;
		check_steps(&k, json_get(answer, S("steps")), &groups[0]);
		for (const struct json_node *g = json_get(answer, S("groups"))->child; g; g = g->next, n++) {
			size_t had = n_groups;
			struct counted *want = group_of(json_get(g, S("by"))->raw);
			assert_int_equal(n_groups, had);
			check_steps(&k, json_get(g, S("steps")), want);
		}
		assert_int_equal(n, n_groups);
	}
	if (k.f->count == FUNNEL_ATTEMPTS) assert_count(answer, "voided", voided);
	check_members(&k, answer);
	if (k.has_conditions) return; /* of what may not be looked at, conditions are not known */
	bool all = k.f->order == FUNNEL_STRICT || k.f->count == FUNNEL_SESSIONS, in_line[LINE_TYPES] = {0};
	for (size_t i = 0; i < n_made; i++) {
		for (size_t s = 0; s < k.f->n_steps; s++) in_line[made[i].type] |= steps[s].is[i];
		for (size_t x = 0; x < k.f->n_exclusions; x++) in_line[made[i].type] |= excludes[x].is[i];
	}
	assert_left_out(answer, &k.q.range, all ? NULL : in_line);
}

static void every_funnel_is_that_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_once);
}

/* "customers/median:…" a step */
static str shown_steps(const struct json_node *holder)
{
	str out = S("");
	for (const struct json_node *v = json_get(holder, S("steps"))->child; v; v = v->next) {
		const struct json_node *units = json_get(v, S("attempts")) ? json_get(v, S("attempts")) : json_get(v, S("sessions")) ? json_get(v, S("sessions")) : json_get(v, S("customers"));
		out = str_fmt(&arena, "%.*s%s%.*s/%.*s", STR_ARG(out), out.n ? " " : "", STR_ARG(units->raw), STR_ARG(json_get(v, S("median_s"))->raw));
	}
	return out;
}

static void asked(const struct query_context *ctx, const char *rest, const char *want)
{
	str question = str_fmt(&arena, "{\"kind\":\"funnel\",\"steps\":[\"see\",\"buy\"]%s}", rest);
	assert_str_equal(shown_steps(json_get(ask(&arena, ctx, question), S("groups"))->child), str_of(want));
}

static void funnels_are_read_off_by_hand(void **state)
{
	(void)state;
	/* The new year in Athens is two hours before that of UTC; the window does not care. */
	by_hand_put(1, "2011-12-31T23:00:00Z", "see", "{\"order\":1}");
	by_hand_put(1, "2012-01-01T00:30:00Z", "see", "{\"order\":2}");
	by_hand_put(1, "2012-01-01T01:30:00Z", "buy", "{\"order\":1}");
	/* At one instant the order of arrival holds: 2 bought before it saw, 3 after. Clocks went on at 01:00Z. */
	by_hand_put(2, "2012-03-25T00:59:59Z", "buy", "{}");
	by_hand_put(3, "2012-03-25T00:59:59Z", "see", "{}");
	by_hand_put(4, "2012-03-25T00:30:00Z", "see", "{}");
	by_hand_put(4, "2012-03-25T00:40:00Z", "ask", "{}");
	by_hand_put(4, "2012-03-25T01:30:00Z", "buy", "{}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	asked(&ctx, "", "3/null 2/3600");
	asked(&ctx, ",\"window\":{\"hours\":1}", "3/null 2/3600"); /* the end of the window is in it */
	asked(&ctx, ",\"window\":{\"seconds\":3599}", "3/null 0/null");
	asked(&ctx, ",\"order\":\"strict\"", "3/null 1/3600");
	asked(&ctx, ",\"order\":\"any\",\"window\":{\"seconds\":1}", "3/null 1/0");
	asked(&ctx, ",\"hold\":\"order\"", "1/null 1/9000");
	asked(&ctx, ",\"exclude\":\"ask\"", "3/null 1/3600");
	asked(&ctx, ",\"where\":{\"did\":\"ask\"}", "1/null 1/3600"); /* what is no step of it */
	asked(&ctx, ",\"count\":\"attempts\"", "3/null 2/6300"); /* the second see does not begin anew: 9,000 s and 3,600 s */
	asked(&ctx, ",\"count\":\"attempts\",\"exclude\":\"ask\"", "2/null 1/9000");
	asked(&ctx, ",\"count\":\"sessions\"", "4/null 0/null");
	asked(&ctx, ",\"count\":\"sessions\",\"gap\":{\"hours\":1}", "4/null 2/3600");
	asked(&ctx, ",\"from\":\"2012-01-01T02:30:00\"", "3/null 2/3600"); /* half past two in Athens is the second see */
	asked(&ctx, ",\"from\":\"2012-01-01T02:31:00\"", "2/null 1/3600");
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"funnel\",\"steps\":[\"see\",\"buy\"],\"by\":\"order\",\"members\":{\"step\":2,\"reached\":false}}"));
	assert_str_equal(json_get(json_get(answer, S("members")), S("customers"))->raw, S("[2]"));
	assert_str_equal(shown_steps(answer), S("3/null 2/3600"));
}

static void funnels_at_fault_name_the_field(void **state)
{
	(void)state;
	static const struct {
		const char *rest, *field;
	} FAULTS[] = {
		{"", "steps"}, {",\"steps\":[\"a\"]", "steps"}, {",\"steps\":[\"a\",3]", "steps.2"}, {",\"steps\":[\"a\",\"b\"],\"window\":{\"days\":367}", "window"},
		{",\"steps\":[\"a\",\"b\"],\"window\":7", "window"}, {",\"steps\":[\"a\",\"b\"],\"order\":\"loose\"", "order"}, {",\"steps\":[\"a\",\"b\"],\"count\":1", "count"},
		{",\"steps\":[\"a\",\"b\"],\"exclude\":{\"after\":1}", "exclude"}, {",\"steps\":[\"a\",\"b\"],\"exclude\":{\"event\":\"x\",\"after\":2,\"before\":2}", "exclude"},
		{",\"steps\":[\"a\",\"b\"],\"order\":\"any\",\"exclude\":{\"event\":\"x\",\"after\":1}", "exclude"}, {",\"steps\":[\"a\",\"b\"],\"members\":{\"step\":3}", "members.step"},
		{",\"steps\":[\"a\",\"b\"],\"members\":{\"step\":1,\"reached\":false}", "members.reached"}, {",\"steps\":[\"a\",\"b\"],\"members\":{\"step\":1,\"by\":\"x\"}", "members.by"},
		{",\"steps\":[\"a\",\"b\"],\"interval\":\"day\"", "interval"},
	};
	for (size_t i = 0; i < COUNT_OF(FAULTS); i++) {
		struct query q;
		struct fault f = {0};
		str question = str_fmt(&arena, "{\"kind\":\"funnel\"%s}", FAULTS[i].rest);
		if (query_read(&arena, zone_utc(), question, &q, &f) != ERR_INVALID || strcmp(f.fields[0].name, FAULTS[i].field) != 0)
			fail_msg("%.*s → %s: %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
	}
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(funnels_at_fault_name_the_field),
		cmocka_unit_test_setup_teardown(funnels_are_read_off_by_hand, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(every_funnel_is_that_of_the_naive_evaluator, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_funnel", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
