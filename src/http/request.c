/* request.c: what a handler reads of a request. Headers and cookies are the library's; query, form and files are decoded
 * at the first question and then kept in the request's arena. */
#include <string.h>

#include "http/internal.h"

struct arena *http_arena(struct http_request *rq)
{
	return &rq->arena;
}

str http_method(const struct http_request *rq)
{
	return rq->method;
}

str http_path(const struct http_request *rq)
{
	return rq->path;
}

str http_raw_path(const struct http_request *rq)
{
	return rq->raw_path;
}

static str lookup(const struct http_request *rq, enum MHD_ValueKind kind, const char *name)
{
	const char *value = NULL;
	size_t n = 0;
	if (!rq->connection) return STR_NONE; /* nobody sent it */
	if (MHD_lookup_connection_value_n(rq->connection, kind, name, strlen(name), &value, &n) != MHD_YES) return STR_NONE;
	return (str){value ? value : "", n};
}

str http_header(const struct http_request *rq, const char *name)
{
	return lookup(rq, MHD_HEADER_KIND, name);
}

str http_cookie(struct http_request *rq, const char *name)
{
	return lookup(rq, MHD_COOKIE_KIND, name);
}

str http_query_string(const struct http_request *rq)
{
	return rq->query_string;
}

size_t http_query_fields(struct http_request *rq, const struct form_field **out)
{
	if (!rq->has_query) {
		rq->has_query = true;
		(void)http__form_urlencoded(&rq->arena, rq->query_string, &rq->query);
	}
	*out = rq->query.fields.v;
	return rq->query.fields.n;
}

str http_query(struct http_request *rq, const char *name)
{
	const struct form_field *f;
	size_t n = http_query_fields(rq, &f);
	for (size_t i = 0; i < n; i++)
		if (str_eq(f[i].name, str_of(name))) return f[i].value;
	return STR_NONE;
}

str http_body(const struct http_request *rq)
{
	return rq->body;
}

static void read_form(struct http_request *rq)
{
	if (rq->has_form) return;
	rq->has_form = true;
	str type = http_header(rq, "Content-Type"), rest = type;
	str name = str_trim(str_cut(&rest, ';'));
	if (str_eq_nocase(name, S("application/x-www-form-urlencoded"))) rq->form_ok = http__form_urlencoded(&rq->arena, rq->body, &rq->form);
	else if (str_eq_nocase(name, S("multipart/form-data"))) rq->form_ok = http__form_multipart(&rq->arena, type, rq->body, &rq->form);
}

bool http_form(struct http_request *rq, const struct form_field **out, size_t *n)
{
	read_form(rq);
	*out = rq->form_ok ? rq->form.fields.v : NULL;
	*n = rq->form_ok ? rq->form.fields.n : 0;
	return rq->form_ok;
}

size_t http_files(struct http_request *rq, const struct http_file **out)
{
	read_form(rq);
	*out = rq->form_ok ? rq->form.files.v : NULL;
	return rq->form_ok ? rq->form.files.n : 0;
}

str http_peer(struct http_request *rq)
{
	str forwarded = rq->from->is_loopback ? http_header(rq, "X-Forwarded-For") : STR_NONE;
	str last = STR_NONE;
	while (str_given(forwarded)) last = str_trim(str_cut(&forwarded, ','));
	return last.n && last.n < INET6_ADDRSTRLEN ? last : str_of(rq->from->peer);
}

bool http_is_local(const struct http_request *rq)
{
	return rq->from->is_loopback && !str_given(http_header(rq, "X-Forwarded-For")) && !str_given(http_header(rq, "Forwarded"));
}

bool http_is_secure(const struct http_request *rq)
{
	return rq->server->is_tls || (rq->from->is_loopback && str_eq_nocase(http_header(rq, "X-Forwarded-Proto"), S("https")));
}

const atomic_bool *http_client_gone(const struct http_request *rq)
{
	return &rq->from->is_gone;
}

int64_t http_started_us(const struct http_request *rq)
{
	return rq->started_us;
}

void *http_slot(const struct http_request *rq)
{
	return rq->slot;
}

void http_set_slot(struct http_request *rq, void *p)
{
	rq->slot = p;
}
