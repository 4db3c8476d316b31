/* csv.h: RFC 4180 and what people really export: another delimiter, line ends of any kind, a byte order mark, windows-1252
 * where a row is no UTF-8, quotes inside unquoted cells. The first row is the header.
 *
 * Invariant: one bad row costs only itself; reading goes on with the next line. */
#ifndef COLLECT_CSV_H
#define COLLECT_CSV_H
#include "base/err.h"
#include "base/str.h"

struct input;
struct csv;

struct csv_options {
	char delimiter;         /* 0: told from the first rows, out of , ; tab and | */
	size_t max_cell_bytes;  /* 0: 64 KiB */
	size_t max_row_bytes;   /* 0: 1 MiB */
	size_t max_columns;     /* 0: 512 */
};
struct csv_row {
	const str *cells; /* valid UTF-8; valid until the next call */
	size_t n;
	int64_t line;     /* where it begins, counted from 1 */
	str text;         /* the row as it stands in the file, without its line end, to be shown when it is rejected; may be no UTF-8 */
};
enum csv_result {
	CSV_ROW,
	CSV_BAD_ROW, /* reason: ragged, cell_too_long, row_too_long, too_many_columns, open_quote, text_after_quote, nul_byte */
	CSV_END,
	CSV_FAILED,  /* the file cannot be read on: f says why */
};

/* Reads the header. Borrows in. ERR_MALFORMED when there is none, ERR_IO. */
enum err csv_open(struct csv **out, struct input *in, const struct csv_options *o, struct fault *f) NODISCARD;
void csv_free(struct csv *c);
const struct csv_row *csv_header(const struct csv *c); /* cells trimmed; lives as long as c */
char csv_delimiter(const struct csv *c);
/* A blank line is no row. A row of another number of cells than the header is a bad one, except that empty cells
 * too many at the end are dropped. */
enum csv_result csv_next(struct csv *c, struct csv_row *out, const char **reason, struct fault *f);
#endif
