#include "os/os.h"

#include <errno.h>
#include <unistd.h>

#include "test.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/os_test.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void a_replaced_file_is_the_old_or_the_new(void **state)
{
	(void)state;
	char path[128], temporary[128];
	snprintf(path, sizeof path, "%s/f", dir);
	snprintf(temporary, sizeof temporary, "%s/f.new", dir);
	assert_ok(os_replace(dir, "f", S("old")));
	for (long n = 1; n <= 7; n++) {
		os_fail_nth(OS_ANY, n, 1, ENOSPC);
		enum err e = os_replace(dir, "f", S("newer"));
		os_fail_nth(0, 0, 0, 0);
		struct os_map m;
		assert_ok(os_map(path, &m));
		str now = {(const char *)m.p, m.n};
		assert_true(str_eq(now, S("old")) || str_eq(now, S("newer")));
		if (e == OK) assert_str_equal(now, S("newer"));
		else assert_int_equal(e, ERR_FULL);
		os_unmap(&m);
		assert_int_not_equal(access(temporary, F_OK), 0);
		assert_ok(os_replace(dir, "f", S("old")));
	}
	assert_ok(os_unlink(path));
	assert_ok(os_unlink(path));
}

static void a_failed_write_leaves_half(void **state)
{
	(void)state;
	char path[128];
	snprintf(path, sizeof path, "%s/g", dir);
	int fd = os_open(path, O_RDWR | O_CREAT, 0600);
	os_fail_nth(OS_WRITE, 2, 1, EIO);
	assert_ok(os_write_at(fd, "aaaa", 4, 0));
	assert_int_equal(os_write_at(fd, "bbbb", 4, 4), ERR_IO);
	assert_int_equal(os_fault_calls(), 2);
	os_fail_nth(0, 0, 0, 0);
	char back[8];
	assert_int_equal(os_read_at(fd, back, 8, 0), 6);
	assert_memory_equal(back, "aaaabb", 6);
	os_close(fd);
	assert_ok(os_unlink(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replaced_file_is_the_old_or_the_new),
		cmocka_unit_test(a_failed_write_leaves_half),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
