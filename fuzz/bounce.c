/* Mail that comes back: a report has a message it is about, or nothing is said. */
#include <stdlib.h>

#include "fuzz.h"
#include "mail/bounce.h"

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct arena a = {0};
	struct bounce out;
	bounce_read(&a, (str){(const char *)d, n}, &out);
	if (out.verdict != BOUNCE_NONE && !out.message_id.n) abort();
	for (size_t i = 0; i < out.words.n; i++)
		if ((unsigned char)out.words.p[i] < ' ') abort();
	arena_release(&a);
	return 0;
}
