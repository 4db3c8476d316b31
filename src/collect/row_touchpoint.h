/* row_touchpoint.h: rows of a file → touchpoints in Segment's form. Events and customers: one a row, here; orders are
 * gathered first (orders_file.h) and use the same parts. */
#ifndef COLLECT_ROW_TOUCHPOINT_H
#define COLLECT_ROW_TOUCHPOINT_H
#include "collect/touchpoint.h"

struct arena;
struct csv_row;
struct json_writer;
struct mapping;
struct row_ids;

/* A row of a file of events → track, of customers → identify. NULL, or why the row is rejected: bad_event, bad_time,
 * no_identity (customers only: events without anyone are counted under nobody). Everything in *out lives in a. */
const char *row_touchpoint(struct arena *a, const struct mapping *m, struct row_ids *ids, const struct csv_row *row, struct touchpoint *out) NODISCARD;
/* The same without an id and the stored form (raw), which are most of the work: for a check. */
const char *row_touchpoint_look(struct arena *a, const struct mapping *m, const struct csv_row *row, struct touchpoint *out) NODISCARD;

/* The parts: who it was, which channel and place, what was agreed to (copied into a); and the members of the stored form
 * up to, and after, properties or traits. */
void row_touchpoint__who(struct arena *a, const struct mapping *m, const struct csv_row *row, struct touchpoint *t);
void row_touchpoint__begin(struct json_writer *w, const struct touchpoint *t);
void row_touchpoint__end(struct json_writer *w, const struct touchpoint *t);
void row_touchpoint__properties(struct json_writer *w, const struct mapping *m, const struct csv_row *row); /* columns that became properties */
void row_touchpoint__place(struct json_writer *w, const struct mapping *m, const struct csv_row *row, const struct touchpoint *t); /* currency, country, channel, location */
#endif
