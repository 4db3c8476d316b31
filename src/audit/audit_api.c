/* Who changed what, newest first. A row names people of the workspace by their name of today; a customer only by the
 * address of their profile, which an erasure takes away. Pages are walked by the id of a row, which grows with time, so
 * new rows shift nothing. */
#include "audit/audit_pages.h"
#include "base/datetime.h"
#include "i18n/zone.h"

enum { PAGE_ROWS = 50, WHAT_BYTES = 60 };

enum via { VIA_PAGE, VIA_KEY, VIA_COMMAND, VIA_SYSTEM };
static const char *const VIAS[] = {"page", "key", "command", "system", NULL};

struct audit_row {
	str id;
	int64_t time_ms;
	str person;
	int via;
	struct msg text;
	str subject, before, after;
};
static const struct desc_field AUDIT_ROW_FIELDS[] = {
	FIELD(audit_row, id, DESC_STR),
	FIELD_AS(audit_row, time_ms, "time", DESC_TIME),
	FIELD(audit_row, person, DESC_STR, .doc = "or the name of the key"),
	FIELD(audit_row, via, DESC_ENUM, .names = VIAS, .prefix = "via"),
	FIELD(audit_row, text, DESC_MSG),
	FIELD(audit_row, subject, DESC_STR, .doc = "address of what was changed"),
	FIELD(audit_row, before, DESC_STR),
	FIELD(audit_row, after, DESC_STR),
};
static const struct desc AUDIT_ROW_DESC = DESC(audit_row, AUDIT_ROW_FIELDS);

struct audit {
	struct msg finding;
	LIST_OF(struct option) people, kinds;
	LIST_OF(struct audit_row) rows;
	str next, previous;
};
static const struct desc_field AUDIT_FIELDS[] = {
	FIELD(audit, finding, DESC_MSG),
	FIELD(audit, people, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(audit, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(audit, rows, DESC_LIST, .item = DESC_STRUCT, .of = &AUDIT_ROW_DESC),
	FIELD(audit, next, DESC_STR),
	FIELD(audit, previous, DESC_STR),
};
const struct desc AUDIT_DESC = DESC(audit, AUDIT_FIELDS);

struct filter {
	id actor;
	str what;
	int64_t from_ms, to_ms;
};

static str key_of(struct op *op, str what)
{
	return str_fmt(&op->arena, "audit_%.*s", STR_ARG(what));
}

/* ---- what is asked for ---- */

static enum err read_day(struct op *op, const struct web *w, const char *name, int64_t otherwise, int64_t *out)
{
	str text = web_query(w, name);
	int64_t day;
	bool has_zone;
	*out = otherwise;
	if (!text.n) return OK;
	if (!datetime_parse(text, &day, &has_zone)) return fail(op, ERR_MALFORMED, name, "is no date such as 2011-01-31");
	*out = has_zone ? day : zone_to_utc(op->locale.zone, day);
	return OK;
}

static enum err read_filter(struct op *op, const struct web *w, struct filter *f)
{
	str person = web_query(w, "person"), what = web_query(w, "what");
	*f = (struct filter){.what = what.n && what.n <= WHAT_BYTES ? what : S("")};
	if (person.n && !id_read(S("per"), person, &f->actor) && !id_read(S("key"), person, &f->actor)) return fail(op, ERR_MALFORMED, "person", "is no id of a person or key");
	TRY(read_day(op, w, "from", 0, &f->from_ms));
	TRY(read_day(op, w, "to", op->now_ms + DAY_MS, &f->to_ms));
	return OK;
}

/* "n" and an id: rows before it; "p" and an id: rows after it. */
static void read_cursor(const struct web *w, bool *is_back, id *at)
{
	str cursor = web_query(w, "cursor");
	*is_back = false;
	*at = INT64_MAX;
	if (cursor.n < 2 || !id_read(S(""), str_sub(cursor, 1, cursor.n), at)) return;
	*is_back = cursor.p[0] == 'p';
}

/* ---- the page ---- */

static enum err add_choices(struct op *op, const struct filter *f, struct audit *page)
{
	struct db_rows people, kinds;
	const struct lang *lang = op->locale.lang;
	TRY(op_query(op, SQL_audit_people, DB_NO_ARGS, &people));
	TRY(op_query(op, SQL_audit_kinds, DB_NO_ARGS, &kinds));
	page->people.v = ARENA_ARRAY(&op->arena, struct option, people.n + 1);
	page->people.v[page->people.n++] = (struct option){S(""), i18n_pattern(lang, S("audit_everybody")), !f->actor};
	for (size_t i = 0; i < people.n; i++) {
		id person = db_rows_id(&people, i, 0);
		str name = db_rows_text(&people, i, 1), email = db_rows_text(&people, i, 2);
		if (!name.n) name = email.n ? email : i18n_pattern(lang, S("role_owner"));
		page->people.v[page->people.n++] = (struct option){id_show(&op->arena, S("per"), person), name, person == f->actor};
	}
	page->kinds.v = ARENA_ARRAY(&op->arena, struct option, kinds.n + 1);
	page->kinds.v[page->kinds.n++] = (struct option){S(""), i18n_pattern(lang, S("audit_everything")), !f->what.n};
	for (size_t i = 0; i < kinds.n; i++) {
		str what = db_rows_text(&kinds, i, 0), key = key_of(op, what);
		page->kinds.v[page->kinds.n++] = (struct option){what, i18n_has(lang, key) ? i18n_pattern(lang, key) : what, str_eq(what, f->what)};
	}
	return OK;
}

static str address_of(struct op *op, str type, id subject)
{
	static const struct {
		const char *type, *base, *prefix; /* prefix NULL: the page is of them all */
	} PAGES[] = {
		{"customer", "/customers/", "cus"}, {"source", "/sources/", "src"},       {"import", "/imports/", "imp"}, {"key", "/sources", NULL},
		{"person", "/team", NULL},          {"invitation", "/team", NULL},        {"setting", "/settings", NULL}, {"purpose", "/settings/purposes", NULL},
		{"touchpoint", "/settings/touchpoints", NULL}, {"segment", "/segments/", "seg"}, {"followup", "/follow-ups/", "fup"}, {"followup_rule", "/follow-ups/rules", NULL}, {"improvement", "/improvements/", "imv"}, {"trigger", "/talk-triggers", NULL}, {"journey", "/journeys/designs/", "jou"}, {"mark", "/marks", NULL}, {"macro", "/macros", NULL}, {"target", "/targets", NULL}, {"mail", "/settings/mail", NULL}, {"subscription", "/subscriptions", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(PAGES); i++) {
		if (!str_eq(type, str_of(PAGES[i].type))) continue;
		if (!PAGES[i].prefix) return str_of(PAGES[i].base);
		return subject ? str_fmt(&op->arena, "%s%.*s", PAGES[i].base, STR_ARG(id_show(&op->arena, str_of(PAGES[i].prefix), subject))) : STR_NONE;
	}
	return STR_NONE;
}

static struct msg text_of(struct op *op, str what, str name)
{
	str key = key_of(op, what);
	if (!i18n_has(op->locale.lang, key)) return msg_str("audit_other", "what", what);
	if (!name.n) return msg_of(key.p);
	struct msg m = msg_str("audit_named", "name", name);
	msg_add(&m, (struct msg_arg){.name = "what", .type = MSG_KEY, .s = key});
	return m;
}

static str first_given(str a, str b, str c)
{
	if (a.n) return a;
	return b.n ? b : c;
}

static struct audit_row make_row(struct op *op, const struct db_rows *rows, size_t i)
{
	struct audit_row row = {.id = id_show(&op->arena, S(""), db_rows_id(rows, i, 0)), .time_ms = db_rows_int(rows, i, 1), .via = VIA_SYSTEM};
	for (int v = 0; VIAS[v]; v++)
		if (str_eq(db_rows_text(rows, i, 2), str_of(VIAS[v]))) row.via = v;
	row.person = first_given(db_rows_text(rows, i, 8), db_rows_text(rows, i, 9), first_given(db_rows_text(rows, i, 10), S("Hospes"), STR_NONE));
	row.text = text_of(op, db_rows_text(rows, i, 3), first_given(db_rows_text(rows, i, 11), db_rows_text(rows, i, 12), STR_NONE));
	row.subject = address_of(op, db_rows_text(rows, i, 4), db_rows_id(rows, i, 5));
	row.before = db_rows_text(rows, i, 6);
	row.after = db_rows_text(rows, i, 7);
	return row;
}

static enum err add_rows(struct op *op, const struct web *w, const struct filter *f, struct audit *page)
{
	struct db_rows rows;
	bool is_back;
	id at;
	read_cursor(w, &is_back, &at);
	TRY(op_query(op, is_back ? SQL_audit_after : SQL_audit_before,
	             DB_ARGS(db_int(f->actor), db_text(f->what), db_int(f->from_ms), db_int(f->to_ms), db_int(at), db_int(PAGE_ROWS + 1)), &rows));
	bool is_more = rows.n > PAGE_ROWS;
	size_t n = is_more ? PAGE_ROWS : rows.n;
	page->rows.v = ARENA_ARRAY(&op->arena, struct audit_row, n);
	for (size_t i = 0; i < n; i++) page->rows.v[page->rows.n++] = make_row(op, &rows, is_back ? n - 1 - i : i);
	if (!n) return OK;
	if (is_back || is_more) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "n%.*s", STR_ARG(page->rows.v[n - 1].id)));
	if (is_back ? is_more : at != INT64_MAX) page->previous = web_address_with(op, w, "cursor", str_fmt(&op->arena, "p%.*s", STR_ARG(page->rows.v[0].id)));
	return OK;
}

enum err audit_list(struct op *op, struct web *w, struct answer *a)
{
	struct filter f;
	struct db_rows count;
	struct audit *page = ARENA_NEW(&op->arena, struct audit);
	TRY(read_filter(op, w, &f));
	TRY(op_query(op, SQL_audit_count, DB_ARGS(db_int(f.actor), db_text(f.what), db_int(f.from_ms), db_int(f.to_ms)), &count));
	int64_t total = db_rows_int(&count, 0, 0);
	bool is_filtered = f.actor || f.what.n || web_query(w, "from").n || web_query(w, "to").n;
	page->finding = total || is_filtered ? msg_int(is_filtered ? "audit_found" : "audit_all", "total", total) : msg_of("audit_none");
	TRY(add_choices(op, &f, page));
	TRY(add_rows(op, w, &f, page));
	return answer_with(a, &AUDIT_DESC, page);
}
