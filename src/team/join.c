/* A link to choose a password: of an invitation, or of somebody who forgot theirs. The hash is computed before the op
 * takes a database session, so the link is read in an op of its own first, and used up with the rest. */
#include "audit/audit.h"
#include "http/faults.h"
#include "http/metrics.h"
#include "op/app.h"
#include "setting/setting.h"
#include "team/password.h"
#include "team/session.h"
#include "team/team.h"
#include "team/team_pages.h"

enum { NAME_CHARACTERS = 80 };

struct join {
	str organisation, email;
	int role;
	struct input name, password;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field JOIN_FIELDS[] = {
	FIELD(join, organisation, DESC_STR),
	FIELD(join, email, DESC_STR),
	FIELD(join, role, DESC_ENUM, .names = ROLES, .prefix = "role"),
	FIELD(join, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(join, password, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(join, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc JOIN_DESC = DESC(join, JOIN_FIELDS);

struct join_input {
	str name, password;
};
static const struct desc_field JOIN_INPUT_FIELDS[] = {FIELD(join_input, name, DESC_STR), FIELD(join_input, password, DESC_STR)};
const struct desc JOIN_INPUT_DESC = DESC(join_input, JOIN_INPUT_FIELDS);

static enum err read_apart(struct op *op, str token, struct invitation *out)
{
	struct op own;
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	enum err e = op_end(&own, invitation_read(&own, token, out));
	if (e == OK) {
		out->email = str_dup(&op->arena, out->email);
		out->name = str_dup(&op->arena, out->name);
	}
	op_release(&own);
	return e == OK ? OK : fail(op, e, "link", "was used already or is too old");
}

static struct join *page_of(struct op *op, const struct invitation *i)
{
	struct join *page = ARENA_NEW(&op->arena, struct join);
	str organisation = setting_text(op, SETTING_organisation);
	page->organisation = organisation.n ? organisation : S("Hospes");
	page->email = i->email;
	page->role = (int)i->role;
	page->name.value = i->name;
	return page;
}

enum err team_join_get(struct op *op, struct web *w, struct answer *a)
{
	struct invitation i;
	enum err e = invitation_read(op, web_parameter(w, "token"), &i);
	if (e == ERR_GONE) return team_link_is_old(op, a);
	TRY(e);
	return answer_with(a, &JOIN_DESC, page_of(op, &i));
}

enum err team_join(struct op *op, struct web *w, struct answer *a)
{
	struct invitation i;
	struct join_input in;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	str hash;
	id person;
	enum err e = read_apart(op, web_parameter(w, "token"), &i);
	if (e == ERR_GONE) return team_link_is_old(op, a);
	TRY(e);
	TRY(web_input(op, w, &JOIN_INPUT_DESC, &in));
	struct join *page = page_of(op, &i);
	page->name.value = in.name;
	faults_text(faults, "name", &page->name, true, NAME_CHARACTERS);
	password_faults(op, faults, "password", &page->password, in.password, i.email);
	if (faults->n) {
		page->faults.v = faults->v;
		page->faults.n = faults->n;
		return answer_refused(op, a, &JOIN_DESC, page);
	}
	TRY(password_hash(op, in.password, &hash));
	TRY(invitation_accept(op, &i, page->name.value, hash, &person));
	TRY(session_begin(op, w, person));
	metrics_add(COUNTER_SIGN_INS, 1);
	return answer_redirect(a, S("/"));
}
