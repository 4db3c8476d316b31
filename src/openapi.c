#include "openapi.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "http/router.h"
#include "json/json.h"
#include "routes.h"

enum { NAME_BYTES = 160 };

/* "/customers/:id" → "/customers/{id}" */
static void braced(const char *pattern, char *out, size_t room)
{
	size_t n = 0;
	bool inside = false;
	for (const char *p = pattern;; p++) {
		bool ends = *p == '/' || *p == 0;
		if (inside && ends && n + 2 < room) {
			out[n++] = '}';
			inside = false;
		}
		if (*p == 0) break;
		if ((*p == ':' || *p == '*') && p > pattern && p[-1] == '/') {
			out[n++] = '{';
			inside = true;
			continue;
		}
		if (n + 2 < room) out[n++] = *p;
	}
	out[n] = 0;
}

static char names[ROUTE_COUNT + 2][NAME_BYTES];
static const char *pointers[ROUTE_COUNT + 2];

static void fill(void)
{
	for (size_t i = 0; i < ROUTE_COUNT; i++) {
		int n = snprintf(names[i], NAME_BYTES, "%s ", ROUTES[i].method);
		braced(ROUTES[i].pattern, names[i] + n, NAME_BYTES - (size_t)n);
		pointers[i] = names[i];
	}
	pointers[ROUTE_COUNT] = "other";
	pointers[ROUTE_COUNT + 1] = "receive";
}

const char *const *openapi_route_names(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, fill);
	return pointers;
}

static void put_str(struct json_writer *w, str key, str value)
{
	json_key(w, key);
	json_put_str(w, value);
}

static void put_content(struct json_writer *w, str type, const struct desc *d, bool is_input)
{
	json_key(w, S("content"));
	json_begin_object(w);
	json_key(w, type);
	json_begin_object(w);
	json_key(w, S("schema"));
	json_put_schema(w, d, is_input);
	json_end_object(w);
	json_end_object(w);
}

static void put_parameters(struct json_writer *w, const char *path)
{
	json_key(w, S("parameters"));
	json_begin_array(w);
	for (const char *p = strchr(path, '{'); p; p = strchr(p + 1, '{')) {
		const char *end = strchr(p, '}');
		json_begin_object(w);
		put_str(w, S("name"), (str){p + 1, (size_t)(end - p - 1)});
		put_str(w, S("in"), S("path"));
		json_key(w, S("required"));
		json_put_bool(w, true);
		json_key(w, S("schema"));
		json_put_raw(w, S("{\"type\":\"string\"}"));
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_operation(struct json_writer *w, const struct web_route *r, const char *path)
{
	char method[8] = {0};
	for (size_t i = 0; r->method[i] && i + 1 < sizeof method; i++) method[i] = (char)(r->method[i] | 32);
	json_key(w, str_of(method));
	json_begin_object(w);
	put_str(w, S("summary"), str_of(r->doc));
	put_parameters(w, path);
	if (r->input) {
		json_key(w, S("requestBody"));
		json_begin_object(w);
		put_content(w, S("application/json"), r->input, true);
		json_end_object(w);
	}
	json_key(w, S("responses"));
	json_begin_object(w);
	json_key(w, r->answer ? S("200") : S("204"));
	json_begin_object(w);
	put_str(w, S("description"), S("Done"));
	if (r->answer) put_content(w, S("application/json"), r->answer, false);
	json_end_object(w);
	json_key(w, S("default"));
	json_put_raw(w, S("{\"description\":\"A problem (RFC 9457)\",\"content\":{\"application/problem+json\":{\"schema\":{\"type\":\"object\"}}}}"));
	json_end_object(w);
	if (r->permission == WEB_ANYBODY) {
		json_key(w, S("security"));
		json_put_raw(w, S("[]"));
	}
	json_end_object(w);
}

static void put_paths(struct json_writer *w)
{
	bool done[ROUTE_COUNT] = {false};
	openapi_route_names();
	for (size_t i = 0; i < ROUTE_COUNT; i++) {
		if (done[i]) continue;
		const char *path = strchr(names[i], ' ') + 1;
		json_key(w, str_of(path));
		json_begin_object(w);
		for (size_t k = i; k < ROUTE_COUNT; k++) {
			if (done[k] || strcmp(strchr(names[k], ' ') + 1, path) != 0) continue;
			put_operation(w, &ROUTES[k], path);
			done[k] = true;
		}
		json_end_object(w);
	}
}

void openapi_write(struct buf *out)
{
	struct json_writer w = {.out = out};
	json_begin_object(&w);
	put_str(&w, S("openapi"), S("3.1.0"));
	json_key(&w, S("info"));
	json_begin_object(&w);
	put_str(&w, S("title"), S("Hospes"));
	put_str(&w, S("version"), S(HOSPES_VERSION));
	put_str(&w, S("description"), S("Every page has its JSON at the same address: send Accept: application/json and a secret key. Touchpoints go to /v1 as the Segment HTTP tracking API has it, with a write key."));
	json_end_object(&w);
	json_key(&w, S("components"));
	json_put_raw(&w, S("{\"securitySchemes\":{\"secret_key\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}"));
	json_key(&w, S("security"));
	json_put_raw(&w, S("[{\"secret_key\":[]}]"));
	json_key(&w, S("paths"));
	json_begin_object(&w);
	put_paths(&w);
	json_end_object(&w);
	json_end_object(&w);
	buf_byte(out, '\n');
}
