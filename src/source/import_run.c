/* Reading, filing and the disk's sync overlap: a batch is filled while the one before it becomes durable. Orders are
 * gathered from all files first, because their lines need not stand together; what is stored of a source's orders is then
 * read once, so that a longer version of a file sends only its new lines. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "collect/intake.h"
#include "collect/orders_file.h"
#include "collect/response_row.h"
#include "collect/row_touchpoint.h"
#include "collect/segment.h"
#include "collect/xes.h"
#include "collect/xes_touchpoint.h"
#include "json/json.h"
#include "op/app.h"
#include "setting/setting.h"
#include "source/import_file.h"
#include "source/import_ahead.h"
#include "source/known_rows.h"

enum {
	BATCHES = 3,
	BATCH_EVENTS = 4000,
	BATCH_BYTES = 8 << 20,     /* of bodies */
	BATCH_ARENA_BYTES = 64 << 20, /* of rejected rows too */
	PROGRESS_ROWS = 8192,
	PROGRESS_US = 100000,
	BUSY_PAUSE_NS = 5000000,
	BUSY_TRIES = 12000,        /* a minute */
};

struct item { /* what one event came from */
	int64_t line, rows;
	const int64_t *lines; /* of an order; NULL: line alone */
};
struct batch {
	struct import_run *run;
	struct arena arena;
	struct intake *intake;
	VEC(struct item) items;
	size_t bytes;
	bool is_out; /* guarded by the run's lock: waits for the disk */
	enum err result;
};

struct import_run {
	struct app *app;
	struct import_run_options o;
	struct import_counts counts;
	struct orders_file *orders;
	struct mapping *orders_mapping;
	struct arena arena; /* of the mapping of orders */
	str country;
	uint64_t consumed_before; /* bytes of files read to their end */
	int64_t told_us;
	int64_t told_rows;
	pthread_mutex_t lock;
	pthread_cond_t is_back;
	struct batch batches[BATCHES], *now;
};

struct import_run *import_run_new(struct app *app, const struct import_run_options *o)
{
	struct import_run *run = MEM_NEW(struct import_run);
	run->app = app;
	run->o = *o;
	arena_init(&run->arena);
	pthread_mutex_init(&run->lock, NULL);
	pthread_cond_init(&run->is_back, NULL);
	for (int i = 0; i < BATCHES; i++) {
		arena_init(&run->batches[i].arena);
		run->batches[i].run = run;
	}
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	run->country = str_dup(&run->arena, setting_text(&op, SETTING_country));
	op_end(&op, OK);
	op_release(&op);
	return run;
}

static void wait_for_all(struct import_run *run)
{
	pthread_mutex_lock(&run->lock);
	for (int i = 0; i < BATCHES; i++)
		while (run->batches[i].is_out) pthread_cond_wait(&run->is_back, &run->lock);
	pthread_mutex_unlock(&run->lock);
}

void import_run_free(struct import_run *run)
{
	if (!run) return;
	wait_for_all(run);
	for (int i = 0; i < BATCHES; i++) arena_release(&run->batches[i].arena);
	orders_file_free(run->orders);
	arena_release(&run->arena);
	pthread_cond_destroy(&run->is_back);
	pthread_mutex_destroy(&run->lock);
	mem_free(run);
}

const struct import_counts *import_counts(const struct import_run *run)
{
	return &run->counts;
}

/* ---- what is told ---- */

static void count_reject(struct import_run *run, int64_t line, const char *reason)
{
	struct import_counts *c = &run->counts;
	size_t i = 0;
	c->rejected++;
	while (i < c->n_reasons && strcmp(c->reasons[i].reason, reason) != 0) i++;
	if (i == c->n_reasons && i < IMPORT_REASONS) {
		size_t n = strlen(reason);
		if (n >= sizeof c->reasons[i].reason) n = sizeof c->reasons[i].reason - 1;
		memcpy(c->reasons[i].reason, reason, n);
		c->n_reasons++;
	}
	if (i < c->n_reasons) {
		if (c->reasons[i].n < IMPORT_REASON_LINES) c->reasons[i].lines[c->reasons[i].n] = line;
		c->reasons[i].n++;
	}
}

static void reject(struct import_run *run, int64_t line, const char *reason, str row)
{
	count_reject(run, line, reason);
	if (run->o.reject) run->o.reject(run->o.arg, line, reason, row);
}

/* A row that its format refuses never came to the intake, which counts its own. */
static void reject_row(struct import_run *run, int64_t line, const char *reason, str row)
{
	enum drop_reason drop = DROP_bad_row;
	for (int i = 1; i < DROP_COUNT; i++)
		if (strcmp(DROP_REASONS[i], reason) == 0) drop = (enum drop_reason)i;
	if (!run->o.is_check) collect_drop(run->app, run->o.source.number, drop, 1);
	reject(run, line, reason, row);
}

/* A cell that is rejected alone: the row's others are kept. */
static void reject_cell(struct import_run *run, struct arena *a, const struct csv_row *row, const struct response_reject *cell)
{
	count_reject(run, row->line, cell->reason);
	if (run->o.reject) run->o.reject(run->o.arg, row->line, str_fmt(a, "%s: %.*s", cell->reason, STR_ARG(cell->column)).p, row->text);
}

static enum err tell(struct import_run *run, uint64_t consumed, struct fault *f)
{
	if (!run->o.progress || run->counts.rows - run->told_rows < PROGRESS_ROWS) return OK;
	run->told_rows = run->counts.rows;
	if (clock_mono_us() - run->told_us < PROGRESS_US) return OK;
	run->told_us = clock_mono_us();
	run->counts.bytes = (int64_t)(run->consumed_before + consumed);
	if (run->o.progress(run->o.arg, &run->counts)) return OK;
	return fault_set(f, ERR_BUSY, "", "stopped; running it again goes on where it was");
}

/* ---- batches ---- */

static void take_verdicts(struct import_run *run, struct batch *b)
{
	for (size_t i = 0; i < b->intake->events.n; i++) {
		const struct item *item = &b->items.v[b->intake->indexes.v[i]];
		switch (b->intake->verdicts[i]) {
		case EVENT_STORED:
			run->counts.kept += item->rows;
			run->counts.touchpoints++;
			break;
		case EVENT_DUPLICATE: run->counts.known += item->rows; break;
		default:
			for (int64_t k = 0; k < item->rows; k++) reject(run, item->lines ? item->lines[k] : item->line, "cap", STR_NONE);
		}
	}
}

static void empty(struct batch *b)
{
	b->intake = NULL;
	b->items.v = NULL;
	b->items.n = b->items.cap = b->bytes = 0;
	arena_reset(&b->arena);
}

/* Waits for the disk, then empties the batch. */
static enum err reclaim(struct import_run *run, struct batch *b, struct fault *f)
{
	pthread_mutex_lock(&run->lock);
	while (b->is_out) pthread_cond_wait(&run->is_back, &run->lock);
	pthread_mutex_unlock(&run->lock);
	if (!b->intake) return OK;
	enum err e = b->result;
	if (e == OK) take_verdicts(run, b);
	empty(b);
	return e == OK ? OK : fault_set(f, e, "", "the disk took no more; what was kept before stays");
}

static void durable(void *arg, enum err result)
{
	struct batch *b = arg;
	pthread_mutex_lock(&b->run->lock);
	b->result = result;
	b->is_out = false;
	pthread_cond_broadcast(&b->run->is_back);
	pthread_mutex_unlock(&b->run->lock);
}

static enum err send(struct import_run *run, struct fault *f)
{
	struct batch *b = run->now;
	run->now = NULL;
	if (!b) return OK;
	if (run->o.is_check) {
		empty(b);
		return OK;
	}
	b->is_out = true;
	b->result = OK;
	enum err e = intake_commit(b->intake, durable, b);
	for (int i = 0; e == ERR_BUSY && i < BUSY_TRIES; i++) {
		struct timespec pause = {0, BUSY_PAUSE_NS};
		nanosleep(&pause, NULL);
		e = intake_commit(b->intake, durable, b);
	}
	if (e == OK) return OK;
	durable(b, e);
	return reclaim(run, b, f);
}

/* The batch that is being filled. */
static enum err filling(struct import_run *run, struct batch **out, struct fault *f)
{
	const struct batch *now = run->now;
	if (now && (now->items.n >= BATCH_EVENTS || now->bytes >= BATCH_BYTES || now->arena.used_bytes >= BATCH_ARENA_BYTES)) TRY(send(run, f));
	if (!run->now) {
		struct batch *b = &run->batches[0];
		pthread_mutex_lock(&run->lock);
		for (int i = 0; i < BATCHES && (b->is_out || b->intake); i++)
			if (!run->batches[i].is_out) b = &run->batches[i];
		pthread_mutex_unlock(&run->lock);
		TRY(reclaim(run, b, f));
		b->intake = intake_new(run->app, &b->arena, &run->o.source, clock_now_ms());
		b->intake->import = run->o.number;
		b->intake->country = run->country;
		b->intake->is_trial = run->o.is_check;
		run->now = b;
	}
	*out = run->now;
	return OK;
}

/* The texts of t live in the batch's arena. row is what a reject shows. */
static void add(struct import_run *run, struct batch *b, const struct touchpoint *t, const struct item *item, str row)
{
	VEC_PUSH(&b->items, &b->arena, *item);
	b->bytes += t->raw.n;
	enum drop_reason reason = intake_add(b->intake, t, (uint32_t)(b->items.n - 1));
	if (reason == DROP_NONE && run->o.is_check) run->counts.kept += item->rows;
	if (reason == DROP_NONE) return;
	if (reason == DROP_suppressed) row = STR_NONE;
	for (int64_t i = 0; i < item->rows; i++) reject(run, item->lines ? item->lines[i] : item->line, DROP_REASONS[reason], row);
}

/* ---- rows ---- */

static const char *look(const struct import_file *file, struct arena *a, const struct csv_row *row, struct touchpoint *t)
{
	return file->as == IMPORT_AS_ORDERS ? orders_file_look(a, &file->mapping, row, t) : row_touchpoint_look(a, &file->mapping, row, t);
}

static enum err add_row(struct import_run *run, const struct import_file *file, struct row_ids *ids, const struct csv_row *row, struct fault *f)
{
	struct batch *b;
	struct touchpoint t;
	TRY(filling(run, &b, f));
	const char *reason = run->o.is_check ? look(file, &b->arena, row, &t) : row_touchpoint(&b->arena, &file->mapping, ids, row, &t);
	if (reason) reject_row(run, row->line, reason, row->text);
	else add(run, b, &t, &(struct item){.line = row->line, .rows = 1}, row->text);
	return OK;
}

/* The row is counted by its submission alone. */
static enum err add_responses(struct import_run *run, const struct import_file *file, struct row_ids *ids, const struct csv_row *row, struct fault *f)
{
	struct batch *b;
	struct response_row r;
	TRY(filling(run, &b, f));
	const char *reason = response_row(&b->arena, &file->mapping, ids, row, &r);
	if (reason) {
		reject_row(run, row->line, reason, row->text);
		return OK;
	}
	for (size_t i = 0; i < r.n_rejects; i++) reject_cell(run, &b->arena, row, &r.rejects[i]);
	for (size_t i = 0; i < r.n; i++) add(run, b, &r.touchpoints[i], &(struct item){.line = row->line, .rows = i + 1 == r.n}, row->text);
	return OK;
}

static enum err add_rows(struct import_run *run, const struct import_file *file, const struct import_block *block, struct row_ids *ids, struct fault *f)
{
	bool gathers = file->as == IMPORT_AS_ORDERS && !run->o.is_check;
	for (size_t i = 0; i < block->rows.n; i++) {
		const struct csv_row *row = &block->rows.v[i].row;
		const char *reason = block->rows.v[i].reason;
		run->counts.rows++;
		if (!reason && gathers) reason = orders_file_add(run->orders, row);
		else if (!reason && file->as == IMPORT_AS_RESPONSES) TRY(add_responses(run, file, ids, row, f));
		else if (!reason) TRY(add_row(run, file, ids, row, f));
		if (reason) reject_row(run, row->line, reason, row->text);
		TRY(tell(run, block->consumed, f));
	}
	return OK;
}

static bool is_same_mapping(const struct mapping *a, const struct mapping *b)
{
	struct buf one, other;
	buf_init(&one, 1 << 20);
	buf_init(&other, 1 << 20);
	mapping_write(a, &one);
	mapping_write(b, &other);
	bool same = str_eq(buf_str(&one), buf_str(&other));
	buf_release(&one);
	buf_release(&other);
	return same;
}

static enum err hand_out_orders(struct import_run *run, struct fault *f);

/* The mapping outlives the file it came with. */
static struct mapping *keep_mapping(struct arena *a, const struct mapping *m)
{
	struct mapping *copy = ARENA_NEW(a, struct mapping);
	*copy = *m;
	copy->columns = ARENA_ARRAY(a, struct mapping_column, m->n);
	for (size_t i = 0; i < m->n; i++) {
		copy->columns[i] = m->columns[i];
		copy->columns[i].header = str_dup(a, m->columns[i].header);
		copy->columns[i].name = str_dup(a, m->columns[i].name);
	}
	copy->currency = str_dup(a, m->currency);
	copy->country = str_dup(a, m->country);
	return copy;
}

static enum err begin_orders(struct import_run *run, const struct import_file *file, struct fault *f)
{
	if (run->orders && is_same_mapping(run->orders_mapping, &file->mapping)) {
		orders_file_next_file(run->orders);
		return OK;
	}
	if (run->orders) TRY(hand_out_orders(run, f));
	run->orders_mapping = keep_mapping(&run->arena, &file->mapping);
	run->orders = orders_file_new(run->orders_mapping, str_dup(&run->arena, str_of(run->o.source.name)));
	return OK;
}

/* ---- lines in Segment's form ---- */

static void add_line(struct import_run *run, struct batch *b, struct import_block *block, struct row_ids *ids, const struct import_line *line)
{
	struct arena *a = &block->arena;
	str text = line->text, row_id = STR_NONE;
	if (line->reason) reject_row(run, line->number, line->reason, text);
	for (struct segment_item *i = line->reason ? NULL : line->body.first; i; i = i->next) {
		struct touchpoint *t = &i->touchpoint;
		if (i->reason) {
			reject_row(run, line->number, i->reason, text);
			continue;
		}
		if (!t->message_id.n) {
			if (!str_given(row_id)) row_id = row_id_show(a, row_ids_next(ids, &(struct csv_row){.cells = &text, .n = 1}));
			t->message_id = i->index ? str_fmt(a, "%.*s/%zu", STR_ARG(row_id), i->index) : row_id;
		}
		add(run, b, t, &(struct item){.line = line->number, .rows = 1}, text);
	}
}

/* What the next lines bring, from this one on. Returns the first line that is not among them whole. */
static size_t foresee(struct intake *in, struct intake_foresight *f, const struct import_block *block, size_t line)
{
	size_t n = 0;
	for (; line < block->lines.n && n < INTAKE_AHEAD; line++) {
		const struct import_line *l = &block->lines.v[line];
		for (const struct segment_item *i = l->reason ? NULL : l->body.first; i && n < INTAKE_AHEAD; i = i->next)
			if (!i->reason) f->touchpoints[n++] = &i->touchpoint;
	}
	intake_foresee(in, f, n);
	return line;
}

/* Texts stand in the block, so what was filed of it is sent before the block goes back. */
static enum err add_block(struct import_run *run, struct import_block *block, struct row_ids *ids, struct fault *f)
{
	struct intake_foresight foresight;
	for (size_t i = 0, unforeseen = 0; i < block->lines.n; i++) {
		struct batch *b = NULL;
		TRY(filling(run, &b, f));
		if (i == unforeseen) unforeseen = foresee(b->intake, &foresight, block, i);
		run->counts.rows++;
		add_line(run, b, block, ids, &block->lines.v[i]);
		TRY(tell(run, block->consumed, f));
	}
	return send(run, f);
}

/* ---- read ahead ---- */

static enum err read_ahead(struct import_run *run, struct import_file *file, struct row_ids *ids, struct fault *f)
{
	struct import_ahead *ahead = import_ahead_start(file);
	if (!ahead) return fault_set(f, ERR_INTERNAL, "", "no thread can be started");
	enum err e = OK;
	for (struct import_block *block; e == OK && (block = import_ahead_next(ahead));)
		e = file->csv ? add_rows(run, file, block, ids, f) : add_block(run, block, ids, f);
	enum err ended = import_ahead_end(ahead, e == OK ? f : NULL);
	if (e != OK && file->lines) run->now = NULL; /* its texts are gone */
	return e == OK ? ended : e;
}

/* ---- event logs ---- */

static enum err add_event(struct import_run *run, const struct import_file *file, struct row_ids *ids, const struct xes_event *event, const char *reason, struct fault *f)
{
	struct batch *b;
	struct touchpoint t;
	TRY(filling(run, &b, f));
	if (!reason) reason = xes_touchpoint(&b->arena, file->zone, ids, event, &t);
	if (reason) {
		struct arena shown = {0};
		reject_row(run, event->line, reason, xes_event_show(&shown, event));
		arena_release(&shown);
	} else {
		add(run, b, &t, &(struct item){.line = event->line, .rows = 1}, t.raw);
	}
	return OK;
}

static enum err read_log(struct import_run *run, struct import_file *file, struct row_ids *ids, struct fault *f)
{
	struct xes_event event;
	for (;;) {
		const char *reason = NULL;
		enum xes_result result = xes_next(file->xes, &event, &reason, f);
		if (result == XES_END) return OK;
		if (result == XES_FAILED) return f->err ? f->err : ERR_MALFORMED;
		run->counts.rows++;
		TRY(add_event(run, file, ids, &event, reason, f));
		TRY(tell(run, import_file_consumed(file), f));
	}
}

enum err import_read(struct import_run *run, struct import_file *file, struct fault *f)
{
	struct row_ids *ids = NULL; /* a check keeps nothing of the rows that it has read */
	enum err e;
	if (!run->o.is_check) ids = row_ids_new(str_of(run->o.source.name), str_of(IMPORT_AS[file->as]));
	if (import_as_is_free(file->as)) {
		e = file->as == IMPORT_AS_XES ? read_log(run, file, ids, f) : read_ahead(run, file, ids, f);
	} else {
		e = mapping_check(&file->mapping, f);
		if (e == OK && file->as == IMPORT_AS_ORDERS && !run->o.is_check) e = begin_orders(run, file, f);
		if (e == OK) e = read_ahead(run, file, ids, f);
	}
	row_ids_free(ids);
	run->consumed_before += import_file_consumed(file);
	run->counts.bytes = (int64_t)run->consumed_before;
	return e;
}

/* ---- orders ---- */

/* What of an order is not stored yet becomes *out; false when all is. */
static bool new_part(struct import_run *run, const struct known_rows *known, size_t i, struct arena *a, struct file_order *out)
{
	orders_file_get(run->orders, i, a, out);
	if (!out->has_products || !known_rows_has_order(known, out->number)) return true;
	bool *is_known = ARENA_ARRAY(a, bool, out->lines + 1);
	int64_t n = 0;
	for (size_t k = 0; k < out->lines; k++) n += is_known[k] = known_rows_has_row(known, out->row_ids[k]);
	run->counts.known += n;
	return n < (int64_t)out->lines && orders_file_get_update(run->orders, i, is_known, a, out);
}

static enum err hand_out_orders(struct import_run *run, struct fault *f)
{
	struct known_rows *known = NULL;
	size_t n = orders_file_count(run->orders);
	enum err e = n ? known_rows_read(run->app, run->o.source.number, &known, f) : OK;
	for (size_t i = 0; e == OK && i < n; i++) {
		struct batch *b;
		struct file_order order;
		e = filling(run, &b, f);
		if (e == OK && new_part(run, known, i, &b->arena, &order))
			add(run, b, &order.touchpoint, &(struct item){.line = order.line_numbers[0], .rows = (int64_t)order.lines, .lines = order.line_numbers}, STR_NONE);
		if (e == OK && i % 256 == 0 && run->o.progress && !run->o.progress(run->o.arg, &run->counts)) e = fault_set(f, ERR_BUSY, "", "stopped; running it again goes on where it was");
	}
	known_rows_free(known);
	orders_file_free(run->orders);
	run->orders = NULL;
	return e;
}

enum err import_finish(struct import_run *run, struct fault *f)
{
	enum err e = run->orders ? hand_out_orders(run, f) : OK;
	if (e == OK) e = send(run, f);
	wait_for_all(run);
	for (int i = 0; i < BATCHES; i++) {
		enum err back = &run->batches[i] == run->now ? OK : reclaim(run, &run->batches[i], f);
		if (e == OK) e = back;
	}
	return e;
}
