#include "os/child.h"

#include <errno.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static const struct child_limits FREE = {20, (size_t)512 << 20, 64 << 10};
static struct arena arena;

static int clean(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct child_result run_within(const struct child_limits *limits, const char *const *argv, str in)
{
	struct child_result r;
	struct fault f = {0};
	assert_int_equal(child_run(&arena, argv, in, limits, &r, &f), OK);
	return r;
}

static struct child_result shell(const struct child_limits *limits, const char *words)
{
	return run_within(limits, (const char *const[]){"/bin/sh", "-c", words, NULL}, S(""));
}

static void what_goes_in_can_be_read_and_what_is_printed_comes_back(void **state)
{
	(void)state;
	size_t n = 60000;
	char *p = arena_alloc(&arena, n);
	memset(p, 'x', n);
	struct child_result r = run_within(&FREE, (const char *const[]){"/usr/bin/cat", NULL}, (str){p, n});
	assert_int_equal(r.exit_code, 0);
	assert_true(str_eq(r.out, (str){p, n}));
	assert_false(r.is_cut || r.is_out_of_time);
	assert_int_equal(shell(&FREE, "exit 3").exit_code, 3);
}

static void a_program_that_is_not_there_is_told(void **state)
{
	(void)state;
	struct child_result r;
	struct fault f = {0};
	assert_int_equal(child_run(&arena, (const char *const[]){"/usr/bin/no-such-program", NULL}, S(""), &FREE, &r, &f), ERR_NOT_FOUND);
}

static void it_writes_no_file_and_makes_no_process(void **state)
{
	(void)state;
	char path[] = "/tmp/child_test.XXXXXX", words[200];
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, "kept", 4) == 4);
	snprintf(words, sizeof words, "echo no >%s; echo went on", path);
	(void)shell(&FREE, words);
	snprintf(words, sizeof words, "echo no >%s.new", path);
	assert_int_not_equal(shell(&FREE, words).exit_code, 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 4);
	snprintf(words, sizeof words, "%s.new", path);
	assert_int_not_equal(access(words, F_OK), 0);
	close(fd);
	unlink(path);
	assert_int_not_equal(shell(&FREE, "(echo child); true").exit_code, 0);
}

static void it_reads_only_the_systems_own_files(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) skip();
	assert_int_equal(run_within(&FREE, (const char *const[]){"/usr/bin/cat", "/usr/share/common-licenses/GPL-2", NULL}, S("")).exit_code, 0);
	struct child_result r = run_within(&FREE, (const char *const[]){"/usr/bin/cat", "/etc/passwd", NULL}, S(""));
	assert_int_equal(r.exit_code, 1);
	assert_int_equal(r.out.n, 0);
}

static void it_has_no_network(void **state)
{
	(void)state;
	if (access("/usr/bin/python3", X_OK)) skip();
	struct child_result r = run_within(&FREE, (const char *const[]){"/usr/bin/python3", "-c", "import socket\ntry: socket.socket(); print('open')\nexcept PermissionError: print('refused')", NULL}, S(""));
	assert_true(str_eq(str_trim(r.out), S("refused")));
}

static void time_memory_and_output_are_limited(void **state)
{
	(void)state;
	const struct child_limits second = {1, (size_t)64 << 20, 1000};
	assert_int_equal(shell(&second, "while :; do :; done").exit_code, -1);
	struct child_result silent = shell(&second, "exec >&-; while :; do :; done");
	assert_int_equal(silent.exit_code, -1);
	struct child_result much = run_within(&FREE, (const char *const[]){"/usr/bin/yes", NULL}, S(""));
	assert_true(much.is_cut);
	assert_int_equal(much.out.n, FREE.out_bytes);
	assert_int_not_equal(shell(&(struct child_limits){20, (size_t)64 << 20, 1000}, "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done").exit_code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_goes_in_can_be_read_and_what_is_printed_comes_back, clean),
		cmocka_unit_test_teardown(a_program_that_is_not_there_is_told, clean),
		cmocka_unit_test_teardown(it_writes_no_file_and_makes_no_process, clean),
		cmocka_unit_test_teardown(it_reads_only_the_systems_own_files, clean),
		cmocka_unit_test_teardown(it_has_no_network, clean),
		cmocka_unit_test_teardown(time_memory_and_output_are_limited, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
