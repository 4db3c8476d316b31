/* routes.h: the table of routes: tables/routes.def with its handlers and descriptors. */
#ifndef ROUTES_H
#define ROUTES_H
#include "http/web.h"

enum {
#define ROUTE(method, pattern, handler, permission, page, answer, input, doc) ROUTE_AT_##handler,
#include "routes.def"
#undef ROUTE
	ROUTE_COUNT
};
extern const struct web_route ROUTES[];
#endif
