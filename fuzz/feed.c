/* Feeds, pages with reviews, Mastodon's time lines: hostile bytes end with items or a reason, never otherwise. */
#include "fuzz.h"
#include "listen/heard.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct arena a = {0};
	struct heard_list out;
	struct fault f = {0};
	str text = {(const char *)d, n}, newest = STR_NONE, oldest = STR_NONE;
	size_t found;
	if (heard_feed(&a, text, S("https://x.example/feed"), S(""), &out, &f) == OK && out.items.n > HEARD_ITEMS) abort();
	if (heard_page(&a, text, S("https://x.example/page"), &out, &f) == OK && out.items.n > HEARD_ITEMS) abort();
	out = (struct heard_list){0};
	if (heard_mastodon(&a, text, &out, &newest, &oldest, &found, &f) == OK && out.items.n > HEARD_ITEMS) abort();
	(void)heard_time(&a, str_sub(text, 0, 64));
	arena_release(&a);
	return 0;
}
