/* followup_list.c: the list: whose, due, late, done; searched, sorted, and given to somebody, many at a time. */
#include <inttypes.h>

#include "base/datetime.h"
#include "customer/customer.h"
#include "followup/followup_inner.h"
#include "i18n/i18n.h"

enum { PAGE = 50, MOST_AT_ONCE = 200, MOST_SEARCH = 200 };
static const int64_t SOON_MS = DAY_MS;

enum view { VIEW_MINE, VIEW_OPEN, VIEW_LATE, VIEW_DONE, VIEW_ALL, VIEW_DUE };
static const char *const VIEWS[] = {"mine", "open", "late", "done", "all", "due", NULL};
static const enum view SHOWN[] = {VIEW_OPEN, VIEW_MINE, VIEW_DUE, VIEW_LATE, VIEW_DONE};
static const char *const SORTS[] = {"due", "newest", "oldest", "closed", NULL};

struct view_link {
	str name, address;
	int64_t n;
	bool is_current, is_counted;
};
struct followups_page {
	struct msg finding;
	str view, q;
	int64_t total;
	bool is_empty, is_filtered, may_write;
	LIST_OF(struct view_link) views;
	LIST_OF(struct option) rules, sorts, owners;
	LIST_OF(struct followup_row) rows;
	str next, previous;
};
static const struct desc_field VIEW_FIELDS[] = {
	FIELD(view_link, name, DESC_STR),
	FIELD(view_link, address, DESC_STR),
	FIELD(view_link, n, DESC_INT),
	FIELD(view_link, is_current, DESC_BOOL),
	FIELD(view_link, is_counted, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc VIEW_DESC = {"followup_view", sizeof(struct view_link), VIEW_FIELDS, COUNT_OF(VIEW_FIELDS)};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(followups_page, finding, DESC_MSG),
	FIELD(followups_page, view, DESC_STR, .doc = "open, mine, due (within a day), late, done or all"),
	FIELD(followups_page, q, DESC_STR),
	FIELD(followups_page, total, DESC_INT),
	FIELD(followups_page, is_empty, DESC_BOOL),
	FIELD(followups_page, is_filtered, DESC_BOOL),
	FIELD(followups_page, may_write, DESC_BOOL),
	FIELD(followups_page, views, DESC_LIST, .item = DESC_STRUCT, .of = &VIEW_DESC),
	FIELD(followups_page, rules, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(followups_page, sorts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(followups_page, owners, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(followups_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &FOLLOWUP_ROW_DESC),
	FIELD(followups_page, next, DESC_STR),
	FIELD(followups_page, previous, DESC_STR),
};
const struct desc FOLLOWUPS_DESC = {"followups", sizeof(struct followups_page), PAGE_FIELDS, COUNT_OF(PAGE_FIELDS)};

struct followup_assign {
	LIST_OF(str) ids;
	str owner, back;
};
static const struct desc_field ASSIGN_FIELDS[] = {
	FIELD(followup_assign, ids, DESC_LIST, .item = DESC_STR, .doc = "ids of follow-ups, 200 at most"),
	FIELD(followup_assign, owner, DESC_STR, .doc = "id of a person; empty: nobody"),
	FIELD(followup_assign, back, DESC_STR, .flags = DESC_PAGE_ONLY),
};
const struct desc FOLLOWUP_ASSIGN_DESC = DESC(followup_assign, ASSIGN_FIELDS);

/* ---- what the address asks for ---- */

struct wanted {
	enum view view;
	int sort;
	id rule;
	str q, search;
	int64_t from;
};

static int choice(str given, const char *const *names, int otherwise)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(given, str_of(names[i]))) return i;
	return given.n ? -1 : otherwise;
}

static enum err read_wanted(struct op *op, const struct web *w, struct wanted *x)
{
	str rule = web_query(w, "rule"), cursor = web_query(w, "cursor");
	*x = (struct wanted){.q = str_trim(web_query(w, "q")), .search = STR_NONE};
	int view = choice(web_query(w, "view"), VIEWS, VIEW_OPEN);
	if (view < 0) return fail(op, ERR_INVALID, "view", "must be open, mine, due, late, done or all");
	x->view = (enum view)view;
	x->sort = choice(web_query(w, "sort"), SORTS, view == VIEW_DONE ? 3 : 0);
	if (x->sort < 0) return fail(op, ERR_INVALID, "sort", "must be due, newest, oldest or closed");
	if (rule.n && !id_read(S("fur"), rule, &x->rule)) return fail(op, ERR_INVALID, "rule", "is no id of a rule");
	if (x->q.n > MOST_SEARCH) return fail(op, ERR_INVALID, "q", "is longer than %d bytes", MOST_SEARCH);
	if (x->q.n) x->search = i18n_fold(&op->arena, x->q);
	if (!x->search.n) x->search = STR_NONE;
	if (cursor.n && (!str_i64(cursor, &x->from) || x->from < 0 || x->from > INT32_MAX)) return fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
	return OK;
}

/* ---- the page ---- */

static void put_sort(struct op *op, void *list, const char *value, bool is_selected)
{
	struct msg m = msg_of(str_fmt(&op->arena, "followup_sort_%s", value).p);
	customer_option(op, list, str_of(value), i18n_msg(&op->arena, &op->locale, &m), is_selected);
}

static enum err fill_choices(struct op *op, const struct web *w, const struct wanted *x, struct followups_page *page)
{
	struct followup_rule *rules;
	struct db_rows counts;
	size_t n;
	struct msg all = msg_of("followup_all_causes");
	TRY(followup__rules(op, &rules, &n));
	customer_option(op, &page->rules, S(""), i18n_msg(&op->arena, &op->locale, &all), !x->rule);
	for (size_t i = 0; i < n; i++)
		if (rules[i].n || rules[i].is_on || rules[i].id == x->rule) customer_option(op, &page->rules, id_show(&op->arena, S("fur"), rules[i].id), rules[i].name, rules[i].id == x->rule);
	for (int i = 0; SORTS[i]; i++)
		if (i < 3 || x->view == VIEW_DONE) put_sort(op, &page->sorts, SORTS[i], i == x->sort);
	TRY(followup__owners(op, 0, &page->owners.v, &page->owners.n));
	TRY(op_query(op, SQL_followup_views, DB_ARGS(db_id(op->actor.id), db_int(op->now_ms)), &counts));
	page->views.v = ARENA_ARRAY(&op->arena, struct view_link, COUNT_OF(SHOWN));
	for (size_t i = 0; i < COUNT_OF(SHOWN); i++) {
		enum view v = SHOWN[i];
		struct msg name = msg_of(str_fmt(&op->arena, "followup_view_%s", VIEWS[v]).p);
		page->views.v[page->views.n++] = (struct view_link){i18n_msg(&op->arena, &op->locale, &name), web_address_with(op, w, "view", v == VIEW_OPEN ? STR_NONE : str_of(VIEWS[v])),
			v == VIEW_DUE ? 0 : db_rows_int(&counts, 0, v), v == x->view, v != VIEW_DUE};
	}
	page->is_empty = db_rows_int(&counts, 0, 1) + db_rows_int(&counts, 0, 3) == 0;
	return OK;
}

static enum err fill_rows(struct op *op, const struct web *w, const struct wanted *x, struct followups_page *page)
{
	struct db_rows r;
	const struct db_val args[] = {db_int(PAGE + 1), db_int(x->view), db_id(op->actor.id), db_int(op->now_ms), db_int(op->now_ms + SOON_MS), db_int(x->rule), db_text(x->search), db_int(x->sort), db_int(x->from)};
	TRY(op_query(op, SQL_followup_page, args, COUNT_OF(args), &r));
	page->rows.n = r.n > PAGE ? PAGE : r.n;
	page->rows.v = ARENA_ARRAY(&op->arena, struct followup_row, page->rows.n + 1);
	for (size_t i = 0; i < page->rows.n; i++) followup__fill(op, &r, i, &page->rows.v[i]);
	if (r.n > PAGE) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%" PRId64, x->from + PAGE));
	if (x->from) page->previous = web_address_with(op, w, "cursor", x->from > PAGE ? str_fmt(&op->arena, "%" PRId64, x->from - PAGE) : STR_NONE);
	TRY(op_query(op, SQL_followup_count, DB_ARGS(db_int(0), args[1], args[2], args[3], args[4], args[5], args[6]), &r));
	page->total = db_rows_int(&r, 0, 0);
	return OK;
}

/* The sentence a manager could say aloud. */
static struct msg finding_of(const struct followups_page *page)
{
	if (page->is_empty) return msg_of("followup_none");
	struct msg m = msg_int(page->views.v[3].n ? "followup_finding_late" : "followup_finding", "open", page->views.v[0].n);
	msg_add(&m, (struct msg_arg){.name = "late", .type = MSG_INT, .i = page->views.v[3].n});
	msg_add(&m, (struct msg_arg){.name = "mine", .type = MSG_INT, .i = page->views.v[1].n});
	return m;
}

enum err followup_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct followups_page *page = ARENA_NEW(&op->arena, struct followups_page);
	struct wanted x;
	TRY(read_wanted(op, w, &x));
	TRY(fill_choices(op, w, &x, page));
	TRY(fill_rows(op, w, &x, page));
	page->view = str_of(VIEWS[x.view]);
	page->q = x.q.n ? x.q : S("");
	page->is_filtered = x.q.n || x.rule;
	page->may_write = op_may(op, PERM_WRITE_CUSTOMERS);
	page->finding = finding_of(page);
	a->topics[a->n_topics++] = FOLLOWUP_TOPIC;
	return answer_with(a, &FOLLOWUPS_DESC, page);
}

/* ---- given to somebody ---- */

static enum err read_owner(struct op *op, str text, id *owner)
{
	struct option *v;
	size_t n;
	*owner = 0;
	if (!text.n) return OK;
	TRY(followup__owners(op, 0, &v, &n));
	for (size_t i = 1; i < n; i++)
		if (str_eq(v[i].value, text) && id_read(S("per"), text, owner)) return OK;
	return fail(op, ERR_INVALID, "owner", "is nobody of this workspace");
}

enum err followup_assign_post(struct op *op, struct web *w, struct answer *a)
{
	struct followup_assign in;
	struct followup_row f;
	id owner, action = id_new(), one;
	TRY(web_input(op, w, &FOLLOWUP_ASSIGN_DESC, &in));
	if (!in.ids.n || in.ids.n > MOST_AT_ONCE) return fail(op, ERR_INVALID, "ids", "one to %d follow-ups", MOST_AT_ONCE);
	TRY(read_owner(op, in.owner, &owner));
	for (size_t i = 0; i < in.ids.n; i++) {
		if (!id_read(S("fup"), in.ids.v[i], &one)) return fail(op, ERR_INVALID, "ids", "holds what is no id of a follow-up");
		TRY(followup__get(op, one, &f));
		struct followup_act act = followup__as_it_is(&f, "assigned");
		act.action = action;
		act.owner = owner;
		TRY(followup__do(op, &f, &act));
	}
	a->notice = msg_int("notice_followups_assigned", "n", (int64_t)in.ids.n);
	a->undo = str_fmt(&op->arena, "/follow-ups/acts/%.*s/undo", STR_ARG(id_show(&op->arena, S("fua"), action)));
	return answer_redirect(a, str_starts(in.back, S("/follow-ups")) ? in.back : S("/follow-ups"));
}
