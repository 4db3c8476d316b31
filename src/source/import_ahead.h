/* import_ahead.h: a file read ahead. One thread takes it apart (lines in Segment's form: their JSON, too; CSV: its cells), while
 * the caller files what was read: in the order of the file, so that what is counted, rejected and kept is the same as with one. */
#ifndef SOURCE_IMPORT_AHEAD_H
#define SOURCE_IMPORT_AHEAD_H
#include "base/vec.h"
#include "collect/segment.h"
#include "source/import_file.h"

struct import_line {
	int64_t number;
	const char *reason; /* why the line was rejected whole; NULL: body was read */
	str text;           /* of a line that is too long: its beginning */
	struct segment_body body;
};
struct import_row {
	struct csv_row row;
	const char *reason; /* why it is a bad one, or NULL */
};
struct import_block {
	struct arena arena; /* of all texts */
	VEC(struct import_line) lines; /* or */
	VEC(struct import_row) rows;
	uint64_t consumed;  /* bytes of the file up to its end */
};
struct import_ahead;

struct import_ahead *import_ahead_start(struct import_file *file); /* NULL when no thread can be made */
/* The next block, valid until the next call; NULL at the end. Empty lines are left out. */
struct import_block *import_ahead_next(struct import_ahead *ahead);
/* Ends the thread, wherever it is. The fault of a file that could not be read to its end. */
enum err import_ahead_end(struct import_ahead *ahead, struct fault *f) NODISCARD;
#endif
