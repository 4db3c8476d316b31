/* shared.h: reference data that lies outside this source: in $HOSPES_SHARED, else in ../shared beside it. A test that
 * needs it and does not find it says SKIPPED. */
#ifndef TEST_SHARED_H
#define TEST_SHARED_H
#include "base/arena.h"
#include "test.h"

/* Absent when there is no such file. Unit tests run in the source's root. */
static inline str shared_read(struct arena *a, const char *path)
{
	const char *folder = getenv("HOSPES_SHARED");
	FILE *file = fopen(str_c(a, str_fmt(a, "%s/%s", folder ? folder : "../shared", path)), "rb");
	if (!file) return STR_NONE;
	size_t cap = 4 << 20;
	char *bytes = arena_alloc(a, cap);
	size_t n = fread(bytes, 1, cap, file);
	fclose(file);
	return (str){bytes, n};
}

static inline bool shared_skipped(str file, const char *path)
{
	if (!str_given(file)) print_message("SKIPPED: %s is not there (set HOSPES_SHARED)\n", path);
	return !str_given(file);
}
#endif
