/* Volumes come from the events themselves and drops from their daily counts; nothing is counted twice for a page. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "base/vec.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "op/app.h"
#include "setting/setting.h"
#include "source/import.h"
#include "source/source_pages.h"
#include "source/volume.h"

enum { SPARK_WIDTH = 120, SPARK_HEIGHT = 32, EVENTS_SHOWN = 50, REFUSED_SHOWN = 100, CONNECT_EVENTS = 12 };

/* A row of source_list and source_by_id. */
struct stored {
	uint16_t number;
	id id;
	str name, kind;
	bool is_assured;
	uint32_t purposes;
	int64_t ended_ms;
};

static struct stored stored_at(const struct db_rows *rows, size_t i)
{
	return (struct stored){.number = (uint16_t)db_rows_int(rows, i, 0),
	                       .id = db_rows_id(rows, i, 1),
	                       .name = db_rows_text(rows, i, 2),
	                       .kind = db_rows_text(rows, i, 3),
	                       .is_assured = str_eq(db_rows_text(rows, i, 4), S("assured")),
	                       .purposes = (uint32_t)db_rows_int(rows, i, 5),
	                       .ended_ms = db_rows_int(rows, i, 7)};
}

static enum err find_source(struct op *op, const struct web *w, struct stored *out)
{
	id source;
	struct db_rows rows;
	TRY(web_id(op, w, "id", "src", &source));
	TRY(op_query(op, SQL_source_by_id, DB_ARGS(db_id(source)), &rows));
	if (!rows.n) return fail(op, ERR_NOT_FOUND, "id", "there is no such source");
	*out = stored_at(&rows, 0);
	return OK;
}

static int shown_kind(const struct stored *s)
{
	if (str_eq(s->kind, S("file"))) return str_eq(s->name, S(SAMPLE_SOURCE)) ? SHOWN_SAMPLE : SHOWN_FILE;
	for (int i = 0; SOURCE_KINDS[i]; i++)
		if (str_eq(s->kind, str_of(SOURCE_KINDS[i]))) return i;
	return SHOWN_SERVER;
}

static str word(struct op *op, const char *prefix, str name)
{
	return i18n_format(&op->arena, &op->locale, str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(name)), NULL, 0);
}

static str address_of(struct op *op, id source)
{
	return str_fmt(&op->arena, "/sources/%s", id_show(&op->arena, S("src"), source).p);
}

/* ---- drops ---- */

struct dropped {
	struct db_rows rows; /* source, reason, times, day of the last */
};

static int64_t dropped_by(const struct dropped *d, uint16_t source)
{
	int64_t n = 0;
	for (size_t i = 0; i < d->rows.n; i++)
		if (db_rows_int(&d->rows, i, 0) == source) n += db_rows_int(&d->rows, i, 2);
	return n;
}

/* source 0: of all. */
static struct drop_row *drop_rows(struct op *op, const struct dropped *d, uint16_t source, size_t *n)
{
	VEC(struct drop_row) rows = {0};
	int64_t most = 1;
	for (size_t i = 0; i < d->rows.n; i++) {
		if (source && db_rows_int(&d->rows, i, 0) != source) continue;
		str reason = db_rows_text(&d->rows, i, 1);
		size_t k = 0;
		while (k < rows.n && !str_eq(rows.v[k].reason, reason)) k++;
		if (k == rows.n) VEC_PUSH(&rows, &op->arena, ((struct drop_row){.reason = reason, .name = word(op, "drop", reason), .last = DESC_NULL_INT}));
		struct drop_row *row = &rows.v[k];
		row->n += db_rows_int(&d->rows, i, 2);
		if (db_rows_int(&d->rows, i, 3) > row->last) row->last = db_rows_int(&d->rows, i, 3);
		if (row->n > most) most = row->n;
	}
	for (size_t i = 0; i < rows.n; i++) rows.v[i].width = str_fmt(&op->arena, "%.1f", 100.0 * (double)rows.v[i].n / (double)most);
	*n = rows.n;
	return rows.v;
}

/* Identities are personal: only for who may read customers. */
static enum err fill_refused(struct op *op, struct sources *page)
{
	struct db_rows rows;
	if (!op_may(op, PERM_READ_CUSTOMERS)) return OK;
	TRY(op_query(op, SQL_illegal_identity_all, DB_ARGS(db_int(REFUSED_SHOWN)), &rows));
	page->refused.v = ARENA_ARRAY(&op->arena, struct refused_row, rows.n);
	page->refused.n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		str kind = db_rows_text(&rows, i, 0), reason = db_rows_text(&rows, i, 2);
		bool is_own = i18n_has(op->locale.lang, str_fmt(&op->arena, "identity_kind_%.*s", STR_ARG(kind)));
		page->refused.v[i] = (struct refused_row){.kind = kind, .kind_name = is_own ? word(op, "identity_kind", kind) : kind, .value = db_rows_text(&rows, i, 1),
		                                          .reason = reason, .reason_name = word(op, "refused", reason), .n = db_rows_int(&rows, i, 3), .last = db_rows_int(&rows, i, 4)};
	}
	return OK;
}

/* ---- the list ---- */

static void draw_days(struct op *op, const struct volume *v, struct source_row *row)
{
	struct buf b;
	int64_t most = 1;
	buf_init(&b, 4096);
	for (int i = 0; i < VOLUME_DAYS; i++) {
		row->volume_30_days += v->days[i];
		if (v->days[i] > most) most = v->days[i];
	}
	if (row->volume_30_days) {
		for (int i = 0; i < VOLUME_DAYS; i++) {
			double x = (double)i * SPARK_WIDTH / (VOLUME_DAYS - 1), y = SPARK_HEIGHT - (double)v->days[i] * SPARK_HEIGHT / (double)most;
			buf_fmt(&b, "%s%.1f,%.1f", i ? " " : "", x, y);
			row->end_x = str_fmt(&op->arena, "%.1f", x);
			row->end_y = str_fmt(&op->arena, "%.1f", y);
		}
		row->points = str_dup(&op->arena, buf_str(&b));
	}
	buf_release(&b);
	row->trend = msg_int("source_trend", "n", row->volume_30_days);
	msg_add(&row->trend, (struct msg_arg){.name = "days", .type = MSG_INT, .i = VOLUME_DAYS});
}

static struct msg list_finding(const struct sources *page)
{
	int64_t volume = 0, heard = 0;
	for (size_t i = 0; i < page->rows.n; i++) {
		volume += page->rows.v[i].volume;
		heard += page->rows.v[i].volume > 0;
	}
	if (!heard) return msg_of("sources_none");
	struct msg m = msg_int("sources_hearing", "sources", heard);
	msg_add(&m, (struct msg_arg){.name = "volume", .type = MSG_INT, .i = volume});
	return m;
}

static enum err fill_form(struct op *op, const struct source_input *typed, struct source_form *form)
{
	static const str kinds[] = {{"website", 7}, {"server", 6}}, consents[] = {{"carried", 7}, {"assured", 7}};
	struct purpose_row *purposes;
	size_t n;
	form->name.value = typed->name;
	form->kinds.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(kinds));
	form->kinds.n = COUNT_OF(kinds);
	form->consents.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(consents));
	form->consents.n = COUNT_OF(consents);
	for (int i = 0; i < (int)COUNT_OF(kinds); i++) {
		form->kinds.v[i] = (struct option){kinds[i], word(op, "source_kind", kinds[i]), typed->kind == i};
		form->consents.v[i] = (struct option){consents[i], word(op, "source_consent", consents[i]), typed->consent == i};
	}
	TRY(purpose_list(op, &purposes, &n));
	form->purposes.v = ARENA_ARRAY(&op->arena, struct option, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t bit = PURPOSE_BIT(purposes[i].bit);
		if (bit & PURPOSES_NEVER_ASSURED) continue;
		str title = purposes[i].title.n ? purposes[i].title : word(op, "purpose", purposes[i].name);
		form->purposes.v[form->purposes.n++] = (struct option){purposes[i].name, title, (bit & PURPOSES_ASSURED_DEFAULT) != 0};
	}
	return OK;
}

static enum err fill_list(struct op *op, const struct source_input *typed, struct sources *page)
{
	struct db_rows rows, known;
	struct dropped dropped;
	struct volume *volumes;
	size_t n;
	TRY(op_query(op, SQL_source_list, DB_NO_ARGS, &rows));
	TRY(op_query(op, SQL_source_known_rows, DB_NO_ARGS, &known));
	TRY(op_query(op, SQL_source_drops, DB_ARGS(db_int(op->now_ms - VOLUME_DAYS * DAY_MS)), &dropped.rows));
	TRY(volume_of_sources(op, &volumes, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct source_row, rows.n);
	page->rows.n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		struct stored s = stored_at(&rows, i);
		struct source_row *row = &page->rows.v[i];
		*row = (struct source_row){.id = s.id, .address = address_of(op, s.id), .name = s.name, .kind = shown_kind(&s), .last_heard = DESC_NULL_INT, .duplicates = DESC_NULL_INT};
		row->is_ended = s.ended_ms != DESC_NULL_INT;
		row->dropped = dropped_by(&dropped, s.number);
		for (size_t k = 0; k < known.n; k++)
			if (db_rows_int(&known, k, 0) == s.number) row->duplicates = db_rows_int(&known, k, 1);
		if (s.number >= n) continue;
		row->volume = volumes[s.number].kept;
		row->last_heard = volumes[s.number].last_ms;
		if (row->volume) draw_days(op, &volumes[s.number], row);
	}
	page->drops.v = drop_rows(op, &dropped, 0, &page->drops.n);
	TRY(fill_refused(op, page));
	page->may_write = op_may(op, PERM_WRITE_SOURCES);
	page->finding = list_finding(page);
	return fill_form(op, typed, &page->form);
}

enum err source_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct sources *page = ARENA_NEW(&op->arena, struct sources);
	(void)w;
	TRY(fill_list(op, &(struct source_input){0}, page));
	return answer_with(a, &SOURCES_DESC, page);
}

/* ---- one source ---- */

static struct figure figure_of(const char *key, const char *name, const char *definition, int64_t value, int64_t n)
{
	return (struct figure){.key = str_of(key),
	                       .name = msg_of(name),
	                       .value = msg_int("value_int", "value", value),
	                       .number = (double)value,
	                       .direction = FIGURE_UNKNOWN,
	                       .n = msg_int("n_touchpoints", "n", n),
	                       .definition = msg_of(definition)};
}

static enum err fill_keys(struct op *op, const struct stored *s, struct source_page *page)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_source_keys, DB_ARGS(db_int(s->number)), &rows));
	page->keys.v = ARENA_ARRAY(&op->arena, struct key_row, rows.n);
	page->keys.n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		struct key_row *k = &page->keys.v[i];
		*k = (struct key_row){.id = db_rows_id(&rows, i, 0), .name = db_rows_text(&rows, i, 1), .begins = db_rows_text(&rows, i, 3), .role = -1};
		k->kind = str_eq(db_rows_text(&rows, i, 2), S("secret")) ? KEY_SECRET : KEY_WRITE;
		k->made = db_rows_int(&rows, i, 5);
		k->made_by = db_rows_text(&rows, i, 6);
		k->last_used = db_rows_int(&rows, i, 7);
		k->is_ended = db_rows_int(&rows, i, 8) != DESC_NULL_INT;
		if (!k->is_ended && op_may(op, PERM_WRITE_SOURCES)) k->end = str_fmt(&op->arena, "/keys/%s/end", id_show(&op->arena, S("key"), k->id).p);
	}
	return OK;
}

static enum err fill_purposes(struct op *op, const struct stored *s, struct source_page *page)
{
	struct purpose_row *purposes;
	size_t n;
	TRY(purpose_list(op, &purposes, &n));
	page->purposes.v = ARENA_ARRAY(&op->arena, str, n);
	for (size_t i = 0; s->is_assured && i < n; i++) {
		if (!(s->purposes & PURPOSE_BIT(purposes[i].bit))) continue;
		page->purposes.v[page->purposes.n++] = purposes[i].title.n ? purposes[i].title : word(op, "purpose", purposes[i].name);
	}
	return OK;
}

static enum err fill_events(struct op *op, const struct stored *s, struct source_page *page, int64_t *last_ms)
{
	struct volume_event *events;
	size_t n;
	*last_ms = DESC_NULL_INT;
	TRY(volume_events(op, s->number, &events, &n));
	page->events.v = ARENA_ARRAY(&op->arena, struct event_row, n);
	for (size_t i = 0; i < n; i++) {
		bool has_row;
		struct touchpoint_kind filing = collect_filing(op->app, events[i].event, &has_row);
		if (events[i].last_ms > *last_ms) *last_ms = events[i].last_ms;
		if (i < EVENTS_SHOWN) page->events.v[page->events.n++] = (struct event_row){events[i].event, (int)filing.family, (int)filing.stage, events[i].n, events[i].last_ms};
	}
	return OK;
}

static enum err fill_source(struct op *op, const struct stored *s, struct source_page *page)
{
	struct dropped dropped;
	struct volume *volumes;
	int64_t last_ms;
	size_t n;
	*page = (struct source_page){.id = s->id, .name = s->name, .kind = shown_kind(s), .consent = s->is_assured, .is_ended = s->ended_ms != DESC_NULL_INT};
	TRY(op_query(op, SQL_source_drops, DB_ARGS(db_int(0)), &dropped.rows));
	TRY(volume_of_sources(op, &volumes, &n));
	TRY(fill_purposes(op, s, page));
	TRY(fill_keys(op, s, page));
	TRY(fill_events(op, s, page, &last_ms));
	int64_t kept = s->number < n ? volumes[s->number].kept : 0, lost = dropped_by(&dropped, s->number);
	page->figures.v = ARENA_ARRAY(&op->arena, struct figure, 2);
	page->figures.v[page->figures.n++] = figure_of("kept", "figure_kept", "definition_kept", kept, kept + lost);
	page->figures.v[page->figures.n++] = figure_of("dropped", "figure_dropped", "definition_dropped", lost, kept + lost);
	page->drops.v = drop_rows(op, &dropped, s->number, &page->drops.n);
	page->may_write = op_may(op, PERM_WRITE_SOURCES) && !page->is_ended;
	bool is_live = page->kind == SHOWN_WEBSITE || page->kind == SHOWN_SERVER;
	str address = address_of(op, s->id);
	if (is_live) page->connect = str_fmt(&op->arena, "/sources/connect?source=%s", id_show(&op->arena, S("src"), s->id).p);
	if (page->may_write) page->end = str_fmt(&op->arena, "%.*s/end", STR_ARG(address));
	if (page->is_ended) {
		page->finding = (struct msg){.key = "source_ended"};
		msg_add(&page->finding, (struct msg_arg){.name = "time", .type = MSG_TIME, .i = s->ended_ms});
	} else if (!kept) {
		page->finding = msg_of("source_silent_new");
	} else {
		page->finding = msg_int("source_heard", "volume", kept);
		msg_add(&page->finding, (struct msg_arg){.name = "last", .type = MSG_TIME, .i = last_ms});
		msg_add(&page->finding, (struct msg_arg){.name = "dropped", .type = MSG_INT, .i = lost});
	}
	return OK;
}

static enum err answer_source(struct op *op, struct answer *a, const struct stored *s, str new_key)
{
	struct source_page *page = ARENA_NEW(&op->arena, struct source_page);
	TRY(fill_source(op, s, page));
	page->new_key = new_key;
	a->is_private = str_given(new_key);
	a->page = "source/show";
	a->topics[a->n_topics++] = str_fmt(&op->arena, "source:%s", id_show(&op->arena, S("src"), s->id).p);
	return answer_with(a, &SOURCE_DESC, page);
}

enum err source_show_get(struct op *op, struct web *w, struct answer *a)
{
	struct stored s;
	TRY(find_source(op, w, &s));
	return answer_source(op, a, &s, STR_NONE);
}

/* ---- making and ending ---- */

static enum err read_purposes(struct op *op, const struct source_input *in, uint32_t *out)
{
	*out = 0;
	if (!in->consent) return OK;
	for (size_t i = 0; i < in->purposes.n; i++) {
		int bit = purpose_find(collect_purposes(op->app), in->purposes.v[i]);
		if (bit < 0) return fail(op, ERR_INVALID, "purposes", "there is no purpose of this name");
		if (PURPOSE_BIT(bit) & PURPOSES_NEVER_ASSURED) return fail(op, ERR_INVALID, "purposes", "only the customer's own word counts for this purpose");
		*out |= PURPOSE_BIT(bit);
	}
	if (!*out) *out = PURPOSES_ASSURED_DEFAULT;
	return OK;
}

static enum err make(struct op *op, const struct web *w, struct source_input *in, struct stored *out, str *key)
{
	struct source source;
	struct db_rows rows;
	uint32_t purposes;
	TRY(web_input(op, w, &SOURCE_INPUT_DESC, in));
	TRY(read_purposes(op, in, &purposes));
	TRY(op_query(op, SQL_source_by_name, DB_ARGS(db_text(str_trim(in->name))), &rows));
	if (rows.n) return fail(op, ERR_INVALID, "name", "there is a source of this name already");
	TRY(source_ensure(op, in->name, in->kind ? SOURCE_SERVER : SOURCE_WEBSITE, in->consent, purposes, &source));
	TRY(key_add(op, KEY_WRITE, in->name, source.number, ROLE_NONE, key));
	TRY(audit_write(op, "source_made", "source", source.id, STR_NONE, in->name));
	TRY(op_query(op, SQL_source_by_id, DB_ARGS(db_id(source.id)), &rows));
	*out = stored_at(&rows, 0);
	return OK;
}

enum err source_post(struct op *op, struct web *w, struct answer *a)
{
	struct source_input in = {0};
	struct stored made;
	str key;
	enum err e = make(op, w, &in, &made, &key);
	if (e == ERR_INVALID) {
		struct sources *page = ARENA_NEW(&op->arena, struct sources);
		size_t n;
		struct form_fault *faults = web_faults(op, &n);
		fault_clear(&op->fault);
		TRY(fill_list(op, &in, page));
		page->form.faults.v = faults;
		page->form.faults.n = n;
		for (size_t i = 0; i < n; i++)
			if (str_eq(faults[i].field, S("name"))) page->form.name.error = faults[i].text;
		return answer_refused(op, a, &SOURCES_DESC, page);
	}
	TRY(e);
	a->status = 201;
	return answer_source(op, a, &made, key);
}

enum err source_key_post(struct op *op, struct web *w, struct answer *a)
{
	struct stored s;
	str key;
	TRY(find_source(op, w, &s));
	if (s.ended_ms != DESC_NULL_INT) return fail(op, ERR_STATE, "", "the source was ended");
	if (!str_eq(s.kind, S("website")) && !str_eq(s.kind, S("server"))) return fail(op, ERR_STATE, "", "nothing is sent to this source");
	TRY(key_add(op, KEY_WRITE, s.name, s.number, ROLE_NONE, &key));
	TRY(audit_write(op, "key_made", "source", s.id, STR_NONE, s.name));
	a->status = 201;
	return answer_source(op, a, &s, key);
}

enum err source_end_post(struct op *op, struct web *w, struct answer *a)
{
	struct stored s;
	TRY(find_source(op, w, &s));
	if (s.ended_ms != DESC_NULL_INT) return fail(op, ERR_STATE, "", "the source was ended before");
	TRY(source_end(op, s.number));
	TRY(audit_write(op, "source_ended", "source", s.id, s.name, STR_NONE));
	a->notice = msg_of("notice_source_ended");
	a->undo = str_fmt(&op->arena, "%.*s/reopen", STR_ARG(address_of(op, s.id)));
	return answer_redirect(a, address_of(op, s.id));
}

/* Keys that ended together with the source hold again; those ended before do not. */
enum err source_reopen_post(struct op *op, struct web *w, struct answer *a)
{
	struct stored s;
	TRY(find_source(op, w, &s));
	if (s.ended_ms == DESC_NULL_INT) return fail(op, ERR_STATE, "", "the source was not ended");
	TRY(op_run(op, SQL_source_reopen_keys, DB_ARGS(db_int(s.number), db_int(s.ended_ms)), NULL));
	TRY(op_run(op, SQL_source_reopen, DB_ARGS(db_int(s.number)), NULL));
	TRY(collect_reload_filing(op));
	TRY(audit_write(op, "source_reopened", "source", s.id, STR_NONE, s.name));
	a->notice = msg_of("notice_undone");
	return answer_redirect(a, address_of(op, s.id));
}

enum err source_key_end_post(struct op *op, struct web *w, struct answer *a)
{
	id key;
	TRY(web_id(op, w, "id", "key", &key));
	TRY(key_end(op, key));
	TRY(audit_write(op, "key_ended", "key", key, STR_NONE, STR_NONE));
	a->notice = msg_of("notice_key_ended");
	str back = http_header(w->rq, "Referer");
	size_t at;
	str path = S("/sources");
	if (str_contains(back, S("/sources/src_")) && str_find(back, '_', &at)) path = str_fmt(&op->arena, "/sources/src_%.*s", ID_LETTERS, str_sub(back, at + 1, ID_LETTERS).p);
	return answer_redirect(a, path);
}

/* ---- how to connect ---- */

/* The family or stage that the address names: what it is called, and which touchpoints it means. */
static void describe(struct op *op, const struct web *w, struct connect *page)
{
	static const struct {
		const char *name;
		const char *const *values;
	} subjects[] = {{"family", FAMILIES}, {"stage", STAGES}};
	for (size_t i = 0; i < COUNT_OF(subjects); i++) {
		str wanted = web_query(w, subjects[i].name);
		for (int k = 1; wanted.n && subjects[i].values[k]; k++)
			if (str_eq(wanted, str_of(subjects[i].values[k]))) {
				page->subject = (struct msg){.key = str_fmt(&op->arena, "%s_%s", subjects[i].name, subjects[i].values[k]).p};
				page->about = (struct msg){.key = str_fmt(&op->arena, "connect_%s_%s", subjects[i].name, subjects[i].values[k]).p};
				return;
			}
	}
}

enum err source_connect_get(struct op *op, struct web *w, struct answer *a)
{
	struct connect *page = ARENA_NEW(&op->arena, struct connect);
	const struct touchpoint_kind *kinds;
	size_t n = touchpoint_kinds(&kinds);
	str family = web_query(w, "family"), stage = web_query(w, "stage"), host = http_header(w->rq, "Host");
	describe(op, w, page);
	page->events.v = ARENA_ARRAY(&op->arena, str, CONNECT_EVENTS);
	for (size_t i = 0; page->about.key && i < n && page->events.n < CONNECT_EVENTS; i++) {
		bool fits = str_given(family) && family.n ? str_eq(family, str_of(FAMILIES[kinds[i].family])) : str_eq(stage, str_of(STAGES[kinds[i].stage]));
		if (fits) page->events.v[page->events.n++] = kinds[i].event;
	}
	page->address = str_fmt(&op->arena, "%s://%.*s", http_is_secure(w->rq) ? "https" : "http", STR_ARG(host.n ? host : S("127.0.0.1:8480")));
	page->key_shown = S("YOUR_WRITE_KEY");
	page->event = page->events.n ? page->events.v[0] : S("Order Completed");
	return answer_with(a, &CONNECT_DESC, page);
}
