/* Under which family, stage, channel and deliverer each event name is filed. Rows: what was heard, most first; then what
 * the workspace changed or knows from the start. A change is read again at once, and every question asked after it uses it. */
#include <stdlib.h>

#include "audit/audit.h"
#include "base/map.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "events/events.h"
#include "http/faults.h"
#include "op/app.h"
#include "setting/setting.h"
#include "setting/setting_pages.h"

enum { PAGE_ROWS = 40, EVENT_BYTES = 200, CHANNEL_BYTES = 40 };
static const char *const CHANNELS[] = {"", "web", "app", "email", "telephone", "shop", "letter", "visit", "chat", "sms"};

struct filing_row {
	str event;
	int64_t volume;
	bool is_heard, is_changed;
	LIST_OF(struct option) families, stages, channels, deliverers;
	str save, reset;
};
static const struct desc_field FILING_ROW_FIELDS[] = {
	FIELD(filing_row, event, DESC_STR),
	FIELD(filing_row, volume, DESC_INT),
	FIELD(filing_row, is_heard, DESC_BOOL),
	FIELD(filing_row, is_changed, DESC_BOOL, .doc = "differs from the default"),
	FIELD(filing_row, families, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(filing_row, stages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(filing_row, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(filing_row, deliverers, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(filing_row, save, DESC_STR, .doc = "POST event, family, stage, channel, by"),
	FIELD(filing_row, reset, DESC_STR, .doc = "POST event: back to the default"),
};
static const struct desc FILING_ROW_DESC = {"mapping_row", sizeof(struct filing_row), FILING_ROW_FIELDS, COUNT_OF(FILING_ROW_FIELDS)};

struct filing {
	struct msg finding;
	str q;
	LIST_OF(struct filing_row) rows;
	str next, previous;
	bool may_write;
};
static const struct desc_field FILING_FIELDS[] = {
	FIELD(filing, finding, DESC_MSG),
	FIELD(filing, q, DESC_STR),
	FIELD(filing, rows, DESC_LIST, .item = DESC_STRUCT, .of = &FILING_ROW_DESC),
	FIELD(filing, next, DESC_STR),
	FIELD(filing, previous, DESC_STR),
	FIELD(filing, may_write, DESC_BOOL),
};
const struct desc FILING_DESC = {"mapping", sizeof(struct filing), FILING_FIELDS, COUNT_OF(FILING_FIELDS)};

struct filing_input {
	str event, family, stage, channel, by;
};
static const struct desc_field FILING_INPUT_FIELDS[] = {
	FIELD(filing_input, event, DESC_STR, .max = EVENT_BYTES, .flags = DESC_REQUIRED),
	FIELD(filing_input, family, DESC_STR),
	FIELD(filing_input, stage, DESC_STR),
	FIELD(filing_input, channel, DESC_STR, .max = CHANNEL_BYTES),
	FIELD(filing_input, by, DESC_STR),
};
const struct desc FILING_INPUT_DESC = DESC(filing_input, FILING_INPUT_FIELDS);

/* ---- what there is ---- */

struct known {
	str event;
	int64_t volume;
};

static int most_first(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	if (x->volume != y->volume) return x->volume < y->volume ? 1 : -1;
	return str_cmp(x->event, y->event);
}

/* How often each event name was heard, by its code. */
static enum err count_heard(struct op *op, int64_t *volumes, size_t n)
{
	struct events_view *view;
	TRY(events_view_open(op->app->events, &view, &op->fault));
	enum err e = OK;
	for (size_t i = 0; e == OK && i < events_view_parts(view); i++) {
		struct events_columns columns;
		e = events_part_columns(events_view_part(view, i), EVENTS_TYPE, &columns, &op->fault);
		for (size_t r = 0; e == OK && r < columns.n; r++)
			if (columns.type[r] < n) volumes[columns.type[r]]++;
	}
	events_view_close(view);
	return e;
}

struct all_known {
	VEC(struct known) v;
	struct map seen;
};

static void add_known(struct op *op, struct all_known *all, str event, int64_t volume)
{
	bool added;
	map_put(&all->seen, event, &added);
	if (added) VEC_PUSH(&all->v, &op->arena, ((struct known){event, volume}));
}

static enum err gather(struct op *op, struct all_known *all)
{
	struct events *ev = op->app->events;
	size_t n = events_type_count(ev), n_kinds;
	int64_t *volumes = ARENA_ARRAY(&op->arena, int64_t, n + 1);
	const struct touchpoint_kind *kinds;
	struct db_rows rows;
	TRY(count_heard(op, volumes, n));
	for (size_t i = 0; i < n; i++)
		if (volumes[i]) add_known(op, all, events_type_name(ev, (uint16_t)i), volumes[i]);
	TRY(op_query(op, SQL_filing_all, DB_NO_ARGS, &rows));
	for (size_t i = 0; i < rows.n; i++) add_known(op, all, db_rows_text(&rows, i, 0), 0);
	n_kinds = touchpoint_kinds(&kinds);
	for (size_t i = 0; i < n_kinds; i++) add_known(op, all, kinds[i].event, 0);
	qsort(all->v.v, all->v.n, sizeof *all->v.v, most_first);
	return OK;
}

/* ---- the page ---- */

static struct option *options_of(struct op *op, const char *const *names, size_t n, const char *prefix, int selected)
{
	struct option *options = ARENA_ARRAY(&op->arena, struct option, n);
	for (size_t i = 0; i < n; i++)
		options[i] = (struct option){str_of(names[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, names[i])), (int)i == selected};
	return options;
}

static void add_channels(struct op *op, struct filing_row *row, str channel)
{
	bool found = false;
	row->channels.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(CHANNELS) + 1);
	for (size_t i = 0; i < COUNT_OF(CHANNELS); i++) {
		str name = str_of(CHANNELS[i]), key = str_fmt(&op->arena, "channel_%s", name.n ? CHANNELS[i] : "any");
		bool is_selected = str_eq(name, channel);
		row->channels.v[row->channels.n++] = (struct option){name, i18n_pattern(op->locale.lang, key), is_selected};
		found = found || is_selected;
	}
	if (!found) row->channels.v[row->channels.n++] = (struct option){channel, channel, true};
}

static bool is_default(const struct touchpoint_kind *held)
{
	const struct touchpoint_kind *preset = touchpoint_kind(held->event);
	struct touchpoint_kind none = {.event = held->event};
	if (!preset) preset = &none;
	return preset->family == held->family && preset->stage == held->stage && preset->by == held->by && str_eq(preset->channel, held->channel);
}

static struct filing_row make_row(struct op *op, const struct known *k)
{
	bool has_row;
	struct touchpoint_kind kind = collect_filing(op->app, k->event, &has_row);
	kind.event = k->event;
	struct filing_row row = {.event = k->event, .volume = k->volume, .is_heard = k->volume > 0, .is_changed = !is_default(&kind), .save = S("/settings/touchpoints")};
	row.families.v = options_of(op, FAMILIES, row.families.n = FAMILY_COUNT, "family", (int)kind.family);
	row.stages.v = options_of(op, STAGES, row.stages.n = STAGE_COUNT, "stage", (int)kind.stage);
	row.deliverers.v = options_of(op, DELIVERED_BY, row.deliverers.n = BY_COUNT, "by", (int)kind.by);
	add_channels(op, &row, kind.channel);
	if (row.is_changed) row.reset = S("/settings/touchpoints/reset");
	return row;
}

static struct msg find(struct op *op, const struct all_known *all)
{
	int64_t heard = 0, filed = 0, unfiled_names = 0;
	for (size_t i = 0; i < all->v.n && all->v.v[i].volume > 0; i++) {
		bool has_row;
		struct touchpoint_kind kind = collect_filing(op->app, all->v.v[i].event, &has_row);
		heard += all->v.v[i].volume;
		if (kind.family != FAMILY_UNKNOWN && kind.stage != STAGE_UNKNOWN) filed += all->v.v[i].volume;
		if (!has_row) unfiled_names++;
	}
	if (!heard) return msg_of("mapping_empty");
	if (unfiled_names) return msg_int("mapping_unfiled", "events", unfiled_names);
	struct msg m = msg_of("mapping_filed");
	msg_add(&m, (struct msg_arg){.name = "share", .type = MSG_SHARE, .d = (double)filed / (double)heard});
	return m;
}

static void take_page(struct op *op, const struct web *w, const struct all_known *all, struct filing *page)
{
	str wanted = i18n_fold(&op->arena, page->q), cursor = web_query(w, "cursor");
	int64_t from = 0, at = 0;
	if (cursor.n && (!str_i64(cursor, &from) || from < 0)) from = 0;
	page->rows.v = ARENA_ARRAY(&op->arena, struct filing_row, PAGE_ROWS);
	for (size_t i = 0; i < all->v.n; i++) {
		if (wanted.n && !str_contains(i18n_fold(&op->arena, all->v.v[i].event), wanted)) continue;
		if (at++ < from) continue;
		if (page->rows.n == PAGE_ROWS) {
			page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%lld", (long long)from + PAGE_ROWS));
			break;
		}
		page->rows.v[page->rows.n++] = make_row(op, &all->v.v[i]);
	}
	if (from > PAGE_ROWS) page->previous = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%lld", (long long)(from - PAGE_ROWS)));
	if (from > 0 && from <= PAGE_ROWS) page->previous = web_address_with(op, w, "cursor", STR_NONE);
}

enum err setting_filing(struct op *op, struct web *w, struct answer *a)
{
	struct filing *page = ARENA_NEW(&op->arena, struct filing);
	struct all_known all = {0};
	map_init(&all.seen);
	enum err e = gather(op, &all);
	map_release(&all.seen);
	TRY(e);
	page->q = str_trim(web_query(w, "q"));
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->finding = find(op, &all);
	take_page(op, w, &all, page);
	return answer_with(a, &FILING_DESC, page);
}

/* ---- changes ---- */

static enum err index_of(struct op *op, const char *field, const char *const *names, str name, int *out)
{
	for (*out = 0; names[*out]; ++*out)
		if (str_eq(name, str_of(names[*out]))) return OK;
	return fail(op, ERR_INVALID, field, "is none of the list");
}

static str describe(struct op *op, const struct touchpoint_kind *k)
{
	return str_fmt(&op->arena, "%s, %s, %.*s, %s", FAMILIES[k->family], STAGES[k->stage], STR_ARG(k->channel.n ? k->channel : S("–")), DELIVERED_BY[k->by]);
}

static enum err filed(struct op *op, struct answer *a, str event, str after)
{
	bool has_row;
	struct touchpoint_kind before = collect_filing(op->app, event, &has_row);
	TRY(collect_reload_filing(op));
	TRY(audit_write(op, "touchpoint_filed", "touchpoint", 0, str_fmt(&op->arena, "%.*s: %.*s", STR_ARG(event), STR_ARG(describe(op, &before))), after));
	a->notice = msg_str("notice_mapping_saved", "event", event);
	return answer_redirect(a, S("/settings/touchpoints"));
}

enum err setting_file(struct op *op, struct web *w, struct answer *a)
{
	struct filing_input in;
	int family, stage, by;
	TRY(web_input(op, w, &FILING_INPUT_DESC, &in));
	TRY(index_of(op, "family", FAMILIES, in.family, &family));
	TRY(index_of(op, "stage", STAGES, in.stage, &stage));
	TRY(index_of(op, "by", DELIVERED_BY, in.by, &by));
	str channel = in.channel.n ? in.channel : S("");
	TRY(op_run(op, SQL_filing_put,
	           DB_ARGS(db_text(in.event), db_int(family), db_int(stage), db_text(channel), db_int(by), db_int(op->now_ms)), NULL));
	struct touchpoint_kind kind = {.event = in.event, .family = (enum family)family, .stage = (enum stage)stage, .channel = channel, .by = (enum delivered_by)by};
	return filed(op, a, in.event, describe(op, &kind));
}

enum err setting_file_default(struct op *op, struct web *w, struct answer *a)
{
	struct filing_input in;
	TRY(web_input(op, w, &FILING_INPUT_DESC, &in));
	TRY(op_run(op, SQL_filing_remove, DB_ARGS(db_text(in.event)), NULL));
	const struct touchpoint_kind *preset = touchpoint_kind(in.event);
	struct touchpoint_kind none = {.event = in.event};
	return filed(op, a, in.event, describe(op, preset ? preset : &none));
}
