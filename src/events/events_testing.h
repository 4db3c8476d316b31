/* events_testing.h: what the tests of the event store share: a directory, and events that tell by themselves whether
 * they came back right. */
#ifndef EVENTS_TESTING_H
#define EVENTS_TESTING_H
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "events/events.h"
#include "os/os.h"
#include "test.h"

static char testing_dir[160];

static inline void testing_remove_name(void *arg, const char *name)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
	unlink(path);
}

static inline void testing_remove(const char *dir)
{
	enum err e = os_list(dir, testing_remove_name, (void *)(uintptr_t)dir);
	(void)e;
	rmdir(dir);
}

static inline int testing_set_up(void **state)
{
	(void)state;
	snprintf(testing_dir, sizeof testing_dir, "/tmp/events_test.XXXXXX");
	return mkdtemp(testing_dir) ? 0 : -1;
}

static inline int testing_tear_down(void **state)
{
	(void)state;
	os_fail_nth(0, 0, 0, 0);
	testing_remove(testing_dir);
	return 0;
}

static inline struct events *testing_open(size_t seal_events)
{
	struct events *ev = NULL;
	struct fault f = {0};
	char room[512];
	if (events_open(&ev, &(struct events_options){.dir = str_of(testing_dir), .seal_events = seal_events}, &f) != OK) fail_msg("open: %s", fault_text(&f, room, sizeof room));
	return ev;
}

static inline struct subject_key testing_key(uint64_t n)
{
	return (struct subject_key){n * UINT64_C(0x9e3779b97f4a7c15) + 1, (n ^ n >> 29) * UINT64_C(0xbf58476d1ce4e5b9) + 7};
}

struct testing_event {
	char body[256], type[32];
	struct event e;
};

/* Event number n of subject s at a time: its body names all three. */
static inline struct event *testing_event(struct testing_event *t, uint32_t subject, uint64_t n, int64_t time_ms)
{
	int bytes = snprintf(t->body, sizeof t->body, "{\"type\":\"track\",\"properties\":{\"n\":%llu,\"price\":%llu.%02d,\"name\":\"name %llu\",\"at\":{\"city\":\"c%llu\"}},\"context\":{\"page\":{\"path\":\"/p\"}}}",
	                     (unsigned long long)n, (unsigned long long)n, (int)(n % 100), (unsigned long long)(n % 7), (unsigned long long)(n % 3));
	snprintf(t->type, sizeof t->type, "Type %llu", (unsigned long long)(n % 5));
	t->e = (struct event){.subject = subject, .time_ms = time_ms, .received_ms = time_ms + 5, .message = testing_key(n), .type = str_of(t->type), .channel = n % 2 ? S("web") : S(""),
	                      .source = 3, .purposes = 5, .body = {t->body, (size_t)bytes}};
	return &t->e;
}

/* A store that says it is busy, since sealing lags, is asked again, as its callers do; on a slow disk that is often. */
static inline enum err testing_append_patiently(struct events *ev, const struct event *e, uint8_t *verdict)
{
	enum err result;
	while ((result = events_append_wait(ev, e, 1, verdict)) == ERR_BUSY) usleep(500);
	return result;
}

static inline int testing_append(struct events *ev, uint32_t subject, uint64_t n, int64_t time_ms, enum err want)
{
	struct testing_event t;
	uint8_t verdict = 9;
	assert_int_equal(testing_append_patiently(ev, testing_event(&t, subject, n, time_ms), &verdict), want);
	return verdict;
}

/* Checks order, types and bodies of every row that a view shows; marks seen[n] for event n < n_seen. Returns the rows. */
static inline size_t testing_check(struct events *ev, uint8_t *seen, size_t n_seen)
{
	struct events_view *v;
	struct fault f = {0};
	struct arena a;
	size_t rows = 0;
	arena_init(&a);
	assert_ok(events_view_open(ev, &v, &f));
	for (size_t i = 0; i < events_view_parts(v); i++) {
		struct events_part *p = events_view_part(v, i);
		struct events_columns c;
		struct events_property number;
		assert_ok(events_part_columns(p, 255, &c, &f));
		assert_ok(events_part_property(p, S("n"), &number, &f));
		assert_int_equal(c.n, events_part_rows(p));
		for (size_t row = 0; row < c.n; row++) {
			if (row) assert_true(c.subject[row] > c.subject[row - 1] || (c.subject[row] == c.subject[row - 1] && (c.time_ms[row] > c.time_ms[row - 1] || (c.time_ms[row] == c.time_ms[row - 1] && c.arrival[row] > c.arrival[row - 1]))));
			assert_true(c.time_ms[row] >= events_part_min_ms(p) && c.time_ms[row] <= events_part_max_ms(p));
			assert_non_null(number.kind);
			assert_int_equal(number.kind[row], EVENTS_DECIMAL);
			int64_t n = number.number[row].mantissa;
			for (int k = 0; k < number.number[row].exponent; k++) n *= 10;
			struct testing_event want;
			str body;
			testing_event(&want, c.subject[row], (uint64_t)n, c.time_ms[row]);
			assert_ok(events_part_body(p, row, &a, &body, &f));
			assert_str_equal(body, want.e.body);
			assert_str_equal(events_type_name(ev, c.type[row]), want.e.type);
			assert_str_equal(events_channel_name(ev, c.channel[row]), want.e.channel);
			assert_int_equal(c.source[row], 3);
			assert_int_equal(c.purposes[row], 5);
			size_t count, first = events_part_find(p, c.subject[row], &count);
			assert_true(row >= first && row < first + count);
			if ((size_t)n < n_seen) {
				if (seen[n]) fail_msg("event %lld is there twice", (long long)n);
				seen[n] = 1;
			}
		}
		rows += c.n;
		arena_reset(&a);
	}
	events_view_close(v);
	arena_release(&a);
	return rows;
}
#endif
