/* Any bytes as a file, gzip and encodings included: every row is valid UTF-8 of the header's width, and the end is reached. */
#include "collect/csv.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "collect/input.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csv *c;
	struct csv_row row;
	struct fault f = {0};
	const char *reason;
	enum csv_result result;
	int64_t line = 0;
	struct csv_options o = {.max_cell_bytes = 200, .max_row_bytes = 1000, .max_columns = 20};
	struct input *in = input_of_text((str){(const char *)data, n});
	if (csv_open(&c, in, &o, &f) == OK) {
		while ((result = csv_next(c, &row, &reason, &f)) == CSV_ROW || result == CSV_BAD_ROW) {
			if (row.line <= line) abort();
			line = row.line;
			if (result == CSV_ROW && row.n != csv_header(c)->n) abort();
			for (size_t i = 0; result == CSV_ROW && i < row.n; i++)
				if (!utf8_is_valid(row.cells[i])) abort();
		}
		csv_free(c);
	}
	input_free(in);
	return 0;
}
