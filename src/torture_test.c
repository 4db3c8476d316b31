/* Whichever call to the database fails, and however, while records follow the log or people change them: afterwards records,
 * and memory with them, are those of a run without a fault. */
#include "torture_test.h"

#include <sys/mman.h>

#include "base/clock.h"
#include "collect/appliers.h"
#include "conversation/conversation.h"
#include "customer/change.h"
#include "customer/customer.h"
#include "customer/identity.h"
#include "http/internal.h"
#include "http/router.h"
#include "mail/received.h"
#include "source/import_pages.h"

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
	"{\"type\":\"track\",\"event\":\"Survey Answered\",\"userId\":\"ann-%\",\"messageId\":\"24-%\",\"timestamp\":\"2024-02-06T10:00:00Z\",\"properties\":{\"question_id\":\"q-%\","
	"\"type\":\"nps\",\"number\":9,\"submission_id\":\"s-%\",\"weight\":0.5}},"
	"{\"type\":\"track\",\"event\":\"Survey Answered\",\"userId\":\"gone-%\",\"messageId\":\"25-%\",\"timestamp\":\"2024-02-06T10:00:00Z\",\"properties\":{\"question_id\":\"why-%\",\"text\":\"Because\"}},"
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
		if (t->records->is_postgres && f.nth % 16 && f.nth < calls - 2) continue; /* the same code runs there, but for the ends */
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

/* ---- what people change ---- */

static id the_suggestion, the_import; /* of this round: asking for them is a call too */
static struct api_key the_key;

struct deed {
	const char *name;
	enum err (*run)(struct torture *t);
};

/* A handler as the server calls it, of a request without a socket. */
static enum err ask(struct torture *t, web_handler *handler, str what, str purpose, str body)
{
	struct op op;
	struct answer answer = {0};
	struct http_request rq = {.body = body, .has_query = true, .has_form = true};
	struct router_match match = {.n = 2, .parameters = {{S("id"), what}, {S("purpose"), purpose}}};
	struct web w = {.rq = &rq, .app = &t->app, .wants_json = true, .person_name = S("Tester"), .match = &match};
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_COMMAND, .name = S("torture")}, true);
	enum err e = op_end(&op, handler(&op, &w, &answer));
	op_release(&op);
	return e;
}

static uint32_t number_of(struct torture *t, const char *format)
{
	str value = identity(t, format), kind = str_cut(&value, ':');
	return events_subject_find(t->app.events, identity_key(&t->app, kind, value));
}

static str customer_of(struct torture *t, const char *format)
{
	return id_show(&t->records->arena, S("cus"), people_id(t->app.people, people_customer(t->app.people, number_of(t, format))));
}

static enum err name_them(struct torture *t)
{
	return ask(t, customer_put_names, customer_of(t, "user_id:ann-%s"), STR_NONE, S("{\"wanted\":\"Annie\",\"given\":\"Anna\",\"family\":\"Lee\",\"order\":\"family-first\"}"));
}

static enum err grant(struct torture *t)
{
	return ask(t, customer_put_consent, customer_of(t, "user_id:ann-%s"), S("profiling"), S("{\"state\":\"granted\",\"wording\":\"yes\"}"));
}

static enum err refuse(struct torture *t)
{
	return ask(t, customer_put_consent, customer_of(t, "user_id:ann-%s"), S("analytics"), S("{\"state\":\"denied\"}"));
}

static enum err separate(struct torture *t)
{
	return ask(t, customer_separate, id_show(&t->records->arena, S("idn"), number_of(t, "user_id:new-%s")), STR_NONE, STR_NONE);
}

static enum err join(struct torture *t)
{
	str other = customer_of(t, "anonymous_id:late-%s");
	return ask(t, customer_join, customer_of(t, "user_id:new-%s"), STR_NONE, str_fmt(&t->records->arena, "{\"other\":\"%.*s\"}", STR_ARG(other)));
}

static enum err dismiss(struct torture *t)
{
	return ask(t, customer_dismiss_suggestion, id_show(&t->records->arena, S("sug"), the_suggestion), STR_NONE, STR_NONE);
}

static enum err erase(struct torture *t)
{
	return ask(t, customer_post_erase, customer_of(t, "user_id:ann-%s"), STR_NONE, STR_NONE);
}

static enum err undo_import(struct torture *t)
{
	struct op op;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("torture")}, true);
	str import = id_show(&op.arena, S("imp"), the_import);
	enum err e = op_end(&op, import_undo_job(&op, 1, str_fmt(&op.arena, "{\"import\":\"%.*s\"}", STR_ARG(import))));
	op_release(&op);
	return e;
}

static enum err end_key(struct torture *t)
{
	struct op op;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_COMMAND, .name = S("torture")}, true);
	enum err e = op_end(&op, key_end(&op, the_key.id));
	op_release(&op);
	return e;
}

static str make_key(struct torture *t)
{
	struct op op;
	str text;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_COMMAND, .name = S("torture")}, true);
	assert_ok(key_add(&op, KEY_WRITE, str_of(t->tag), t->shop.number, ROLE_NONE, &text));
	assert_ok(op_end(&op, OK));
	text = str_dup(&t->records->arena, text);
	op_release(&op);
	assert_true(key_find(&t->app, text, &the_key));
	return text;
}

/* Memory reads the keys again by itself, where that failed. */
static void check_key_ended(struct torture *t, str text)
{
	struct api_key key;
	int64_t until = clock_mono_us() + TORTURE_PATIENCE_MS * 1000LL;
	while (key_find(&t->app, text, &key) && clock_mono_us() < until) usleep(10000);
	assert_false(key_find(&t->app, text, &key));
}

static const struct deed DEEDS[] = {
	{"a key's end", end_key},
	{"names", name_them}, {"a grant", grant}, {"a refusal", refuse}, {"a join taken back", separate},
	{"a join", join},     {"a suggestion", dismiss}, {"an erasure", erase}, {"an import undone", undo_import},
};

/* Whoever writes next reads memory again, where that failed. */
static void settle(struct torture *t)
{
	struct op op;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("torture")}, true);
	(void)customer_hold(&op);
	assert_ok(op_end(&op, OK));
	op_release(&op);
}

/* Until it is done, or was done and nobody was told so: all calls fail in turn, alone or with all after them. */
static void do_in_spite(struct torture *t, const struct deed *d, int64_t times, str want)
{
	char when[100];
	str before = torture_records(t);
	for (int64_t n = 1;; n++) {
		db_fail_nth(n, times, ERRORS[n % COUNT_OF(ERRORS)]);
		enum err e = d->run(t);
		bool was_met = db_fault_calls() >= n;
		db_fail_nth(0, 0, OK);
		snprintf(when, sizeof when, "%s, when call %lld failed", d->name, (long long)n);
		settle(t);
		torture_check_memory(t, when);
		str got = torture_records(t);
		if (e != OK && !was_met) fail_msg("%s: failed by itself with %s", when, err_slug(e));
		if (e == OK || !str_eq(got, before)) {
			torture_same(want, got, when);
			return;
		}
	}
}

static void import_some(struct torture *t)
{
	static const char LINES[] =
		"{\"type\":\"identify\",\"userId\":\"bob-%\",\"messageId\":\"51-%\",\"timestamp\":\"2024-03-01T10:00:00Z\",\"traits\":{\"plan\":\"gold\",\"phone\":\"+30697%\"}}\n"
		"{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"zoe-%\",\"anonymousId\":\"tablet-%\",\"messageId\":\"52-%\",\"timestamp\":\"2024-03-01T10:00:00Z\","
		"\"properties\":{\"order_id\":\"z-%\",\"revenue\":7}}\n";
	struct import_counts counts;
	struct fault f = {0};
	str text = torture_text(t, LINES), name = str_fmt(&t->records->arena, "%s.ndjson", t->tag);
	struct import_path file = {memfd_create("lines", MFD_CLOEXEC), name.p, -1};
	assert_int_equal(pwrite(file.fd, text.p, text.n, 0), text.n);
	struct import_job job = {.files = &file, .n = 1, .as = IMPORT_AS_SEGMENT, .source = S("File"), .is_assured = true};
	if (import_all(&t->app, &job, &counts, &f) != OK) fail_msg("%s", f.fields[0].text);
	assert_int_equal(counts.kept, 2);
	close(file.fd);
}

static size_t events_of(struct torture *t, uint32_t subject)
{
	struct events_view *v;
	size_t all = 0;
	assert_ok(events_view_open(t->app.events, &v, NULL));
	for (size_t i = 0; i < events_view_parts(v); i++) {
		size_t n;
		(void)events_part_find(events_view_part(v, i), subject, &n);
		all += n;
	}
	events_view_close(v);
	return all;
}

static void finish_erasures(struct torture *t)
{
	struct op op;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("torture")}, true);
	assert_ok(op_end(&op, erasure_job(&op, 1, S("{}"))));
	op_release(&op);
	assert_int_equal(torture_count(t, "SELECT count(*) FROM erasure"), 0);
	torture_check_memory(t, "after erasures were finished");
}

static void what_people_change_fails_whole_or_succeeds_whole(void **state)
{
	static const int64_t TIMES[] = {0, 1, -1}; /* none, once, from then on */
	struct torture *t = *state;
	str want[COUNT_OF(DEEDS)] = {0};
	for (size_t k = 0; k < COUNT_OF(TIMES); k++) {
		struct faults none = {0};
		if (TIMES[k] == 1 && t->records->is_postgres) continue;
		apply_round(t, &none);
		import_some(t);
		the_suggestion = torture_count(t, "SELECT max(id) FROM join_suggestion");
		the_import = torture_count(t, "SELECT max(id) FROM import");
		str key = make_key(t);
		uint32_t erased = number_of(t, "user_id:ann-%s");
		assert_true(events_of(t, erased) > 0);
		for (size_t i = 0; i < COUNT_OF(DEEDS); i++) {
			if (TIMES[k]) {
				do_in_spite(t, &DEEDS[i], TIMES[k], want[i]);
			} else {
				enum err e = DEEDS[i].run(t);
			if (e != OK) fail_msg("%s fails with %s", DEEDS[i].name, err_slug(e));
				want[i] = torture_records(t);
				torture_check_memory(t, DEEDS[i].name);
			}
		}
		finish_erasures(t);
		check_key_ended(t, key);
		assert_int_equal(events_of(t, erased), 0);
	}
}

/* ---- mail that comes ---- */

static enum err take_mail(struct torture *t, str mail)
{
	struct op op;
	struct conversation_intake *in;
	struct received m;
	enum conversation_taken taken;
	op_init(&op, &t->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("torture")}, true);
	assert_int_equal(received_read(&op.arena, mail, &m), RECEIVED_FINE);
	enum err e = conversation_intake_new(&op, INTAKE_FRESH, &in);
	if (e == OK) e = conversation_take(in, &m, &taken);
	if (e == OK) e = conversation_intake_end(in);
	e = op_end(&op, e);
	op_release(&op);
	return e;
}

/* A mail of its own a call; read again after the fault, as a mailbox is. */
static void a_mail_is_kept_once_whichever_call_fails(void **state)
{
	struct torture *t = *state;
	bool was_met = true;
	int64_t mails = 0, messages = torture_count(t, "SELECT count(*) FROM conversation_message"), conversations = torture_count(t, "SELECT count(*) FROM conversation");
	torture_next_round(t);
	for (int64_t n = 1; was_met; n += t->records->is_postgres ? 4 : 1) {
		str from = str_fmt(&t->records->arena, "mail-%lld-%s@example.com", (long long)n, t->tag);
		str mail = str_fmt(&t->records->arena, "From: %.*s\nTo: cx@example.com\nSubject: Kettle\nMessage-ID: <%.*s>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nIt leaks\n--b\nContent-Type: text/x; name=a\n\nx\n--b--\n", STR_ARG(from), STR_ARG(from));
		db_fail_nth(n, 1, ERRORS[n % COUNT_OF(ERRORS)]);
		enum err e = take_mail(t, mail);
		was_met = db_fault_calls() >= n;
		db_fail_nth(0, 0, OK);
		assert_true(was_met || e == OK);
		assert_ok(take_mail(t, mail));
		mails++;
		uint32_t subject = events_subject_find(t->app.events, identity_key(&t->app, S("email"), from));
		assert_int_equal(torture_count(t, "SELECT count(*) FROM conversation_message") - messages, mails);
		assert_int_equal(events_of(t, subject), 2);
	}
	assert_true(mails > 5);
	assert_int_equal(torture_count(t, "SELECT count(*) FROM conversation") - conversations, mails);
	assert_int_equal(torture_count(t, "SELECT count(*) FROM conversation_file"), mails);
	torture_catch_up(t);
}

int main(void)
{
	static const struct records_test TESTS[] = {
		RECORDS_TEST(whichever_call_fails_records_follow_the_log_exactly),
		RECORDS_TEST(what_people_change_fails_whole_or_succeeds_whole),
		RECORDS_TEST(a_mail_is_kept_once_whichever_call_fails),
	};
	return torture_run(TESTS, COUNT_OF(TESTS));
}
