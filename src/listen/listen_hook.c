/* listen_hook.c: mentions that others send: a program with the hook's write key, a person with a file. */
#include "audit/audit.h"
#include "base/hmac.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "http/faults.h"
#include "listen/listen.h"
#include "listen/mention.h"
#include "listen/mention_map.h"
#include "setting/secret.h"

enum { SECRET_LEAST = 16 };
#define SECRET_KIND "listen_hook"

struct listen_secret {
	str secret;
};
static const struct desc_field SECRET_FIELDS[] = {FIELD(listen_secret, secret, DESC_STR, .max = 500, .flags = DESC_SECRET, .doc = "agreed with the sender, 16 characters at least; empty: none, its key counts")};
const struct desc LISTEN_SECRET_DESC = DESC(listen_secret, SECRET_FIELDS);

struct mention_rejected {
	int64_t at;
	str reason;
};
static const struct desc_field REJECTED_FIELDS[] = {
	FIELD(mention_rejected, at, DESC_INT, .doc = "place in the list from 0, or line of the file"),
	FIELD(mention_rejected, reason, DESC_STR, .doc = "says_nothing, rating_off_scale, too_many, or what is wrong with the file's row"),
};
static const struct desc REJECTED_DESC = DESC(mention_rejected, REJECTED_FIELDS);
struct mentions_taken {
	int64_t accepted, known, rejected;
	LIST_OF(struct mention_rejected) rejects;
};
static const struct desc_field TAKEN_FIELDS[] = {
	FIELD(mentions_taken, accepted, DESC_INT),
	FIELD(mentions_taken, known, DESC_INT, .doc = "heard before"),
	FIELD(mentions_taken, rejected, DESC_INT),
	FIELD(mentions_taken, rejects, DESC_LIST, .item = DESC_STRUCT, .of = &REJECTED_DESC, .doc = "the first ones"),
};
const struct desc MENTIONS_TAKEN_DESC = DESC(mentions_taken, TAKEN_FIELDS);

static enum err open_hook(struct op *op, struct web *w, struct listen_source *s)
{
	id source;
	TRY(web_id(op, w, "id", "lis", &source));
	TRY(listen_source_find(op, source, s));
	if (s->kind != LISTEN_HOOK) return fail(op, ERR_STATE, "id", "nothing can be sent to this source: Hospes asks it by itself");
	return s->state == LISTEN_ON ? OK : fail(op, ERR_STATE, "id", "it is paused");
}

static bool is_csv(str bytes, str type)
{
	if (str_contains(type, S("json"))) return false;
	if (str_contains(type, S("csv"))) return true;
	str begins = str_trim(bytes);
	return !begins.n || (begins.p[0] != '{' && begins.p[0] != '[');
}

static enum err take(struct op *op, const struct listen_source *s, str map_name, str bytes, str type, struct mentions_taken *out)
{
	const struct mention_map *map = mention_map_find(map_name.n ? map_name : S("any"));
	struct heard_list heard = {0};
	struct mention_rejects *rejects = ARENA_NEW(&op->arena, struct mention_rejects);
	if (!map) return fail(op, ERR_INVALID, "map", "is none of tables/mention_maps.def");
	TRY((is_csv(bytes, type) ? heard_csv : heard_json)(&op->arena, bytes, map, &heard, rejects, &op->fault));
	TRY(mention_keep(op, s->id, &heard, &out->accepted));
	TRY(op_run(op, SQL_listen_source_heard, DB_ARGS(db_id(s->id), db_int(op->now_ms)), NULL));
	out->known = (int64_t)heard.items.n - out->accepted;
	out->rejected = (int64_t)rejects->all;
	out->rejects.v = ARENA_ARRAY(&op->arena, struct mention_rejected, rejects->n + 1);
	for (size_t i = 0; i < rejects->n; i++) out->rejects.v[out->rejects.n++] = (struct mention_rejected){rejects->v[i].at, str_of(rejects->v[i].reason)};
	return OK;
}

static str sent_key(const struct web *w)
{
	struct arena *a = http_arena(w->rq);
	str header = str_trim(http_header(w->rq, "Authorization")), scheme = str_cut(&header, ' '), decoded;
	if (str_eq_nocase(scheme, S("Bearer"))) return str_trim(header);
	if (!str_eq_nocase(scheme, S("Basic")) || !str_from_base64(a, str_trim(header), &decoded)) return STR_NONE;
	return str_cut(&decoded, ':');
}

/* The key is one of the hooks' own; those of other sources cannot speak here. */
static enum err check_key(struct op *op, const struct web *w)
{
	struct api_key key;
	struct source source;
	str sent = sent_key(w);
	bool is_ours = sent.n && key_find(op->app, sent, &key) && key.kind == KEY_WRITE && source_get(op->app, key.source, &source) && source.kind == SOURCE_LISTENING;
	if (!is_ours) return fail(op, ERR_UNAUTHENTICATED, "", "send the hook's write key: Authorization: Bearer wk_…");
	int wait_s;
	return key_may_send(op->app, key.id, 1, &wait_s) ? OK : fail(op, ERR_RATE, "", "wait %d seconds", wait_s);
}

static enum err secret_of(struct op *op, const struct web *w, str *out)
{
	struct db_rows r;
	id source;
	*out = STR_NONE;
	TRY(web_id(op, w, "id", "lis", &source));
	TRY(op_query(op, SQL_listen_source_secret, DB_ARGS(db_id(source)), &r));
	str sealed = r.n ? db_rows_text(&r, 0, 0) : STR_NONE;
	if (!sealed.n) return OK;
	return secret_open(&op->arena, op->app, S(SECRET_KIND), sealed, out) ? OK : fail(op, ERR_STATE, "id", "its secret cannot be read any more: set it again");
}

/* Where a secret was agreed, the signature proves the sender and nothing else does: networks that sign can send no key. */
static enum err check_sender(struct op *op, const struct web *w)
{
	static const char *const headers[] = {"X-Hub-Signature-256", "X-Signature-256"};
	str secret;
	TRY(secret_of(op, w, &secret));
	if (!str_given(secret)) return check_key(op, w);
	for (size_t i = 0; i < COUNT_OF(headers); i++)
		if (hmac_sha256_is(&op->arena, secret, http_body(w->rq), http_header(w->rq, headers[i]))) return OK;
	return fail(op, ERR_UNAUTHENTICATED, "", "sign the body with the secret that was agreed: X-Hub-Signature-256: sha256=… (HMAC-SHA256, hex)");
}

enum err listen_secret_post(struct op *op, struct web *w, struct answer *a)
{
	struct listen_secret in;
	id source;
	int64_t changed;
	TRY(web_input(op, w, &LISTEN_SECRET_DESC, &in));
	TRY(web_id(op, w, "id", "lis", &source));
	if (in.secret.n && in.secret.n < SECRET_LEAST) return fail(op, ERR_INVALID, "secret", "must be of %d characters at least", SECRET_LEAST);
	TRY(op_run(op, SQL_listen_source_secret_put, DB_ARGS(db_id(source), in.secret.n ? db_text(secret_seal(&op->arena, op->app, S(SECRET_KIND), in.secret)) : db_null()), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "id", "there is no such hook");
	TRY(audit_write(op, in.secret.n ? "listen_secret_set" : "listen_secret_dropped", "listen_source", source, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, str_fmt(&op->arena, "/listening/sources/%s", id_show(&op->arena, S("lis"), source).p));
}

enum err listen_hook_post(struct op *op, struct web *w, struct answer *a)
{
	struct listen_source s;
	struct mentions_taken *taken = ARENA_NEW(&op->arena, struct mentions_taken);
	w->wants_json = true; /* whatever it accepts: programs send here */
	TRY(check_sender(op, w));
	TRY(open_hook(op, w, &s));
	TRY(take(op, &s, web_query(w, "map"), http_body(w->rq), http_header(w->rq, "Content-Type"), taken));
	return answer_with(a, &MENTIONS_TAKEN_DESC, taken);
}

/* A form of the console, or the file itself. */
enum err listen_file_post(struct op *op, struct web *w, struct answer *a)
{
	struct listen_source s;
	struct mentions_taken *taken = ARENA_NEW(&op->arena, struct mentions_taken);
	const struct http_file *files;
	const struct form_field *fields = NULL;
	size_t n = http_files(w->rq, &files), n_fields = 0;
	str map = web_query(w, "map"), bytes = n ? files[0].bytes : http_body(w->rq), type = n ? files[0].content_type : http_header(w->rq, "Content-Type");
	TRY(open_hook(op, w, &s));
	if (n && http_form(w->rq, &fields, &n_fields))
		for (size_t i = 0; i < n_fields; i++)
			if (str_eq(fields[i].name, S("map"))) map = fields[i].value;
	if (!bytes.n) return fail(op, ERR_INVALID, "file", "is empty");
	TRY(take(op, &s, map, bytes, type, taken));
	TRY(audit_write(op, "mentions_read", "listen_source", s.id, STR_NONE, s.name));
	if (w->wants_json) return answer_with(a, &MENTIONS_TAKEN_DESC, taken);
	a->notice = msg_int("notice_mentions_read", "accepted", taken->accepted);
	msg_add(&a->notice, (struct msg_arg){.name = "known", .type = MSG_INT, .i = taken->known});
	msg_add(&a->notice, (struct msg_arg){.name = "rejected", .type = MSG_INT, .i = taken->rejected});
	return answer_redirect(a, str_fmt(&op->arena, "/listening/sources/%s", id_show(&op->arena, S("lis"), s.id).p));
}

enum err listen_hook_key(struct op *op, str name, str *text)
{
	struct source source;
	TRY(source_ensure(op, S(LISTENING_SOURCE), SOURCE_LISTENING, true, PURPOSES_ASSURED_DEFAULT, &source));
	return key_add(op, KEY_WRITE, name, source.number, ROLE_NONE, text);
}

enum err listen_hook_add(struct op *op, str name, id *out)
{
	*out = id_new();
	TRY(op_run(op, SQL_listen_source_add,
		DB_ARGS(db_id(*out), db_int(LISTEN_HOOK), db_text(name), db_text(S("")), db_text(S("")), db_bool(true), db_int(0), db_int(LISTEN_ON), db_null(), db_int(op->now_ms)), NULL));
	return audit_write(op, "listen_source_added", "listen_source", *out, STR_NONE, name);
}
