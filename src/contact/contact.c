/* contact.c: what is for ever comes first (address, consent, wishes), then what is open, then what passes with time. */
#include "contact/contact.h"

#include "base/datetime.h"
#include "consent/consent.h"
#include "customer/people.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"

enum { PAST_DAYS = 400, TRAIT_BYTES = 8192, HOLD_AGAIN_HOURS = 12 };

const char *const CONTACT_TOPICS[] = {"surveys", NULL};
const char *const CONTACT_CHANNELS[] = {"email", "sms", "web", NULL};
const char *const CONTACT_REASONS[] = {
	"",
#define CONTACT_REASON(name, doc) #name,
#include "contact_reasons.def"
#undef CONTACT_REASON
	NULL};

static const struct desc_field CAP_FIELDS[] = {
	FIELD(contact_cap, id, DESC_ID, .prefix = "cap"), FIELD(contact_cap, most, DESC_INT), FIELD(contact_cap, days, DESC_INT),
	FIELD(contact_cap, channel, DESC_STR),            FIELD(contact_cap, trait, DESC_STR), FIELD(contact_cap, value, DESC_STR),
};
static const struct desc CAP_DESC = DESC(contact_cap, CAP_FIELDS);

enum err contact_policy_get(struct op *op, struct contact_policy *out)
{
	void *rows;
	*out = (struct contact_policy){.gap_days = setting_int(op->app, SETTING_contact_gap_days), .wait_days = setting_int(op->app, SETTING_contact_wait_days)};
	bool is_set = contact_read_clock(setting_text(op, SETTING_contact_quiet_from), &out->quiet_from_min) && contact_read_clock(setting_text(op, SETTING_contact_quiet_to), &out->quiet_to_min);
	if (!is_set) out->quiet_from_min = out->quiet_to_min = 0;
	TRY(op_structs(op, SQL_contact_caps, DB_NO_ARGS, &CAP_DESC, &rows, &out->n_caps));
	out->caps = rows;
	return OK;
}

/* ---- who it is ---- */

static enum err find_address(struct op *op, const struct contact_ask *ask, struct contact_verdict *out)
{
	static const char *const KINDS[] = {[CONTACT_EMAIL] = "email", [CONTACT_SMS] = "phone"};
	struct db_rows person, address;
	TRY(op_query(op, SQL_contact_person, DB_ARGS(db_id(ask->customer)), &person));
	if (person.n) {
		out->language = db_rows_text(&person, 0, 0);
		out->called = db_rows_text(&person, 0, 1);
	}
	if (ask->channel == CONTACT_WEB) return OK;
	TRY(op_query(op, SQL_contact_address, DB_ARGS(db_id(ask->customer), db_text(str_of(KINDS[ask->channel]))), &address));
	if (!address.n) return OK;
	out->subject = (uint32_t)db_rows_int(&address, 0, 0);
	out->address = db_rows_text(&address, 0, 1);
	return OK;
}

/* A decision needs somebody to be about, also where no address is known. */
static void find_subject(struct op *op, uint32_t number, struct contact_verdict *out)
{
	uint32_t *subjects;
	if (!out->subject && people_subjects(op->app->people, number, &op->arena, &subjects)) out->subject = subjects[0];
}

static bool has_consent(const struct op *op, uint32_t number, int purpose)
{
	uint32_t bit = PURPOSE_BIT(purpose);
	if (people_denied(op->app->people, number) & bit) return false;
	return !(PURPOSES_NEVER_ASSURED & bit) || people_granted(op->app->people, number) & bit;
}

static enum err is_unwanted(struct op *op, const struct contact_ask *ask, bool *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_contact_unwanted, DB_ARGS(db_id(ask->customer)), &rows));
	*out = false;
	for (size_t i = 0; i < rows.n; i++)
		*out |= str_eq(db_rows_text(&rows, i, 0), str_of(CONTACT_TOPICS[ask->topic])) && str_eq(db_rows_text(&rows, i, 1), str_of(CONTACT_CHANNELS[ask->channel]));
	return OK;
}

static enum err find_lasting(struct op *op, const struct contact_ask *ask, uint32_t number, struct contact_verdict *out)
{
	bool is_no = false;
	if (ask->channel != CONTACT_WEB && !str_given(out->address)) out->reason = CONTACT_no_address;
	else if (!has_consent(op, number, ask->purpose)) out->reason = CONTACT_no_consent;
	if (out->reason) return OK;
	TRY(is_unwanted(op, ask, &is_no));
	if (is_no) out->reason = CONTACT_unwanted;
	if (is_no || ask->channel != CONTACT_EMAIL) return OK;
	TRY(mail_has_bounced(op, out->address, &is_no));
	if (is_no) out->reason = CONTACT_bounced;
	return OK;
}

/* ---- caps of some customers, and their clock ---- */

struct traits {
	struct db_rows rows;
};

/* The latest value of a trait, as text; absent when there is none. */
static str trait_of(struct op *op, const struct traits *t, str name)
{
	str found = STR_NONE;
	for (size_t i = 0; i < t->rows.n; i++) {
		const struct json_node *value;
		if (!str_eq(db_rows_text(&t->rows, i, 0), name)) continue;
		if (json_tree(&op->arena, db_rows_text(&t->rows, i, 1), TRAIT_BYTES, &value, NULL) == OK) found = value->type == JSON_STRING ? value->text : value->raw;
	}
	return found;
}

static const struct zone *zone_of(struct op *op, const struct traits *t)
{
	static const char *const NAMES[] = {"timezone", "timeZone", "time_zone"};
	const struct zone *zone = NULL;
	for (size_t i = 0; i < COUNT_OF(NAMES) && !zone; i++) zone = zone_find(trait_of(op, t, str_of(NAMES[i])));
	return zone ? zone : setting_zone(op->app);
}

static struct contact_policy policy_of(struct op *op, const struct contact_policy *p, const struct traits *t)
{
	struct contact_policy own = *p;
	own.caps = ARENA_ARRAY(&op->arena, struct contact_cap, p->n_caps + 1);
	own.n_caps = 0;
	for (size_t i = 0; i < p->n_caps; i++)
		if (!p->caps[i].trait.n || str_eq(trait_of(op, t, p->caps[i].trait), p->caps[i].value)) own.caps[own.n_caps++] = p->caps[i];
	return own;
}

static int channel_of(str name)
{
	for (int i = 0; i < CONTACT_CHANNEL_COUNT; i++)
		if (str_eq(name, str_of(CONTACT_CHANNELS[i]))) return i;
	return CONTACT_EMAIL;
}

static enum err find_passing(struct op *op, const struct contact_policy *p, const struct contact_ask *ask, struct contact_verdict *out)
{
	struct traits traits;
	struct db_rows rows;
	TRY(op_query(op, SQL_contact_traits, DB_ARGS(db_id(ask->customer)), &traits.rows));
	TRY(op_query(op, SQL_contact_past, DB_ARGS(db_id(ask->customer), db_int(op->now_ms - PAST_DAYS * DAY_MS)), &rows));
	struct contact_past *past = ARENA_ARRAY(&op->arena, struct contact_past, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) past[i] = (struct contact_past){db_rows_int(&rows, i, 0), channel_of(db_rows_text(&rows, i, 1))};
	struct contact_policy own = policy_of(op, p, &traits);
	if (ask->channel == CONTACT_WEB) own.quiet_from_min = own.quiet_to_min; /* who is on the page is awake */
	int64_t at = contact_when(&own, ask->channel, past, rows.n, zone_of(op, &traits), op->now_ms, &out->reason);
	if (out->reason) out->wait_until_ms = at;
	return OK;
}

enum err contact_judge(struct op *op, const struct contact_policy *p, const struct contact_ask *ask, struct contact_verdict *out)
{
	static const enum contact_reason REASONS[] = {[CONTACT_HOLD_complaint] = CONTACT_complaint, [CONTACT_HOLD_delivery] = CONTACT_delivery, [CONTACT_HOLD_hardship] = CONTACT_hardship};
	enum contact_hold hold;
	uint32_t number;
	*out = (struct contact_verdict){.address = STR_NONE, .language = STR_NONE, .called = STR_NONE};
	if (!people_find(op->app->people, ask->customer, &number)) return fail(op, ERR_NOT_FOUND, "customer", "there is no such customer");
	TRY(find_address(op, ask, out));
	find_subject(op, number, out);
	TRY(find_lasting(op, ask, number, out));
	if (out->reason) return OK;
	TRY(contact_hold_of(op, ask->customer, ask->about, &hold));
	if (hold) {
		out->reason = REASONS[hold];
		out->wait_until_ms = op->now_ms + HOLD_AGAIN_HOURS * (DAY_MS / 24);
	} else {
		TRY(find_passing(op, p, ask, out));
	}
	if (out->wait_until_ms > ask->since_ms + p->wait_days * DAY_MS) out->wait_until_ms = 0;
	return OK;
}

enum err contact_awake(struct op *op, id customer, int64_t *at_ms)
{
	struct contact_policy p;
	struct traits traits;
	enum contact_reason why;
	TRY(contact_policy_get(op, &p));
	TRY(op_query(op, SQL_contact_traits, DB_ARGS(db_id(customer)), &traits.rows));
	p.gap_days = 0;
	p.n_caps = 0;
	*at_ms = contact_when(&p, CONTACT_EMAIL, NULL, 0, zone_of(op, &traits), op->now_ms, &why);
	return OK;
}

enum err contact_note(struct op *op, const struct contact_ask *ask, uint32_t subject, enum contact_reason reason)
{
	return op_run(op, SQL_contact_add,
	              DB_ARGS(db_id(id_new()), db_int(subject), db_int(op->now_ms), db_text(str_of(CONTACT_TOPICS[ask->topic])), db_text(str_of(CONTACT_CHANNELS[ask->channel])), db_text(ask->what),
	                      db_text(str_of(CONTACT_REASONS[reason]))),
	              NULL);
}

enum err contact_forget_subject(struct op *op, uint32_t subject)
{
	TRY(op_run(op, SQL_contact_remove_subject, DB_ARGS(db_int(subject)), NULL));
	return op_run(op, SQL_contact_preference_remove_subject, DB_ARGS(db_int(subject)), NULL);
}
