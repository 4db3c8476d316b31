/* A person's own page: name, language, calendar, password, and where they are signed in. */
#include "audit/audit.h"
#include "http/faults.h"
#include "http/metrics.h"
#include "op/app.h"
#include "team/password.h"
#include "team/session.h"
#include "team/team.h"
#include "team/team_pages.h"
#include "team/tries.h"

enum { NAME_CHARACTERS = 80, LANGUAGES_MOST = 16 };
static const char *const CALENDARS[] = {"", "gregorian", "persian", "buddhist"};

struct own_session {
	str id, device, address;
	int64_t started_ms, last_seen_ms;
	bool is_this;
	str end;
};
static const struct desc_field OWN_SESSION_FIELDS[] = {
	FIELD(own_session, id, DESC_STR),
	FIELD(own_session, device, DESC_STR),
	FIELD(own_session, address, DESC_STR),
	FIELD_AS(own_session, started_ms, "started", DESC_TIME),
	FIELD_AS(own_session, last_seen_ms, "last_seen", DESC_TIME),
	FIELD(own_session, is_this, DESC_BOOL),
	FIELD(own_session, end, DESC_STR, .doc = "POST"),
};
static const struct desc OWN_SESSION_DESC = {"session", sizeof(struct own_session), OWN_SESSION_FIELDS, COUNT_OF(OWN_SESSION_FIELDS)};

struct me {
	struct input name;
	str email;
	int role;
	LIST_OF(struct option) languages, calendars;
	struct input old_password, password;
	bool has_password;
	LIST_OF(struct own_session) sessions;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ME_FIELDS[] = {
	FIELD(me, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(me, email, DESC_STR),
	FIELD(me, role, DESC_ENUM, .names = ROLES, .prefix = "role"),
	FIELD(me, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(me, calendars, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(me, old_password, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(me, password, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(me, has_password, DESC_BOOL),
	FIELD(me, sessions, DESC_LIST, .item = DESC_STRUCT, .of = &OWN_SESSION_DESC),
	FIELD(me, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc ME_DESC = DESC(me, ME_FIELDS);

struct me_input {
	str name, lang, calendar;
};
static const struct desc_field ME_INPUT_FIELDS[] = {
	FIELD(me_input, name, DESC_STR),
	FIELD(me_input, lang, DESC_STR),
	FIELD(me_input, calendar, DESC_STR),
};
const struct desc ME_INPUT_DESC = DESC(me_input, ME_INPUT_FIELDS);

struct password_input {
	str old_password, password;
};
static const struct desc_field PASSWORD_INPUT_FIELDS[] = {
	FIELD(password_input, old_password, DESC_STR),
	FIELD(password_input, password, DESC_STR),
};
const struct desc PASSWORD_INPUT_DESC = DESC(password_input, PASSWORD_INPUT_FIELDS);

struct option *team_language_options(struct op *op, str selected, size_t *n)
{
	struct option *options = ARENA_ARRAY(&op->arena, struct option, LANGUAGES_MOST);
	*n = 0;
	for (size_t i = 0; lang_at(i) && *n < LANGUAGES_MOST; i++) {
		str code = lang_code(lang_at(i));
		options[(*n)++] = (struct option){code, lang_own_name(lang_at(i)), str_eq(code, selected)};
	}
	return options;
}

static bool is_calendar(str name)
{
	for (size_t i = 0; i < COUNT_OF(CALENDARS); i++)
		if (str_eq(name, str_of(CALENDARS[i]))) return true;
	return false;
}

/* Only people have such a page; a key has no name, password or sessions. */
static enum err find_me(struct op *op, struct person *p)
{
	bool found = false;
	if (op->actor.kind == ACTOR_PERSON) TRY(person_get(op, op->actor.id, p, &found));
	return found ? OK : fail(op, ERR_NOT_FOUND, "", "a key is no person: it has no page of its own");
}

static enum err add_sessions(struct op *op, const struct web *w, struct me *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_session_of, DB_ARGS(db_id(op->actor.id), db_int(op->now_ms)), &rows));
	page->sessions.v = ARENA_ARRAY(&op->arena, struct own_session, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		struct own_session *s = &page->sessions.v[page->sessions.n++];
		s->id = id_show(&op->arena, S("ses"), db_rows_id(&rows, i, 0));
		s->device = db_rows_text(&rows, i, 1);
		s->address = db_rows_text(&rows, i, 2);
		s->started_ms = db_rows_int(&rows, i, 3);
		s->last_seen_ms = db_rows_int(&rows, i, 4);
		s->is_this = str_eq(s->id, w->session);
		s->end = str_fmt(&op->arena, "/me/sessions/%.*s/end", STR_ARG(s->id));
	}
	return OK;
}

static enum err make_page(struct op *op, const struct web *w, const struct person *p, struct me **out)
{
	struct me *page = ARENA_NEW(&op->arena, struct me);
	page->name.value = p->name;
	page->email = p->email;
	page->role = (int)p->role;
	page->has_password = p->password.n > 0;
	page->languages.v = team_language_options(op, p->language.n ? p->language : lang_code(op->locale.lang), &page->languages.n);
	page->calendars.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(CALENDARS));
	for (size_t i = 0; i < COUNT_OF(CALENDARS); i++) {
		str key = str_fmt(&op->arena, "calendar_%s", *CALENDARS[i] ? CALENDARS[i] : "auto");
		page->calendars.v[page->calendars.n++] = (struct option){str_of(CALENDARS[i]), i18n_pattern(op->locale.lang, key), str_eq(p->calendar, str_of(CALENDARS[i]))};
	}
	*out = page;
	return add_sessions(op, w, page);
}

static enum err refuse(struct op *op, struct answer *a, struct me *page, struct faults *faults)
{
	page->faults.v = faults->v;
	page->faults.n = faults->n;
	return answer_refused(op, a, &ME_DESC, page);
}

enum err team_me(struct op *op, struct web *w, struct answer *a)
{
	struct person p;
	struct me *page;
	TRY(find_me(op, &p));
	TRY(make_page(op, w, &p, &page));
	return answer_with(a, &ME_DESC, page);
}

enum err team_set_me(struct op *op, struct web *w, struct answer *a)
{
	struct me_input in;
	struct person p;
	struct me *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(find_me(op, &p));
	TRY(web_input(op, w, &ME_INPUT_DESC, &in));
	p.language = in.lang;
	p.calendar = in.calendar;
	TRY(make_page(op, w, &p, &page));
	page->name.value = in.name;
	faults_text(faults, "name", &page->name, true, NAME_CHARACTERS);
	if (!lang_find(in.lang)) faults_add(faults, "lang", NULL, msg_of("fault_choice"));
	if (!is_calendar(in.calendar)) faults_add(faults, "calendar", NULL, msg_of("fault_choice"));
	if (faults->n) return refuse(op, a, page, faults);
	TRY(op_run(op, SQL_person_set_about,
	           DB_ARGS(db_id(p.id), db_text(page->name.value), db_text(lang_code(lang_find(in.lang))), db_text(in.calendar.n ? in.calendar : STR_NONE)), NULL));
	session_person_changed(op, p.id);
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/me"));
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one fault a field, flat */
enum err team_set_password(struct op *op, struct web *w, struct answer *a)
{
	struct password_input in;
	struct person p;
	struct me *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	struct input old = {0}, new = {0};
	int64_t wait_ms;
	bool is_right = true;
	str hash = STR_NONE;
	if (op->actor.kind != ACTOR_PERSON || !op->actor.name.n) return fail(op, ERR_NOT_FOUND, "", "only somebody with an e-mail has a password");
	TRY(web_input(op, w, &PASSWORD_INPUT_DESC, &in));
	/* A stolen session must not be a way to guess the password: these tries count as those of signing in do. */
	TRY(tries_begin(op, w, op->actor.name, &wait_ms, &p));
	if (wait_ms > 0) faults_add(faults, "old_password", &old, tries_wait(op, w, wait_ms));
	if (wait_ms == 0 && p.password.n) TRY(password_matches(op, p.password, in.old_password, &is_right));
	if (!is_right) faults_add(faults, "old_password", &old, msg_of("fault_password_wrong"));
	if (is_right && in.password.n && str_eq(in.password, in.old_password)) faults_add(faults, "password", &new, msg_of("fault_password_same"));
	password_faults(op, faults, "password", &new, in.password, p.email);
	if (!faults->n) TRY(password_hash(op, in.password, &hash));
	if (faults->n) {
		TRY(find_me(op, &p));
		TRY(make_page(op, w, &p, &page));
		page->old_password = old;
		page->password = new;
		TRY(refuse(op, a, page, faults));
		if (wait_ms > 0) a->status = 429;
		return OK;
	}
	TRY(tries_forgive(op, op->actor.name));
	TRY(person_set_password(op, op->actor.id, hash));
	TRY(session_end_of(op, op->actor.id, 0));
	TRY(session_begin(op, w, op->actor.id));
	a->notice = msg_of("notice_password_changed");
	return answer_redirect(a, S("/me"));
}

enum err team_end_my_session(struct op *op, struct web *w, struct answer *a)
{
	id session;
	TRY(web_id(op, w, "id", "ses", &session));
	TRY(session_end(op, session, op->actor.id));
	a->notice = msg_of("notice_sessions_ended");
	return answer_redirect(a, S("/me"));
}

enum err team_end_my_others(struct op *op, struct web *w, struct answer *a)
{
	id own;
	if (!id_read(S("ses"), w->session, &own)) return fail(op, ERR_NOT_FOUND, "", "a key has no sessions");
	TRY(session_end_of(op, op->actor.id, own));
	a->notice = msg_of("notice_sessions_ended");
	return answer_redirect(a, S("/me"));
}
