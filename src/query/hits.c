/* Which rows are of some types: the type column is a byte a row, so 32 rows are compared at a time. A set of any bytes
 * is two tables of 16: of a byte's low half the table gives a bit for each high half (W. Mula, "SIMD byte lookup"). */
#include <string.h>

#include "query/inner.h"

static uint64_t mark_word(const uint8_t *types, size_t n, const uint8_t is_wanted[256])
{
	uint64_t word = 0;
	for (size_t i = 0; i < n; i++) word |= (uint64_t)(is_wanted[types[i]] & 1) << i;
	return word;
}

static void mark_plain(const uint8_t *types, size_t n, const uint8_t is_wanted[256], uint64_t *hits)
{
	for (size_t i = 0; i < n; i += 64) *hits++ = mark_word(types + i, n - i < 64 ? n - i : 64, is_wanted);
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static __m256i both_halves(const uint8_t table[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

__attribute__((target("avx2"))) static uint32_t mark_32(const uint8_t *types, __m256i low_table, __m256i high_table, __m256i bits)
{
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i t = _mm256_loadu_si256((const __m256i *)(const void *)types);
	__m256i low = _mm256_and_si256(t, nibble), high = _mm256_and_si256(_mm256_srli_epi16(t, 4), nibble);
	/* the byte's top bit chooses the table: high halves 0 to 7, or 8 to 15 */
	__m256i row = _mm256_blendv_epi8(_mm256_shuffle_epi8(low_table, low), _mm256_shuffle_epi8(high_table, low), t);
	__m256i bit = _mm256_shuffle_epi8(bits, high);
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit));
}

__attribute__((target("avx2"))) static void mark_avx2(const uint8_t *types, size_t n, const struct query_type_set *set, uint64_t *hits)
{
	__m256i low_table = both_halves(set->low), high_table = both_halves(set->high);
	__m256i bits = both_halves((const uint8_t[16]){1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128});
	size_t i = 0;
	for (; i + 64 <= n; i += 64)
		*hits++ = mark_32(types + i, low_table, high_table, bits) | (uint64_t)mark_32(types + i + 32, low_table, high_table, bits) << 32;
	if (i < n) *hits = mark_word(types + i, n - i, set->is_wanted);
}
#endif

void query__type_set(struct query_type_set *set)
{
	memset(set->low, 0, sizeof set->low);
	memset(set->high, 0, sizeof set->high);
	for (int v = 0; v < 256; v++)
		if (set->is_wanted[v]) (v < 128 ? set->low : set->high)[v & 15] |= (uint8_t)(1 << ((v >> 4) & 7));
}

void query__mark_types(const uint8_t *types, size_t n, const struct query_type_set *set, uint64_t *hits)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		mark_avx2(types, n, set, hits);
		return;
	}
#endif
	mark_plain(types, n, set->is_wanted, hits);
}

uint64_t query__mark_same(const uint16_t *a, const uint16_t *b, size_t n)
{
	uint64_t same = 0;
	size_t i = 0;
#if defined(__x86_64__)
	for (; i + 16 <= n; i += 16) {
		const __m128i *x = (const __m128i *)(const void *)(a + i), *y = (const __m128i *)(const void *)(b + i);
		__m128i low = _mm_cmpeq_epi16(_mm_loadu_si128(x), _mm_loadu_si128(y)), high = _mm_cmpeq_epi16(_mm_loadu_si128(x + 1), _mm_loadu_si128(y + 1));
		same |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(low, high)) << i;
	}
#endif
	for (; i < n; i++) same |= (uint64_t)(a[i] == b[i]) << i;
	return same;
}
