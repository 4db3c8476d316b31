/* contact_api.c: the policy as people set it, and what was decided by it. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "contact/contact.h"
#include "customer/customer.h"
#include "http/faults.h"
#include "op/app.h"
#include "setting/setting.h"
#include "setting/setting_pages.h"

enum { GAP_MOST = 365, WAIT_MOST = 90, CAP_MOST = 1000, CAP_DAYS_MOST = 366, CAPS = 20, TRAIT_CHARACTERS = 100, COUNTED_DAYS = 30 };
#define PAGE S("/settings/contact")

struct contact_count {
	str reason;
	struct msg name;
	int64_t customers;
	str address;
};
struct contact_cap_row {
	id id;
	struct msg text;
	str remove;
};
struct contact_settings {
	struct msg finding;
	struct input quiet_from, quiet_to, gap_days, wait_days;
	struct input most, days, trait, value;
	LIST_OF(struct option) channels;
	LIST_OF(struct contact_cap_row) caps;
	LIST_OF(struct contact_count) counts;
	bool may_write, may_see;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field COUNT_FIELDS[] = {
	FIELD(contact_count, reason, DESC_STR, .doc = "of tables/contact_reasons.def; empty: contacted"),
	FIELD(contact_count, name, DESC_MSG),
	FIELD(contact_count, customers, DESC_INT, .doc = "decisions in the last 30 days"),
	FIELD(contact_count, address, DESC_STR),
};
static const struct desc COUNT_DESC = DESC(contact_count, COUNT_FIELDS);
static const struct desc_field CAP_ROW_FIELDS[] = {
	FIELD(contact_cap_row, id, DESC_ID, .prefix = "cap"),
	FIELD(contact_cap_row, text, DESC_MSG),
	FIELD(contact_cap_row, remove, DESC_STR),
};
static const struct desc CAP_ROW_DESC = DESC(contact_cap_row, CAP_ROW_FIELDS);
static const struct desc_field SETTINGS_FIELDS[] = {
	FIELD(contact_settings, finding, DESC_MSG),
	FIELD(contact_settings, quiet_from, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, quiet_to, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, gap_days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, wait_days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, most, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, trait, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, value, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(contact_settings, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(contact_settings, caps, DESC_LIST, .item = DESC_STRUCT, .of = &CAP_ROW_DESC),
	FIELD(contact_settings, counts, DESC_LIST, .item = DESC_STRUCT, .of = &COUNT_DESC),
	FIELD(contact_settings, may_write, DESC_BOOL),
	FIELD(contact_settings, may_see, DESC_BOOL),
	FIELD(contact_settings, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc CONTACT_SETTINGS_DESC = DESC(contact_settings, SETTINGS_FIELDS);

struct contact_settings_input {
	str quiet_from, quiet_to, gap_days, wait_days;
};
static const struct desc_field SETTINGS_INPUT_FIELDS[] = {
	FIELD(contact_settings_input, quiet_from, DESC_STR, .doc = "hour and minute by the customer's clock, such as 21:00"),
	FIELD(contact_settings_input, quiet_to, DESC_STR, .doc = "the same as the beginning: no quiet hours"),
	FIELD(contact_settings_input, gap_days, DESC_STR, .doc = "days at least between two contacts; 0: none"),
	FIELD(contact_settings_input, wait_days, DESC_STR, .doc = "what may not be sent yet waits so long at most; 0: it is not sent"),
};
const struct desc CONTACT_SETTINGS_INPUT_DESC = DESC(contact_settings_input, SETTINGS_INPUT_FIELDS);
struct contact_cap_input {
	str most, days, channel, trait, value;
};
static const struct desc_field CAP_INPUT_FIELDS[] = {
	FIELD(contact_cap_input, most, DESC_STR, .doc = "contacts at most"),
	FIELD(contact_cap_input, days, DESC_STR, .doc = "in so many days"),
	FIELD(contact_cap_input, channel, DESC_STR, .doc = "email, sms or web; empty: all together"),
	FIELD(contact_cap_input, trait, DESC_STR, .doc = "only of customers whose trait has the value; empty: of every customer"),
	FIELD(contact_cap_input, value, DESC_STR),
};
const struct desc CONTACT_CAP_INPUT_DESC = DESC(contact_cap_input, CAP_INPUT_FIELDS);

/* ---- the page ---- */

static str number(struct op *op, int64_t n)
{
	return str_fmt(&op->arena, "%lld", (long long)n);
}

static str clock_text(struct op *op, int64_t minutes)
{
	return str_fmt(&op->arena, "%02d:%02d", (int)(minutes / 60), (int)(minutes % 60));
}

static struct msg reason_name(struct op *op, str reason)
{
	return msg_of(reason.n ? str_c(&op->arena, str_fmt(&op->arena, "contact_reason_%.*s", STR_ARG(reason))) : "contact_made");
}

static struct msg cap_text(struct op *op, const struct contact_cap *cap)
{
	struct msg m = msg_int(cap->trait.n ? "contact_cap_of_trait" : "contact_cap", "most", cap->most);
	str channel = str_fmt(&op->arena, "contact_channel_%.*s", STR_ARG(cap->channel.n ? cap->channel : S("any")));
	msg_add(&m, (struct msg_arg){.name = "days", .type = MSG_INT, .i = cap->days});
	msg_add(&m, (struct msg_arg){.name = "channel", .type = MSG_KEY, .s = channel});
	if (!cap->trait.n) return m;
	msg_add(&m, (struct msg_arg){.name = "trait", .type = MSG_STR, .s = cap->trait});
	msg_add(&m, (struct msg_arg){.name = "value", .type = MSG_STR, .s = cap->value});
	return m;
}

static enum err add_counts(struct op *op, struct contact_settings *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_contact_counts, DB_ARGS(db_int(op->now_ms - COUNTED_DAYS * DAY_MS)), &rows));
	page->counts.v = ARENA_ARRAY(&op->arena, struct contact_count, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		str reason = db_rows_text(&rows, i, 0);
		page->counts.v[page->counts.n++] = (struct contact_count){reason, reason_name(op, reason), db_rows_int(&rows, i, 1), str_fmt(&op->arena, "/contacts?reason=%.*s", STR_ARG(reason))};
	}
	return OK;
}

static void add_channels(struct op *op, struct contact_settings *page)
{
	page->channels.v = ARENA_ARRAY(&op->arena, struct option, CONTACT_CHANNEL_COUNT + 1);
	page->channels.v[page->channels.n++] = (struct option){S(""), i18n_pattern(op->locale.lang, S("contact_channel_any")), true};
	for (int i = 0; i < CONTACT_CHANNEL_COUNT; i++) {
		str name = str_of(CONTACT_CHANNELS[i]);
		page->channels.v[page->channels.n++] = (struct option){name, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "contact_channel_%.*s", STR_ARG(name))), false};
	}
}

static enum err make_page(struct op *op, struct contact_settings **out)
{
	struct contact_settings *page = ARENA_NEW(&op->arena, struct contact_settings);
	struct contact_policy policy;
	TRY(contact_policy_get(op, &policy));
	page->finding = policy.quiet_from_min == policy.quiet_to_min ? msg_int("contact_finding_awake", "days", policy.gap_days) : msg_int("contact_finding", "days", policy.gap_days);
	page->quiet_from.value = clock_text(op, policy.quiet_from_min);
	page->quiet_to.value = clock_text(op, policy.quiet_to_min);
	msg_add(&page->finding, (struct msg_arg){.name = "from", .type = MSG_STR, .s = page->quiet_from.value});
	msg_add(&page->finding, (struct msg_arg){.name = "to", .type = MSG_STR, .s = page->quiet_to.value});
	page->gap_days.value = number(op, policy.gap_days);
	page->wait_days.value = number(op, policy.wait_days);
	page->caps.v = ARENA_ARRAY(&op->arena, struct contact_cap_row, policy.n_caps + 1);
	for (size_t i = 0; i < policy.n_caps; i++) {
		str shown = id_show(&op->arena, S("cap"), policy.caps[i].id);
		page->caps.v[page->caps.n++] = (struct contact_cap_row){policy.caps[i].id, cap_text(op, &policy.caps[i]), str_fmt(&op->arena, "/settings/contact/caps/%.*s/remove", STR_ARG(shown))};
	}
	add_channels(op, page);
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->may_see = op_may(op, PERM_READ_CUSTOMERS);
	*out = page;
	return add_counts(op, page);
}

enum err contact_settings_get(struct op *op, struct web *w, struct answer *a)
{
	struct contact_settings *page;
	(void)w;
	TRY(make_page(op, &page));
	return answer_with(a, &CONTACT_SETTINGS_DESC, page);
}

/* ---- changes ---- */

static void check_number(struct faults *f, const char *field, struct input *in, int64_t least, int64_t most, int64_t *out)
{
	if (!str_i64(str_trim(in->value), out) || *out < least || *out > most) faults_add(f, field, in, msg_of("fault_number"));
}

static void check_clock(struct faults *f, const char *field, struct input *in)
{
	int64_t minutes;
	if (!contact_read_clock(str_trim(in->value), &minutes)) faults_add(f, field, in, msg_of("contact_fault_clock"));
}

static str given(str text)
{
	return str_given(text) ? str_trim(text) : S("");
}

static enum err refuse(struct op *op, struct answer *a, struct contact_settings *page, const struct faults *f)
{
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	return answer_refused(op, a, &CONTACT_SETTINGS_DESC, page);
}

enum err contact_settings_post(struct op *op, struct web *w, struct answer *a)
{
	struct contact_settings_input in;
	struct contact_settings *page;
	struct faults f = {0};
	int64_t n;
	TRY(web_input(op, w, &CONTACT_SETTINGS_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	page->quiet_from.value = given(in.quiet_from);
	page->quiet_to.value = given(in.quiet_to);
	page->gap_days.value = given(in.gap_days);
	page->wait_days.value = given(in.wait_days);
	check_clock(&f, "quiet_from", &page->quiet_from);
	check_clock(&f, "quiet_to", &page->quiet_to);
	check_number(&f, "gap_days", &page->gap_days, 0, GAP_MOST, &n);
	check_number(&f, "wait_days", &page->wait_days, 0, WAIT_MOST, &n);
	if (f.n) return refuse(op, a, page, &f);
	TRY(setting_change(op, SETTING_contact_quiet_from, page->quiet_from.value));
	TRY(setting_change(op, SETTING_contact_quiet_to, page->quiet_to.value));
	TRY(setting_change(op, SETTING_contact_gap_days, page->gap_days.value));
	TRY(setting_change(op, SETTING_contact_wait_days, page->wait_days.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, PAGE);
}

static bool is_channel(str name)
{
	for (int i = 0; i < CONTACT_CHANNEL_COUNT; i++)
		if (str_eq(name, str_of(CONTACT_CHANNELS[i]))) return true;
	return !name.n;
}

enum err contact_cap_post(struct op *op, struct web *w, struct answer *a)
{
	struct contact_cap_input in;
	struct contact_settings *page;
	struct contact_cap cap = {.id = id_new()};
	struct faults f = {0};
	TRY(web_input(op, w, &CONTACT_CAP_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	page->most.value = given(in.most);
	page->days.value = given(in.days);
	page->trait.value = given(in.trait);
	page->value.value = given(in.value);
	cap.channel = given(in.channel);
	for (size_t i = 0; i < page->channels.n; i++) page->channels.v[i].is_selected = str_eq(page->channels.v[i].value, cap.channel);
	check_number(&f, "most", &page->most, 1, CAP_MOST, &cap.most);
	check_number(&f, "days", &page->days, 1, CAP_DAYS_MOST, &cap.days);
	(void)faults_text(&f, "trait", &page->trait, page->value.value.n > 0, TRAIT_CHARACTERS);
	(void)faults_text(&f, "value", &page->value, page->trait.value.n > 0, TRAIT_CHARACTERS);
	if (!is_channel(cap.channel)) faults_add(&f, "channel", NULL, msg_of("fault_choice"));
	if (page->caps.n >= CAPS) faults_add(&f, "most", &page->most, msg_of("contact_fault_caps"));
	if (f.n) return refuse(op, a, page, &f);
	cap.trait = page->trait.value;
	cap.value = page->value.value;
	TRY(op_run(op, SQL_contact_cap_add, DB_ARGS(db_id(cap.id), db_int(cap.most), db_int(cap.days), db_text(cap.channel), db_text(cap.trait), db_text(cap.value), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "contact_cap_added", "", 0, STR_NONE, str_fmt(&op->arena, "%lld / %lld d", (long long)cap.most, (long long)cap.days)));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, PAGE);
}

enum err contact_cap_remove_post(struct op *op, struct web *w, struct answer *a)
{
	id cap;
	int64_t removed;
	TRY(web_id(op, w, "id", "cap", &cap));
	TRY(op_run(op, SQL_contact_cap_remove, DB_ARGS(db_id(cap)), &removed));
	if (!removed) return fail(op, ERR_NOT_FOUND, "id", "there is no such cap");
	TRY(audit_write(op, "contact_cap_removed", "", 0, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, PAGE);
}

/* ---- what was decided ---- */

struct contact_decision {
	int64_t at;
	str person, address, what, reason;
	struct msg name, channel;
};
struct contact_decisions {
	struct msg finding;
	LIST_OF(struct option) reasons;
	LIST_OF(struct contact_decision) rows;
};
static const struct desc_field DECISION_FIELDS[] = {
	FIELD(contact_decision, at, DESC_TIME),
	FIELD(contact_decision, person, DESC_STR),
	FIELD(contact_decision, address, DESC_STR),
	FIELD(contact_decision, channel, DESC_MSG),
	FIELD(contact_decision, what, DESC_STR),
	FIELD(contact_decision, reason, DESC_STR),
	FIELD(contact_decision, name, DESC_MSG),
};
static const struct desc DECISION_DESC = DESC(contact_decision, DECISION_FIELDS);
static const struct desc_field DECISIONS_FIELDS[] = {
	FIELD(contact_decisions, finding, DESC_MSG),
	FIELD(contact_decisions, reasons, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(contact_decisions, rows, DESC_LIST, .item = DESC_STRUCT, .of = &DECISION_DESC, .doc = "the latest 100"),
};
const struct desc CONTACT_DECISIONS_DESC = DESC(contact_decisions, DECISIONS_FIELDS);

static struct contact_decision decision_of(struct op *op, const struct db_rows *rows, size_t i)
{
	str channel = str_fmt(&op->arena, "contact_channel_%.*s", STR_ARG(db_rows_text(rows, i, 2))), reason = db_rows_text(rows, i, 4);
	return (struct contact_decision){.at = db_rows_int(rows, i, 0), .person = db_rows_text(rows, i, 6), .address = customer_address(op, db_rows_id(rows, i, 5)), .what = db_rows_text(rows, i, 3),
	                                 .reason = reason, .name = reason_name(op, reason), .channel = msg_of(str_c(&op->arena, channel))};
}

enum err contact_decisions_get(struct op *op, struct web *w, struct answer *a)
{
	struct contact_decisions *page = ARENA_NEW(&op->arena, struct contact_decisions);
	struct db_rows rows;
	str wanted = web_query(w, "reason");
	bool is_all = !str_given(wanted) || str_eq(wanted, S("any"));
	TRY(op_query(op, SQL_contact_latest, DB_ARGS(db_int(op->now_ms - COUNTED_DAYS * DAY_MS), db_text(is_all ? STR_NONE : wanted)), &rows));
	page->finding = msg_int("contact_decisions_finding", "n", (int64_t)rows.n);
	page->reasons.v = ARENA_ARRAY(&op->arena, struct option, CONTACT_REASON_COUNT + 1);
	page->reasons.v[page->reasons.n++] = (struct option){S("any"), i18n_pattern(op->locale.lang, S("contact_every")), is_all};
	for (int i = 0; i < CONTACT_REASON_COUNT; i++) {
		str name = str_of(CONTACT_REASONS[i]);
		struct msg label = reason_name(op, name);
		page->reasons.v[page->reasons.n++] = (struct option){name, i18n_msg(&op->arena, &op->locale, &label), !is_all && str_eq(wanted, name)};
	}
	page->rows.v = ARENA_ARRAY(&op->arena, struct contact_decision, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) page->rows.v[page->rows.n++] = decision_of(op, &rows, i);
	return answer_with(a, &CONTACT_DECISIONS_DESC, page);
}
