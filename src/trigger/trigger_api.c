#include <math.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "base/interval.h"
#include "base/utf8.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/json.h"
#include "pulse/question.h"
#include "trigger/trigger_inner.h"

enum { PROMISE_CHARACTERS = 200, KIND_CHARACTERS = 40, TEXT_BYTES = 4000, LEAST = 10, TRIGGERS_MOST = 50, TESTS = 4 };
static const char *const KINDS[] = {"generosity", "speed", "usefulness", "empathy", NULL};

static const struct desc_field STORED_FIELDS[] = {
	FIELD(talk_trigger, id, DESC_ID, .prefix = "tlk"),
	FIELD(talk_trigger, promise, DESC_STR),
	FIELD(talk_trigger, kind, DESC_STR, .doc = "generosity, speed, usefulness, empathy, or a word of one's own"),
	FIELD(talk_trigger, cost, DESC_STR),
	FIELD(talk_trigger, given_by, DESC_STR, .doc = "touchpoints with which it is given, a line each"),
	FIELD(talk_trigger, words, DESC_STR, .doc = "by which a text is known to tell it, a line each"),
	FIELD(talk_trigger, remarkable, DESC_STR),
	FIELD(talk_trigger, repeatable, DESC_STR),
	FIELD(talk_trigger, reasonable, DESC_STR),
	FIELD(talk_trigger, relevant, DESC_STR),
};
static const struct desc STORED_DESC = DESC(talk_trigger, STORED_FIELDS);

struct trigger_test {
	str name, evidence;
};
static const struct desc_field TEST_FIELDS[] = {
	FIELD(trigger_test, name, DESC_STR),
	FIELD(trigger_test, evidence, DESC_STR),
};
static const struct desc TEST_DESC = DESC(trigger_test, TEST_FIELDS);
struct trigger_point {
	int64_t from, customers, told;
	str label;
	double share, low, high;
	bool has_share;
};
static const struct desc_field POINT_FIELDS[] = {
	FIELD(trigger_point, from, DESC_TIME),
	FIELD(trigger_point, label, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(trigger_point, customers, DESC_INT, .doc = "known customers heard in these four weeks"),
	FIELD(trigger_point, told, DESC_INT, .doc = "of them, who told it then"),
	FIELD(trigger_point, share, DESC_SHARE, .doc = "null for fewer than ten"),
	FIELD(trigger_point, low, DESC_SHARE),
	FIELD(trigger_point, high, DESC_SHARE),
	FIELD(trigger_point, has_share, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc POINT_DESC = DESC(trigger_point, POINT_FIELDS);
struct trigger_row {
	struct talk_trigger trigger;
	str address, kind_name;
	struct msg finding, given, told_given, feeling;
	int64_t customers, told, given_n, told_given_n, texts, pleased, displeased;
	double told_share, told_low, told_high, given_share;
	LIST_OF(struct trigger_test) tests;
	LIST_OF(struct trigger_point) points;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(trigger_row, trigger, DESC_STRUCT, .of = &STORED_DESC),
	FIELD(trigger_row, address, DESC_STR),
	FIELD(trigger_row, kind_name, DESC_STR),
	FIELD(trigger_row, finding, DESC_MSG),
	FIELD(trigger_row, given, DESC_MSG),
	FIELD(trigger_row, told_given, DESC_MSG),
	FIELD(trigger_row, feeling, DESC_MSG),
	FIELD(trigger_row, customers, DESC_INT, .doc = "known customers heard of"),
	FIELD(trigger_row, told, DESC_INT),
	FIELD(trigger_row, told_share, DESC_SHARE),
	FIELD(trigger_row, told_low, DESC_SHARE),
	FIELD(trigger_row, told_high, DESC_SHARE),
	FIELD_AS(trigger_row, given_n, "given_customers", DESC_INT),
	FIELD(trigger_row, given_share, DESC_SHARE),
	FIELD_AS(trigger_row, told_given_n, "told_of_given", DESC_INT),
	FIELD(trigger_row, texts, DESC_INT),
	FIELD(trigger_row, pleased, DESC_INT),
	FIELD(trigger_row, displeased, DESC_INT),
	FIELD(trigger_row, tests, DESC_LIST, .item = DESC_STRUCT, .of = &TEST_DESC),
	FIELD(trigger_row, points, DESC_LIST, .item = DESC_STRUCT, .of = &POINT_DESC, .doc = "by four weeks; none where fewer than two can be told"),
};
static const struct desc ROW_DESC = DESC(trigger_row, ROW_FIELDS);
struct triggers {
	struct msg finding, answers, gestures, earned, origin, origin_unknown;
	bool may_write, may_read, is_adding;
	LIST_OF(struct trigger_row) rows;
	LIST_OF(str) kinds;
	struct input promise;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field TRIGGERS_FIELDS[] = {
	FIELD(triggers, finding, DESC_MSG),
	FIELD(triggers, answers, DESC_MSG, .doc = "of those asked whether they told anyone"),
	FIELD(triggers, gestures, DESC_MSG, .doc = "one-off gestures, counted apart"),
	FIELD(triggers, earned, DESC_MSG, .doc = "earned growth of the last year"),
	FIELD(triggers, origin, DESC_MSG, .doc = "of new customers whose origin is known"),
	FIELD(triggers, origin_unknown, DESC_MSG),
	FIELD(triggers, may_read, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(triggers, may_write, DESC_BOOL),
	FIELD(triggers, is_adding, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(triggers, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(triggers, kinds, DESC_LIST, .item = DESC_STR),
	FIELD(triggers, promise, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(triggers, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc TRIGGERS_DESC = DESC(triggers, TRIGGERS_FIELDS);

static const struct desc_field INPUT_FIELDS[] = {
	FIELD(talk_trigger, promise, DESC_STR, .max = 4 * PROMISE_CHARACTERS),
	FIELD(talk_trigger, kind, DESC_STR, .max = 4 * KIND_CHARACTERS, .doc = "generosity, speed, usefulness, empathy, or a word of one's own"),
	FIELD(talk_trigger, cost, DESC_STR, .max = TEXT_BYTES),
	FIELD(talk_trigger, given_by, DESC_STR, .max = TEXT_BYTES, .doc = "names of touchpoints, a line each"),
	FIELD(talk_trigger, words, DESC_STR, .max = TEXT_BYTES, .doc = "words or phrases in any language, a line each"),
	FIELD(talk_trigger, remarkable, DESC_STR, .max = TEXT_BYTES),
	FIELD(talk_trigger, repeatable, DESC_STR, .max = TEXT_BYTES),
	FIELD(talk_trigger, reasonable, DESC_STR, .max = TEXT_BYTES),
	FIELD(talk_trigger, relevant, DESC_STR, .max = TEXT_BYTES),
};
const struct desc TRIGGER_INPUT_DESC = {"trigger_input", sizeof(struct talk_trigger), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};

/* ---- the page ---- */

enum err trigger__get(struct op *op, id trigger, struct talk_trigger *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_trigger_by_id, DB_ARGS(db_id(trigger)), &STORED_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "id", "there is no such talk trigger");
	*out = *(struct talk_trigger *)rows;
	return OK;
}

enum err trigger_stories(struct op *op, struct trigger_story **out, size_t *n)
{
	const struct trigger_measured *m;
	void *rows;
	TRY(op_structs(op, SQL_trigger_all, DB_NO_ARGS, &STORED_DESC, &rows, n));
	TRY(trigger__measure(op, rows, *n, &m));
	*out = ARENA_ARRAY(&op->arena, struct trigger_story, *n + 1);
	for (size_t i = 0; i < *n; i++) {
		const struct talk_trigger *t = &((struct talk_trigger *)rows)[i];
		(*out)[i] = (struct trigger_story){t->id, t->promise, m->of[i].customers, m->of[i].told, m->of[i].first_ms};
	}
	return OK;
}

static struct msg shares(const char *key, int64_t k, int64_t n)
{
	struct interval i = interval_wilson(k, n);
	struct msg m = msg_int(n < LEAST ? "trigger_too_few" : key, "n", n);
	if (n < LEAST) return m;
	msg_add(&m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = (double)k / (double)n});
	msg_add(&m, (struct msg_arg){.name = "low", .type = MSG_SHARE, .d = i.low});
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_SHARE, .d = i.high});
	return m;
}

static str kind_name(struct op *op, str kind)
{
	for (int i = 0; KINDS[i]; i++)
		if (str_eq(kind, str_of(KINDS[i]))) return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "trigger_kind_%s", KINDS[i]));
	return kind;
}

static void fill_tests(struct op *op, const struct talk_trigger *t, struct trigger_row *row)
{
	const struct {
		const char *name;
		str evidence;
	} tests[] = {{"trigger_remarkable", t->remarkable}, {"trigger_repeatable", t->repeatable}, {"trigger_reasonable", t->reasonable}, {"trigger_relevant", t->relevant}};
	row->tests.v = ARENA_ARRAY(&op->arena, struct trigger_test, TESTS);
	row->tests.n = TESTS;
	for (size_t i = 0; i < TESTS; i++) row->tests.v[i] = (struct trigger_test){i18n_pattern(op->locale.lang, str_of(tests[i].name)), tests[i].evidence};
}

static void fill_points(struct op *op, const struct trigger_counts *c, struct trigger_row *row)
{
	size_t told = 0;
	row->points.v = ARENA_ARRAY(&op->arena, struct trigger_point, TRIGGER_STEPS);
	for (int i = 0; i < TRIGGER_STEPS; i++) {
		const struct trigger_step *s = &c->steps[i];
		struct trigger_point *p = &row->points.v[row->points.n];
		*p = (struct trigger_point){.from = s->from_ms, .customers = s->customers, .told = s->told, .label = i18n_day(&op->arena, &op->locale, s->from_ms), .share = NAN, .low = NAN, .high = NAN, .has_share = s->customers >= LEAST};
		if (!p->customers && !row->points.n) continue; /* before the first that was heard */
		row->points.n++;
		if (!p->has_share) continue;
		struct interval sure = interval_wilson(s->told, s->customers);
		p->share = (double)s->told / (double)s->customers, p->low = sure.low, p->high = sure.high;
		told++;
	}
	if (told < 2) row->points.n = 0;
}

static void fill_row(struct op *op, const struct talk_trigger *t, const struct trigger_counts *c, struct trigger_row *row)
{
	struct interval i = interval_wilson(c->told, c->customers);
	*row = (struct trigger_row){.trigger = *t, .address = str_fmt(&op->arena, "/talk-triggers/%.*s", STR_ARG(id_show(&op->arena, S("tlk"), t->id))), .kind_name = kind_name(op, t->kind),
		.customers = c->customers, .told = c->told, .given_n = c->given, .told_given_n = c->told_given, .texts = c->texts, .pleased = c->pos, .displeased = c->neg, .told_low = i.low, .told_high = i.high};
	row->told_share = c->customers ? (double)c->told / (double)c->customers : NAN;
	row->given_share = c->customers && t->given_by.n ? (double)c->given / (double)c->customers : NAN;
	row->finding = t->words.n ? shares("trigger_told", c->told, c->customers) : msg_of("trigger_no_words");
	row->given = t->given_by.n ? shares("trigger_given", c->given, c->customers) : msg_of("trigger_not_given");
	if (t->given_by.n && t->words.n) row->told_given = shares("trigger_told_given", c->told_given, c->given);
	if (c->pos + c->neg) row->feeling = shares("trigger_feeling", c->pos, c->pos + c->neg);
	fill_tests(op, t, row);
	if (t->words.n) fill_points(op, c, row);
}

static enum err fill_beside(struct op *op, const struct trigger_measured *m, struct triggers *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_trigger_told_answers, DB_ARGS(db_int(PURPOSE_BIT(PURPOSE_ANALYTICS))), &r));
	page->answers = db_rows_int(&r, 0, 0) ? shares("trigger_answers", db_rows_int(&r, 0, 1), db_rows_int(&r, 0, 0)) : msg_of("trigger_answers_none");
	page->gestures = msg_int("trigger_gestures", "n", m->gestures);
	msg_add(&page->gestures, (struct msg_arg){.name = "customers", .type = MSG_INT, .i = m->gesture_customers});
	return OK;
}

static double real(const struct json_node *n, const char *name)
{
	const struct json_node *v = json_get(n, str_of(name));
	double d;
	return v && v->type == JSON_NUMBER && str_f64(v->text, &d) ? d : NAN;
}

static int64_t count_of(const struct json_node *n, const char *group)
{
	int64_t customers = 0;
	json_get_i64(json_get(n, str_of(group)), S("customers"), &customers);
	return customers;
}

static enum err ask_growth(struct op *op, str question, const struct json_node **answer, bool *is_known)
{
	str text;
	int64_t n = 0;
	TRY(question_answer(op, question, &text));
	TRY(json_tree(&op->arena, text, text.n + 1, answer, &op->fault));
	json_get_i64(*answer, S("n"), &n);
	*is_known = n && json_is_true(*answer, S("covered"));
	return OK;
}

/* Of the last year; where orders of two years are not known, of the last half year. */
static enum err last_growth(struct op *op, const struct json_node **answer, const char **said)
{
	enum { HALF_DAYS = 182 };
	bool is_known, has_zone;
	int64_t to;
	*said = "trigger_earned";
	TRY(ask_growth(op, S("{\"kind\":\"earned_growth\"}"), answer, &is_known));
	if (is_known || !datetime_parse(json_get_str(*answer, S("to")), &to, &has_zone)) return OK;
	const struct json_node *half;
	TRY(ask_growth(op, str_fmt(&op->arena, "{\"kind\":\"earned_growth\",\"from\":\"%.*s\"}", STR_ARG(utf8_cut(datetime_show(&op->arena, to - HALF_DAYS * DAY_MS), 10))), &half, &is_known));
	*said = is_known ? "trigger_earned_half" : "trigger_earned_none";
	if (is_known) *answer = half;
	return OK;
}

static enum err fill_growth(struct op *op, struct triggers *page)
{
	static const char *const SHARES[] = {"rate", "low", "high", "nrr", "earned_new"}, *const NAMES[] = {"rate", "low", "high", "nrr", "earned"};
	const struct json_node *answer;
	const char *said;
	int64_t n = 0;
	TRY(last_growth(op, &answer, &said));
	const struct json_node *new = json_get(answer, S("new"));
	json_get_i64(answer, S("n"), &n);
	page->earned = msg_int(said, "n", n);
	for (size_t i = 0; i < COUNT_OF(SHARES); i++) msg_add(&page->earned, (struct msg_arg){.name = NAMES[i], .type = MSG_SHARE, .d = real(answer, SHARES[i])});
	if (count_of(new, "earned") + count_of(new, "bought")) page->origin = shares("trigger_origin", count_of(new, "earned"), count_of(new, "earned") + count_of(new, "bought"));
	if (count_of(new, "unknown")) page->origin_unknown = msg_int("trigger_origin_unknown", "n", count_of(new, "unknown"));
	return OK;
}

static void find(struct triggers *page)
{
	const struct trigger_row *best = NULL;
	for (size_t i = 0; i < page->rows.n; i++)
		if (page->rows.v[i].told && (!best || page->rows.v[i].told > best->told)) best = &page->rows.v[i];
	page->finding = best ? msg_str("trigger_finding", "promise", best->trigger.promise) : msg_of(page->rows.n ? "trigger_untold" : "trigger_none");
	if (best) msg_add(&page->finding, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = best->told_share});
}

static enum err make_page(struct op *op, struct triggers **out)
{
	struct triggers *page = *out = ARENA_NEW(&op->arena, struct triggers);
	const struct trigger_measured *m;
	void *rows;
	TRY(op_structs(op, SQL_trigger_all, DB_NO_ARGS, &STORED_DESC, &rows, &page->rows.n));
	TRY(trigger__measure(op, rows, page->rows.n, &m));
	page->rows.v = ARENA_ARRAY(&op->arena, struct trigger_row, page->rows.n + 1);
	for (size_t i = 0; i < page->rows.n; i++) fill_row(op, &((struct talk_trigger *)rows)[i], &m->of[i], &page->rows.v[i]);
	page->kinds.v = ARENA_ARRAY(&op->arena, str, COUNT_OF(KINDS));
	for (int i = 0; KINDS[i]; i++) page->kinds.v[page->kinds.n++] = kind_name(op, str_of(KINDS[i]));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->may_read = op_may(op, PERM_READ_CUSTOMERS);
	page->is_adding = !page->rows.n;
	find(page);
	TRY(fill_growth(op, page));
	return fill_beside(op, m, page);
}

enum err trigger_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct triggers *page;
	(void)w;
	TRY(make_page(op, &page));
	a->topics[a->n_topics++] = S("touchpoints");
	return answer_with(a, &TRIGGERS_DESC, page);
}

/* ---- saving ---- */

static str kept(str text)
{
	return text.n ? str_trim(text) : S("");
}

/* The kind as its own word, or the name that the reader's page shows for one of the four. */
static str kind_of(struct op *op, str text)
{
	for (int i = 0; KINDS[i]; i++)
		if (str_eq(text, str_of(KINDS[i])) || str_eq(text, kind_name(op, str_of(KINDS[i])))) return str_of(KINDS[i]);
	return text;
}

static enum err put(struct op *op, const struct talk_trigger *t, bool is_new)
{
	int64_t changed;
	TRY(op_run(op, is_new ? SQL_trigger_add : SQL_trigger_change,
	           DB_ARGS(db_id(t->id), db_text(t->promise), db_text(t->kind), db_text(t->cost), db_text(t->given_by), db_text(t->words), db_text(t->remarkable), db_text(t->repeatable), db_text(t->reasonable),
	                   db_text(t->relevant), db_int(op->now_ms)),
	           &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such talk trigger");
	return audit_write(op, is_new ? "trigger_added" : "trigger_changed", "trigger", t->id, STR_NONE, t->promise);
}

enum err trigger_add(struct op *op, struct talk_trigger *t)
{
	t->id = id_new();
	return put(op, t, true);
}

static enum err save(struct op *op, struct web *w, struct answer *a, id trigger)
{
	struct talk_trigger in;
	struct triggers *page;
	struct faults f = {0};
	TRY(web_input(op, w, &TRIGGER_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	page->promise.value = kept(in.promise);
	faults_text(&f, "promise", &page->promise, true, PROMISE_CHARACTERS);
	if (!trigger && page->rows.n == TRIGGERS_MOST) faults_add(&f, "", NULL, msg_int("trigger_most", "n", TRIGGERS_MOST));
	if (f.n) {
		page->is_adding = true;
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &TRIGGERS_DESC, page);
	}
	struct talk_trigger t = {trigger ? trigger : id_new(), page->promise.value, kind_of(op, kept(in.kind)), kept(in.cost), kept(in.given_by), kept(in.words), kept(in.remarkable), kept(in.repeatable), kept(in.reasonable),
	                         kept(in.relevant)};
	TRY(put(op, &t, !trigger));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/talk-triggers"));
}

static enum err remove_one(struct op *op, id trigger)
{
	return audit_remove(op, SQL_trigger_remove, "trigger", trigger);
}

static enum err restore_one(struct op *op, id trigger)
{
	return audit_restore(op, SQL_trigger_restore, "trigger", trigger);
}

static const struct edited EDITED = {"tlk", "/talk-triggers", "notice_trigger_removed", false, remove_one, restore_one, save};

enum err trigger_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err trigger_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err trigger_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err trigger_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
