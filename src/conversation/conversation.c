/* A message belongs to the conversation that holds or names what it answers (Message-ID, In-Reply-To, References, the nearest first).
 * A subject alone joins only an answer without any reference, of the same sender, to their one conversation of that subject within the
 * week before: strangers' "Re: Order" are never thrown together, and nobody reads another's conversation by writing a subject. */
#include "conversation/conversation.h"

#include "base/utf8.h"
#include "collect/collect.h"
#include "collect/intake.h"
#include "consent/consent.h"
#include "conversation/conversation_inner.h"
#include "customer/identity.h"
#include "customer/people.h"
#include "json/json.h"
#include "mail/authres.h"
#include "mail/picture.h"
#include "mail/received.h"
#include "op/app.h"
#include "search/search.h"
#include "setting/setting.h"
#include "text/shelf.h"
#include "text/verdict.h"

enum { BODY_BYTES = 1 << 20, TEXT_IN_EVENT = 16000, BASE_LEAST = 8, KEY_ROOM = 80, AHEAD_MS = 86400000, LATE_MS = 3 * 86400000, PICTURE_BYTES = 8 << 20 };
static const int64_t SUBJECT_HOLDS_MS = 7 * INT64_C(86400000);
#define SOURCE_NAME S("Inbox")

const char *const CONVERSATION_STATES[] = {"open", "snoozed", "solved", "merged", NULL};
const char *const CONVERSATION_PRIORITIES[] = {"low", "normal", "high", "urgent", NULL};
const char *const MESSAGE_KINDS[] = {"in", "out", "note", NULL};

struct conversation_intake {
	struct op *op;
	struct intake *intake;
	const struct text_own *own;
	VEC(str) ours; /* addresses */
	uint32_t n;
	enum conversation_source source;
	str verifier;
};

static void add_ours(struct conversation_intake *in, str list)
{
	while (str_given(list)) {
		str one = str_trim(str_cut(&list, ','));
		if (one.n) VEC_PUSH(&in->ours, &in->op->arena, str_lower_ascii(&in->op->arena, one));
	}
}

enum err conversation_intake_new(struct op *op, enum conversation_source from, struct conversation_intake **out)
{
	struct source source;
	struct conversation_intake *in = *out = ARENA_NEW(&op->arena, struct conversation_intake);
	TRY(source_ensure(op, SOURCE_NAME, SOURCE_HAND, true, PURPOSES_ASSURED_DEFAULT, &source));
	in->op = op;
	in->source = from;
	in->verifier = setting_text(op, SETTING_inbox_verifier);
	in->intake = intake_new(op->app, &op->arena, &source, op->now_ms);
	in->own = text_own_of(op);
	add_ours(in, setting_text(op, SETTING_inbox_addresses));
	add_ours(in, setting_text(op, SETTING_inbox_user));
	add_ours(in, setting_text(op, SETTING_mail_sender));
	add_ours(in, setting_text(op, SETTING_mail_bounce_sender));
	return OK;
}

enum err conversation_intake_end(struct conversation_intake *in)
{
	return intake_commit_wait(in->intake);
}

static bool is_ours(const struct conversation_intake *in, str address)
{
	for (size_t i = 0; i < in->ours.n; i++)
		if (str_eq(in->ours.v[i], address)) return true;
	return false;
}

/* ---- the touchpoint ---- */

struct moment {
	str event, message_id, conversation, title, text;
};

static void put_pair(struct json_writer *j, const char *key, str value)
{
	if (!value.n) return;
	json_key(j, str_of(key));
	json_put_str(j, value);
}

bool conversation__is_chat(str channel)
{
	return str_eq(channel, S("chat"));
}

/* Segment names what is said in a chat by who sent it: the customer, or the organisation. */
struct names {
	const char *in, *out, *begun;
};
static const struct names LETTERS = {"Message Received", "Message Sent", "Conversation Started"};
static const struct names CHATS = {"Live Chat Message Sent", "Live Chat Message Received", "Live Chat Conversation Started"};

static const struct names *names_of(const struct conversation__letter *l)
{
	return conversation__is_chat(l->channel) ? &CHATS : &LETTERS;
}

static str body_of(struct arena *a, const struct conversation__letter *l, const struct moment *m, str name)
{
	bool is_chat = conversation__is_chat(l->channel);
	struct buf b;
	struct json_writer j = {.out = &b};
	buf_init(&b, BODY_BYTES);
	json_begin_object(&j);
	put_pair(&j, "type", S("track"));
	put_pair(&j, "event", m->event);
	put_pair(&j, "messageId", m->message_id);
	if (is_chat) put_pair(&j, "anonymousId", l->address);
	put_pair(&j, "userId", l->user_id);
	json_key(&j, S("properties"));
	json_begin_object(&j);
	put_pair(&j, is_chat ? "conversation_id" : "conversation", m->conversation);
	if (is_chat && l->kind == MESSAGE_OUT) put_pair(&j, "agent_name", l->author);
	put_pair(&j, "subject", m->title);
	put_pair(&j, "text", utf8_cut(m->text, TEXT_IN_EVENT));
	json_end_object(&j);
	json_key(&j, S("context"));
	json_begin_object(&j);
	put_pair(&j, "channel", l->channel);
	json_key(&j, S("traits"));
	json_begin_object(&j);
	if (!is_chat) put_pair(&j, "email", l->address);
	put_pair(&j, "name", name);
	json_end_object(&j);
	json_end_object(&j);
	json_end_object(&j);
	str out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static bool add_moment(struct conversation_intake *in, const struct conversation__letter *l, const struct moment *m, str name)
{
	bool is_chat = conversation__is_chat(l->channel);
	struct touchpoint t = {.call = CALL_TRACK, .event = m->event, .message_id = m->message_id, .time_ms = l->at_ms, .channel = l->channel, .has_traits = !is_chat || name.n};
	if (is_chat) t.anonymous_id = l->address;
	else t.email = l->address;
	t.user_id = l->user_id;
	t.raw = body_of(&in->op->arena, l, m, name);
	return intake_add(in->intake, &t, in->n++) != DROP_suppressed; /* what else drops it is counted there, and no reason not to answer */
}

/* False: its customer was erased. */
static bool add_moments(struct conversation_intake *in, const struct conversation__letter *l, id conversation, bool is_new, bool is_known)
{
	struct arena *a = &in->op->arena;
	struct moment m = {.message_id = str_fmt(a, "message:%.*s", STR_ARG(l->key)), .conversation = id_show(a, S("cnv"), conversation), .title = l->title, .text = l->text};
	m.event = str_of(l->kind == MESSAGE_OUT ? names_of(l)->out : names_of(l)->in);
	str name = is_known || l->kind == MESSAGE_OUT ? S("") : l->name;
	if (!add_moment(in, l, &m, name)) return false;
	if (!is_new || l->kind != MESSAGE_IN) return true;
	m.event = str_of(names_of(l)->begun);
	m.message_id = str_fmt(a, "conversation:%.*s", STR_ARG(l->key));
	m.text = S("");
	return add_moment(in, l, &m, S(""));
}

/* ---- which conversation ---- */

static enum err by_reference(struct op *op, str message_id, id contact, id *out)
{
	struct db_rows r;
	if (!message_id.n) return OK;
	TRY(op_query(op, SQL_conversation_referenced, DB_ARGS(db_text(message_id), db_id(contact)), &r));
	if (r.n) *out = db_rows_id(&r, 0, 0);
	return conversation__stands_in(op, out);
}

static bool says_enough(str base)
{
	return base.n >= BASE_LEAST && (str_contains(base, S(" ")) || (unsigned char)base.p[0] >= 0x80);
}

static enum err find(struct op *op, const struct conversation__letter *l, id contact, id *out)
{
	struct db_rows r;
	*out = l->into;
	if (*out) return OK;
	for (size_t i = l->n_references; i && !*out; i--) TRY(by_reference(op, l->references[i - 1], contact, out));
	if (!*out) TRY(by_reference(op, l->message_id, contact, out)); /* its answer came first */
	if (*out || l->n_references || !l->is_answer || l->is_unproven || !contact || !says_enough(l->base)) return OK;
	TRY(op_query(op, SQL_conversation_same_title, DB_ARGS(db_id(contact), db_text(l->base), db_int(l->at_ms - SUBJECT_HOLDS_MS), db_int(l->at_ms)), &r));
	if (r.n == 1) *out = db_rows_id(&r, 0, 0);
	return OK;
}

/* ---- keeping ---- */

static uint32_t subject_of(const struct op *op, const struct conversation__letter *l)
{
	str kind = l->user_id.n ? S("user_id") : conversation__is_chat(l->channel) ? S("anonymous_id") : l->channel;
	return events_subject_find(op->app->events, identity_key(op->app, kind, l->user_id.n ? l->user_id : l->address));
}

static enum err open_contact(struct op *op, const struct conversation__letter *l, id *out, uint32_t *subject)
{
	struct db_rows r;
	*subject = subject_of(op, l);
	TRY(op_query(op, SQL_conversation_contact_get, DB_ARGS(db_text(l->channel), db_text(l->address)), &r));
	*out = r.n ? db_rows_id(&r, 0, 0) : 0;
	return OK;
}

static enum err keep_contact(struct op *op, const struct conversation__letter *l, id *contact)
{
	uint32_t subject = subject_of(op, l); /* the touchpoint may have made it */
	str name = l->kind == MESSAGE_IN && !l->is_unproven ? l->name : S("");
	if (*contact) return op_run(op, SQL_conversation_contact_is, DB_ARGS(db_id(*contact), db_int(subject), db_text(name)), NULL);
	*contact = id_new();
	return op_run(op, SQL_conversation_contact_add, DB_ARGS(db_id(*contact), db_text(l->channel), db_text(l->address), db_text(name), db_int(subject)), NULL);
}

static enum err keep_references(struct op *op, const struct conversation__letter *l, id conversation)
{
	if (l->message_id.n) TRY(op_run(op, SQL_conversation_reference_add, DB_ARGS(db_text(l->message_id), db_id(conversation)), NULL));
	for (size_t i = 0; i < l->n_references; i++) TRY(op_run(op, SQL_conversation_reference_add, DB_ARGS(db_text(l->references[i]), db_id(conversation)), NULL));
	return OK;
}

static enum err keep_files(struct op *op, const struct conversation__letter *l, id conversation, id message)
{
	for (size_t i = 0; i < l->n_files; i++) {
		const struct received_file *f = &l->files[i];
		struct picture p;
		bool is_shown = f->size <= PICTURE_BYTES && f->bytes.n && picture_of(f->bytes, &p);
		TRY(op_run(op, SQL_conversation_file_add,
			DB_ARGS(db_id(id_new()), db_id(message), db_id(conversation), db_text(f->name), db_text(f->type), db_int((int64_t)f->size), db_blob(f->bytes), db_text(is_shown ? str_of(p.type) : STR_NONE),
				db_int_or_null(is_shown ? p.width : DESC_NULL_INT), db_int_or_null(is_shown ? p.height : DESC_NULL_INT)),
			NULL));
	}
	return OK;
}

static enum err keep_message(struct conversation_intake *in, const struct conversation__letter *l, id conversation, id contact, id message, str *language)
{
	struct op *op = in->op;
	struct text_verdict v = {.topics = S(""), .signals = S(""), .language = S("")};
	if (l->kind == MESSAGE_IN && !l->is_automatic && l->text.n) text_judge(&op->arena, l->text, in->own, &v);
	TRY(op_run(op, SQL_conversation_message_add,
		DB_ARGS(db_id(message), db_id(conversation), db_int(l->kind), db_id(contact), db_id(l->person), db_text(l->author), db_int(l->at_ms), db_int(op->now_ms), db_text(l->key), db_text(l->message_id.n ? l->message_id : STR_NONE),
			db_text(l->text), db_text(l->folded), db_bool(l->is_automatic), db_bool(l->is_cut), db_int((int64_t)l->files_left), db_text(v.language), db_text(v.sentiment), db_text(v.topics.p ? v.topics : S("")),
			db_text(v.signals.p ? v.signals : S("")), db_null(), db_bool(l->is_unproven)),
		NULL));
	*language = v.language;
	TRY(keep_files(op, l, conversation, message));
	TRY(keep_references(op, l, conversation));
	TRY(op_run(op, SQL_conversation_titled, DB_ARGS(db_id(conversation), db_text(l->title), db_text(l->base), db_int(l->at_ms)), NULL));
	TRY(conversation__settle(op, conversation, message, l->kind, l->at_ms, l->is_automatic));
	if (v.sentiment.n) TRY(op_run(op, SQL_conversation_feels, DB_ARGS(db_id(conversation), db_text(v.sentiment)), NULL));
	return search_note(op, SEARCH_MESSAGE, message);
}

/* One that was long on its way, or whose sender's clock is slow, must not seem answered by what was written before anybody could read it. */
static enum err heed_lateness(struct conversation_intake *in, struct conversation__letter *l, id conversation)
{
	struct db_rows r;
	if (in->source == INTAKE_CHOSEN || l->kind != MESSAGE_IN || l->is_automatic || l->at_ms < in->op->now_ms - LATE_MS) return OK;
	TRY(op_query(in->op, SQL_conversation_standing, DB_ARGS(db_id(conversation)), &r));
	if (r.n && l->at_ms <= db_rows_int(&r, 0, 1)) l->at_ms = in->op->now_ms;
	return OK;
}

enum err conversation__keep(struct conversation_intake *in, struct conversation__letter *l, struct conversation__kept *out)
{
	struct op *op = in->op;
	id contact, conversation;
	uint32_t subject;
	str language;
	*out = (struct conversation__kept){.taken = TAKEN_ERASED};
	TRY(open_contact(op, l, &contact, &subject));
	if (subject && people_is_suppressed(op->app->people, subject)) return OK;
	TRY(find(op, l, contact, &conversation));
	bool is_new = !conversation;
	if (is_new) conversation = id_new();
	else TRY(heed_lateness(in, l, conversation));
	if (!l->is_automatic && !l->is_unproven && !add_moments(in, l, conversation, is_new, subject && people_customer(op->app->people, subject))) return OK;
	TRY(keep_contact(op, l, &contact));
	if (is_new)
		TRY(op_run(op, SQL_conversation_add,
			DB_ARGS(db_id(conversation), db_text(l->channel), db_id(contact), db_text(l->title), db_text(l->base), db_int(l->is_automatic ? CONVERSATION_SOLVED : CONVERSATION_OPEN), db_bool(l->is_automatic), db_int(l->at_ms), db_int_or_null(l->is_automatic ? l->at_ms : DESC_NULL_INT)), NULL));
	*out = (struct conversation__kept){is_new ? TAKEN_NEW : TAKEN_ADDED, conversation, id_new()};
	TRY(keep_message(in, l, conversation, contact, out->message, &language));
	if (in->source == INTAKE_FRESH) TRY(conversation__acknowledge(op, l, conversation, contact, subject_of(op, l), language));
	conversation__tell(op, conversation);
	return OK;
}

static enum err end_shared(void *in)
{
	return conversation_intake_end(in);
}

enum err conversation__shared(struct op *op, struct conversation_intake **out)
{
	if (!op->letters) {
		struct conversation_intake *in;
		TRY(conversation_intake_new(op, INTAKE_CHOSEN, &in));
		op->letters = in;
		op_before_commit(op, end_shared, in);
	}
	*out = op->letters;
	return OK;
}

enum err conversation__note(struct op *op, const struct conversation__letter *l, id conversation)
{
	struct conversation_intake *in;
	TRY(conversation__shared(op, &in));
	(void)add_moments(in, l, conversation, false, true); /* of somebody erased: dropped and counted there */
	return OK;
}

/* The same mail under the same key, wherever it is read from. */
static str key_of(struct arena *a, const struct received *m)
{
	uint64_t text = m->message_id.n ? 0 : str_hash(m->text);
	str all = str_fmt(a, "%.*s\n%.*s\n%lld\n%llx\n%.*s", STR_ARG(m->message_id), STR_ARG(m->from), (long long)m->at_ms, (unsigned long long)text, m->message_id.n ? 0 : (int)m->subject.n, m->subject.p ? m->subject.p : "");
	str salted = str_fmt(a, "%.*s\nkey", STR_ARG(all));
	return str_fmt(a, "%016llx%016llx", (unsigned long long)str_hash(all), (unsigned long long)str_hash(salted));
}

/* Who wrote it, and to whom it goes. Mail of an address of ours that came by itself counts as ours where the server that took it stands for that;
 * where it does not, it is the form of a website, which says whom to answer, or nobody's. */
static enum err name_sides(struct conversation_intake *in, const struct received *m, struct conversation__letter *l, enum conversation_taken *out)
{
	struct db_rows known = {0};
	enum authres proof = in->source != INTAKE_CHOSEN ? authres_read(&in->op->arena, m->results.v, m->results.n, in->verifier, m->from) : AUTHRES_UNKNOWN;
	l->address = m->from;
	l->name = m->from_name;
	l->is_unproven = proof == AUTHRES_FAILED;
	if (!is_ours(in, m->from)) return OK;
	if (m->message_id.n) TRY(op_query(in->op, SQL_conversation_answer_known, DB_ARGS(db_text(m->message_id)), &known));
	if (known.n) {
		*out = TAKEN_KNOWN;
		l->address = STR_NONE;
	} else if (in->source == INTAKE_CHOSEN || proof == AUTHRES_PASSED) {
		l->kind = MESSAGE_OUT;
		l->address = STR_NONE;
		for (size_t i = 0; i < m->to.n && !l->address.n; i++)
			if (!is_ours(in, m->to.v[i])) l->address = m->to.v[i];
	} else if (m->reply_to.n && !is_ours(in, m->reply_to)) {
		l->address = m->reply_to;
		l->name = m->reply_to_name;
	} else {
		*out = TAKEN_FORGED;
		l->address = STR_NONE;
	}
	return OK;
}

enum err conversation_take(struct conversation_intake *in, const struct received *m, enum conversation_taken *out)
{
	struct op *op = in->op;
	struct db_rows known;
	struct conversation__letter l = {.channel = S("email"), .title = m->subject, .base = m->base, .is_answer = m->is_answer, .text = m->text, .folded = m->folded, .message_id = m->message_id,
		.references = m->references.v, .n_references = m->references.n, .files = m->files.v, .n_files = m->files.n, .files_left = m->files_left, .is_cut = m->is_cut, .is_automatic = m->is_automatic,
		.kind = MESSAGE_IN, .key = key_of(&op->arena, m)};
	for (size_t i = 0; i < m->to.n; i++) l.is_to_us = l.is_to_us || is_ours(in, m->to.v[i]);
	l.at_ms = m->at_ms == DESC_NULL_INT || m->at_ms > op->now_ms + AHEAD_MS ? op->now_ms : m->at_ms;
	*out = TAKEN_NO_CUSTOMER;
	TRY(name_sides(in, m, &l, out));
	if (!l.address.n) return OK;
	str author = l.kind == MESSAGE_IN ? l.name : m->from_name;
	l.author = author.n ? author : l.kind == MESSAGE_IN ? l.address : m->from;
	TRY(op_query(op, SQL_conversation_message_known, DB_ARGS(db_text(l.key)), &known));
	if (known.n) {
		*out = TAKEN_KNOWN;
		return OK;
	}
	struct conversation__kept kept;
	TRY(conversation__keep(in, &l, &kept));
	*out = kept.taken;
	return OK;
}

/* ---- erasing ---- */

enum err conversation_forget_subject(struct op *op, uint32_t subject)
{
	static const enum sql rows[] = {SQL_conversation_forget_files, SQL_conversation_forget_references, SQL_conversation_forget_tags, SQL_conversation_forget_steps, SQL_conversation_forget_drafts,
		SQL_conversation_forget_calls, SQL_conversation_forget_messages, SQL_conversation_forget, SQL_conversation_forget_refused, SQL_conversation_forget_contacts};
	int64_t noted;
	TRY(op_run(op, SQL_conversation_forget_note, DB_ARGS(db_int(subject), db_int(SEARCH_MESSAGE), db_int(id_new())), &noted));
	if (noted) TRY(search_noted(op));
	for (size_t i = 0; i < COUNT_OF(rows); i++) TRY(op_run(op, rows[i], DB_ARGS(db_int(subject)), NULL));
	return OK;
}

enum err conversation_forget_address(struct op *op, str channel, str address, uint32_t subject)
{
	if (str_eq(channel, S("email"))) TRY(op_run(op, SQL_conversation_forget_refused_of, DB_ARGS(db_text(address)), NULL));
	TRY(op_run(op, SQL_conversation_contact_own, DB_ARGS(db_int(subject), db_text(channel), db_text(address)), NULL));
	return conversation_forget_subject(op, subject);
}
