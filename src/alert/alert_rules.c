/* alert_rules.c: the rules: all of them with what is offered, and one with its form. */
#include <math.h>

#include "alert/alert_inner.h"
#include "audit/audit.h"
#include "customer/customer.h"
#include "events/events.h"
#include "feedback/feedback.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "segment/segment.h"
#include "setting/setting.h"
#include "setting/setting_pages.h"

enum { NAME_CHARACTERS = 100, QUESTION_BYTES = 16000, VALUE_BYTES = 200, EVENTS_MOST = 300, WINDOW_MOST = 365, CALM_MOST = 24 * 14, RULES_MOST = 100, MINUTES_MOST = 1440, A_DAY_MOST = 10000 };
static const char *const SENSITIVITIES[] = {"3.5", "4", "5", NULL};

static const struct sample {
	const char *key, *name;
	int figure, condition;
	double limit;
	int64_t window_days, least_n;
} SAMPLES[] = {
#define ALERT_SAMPLE(key, figure, condition, limit, window, least_n) {#key, "alert_sample_" #key, ALERT_FIGURE_##figure, ALERT_##condition, limit, window, least_n},
#include "alert_samples.def"
#undef ALERT_SAMPLE
};

/* ---- shapes ---- */

struct rule_form {
	str action;
	bool is_change;
	LIST_OF(struct option) figures, conditions, sensitivities, people;
	struct input name, limit, question, value, window_days, least_n, calm_hours;
	bool is_own;
};
static const struct desc_field FORM_FIELDS_[] = {
	FIELD(rule_form, action, DESC_STR),
	FIELD(rule_form, is_change, DESC_BOOL),
	FIELD(rule_form, figures, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(rule_form, conditions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(rule_form, sensitivities, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(rule_form, people, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "who is told by mail"),
	FIELD(rule_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, limit, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, question, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, value, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, window_days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, least_n, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, calm_hours, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rule_form, is_own, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc FORM_DESC = {"alert_rule_form", sizeof(struct rule_form), FORM_FIELDS_, COUNT_OF(FORM_FIELDS_)};

struct rules_page {
	struct msg finding;
	LIST_OF(struct alert_rule_row) rows;
	LIST_OF(struct option) samples;
	struct rule_form form;
	struct input minutes, most_a_day;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field RULES_FIELDS[] = {
	FIELD(rules_page, finding, DESC_MSG),
	FIELD(rules_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ALERT_RULE_ROW_DESC),
	FIELD(rules_page, samples, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .doc = "ready-made rules that are not there yet"),
	FIELD(rules_page, form, DESC_STRUCT, .of = &FORM_DESC),
	FIELD(rules_page, minutes, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rules_page, most_a_day, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rules_page, may_write, DESC_BOOL),
	FIELD(rules_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc ALERT_RULES_DESC = {"alert_rules", sizeof(struct rules_page), RULES_FIELDS, COUNT_OF(RULES_FIELDS)};

struct rule_page {
	struct alert_rule_row rule;
	struct rule_form form;
	LIST_OF(struct alert_row) alerts;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field RULE_PAGE_FIELDS[] = {
	FIELD(rule_page, rule, DESC_STRUCT, .of = &ALERT_RULE_ROW_DESC),
	FIELD(rule_page, form, DESC_STRUCT, .of = &FORM_DESC),
	FIELD(rule_page, alerts, DESC_LIST, .item = DESC_STRUCT, .of = &ALERT_ROW_DESC, .doc = "what it raised; the last 200"),
	FIELD(rule_page, may_write, DESC_BOOL),
	FIELD(rule_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc ALERT_RULE_PAGE_DESC = {"alert_rule_page", sizeof(struct rule_page), RULE_PAGE_FIELDS, COUNT_OF(RULE_PAGE_FIELDS)};

struct rule_input {
	str name, figure, question, value, condition, limit, sensitivity, window_days, least_n, calm_hours;
	LIST_OF(id) people;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(rule_input, name, DESC_STR, .doc = "empty: as the figure"),
	FIELD(rule_input, figure, DESC_STR, .doc = "a figure, and behind | what it is of: nps|QUESTION, csat|QUESTION, ces|QUESTION, answers, event|NAME, late, complaints, segment|seg_…, followups_open, followups_late, mentions|WORDS, sentiment|WORDS, rising, own"),
	FIELD(rule_input, question, DESC_STR, .max = QUESTION_BYTES, .doc = "of figure own: a question as POST /query takes it, without from and to"),
	FIELD(rule_input, value, DESC_STR, .doc = "of figure own: where the number stands in the answer, such as steps.2.share"),
	FIELD(rule_input, condition, DESC_STR, .doc = "above, below, unusual, unusual_up or unusual_down"),
	FIELD(rule_input, limit, DESC_STR, .doc = "of above and below; per cent of shares"),
	FIELD(rule_input, sensitivity, DESC_STR, .doc = "of the unusual: so many spreads, 2 to 10; 4 unless said"),
	FIELD(rule_input, window_days, DESC_STR, .doc = "of above and below: the last so many days"),
	FIELD(rule_input, least_n, DESC_STR, .doc = "from fewer answers, or of less, nothing is concluded"),
	FIELD(rule_input, calm_hours, DESC_STR, .doc = "it is over once it was calm for so long without a break"),
	FIELD(rule_input, people, DESC_LIST, .item = DESC_ID, .prefix = "per", .doc = "who is told by mail"),
};
const struct desc ALERT_RULE_INPUT_DESC = {"alert_rule_input", sizeof(struct rule_input), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};
struct limits_input {
	str minutes, most_a_day;
};
static const struct desc_field LIMITS_FIELDS[] = {
	FIELD(limits_input, minutes, DESC_STR, .flags = DESC_REQUIRED, .doc = "between two looks at a figure"),
	FIELD(limits_input, most_a_day, DESC_STR, .flags = DESC_REQUIRED, .doc = "most alerts told in 24 hours"),
};
const struct desc ALERT_LIMITS_DESC = {"alert_limits", sizeof(struct limits_input), LIMITS_FIELDS, COUNT_OF(LIMITS_FIELDS)};
struct sample_input {
	str sample;
};
static const struct desc_field SAMPLE_FIELDS[] = {FIELD(sample_input, sample, DESC_STR, .flags = DESC_REQUIRED)};
const struct desc ALERT_SAMPLE_INPUT_DESC = {"alert_sample_input", sizeof(struct sample_input), SAMPLE_FIELDS, COUNT_OF(SAMPLE_FIELDS)};

/* ---- the form ---- */

static str word(struct op *op, const char *prefix, const char *name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, name));
}

static void offer(struct op *op, struct rule_form *form, const struct alert_figure *f, str subject, str label, str chosen)
{
	str value = subject.n ? str_fmt(&op->arena, "%s|%.*s", f->key, STR_ARG(subject)) : str_of(f->key);
	str name = word(op, "alert_figure", f->key);
	customer_option(op, &form->figures, value, label.n ? str_fmt(&op->arena, "%.*s · %.*s", STR_ARG(name), STR_ARG(label)) : name, str_eq(value, chosen));
}

static enum err offer_questions(struct op *op, struct rule_form *form, const struct alert_figure *f, str chosen)
{
	struct feedback_question *v;
	size_t n;
	TRY(feedback_questions(op, &v, &n));
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].type, str_of(f->key))) offer(op, form, f, v[i].id, v[i].wording.n ? v[i].wording : v[i].id, chosen);
	return OK;
}

static enum err offer_segments(struct op *op, struct rule_form *form, const struct alert_figure *f, str chosen)
{
	struct segment *v;
	size_t n;
	TRY(segment_all(op, &v, &n));
	for (size_t i = 0; i < n; i++) offer(op, form, f, id_show(&op->arena, S("seg"), v[i].id), v[i].name, chosen);
	return OK;
}

static void offer_events(struct op *op, struct rule_form *form, const struct alert_figure *f, str chosen)
{
	size_t n = events_type_count(op->app->events);
	for (size_t i = 0; i < n && i < EVENTS_MOST; i++) {
		str name = events_type_name(op->app->events, (uint16_t)i);
		if (name.n) offer(op, form, f, name, name, chosen);
	}
}

/* Everything that is heard, and what is counted on the page of listening by a search of its own. */
static enum err offer_searches(struct op *op, struct rule_form *form, const struct alert_figure *f, str chosen)
{
	struct db_rows r;
	offer(op, form, f, S(""), S(""), chosen);
	TRY(op_query(op, SQL_listen_term_all, DB_NO_ARGS, &r));
	for (size_t i = 0; i < r.n; i++) offer(op, form, f, db_rows_text(&r, i, 3), db_rows_text(&r, i, 2), chosen);
	return OK;
}

static enum err offer_figures(struct op *op, struct rule_form *form, str chosen)
{
	for (size_t i = 0; i < ALERT_FIGURE_COUNT; i++) {
		const struct alert_figure *f = &ALERT_FIGURES[i];
		switch (f->subject) {
		case ALERT_OF_QUESTION: TRY(offer_questions(op, form, f, chosen)); break;
		case ALERT_OF_EVENT: offer_events(op, form, f, chosen); break;
		case ALERT_OF_SEGMENT: TRY(offer_segments(op, form, f, chosen)); break;
		case ALERT_OF_SEARCH: TRY(offer_searches(op, form, f, chosen)); break;
		default: offer(op, form, f, S(""), S(""), chosen);
		}
	}
	for (size_t i = 0; i < form->figures.n; i++)
		if (form->figures.v[i].is_selected) return OK;
	if (chosen.n) customer_option(op, &form->figures, chosen, chosen, true); /* of what is no longer there */
	return OK;
}

static bool is_chosen(const struct rule_input *in, id person)
{
	for (size_t i = 0; i < in->people.n; i++)
		if (in->people.v[i] == person) return true;
	return false;
}

static str or(str text, const char *usual)
{
	return text.n ? text : str_of(usual);
}

static enum err fill_form(struct op *op, id rule, const struct rule_input *in, struct rule_form *form)
{
	struct db_rows people;
	TRY(offer_figures(op, form, or(in->figure, "complaints")));
	for (int i = 0; ALERT_CONDITION_NAMES[i]; i++) customer_option(op, &form->conditions, str_of(ALERT_CONDITION_NAMES[i]), word(op, "alert_condition", ALERT_CONDITION_NAMES[i]), str_eq(or(in->condition, "unusual"), str_of(ALERT_CONDITION_NAMES[i])));
	for (int i = 0; SENSITIVITIES[i]; i++) {
		struct msg m = {.key = "alert_spreads", .n = 1, .args = {{.name = "n", .type = MSG_REAL, .d = i ? i + 3 : 3.5}}};
		customer_option(op, &form->sensitivities, str_of(SENSITIVITIES[i]), i18n_msg(&op->arena, &op->locale, &m), str_eq(or(in->sensitivity, "4"), str_of(SENSITIVITIES[i])));
	}
	TRY(op_query(op, SQL_alert_recipients, DB_ARGS(db_int(rule)), &people));
	for (size_t i = 0; i < people.n; i++) {
		id person = db_rows_id(&people, i, 0);
		customer_option(op, &form->people, id_show(&op->arena, S("per"), person), db_rows_text(&people, i, 1), is_chosen(in, person));
	}
	form->action = rule ? alert__address(op, "alr", rule) : S("/alerts/rules");
	form->is_change = rule != 0;
	form->name.value = or(in->name, "");
	form->limit.value = or(in->limit, "");
	form->question.value = or(in->question, "");
	form->value.value = or(in->value, "");
	form->window_days.value = or(in->window_days, "7");
	form->least_n.value = or(in->least_n, "10");
	form->calm_hours.value = or(in->calm_hours, "24");
	form->is_own = str_eq(or(in->figure, ""), S("own"));
	return OK;
}

/* A rule as it would be sent. */
static enum err input_of(struct op *op, const struct alert_rule *r, struct rule_input *in)
{
	struct db_rows people;
	struct arena *a = &op->arena;
	const struct alert_figure *f = alert__figure(r->figure);
	bool is_unusual = alert__is_unusual(r->condition), is_own = f && f->subject == ALERT_OF_JSON;
	double limit = f && f->unit == ALERT_UNIT_SHARE && !is_unusual ? r->limit * 100 : r->limit;
	str number = str_fmt(a, "%g", limit);
	*in = (struct rule_input){.name = alert__name(op, &op->locale, r->name, r->sample, r->figure, r->subject), .figure = r->subject.n && !is_own ? str_fmt(a, "%.*s|%.*s", STR_ARG(r->figure), STR_ARG(r->subject)) : r->figure,
		.question = is_own ? r->question : S(""), .value = is_own ? r->value : S(""), .condition = str_of(ALERT_CONDITION_NAMES[r->condition]), .limit = is_unusual ? S("") : number,
		.sensitivity = is_unusual ? number : S("4"), .window_days = str_fmt(a, "%lld", (long long)r->window_days), .least_n = str_fmt(a, "%lld", (long long)r->least_n),
		.calm_hours = str_fmt(a, "%lld", (long long)r->calm_hours)};
	TRY(op_query(op, SQL_alert_recipients, DB_ARGS(db_id(r->id)), &people));
	in->people.v = ARENA_ARRAY(a, id, people.n + 1);
	for (size_t i = 0; i < people.n; i++)
		if (db_rows_id(&people, i, 2)) in->people.v[in->people.n++] = db_rows_id(&people, i, 0);
	return OK;
}

/* ---- pages ---- */

static bool has_sample(const struct alert_rule *v, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].sample, str_of(key))) return true;
	return false;
}

static enum err make_rules(struct op *op, const struct rule_input *in, struct rules_page **out)
{
	struct rules_page *page = *out = ARENA_NEW(&op->arena, struct rules_page);
	struct alert_rule *rules;
	size_t n, open = 0;
	TRY(alert__rules(op, &rules, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct alert_rule_row, n + 1);
	page->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		alert__rule_row(op, &rules[i], &page->rows.v[i]);
		open += page->rows.v[i].is_open;
	}
	for (size_t i = 0; i < COUNT_OF(SAMPLES); i++)
		if (!has_sample(rules, n, SAMPLES[i].key)) customer_option(op, &page->samples, str_of(SAMPLES[i].key), i18n_pattern(op->locale.lang, str_of(SAMPLES[i].name)), false);
	page->minutes.value = setting_text(op, SETTING_alert_minutes);
	page->most_a_day.value = setting_text(op, SETTING_alert_most_a_day);
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->finding = n ? msg_int("alert_rules_some", "n", (int64_t)n) : msg_of("alert_rules_none");
	if (n) msg_add(&page->finding, (struct msg_arg){.name = "open", .type = MSG_INT, .i = (int64_t)open});
	return fill_form(op, 0, in, &page->form);
}

static struct rule_input fresh(struct op *op)
{
	struct rule_input in = {0};
	in.people.v = ARENA_ARRAY(&op->arena, id, 1);
	if (op->actor.kind == ACTOR_PERSON) in.people.v[in.people.n++] = op->actor.id;
	return in;
}

enum err alert_rules_get(struct op *op, struct web *w, struct answer *a)
{
	struct rules_page *page;
	struct rule_input in = fresh(op);
	in.figure = web_query(w, "figure");
	TRY(make_rules(op, &in, &page));
	return answer_with(a, &ALERT_RULES_DESC, page);
}

static enum err make_rule(struct op *op, id rule, const struct rule_input *sent, struct rule_page **out)
{
	struct rule_page *page = *out = ARENA_NEW(&op->arena, struct rule_page);
	struct alert_rule r;
	struct rule_input in;
	TRY(alert__rule(op, rule, &r));
	alert__rule_row(op, &r, &page->rule);
	TRY(alert__rows(op, rule, &page->alerts.v, &page->alerts.n));
	if (!sent) TRY(input_of(op, &r, &in));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	return fill_form(op, rule, sent ? sent : &in, &page->form);
}

enum err alert_rule_get(struct op *op, struct web *w, struct answer *a)
{
	struct rule_page *page;
	id rule;
	TRY(web_id(op, w, "id", "alr", &rule));
	TRY(make_rule(op, rule, NULL, &page));
	return answer_with(a, &ALERT_RULE_PAGE_DESC, page);
}

/* ---- what is sent ---- */

static bool read_count(str text, int64_t usual, int64_t least, int64_t most, int64_t *out)
{
	*out = usual;
	return !text.n || (str_i64(text, out) && *out >= least && *out <= most);
}

static void read_limit(const struct rule_input *in, const struct alert_figure *f, struct rule_form *form, struct faults *faults, struct alert_rule *r)
{
	bool is_unusual = alert__is_unusual(r->condition);
	str text = str_trim(is_unusual ? or(in->sensitivity, "4") : or(in->limit, ""));
	if (!text.n) faults_add(faults, "limit", &form->limit, msg_of("fault_required"));
	else if (!str_f64(text, &r->limit) || !isfinite(r->limit) || fabs(r->limit) > 1e15 || (is_unusual && !(r->limit >= 2 && r->limit <= 10)))
		faults_add(faults, is_unusual ? "sensitivity" : "limit", is_unusual ? NULL : &form->limit, msg_of("fault_number"));
	else if (!is_unusual && f->unit == ALERT_UNIT_SHARE) r->limit /= 100;
}

/* It is asked once before it is kept: a question at fault is told now and not by the first check. */
static enum err try_question(struct op *op, const struct alert_figure *f, struct rule_form *form, struct faults *faults, const struct alert_rule *r)
{
	enum { DAY = 86400000 };
	struct alert_reading reading;
	bool is_own = f->subject == ALERT_OF_JSON;
	enum err e = alert__measure(op, f, r->question, r->value, op->now_ms - DAY, op->now_ms, &reading);
	if (e != ERR_INVALID && e != ERR_MALFORMED && e != ERR_TOO_LARGE) return e;
	str why = web_fault_words(op, &op->fault);
	bool is_value = op->fault.n_fields && str_eq(str_of(op->fault.fields[0].name), S("value"));
	fault_clear(&op->fault);
	struct input *in = is_value ? &form->value : &form->question;
	faults_add(faults, !is_own ? "figure" : is_value ? "value" : "question", is_own ? in : NULL, msg_str("alert_fault_question", "why", why));
	return OK;
}

static void read_condition(const struct rule_input *in, struct faults *faults, struct alert_rule *r)
{
	for (r->condition = 0; ALERT_CONDITION_NAMES[r->condition]; r->condition++)
		if (str_eq(or(in->condition, ""), str_of(ALERT_CONDITION_NAMES[r->condition]))) return;
	faults_add(faults, "condition", NULL, msg_of("fault_choice"));
	r->condition = ALERT_ABOVE;
}

static enum err read_rule(struct op *op, const struct rule_input *in, struct rule_form *form, struct faults *faults, struct alert_rule *r)
{
	str subject = or(in->figure, ""), figure = str_cut(&subject, '|');
	const struct alert_figure *f = alert__figure(figure);
	*r = (struct alert_rule){.name = str_trim(form->name.value), .sample = S(""), .figure = figure, .subject = subject.n ? subject : S("")};
	faults_text(faults, "name", &form->name, false, NAME_CHARACTERS);
	read_condition(in, faults, r);
	if (!read_count(in->window_days, 7, 1, WINDOW_MOST, &r->window_days)) faults_add(faults, "window_days", &form->window_days, msg_of("fault_number"));
	if (!read_count(in->least_n, 10, 0, 1000000000, &r->least_n)) faults_add(faults, "least_n", &form->least_n, msg_of("fault_number"));
	if (!read_count(in->calm_hours, 24, 0, CALM_MOST, &r->calm_hours)) faults_add(faults, "calm_hours", &form->calm_hours, msg_of("fault_number"));
	bool needs_subject = f && (f->subject == ALERT_OF_QUESTION || f->subject == ALERT_OF_EVENT || f->subject == ALERT_OF_SEGMENT);
	if (!f || (needs_subject && !r->subject.n)) return faults_add(faults, "figure", NULL, msg_of("fault_choice")), OK;
	read_limit(in, f, form, faults, r);
	bool is_own = f->subject == ALERT_OF_JSON;
	if (f->subject == ALERT_OF_NONE || is_own) r->subject = S("");
	r->question = is_own ? str_trim(form->question.value) : alert__question(op, f, r->subject);
	r->value = is_own ? str_trim(form->value.value) : str_of(f->value);
	if (r->value.n > VALUE_BYTES) faults_add(faults, "value", &form->value, msg_int("fault_too_long", "max", VALUE_BYTES));
	if (is_own && !r->question.n) return faults_add(faults, "question", &form->question, msg_of("fault_required")), OK;
	return try_question(op, f, form, faults, r);
}

static enum err put_people(struct op *op, id rule, const struct rule_input *in)
{
	TRY(op_run(op, SQL_alert_recipient_clear, DB_ARGS(db_id(rule)), NULL));
	for (size_t i = 0; i < in->people.n; i++) TRY(op_run(op, SQL_alert_recipient_add, DB_ARGS(db_id(rule), db_id(in->people.v[i])), NULL));
	return OK;
}

static enum err check_now(struct op *op)
{
	return job_add(op, "alert_check", S("{}"), 0, S("schedule"), NULL);
}

static enum err put_rule(struct op *op, struct alert_rule *r, bool is_new)
{
	if (is_new) {
		r->id = id_new();
		return op_run(op, SQL_alert_rule_add,
			DB_ARGS(db_id(r->id), db_text(r->name), db_text(r->sample), db_text(r->figure), db_text(r->subject), db_text(r->question), db_text(r->value), db_int(r->condition), db_real(r->limit),
				db_int(r->window_days), db_int(r->least_n), db_int(r->calm_hours), db_int(op->now_ms)),
			NULL);
	}
	TRY(op_run(op, SQL_alert_day_forget, DB_ARGS(db_id(r->id), db_int(INT64_MAX)), NULL));
	return op_run(op, SQL_alert_rule_change,
		DB_ARGS(db_id(r->id), db_text(r->name), db_text(r->figure), db_text(r->subject), db_text(r->question), db_text(r->value), db_int(r->condition), db_real(r->limit), db_int(r->window_days),
			db_int(r->least_n), db_int(r->calm_hours), db_int(op->now_ms)),
		NULL);
}

static enum err refuse(struct op *op, struct answer *a, const struct faults *faults, struct rules_page *all, struct rule_page *one)
{
	faults_keep(op, faults, one ? &one->faults.v : &all->faults.v, one ? &one->faults.n : &all->faults.n);
	return one ? answer_refused(op, a, &ALERT_RULE_PAGE_DESC, one) : answer_refused(op, a, &ALERT_RULES_DESC, all);
}

/* rule 0: a new one. Either page is drawn again when something is wrong. */
static enum err save(struct op *op, struct web *w, struct answer *a, id rule)
{
	struct rule_input in;
	struct rules_page *all = NULL;
	struct rule_page *one = NULL;
	struct alert_rule r, old = {0};
	struct faults faults = {0};
	TRY(web_input(op, w, &ALERT_RULE_INPUT_DESC, &in));
	if (rule) TRY(alert__rule(op, rule, &old));
	TRY(rule ? make_rule(op, rule, &in, &one) : make_rules(op, &in, &all));
	TRY(read_rule(op, &in, rule ? &one->form : &all->form, &faults, &r));
	if (!rule && all->rows.n >= RULES_MOST) faults_add(&faults, "", NULL, msg_int("alert_rules_most", "n", RULES_MOST));
	if (faults.n) return refuse(op, a, &faults, all, one);
	r.id = rule;
	if (rule && str_eq(r.name, alert__name(op, &op->locale, S(""), old.sample, old.figure, old.subject))) r.name = S(""); /* not renamed: in every reader's language */
	TRY(put_rule(op, &r, !rule));
	TRY(put_people(op, r.id, &in));
	TRY(audit_write(op, rule ? "alert_rule_changed" : "alert_rule_added", "alert_rule", r.id, STR_NONE, r.name));
	TRY(check_now(op));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, alert__address(op, "alr", r.id));
}

static enum err add_sample(struct op *op, const struct sample *s, str subject)
{
	const struct alert_figure *f = &ALERT_FIGURES[s->figure];
	struct rule_input in = fresh(op);
	struct alert_rule r = {.name = S(""), .sample = str_of(s->key), .figure = str_of(f->key), .subject = subject, .question = alert__question(op, f, subject), .value = str_of(f->value), .condition = s->condition,
		.limit = s->limit, .window_days = s->window_days, .least_n = s->least_n, .calm_hours = 24};
	TRY(put_rule(op, &r, true));
	TRY(put_people(op, r.id, &in));
	return audit_write(op, "alert_rule_added", "alert_rule", r.id, STR_NONE, r.sample);
}

enum err alert_sample_post(struct op *op, struct web *w, struct answer *a)
{
	struct sample_input in;
	struct alert_rule *rules;
	struct feedback_question *questions;
	size_t n, n_questions, added = 0;
	const struct sample *s = NULL;
	TRY(web_input(op, w, &ALERT_SAMPLE_INPUT_DESC, &in));
	for (size_t i = 0; i < COUNT_OF(SAMPLES); i++)
		if (str_eq(in.sample, str_of(SAMPLES[i].key))) s = &SAMPLES[i];
	if (!s) return fail(op, ERR_INVALID, "sample", "there is no such ready-made rule");
	TRY(alert__rules(op, &rules, &n));
	if (has_sample(rules, n, s->key) || n + 1 > RULES_MOST) return fail(op, ERR_CONFLICT, "sample", "is there already, or there are too many rules");
	bool is_of_questions = ALERT_FIGURES[s->figure].subject == ALERT_OF_QUESTION;
	TRY(feedback_questions(op, &questions, &n_questions));
	for (size_t i = 0; is_of_questions && i < n_questions && n + added < RULES_MOST; i++)
		if (str_eq(questions[i].type, str_of(ALERT_FIGURES[s->figure].key))) {
			TRY(add_sample(op, s, questions[i].id));
			added++;
		}
	if (!is_of_questions) {
		TRY(add_sample(op, s, S("")));
		added++;
	}
	TRY(check_now(op));
	a->notice = added ? msg_int("notice_alert_sample", "n", (int64_t)added) : msg_of("notice_alert_sample_none");
	return answer_redirect(a, S("/alerts/rules"));
}

enum err alert_rule_check_post(struct op *op, struct web *w, struct answer *a)
{
	id rule;
	int64_t changed;
	TRY(web_id(op, w, "id", "alr", &rule));
	TRY(op_run(op, SQL_alert_rule_now, DB_ARGS(db_id(rule), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such rule");
	TRY(check_now(op));
	a->notice = msg_of("notice_alert_check");
	return answer_redirect(a, alert__address(op, "alr", rule));
}

enum err alert_limits_post(struct op *op, struct web *w, struct answer *a)
{
	struct limits_input in;
	struct rules_page *page;
	struct rule_input none = fresh(op);
	struct faults faults = {0};
	int64_t minutes, most;
	TRY(web_input(op, w, &ALERT_LIMITS_DESC, &in));
	TRY(make_rules(op, &none, &page));
	page->minutes.value = str_trim(in.minutes);
	page->most_a_day.value = str_trim(in.most_a_day);
	if (!read_count(page->minutes.value, 0, 1, MINUTES_MOST, &minutes)) faults_add(&faults, "minutes", &page->minutes, msg_of("fault_number"));
	if (!read_count(page->most_a_day.value, 0, 1, A_DAY_MOST, &most)) faults_add(&faults, "most_a_day", &page->most_a_day, msg_of("fault_number"));
	if (faults.n) return refuse(op, a, &faults, page, NULL);
	TRY(setting_change(op, SETTING_alert_minutes, page->minutes.value));
	TRY(setting_change(op, SETTING_alert_most_a_day, page->most_a_day.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/alerts/rules"));
}

/* ---- what is alike for all that is edited ---- */

static enum err remove_one(struct op *op, id rule)
{
	alert__tell_pages(op);
	return audit_remove(op, SQL_alert_rule_remove, "alert_rule", rule);
}

static enum err restore_one(struct op *op, id rule)
{
	alert__tell_pages(op);
	return audit_restore(op, SQL_alert_rule_restore, "alert_rule", rule);
}

static const struct edited EDITED = {"alr", "/alerts/rules", "notice_alert_rule_removed", true, remove_one, restore_one, save};

enum err alert_rule_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err alert_rule_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err alert_rule_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err alert_rule_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
