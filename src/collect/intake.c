/* The steps are functions in the order in which a touchpoint passes them. No step touches records: sources, consent and
 * erasure are in memory, and what has to be derived is left to the appliers by EVENT_DERIVES, which is set only when an
 * event can change something (a new identity, a first meeting of two ids, traits, a changed consent, an order), so that
 * the bulk of events costs the appliers nothing. */
#include "collect/intake.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "collect/normalise.h"
#include "consent/consent.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "feedback/feedback.h"
#include "followup/followup.h"
#include "http/http.h"
#include "json/json.h"
#include "op/app.h"
#include "query/query.h"
#include "reading/verbatim.h"

enum { HEARD_AHEAD = 8 };

struct intake *intake_new(struct app *app, struct arena *a, const struct source *source, int64_t received_ms)
{
	struct intake *in = ARENA_NEW(a, struct intake);
	*in = (struct intake){.app = app, .arena = a, .source = *source, .received_ms = received_ms};
	in->is_stated = source->kind == SOURCE_FILE || source->kind == SOURCE_HAND;
	return in;
}

void intake_expect(struct intake *in, size_t n)
{
	if (in->events.cap || !n) return;
	in->events.v = ARENA_ARRAY(in->arena, struct event, n);
	in->indexes.v = ARENA_ARRAY(in->arena, uint32_t, n);
	in->events.cap = in->indexes.cap = n;
}

/* ---- identities ---- */

static void add_identity(struct app *app, struct arena *a, const struct normalise_rules *rules, enum identity_kind kind, str name, str raw,
                         bool counts, struct intake_identities *out)
{
	str value;
	if (!str_given(raw)) return;
	switch (normalise_identity(a, kind, raw, rules, &value)) {
	case NORMALISED: break;
	case NORMALISED_ILLEGAL:
		if (counts) collect_note_illegal(app, name, str_trim(raw));
		return;
	default: return;
	}
	if (out->n == COUNT_OF(out->v) || name.n > 100) return;
	out->v[out->n].kind = name;
	out->v[out->n].value = value;
	out->v[out->n].shown = str_trim(raw);
	out->v[out->n].key = identity_key(app, name, value);
	out->v[out->n].subject = 0;
	out->n++;
}

void intake_identities(struct app *app, struct arena *a, const struct source *source, str country, const struct touchpoint *t, bool counts,
                       struct intake_identities *out)
{
	struct normalise_rules rules = {.is_live = source->kind == SOURCE_WEBSITE || source->kind == SOURCE_SERVER, .country = country};
	out->n = 0;
	add_identity(app, a, &rules, IDENTITY_USER_ID, S("user_id"), t->user_id, counts, out);
	add_identity(app, a, &rules, IDENTITY_ANONYMOUS_ID, S("anonymous_id"), t->anonymous_id, counts, out);
	add_identity(app, a, &rules, IDENTITY_EMAIL, S("email"), t->email, counts, out);
	add_identity(app, a, &rules, IDENTITY_PHONE, S("phone"), t->phone, counts, out);
	for (size_t i = 0; i < t->n_external_ids; i++)
		add_identity(app, a, &rules, IDENTITY_EXTERNAL, t->external_ids[i].kind, t->external_ids[i].value, counts, out);
}

void intake_foresee(struct intake *in, struct intake_foresight *f, size_t n)
{
	struct subject_key keys[INTAKE_AHEAD] = {0};
	uint32_t likely[INTAKE_AHEAD];
	size_t n_keys = 0;
	f->n = n;
	f->next = 0;
	in->foresight = f;
	for (size_t i = 0; i < n; i++) {
		intake_identities(in->app, in->arena, &in->source, in->country, f->touchpoints[i], !in->is_trial, &f->ids[i]);
		if (f->ids[i].n) keys[n_keys++] = f->ids[i].v[0].key;
	}
	events_subjects_fetch(in->app->events, keys, n_keys, likely);
	for (size_t i = 0; i < n_keys; i++) people_fetch(in->app->people, likely[i]);
}

static struct intake_identities *foreseen(struct intake *in, const struct touchpoint *t)
{
	struct intake_foresight *f = in->foresight;
	return f && f->next < f->n && f->touchpoints[f->next] == t ? &f->ids[f->next++] : NULL;
}

/* ---- consent ---- */

struct said {
	uint32_t granted, denied;
};

static struct said said_by(const struct intake *in, const struct touchpoint *t)
{
	struct said said = {0};
	for (size_t i = 0; i < t->n_consents; i++) {
		int bit = purpose_find(collect_purposes(in->app), t->consents[i].category);
		if (bit < 0) continue;
		if (t->consents[i].is_granted)
			said.granted |= PURPOSE_BIT(bit);
		else
			said.denied |= PURPOSE_BIT(bit);
	}
	said.granted &= ~said.denied;
	return said;
}

static bool is_anonymous(const struct touchpoint *t)
{
	return t->is_anonymous && feedback_is_of_survey(t->event);
}

/* Whoever sent an anonymous answer with a name has said it for nothing. */
static void forget_who(const struct touchpoint *t, struct intake_identities *ids)
{
	if (is_anonymous(t)) ids->n = 0;
}

/* What may be done with an event: what it carries, what its customer said before, what its source vouches for; a refusal
 * wins, and a grant that an ordinary event carries does not lift one. */
static uint32_t allowed(const struct intake *in, const struct touchpoint *t, const struct touchpoint_kind *kind, const struct said *said, uint32_t customer)
{
	if (is_anonymous(t)) return PURPOSE_BIT(QUERY_PURPOSE_ANONYMOUS);
	uint32_t granted = customer ? people_granted(in->app->people, customer) : 0, denied = customer ? people_denied(in->app->people, customer) : 0;
	uint32_t vouched = in->source.is_assured ? in->source.purposes : 0;
	bool states = in->is_stated || (kind && str_eq(kind->event, S("Segment Consent Preference Updated")));
	if (customer) denied &= ~said->granted | (states ? 0 : people_refused(in->app->people, customer));
	uint32_t from_customer = t->has_consent && !in->source.is_assured ? 0 : granted;
	uint32_t mask = (said->granted | from_customer | vouched) & ~denied & ~said->denied;
	if (kind && kind->serves && !((denied | said->denied) & PURPOSE_BIT(PURPOSE_SERVICE))) mask |= PURPOSE_BIT(PURPOSE_SERVICE);
	return mask;
}

static bool changes_consent(const struct intake *in, const struct said *said, uint32_t customer)
{
	if (!(said->granted | said->denied)) return false;
	if (!customer) return true;
	return (said->granted & ~people_granted(in->app->people, customer)) || (said->denied & ~people_denied(in->app->people, customer));
}

/* ---- the way ---- */

static struct subject_key message_key(const struct intake *in, uint32_t subject, str message_id)
{
	enum { ROOM = 1024 };
	unsigned char text[ROOM];
	struct subject_key key;
	if (!message_id.n || message_id.n > ROOM - 8) {
		randombytes_buf(&key, sizeof key);
		return key;
	}
	memcpy(text, &subject, 4);
	memcpy(text + 4, &in->source.number, 2);
	memcpy(text + 6, message_id.p, message_id.n);
	crypto_shorthash_siphashx24((unsigned char *)&key, text, 6 + message_id.n, in->app->secret + 16);
	return key;
}

static bool derives(const struct intake *in, const struct touchpoint *t, const struct touchpoint_kind *kind, const struct intake_identities *ids,
                    uint32_t customer)
{
	const struct people *people = in->app->people;
	if (t->has_traits || (kind && kind->order != ORDER_NONE)) return true;
	if (t->call == CALL_ALIAS || t->call == CALL_GROUP || feedback_is_answer(t->event) || followup_watches(in->app, t->event) || collect_is_awaited(in->app, t->event) || (!t->has_no_words && verbatim_may(t->event, t->raw))) return true;
	for (size_t i = 1; i < ids->n; i++) {
		if (str_eq(ids->v[i].kind, S("anonymous_id")) ? !people_is_linked(people, ids->v[i].subject) : people_customer(people, ids->v[i].subject) != customer)
			return true;
	}
	return false;
}

static enum drop_reason drop(const struct intake *in, enum drop_reason reason)
{
	if (!in->is_trial) collect_drop(in->app, in->source.number, reason, 1);
	return reason;
}

static bool find_subjects(const struct intake *in, struct intake_identities *ids)
{
	bool any_new = false;
	for (size_t i = 0; i < ids->n; i++) {
		bool is_new = false;
		ids->v[i].subject = in->is_trial ? events_subject_find(in->app->events, ids->v[i].key) : events_subject(in->app->events, ids->v[i].key, &is_new);
		any_new = any_new || is_new || !people_customer(in->app->people, ids->v[i].subject);
	}
	return any_new;
}

/* What too many came with is no identity of anybody: live sources are heard as if they had not sent it. */
static void ignore_illegal(const struct intake *in, struct intake_identities *ids)
{
	size_t kept = 0;
	for (size_t i = 0; i < ids->n; i++) {
		if (people_is_illegal(in->app->people, ids->v[i].subject)) collect_note_illegal(in->app, ids->v[i].kind, ids->v[i].value);
		else ids->v[kept++] = ids->v[i];
	}
	ids->n = kept;
}

/* Erased people stay erased when they are sent again, also under a new device's id: then the event would bring their name
 * in again. An event of a customer known otherwise stays: a shared e-mail erases only one of those who share it. */
static bool is_of_erased(const struct intake *in, const struct intake_identities *ids, uint32_t customer)
{
	const struct people *people = in->app->people;
	if (ids->n && people_is_suppressed(people, ids->v[0].subject)) return true;
	if (customer && people_is_known(people, customer)) return false;
	for (size_t i = 1; i < ids->n; i++)
		if (people_is_suppressed(people, ids->v[i].subject)) return true;
	return false;
}

/* What is not kept may still withdraw a consent: the refusal goes to the log alone, without the event that said it. */
static void note_refusal(struct intake *in, const struct touchpoint *t, uint32_t subject, uint32_t denied)
{
	struct intake_refusal *r = VEC_ADD(&in->refusals, in->arena);
	*r = (struct intake_refusal){subject, denied, t->time_ms == DESC_NULL_INT ? in->received_ms : t->time_ms};
}

static str refusals_json(const struct intake *in)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, 1 << 20);
	json_begin_object(&w);
	json_key(&w, S("refusals"));
	json_begin_array(&w);
	for (size_t i = 0; i < in->refusals.n; i++) {
		const struct intake_refusal *r = &in->refusals.v[i];
		json_begin_object(&w);
		json_key(&w, S("subject"));
		json_put_i64(&w, r->subject);
		json_key(&w, S("purposes"));
		json_put_i64(&w, r->purposes);
		json_key(&w, S("at_ms"));
		json_put_i64(&w, r->at_ms);
		json_key(&w, S("source"));
		json_put_i64(&w, in->source.number);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	str json = str_dup(in->arena, buf_str(&b));
	buf_release(&b);
	return json;
}

/* An alias names the earlier id as an identity too, so that its subject is in the log before the event. */
static void add_previous(const struct intake *in, const struct touchpoint *t)
{
	bool is_new;
	if (t->call != CALL_ALIAS || !str_given(t->previous_id) || t->previous_id.n > IDENTITY_MAX_BYTES) return;
	struct subject_key as_user = identity_key(in->app, S("user_id"), t->previous_id);
	if (!events_subject_find(in->app->events, as_user)) events_subject(in->app->events, identity_key(in->app, S("anonymous_id"), t->previous_id), &is_new);
}

enum drop_reason intake_add(struct intake *in, const struct touchpoint *t, uint32_t index)
{
	struct intake_identities own, *ids = foreseen(in, t);
	bool is_live = in->source.kind == SOURCE_WEBSITE || in->source.kind == SOURCE_SERVER;
	const struct touchpoint_kind *kind = touchpoint_kind(t->event);
	if (!ids) {
		ids = &own;
		intake_identities(in->app, in->arena, &in->source, in->country, t, !in->is_trial, ids);
	}
	if (ids->n == 0 && is_live) return drop(in, DROP_no_identity);
	if (t->has_bad_currency && kind && kind->order != ORDER_NONE) return drop(in, DROP_bad_currency);
	if (t->has_two_currencies && kind && kind->order != ORDER_NONE) return drop(in, DROP_two_currencies);
	struct said said = said_by(in, t);
	bool is_new = find_subjects(in, ids);
	if (is_live) ignore_illegal(in, ids);
	if (ids->n == 0 && is_live) return drop(in, DROP_no_identity);
	forget_who(t, ids);
	uint32_t subject = ids->n ? ids->v[0].subject : 0, customer = people_customer(in->app->people, subject);
	if (is_of_erased(in, ids, customer)) return drop(in, DROP_suppressed);
	uint32_t purposes = allowed(in, t, kind, &said, customer);
	bool changes = changes_consent(in, &said, customer); /* asked before the refusal holds in memory */
	if (said.denied && !in->is_trial) people_deny_now(in->app->people, customer, said.denied);
	if (!purposes) {
		if (customer && changes) note_refusal(in, t, subject, said.denied);
		return drop(in, DROP_no_consent);
	}
	if (in->is_trial) return DROP_NONE;
	add_previous(in, t);
	uint8_t flags = in->flags;
	if (changes || derives(in, t, kind, ids, customer)) flags |= EVENT_DERIVES;
	else if (is_new) flags |= ids->n == 1 && t->n_consents == 0 ? EVENT_DERIVES | EVENT_MEETS : EVENT_DERIVES;
	if (t->is_clamped) flags |= EVENT_CLAMPED;
	VEC_PUSH(&in->indexes, in->arena, index);
	struct event *e = VEC_ADD(&in->events, in->arena);
	*e = (struct event){
		.subject = subject,
		.import = in->import,
		.source = in->source.number,
		.flags = flags,
		.purposes = purposes,
		.time_ms = t->time_ms == DESC_NULL_INT ? in->received_ms : t->time_ms,
		.received_ms = in->received_ms,
		.message = message_key(in, subject, t->message_id),
		.type = t->event,
		.channel = str_given(t->channel) ? t->channel : S(""), /* else it follows the filing, whenever that changes */
		.body = t->raw,
	};
	return DROP_NONE;
}

/* Open pages of these customers and of their source are told that something happened; they ask for what it is. */
static void tell_pages(const struct intake *in)
{
	struct arena arena;
	if (!in->app->http || !http_has_readers(in->app->http)) return;
	arena_init(&arena);
	http_publish(in->app->http, S("touchpoints"));
	http_publish(in->app->http, str_fmt(&arena, "source:%s", id_show(&arena, S("src"), in->source.id).p));
	for (size_t i = 0; i < in->events.n; i++) {
		uint32_t customer = people_customer(in->app->people, in->events.v[i].subject);
		if (!customer) continue;
		str topic = str_fmt(&arena, "customer:%s", id_show(&arena, S("cus"), people_id(in->app->people, customer)).p);
		http_publish(in->app->http, topic);
	}
	arena_release(&arena);
}

static void count_stored(struct intake *in)
{
	for (size_t i = 0; i < in->events.n; i++) {
		if (i + HEARD_AHEAD < in->events.n) people_fetch(in->app->people, in->events.v[i + HEARD_AHEAD].subject);
		if (in->verdicts[i] == EVENT_STORED) {
			in->accepted++;
			people_hear(in->app->people, in->events.v[i].subject, in->events.v[i].time_ms);
		} else if (in->verdicts[i] == EVENT_DUPLICATE) {
			in->duplicates++;
		} else {
			in->refused++;
		}
	}
	metrics_add(COUNTER_EVENTS_ACCEPTED, in->accepted);
	metrics_add(COUNTER_EVENTS_DUPLICATE, in->duplicates);
	collect_drop(in->app, in->source.number, DROP_cap, in->refused);
}

/* The refusals stand in the log before the events that carried them. Whoever is told that the events are kept may rely on
 * the refusals too; and when the events cannot be queued, the intake is gone before its note is written. */
struct intake_note {
	_Atomic int users; /* the store, the intake */
	enum err result;
};

static void leave_note(struct intake_note *note)
{
	if (note && atomic_fetch_sub(&note->users, 1) == 1) mem_free(note);
}

static void note_stored(void *arg, enum err result)
{
	struct intake_note *note = arg;
	note->result = result;
	leave_note(note);
}

static enum err send_note(struct intake *in)
{
	if (!in->refusals.n) return OK;
	struct intake_note *note = MEM_NEW(struct intake_note);
	atomic_store(&note->users, 2);
	enum err e = events_append_note(in->app->events, refusals_json(in), note_stored, note);
	if (e == OK) in->note = note;
	else mem_free(note);
	return e;
}

static void stored(void *arg, enum err result)
{
	struct intake *in = arg;
	if (in->note && result == OK) result = in->note->result;
	leave_note(in->note);
	in->note = NULL;
	if (result == OK) {
		count_stored(in);
		tell_pages(in);
	} else {
		collect_drop(in->app, in->source.number, DROP_disk_full, in->events.n);
	}
	in->done(in->done_arg, result);
}

enum err intake_commit(struct intake *in, events_done *done, void *arg)
{
	in->done = done;
	in->done_arg = arg;
	if (!in->events.n && in->refusals.n) return events_append_note(in->app->events, refusals_json(in), done, arg);
	if (!in->events.n) {
		done(arg, OK);
		return OK;
	}
	TRY(send_note(in));
	in->verdicts = ARENA_ARRAY(in->arena, uint8_t, in->events.n);
	enum err e = events_append(in->app->events, in->events.v, in->events.n, in->verdicts, stored, in);
	if (e == OK) return OK;
	leave_note(in->note);
	in->note = NULL;
	return e;
}

enum err intake_commit_wait(struct intake *in)
{
	if (in->refusals.n) TRY(events_append_note_wait(in->app->events, refusals_json(in)));
	if (in->events.n == 0) return OK;
	in->verdicts = ARENA_ARRAY(in->arena, uint8_t, in->events.n);
	TRY(events_append_wait(in->app->events, in->events.v, in->events.n, in->verdicts));
	count_stored(in);
	return OK;
}
