/* Message keys are hashes already, so the upper bits of their first word are the slot. Removal moves the cluster up instead of leaving
 * marks: failed appends are taken back, and a set full of marks would slow down every look. */
#include <string.h>

#include "events/store.h"

static struct subject_key stored(struct subject_key key)
{
	if (key.a == 0 && key.b == 0) key.b = 1;
	return key;
}

static bool is_same(struct subject_key x, struct subject_key y)
{
	return x.a == y.a && x.b == y.b;
}

void keyset__init(struct keyset *s, struct pool *pool, size_t expected)
{
	*s = (struct keyset){.pool = pool, .cap = 1024};
	while (s->cap < expected * 2) s->cap *= 2;
	s->shift = 64 - (unsigned)__builtin_ctzll(s->cap);
	s->slots = pool__take(pool, s->cap * sizeof *s->slots);
	memset(s->slots, 0, s->cap * sizeof *s->slots);
}

void keyset__release(struct keyset *s)
{
	pool__give(s->pool, s->slots, s->cap * sizeof *s->slots);
	*s = (struct keyset){0};
}

/* By the upper bits, so that a set that grows is read and written from one end to the other. */
static size_t home(const struct keyset *s, struct subject_key key)
{
	return key.a >> s->shift;
}

static size_t place(const struct keyset *s, struct subject_key key)
{
	size_t i = home(s, key);
	while ((s->slots[i].a | s->slots[i].b) && !is_same(s->slots[i], key)) i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct keyset *s)
{
	struct keyset larger;
	keyset__init(&larger, s->pool, s->cap);
	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i].a | s->slots[i].b) larger.slots[place(&larger, s->slots[i])] = s->slots[i];
	larger.n = s->n;
	keyset__release(s);
	*s = larger;
}

bool keyset__add(struct keyset *s, struct subject_key key)
{
	key = stored(key);
	size_t i = place(s, key);
	if (is_same(s->slots[i], key)) return false;
	s->slots[i] = key;
	if (++s->n * 2 > s->cap) grow(s);
	return true;
}

bool keyset__has(const struct keyset *s, struct subject_key key)
{
	key = stored(key);
	return is_same(s->slots[place(s, key)], key);
}

void keyset__remove(struct keyset *s, struct subject_key key)
{
	key = stored(key);
	size_t mask = s->cap - 1, hole = place(s, key);
	if (!is_same(s->slots[hole], key)) return;
	for (size_t i = (hole + 1) & mask; s->slots[i].a | s->slots[i].b; i = (i + 1) & mask) {
		size_t from = home(s, s->slots[i]);
		if (((i - from) & mask) < ((i - hole) & mask)) continue;
		s->slots[hole] = s->slots[i];
		hole = i;
	}
	s->slots[hole] = (struct subject_key){0, 0};
	s->n--;
}

void keyset__prefetch(const struct keyset *s, struct subject_key key)
{
	__builtin_prefetch(&s->slots[home(s, key)], 1);
}

/* The split-block filter of Apache Parquet (parquet-format/BloomFilter.md): eight bits in one 32-byte block, so a
 * look costs one cache line. The block comes from the key's second word, the bits from its first. */
static const uint32_t SALT[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

size_t filter__bytes(size_t keys)
{
	return (keys * 12 / 8 / FILTER_BLOCK + 1) * FILTER_BLOCK;
}

static size_t block_of(size_t bytes, struct subject_key key)
{
	uint64_t blocks = bytes / FILTER_BLOCK;
	return (size_t)((key.b >> 32) * blocks >> 32) * (FILTER_BLOCK / sizeof(uint32_t));
}

void filter__add(uint32_t *filter, size_t bytes, struct subject_key key)
{
	uint32_t *block = filter + block_of(bytes, key);
	for (int i = 0; i < 8; i++) block[i] |= UINT32_C(1) << ((uint32_t)key.a * SALT[i] >> 27);
}

bool filter__has(const uint32_t *filter, size_t bytes, struct subject_key key)
{
	const uint32_t *block = filter + block_of(bytes, key);
	uint32_t missing = 0;
	for (int i = 0; i < 8; i++) missing |= ~block[i] & (UINT32_C(1) << ((uint32_t)key.a * SALT[i] >> 27));
	return missing == 0;
}

void filter__prefetch(const uint32_t *filter, size_t bytes, struct subject_key key)
{
	__builtin_prefetch(filter + block_of(bytes, key));
}
