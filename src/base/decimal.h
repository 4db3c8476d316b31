/* decimal.h: numbers as they were sent: mantissa × 10^exponent, to 18 digits; and exact sums of them.
 * A number that does not fit (more digits, huge exponents) is a double instead: decimal_parse says so. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H
#include "base/str.h"

struct decimal {
	int64_t mantissa;
	int8_t exponent; /* -18..18; normalised: the mantissa has no trailing zero digit, 0 has exponent 0 */
};

/* JSON number syntax (also "+1", ".5" and "1." for files). False when not a number or when it does not fit. */
bool decimal_parse(str text, struct decimal *out);
struct decimal decimal_of_i64(int64_t value); /* |value| ≤ 10^18 */
bool decimal_of_double(double value, struct decimal *out); /* shortest decimal that reads back as value */
double decimal_to_double(struct decimal d);
int decimal_cmp(struct decimal a, struct decimal b);
/* False on overflow; the caller falls back to doubles. */
bool decimal_mul(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);
str decimal_show(struct arena *a, struct decimal d); /* plain notation: 5079250.872, -0.05, 1200 */
enum { DECIMAL_ROOM = 64 };
str decimal_text(struct decimal d, char room[DECIMAL_ROOM]); /* the same, somewhere in the room */

/* A sum that is exact while every addend is a decimal: 128 bits at 18 decimal places is too narrow for money
 * of any size, so the scale follows the finest addend seen. A double addend makes it inexact. */
struct decimal_sum {
	__int128 total;
	int scale;      /* decimal places of total, 0..18 */
	double inexact; /* what could not be added exactly */
	bool is_exact;
};
void decimal_sum_init(struct decimal_sum *s);
void decimal_sum_add(struct decimal_sum *s, struct decimal d);
void decimal_sum_add_double(struct decimal_sum *s, double d);
void decimal_sum_merge(struct decimal_sum *s, const struct decimal_sum *other);
double decimal_sum_double(const struct decimal_sum *s);
str decimal_sum_show(struct arena *a, const struct decimal_sum *s); /* exact: all digits; else shortest double */
#endif
