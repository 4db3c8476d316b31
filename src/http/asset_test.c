#include "http/asset.h"
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

static void assets_are_found_by_path_and_by_address(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a);
	size_t n = 0;
	for (const struct asset *each; (each = asset_at(n)); n++) {
		assert_ptr_equal(asset_find(each->path), each);
		assert_int_equal(each->hash.n, 10);
		if (!str_starts(each->path, S("assets/"))) continue;
		str address = asset_address(&a, each->path);
		assert_true(str_contains(address, each->hash));
		assert_ptr_equal(asset_by_address(address), each);
	}
	assert_true(n > 0);
	str robots = asset_address(&a, S("assets/robots.txt"));
	assert_true(str_starts(robots, S("/assets/robots.")) && str_ends(robots, S(".txt")));
	assert_null(asset_by_address(S("/assets/robots.0000000000.txt")));
	assert_null(asset_by_address(S("/assets/robots.txt")));
	assert_null(asset_by_address(S("/pages/x.0000000000.html")));
	assert_str_equal(asset_address(&a, S("assets/none.css")), S("/assets/none.css"));
	assert_null(asset_find(S("")));
	arena_release(&a);
}

static void pages_are_read_from_disk_when_asked(void **state)
{
	(void)state;
	char folder[] = "/tmp/hospes-pages-XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/page.html", folder);
	FILE *f = fopen(path, "w");
	fputs("fresh", f);
	fclose(f);
	assert_null(asset_find(S("pages/page.html")));
	setenv("HOSPES_PAGES_DIR", folder, 1);
	assert_str_equal(asset_find(S("pages/page.html"))->bytes, S("fresh"));
	assert_ptr_equal(asset_find(S("pages/page.html")), asset_find(S("pages/page.html")));
	assert_null(asset_find(S("pages/../page.html")));
	assert_null(asset_find(S("pages/missing.html")));
	unsetenv("HOSPES_PAGES_DIR");
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(assets_are_found_by_path_and_by_address),
	        cmocka_unit_test(pages_are_read_from_disk_when_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
