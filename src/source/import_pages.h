/* import_pages.h: the answers of the import pages (pages/SHAPES.md), and the row of an import. */
#ifndef SOURCE_IMPORT_PAGES_H
#define SOURCE_IMPORT_PAGES_H
#include "http/web.h"
#include "source/import.h"

enum import_state { IMPORT_DRAFT, IMPORT_WAITING, IMPORT_RUNNING, IMPORT_DONE, IMPORT_UNDONE, IMPORT_FAILED };
extern const char *const IMPORT_STATES[];

struct import_stored {
	int64_t number;
	id id;
	int64_t source, bytes, bytes_done, rows, kept, known, rejected, made_ms, started_ms, ended_ms, undone_ms;
	str as, file_name, file_path, choices, error, made_by, source_name;
	id job, source_id;
	enum import_state state;
};
enum err import_load(struct op *op, id import, struct import_stored *out) NODISCARD;

/* What a person chose on the page of a draft, kept as JSON in the import's row. */
struct import_choices {
	str as, consent, source, map; /* map: a mapping's JSON; absent: all guessed */
};
extern const struct desc IMPORT_CHOICES_DESC;

struct import_list_row {
	id id;
	str address, file;
	int as, state;
	str person;
	int64_t started, kept, rejected;
};
struct imports {
	struct msg finding;
	LIST_OF(struct import_list_row) rows;
	bool may_import;
};
struct import_new {
	LIST_OF(struct option) kinds;
	int64_t max_bytes;
	str max_text;
	LIST_OF(struct form_fault) faults;
};
struct map_column {
	int64_t index;
	str name, examples;
	LIST_OF(struct option) fields;
	bool is_guessed;
};
struct map_row {
	int64_t line;
	LIST_OF(str) cells;
	struct msg reason;
};
struct map_reject {
	struct msg reason;
	int64_t n;
	str lines;
};
/* Of the whole file of a draft. */
struct import_check {
	str state;     /* none, waiting, running, done, failed */
	bool is_going; /* waits or runs */
	struct msg finding;
	str width, error;
	double share;
	int64_t left, rows, kept, rejected, started, ended;
	LIST_OF(struct map_reject) rejects;
};
struct import_map {
	id id;
	str file;
	struct msg finding;
	struct import_check check;
	LIST_OF(struct option) kinds, consents, zones;
	struct input source;
	LIST_OF(struct map_column) columns;
	LIST_OF(str) heads;
	LIST_OF(struct map_row) sample;
	LIST_OF(struct msg) missing;
	bool may_start;
	LIST_OF(struct form_fault) faults;
};
struct import_page {
	id id;
	str file;
	int as, state;
	bool is_going; /* waits or runs */
	struct msg finding;
	str width;
	double share;
	int64_t kept, duplicates, rejected;
	LIST_OF(struct map_reject) rejects;
	str rejects_file, source, source_address, person;
	int64_t started, ended;
	str undo, customers;
};
extern const struct desc IMPORTS_DESC, IMPORT_NEW_DESC, IMPORT_MAP_DESC, IMPORT_DESC;

/* ---- of a draft ---- */
enum err import_choices_of(struct op *op, const struct import_stored *s, struct import_choices *out) NODISCARD;
/* How its file is opened with these choices. */
struct import_wish import_wish_of(struct app *app, const struct import_choices *choices);
/* Its page but the check: mapping, first rows, what is missing. ERR_GONE, and those of import_open. */
enum err import_draft_fill(struct op *op, const struct import_stored *s, const struct import_choices *choices, struct import_map *page) NODISCARD;
/* Begins the check of its file anew, as it is chosen now; what an earlier one found is dropped. */
enum err import_check_begin(struct op *op, const struct import_stored *s) NODISCARD;
enum err import_check_forget(struct op *op, const struct import_stored *s) NODISCARD;
enum err import_check_fill(struct op *op, const struct import_stored *s, struct import_check *out) NODISCARD;

/* ---- its file ---- */
str import_folder(struct op *op, id import);      /* DIR/imports/imp_… */
str import_upload_path(struct op *op, id import); /* the file in it */
/* Makes the uploaded file at path the import's own, durable; undone when op fails. ERR_IO, ERR_FULL. */
enum err import_upload_keep(struct op *op, id import, const char *path) NODISCARD;
void import_folder_drop(struct op *op, id import); /* after the commit */

/* ---- reasons ---- */
str import_reasons_json(struct arena *a, const struct import_counts *c);
struct map_reject *import_reasons_shown(struct op *op, str json, size_t *n);

/* Tells open pages that the import has changed. */
void import_publish(struct op *op, id import);

enum err import_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_new_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_mapping_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_start_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_undo_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_discard_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err import_rejects_get(struct op *op, struct web *w, struct answer *a) NODISCARD;

/* Jobs; payload {"import":"imp_…"}, of a check with its "version" too. */
enum err import_check_job(struct op *op, id job, str payload) NODISCARD;
enum err import_run_job(struct op *op, id job, str payload) NODISCARD;
enum err import_undo_job(struct op *op, id job, str payload) NODISCARD;
#endif
