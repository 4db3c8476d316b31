/* The purposes' page. A purpose is never taken away: consent that was given or refused names it. Its name in data stays for
 * good; other names can be changed, and no name may answer for two purposes. */
#include "audit/audit.h"
#include "collect/collect.h"
#include "consent/consent.h"
#include "consent/consent_pages.h"
#include "http/faults.h"
#include "op/app.h"
#include "query/query.h"

enum { NAME_BYTES = 40, TITLE_CHARACTERS = 80, ALIASES_BYTES = 1000, ALIAS_BYTES = 63, PURPOSES_MOST = QUERY_PURPOSE_ANONYMOUS };

struct purpose_shown {
	str name, title, aliases;
	bool is_built_in, needs_consent, may_be_assured;
	int64_t customers;
	str save;
};
static const struct desc_field PURPOSE_SHOWN_FIELDS[] = {
	FIELD(purpose_shown, name, DESC_STR, .doc = "in the protocol"),
	FIELD(purpose_shown, title, DESC_STR),
	FIELD(purpose_shown, aliases, DESC_STR, .doc = "category names that mean it, comma between"),
	FIELD(purpose_shown, is_built_in, DESC_BOOL),
	FIELD(purpose_shown, needs_consent, DESC_BOOL),
	FIELD(purpose_shown, may_be_assured, DESC_BOOL),
	FIELD(purpose_shown, customers, DESC_INT, .doc = "who agreed"),
	FIELD(purpose_shown, save, DESC_STR, .doc = "POST title, aliases"),
};
static const struct desc PURPOSE_SHOWN_DESC = {"purpose", sizeof(struct purpose_shown), PURPOSE_SHOWN_FIELDS, COUNT_OF(PURPOSE_SHOWN_FIELDS)};

struct purposes_page {
	LIST_OF(struct purpose_shown) rows;
	LIST_OF(str) unknown;
	struct input name, title;
	bool may_write;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PURPOSES_FIELDS[] = {
	FIELD(purposes_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &PURPOSE_SHOWN_DESC),
	FIELD(purposes_page, unknown, DESC_LIST, .item = DESC_STR, .doc = "categories that came and that no purpose answers to"),
	FIELD(purposes_page, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(purposes_page, title, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(purposes_page, may_write, DESC_BOOL),
	FIELD(purposes_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc PURPOSES_DESC = {"purposes", sizeof(struct purposes_page), PURPOSES_FIELDS, COUNT_OF(PURPOSES_FIELDS)};

struct purpose_add_input {
	str name, title;
};
static const struct desc_field PURPOSE_ADD_INPUT_FIELDS[] = {
	FIELD(purpose_add_input, name, DESC_STR, .doc = "small letters, digits, underscores"),
	FIELD(purpose_add_input, title, DESC_STR),
};
const struct desc PURPOSE_ADD_INPUT_DESC = DESC(purpose_add_input, PURPOSE_ADD_INPUT_FIELDS);

struct purpose_save_input {
	str title, aliases;
};
static const struct desc_field PURPOSE_SAVE_INPUT_FIELDS[] = {
	FIELD(purpose_save_input, title, DESC_STR, .doc = "absent: stays as it is"),
	FIELD(purpose_save_input, aliases, DESC_STR, .max = ALIASES_BYTES, .doc = "comma between"),
};
const struct desc PURPOSE_SAVE_INPUT_DESC = DESC(purpose_save_input, PURPOSE_SAVE_INPUT_FIELDS);

/* ---- the page ---- */

static str title_of(struct op *op, const struct purpose_row *row)
{
	str key = str_fmt(&op->arena, "purpose_%.*s", STR_ARG(row->name));
	if (row->title.n) return row->title;
	return row->bit < PURPOSE_FIRST_OWN ? i18n_pattern(op->locale.lang, key) : row->name;
}

static enum err count_customers(struct op *op, int64_t customers[PURPOSES_MOST])
{
	struct db_rows rows;
	TRY(op_query(op, SQL_consent_customers, DB_NO_ARGS, &rows));
	for (size_t i = 0; i < rows.n; i++) {
		int64_t bit = db_rows_int(&rows, i, 0);
		if (bit >= 0 && bit < PURPOSES_MOST) customers[bit] = db_rows_int(&rows, i, 1);
	}
	return OK;
}

static enum err make_page(struct op *op, struct purposes_page **out)
{
	struct purposes_page *page = ARENA_NEW(&op->arena, struct purposes_page);
	struct purpose_row *rows;
	struct db_rows categories;
	int64_t customers[PURPOSES_MOST] = {0};
	size_t n;
	TRY(purpose_list(op, &rows, &n));
	TRY(count_customers(op, customers));
	page->rows.v = ARENA_ARRAY(&op->arena, struct purpose_shown, n);
	for (size_t i = 0; i < n; i++) {
		bool is_own = rows[i].bit >= PURPOSE_FIRST_OWN, needs = rows[i].bit != PURPOSE_SERVICE;
		page->rows.v[page->rows.n++] = (struct purpose_shown){
			.name = rows[i].name,
			.title = title_of(op, &rows[i]),
			.aliases = rows[i].aliases,
			.is_built_in = !is_own,
			.needs_consent = needs,
			.may_be_assured = needs && !(PURPOSES_NEVER_ASSURED >> rows[i].bit & 1),
			.customers = rows[i].bit < PURPOSES_MOST ? customers[rows[i].bit] : 0,
			.save = str_fmt(&op->arena, "/settings/purposes/%.*s", STR_ARG(rows[i].name)),
		};
	}
	TRY(op_query(op, SQL_consent_categories, DB_NO_ARGS, &categories));
	page->unknown.v = ARENA_ARRAY(&op->arena, str, categories.n);
	for (size_t i = 0; i < categories.n; i++)
		if (purpose_find(collect_purposes(op->app), db_rows_text(&categories, i, 0)) < 0) page->unknown.v[page->unknown.n++] = db_rows_text(&categories, i, 0);
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	*out = page;
	return OK;
}

static enum err refuse(struct op *op, struct answer *a, struct purposes_page *page, struct faults *faults)
{
	page->faults.v = faults->v;
	page->faults.n = faults->n;
	a->page = "setting/purposes";
	return answer_refused(op, a, &PURPOSES_DESC, page);
}

enum err consent_purposes(struct op *op, struct web *w, struct answer *a)
{
	struct purposes_page *page;
	(void)w;
	TRY(make_page(op, &page));
	return answer_with(a, &PURPOSES_DESC, page);
}

/* ---- changes ---- */

static bool is_name(str name)
{
	if (name.n == 0 || name.n > NAME_BYTES || name.p[0] < 'a' || name.p[0] > 'z') return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
	}
	return true;
}

enum err consent_add_purpose(struct op *op, struct web *w, struct answer *a)
{
	struct purpose_add_input in;
	struct purposes_page *page;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	TRY(web_input(op, w, &PURPOSE_ADD_INPUT_DESC, &in));
	TRY(make_page(op, &page));
	page->name.value = str_trim(in.name);
	page->title.value = in.title;
	faults_text(faults, "title", &page->title, true, TITLE_CHARACTERS);
	if (!page->name.value.n)
		faults_add(faults, "name", &page->name, msg_of("fault_required"));
	else if (!is_name(page->name.value))
		faults_add(faults, "name", &page->name, msg_of("fault_invalid"));
	else if (purpose_find(collect_purposes(op->app), page->name.value) >= 0)
		faults_add(faults, "name", &page->name, msg_of("fault_taken"));
	if (faults->n) return refuse(op, a, page, faults);
	TRY(purpose_add(op, page->name.value, page->title.value));
	TRY(audit_write(op, "purpose_added", "purpose", 0, STR_NONE, page->name.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/purposes"));
}

/* Whether each of the other names is free, or this purpose's own already. */
static bool names_are_free(const struct op *op, str aliases, int64_t bit)
{
	for (str rest = aliases; str_given(rest);) {
		str alias = str_trim(str_cut(&rest, ','));
		int held = alias.n ? purpose_find(collect_purposes(op->app), alias) : -1;
		if (alias.n > ALIAS_BYTES || (held >= 0 && held != bit)) return false;
	}
	return true;
}

enum err consent_save_purpose(struct op *op, struct web *w, struct answer *a)
{
	struct purpose_save_input in;
	struct purposes_page *page;
	struct purpose_row *rows, *row = NULL;
	struct faults *faults = ARENA_NEW(&op->arena, struct faults);
	size_t n;
	str name = web_parameter(w, "name");
	TRY(web_input(op, w, &PURPOSE_SAVE_INPUT_DESC, &in));
	TRY(purpose_list(op, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].name, name)) row = &rows[i];
	if (!row) return fail(op, ERR_NOT_FOUND, "name", "there is no such purpose");
	str aliases = in.aliases.n ? str_trim(in.aliases) : S("");
	if (!names_are_free(op, aliases, row->bit)) {
		TRY(make_page(op, &page));
		page->rows.v[row - rows].aliases = aliases;
		faults_add(faults, "", NULL, msg_str("fault_purpose_names", "purpose", title_of(op, row)));
		return refuse(op, a, page, faults);
	}
	str before = row->aliases;
	if (str_given(in.title)) row->title = str_trim(in.title);
	row->aliases = aliases;
	TRY(purpose_save(op, row));
	TRY(audit_write(op, "purpose_saved", "purpose", 0, str_fmt(&op->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(before)), aliases));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/purposes"));
}
