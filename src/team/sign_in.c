/* Signing in and out, and the link that is printed at start.
 *
 * A try is written down, durably and in a transaction of its own, before the password is looked at: so tries sent side by
 * side count too, and a crash forgives none. A right password takes the e-mail's tries away. The hash is computed with no
 * database session held, and for an e-mail of nobody as well, so that time tells nothing. */
#include <arpa/inet.h>
#include <string.h>

#include "audit/audit.h"
#include "http/faults.h"
#include "http/metrics.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/password.h"
#include "team/session.h"
#include "team/team.h"
#include "team/team_pages.h"

enum { MINUTES = 15, MINUTE_MS = 60000, PATH_BYTES = 2000, COOKIE_SECONDS = 365 * 86400 };

struct sign_in {
	struct input email;
	str to;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field SIGN_IN_FIELDS[] = {
	FIELD(sign_in, email, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(sign_in, to, DESC_STR, .doc = "where to go after"),
	FIELD(sign_in, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SIGN_IN_DESC = DESC(sign_in, SIGN_IN_FIELDS);

struct sign_in_input {
	str email, password, to;
};
static const struct desc_field SIGN_IN_INPUT_FIELDS[] = {
	FIELD(sign_in_input, email, DESC_STR),
	FIELD(sign_in_input, password, DESC_STR),
	FIELD(sign_in_input, to, DESC_STR),
};
const struct desc SIGN_IN_INPUT_DESC = DESC(sign_in_input, SIGN_IN_INPUT_FIELDS);

struct preferences_input {
	str theme, lang, back;
};
static const struct desc_field PREFERENCES_INPUT_FIELDS[] = {
	FIELD(preferences_input, theme, DESC_STR, .doc = "auto, light or dark"),
	FIELD(preferences_input, lang, DESC_STR),
	FIELD(preferences_input, back, DESC_STR, .doc = "path to go back to"),
};
const struct desc PREFERENCES_INPUT_DESC = DESC(preferences_input, PREFERENCES_INPUT_FIELDS);

/* Only a path of this server: no other site may be opened through a link to ours. */
static str local_path(str to, str otherwise)
{
	if (to.n == 0 || to.n > PATH_BYTES || to.p[0] != '/' || (to.n > 1 && (to.p[1] == '/' || to.p[1] == '\\'))) return otherwise;
	for (size_t i = 0; i < to.n; i++)
		if ((unsigned char)to.p[i] <= ' ' || (unsigned char)to.p[i] >= 0x7f || to.p[i] == '\\') return otherwise;
	return to;
}

static enum err refuse(struct op *op, struct answer *a, const struct sign_in_input *in, struct msg why, int status)
{
	struct sign_in *page = ARENA_NEW(&op->arena, struct sign_in);
	struct faults faults = {0};
	faults_add(&faults, "", NULL, why);
	page->email.value = in->email;
	page->to = in->to;
	page->faults.v = ARENA_NEW(&op->arena, struct form_fault);
	page->faults.v[0] = faults.v[0];
	page->faults.n = 1;
	a->page = "team/sign_in";
	enum err e = answer_refused(op, a, &SIGN_IN_DESC, page);
	a->status = status;
	return e;
}

enum err team_sign_in_get(struct op *op, struct web *w, struct answer *a)
{
	struct sign_in *page = ARENA_NEW(&op->arena, struct sign_in);
	page->to = local_path(web_query(w, "to"), STR_NONE);
	if (op->actor.kind == ACTOR_PERSON) return answer_redirect(a, page->to.n ? page->to : S("/"));
	return answer_with(a, &SIGN_IN_DESC, page);
}

/* ---- tries ---- */

/* Whoever has an IPv6 address has 2^64 of them: the network counts. */
static str address_of(struct op *op, str peer)
{
	unsigned char bytes[16];
	if (inet_pton(AF_INET6, str_c(&op->arena, peer), bytes) == 1) return str_dup(&op->arena, (str){(char *)bytes, 8});
	return peer;
}

static enum err count_try(struct op *op, str email_hash, str address_hash, int64_t *wait_ms)
{
	struct db_rows rows;
	int64_t tries = setting_int(op->app, SETTING_sign_in_tries), since = op->now_ms - MINUTES * MINUTE_MS;
	*wait_ms = 0;
	TRY(op_run(op, SQL_sign_in_try_forget, DB_ARGS(db_int(since)), NULL));
	TRY(op_query(op, SQL_sign_in_try_count, DB_ARGS(db_blob(email_hash), db_blob(address_hash)), &rows));
	for (size_t i = 0; i < 2; i++) {
		if (db_rows_int(&rows, 0, i) < tries) continue;
		int64_t wait = db_rows_int(&rows, 0, i + 2) + MINUTES * MINUTE_MS - op->now_ms;
		if (wait > *wait_ms) *wait_ms = wait;
	}
	if (*wait_ms > 0) return OK;
	return op_run(op, SQL_sign_in_try_add, DB_ARGS(db_id(id_new()), db_blob(email_hash), db_blob(address_hash), db_int(op->now_ms)), NULL);
}

/* Counts this try and finds the person, in a transaction of its own. */
static enum err begin_try(struct op *op, str email, str email_hash, str address_hash, int64_t *wait_ms, struct person *p)
{
	struct op own;
	bool found;
	*p = (struct person){0};
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, true);
	enum err e = count_try(&own, email_hash, address_hash, wait_ms);
	if (e == OK && *wait_ms == 0 && email.n) e = person_by_email(&own, email, p, &found);
	p->password = str_dup(&op->arena, p->password);
	p->email = str_dup(&op->arena, p->email);
	e = op_end(&own, e);
	if (e != OK) op->fault = own.fault;
	op_release(&own);
	return e;
}

enum err team_sign_in(struct op *op, struct web *w, struct answer *a)
{
	struct sign_in_input in;
	struct person p;
	int64_t wait_ms;
	bool matches;
	TRY(web_input(op, w, &SIGN_IN_INPUT_DESC, &in));
	in.email = str_trim(in.email);
	in.to = local_path(in.to, STR_NONE);
	str email_hash = session_hash(op, "try-email", str_lower_ascii(&op->arena, in.email));
	str address_hash = session_hash(op, "try-address", address_of(op, http_peer(w->rq)));
	TRY(begin_try(op, in.email, email_hash, address_hash, &wait_ms, &p));
	if (wait_ms > 0) {
		metrics_add(COUNTER_SIGN_INS_FAILED, 1);
		http_set_header(w->rq, "Retry-After", str_fmt(&op->arena, "%lld", (long long)(wait_ms + 999) / 1000));
		return refuse(op, a, &in, msg_int("sign_in_wait", "minutes", (wait_ms + MINUTE_MS - 1) / MINUTE_MS), 429);
	}
	TRY(password_matches(op, p.password, in.password, &matches));
	if (!matches) {
		metrics_add(COUNTER_SIGN_INS_FAILED, 1);
		return refuse(op, a, &in, msg_of("sign_in_wrong"), 422);
	}
	TRY(op_run(op, SQL_sign_in_try_forgive, DB_ARGS(db_blob(email_hash)), NULL));
	TRY(session_begin(op, w, p.id));
	op->actor = (struct actor){ACTOR_PERSON, p.role, p.id, p.email};
	TRY(audit_write(op, "signed_in", "person", p.id, STR_NONE, STR_NONE));
	metrics_add(COUNTER_SIGN_INS, 1);
	return answer_redirect(a, in.to.n ? in.to : S("/"));
}

enum err team_sign_out(struct op *op, struct web *w, struct answer *a)
{
	id session;
	if (op->actor.kind == ACTOR_PERSON && id_read(S("ses"), w->session, &session)) TRY(session_end(op, session, op->actor.id));
	http_set_cookie(w->rq, "session", S(""), 0, true);
	return answer_redirect(a, S("/sign-in"));
}

/* GET /start/:token changes something, which a GET should not: but it is opened from a terminal, and once. */
enum err team_start(struct op *op, struct web *w, struct answer *a)
{
	struct person owner;
	op->is_write = true;
	enum err e = session_use_owner_link(op, web_parameter(w, "token"));
	if (e == ERR_GONE && op->actor.kind == ACTOR_PERSON) {
		fault_clear(&op->fault);
		return answer_redirect(a, S("/"));
	}
	if (e == ERR_GONE) return refuse(op, a, &(struct sign_in_input){0}, msg_of("sign_in_link_old"), 410);
	TRY(e);
	TRY(person_owner(op, &owner));
	TRY(session_begin(op, w, owner.id));
	op->actor = (struct actor){ACTOR_PERSON, owner.role, owner.id, owner.email};
	TRY(audit_write(op, "signed_in_by_link", "person", owner.id, STR_NONE, STR_NONE));
	metrics_add(COUNTER_SIGN_INS, 1);
	return answer_redirect(a, setting_bool(op->app, SETTING_is_set_up) ? S("/pulse") : S("/setup"));
}

enum err team_preferences(struct op *op, struct web *w, struct answer *a)
{
	struct preferences_input in;
	TRY(web_input(op, w, &PREFERENCES_INPUT_DESC, &in));
	const struct lang *lang = in.lang.n ? lang_find(in.lang) : NULL;
	if (in.lang.n && !lang) return fail(op, ERR_INVALID, "lang", "is no language that is served");
	bool is_theme = str_eq(in.theme, S("light")) || str_eq(in.theme, S("dark")) || str_eq(in.theme, S("auto"));
	if (in.theme.n && !is_theme) return fail(op, ERR_INVALID, "theme", "must be auto, light or dark");
	if (is_theme) http_set_cookie(w->rq, "theme", str_eq(in.theme, S("auto")) ? S("") : in.theme, str_eq(in.theme, S("auto")) ? 0 : COOKIE_SECONDS, true);
	if (lang) http_set_cookie(w->rq, "lang", lang_code(lang), COOKIE_SECONDS, true);
	if (lang && op->actor.kind == ACTOR_PERSON) {
		TRY(op_run(op, SQL_person_set_language, DB_ARGS(db_id(op->actor.id), db_text(lang_code(lang))), NULL));
		session_person_changed(op, op->actor.id);
	}
	return answer_redirect(a, local_path(in.back, S("/")));
}
