/* chat_page.c: the page in the frame and what it asks for. It is drawn without anything of the visitor: who they are comes with the
 * first request that it sends, so nothing of anybody stands in an address. */
#include "chat/chat_inner.h"
#include "conversation/conversation_chat.h"
#include "http/metrics.h"
#include "i18n/i18n.h"
#include "setting/setting.h"

enum { MOST_MESSAGES = 200 };

/* ---- the page ---- */

struct chat_frame {
	str address, organisation, email, script;
	struct msg presence;
	int state, ask_name, ask_email, ask_subject;
	bool asks_name, asks_email, asks_subject, needs_name, needs_email, needs_subject, is_here;
	int64_t file_bytes;
};
static const struct desc_field FRAME_FIELDS[] = {
	FIELD(chat_frame, address, DESC_STR, .doc = "under which the chat is asked for"),
	FIELD(chat_frame, organisation, DESC_STR),
	FIELD(chat_frame, email, DESC_STR, .doc = "another way to reach a person"),
	FIELD(chat_frame, presence, DESC_MSG),
	FIELD(chat_frame, state, DESC_ENUM, .names = CHAT_PRESENCES),
	FIELD(chat_frame, ask_name, DESC_ENUM, .names = CHAT_ASKS),
	FIELD(chat_frame, ask_email, DESC_ENUM, .names = CHAT_ASKS),
	FIELD(chat_frame, ask_subject, DESC_ENUM, .names = CHAT_ASKS),
	FIELD(chat_frame, asks_name, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, asks_email, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, asks_subject, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, needs_name, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, needs_email, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, needs_subject, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, is_here, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(chat_frame, file_bytes, DESC_INT, .doc = "a file may be so large"),
};
const struct desc CHAT_FRAME_DESC = DESC(chat_frame, FRAME_FIELDS);

enum err chat_frame_get(struct op *op, struct web *w, struct answer *a)
{
	struct chat_frame *page = ARENA_NEW(&op->arena, struct chat_frame);
	struct site site;
	struct chat_site s;
	enum chat_presence p;
	TRY(chat__open_site(op, w, &site, &s));
	site_set_framed(op, w, &site);
	TRY(chat_presence_get(op, &s, &p));
	/* whoever finds nobody there leaves where they can be reached */
	if (p != CHAT_HERE && s.ask_email == CHAT_ASK_NOT) s.ask_email = CHAT_ASK_MAY;
	*page = (struct chat_frame){.address = str_fmt(&op->arena, "/site/%.*s/chat", STR_ARG(id_show(&op->arena, S("sit"), site.id))), .organisation = setting_text(op, SETTING_organisation), .email = s.email.n ? s.email : setting_text(op, SETTING_mail_sender), .presence = chat__presence_text(&s, p),
		.state = (int)p, .ask_name = s.ask_name, .ask_email = s.ask_email, .ask_subject = s.ask_subject, .asks_name = s.ask_name != CHAT_ASK_NOT, .asks_email = s.ask_email != CHAT_ASK_NOT, .asks_subject = s.ask_subject != CHAT_ASK_NOT,
		.needs_name = s.ask_name == CHAT_ASK_MUST, .needs_email = s.ask_email == CHAT_ASK_MUST, .needs_subject = s.ask_subject == CHAT_ASK_MUST, .is_here = p == CHAT_HERE, .file_bytes = setting_int(op->app, SETTING_chat_file_bytes)};
	return answer_with(a, &CHAT_FRAME_DESC, page);
}

enum err chat__open_site(struct op *op, const struct web *w, struct site *site, struct chat_site *s)
{
	id of;
	TRY(web_id(op, w, "site", "sit", &of));
	TRY(site_get(op, of, site));
	TRY(site_admit(op, w, site));
	TRY(chat_site_get(op, of, s));
	return s->is_on ? OK : fail(op, ERR_NOT_FOUND, "site", "offers no chat");
}

/* ---- what a visitor sees ---- */

struct chat_file {
	id id;
	str name;
	int64_t size;
};
struct chat_message {
	id id;
	int64_t at;
	str author, text, client;
	bool is_ours;
	LIST_OF(struct chat_file) files;
};
struct chat_state {
	str token;
	bool is_named, is_known, is_waiting, is_rating_due;
	int presence;
	str presence_text;
	LIST_OF(struct chat_message) messages;
	int64_t cursor, seen_at;
	int64_t rated;
};
static const struct desc_field FILE_FIELDS[] = {
	FIELD(chat_file, id, DESC_ID, .prefix = "fil"),
	FIELD(chat_file, name, DESC_STR),
	FIELD(chat_file, size, DESC_INT),
};
static const struct desc FILE_DESC = DESC(chat_file, FILE_FIELDS);
static const struct desc_field MESSAGE_FIELDS[] = {
	FIELD(chat_message, id, DESC_ID, .prefix = "msg"),
	FIELD(chat_message, at, DESC_TIME),
	FIELD(chat_message, author, DESC_STR),
	FIELD(chat_message, text, DESC_STR),
	FIELD(chat_message, client, DESC_STR, .doc = "of the visitor's own: under which they sent it"),
	FIELD(chat_message, is_ours, DESC_BOOL, .doc = "the organisation wrote it"),
	FIELD(chat_message, files, DESC_LIST, .item = DESC_STRUCT, .of = &FILE_DESC),
};
static const struct desc MESSAGE_DESC = DESC(chat_message, MESSAGE_FIELDS);
static const struct desc_field STATE_FIELDS[] = {
	FIELD(chat_state, token, DESC_STR, .doc = "the visitor's, for all other requests"),
	FIELD(chat_state, is_named, DESC_BOOL, .doc = "the site vouches for who it is: the token is not for keeping"),
	FIELD(chat_state, is_known, DESC_BOOL, .doc = "something was written before: nothing is asked again"),
	FIELD(chat_state, is_waiting, DESC_BOOL, .doc = "an answer is due"),
	FIELD(chat_state, is_rating_due, DESC_BOOL, .doc = "it was solved and not rated yet"),
	FIELD(chat_state, rated, DESC_INT, .doc = "the score that was given to the last resolution"),
	FIELD(chat_state, presence, DESC_ENUM, .names = CHAT_PRESENCES),
	FIELD(chat_state, presence_text, DESC_STR, .doc = "in the language asked for"),
	FIELD(chat_state, messages, DESC_LIST, .item = DESC_STRUCT, .of = &MESSAGE_DESC),
	FIELD(chat_state, cursor, DESC_INT, .doc = "since=… of the next request: from then on nothing is missed, some may come twice; null in answers that show only what was just written"),
	FIELD(chat_state, seen_at, DESC_TIME, .doc = "up to where it was read by an agent"),
};
const struct desc CHAT_STATE_DESC = DESC(chat_state, STATE_FIELDS);

static struct chat_message message_of(struct op *op, const struct conversation_chat_message *m)
{
	struct chat_message out = {.id = m->id, .at = m->at, .author = m->author, .text = m->text, .client = m->client, .is_ours = m->is_ours};
	out.files.v = ARENA_ARRAY(&op->arena, struct chat_file, m->files.n + 1);
	for (size_t i = 0; i < m->files.n; i++) out.files.v[out.files.n++] = (struct chat_file){m->files.v[i].id, m->files.v[i].name, m->files.v[i].size};
	return out;
}

static enum err add_messages(struct op *op, const struct chat_visitor *v, int64_t since, struct chat_state *state)
{
	enum { OVERLAP_MS = 5000 }; /* longer than a transaction takes */
	struct conversation_chat_message *messages;
	size_t n;
	TRY(conversation_chat_messages(op, v->shown, since, MOST_MESSAGES, &messages, &n));
	state->messages.v = ARENA_ARRAY(&op->arena, struct chat_message, n + 1);
	for (size_t i = 0; i < n; i++) state->messages.v[state->messages.n++] = message_of(op, &messages[i]);
	int64_t sure = op->now_ms - OVERLAP_MS;
	state->cursor = sure > since ? sure : since;
	return OK;
}

enum err chat__state(struct op *op, const struct chat_site *s, const struct chat_visitor *v, int64_t since, struct chat_state **out)
{
	struct chat_state *state = *out = ARENA_NEW(&op->arena, struct chat_state);
	struct conversation_chat now;
	enum chat_presence p;
	struct db_rows r;
	*state = (struct chat_state){.token = chat__token(op, v), .is_named = str_given(v->user_id), .rated = DESC_NULL_INT};
	TRY(chat_presence_get(op, s, &p));
	state->presence = (int)p;
	struct msg text = chat__presence_text(s, p);
	state->presence_text = i18n_msg(&op->arena, &op->locale, &text);
	TRY(conversation_chat_get(op, v->shown, &now));
	state->is_known = now.conversation != 0;
	state->seen_at = now.seen_at;
	TRY(add_messages(op, v, since, state));
	if (!now.conversation || now.state != CONVERSATION_SOLVED) return OK;
	TRY(op_query(op, SQL_chat_rating_get, DB_ARGS(db_id(now.conversation), db_int(now.resolution)), &r));
	state->is_rating_due = !r.n;
	if (r.n) state->rated = db_rows_int(&r, 0, 0);
	return OK;
}

enum err chat__state_now(struct op *op, const struct chat_site *s, const struct chat_visitor *v, struct chat_state **out)
{
	TRY(chat__state(op, s, v, op->now_ms, out));
	(*out)->cursor = DESC_NULL_INT;
	return OK;
}

struct open_input {
	str token, user, proof;
};
static const struct desc_field OPEN_FIELDS[] = {
	FIELD(open_input, token, DESC_STR, .max = 80, .doc = "that the browser has kept"),
	FIELD(open_input, user, DESC_STR, .max = 200, .doc = "the visitor's user id, when the site knows it"),
	FIELD(open_input, proof, DESC_STR, .max = 64, .doc = "hex of HMAC-SHA256 of it by the site's secret"),
};
const struct desc CHAT_OPEN_DESC = {"chat_open", sizeof(struct open_input), OPEN_FIELDS, COUNT_OF(OPEN_FIELDS)};

enum err chat_open_post(struct op *op, struct web *w, struct answer *a)
{
	struct open_input in = {0};
	struct chat_visitor v;
	struct chat_state *state;
	struct chat_site s;
	struct site site;
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__count_flood(op, w));
	TRY(web_input(op, w, &CHAT_OPEN_DESC, &in));
	TRY(chat__come(op, site.id, in.token, in.user, in.proof, lang_code(op->locale.lang), &v));
	TRY(chat__state(op, &s, &v, 0, &state));
	a->is_private = true;
	return answer_with(a, &CHAT_STATE_DESC, state);
}

enum err chat_state_get(struct op *op, struct web *w, struct answer *a)
{
	struct chat_visitor v;
	struct chat_state *state;
	struct chat_site s;
	struct site site;
	int64_t since = 0;
	str given = web_query(w, "since");
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__visitor(op, site.id, web_query(w, "token"), &v));
	if (given.n && !str_i64(given, &since)) return fail(op, ERR_INVALID, "since", "must be the cursor of an answer");
	TRY(chat__state(op, &s, &v, since, &state));
	a->is_private = true;
	return answer_with(a, &CHAT_STATE_DESC, state);
}

/* ---- the stream ---- */

bool chat_is_stream(str path)
{
	return str_starts(path, S("/site/")) && str_ends(path, S("/chat/live"));
}

enum err chat_stream_topics(struct op *op, struct http_request *rq, str topics[CHAT_TOPICS])
{
	struct chat_visitor v;
	str path = http_path(rq), shown = str_sub(path, 6, path.n - 16);
	id site;
	if (!id_read(S("sit"), shown, &site)) return fail(op, ERR_NOT_FOUND, "site", "there is no such site");
	TRY(chat__visitor(op, site, http_query(rq, "token"), &v));
	topics[0] = chat__topic(op, &v);
	topics[1] = str_fmt(&op->arena, "typing:%.*s", STR_ARG(v.shown));
	return OK;
}
