/* import.h: files into touchpoints. A file is read through the pure formats of src/collect, each touchpoint goes the way of
 * all others (collect/intake.h), and what cannot be kept is told row by row. The same file again changes nothing, and a
 * longer version of it adds only what is new: so a run that was broken off is simply run again.
 *
 *   import_open → import_read (as a check, or to keep) … → import_close */
#ifndef SOURCE_IMPORT_H
#define SOURCE_IMPORT_H
#include "collect/collect.h"
#include "collect/csv.h"
#include "collect/mapping.h"
#include "op/op.h"

struct command_io;

enum import_as { IMPORT_AS_SEGMENT, IMPORT_AS_ORDERS, IMPORT_AS_EVENTS, IMPORT_AS_CUSTOMERS, IMPORT_AS_RESPONSES, IMPORT_AS_XES, IMPORT_AS_GUESS };
extern const char *const IMPORT_AS[]; /* "segment", "orders", "events", "customers", "responses", "xes", NULL */
bool import_as_find(str name, enum import_as *out);
/* No table: it has no columns to be mapped, and its rejects are lines of JSON. */
bool import_as_is_free(enum import_as as);

/* ---- one file, opened ------------------------------------------------------------------------------------------------- */
enum { IMPORT_FIRST_ROWS = 100 };
struct import_wish {
	enum import_as as;        /* IMPORT_AS_GUESS: told from the first bytes and the header */
	str map;                  /* JSON of a person (mapping.h), laid over the guess; absent */
	const struct zone *zone;  /* of times that carry none */
	size_t unpacked_bytes;    /* a gzip file that holds more is refused; 0 = no limit */
};
struct import_file;
/* Guesses what the file is and what its columns mean. fd stays the caller's; a is to outlive the file.
 * ERR_MALFORMED, ERR_INVALID (the mapping, naming the member), ERR_IO. */
enum err import_open(struct import_file **out, struct arena *a, int fd, const struct import_wish *wish, struct fault *f) NODISCARD;
void import_close(struct import_file *file);
enum import_as import_file_as(const struct import_file *file);
const struct mapping *import_file_mapping(const struct import_file *file); /* NULL: import_as_is_free */
const struct csv_row *import_file_first(const struct import_file *file, size_t *n); /* its first rows, at most IMPORT_FIRST_ROWS */
uint64_t import_file_consumed(const struct import_file *file);

/* ---- a run over files --------------------------------------------------------------------------------------------------- */
enum { IMPORT_REASONS = 32, IMPORT_REASON_LINES = 5 };
struct import_counts {
	int64_t bytes, rows, kept, known, rejected, touchpoints;
	struct import_reason {
		char reason[32];
		int64_t n, lines[IMPORT_REASON_LINES]; /* the first */
	} reasons[IMPORT_REASONS];
	size_t n_reasons;
};
/* A rejected row as it stands in the file, perhaps no UTF-8; absent when it must not be written again (an erased customer).
 * Of a cell that is rejected alone the reason names its column, as in "off_scale: Q7". */
typedef void import_reject(void *arg, int64_t line, const char *reason, str row);
/* Called now and then; false stops the run (ERR_BUSY). */
typedef bool import_progress(void *arg, const struct import_counts *counts);
struct import_run_options {
	struct source source; /* as it vouches in this import */
	uint32_t number;      /* of the import, in every event */
	bool is_check;        /* only reads and counts: nothing is kept */
	import_reject *reject;
	import_progress *progress;
	void *arg;
};
struct import_run;
struct import_run *import_run_new(struct app *app, const struct import_run_options *o);
void import_run_free(struct import_run *run);
/* Reads a file to its end. ERR_IO, ERR_MALFORMED (the file ends in the middle, names where), ERR_INVALID (its mapping lacks a
 * column), ERR_FULL, ERR_BUSY (stopped). What was kept before stays. */
enum err import_read(struct import_run *run, struct import_file *file, struct fault *f) NODISCARD;
/* Hands out the orders that were gathered from all files and waits until everything is durable. */
enum err import_finish(struct import_run *run, struct fault *f) NODISCARD;
const struct import_counts *import_counts(const struct import_run *run);

/* ---- rejected rows ------------------------------------------------------------------------------------------------------- */
/* A CSV file with line, reason and row; where import_as_is_free an NDJSON file. Made when the first row comes. */
struct import_rejects {
	int dir;          /* directory that name is under */
	const char *name;
	bool is_ndjson, is_failed;
	int fd;           /* -1 until the first row */
	struct buf room;
};
void import_rejects_init(struct import_rejects *r, int dir, const char *name, bool is_ndjson);
void import_rejects_add(struct import_rejects *r, int64_t line, const char *reason, str row);
/* ERR_IO when not all could be written. */
enum err import_rejects_end(struct import_rejects *r, struct fault *f) NODISCARD;

/* ---- a whole import ------------------------------------------------------------------------------------------------------ */
struct import_path {
	int fd;
	const char *name; /* as given; the rejects go to name.rejected.csv under dir */
	int dir;
};
struct import_job {
	const struct import_path *files;
	size_t n;
	enum import_as as;
	str map, source;   /* source absent: the kind's name */
	bool is_assured;
	import_progress *progress;
	void (*opened)(void *arg, const struct import_path *path, const struct import_file *file); /* may be NULL */
	void *arg;
};
/* Makes the source and the import's row, reads all files as one import, and waits until the followers of the log have
 * derived everything. *counts is set also when it fails. */
enum err import_all(struct app *app, const struct import_job *job, struct import_counts *counts, struct fault *f) NODISCARD;

/* The bundled sample, or the made-up company, into an empty workspace. ERR_STATE when there are events, ERR_CONFLICT when they
 * are of the other kind, ERR_NOT_FOUND when the sample is not there.
 * A load that was broken off goes on at the next call.
 * progress: from any thread, 0 to 99; false stops it (ERR_BUSY). */
#define SAMPLE_SOURCE "online-retail-sample"
#define COMPANY_SOURCE "made-up-company"
typedef bool demo_progress(void *arg, int pct);
enum err demo_load(struct app *app, bool is_company, demo_progress *progress, void *arg, struct fault *f) NODISCARD;

/* Files that are being uploaded lie here, under the workspace's directory, until their import is a draft. */
#define IMPORTS_INCOMING "imports/incoming"
/* At the server's start: makes that directory and takes away what an earlier server left half done: uploads that never came
 * to their end, and files whose draft was not committed. */
void imports_tidy(struct app *app);

/* Takes out of the files of rejected rows (those under DIR/imports) every row that holds one of the values. Repeating it does
 * no harm. ERR_IO, ERR_FULL. */
enum err imports_forget_values(const struct app *app, const str *values, size_t n) NODISCARD;

int command_import(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
