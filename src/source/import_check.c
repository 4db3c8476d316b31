/* The check of a draft: its whole file read as it would be imported, with nothing kept (collect/intake.h: is_trial). It is a
 * job of its own: one may leave, come back, or start the import before it ends. Each change of the mapping begins a new
 * version; the job of an older one finds at its next report that its row is no longer there for it, and ends. */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "consent/consent.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "json/json.h"
#include "op/app.h"
#include "os/os.h"
#include "setting/setting.h"
#include "source/import_pages.h"

enum { PUBLISH_US = 500000 };

struct checking {
	struct op *job_op;
	id job;
	struct app *app;
	struct import_stored s;
	struct import_choices choices;
	int64_t version, told_us;
	bool is_stopped, is_stale;
};

/* ---- beginning ---- */

enum err import_check_begin(struct op *op, const struct import_stored *s)
{
	struct db_rows r;
	id job;
	TRY(op_query(op, SQL_import_check_begin, DB_ARGS(db_int(s->number)), &r));
	str payload = str_fmt(&op->arena, "{\"import\":\"%s\",\"version\":%lld}", id_show(&op->arena, S("imp"), s->id).p, (long long)db_rows_int(&r, 0, 0));
	return job_add(op, "import_check", payload, 0, STR_NONE, &job);
}

enum err import_check_forget(struct op *op, const struct import_stored *s)
{
	return op_run(op, SQL_import_check_forget, DB_ARGS(db_int(s->number)), NULL);
}

/* ---- the job ---- */

static enum err load(struct op *op, str payload, struct checking *c)
{
	const struct json_node *root;
	struct db_rows r;
	id import;
	TRY(json_tree(&op->arena, payload, payload.n + 1, &root, &op->fault));
	if (!id_read(S("imp"), json_get_str(root, S("import")), &import) || !json_get_i64(root, S("version"), &c->version)) return fail(op, ERR_INVALID, "import", "names no check");
	TRY(op_query(op, SQL_import_get, DB_ARGS(db_id(import)), &r));
	c->is_stale = r.n == 0; /* the draft was discarded */
	if (c->is_stale) return OK;
	TRY(import_load(op, import, &c->s));
	return import_choices_of(op, &c->s, &c->choices);
}

static enum err put(struct op *op, struct checking *c, const char *state, const struct import_counts *n, str error)
{
	bool has_ended = strcmp(state, "running") != 0;
	int64_t changed;
	TRY(op_run(op, SQL_import_check_put,
	           DB_ARGS(db_int(c->s.number), db_int(c->version), db_text(str_of(state)), db_int(n->bytes), db_int(n->rows), db_int(n->kept), db_int(n->rejected),
	                   db_text(import_reasons_json(&op->arena, n)), db_text(error), has_ended ? db_int(op->now_ms) : db_null()),
	           &changed));
	c->is_stale = changed == 0;
	return OK;
}

static enum err begin(struct op *op, struct checking *c)
{
	int64_t changed;
	TRY(op_run(op, SQL_import_check_start, DB_ARGS(db_int(c->s.number), db_int(c->version), db_int(op->now_ms)), &changed));
	c->is_stale = changed == 0;
	return OK;
}

static void op_begin(struct op *op, const struct checking *c, bool is_write)
{
	op_init(op, c->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("import check")}, is_write);
}

static enum err put_now(struct checking *c, const char *state, const struct import_counts *n, str error)
{
	struct op op;
	op_begin(&op, c, true);
	enum err e = op_end(&op, put(&op, c, state, n, error));
	if (!c->is_stale) import_publish(&op, c->s.id);
	op_release(&op);
	return e;
}

static bool on_progress(void *arg, const struct import_counts *n)
{
	struct checking *c = arg;
	if (clock_mono_us() - c->told_us < PUBLISH_US) return true;
	c->told_us = clock_mono_us();
	c->is_stopped = !job_progress(c->job_op, c->job, n->bytes, c->s.bytes);
	return !c->is_stopped && put_now(c, "running", n, STR_NONE) == OK && !c->is_stale;
}

static enum err check(struct checking *c, int fd, struct arena *a, struct import_counts *counts, struct fault *f)
{
	struct import_file *file;
	struct import_wish wish = import_wish_of(c->app, &c->choices);
	bool is_assured = !str_eq(c->choices.consent, S("carried"));
	struct import_run_options o = {.is_check = true, .progress = on_progress, .arg = c, .source = {.kind = SOURCE_FILE, .is_assured = is_assured, .purposes = is_assured ? PURPOSES_ASSURED_DEFAULT : 0}};
	TRY(import_open(&file, a, fd, &wish, f));
	struct import_run *run = import_run_new(c->app, &o);
	enum err e = import_read(run, file, f);
	if (e == OK) e = import_finish(run, f);
	*counts = *import_counts(run);
	import_run_free(run);
	import_close(file);
	return e;
}

static enum err check_file(struct checking *c, str path, struct arena *a)
{
	struct import_counts counts = {0};
	struct fault f = {0};
	char room[400];
	int fd = os_open(path.p, O_RDONLY, 0);
	enum err e = fd < 0 ? fault_set(&f, ERR_NOT_FOUND, "", "the uploaded file is no longer here") : check(c, fd, a, &counts, &f);
	if (fd >= 0) os_close(fd);
	if (c->is_stale) return OK;
	if (c->is_stopped || e == ERR_BUSY) return ERR_BUSY; /* begins again after the next start */
	return put_now(c, e == OK ? "done" : "failed", &counts, e == OK ? STR_NONE : str_of(fault_text(&f, room, sizeof room)));
}

enum err import_check_job(struct op *op, id job, str payload)
{
	struct checking c = {.job_op = op, .job = job, .app = op->app};
	struct op first;
	op_begin(&first, &c, true);
	enum err e = load(&first, payload, &c);
	if (e == OK && !c.is_stale) e = begin(&first, &c);
	e = op_end(&first, e);
	if (e == OK && !c.is_stale) e = check_file(&c, import_upload_path(&first, c.s.id), &first.arena);
	op_release(&first);
	return e;
}

/* ---- on the page ---- */

static struct msg counts_msg(struct op *op, const char *key, const struct import_check *c)
{
	struct msg m = msg_int(key, "kept", c->kept);
	msg_add(&m, (struct msg_arg){.name = "rejected", .type = MSG_INT, .i = c->rejected});
	msg_add(&m, (struct msg_arg){.name = "rows", .type = MSG_INT, .i = c->rows});
	if (c->left != DESC_NULL_INT) msg_add(&m, (struct msg_arg){.name = "left", .type = MSG_STR, .s = i18n_duration(&op->arena, &op->locale, c->left)});
	return m;
}

static bool is(const struct import_check *c, const char *state)
{
	return str_eq(c->state, str_of(state));
}

static struct msg finding(struct op *op, const struct import_check *c)
{
	if (is(c, "none")) return msg_of("check_none");
	if (is(c, "waiting")) return msg_of("check_waiting");
	if (is(c, "failed")) return msg_of("import_file_broken");
	if (is(c, "running") && c->left == DESC_NULL_INT) return msg_of("check_waiting");
	if (is(c, "running")) return counts_msg(op, "check_running", c);
	if (!c->kept) return msg_int("map_none", "rejected", c->rejected);
	return counts_msg(op, c->rejected ? "map_some_rejected" : "map_all_good", c);
}

static void fill_counts(struct op *op, const struct db_rows *r, struct import_check *c)
{
	c->rows = db_rows_int(r, 0, 3);
	c->kept = db_rows_int(r, 0, 4);
	c->rejected = db_rows_int(r, 0, 5);
	c->rejects.v = import_reasons_shown(op, db_rows_text(r, 0, 6), &c->rejects.n);
	c->error = db_rows_text(r, 0, 7);
	c->started = db_rows_int(r, 0, 8);
	c->ended = db_rows_int(r, 0, 9);
}

enum err import_check_fill(struct op *op, const struct import_stored *s, struct import_check *c)
{
	struct db_rows r;
	*c = (struct import_check){.state = S("none"), .started = DESC_NULL_INT, .ended = DESC_NULL_INT, .left = DESC_NULL_INT};
	TRY(op_query(op, SQL_import_check_get, DB_ARGS(db_int(s->number)), &r));
	if (r.n) {
		int64_t done = db_rows_int(&r, 0, 2);
		c->state = db_rows_text(&r, 0, 1);
		fill_counts(op, &r, c);
		if (is(c, "running") && done > 0 && s->bytes >= done) c->left = (op->now_ms - c->started) * (s->bytes - done) / done / 1000 * 1000;
		c->share = is(c, "done") ? 1 : s->bytes > 0 ? (double)done / (double)s->bytes : 0;
		if (c->share > 1) c->share = 1;
	}
	c->width = str_fmt(&op->arena, "%.1f", c->share * 100);
	c->is_going = is(c, "waiting") || is(c, "running");
	c->finding = finding(op, c);
	return OK;
}
