/* The job of an uploaded file. When the server stops, it runs again from the start of the file: what is stored already is
 * known by its message ids. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/appliers.h"
#include "consent/consent.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "json/json.h"
#include "op/app.h"
#include "os/os.h"
#include "setting/setting.h"
#include "source/import_pages.h"

enum { PUBLISH_US = 500000, CATCH_UP_MS = 200 };

struct running {
	struct op *job_op;
	id job;
	struct app *app;
	struct import_stored s;
	struct import_choices choices;
	struct source source;
	struct import_rejects rejects;
	str path;
	int64_t told_us;
	bool is_stopped;
};

/* From records: the memory of sources is read again only after the commit that also started this job. */
static enum err load_source(struct op *op, struct running *r)
{
	struct db_rows row;
	TRY(op_query(op, SQL_source_by_id, DB_ARGS(db_id(r->s.source_id)), &row));
	if (!row.n) return fail(op, ERR_NOT_FOUND, "", "the import's source is not there");
	r->source = (struct source){.number = (uint16_t)db_rows_int(&row, 0, 0), .id = r->s.source_id, .kind = SOURCE_FILE, .purposes = (uint32_t)db_rows_int(&row, 0, 5)};
	str name = str_sub(db_rows_text(&row, 0, 2), 0, sizeof r->source.name - 1);
	memcpy(r->source.name, name.p, name.n);
	return OK;
}

static enum err load(struct op *op, str payload, struct running *r)
{
	const struct json_node *root;
	id import;
	TRY(json_tree(&op->arena, payload, payload.n + 1, &root, &op->fault));
	if (!id_read(S("imp"), json_get_str(root, S("import")), &import)) return fail(op, ERR_INVALID, "import", "is no id of an import");
	TRY(import_load(op, import, &r->s));
	TRY(load_source(op, r));
	r->path = import_upload_path(op, import);
	return import_choices_of(op, &r->s, &r->choices);
}

void import_publish(struct op *op, id import)
{
	if (!op->app->http) return;
	str topic = str_fmt(&op->arena, "import:%s", id_show(&op->arena, S("imp"), import).p);
	http_publish(op->app->http, topic);
}

static enum err put(struct op *op, const struct running *r, const char *state, const struct import_counts *c, str error)
{
	bool has_ended = strcmp(state, "done") == 0 || strcmp(state, "failed") == 0;
	TRY(op_run(op, SQL_import_reasons_put, DB_ARGS(db_int(r->s.number), db_text(import_reasons_json(&op->arena, c))), NULL));
	return op_run(op, SQL_import_put_progress,
	              DB_ARGS(db_int(r->s.number), db_text(str_of(state)), db_int(c->bytes), db_int(c->rows), db_int(c->kept), db_int(c->known), db_int(c->rejected), db_int(c->touchpoints),
	                      db_text(error), has_ended ? db_int(op->now_ms) : db_null()),
	              NULL);
}

static enum err put_now(struct running *r, const char *state, const struct import_counts *c, str error)
{
	struct op op;
	op_init(&op, r->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("import")}, true);
	enum err e = op_end(&op, put(&op, r, state, c, error));
	import_publish(&op, r->s.id);
	op_release(&op);
	return e;
}

static bool on_progress(void *arg, const struct import_counts *c)
{
	struct running *r = arg;
	if (clock_mono_us() - r->told_us < PUBLISH_US) return true;
	r->told_us = clock_mono_us();
	r->is_stopped = !job_progress(r->job_op, r->job, c->bytes, r->s.bytes);
	return !r->is_stopped && put_now(r, "running", c, STR_NONE) == OK;
}

static void on_reject(void *arg, int64_t line, const char *reason, str row)
{
	import_rejects_add(&((struct running *)arg)->rejects, line, reason, row);
}

static enum err read_file(struct running *r, int fd, struct arena *a, struct import_counts *counts, struct fault *f)
{
	struct import_file *file;
	struct import_wish wish = import_wish_of(r->app, &r->choices);
	import_as_find(r->s.as, &wish.as);
	TRY(import_open(&file, a, fd, &wish, f));
	bool is_ndjson = import_as_is_free(import_file_as(file));
	struct import_run_options o = {.number = (uint32_t)r->s.number, .reject = on_reject, .progress = on_progress, .arg = r};
	o.source = r->source;
	o.source.is_assured = !str_eq(r->choices.consent, S("carried"));
	if (o.source.is_assured && !o.source.purposes) o.source.purposes = PURPOSES_ASSURED_DEFAULT;
	import_rejects_init(&r->rejects, AT_FDCWD, str_fmt(a, "%.*s.rejected.%s", STR_ARG(r->path), is_ndjson ? "ndjson" : "csv").p, is_ndjson);
	struct import_run *run = import_run_new(r->app, &o);
	enum err e = import_read(run, file, f);
	if (e == OK) e = import_finish(run, f);
	*counts = *import_counts(run);
	import_run_free(run);
	enum err written = import_rejects_end(&r->rejects, e == OK ? f : NULL);
	import_close(file);
	return e == OK ? written : e;
}

enum err import_run_job(struct op *op, id job, str payload)
{
	struct running r = {.job_op = op, .job = job, .app = op->app};
	struct import_counts counts = {0};
	struct fault f = {0};
	struct op first;
	char room[400];
	op_init(&first, op->app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("import")}, false);
	enum err e = op_end(&first, load(&first, payload, &r));
	if (e == OK && (r.s.state == IMPORT_WAITING || r.s.state == IMPORT_RUNNING)) {
		int fd = os_open(r.path.p, O_RDONLY, 0);
		e = fd < 0 ? fault_set(&f, ERR_NOT_FOUND, "", "the uploaded file is no longer here") : put_now(&r, "running", &counts, STR_NONE);
		if (e == OK) e = read_file(&r, fd, &first.arena, &counts, &f);
		if (fd >= 0) os_close(fd);
		while (e == OK && !appliers_catch_up(op->app, CATCH_UP_MS) && on_progress(&r, &counts)) continue;
		if (r.is_stopped) {
			op_release(&first);
			return ERR_BUSY; /* goes on after the next start */
		}
		e = put_now(&r, e == OK ? "done" : "failed", &counts, e == OK ? STR_NONE : str_of(fault_text(&f, room, sizeof room)));
		if (e == OK) e = os_unlink(r.path.p);
	}
	op_release(&first);
	return e;
}
