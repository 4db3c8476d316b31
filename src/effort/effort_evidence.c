/* effort_evidence.c: the page of signals, taken or put aside by people. What was put aside stays so until the evidence's interval lies
 * beyond the one it had then. */
#include <math.h>

#include "audit/audit.h"
#include "customer/customer.h"
#include "effort/effort_evidence.h"
#include "effort/effort_rows.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "journey/frictions.h"

enum { WHY_CHARACTERS = 1000, KEY_BYTES = 600, EVIDENCE_BYTES = 32 << 10 };

static const struct desc_field ROW_FIELDS[] = {
	FIELD(signal_row, signal, DESC_STRUCT, .of = &EFFORT_SIGNAL_DESC),
	FIELD(signal_row, title, DESC_STR),
	FIELD(signal_row, numbers, DESC_MSG),
	FIELD(signal_row, more, DESC_MSG),
	FIELD(signal_row, leaning, DESC_MSG),
	FIELD(signal_row, is_back, DESC_BOOL, .doc = "it was put aside, and is clearly worse since"),
};
const struct desc SIGNAL_ROW_DESC = DESC(signal_row, ROW_FIELDS);

struct signal_aside {
	str name, why, who, undo;
	int64_t at;
};
static const struct desc_field ASIDE_FIELDS[] = {
	FIELD(signal_aside, name, DESC_STR),
	FIELD(signal_aside, why, DESC_STR),
	FIELD(signal_aside, who, DESC_STR),
	FIELD(signal_aside, at, DESC_TIME),
	FIELD(signal_aside, undo, DESC_STR),
};
static const struct desc ASIDE_ROW_DESC = DESC(signal_aside, ASIDE_FIELDS);
struct evidence_page {
	struct msg finding, window;
	bool may_write, may_read;
	int64_t taken;
	LIST_OF(struct signal_row) rows;
	LIST_OF(struct signal_aside) asides;
	struct input why;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(evidence_page, finding, DESC_MSG),
	FIELD(evidence_page, window, DESC_MSG),
	FIELD(evidence_page, may_write, DESC_BOOL),
	FIELD(evidence_page, may_read, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(evidence_page, taken, DESC_INT, .doc = "signals that are on the board already"),
	FIELD(evidence_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &SIGNAL_ROW_DESC),
	FIELD(evidence_page, asides, DESC_LIST, .item = DESC_STRUCT, .of = &ASIDE_ROW_DESC),
	FIELD(evidence_page, why, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(evidence_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc EFFORT_EVIDENCE_DESC = DESC(evidence_page, PAGE_FIELDS);

struct effort_take {
	str key;
};
static const struct desc_field TAKE_FIELDS[] = {FIELD(effort_take, key, DESC_STR, .max = KEY_BYTES, .flags = DESC_REQUIRED)};
const struct desc EFFORT_TAKE_DESC = DESC(effort_take, TAKE_FIELDS);
struct effort_aside {
	str key, why;
};
static const struct desc_field PUT_ASIDE_FIELDS[] = {
	FIELD(effort_aside, key, DESC_STR, .max = KEY_BYTES, .flags = DESC_REQUIRED),
	FIELD(effort_aside, why, DESC_STR, .max = 4 * WHY_CHARACTERS),
};
const struct desc EFFORT_ASIDE_DESC = DESC(effort_aside, PUT_ASIDE_FIELDS);

/* ---- words ---- */

static void put(struct msg *m, const char *name, str text)
{
	msg_add(m, (struct msg_arg){.name = name, .type = MSG_STR, .s = text});
}

static str shown_share(struct op *op, double share)
{
	return i18n_share(&op->arena, &op->locale, share);
}

static struct msg numbers_of(struct op *op, const struct effort_signal *s)
{
	struct msg m = msg_int(str_fmt(&op->arena, "effort_numbers_%s", SIGNAL_KIND_NAMES[s->kind]).p, "n", s->n);
	if (s->kind == SIGNAL_SCORE) {
		put(&m, "now", effort__shown(op, (enum effort_unit)s->unit, s->now));
		put(&m, "before", effort__shown(op, (enum effort_unit)s->unit, s->before));
		msg_add(&m, (struct msg_arg){.name = "before_n", .type = MSG_INT, .i = s->before_n});
		put(&m, "low", effort__shown_difference(op, (enum effort_unit)s->unit, s->low));
		put(&m, "high", effort__shown_difference(op, (enum effort_unit)s->unit, s->high));
		return m;
	}
	put(&m, "share", shown_share(op, s->value));
	put(&m, "low", shown_share(op, s->low));
	put(&m, "high", shown_share(op, s->high));
	if (s->customers != DESC_NULL_INT) msg_add(&m, (struct msg_arg){.name = "customers", .type = MSG_INT, .i = s->customers});
	return m;
}

static struct msg amount_of(const char *key, const struct effort_signal *s)
{
	const struct {
		const char *name;
		double value;
	} parts[] = {{"money", s->money}, {"low", s->money_low}, {"high", s->money_high}};
	struct msg m = msg_of(key);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		msg_add(&m, (struct msg_arg){.name = parts[i].name, .type = MSG_MONEY, .money = {decimal_of_i64(isnan(parts[i].value) ? 0 : (int64_t)parts[i].value), s->about}});
	return m;
}

static struct msg more_of(struct op *op, const struct effort_signal *s)
{
	struct msg m = {0};
	if (s->kind == SIGNAL_FRICTION && !isnan(s->money) && !isnan(s->money_low)) return amount_of("effort_more_money", s);
	if (s->kind == SIGNAL_DRIVER) {
		m = msg_str("effort_more_driver", "outcome", s->about);
		put(&m, "share", shown_share(op, s->now));
	}
	if ((s->kind == SIGNAL_COMPLAINT || s->kind == SIGNAL_PRAISE) && s->before_n) {
		m = msg_str("effort_more_before", "share", shown_share(op, s->before));
		msg_add(&m, (struct msg_arg){.name = "n", .type = MSG_INT, .i = s->before_n});
	}
	return m;
}

static enum err title_of(struct op *op, const struct effort_signal *s, str *out)
{
	struct msg m = msg_str(str_fmt(&op->arena, "effort_title_%s", SIGNAL_KIND_NAMES[s->kind]).p, "name", s->name);
	const struct friction_found *v;
	size_t n;
	if (s->kind == SIGNAL_FRICTION) {
		TRY(journey_frictions(op, &v, &n));
		for (size_t i = 0; i < n; i++)
			if (str_eq(v[i].key, s->name)) m = msg_str("effort_title_friction", "name", journey_friction_name(op, &v[i]));
	}
	*out = i18n_msg(&op->arena, &op->locale, &m);
	return OK;
}

enum err effort__signal_fill(struct op *op, const struct effort_signal *s, struct signal_row *row)
{
	static const char *const LEANINGS[] = {[SIGNAL_FRICTION] = "effort_leans_start", [SIGNAL_DRIVER] = "effort_leans_start", [SIGNAL_SCORE] = "effort_leans_start", [SIGNAL_COMPLAINT] = "effort_leans_stop",
		[SIGNAL_PRAISE] = "effort_leans_continue", [SIGNAL_STORY] = "effort_leans_continue"};
	*row = (struct signal_row){.signal = *s, .numbers = numbers_of(op, s), .more = more_of(op, s), .leaning = msg_of(LEANINGS[s->kind])};
	return title_of(op, s, &row->title);
}

enum err effort__evidence_read(struct op *op, str json, struct signal_row **out)
{
	struct effort_signal *s = ARENA_NEW(&op->arena, struct effort_signal);
	*out = NULL;
	if (!json.n) return OK;
	TRY(json_into(&op->arena, &EFFORT_SIGNAL_DESC, json, s, &op->fault));
	*out = ARENA_NEW(&op->arena, struct signal_row);
	return effort__signal_fill(op, s, *out);
}

/* ---- which are shown ---- */

struct known {
	struct db_rows taken, asides;
};

static bool is_taken(const struct known *k, str key)
{
	for (size_t i = 0; i < k->taken.n; i++)
		if (str_eq(db_rows_text(&k->taken, i, 0), key)) return true;
	return false;
}

enum aside_column { ASIDE_ID, ASIDE_SIGNAL, ASIDE_NAME, ASIDE_WHY, ASIDE_BOUND, ASIDE_WHO, ASIDE_AT };

/* The furthest that it was put aside at. */
static bool is_aside(const struct known *k, const struct effort_signal *s, bool *is_back)
{
	*is_back = false;
	for (size_t i = 0; i < k->asides.n; i++) {
		if (!str_eq(db_rows_text(&k->asides, i, ASIDE_SIGNAL), s->key)) continue;
		if (!(s->strength_low > db_rows_real(&k->asides, i, ASIDE_BOUND))) return true;
		*is_back = true;
	}
	return false;
}

static enum err make_page(struct op *op, struct evidence_page **out)
{
	struct evidence_page *page = *out = ARENA_NEW(&op->arena, struct evidence_page);
	const struct effort_signal *v;
	struct effort_window w;
	struct known k;
	size_t n;
	TRY(effort__signals(op, &v, &n));
	TRY(effort__window(op, &w));
	TRY(op_query(op, SQL_effort_signals, DB_NO_ARGS, &k.taken));
	TRY(op_query(op, SQL_effort_asides, DB_NO_ARGS, &k.asides));
	page->rows.v = ARENA_ARRAY(&op->arena, struct signal_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		bool is_back;
		page->taken += is_taken(&k, v[i].key);
		if (is_taken(&k, v[i].key) || is_aside(&k, &v[i], &is_back)) continue;
		TRY(effort__signal_fill(op, &v[i], &page->rows.v[page->rows.n]));
		page->rows.v[page->rows.n++].is_back = is_back;
	}
	page->asides.v = ARENA_ARRAY(&op->arena, struct signal_aside, k.asides.n + 1);
	for (size_t i = 0; i < k.asides.n; i++)
		page->asides.v[page->asides.n++] = (struct signal_aside){db_rows_text(&k.asides, i, ASIDE_NAME), db_rows_text(&k.asides, i, ASIDE_WHY), db_rows_text(&k.asides, i, ASIDE_WHO),
			str_fmt(&op->arena, "/efforts/evidence/aside/%.*s/undo", STR_ARG(id_show(&op->arena, S("efa"), db_rows_id(&k.asides, i, ASIDE_ID)))), db_rows_int(&k.asides, i, ASIDE_AT)};
	page->finding = page->rows.n ? msg_int("effort_evidence_found", "n", (int64_t)page->rows.n) : msg_of("effort_evidence_none");
	if (w.from != DESC_NULL_INT) {
		page->window = msg_of("effort_window");
		msg_add(&page->window, (struct msg_arg){.name = "from", .type = MSG_DATE, .i = w.from});
		msg_add(&page->window, (struct msg_arg){.name = "to", .type = MSG_DATE, .i = w.to - INT64_C(86400000)});
	}
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->may_read = op_may(op, PERM_READ_CUSTOMERS);
	return OK;
}

enum err effort_evidence_get(struct op *op, struct web *w, struct answer *a)
{
	struct evidence_page *page;
	(void)w;
	TRY(make_page(op, &page));
	a->topics[a->n_topics++] = EFFORT_TOPIC;
	return answer_with(a, &EFFORT_EVIDENCE_DESC, page);
}

static enum err find_shown(struct op *op, const struct evidence_page *page, str key, const struct signal_row **out)
{
	*out = NULL;
	for (size_t i = 0; i < page->rows.n; i++)
		if (str_eq(page->rows.v[i].signal.key, key)) *out = &page->rows.v[i];
	return *out ? OK : fail(op, ERR_NOT_FOUND, "key", "there is no such signal: it was taken, put aside, or is not found any more");
}

enum err effort_take_post(struct op *op, struct web *w, struct answer *a)
{
	struct effort_take in;
	struct evidence_page *page;
	const struct signal_row *row;
	struct effort *all;
	size_t n;
	TRY(web_input(op, w, &EFFORT_TAKE_DESC, &in));
	TRY(make_page(op, &page));
	TRY(find_shown(op, page, in.key, &row));
	TRY(effort__all(op, &all, &n));
	if (n >= EFFORTS_MOST) return fail(op, ERR_CONFLICT, "key", "the board holds %d efforts: remove one first", EFFORTS_MOST);
	const struct effort_signal *s = &row->signal;
	struct effort e = {.id = id_new(), .name = row->title, .kind = EFFORT_STANDING, .cost = MONEY_ABSENT, .stage = s->stage, .figure = s->figure, .expected = s->expected, .watch_days = EFFORT_WATCH_DAYS,
		.signal_day = s->first_day, .signal = s->key, .evidence = json_of(&op->arena, &EFFORT_SIGNAL_DESC, s), .owner = op->actor.kind == ACTOR_PERSON ? op->actor.id : 0};
	TRY(effort__add(op, &e));
	a->notice = msg_of("notice_effort_taken");
	return answer_redirect(a, effort__address(op, e.id));
}

enum err effort_aside_post(struct op *op, struct web *w, struct answer *a)
{
	struct effort_aside in;
	struct evidence_page *page;
	const struct signal_row *row;
	struct faults f = {0};
	TRY(web_input(op, w, &EFFORT_ASIDE_DESC, &in));
	TRY(make_page(op, &page));
	TRY(find_shown(op, page, in.key, &row));
	page->why.value = in.why.n ? str_trim(in.why) : S("");
	if (!faults_text(&f, "why", &page->why, true, WHY_CHARACTERS)) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &EFFORT_EVIDENCE_DESC, page);
	}
	id aside = id_new();
	bool is_person = op->actor.kind == ACTOR_PERSON;
	TRY(op_run(op, SQL_effort_aside_add,
	           DB_ARGS(db_id(aside), db_text(row->signal.key), db_text(row->title), db_text(page->why.value), db_real(row->signal.strength_high), db_id(is_person ? op->actor.id : 0),
	                   db_text(is_person || !op->actor.name.n ? S("") : op->actor.name), db_int(op->now_ms)),
	           NULL));
	TRY(audit_write(op, "effort_signal_removed", "effort", aside, STR_NONE, row->signal.key));
	effort__changed(op);
	a->notice = msg_of("notice_effort_aside");
	a->undo = str_fmt(&op->arena, "/efforts/evidence/aside/%.*s/undo", STR_ARG(id_show(&op->arena, S("efa"), aside)));
	return answer_redirect(a, S("/efforts/evidence"));
}

enum err effort_aside_undo_post(struct op *op, struct web *w, struct answer *a)
{
	id aside;
	int64_t changed;
	TRY(web_id(op, w, "id", "efa", &aside));
	TRY(op_run(op, SQL_effort_aside_remove, DB_ARGS(db_id(aside), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "nothing of this id is put aside");
	TRY(audit_write(op, "effort_signal_restored", "effort", aside, STR_NONE, STR_NONE));
	effort__changed(op);
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, S("/efforts/evidence"));
}
