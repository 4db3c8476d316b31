#include "audit/audit.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "events/events.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "pulse/findings.h"
#include "segment/segment_form.h"
#include "target/target.h"

enum { NAME_CHARACTERS = 80, DESCRIPTION_CHARACTERS = 300, PAGE = 50, SUGGESTIONS = 200 };

/* ---- descriptors ---- */

struct segment_row {
	id id;
	str name, description, address, owner;
	int64_t customers, asked_at;
	double share;
	struct msg error;
	LIST_OF(struct figure) goals;
	str target_set;
};
struct segments {
	struct msg finding;
	LIST_OF(struct segment_row) rows;
	bool may_write;
};
struct segment_show {
	id id;
	str name, description, owner, condition;
	struct msg finding;
	int64_t customers, asked_at, changed_at;
	double share;
	bool is_partial;
	LIST_OF(struct customer_row) rows;
	str next, previous, edit, export, in_customers, over_time, target_set;
	LIST_OF(struct figure) goals;
	bool may_write;
};
struct segment_new {
	str action;
	bool is_change, is_any;
	struct input name, description;
	LIST_OF(struct segment_rule) rules;
	str condition, form;
	bool is_given; /* the condition is written as JSON, not built of rows */
	struct input written; /* the same in its field */
	struct msg finding;
	int64_t customers;
	LIST_OF(str) events, traits, channels;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(segment_row, id, DESC_ID, .prefix = "seg"),
	FIELD(segment_row, name, DESC_STR),
	FIELD(segment_row, description, DESC_STR),
	FIELD(segment_row, address, DESC_STR),
	FIELD(segment_row, owner, DESC_STR),
	FIELD(segment_row, customers, DESC_INT),
	FIELD(segment_row, share, DESC_SHARE, .doc = "of all customers"),
	FIELD(segment_row, asked_at, DESC_TIME, .doc = "when this was found"),
	FIELD(segment_row, error, DESC_MSG),
	FIELD(segment_row, goals, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_DESC, .doc = "its size, where it has a target"),
	FIELD(segment_row, target_set, DESC_STR, .flags = DESC_OMIT),
};
static const struct desc ROW_DESC = {"segment_row", sizeof(struct segment_row), ROW_FIELDS, COUNT_OF(ROW_FIELDS)};
static const struct desc_field SEGMENTS_FIELDS[] = {
	FIELD(segments, finding, DESC_MSG),
	FIELD(segments, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(segments, may_write, DESC_BOOL),
};
const struct desc SEGMENTS_DESC = DESC(segments, SEGMENTS_FIELDS);
static const struct desc_field SHOW_FIELDS[] = {
	FIELD(segment_show, id, DESC_ID, .prefix = "seg"),
	FIELD(segment_show, name, DESC_STR),
	FIELD(segment_show, description, DESC_STR),
	FIELD(segment_show, owner, DESC_STR),
	FIELD(segment_show, condition, DESC_RAW),
	FIELD(segment_show, finding, DESC_MSG),
	FIELD(segment_show, customers, DESC_INT),
	FIELD(segment_show, share, DESC_SHARE, .doc = "of all customers"),
	FIELD(segment_show, asked_at, DESC_TIME, .doc = "when this was found"),
	FIELD(segment_show, changed_at, DESC_TIME),
	FIELD(segment_show, is_partial, DESC_BOOL),
	FIELD(segment_show, rows, DESC_LIST, .item = DESC_STRUCT, .of = &CUSTOMER_ROW_DESC),
	FIELD(segment_show, next, DESC_STR),
	FIELD(segment_show, previous, DESC_STR),
	FIELD(segment_show, edit, DESC_STR),
	FIELD(segment_show, export, DESC_STR),
	FIELD(segment_show, in_customers, DESC_STR),
	FIELD(segment_show, over_time, DESC_STR, .doc = "where its size is told month by month"),
	FIELD(segment_show, goals, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_DESC, .doc = "its size, where it has a target"),
	FIELD(segment_show, target_set, DESC_STR, .flags = DESC_OMIT),
	FIELD(segment_show, may_write, DESC_BOOL),
};
const struct desc SEGMENT_DESC = {"segment", sizeof(struct segment_show), SHOW_FIELDS, COUNT_OF(SHOW_FIELDS)};
static const struct desc_field NEW_FIELDS[] = {
	FIELD(segment_new, action, DESC_STR),
	FIELD(segment_new, is_change, DESC_BOOL),
	FIELD(segment_new, is_any, DESC_BOOL),
	FIELD(segment_new, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(segment_new, description, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(segment_new, rules, DESC_LIST, .item = DESC_STRUCT, .of = &SEGMENT_RULE_DESC),
	FIELD(segment_new, condition, DESC_RAW, .doc = "of the rows"),
	FIELD(segment_new, is_given, DESC_BOOL, .doc = "the condition is written, not built of rows"),
	FIELD(segment_new, written, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(segment_new, finding, DESC_MSG, .doc = "how many customers this is now"),
	FIELD(segment_new, customers, DESC_INT),
	FIELD(segment_new, events, DESC_LIST, .item = DESC_STR),
	FIELD(segment_new, traits, DESC_LIST, .item = DESC_STR),
	FIELD(segment_new, channels, DESC_LIST, .item = DESC_STR),
	FIELD(segment_new, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SEGMENT_NEW_DESC = DESC(segment_new, NEW_FIELDS);

struct segment_input {
	str name, description, condition;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(segment_input, name, DESC_STR),
	FIELD(segment_input, description, DESC_STR),
	FIELD(segment_input, condition, DESC_RAW, .doc = "of customers, as in questions; a form sends rows instead"),
};
const struct desc SEGMENT_INPUT_DESC = DESC(segment_input, INPUT_FIELDS);

/* ---- figures ---- */

static double share_of(const struct app *app, int64_t customers)
{
	uint64_t known, anonymous;
	people_counts(app->people, &known, &anonymous);
	return known + anonymous ? (double)customers / (double)(known + anonymous) : NAN;
}

static str address_of(struct op *op, id segment)
{
	return str_fmt(&op->arena, "/segments/%s", id_show(&op->arena, S("seg"), segment).p);
}

static struct msg size_msg(const char *key, const struct app *app, int64_t customers)
{
	struct msg m = msg_int(key, "customers", customers);
	msg_add(&m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = share_of(app, customers)});
	return m;
}

/* The size against what is wanted of it: more, or fewer; each may have a target. */
static enum err put_goals(struct op *op, id segment, int64_t customers, struct figure **out, size_t *n, str *target_set)
{
	static const enum metric_key KEYS[] = {METRIC_segment_size, METRIC_segment_limit};
	struct figure *v = ARENA_ARRAY(&op->arena, struct figure, COUNT_OF(KEYS));
	str scope = str_fmt(&op->arena, "segment:%s", id_show(&op->arena, S("seg"), segment).p);
	for (size_t i = 0; i < COUNT_OF(KEYS); i++) v[i] = (struct figure){.key = str_of(METRICS[KEYS[i]].key), .name = msg_of(METRICS[KEYS[i]].name), .value = msg_int("value_int", "value", customers), .number = (double)customers};
	TRY(target_show(op, scope, v, COUNT_OF(KEYS)));
	*target_set = v[0].target_set;
	*n = 0;
	for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
		if (!v[i].target.key) continue;
		*target_set = v[i].target_set;
		v[(*n)++] = v[i];
	}
	*out = v;
	return OK;
}

/* ---- the list ---- */

enum err segment_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct segments *page = ARENA_NEW(&op->arena, struct segments);
	struct segment *all;
	size_t n;
	(void)w;
	TRY(segment_all(op, &all, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct segment_row, n + 1);
	page->rows.n = n;
	for (size_t i = 0; i < n; i++) {
		const struct segment_members *m;
		struct segment_row *row = &page->rows.v[i];
		*row = (struct segment_row){.id = all[i].id, .name = all[i].name, .description = all[i].description, .address = address_of(op, all[i].id), .owner = all[i].owner, .customers = DESC_NULL_INT, .asked_at = DESC_NULL_INT, .share = NAN};
		enum err e = segment_members(op, all[i].condition, &m);
		if (e == ERR_INVALID) { /* it names a segment or purpose that is no more */
			fault_clear(&op->fault);
			row->error = msg_of("segment_broken");
			continue;
		}
		TRY(e);
		row->customers = m->customers;
		row->asked_at = m->asked_at_ms;
		row->share = share_of(op->app, m->customers);
		TRY(put_goals(op, row->id, m->customers, &row->goals.v, &row->goals.n, &row->target_set));
	}
	page->finding = n ? msg_int("segments_some", "n", (int64_t)n) : msg_of("segments_none");
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	a->topics[a->n_topics++] = S("touchpoints");
	return answer_with(a, &SEGMENTS_DESC, page);
}

/* ---- building ---- */

static str from_query(void *arg, const char *name)
{
	return web_query(arg, name);
}

static str from_form(void *arg, const char *name)
{
	const struct web *w = arg;
	const struct form_field *fields;
	size_t n;
	if (!http_form(w->rq, &fields, &n)) return STR_NONE;
	for (size_t i = 0; i < n; i++)
		if (str_eq(fields[i].name, str_of(name))) return fields[i].value;
	return STR_NONE;
}

static enum err suggest(struct op *op, struct segment_new *page)
{
	const struct heard *heard;
	struct db_rows traits;
	TRY(heard_get(op, &heard));
	page->events.v = ARENA_ARRAY(&op->arena, str, SUGGESTIONS);
	for (size_t i = 0; i < heard->n && page->events.n < SUGGESTIONS; i++) page->events.v[page->events.n++] = heard->v[i].event;
	TRY(op_query(op, SQL_trait_names, DB_NO_ARGS, &traits));
	page->traits.v = ARENA_ARRAY(&op->arena, str, traits.n + 1);
	for (size_t i = 0; i < traits.n; i++) page->traits.v[page->traits.n++] = db_rows_text(&traits, i, 0);
	page->channels.v = ARENA_ARRAY(&op->arena, str, SUGGESTIONS);
	for (size_t i = 1; i < SUGGESTIONS; i++) {
		str channel = events_channel_name(op->app->events, (uint16_t)i);
		if (!channel.n) break;
		page->channels.v[page->channels.n++] = channel;
	}
	return OK;
}

static enum err make_new(struct op *op, const struct web *w, segment_field *field, struct segment_new **out)
{
	struct segment_new *page = ARENA_NEW(&op->arena, struct segment_new);
	struct segment_build build;
	const struct segment_members *m;
	union { const void *in; void *out; } arg = {.in = w};
	TRY(segment__build(op, field, arg.out, &build));
	*out = page;
	page->action = S("/segments");
	page->is_any = build.is_any;
	page->rules.v = build.rules.v;
	page->rules.n = build.rules.n;
	page->condition = build.condition;
	page->form = build.form;
	page->customers = DESC_NULL_INT;
	page->finding = msg_of(build.has_fault ? "segment_unfinished" : "segment_begin");
	TRY(suggest(op, page));
	str written = field(arg.out, "condition");
	page->is_given = str_given(written) && str_trim(written).n;
	if (page->is_given) {
		page->written.value = page->condition = str_trim(written);
		page->form = S("");
	}
	if (!str_given(page->condition)) return OK;
	enum err e = segment_members(op, page->condition, &m);
	if (e == ERR_INVALID || e == ERR_MALFORMED || (e == ERR_TOO_LARGE && page->is_given)) {
		page->finding = msg_of("segment_broken");
		if (page->is_given) page->written.error = msg_str("fault_invalid_why", "why", web_fault_words(op, &op->fault));
		page->condition = STR_NONE;
		fault_clear(&op->fault);
		return OK;
	}
	TRY(e);
	page->customers = m->customers;
	page->finding = size_msg("segment_size", op->app, m->customers);
	return OK;
}

/* With id=seg_… the form changes that segment. */
enum err segment_new_get(struct op *op, struct web *w, struct answer *a)
{
	struct segment_new *page;
	struct segment s;
	str name = web_query(w, "name"), description = web_query(w, "description"), asked = web_query(w, "id");
	id segment;
	TRY(make_new(op, w, from_query, &page));
	if (asked.n) {
		if (!id_read(S("seg"), asked, &segment)) return fail(op, ERR_NOT_FOUND, "id", "there is no such segment");
		TRY(segment_get(op, segment, &s));
		page->action = address_of(op, segment);
		page->is_change = true;
		if (!str_given(name)) name = s.name;
		if (!str_given(description)) description = s.description;
	}
	page->name.value = name;
	page->description.value = description;
	return answer_with(a, &SEGMENT_NEW_DESC, page);
}

static enum err refuse(struct op *op, struct answer *a, struct segment_new *page, const struct faults *f)
{
	faults_keep(op, f, &page->faults.v, &page->faults.n);
	a->page = "segment/new";
	return answer_refused(op, a, &SEGMENT_NEW_DESC, page);
}

/* segment 0: a new one. A program sends the condition, a form its rows. */
static enum err save(struct op *op, struct web *w, struct answer *a, id segment)
{
	struct segment_input in = {0};
	struct segment_new *page;
	struct segment s = {.id = segment};
	struct faults faults = {0};
	bool is_form = web_is_form(w);
	TRY(make_new(op, w, is_form ? from_form : from_query, &page));
	if (is_form) in = (struct segment_input){from_form(w, "name"), from_form(w, "description"), page->condition};
	else TRY(web_input(op, w, &SEGMENT_INPUT_DESC, &in));
	page->name.value = str_given(in.name) ? in.name : S("");
	page->description.value = str_given(in.description) ? in.description : S("");
	if (segment) page->action = address_of(op, segment);
	page->is_change = segment != 0;
	faults_text(&faults, "name", &page->name, true, NAME_CHARACTERS);
	faults_text(&faults, "description", &page->description, false, DESCRIPTION_CHARACTERS);
	if (!str_given(in.condition)) faults_add(&faults, is_form && !page->is_given ? "what_0" : "condition", NULL, is_form ? page->finding : msg_of("fault_required"));
	if (faults.n) return refuse(op, a, page, &faults);
	s.name = page->name.value;
	s.description = page->description.value;
	s.condition = in.condition;
	s.form = is_form ? page->form : S("");
	TRY(segment ? segment_change(op, &s) : segment_add(op, &s));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, address_of(op, s.id));
}

/* ---- one segment ---- */

/* Members by number, from the one behind `from` on; *next: behind the last of them, 0 when there are no more. */
static size_t list_members(struct op *op, const struct segment_members *m, uint32_t from, size_t most, id **out, uint32_t *next)
{
	size_t n = 0;
	*out = ARENA_ARRAY(&op->arena, id, most + 1);
	*next = 0;
	for (uint32_t i = from + 1; i <= m->n_customers; i++) {
		if (!m->is_member[i]) continue;
		if (n == most) {
			*next = i - 1;
			return n;
		}
		(*out)[n++] = people_id(op->app->people, i);
	}
	return n;
}

static enum err fill_members(struct op *op, const struct web *w, const struct segment_members *m, struct segment_show *page)
{
	int64_t from = 0;
	id *ids;
	uint32_t next;
	str cursor = web_query(w, "cursor");
	if (cursor.n && (!str_i64(cursor, &from) || from < 0 || from > UINT32_MAX)) return fail(op, ERR_INVALID, "cursor", "not a place in this list");
	size_t n = list_members(op, m, (uint32_t)from, PAGE, &ids, &next);
	if (next) page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%u", next));
	return customer_rows_get(op, ids, n, &page->rows.v, &page->rows.n);
}

enum err segment_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct segment_show *page = ARENA_NEW(&op->arena, struct segment_show);
	const struct segment_members *m;
	struct segment s;
	id segment;
	TRY(web_id(op, w, "id", "seg", &segment));
	TRY(segment_get(op, segment, &s));
	*page = (struct segment_show){.id = s.id, .name = s.name, .description = s.description, .owner = s.owner, .condition = s.condition, .changed_at = s.changed_at, .customers = DESC_NULL_INT, .asked_at = DESC_NULL_INT, .share = NAN};
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	str shown = id_show(&op->arena, S("seg"), segment);
	if (page->may_write && !s.form.n) page->edit = str_fmt(&op->arena, "/segments/new?condition=%.*s&id=%.*s", STR_ARG(web_url(op, s.condition)), STR_ARG(shown));
	else if (page->may_write) page->edit = str_fmt(&op->arena, "/segments/new?%.*s&id=%.*s", STR_ARG(s.form), STR_ARG(shown));
	a->topics[a->n_topics++] = S("touchpoints");
	enum err e = segment_members(op, s.condition, &m);
	if (e == ERR_INVALID) {
		fault_clear(&op->fault);
		page->finding = msg_of("segment_broken");
		return answer_with(a, &SEGMENT_DESC, page);
	}
	TRY(e);
	page->customers = m->customers;
	page->asked_at = m->asked_at_ms;
	page->share = share_of(op->app, m->customers);
	page->is_partial = m->is_partial;
	page->finding = size_msg("segment_size", op->app, m->customers);
	TRY(put_goals(op, segment, m->customers, &page->goals.v, &page->goals.n, &page->target_set));
	str question = str_fmt(&op->arena, "{\"kind\":\"segment\",\"where\":{\"segment\":\"%.*s\"},\"interval\":\"month\"}", STR_ARG(shown));
	page->over_time = str_fmt(&op->arena, "/journeys/explore?q=%.*s", STR_ARG(web_url(op, question)));
	page->in_customers = str_fmt(&op->arena, "/customers?segment=%.*s", STR_ARG(shown));
	if (op_may(op, PERM_EXPORT_CUSTOMERS)) page->export = str_fmt(&op->arena, "%.*s/members.csv", STR_ARG(address_of(op, segment)));
	TRY(fill_members(op, w, m, page));
	return answer_with(a, &SEGMENT_DESC, page);
}

/* ---- what is alike for all that is edited ---- */

static const struct edited EDITED = {"seg", "/segments", "notice_segment_removed", true, segment_remove, segment_restore, save};

enum err segment_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_add(op, w, a, &EDITED);
}

enum err segment_change_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_change(op, w, a, &EDITED);
}

enum err segment_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err segment_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}

/* ---- CSV ---- */

enum err segment_csv_get(struct op *op, struct web *w, struct answer *a)
{
	const struct segment_members *m;
	struct segment s;
	id segment, *ids;
	uint32_t next;
	TRY(web_id(op, w, "id", "seg", &segment));
	TRY(segment_get(op, segment, &s));
	TRY(segment_members(op, s.condition, &m));
	size_t n = list_members(op, m, 0, (size_t)m->customers, &ids, &next);
	TRY(audit_write_read(op, "customers_exported", "segment", segment, s.name));
	return customer_rows_csv(op, ids, n, s.name, a);
}
