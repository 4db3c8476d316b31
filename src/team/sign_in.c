/* Signing in and out, and the link that is printed at start.
 *
 * The hash of a password is computed with no database session held, and for an e-mail of nobody as well, so that time
 * tells nothing. */
#include "audit/audit.h"
#include "http/faults.h"
#include "http/metrics.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/password.h"
#include "team/session.h"
#include "team/team.h"
#include "team/team_pages.h"
#include "team/tries.h"

enum { PATH_BYTES = 2000, COOKIE_SECONDS = 365 * 86400 };

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

/* The page with its one fault. */
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

enum err team_sign_in(struct op *op, struct web *w, struct answer *a)
{
	struct sign_in_input in;
	struct person p;
	int64_t wait_ms;
	bool matches;
	TRY(web_input(op, w, &SIGN_IN_INPUT_DESC, &in));
	in.email = str_trim(in.email);
	in.to = local_path(in.to, STR_NONE);
	TRY(tries_begin(op, w, in.email, &wait_ms, &p));
	if (wait_ms > 0) {
		metrics_add(COUNTER_SIGN_INS_FAILED, 1);
		return refuse(op, a, &in, tries_wait(op, w, wait_ms), 429);
	}
	TRY(password_matches(op, p.password, in.password, &matches));
	if (!matches) {
		metrics_add(COUNTER_SIGN_INS_FAILED, 1);
		return refuse(op, a, &in, msg_of("sign_in_wrong"), 422);
	}
	TRY(tries_forgive(op, in.email));
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

enum err team_link_is_old(struct op *op, struct answer *a)
{
	return refuse(op, a, &(struct sign_in_input){0}, msg_of("sign_in_link_old"), 410);
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
	if (e == ERR_GONE) return team_link_is_old(op, a);
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
