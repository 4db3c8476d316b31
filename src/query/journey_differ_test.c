/* Journeys against an evaluator that walks every customer for each figure by itself, and worked by hand. */
#include "query/journey.h"
#include "query/condition_differ.h"

enum { STAGES = 3, RULES = 5 };

struct question {
	struct query q;
	const struct query_journey *j;
	struct asked_match stages[STAGES], events[RULES], ends[RULES];
	bool contacts[LINE_TYPES];
	int64_t known;
};
static size_t line[LINE_EVENTS];
static size_t n_line;
static struct {
	int64_t events, customers, entered, left, lost, contacts, repeats;
	double visits[LINE_EVENTS], scores[LINE_EVENTS];
	size_t n_visits, n_scores;
} stages[STAGES];
static struct {
	double gaps[LINE_EVENTS];
	size_t n;
	int64_t customers;
} steps[STAGES][STAGES];
static struct {
	int64_t exposed, customers, count;
} rules[RULES];
static int64_t completed, contacts, repeats, changes;

static const struct made_event *at(size_t i)
{
	return &made[line[i]];
}

static int stage_of_event(const struct question *k, size_t event)
{
	for (int s = 0; s < STAGES; s++)
		if (k->stages[s].is[event]) return s;
	return -1;
}

static int stage_of(const struct question *k, size_t i)
{
	return stage_of_event(k, line[i]);
}

/* By their types alone, without customers: whether any event may be of both. */
static bool may_share(const struct asked_match *a, const struct asked_match *b, const struct query_range *range)
{
	const struct json_node *x, *y;
	assert_ok(json_tree(&arena, a->json, 100000, &x, NULL));
	assert_ok(json_tree(&arena, b->json, 100000, &y, NULL));
	for (size_t i = 0; i < n_made; i++)
		if (naive_may_be(x, NULL, &made[i], range) && naive_may_be(y, NULL, &made[i], range)) return true;
	return false;
}

static bool is_repeat(const struct question *k, size_t i)
{
	if (!k->contacts[at(i)->type]) return false;
	for (size_t j = i; j-- > 0;)
		if (k->contacts[at(j)->type]) return at(i)->time_ms - at(j)->time_ms <= k->j->repeat_ms;
	return false;
}

static void naive_stages(const struct question *k)
{
	size_t in[LINE_EVENTS], m = 0;
	bool seen[STAGES] = {0}, stepped[STAGES][STAGES] = {0};
	for (size_t i = 0; i < n_line; i++)
		if (stage_of(k, i) >= 0) in[m++] = i;
	for (size_t x = 0; x < m; x++) {
		int s = stage_of(k, in[x]);
		stages[s].events++;
		stages[s].customers += !seen[s];
		seen[s] = true;
		if (at(in[x])->score >= 0) stages[s].scores[stages[s].n_scores++] = at(in[x])->score;
		stages[s].contacts += k->contacts[at(in[x])->type];
		stages[s].repeats += is_repeat(k, in[x]);
		if (x && stage_of(k, in[x - 1]) == s) continue;
		size_t last = x;
		while (last + 1 < m && stage_of(k, in[last + 1]) == s) last++;
		stages[s].visits[stages[s].n_visits++] = (double)(at(in[last])->time_ms - at(in[x])->time_ms);
		if (x == 0) continue;
		int before = stage_of(k, in[x - 1]);
		steps[before][s].gaps[steps[before][s].n++] = (double)(at(in[x])->time_ms - at(in[x - 1])->time_ms);
		steps[before][s].customers += !stepped[before][s];
		stepped[before][s] = true;
	}
	if (!m) return;
	int last = stage_of(k, in[m - 1]);
	stages[stage_of(k, in[0])].entered++;
	stages[last].left++;
	stages[last].lost += !seen[1] && at(in[m - 1])->time_ms + k->j->silent_ms <= k->known;
	completed += seen[1];
	if (!seen[1]) return;
	str channel = S("null");
	for (size_t i = 0; i < n_line; i++) {
		str c = shown_channel(at(i));
		contacts += k->contacts[at(i)->type];
		repeats += is_repeat(k, i);
		if (str_eq(c, S("null"))) continue;
		changes += !str_eq(channel, S("null")) && !str_eq(c, channel);
		channel = c;
	}
}

/* How often the customer met the rule. */
static int64_t met(const struct question *k, int r)
{
	const struct journey_friction *f = &k->j->frictions[r];
	int64_t count = 0, open = INT64_MIN;
	size_t loop[LINE_EVENTS], n_loop = 0, last = SIZE_MAX;
	for (size_t i = 0; i < n_line; i++) {
		int64_t t = at(i)->time_ms;
		bool begins = k->events[r].is[line[i]], ends = k->ends[r].is[line[i]];
		if (f->kind == FRICTION_WAIT || f->kind == FRICTION_DROP) {
			bool is_over = open != INT64_MIN && t - open > f->within_ms;
			if (ends || (begins && f->kind == FRICTION_DROP)) count += is_over;
			if (ends || (begins && f->kind == FRICTION_DROP)) open = INT64_MIN;
			if (begins && open == INT64_MIN) open = t;
			continue;
		}
		if (!begins) continue;
		if (f->kind == FRICTION_ERROR) count++;
		if (f->kind == FRICTION_REPEAT) count += last != SIZE_MAX && t - at(last)->time_ms <= f->within_ms;
		last = i;
		loop[n_loop++] = i;
		if (f->kind != FRICTION_LOOP || n_loop < (size_t)f->times || t - at(loop[n_loop - (size_t)f->times])->time_ms > f->within_ms) continue;
		count++;
		n_loop = 0;
	}
	return count + (open != INT64_MIN && k->known - open > f->within_ms);
}

static bool shares[RULES][STAGES]; /* events of the rule may be of the stage */

static void naive_rules(const struct question *k)
{
	for (int r = 0; r < RULES; r++) {
		bool has_begun = false;
		int stage = -1;
		for (int s = STAGES; s-- > 0 && k->j->frictions[r].kind == FRICTION_ERROR;) /* the stage of an error is that of its events, of several the first */
			if (shares[r][s]) stage = s;
		for (size_t i = 0; i < n_line; i++) has_begun |= k->events[r].is[line[i]] || (k->j->frictions[r].kind == FRICTION_ERROR && stage >= 0 && stage_of(k, i) == stage);
		int64_t count = met(k, r);
		rules[r].exposed += has_begun;
		rules[r].customers += count > 0;
		rules[r].count += count;
	}
}

static void naive(struct question *k, const struct query_context *ctx)
{
	static bool wanted[LINE_EVENTS];
	int64_t last = INT64_MIN;
	memset(stages, 0, sizeof stages);
	memset(steps, 0, sizeof steps);
	memset(rules, 0, sizeof rules);
	completed = contacts = repeats = changes = 0;
	for (size_t i = 0; i < n_made; i++)
		if (made[i].time_ms > last) last = made[i].time_ms;
	k->known = k->q.range.has_to && k->q.range.to_ms < ctx->now_ms ? k->q.range.to_ms : ctx->now_ms;
	if (last + 1 < k->known) k->known = last + 1;
	for (size_t i = 0; i < n_made; i++) {
		wanted[i] = stage_of_event(k, i) >= 0 || k->contacts[made[i].type];
		for (int r = 0; r < RULES; r++) wanted[i] |= k->events[r].is[i] || k->ends[r].is[i];
	}
	for (int r = 0; r < RULES; r++)
		for (int x = 0; x < STAGES; x++) shares[r][x] = may_share(&k->events[r], &k->stages[x], &k->q.range);
	line_kept = wanted;
	for (uint32_t customer = 1; customer <= LINE_CUSTOMERS; customer++) {
		n_line = line_of_customer(customer, &k->q.range, NULL, line);
		if (!n_line) continue;
		naive_stages(k);
		naive_rules(k);
	}
	line_kept = NULL;
}

static void check_stages(const struct json_node *answer)
{
	int s = 0;
	for (const struct json_node *v = json_get(answer, S("stages"))->child; v; v = v->next, s++) {
		double sum = 0;
		for (size_t i = 0; i < stages[s].n_scores; i++) sum += stages[s].scores[i];
		assert_count(v, "events", stages[s].events);
		assert_count(v, "customers", stages[s].customers);
		assert_count(v, "entered", stages[s].entered);
		assert_count(v, "left", stages[s].left);
		assert_count(v, "lost", stages[s].lost);
		assert_count(v, "contacts", stages[s].contacts);
		assert_count(v, "repeats", stages[s].repeats);
		assert_real(v, "median_s", percentile_of(stages[s].visits, stages[s].n_visits, 0.5) / 1000);
		assert_real(v, "p90_s", percentile_of(stages[s].visits, stages[s].n_visits, 0.9) / 1000);
		assert_count(json_get(v, S("score")), "n", (int64_t)stages[s].n_scores);
		assert_real(json_get(v, S("score")), "mean", stages[s].n_scores ? sum / (double)stages[s].n_scores : NAN);
		int64_t events = 0, one;
		for (const struct json_node *t = json_get(v, S("touchpoints"))->child; t; t = t->next) {
			assert_true(json_get_i64(t, S("events"), &one));
			events += one;
		}
		assert_int_equal(events, stages[s].events);
	}
	assert_int_equal(s, STAGES);
}

static void check_steps(const struct json_node *answer)
{
	static const char *const NAMES[] = {"s0", "s1", "s2"};
	size_t listed = 0, want = 0;
	for (const struct json_node *v = json_get(answer, S("steps"))->child; v; v = v->next, listed++) {
		size_t a = 0, b = 0;
		while (!str_eq(str_of(NAMES[a]), json_get_str(v, S("from")))) a++;
		while (!str_eq(str_of(NAMES[b]), json_get_str(v, S("to")))) b++;
		assert_count(v, "count", (int64_t)steps[a][b].n);
		assert_count(v, "customers", steps[a][b].customers);
		assert_real(v, "median_s", percentile_of(steps[a][b].gaps, steps[a][b].n, 0.5) / 1000);
	}
	for (int a = 0; a < STAGES; a++)
		for (int b = 0; b < STAGES; b++) want += steps[a][b].n > 0;
	assert_int_equal(listed, want);
}

static void check_rules(const struct json_node *answer)
{
	size_t listed = 0, want = 0;
	for (const struct json_node *v = json_get(answer, S("frictions"))->child; v; v = v->next, listed++) {
		str name = json_get_str(v, S("name"));
		int r = name.p[name.n - 1] - '1';
		assert_in_range(r, 0, RULES - 1);
		assert_count(v, "customers", rules[r].customers);
		assert_count(v, "exposed", rules[r].exposed);
		assert_count(v, "count", rules[r].count);
		assert_int_equal(json_get(v, S("money"))->type, JSON_NULL); /* under 100 affected */
	}
	for (int r = 0; r < RULES; r++) want += rules[r].customers > 0;
	assert_int_equal(listed, want);
}

static void ask_once(const struct query_context *plain)
{
	static const char *const KINDS[] = {"wait", "drop", "loop", "repeat", "error"};
	static struct question k;
	struct query_context now = with_records(plain);
	bool with_where = dice(2);
	k = (struct question){0};
	str q = S("{\"kind\":\"journey\",\"stages\":["), range = random_range(), contacts_asked = random_types(k.contacts), repeat = random_duration(), silent = random_duration();
	if (dice(2)) now.now_ms = instant(S("2012-03-25T05:00:00Z"));
	for (int s = 0; s < STAGES; s++) {
		random_asked(&k.stages[s], with_where);
		q = str_fmt(&arena, "%.*s%s{\"name\":\"s%d\",\"events\":%.*s}", STR_ARG(q), s ? "," : "", s, STR_ARG(k.stages[s].json));
	}
	q = str_fmt(&arena, "%.*s],\"complete\":\"s1\",\"contacts\":%.*s,\"repeat\":%.*s,\"silent\":%.*s%.*s,\"frictions\":[", STR_ARG(q), STR_ARG(contacts_asked), STR_ARG(repeat), STR_ARG(silent), STR_ARG(range));
	for (int r = 0; r < RULES; r++) {
		const char *kind = KINDS[dice(5)];
		str within = random_duration();
		random_asked(&k.events[r], with_where);
		random_asked(&k.ends[r], with_where);
		q = str_fmt(&arena, "%.*s%s{\"kind\":\"%s\",\"event\":%.*s", STR_ARG(q), r ? "," : "", kind, STR_ARG(k.events[r].json));
		if (kind[0] == 'w' || kind[0] == 'd') q = str_fmt(&arena, "%.*s,\"end\":%.*s", STR_ARG(q), STR_ARG(k.ends[r].json));
		else k.ends[r].json = STR_NONE;
		if (kind[0] != 'e') q = str_fmt(&arena, "%.*s,\"within\":%.*s", STR_ARG(q), STR_ARG(within));
		q = str_fmt(&arena, "%.*s,\"times\":%d}", STR_ARG(q), 2 + (int)dice(3));
	}
	q = str_fmt(&arena, "%.*s]}", STR_ARG(q));
	assert_ok(query_read(&arena, now.zone, q, &k.q, NULL));
	k.j = k.q.journey;
	for (int s = 0; s < STAGES; s++) judge_asked(&k.stages[s], &k.q.range);
	for (int r = 0; r < RULES; r++) {
		judge_asked(&k.events[r], &k.q.range);
		if (str_given(k.ends[r].json)) judge_asked(&k.ends[r], &k.q.range);
	}
	const struct json_node *answer = ask_in_hand(&now, q), *effort = json_get(answer, S("effort"));
	naive(&k, &now);
	check_stages(answer);
	check_steps(answer);
	check_rules(answer);
	assert_count(effort, "completed", completed);
	assert_real(effort, "contacts", completed ? (double)contacts / (double)completed : NAN);
	assert_real(effort, "repeats", completed ? (double)repeats / (double)completed : NAN);
	assert_real(effort, "channel_changes", completed ? (double)changes / (double)completed : NAN);
}

static void every_journey_is_that_of_the_naive_evaluator(void **state)
{
	(void)state;
	differ(ask_once);
}

/* ---- money, by hand ---------------------------------------------------------------------------------------------------- */
enum { PEOPLE = 400 };
static struct query_sale sales[3 * PEOPLE];
static size_t n_sales;

static enum err sales_by_hand(void *arg, struct arena *a, str currency, struct query_sales *out, struct fault *f)
{
	(void)arg;
	(void)a;
	(void)f;
	*out = (struct query_sales){.currency = str_given(currency) ? currency : S("GBP"), .v = sales, .n = n_sales, .others = 3};
	return OK;
}

static void put_of(uint32_t subject, int64_t time_ms, const char *type)
{
	static uint64_t message = 1000000;
	assert_int_equal(put_event(by_hand, subject, message++, time_ms, str_of(type), S("{}")), EVENT_STORED);
}

/* The first n_slow of them wait six days, spend 10 in the 90 days after that and have two contacts; the others wait one and spend 30. */
static void live(int n_slow, uint32_t *customers)
{
	int64_t start = instant(S("2011-12-28T12:00:00Z"));
	n_sales = 0;
	for (uint32_t s = 1; s <= PEOPLE; s++) {
		bool is_slow = s <= (uint32_t)n_slow;
		customers[s] = s;
		int64_t came = start + (is_slow ? 6 : 1) * DAY_MS, over = start + 5 * DAY_MS;
		if (s > 4) assert_int_equal(events_subject(by_hand, testing_key(s + 5000), NULL), s);
		put_of(s, start, "order_shipped");
		put_of(s, came, "Order Delivered");
		if (is_slow) put_of(s, came + DAY_MS, "Call Started"), put_of(s, came + 2 * DAY_MS, "Complaint Made");
		sales[n_sales++] = (struct query_sale){s, start - DAY_MS, s % 2 ? 5 : 500};   /* before: two bands */
		sales[n_sales++] = (struct query_sale){s, over + (s % 4 < 2 ? 1 : 90 * DAY_MS), is_slow ? 10 : 30}; /* the first and the last instant */
		sales[n_sales++] = (struct query_sale){s, over + (s % 3 ? 0 : 90 * DAY_MS + 1), 1000}; /* just outside */
	}
	put_of(PEOPLE, start + 200 * DAY_MS, "Product Viewed");
}

static const struct json_node *friction_named(const struct json_node *answer, const char *name)
{
	for (const struct json_node *v = json_get(answer, S("frictions"))->child; v; v = v->next)
		if (str_eq(json_get_str(v, S("name")), str_of(name))) return v;
	return NULL;
}

static void money_at_stake_is_counted_by_hand(void **state)
{
	(void)state;
	static uint32_t customers[PEOPLE + 1];
	live(120, customers);
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	ctx.people = (struct query_people){PEOPLE, PEOPLE, customers, NULL};
	ctx.sales = sales_by_hand;
	const struct json_node *answer = ask(&arena, &ctx, S("{\"kind\":\"journey\",\"contact_cost\":4,\"stages\":[{\"name\":\"delivery\",\"events\":[\"order_shipped\",\"Order Delivered\"]},{\"name\":\"use\",\"events\":[]}]}"));
	const struct json_node *first = json_get(answer, S("frictions"))->child;
	assert_str_equal(json_get_str(first, S("name")), S("wait_delivery"));
	assert_count(first, "customers", 120);
	assert_count(first, "exposed", PEOPLE);
	assert_count(first, "repeat_contacts", 120);
	assert_real(json_get(first, S("compared")), "with_mean", 10);
	assert_real(json_get(first, S("compared")), "without_mean", 30);
	assert_count(json_get(first, S("compared")), "with", 120);
	assert_count(json_get(first, S("compared")), "without", PEOPLE - 120);
	assert_real(first, "money", 120 * 20 + 120 * 4);
	assert_real(first, "low", 120 * 20 + 120 * 4); /* everyone alike: no doubt */
	assert_str_equal(json_get(answer, S("gaps"))->raw, S("[\"use\"]"));
	assert_str_equal(json_get_str(answer, S("currency")), S("GBP"));
	assert_count(json_get(answer, S("assumptions")), "other_currencies", 3);
	answer = ask(&arena, &ctx, S("{\"kind\":\"journey\",\"currency\":\"jpy\"}"));
	assert_str_equal(json_get_str(answer, S("currency")), S("JPY"));
	/* Without orders nothing is said of money. */
	ctx.sales = NULL;
	answer = ask(&arena, &ctx, S("{\"kind\":\"journey\"}"));
	assert_int_equal(json_get(friction_named(answer, "wait_delivery"), S("money"))->type, JSON_NULL);
}

static void under_a_hundred_affected_no_money_is_shown(void **state)
{
	(void)state;
	static uint32_t customers[PEOPLE + 1];
	live(99, customers);
	struct query_context ctx = by_hand_context("Europe/Athens", "2025-01-01");
	ctx.people = (struct query_people){PEOPLE, PEOPLE, customers, NULL};
	ctx.sales = sales_by_hand;
	const struct json_node *wait = friction_named(ask(&arena, &ctx, S("{\"kind\":\"journey\",\"contact_cost\":4}")), "wait_delivery");
	assert_count(wait, "customers", 99);
	assert_int_equal(json_get(wait, S("money"))->type, JSON_NULL);
}

static void journeys_at_fault_name_the_field(void **state)
{
	(void)state;
	static const struct {
		const char *rest, *field;
	} FAULTS[] = {
		{",\"stages\":[]", "stages"}, {",\"stages\":[{\"name\":\"a\"}]", "stages"}, {",\"stages\":[{\"name\":\"a\",\"events\":\"x\"},{\"name\":\"a\",\"events\":\"y\"}]", "stages"},
		{",\"stages\":[{\"name\":\"a\",\"events\":\"x\"}],\"complete\":\"b\"", "complete"}, {",\"frictions\":[{\"kind\":\"wait\",\"event\":\"x\",\"within\":{\"days\":1}}]", "frictions"},
		{",\"frictions\":[{\"kind\":\"error\",\"event\":\"x\",\"within\":{\"days\":1}}]", "frictions"}, {",\"frictions\":[{\"kind\":\"pain\",\"event\":\"x\"}]", "frictions"},
		{",\"contact_cost\":-1", "contact_cost"}, {",\"refund\":{\"event\":\"x\",\"property\":\"y\"}", "refund"}, {",\"score\":{\"event\":\"x\"}", "score"},
	};
	for (size_t i = 0; i < COUNT_OF(FAULTS); i++) {
		struct query q;
		struct fault f = {0};
		str question = str_fmt(&arena, "{\"kind\":\"journey\"%s}", FAULTS[i].rest);
		if (query_read(&arena, zone_utc(), question, &q, &f) != ERR_INVALID || strcmp(f.fields[0].name, FAULTS[i].field) != 0)
			fail_msg("%.*s → %s: %s", STR_ARG(question), f.fields[0].name, f.fields[0].text);
	}
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(journeys_at_fault_name_the_field),
		cmocka_unit_test_setup_teardown(money_at_stake_is_counted_by_hand, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_setup_teardown(under_a_hundred_affected_no_money_is_shown, by_hand_set_up, by_hand_tear_down),
		cmocka_unit_test_teardown(every_journey_is_that_of_the_naive_evaluator, show_in_hand),
	};
	int failed = cmocka_run_group_tests_name("query_journey", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
