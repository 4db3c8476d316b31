/* Drivers against an evaluator that looks back from every moment by itself, and worked by hand. */
#include "query/driver.h"
#include "query/condition_differ.h"

struct question {
	struct query q;
	const struct query_driver *d;
	size_t n_candidates; /* 0 = all types */
};
static struct asked_match moments, deeds, candidates[4];
static double values[LINE_EVENTS];
static bool had[LINE_TYPES][LINE_EVENTS]; /* by candidate, by observation */
static size_t n;
static int64_t without, open_moments;

static bool is_candidate(const struct question *k, size_t c, size_t event)
{
	return k->n_candidates ? candidates[c].is[event] : (int)c == made[event].type;
}

static void observe(const struct question *k, const size_t *line, size_t n_line, size_t i, int64_t known)
{
	const struct made_event *m = &made[line[i]];
	if (str_given(k->d->property)) {
		if (m->score < 0) {
			without++;
			return;
		}
		values[n] = m->score;
	} else {
		if (m->time_ms + k->d->did_within_ms > known) {
			open_moments++;
			return;
		}
		bool did = false;
		for (size_t j = i + 1; j < n_line; j++) did |= deeds.is[line[j]] && made[line[j]].time_ms - m->time_ms <= k->d->did_within_ms;
		values[n] = did != k->d->is_not;
	}
	for (size_t c = 0; c < (k->n_candidates ? k->n_candidates : LINE_TYPES); c++) {
		had[c][n] = false;
		for (size_t j = 0; j < i; j++) had[c][n] |= is_candidate(k, c, line[j]) && m->time_ms - made[line[j]].time_ms < k->d->within_ms;
	}
	n++;
}

static void naive(const struct question *k, const struct query_context *ctx)
{
	size_t line[LINE_EVENTS];
	int64_t known = ctx->now_ms, last = INT64_MIN;
	n = 0;
	without = open_moments = 0;
	for (size_t i = 0; i < n_made; i++)
		if (made[i].time_ms > last) last = made[i].time_ms;
	if (k->q.range.has_to && k->q.range.to_ms < known) known = k->q.range.to_ms;
	if (last + 1 < known) known = last + 1;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		size_t n_line = line_of_customer(customer, &k->q.range, NULL, line);
		for (size_t i = 0; i < n_line; i++)
			if (moments.is[line[i]]) observe(k, line, n_line, i, known);
	}
}

static struct sample group(const struct question *k, const struct json_node *v, size_t c, bool with)
{
	struct sample s = {0, 0, 0};
	for (size_t i = 0; i < n; i++)
		if (had[c][i] == with) s.n++, s.mean += values[i];
	s.mean = s.n ? s.mean / (double)s.n : NAN;
	for (size_t i = 0; i < n; i++)
		if (had[c][i] == with) s.variance += (values[i] - s.mean) * (values[i] - s.mean);
	s.variance = s.n > 1 ? s.variance / (double)(s.n - 1) : NAN;
	struct interval sure = str_given(k->d->property) ? compare_mean(s) : interval_wilson(s.n ? llround(s.mean * (double)s.n) : 0, s.n);
	assert_true(json_is_true(v, S("had")) == with);
	assert_count(v, "n", s.n);
	assert_real(v, "mean", s.mean);
	assert_real(v, "low", sure.low);
	assert_real(v, "high", sure.high);
	return s;
}

static double check(const struct question *k, const struct json_node *v, size_t c)
{
	const struct json_node *groups = json_get(v, S("groups"));
	assert_int_equal(groups->n, 2);
	struct sample a = group(k, groups->child, c, false), b = group(k, groups->child->next, c, true);
	struct comparison d = str_given(k->d->property) ? compare_means(b, a)
		: compare_shares(b.n ? llround(b.mean * (double)b.n) : 0, b.n, a.n ? llround(a.mean * (double)a.n) : 0, a.n);
	assert_real(v, "difference", d.difference);
	assert_real(v, "difference_low", d.low);
	assert_real(v, "difference_high", d.high);
	assert_real(v, "p", d.p);
	return d.p;
}

static size_t candidate_of(const struct question *k, str name, bool *taken)
{
	for (size_t c = 0; c < (k->n_candidates ? k->n_candidates : LINE_TYPES); c++) {
		str want = k->n_candidates ? query__names(&arena, &k->d->candidates[c]) : str_of(LINE_TYPE[c]);
		if (taken[c] || !str_eq(want, name)) continue;
		taken[c] = true;
		return c;
	}
	fail_msg("unknown candidate %.*s", STR_ARG(name));
	return 0;
}

static void check_all(const struct question *k, const struct json_node *answer)
{
	bool taken[LINE_TYPES] = {0};
	double p[LINE_TYPES], q[LINE_TYPES];
	const struct json_node *rows[LINE_TYPES];
	size_t listed = 0, want = 0;
	for (const struct json_node *v = json_get(answer, S("candidates"))->child; v; v = v->next) {
		rows[listed] = v;
		p[listed++] = check(k, v, candidate_of(k, json_get_str(v, S("event")), taken));
	}
	compare_adjust(p, listed, q);
	for (size_t i = 0; i < listed; i++) {
		assert_real(rows[i], "q", q[i]);
		assert_true(json_is_true(rows[i], S("differs")) == (q[i] < 0.05));
		if (i) assert_true(isnan(p[i]) || p[i - 1] <= p[i] * (1 + 1e-9));
	}
	for (size_t c = 0; c < (k->n_candidates ? k->n_candidates : LINE_TYPES); c++) {
		bool any = k->n_candidates > 0;
		for (size_t i = 0; i < n; i++) any |= had[c][i];
		want += any;
	}
	assert_int_equal(listed, want);
}

static void ask_once(const struct query_context *ctx)
{
	struct question k = {.n_candidates = dice(3) ? 1 + dice(4) : 0};
	struct query_context at = *ctx;
	bool has_conditions = dice(2);
	str within = random_duration(), after = random_duration(), range = random_range(), where = has_conditions && dice(2) ? random_plain_condition() : S("");
	random_asked(&moments, has_conditions);
	random_asked(&deeds, has_conditions);
	at = with_records(&at);
	if (dice(2)) at.now_ms = instant(S("2012-03-25T05:00:00Z"));
	bool is_share = dice(2), is_one = k.n_candidates == 1;
	str question = str_fmt(&arena, "{\"kind\":\"driver\",\"within\":%.*s%.*s,\"outcome\":{\"event\":%.*s", STR_ARG(within), STR_ARG(range), STR_ARG(moments.json));
	if (is_share) question = str_fmt(&arena, "%.*s,\"%s\":%.*s,\"within\":%.*s}", STR_ARG(question), dice(2) ? "did" : "did_not", STR_ARG(deeds.json), STR_ARG(after));
	else question = str_fmt(&arena, "%.*s,\"property\":\"score\"}", STR_ARG(question));
	str list = S("");
	for (size_t c = 0; c < k.n_candidates; c++) {
		random_asked(&candidates[c], has_conditions);
		list = str_fmt(&arena, "%.*s%s%.*s", STR_ARG(list), c ? "," : "", STR_ARG(candidates[c].json));
	}
	if (where.n) question = str_fmt(&arena, "%.*s,\"where\":%.*s", STR_ARG(question), STR_ARG(where));
	if (is_one) question = str_fmt(&arena, "%.*s,\"had\":%.*s}", STR_ARG(question), STR_ARG(list));
	else if (k.n_candidates) question = str_fmt(&arena, "%.*s,\"candidates\":[%.*s]}", STR_ARG(question), STR_ARG(list));
	else question = str_fmt(&arena, "%.*s%s}", STR_ARG(question), dice(2) ? ",\"candidates\":true" : "");
	assert_ok(query_read(&arena, at.zone, question, &k.q, NULL));
	k.d = k.q.driver;
	judge_where(where, &k.q.range);
	judge_asked(&moments, &k.q.range);
	judge_asked(&deeds, &k.q.range);
	for (size_t c = 0; c < k.n_candidates; c++) judge_asked(&candidates[c], &k.q.range);
	const struct json_node *answer = ask_in_hand(&at, question);
	naive(&k, &at);
	assert_count(answer, "n", (int64_t)n);
	if (is_share) assert_count(answer, "open", open_moments);
	else assert_count(answer, "without", without);
	if (is_one) (void)check(&k, answer, 0);
	else check_all(&k, answer);
}

static void every_driver_is_that_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_once);
}

static void drivers_are_read_off_by_hand(void **state)
{
	(void)state;
	/* Two weeks before new year's day at noon: to the millisecond. */
	by_hand_put(1, "2011-12-18T12:00:00.001Z", "fail", "{}");
	by_hand_put(1, "2012-01-01T12:00:00Z", "score", "{\"score\":3}");
	by_hand_put(2, "2011-12-18T12:00:00Z", "fail", "{}");
	by_hand_put(3, "2012-01-01T12:00:00Z", "score", "{\"score\":8}"); /* another subject of the same customer */
	by_hand_put(4, "2012-01-01T12:00:00Z", "score", "{\"score\":\"9\"}"); /* a text is no number */
	by_hand_put(4, "2012-01-02T12:00:00Z", "fail", "{}");
	by_hand_put(4, "2012-01-02T12:00:00Z", "score", "{\"score\":4}"); /* at the same instant, after it */
	by_hand_put(4, "2012-01-02T12:00:00Z", "buy", "{}");
	by_hand_put(1, "2012-01-10T12:00:00Z", "end", "{}");
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	const struct json_node *a = ask(&arena, &ctx, S("{\"kind\":\"driver\",\"outcome\":{\"event\":\"score\",\"property\":\"score\"},\"had\":\"fail\",\"within\":{\"days\":14}}"));
	const struct json_node *groups = json_get(a, S("groups"))->child;
	assert_count(a, "without", 1);
	assert_count(groups, "n", 1);
	assert_real(groups, "mean", 8);
	assert_count(groups->next, "n", 2);
	assert_real(groups->next, "mean", 3.5);
	assert_real(a, "difference", -4.5);
	assert_real(a, "p", NAN); /* one alone has no spread */
	a = ask(&arena, &ctx, S("{\"kind\":\"driver\",\"outcome\":{\"event\":\"score\",\"did\":\"buy\",\"within\":{\"days\":8}},\"had\":\"fail\"}"));
	assert_count(a, "open", 0);
	assert_count(a, "n", 4);
	a = ask(&arena, &ctx, S("{\"kind\":\"driver\",\"outcome\":{\"event\":\"score\",\"did\":\"buy\",\"within\":{\"days\":9}},\"had\":\"fail\"}"));
	assert_count(a, "open", 1); /* the data ends after eight days */
	struct query q;
	struct fault f = {0};
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":\"driver\"}"), &q, &f), ERR_INVALID);
	assert_string_equal(f.fields[0].name, "outcome");
	fault_clear(&f);
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":\"driver\",\"outcome\":{\"event\":\"a\",\"did\":\"b\"}}"), &q, &f), ERR_INVALID);
	assert_string_equal(f.fields[0].name, "outcome.within");
	fault_clear(&f);
	assert_int_equal(query_read(&arena, zone_utc(), S("{\"kind\":\"driver\",\"outcome\":{\"event\":\"a\",\"property\":\"x\"},\"had\":\"b\",\"candidates\":[\"c\"]}"), &q, &f), ERR_INVALID);
	assert_string_equal(f.fields[0].name, "candidates");
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(drivers_are_read_off_by_hand, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(every_driver_is_that_of_the_naive_evaluator, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_driver", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
