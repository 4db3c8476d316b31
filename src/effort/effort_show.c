/* effort_show.c: one effort: what it is, what was decided and why, its figure over time, and the forms that change it. */
#include <math.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "collect/touchpoint.h"
#include "customer/customer.h"
#include "effort/effort_evidence.h"
#include "effort/effort_rows.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "improvement/improvement.h"
#include "order/currency.h"

enum { TEXT_CHARACTERS = 4000, EVENT_CHARACTERS = 200, FIGURE_BYTES = 8000, SLICES = 3 };

struct effort_history {
	int decision;
	str why, who;
	int64_t day, effect_day, at;
};
static const struct desc_field HISTORY_FIELDS[] = {
	FIELD(effort_history, decision, DESC_ENUM, .names = EFFORT_DECISION_NAMES, .prefix = "effort_decision"),
	FIELD(effort_history, why, DESC_STR),
	FIELD(effort_history, who, DESC_STR),
	FIELD(effort_history, day, DESC_DATE),
	FIELD(effort_history, effect_day, DESC_DATE),
	FIELD(effort_history, at, DESC_TIME),
};
static const struct desc HISTORY_DESC = DESC(effort_history, HISTORY_FIELDS);
struct effort_slice {
	int64_t from, to;
	str shown;
	double value, low, high;
	int64_t n;
	bool is_after, has_value;
};
static const struct desc_field SLICE_FIELDS[] = {
	FIELD(effort_slice, from, DESC_DATE),
	FIELD(effort_slice, to, DESC_DATE, .doc = "the day after its last"),
	FIELD(effort_slice, shown, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(effort_slice, value, DESC_REAL),
	FIELD(effort_slice, low, DESC_REAL),
	FIELD(effort_slice, high, DESC_REAL),
	FIELD(effort_slice, n, DESC_INT),
	FIELD(effort_slice, is_after, DESC_BOOL),
	FIELD(effort_slice, has_value, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc SLICE_DESC = DESC(effort_slice, SLICE_FIELDS);
struct effort_page {
	struct msg finding, compared;
	struct effort_row row;
	str address, today;
	struct signal_row *evidence;
	bool may_write, may_read, is_share;
	LIST_OF(struct effort_history) history;
	LIST_OF(struct effort_slice) slices;
	LIST_OF(struct option) kinds, pers, owners, stages, figures, expecteds, decisions, improvements, currencies;
	str improvement_address;
	struct input name, description, cost, event, figure, watch, signal, why, effect, decided;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(effort_page, finding, DESC_MSG),
	FIELD(effort_page, compared, DESC_MSG, .doc = "which days are compared"),
	FIELD_AS(effort_page, row, "effort", DESC_STRUCT, .of = &EFFORT_ROW_DESC),
	FIELD(effort_page, address, DESC_STR),
	FIELD(effort_page, today, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(effort_page, may_write, DESC_BOOL),
	FIELD(effort_page, may_read, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(effort_page, evidence, DESC_PTR, .of = &SIGNAL_ROW_DESC, .doc = "what it was taken from, as it was then"),
	FIELD(effort_page, is_share, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(effort_page, history, DESC_LIST, .item = DESC_STRUCT, .of = &HISTORY_DESC),
	FIELD(effort_page, slices, DESC_LIST, .item = DESC_STRUCT, .of = &SLICE_DESC, .doc = "the figure over time, before and after the change"),
	FIELD(effort_page, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, pers, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, stages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, figures, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, expecteds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, decisions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, improvements, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(effort_page, currencies, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(effort_page, improvement_address, DESC_STR),
	FIELD(effort_page, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, description, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, cost, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, event, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, figure, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, watch, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, signal, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, why, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, effect, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, decided, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(effort_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc EFFORT_PAGE_DESC = DESC(effort_page, PAGE_FIELDS);

struct effort_input {
	str name, description, kind, cost, currency, per, owner, event, stage, figure, own_figure, expected, signal_day, improvement;
	int64_t watch_days;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(effort_input, name, DESC_STR, .max = 4 * EFFORT_NAME_CHARACTERS),
	FIELD(effort_input, description, DESC_STR, .max = 4 * TEXT_CHARACTERS),
	FIELD(effort_input, kind, DESC_STR, .doc = "standing or gesture"),
	FIELD(effort_input, cost, DESC_STR, .max = 40, .doc = "an amount, such as 1200.50"),
	FIELD(effort_input, currency, DESC_STR, .max = 3, .doc = "ISO 4217; without one the workspace's"),
	FIELD(effort_input, per, DESC_STR, .doc = "once, month, year or each"),
	FIELD(effort_input, owner, DESC_STR, .doc = "id of a person"),
	FIELD(effort_input, event, DESC_STR, .max = 4 * EVENT_CHARACTERS, .doc = "the touchpoint at which it is met"),
	FIELD(effort_input, stage, DESC_STR),
	FIELD(effort_input, figure, DESC_STR, .max = FIGURE_BYTES, .doc = "a question as POST /query takes it, of kind score, journey, trend, retention, funnel or duration, without a period; members says which number"),
	FIELD(effort_input, own_figure, DESC_STR, .max = FIGURE_BYTES, .doc = "the same, written by hand; it comes first"),
	FIELD(effort_input, expected, DESC_STR, .doc = "rise or fall"),
	FIELD(effort_input, watch_days, DESC_INT, .doc = "days compared on either side of the change, 14 to 730"),
	FIELD(effort_input, signal_day, DESC_STR, .doc = "of the first evidence, such as 2011-01-31"),
	FIELD(effort_input, improvement, DESC_STR, .doc = "id of a cause that it mends"),
};
const struct desc EFFORT_INPUT_DESC = DESC(effort_input, INPUT_FIELDS);
struct effort_decide {
	str decision, why, effect_day, day, back;
};
static const struct desc_field DECIDE_FIELDS[] = {
	FIELD(effort_decide, decision, DESC_STR, .doc = "undecided, start, stop or continue"),
	FIELD(effort_decide, why, DESC_STR, .max = 4 * TEXT_CHARACTERS),
	FIELD(effort_decide, effect_day, DESC_STR, .doc = "from which day it takes effect"),
	FIELD(effort_decide, day, DESC_STR, .doc = "on which it was decided; without one today"),
	FIELD(effort_decide, back, DESC_STR, .flags = DESC_PAGE_ONLY),
};
const struct desc EFFORT_DECIDE_DESC = DESC(effort_decide, DECIDE_FIELDS);

/* ---- the page ---- */

static enum err put_history(struct op *op, struct effort_page *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_effort_decisions, DB_ARGS(db_id(page->row.x.id)), &r));
	page->history.v = ARENA_ARRAY(&op->arena, struct effort_history, r.n + 1);
	page->history.n = r.n;
	for (size_t i = 0; i < r.n; i++)
		page->history.v[i] = (struct effort_history){(int)db_rows_int(&r, i, 0), db_rows_text(&r, i, 1), db_rows_text(&r, i, 4), db_rows_int(&r, i, 2), db_rows_int(&r, i, 3), db_rows_int(&r, i, 5)};
	return OK;
}

static enum err put_slice(struct op *op, const struct effort_figure *f, int64_t from, int64_t to, bool is_after, struct effort_page *page)
{
	struct effort_compared c;
	TRY(effort__figure_ask(op, f, (struct effort_asked){from, to, DESC_NULL_INT, DESC_NULL_INT}, &c));
	page->is_share = c.after.unit == UNIT_SHARE;
	page->slices.v[page->slices.n++] = (struct effort_slice){from, to, effort__shown(op, c.after.unit, c.after.value), c.after.value, c.after.low, c.after.high, c.after.n, is_after, !isnan(c.after.value)};
	return OK;
}

/* Thirds of the time watched, as many before as after. */
static enum err put_slices(struct op *op, const struct effort_asked *asked, struct effort_page *page)
{
	struct effort_figure f;
	int64_t days = page->row.x.watch_days / SLICES * DAY_MS;
	TRY(effort__figure_read(op, page->row.x.figure, &f));
	page->slices.v = ARENA_ARRAY(&op->arena, struct effort_slice, 2 * (size_t)SLICES + 1);
	for (int64_t i = SLICES; i > 0; i--) TRY(put_slice(op, &f, asked->from - i * days, asked->from - (i - 1) * days, false, page));
	for (int64_t from = asked->from, i = 0; i < SLICES && from < asked->to; from += days, i++) TRY(put_slice(op, &f, from, from + days < asked->to ? from + days : asked->to, true, page));
	return OK;
}

static enum err put_choices(struct op *op, struct effort_page *page)
{
	const struct effort *e = &page->row.x;
	effort__options(op, &page->kinds, EFFORT_KINDS, "effort_kind", e->kind);
	effort__options(op, &page->pers, EFFORT_PERS, "effort_per", e->per);
	effort__options(op, &page->stages, STAGES, "stage", e->stage);
	effort__options(op, &page->expecteds, EFFORT_EXPECTED, "effort_expected", e->expected);
	effort__options(op, &page->decisions, EFFORT_DECISION_NAMES, "effort_decision", e->decision);
	TRY(effort__owners(op, e->owner, &page->owners));
	TRY(effort__figure_options(op, e->figure, &page->figures));
	str own;
	TRY(order_currency(op, &op->arena, &own));
	str chosen = desc_is_absent(DESC_MONEY, &e->cost) ? own : e->cost.currency;
	enum { CURRENCIES = 400 };
	page->currencies.v = ARENA_ARRAY(&op->arena, struct option, CURRENCIES);
	for (size_t i = 0; str_given(i18n_currency_at(i)) && i < CURRENCIES; i++) page->currencies.v[page->currencies.n++] = (struct option){i18n_currency_at(i), i18n_currency_at(i), str_eq(i18n_currency_at(i), chosen)};
	return improvement_options(op, e->improvement, &page->improvements.v, &page->improvements.n);
}

static struct msg finding_of(const struct effort_page *page)
{
	const struct effort_row *r = &page->row;
	if (r->outcome >= EFFORT_MOVED) {
		struct msg m = msg_of(r->outcome == EFFORT_MOVED ? "effort_says_moved" : r->outcome == EFFORT_WORSE ? "effort_says_worse" : "effort_says_unmoved");
		msg_add(&m, (struct msg_arg){.name = "figure", .type = MSG_STR, .s = r->figure_name});
		return m;
	}
	return r->judgement;
}

static enum err make_page(struct op *op, id effort, struct effort_page **out)
{
	struct effort_page *page = *out = ARENA_NEW(&op->arena, struct effort_page);
	const struct effort_judged *judged;
	struct effort e;
	TRY(effort__get(op, effort, &e));
	TRY(effort__judge(op, &e, 1, &judged));
	effort__fill(op, &e, judged, &page->row);
	page->address = page->row.address;
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->may_read = op_may(op, PERM_READ_CUSTOMERS);
	page->today = date_show(&op->arena, effort__today(op));
	TRY(effort__evidence_read(op, e.evidence, &page->evidence));
	TRY(put_history(op, page));
	TRY(put_choices(op, page));
	if (judged->outcome >= EFFORT_TOO_EARLY) {
		page->compared = msg_of("effort_compared");
		msg_add(&page->compared, (struct msg_arg){.name = "before_from", .type = MSG_DATE, .i = judged->asked.before_from});
		msg_add(&page->compared, (struct msg_arg){.name = "before_to", .type = MSG_DATE, .i = judged->asked.before_to - DAY_MS});
		msg_add(&page->compared, (struct msg_arg){.name = "from", .type = MSG_DATE, .i = judged->asked.from});
		msg_add(&page->compared, (struct msg_arg){.name = "to", .type = MSG_DATE, .i = judged->asked.to - DAY_MS});
		TRY(put_slices(op, &judged->asked, page));
	}
	page->name.value = e.name;
	page->description.value = e.description;
	page->cost.value = desc_is_absent(DESC_MONEY, &e.cost) ? S("") : decimal_show(&op->arena, e.cost.amount);
	page->event.value = e.event;
	page->watch.value = str_fmt(&op->arena, "%lld", (long long)e.watch_days);
	page->signal.value = e.signal_day == DESC_NULL_INT ? S("") : date_show(&op->arena, e.signal_day);
	page->effect.value = e.effect_day == DESC_NULL_INT ? page->today : date_show(&op->arena, e.effect_day);
	page->decided.value = page->today;
	page->figure.value = S("");
	page->why.value = S("");
	if (e.improvement && e.improvement_title.n) page->improvement_address = str_fmt(&op->arena, "/improvements/%.*s", STR_ARG(id_show(&op->arena, S("imv"), e.improvement)));
	page->finding = finding_of(page);
	return OK;
}

enum err effort_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct effort_page *page;
	id effort;
	TRY(web_id(op, w, "id", "eff", &effort));
	TRY(make_page(op, effort, &page));
	a->topics[a->n_topics++] = EFFORT_TOPIC;
	return answer_with(a, &EFFORT_PAGE_DESC, page);
}

static enum err refuse(struct op *op, struct answer *a, struct effort_page *page, const struct faults *f)
{
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &EFFORT_PAGE_DESC, page);
}

/* ---- saving ---- */

static struct db_val cost_amount(struct op *op, const struct effort *e)
{
	return desc_is_absent(DESC_MONEY, &e->cost) ? db_null() : db_text(decimal_show(&op->arena, e->cost.amount));
}

static struct db_val cost_currency(const struct effort *e)
{
	return desc_is_absent(DESC_MONEY, &e->cost) ? db_null() : db_text(e->cost.currency);
}

static str kept(str text)
{
	return text.n ? str_trim(text) : S("");
}

enum err effort__add(struct op *op, const struct effort *e)
{
	const struct db_val args[] = {db_id(e->id), db_text(e->name), db_text(kept(e->description)), db_int(e->kind), cost_amount(op, e), cost_currency(e), db_int(e->per), db_id(e->owner), db_text(kept(e->event)),
		db_int(e->stage), db_text(kept(e->figure)), db_int(e->expected), db_int(e->watch_days), db_int_or_null(e->signal_day), db_text(e->signal), db_text(e->evidence), db_id(e->improvement), db_int(op->now_ms)};
	TRY(op_run(op, SQL_effort_add, args, COUNT_OF(args), NULL));
	effort__changed(op);
	return audit_write(op, "effort_added", "effort", e->id, STR_NONE, e->name);
}

static void check_cost(const struct effort_input *in, struct effort_page *page, struct faults *f, struct effort *e, str own)
{
	page->cost.value = kept(in->cost);
	e->cost = MONEY_ABSENT;
	if (!page->cost.value.n) return;
	struct money m = {.currency = in->currency.n ? in->currency : own};
	if (!decimal_parse(page->cost.value, &m.amount) || m.amount.mantissa < 0) faults_add(f, "cost", &page->cost, msg_of("fault_number"));
	else e->cost = m;
	if (m.currency.n && m.currency.n != 3) faults_add(f, "currency", NULL, msg_of("fault_choice"));
}

static void check_figure(struct op *op, const struct effort_input *in, struct effort_page *page, struct faults *f, struct effort *e)
{
	struct effort_figure figure;
	str own = kept(in->own_figure), asked = own.n ? own : kept(in->figure);
	page->figure.value = own;
	e->figure = asked;
	if (!asked.n || effort__figure_read(op, asked, &figure) == OK) return;
	faults_add(f, own.n ? "own_figure" : "figure", &page->figure, msg_reason(op, "effort_figure_wrong", "reason", op->fault.fields[0].text));
	fault_clear(&op->fault);
}

static int checked_choice(str text, const char *const *names, const char *field, struct faults *f)
{
	int i = effort__choice(text, names, 0);
	if (i < 0) faults_add(f, field, NULL, msg_of("fault_choice"));
	return i;
}

static enum err check(struct op *op, const struct effort_input *in, struct effort_page *page, struct faults *f, struct effort *e)
{
	str own;
	TRY(order_currency(op, &op->arena, &own));
	page->name.value = kept(in->name);
	page->description.value = kept(in->description);
	page->event.value = kept(in->event);
	page->signal.value = kept(in->signal_day);
	faults_text(f, "name", &page->name, true, EFFORT_NAME_CHARACTERS);
	faults_text(f, "description", &page->description, false, TEXT_CHARACTERS);
	faults_text(f, "event", &page->event, false, EVENT_CHARACTERS);
	e->name = page->name.value, e->description = page->description.value, e->event = page->event.value;
	e->kind = checked_choice(in->kind, EFFORT_KINDS, "kind", f);
	e->per = checked_choice(in->per, EFFORT_PERS, "per", f);
	e->stage = checked_choice(in->stage, STAGES, "stage", f);
	e->expected = checked_choice(in->expected, EFFORT_EXPECTED, "expected", f);
	check_cost(in, page, f, e, own);
	check_figure(op, in, page, f, e);
	if (!effort__owner(op, in->owner, &e->owner)) faults_add(f, "owner", NULL, msg_of("fault_choice"));
	e->signal_day = DESC_NULL_INT;
	if (page->signal.value.n && !effort__read_day(page->signal.value, &e->signal_day)) faults_add(f, "signal_day", &page->signal, msg_of("fault_date"));
	e->watch_days = in->watch_days == DESC_NULL_INT ? EFFORT_WATCH_DAYS : in->watch_days;
	if (e->watch_days < EFFORT_WATCH_LEAST || e->watch_days > EFFORT_WATCH_MOST) faults_add(f, "watch_days", &page->watch, msg_of("effort_watch_wrong"));
	e->improvement = 0;
	if (in->improvement.n && (!id_read(S("imv"), in->improvement, &e->improvement) || !improvement_is_there(op, e->improvement))) faults_add(f, "improvement", NULL, msg_of("fault_choice"));
	return OK;
}

static enum err save(struct op *op, struct web *w, struct answer *a, id effort)
{
	struct effort_input in;
	struct effort_page *page;
	struct faults f = {0};
	TRY(web_input(op, w, &EFFORT_INPUT_DESC, &in));
	TRY(make_page(op, effort, &page));
	struct effort e = page->row.x;
	TRY(check(op, &in, page, &f, &e));
	if (f.n) return refuse(op, a, page, &f);
	const struct db_val args[] = {db_id(effort), db_text(e.name), db_text(e.description), db_int(e.kind), cost_amount(op, &e), cost_currency(&e), db_int(e.per), db_id(e.owner), db_text(e.event), db_int(e.stage),
		db_text(e.figure), db_int(e.expected), db_int(e.watch_days), db_int_or_null(e.signal_day), db_id(e.improvement)};
	TRY(op_run(op, SQL_effort_change, args, COUNT_OF(args), NULL));
	TRY(audit_write(op, "effort_changed", "effort", effort, page->row.x.name, e.name));
	effort__changed(op);
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, page->address);
}

/* ---- deciding ---- */

static bool read_day(str text, int64_t otherwise, const char *field, struct input *in, struct faults *f, int64_t *out)
{
	*out = otherwise;
	if (!text.n) return true;
	in->value = text;
	if (effort__read_day(text, out)) return true;
	faults_add(f, field, in, msg_of("fault_date"));
	return false;
}

static enum err decide(struct op *op, id effort, int decision, str why, int64_t day, int64_t effect)
{
	bool is_person = op->actor.kind == ACTOR_PERSON;
	TRY(op_run(op, SQL_effort_decide, DB_ARGS(db_id(effort), db_int(decision), decision == EFFORT_UNDECIDED ? db_null() : db_int(day), db_int_or_null(effect)), NULL));
	return op_run(op, SQL_effort_decision_add,
	              DB_ARGS(db_id(id_new()), db_id(effort), db_int(decision), db_text(why), db_int(day), db_int_or_null(effect), db_id(is_person ? op->actor.id : 0),
	                      db_text(is_person || !op->actor.name.n ? S("") : op->actor.name), db_int(op->now_ms)),
	              NULL);
}

enum err effort_put(struct op *op, const struct effort_known *k)
{
	struct effort_figure figure;
	struct effort e = {.id = id_new(), .name = k->name, .cost = k->cost.currency.n ? k->cost : MONEY_ABSENT, .figure = k->figure, .watch_days = k->watch_days, .signal_day = k->signal_day};
	const struct {
		const char *field;
		str text;
		const char *const *names;
		int *out;
	} choices[] = {{"kind", k->kind, EFFORT_KINDS, &e.kind}, {"per", k->per, EFFORT_PERS, &e.per}, {"stage", k->stage, STAGES, &e.stage}, {"expected", k->expected, EFFORT_EXPECTED, &e.expected}, {"decision", k->decision, EFFORT_DECISION_NAMES, &e.decision}};
	for (size_t i = 0; i < COUNT_OF(choices); i++)
		if ((*choices[i].out = effort__choice(choices[i].text, choices[i].names, 0)) < 0) return fail(op, ERR_INVALID, choices[i].field, "is none of its names");
	if (k->figure.n) TRY(effort__figure_read(op, k->figure, &figure));
	TRY(effort__add(op, &e));
	return e.decision ? decide(op, e.id, e.decision, k->why, k->decided_day, k->effect_day) : OK;
}

enum err effort_decide_post(struct op *op, struct web *w, struct answer *a)
{
	struct effort_decide in;
	struct effort_page *page;
	struct faults f = {0};
	id effort;
	int64_t day, effect;
	TRY(web_id(op, w, "id", "eff", &effort));
	TRY(web_input(op, w, &EFFORT_DECIDE_DESC, &in));
	TRY(make_page(op, effort, &page));
	int decision = effort__choice(in.decision, EFFORT_DECISION_NAMES, -1);
	page->why.value = kept(in.why);
	faults_text(&f, "why", &page->why, true, TEXT_CHARACTERS);
	if (decision < 0) faults_add(&f, "decision", NULL, msg_of("fault_choice"));
	if (read_day(in.day, effort__today(op), "day", &page->decided, &f, &day) && day > effort__today(op)) faults_add(&f, "day", &page->decided, msg_of("effort_day_ahead"));
	read_day(in.effect_day, decision == EFFORT_UNDECIDED ? DESC_NULL_INT : day, "effect_day", &page->effect, &f, &effect);
	if (f.n) return refuse(op, a, page, &f);
	if (decision == EFFORT_UNDECIDED) effect = DESC_NULL_INT;
	TRY(decide(op, effort, decision, page->why.value, day, effect));
	TRY(audit_write(op, "effort_decided", "effort", effort, str_of(EFFORT_DECISION_NAMES[page->row.x.decision]), str_of(EFFORT_DECISION_NAMES[decision])));
	effort__changed(op);
	a->notice = msg_of(str_fmt(&op->arena, "notice_effort_%s", EFFORT_DECISION_NAMES[decision]).p);
	return answer_redirect(a, str_starts(in.back, S("/efforts")) ? in.back : page->address);
}

/* ---- what is alike for all that is edited ---- */

static enum err remove_one(struct op *op, id effort)
{
	effort__changed(op);
	return audit_remove(op, SQL_effort_remove, "effort", effort);
}

static enum err restore_one(struct op *op, id effort)
{
	effort__changed(op);
	return audit_restore(op, SQL_effort_restore, "effort", effort);
}

static const struct edited EDITED = {"eff", "/efforts", "notice_effort_removed", true, remove_one, restore_one, save};

enum err effort_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err effort_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err effort_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
