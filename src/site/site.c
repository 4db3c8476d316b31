/* site.c: sites and showings as rows, and who may use a site's key. */
#include "site/site.h"

#include <string.h>

#include "base/hmac.h"
#include "team/session.h"

const char *const SITE_KINDS[] = {"popup", "inline", NULL};
const char *const SITE_STARTS[] = {"arrival", "scroll", "exit", "event", NULL};

static const struct desc_field SITE_FIELDS[] = {
	FIELD(site, id, DESC_ID, .prefix = "sit"),
	FIELD(site, name, DESC_STR),
	FIELD(site, origins, DESC_STR),
};
static const struct desc SITE_DESC = DESC(site, SITE_FIELDS);
static const struct desc_field SHOWING_FIELDS[] = {
	FIELD(site_showing, survey, DESC_ID, .prefix = "sur"),
	FIELD(site_showing, site, DESC_ID, .prefix = "sit"),
	FIELD(site_showing, is_on, DESC_BOOL),
	FIELD(site_showing, kind, DESC_ENUM, .names = SITE_KINDS, .prefix = "site_kind"),
	FIELD(site_showing, places, DESC_STR),
	FIELD(site_showing, starts, DESC_ENUM, .names = SITE_STARTS, .prefix = "site_start"),
	FIELD(site_showing, event, DESC_STR),
	FIELD(site_showing, scroll_pct, DESC_INT),
	FIELD(site_showing, delay_s, DESC_INT),
	FIELD(site_showing, percent, DESC_INT),
	FIELD(site_showing, gap_days, DESC_INT),
};
static const struct desc SHOWING_DESC = DESC(site_showing, SHOWING_FIELDS);

enum err site_all(struct op *op, struct site **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_site_all, DB_NO_ARGS, &SITE_DESC, &rows, n));
	*out = rows;
	return OK;
}

enum err site_get(struct op *op, id site, struct site *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_site_by_id, DB_ARGS(db_id(site)), &SITE_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "site", "there is no such site");
	*out = *(struct site *)rows;
	return OK;
}

enum err site_add(struct op *op, str name, str origins, id *out)
{
	*out = id_new();
	return op_run(op, SQL_site_add, DB_ARGS(db_id(*out), db_text(name), db_text(origins), db_int(op->now_ms)), NULL);
}

enum err site_showing_get(struct op *op, id survey, struct site_showing *out, bool *has)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_site_showing, DB_ARGS(db_id(survey)), &SHOWING_DESC, &rows, &n));
	*has = n > 0;
	if (n) *out = *(struct site_showing *)rows;
	return OK;
}

enum err site_showings(struct op *op, id site, struct site_showing **out, size_t *n)
{
	void *rows;
	TRY(op_structs(op, SQL_site_showings, DB_ARGS(db_id(site)), &SHOWING_DESC, &rows, n));
	*out = rows;
	return OK;
}

/* ---- addresses ---- */

static bool is_host(str host)
{
	static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	bool is_wild = str_starts(host, S("*."));
	str name = str_sub(host, is_wild ? 2 : 0, host.n), port = name;
	name = str_cut(&port, ':');
	int64_t number = 1;
	if (str_given(port) && (!str_i64(port, &number) || number < 1 || number > UINT16_MAX)) return false;
	if (is_wild && !str_contains(name, S("."))) return false;
	for (size_t i = 0; i < name.n; i++)
		if (!memchr(LETTERS, name.p[i], sizeof LETTERS - 1)) return false;
	return name.n > 0 && name.n <= 253 && name.p[0] != '.' && name.p[0] != '-';
}

bool site_read_origin(struct arena *a, str given, str *out)
{
	str text = str_lower_ascii(a, str_trim(given));
	bool is_plain = str_starts(text, S("http://"));
	if (is_plain) text = str_sub(text, 7, text.n);
	else if (str_starts(text, S("https://"))) text = str_sub(text, 8, text.n);
	if (str_ends(text, S("/"))) text.n--;
	*out = str_fmt(a, "%s://%.*s", is_plain ? "http" : "https", STR_ARG(text));
	return is_host(text);
}

/* One with a star holds for every name below it, not for the name itself. */
static bool fits(str pattern, str origin)
{
	size_t star;
	if (!str_find(pattern, '*', &star)) return str_eq(pattern, origin);
	str before = str_sub(pattern, 0, star), behind = str_sub(pattern, star + 1, pattern.n);
	return origin.n > before.n + behind.n && str_starts(origin, before) && str_ends(origin, behind);
}

bool site_has_origin(str origins, str origin)
{
	for (str rest = origins; str_given(rest);) {
		str line = str_trim(str_cut(&rest, '\n'));
		if (line.n && fits(line, origin)) return true;
	}
	return false;
}

/* ---- who a visitor is ---- */

str site_secret(struct op *op, id site)
{
	str hash = session_hash(op, "site secret", id_show(&op->arena, S("sit"), site));
	return str_hex(&op->arena, hash.p, hash.n);
}

str site_proof(struct op *op, id site, str user)
{
	return hmac_sha256_hex(&op->arena, site_secret(op, site), user);
}
