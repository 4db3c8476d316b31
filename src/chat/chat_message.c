/* chat_message.c: what a visitor does: writes, types, reads, sends a file. */
#include "chat/chat_inner.h"

#include "base/utf8.h"
#include "collect/normalise.h"
#include "conversation/conversation_chat.h"
#include "http/metrics.h"
#include "i18n/i18n.h"
#include "mail/received.h"
#include "op/app.h"
#include "setting/setting.h"

enum { TEXT_BYTES = 16000, NAME_BYTES = 320, EMAIL_BYTES = 254, CLIENT_BYTES = 40, SUBJECT_BYTES = 600 };

struct write_input {
	str token, client, text, name, email, subject;
};
static const struct desc_field WRITE_FIELDS[] = {
	FIELD(write_input, token, DESC_STR, .max = 80, .flags = DESC_REQUIRED),
	FIELD(write_input, client, DESC_STR, .max = CLIENT_BYTES, .flags = DESC_REQUIRED, .doc = "of the sender's choice: sent twice under it, a message is kept once"),
	FIELD(write_input, text, DESC_STR, .max = TEXT_BYTES),
	FIELD(write_input, name, DESC_STR, .max = NAME_BYTES),
	FIELD(write_input, email, DESC_STR, .max = EMAIL_BYTES),
	FIELD(write_input, subject, DESC_STR, .max = SUBJECT_BYTES),
};
const struct desc CHAT_WRITE_DESC = {"chat_write", sizeof(struct write_input), WRITE_FIELDS, COUNT_OF(WRITE_FIELDS)};
struct token_input {
	str token;
};
static const struct desc_field TOKEN_FIELDS[] = {FIELD(token_input, token, DESC_STR, .max = 80, .flags = DESC_REQUIRED)};
const struct desc CHAT_TOKEN_DESC = {"chat_token", sizeof(struct token_input), TOKEN_FIELDS, COUNT_OF(TOKEN_FIELDS)};

struct told {
	struct app *app;
	str topic;
};

static void publish(void *arg)
{
	const struct told *t = arg;
	if (t->app->http) http_publish(t->app->http, t->topic);
}

static void tell(struct op *op, const struct chat_visitor *v)
{
	struct told *t = ARENA_NEW(&op->arena, struct told);
	*t = (struct told){op->app, chat__topic(op, v)};
	op_after_commit(op, publish, t);
}

/* ---- what is asked before the first message ---- */

static enum err read_email(struct op *op, str given, str *out)
{
	const struct normalise_rules rules = {0};
	*out = S("");
	if (!str_trim(given).n) return OK;
	if (normalise_identity(&op->arena, IDENTITY_EMAIL, given, &rules, out) != NORMALISED) return fail(op, ERR_INVALID, "email", "is no address of mail");
	return OK;
}

static enum err check_asked(struct op *op, const struct chat_site *s, const struct write_input *in)
{
	if (s->ask_name == CHAT_ASK_MUST && !in->name.n) return fail(op, ERR_INVALID, "name", "must be given");
	if (s->ask_email == CHAT_ASK_MUST && !in->email.n) return fail(op, ERR_INVALID, "email", "must be given");
	if (s->ask_subject == CHAT_ASK_MUST && !in->subject.n) return fail(op, ERR_INVALID, "subject", "must be given");
	return OK;
}

static str text_or_empty(str s)
{
	s = str_trim(s);
	return s.n ? s : S("");
}

static enum err read_input(struct op *op, const struct web *w, const struct chat_site *s, struct write_input *in, struct chat_visitor *v)
{
	*in = (struct write_input){0};
	TRY(web_input(op, w, &CHAT_WRITE_DESC, in));
	TRY(chat__visitor(op, s->site, in->token, v));
	in->text = text_or_empty(in->text);
	in->name = text_or_empty(in->name);
	in->subject = text_or_empty(in->subject);
	TRY(read_email(op, in->email, &in->email));
	for (size_t i = 0; i < in->client.n; i++)
		if (in->client.p[i] <= ' ' || in->client.p[i] == 0x7f) return fail(op, ERR_INVALID, "client", "must be of visible letters");
	return OK;
}

static enum err keep(struct op *op, const struct chat_site *s, struct chat_visitor *v, const struct write_input *in, const struct received_file *files, size_t n_files)
{
	struct conversation_chat now;
	struct conversation_chat_kept kept;
	str lang = lang_code(op->locale.lang);
	if (!v->is_kept || str_given(v->user_id)) {
		TRY(conversation_chat_get(op, v->shown, &now));
		if (!now.conversation) TRY(check_asked(op, s, in));
	}
	const struct conversation_chat_letter l = {v->shown, v->user_id, in->name.n ? in->name : v->name, in->subject, in->text, in->client, files, n_files};
	TRY(conversation_chat_take(op, &l, &kept));
	if (kept.is_erased) return fail(op, ERR_DENIED, "token", "is of somebody who asked to be forgotten: open the chat again");
	if (!kept.message) return OK; /* it was here before */
	if (!v->is_kept) TRY(op_run(op, SQL_chat_visitor_add, DB_ARGS(db_id(v->id), db_id(v->site), db_text(v->user_id), db_int(kept.subject), db_text(in->name), db_text(in->email), db_text(lang), db_int(op->now_ms)), NULL));
	else TRY(op_run(op, SQL_chat_visitor_says, DB_ARGS(db_id(v->id), db_int(kept.subject), db_text(in->name), db_text(in->email), db_text(lang)), NULL));
	v->is_kept = true;
	metrics_add(COUNTER_CHAT_MESSAGES, 1);
	tell(op, v);
	return OK;
}

static enum err answer_state(struct op *op, struct answer *a, const struct chat_site *s, const struct chat_visitor *v)
{
	struct chat_state *state;
	TRY(chat__state_now(op, s, v, &state));
	a->is_private = true;
	return answer_with(a, &CHAT_STATE_DESC, state);
}

enum err chat_message_post(struct op *op, struct web *w, struct answer *a)
{
	struct write_input in;
	struct chat_visitor v;
	struct chat_site s;
	struct site site;
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__count_flood(op, w));
	TRY(read_input(op, w, &s, &in, &v));
	if (!in.text.n) return fail(op, ERR_INVALID, "text", "is empty");
	TRY(keep(op, &s, &v, &in, NULL, 0));
	return answer_state(op, a, &s, &v);
}

/* ---- what is kept of nobody ---- */

static enum err open_known(struct op *op, struct web *w, struct chat_visitor *v, struct conversation_chat *now)
{
	struct token_input in = {0};
	struct chat_site s;
	struct site site;
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__count_flood(op, w));
	TRY(web_input(op, w, &CHAT_TOKEN_DESC, &in));
	TRY(chat__visitor(op, site.id, in.token, v));
	return conversation_chat_get(op, v->shown, now);
}

enum err chat_typing_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_chat now;
	struct chat_visitor v;
	a->status = 204;
	TRY(open_known(op, w, &v, &now));
	if (now.conversation) conversation_chat_typing(op, now.conversation);
	return OK;
}

enum err chat_read_post(struct op *op, struct web *w, struct answer *a)
{
	struct conversation_chat now;
	struct chat_visitor v;
	a->status = 204;
	TRY(open_known(op, w, &v, &now));
	return now.conversation ? conversation_chat_read(op, v.shown, op->now_ms) : OK;
}

/* ---- files ---- */

/* A file is what its first bytes say; the name has to say the same. What is not listed is not taken: a site's own visitors send pictures
 * and papers. */
struct kind {
	const char *ends, *type, *begins;
	size_t n, at;
};
static const struct kind KINDS[] = {
	{".png", "image/png", "\x89PNG\r\n\x1a\n", 8, 0},  {".jpg", "image/jpeg", "\xff\xd8\xff", 3, 0}, {".jpeg", "image/jpeg", "\xff\xd8\xff", 3, 0}, {".gif", "image/gif", "GIF8", 4, 0},
	{".webp", "image/webp", "WEBP", 4, 8},             {".heic", "image/heic", "ftypheic", 8, 4},    {".pdf", "application/pdf", "%PDF-", 5, 0},    {".txt", "text/plain", "", 0, 0},
};

static bool is_plain(str bytes)
{
	if (!utf8_is_valid(bytes)) return false;
	for (size_t i = 0; i < bytes.n; i++)
		if ((unsigned char)bytes.p[i] < ' ' && bytes.p[i] != '\n' && bytes.p[i] != '\r' && bytes.p[i] != '\t') return false;
	return true;
}

static const struct kind *kind_of(struct arena *a, const struct http_file *f)
{
	str name = str_lower_ascii(a, f->file_name);
	for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
		const struct kind *k = &KINDS[i];
		if (!str_ends(name, str_of(k->ends))) continue;
		if (!k->n) return is_plain(f->bytes) ? k : NULL;
		return str_eq(str_sub(f->bytes, k->at, k->n), (str){k->begins, k->n}) ? k : NULL;
	}
	return NULL;
}

/* Without a path, on one line. */
static str name_of(struct op *op, str given)
{
	size_t begin = 0;
	for (size_t i = 0; i < given.n; i++)
		if (given.p[i] == '/' || given.p[i] == '\\') begin = i + 1;
	str name = str_dup(&op->arena, utf8_cut(str_sub(given, begin, given.n), RECEIVED_NAME_BYTES));
	return name.n ? name : S("file");
}

enum err chat_upload_post(struct op *op, struct web *w, struct answer *a)
{
	struct write_input in;
	struct chat_visitor v;
	struct chat_site s;
	struct site site;
	const struct http_file *files;
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__count_flood(op, w));
	TRY(read_input(op, w, &s, &in, &v));
	size_t n = http_files(w->rq, &files);
	if (n != 1 || !files[0].n || !files[0].bytes.n) return fail(op, ERR_INVALID, "file", "is missing or empty");
	int64_t most = setting_int(op->app, SETTING_chat_file_bytes);
	const struct kind *k = kind_of(&op->arena, &files[0]);
	if (!k || files[0].n > (uint64_t)most) metrics_add(COUNTER_CHAT_FILES_REFUSED, 1);
	if (files[0].n > (uint64_t)most) return fail(op, ERR_TOO_LARGE, "file", "is larger than %lld bytes", (long long)most);
	if (!k) return fail(op, ERR_MEDIA_TYPE, "file", "is none of the kinds that are taken (pictures, PDF, plain text), or not what its name says");
	const struct received_file file = {.name = name_of(op, files[0].file_name), .type = str_of(k->type), .bytes = files[0].bytes, .size = files[0].n};
	TRY(keep(op, &s, &v, &in, &file, 1));
	return answer_state(op, a, &s, &v);
}

enum err chat_file_get(struct op *op, struct web *w, struct answer *a)
{
	struct chat_visitor v;
	struct chat_site s;
	struct site site;
	id file;
	TRY(chat__open_site(op, w, &site, &s));
	TRY(chat__visitor(op, site.id, web_query(w, "token"), &v));
	TRY(web_id(op, w, "file", "fil", &file));
	TRY(conversation_chat_file(op, v.shown, file, &a->text, &a->download_name));
	a->content_type = S("application/octet-stream");
	a->is_private = true;
	return OK;
}
