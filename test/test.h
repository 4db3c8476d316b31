/* test.h: cmocka with what it needs included first, and assertions on str. */
#ifndef TEST_TEST_H
#define TEST_TEST_H
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
/* op.h has a fail of its own. */
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))
/* clang-format on */

#include "base/str.h"

static inline void assert_str_equal_at(str got, str want, const char *file, int line)
{
	if (str_eq(got, want)) return;
	print_error("got  \"%.*s\"\nwant \"%.*s\"\n", STR_ARG(got), STR_ARG(want));
	_fail(file, line);
}
#define assert_str_equal(got, want) assert_str_equal_at((got), (want), __FILE__, __LINE__)
#define assert_ok(expr) assert_int_equal((expr), 0)
#endif
