/* chat_visitor.c: a visitor is an id with our seal on it. Nothing is kept of one before something is written, so a page that is opened
 * and closed again leaves nothing. The id of whoever is named by the site's server has another seal, which only that proof gives: what
 * a browser has kept of a shared machine opens nobody's chat. */
#include <sodium.h>

#include "chat/chat_inner.h"
#include "collect/normalise.h"
#include "team/session.h"

enum { SEAL_BYTES = 16 };

static const struct desc_field VISITOR_FIELDS[] = {
	FIELD(chat_visitor, id, DESC_ID, .prefix = "vis"),
	FIELD(chat_visitor, site, DESC_ID, .prefix = "sit"),
	FIELD(chat_visitor, user_id, DESC_STR),
	FIELD(chat_visitor, subject, DESC_INT),
	FIELD(chat_visitor, name, DESC_STR),
	FIELD(chat_visitor, email, DESC_STR),
	FIELD(chat_visitor, language, DESC_STR),
};
static const struct desc VISITOR_DESC = DESC(chat_visitor, VISITOR_FIELDS);

static str seal(struct op *op, id site, id visitor, bool is_named)
{
	str text = str_fmt(&op->arena, "%lld %lld", (long long)site, (long long)visitor), hash = session_hash(op, is_named ? "chat visitor named" : "chat visitor", text);
	return str_base64url(&op->arena, (const unsigned char *)hash.p, SEAL_BYTES);
}

str chat__token(struct op *op, const struct chat_visitor *v)
{
	return str_fmt(&op->arena, "%.*s.%.*s", STR_ARG(v->shown), STR_ARG(seal(op, v->site, v->id, str_given(v->user_id))));
}

str chat__topic(struct op *op, const struct chat_visitor *v)
{
	return str_fmt(&op->arena, "chat:%.*s", STR_ARG(v->shown));
}

static bool is_sealed(str given, str right)
{
	return given.n == right.n && sodium_memcmp(given.p, right.p, right.n) == 0;
}

/* False: no token of this site. */
static bool read_token(struct op *op, id site, str token, id *visitor, bool *is_named)
{
	str given = token, shown = str_cut(&given, '.');
	if (!str_given(given) || !id_read(S("vis"), shown, visitor)) return false;
	*is_named = is_sealed(given, seal(op, site, *visitor, true));
	return *is_named || is_sealed(given, seal(op, site, *visitor, false));
}

static enum err read_row(struct op *op, enum sql q, const struct db_val *args, size_t n, struct chat_visitor *out)
{
	void *rows;
	size_t found;
	TRY(op_structs(op, q, args, n, &VISITOR_DESC, &rows, &found));
	if (!found) return OK;
	*out = *(struct chat_visitor *)rows;
	out->is_kept = true;
	return OK;
}

static struct chat_visitor fresh(id site, id visitor)
{
	return (struct chat_visitor){.id = visitor, .site = site, .user_id = STR_NONE, .name = S(""), .email = S(""), .language = S("")};
}

static enum err find(struct op *op, id site, id visitor, struct chat_visitor *out)
{
	*out = fresh(site, visitor);
	TRY(read_row(op, SQL_chat_visitor_get, DB_ARGS(db_id(visitor), db_id(site)), out));
	out->shown = id_show(&op->arena, S("vis"), visitor);
	return OK;
}

enum err chat__visitor(struct op *op, id site, str token, struct chat_visitor *out)
{
	bool is_named;
	id visitor;
	if (!read_token(op, site, token, &visitor, &is_named)) return fail(op, ERR_DENIED, "token", "is none of this site: open the chat again");
	TRY(find(op, site, visitor, out));
	if (str_given(out->user_id) && !is_named) return fail(op, ERR_DENIED, "token", "is of somebody who is known by now: open the chat again");
	return OK;
}

/* ---- whoever comes ---- */

static enum err read_user(struct op *op, id site, str user, str proof, str *out)
{
	const struct normalise_rules rules = {.is_live = true};
	str right = site_proof(op, site, user);
	if (!is_sealed(proof, right)) return fail(op, ERR_DENIED, "proof", "does not prove this user: it is HMAC-SHA256 of the user's id by the site's secret, in hex");
	if (normalise_identity(&op->arena, IDENTITY_USER_ID, user, &rules, out) != NORMALISED) return fail(op, ERR_INVALID, "user", "is no id of a user");
	return OK;
}

static enum err keep_named(struct op *op, struct chat_visitor *v, str user, str language)
{
	v->user_id = user;
	if (v->is_kept) return op_run(op, SQL_chat_visitor_is, DB_ARGS(db_id(v->id), db_text(user)), NULL);
	return op_run(op, SQL_chat_visitor_add, DB_ARGS(db_id(v->id), db_id(v->site), db_text(user), db_int(0), db_text(S("")), db_text(S("")), db_text(language), db_int(op->now_ms)), NULL);
}

static enum err come_named(struct op *op, struct chat_visitor *v, str user, str language)
{
	id site = v->site;
	struct chat_visitor known = fresh(site, 0);
	TRY(read_row(op, SQL_chat_visitor_of_user, DB_ARGS(db_id(site), db_text(user)), &known));
	if (!known.id && str_given(v->user_id)) known = fresh(site, id_new()); /* the browser was somebody else's before */
	if (known.id) *v = known;
	v->shown = id_show(&op->arena, S("vis"), v->id);
	return v->is_kept && str_given(v->user_id) ? OK : keep_named(op, v, user, language);
}

enum err chat__come(struct op *op, id site, str token, str user, str proof, str language, struct chat_visitor *out)
{
	bool is_named;
	id visitor;
	str proven = STR_NONE;
	if (user.n) TRY(read_user(op, site, user, proof, &proven));
	TRY(find(op, site, read_token(op, site, token, &visitor, &is_named) ? visitor : id_new(), out));
	if (proven.n) return come_named(op, out, proven, language);
	if (str_given(out->user_id)) TRY(find(op, site, id_new(), out));
	return OK;
}

enum err chat_said_email(struct op *op, str visitor, str *out)
{
	struct db_rows r;
	id of;
	*out = S("");
	if (!id_read(S("vis"), visitor, &of)) return OK;
	TRY(op_query(op, SQL_chat_visitor_email, DB_ARGS(db_id(of)), &r));
	if (r.n) *out = db_rows_text(&r, 0, 0);
	return OK;
}

enum err chat_forget_subject(struct op *op, uint32_t subject)
{
	TRY(op_run(op, SQL_chat_rating_forget, DB_ARGS(db_int(subject)), NULL));
	return op_run(op, SQL_chat_visitor_forget, DB_ARGS(db_int(subject)), NULL);
}
