/* One import is one number in every event of it, one row in records, and any count of files. The row is made before the
 * first event, so that what a killed run left can be undone. */
#include "source/import.h"

#include "audit/audit.h"
#include "collect/appliers.h"
#include "consent/consent.h"
#include "op/app.h"
#include "setting/setting.h"

enum { CATCH_UP_MS = 200, CATCH_UP_TRIES = 5 * 3600 };

struct whole {
	struct app *app;
	const struct import_job *job;
	struct source source;
	int64_t number;
	struct import_rejects rejects;
	str names; /* for the import's row */
};

static enum err begin(struct op *op, void *arg)
{
	struct whole *w = arg;
	struct db_rows row;
	const struct import_job *job = w->job;
	TRY(source_ensure(op, job->source, SOURCE_FILE, job->is_assured, job->is_assured ? PURPOSES_ASSURED_DEFAULT : 0, &w->source));
	w->source.is_assured = job->is_assured; /* this import's own word */
	if (job->is_assured && !w->source.purposes) w->source.purposes = PURPOSES_ASSURED_DEFAULT;
	TRY(op_query(op, SQL_import_next_number, DB_NO_ARGS, &row));
	w->number = db_rows_int(&row, 0, 0);
	id import = id_new();
	TRY(op_run(op, SQL_import_add,
	              DB_ARGS(db_int(w->number), db_id(import), db_int(w->source.number), db_text(str_of(IMPORT_AS[job->as])), db_text(S("running")), db_text(w->names), db_null(),
	                      db_text(job->map), db_int(0), db_int(op->now_ms), db_text(S("command line")), db_int(op->now_ms)),
	           NULL));
	return audit_write(op, "import_started", "import", import, STR_NONE, w->names);
}

struct ending {
	int64_t number;
	enum err result;
	const struct import_counts *counts;
	const struct fault *fault;
};

static enum err end(struct op *op, void *arg)
{
	const struct ending *e = arg;
	const struct import_counts *c = e->counts;
	char room[400];
	str error = e->result == OK ? STR_NONE : str_of(fault_text(e->fault, room, sizeof room));
	return op_run(op, SQL_import_put_progress,
	              DB_ARGS(db_int(e->number), db_text(e->result == OK ? S("done") : S("failed")), db_int(c->bytes), db_int(c->rows), db_int(c->kept), db_int(c->known),
	                      db_int(c->rejected), db_int(c->touchpoints), db_text(error), db_int(op->now_ms)),
	              NULL);
}

static enum err in_op(struct app *app, enum err (*fn)(struct op *, void *), void *arg, struct fault *f)
{
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, true);
	op.route = "import";
	enum err e = op_end(&op, fn(&op, arg));
	if (e != OK && f) *f = op.fault;
	op_release(&op);
	return e;
}

static void on_reject(void *arg, int64_t line, const char *reason, str row)
{
	import_rejects_add(&((struct whole *)arg)->rejects, line, reason, row);
}

static bool on_progress(void *arg, const struct import_counts *counts)
{
	const struct import_job *job = ((struct whole *)arg)->job;
	return !job->progress || job->progress(job->arg, counts);
}

/* All files are opened, and their mappings checked, before anything is kept. They are of one kind: what is guessed of the
 * first holds for all. */
static enum err open_all(struct whole *w, struct import_job *job, struct arena *a, struct import_file **files, struct fault *f)
{
	struct import_wish wish = {.as = job->as, .map = job->map, .zone = setting_zone(w->app), .unpacked_bytes = (size_t)setting_int(w->app, SETTING_unpacked_max_bytes)};
	for (size_t i = 0; i < job->n; i++) {
		enum err e = import_open(&files[i], a, job->files[i].fd, &wish, f);
		const struct mapping *m = e == OK ? import_file_mapping(files[i]) : NULL;
		if (m) e = mapping_check(m, f);
		if (e != OK) return e;
		if (job->as == IMPORT_AS_GUESS) job->as = import_file_as(files[i]);
		if (import_file_as(files[i]) != job->as)
			return fault_set(f, ERR_INVALID, job->files[i].name, "is a file of %s, and the one before it of %s: import them one after the other", IMPORT_AS[import_file_as(files[i])], IMPORT_AS[job->as]);
		if (job->opened) job->opened(job->arg, &job->files[i], files[i]);
	}
	if (!str_given(job->source)) job->source = str_of(IMPORT_AS[job->as]);
	return OK;
}

/* What is rejected only when it is handed out, after the last file was read, lands in the last file's rejects. */
static enum err read_all(struct whole *w, struct import_run *run, struct import_file **files, struct arena *a, struct fault *f)
{
	enum err e = OK;
	const struct import_job *job = w->job;
	bool is_ndjson = import_as_is_free(job->as);
	for (size_t i = 0; e == OK && i < job->n; i++) {
		const struct import_path *path = &job->files[i];
		import_rejects_init(&w->rejects, path->dir, str_fmt(a, "%s.rejected.%s", path->name, is_ndjson ? "ndjson" : "csv").p, is_ndjson);
		e = import_read(run, files[i], f);
		if (e == OK && i + 1 == job->n) e = import_finish(run, f);
		enum err written = import_rejects_end(&w->rejects, e == OK ? f : NULL);
		if (e == OK) e = written;
	}
	return e;
}

/* Every question right after an import sees all of it. */
static enum err wait_derived(struct whole *w, const struct import_counts *counts, struct fault *f)
{
	for (int i = 0; i < CATCH_UP_TRIES; i++) {
		if (appliers_catch_up(w->app, CATCH_UP_MS)) return OK;
		if (!on_progress(w, counts)) break;
	}
	return fault_set(f, ERR_BUSY, "", "everything is kept, but not everything is derived yet; that goes on by itself");
}

static enum err run_all(struct whole *w, struct import_file **files, struct arena *a, struct import_counts *counts, struct fault *f)
{
	TRY(in_op(w->app, begin, w, f));
	struct import_run_options o = {.source = w->source, .number = (uint32_t)w->number, .reject = on_reject, .progress = on_progress, .arg = w};
	struct import_run *run = import_run_new(w->app, &o);
	enum err e = read_all(w, run, files, a, f);
	*counts = *import_counts(run);
	import_run_free(run);
	if (e == OK) e = wait_derived(w, counts, f);
	struct ending ending = {w->number, e, counts, f};
	enum err ended = in_op(w->app, end, &ending, e == OK ? f : NULL);
	return e == OK ? ended : e;
}

enum err import_all(struct app *app, const struct import_job *wanted, struct import_counts *counts, struct fault *f)
{
	struct import_job job = *wanted;
	struct whole w = {.app = app, .job = &job};
	struct arena a = {0};
	struct import_file **files = ARENA_ARRAY(&a, struct import_file *, job.n);
	str *names = ARENA_ARRAY(&a, str, job.n);
	for (size_t i = 0; i < job.n; i++) names[i] = str_of(job.files[i].name);
	w.names = str_join(&a, names, job.n, S(", "));
	*counts = (struct import_counts){0};
	enum err e = open_all(&w, &job, &a, files, f);
	if (e == OK) e = run_all(&w, files, &a, counts, f);
	for (size_t i = 0; i < job.n; i++) import_close(files[i]);
	arena_release(&a);
	return e;
}
