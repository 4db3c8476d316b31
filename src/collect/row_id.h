/* row_id.h: the id of a row of a file: a hash of source, kind, all cells, and how many equal rows came before it. So equal
 * lines stay, the same file changes nothing, and a longer version of it adds only what is new. Stable for good: it is stored. */
#ifndef COLLECT_ROW_ID_H
#define COLLECT_ROW_ID_H
#include "base/str.h"

struct csv_row;
struct row_id {
	uint64_t high, low;
};
struct row_ids;
struct row_ids *row_ids_new(str source, str kind);
void row_ids_free(struct row_ids *ids);
struct row_id row_ids_next(struct row_ids *ids, const struct csv_row *row); /* counts the row; ids NULL: 0, for nobody */
/* The id of something named, such as an order: a hash of source, kind and name. */
struct row_id row_id_named(str source, str kind, str name);
str row_id_show(struct arena *a, struct row_id id); /* 32 hexadecimal digits */
#endif
