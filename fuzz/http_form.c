/* Any bytes as a form, as a multipart body behind its content type, as a path: what comes out is valid and lies within. */
#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "http/internal.h"
#include "http/router.h"

static void check(const struct http__form *form, str body)
{
	for (size_t i = 0; i < form->fields.n; i++) assert(utf8_is_valid(form->fields.v[i].name) && utf8_is_valid(form->fields.v[i].value));
	for (size_t i = 0; i < form->files.n; i++) {
		assert(!form->files.v[i].bytes.n || str_contains(body, form->files.v[i].bytes));
		assert(!str_contains(form->files.v[i].file_name, S("/")) && !str_contains(form->files.v[i].file_name, S("\\")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct router_row rows[] = {{"GET", "/a/:b/c", 0}, {"GET", "/a/*rest", 1}, {"POST", "/", 2}};
	static struct router *router;
	if (!router) router = router_new(rows, COUNT_OF(rows));
	struct arena a;
	arena_init(&a);
	str body = str_dup(&a, (str){(const char *)data, n}); /* a piece of its own, so that overruns are seen */
	struct http__form plain = {0}, parts = {0};
	if (http__form_urlencoded(&a, body, &plain)) check(&plain, body);
	str rest = body, type = str_cut(&rest, '\n'); /* the first line is the content type */
	if (str_given(rest) && http__form_multipart(&a, type, rest, &parts)) check(&parts, rest);
	struct router_match m = router_find(router, &a, S("GET"), body);
	for (size_t i = 0; i < m.n; i++) {
		str value = m.parameters[i].value;
		assert(utf8_is_valid(value) && !str_eq(value, S("..")) && (!value.n || !memchr(value.p, 0, value.n)));
	}
	arena_release(&a);
	return 0;
}
