/* People and roles. What only owners may do is not drawn for others; what each role may do is drawn for everybody, out of
 * the same table that decides it. */
#include "audit/audit.h"
#include "http/faults.h"
#include "mail/mail.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/session.h"
#include "team/team.h"
#include "team/team_pages.h"

enum { NAME_CHARACTERS = 80 };

struct member {
	id id;
	str name, email;
	int role;
	LIST_OF(struct option) roles;
	int64_t sessions, last_seen_ms;
	bool is_you;
	str save, end_sessions, remove;
};
static const struct desc_field MEMBER_FIELDS[] = {
	FIELD(member, id, DESC_ID, .prefix = "per"),
	FIELD(member, name, DESC_STR),
	FIELD(member, email, DESC_STR),
	FIELD(member, role, DESC_ENUM, .names = ROLES, .prefix = "role"),
	FIELD(member, roles, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(member, sessions, DESC_INT),
	FIELD_AS(member, last_seen_ms, "last_seen", DESC_TIME),
	FIELD(member, is_you, DESC_BOOL),
	FIELD(member, save, DESC_STR, .doc = "POST role"),
	FIELD(member, end_sessions, DESC_STR, .doc = "POST"),
	FIELD(member, remove, DESC_STR, .doc = "POST"),
};
static const struct desc MEMBER_DESC = DESC(member, MEMBER_FIELDS);

struct open_invitation {
	id id;
	str email;
	int role;
	int64_t expires_ms;
	str end;
};
static const struct desc_field OPEN_INVITATION_FIELDS[] = {
	FIELD(open_invitation, id, DESC_ID, .prefix = "inv"),
	FIELD(open_invitation, email, DESC_STR),
	FIELD(open_invitation, role, DESC_ENUM, .names = ROLES, .prefix = "role"),
	FIELD_AS(open_invitation, expires_ms, "expires", DESC_TIME),
	FIELD(open_invitation, end, DESC_STR, .doc = "POST"),
};
static const struct desc OPEN_INVITATION_DESC = {"invitation", sizeof(struct open_invitation), OPEN_INVITATION_FIELDS, COUNT_OF(OPEN_INVITATION_FIELDS)};

struct role_column {
	str name;
};
static const struct desc_field ROLE_COLUMN_FIELDS[] = {FIELD(role_column, name, DESC_STR)};
static const struct desc ROLE_COLUMN_DESC = DESC(role_column, ROLE_COLUMN_FIELDS);

struct permission_cell {
	bool is_allowed;
	str role;
};
static const struct desc_field PERMISSION_CELL_FIELDS[] = {FIELD(permission_cell, is_allowed, DESC_BOOL), FIELD(permission_cell, role, DESC_STR)};
static const struct desc PERMISSION_CELL_DESC = DESC(permission_cell, PERMISSION_CELL_FIELDS);

struct permission_row {
	str name;
	LIST_OF(struct permission_cell) cells;
};
static const struct desc_field PERMISSION_ROW_FIELDS[] = {
	FIELD(permission_row, name, DESC_STR),
	FIELD(permission_row, cells, DESC_LIST, .item = DESC_STRUCT, .of = &PERMISSION_CELL_DESC),
};
static const struct desc PERMISSION_ROW_DESC = DESC(permission_row, PERMISSION_ROW_FIELDS);

struct invite_form {
	struct input email, name;
	LIST_OF(struct option) roles;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field INVITE_FORM_FIELDS[] = {
	FIELD(invite_form, email, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invite_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invite_form, roles, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(invite_form, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
static const struct desc INVITE_FORM_DESC = DESC(invite_form, INVITE_FORM_FIELDS);

struct team {
	LIST_OF(struct member) rows;
	LIST_OF(struct open_invitation) invitations;
	LIST_OF(struct role_column) roles;
	LIST_OF(struct permission_row) permissions;
	struct invite_form invite;
	str new_link;
	bool is_mailed, may_manage;
};
static const struct desc_field TEAM_FIELDS[] = {
	FIELD(team, rows, DESC_LIST, .item = DESC_STRUCT, .of = &MEMBER_DESC),
	FIELD(team, invitations, DESC_LIST, .item = DESC_STRUCT, .of = &OPEN_INVITATION_DESC),
	FIELD(team, roles, DESC_LIST, .item = DESC_STRUCT, .of = &ROLE_COLUMN_DESC),
	FIELD(team, permissions, DESC_LIST, .item = DESC_STRUCT, .of = &PERMISSION_ROW_DESC),
	FIELD(team, invite, DESC_STRUCT, .of = &INVITE_FORM_DESC),
	FIELD(team, new_link, DESC_STR, .doc = "the invitation just made; shown this once"),
	FIELD(team, is_mailed, DESC_BOOL, .doc = "the link was sent by mail as well"),
	FIELD(team, may_manage, DESC_BOOL),
};
const struct desc TEAM_DESC = DESC(team, TEAM_FIELDS);

struct invite_input {
	str email, name, role;
};
static const struct desc_field INVITE_INPUT_FIELDS[] = {
	FIELD(invite_input, email, DESC_STR),
	FIELD(invite_input, name, DESC_STR),
	FIELD(invite_input, role, DESC_STR),
};
const struct desc INVITE_INPUT_DESC = DESC(invite_input, INVITE_INPUT_FIELDS);

struct role_input {
	str role;
};
static const struct desc_field ROLE_INPUT_FIELDS[] = {FIELD(role_input, role, DESC_STR, .flags = DESC_REQUIRED)};
const struct desc ROLE_INPUT_DESC = DESC(role_input, ROLE_INPUT_FIELDS);

static str word(struct op *op, const char *prefix, str name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(str_lower_ascii(&op->arena, name))));
}

struct option *team_role_options(struct op *op, enum role selected, size_t *n)
{
	struct option *options = ARENA_ARRAY(&op->arena, struct option, ROLE_OWNER);
	*n = 0;
	for (enum role r = ROLE_AGENT; r <= ROLE_OWNER; r++)
		options[(*n)++] = (struct option){str_of(ROLES[r]), word(op, "role", str_of(ROLES[r])), r == selected};
	return options;
}

/* ---- the page ---- */

static enum err add_members(struct op *op, struct team *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_person_all, DB_ARGS(db_int(op->now_ms)), &rows));
	page->rows.v = ARENA_ARRAY(&op->arena, struct member, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		struct member *m = &page->rows.v[page->rows.n++];
		enum role role = ROLE_NONE;
		m->id = db_rows_id(&rows, i, 0);
		m->name = db_rows_text(&rows, i, 1);
		m->email = db_rows_text(&rows, i, 2);
		role_find(db_rows_text(&rows, i, 3), &role);
		m->role = (int)role;
		m->sessions = db_rows_int(&rows, i, 4);
		m->last_seen_ms = db_rows_int(&rows, i, 5);
		m->is_you = op->actor.kind == ACTOR_PERSON && op->actor.id == m->id;
		if (!m->name.n) m->name = m->email.n ? m->email : word(op, "role", str_of(ROLES[role]));
		if (!page->may_manage) continue;
		str base = str_fmt(&op->arena, "/team/%.*s", STR_ARG(id_show(&op->arena, S("per"), m->id)));
		m->roles.v = team_role_options(op, role, &m->roles.n);
		m->save = str_fmt(&op->arena, "%.*s/role", STR_ARG(base));
		m->end_sessions = str_fmt(&op->arena, "%.*s/sessions/end", STR_ARG(base));
		m->remove = str_fmt(&op->arena, "%.*s/remove", STR_ARG(base));
	}
	return OK;
}

static enum err add_invitations(struct op *op, struct team *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_invitation_open, DB_ARGS(db_int(op->now_ms)), &rows));
	page->invitations.v = ARENA_ARRAY(&op->arena, struct open_invitation, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		enum role role = ROLE_NONE;
		role_find(db_rows_text(&rows, i, 2), &role);
		id invitation = db_rows_id(&rows, i, 0);
		str end = str_fmt(&op->arena, "/team/invitations/%.*s/end", STR_ARG(id_show(&op->arena, S("inv"), invitation)));
		page->invitations.v[page->invitations.n++] = (struct open_invitation){invitation, db_rows_text(&rows, i, 1), (int)role, db_rows_int(&rows, i, 3), end};
	}
	return OK;
}

static void add_permissions(struct op *op, struct team *page)
{
	static const char *const names[] = {
#define PERMISSION(name, roles, doc) #name,
#include "permissions.def"
#undef PERMISSION
	};
	page->roles.v = ARENA_ARRAY(&op->arena, struct role_column, ROLE_OWNER);
	for (enum role r = ROLE_AGENT; r <= ROLE_OWNER; r++) page->roles.v[page->roles.n++].name = word(op, "role", str_of(ROLES[r]));
	page->permissions.v = ARENA_ARRAY(&op->arena, struct permission_row, PERM_COUNT);
	for (int p = 0; p < PERM_COUNT; p++) {
		struct permission_row *row = &page->permissions.v[page->permissions.n++];
		row->name = word(op, "permission", str_of(names[p]));
		row->cells.v = ARENA_ARRAY(&op->arena, struct permission_cell, ROLE_OWNER);
		for (enum role r = ROLE_AGENT; r <= ROLE_OWNER; r++)
			row->cells.v[row->cells.n++] = (struct permission_cell){role_permissions(r) >> p & 1, str_of(ROLES[r])};
	}
}

static enum err make_page(struct op *op, enum role invited, struct team **out)
{
	struct team *page = ARENA_NEW(&op->arena, struct team);
	page->may_manage = op_may(op, PERM_MANAGE_PEOPLE);
	TRY(add_members(op, page));
	TRY(add_invitations(op, page));
	add_permissions(op, page);
	if (page->may_manage) page->invite.roles.v = team_role_options(op, invited, &page->invite.roles.n);
	*out = page;
	return OK;
}

enum err team_list(struct op *op, struct web *w, struct answer *a)
{
	struct team *page;
	(void)w;
	TRY(make_page(op, ROLE_AGENT, &page));
	return answer_with(a, &TEAM_DESC, page);
}

/* ---- invitations ---- */

static enum err mail_invitation(struct op *op, const struct invitation *made, str path)
{
	struct person p;
	bool found = false;
	if (made->person) TRY(person_get(op, made->person, &p, &found));
	return team_mail_link(op, made, path, found ? &p : NULL);
}

enum err team_invite(struct op *op, struct web *w, struct answer *a)
{
	struct invite_input in;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	struct input email, name;
	enum role role = ROLE_AGENT;
	struct invitation made;
	struct team *page;
	str path;
	TRY(web_input(op, w, &INVITE_INPUT_DESC, &in));
	email = (struct input){.value = in.email};
	name = (struct input){.value = in.name};
	if (faults_text(faults, "email", &email, true, PERSON_EMAIL_BYTES) && !email_is_plausible(email.value)) faults_add(faults, "email", &email, msg_of("fault_email"));
	faults_text(faults, "name", &name, false, NAME_CHARACTERS);
	if (!role_find(in.role, &role)) faults_add(faults, "role", NULL, msg_of("fault_choice"));
	if (!faults->n) {
		TRY(invitation_make(op, email.value, name.value, role, INVITATION_MS, &made, &path));
		if (mail_is_on(op->app)) TRY(mail_invitation(op, &made, path));
		TRY(make_page(op, ROLE_AGENT, &page));
		page->is_mailed = mail_is_on(op->app);
		page->new_link = str_fmt(&op->arena, "%.*s%.*s", STR_ARG(web_origin(op, w)), STR_ARG(path));
		a->is_private = true;
		return answer_with(a, &TEAM_DESC, page);
	}
	TRY(make_page(op, role, &page));
	page->invite.email = email;
	page->invite.name = name;
	page->invite.faults.v = faults->v;
	page->invite.faults.n = faults->n;
	return answer_refused(op, a, &TEAM_DESC, page);
}

enum err team_end_invitation(struct op *op, struct web *w, struct answer *a)
{
	id invitation;
	TRY(web_id(op, w, "id", "inv", &invitation));
	TRY(invitation_end(op, invitation));
	a->notice = msg_of("notice_invitation_ended");
	return answer_redirect(a, S("/team"));
}

/* ---- one person ---- */

/* The last owner stays: said on the page itself, where nothing was changed. */
static enum err answer_last_owner(struct op *op, const struct web *w, struct answer *a, enum err e)
{
	if (e != ERR_STATE || w->wants_json) return e;
	fault_clear(&op->fault);
	a->notice = msg_of("notice_last_owner");
	return answer_redirect(a, S("/team"));
}

enum err team_set_role(struct op *op, struct web *w, struct answer *a)
{
	struct role_input in;
	id person;
	enum role role;
	TRY(web_id(op, w, "id", "per", &person));
	TRY(web_input(op, w, &ROLE_INPUT_DESC, &in));
	if (!role_find(in.role, &role)) return fail(op, ERR_INVALID, "role", "must be agent, analyst, manager or owner");
	enum err e = person_set_role(op, person, role);
	if (e != OK) return answer_last_owner(op, w, a, e);
	a->notice = msg_of("notice_role_saved");
	return answer_redirect(a, S("/team"));
}

enum err team_end_sessions(struct op *op, struct web *w, struct answer *a)
{
	id person, own = 0;
	TRY(web_id(op, w, "id", "per", &person));
	if (op->actor.kind == ACTOR_PERSON && op->actor.id == person && !id_read(S("ses"), w->session, &own)) own = 0;
	TRY(session_end_of(op, person, own));
	TRY(audit_write(op, "sessions_ended", "person", person, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_sessions_ended");
	return answer_redirect(a, S("/team"));
}

enum err team_remove(struct op *op, struct web *w, struct answer *a)
{
	struct person p;
	bool found;
	id person;
	TRY(web_id(op, w, "id", "per", &person));
	TRY(person_get(op, person, &p, &found));
	enum err e = person_remove(op, person);
	if (e != OK) return answer_last_owner(op, w, a, e);
	a->notice = msg_str("notice_person_removed", "name", p.name.n ? p.name : p.email);
	a->undo = str_fmt(&op->arena, "/team/%.*s/restore", STR_ARG(id_show(&op->arena, S("per"), person)));
	return answer_redirect(a, S("/team"));
}

enum err team_restore(struct op *op, struct web *w, struct answer *a)
{
	id person;
	TRY(web_id(op, w, "id", "per", &person));
	TRY(person_restore(op, person));
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, S("/team"));
}
