/* The bundled sample (sample/ATTRIBUTION.md) is imported like any other files: nothing of it is made up or prepared. The
 * made-up company (company.h) is written as a file and comes in the same way, into a directory of its own: what is real and
 * what is not never share one, and a setting says on every page which it is. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/appliers.h"
#include "events/events.h"
#include "mark/mark.h"
#include "op/app.h"
#include "setting/setting.h"
#include "source/company.h"
#include "source/demo_voice.h"
#include "source/import.h"

enum { PATH_BYTES = 4096, READ_PCT = 40, KEPT_PCT = 30 };

static const char *const SAMPLE_FILES[] = {"online-retail-1.csv.gz", "online-retail-2.csv.gz"};

struct demo {
	demo_progress *progress;
	void *arg;
	int64_t bytes; /* of both files */
};

/* Reading, keeping and deriving take about a third of the time each. */
static bool on_progress(void *arg, const struct import_counts *c)
{
	const struct demo *d = arg;
	int64_t pct = d->bytes ? c->bytes * READ_PCT / d->bytes : 0;
	if (c->rows) pct += c->kept * KEPT_PCT / c->rows;
	return !d->progress || d->progress(d->arg, (int)(pct < 99 ? pct : 99));
}

/* Beside the program: where it was installed, or in a build folder. */
static int open_sample_dir(void)
{
	static const char *const places[] = {"../share/hospes/sample", "../sample"};
	char path[PATH_BYTES];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	if (n <= 0) return -1;
	path[n] = 0;
	char *slash = strrchr(path, '/');
	if (!slash) return -1;
	*slash = 0;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
	for (size_t i = 0; dir >= 0 && found < 0 && i < COUNT_OF(places); i++) found = openat(dir, places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) close(dir);
	return found;
}

/* Of what is planted, what a company would have noted down: its own campaign, and what the newspapers said. */
static enum err put_marks(struct op *op)
{
	const int64_t strike_ms = COMPANY__T0 + COMPANY__STRIKE_FROM_DAY * COMPANY__DAY;
	struct mark marks[] = {
		{.kind = MARK_CAMPAIGN, .title = S("Letter and advert: kettle Aria 2"), .from = COMPANY__T0 + COMPANY__LAUNCH_DAY * COMPANY__DAY, .to = DESC_NULL_INT},
		{.kind = MARK_STRIKE, .title = S("Carriers on strike in Greece"), .from = strike_ms, .to = COMPANY__T0 + (COMPANY__STRIKE_TO_DAY - 1) * COMPANY__DAY, .is_outside = true},
	};
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		marks[i].origin = MARK_FROM_FILE;
		marks[i].source = S(COMPANY_SOURCE);
		TRY(mark_add(op, &marks[i]));
	}
	return company_efforts(op);
}

/* What is made up is marked before the first touchpoint, so that a load that broke off is never taken for real. */
static enum err put_begun(struct op *op, bool is_company)
{
	TRY(setting_put(op, SETTING_demo_is_loading, S("1")));
	if (!is_company) return OK;
	if (!setting_bool(op->app, SETTING_company_loaded)) {
		TRY(put_marks(op));
		TRY(demo_voice_before(op));
	}
	TRY(setting_put(op, SETTING_company_loaded, S("1")));
	TRY(setting_put(op, SETTING_currency, S("EUR")));
	return setting_put(op, SETTING_organisation, S(COMPANY_NAME));
}

static enum err put_ended(struct op *op, bool is_company)
{
	if (is_company) TRY(demo_voice_after(op));
	TRY(setting_put(op, SETTING_demo_is_loading, S("0")));
	return is_company ? OK : setting_put(op, SETTING_sample_loaded, S("1"));
}

static enum err note(struct app *app, enum err put(struct op *, bool), bool is_company, struct fault *f)
{
	struct op op;
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM, .name = S("demo")}, true);
	op.locale = setting_locale(&op);
	enum err e = op_end(&op, put(&op, is_company));
	if (e != OK && f) *f = op.fault;
	op_release(&op);
	return e;
}

static enum err import_sample(struct app *app, int dir, struct demo *d, struct fault *f)
{
	struct import_path files[COUNT_OF(SAMPLE_FILES)];
	struct import_counts counts;
	struct import_job job = {.files = files, .n = COUNT_OF(files), .as = IMPORT_AS_ORDERS, .map = S("{\"currency\":\"GBP\"}"), .source = S(SAMPLE_SOURCE), .is_assured = true,
	                         .progress = on_progress, .arg = d};
	enum err e = OK;
	for (size_t i = 0; i < job.n; i++) {
		files[i] = (struct import_path){.fd = openat(dir, SAMPLE_FILES[i], O_RDONLY | O_CLOEXEC), .name = SAMPLE_FILES[i], .dir = -1};
		if (files[i].fd < 0 && e == OK) e = fault_set(f, ERR_NOT_FOUND, "", "%s of the sample is not there", SAMPLE_FILES[i]);
		else d->bytes += lseek(files[i].fd, 0, SEEK_END);
		if (files[i].fd >= 0) lseek(files[i].fd, 0, SEEK_SET);
	}
	if (e == OK) e = import_all(app, &job, &counts, f);
	for (size_t i = 0; i < job.n; i++)
		if (files[i].fd >= 0) close(files[i].fd);
	return e;
}

static enum err load_sample(struct app *app, struct demo *d, struct fault *f)
{
	int dir = open_sample_dir();
	if (dir < 0) return fault_set(f, ERR_NOT_FOUND, "", "the bundled sample is not beside the program");
	enum err e = note(app, put_begun, false, f);
	if (e == OK) e = import_sample(app, dir, d, f);
	close(dir);
	return e;
}

static enum err load_company(struct app *app, struct demo *d, struct fault *f)
{
	struct import_counts counts;
	int fd = memfd_create("company", MFD_CLOEXEC);
	if (fd < 0) return fault_set(f, ERR_IO, "", "the made-up company cannot be written: there is no room in memory");
	struct import_path file = {.fd = fd, .name = "company.ndjson", .dir = -1};
	struct import_job job = {.files = &file, .n = 1, .as = IMPORT_AS_SEGMENT, .source = S(COMPANY_SOURCE), .is_assured = true, .progress = on_progress, .arg = d};
	enum err e = company_write(fd, f);
	if (e == OK) d->bytes = lseek(fd, 0, SEEK_CUR);
	if (e == OK && lseek(fd, 0, SEEK_SET)) e = fault_set(f, ERR_IO, "", "the made-up company cannot be read back");
	if (e == OK) e = note(app, put_begun, true, f);
	if (e == OK) e = import_all(app, &job, &counts, f);
	close(fd);
	return e;
}

/* A directory that holds what was asked for is served as it is; one that holds anything else is not mixed with it. */
static enum err check_empty(struct app *app, bool is_company, struct fault *f)
{
	struct events_stats stats;
	events_stats(app->events, &stats);
	bool is_of_kind = setting_bool(app, SETTING_company_loaded) == is_company;
	if (!stats.stored || (is_of_kind && setting_bool(app, SETTING_demo_is_loading))) return OK;
	if (is_of_kind) return fault_set(f, ERR_STATE, "", "is loaded into an empty workspace only, and this one holds touchpoints");
	return fault_set(f, ERR_CONFLICT, "", is_company ? "this directory holds other touchpoints, and the made-up company is never mixed with them: name another with --data"
	                                                 : "this directory holds the made-up company, and the sample is real: name another with --data");
}

enum err demo_load(struct app *app, bool is_company, demo_progress *progress, void *arg, struct fault *f)
{
	struct demo d = {progress, arg, 0};
	TRY(check_empty(app, is_company, f));
	enum err e = is_company ? load_company(app, &d, f) : load_sample(app, &d, f);
	if (e == OK) e = note(app, put_ended, is_company, f);
	return e == ERR_STATE ? ERR_INTERNAL : e; /* that state is what a loaded directory answers: a load that fails must not pass for it */
}
