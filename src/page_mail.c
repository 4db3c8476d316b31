/* A page is drawn for a mail by the very handler that answers a browser, as its reader and with their rights of this
 * moment, only into another frame. The rights are cut to reading: a mail has no forms, and lists of customers that a page
 * of figures shows beside them stay in the console. */
#include "page_mail.h"

#include "http/router.h"
#include "mail/reading.h"
#include "page.h"
#include "routes.h"

enum { PAGE_BYTES = 8 << 20 };

bool page_is_mailable(const struct web_route *route)
{
	bool is_of_figures = route->permission == PERM_READ_FIGURES || route->permission == PERM_READ_SOURCES;
	return is_of_figures && route->page && str_eq(str_of(route->method), S("GET"));
}

static const struct web_route *route_of(struct http_request *rq, struct router_match *m)
{
	struct router_row rows[ROUTE_COUNT];
	for (size_t i = 0; i < ROUTE_COUNT; i++) rows[i] = (struct router_row){ROUTES[i].method, ROUTES[i].pattern, (int)i};
	struct router *router = router_new(rows, ROUTE_COUNT);
	*m = router_find(router, http_arena(rq), http_method(rq), http_raw_path(rq));
	router_free(router);
	bool is_fit = m->outcome == ROUTER_FOUND && !m->is_json && page_is_mailable(&ROUTES[m->route]);
	return is_fit ? &ROUTES[m->route] : NULL;
}

static enum err draw(struct op *op, struct web *w, const struct web_route *route, str *html)
{
	struct answer answer = {0};
	struct buf out;
	TRY(route->handler(op, w, &answer));
	if (str_given(answer.location) || str_given(answer.text) || answer.file || !answer.desc)
		return fail(op, ERR_INVALID, "page", "is no page of its own");
	struct pages *pages = pages_new(S("mail/page"));
	buf_init(&out, PAGE_BYTES);
	enum err e = page_draw(pages, op, w, route, &answer, &out);
	*html = str_dup(&op->arena, buf_str(&out));
	buf_release(&out);
	pages_free(pages);
	return e;
}

static enum err read_page(struct op *op, str address, str *html)
{
	struct http_request *rq = http_alone_new(address);
	struct router_match match;
	const struct web_route *route = route_of(rq, &match);
	enum err e = route ? op_must(op, (enum permission)route->permission)
	                   : fail(op, ERR_INVALID, "page", "is no page that can be sent by mail");
	if (e == OK) {
		struct web w = {.rq = rq, .app = op->app, .path = http_path(rq), .match = &match, .csrf = S("")};
		uint64_t reading = UINT64_C(1) << PERM_READ_FIGURES | UINT64_C(1) << PERM_READ_SOURCES;
		op->permissions &= reading;
		op->route = route->pattern;
		e = draw(op, &w, route, html);
	}
	http_alone_free(rq);
	return e;
}

void page_mail_init(void)
{
	mail_set_reader(read_page);
}
