/* Whichever call to the database fails, and however, while records follow the log or people change them: afterwards records,
 * and memory with them, are those of a run without a fault. */
#include "torture_test.h"

#include "base/clock.h"
#include "collect/appliers.h"
#include "customer/change.h"
#include "customer/customer.h"

/* What a database answers that is not there just now, is full, or broken; and what is a statement's own fault, met once. */
static const enum err ERRORS[] = {ERR_BUSY, ERR_FULL, ERR_IO, ERR_DATABASE, ERR_REFUSED};

/* ---- the followers of the log ---- */

static const char BEFORE[] =
	"{\"batch\":["
	"{\"type\":\"identify\",\"userId\":\"gone-%\",\"messageId\":\"1-%\",\"timestamp\":\"2024-01-01T10:00:00Z\",\"traits\":{\"name\":\"Gone\"}},"
	"{\"type\":\"track\",\"event\":\"Looked\",\"userId\":\"old-%\",\"messageId\":\"2-%\",\"timestamp\":\"2024-01-01T10:00:00Z\"}]}";

/* New customers with and without a name, a device that meets its person, traits taken back, consent in all its states, orders
 * changed and refunded, an alias, two people under one address, somebody erased meanwhile, somebody known before. */
static const char BATCH[] =
	"{\"batch\":["
	"{\"type\":\"page\",\"name\":\"Home\",\"anonymousId\":\"device-%\",\"messageId\":\"11-%\",\"timestamp\":\"2024-02-01T10:00:00Z\"},"
	"{\"type\":\"identify\",\"userId\":\"ann-%\",\"anonymousId\":\"device-%\",\"messageId\":\"12-%\",\"timestamp\":\"2024-02-01T10:01:00Z\","
	"\"traits\":{\"name\":\"Ann Lee\",\"email\":\"ann-%@example.com\",\"country\":\"GR\",\"plan\":\"gold\",\"tags\":[1,2]},"
	"\"context\":{\"consent\":{\"categoryPreferences\":{\"marketing\":true,\"profiling\":false,\"weather\":true}}}},"
	"{\"type\":\"identify\",\"userId\":\"ann-%\",\"messageId\":\"13-%\",\"timestamp\":\"2024-02-01T10:02:00Z\",\"traits\":{\"plan\":null,\"phone\":\"+30698%\"}},"
	"{\"type\":\"track\",\"event\":\"Segment Consent Preference Updated\",\"userId\":\"ann-%\",\"messageId\":\"14-%\",\"timestamp\":\"2024-02-01T10:03:00Z\","
	"\"context\":{\"consent\":{\"categoryPreferences\":{\"marketing\":false}}}},"
	"{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"ann-%\",\"messageId\":\"15-%\",\"timestamp\":\"2024-02-02T10:00:00Z\",\"properties\":{\"order_id\":\"o-%\","
	"\"currency\":\"EUR\",\"products\":[{\"sku\":\"cup-%\",\"name\":\"Cup\",\"price\":2.5,\"quantity\":4},{\"sku\":\"pot-%\",\"price\":10,\"quantity\":1}]}},"
	"{\"type\":\"track\",\"event\":\"Order Updated\",\"userId\":\"ann-%\",\"messageId\":\"16-%\",\"timestamp\":\"2024-02-02T11:00:00Z\",\"properties\":{\"order_id\":\"o-%\","
	"\"currency\":\"EUR\",\"products\":[{\"sku\":\"cup-%\",\"name\":\"Cup\",\"price\":2.5,\"quantity\":6}]}},"
	"{\"type\":\"track\",\"event\":\"Order Refunded\",\"userId\":\"ann-%\",\"messageId\":\"17-%\",\"timestamp\":\"2024-02-03T10:00:00Z\",\"properties\":{\"order_id\":\"o-%\","
	"\"products\":[{\"sku\":\"cup-%\",\"price\":2.5,\"quantity\":2}]}},"
	"{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"bob-%\",\"messageId\":\"18-%\",\"timestamp\":\"2024-02-04T10:00:00Z\",\"properties\":{\"order_id\":\"p-%\",\"revenue\":12}},"
	"{\"type\":\"identify\",\"userId\":\"bob-%\",\"messageId\":\"19-%\",\"timestamp\":\"2024-02-04T10:01:00Z\",\"traits\":{\"email\":\"ann-%@example.com\",\"firstName\":\"Bob\"}},"
	"{\"type\":\"track\",\"event\":\"Looked\",\"anonymousId\":\"late-%\",\"messageId\":\"20-%\",\"timestamp\":\"2024-02-05T10:00:00Z\"},"
	"{\"type\":\"alias\",\"userId\":\"new-%\",\"previousId\":\"late-%\",\"messageId\":\"21-%\",\"timestamp\":\"2024-02-05T10:01:00Z\"},"
	"{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"gone-%\",\"messageId\":\"22-%\",\"timestamp\":\"2024-02-06T10:00:00Z\",\"properties\":{\"order_id\":\"g-%\",\"revenue\":5}},"
	"{\"type\":\"identify\",\"userId\":\"old-%\",\"messageId\":\"23-%\",\"timestamp\":\"2024-02-06T10:00:00Z\",\"traits\":{\"name\":\"Old Friend\"}}]}";

/* Of a source that carries consent: it may not be kept, what it refuses is. */
static const char REFUSAL[] =
	"{\"batch\":[{\"type\":\"track\",\"event\":\"Looked\",\"userId\":\"old-%\",\"messageId\":\"31-%\",\"timestamp\":\"2024-02-07T10:00:00Z\","
	"\"context\":{\"consent\":{\"categoryPreferences\":{\"analytics\":false}}}}]}";

struct faults {
	int64_t nth, times;
	enum err error;
};

static void arm(void *arg)
{
	const struct faults *f = arg;
	db_fail_nth(f->nth, f->times, f->error);
}

static str identity(struct torture *t, const char *format)
{
	return str_fmt(&t->records->arena, format, t->tag);
}

/* All of it lies durable in the log, and somebody is erased after that, before the followers may look. */
static void apply_round(struct torture *t, struct faults *faults)
{
	torture_next_round(t);
	torture_send(t, &t->shop, BEFORE);
	torture_catch_up(t);
	struct op op;
	id gone;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_COMMAND, .name = S("torture")}, true);
	struct customer_hold *hold = customer_hold(&op);
	op_after_commit(&op, arm, faults);
	torture_send(t, &t->shop, BATCH);
	torture_send(t, &t->site, REFUSAL);
	assert_ok(customer_by_identity(&op, identity(t, "user_id:gone-%s"), &gone));
	assert_ok(customer_erase(&op, hold, gone));
	assert_ok(op_end(&op, OK));
	op_release(&op);
	torture_catch_up(t);
}

static void check_round(struct torture *t, str want, const struct faults *f)
{
	char when[100];
	snprintf(when, sizeof when, "after call %lld failed %lld times with %s", (long long)f->nth, (long long)f->times, err_slug(f->error));
	torture_same(want, torture_records(t), when);
	torture_check_memory(t, when);
}

static void whichever_call_fails_records_follow_the_log_exactly(void **state)
{
	struct torture *t = *state;
	struct faults f = {.nth = INT64_MAX};
	apply_round(t, &f);
	int64_t calls = db_fault_calls(), rounds = 1;
	db_fail_nth(0, 0, OK);
	str want = torture_records(t);
	torture_check_memory(t, "without a fault");
	assert_true(calls > 100);
	for (f.nth = 1; f.nth <= calls; f.nth++) {
		if (t->records->is_postgres && f.nth % 8 && f.nth < calls - 2) continue; /* the same code runs there, but for the ends */
		bool is_long = f.nth % 8 == 0 || f.nth >= calls - 1; /* reading again fails as well */
		for (f.times = 1; f.times <= (is_long ? 3 : 1); f.times += 2) {
			f.error = f.times > 1 ? ERR_BUSY : ERRORS[f.nth % COUNT_OF(ERRORS)];
			apply_round(t, &f);
			db_fail_nth(0, 0, OK);
			check_round(t, want, &f);
			rounds++;
		}
	}
	/* What is no round's own: nothing double. */
	assert_int_equal(torture_count(t, "SELECT times FROM consent_category WHERE name = 'weather'"), rounds);
	assert_int_equal(torture_count(t, "SELECT count(*) FROM customer WHERE erased_at IS NOT NULL"), rounds);
	assert_int_equal(torture_count(t, "SELECT count(*) FROM product"), 2 * rounds);
	assert_int_equal(torture_count(t, "SELECT count(*) FROM unapplied"), 0);
}

int main(void)
{
	static const struct records_test TESTS[] = {
		RECORDS_TEST(whichever_call_fails_records_follow_the_log_exactly),
	};
	return torture_run(TESTS, COUNT_OF(TESTS));
}
