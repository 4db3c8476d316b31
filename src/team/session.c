/* A page must not cost a write, and hardly a read: sessions in use are held in memory. Staleness is kept out by a
 * generation: a reader notes it before it looks into the records and holds what it found only if nothing was dropped
 * meanwhile; whoever ends a session drops it after the commit, so the next request finds nothing.
 *
 * The CSRF token is a keyed hash of the session's (or, before sign-in, of the random cookie `visit`), masked anew on each
 * page so that a compressed answer does not give it away piece by piece. Sec-Fetch-Site decides where a browser sends it,
 * since a proxy may change Host; else Origin must name our Host. */
#include "team/session.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "collect/collect.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/device.h"

enum { HASH_BYTES = crypto_generichash_BYTES, TOKEN_BYTES = 32, CSRF_BYTES = 32 };
enum { MOST_HELD = 20000, VISIT_SECONDS = 86400, ADDRESS_BYTES = 64 };
static const int64_t DAY_MS = 86400000, HOUR_MS = 3600000;
static const int64_t SEEN_EVERY_MS = 5 * 60000;  /* last_seen_at is written at most this often */
static const int64_t KEPT_MS = 30LL * 86400000;  /* ended sessions stay so long, then go */

struct held {
	unsigned char hash[HASH_BYTES];
	id session, person;
	enum role role;
	int64_t seen_ms, expires_ms;
	const struct lang *lang; /* NULL: chose none */
	char calendar[16];
	char *email, *name; /* owned */
};
struct sessions {
	pthread_mutex_t lock;
	struct map held; /* hash → struct held* */
	uint64_t generation;
};

/* ---- what is held ---- */

struct sessions *sessions_new(void)
{
	struct sessions *s = MEM_NEW(struct sessions);
	pthread_mutex_init(&s->lock, NULL);
	map_init(&s->held);
	return s;
}

static void free_held(struct held *h)
{
	mem_free(h->email);
	mem_free(h->name);
	mem_free(h);
}

static str hash_of(const struct held *h)
{
	return (str){(const char *)h->hash, HASH_BYTES};
}

/* Drops those of a person (0: all). A dropped key must leave the map before its bytes go. */
static void drop(struct sessions *s, id person)
{
	str key;
	uint64_t value;
	struct map kept;
	map_init(&kept);
	pthread_mutex_lock(&s->lock);
	s->generation++;
	for (size_t i = 0; map_next(&s->held, &i, &key, &value);) {
		struct held *h = (struct held *)(uintptr_t)value;
		if (person && h->person != person)
			*map_put(&kept, hash_of(h), NULL) = value;
		else
			free_held(h);
	}
	map_release(&s->held);
	s->held = kept;
	pthread_mutex_unlock(&s->lock);
}

void sessions_free(struct sessions *s)
{
	if (!s) return;
	drop(s, 0);
	map_release(&s->held);
	pthread_mutex_destroy(&s->lock);
	mem_free(s);
}

static char *own_copy(str s)
{
	char *p = mem_alloc(s.n + 1);
	memcpy(p, s.n ? s.p : "", s.n);
	p[s.n] = 0;
	return p;
}

struct dropping {
	struct sessions *sessions;
	id person;
};

static void drop_later(void *arg)
{
	struct dropping *d = arg;
	drop(d->sessions, d->person);
}

void session_person_changed(struct op *op, id person)
{
	struct dropping *d = ARENA_NEW(&op->arena, struct dropping);
	*d = (struct dropping){op->app->sessions, person};
	op_defer(op, drop_later, d); /* also where the commit is said to have failed: it may be there */
}

/* ---- hashes and tokens ---- */

str session_hash(struct op *op, const char *kind, str text)
{
	unsigned char *out = arena_alloc(&op->arena, HASH_BYTES);
	crypto_generichash_state state;
	crypto_generichash_init(&state, op->app->secret, sizeof op->app->secret, HASH_BYTES);
	crypto_generichash_update(&state, (const unsigned char *)kind, strlen(kind) + 1);
	crypto_generichash_update(&state, (const unsigned char *)(text.n ? text.p : ""), text.n);
	crypto_generichash_final(&state, out, HASH_BYTES);
	return (str){(char *)out, HASH_BYTES};
}

str session_token(struct op *op)
{
	unsigned char bytes[TOKEN_BYTES];
	randombytes_buf(bytes, sizeof bytes);
	return str_base64url(&op->arena, bytes, sizeof bytes);
}

/* ---- CSRF ---- */

static str csrf_secret(struct op *op, const struct web *w)
{
	str session = http_cookie(w->rq, "session");
	if (op->actor.kind == ACTOR_PERSON) return session_hash(op, "csrf", session);
	return session_hash(op, "csrf-visit", http_cookie(w->rq, "visit"));
}

static str masked(struct op *op, str secret)
{
	unsigned char both[2 * CSRF_BYTES];
	randombytes_buf(both, CSRF_BYTES);
	for (size_t i = 0; i < CSRF_BYTES; i++) both[CSRF_BYTES + i] = (unsigned char)(both[i] ^ (unsigned char)secret.p[i]);
	return str_base64url(&op->arena, both, sizeof both);
}

static bool unmasked(struct arena *a, str token, unsigned char plain[CSRF_BYTES])
{
	str both;
	if (token.n > 4 * CSRF_BYTES || !str_from_base64(a, token, &both) || both.n != (size_t)2 * CSRF_BYTES) return false;
	for (size_t i = 0; i < CSRF_BYTES; i++) plain[i] = (unsigned char)(both.p[i] ^ both.p[CSRF_BYTES + i]);
	return true;
}

static str sent_token(const struct web *w)
{
	const struct form_field *fields;
	size_t n;
	str header = http_header(w->rq, "X-CSRF-Token");
	if (str_given(header)) return str_trim(header);
	if (!http_form(w->rq, &fields, &n)) return STR_NONE;
	for (size_t i = 0; i < n; i++)
		if (str_eq(fields[i].name, S("csrf"))) return fields[i].value;
	return STR_NONE;
}

static bool is_foreign(const struct web *w)
{
	str site = http_header(w->rq, "Sec-Fetch-Site"), origin = http_header(w->rq, "Origin");
	if (str_given(site)) return !str_eq(site, S("same-origin")) && !str_eq(site, S("none"));
	if (!str_given(origin)) return false;
	str host = STR_NONE;
	if (str_starts(origin, S("http://"))) host = str_sub(origin, 7, origin.n);
	if (str_starts(origin, S("https://"))) host = str_sub(origin, 8, origin.n);
	return host.n == 0 || !str_eq_nocase(host, http_header(w->rq, "Host"));
}

bool session_is_genuine(const struct op *op, const struct web *w)
{
	if (op->actor.kind == ACTOR_KEY) return true;
	if (is_foreign(w)) return false;
	/* Before sign-in the cookie must be there: without it anybody can work the token out from another visit. */
	if (op->actor.kind != ACTOR_PERSON && http_cookie(w->rq, "visit").n == 0) return false;
	unsigned char ours[CSRF_BYTES], theirs[CSRF_BYTES];
	struct arena *a = http_arena(w->rq);
	return unmasked(a, w->csrf, ours) && unmasked(a, sent_token(w), theirs) && sodium_memcmp(ours, theirs, CSRF_BYTES) == 0;
}

/* ---- who it is ---- */

static void set_actor(struct op *op, struct actor actor)
{
	op->actor = actor;
	op->actor.name = str_dup(&op->arena, actor.name);
	op->permissions = role_permissions(actor.role);
}

static str bearer(const struct web *w)
{
	str given = str_trim(http_header(w->rq, "Authorization"));
	if (given.n < 7 || !str_eq_nocase(str_sub(given, 0, 7), S("Bearer "))) return STR_NONE;
	return str_trim(str_sub(given, 7, given.n));
}

static void be_key(struct op *op, str text)
{
	struct api_key key;
	if (key_find(op->app, text, &key) && key.kind == KEY_SECRET)
		set_actor(op, (struct actor){ACTOR_KEY, key.role, key.id, str_of(key.name)});
	else
		metrics_add(COUNTER_KEYS_REFUSED, 1);
}

/* What the reader asked for on this browser; NULL: nothing that is served. */
static const struct lang *asked_lang(const struct web *w)
{
	str cookie = http_cookie(w->rq, "lang"), header = http_header(w->rq, "Accept-Language");
	const struct lang *lang = cookie.n ? lang_find(cookie) : NULL;
	if (lang || !header.n) return lang;
	lang = lang_best(header);
	bool is_last_resort = lang == lang_find(S("en")) && !str_contains(str_lower_ascii(http_arena(w->rq), header), S("en"));
	return is_last_resort ? NULL : lang;
}

static void be_held(struct op *op, struct web *w, const struct held *h)
{
	set_actor(op, (struct actor){ACTOR_PERSON, h->role, h->person, str_of(h->email)});
	w->person_name = h->name[0] ? str_dup(&op->arena, str_of(h->name)) : STR_NONE;
	w->session = id_show(&op->arena, S("ses"), h->session);
	if (h->lang) op->locale.lang = h->lang;
	if (h->calendar[0]) op->locale.calendar = str_dup(&op->arena, str_of(h->calendar));
}

/* Takes the session out of memory; *seen_ms tells when its use was last written. */
static bool be_known(struct op *op, struct web *w, str hash, int64_t *seen_ms)
{
	struct sessions *s = op->app->sessions;
	pthread_mutex_lock(&s->lock);
	uint64_t *at = map_get(&s->held, hash);
	const struct held *h = at ? (struct held *)(uintptr_t)*at : NULL;
	bool holds = h && h->expires_ms > op->now_ms;
	if (holds) {
		be_held(op, w, h);
		*seen_ms = h->seen_ms;
	}
	pthread_mutex_unlock(&s->lock);
	return holds;
}

static struct held *held_of(const struct db_rows *rows, str hash)
{
	struct held *h = MEM_NEW(struct held);
	memcpy(h->hash, hash.p, HASH_BYTES);
	h->session = db_rows_id(rows, 0, 0);
	h->person = db_rows_id(rows, 0, 1);
	h->seen_ms = db_rows_int(rows, 0, 2);
	h->expires_ms = db_rows_int(rows, 0, 3);
	h->email = own_copy(db_rows_text(rows, 0, 4));
	h->name = own_copy(db_rows_text(rows, 0, 5));
	for (int i = ROLE_AGENT; i <= ROLE_OWNER; i++)
		if (str_eq(db_rows_text(rows, 0, 6), str_of(ROLES[i]))) h->role = (enum role)i;
	str lang = db_rows_text(rows, 0, 7), calendar = db_rows_text(rows, 0, 8);
	h->lang = lang.n ? lang_find(lang) : NULL;
	if (calendar.n < sizeof h->calendar) memcpy(h->calendar, calendar.n ? calendar.p : "", calendar.n);
	return h;
}

static enum err read_session(struct op *op, struct web *w, str hash, int64_t *seen_ms)
{
	struct sessions *s = op->app->sessions;
	struct op own;
	struct db_rows rows;
	pthread_mutex_lock(&s->lock);
	uint64_t generation = s->generation;
	pthread_mutex_unlock(&s->lock);
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	enum err e = op_query(&own, SQL_session_find, DB_ARGS(db_blob(hash), db_int(op->now_ms)), &rows);
	struct held *h = e == OK && rows.n ? held_of(&rows, hash) : NULL;
	e = op_end(&own, e);
	if (e != OK) op->fault = own.fault;
	op_release(&own);
	if (!h) return e;
	be_held(op, w, h);
	*seen_ms = h->seen_ms;
	pthread_mutex_lock(&s->lock);
	bool may_hold = s->generation == generation && s->held.n < MOST_HELD && !map_get(&s->held, hash);
	if (may_hold) *map_put(&s->held, hash_of(h), NULL) = (uint64_t)(uintptr_t)h;
	pthread_mutex_unlock(&s->lock);
	if (!may_hold) free_held(h);
	return OK;
}

/* Slides the session. A use that cannot be written (a full disk) is no reason to refuse the page. */
static void note_use(struct op *op, struct web *w, str hash, str token)
{
	struct sessions *s = op->app->sessions;
	struct op own;
	id session;
	int64_t expires = op->now_ms + setting_int(op->app, SETTING_session_days) * DAY_MS;
	pthread_mutex_lock(&s->lock);
	uint64_t *at = map_get(&s->held, hash);
	struct held *h = at ? (struct held *)(uintptr_t)*at : NULL;
	if (h) { /* before the write, so that requests side by side write once */
		h->seen_ms = op->now_ms;
		h->expires_ms = expires;
	}
	pthread_mutex_unlock(&s->lock);
	if (!id_read(S("ses"), w->session, &session)) return;
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, true);
	enum err e = op_run(&own, SQL_session_seen, DB_ARGS(db_id(session), db_int(op->now_ms), db_int(expires)), NULL);
	if (op_end(&own, e) == OK) http_set_cookie(w->rq, "session", token, (expires - op->now_ms) / 1000, true);
	op_release(&own);
}

static enum err be_person(struct op *op, struct web *w, str token, bool is_noted)
{
	str hash = session_hash(op, "session", token);
	int64_t seen_ms = op->now_ms;
	if (!token.n || token.n >= 4 * TOKEN_BYTES) return OK;
	if (!be_known(op, w, hash, &seen_ms)) TRY(read_session(op, w, hash, &seen_ms));
	if (is_noted && op->actor.kind == ACTOR_PERSON && op->now_ms - seen_ms >= SEEN_EVERY_MS) note_use(op, w, hash, token);
	return OK;
}

enum err session_recognise(struct op *op, struct web *w)
{
	str key = bearer(w);
	if (!str_given(http_header(w->rq, "Authorization"))) return be_person(op, w, http_cookie(w->rq, "session"), false);
	if (key.n) be_key(op, key);
	return OK;
}

static void be_stranger(struct op *op, const struct web *w)
{
	str lang = http_query(w->rq, "lang");
	op->locale.lang = lang_best(lang.n ? lang : http_header(w->rq, "Accept-Language"));
}

enum err session_authenticate(struct op *op, struct web *w)
{
	if (w->is_framed) {
		be_stranger(op, w);
		return OK;
	}
	str key = bearer(w), token = http_cookie(w->rq, "session");
	if (str_given(http_header(w->rq, "Authorization"))) {
		if (key.n) be_key(op, key);
		return OK;
	}
	const struct lang *asked = asked_lang(w);
	if (asked) op->locale.lang = asked;
	TRY(be_person(op, w, token, true));
	if (op->actor.kind != ACTOR_PERSON && !w->wants_json && http_cookie(w->rq, "visit").n == 0) {
		/* The token of this answer's form must be of the cookie that goes along with it. */
		str visit = session_token(op);
		http_set_cookie(w->rq, "visit", visit, VISIT_SECONDS, true);
		w->csrf = masked(op, session_hash(op, "csrf-visit", visit));
		return OK;
	}
	w->csrf = masked(op, csrf_secret(op, w));
	return OK;
}

/* ---- the life of a session ---- */

enum err session_begin(struct op *op, struct web *w, id person)
{
	id session = id_new(), before;
	str token = session_token(op);
	int64_t expires = op->now_ms + setting_int(op->app, SETTING_session_days) * DAY_MS;
	if (op->actor.kind == ACTOR_PERSON && id_read(S("ses"), w->session, &before)) {
		TRY(op_run(op, SQL_session_end, DB_ARGS(db_id(before), db_id(op->actor.id), db_int(op->now_ms)), NULL));
		session_person_changed(op, op->actor.id);
	}
	TRY(op_run(op, SQL_session_forget, DB_ARGS(db_int(op->now_ms - KEPT_MS)), NULL));
	TRY(op_run(op, SQL_session_add,
	           DB_ARGS(db_id(session), db_blob(session_hash(op, "session", token)), db_id(person), db_int(op->now_ms), db_int(expires),
	                   db_text(device_name(&op->arena, http_header(w->rq, "User-Agent"))), db_text(utf8_cut(http_peer(w->rq), ADDRESS_BYTES))),
	           NULL));
	http_set_cookie(w->rq, "session", token, (expires - op->now_ms) / 1000, true);
	http_set_cookie(w->rq, "visit", S(""), 0, true);
	return OK;
}

enum err session_end(struct op *op, id session, id person)
{
	int64_t changed;
	TRY(op_run(op, SQL_session_end, DB_ARGS(db_id(session), db_id(person), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "session", "there is no such session, or it ended before");
	session_person_changed(op, person);
	return OK;
}

enum err session_end_of(struct op *op, id person, id except)
{
	TRY(op_run(op, SQL_session_end_of, DB_ARGS(db_id(person), db_int(except), db_int(op->now_ms)), NULL));
	session_person_changed(op, person);
	return OK;
}

/* ---- the owner's link ---- */

enum err session_owner_link(struct op *op, str *path)
{
	str token = session_token(op);
	TRY(op_run(op, SQL_owner_link_forget, DB_ARGS(db_int(op->now_ms)), NULL));
	TRY(op_run(op, SQL_owner_link_add, DB_ARGS(db_blob(session_hash(op, "start", token)), db_int(op->now_ms + HOUR_MS)), NULL));
	*path = str_fmt(&op->arena, "/start/%.*s", STR_ARG(token));
	return OK;
}

enum err session_use_owner_link(struct op *op, str token)
{
	int64_t changed;
	TRY(op_run(op, SQL_owner_link_use, DB_ARGS(db_blob(session_hash(op, "start", token)), db_int(op->now_ms)), &changed));
	return changed ? OK : fail(op, ERR_GONE, "link", "was used already or is too old");
}
