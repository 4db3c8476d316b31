/* Forms whose files go to disk as they arrive, over real sockets. */
#include "http_test.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/internal.h"
#include "os/os.h"

enum { MOST_BYTES = 4 << 20 };
#define HEAD "--B\r\nContent-Disposition: form-data; name=\"as\"\r\n\r\norders\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n"
#define TYPE "Content-Type: multipart/form-data; boundary=B\r\n"

static struct http_server *server;
static char dir[64];
static _Atomic int handled;

static enum err choose_way(void *arg, struct http_request *rq, struct http_way *way)
{
	(void)arg;
	way->files_dir = dir;
	way->max_files_body = MOST_BYTES;
	way->why = "not for you";
	return str_eq(http_path(rq), S("/denied")) ? ERR_DENIED : OK;
}

/* Each file as its name, its size and a sum over what lies on disk. */
static void handle(void *arg, struct http_request *rq)
{
	(void)arg;
	const struct http_file *files;
	const struct form_field *fields;
	struct arena *a = http_arena(rq);
	size_t n_fields, n = http_files(rq, &files);
	bool is_form = http_form(rq, &fields, &n_fields);
	str out = str_fmt(a, "%d %zu", is_form, http_body(rq).n);
	handled++;
	for (size_t i = 0; i < n_fields; i++) out = str_fmt(a, "%.*s %.*s=%.*s", STR_ARG(out), STR_ARG(fields[i].name), STR_ARG(fields[i].value));
	for (size_t i = 0; i < n; i++) {
		struct os_map m = {0};
		unsigned sum = 0;
		if (files[i].path) assert_int_equal(os_map(files[i].path, &m), OK);
		assert_int_equal(m.n, files[i].n);
		for (size_t k = 0; k < m.n; k++) sum = sum * 31 + m.p[k];
		out = str_fmt(a, "%.*s %.*s:%zu:%u", STR_ARG(out), STR_ARG(files[i].file_name), m.n, sum);
		os_unmap(&m);
	}
	http_reply(rq, 200, S("text/plain"), out);
}

static int start(void **state)
{
	(void)state;
	struct http_options o = {.listen = S("127.0.0.1:0"), .io_threads = 1, .workers = 1, .max_body = 1000, .max_header = 4096,
	                         .idle_timeout_s = 1, .body_timeout_s = 1, .way = choose_way, .handle = handle};
	struct fault f = {0};
	memcpy(dir, "/tmp/parts-XXXXXX", 18);
	assert_non_null(mkdtemp(dir));
	assert_ok(http_start(&server, &o, &f));
	return 0;
}

static int left_in_dir(void)
{
	int n = 0;
	DIR *d = opendir(dir);
	for (struct dirent *each; (each = readdir(d));) n += each->d_name[0] != '.';
	closedir(d);
	return n;
}

/* The request is given back a moment after the client has its answer. */
static void assert_nothing_left(void)
{
	for (int i = 0; i < 2000 && left_in_dir(); i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	assert_int_equal(left_in_dir(), 0);
}

static int stop(void **state)
{
	(void)state;
	http_stop(server, 1000);
	assert_ok(rmdir(dir));
	arena_release(&test_arena);
	return 0;
}

static str joined(str a, str b)
{
	return str_join(&test_arena, (str[]){a, b}, 2, S(""));
}

static str post(const char *path, const char *type, str body)
{
	return joined(str_fmt(&test_arena, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n", path, body.n, type), body);
}

static str form(size_t bytes, const char *end)
{
	char *p = arena_alloc(&test_arena, bytes + 1);
	for (size_t i = 0; i < bytes; i++) p[i] = "\r\n--A,b"[i % 7]; /* nearly a delimiter, all the way */
	return joined(joined(S(HEAD), (str){p, bytes}), str_of(end));
}

static unsigned sum_of(size_t bytes)
{
	unsigned sum = 0;
	for (size_t i = 0; i < bytes; i++) sum = sum * 31 + (unsigned char)"\r\n--A,b"[i % 7];
	return sum;
}

static void files_of_any_size_lie_on_disk(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 130000, 131072, 131073, 262150, 3000000};
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		str a = test_ask(server, post("/", TYPE, form(sizes[i], "\r\n--B--\r\n")));
		assert_str_equal(test_body_of(a), str_fmt(&test_arena, "1 0 as=orders a.csv:%zu:%u", sizes[i], sum_of(sizes[i])));
		assert_nothing_left();
	}
	assert_str_equal(test_body_of(test_ask(server, post("/", TYPE, form(0, "\r\n--B--\r\n")))), S("1 0 as=orders a.csv:0:0"));
	str lone = S("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--B--");
	assert_str_equal(test_body_of(test_ask(server, post("/", TYPE, lone))), S("1 0"));
}

static void other_bodies_stay_within_their_limit(void **state)
{
	(void)state;
	str body = form(2000, "\r\n--B--\r\n");
	assert_int_equal(test_status(test_ask(server, post("/", "Content-Type: text/csv\r\n", body))), 413);
	assert_int_equal(test_status(test_ask(server, post("/", TYPE "Content-Encoding: gzip\r\n", body))), 413);
	assert_int_equal(test_status(test_ask(server, post("/", "Content-Type: multipart/form-data\r\n", body))), 413);
	assert_int_equal(test_status(test_ask(server, post("/", TYPE "Content-Encoding: identity\r\n", body))), 200);
}

static void what_is_refused_leaves_nothing(void **state)
{
	(void)state;
	int before = handled;
	str big = form(MOST_BYTES, "\r\n--B--\r\n");
	assert_int_equal(test_status(test_ask(server, post("/", TYPE, big))), 413);
	str chunk = str_fmt(&test_arena, "%zx\r\n%.*s\r\n0\r\n\r\n", big.n, STR_ARG(big));
	str a = test_ask(server, joined(S("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" TYPE "\r\n"), chunk));
	assert_int_equal(test_status(a), 413);
	a = test_ask(server, post("/denied", TYPE, form(400000, "\r\n--B--\r\n")));
	assert_int_equal(test_status(a), 403);
	assert_true(str_contains(a, S("not for you")));
	for (size_t n = 10; n < 400; n += 13) {
		a = test_ask(server, post("/", TYPE, str_sub(form(200, "\r\n--B--\r\n"), 0, n)));
		if (n < sizeof HEAD + 200 + 4) assert_int_equal(test_status(a), 400);
	}
	assert_int_equal(test_status(test_ask(server, post("/", TYPE, form(1500000, "")))), 400);
	assert_nothing_left();
	str text = joined(S("--C\r\nContent-Disposition: form-data; name=\"as\"\r\n\r\n"), form(2 << 20, "\r\n--C--\r\n"));
	assert_int_equal(test_status(test_ask(server, post("/", "Content-Type: multipart/form-data; boundary=\"C\"\r\n", text))), 413);
	assert_true(handled - before <= 12);
	assert_nothing_left();
}

static void a_full_disk_is_told_when_all_has_come(void **state)
{
	(void)state;
	static const struct {
		unsigned kind;
		long nth;
		int error, status;
	} faults[] = {{OS_OPEN, 1, ENOSPC, 503}, {OS_WRITE, 1, ENOSPC, 503}, {OS_WRITE, 9, EDQUOT, 503}, {OS_WRITE, 2, EIO, 500}};
	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		os_fail_nth(faults[i].kind, faults[i].nth, 1, faults[i].error);
		str a = test_ask(server, post("/", TYPE, form(3000000, "\r\n--B--\r\n")));
		os_fail_nth(0, 0, 0, 0);
		assert_int_equal(test_status(a), faults[i].status);
		assert_nothing_left();
	}
	assert_int_equal(test_status(test_ask(server, post("/", TYPE, form(3000000, "\r\n--B--\r\n")))), 200);
}

static void who_leaves_in_the_middle_leaves_nothing(void **state)
{
	(void)state;
	str whole = post("/", TYPE, form(1000000, "\r\n--B--\r\n"));
	int fd = test_connect(server);
	test_send(fd, str_sub(whole, 0, 700000));
	for (int i = 0; i < 2000 && !left_in_dir(); i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	assert_int_equal(left_in_dir(), 1);
	close(fd);
	assert_nothing_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_of_any_size_lie_on_disk, start, stop),
		cmocka_unit_test_setup_teardown(other_bodies_stay_within_their_limit, start, stop),
		cmocka_unit_test_setup_teardown(what_is_refused_leaves_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told_when_all_has_come, start, stop),
		cmocka_unit_test_setup_teardown(who_leaves_in_the_middle_leaves_nothing, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
