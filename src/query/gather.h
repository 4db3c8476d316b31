/* gather.h: rows of one part put behind the others of a line, filtered by their types on the way. */
#ifndef QUERY_GATHER_H
#define QUERY_GATHER_H
#include "query/inner.h"

enum { GATHER_SPILL = 8 }; /* places after the last row that may be written, too */

struct gather { /* rows `first` up to `end` of a part */
	const struct query_part *part;
	const uint8_t *wanted, *codes; /* by place in the part's table of types; by code, NULL: all */
	uint32_t part_number, first, end;
	const uint64_t *hits;          /* NULL, or from bit hits_first % 64 on: the rows to be looked at, and a word behind */
	size_t hits_first;
	bool are_hits_wanted;          /* rows that are marked need not be looked up in `wanted` */
	bool channel, rows;            /* fill these, too */
};
/* Returns the number of rows with those put behind the n that are there. */
uint32_t query__gather(const struct line_columns *to, uint32_t n, const struct gather *g);
#endif
