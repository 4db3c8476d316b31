/* The server as a client sees it, over real sockets. */
#include "http_test.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static struct http_server *server;
static _Atomic int handled;

static bool is_quick(void *arg, str method, str path, size_t *max_body)
{
	(void)arg;
	(void)method;
	if (str_starts(path, S("/small"))) *max_body = 100;
	return str_starts(path, S("/quick"));
}

static void *answer_later(void *arg)
{
	struct http_request *rq = arg;
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	http_reply(rq, 200, S("text/plain"), http_body(rq));
	return NULL;
}

static void answer_form(struct http_request *rq)
{
	const struct form_field *f;
	const struct http_file *files;
	size_t n, n_files = http_files(rq, &files);
	struct arena *a = http_arena(rq);
	if (!http_form(rq, &f, &n)) {
		http_reply(rq, 415, S("text/plain"), S("no form"));
		return;
	}
	str out = S("");
	for (size_t i = 0; i < n; i++) out = str_fmt(a, "%.*s[%.*s=%.*s]", STR_ARG(out), STR_ARG(f[i].name), STR_ARG(f[i].value));
	for (size_t i = 0; i < n_files; i++)
		out = str_fmt(a, "%.*s{%.*s|%.*s|%.*s|%.*s}", STR_ARG(out), STR_ARG(files[i].name), STR_ARG(files[i].file_name), STR_ARG(files[i].content_type), STR_ARG(files[i].bytes));
	http_reply(rq, 200, S("text/plain"), out);
}

static void handle(void *arg, struct http_request *rq)
{
	(void)arg;
	handled++;
	str path = http_path(rq);
	struct arena *a = http_arena(rq);
	if (str_starts(path, S("/quick/later"))) {
		pthread_t t;
		assert_ok(pthread_create(&t, NULL, answer_later, rq));
		pthread_detach(t);
	} else if (str_ends(path, S("/echo"))) {
		http_reply(rq, 200, S("text/plain"), http_body(rq));
	} else if (str_eq(path, S("/form"))) {
		answer_form(rq);
	} else if (str_eq(path, S("/page"))) {
		char *big = arena_alloc(a, 20000);
		memset(big, 'x', 20000);
		http_reply(rq, 200, S("text/html; charset=utf-8"), (str){big, 20000});
	} else if (str_eq(path, S("/cookie"))) {
		http_set_cookie(rq, "s", S("v1"), 60, true);
		http_set_cookie(rq, "t", S("v2"), 60, false);
		http_reply(rq, 200, S("text/plain"), http_cookie(rq, "session"));
	} else if (str_eq(path, S("/query"))) {
		http_reply(rq, 200, S("text/plain"), str_fmt(a, "%.*s|%d|%d", STR_ARG(http_query(rq, "q")), (int)http_query(rq, "e").n, str_given(http_query(rq, "none"))));
	} else if (str_eq(path, S("/slow"))) {
		nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
		http_reply(rq, 200, S("text/plain"), S("slow"));
	} else if (str_eq(path, S("/live"))) {
		http_reply_stream(rq, &(str){"topic", 5}, 1);
	} else if (str_eq(path, S("/who"))) {
		http_reply(rq, 200, S("text/plain"), str_fmt(a, "%.*s %d", STR_ARG(http_peer(rq)), http_is_local(rq)));
	} else {
		http_reply(rq, 404, S("text/plain"), path);
	}
}

static struct http_options options(void)
{
	return (struct http_options){.listen = S("127.0.0.1:0"), .io_threads = 2, .workers = 2, .max_body = 100000, .max_header = 4096,
	                             .idle_timeout_s = 1, .body_timeout_s = 1, .max_connections = 200, .is_quick = is_quick, .handle = handle};
}

static int start(void **state)
{
	(void)state;
	struct http_options o = options();
	struct fault f = {0};
	assert_ok(http_start(&server, &o, &f));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	http_stop(server, 1000);
	arena_release(&test_arena);
	return 0;
}

static void quick_and_worker_requests_are_answered(void **state)
{
	(void)state;
	str a = test_ask(server, S("POST /quick/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
	assert_int_equal(test_status(a), 200);
	assert_str_equal(test_body_of(a), S("hello"));
	assert_true(str_contains(a, S("Content-Security-Policy: default-src 'none'")));
	a = test_ask(server, S("POST /work/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
	assert_str_equal(test_body_of(a), S("hello"));
	a = test_ask(server, S("POST /quick/later HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater"));
	assert_str_equal(test_body_of(a), S("later"));
}

static void queries_cookies_and_forms_are_decoded(void **state)
{
	(void)state;
	str a = test_ask(server, S("GET /query?q=a%20b+c%26&e= HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
	assert_str_equal(test_body_of(a), S("a b c&|0|0"));
	a = test_ask(server, S("GET /cookie HTTP/1.1\r\nHost: x\r\nCookie: a=b; session=abc\r\nConnection: close\r\n\r\n"));
	assert_str_equal(test_body_of(a), S("abc"));
	assert_true(str_contains(a, S("Set-Cookie: s=v1; Path=/; Max-Age=60; SameSite=Lax; HttpOnly\r\n")));
	assert_true(str_contains(a, S("Set-Cookie: t=v2; Path=/; Max-Age=60; SameSite=Lax\r\n")));
	a = test_ask(server, S("POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\nConnection: close\r\n\r\na=1&b=%C3%A9+%g"));
	assert_str_equal(test_body_of(a), S("[a=1][b=\xc3\xa9 %g]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(quick_and_worker_requests_are_answered, start, stop),
	        cmocka_unit_test_setup_teardown(queries_cookies_and_forms_are_decoded, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
