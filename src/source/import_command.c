/* hospes import: what is read, kept and rejected goes to standard error as it happens, the sum to standard output. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/options.h"
#include "consent/consent.h"
#include "op/app.h"
#include "setting/setting.h"
#include "source/import.h"

enum { DONE = 0, FAILED = 1, USAGE = 2, PARTLY = 3, MAP_BYTES = 1 << 20, BAR_CELLS = 24, LINE_EVERY_US = 5000000, SHOWN_ROWS = 10, SHOWN_CELL = 40 };

struct command {
	struct app *app;
	const struct command_io *io;
	str as, map_file, source, consent;
	bool is_dry;
	struct arena arena;
	struct import_path *files;
	size_t n;
	int64_t bytes, started_us, said_us;
	bool has_bar;
};

static int usage(const struct command_io *io)
{
	command_print(io->err, "usage: hospes import --data DIR [--as segment|orders|events|customers|responses|xes|articles|mail] [--map FILE] [--source NAME]\n"
	                       "                     [--consent assured|carried] [--dry-run] FILE…\n");
	return USAGE;
}

/* ---- words ---- */

static const char *grouped(char room[40], int64_t n)
{
	char digits[24];
	int count = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
	for (int i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0 && digits[i - 1] != '-') room[at++] = ',';
		room[at++] = digits[i];
	}
	room[at] = 0;
	return room;
}

static bool progress(void *arg, const struct import_counts *c)
{
	struct command *k = arg;
	if (socket_client_gone(k->io)) return false;
	int64_t now = clock_mono_us(), spent = now - k->started_us;
	if (!k->io->is_terminal && now - k->said_us < LINE_EVERY_US) return true;
	k->said_us = now;
	char rows[40], rate[40];
	double share = k->bytes > 0 && c->bytes <= k->bytes ? (double)c->bytes / (double)k->bytes : 0;
	int64_t left_s = share > 0.01 ? (int64_t)((double)spent * (1 - share) / share / 1e6 + 0.5) : -1;
	grouped(rows, c->rows);
	grouped(rate, spent > 0 ? c->rows * 1000000 / spent : 0);
	if (!k->io->is_terminal) {
		command_print(k->io->err, "%3.0f %%  %s rows, %s a second\n", share * 100, rows, rate);
		return true;
	}
	char bar[BAR_CELLS + 1];
	for (int i = 0; i < BAR_CELLS; i++) bar[i] = i < (int)(share * BAR_CELLS + 0.5) ? '#' : '.';
	bar[BAR_CELLS] = 0;
	k->has_bar = true;
	if (share >= 1) command_print(k->io->err, "\r[%s] %s rows, taking them in …\x1b[K", bar, rows);
	else if (left_s >= 0) command_print(k->io->err, "\r[%s] %3.0f %%  %s rows, %s a second, %lld:%02lld left\x1b[K", bar, share * 100, rows, rate, (long long)left_s / 60, (long long)left_s % 60);
	else command_print(k->io->err, "\r[%s] %s rows, %s a second\x1b[K", bar, rows, rate);
	return true;
}

static void end_bar(struct command *k)
{
	if (k->has_bar) command_print(k->io->err, "\r\x1b[K");
	k->has_bar = false;
}

static void print_mapping(void *arg, const struct import_path *path, const struct import_file *file)
{
	struct command *k = arg;
	const struct mapping *m = import_file_mapping(file);
	if (!m) {
		command_print(k->io->err, "%s: %s\n", path->name, import_file_as(file) == IMPORT_AS_XES ? "an event log in XES" : "lines in Segment's form");
		return;
	}
	command_print(k->io->err, "%s: %s\n", path->name, FILE_KINDS[m->kind]);
	for (size_t i = 0; i < m->n; i++) {
		const struct mapping_column *c = &m->columns[i];
		bool named = c->field == IMPORT_PROPERTY || c->field == IMPORT_EXTERNAL || c->field == IMPORT_CONSENT;
		command_print(k->io->err, "  %-24.*s → %s%s%.*s\n", STR_ARG(c->header), import_field_name(c->field), named ? ":" : "", named ? (int)c->name.n : 0, named ? c->name.p : "");
	}
	if (!m->is_time_sure && m->at[IMPORT_TIME] >= 0)
		command_print(k->io->err, "  times could be read with day or month first; read as %s (a mapping's \"time_format\" says which)\n", TIME_FORMATS[m->time_format]);
}

static int say_counts(struct command *k, const struct import_counts *c, bool is_check)
{
	char rows[40], kept[40], known[40], rejected[40], touchpoints[40];
	grouped(rows, c->rows);
	grouped(kept, c->kept);
	grouped(known, c->known);
	grouped(rejected, c->rejected);
	grouped(touchpoints, c->touchpoints);
	if (is_check) command_print(k->io->out, "%s rows: %s would be kept, %s rejected\n", rows, kept, rejected);
	else command_print(k->io->out, "%s rows: %s kept as %s touchpoints, %s known already, %s rejected\n", rows, kept, touchpoints, known, rejected);
	for (size_t i = 0; i < c->n_reasons; i++) {
		const struct import_reason *r = &c->reasons[i];
		command_print(k->io->out, "  %s: %s (line %lld%s)\n", r->reason, grouped(rows, r->n), (long long)r->lines[0], r->n > 1 ? ", …" : "");
	}
	return c->rejected ? PARTLY : DONE;
}

/* ---- what would be ---- */

static void print_first(void *arg, const struct import_path *path, const struct import_file *file)
{
	struct command *k = arg;
	const struct mapping *m = import_file_mapping(file);
	size_t n;
	print_mapping(arg, path, file);
	const struct csv_row *rows = import_file_first(file, &n);
	for (size_t i = 0; m && i < n && i < SHOWN_ROWS; i++) {
		command_print(k->io->err, "  line %lld:", (long long)rows[i].line);
		for (size_t c = 0; c < m->n && c < rows[i].n; c++)
			if (m->columns[c].field != IMPORT_SKIP) command_print(k->io->err, " %s=%.*s", import_field_name(m->columns[c].field), rows[i].cells[c].n > SHOWN_CELL ? SHOWN_CELL : (int)rows[i].cells[c].n, rows[i].cells[c].p);
		command_print(k->io->err, "\n");
	}
}

static enum err check_one(struct command *k, struct import_run *run, const struct import_wish *wish, const struct import_path *path, struct fault *f)
{
	struct import_file *file;
	TRY(import_open(&file, &k->arena, path->fd, wish, f));
	print_first(k, path, file);
	enum err e = import_read(run, file, f);
	import_close(file);
	return e;
}

static int dry_run(struct command *k, const struct import_wish *wish)
{
	struct fault f = {0};
	bool is_assured = str_eq(k->consent, S("assured"));
	struct import_run_options o = {.is_check = true, .progress = progress, .arg = k, .source = {.kind = SOURCE_FILE, .is_assured = is_assured, .purposes = is_assured ? PURPOSES_ASSURED_DEFAULT : 0}};
	struct import_run *run = import_run_new(k->app, &o);
	enum err e = OK;
	for (size_t i = 0; e == OK && i < k->n; i++) e = check_one(k, run, wish, &k->files[i], &f);
	if (e == OK) e = import_finish(run, &f);
	struct import_counts counts = *import_counts(run);
	import_run_free(run);
	end_bar(k);
	return e == OK ? say_counts(k, &counts, true) : command_fault(k->io, &f);
}

/* ---- the command ---- */

static enum err read_map(struct command *k, str *out, struct fault *f)
{
	int fd = openat(k->io->cwd, str_c(&k->arena, k->map_file), O_RDONLY | O_CLOEXEC);
	if (fd < 0) return fault_set(f, ERR_NOT_FOUND, "--map", "cannot be read: %s", strerror(errno));
	char *room = arena_alloc(&k->arena, MAP_BYTES);
	ssize_t n, total = 0;
	while (total < MAP_BYTES && (n = read(fd, room + total, (size_t)(MAP_BYTES - total))) > 0) total += n;
	close(fd);
	if (total == MAP_BYTES) return fault_set(f, ERR_TOO_LARGE, "--map", "is larger than %d bytes", MAP_BYTES);
	*out = (str){room, (size_t)total};
	return OK;
}

static enum err open_files(struct command *k, const str *names, struct fault *f)
{
	struct stat s;
	for (size_t i = 0; i < k->n; i++) k->files[i].fd = -1;
	for (size_t i = 0; i < k->n; i++) {
		struct import_path *file = &k->files[i];
		file->name = str_c(&k->arena, names[i]);
		file->dir = k->io->cwd;
		file->fd = openat(k->io->cwd, file->name, O_RDONLY | O_CLOEXEC);
		if (file->fd < 0) return fault_set(f, ERR_NOT_FOUND, file->name, "cannot be read: %s", strerror(errno));
		if (fstat(file->fd, &s) == 0 && S_ISDIR(s.st_mode)) return fault_set(f, ERR_INVALID, file->name, "is a directory");
		if (fstat(file->fd, &s) == 0) k->bytes += s.st_size;
	}
	return OK;
}

static int run_command(struct command *k, const str *names)
{
	struct fault f = {0};
	str map = STR_NONE;
	struct import_counts counts;
	enum import_as as = IMPORT_AS_GUESS;
	if (str_given(k->as) && !import_as_find(k->as, &as)) return usage(k->io);
	if (!str_eq(k->consent, S("assured")) && !str_eq(k->consent, S("carried"))) return usage(k->io);
	enum err e = open_files(k, names, &f);
	if (e == OK && str_given(k->map_file)) e = read_map(k, &map, &f);
	if (e != OK) return command_fault(k->io, &f);
	k->started_us = k->said_us = clock_mono_us();
	if (k->is_dry) {
		struct import_wish wish = {.as = as, .map = map, .zone = setting_zone(k->app), .unpacked_bytes = (size_t)setting_int(k->app, SETTING_unpacked_max_bytes)};
		return dry_run(k, &wish);
	}
	struct import_job job = {.files = k->files,
	                         .n = k->n,
	                         .as = as,
	                         .map = map,
	                         .source = k->source,
	                         .is_assured = str_eq(k->consent, S("assured")),
	                         .progress = progress,
	                         .opened = print_mapping,
	                         .arg = k};
	e = import_all(k->app, &job, &counts, &f);
	end_bar(k);
	return e == OK ? say_counts(k, &counts, false) : command_fault(k->io, &f);
}

int command_import(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	struct command k = {.app = app, .io = io, .consent = S("assured")};
	const struct command_option options[] = {{"as", &k.as, NULL}, {"map", &k.map_file, NULL}, {"source", &k.source, NULL}, {"consent", &k.consent, NULL}, {"dry-run", NULL, &k.is_dry}};
	int n;
	str *names = ARENA_ARRAY(&k.arena, str, argc + 1);
	if (!options_read(io, argc, argv, options, COUNT_OF(options), names, &n) || n == 0) {
		arena_release(&k.arena);
		return usage(io);
	}
	k.n = (size_t)n;
	k.files = ARENA_ARRAY(&k.arena, struct import_path, k.n);
	int code = run_command(&k, names);
	for (size_t i = 0; i < k.n; i++)
		if (k.files[i].fd > 0) close(k.files[i].fd);
	arena_release(&k.arena);
	return code;
}
