/* eights.h: what reads eight rows at a time has in common (gather.c tells how). */
#ifndef QUERY_EIGHTS_H
#define QUERY_EIGHTS_H
#include "query/inner.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define EIGHTS __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define EACH_BYTE UINT64_C(0x0101010101010101)

static inline uint64_t eight_bytes(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t eight_bits(const uint64_t *words, size_t bit)
{
	uint16_t v;
	memcpy(&v, (const unsigned char *)words + bit / 8, sizeof v);
	return v >> bit % 8 & 255;
}

/* The values of eight rows, a byte each, of runs of bytes that begin where a bitmap says; *slot is the number of runs that
 * begin before the first of them, and after. */
EIGHTS static inline uint64_t eight_of_runs(const struct events_values *v, uint32_t starts, uint32_t *slot)
{
	uint32_t own = starts & 1;
	uint64_t begun = _pdep_u64(starts, EACH_BYTE) * EACH_BYTE; /* a byte a row: runs begun up to it */
	__m128i values = _mm_loadl_epi64((const __m128i *)(const void *)(v->value.p + *slot + own - 1));
	*slot += (uint32_t)__builtin_popcount(starts);
	return (uint64_t)_mm_cvtsi128_si64(_mm_shuffle_epi8(values, _mm_cvtsi64_si128((long long)(begun - own * EACH_BYTE))));
}

/* AMD's first two Zens do pdep and pext bit by bit. */
static inline bool are_eights_fast(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");
}
#endif
#endif
