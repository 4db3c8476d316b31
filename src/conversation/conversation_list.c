/* conversation_list.c: the inbox: whose, who waits, what sleeps, what is solved; searched over every message. Pages are cut by what they
 * are sorted by, so the tenth costs what the first does. */
#include <inttypes.h>

#include "base/map.h"
#include "chat/chat.h"
#include "conversation/conversation_row.h"
#include "conversation/service_level.h"
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "search/search.h"

enum { PAGE = 50, MOST_LOOKS = 5000, TAG_BYTES = 160 };

enum view { VIEW_OPEN, VIEW_MINE, VIEW_UNASSIGNED, VIEW_SNOOZED, VIEW_SOLVED, VIEW_CALLED, VIEWS };
static const char *const VIEW_NAMES[] = {"open", "mine", "unassigned", "snoozed", "solved", "called", NULL};
static const char *const SORTS[] = {"waiting", "newest", "oldest", "due", NULL};
static const enum sql SORTED[] = {SQL_conversation_by_waiting, SQL_conversation_by_newest, SQL_conversation_by_oldest, SQL_conversation_by_due};
static const char *const NO_FIELDS[] = {NULL};

/* ---- a row ---- */

static const struct desc_field ROW_FIELDS[] = {
	FIELD(conversation_row, id, DESC_ID, .prefix = "cnv"),
	FIELD(conversation_row, address, DESC_STR),
	FIELD(conversation_row, title, DESC_STR),
	FIELD(conversation_row, channel, DESC_STR),
	FIELD(conversation_row, person, DESC_STR),
	FIELD(conversation_row, contact_address, DESC_STR),
	FIELD(conversation_row, mention, DESC_ID, .prefix = "men", .doc = "said in public: it is answered there"),
	FIELD(conversation_row, mention_address, DESC_STR),
	FIELD(conversation_row, mention_url, DESC_STR, .doc = "where it was said"),
	FIELD(conversation_row, customer, DESC_ID, .prefix = "cus"),
	FIELD(conversation_row, customer_address, DESC_STR),
	FIELD(conversation_row, assignee, DESC_ID, .prefix = "per"),
	FIELD(conversation_row, assignee_name, DESC_STR),
	FIELD(conversation_row, last_text, DESC_STR),
	FIELD(conversation_row, state, DESC_ENUM, .names = CONVERSATION_STATES, .prefix = "conversation_state"),
	FIELD(conversation_row, priority, DESC_ENUM, .names = CONVERSATION_PRIORITIES, .prefix = "priority"),
	FIELD(conversation_row, is_automatic, DESC_BOOL, .doc = "a program's alone"),
	FIELD(conversation_row, is_waiting, DESC_BOOL),
	FIELD(conversation_row, is_urgent, DESC_BOOL),
	FIELD(conversation_row, made_at, DESC_TIME),
	FIELD(conversation_row, changed_at, DESC_TIME),
	FIELD(conversation_row, waiting_since, DESC_TIME, .doc = "the customer's oldest message that nobody answered"),
	FIELD(conversation_row, snoozed_until, DESC_TIME),
	FIELD(conversation_row, solved_at, DESC_TIME),
	FIELD(conversation_row, due_at, DESC_TIME, .doc = "until when it is to be answered or solved, by its service level"),
	FIELD(conversation_row, due_what, DESC_ENUM, .names = SERVICE_TARGETS, .prefix = "service_target"),
	FIELD(conversation_row, is_overdue, DESC_BOOL),
	FIELD(conversation_row, is_due_soon, DESC_BOOL, .doc = "so much of the time is used that its service level warns"),
	FIELD(conversation_row, messages, DESC_INT),
	FIELD(conversation_row, reopened, DESC_INT),
	FIELD(conversation_row, revision, DESC_INT),
	FIELD(conversation_row, feels, DESC_MSG),
};
const struct desc CONVERSATION_ROW_DESC = DESC(conversation_row, ROW_FIELDS);

enum column { ID, TITLE, CHANNEL, STATE, PRIORITY, ASSIGNEE, IS_AUTOMATIC, MADE_AT, CHANGED_AT, WAITING_SINCE, SNOOZED_UNTIL, SOLVED_AT, MESSAGES, FEELS, REVISION, REOPENED, ADDRESS, PERSON, CUSTOMER, ASSIGNEE_NAME, CONTACT, LAST_TEXT, DUE_AT, DUE_WHAT, WARN_AT, MENTION, MENTION_URL };

str conversation__address(struct op *op, id conversation)
{
	return str_fmt(&op->arena, "/inbox/%.*s", STR_ARG(id_show(&op->arena, S("cnv"), conversation)));
}

static void fill_mention(struct op *op, const struct db_rows *r, size_t i, struct conversation_row *out)
{
	out->mention = db_rows_id(r, i, MENTION);
	if (!out->mention) return;
	out->mention_url = db_rows_text(r, i, MENTION_URL);
	out->mention_address = str_fmt(&op->arena, "/listening/mentions/%.*s", STR_ARG(id_show(&op->arena, S("men"), out->mention)));
	if (str_eq(out->person, out->contact_address)) out->person = i18n_pattern(op->locale.lang, S("conversation_somebody"));
	out->contact_address = S("");
}

void conversation__fill(struct op *op, const struct db_rows *r, size_t i, struct conversation_row *out)
{
	str feels = db_rows_text(r, i, FEELS);
	*out = (struct conversation_row){.id = db_rows_id(r, i, ID), .title = db_rows_text(r, i, TITLE), .channel = db_rows_text(r, i, CHANNEL), .state = (int)db_rows_int(r, i, STATE),
		.priority = (int)db_rows_int(r, i, PRIORITY), .assignee = db_rows_id(r, i, ASSIGNEE), .is_automatic = db_rows_bool(r, i, IS_AUTOMATIC), .made_at = db_rows_int(r, i, MADE_AT),
		.changed_at = db_rows_int(r, i, CHANGED_AT), .waiting_since = db_rows_int(r, i, WAITING_SINCE), .snoozed_until = db_rows_int(r, i, SNOOZED_UNTIL), .solved_at = db_rows_int(r, i, SOLVED_AT),
		.messages = db_rows_int(r, i, MESSAGES), .revision = db_rows_int(r, i, REVISION), .reopened = db_rows_int(r, i, REOPENED), .contact_address = db_rows_text(r, i, ADDRESS),
		.person = db_rows_text(r, i, PERSON), .customer = db_rows_id(r, i, CUSTOMER), .assignee_name = db_rows_text(r, i, ASSIGNEE_NAME), .contact = db_rows_id(r, i, CONTACT), .last_text = db_rows_text(r, i, LAST_TEXT)};
	out->address = conversation__address(op, out->id);
	if (out->customer) out->customer_address = customer_address(op, out->customer);
	if (feels.n) out->feels = msg_of(str_fmt(&op->arena, "conversation_feels_%.*s", STR_ARG(feels)).p);
	fill_mention(op, r, i, out);
	out->is_waiting = out->waiting_since != DESC_NULL_INT && out->state == CONVERSATION_OPEN;
	out->due_at = out->state == CONVERSATION_SOLVED ? DESC_NULL_INT : db_rows_int(r, i, DUE_AT);
	out->due_what = out->due_at == DESC_NULL_INT ? -1 : (int)db_rows_int(r, i, DUE_WHAT);
	out->is_overdue = out->due_at != DESC_NULL_INT && out->due_at <= op->now_ms;
	out->is_due_soon = out->due_at != DESC_NULL_INT && !out->is_overdue && db_rows_int(r, i, WARN_AT) != DESC_NULL_INT && db_rows_int(r, i, WARN_AT) <= op->now_ms;
	out->is_urgent = out->priority >= PRIORITY_HIGH;
}

enum err conversation__get(struct op *op, id conversation, struct conversation_row *out)
{
	struct db_rows r;
	TRY(op_query(op, SQL_conversation_by_id, DB_ARGS(db_id(conversation)), &r));
	if (!r.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such conversation");
	conversation__fill(op, &r, 0, out);
	return OK;
}

enum err conversation__people(struct op *op, id chosen, struct option **out, size_t *n)
{
	struct db_rows people;
	struct msg nobody = msg_of("followup_nobody");
	TRY(op_query(op, SQL_conversation_people, DB_NO_ARGS, &people));
	*out = ARENA_ARRAY(&op->arena, struct option, people.n + 1);
	*n = people.n + 1;
	(*out)[0] = (struct option){S(""), i18n_msg(&op->arena, &op->locale, &nobody), !chosen};
	for (size_t i = 0; i < people.n; i++) (*out)[i + 1] = (struct option){id_show(&op->arena, S("per"), db_rows_id(&people, i, 0)), db_rows_text(&people, i, 1), db_rows_id(&people, i, 0) == chosen};
	return OK;
}

/* ---- the page ---- */

struct inbox_view {
	str name, address;
	int64_t n;
	bool is_current, is_counted;
};
struct inbox_presence {
	bool is_person, is_away, may_write;
	struct msg text;
};
struct inbox {
	struct msg finding;
	struct inbox_presence presence;
	str view, q;
	bool is_empty, is_filtered, is_search, may_connect;
	LIST_OF(struct inbox_view) views;
	LIST_OF(struct option) sorts;
	LIST_OF(struct option) tags;
	LIST_OF(struct conversation_row) rows;
	str next;
};
static const struct desc_field VIEW_FIELDS[] = {
	FIELD(inbox_view, name, DESC_STR),
	FIELD(inbox_view, address, DESC_STR),
	FIELD(inbox_view, n, DESC_INT),
	FIELD(inbox_view, is_current, DESC_BOOL),
	FIELD(inbox_view, is_counted, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc VIEW_DESC = DESC(inbox_view, VIEW_FIELDS);
static const struct desc_field PRESENCE_FIELDS[] = {
	FIELD(inbox_presence, is_person, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(inbox_presence, may_write, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(inbox_presence, is_away, DESC_BOOL, .doc = "chats do not count on whoever asks"),
	FIELD(inbox_presence, text, DESC_MSG),
};
static const struct desc PRESENCE_DESC = DESC(inbox_presence, PRESENCE_FIELDS);
static const struct desc_field INBOX_FIELDS[] = {
	FIELD(inbox, finding, DESC_MSG),
	FIELD(inbox, presence, DESC_STRUCT, .of = &PRESENCE_DESC),
	FIELD(inbox, view, DESC_STR, .doc = "open, mine, unassigned, snoozed, solved or called"),
	FIELD(inbox, q, DESC_STR),
	FIELD(inbox, is_empty, DESC_BOOL),
	FIELD(inbox, is_filtered, DESC_BOOL),
	FIELD(inbox, is_search, DESC_BOOL),
	FIELD(inbox, may_connect, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(inbox, views, DESC_LIST, .item = DESC_STRUCT, .of = &VIEW_DESC),
	FIELD(inbox, sorts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(inbox, tags, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(inbox, rows, DESC_LIST, .item = DESC_STRUCT, .of = &CONVERSATION_ROW_DESC),
	FIELD(inbox, next, DESC_STR),
};
const struct desc INBOX_DESC = DESC(inbox, INBOX_FIELDS);

struct wanted {
	enum view view;
	int sort;
	str q, tag;
	int64_t key; /* what comes behind it */
	id behind;
};

static int choice(str given, const char *const *names, int otherwise)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(given, str_of(names[i]))) return i;
	return given.n ? -1 : otherwise;
}

static enum err read_cursor(struct op *op, str cursor, struct wanted *x)
{
	str rest = cursor, key = str_cut(&rest, '.');
	x->key = x->sort == 1 ? INT64_MAX : INT64_MIN + 1;
	x->behind = x->sort == 1 ? INT64_MAX : 0;
	if (cursor.n && (!str_i64(key, &x->key) || !str_i64(rest, &x->behind))) return fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
	return OK;
}

static enum err read_wanted(struct op *op, const struct web *w, struct wanted *x)
{
	int view = choice(web_query(w, "view"), VIEW_NAMES, VIEW_OPEN);
	*x = (struct wanted){.q = str_trim(web_query(w, "q")), .tag = str_trim(web_query(w, "tag"))};
	if (view < 0) return fail(op, ERR_INVALID, "view", "must be one of: open, mine, unassigned, snoozed, solved, called");
	x->view = (enum view)view;
	x->sort = choice(web_query(w, "sort"), SORTS, view >= VIEW_SNOOZED ? 1 : 0);
	if (x->sort < 0) return fail(op, ERR_INVALID, "sort", "must be one of: waiting, newest, oldest, due");
	if (x->q.n > SEARCH_QUERY_BYTES) return fail(op, ERR_INVALID, "q", "is longer than %d bytes", SEARCH_QUERY_BYTES);
	if (x->tag.n > TAG_BYTES) return fail(op, ERR_INVALID, "tag", "is longer than %d bytes", TAG_BYTES);
	return read_cursor(op, web_query(w, "cursor"), x);
}

static int64_t key_of(const struct conversation_row *c, int sort)
{
	static const int64_t NOBODY_WAITS = INT64_C(4000000000000000);
	if (sort) return c->changed_at;
	return c->waiting_since == DESC_NULL_INT ? NOBODY_WAITS - c->changed_at : c->waiting_since;
}

static enum err fill_rows(struct op *op, const struct web *w, const struct wanted *x, struct inbox *page)
{
	struct db_rows r;
	int64_t state = x->view == VIEW_SNOOZED ? CONVERSATION_SNOOZED : x->view == VIEW_SOLVED ? CONVERSATION_SOLVED : CONVERSATION_OPEN;
	int64_t whose = x->view == VIEW_MINE ? 1 : x->view == VIEW_UNASSIGNED ? 2 : 0;
	if (x->view == VIEW_CALLED) TRY(op_query(op, SQL_conversation_called, DB_ARGS(db_id(op->actor.id), db_int(PAGE)), &r));
	else TRY(op_query(op, SORTED[x->sort], DB_ARGS(db_int(state), db_int(whose), db_id(op->actor.id), db_text(x->tag.n ? x->tag : STR_NONE), db_int(x->key), db_int(x->behind), db_int(PAGE + 1)), &r));
	page->rows.n = r.n > PAGE ? PAGE : r.n;
	page->rows.v = ARENA_ARRAY(&op->arena, struct conversation_row, page->rows.n + 1);
	for (size_t i = 0; i < page->rows.n; i++) conversation__fill(op, &r, i, &page->rows.v[i]);
	if (r.n <= PAGE) return OK;
	const struct conversation_row *last = &page->rows.v[PAGE - 1];
	page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%" PRId64 ".%" PRId64, key_of(last, x->sort), last->id));
	return OK;
}

static bool holds(const struct search_found *found, id of)
{
	size_t low = 0, high = found->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (found->v[middle] < of) low = middle + 1;
		else high = middle;
	}
	return low < found->n && found->v[low] == of;
}

/* By a message that a page before this one began with or passed. */
static enum err is_shown_before(struct op *op, const struct search_found *found, id conversation, const struct wanted *x, bool *out)
{
	struct db_rows newer;
	*out = false;
	if (!x->behind) return OK;
	TRY(op_query(op, SQL_conversation_messages_from, DB_ARGS(db_id(conversation), db_id(x->behind)), &newer));
	for (size_t i = 0; i < newer.n && !*out; i++) *out = holds(found, db_rows_id(&newer, i, 0));
	return OK;
}

/* Newest messages first, each conversation once, whatever its state. */
static enum err fill_found(struct op *op, const struct web *w, const struct wanted *x, struct inbox *page)
{
	struct search_query query;
	struct search_found found = {0};
	struct map seen;
	enum err e = OK;
	int looks = 0;
	TRY(search_parse(&op->arena, x->q, NO_FIELDS, &query, &op->fault));
	if (query.match.n) TRY(search_find(op, SEARCH_MESSAGE, &query, &found));
	page->rows.v = ARENA_ARRAY(&op->arena, struct conversation_row, PAGE + 1);
	map_init(&seen);
	for (size_t i = found.n; e == OK && i && page->rows.n <= PAGE && looks < MOST_LOOKS; i--) {
		struct db_rows of;
		bool added = false;
		if (x->behind && found.v[i - 1] >= x->behind) continue;
		looks++;
		e = op_query(op, SQL_conversation_of_message, DB_ARGS(db_id(found.v[i - 1])), &of);
		if (e != OK || !of.n) continue;
		map_put(&seen, str_dup(&op->arena, (str){(const char *)&of.v[0].i, sizeof of.v[0].i}), &added);
		if (!added) continue;
		bool is_before;
		e = is_shown_before(op, &found, db_rows_id(&of, 0, 0), x, &is_before);
		if (e != OK || is_before) continue;
		if (page->rows.n == PAGE) {
			page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "0.%" PRId64, found.v[i]));
			break;
		}
		e = conversation__get(op, db_rows_id(&of, 0, 0), &page->rows.v[page->rows.n]);
		page->rows.n += e == OK;
	}
	map_release(&seen);
	return e;
}

static void add_view(struct op *op, const struct wanted *x, struct inbox *page, enum view v, int64_t n)
{
	struct msg name = msg_of(str_fmt(&op->arena, "inbox_view_%s", VIEW_NAMES[v]).p);
	str address = v == VIEW_OPEN ? S("/inbox") : str_fmt(&op->arena, "/inbox?view=%s", VIEW_NAMES[v]);
	page->views.v[page->views.n++] = (struct inbox_view){i18n_msg(&op->arena, &op->locale, &name), address, n, !x->q.n && v == x->view, v != VIEW_SOLVED};
}

/* Of calls only for whom there are any. */
static enum err fill_views(struct op *op, const struct wanted *x, struct inbox *page, const struct db_rows *counts)
{
	struct db_rows called;
	TRY(op_query(op, SQL_conversation_called_count, DB_ARGS(db_id(op->actor.id)), &called));
	page->views.v = ARENA_ARRAY(&op->arena, struct inbox_view, VIEWS);
	for (int v = 0; v < VIEW_SOLVED; v++) add_view(op, x, page, (enum view)v, db_rows_int(counts, 0, (size_t)v));
	add_view(op, x, page, VIEW_SOLVED, 0);
	if (db_rows_int(&called, 0, 0) || x->view == VIEW_CALLED) add_view(op, x, page, VIEW_CALLED, db_rows_int(&called, 0, 0));
	return OK;
}

static enum err fill_choices(struct op *op, const struct wanted *x, struct inbox *page)
{
	struct db_rows counts, any, tags;
	struct msg all = msg_of("inbox_all_tags");
	TRY(op_query(op, SQL_conversation_views, DB_ARGS(db_id(op->actor.id)), &counts));
	TRY(op_query(op, SQL_conversation_any, DB_NO_ARGS, &any));
	TRY(op_query(op, SQL_conversation_tag_all, DB_NO_ARGS, &tags));
	page->is_empty = !any.n;
	TRY(fill_views(op, x, page, &counts));
	for (int i = 0; SORTS[i]; i++) {
		struct msg name = msg_of(str_fmt(&op->arena, "inbox_sort_%s", SORTS[i]).p);
		customer_option(op, &page->sorts, str_of(SORTS[i]), i18n_msg(&op->arena, &op->locale, &name), i == x->sort);
	}
	if (tags.n) customer_option(op, &page->tags, S(""), i18n_msg(&op->arena, &op->locale, &all), !x->tag.n);
	for (size_t i = 0; i < tags.n; i++) customer_option(op, &page->tags, db_rows_text(&tags, i, 0), db_rows_text(&tags, i, 0), str_eq(x->tag, db_rows_text(&tags, i, 0)));
	int64_t open = db_rows_int(&counts, 0, VIEW_OPEN), waiting = db_rows_int(&counts, 0, 4), since = db_rows_int(&counts, 0, 5);
	page->finding = msg_int(page->is_empty ? "inbox_none" : waiting ? "inbox_finding_waiting" : "inbox_finding", "open", open);
	msg_add(&page->finding, (struct msg_arg){.name = "waiting", .type = MSG_INT, .i = waiting});
	if (since != DESC_NULL_INT) msg_add(&page->finding, (struct msg_arg){.name = "since", .type = MSG_TIME, .i = since});
	return OK;
}

static enum err fill_presence(struct op *op, struct inbox_presence *out)
{
	out->may_write = op_may(op, PERM_WRITE_CUSTOMERS);
	out->is_person = out->may_write && op->actor.kind == ACTOR_PERSON;
	if (out->is_person) TRY(chat_is_away(op, op->actor.id, &out->is_away));
	out->text = msg_of(out->is_away ? "chat_presence_away" : "chat_presence_here");
	return OK;
}

enum err inbox_get(struct op *op, struct web *w, struct answer *a)
{
	struct inbox *page = ARENA_NEW(&op->arena, struct inbox);
	struct wanted x;
	TRY(read_wanted(op, w, &x));
	if (x.q.n && !web_query(w, "cursor").n) x.behind = 0;
	TRY(fill_choices(op, &x, page));
	TRY(x.q.n ? fill_found(op, w, &x, page) : fill_rows(op, w, &x, page));
	page->view = str_of(VIEW_NAMES[x.view]);
	page->q = x.q.n ? x.q : S("");
	page->is_search = x.q.n;
	page->is_filtered = x.q.n || x.tag.n;
	page->may_connect = op_may(op, PERM_WRITE_SETTINGS);
	TRY(fill_presence(op, &page->presence));
	a->topics[a->n_topics++] = CONVERSATION_TOPIC;
	if (page->presence.is_person) a->topics[a->n_topics++] = chat_agent_topic(op, op->actor.id);
	return answer_with(a, &INBOX_DESC, page);
}
