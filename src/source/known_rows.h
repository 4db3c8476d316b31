/* known_rows.h: which orders of a source are stored, and which rows of files their lines came from. */
#ifndef SOURCE_KNOWN_ROWS_H
#define SOURCE_KNOWN_ROWS_H
#include "op/op.h"

struct known_rows;
/* Of everything that is durable now: waits until it is derived. */
enum err known_rows_read(struct app *app, uint16_t source, struct known_rows **out, struct fault *f) NODISCARD;
void known_rows_free(struct known_rows *k);
bool known_rows_has_order(const struct known_rows *k, str number);
bool known_rows_has_row(const struct known_rows *k, uint64_t row_id);
#endif
