/* What people change on a profile. Names and consent are written for the customer's subjects, so that they follow an undone
 * join; a contact written down by hand goes the way of every touchpoint. */
#include "customer/change.h"

#include "audit/audit.h"
#include "collect/appliers.h"
#include "collect/collect.h"
#include "collect/intake.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "customer/derive.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "http/http.h"
#include "json/json.h"
#include "op/app.h"
#include "setting/setting.h"

enum { CATCH_UP_MS = 5000, NAME_BYTES = 800, WORDING_BYTES = 2000, TEXT_BYTES = 16000, BODY_BYTES = 65536 };
#define HAND_SOURCE S("Hospes")

static const struct desc_field NAMES_FIELDS[] = {
	FIELD(names_input, wanted, DESC_STR, .max = NAME_BYTES),
	FIELD(names_input, given, DESC_STR, .max = NAME_BYTES),
	FIELD(names_input, family, DESC_STR, .max = NAME_BYTES),
	FIELD(names_input, order, DESC_STR, .max = 20, .doc = "auto, given-first or family-first"),
};
const struct desc NAMES_INPUT_DESC = DESC(names_input, NAMES_FIELDS);
static const struct desc_field CONSENT_FIELDS[] = {
	FIELD(consent_input, state, DESC_STR, .flags = DESC_REQUIRED, .max = 10, .doc = "granted or denied"),
	FIELD(consent_input, wording, DESC_STR, .max = WORDING_BYTES, .doc = "what the customer was asked or said"),
};
const struct desc CONSENT_INPUT_DESC = DESC(consent_input, CONSENT_FIELDS);
static const struct desc_field TOUCHPOINT_FIELDS[] = {
	FIELD(touchpoint_input, channel, DESC_STR, .flags = DESC_REQUIRED, .max = 20, .doc = "telephone, shop, letter, email or visit"),
	FIELD(touchpoint_input, family, DESC_STR, .max = 20),
	FIELD(touchpoint_input, outcome, DESC_STR, .max = 20),
	FIELD(touchpoint_input, mood, DESC_STR, .max = 20),
	FIELD(touchpoint_input, text, DESC_STR, .max = TEXT_BYTES),
};
const struct desc TOUCHPOINT_INPUT_DESC = DESC(touchpoint_input, TOUCHPOINT_FIELDS);
static const struct desc_field JOIN_FIELDS[] = {
	FIELD(join_input, other, DESC_STR, .max = 600, .doc = "id or identity (kind:value) of the other profile"),
};
const struct desc JOIN_INPUT_BY_HAND_DESC = DESC(join_input, JOIN_FIELDS);

/* ---- holding people still ---- */

static void note_commit(void *arg)
{
	((struct customer_hold *)arg)->is_committed = true;
}

static void read_again(struct app *app)
{
	struct op again;
	op_init(&again, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	(void)op_end(&again, people_reload(&again, app->people)); /* logged there; the next writer tries again */
	op_release(&again);
}

static void let_go(void *arg)
{
	struct customer_hold *hold = arg;
	struct app *app = hold->op->app;
	if (hold->is_dirty && !hold->is_committed) read_again(app);
	people_unlock(app->people);
}

struct customer_hold *customer_hold(struct op *op)
{
	struct customer_hold *hold = ARENA_NEW(&op->arena, struct customer_hold);
	hold->op = op;
	if (op->app->appliers) appliers_catch_up(op->app, CATCH_UP_MS);
	people_lock(op->app->people);
	if (people_is_torn(op->app->people)) read_again(op->app);
	op_defer(op, let_go, hold);
	op_after_commit(op, note_commit, hold);
	return hold;
}

struct told {
	struct app *app;
	str topic;
};

static void publish(void *arg)
{
	struct told *t = arg;
	if (t->app->http) http_publish(t->app->http, t->topic);
}

void customer_tell(struct op *op, id customer)
{
	struct told *t = ARENA_NEW(&op->arena, struct told);
	str shown = id_show(&op->arena, S("cus"), customer);
	*t = (struct told){op->app, str_fmt(&op->arena, "customer:%.*s", STR_ARG(shown))};
	op_after_commit(op, publish, t);
}

/* Who did it, as colleagues know them. */
static str doer(const struct op *op, const struct web *w)
{
	if (w && w->person_name.n) return w->person_name;
	return op->actor.name.n ? op->actor.name : S("Hospes");
}

/* The customer of the address, as it is now: a joined one's successor. */
static enum err open_named(struct op *op, const struct web *w, id *customer, uint32_t *number)
{
	id into;
	TRY(web_id(op, w, "id", "cus", customer));
	TRY(customer_open(op, *customer, number, &into));
	if (into) *customer = into;
	return OK;
}

static enum err redrawn(struct op *op, id customer, struct customer **page)
{
	*page = ARENA_NEW(&op->arena, struct customer);
	struct fault kept = op->fault;
	TRY(customer_show(op, customer, S(""), CUSTOMER_TOUCHPOINTS, *page));
	op->fault = kept;
	return OK;
}

static enum err done(struct op *op, struct answer *a, id customer, const char *notice)
{
	customer_tell(op, customer);
	a->notice = msg_of(notice);
	return answer_redirect(a, customer_address(op, customer));
}

static bool is_one_of(str value, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(value, str_of(*names))) return true;
	return false;
}

/* ---- names ---- */

static str trimmed(str s)
{
	s = str_trim(s);
	return s.n ? s : STR_NONE;
}

static void put_fault(const struct op *op, struct input *in, const char *field, str typed)
{
	in->value = typed;
	for (int i = 0; i < op->fault.n_fields; i++)
		if (str_eq(str_of(op->fault.fields[i].name), str_of(field))) in->error = msg_int("fault_too_long", "max", NAME_BYTES / 4);
}

static enum err refuse_names(struct op *op, struct answer *a, id customer, const struct names_input *in)
{
	struct customer *page;
	TRY(redrawn(op, customer, &page));
	put_fault(op, &page->names.wanted, "wanted", in->wanted);
	put_fault(op, &page->names.given, "given", in->given);
	put_fault(op, &page->names.family, "family", in->family);
	return answer_refused(op, a, &CUSTOMER_DESC, page);
}

enum err customer_put_names(struct op *op, struct web *w, struct answer *a)
{
	static const char *const orders[] = {"auto", "given-first", "family-first", NULL};
	struct names_input in;
	struct customer_hold *hold = customer_hold(op);
	struct db_rows identities;
	uint32_t number;
	id customer;
	TRY(open_named(op, w, &customer, &number));
	enum err e = web_input(op, w, &NAMES_INPUT_DESC, &in);
	if (e == OK && in.order.n && !is_one_of(in.order, orders)) e = fail(op, ERR_INVALID, "order", "must be one of: auto, given-first, family-first");
	if (e == ERR_INVALID && !w->wants_json) return refuse_names(op, a, customer, &in);
	TRY(e);
	TRY(op_query(op, SQL_identity_of_customer, DB_ARGS(db_id(customer)), &identities));
	if (identities.n == 0) return fail(op, ERR_STATE, "id", "this customer has no identity");
	hold->is_dirty = true;
	str order = str_eq(in.order, S("auto")) ? STR_NONE : trimmed(in.order);
	TRY(op_run(op, SQL_customer_name_remove, DB_ARGS(db_id(customer)), NULL));
	TRY(op_run(op, SQL_customer_name_put,
	           DB_ARGS(db_int(db_rows_int(&identities, 0, 0)), db_text(trimmed(in.wanted)), db_text(trimmed(in.given)), db_text(trimmed(in.family)), db_text(order), db_int(op->now_ms)),
	           NULL));
	op->locale = setting_locale(op); /* what is kept does not depend on who reads it */
	TRY(customer_refresh(op, number));
	TRY(audit_write(op, "customer_named", "customer", customer, STR_NONE, STR_NONE));
	return done(op, a, customer, "notice_names_saved");
}

/* ---- consent ---- */

enum err customer_say_consent(struct op *op, uint32_t number, int purpose, bool is_granted, const char *how, str wording, str who)
{
	uint32_t *subjects;
	bool changed;
	size_t n = people_subjects(op->app->people, number, &op->arena, &subjects);
	struct source source;
	TRY(source_ensure(op, HAND_SOURCE, SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	for (size_t i = 0; i < n; i++) {
		struct consent_word word = {subjects[i], purpose, is_granted, op->now_ms, how, source.number, wording, who};
		TRY(consent_say(op, &word, &changed));
	}
	return customer_refresh_consent(op, number);
}

enum err customer_put_consent(struct op *op, struct web *w, struct answer *a)
{
	struct consent_input in;
	struct customer_hold *hold = customer_hold(op);
	uint32_t number;
	id customer;
	TRY(open_named(op, w, &customer, &number));
	TRY(web_input(op, w, &CONSENT_INPUT_DESC, &in));
	int purpose = purpose_find(collect_purposes(op->app), web_parameter(w, "purpose"));
	if (purpose < 0) return fail(op, ERR_NOT_FOUND, "purpose", "there is no such purpose");
	if (purpose == PURPOSE_SERVICE) return fail(op, ERR_STATE, "purpose", "service needs no consent");
	bool is_granted = str_eq(in.state, S("granted"));
	if (!is_granted && !str_eq(in.state, S("denied"))) return fail(op, ERR_INVALID, "state", "must be one of: granted, denied");
	hold->is_dirty = true;
	TRY(customer_say_consent(op, number, purpose, is_granted, "hand", trimmed(in.wording), doer(op, w)));
	TRY(audit_write(op, "customer_consent", "customer", customer, STR_NONE, str_fmt(&op->arena, "{\"purpose\":%d,\"state\":\"%s\"}", purpose, is_granted ? "granted" : "denied")));
	return done(op, a, customer, "notice_consent_saved");
}

/* ---- a contact by hand ---- */

static const struct channel {
	const char *name, *event, *kept;
} CHANNELS[] = {
	{"telephone", "Telephone Call", "phone"}, {"shop", "Shop Visit", "store"}, {"letter", "Letter Received", "letter"},
	{"email", "Note Added", "email"},         {"visit", "Note Added", "visit"},
};

static enum err check_entry(struct op *op, const struct touchpoint_input *in, const struct channel **channel)
{
	*channel = NULL;
	for (size_t i = 0; i < COUNT_OF(CHANNELS); i++)
		if (str_eq(in->channel, str_of(CHANNELS[i].name))) *channel = &CHANNELS[i];
	if (!*channel) return fail(op, ERR_INVALID, "channel", "must be one of: telephone, shop, letter, email, visit");
	if (in->family.n && !is_one_of(in->family, FAMILIES)) return fail(op, ERR_INVALID, "family", "is none of the seven families");
	if (in->outcome.n && !is_one_of(in->outcome, CUSTOMER_OUTCOMES)) return fail(op, ERR_INVALID, "outcome", "must be one of: done, open, call_back, complaint");
	if (in->mood.n && !is_one_of(in->mood, CUSTOMER_MOODS)) return fail(op, ERR_INVALID, "mood", "must be one of: happy, neutral, unhappy, unknown");
	return OK;
}

static void put_pair(struct json_writer *j, str key, str value)
{
	if (!value.n) return;
	json_key(j, key);
	json_put_str(j, value);
}

static str entry_body(struct op *op, const struct touchpoint *t, const struct customer_pair *pairs, size_t n)
{
	struct buf b;
	struct json_writer j = {.out = &b};
	buf_init(&b, BODY_BYTES);
	json_begin_object(&j);
	put_pair(&j, S("type"), S("track"));
	put_pair(&j, S("event"), t->event);
	put_pair(&j, S("userId"), t->user_id);
	put_pair(&j, S("anonymousId"), t->anonymous_id);
	put_pair(&j, S("messageId"), t->message_id);
	json_key(&j, S("properties"));
	json_begin_object(&j);
	for (size_t i = 0; i < n; i++) put_pair(&j, str_of(pairs[i].name), pairs[i].value);
	json_end_object(&j);
	json_end_object(&j);
	str body = str_dup(&op->arena, buf_str(&b));
	buf_release(&b);
	return body;
}

/* The identity that the contact is filed under: the oldest known one, user ids first. */
static void name_subject(struct arena *a, const struct db_rows *r, struct touchpoint *t)
{
	static const int rank[] = {[CUSTOMER_USER_ID] = 0, [CUSTOMER_EXTERNAL] = 1, [CUSTOMER_EMAIL] = 1, [CUSTOMER_PHONE] = 1, [CUSTOMER_ANONYMOUS_ID] = 2};
	size_t best = 0;
	for (size_t i = 1; i < r->n; i++)
		if (rank[customer_identity_kind(db_rows_text(r, i, 1))] < rank[customer_identity_kind(db_rows_text(r, best, 1))]) best = i;
	str kind = db_rows_text(r, best, 1), value = db_rows_text(r, best, 2);
	switch (customer_identity_kind(kind)) {
	case CUSTOMER_USER_ID: t->user_id = value; break;
	case CUSTOMER_ANONYMOUS_ID: t->anonymous_id = value; break;
	case CUSTOMER_EMAIL: t->email = value; break;
	case CUSTOMER_PHONE: t->phone = value; break;
	default: touchpoint_add_external_id(t, a, kind, value);
	}
}

enum err customer_name_touchpoint(struct op *op, id customer, struct touchpoint *t)
{
	struct db_rows identities;
	TRY(op_query(op, SQL_identity_of_customer, DB_ARGS(db_id(customer)), &identities));
	if (identities.n == 0) return fail(op, ERR_STATE, "id", "this customer has no identity");
	name_subject(&op->arena, &identities, t);
	return OK;
}

enum err customer_called(struct op *op, id customer, str *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_customer_called, DB_ARGS(db_id(customer)), &rows));
	*out = rows.n ? db_rows_text(&rows, 0, 0) : STR_NONE;
	return OK;
}

enum err customer_keep(struct op *op, id customer, str event, str channel, str message_id, const struct customer_pair *pairs, size_t n)
{
	struct source source;
	TRY(source_ensure(op, HAND_SOURCE, SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	struct touchpoint t = {.call = CALL_TRACK, .event = event, .message_id = message_id, .time_ms = op->now_ms, .channel = channel};
	TRY(customer_name_touchpoint(op, customer, &t));
	t.raw = entry_body(op, &t, pairs, n);
	struct intake *intake = intake_new(op->app, &op->arena, &source, op->now_ms);
	intake->flags = EVENT_BY_HAND;
	enum drop_reason dropped = intake_add(intake, &t, 0);
	if (dropped != DROP_NONE) return fail(op, ERR_STATE, "", "it cannot be kept: %s", DROP_REASONS[dropped]);
	return intake_commit_wait(intake);
}

static enum err keep_entry(struct op *op, const struct web *w, id customer, const struct channel *channel, const struct touchpoint_input *in)
{
	const struct customer_pair pairs[] = {{"text", str_trim(in->text)}, {"family", in->family}, {"outcome", in->outcome}, {"mood", in->mood}, {"person", doer(op, w)}};
	return customer_keep(op, customer, str_of(channel->event), str_of(channel->kept), id_show(&op->arena, S("hand"), id_new()), pairs, COUNT_OF(pairs));
}

static void select_again(struct option *v, size_t n, str chosen)
{
	for (size_t i = 0; i < n; i++) v[i].is_selected = str_eq(v[i].value, chosen);
}

static enum err refuse_entry(struct op *op, struct answer *a, id customer, const struct touchpoint_input *in)
{
	struct customer *page;
	TRY(redrawn(op, customer, &page));
	struct customer_entry *e = &page->entry;
	e->faults.v = web_faults(op, &e->faults.n);
	e->text.value = in->text;
	select_again(e->channels.v, e->channels.n, in->channel);
	select_again(e->families.v, e->families.n, in->family);
	select_again(e->outcomes.v, e->outcomes.n, in->outcome);
	select_again(e->moods.v, e->moods.n, in->mood);
	return answer_refused(op, a, &CUSTOMER_DESC, page);
}

enum err customer_add_touchpoint(struct op *op, struct web *w, struct answer *a)
{
	struct touchpoint_input in;
	const struct channel *channel;
	uint32_t number;
	id customer;
	TRY(open_named(op, w, &customer, &number));
	enum err e = web_input(op, w, &TOUCHPOINT_INPUT_DESC, &in);
	if (e == OK) e = check_entry(op, &in, &channel);
	if (e == ERR_INVALID && !w->wants_json) return refuse_entry(op, a, customer, &in);
	TRY(e);
	TRY(keep_entry(op, w, customer, channel, &in));
	return done(op, a, customer, "notice_contact_saved");
}

/* ---- joins ---- */

static enum err oldest_subject(struct op *op, uint32_t number, uint32_t *out)
{
	uint32_t *subjects;
	size_t n = people_subjects(op->app->people, number, &op->arena, &subjects);
	if (n == 0) return fail(op, ERR_NOT_FOUND, "id", "there is no such customer");
	*out = subjects[0];
	for (size_t i = 1; i < n; i++)
		if (subjects[i] < *out) *out = subjects[i];
	return OK;
}

static enum err joined(struct op *op, struct web *w, struct answer *a, struct customer_hold *hold, uint32_t first, uint32_t second)
{
	struct people *people = op->app->people;
	hold->is_dirty = true;
	op->locale = setting_locale(op);
	TRY(identity_join_by_hand(op, first, second, doer(op, w)));
	id customer = people_id(people, people_customer(people, first));
	TRY(audit_write(op, "customer_joined", "customer", customer, STR_NONE, STR_NONE));
	return done(op, a, customer, "notice_joined");
}

static enum err find_other(struct op *op, struct web *w, struct join_input *in, uint32_t *number)
{
	id other;
	str asked = web_query(w, "other");
	*in = (struct join_input){asked};
	if (!asked.n) TRY(web_input(op, w, &JOIN_INPUT_BY_HAND_DESC, in));
	if (!in->other.n) return fail(op, ERR_INVALID, "other", "must be given");
	TRY(customer_by_identity(op, in->other, &other));
	if (!other || !people_find(op->app->people, other, number)) return fail(op, ERR_INVALID, "other", "there is no such customer");
	return OK;
}

enum err customer_join(struct op *op, struct web *w, struct answer *a)
{
	struct customer_hold *hold = customer_hold(op);
	struct join_input in;
	uint32_t number, other, first, second;
	id customer;
	struct fault refusal;
	TRY(open_named(op, w, &customer, &number));
	enum err e = find_other(op, w, &in, &other);
	if (e == OK) e = oldest_subject(op, number, &first);
	if (e == OK) e = oldest_subject(op, other, &second);
	if (e == OK) {
		struct identity_conflict conflict = {0};
		if (number != other) TRY(identity_conflict(op, customer, people_id(op->app->people, other), &conflict));
		bool may = number != other && conflict.kind == IDENTITY_FREE;
		if (may || w->wants_json) return joined(op, w, a, hold, first, second);
		e = number == other ? fail(op, ERR_INVALID, "other", "is this customer already") : fail(op, ERR_INVALID, "other", conflict.kind == IDENTITY_TWO_USERS ? "users" : "many");
	}
	if (e != ERR_INVALID || w->wants_json) return e;
	refusal = op->fault;
	struct customer *page;
	TRY(redrawn(op, customer, &page));
	bool is_users = str_eq(str_of(refusal.fields[0].text), S("users")), is_many = str_eq(str_of(refusal.fields[0].text), S("many"));
	page->join.other = (struct input){in.other, msg_of(is_users ? "join_refused_users" : is_many ? "join_refused_many" : "join_refused_nobody")};
	return answer_refused(op, a, &CUSTOMER_DESC, page);
}

enum err customer_separate(struct op *op, struct web *w, struct answer *a)
{
	struct customer_hold *hold = customer_hold(op);
	id subject, from, to;
	TRY(web_id(op, w, "id", "idn", &subject));
	if (subject <= 0 || subject > UINT32_MAX / 16) return fail(op, ERR_NOT_FOUND, "id", "there is no such identity");
	hold->is_dirty = true;
	op->locale = setting_locale(op);
	TRY(identity_separate(op, (uint32_t)subject, doer(op, w), &from, &to));
	TRY(audit_write(op, "customer_separated", "customer", from, STR_NONE, STR_NONE));
	customer_tell(op, to);
	str other = id_show(&op->arena, S("cus"), to), address = customer_address(op, from);
	a->undo = str_fmt(&op->arena, "%.*s/join?other=%.*s", STR_ARG(address), STR_ARG(other));
	return done(op, a, from, "notice_join_undone");
}

static enum err open_suggestion(struct op *op, const struct web *w, id *suggestion, uint32_t *first, uint32_t *second)
{
	struct db_rows row;
	TRY(web_id(op, w, "id", "sug", suggestion));
	TRY(op_query(op, SQL_suggestion_get, DB_ARGS(db_id(*suggestion)), &row));
	if (row.n == 0) return fail(op, ERR_NOT_FOUND, "id", "there is no such suggestion");
	if (db_rows_int(&row, 0, 2) != DESC_NULL_INT) return fail(op, ERR_STATE, "id", "was decided before");
	*first = (uint32_t)db_rows_int(&row, 0, 0);
	*second = (uint32_t)db_rows_int(&row, 0, 1);
	return OK;
}

static enum err decide(struct op *op, id suggestion, str decision)
{
	return op_run(op, SQL_suggestion_decide, DB_ARGS(db_id(suggestion), db_int(op->now_ms), db_text(decision)), NULL);
}

enum err customer_join_suggested(struct op *op, struct web *w, struct answer *a)
{
	struct customer_hold *hold = customer_hold(op);
	uint32_t first, second;
	id suggestion;
	TRY(open_suggestion(op, w, &suggestion, &first, &second));
	TRY(decide(op, suggestion, S("joined")));
	return joined(op, w, a, hold, first, second);
}

enum err customer_dismiss_suggestion(struct op *op, struct web *w, struct answer *a)
{
	uint32_t first, second;
	id suggestion;
	TRY(open_suggestion(op, w, &suggestion, &first, &second));
	TRY(decide(op, suggestion, S("dismissed")));
	uint32_t number = people_customer(op->app->people, first);
	id customer = number ? people_id(op->app->people, number) : 0;
	TRY(audit_write(op, "suggestion_dismissed", "customer", customer, STR_NONE, STR_NONE));
	return done(op, a, customer, "notice_dismissed");
}
