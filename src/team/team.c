/* E-mails are compared in small ASCII letters only: folding accents too would let one address pass for another. */
#include "team/team.h"

#include <string.h>

#include "audit/audit.h"
#include "team/session.h"

bool role_find(str name, enum role *out)
{
	for (int i = ROLE_AGENT; i <= ROLE_OWNER; i++)
		if (str_eq(name, str_of(ROLES[i]))) {
			*out = (enum role)i;
			return true;
		}
	return false;
}

bool email_is_plausible(str email)
{
	size_t at, second;
	if (email.n == 0 || email.n > PERSON_EMAIL_BYTES || !str_find(email, '@', &at) || at == 0) return false;
	str host = str_sub(email, at + 1, email.n);
	if (!host.n || str_find(host, '@', &second) || host.p[0] == '.' || host.p[host.n - 1] == '.') return false;
	for (size_t i = 0; i < email.n; i++)
		if ((unsigned char)email.p[i] <= ' ' || strchr("<>()\",;:\\\x7f", email.p[i])) return false;
	return true;
}

static str email_key(struct op *op, str email)
{
	return email.n ? str_lower_ascii(&op->arena, email) : STR_NONE;
}

static void read_person(const struct db_rows *rows, struct person *out, bool *found)
{
	*out = (struct person){0};
	*found = rows->n > 0;
	if (!rows->n) return;
	out->id = db_rows_id(rows, 0, 0);
	out->email = db_rows_text(rows, 0, 1);
	out->name = db_rows_text(rows, 0, 2);
	role_find(db_rows_text(rows, 0, 3), &out->role);
	out->password = db_rows_text(rows, 0, 4);
	out->language = db_rows_text(rows, 0, 5);
	out->calendar = db_rows_text(rows, 0, 6);
}

enum err person_get(struct op *op, id person, struct person *out, bool *found)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_person_get, DB_ARGS(db_id(person)), &rows));
	read_person(&rows, out, found);
	return OK;
}

enum err person_by_email(struct op *op, str email, struct person *out, bool *found)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_person_by_email, DB_ARGS(db_text(email_key(op, email))), &rows));
	read_person(&rows, out, found);
	return OK;
}

enum err person_add(struct op *op, struct person *p)
{
	struct person other;
	bool taken = false;
	p->id = id_new();
	if (p->email.n) TRY(person_by_email(op, p->email, &other, &taken));
	if (taken) return fail(op, ERR_CONFLICT, "email", "somebody has this e-mail already");
	TRY(op_run(op, SQL_person_add,
	           DB_ARGS(db_id(p->id), db_text(p->email), db_text(email_key(op, p->email)), db_text(p->name.n ? p->name : S("")),
	                   db_text(str_of(ROLES[p->role])), db_text(p->password), db_text(p->language), db_int(op->now_ms),
	                   db_text(op->actor.name.n ? op->actor.name : S(""))),
	           NULL));
	return audit_write(op, "person_added", "person", p->id, STR_NONE, str_of(ROLES[p->role]));
}

enum err person_owner(struct op *op, struct person *out)
{
	struct db_rows rows;
	bool found;
	TRY(op_query(op, SQL_person_first_owner, DB_NO_ARGS, &rows));
	read_person(&rows, out, &found);
	if (found) return OK;
	*out = (struct person){.role = ROLE_OWNER};
	return person_add(op, out);
}

enum err person_set_password(struct op *op, id person, str hash)
{
	TRY(op_run(op, SQL_person_set_password, DB_ARGS(db_id(person), db_text(hash)), NULL));
	return audit_write(op, "password_changed", "person", person, STR_NONE, STR_NONE);
}

static enum err must_leave_an_owner(struct op *op, const struct person *p)
{
	struct db_rows rows;
	if (p->role != ROLE_OWNER) return OK;
	TRY(op_query(op, SQL_person_other_owners, DB_ARGS(db_id(p->id)), &rows));
	if (db_rows_int(&rows, 0, 0) > 0) return OK;
	return fail(op, ERR_STATE, "role", "this is the last owner: make somebody else an owner first");
}

static enum err must_find(struct op *op, id person, struct person *out)
{
	bool found;
	TRY(person_get(op, person, out, &found));
	return found ? OK : fail(op, ERR_NOT_FOUND, "person", "there is no such person");
}

enum err person_set_role(struct op *op, id person, enum role role)
{
	struct person p;
	TRY(must_find(op, person, &p));
	if (p.role == role) return OK;
	TRY(must_leave_an_owner(op, &p));
	TRY(op_run(op, SQL_person_set_role, DB_ARGS(db_id(person), db_text(str_of(ROLES[role]))), NULL));
	session_person_changed(op, person);
	return audit_write(op, "role_changed", "person", person, str_of(ROLES[p.role]), str_of(ROLES[role]));
}

enum err person_remove(struct op *op, id person)
{
	struct person p;
	TRY(must_find(op, person, &p));
	TRY(must_leave_an_owner(op, &p));
	TRY(op_run(op, SQL_person_remove, DB_ARGS(db_id(person), db_int(op->now_ms)), NULL));
	if (p.email.n) TRY(op_run(op, SQL_invitation_end_of_email, DB_ARGS(db_text(email_key(op, p.email)), db_int(op->now_ms)), NULL));
	TRY(session_end_of(op, person, 0));
	return audit_write(op, "person_removed", "person", person, str_of(ROLES[p.role]), STR_NONE);
}

enum err person_restore(struct op *op, id person)
{
	struct db_rows rows;
	struct person other;
	bool taken = false;
	TRY(op_query(op, SQL_person_removed, DB_ARGS(db_id(person)), &rows));
	if (!rows.n) return fail(op, ERR_NOT_FOUND, "person", "nobody of this id was removed");
	str key = db_rows_text(&rows, 0, 0);
	if (key.n) TRY(person_by_email(op, key, &other, &taken));
	if (taken) return fail(op, ERR_CONFLICT, "email", "somebody else has this e-mail now");
	TRY(op_run(op, SQL_person_restore, DB_ARGS(db_id(person)), NULL));
	return audit_write(op, "person_restored", "person", person, STR_NONE, STR_NONE);
}

/* ---- invitations ---- */

enum err invitation_make(struct op *op, str email, str name, enum role role, int64_t holds_ms, struct invitation *out, str *path)
{
	struct person p;
	bool known;
	str token = session_token(op), key = email_key(op, email);
	TRY(person_by_email(op, email, &p, &known));
	*out = (struct invitation){.id = id_new(), .person = known ? p.id : 0, .email = email, .name = known ? p.name : name, .role = known ? p.role : role};
	TRY(op_run(op, SQL_invitation_end_of_email, DB_ARGS(db_text(key), db_int(op->now_ms)), NULL));
	TRY(op_run(op, SQL_invitation_add,
	           DB_ARGS(db_id(out->id), db_blob(session_hash(op, "join", token)), db_id(out->person), db_text(email), db_text(key),
	                   db_text(out->name.n ? out->name : S("")), db_text(str_of(ROLES[out->role])), db_int(op->now_ms),
	                   db_text(op->actor.name.n ? op->actor.name : S("")), db_int(op->now_ms + holds_ms)),
	           NULL));
	*path = str_fmt(&op->arena, "/join/%.*s", STR_ARG(token));
	if (known) return audit_write(op, "password_link_made", "person", p.id, STR_NONE, STR_NONE);
	return audit_write(op, "invitation_made", "invitation", out->id, STR_NONE, str_of(ROLES[role]));
}

enum err invitation_read(struct op *op, str token, struct invitation *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_invitation_by_hash, DB_ARGS(db_blob(session_hash(op, "join", token)), db_int(op->now_ms)), &rows));
	if (!rows.n) return fail(op, ERR_GONE, "link", "was used already or is too old");
	*out = (struct invitation){db_rows_id(&rows, 0, 0), db_rows_id(&rows, 0, 1), db_rows_text(&rows, 0, 2), db_rows_text(&rows, 0, 3), ROLE_NONE};
	role_find(db_rows_text(&rows, 0, 4), &out->role);
	return OK;
}

enum err invitation_accept(struct op *op, const struct invitation *i, str name, str password_hash, id *person)
{
	int64_t changed;
	struct person p;
	TRY(op_run(op, SQL_invitation_use, DB_ARGS(db_id(i->id), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_GONE, "link", "was used already or is too old");
	if (!i->person) {
		p = (struct person){.email = i->email, .name = name, .role = i->role, .password = password_hash, .language = lang_code(op->locale.lang)};
		TRY(person_add(op, &p));
		*person = p.id;
		return OK;
	}
	TRY(must_find(op, i->person, &p));
	*person = p.id;
	TRY(op_run(op, SQL_person_set_about, DB_ARGS(db_id(p.id), db_text(name), db_text(p.language), db_text(p.calendar)), NULL));
	TRY(person_set_password(op, p.id, password_hash));
	return session_end_of(op, p.id, 0);
}

enum err invitation_end(struct op *op, id invitation)
{
	int64_t changed;
	TRY(op_run(op, SQL_invitation_end, DB_ARGS(db_id(invitation), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "invitation", "there is no such open invitation");
	return audit_write(op, "invitation_ended", "invitation", invitation, STR_NONE, STR_NONE);
}
