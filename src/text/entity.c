#include "text/entity.h"

#include <string.h>
#include <unicode/uchar.h>

#include "base/utf8.h"

enum { NUMBER_DIGITS = 5, NUMBER_LETTERS = 30, CURRENCY_LETTERS = 12 };
const char *const ENTITY_KINDS[] = {"amount", "order_number", NULL};

/* Folded. Signs of currencies are Unicode's. */
static const char *const CURRENCIES[] = {
	"usd", "eur", "gbp", "thb", "twd", "ntd", "cny", "rmb", "irr", "dollar", "dollars", "euro", "euros", "pound", "pounds", "baht", "บาท", "元", "块", "块钱", "人民币", "ευρω", "تومان", "تومن", "ریال", "toman", "tuman", "evro", "eyrw",
};

static bool is_digit(const struct folded *t, size_t i)
{
	return i < t->n && t->c[i] >= '0' && t->c[i] <= '9';
}

static bool is_sign(const struct folded *t, size_t i)
{
	return i < t->n && u_charType((UChar32)t->c[i]) == U_CURRENCY_SYMBOL;
}

/* The end of a number with its separators, from a digit on. */
static size_t number_end(const struct folded *t, size_t i)
{
	while (is_digit(t, i) || (i < t->n && (t->c[i] == '.' || t->c[i] == ',') && is_digit(t, i + 1))) i++;
	return i;
}

/* The end of a currency's name at i, or i. */
static size_t currency_end(const struct folded *t, size_t i)
{
	if (is_sign(t, i)) return i + 1;
	size_t best = i;
	for (size_t k = 0; k < COUNT_OF(CURRENCIES); k++) {
		str name = str_of(CURRENCIES[k]);
		size_t at = 0, j = i;
		bool is_same = true;
		for (; is_same && at < name.n && j < t->n; j++) is_same = utf8_next(name, &at) == t->c[j];
		bool is_whole = is_same && at == name.n && (t->c[j - 1] >= 0x0e00 || j == t->n || t->class[j] != FOLD_LETTER);
		if (is_whole && j > best) best = j;
	}
	return best;
}

/* A number with a currency before or behind it; *to is moved past both. */
static bool amount(const struct folded *t, size_t *from, size_t *to)
{
	size_t behind = *to < t->n && t->class[*to] == FOLD_SPACE ? *to + 1 : *to, end = currency_end(t, behind);
	if (end > behind) {
		*to = end;
		return true;
	}
	size_t before = *from && t->class[*from - 1] == FOLD_SPACE ? *from - 1 : *from;
	for (size_t start = before > CURRENCY_LETTERS ? before - CURRENCY_LETTERS : 0; start < before; start++) {
		if (currency_end(t, start) != before || (start && t->class[start - 1] == FOLD_LETTER && t->c[start] < 0x0e00 && !is_sign(t, start))) continue;
		*from = start;
		return true;
	}
	return false;
}

/* A word of digits, Latin letters and dashes around i; true with enough digits. */
static bool order_number(const struct folded *t, size_t *from, size_t *to)
{
	size_t digits = 0;
	while (*from && (is_digit(t, *from - 1) || t->c[*from - 1] == '-' || (t->c[*from - 1] >= 'a' && t->c[*from - 1] <= 'z'))) --*from;
	while (*to < t->n && (is_digit(t, *to) || t->c[*to] == '-' || (t->c[*to] >= 'a' && t->c[*to] <= 'z'))) ++*to;
	for (size_t i = *from; i < *to; i++) digits += is_digit(t, i);
	return digits >= NUMBER_DIGITS && *to - *from <= NUMBER_LETTERS;
}

size_t entities_of(const struct folded *t, struct entity out[ENTITIES_MOST])
{
	size_t n = 0;
	for (size_t i = 0; i < t->n && n < ENTITIES_MOST; i++) {
		if (!is_digit(t, i)) continue;
		size_t from = i, to = number_end(t, i);
		bool is_amount = amount(t, &from, &to), is_number = false;
		if (!is_amount) {
			from = i;
			to = number_end(t, i);
			is_number = order_number(t, &from, &to);
		}
		if (is_amount || is_number) out[n++] = (struct entity){is_amount ? ENTITY_AMOUNT : ENTITY_NUMBER, (uint32_t)from, (uint32_t)to};
		i = to - 1;
	}
	return n;
}
