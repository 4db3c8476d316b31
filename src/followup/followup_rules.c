/* followup_rules.c: the rules' page: what makes a follow-up, whose it is, when it is due; switched on and off; and what a rule would
 * have made of what is there already (look back). */
#include <math.h>

#include "audit/audit.h"
#include "customer/customer.h"
#include "followup/followup_inner.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "jobs/jobs.h"
#include "op/app.h"
#include "setting/setting.h"

enum { NAME_CHARACTERS = 100, EVENTS_BYTES = 4000, CONDITION_BYTES = 20000, MOST_HOURS = 24 * 90, MOST_A_DAY = 1000, MOST_BACK_DAYS = 3660 };
static const double MOST_FACTOR = 100;

struct rule_row {
	struct followup_rule rule;
	str address;
	struct msg says, terms;
	bool is_silence, is_sample;
	LIST_OF(struct option) owners;
	str factor;
};
static const struct desc_field RULE_FIELDS[] = {
	FIELD(followup_rule, id, DESC_ID, .prefix = "fur"),
	FIELD(followup_rule, name, DESC_STR),
	FIELD(followup_rule, kind, DESC_ENUM, .names = FOLLOWUP_KIND_NAMES, .prefix = "followup_kind"),
	FIELD(followup_rule, events, DESC_STR, .doc = "names of touchpoints, a line each"),
	FIELD(followup_rule, condition, DESC_STR, .doc = "JSON, of the touchpoint alone"),
	FIELD(followup_rule, owner, DESC_ID, .prefix = "per"),
	FIELD(followup_rule, owner_role, DESC_STR),
	FIELD(followup_rule, due_hours, DESC_INT),
	FIELD(followup_rule, most_a_day, DESC_INT),
	FIELD(followup_rule, is_on, DESC_BOOL),
	FIELD(followup_rule, held_back, DESC_INT, .doc = "since it was switched on, past the most of a day"),
	FIELD(followup_rule, open_n, DESC_INT),
	FIELD(followup_rule, n, DESC_INT),
};
static const struct desc RULE_DESC = DESC(followup_rule, RULE_FIELDS);
static const struct desc_field ROW_FIELDS[] = {
	FIELD(rule_row, rule, DESC_STRUCT, .of = &RULE_DESC),
	FIELD(rule_row, address, DESC_STR),
	FIELD(rule_row, says, DESC_MSG),
	FIELD(rule_row, terms, DESC_MSG),
	FIELD(rule_row, is_silence, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(rule_row, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(rule_row, factor, DESC_STR, .doc = "of a silence: so many times the usual gap"),
};
static const struct desc ROW_DESC = {"followup_rule_row", sizeof(struct rule_row), ROW_FIELDS, COUNT_OF(ROW_FIELDS)};

struct letter_row {
	str language, own_name, dir, subject, text;
};
static const struct desc_field LETTER_FIELDS[] = {
	FIELD(letter_row, language, DESC_STR),
	FIELD(letter_row, own_name, DESC_STR),
	FIELD(letter_row, dir, DESC_STR),
	FIELD(letter_row, subject, DESC_STR),
	FIELD(letter_row, text, DESC_STR),
};
static const struct desc LETTER_DESC = {"followup_letter", sizeof(struct letter_row), LETTER_FIELDS, COUNT_OF(LETTER_FIELDS)};

struct rules_page {
	struct msg finding;
	bool may_write;
	LIST_OF(struct rule_row) rows;
	struct rule_row fresh;
	LIST_OF(struct option) kinds;
	struct input name, events, condition;
	LIST_OF(struct letter_row) letters;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(rules_page, finding, DESC_MSG),
	FIELD(rules_page, may_write, DESC_BOOL),
	FIELD(rules_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(rules_page, fresh, DESC_STRUCT, .of = &ROW_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(rules_page, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(rules_page, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rules_page, events, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rules_page, condition, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(rules_page, letters, DESC_LIST, .item = DESC_STRUCT, .of = &LETTER_DESC),
	FIELD(rules_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc FOLLOWUP_RULES_DESC = {"followup_rules", sizeof(struct rules_page), PAGE_FIELDS, COUNT_OF(PAGE_FIELDS)};

struct rule_input {
	str name, kind, events, condition, factor, owner, due_hours, most_a_day;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(rule_input, name, DESC_STR, .doc = "empty: the sample's own"),
	FIELD(rule_input, kind, DESC_STR, .doc = "touchpoint (else) or silence"),
	FIELD(rule_input, events, DESC_STR, .max = EVENTS_BYTES, .doc = "names of touchpoints, a line each"),
	FIELD(rule_input, condition, DESC_STR, .max = CONDITION_BYTES, .doc = "JSON, of the touchpoint alone; answer:type is nps, csat or ces; text:sentiment, text:topics, text:emotion, text:effort, text:urgency, text:request and text:language are how its text stands"),
	FIELD(rule_input, factor, DESC_STR, .doc = "of a silence: so many times the usual gap between orders"),
	FIELD(rule_input, owner, DESC_STR, .doc = "id of a person, or role:agent: those of a role by turns; empty: nobody"),
	FIELD(rule_input, due_hours, DESC_STR),
	FIELD(rule_input, most_a_day, DESC_STR),
};
const struct desc FOLLOWUP_RULE_INPUT_DESC = {"followup_rule_input", sizeof(struct rule_input), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};
struct back_input {
	str days;
};
static const struct desc_field BACK_FIELDS[] = {FIELD(back_input, days, DESC_STR, .flags = DESC_REQUIRED, .doc = "so many days back, 1 to 3660")};
const struct desc FOLLOWUP_BACK_DESC = {"followup_back", sizeof(struct back_input), BACK_FIELDS, COUNT_OF(BACK_FIELDS)};

/* ---- the page ---- */

static enum err fill_owners(struct op *op, struct rule_row *row)
{
	static const enum role roles[] = {ROLE_AGENT, ROLE_MANAGER, ROLE_OWNER};
	struct option *people;
	size_t n;
	TRY(followup__owners(op, row->rule.owner, &people, &n));
	bool is_nobody = !row->rule.owner && !row->rule.owner_role.n;
	for (size_t i = 0; i < n; i++) customer_option(op, &row->owners, people[i].value, people[i].label, i ? people[i].is_selected : is_nobody);
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		str role = str_of(ROLES[roles[i]]);
		struct msg m = {.key = "followup_by_turns", .n = 1, .args = {{.name = "role", .type = MSG_KEY, .s = str_fmt(&op->arena, "role_%.*s", STR_ARG(role))}}};
		customer_option(op, &row->owners, str_fmt(&op->arena, "role:%.*s", STR_ARG(role)), i18n_msg(&op->arena, &op->locale, &m), str_eq(role, row->rule.owner_role));
	}
	return OK;
}

static enum err fill_row(struct op *op, const struct followup_rule *r, struct rule_row *row)
{
	*row = (struct rule_row){.rule = *r, .is_silence = r->kind == FOLLOWUP_OF_SILENCE};
	row->address = str_fmt(&op->arena, "/follow-ups/rules/%.*s", STR_ARG(id_show(&op->arena, S("fur"), r->id)));
	row->factor = isnan(r->silence_factor) ? S("3") : str_fmt(&op->arena, "%g", r->silence_factor);
	row->says = r->is_on ? msg_int("followup_rule_on", "n", r->open_n) : msg_of("followup_rule_off");
	if (r->is_on) msg_add(&row->says, (struct msg_arg){.name = "held", .type = MSG_INT, .i = r->held_back});
	TRY(fill_owners(op, row));
	str owner = row->owners.v[0].label;
	for (size_t i = 0; i < row->owners.n; i++)
		if (row->owners.v[i].is_selected) owner = row->owners.v[i].label;
	row->terms = msg_str("followup_rule_terms", "owner", owner);
	msg_add(&row->terms, (struct msg_arg){.name = "hours", .type = MSG_INT, .i = r->due_hours});
	msg_add(&row->terms, (struct msg_arg){.name = "most", .type = MSG_INT, .i = r->most_a_day});
	return OK;
}

static enum err fill_letters(struct op *op, struct rules_page *page)
{
	struct db_rows r;
	str organisation = setting_text(op, SETTING_organisation);
	page->letters.v = ARENA_ARRAY(&op->arena, struct letter_row, 16);
	for (size_t i = 0; lang_at(i) && i < 16; i++) {
		const struct lang *lang = lang_at(i);
		struct locale l = op->locale;
		l.lang = lang;
		struct msg subject = msg_str("followup_letter_subject", "organisation", organisation), text = msg_str("followup_letter_text", "organisation", organisation.n ? organisation : S("Hospes"));
		TRY(op_query(op, SQL_followup_letter, DB_ARGS(db_text(lang_code(lang))), &r));
		page->letters.v[page->letters.n++] = (struct letter_row){lang_code(lang), lang_own_name(lang), lang_is_rtl(lang) ? S("rtl") : S("ltr"),
			r.n ? db_rows_text(&r, 0, 0) : i18n_msg(&op->arena, &l, &subject), r.n ? db_rows_text(&r, 0, 1) : i18n_msg(&op->arena, &l, &text)};
	}
	return OK;
}

static enum err make_page(struct op *op, struct rules_page **out)
{
	struct rules_page *page = *out = ARENA_NEW(&op->arena, struct rules_page);
	struct followup_rule *rules;
	struct followup_rule fresh = {.owner_role = S("agent"), .due_hours = 48, .most_a_day = 50, .silence_factor = NAN};
	size_t n, on = 0;
	TRY(followup__rules(op, &rules, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct rule_row, n + 1);
	page->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		TRY(fill_row(op, &rules[i], &page->rows.v[i]));
		on += rules[i].is_on;
	}
	TRY(fill_row(op, &fresh, &page->fresh));
	page->fresh.address = S("/follow-ups/rules");
	for (int i = 0; FOLLOWUP_KIND_NAMES[i]; i++) {
		struct msg m = msg_of(str_fmt(&op->arena, "followup_kind_%s", FOLLOWUP_KIND_NAMES[i]).p);
		customer_option(op, &page->kinds, str_of(FOLLOWUP_KIND_NAMES[i]), i18n_msg(&op->arena, &op->locale, &m), i == 0);
	}
	TRY(fill_letters(op, page));
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->finding = on ? msg_int("followup_rules_on", "n", (int64_t)on) : msg_of("followup_rules_none");
	return OK;
}

enum err followup_rules_get(struct op *op, struct web *w, struct answer *a)
{
	struct rules_page *page;
	(void)w;
	TRY(make_page(op, &page));
	return answer_with(a, &FOLLOWUP_RULES_DESC, page);
}

/* ---- saving ---- */

static bool in_range(str text, int64_t otherwise, int64_t most, int64_t *out)
{
	*out = otherwise;
	return !text.n || (str_i64(text, out) && *out >= 1 && *out <= most);
}

static bool read_owner(struct op *op, str text, struct followup_rule *r)
{
	enum { MOST_ROLES = 5 };
	struct option *v;
	size_t n;
	str rest = text;
	r->owner = 0;
	r->owner_role = STR_NONE;
	if (!text.n) return true;
	if (str_eq(str_cut(&rest, ':'), S("role"))) {
		r->owner_role = rest;
		for (int i = ROLE_AGENT; i < MOST_ROLES; i++)
			if (str_eq(rest, str_of(ROLES[i]))) return true;
		return false;
	}
	if (!id_read(S("per"), text, &r->owner) || followup__owners(op, r->owner, &v, &n) != OK) return false;
	for (size_t i = 1; i < n; i++)
		if (v[i].is_selected) return true;
	return false;
}

static enum err check_condition(struct op *op, const struct rule_input *in, struct faults *f, struct input *field)
{
	const struct query_condition *c;
	struct fault fault = {0};
	if (query_body_condition(&op->arena, setting_zone(op->app), in->condition, &c, &fault) == OK) return OK;
	faults_add(f, "condition", field, msg_str("followup_fault_condition", "why", web_fault_words(op, &fault)));
	return OK;
}

static enum err read_rule(struct op *op, const struct rule_input *in, struct rules_page *page, struct faults *f, struct followup_rule *r)
{
	double factor = NAN;
	bool is_silence = str_eq(in->kind, S("silence"));
	page->name.value = in->name;
	page->events.value = in->events;
	page->condition.value = in->condition;
	*r = (struct followup_rule){.name = str_trim(in->name), .kind = is_silence, .events = is_silence || !in->events.n ? S("") : str_trim(in->events), .condition = is_silence || !in->condition.n ? S("") : str_trim(in->condition), .silence_factor = NAN};
	if (!r->name.n) r->name = S("");
	if (in->kind.n && !is_silence && !str_eq(in->kind, S("touchpoint"))) faults_add(f, "kind", NULL, msg_of("fault_choice"));
	if (!is_silence && !r->events.n) faults_add(f, "events", &page->events, msg_of("fault_required"));
	if (!is_silence) TRY(check_condition(op, in, f, &page->condition));
	if (is_silence && (!str_f64(in->factor.n ? in->factor : S("3"), &factor) || !(factor >= 1 && factor <= MOST_FACTOR))) faults_add(f, "factor", NULL, msg_of("fault_number"));
	if (is_silence) r->silence_factor = factor;
	if (!read_owner(op, in->owner, r)) faults_add(f, "owner", NULL, msg_of("fault_choice"));
	if (!in_range(in->due_hours, 48, MOST_HOURS, &r->due_hours)) faults_add(f, "due_hours", NULL, msg_of("fault_number"));
	if (!in_range(in->most_a_day, 50, MOST_A_DAY, &r->most_a_day)) faults_add(f, "most_a_day", NULL, msg_of("fault_number"));
	return OK;
}

static enum err refuse(struct op *op, struct answer *a, struct rules_page *page, const struct faults *f)
{
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &FOLLOWUP_RULES_DESC, page);
}

static struct db_val real(double d)
{
	return isnan(d) ? db_null() : db_real(d);
}

static enum err saved(struct op *op, struct answer *a, const char *what, id rule)
{
	TRY(audit_write(op, what, "followup_rule", rule, STR_NONE, STR_NONE));
	followup__reload_after(op);
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/follow-ups/rules"));
}

enum err followup_rule_post(struct op *op, struct web *w, struct answer *a)
{
	struct rule_input in;
	struct rules_page *page;
	struct followup_rule r;
	struct faults f = {0};
	TRY(web_input(op, w, &FOLLOWUP_RULE_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	TRY(read_rule(op, &in, page, &f, &r));
	faults_text(&f, "name", &page->name, true, NAME_CHARACTERS);
	if (f.n) return refuse(op, a, page, &f);
	r.id = id_new();
	TRY(op_run(op, SQL_followup_rule_add,
	           DB_ARGS(db_id(r.id), db_text(r.name), db_int(r.kind), db_text(r.events), db_text(r.condition), real(r.silence_factor), db_id(r.owner), db_text(r.owner_role), db_int(r.due_hours), db_int(r.most_a_day), db_int(op->now_ms)),
	           NULL));
	return saved(op, a, "followup_rule_added", r.id);
}

enum err followup_rule_change_post(struct op *op, struct web *w, struct answer *a)
{
	struct rule_input in;
	struct rules_page *page;
	struct followup_rule r, old;
	struct faults f = {0};
	id rule;
	TRY(web_id(op, w, "id", "fur", &rule));
	TRY(followup__rule(op, rule, &old));
	TRY(web_input(op, w, &FOLLOWUP_RULE_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	TRY(read_rule(op, &in, page, &f, &r));
	if (!old.sample.n) faults_text(&f, "name", &page->name, true, NAME_CHARACTERS);
	if (old.sample.n && str_eq(r.name, old.name)) r.name = S(""); /* still the sample's, in every reader's language */
	if (f.n) return refuse(op, a, page, &f);
	TRY(op_run(op, SQL_followup_rule_change,
	           DB_ARGS(db_id(rule), db_text(r.name), db_int(r.kind), db_text(r.events), db_text(r.condition), real(r.silence_factor), db_id(r.owner), db_text(r.owner_role), db_int(r.due_hours), db_int(r.most_a_day), db_int(op->now_ms)),
	           NULL));
	return saved(op, a, "followup_rule_changed", rule);
}

static enum err turn(struct op *op, const struct web *w, struct answer *a, bool is_on)
{
	id rule;
	struct followup_rule r;
	TRY(web_id(op, w, "id", "fur", &rule));
	TRY(followup__rule(op, rule, &r));
	TRY(op_run(op, SQL_followup_rule_turn_on, DB_ARGS(db_id(rule), db_bool(is_on), db_int(op->now_ms)), NULL));
	if (is_on && r.kind == FOLLOWUP_OF_SILENCE) TRY(job_add(op, "followup_silence", S("{}"), 0, S("schedule"), NULL));
	return saved(op, a, is_on ? "followup_rule_on" : "followup_rule_off", rule);
}

enum err followup_rule_on_post(struct op *op, struct web *w, struct answer *a)
{
	return turn(op, w, a, true);
}

enum err followup_rule_off_post(struct op *op, struct web *w, struct answer *a)
{
	return turn(op, w, a, false);
}

enum err followup_rule_back_post(struct op *op, struct web *w, struct answer *a)
{
	struct back_input in;
	struct followup_rule r;
	int64_t days;
	id rule;
	TRY(web_id(op, w, "id", "fur", &rule));
	TRY(web_input(op, w, &FOLLOWUP_BACK_DESC, &in));
	TRY(followup__rule(op, rule, &r));
	if (!str_i64(in.days, &days) || days < 1 || days > MOST_BACK_DAYS) return fail(op, ERR_INVALID, "days", "1 to %d", MOST_BACK_DAYS);
	if (r.kind == FOLLOWUP_OF_SILENCE) return fail(op, ERR_STATE, "id", "a silence is looked for by itself");
	str shown = id_show(&op->arena, S("fur"), rule);
	TRY(job_add(op, "followup_back", str_fmt(&op->arena, "{\"rule\":\"%.*s\",\"days\":%lld}", STR_ARG(shown), (long long)days), 0, shown, NULL));
	TRY(audit_write(op, "followup_looked_back", "followup_rule", rule, STR_NONE, in.days));
	a->notice = msg_int("notice_followup_back", "n", r.most_a_day);
	return answer_redirect(a, S("/follow-ups"));
}

/* ---- what is alike for all that is edited ---- */

static enum err remove_rule(struct op *op, id rule)
{
	followup__reload_after(op);
	return audit_remove(op, SQL_followup_rule_remove, "followup_rule", rule);
}

static enum err restore_rule(struct op *op, id rule)
{
	return audit_restore(op, SQL_followup_rule_restore, "followup_rule", rule);
}

static const struct edited EDITED = {"fur", "/follow-ups/rules", "notice_followup_rule_removed", false, remove_rule, restore_rule, NULL};

enum err followup_rule_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err followup_rule_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
