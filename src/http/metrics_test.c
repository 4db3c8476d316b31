#include "http/metrics.h"
#include "test.h"

static void put_stored(void *arg, struct buf *out)
{
	metrics_sample(out, "hospes_customers", "kind", S("kno\"wn"), *(double *)arg);
}

static void what_is_counted_is_written(void **state)
{
	(void)state;
	static const char *const names[] = {"home", "customers"};
	double customers = 3193;
	struct buf b;
	buf_init(&b, 1 << 20);
	metrics_routes(names, 2);
	metrics_add(COUNTER_EVENTS_ACCEPTED, 3);
	metrics_add(COUNTER_EVENTS_ACCEPTED, 4);
	metrics_dropped(3, 2);
	metrics_request(1, 200, 700);
	metrics_request(1, 204, 30000000);
	metrics_request(-1, 404, 100);
	metrics_register("hospes_customers", "gauge", "Joined profiles", put_stored, &customers);
	metrics_write(&b);
	str s = buf_str(&b);
	assert_true(str_contains(s, S("# TYPE hospes_events_accepted_total counter\nhospes_events_accepted_total 7\n")));
	assert_true(str_contains(s, S("hospes_events_dropped_total{reason=\"no_consent\"} 2\n")));
	assert_true(str_contains(s, S("hospes_events_dropped_total{reason=\"undone\"} 0\n")));
	assert_true(str_contains(s, S("_bucket{route=\"customers\",status=\"2xx\",le=\"0.0005\"} 0\n")));
	assert_true(str_contains(s, S("_bucket{route=\"customers\",status=\"2xx\",le=\"0.001\"} 1\n")));
	assert_true(str_contains(s, S("_bucket{route=\"customers\",status=\"2xx\",le=\"+Inf\"} 2\n")));
	assert_true(str_contains(s, S("_sum{route=\"customers\",status=\"2xx\"} 30.000700\n")));
	assert_true(str_contains(s, S("_count{route=\"other\",status=\"4xx\"} 1\n")));
	assert_true(str_contains(s, S("# TYPE hospes_customers gauge\nhospes_customers{kind=\"kno\\\"wn\"} 3193\n")));
	assert_false(str_contains(s, S("route=\"home\"")));
	metrics_reset();
	buf_clear(&b);
	metrics_write(&b);
	assert_true(str_contains(buf_str(&b), S("hospes_events_accepted_total 0\n")));
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_counted_is_written)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
