/* Lines against a list that is sorted naively: several parts, late events, equal times, joined subjects, refusals. */
#include <stdlib.h>

#include "query/inner.h"
#include "query/query_testing.h"

enum { SUBJECTS = 40, CUSTOMERS = 20, EVENTS = 3000 };

struct made {
	uint32_t subject, purposes;
	int64_t time_ms;
	int type;
	bool has_channel;
	uint64_t arrival;
};

static struct arena arena;
static struct made made[EVENTS];
static size_t n_made;
static uint64_t seed;
static int64_t tick_ms; /* from one event to the next; with long ones times take four bytes in a segment, as in large stores */
static uint32_t customer_of[SUBJECTS + 1], denied[CUSTOMERS + 1];
static const char *const TYPES[] = {"a", "b", "c", "d"};

static uint64_t dice(uint64_t sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % sides;
}

static void make(struct events *ev)
{
	struct made *m = &made[n_made];
	/* Mostly later than all before, so that parts follow each other for some customers and overlap for others. */
	int64_t start = (dice(5) ? (int64_t)n_made : (int64_t)dice(EVENTS)) * tick_ms;
	*m = (struct made){.subject = (uint32_t)dice(SUBJECTS) + 1, .time_ms = start - start % (tick_ms * 7), .type = (int[]){0, 1, 2, 2, 2, 3, 3, 3}[dice(8)], .has_channel = dice(2), .purposes = dice(9) ? ANALYTICS : SERVICE, .arrival = n_made};
	struct event e = {.subject = m->subject, .time_ms = m->time_ms, .received_ms = m->time_ms, .message = testing_key(n_made + 1), .type = str_of(TYPES[m->type]), .purposes = m->purposes,
		.channel = m->has_channel ? S("web") : S(""), .body = str_fmt(&arena, "{\"properties\":{\"n\":%zu}}", n_made)};
	uint8_t verdict = 9;
	enum err result;
	while ((result = events_append(ev, &e, 1, &verdict, NULL, NULL)) == ERR_BUSY) usleep(500); /* sealing lags */
	assert_ok(result);
	assert_int_equal(verdict, EVENT_STORED);
	n_made++;
}

struct check {
	struct query_plan *plan;
	struct query_line line;
	struct line_wants want;
	struct query_tally_out left_out;
	struct arena arena;
	bool types[4];
	size_t seen[CUSTOMERS + 1];
};

static int by_time(const void *x, const void *y)
{
	const struct made *a = *(const struct made *const *)x, *b = *(const struct made *const *)y;
	if (a->time_ms != b->time_ms) return a->time_ms < b->time_ms ? -1 : 1;
	return a->arrival < b->arrival ? -1 : 1;
}

static bool matches(const struct check *k, const struct made *m)
{
	return k->types[m->type] && m->time_ms >= k->want.from_ms && m->time_ms < k->want.to_ms;
}

static bool allowed(const struct made *m)
{
	return m->purposes & ANALYTICS && !(denied[customer_of[m->subject]] & ANALYTICS);
}

static void visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n)
{
	struct check *k = state;
	const struct made *expected[EVENTS];
	size_t wanted = 0;
	assert_true(query__line(&k->line, k->plan, customer, slices, n, &k->want));
	if (customer == 0) return;
	assert_int_equal(k->seen[customer]++, 0);
	for (size_t i = 0; i < n_made; i++) {
		const struct made *m = &made[i];
		if (customer_of[m->subject] == customer && matches(k, m) && allowed(m)) expected[wanted++] = m;
	}
	qsort(expected, wanted, sizeof expected[0], by_time);
	assert_int_equal(k->line.n, wanted);
	for (size_t i = 0; i < wanted; i++) {
		const struct made *m = expected[i];
		assert_int_equal(k->line.time_ms[i], m->time_ms);
		assert_str_equal(events_type_name(k->plan->ctx->events, k->line.type[i]), str_of(TYPES[m->type]));
		if (k->want.channel) assert_int_equal(k->line.channel[i] != 0, m->has_channel);
		if (!k->want.rows) continue;
		const struct events_values *v = &k->plan->parts[k->line.part[i]].property;
		struct decimal number = events_slot_number(v, events_value_slot(v, k->line.row[i]));
		assert_str_equal(decimal_show(&arena, number), str_fmt(&arena, "%zu", (size_t)m->arrival));
	}
}

static bool has_events(const struct check *k, uint32_t customer)
{
	for (size_t i = 0; i < n_made; i++)
		if (customer_of[made[i].subject] == customer && k->types[made[i].type]) return true;
	return false;
}

/* What a scan marks may be more than what a line wants: some rare type. */
static const uint8_t *more_codes(const struct query_plan *p, const uint8_t *codes)
{
	str name = str_of(TYPES[dice(2)]);
	uint8_t *more = query__codes(p, &(struct query_match){.names = &name, .n = 1});
	for (size_t t = 0; t < p->n_types; t++) more[t] |= codes[t];
	return more;
}

static void check_lines(struct query_context *ctx)
{
	struct query_plan plan;
	struct check k = {.plan = &plan};
	struct query_wants wants = {.columns = EVENTS_CHANNEL, .property = S("n"), .lines = true};
	str names[4];
	struct query_match match = {.names = names};
	uint64_t rare = dice(6); /* 0 or 1: that type alone */
	for (uint64_t t = 0; t < 4; t++) {
		k.types[t] = rare < 2 ? t == rare : dice(3) > 0;
		if (k.types[t]) names[match.n++] = str_of(TYPES[t]);
	}
	if (match.n == 0) memset(k.types, 1, sizeof k.types);
	k.want = (struct line_wants){.from_ms = INT64_MIN, .to_ms = INT64_MAX, .channel = dice(2), .rows = dice(2), .left_out = &k.left_out, .arena = &k.arena};
	if (dice(2)) k.want.from_ms = (int64_t)dice(EVENTS) * tick_ms;
	if (dice(2)) k.want.to_ms = (int64_t)dice(EVENTS) * tick_ms;
	arena_init(&k.arena);
	assert_ok(query__plan(ctx, &arena, &plan, NULL));
	assert_ok(query__parts(&plan, k.want.from_ms, k.want.to_ms, &wants, NULL));
	k.want.codes = match.n || dice(2) ? query__codes(&plan, &match) : NULL;
	if (dice(2)) assert_ok(query__scan(&plan, visit, (void *[]){&k}, 1, NULL));
	else assert_ok(query__scan_types(&plan, k.want.codes && dice(2) ? more_codes(&plan, k.want.codes) : k.want.codes, visit, (void *[]){&k}, 1, NULL));
	for (uint32_t c = 1; c <= CUSTOMERS; c++) /* of parts that reach into the range only */
		if (has_events(&k, c) && k.want.from_ms == INT64_MIN && k.want.to_ms == INT64_MAX) assert_int_equal(k.seen[c], 1);
	size_t left_out = 0;
	for (size_t i = 0; i < n_made; i++) left_out += matches(&k, &made[i]) && !allowed(&made[i]);
	assert_int_equal(query__left_out(&plan, &k.left_out).events, left_out); /* those of nobody too */
	query__line_free(&k.line);
	arena_release(&k.arena);
}

static void lines_are_those_of_a_sorted_list(void **state)
{
	(void)state;
	for (int round = 0; round < 8; round++) {
		void *unused = NULL;
		assert_int_equal(testing_set_up(&unused), 0);
		seed = (uint64_t)round * 31 + 3;
		tick_ms = round % 2 ? 40000 : 100;
		n_made = 0;
		struct events *ev = testing_open(round == 0 ? 0 : 300);
		for (uint64_t s = 1; s <= SUBJECTS; s++) assert_int_equal(events_subject(ev, testing_key(s + 5000), NULL), s);
		for (uint32_t s = 1; s <= SUBJECTS; s++) customer_of[s] = s % 2 ? (s + 1) / 2 : (uint32_t)dice(CUSTOMERS + 1); /* odd subjects have a customer each, others join them, or nobody */
		for (uint32_t c = 1; c <= CUSTOMERS; c++) denied[c] = dice(6) == 0 ? ANALYTICS : 0;
		while (n_made < EVENTS) make(ev);
		uint8_t verdict;
		struct event last = {.subject = made[0].subject, .message = testing_key(n_made), .type = S("a"), .body = S("{}")};
		last.subject = made[n_made - 1].subject;
		assert_ok(events_append_wait(ev, &last, 1, &verdict)); /* a copy: waits until all before are durable */
		assert_int_equal(verdict, EVENT_DUPLICATE);
		if (round >= 4) assert_ok(events_compact_now(ev, NULL));
		struct query_context ctx = {.events = ev, .people = {SUBJECTS, CUSTOMERS, customer_of, denied}, .purpose = ANALYTICS, .zone = zone_utc(), .threads = 1};
		assert_ok(events_view_open(ev, &ctx.view, NULL));
		for (int i = 0; i < 20; i++) check_lines(&ctx);
		events_view_close(ctx.view);
		events_close(ev);
		arena_reset(&arena);
		testing_tear_down(&unused);
	}
}

static void a_line_too_long_for_the_question_is_refused(void **state)
{
	(void)state;
	void *unused = NULL;
	assert_int_equal(testing_set_up(&unused), 0);
	struct events *ev = testing_open(0);
	assert_int_equal(events_subject(ev, testing_key(5000), NULL), 1);
	for (uint64_t i = 1; i <= 10; i++) assert_int_equal(put_event(ev, 1, i, (int64_t)i, S("a"), S("{}")), EVENT_STORED);
	struct query_context ctx = {.events = ev, .people = {1, 1, (const uint32_t[]){0, 1}, NULL}, .purpose = ANALYTICS, .zone = zone_utc(), .threads = 1, .memory_max = 100};
	assert_ok(events_view_open(ev, &ctx.view, NULL));
	struct query_plan plan;
	struct query_line line = {0};
	assert_ok(query__plan(&ctx, &arena, &plan, NULL));
	assert_ok(query__parts(&plan, 0, 100, &(struct query_wants){.lines = true}, NULL));
	assert_false(query__line(&line, &plan, 1, &(struct query_slice){0, 10, 0}, 1, &(struct line_wants){.to_ms = 100}));
	assert_int_equal(line.n, 0);
	assert_true(atomic_load(&plan.is_out_of_memory));
	query__line_free(&line);
	events_view_close(ctx.view);
	events_close(ev);
	testing_tear_down(&unused);
}

int main(void)
{
	arena_init(&arena);
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_those_of_a_sorted_list), cmocka_unit_test(a_line_too_long_for_the_question_is_refused)};
	int failed = cmocka_run_group_tests_name("query_line", tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
