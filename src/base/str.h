/* str.h: a string that carries its length. A str never owns its bytes: they belong to an arena, a literal or
 * a buffer that outlives it. It need not end in NUL unless a function says so. {NULL, 0} is "absent" and
 * equals the empty string for every comparison; str_given tells the two apart. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

typedef struct str {
	const char *p;
	size_t n;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((str){NULL, 0})
/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""
#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

str str_of(const char *c_string); /* NULL gives STR_NONE */
static inline bool str_given(str s) { return s.p != NULL; }
bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII letters only */
int str_cmp(str a, str b);        /* by bytes, shorter first */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_contains(str s, str needle);
str str_sub(str s, size_t from, size_t n); /* clamped to s */
str str_trim(str s);                       /* ASCII white space at both ends */
/* Cuts *rest at the first sep: returns what stands before it and moves *rest past it. Without a sep it
 * returns all and *rest becomes STR_NONE, so `while (str_given(rest))` visits every piece. */
str str_cut(str *rest, char sep);
bool str_find(str s, char c, size_t *at);

/* Copies into the arena; the copy ends in NUL (not counted in n). */
str str_dup(struct arena *a, str s);
const char *str_c(struct arena *a, str s); /* the same, as a C string */
str str_fmt(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
str str_join(struct arena *a, const str *parts, size_t n, str sep);
str str_lower_ascii(struct arena *a, str s);
str str_hex(struct arena *a, const void *bytes, size_t n);
bool str_from_hex(str hex, void *out, size_t out_bytes); /* false unless exactly out_bytes are spelled */
str str_base64(struct arena *a, const void *bytes, size_t n);     /* with padding */
str str_base64url(struct arena *a, const void *bytes, size_t n);  /* without padding */
bool str_from_base64(struct arena *a, str text, str *out);        /* either alphabet, padding optional */

/* Whole-string number parsing: false when empty, with rubbish, or out of range. */
bool str_i64(str s, int64_t *out);
bool str_u64(str s, uint64_t *out);
bool str_f64(str s, double *out);

uint64_t str_hash(str s); /* XXH3, stable on one machine; not against attackers */
#endif
