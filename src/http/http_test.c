/* The server as a client sees it, over real sockets. */
#include "http_test.h"

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static struct http_server *server;
static _Atomic int handled, gate_is_open, left;

static enum err choose_way(void *arg, struct http_request *rq, struct http_way *way)
{
	(void)arg;
	str path = http_path(rq);
	if (str_starts(path, S("/small"))) way->max_body = 100;
	way->is_quick = str_starts(path, S("/quick"));
	return OK;
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
	} else if (str_eq(path, S("/gate"))) {
		while (!gate_is_open) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		http_reply(rq, 200, S("text/plain"), S("open"));
	} else if (str_eq(path, S("/long"))) {
		const atomic_bool *gone = http_client_gone(rq);
		for (int i = 0; i < 500 && !atomic_load(gone); i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		left += atomic_load(gone);
		http_reply(rq, 200, S("text/plain"), S("long"));
	} else if (str_starts(path, S("/live"))) {
		while (str_eq(path, S("/live/late")) && !gate_is_open) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		uint64_t after = 0;
		(void)str_u64(http_query(rq, "after"), &after);
		http_reply_stream(rq, &(str){"topic", 5}, 1, after);
	} else if (str_eq(path, S("/who"))) {
		http_reply(rq, 200, S("text/plain"), str_fmt(a, "%.*s %d", STR_ARG(http_peer(rq)), http_is_local(rq)));
	} else {
		http_reply(rq, 404, S("text/plain"), path);
	}
}

static struct http_options options(void)
{
	return (struct http_options){.listen = S("127.0.0.1:0"), .io_threads = 2, .workers = 2, .max_body = 100000, .max_header = 4096,
	                             .idle_timeout_s = 1, .body_timeout_s = 1, .max_connections = 600, .way = choose_way, .handle = handle};
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

/* ---- helpers of the tests below ---- */

static str post(const char *path, const char *more, str body)
{
	str head = str_fmt(&test_arena, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", path, body.n, more);
	return str_join(&test_arena, (str[]){head, body}, 2, S(""));
}

static str get(const char *path, const char *more)
{
	return str_fmt(&test_arena, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, more);
}

static str filled(size_t n)
{
	char *p = arena_alloc(&test_arena, n + 1);
	memset(p, 'a', n);
	return (str){p, n};
}

static str packed(str plain, int window_bits)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)plain.p, .avail_in = (uInt)plain.n};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = deflateBound(&z, plain.n);
	z.next_out = arena_alloc(&test_arena, room);
	str out = {(char *)z.next_out, 0};
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out.n = z.total_out;
	deflateEnd(&z);
	return out;
}

static void bodies_have_a_limit(void **state)
{
	(void)state;
	str a = test_ask(server, post("/work/echo", "", filled(100000)));
	assert_int_equal(test_status(a), 200);
	assert_int_equal(test_body_of(a).n, 100000);
	int before = handled;
	a = test_ask(server, post("/work/echo", "", filled(100001)));
	assert_int_equal(test_status(a), 413);
	assert_true(str_contains(a, S("/problems/too-large")));
	assert_int_equal(test_status(test_ask(server, post("/small", "", filled(101)))), 413);
	assert_int_equal(test_status(test_ask(server, S("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"))), 413);
	str chunk = str_fmt(&test_arena, "%x\r\n%.*s\r\n0\r\n\r\n", 100001, STR_ARG(filled(100001)));
	str head = S("POST /quick/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
	a = test_ask(server, str_join(&test_arena, (str[]){head, chunk}, 2, S("")));
	assert_int_equal(test_status(a), 413);
	assert_int_equal(handled, before);
}

static void chunked_bodies_and_expectations_are_fine(void **state)
{
	(void)state;
	str a = test_ask(server, S("POST /quick/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"));
	assert_str_equal(test_body_of(a), S("hello!"));
	int fd = test_connect(server);
	test_send(fd, S("POST /work/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
	assert_true(str_starts(test_read_until(fd, S("\r\n\r\n")), S("HTTP/1.1 100 ")));
	test_send(fd, S("ok"));
	assert_str_equal(test_body_of(test_read(fd)), S("ok"));
	close(fd);
}

static void packed_bodies_are_undone_within_the_limit(void **state)
{
	(void)state;
	str plain = filled(100000), gz = packed(plain, 31), bomb = packed(filled(5000000), 31);
	const char *const ways[] = {"/quick/echo", "/work/echo"};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(test_body_of(test_ask(server, post(ways[i], "Content-Encoding: gzip\r\n", gz))).n, 100000);
		assert_int_equal(test_body_of(test_ask(server, post(ways[i], "", gz))).n, 100000); /* by its magic bytes */
		assert_int_equal(test_body_of(test_ask(server, post(ways[i], "Content-Encoding: deflate\r\n", packed(plain, 15)))).n, 100000);
		assert_int_equal(test_body_of(test_ask(server, post(ways[i], "Content-Encoding: deflate\r\n", packed(plain, -15)))).n, 100000);
		assert_int_equal(test_status(test_ask(server, post(ways[i], "Content-Encoding: gzip\r\n", bomb))), 413);
		assert_int_equal(test_status(test_ask(server, post(ways[i], "Content-Encoding: gzip\r\n", str_sub(gz, 0, gz.n - 9)))), 400);
		assert_int_equal(test_status(test_ask(server, post(ways[i], "Content-Encoding: gzip\r\n", S("hello")))), 400);
		assert_int_equal(test_status(test_ask(server, post(ways[i], "Content-Encoding: br\r\n", S("hello")))), 415);
	}
	str same = post("/quick/echo", "Content-Type: application/gzip\r\n", gz); /* a file that is meant to be gzip */
	assert_str_equal(test_body_of(test_ask(server, same)), gz);
	str head = S("POST /quick/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
	str chunk = str_fmt(&test_arena, "%zx\r\n", bomb.n);
	str all = str_join(&test_arena, (str[]){head, chunk, bomb, S("\r\n0\r\n\r\n")}, 4, S(""));
	assert_int_equal(test_status(test_ask(server, all)), 413);
}

static void multipart_forms_carry_files(void **state)
{
	(void)state;
	str body = S("preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n--B\r\n"
	             "content-disposition: form-data; name=\"f\"; filename=\"C:\\x\\y%22.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n\r\n--B\r\n"
	             "Content-Disposition: form-data; name=\"e\"\r\n\r\n\r\n--B--\r\n");
	str a = test_ask(server, post("/form", "Content-Type: multipart/form-data; boundary=\"B\"\r\n", body));
	assert_str_equal(test_body_of(a), S("[a=one\r\ntwo][e=]{f|y\".csv|text/csv|a,b\r\n}"));
	for (size_t n = 0; n < body.n - 4; n += 7) {
		a = test_ask(server, post("/form", "Content-Type: multipart/form-data; boundary=B\r\n", str_sub(body, 0, n)));
		assert_int_equal(test_status(a), 415);
	}
	assert_int_equal(test_status(test_ask(server, post("/form", "Content-Type: text/plain\r\n", S("a=1")))), 415);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	(void)state;
	str a = test_ask(server, S("POST /quick/later HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\noneGET /query?q=two HTTP/1.1\r\nHost: x\r\n\r\n"
	                           "POST /work/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nthree"));
	size_t one = 0, two = 0, three = 0;
	for (size_t i = 0; i < a.n; i++) {
		if (str_starts(str_sub(a, i, 20), S("\r\none"))) one = i;
		if (str_starts(str_sub(a, i, 20), S("\r\ntwo|"))) two = i;
		if (str_starts(str_sub(a, i, 20), S("\r\nthree"))) three = i;
	}
	assert_true(one && one < two && two < three);
}

static void large_answers_are_packed_for_those_who_take_it(void **state)
{
	(void)state;
	str a = test_ask(server, get("/page", "Accept-Encoding: gzip, deflate, br\r\n"));
	assert_true(str_contains(a, S("Content-Encoding: br\r\n")) && str_contains(a, S("Vary: Accept-Encoding\r\n")));
	assert_true(test_body_of(a).n < 1000);
	a = test_ask(server, get("/page", "Accept-Encoding: gzip;q=0.5, br;q=0\r\n"));
	assert_true(str_contains(a, S("Content-Encoding: gzip\r\n")));
	a = test_ask(server, get("/page", ""));
	assert_false(str_contains(a, S("Content-Encoding")));
	assert_true(str_contains(a, S("Vary: Accept-Encoding\r\n")));
	assert_int_equal(test_body_of(a).n, 20000);
	a = test_ask(server, S("HEAD /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
	assert_true(str_contains(a, S("Content-Length: 20000\r\n")));
	assert_int_equal(test_body_of(a).n, 0);
}

static void a_proxy_on_the_loopback_is_believed(void **state)
{
	(void)state;
	assert_str_equal(test_body_of(test_ask(server, get("/who", ""))), S("127.0.0.1 1"));
	assert_str_equal(test_body_of(test_ask(server, get("/who", "X-Forwarded-For: 8.8.8.8, 192.0.2.7\r\n"))), S("192.0.2.7 0"));
	str a = test_ask(server, get("/cookie", "X-Forwarded-Proto: https\r\n"));
	assert_true(str_contains(a, S("; Secure\r\n")));
}

static void malformed_requests_are_refused(void **state)
{
	(void)state;
	assert_int_equal(test_status(test_ask(server, get("/a%00b", ""))), 400);
	assert_int_equal(test_status(test_ask(server, get("/a%ff", ""))), 400);
	assert_int_equal(test_status(test_ask(server, get("/a%2", ""))), 400);
	assert_int_equal(test_status(test_ask(server, S("GET /query HTTP/1.1\r\nConnection: close\r\n\r\n"))), 400); /* no Host */
	str long_header = str_fmt(&test_arena, "X-A: %.*s\r\n", STR_ARG(filled(20000)));
	assert_int_equal(test_status(test_ask(server, get("/query", long_header.p))), 431);
	assert_str_equal(test_body_of(test_ask(server, S("GET http://x/query?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))), S("1|0|0"));
}

static void slow_senders_are_cut_off(void **state)
{
	(void)state;
	int head = test_connect(server), body = test_connect(server);
	test_send(head, S("GET /query HTTP/1.1\r\n"));
	test_send(body, S("POST /quick/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"));
	bool head_ended = false, body_ended = false;
	for (int i = 0; i < 60 && !(head_ended && body_ended); i++) { /* a byte every 100 ms is never silent for a second */
		char c;
		head_ended = head_ended || send(head, "x", 1, MSG_NOSIGNAL) < 0 || recv(head, &c, 1, MSG_DONTWAIT) == 0;
		body_ended = body_ended || send(body, "x", 1, MSG_NOSIGNAL) < 0 || recv(body, &c, 1, MSG_DONTWAIT) == 0;
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	assert_true(head_ended && body_ended);
	close(head);
	close(body);
}

static void full_queues_answer_503(void **state)
{
	(void)state;
	enum { N = 180 }; /* two run, 128 wait, the others are refused at once */
	int fds[N], refused = 0, served = 0;
	gate_is_open = 0;
	for (int i = 0; i < N; i++) {
		fds[i] = test_connect(server);
		test_send(fds[i], get("/gate", ""));
	}
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	for (int i = 0; i < N; i++) {
		char line[4096];
		ssize_t n = recv(fds[i], line, sizeof line, MSG_DONTWAIT);
		if (n > 0 && test_status((str){line, (size_t)n}) == 503) refused += str_contains((str){line, (size_t)n}, S("Retry-After: 2"));
	}
	gate_is_open = 1;
	for (int i = 0; i < N; i++) {
		served += test_status(test_read(fds[i])) == 200;
		close(fds[i]);
	}
	assert_int_equal(refused, N - 130);
	assert_int_equal(served, 130);
}

static void live_pages_get_what_is_published(void **state)
{
	(void)state;
	int one = test_connect(server), two = test_connect(server);
	test_send(one, get("/live", ""));
	test_send(two, get("/live", "Last-Event-ID: 1\r\n"));
	assert_true(str_contains(test_read_until(one, S("retry: ")), S("Content-Type: text/event-stream")));
	assert_true(str_contains(test_read_until(two, S("retry: ")), S("Content-Type: text/event-stream")));
	http_publish(server, S("other"));
	http_publish(server, S("topic"));
	str a = test_read_until(one, S("topic\n\n"));
	assert_true(str_contains(a, S("event: changed\ndata: topic\n\n")));
	assert_false(str_contains(a, S("data: other")));
	close(one); /* goes away; publishing does not mind */
	assert_true(str_contains(test_read_until(two, S("topic\n\n")), S("data: topic")));
	struct http_stats stats = {.streams = 9};
	for (int i = 0; i < 100 && stats.streams != 1; i++) {
		http_publish(server, S("topic"));
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		http_stats(server, &stats);
	}
	assert_int_equal(stats.streams, 1);
	close(two);
}

/* A page is drawn, something happens, and only then does its stream open; or the stream was cut and comes back. */
static void what_went_by_before_a_stream_is_told_at_once(void **state)
{
	(void)state;
	uint64_t drawn = http_published(server);
	assert_true(http_has_readers(server));
	http_publish(server, S("topic"));
	uint64_t now = http_published(server);
	assert_true(now > drawn);
	char late[64], back[64], in_time[64];
	(void)snprintf(late, sizeof late, "/live?after=%llu", (unsigned long long)drawn);
	(void)snprintf(in_time, sizeof in_time, "/live?after=%llu", (unsigned long long)now);
	(void)snprintf(back, sizeof back, "Last-Event-ID: %llu\r\n", (unsigned long long)drawn);
	int one = test_connect(server), two = test_connect(server), three = test_connect(server), four = test_connect(server);
	test_send(one, get(late, ""));
	test_send(two, get(in_time, back));
	test_send(three, get(in_time, ""));
	test_send(four, get("/live", ""));
	assert_true(str_contains(test_read_until(one, S("topic\n\n")), S("event: changed\ndata: topic\n\n")));
	assert_true(str_contains(test_read_until(two, S("topic\n\n")), S("event: changed\ndata: topic\n\n")));
	assert_false(str_contains(test_read_until(three, S("retry: 3000\n\n")), S("changed")));
	assert_false(str_contains(test_read_until(four, S("retry: 3000\n\n")), S("changed")));
	http_publish(server, S("topic"));
	assert_true(str_contains(test_read_until(three, S("topic\n\n")), S("changed")));
	close(one), close(two), close(three), close(four);
}

/* Publishes until the readers that left have been found, for a while. */
static uint64_t streams_left(void)
{
	struct http_stats stats = {.streams = 1};
	for (int i = 0; i < 200 && stats.streams; i++) {
		http_publish(server, S("topic"));
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		http_stats(server, &stats);
	}
	return stats.streams;
}

/* A browser that turns the page leaves while its stream is still being asked for: stopping waited for such for ever. */
static void who_left_before_the_stream_began_holds_nothing(void **state)
{
	(void)state;
	struct linger at_once = {.l_onoff = 1};
	gate_is_open = 0;
	for (int i = 0; i < 8; i++) {
		int fd = test_connect(server), before = handled;
		test_send(fd, get("/live/late", ""));
		for (int k = 0; k < 100 && handled == before && i < 2; k++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL); /* of 2 workers */
		if (i % 2) setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		close(fd);
	}
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	gate_is_open = 1;
	test_ask(server, get("/page", "")); /* behind them in the queue */
	assert_int_equal(streams_left(), 0);
}

static void a_slow_live_page_is_cut_off(void **state)
{
	(void)state;
	int fd = test_connect(server);
	test_send(fd, get("/live", ""));
	(void)test_read_until(fd, S("retry: "));
	struct http_stats stats = {.streams = 1};
	for (int i = 0; i < 1000 && stats.streams; i++) {
		for (int k = 0; k < 1000; k++) http_publish(server, S("topic"));
		http_stats(server, &stats);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	assert_int_equal(stats.streams, 0);
	close(fd);
}

static void *stop_server(void *arg)
{
	(void)arg;
	http_stop(server, 1000);
	return NULL;
}

static void stopping_finishes_what_runs(void **state)
{
	(void)state;
	struct http_options o = options();
	struct fault f = {0};
	assert_ok(http_start(&server, &o, &f));
	int slow = test_connect(server), live = test_connect(server), idle = test_connect(server);
	test_send(live, get("/live", ""));
	(void)test_read_until(live, S("retry: "));
	test_send(slow, get("/slow", ""));
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	pthread_t t;
	assert_ok(pthread_create(&t, NULL, stop_server, NULL));
	str a = test_read(slow);
	assert_int_equal(test_status(a), 200);
	assert_str_equal(test_body_of(a), S("slow"));
	assert_true(str_contains(a, S("Connection: close")));
	(void)test_read(live); /* ends */
	pthread_join(t, NULL);
	assert_int_equal(recv(idle, &(char){0}, 1, 0), 0);
	close(slow), close(live), close(idle);
	arena_release(&test_arena);
}

/* Whoever left before the answer came must not be waited for. */
static void stopping_forgets_those_who_left(void **state)
{
	enum { CLIENTS = 40 };
	(void)state;
	struct http_options o = options();
	struct fault f = {0};
	int fds[CLIENTS];
	assert_ok(http_start(&server, &o, &f));
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = test_connect(server);
		test_send(fds[i], get("/quick/later", ""));
	}
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	for (int i = 0; i < CLIENTS; i++) {
		struct linger reset = {1, 0}; /* some leave with a reset */
		if (i % 2) setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		close(fds[i]);
	}
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	http_stop(server, 100);
	arena_release(&test_arena);
}

static void one_address_opens_so_many_connections(void **state)
{
	(void)state;
	struct http_options o = options();
	struct fault f = {0};
	o.max_connections_per_ip = 3;
	o.idle_timeout_s = 30;
	assert_ok(http_start(&server, &o, &f));
	int fds[5], refused = 0;
	for (int i = 0; i < 5; i++) fds[i] = test_connect(server);
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	for (int i = 0; i < 5; i++) {
		refused += recv(fds[i], &(char){0}, 1, MSG_DONTWAIT) >= 0;
		close(fds[i]);
	}
	assert_int_equal(refused, 2);
	http_stop(server, 100);
}

static void bodies_that_come_after_the_grace_reach_nobody(void **state)
{
	(void)state;
	struct http_options o = options();
	struct fault f = {0};
	o.idle_timeout_s = 30;
	assert_ok(http_start(&server, &o, &f));
	int half = test_connect(server), before = handled;
	test_send(half, S("POST /work/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"));
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	http_stop(server, 100);
	assert_int_equal(handled, before);
	(void)test_read(half);
	close(half);
	arena_release(&test_arena);
}

static void bad_addresses_are_named(void **state)
{
	(void)state;
	struct http_server *s;
	const char *const bad[] = {"8480", "127.0.0.1:99999999", "203.0.113.1:8480", "nowhere.invalid:1"};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct http_options o = options();
		struct fault f = {0};
		o.listen = str_of(bad[i]);
		assert_int_not_equal(http_start(&s, &o, &f), OK);
		assert_string_equal(f.fields[0].name, "listen");
	}
}

static void what_takes_long_learns_that_nobody_waits(void **state)
{
	(void)state;
	int c = test_connect(server);
	left = 0;
	test_send(c, S("GET /long HTTP/1.1\r\nHost: x\r\n\r\n"));
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	assert_int_equal(left, 0);
	close(c);
	for (int i = 0; i < 400 && !left; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	assert_int_equal(left, 1);
	str a = test_ask(server, S("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
	assert_str_equal(test_body_of(a), S("slow"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(quick_and_worker_requests_are_answered, start, stop),
	        cmocka_unit_test_setup_teardown(queries_cookies_and_forms_are_decoded, start, stop),
	        cmocka_unit_test_setup_teardown(bodies_have_a_limit, start, stop),
	        cmocka_unit_test_setup_teardown(chunked_bodies_and_expectations_are_fine, start, stop),
	        cmocka_unit_test_setup_teardown(packed_bodies_are_undone_within_the_limit, start, stop),
	        cmocka_unit_test_setup_teardown(multipart_forms_carry_files, start, stop),
	        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, start, stop),
	        cmocka_unit_test_setup_teardown(large_answers_are_packed_for_those_who_take_it, start, stop),
	        cmocka_unit_test_setup_teardown(a_proxy_on_the_loopback_is_believed, start, stop),
	        cmocka_unit_test_setup_teardown(malformed_requests_are_refused, start, stop),
	        cmocka_unit_test_setup_teardown(slow_senders_are_cut_off, start, stop),
	        cmocka_unit_test_setup_teardown(full_queues_answer_503, start, stop),
	        cmocka_unit_test_setup_teardown(live_pages_get_what_is_published, start, stop),
	        cmocka_unit_test_setup_teardown(what_went_by_before_a_stream_is_told_at_once, start, stop),
	        cmocka_unit_test_setup_teardown(who_left_before_the_stream_began_holds_nothing, start, stop),
	        cmocka_unit_test_setup_teardown(a_slow_live_page_is_cut_off, start, stop),
	        cmocka_unit_test_setup_teardown(what_takes_long_learns_that_nobody_waits, start, stop),
	        cmocka_unit_test(stopping_finishes_what_runs),
	        cmocka_unit_test(stopping_forgets_those_who_left),
	        cmocka_unit_test(one_address_opens_so_many_connections),
	        cmocka_unit_test(bodies_that_come_after_the_grace_reach_nobody),
	        cmocka_unit_test(bad_addresses_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
