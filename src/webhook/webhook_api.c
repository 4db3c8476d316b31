/* webhook_api.c: the endpoints, and one with what it was sent. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "customer/customer.h"
#include "fetch/fetch.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "setting/secret.h"
#include "webhook/webhook_inner.h"

enum { NAME_CHARACTERS = 100, ENDPOINTS_MOST = 50 };
static const int64_t OLD_SECRET_MS = DAY_MS; /* both sign for so long after a change */

struct endpoint {
	id id;
	str name, url, address;
	LIST_OF(str) types;
	bool is_on;
	struct msg says;
	int64_t waiting, delivered_at, failing_since, old_until;
};
static const struct desc_field ENDPOINT_FIELDS[] = {
	FIELD(endpoint, id, DESC_ID, .prefix = "wep"),
	FIELD(endpoint, name, DESC_STR),
	FIELD(endpoint, url, DESC_STR),
	FIELD(endpoint, address, DESC_STR, .doc = "of its page here"),
	FIELD(endpoint, types, DESC_LIST, .item = DESC_STR),
	FIELD(endpoint, is_on, DESC_BOOL),
	FIELD(endpoint, says, DESC_MSG),
	FIELD(endpoint, waiting, DESC_INT, .doc = "messages that it has not taken yet"),
	FIELD(endpoint, delivered_at, DESC_TIME),
	FIELD(endpoint, failing_since, DESC_TIME),
	FIELD(endpoint, old_until, DESC_TIME, .doc = "until then the secret before signs too"),
};
static const struct desc ENDPOINT_DESC = {"webhook_endpoint", sizeof(struct endpoint), ENDPOINT_FIELDS, COUNT_OF(ENDPOINT_FIELDS)};

struct delivery_row {
	id message;
	str type;
	int64_t made_at, tries, next_at, tried_at, status, took_ms;
	int state;
	str outcome, detail;
	bool is_waiting;
};
static const struct desc_field DELIVERY_FIELDS[] = {
	FIELD(delivery_row, message, DESC_ID, .prefix = "msg", .doc = "webhook-id"),
	FIELD(delivery_row, type, DESC_STR),
	FIELD(delivery_row, made_at, DESC_TIME),
	FIELD(delivery_row, state, DESC_ENUM, .names = WEBHOOK_STATE_NAMES, .prefix = "webhook_state"),
	FIELD(delivery_row, tries, DESC_INT),
	FIELD(delivery_row, next_at, DESC_TIME),
	FIELD(delivery_row, tried_at, DESC_TIME),
	FIELD(delivery_row, status, DESC_INT, .doc = "of the last answer"),
	FIELD(delivery_row, outcome, DESC_STR),
	FIELD(delivery_row, detail, DESC_STR),
	FIELD(delivery_row, took_ms, DESC_INT),
	FIELD(delivery_row, is_waiting, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc DELIVERY_DESC = {"webhook_delivery", sizeof(struct delivery_row), DELIVERY_FIELDS, COUNT_OF(DELIVERY_FIELDS)};

struct endpoint_form {
	str action;
	bool is_change;
	struct input name, url;
	LIST_OF(struct option) types;
};
static const struct desc_field FORM_FIELDS_[] = {
	FIELD(endpoint_form, action, DESC_STR),
	FIELD(endpoint_form, is_change, DESC_BOOL),
	FIELD(endpoint_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(endpoint_form, url, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(endpoint_form, types, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
};
static const struct desc FORM_DESC = {"webhook_form", sizeof(struct endpoint_form), FORM_FIELDS_, COUNT_OF(FORM_FIELDS_)};

struct webhooks {
	struct msg finding;
	LIST_OF(struct endpoint) rows;
	struct endpoint_form form;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field WEBHOOKS_FIELDS[] = {
	FIELD(webhooks, finding, DESC_MSG),
	FIELD(webhooks, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ENDPOINT_DESC),
	FIELD(webhooks, form, DESC_STRUCT, .of = &FORM_DESC),
	FIELD(webhooks, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc WEBHOOKS_DESC = DESC(webhooks, WEBHOOKS_FIELDS);

struct webhook_page {
	struct endpoint endpoint;
	str new_secret;
	struct endpoint_form form;
	LIST_OF(struct delivery_row) log;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(webhook_page, endpoint, DESC_STRUCT, .of = &ENDPOINT_DESC),
	FIELD(webhook_page, new_secret, DESC_STR, .doc = "told this once"),
	FIELD(webhook_page, form, DESC_STRUCT, .of = &FORM_DESC),
	FIELD(webhook_page, log, DESC_LIST, .item = DESC_STRUCT, .of = &DELIVERY_DESC, .doc = "the last 100"),
	FIELD(webhook_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc WEBHOOK_PAGE_DESC = DESC(webhook_page, PAGE_FIELDS);

struct webhook_input {
	str name, url;
	LIST_OF(str) types;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(webhook_input, name, DESC_STR),
	FIELD(webhook_input, url, DESC_STR, .doc = "http or https, outside of the server's own network"),
	FIELD(webhook_input, types, DESC_LIST, .item = DESC_STR, .doc = "alert.raised, alert.cleared, alert.summary, followup.opened, followup.closed, survey.answered"),
};
const struct desc WEBHOOK_INPUT_DESC = DESC(webhook_input, INPUT_FIELDS);

struct test_data {
	str by;
};
static const struct desc_field TEST_FIELDS[] = {FIELD(test_data, by, DESC_STR)};
static const struct desc TEST_DESC = {"webhook_test", sizeof(struct test_data), TEST_FIELDS, COUNT_OF(TEST_FIELDS)};

/* ---- rows ---- */

static str address_of(struct op *op, id endpoint)
{
	return str_fmt(&op->arena, "/settings/webhooks/%.*s", STR_ARG(id_show(&op->arena, S("wep"), endpoint)));
}

static struct msg says(struct op *op, const struct endpoint *e, str why_off)
{
	if (!e->is_on) return msg_of(str_fmt(&op->arena, "webhook_off_%.*s", STR_ARG(why_off.n ? why_off : S("person"))).p);
	if (e->failing_since != DESC_NULL_INT) return msg_int("webhook_failing", "n", e->waiting);
	return e->delivered_at == DESC_NULL_INT ? msg_of("webhook_nothing_yet") : msg_of("webhook_well");
}

static void fill(struct op *op, const struct db_rows *r, size_t i, struct endpoint *out)
{
	*out = (struct endpoint){.id = db_rows_id(r, i, 0), .name = db_rows_text(r, i, 1), .url = db_rows_text(r, i, 2), .old_until = db_rows_int(r, i, 6), .is_on = db_rows_bool(r, i, 7),
		.failing_since = db_rows_int(r, i, 9), .waiting = db_rows_int(r, i, 10), .delivered_at = db_rows_int(r, i, 11)};
	out->address = address_of(op, out->id);
	out->types.v = ARENA_ARRAY(&op->arena, str, WEBHOOK_TYPES);
	for (str rest = db_rows_text(r, i, 3); rest.n && out->types.n < WEBHOOK_TYPES;) out->types.v[out->types.n++] = str_cut(&rest, ' ');
	if (out->old_until != DESC_NULL_INT && out->old_until < op->now_ms) out->old_until = DESC_NULL_INT;
	out->says = says(op, out, db_rows_text(r, i, 8));
}

static bool is_chosen(const str *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i], str_of(name))) return true;
	return false;
}

static void fill_form(struct op *op, str action, bool is_change, const struct webhook_input *in, struct endpoint_form *form)
{
	form->action = action;
	form->is_change = is_change;
	form->name.value = in->name.n ? str_trim(in->name) : S("");
	form->url.value = in->url.n ? str_trim(in->url) : S("");
	for (size_t i = WEBHOOK_test + 1; i < WEBHOOK_TYPES; i++) {
		const struct webhook_type_row *t = &WEBHOOK_TYPE_ROWS[i];
		customer_option(op, &form->types, str_of(t->name), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "webhook_type_%s", t->key)), is_chosen(in->types.v, in->types.n, t->name));
	}
}

static enum err make_list(struct op *op, const struct webhook_input *in, struct webhooks **out)
{
	struct webhooks *page = *out = ARENA_NEW(&op->arena, struct webhooks);
	struct db_rows r;
	TRY(op_query(op, SQL_webhook_endpoint_all, DB_NO_ARGS, &r));
	page->rows.v = ARENA_ARRAY(&op->arena, struct endpoint, r.n + 1);
	page->rows.n = r.n;
	for (size_t i = 0; i < r.n; i++) fill(op, &r, i, &page->rows.v[i]);
	page->finding = r.n ? msg_int("webhooks_some", "n", (int64_t)r.n) : msg_of("webhooks_none");
	fill_form(op, S("/settings/webhooks"), false, in, &page->form);
	return OK;
}

static enum err find(struct op *op, id of, struct endpoint *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_webhook_endpoint_by_id, DB_ARGS(db_id(of)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such endpoint");
	fill(op, &r, 0, out);
	return OK;
}

static enum err find_asked(struct op *op, const struct web *w, struct endpoint *out)
{
	id of;
	TRY(web_id(op, w, "id", "wep", &of));
	return find(op, of, out);
}

/* in NULL: as it is kept. */
static enum err make_page(struct op *op, id of, const struct webhook_input *in, struct webhook_page **out)
{
	struct webhook_page *page = *out = ARENA_NEW(&op->arena, struct webhook_page);
	void *rows;
	TRY(find(op, of, &page->endpoint));
	const struct endpoint *e = &page->endpoint;
	struct webhook_input kept = {.name = e->name, .url = e->url, .types = {e->types.v, e->types.n}};
	fill_form(op, e->address, true, in ? in : &kept, &page->form);
	TRY(op_structs(op, SQL_webhook_log, DB_ARGS(db_id(of)), &DELIVERY_DESC, &rows, &page->log.n));
	page->log.v = rows;
	for (size_t i = 0; i < page->log.n; i++) page->log.v[i].is_waiting = page->log.v[i].state == WEBHOOK_WAITING;
	return OK;
}

static enum err answer_page(struct op *op, struct answer *a, id of, str new_secret)
{
	struct webhook_page *page;
	TRY(make_page(op, of, NULL, &page));
	page->new_secret = new_secret;
	a->is_private = str_given(new_secret);
	a->page = "webhook/show";
	a->topics[a->n_topics++] = S("webhooks");
	return answer_with(a, &WEBHOOK_PAGE_DESC, page);
}

enum err webhook_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct webhooks *page;
	(void)w;
	TRY(make_list(op, &(struct webhook_input){0}, &page));
	return answer_with(a, &WEBHOOKS_DESC, page);
}

enum err webhook_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct endpoint e;
	TRY(find_asked(op, w, &e));
	return answer_page(op, a, e.id, STR_NONE);
}

/* ---- making and changing ---- */

static enum err check(struct op *op, const struct webhook_input *in, struct endpoint_form *form, struct faults *f, str *types)
{
	str chosen[WEBHOOK_TYPES];
	size_t n = 0;
	faults_text(f, "name", &form->name, true, NAME_CHARACTERS);
	enum fetch_outcome outcome = fetch_check(&op->arena, form->url.value, fetch_may_be_inside(), NULL);
	if (!form->url.value.n) faults_add(f, "url", &form->url, msg_of("fault_required"));
	else if (outcome != FETCH_DONE) faults_add(f, "url", &form->url, msg_of(outcome == FETCH_INSIDE ? "webhook_fault_inside" : "webhook_fault_url"));
	for (size_t i = WEBHOOK_test + 1; i < WEBHOOK_TYPES; i++)
		if (is_chosen(in->types.v, in->types.n, WEBHOOK_TYPE_ROWS[i].name)) chosen[n++] = str_of(WEBHOOK_TYPE_ROWS[i].name);
	if (!n || n != in->types.n) faults_add(f, "types", NULL, msg_of(in->types.n ? "fault_choice" : "fault_required"));
	*types = str_join(&op->arena, chosen, n, S(" "));
	return OK;
}

static enum err add(struct op *op, struct answer *a, const struct endpoint_form *form, str types)
{
	id of = id_new();
	str secret = fetch_new_secret(&op->arena);
	TRY(op_run(op, SQL_webhook_endpoint_add,
		DB_ARGS(db_id(of), db_text(form->name.value), db_text(form->url.value), db_text(types), db_text(secret_seal(&op->arena, op->app, S("webhook"), secret)), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "webhook_added", "webhook", of, STR_NONE, form->name.value));
	return answer_page(op, a, of, secret);
}

static enum err save(struct op *op, struct web *w, struct answer *a, id of)
{
	struct webhook_input in;
	struct webhooks *list = NULL;
	struct webhook_page *page = NULL;
	struct faults f = {0};
	str types;
	TRY(web_input(op, w, &WEBHOOK_INPUT_DESC, &in));
	TRY(of ? make_page(op, of, &in, &page) : make_list(op, &in, &list));
	struct endpoint_form *form = of ? &page->form : &list->form;
	TRY(check(op, &in, form, &f, &types));
	if (list && list->rows.n >= ENDPOINTS_MOST) faults_add(&f, "", NULL, msg_int("webhooks_most", "n", ENDPOINTS_MOST));
	if (f.n) {
		faults_keep(op, &f, of ? &page->faults.v : &list->faults.v, of ? &page->faults.n : &list->faults.n);
		return of ? answer_refused(op, a, &WEBHOOK_PAGE_DESC, page) : answer_refused(op, a, &WEBHOOKS_DESC, list);
	}
	if (!of) return add(op, a, form, types);
	TRY(op_run(op, SQL_webhook_endpoint_change, DB_ARGS(db_id(of), db_text(form->name.value), db_text(form->url.value), db_text(types)), NULL));
	TRY(audit_write(op, "webhook_changed", "webhook", of, STR_NONE, form->name.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, page->endpoint.address);
}

enum err webhook_rotate_post(struct op *op, struct web *w, struct answer *a)
{
	struct endpoint e;
	TRY(find_asked(op, w, &e));
	str secret = fetch_new_secret(&op->arena);
	TRY(op_run(op, SQL_webhook_endpoint_rotate, DB_ARGS(db_id(e.id), db_int(op->now_ms + OLD_SECRET_MS), db_text(secret_seal(&op->arena, op->app, S("webhook"), secret))), NULL));
	TRY(audit_write(op, "webhook_rotated", "webhook", e.id, STR_NONE, e.name));
	return answer_page(op, a, e.id, secret);
}

static enum err turn(struct op *op, struct web *w, struct answer *a, bool is_on)
{
	struct endpoint e;
	TRY(find_asked(op, w, &e));
	TRY(op_run(op, SQL_webhook_endpoint_turn, DB_ARGS(db_id(e.id), db_bool(is_on), db_text(is_on ? S("") : S("person"))), NULL));
	TRY(audit_write(op, is_on ? "webhook_on" : "webhook_off", "webhook", e.id, STR_NONE, e.name));
	if (is_on) TRY(webhook__wake(op, op->now_ms));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, e.address);
}

enum err webhook_on_post(struct op *op, struct web *w, struct answer *a)
{
	return turn(op, w, a, true);
}

enum err webhook_off_post(struct op *op, struct web *w, struct answer *a)
{
	return turn(op, w, a, false);
}

/* ---- sending ---- */

enum err webhook_test_post(struct op *op, struct web *w, struct answer *a)
{
	struct endpoint e;
	TRY(find_asked(op, w, &e));
	struct test_data data = {op->actor.kind == ACTOR_PERSON ? S("person") : S("key")};
	TRY(webhook__put_to(op, e.id, WEBHOOK_test, id_show(&op->arena, S("try"), id_new()), &TEST_DESC, &data));
	a->notice = msg_of("notice_webhook_test");
	return answer_redirect(a, e.address);
}

enum err webhook_resend_post(struct op *op, struct web *w, struct answer *a)
{
	struct endpoint e;
	id message;
	int64_t changed;
	TRY(find_asked(op, w, &e));
	TRY(web_id(op, w, "message", "msg", &message));
	TRY(op_run(op, SQL_webhook_delivery_again, DB_ARGS(db_id(message), db_id(e.id), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "message", "was not sent to this endpoint");
	TRY(webhook__wake(op, op->now_ms));
	a->notice = msg_of("notice_webhook_again");
	return answer_redirect(a, e.address);
}

/* ---- what is alike for all that is edited ---- */

static enum err remove_one(struct op *op, id of)
{
	return audit_remove(op, SQL_webhook_endpoint_remove, "webhook", of);
}

static enum err restore_one(struct op *op, id of)
{
	TRY(webhook__wake(op, op->now_ms));
	return audit_restore(op, SQL_webhook_endpoint_restore, "webhook", of);
}

static const struct edited EDITED = {"wep", "/settings/webhooks", "notice_webhook_removed", true, remove_one, restore_one, save};

enum err webhook_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err webhook_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err webhook_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err webhook_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
