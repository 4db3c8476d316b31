#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "source/company.h"
#include "test.h"

static struct arena arena;
static struct fault fault;

static str written(void)
{
	struct stat s;
	int fd = memfd_create("company", MFD_CLOEXEC);
	assert_ok(company_write(fd, &fault));
	assert_int_equal(fstat(fd, &s), 0);
	char *text = arena_alloc(&arena, (size_t)s.st_size + 1);
	assert_int_equal(pread(fd, text, (size_t)s.st_size, 0), s.st_size);
	close(fd);
	return (str){text, (size_t)s.st_size};
}

static void the_year_is_the_same_bytes_every_time(void **state)
{
	(void)state;
	assert_str_equal(written(), written());
}

static void every_line_is_json_in_the_order_of_time(void **state)
{
	(void)state;
	str text = written(), before = S("");
	size_t n = 0;
	assert_true(utf8_is_valid(text));
	for (str rest = text; rest.n; n++) {
		str line = str_cut(&rest, '\n');
		size_t at = 0;
		while (!str_starts(str_sub(line, at, line.n), S("\"timestamp\":\""))) at++;
		str time = str_sub(line, at + 13, 24);
		assert_true(str_cmp(before, time) <= 0);
		before = time;
		if (n % 97) continue; /* each is made by the same writer */
		struct arena one = {0};
		const struct json_node *tree;
		assert_ok(json_tree(&one, line, 1 << 16, &tree, &fault));
		assert_true(str_given(json_get_str(tree, S("messageId"))));
		arena_release(&one);
	}
	assert_true(n >= 60000);
}

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_year_is_the_same_bytes_every_time), cmocka_unit_test(every_line_is_json_in_the_order_of_time)};
	return cmocka_run_group_tests(tests, NULL, forget);
}
