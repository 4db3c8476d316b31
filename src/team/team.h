/* team.h: the people of the workspace, their roles, and how they come in.
 * Invariants: an e-mail belongs to one person at a time; there is always an owner. */
#ifndef TEAM_TEAM_H
#define TEAM_TEAM_H
#include "op/op.h"

enum { PERSON_NAME_BYTES = 320, PERSON_EMAIL_BYTES = 254, INVITATION_DAYS = 7 };
static const int64_t INVITATION_MS = INVITATION_DAYS * INT64_C(86400000);

struct person {
	id id;
	str email, name;
	enum role role;
	str password; /* its hash; absent: signs in by links only */
	str language, calendar;
};

bool role_find(str name, enum role *out); /* agent … owner, not none */
bool email_is_plausible(str email);

/* *found false when there is none; texts in the op's arena. */
enum err person_get(struct op *op, id person, struct person *out, bool *found) NODISCARD;
enum err person_by_email(struct op *op, str email, struct person *out, bool *found) NODISCARD;
/* The owner that a start link signs in; made, without e-mail and name, when there is none. */
enum err person_owner(struct op *op, struct person *out) NODISCARD;
/* ERR_CONFLICT when the e-mail is taken. p->id is set. */
enum err person_add(struct op *op, struct person *p) NODISCARD;
enum err person_set_password(struct op *op, id person, str hash) NODISCARD;
/* ERR_STATE: the last owner stays one. */
enum err person_set_role(struct op *op, id person, enum role role) NODISCARD;
/* Ends the sessions too. ERR_STATE for the last owner. */
enum err person_remove(struct op *op, id person) NODISCARD;
/* ERR_CONFLICT when the e-mail was given to somebody else meanwhile. */
enum err person_restore(struct op *op, id person) NODISCARD;

struct invitation {
	id id, person; /* person: whose password it sets anew; 0: a new person */
	str email, name;
	enum role role;
};
/* Makes a link to choose a password that holds so long, and ends earlier ones of that e-mail. *path: "/join/…", its only
 * appearance. */
enum err invitation_make(struct op *op, str email, str name, enum role role, int64_t holds_ms, struct invitation *out, str *path) NODISCARD;
/* ERR_GONE when the token is unknown, used, withdrawn or too old. */
enum err invitation_read(struct op *op, str token, struct invitation *out) NODISCARD;
/* The person behind it, made or with the new password; their other sessions end. */
enum err invitation_accept(struct op *op, const struct invitation *i, str name, str password_hash, id *person) NODISCARD;
enum err invitation_end(struct op *op, id invitation) NODISCARD;
#endif
