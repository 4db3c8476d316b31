/* openapi.h: the API described from the table of routes, so that it cannot fall behind it. */
#ifndef OPENAPI_H
#define OPENAPI_H
#include "base/buf.h"

void openapi_write(struct buf *out);
/* "GET /customers/{id}" for each route of the table, then "other" and "receive": labels of /metrics. */
const char *const *openapi_route_names(void);
#endif
