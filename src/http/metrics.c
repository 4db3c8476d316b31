/* metrics.c: arrays of atomics. At 100,000 requests a second two threads meet on a counter's cache line a few thousand
 * times in that second, which costs less than finding a thread's own copy; so there is one copy. */
#include "http/metrics.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"

/* Upper bounds of the buckets in microseconds: 0.5 ms to 10 s, finer around the promises (10 ms, 20 ms). */
static const int64_t BOUNDS_US[] = {500, 1000, 2500, 5000, 10000, 20000, 50000, 100000, 250000, 500000, 1000000, 2500000, 10000000};
enum { BUCKETS = COUNT_OF(BOUNDS_US) + 1, STATUS_CLASSES = 5, MOST_GAUGES = 64 };

static const char *const DROP_LABELS[] = {
#define DROP_REASON(name, doc) #name,
#include "drop_reasons.def"
#undef DROP_REASON
};
enum { DROPS = COUNT_OF(DROP_LABELS) };

struct histogram {
	_Atomic uint64_t buckets[STATUS_CLASSES][BUCKETS];
	_Atomic uint64_t sum_us[STATUS_CLASSES];
};
struct gauge {
	const char *name, *type, *help;
	metrics_gauge *write;
	void *arg;
};

static _Atomic uint64_t counters[COUNTERS], drops[DROPS];
static struct histogram other, *routes;
static const char *const *route_names;
static size_t n_routes;
static pthread_mutex_t gauges_lock = PTHREAD_MUTEX_INITIALIZER;
static struct gauge gauges[MOST_GAUGES];
static size_t n_gauges;

static const struct {
	const char *name, *help;
} COUNTER_TEXTS[] = {
#define COUNTER(name, prometheus_name, help) {prometheus_name, help},
#include "counters.def"
#undef COUNTER
};

void metrics_add(enum counter c, uint64_t n)
{
	atomic_fetch_add_explicit(&counters[c], n, memory_order_relaxed);
}

uint64_t metrics_counter(enum counter c)
{
	return atomic_load_explicit(&counters[c], memory_order_relaxed);
}

void metrics_dropped(int reason, uint64_t n)
{
	assert(reason > 0 && reason <= DROPS);
	atomic_fetch_add_explicit(&drops[reason - 1], n, memory_order_relaxed);
}

uint64_t metrics_drops(int reason)
{
	assert(reason > 0 && reason <= DROPS);
	return atomic_load_explicit(&drops[reason - 1], memory_order_relaxed);
}

void metrics_routes(const char *const *names, size_t n)
{
	assert(!routes);
	routes = mem_zalloc(n * sizeof *routes);
	route_names = names;
	n_routes = n;
}

void metrics_request(int route, int status, int64_t us)
{
	struct histogram *h = route >= 0 && (size_t)route < n_routes ? &routes[route] : &other;
	int class = status < 100 || status > 599 ? STATUS_CLASSES - 1 : status / 100 - 1;
	size_t i = 0;
	while (i < COUNT_OF(BOUNDS_US) && us > BOUNDS_US[i]) i++;
	atomic_fetch_add_explicit(&h->buckets[class][i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us[class], us > 0 ? (uint64_t)us : 0, memory_order_relaxed);
}

void metrics_register(const char *name, const char *type, const char *help, metrics_gauge *write, void *arg)
{
	pthread_mutex_lock(&gauges_lock);
	assert(n_gauges < MOST_GAUGES);
	gauges[n_gauges++] = (struct gauge){name, type, help, write, arg};
	pthread_mutex_unlock(&gauges_lock);
}

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(struct buf *out, double value)
{
	if (isnan(value)) buf_add(out, S("NaN"));
	else if (isinf(value)) buf_add(out, value > 0 ? S("+Inf") : S("-Inf"));
	else if (value == floor(value) && fabs(value) < 1e15) buf_fmt(out, "%.0f", value);
	else buf_fmt(out, "%.9g", value);
}

static void put_label(struct buf *out, str label)
{
	for (size_t i = 0; i < label.n; i++) {
		char c = label.p[i];
		if (c == '\n') buf_add(out, S("\\n"));
		else {
			if (c == '"' || c == '\\') buf_byte(out, '\\');
			buf_byte(out, c);
		}
	}
}

void metrics_sample(struct buf *out, const char *name, const char *label_name, str label, double value)
{
	buf_add(out, str_of(name));
	if (label_name) {
		buf_fmt(out, "{%s=\"", label_name);
		put_label(out, label);
		buf_add(out, S("\"}"));
	}
	buf_byte(out, ' ');
	put_number(out, value);
	buf_byte(out, '\n');
}

static void put_histogram(struct buf *out, const char *route, struct histogram *h)
{
	for (int class = 0; class < STATUS_CLASSES; class++) {
		uint64_t n = 0;
		uint64_t seen[BUCKETS];
		for (size_t i = 0; i < BUCKETS; i++) n += seen[i] = atomic_load_explicit(&h->buckets[class][i], memory_order_relaxed);
		if (!n) continue;
		uint64_t up_to = 0;
		for (size_t i = 0; i < BUCKETS; i++) {
			up_to += seen[i];
			buf_fmt(out, "hospes_request_seconds_bucket{route=\"%s\",status=\"%dxx\",le=\"", route, class + 1);
			put_number(out, i < COUNT_OF(BOUNDS_US) ? (double)BOUNDS_US[i] / 1e6 : INFINITY);
			buf_fmt(out, "\"} %llu\n", (unsigned long long)up_to);
		}
		buf_fmt(out, "hospes_request_seconds_sum{route=\"%s\",status=\"%dxx\"} %.6f\n", route, class + 1,
		        (double)atomic_load_explicit(&h->sum_us[class], memory_order_relaxed) / 1e6);
		buf_fmt(out, "hospes_request_seconds_count{route=\"%s\",status=\"%dxx\"} %llu\n", route, class + 1, (unsigned long long)n);
	}
}

void metrics_write(struct buf *out)
{
	for (size_t i = 0; i < COUNTERS; i++) {
		put_head(out, COUNTER_TEXTS[i].name, "counter", COUNTER_TEXTS[i].help);
		metrics_sample(out, COUNTER_TEXTS[i].name, NULL, STR_NONE, (double)metrics_counter((enum counter)i));
	}
	put_head(out, "hospes_events_dropped_total", "counter", "Touchpoints not kept, by reason");
	for (size_t i = 0; i < DROPS; i++)
		metrics_sample(out, "hospes_events_dropped_total", "reason", str_of(DROP_LABELS[i]), (double)metrics_drops((int)i + 1));
	put_head(out, "hospes_request_seconds", "histogram", "Time from the head of a request to its answer");
	for (size_t i = 0; i < n_routes; i++) put_histogram(out, route_names[i], &routes[i]);
	put_histogram(out, "other", &other);
	pthread_mutex_lock(&gauges_lock);
	for (size_t i = 0; i < n_gauges; i++) {
		put_head(out, gauges[i].name, gauges[i].type, gauges[i].help);
		gauges[i].write(gauges[i].arg, out);
	}
	pthread_mutex_unlock(&gauges_lock);
}

static void clear(struct histogram *h)
{
	for (int class = 0; class < STATUS_CLASSES; class++) {
		for (size_t i = 0; i < BUCKETS; i++) atomic_store(&h->buckets[class][i], 0);
		atomic_store(&h->sum_us[class], 0);
	}
}

void metrics_reset(void)
{
	for (size_t i = 0; i < COUNTERS; i++) atomic_store(&counters[i], 0);
	for (size_t i = 0; i < DROPS; i++) atomic_store(&drops[i], 0);
	clear(&other);
	pthread_mutex_lock(&gauges_lock);
	n_gauges = 0;
	pthread_mutex_unlock(&gauges_lock);
	mem_free(routes);
	routes = NULL;
	n_routes = 0;
}
