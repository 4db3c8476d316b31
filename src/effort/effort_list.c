/* effort_list.c: the board: what is undecided, started, stopped and continued, one-off gestures apart, with the figures of all of it. */
#include <math.h>
#include <stdlib.h>

#include "base/datetime.h"
#include "audit/audit.h"
#include "collect/touchpoint.h"
#include "customer/customer.h"
#include "effort/effort_rows.h"
#include "http/faults.h"
#include "i18n/i18n.h"

enum { MOST_SEARCH = 200, CSV_BYTES = 8 << 20, LEAST_FOR_MEDIAN = 1 };
static const char *const SORTS[] = {"newest", "name", "effect", "signal", NULL};

static const struct desc_field ROW_FIELDS[] = {
	FIELD(effort_row, x, DESC_STRUCT, .of = &EFFORT_DESC),
	FIELD(effort_row, address, DESC_STR),
	FIELD(effort_row, cost, DESC_MSG),
	FIELD(effort_row, figure_name, DESC_STR),
	FIELD(effort_row, outcome, DESC_ENUM, .names = EFFORT_OUTCOMES, .prefix = "effort_outcome"),
	FIELD(effort_row, is_settled, DESC_BOOL, .doc = "as long after the change as before it was looked at: nothing is added any more"),
	FIELD(effort_row, judgement, DESC_MSG),
	FIELD(effort_row, before, DESC_REAL),
	FIELD(effort_row, after, DESC_REAL),
	FIELD(effort_row, before_n, DESC_INT),
	FIELD(effort_row, after_n, DESC_INT),
	FIELD(effort_row, difference, DESC_REAL, .doc = "after less before, with its interval at 95 %"),
	FIELD(effort_row, low, DESC_REAL),
	FIELD(effort_row, high, DESC_REAL),
	FIELD(effort_row, p, DESC_REAL),
	FIELD(effort_row, days_to_decision, DESC_INT, .doc = "from the first signal"),
	FIELD(effort_row, days_to_change, DESC_INT),
	FIELD(effort_row, time, DESC_MSG),
};
const struct desc EFFORT_ROW_DESC = DESC(effort_row, ROW_FIELDS);

struct effort_column {
	int decision;
	struct msg none;
	LIST_OF(struct effort_row) rows;
};
static const struct desc_field COLUMN_FIELDS[] = {
	FIELD(effort_column, decision, DESC_ENUM, .names = EFFORT_DECISION_NAMES, .prefix = "effort_decision"),
	FIELD(effort_column, none, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(effort_column, rows, DESC_LIST, .item = DESC_STRUCT, .of = &EFFORT_ROW_DESC),
};
static const struct desc COLUMN_DESC = DESC(effort_column, COLUMN_FIELDS);
struct effort_number {
	str name, value;
	struct msg note;
};
static const struct desc_field NUMBER_FIELDS[] = {
	FIELD(effort_number, name, DESC_STR),
	FIELD(effort_number, value, DESC_STR),
	FIELD(effort_number, note, DESC_MSG),
};
static const struct desc NUMBER_DESC = DESC(effort_number, NUMBER_FIELDS);
struct efforts_page {
	struct msg finding, filtered;
	str q, today, back, export;
	int64_t undecided, started, stopped, continued, gesture_count, judged, moved, unmoved, worse, too_early, timed;
	double days_to_change, days_to_decision;
	bool may_write, is_empty, is_filtered;
	LIST_OF(struct effort_number) numbers;
	LIST_OF(struct money) cost_a_year, cost_once;
	LIST_OF(struct option) owners, stages, sorts, decisions, kinds;
	LIST_OF(struct effort_column) columns;
	LIST_OF(struct effort_row) gestures;
	struct input name;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(efforts_page, finding, DESC_MSG),
	FIELD(efforts_page, undecided, DESC_INT),
	FIELD(efforts_page, started, DESC_INT),
	FIELD(efforts_page, stopped, DESC_INT),
	FIELD(efforts_page, continued, DESC_INT),
	FIELD_AS(efforts_page, gesture_count, "one_off_gestures", DESC_INT),
	FIELD(efforts_page, judged, DESC_INT, .doc = "standing efforts whose figure can be judged"),
	FIELD(efforts_page, moved, DESC_INT),
	FIELD(efforts_page, unmoved, DESC_INT),
	FIELD(efforts_page, worse, DESC_INT),
	FIELD(efforts_page, too_early, DESC_INT),
	FIELD(efforts_page, timed, DESC_INT, .doc = "efforts of which both the first signal and the change have a date"),
	FIELD(efforts_page, days_to_change, DESC_REAL, .doc = "median days from first signal to change"),
	FIELD(efforts_page, days_to_decision, DESC_REAL, .doc = "median days from first signal to decision"),
	FIELD(efforts_page, cost_a_year, DESC_LIST, .item = DESC_MONEY, .doc = "of what is started or continued, by currency"),
	FIELD(efforts_page, cost_once, DESC_LIST, .item = DESC_MONEY),
	FIELD(efforts_page, numbers, DESC_LIST, .item = DESC_STRUCT, .of = &NUMBER_DESC),
	FIELD(efforts_page, q, DESC_STR),
	FIELD(efforts_page, today, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(efforts_page, back, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(efforts_page, export, DESC_STR),
	FIELD(efforts_page, may_write, DESC_BOOL),
	FIELD(efforts_page, is_empty, DESC_BOOL),
	FIELD(efforts_page, is_filtered, DESC_BOOL),
	FIELD(efforts_page, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(efforts_page, stages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(efforts_page, sorts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(efforts_page, decisions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(efforts_page, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(efforts_page, columns, DESC_LIST, .item = DESC_STRUCT, .of = &COLUMN_DESC),
	FIELD(efforts_page, gestures, DESC_LIST, .item = DESC_STRUCT, .of = &EFFORT_ROW_DESC),
	FIELD(efforts_page, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(efforts_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc EFFORTS_DESC = {"efforts", sizeof(struct efforts_page), PAGE_FIELDS, COUNT_OF(PAGE_FIELDS)};

struct effort_new {
	str name, kind;
};
static const struct desc_field NEW_FIELDS[] = {
	FIELD(effort_new, name, DESC_STR, .max = 4 * EFFORT_NAME_CHARACTERS),
	FIELD(effort_new, kind, DESC_STR, .doc = "standing or gesture"),
};
const struct desc EFFORT_NEW_DESC = DESC(effort_new, NEW_FIELDS);

/* ---- a row ---- */

static int64_t days_between(int64_t from, int64_t to)
{
	return from == DESC_NULL_INT || to == DESC_NULL_INT ? DESC_NULL_INT : (to - from) / DAY_MS;
}

static struct msg cost_of(struct op *op, const struct effort *e)
{
	(void)op;
	if (desc_is_absent(DESC_MONEY, &e->cost)) return (struct msg){0};
	struct msg m = msg_of(str_fmt(&op->arena, "effort_cost_%s", EFFORT_PERS[e->per]).p);
	msg_add(&m, (struct msg_arg){.name = "cost", .type = MSG_MONEY, .money = e->cost});
	return m;
}

static struct msg time_of(const struct effort_row *row)
{
	struct msg m = {0};
	if (row->days_to_change != DESC_NULL_INT) m = msg_int("effort_time_change", "days", row->days_to_change);
	else if (row->days_to_decision != DESC_NULL_INT) m = msg_int("effort_time_decision", "days", row->days_to_decision);
	if (m.key) msg_add(&m, (struct msg_arg){.name = "decision", .type = MSG_INT, .i = row->days_to_decision});
	return m;
}

void effort__fill(struct op *op, const struct effort *e, const struct effort_judged *j, struct effort_row *row)
{
	struct effort_figure f;
	const struct effort_compared *c = &j->compared;
	bool is_compared = j->outcome >= EFFORT_TOO_EARLY;
	*row = (struct effort_row){.x = *e, .address = effort__address(op, e->id), .cost = cost_of(op, e), .outcome = j->outcome, .is_settled = j->is_settled, .judgement = effort__judgement(op, e, j),
		.before = NAN, .after = NAN, .difference = NAN, .low = NAN, .high = NAN, .p = NAN, .before_n = DESC_NULL_INT, .after_n = DESC_NULL_INT};
	row->days_to_decision = e->decision ? days_between(e->signal_day, e->decided_day) : DESC_NULL_INT;
	row->days_to_change = e->decision ? days_between(e->signal_day, e->effect_day) : DESC_NULL_INT;
	row->time = time_of(row);
	if (is_compared) {
		row->before = c->before.value, row->after = c->after.value, row->before_n = c->before.n, row->after_n = c->after.n;
		row->difference = c->difference.difference, row->low = c->difference.low, row->high = c->difference.high, row->p = c->difference.p;
	}
	if (!e->figure.n) return;
	if (effort__figure_read(op, e->figure, &f) == OK) row->figure_name = effort__figure_name(op, &f);
	else fault_clear(&op->fault);
}

/* ---- what the address asks for ---- */

struct wanted {
	str search;
	id owner;
	int stage, sort; /* stage -1: any */
	bool is_filtered;
};

static enum err read_wanted(struct op *op, const struct web *w, struct wanted *x)
{
	str q = str_trim(web_query(w, "q")), owner = web_query(w, "owner"), stage = web_query(w, "stage");
	*x = (struct wanted){.search = i18n_fold(&op->arena, q), .stage = effort__choice(stage, STAGES, -1), .sort = effort__choice(web_query(w, "sort"), SORTS, 0)};
	if (q.n > MOST_SEARCH) return fail(op, ERR_INVALID, "q", "is longer than %d bytes", MOST_SEARCH);
	if (x->sort < 0) return fail(op, ERR_INVALID, "sort", "must be newest, name, effect or signal");
	if (stage.n && x->stage < 0) return fail(op, ERR_INVALID, "stage", "is no stage");
	if (owner.n && !id_read(S("per"), owner, &x->owner)) return fail(op, ERR_INVALID, "owner", "is no id of a person");
	x->is_filtered = q.n || owner.n || stage.n;
	return OK;
}

static bool is_wanted(struct op *op, const struct wanted *x, const struct effort *e)
{
	if ((x->owner && x->owner != e->owner) || (x->stage >= 0 && x->stage != e->stage)) return false;
	return !x->search.n || str_contains(i18n_fold(&op->arena, e->name), x->search) || str_contains(i18n_fold(&op->arena, e->description), x->search);
}

static int by_name(const void *a, const void *b)
{
	const struct effort_row *x = a, *y = b;
	int order = str_cmp(x->sort_key, y->sort_key);
	return order ? order : (x->x.id > y->x.id) - (x->x.id < y->x.id);
}

static int later(int64_t a, int64_t b)
{
	return (a < b) - (a > b); /* without a day: last */
}

static int by_effect(const void *a, const void *b)
{
	const struct effort_row *x = a, *y = b;
	int order = later(x->x.effect_day, y->x.effect_day);
	return order ? order : later(x->x.id, y->x.id);
}

static int by_signal(const void *a, const void *b)
{
	const struct effort_row *x = a, *y = b;
	int order = later(x->x.signal_day, y->x.signal_day);
	return order ? order : later(x->x.id, y->x.id);
}

static void sort_rows(struct op *op, struct effort_row *v, size_t n, int sort)
{
	static int (*const ORDERS[])(const void *, const void *) = {NULL, by_name, by_effect, by_signal};
	for (size_t i = 0; i < n && sort == 1; i++) v[i].sort_key = i18n_sort_key(&op->arena, v[i].x.name);
	if (ORDERS[sort]) qsort(v, n, sizeof *v, ORDERS[sort]);
}

static enum err find(struct op *op, const struct wanted *x, struct effort_row **out, size_t *n_out, struct effort_row **all, size_t *n_all)
{
	struct effort *v;
	const struct effort_judged *judged;
	size_t n;
	TRY(effort__all(op, &v, &n));
	TRY(effort__judge(op, v, n, &judged));
	*all = ARENA_ARRAY(&op->arena, struct effort_row, n + 1);
	*out = ARENA_ARRAY(&op->arena, struct effort_row, n + 1);
	*n_all = n, *n_out = 0;
	for (size_t i = 0; i < n; i++) {
		effort__fill(op, &v[i], &judged[i], &(*all)[i]);
		if (is_wanted(op, x, &v[i])) (*out)[(*n_out)++] = (*all)[i];
	}
	sort_rows(op, *out, *n_out, x->sort);
	return OK;
}

/* ---- the numbers of all ---- */

static void add_money(struct op *op, void *list, struct money m, int64_t times)
{
	LIST_OF(struct money) *l = list;
	struct decimal amount;
	if (!l->v) l->v = ARENA_ARRAY(&op->arena, struct money, EFFORTS_MOST);
	if (!decimal_mul(m.amount, decimal_of_i64(times), &amount)) return;
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].currency, m.currency)) {
			if (decimal_add(l->v[i].amount, amount, &amount)) l->v[i].amount = amount;
			return;
		}
	l->v[l->n++] = (struct money){amount, m.currency};
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	if (n < LEAST_FOR_MEDIAN) return NAN;
	qsort(v, n, sizeof *v, by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void count(struct op *op, const struct effort_row *v, size_t n, struct efforts_page *page)
{
	double *change = ARENA_ARRAY(&op->arena, double, n + 1), *decision = ARENA_ARRAY(&op->arena, double, n + 1);
	size_t decided = 0, changed = 0;
	int64_t *const decisions[] = {&page->undecided, &page->started, &page->stopped, &page->continued};
	for (size_t i = 0; i < n; i++) {
		const struct effort_row *r = &v[i];
		bool is_on = r->x.decision == EFFORT_START || r->x.decision == EFFORT_CONTINUE, has_cost = !desc_is_absent(DESC_MONEY, &r->x.cost);
		if (r->x.kind == EFFORT_GESTURE) {
			page->gesture_count++;
			continue;
		}
		++*decisions[r->x.decision];
		page->moved += r->outcome == EFFORT_MOVED, page->unmoved += r->outcome == EFFORT_UNMOVED, page->worse += r->outcome == EFFORT_WORSE;
		page->too_early += r->outcome == EFFORT_TOO_EARLY;
		if (r->days_to_decision != DESC_NULL_INT) decision[decided++] = (double)r->days_to_decision;
		if (r->days_to_change != DESC_NULL_INT) change[changed++] = (double)r->days_to_change;
		if (is_on && has_cost && r->x.per == EFFORT_ONCE) add_money(op, &page->cost_once, r->x.cost, 1);
		else if (is_on && has_cost && r->x.per != EFFORT_EACH) add_money(op, &page->cost_a_year, r->x.cost, r->x.per == EFFORT_A_MONTH ? 12 : 1);
	}
	page->judged = page->moved + page->unmoved + page->worse;
	page->timed = (int64_t)changed;
	page->days_to_change = median(change, changed);
	page->days_to_decision = median(decision, decided);
}

static str amounts(struct op *op, const struct money *v, size_t n)
{
	str text = S("");
	for (size_t i = 0; i < n; i++) {
		str one = i18n_money(&op->arena, &op->locale, v[i]);
		text = str_fmt(&op->arena, "%.*s%s%.*s", STR_ARG(text), i ? " + " : "", STR_ARG(one));
	}
	return n ? text : S("–");
}

static void put_number(struct op *op, struct efforts_page *page, const char *name, str value, struct msg note)
{
	page->numbers.v[page->numbers.n++] = (struct effort_number){i18n_pattern(op->locale.lang, str_of(name)), value, note};
}

static void put_numbers(struct op *op, struct efforts_page *page)
{
	enum { NUMBERS = 8 };
	page->numbers.v = ARENA_ARRAY(&op->arena, struct effort_number, NUMBERS);
	struct msg once = {0}, share = msg_int("effort_share_note", "judged", page->judged), timed = msg_int("effort_timed_note", "n", page->timed);
	if (page->cost_once.n) once = msg_str("effort_cost_once_note", "cost", amounts(op, page->cost_once.v, page->cost_once.n));
	msg_add(&share, (struct msg_arg){.name = "worse", .type = MSG_INT, .i = page->worse});
	msg_add(&share, (struct msg_arg){.name = "early", .type = MSG_INT, .i = page->too_early});
	put_number(op, page, "effort_number_cost", amounts(op, page->cost_a_year.v, page->cost_a_year.n), once);
	put_number(op, page, "effort_number_moved", page->judged ? i18n_share(&op->arena, &op->locale, (double)page->moved / (double)page->judged) : S("–"), share);
	put_number(op, page, "effort_number_days", i18n_real(&op->arena, &op->locale, page->days_to_change, 1), timed);
}

/* ---- the page ---- */

static void put_columns(struct op *op, const struct effort_row *v, size_t n, struct efforts_page *page)
{
	static const enum effort_decision ORDER[] = {EFFORT_UNDECIDED, EFFORT_START, EFFORT_STOP, EFFORT_CONTINUE};
	page->columns.v = ARENA_ARRAY(&op->arena, struct effort_column, COUNT_OF(ORDER));
	page->gestures.v = ARENA_ARRAY(&op->arena, struct effort_row, n + 1);
	for (size_t i = 0; i < n; i++)
		if (v[i].x.kind == EFFORT_GESTURE) page->gestures.v[page->gestures.n++] = v[i];
	for (size_t c = 0; c < COUNT_OF(ORDER); c++) {
		struct effort_column *column = &page->columns.v[page->columns.n++];
		*column = (struct effort_column){.decision = ORDER[c], .none = msg_of("effort_column_none"), .rows = {ARENA_ARRAY(&op->arena, struct effort_row, n + 1), 0}};
		for (size_t i = 0; i < n; i++)
			if (v[i].x.kind == EFFORT_STANDING && v[i].x.decision == (int)ORDER[c]) column->rows.v[column->rows.n++] = v[i];
	}
}

static enum err put_choices(struct op *op, const struct web *w, const struct wanted *x, struct efforts_page *page)
{
	TRY(effort__owners(op, x->owner, &page->owners));
	page->owners.v[0].label = i18n_pattern(op->locale.lang, S("effort_owner_all"));
	customer_option(op, &page->stages, S(""), i18n_pattern(op->locale.lang, S("effort_stage_all")), x->stage < 0);
	for (int i = 0; STAGES[i]; i++) customer_option(op, &page->stages, str_of(STAGES[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "stage_%s", STAGES[i])), i == x->stage);
	for (int i = 0; SORTS[i]; i++) customer_option(op, &page->sorts, str_of(SORTS[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "effort_sort_%s", SORTS[i])), i == x->sort);
	effort__options(op, &page->decisions, EFFORT_DECISION_NAMES, "effort_decision", -1);
	effort__options(op, &page->kinds, EFFORT_KINDS, "effort_kind", 0);
	page->q = web_query(w, "q");
	page->is_filtered = x->is_filtered;
	return OK;
}

static struct msg finding_of(const struct efforts_page *page)
{
	if (page->is_empty) return msg_of("effort_none");
	struct msg m = msg_int(page->judged ? "effort_finding" : "effort_finding_unjudged", "started", page->started);
	msg_add(&m, (struct msg_arg){.name = "stopped", .type = MSG_INT, .i = page->stopped});
	msg_add(&m, (struct msg_arg){.name = "continued", .type = MSG_INT, .i = page->continued});
	msg_add(&m, (struct msg_arg){.name = "moved", .type = MSG_INT, .i = page->moved});
	msg_add(&m, (struct msg_arg){.name = "judged", .type = MSG_INT, .i = page->judged});
	msg_add(&m, (struct msg_arg){.name = "undecided", .type = MSG_INT, .i = page->undecided});
	return m;
}

static enum err make_page(struct op *op, struct web *w, struct efforts_page **out)
{
	struct efforts_page *page = *out = ARENA_NEW(&op->arena, struct efforts_page);
	struct effort_row *rows, *all;
	size_t n, n_all;
	struct wanted x;
	TRY(read_wanted(op, w, &x));
	TRY(find(op, &x, &rows, &n, &all, &n_all));
	count(op, all, n_all, page);
	page->is_empty = !n_all;
	put_columns(op, rows, n, page);
	put_numbers(op, page);
	TRY(put_choices(op, w, &x, page));
	page->finding = finding_of(page);
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->today = date_show(&op->arena, effort__today(op));
	str here = web_address_with(op, w, "cursor", STR_NONE);
	size_t at;
	page->back = str_starts(here, S("/efforts")) ? here : S("/efforts");
	page->export = str_fmt(&op->arena, "/efforts/table.csv%.*s", STR_ARG(str_find(here, '?', &at) ? str_sub(here, at, here.n) : S("")));
	return OK;
}

enum err effort_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct efforts_page *page;
	TRY(make_page(op, w, &page));
	a->topics[a->n_topics++] = EFFORT_TOPIC;
	return answer_with(a, &EFFORTS_DESC, page);
}

enum err effort_post(struct op *op, struct web *w, struct answer *a)
{
	struct effort_new in;
	struct efforts_page *page;
	struct faults f = {0};
	TRY(web_input(op, w, &EFFORT_NEW_DESC, &in));
	TRY(make_page(op, w, &page));
	int kind = effort__choice(in.kind, EFFORT_KINDS, EFFORT_STANDING);
	page->name.value = str_trim(in.name);
	faults_text(&f, "name", &page->name, true, EFFORT_NAME_CHARACTERS);
	if (kind < 0) faults_add(&f, "kind", NULL, msg_of("fault_choice"));
	if (page->undecided + page->started + page->stopped + page->continued + page->gesture_count >= EFFORTS_MOST) faults_add(&f, "", NULL, msg_int("effort_most", "n", EFFORTS_MOST));
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &EFFORTS_DESC, page);
	}
	struct effort e = {.id = id_new(), .name = page->name.value, .kind = kind, .cost = MONEY_ABSENT, .watch_days = EFFORT_WATCH_DAYS, .signal_day = DESC_NULL_INT, .owner = op->actor.kind == ACTOR_PERSON ? op->actor.id : 0};
	TRY(effort__add(op, &e));
	return answer_redirect(a, effort__address(op, e.id));
}

/* ---- CSV ---- */

static void put_real(struct buf *b, double d)
{
	if (!isnan(d)) buf_fmt(b, "%.10g", d);
	buf_byte(b, ',');
}

static void put_text(struct buf *b, str text)
{
	buf_csv(b, text);
	buf_byte(b, ',');
}

static void put_int(struct buf *b, int64_t n)
{
	if (n != DESC_NULL_INT) buf_fmt(b, "%lld", (long long)n);
	buf_byte(b, ',');
}

static void put_day(struct op *op, struct buf *b, int64_t day)
{
	put_text(b, day == DESC_NULL_INT ? S("") : date_show(&op->arena, day));
}

static void put_csv_row(struct op *op, const struct effort_row *r, struct buf *b)
{
	const struct effort *e = &r->x;
	bool has_cost = !desc_is_absent(DESC_MONEY, &e->cost);
	put_text(b, id_show(&op->arena, S("eff"), e->id));
	put_text(b, e->name);
	put_text(b, str_of(EFFORT_KINDS[e->kind]));
	put_text(b, str_of(EFFORT_DECISION_NAMES[e->decision]));
	put_day(op, b, e->decided_day);
	put_day(op, b, e->effect_day);
	put_day(op, b, e->signal_day);
	put_int(b, r->days_to_decision);
	put_int(b, r->days_to_change);
	put_text(b, has_cost ? decimal_show(&op->arena, e->cost.amount) : S(""));
	put_text(b, has_cost ? e->cost.currency : S(""));
	put_text(b, has_cost ? str_of(EFFORT_PERS[e->per]) : S(""));
	put_text(b, e->owner_name);
	put_text(b, str_of(STAGES[e->stage]));
	put_text(b, e->event);
	put_text(b, e->figure);
	put_text(b, str_of(EFFORT_EXPECTED[e->expected]));
	put_text(b, str_of(EFFORT_OUTCOMES[r->outcome]));
	const double numbers[] = {r->before, r->after, r->difference, r->low, r->high, r->p};
	for (size_t i = 0; i < COUNT_OF(numbers); i++) put_real(b, numbers[i]);
	put_int(b, r->before_n);
	put_int(b, r->after_n);
	buf_csv(b, e->description);
	buf_byte(b, '\n');
}

enum err effort_list_csv(struct op *op, struct web *w, struct answer *a)
{
	struct effort_row *rows, *all;
	size_t n, n_all;
	struct wanted x;
	struct buf b;
	TRY(read_wanted(op, w, &x));
	TRY(find(op, &x, &rows, &n, &all, &n_all));
	buf_init(&b, CSV_BYTES);
	buf_add(&b, S("id,name,kind,decision,decided,effect,first_signal,days_to_decision,days_to_change,cost,currency,per,owner,stage,touchpoint,figure,expected,outcome,before,after,difference,low,high,p,before_n,after_n,description\n"));
	for (size_t i = 0; i < n; i++) put_csv_row(op, &rows[i], &b);
	enum err e = buf_failed(&b) ? fail(op, ERR_TOO_LARGE, "", "the file would be larger than %d MB: filter the list", CSV_BYTES >> 20) : OK;
	a->text = str_dup(&op->arena, buf_str(&b));
	a->content_type = S("text/csv; charset=utf-8");
	a->download_name = S("efforts.csv");
	buf_release(&b);
	return e;
}
