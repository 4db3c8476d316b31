/* import_file.h: an opened file, for the files of the import alone. */
#ifndef SOURCE_IMPORT_FILE_H
#define SOURCE_IMPORT_FILE_H
#include "collect/input.h"
#include "source/import.h"

struct import_file {
	struct arena *arena;
	struct input *input;
	struct csv *csv;     /* or */
	struct lines *lines; /* of Segment's form, or */
	struct xes *xes;     /* an event log */
	const struct zone *zone; /* of its times that carry none */
	enum import_as as;
	struct mapping mapping;
	struct csv_row first[IMPORT_FIRST_ROWS];
	const char *bad_first[IMPORT_FIRST_ROWS]; /* why, or NULL */
	size_t n_first, next_first;
};
/* The next row, the kept first ones first; as csv_next. */
enum csv_result import_file__next(struct import_file *file, struct csv_row *row, const char **reason, struct fault *f);
/* Text and cells in one piece of a. */
void import_file__copy_row(struct arena *a, const struct csv_row *row, struct csv_row *out);
#endif
