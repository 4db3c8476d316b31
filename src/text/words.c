#include "text/words.h"

#include <pthread.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "base/arena.h"

/* ICU's iterator is costly to open and must not be shared: one a thread. */
static pthread_key_t iterator_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void close_iterator(void *iterator)
{
	ubrk_close(iterator);
}

static void make_key(void)
{
	if (pthread_key_create(&iterator_key, close_iterator)) iterator_key = 0;
}

static UBreakIterator *iterator_of_thread(void)
{
	UErrorCode e = U_ZERO_ERROR;
	pthread_once(&once, make_key);
	UBreakIterator *it = pthread_getspecific(iterator_key);
	if (it) return it;
	it = ubrk_open(UBRK_WORD, "en", NULL, 0, &e);
	if (U_FAILURE(e) || pthread_setspecific(iterator_key, it)) return NULL;
	return it;
}

bool words_are_joined(uint32_t c)
{
	return (c >= 0x0e00 && c < 0x0f00) || (c >= 0x3040 && c < 0xa000) || (c >= 0x20000 && c < 0x32000);
}

static void cut_by_dictionary(str source, struct span run, struct span *out, size_t *n)
{
	UErrorCode e = U_ZERO_ERROR;
	UText text = UTEXT_INITIALIZER;
	UBreakIterator *it = iterator_of_thread();
	size_t before = *n;
	utext_openUTF8(&text, source.p + run.from, run.to - run.from, &e);
	if (it) ubrk_setUText(it, &text, &e);
	for (int32_t from = 0, to; it && U_SUCCESS(e) && (to = ubrk_next(it)) != UBRK_DONE; from = to) out[(*n)++] = (struct span){run.from + (uint32_t)from, run.from + (uint32_t)to};
	utext_close(&text);
	if (*n == before) out[(*n)++] = run;
}

struct span *words_of(struct arena *a, const struct folded *t, str source, size_t *n)
{
	struct span *out = ARENA_ARRAY(a, struct span, t->n + 1);
	*n = 0;
	for (size_t i = 0; i < t->n;) {
		size_t from = i++;
		if (t->class[from] != FOLD_LETTER) continue;
		bool is_joined = words_are_joined(t->c[from]);
		while (i < t->n && (t->class[i] == FOLD_LETTER || (t->c[i] == '\'' && i + 1 < t->n && t->class[i + 1] == FOLD_LETTER)) && words_are_joined(t->c[i]) == is_joined) i++;
		/* a character that became several belongs to the word it began */
		struct span run = {t->at[from], t->at[i]};
		if (run.to <= run.from) continue;
		if (is_joined)
			cut_by_dictionary(source, run, out, n);
		else
			out[(*n)++] = run;
	}
	return out;
}
