/* What a file is, is told from its beginning: a JSON object in its first line means Segment's lines, a tag XES, all else is CSV, whose
 * kind and columns are guessed from the header and the first rows. Those rows are kept and handed out again first, so that
 * a pipe can be imported as well as a file. */
#include "source/import_file.h"

#include <string.h>

#include "collect/xes.h"
#include "i18n/zone.h"

const char *const IMPORT_AS[] = {"segment", "orders", "events", "customers", "responses", "xes", NULL};
enum { LINE_BYTES = 1 << 20 };

bool import_as_find(str name, enum import_as *out)
{
	for (int i = 0; IMPORT_AS[i]; i++)
		if (str_eq(name, str_of(IMPORT_AS[i]))) return *out = (enum import_as)i, true;
	return false;
}

bool import_as_is_free(enum import_as as)
{
	return as == IMPORT_AS_SEGMENT || as == IMPORT_AS_XES;
}

static enum import_as as_of_kind(enum file_kind kind)
{
	return (enum import_as)(kind + IMPORT_AS_ORDERS);
}

static enum file_kind kind_of_as(enum import_as as)
{
	return (enum file_kind)(as - IMPORT_AS_ORDERS);
}

void import_file__copy_row(struct arena *a, const struct csv_row *row, struct csv_row *out)
{
	size_t bytes = row->text.n;
	for (size_t i = 0; i < row->n; i++) bytes += row->cells[i].n;
	str *cells = ARENA_ARRAY(a, str, row->n + 1);
	char *to = arena_alloc(a, bytes + 1);
	*out = (struct csv_row){.cells = cells, .n = row->n, .line = row->line, .text = {to, row->text.n}};
	if (row->text.n) memcpy(to, row->text.p, row->text.n);
	to += row->text.n;
	for (size_t i = 0; i < row->n; i++) {
		cells[i] = (str){to, row->cells[i].n};
		if (row->cells[i].n) memcpy(to, row->cells[i].p, row->cells[i].n);
		to += row->cells[i].n;
	}
}

static enum err read_first(struct import_file *file, struct fault *f)
{
	struct csv_row row;
	while (file->n_first < IMPORT_FIRST_ROWS) {
		const char *reason = NULL;
		enum csv_result result = csv_next(file->csv, &row, &reason, f);
		if (result == CSV_FAILED) return f && f->err ? f->err : ERR_MALFORMED;
		if (result == CSV_END) return OK;
		import_file__copy_row(file->arena, &row, &file->first[file->n_first]);
		file->bad_first[file->n_first++] = result == CSV_BAD_ROW ? reason : NULL;
	}
	return OK;
}

/* Good rows alone tell what columns hold. */
static size_t good_rows(const struct import_file *file, struct csv_row *out)
{
	size_t n = 0;
	for (size_t i = 0; i < file->n_first; i++)
		if (!file->bad_first[i]) out[n++] = file->first[i];
	return n;
}

static enum err open_csv(struct import_file *file, const struct import_wish *wish, struct fault *f)
{
	struct csv_options o = {0};
	struct csv_row *good = ARENA_ARRAY(file->arena, struct csv_row, IMPORT_FIRST_ROWS);
	enum file_kind kind = FILE_KIND_COUNT;
	if (str_given(wish->map)) TRY(mapping_peek(file->arena, wish->map, &kind, &o.delimiter, f));
	TRY(csv_open(&file->csv, file->input, &o, f));
	TRY(read_first(file, f));
	if (wish->as != IMPORT_AS_GUESS) kind = kind_of_as(wish->as);
	if (kind == FILE_KIND_COUNT) kind = mapping_guess_kind(csv_header(file->csv));
	file->as = as_of_kind(kind);
	mapping_guess(file->arena, kind, csv_header(file->csv), good, good_rows(file, good), &file->mapping);
	if (wish->zone) file->mapping.zone = wish->zone;
	file->mapping.delimiter = csv_delimiter(file->csv);
	if (str_given(wish->map)) TRY(mapping_overlay(file->arena, wish->map, &file->mapping, f));
	file->mapping.kind = kind; /* what was asked for on the command line stands over the mapping's */
	return OK;
}

enum err import_open(struct import_file **out, struct arena *a, int fd, const struct import_wish *wish, struct fault *f)
{
	struct import_file *file = ARENA_NEW(a, struct import_file);
	file->arena = a;
	file->input = input_of_fd(fd);
	input_limit(file->input, wish->unpacked_bytes);
	char first = 0;
	enum err e = wish->as == IMPORT_AS_GUESS ? input_first(file->input, &first, f) : OK;
	file->as = first == '{' ? IMPORT_AS_SEGMENT : first == '<' ? IMPORT_AS_XES : wish->as;
	file->zone = wish->zone ? wish->zone : zone_utc();
	if (e == OK && file->as == IMPORT_AS_SEGMENT) file->lines = lines_new(file->input, LINE_BYTES);
	else if (e == OK && file->as == IMPORT_AS_XES) file->xes = xes_new(file->input, NULL);
	else if (e == OK) e = open_csv(file, wish, f);
	if (e != OK) {
		import_close(file);
		return e;
	}
	*out = file;
	return OK;
}

void import_close(struct import_file *file)
{
	if (!file) return;
	csv_free(file->csv);
	lines_free(file->lines);
	xes_free(file->xes);
	input_free(file->input);
	file->csv = NULL;
	file->lines = NULL;
	file->xes = NULL;
	file->input = NULL;
}

enum import_as import_file_as(const struct import_file *file)
{
	return file->as;
}

const struct mapping *import_file_mapping(const struct import_file *file)
{
	return file->csv ? &file->mapping : NULL;
}

const struct csv_row *import_file_first(const struct import_file *file, size_t *n)
{
	*n = file->n_first;
	return file->first;
}

uint64_t import_file_consumed(const struct import_file *file)
{
	return input_consumed(file->input);
}

enum csv_result import_file__next(struct import_file *file, struct csv_row *row, const char **reason, struct fault *f)
{
	if (file->next_first == file->n_first) return csv_next(file->csv, row, reason, f);
	*row = file->first[file->next_first];
	*reason = file->bad_first[file->next_first++];
	return *reason ? CSV_BAD_ROW : CSV_ROW;
}
