#include "base/id.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

#define EPOCH_MS INT64_C(1577836800000)
enum { RANDOM_BITS = 22, DRAWN_AT_ONCE = 128 };

/* A system call for many; under the lock of id_new. */
static uint32_t drawn(void)
{
	static uint32_t bits[DRAWN_AT_ONCE];
	static size_t left;
	if (!left) {
		randombytes_buf(bits, sizeof bits);
		left = DRAWN_AT_ONCE;
	}
	return bits[--left];
}

id id_new(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static id last;
	id now = clock_now_ms() - EPOCH_MS;
	pthread_mutex_lock(&lock);
	id made = now << RANDOM_BITS | (id)(drawn() >> (32 - RANDOM_BITS));
	if (made >> RANDOM_BITS <= last >> RANDOM_BITS) made = last + 1 + (id)(drawn() & 15);
	last = made;
	pthread_mutex_unlock(&lock);
	return made;
}

static const char LETTERS[] = "0123456789abcdefghjkmnpqrstvwxyz";

str id_show(struct arena *a, str prefix, id value)
{
	size_t start = prefix.n ? prefix.n + 1 : 0;
	char *text = arena_alloc(a, start + ID_LETTERS + 1);
	if (prefix.n) {
		memcpy(text, prefix.p, prefix.n);
		text[prefix.n] = '_';
	}
	uint64_t left = (uint64_t)value;
	for (int i = ID_LETTERS - 1; i >= 0; i--, left >>= 5) text[start + (size_t)i] = LETTERS[left & 31];
	return (str){text, start + ID_LETTERS};
}

static int letter_value(char c)
{
	if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
	if (c == 'o') return 0;
	if (c == 'i' || c == 'l') return 1;
	const char *at = c ? strchr(LETTERS, c) : NULL;
	return at ? (int)(at - LETTERS) : -1;
}

bool id_read(str prefix, str text, id *out)
{
	if (prefix.n) {
		if (text.n <= prefix.n || !str_starts(text, prefix) || text.p[prefix.n] != '_') return false;
		text = str_sub(text, prefix.n + 1, text.n);
	}
	if (text.n != ID_LETTERS) return false;
	uint64_t value = 0;
	for (size_t i = 0; i < text.n; i++) {
		int v = letter_value(text.p[i]);
		if (v < 0 || (i == 0 && v > 7)) return false; /* 13 letters hold 65 bits; ids are positive */
		value = value << 5 | (uint64_t)v;
	}
	*out = (id)value;
	return *out > 0;
}
