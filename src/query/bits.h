/* bits.h: bits out of 64 bytes at once. */
#ifndef QUERY_BITS_H
#define QUERY_BITS_H
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

struct bytes { /* 64 of them */
	__m128i of[4];
};
static inline struct bytes load(const uint8_t *p)
{
	const __m128i *v = (const __m128i *)(const void *)p;
	return (struct bytes){{_mm_loadu_si128(v), _mm_loadu_si128(v + 1), _mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3)}};
}
static inline uint64_t bit_of(__m128i v, int place)
{
	return (uint64_t)(uint32_t)_mm_movemask_epi8(v) << place;
}
/* A bit a byte: its highest one, which is taken away. */
static inline uint64_t take_highest(struct bytes *b)
{
	uint64_t word = bit_of(b->of[0], 0) | bit_of(b->of[1], 16) | bit_of(b->of[2], 32) | bit_of(b->of[3], 48);
	for (int i = 0; i < 4; i++) b->of[i] = _mm_add_epi8(b->of[i], b->of[i]);
	return word;
}
/* A bit a byte: whether it is the value. */
static inline uint64_t same_as(const uint8_t *bytes, uint8_t value)
{
	struct bytes b = load(bytes);
	__m128i v = _mm_set1_epi8((char)value);
	return bit_of(_mm_cmpeq_epi8(b.of[0], v), 0) | bit_of(_mm_cmpeq_epi8(b.of[1], v), 16) | bit_of(_mm_cmpeq_epi8(b.of[2], v), 32) | bit_of(_mm_cmpeq_epi8(b.of[3], v), 48);
}
/* A bit a byte: whether both are the same. */
static inline uint64_t same_bytes(const uint8_t *p, const uint8_t *q)
{
	struct bytes a = load(p), b = load(q);
	return bit_of(_mm_cmpeq_epi8(a.of[0], b.of[0]), 0) | bit_of(_mm_cmpeq_epi8(a.of[1], b.of[1]), 16) | bit_of(_mm_cmpeq_epi8(a.of[2], b.of[2]), 32) | bit_of(_mm_cmpeq_epi8(a.of[3], b.of[3]), 48);
}
static inline void keep_bits(uint8_t *bytes, uint8_t bits)
{
	__m128i *v = (__m128i *)(void *)bytes, rest = _mm_set1_epi8((char)bits);
	for (int i = 0; i < 4; i++) _mm_storeu_si128(v + i, _mm_and_si128(_mm_loadu_si128(v + i), rest));
}
static inline void widen(const uint8_t *bytes, uint16_t *to)
{
	__m128i *out = (__m128i *)(void *)to, none = _mm_setzero_si128();
	struct bytes b = load(bytes);
	for (int i = 0; i < 4; i++) {
		_mm_storeu_si128(out + 2 * i, _mm_unpacklo_epi8(b.of[i], none));
		_mm_storeu_si128(out + 2 * i + 1, _mm_unpackhi_epi8(b.of[i], none));
	}
}
#else
struct bytes {
	uint8_t of[64];
};
static inline struct bytes load(const uint8_t *p)
{
	struct bytes b;
	memcpy(b.of, p, sizeof b.of);
	return b;
}
static inline uint64_t take_highest(struct bytes *b)
{
	uint64_t word = 0;
	for (int i = 0; i < 64; i++) {
		word |= (uint64_t)(b->of[i] >> 7) << i;
		b->of[i] = (uint8_t)(b->of[i] << 1);
	}
	return word;
}
static inline uint64_t same_as(const uint8_t *bytes, uint8_t value)
{
	uint64_t word = 0;
	for (int i = 0; i < 64; i++) word |= (uint64_t)(bytes[i] == value) << i;
	return word;
}
static inline uint64_t same_bytes(const uint8_t *p, const uint8_t *q)
{
	uint64_t word = 0;
	for (int i = 0; i < 64; i++) word |= (uint64_t)(p[i] == q[i]) << i;
	return word;
}
static inline void keep_bits(uint8_t *bytes, uint8_t bits)
{
	for (int i = 0; i < 64; i++) bytes[i] &= bits;
}
static inline void widen(const uint8_t *bytes, uint16_t *to)
{
	for (int i = 0; i < 64; i++) to[i] = bytes[i];
}
#endif
#endif
