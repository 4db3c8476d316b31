/* The order of steps for one event: who it is (identities and their joins), what is known of them (traits), what they
 * agreed to (consent), what they bought (orders). Customers touched are refreshed once at the end of the batch. */
#include "collect/derive.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "collect/intake.h"
#include "collect/segment.h"
#include "consent/consent.h"
#include "customer/derive.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "feedback/feedback.h"
#include "followup/followup.h"
#include "invite/invite.h"
#include "json/json.h"
#include "op/app.h"
#include "order/order.h"
#include "reading/verbatim.h"
#include "setting/setting.h"
#include "text/shelf.h"

enum { TOUCHED_PERSON = 1, TOUCHED_CONSENT = 2, TOUCHED_ORDERS = 4, BODY_BYTES = 4 << 20, TRAIT_NAME_BYTES = 200, TRAIT_VALUE_BYTES = 8192, MOST_TRAITS = 300 };

struct derive {
	struct app *app;
	struct json_reader *reader;
	struct op *op;
	struct order_batch *orders;
	struct feedback_batch *feedback;
	const struct text_own *own;
	struct invite_batch *invitations;
	struct map touched; /* subject (4 bytes) → TOUCHED_ bits */
	str country;
};

struct derive *derive_new(struct app *app)
{
	struct derive *d = MEM_NEW(struct derive);
	d->app = app;
	d->reader = json_reader_new(BODY_BYTES);
	return d;
}

void derive_free(struct derive *d)
{
	json_reader_free(d->reader);
	map_release(&d->touched);
	mem_free(d);
}

struct locale derive_locale(struct op *op)
{
	return setting_locale(op);
}

void derive_begin(struct derive *d, struct op *op)
{
	d->op = op;
	d->orders = order_batch_new(op);
	d->feedback = feedback_batch_new(op);
	d->own = text_own_of(op);
	d->invitations = invite_batch_new(op);
	d->country = setting_text(op, SETTING_country);
	map_clear(&d->touched);
}

static void touch(struct derive *d, uint32_t subject, uint64_t bits)
{
	str key = {(const char *)&subject, sizeof subject};
	uint64_t *place = map_get(&d->touched, key);
	if (!place) place = map_put(&d->touched, str_dup(&d->op->arena, key), NULL);
	*place |= bits;
}

/* ---- who ---- */

/* A value that became illegal after the event was filed under it keeps that event; it joins nobody any more. */
static bool is_ignored(const struct derive *d, const struct source *source, const struct events_record *r, uint32_t subject)
{
	bool is_live = source->kind == SOURCE_WEBSITE || source->kind == SOURCE_SERVER;
	return is_live && subject != r->event.subject && people_is_illegal(d->app->people, subject);
}

static void drop_ignored(const struct derive *d, const struct source *source, const struct events_record *r, struct intake_identities *ids)
{
	size_t kept = 0;
	for (size_t i = 0; i < ids->n; i++) {
		ids->v[i].subject = events_subject_find(d->app->events, ids->v[i].key);
		if (!is_ignored(d, source, r, ids->v[i].subject)) ids->v[kept++] = ids->v[i];
	}
	ids->n = kept;
}

static enum err apply_identities(struct derive *d, const struct events_record *r, const struct intake_identities *ids)
{
	for (size_t i = 0; i < ids->n; i++) {
		if (!ids->v[i].subject || people_is_suppressed(d->app->people, ids->v[i].subject)) continue;
		struct identity identity = {ids->v[i].subject, ids->v[i].kind, ids->v[i].value, ids->v[i].shown};
		bool was_new = !people_customer(d->app->people, identity.subject);
		TRY(identity_note(d->op, &identity, r->event.source, r->event.time_ms));
		bool shows = str_eq(identity.kind, S("email")) || str_eq(identity.kind, S("phone")); /* in a column of its own */
		if (was_new && (i > 0 || shows)) touch(d, identity.subject, TOUCHED_PERSON);
		if (identity.subject == r->event.subject) continue;
		bool is_anonymous = str_eq(identity.kind, S("anonymous_id"));
		if (is_anonymous && people_is_linked(d->app->people, identity.subject)) continue;
		const char *rule = is_anonymous ? "first_user" : str_eq(identity.kind, S("email")) ? "email" : str_eq(identity.kind, S("phone")) ? "phone" : "external_id";
		TRY(identity_join(d->op, identity.subject, r->event.subject, rule, identity.shown, S("rule")));
	}
	return OK;
}

static enum err apply_alias(struct derive *d, const struct events_record *r, const struct touchpoint *t)
{
	if (t->call != CALL_ALIAS || !str_given(t->previous_id) || !r->event.subject) return OK;
	str kind = S("user_id");
	uint32_t previous = events_subject_find(d->app->events, identity_key(d->app, kind, t->previous_id));
	if (!previous) {
		kind = S("anonymous_id");
		previous = events_subject_find(d->app->events, identity_key(d->app, kind, t->previous_id));
	}
	if (!previous || people_is_suppressed(d->app->people, previous)) return OK;
	struct identity identity = {previous, kind, t->previous_id, t->previous_id};
	TRY(identity_note(d->op, &identity, r->event.source, r->event.time_ms));
	return identity_join(d->op, previous, r->event.subject, "alias", t->previous_id, S("rule"));
}

/* ---- what is known of them ---- */

static enum err put_trait(struct derive *d, const struct events_record *r, const struct json_node *trait)
{
	if (trait->key.n == 0 || trait->key.n > TRAIT_NAME_BYTES) return OK;
	struct db_val subject = db_int(r->event.subject), at = db_int(r->event.time_ms);
	if (trait->type == JSON_NULL) return op_put(d->op, SQL_trait_remove, DB_ARGS(subject, db_text(trait->key), at));
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, TRAIT_VALUE_BYTES);
	json_put_tree(&w, trait);
	enum err e = OK;
	if (!buf_failed(&b)) e = op_put(d->op, SQL_trait_put, DB_ARGS(subject, db_text(trait->key), db_text(buf_str(&b)), at, db_int(r->event.source)));
	buf_release(&b);
	return e;
}

static enum err apply_traits(struct derive *d, const struct events_record *r, const struct touchpoint *t)
{
	const struct json_node *root;
	if (!t->has_traits || !r->event.subject || t->call == CALL_GROUP) return OK;
	if (json_tree(&d->op->arena, r->event.body, BODY_BYTES, &root, NULL) != OK) return OK;
	const struct json_node *sets[] = {json_get(root, S("traits")), json_get(json_get(root, S("context")), S("traits"))};
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		size_t n = 0;
		if (!sets[i] || sets[i]->type != JSON_OBJECT) continue;
		for (const struct json_node *trait = sets[i]->child; trait && n < MOST_TRAITS; trait = trait->next, n++) TRY(put_trait(d, r, trait));
	}
	touch(d, r->event.subject, TOUCHED_PERSON);
	return OK;
}

/* ---- what they agreed to ---- */

static const char *how_said(const struct source *source, const struct touchpoint *t)
{
	if (source->kind == SOURCE_FILE) return "file";
	if (source->kind == SOURCE_HAND) return "hand";
	return str_eq(t->event, S("Segment Consent Preference Updated")) ? "stated" : "carried";
}

static enum err say(struct derive *d, uint32_t subject, struct consent_word *word)
{
	bool changed;
	word->subject = subject;
	TRY(consent_say(d->op, word, &changed));
	/* A refusal holds in memory from its arrival on; where the ledger knows better, memory follows. */
	if (changed || !word->is_granted) touch(d, subject, TOUCHED_CONSENT);
	return OK;
}

static enum err apply_consents(struct derive *d, const struct events_record *r, const struct touchpoint *t, const struct source *source,
                               const struct intake_identities *ids)
{
	for (size_t i = 0; i < t->n_consents; i++) {
		int purpose = purpose_find(collect_purposes(d->app), t->consents[i].category);
		if (purpose < 0) {
			TRY(consent_note_category(d->op, t->consents[i].category));
			continue;
		}
		struct consent_word word = {.purpose = purpose,
		                            .is_granted = t->consents[i].is_granted,
		                            .at_ms = r->event.time_ms,
		                            .how = how_said(source, t),
		                            .source = r->event.source,
		                            .wording = t->consent_wording};
		for (size_t k = 0; k < ids->n && k < 2; k++) /* who it was filed under, and the device or second id beside it */
			if (ids->v[k].subject && people_customer(d->app->people, ids->v[k].subject)) TRY(say(d, ids->v[k].subject, &word));
	}
	return OK;
}

static enum err apply_refusal(struct derive *d, const struct json_node *refusal)
{
	int64_t subject, purposes, at_ms, source;
	if (!json_get_i64(refusal, S("subject"), &subject) || !json_get_i64(refusal, S("purposes"), &purposes)) return OK;
	if (!json_get_i64(refusal, S("at_ms"), &at_ms) || !json_get_i64(refusal, S("source"), &source)) return OK;
	for (int bit = 0; bit < PEOPLE_PURPOSES; bit++) {
		if (!((uint32_t)purposes & PURPOSE_BIT(bit)) || !people_customer(d->app->people, (uint32_t)subject)) continue;
		struct consent_word word = {.purpose = bit, .at_ms = at_ms, .how = "carried", .source = source};
		TRY(say(d, (uint32_t)subject, &word));
	}
	return OK;
}

static enum err apply_note(struct derive *d, str json)
{
	const struct json_node *root;
	if (json_tree(&d->op->arena, json, BODY_BYTES, &root, NULL) != OK) return OK;
	const struct json_node *refusals = json_get(root, S("refusals"));
	for (const struct json_node *r = refusals ? refusals->child : NULL; r; r = r->next) TRY(apply_refusal(d, r));
	return OK;
}

/* ---- one record ---- */

/* The call under which it came; an endpoint's own body carries no "type". */
static enum segment_endpoint endpoint_of(str event)
{
	static const struct {
		str event;
		enum segment_endpoint endpoint;
	} calls[] = {{{"Identified", 10}, SEGMENT_IDENTIFY}, {{"Page Viewed", 11}, SEGMENT_PAGE}, {{"Screen Viewed", 13}, SEGMENT_SCREEN}, {{"Grouped", 7}, SEGMENT_GROUP}, {{"Aliased", 7}, SEGMENT_ALIAS}};
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		if (str_eq(event, calls[i].event)) return calls[i].endpoint;
	return SEGMENT_TRACK;
}

static const struct touchpoint *read_body(struct derive *d, const struct events_record *r)
{
	struct segment_options options = {.event_bytes = BODY_BYTES, .body_bytes = BODY_BYTES, .body_events = 1, .received_ms = r->event.received_ms, .is_stored = true};
	struct segment_body body;
	char *padded = arena_alloc(&d->op->arena, r->event.body.n + JSON_PADDING);
	memcpy(padded, r->event.body.p, r->event.body.n);
	str text = {padded, r->event.body.n};
	bool has_type = str_contains(str_sub(text, 0, text.n), S("\"type\""));
	if (segment_read(d->reader, &d->op->arena, text, SEGMENT_BATCH, &options, &body, NULL) == OK && body.n && !body.first->reason && has_type)
		return &body.first->touchpoint;
	if (segment_read(d->reader, &d->op->arena, text, endpoint_of(r->event.type), &options, &body, NULL) != OK) return NULL;
	return body.n && !body.first->reason ? &body.first->touchpoint : NULL;
}

static struct source source_of(const struct derive *d, const struct events_record *r)
{
	struct source source;
	if (!source_get(d->app, r->event.source, &source)) source = (struct source){.number = r->event.source, .kind = SOURCE_FILE};
	return source;
}

/* What a record says and of whom; NULL when it says nothing any more. */
static const struct touchpoint *open_record(struct derive *d, const struct events_record *r, struct source *source, struct intake_identities *ids)
{
	if (people_is_suppressed(d->app->people, r->event.subject)) return NULL; /* erased while it waited here */
	*source = source_of(d, r);
	const struct touchpoint *t = read_body(d, r);
	if (!t) return NULL;
	intake_identities(d->app, &d->op->arena, source, d->country, t, false, ids);
	drop_ignored(d, source, r, ids);
	return t;
}

static enum err apply_person(struct derive *d, const struct events_record *r, const struct touchpoint *t, const struct intake_identities *ids)
{
	TRY(apply_identities(d, r, ids));
	TRY(apply_alias(d, r, t));
	return apply_traits(d, r, t);
}

enum err derive_person(struct derive *d, const struct events_record *r)
{
	struct source source;
	struct intake_identities ids;
	const struct touchpoint *t = open_record(d, r, &source, &ids);
	return t ? apply_person(d, r, t, &ids) : OK;
}

enum err derive_consent(struct derive *d, const struct events_record *r)
{
	struct source source;
	struct intake_identities ids;
	const struct touchpoint *t = open_record(d, r, &source, &ids);
	return t ? apply_consents(d, r, t, &source, &ids) : OK;
}

size_t derive_mentions(struct derive *d, const struct events_record *r, uint32_t out[DERIVE_MENTIONS])
{
	struct source source = source_of(d, r);
	const struct touchpoint *t = read_body(d, r);
	size_t n = 0;
	if (!t) return 0;
	struct intake_identities ids;
	intake_identities(d->app, &d->op->arena, &source, d->country, t, false, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		uint32_t subject = events_subject_find(d->app->events, ids.v[i].key);
		if (subject && n < DERIVE_MENTIONS) out[n++] = subject;
	}
	static const str kinds[] = {{"user_id", 7}, {"anonymous_id", 12}};
	for (size_t i = 0; t->call == CALL_ALIAS && str_given(t->previous_id) && i < COUNT_OF(kinds); i++) {
		uint32_t subject = events_subject_find(d->app->events, identity_key(d->app, kinds[i], t->previous_id));
		if (subject && n < DERIVE_MENTIONS) out[n++] = subject;
	}
	return n;
}

void derive_end_reading(struct derive *d)
{
	d->op = NULL;
}

enum err derive_record(struct derive *d, const struct events_record *r)
{
	struct source source;
	struct intake_identities ids;
	if (r->is_note) return apply_note(d, r->event.body);
	if (r->event.flags & EVENT_MEETS && people_customer(d->app->people, r->event.subject)) return OK; /* an earlier one did it all */
	const struct touchpoint *t = open_record(d, r, &source, &ids);
	if (!t) return OK;
	TRY(apply_person(d, r, t, &ids));
	TRY(apply_consents(d, r, t, &source, &ids));
	TRY(invite_apply(d->op, d->invitations, r));
	TRY(verbatim_apply(d->op, d->own, &r->event));
	if (feedback_is_answer(r->event.type)) TRY(feedback_apply(d->op, d->feedback, r));
	TRY(followup_apply(d->op, r)); /* once its text was read */
	const struct touchpoint_kind *kind = touchpoint_kind(r->event.type);
	if (!kind || kind->order == ORDER_NONE) return OK;
	uint32_t touched;
	TRY(order_apply(d->op, d->orders, r, kind->order, &touched));
	if (touched) touch(d, touched, TOUCHED_ORDERS);
	return OK;
}

/* Several subjects may be one customer, which is refreshed once. */
static void touch_customers(const struct derive *d, struct map *customers)
{
	str key;
	uint64_t bits;
	for (size_t i = 0; map_next(&d->touched, &i, &key, &bits);) {
		uint32_t subject;
		memcpy(&subject, key.p, sizeof subject);
		uint32_t customer = people_customer(d->app->people, subject);
		str one = {(const char *)&customer, sizeof customer};
		uint64_t *known = map_get(customers, one);
		if (known) *known |= bits;
		else if (customer) *map_put(customers, str_dup(&d->op->arena, one), NULL) = bits;
	}
}

static enum err refresh(struct op *op, uint32_t customer, uint64_t bits)
{
	if (bits & TOUCHED_CONSENT) TRY(customer_refresh_consent(op, customer));
	return bits & TOUCHED_PERSON ? customer_refresh(op, customer) : OK;
}

enum err derive_end(struct derive *d)
{
	TRY(identity_flush(d->op));
	TRY(order_flush(d->op, d->orders));
	str key;
	uint64_t bits;
	struct map customers;
	VEC(uint32_t) ordered = {0}; /* and are refreshed for nothing else */
	enum err e = OK;
	map_init(&customers);
	touch_customers(d, &customers);
	for (size_t i = 0; e == OK && map_next(&customers, &i, &key, &bits);) {
		uint32_t customer;
		memcpy(&customer, key.p, sizeof customer);
		e = refresh(d->op, customer, bits);
		if (bits & TOUCHED_ORDERS && !(bits & TOUCHED_PERSON)) VEC_PUSH(&ordered, &d->op->arena, customer);
	}
	if (e == OK) e = customer_refresh_orders(d->op, ordered.v, ordered.n);
	map_release(&customers);
	return e;
}
