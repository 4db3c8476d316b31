/* Cells go into the hash with their lengths, so that ("ab","c") and ("a","bc") differ. Counting equal rows takes 12 bytes
 * a row, keyed by half the hash: two rows that share it by chance would merely be counted apart, and stay different. */
#include "collect/row_id.h"

#include <endian.h>
#include <string.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/mem.h"
#include "collect/csv.h"

enum { FIRST_SLOTS = 1 << 12, KEY_BYTES = 8 << 20 };

struct row_ids {
	uint64_t seed;
	struct buf key;
	uint64_t *hashes; /* 0 = free */
	uint32_t *counts;
	size_t n, cap;
};

static void add_text(struct buf *b, str s)
{
	uint32_t n = (uint32_t)s.n;
	buf_add_bytes(b, &n, sizeof n);
	buf_add(b, s);
}

struct row_ids *row_ids_new(str source, str kind)
{
	struct row_ids *ids = MEM_NEW(struct row_ids);
	buf_init(&ids->key, KEY_BYTES);
	add_text(&ids->key, source);
	add_text(&ids->key, kind);
	ids->seed = XXH3_64bits(ids->key.p, ids->key.n);
	ids->cap = FIRST_SLOTS;
	ids->hashes = mem_zalloc(ids->cap * sizeof *ids->hashes);
	ids->counts = mem_zalloc(ids->cap * sizeof *ids->counts);
	return ids;
}

void row_ids_free(struct row_ids *ids)
{
	if (!ids) return;
	buf_release(&ids->key);
	mem_free(ids->hashes);
	mem_free(ids->counts);
	mem_free(ids);
}

static uint32_t *place(struct row_ids *ids, uint64_t hash)
{
	size_t i = hash & (ids->cap - 1);
	while (ids->hashes[i] && ids->hashes[i] != hash) i = (i + 1) & (ids->cap - 1);
	if (!ids->hashes[i]) {
		ids->hashes[i] = hash;
		ids->n++;
	}
	return &ids->counts[i];
}

static void grow(struct row_ids *ids)
{
	uint64_t *hashes = ids->hashes;
	uint32_t *counts = ids->counts;
	size_t cap = ids->cap;
	ids->cap *= 2;
	ids->n = 0;
	ids->hashes = mem_zalloc(ids->cap * sizeof *hashes);
	ids->counts = mem_zalloc(ids->cap * sizeof *counts);
	for (size_t i = 0; i < cap; i++)
		if (hashes[i]) *place(ids, hashes[i]) = counts[i];
	mem_free(hashes);
	mem_free(counts);
}

struct row_id row_ids_next(struct row_ids *ids, const struct csv_row *row)
{
	if (!ids) return (struct row_id){0};
	buf_clear(&ids->key);
	for (size_t i = 0; i < row->n; i++) add_text(&ids->key, row->cells[i]);
	XXH128_hash_t hash = XXH3_128bits_withSeed(ids->key.p, ids->key.n, ids->seed);
	if (ids->n * 4 >= ids->cap * 3) grow(ids);
	uint64_t parts[3] = {hash.high64, hash.low64, (*place(ids, hash.low64 ? hash.low64 : 1))++};
	hash = XXH3_128bits(parts, sizeof parts);
	return (struct row_id){hash.high64, hash.low64};
}

struct row_id row_id_named(str source, str kind, str name)
{
	struct buf key;
	buf_init(&key, KEY_BYTES);
	add_text(&key, source);
	add_text(&key, kind);
	add_text(&key, name);
	XXH128_hash_t hash = XXH3_128bits(key.p, key.n);
	buf_release(&key);
	return (struct row_id){hash.high64, hash.low64};
}

str row_id_show(struct arena *a, struct row_id id)
{
	uint64_t parts[2] = {htobe64(id.high), htobe64(id.low)};
	return str_hex(a, parts, sizeof parts);
}
