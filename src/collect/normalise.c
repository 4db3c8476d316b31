/* Nearly every id is short ASCII, so that path copies nothing; only other text goes through ICU (which normalises UTF-16).
 * Phone numbers are read without a numbering plan: a leading + or 00 tells the country, a known country's trunk prefix
 * (tables/calling_codes.def) is dropped, and a number of no known country keeps its digits, so that equal input still matches
 * and nothing is guessed. Digits of other scripts count as digits: a Persian or Thai form sends them. */
#include "collect/normalise.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/utf8.h"

const char *const IDENTITY_KINDS[] = {"user_id", "anonymous_id", "email", "phone", "external", NULL};

enum {
	EMAIL_MAX_BYTES = 254,  /* RFC 5321, 4.5.3.1.3, less the angle brackets */
	PHONE_MIN_DIGITS = 4,   /* shorter ones are extensions */
	PHONE_MAX_DIGITS = 15,  /* E.164 */
};

static const struct {
	char country[3];
	int code;
	str trunk;
} CALLING_CODES[] = {
#define CALLING_CODE(country_, code_, trunk_) {#country_, code_, {trunk_, sizeof trunk_ - 1}},
#include "calling_codes.def"
#undef CALLING_CODE
};

enum { ILLEGAL_MOST_BYTES = 17 };
/* PostHog's list of ids that are never merged, and their kin. */
static const str ILLEGAL[] = {{"0", 1}, {"[object object]", 15}, {"anonymous", 9}, {"guest", 5}, {"null", 4}, {"(null)", 6}, {"nil", 3}, {"undefined", 9},
	{"true", 4}, {"false", 5}, {"nan", 3}, {"none", 4}, {"email", 5}, {"id", 2}, {"user", 4}, {"user_id", 7}, {"userid", 6}, {"system", 6}, {"backend", 7},
	{"distinct_id", 11}, {"distinctid", 10}, {"anonymous_id", 12}, {"anonymousid", 11}, {"not_authenticated", 17}, {"unknown", 7}};

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

/* The nil UUID in all its spellings, and any other run of zeros. */
static bool is_all_zero(str s)
{
	bool zero = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '0') zero = true;
		else if (s.p[i] != '-' && s.p[i] != '{' && s.p[i] != '}') return false;
	}
	return zero;
}

bool normalise_is_illegal(str s)
{
	s = str_trim(s);
	while (s.n >= 2 && is_quote(s.p[0]) && s.p[s.n - 1] == s.p[0]) s = str_trim(str_sub(s, 1, s.n - 2));
	if (!s.n) return true;
	if (s.p[0] == '0' || s.p[0] == '{') return is_all_zero(s);
	for (size_t i = 0; s.n <= ILLEGAL_MOST_BYTES && i < COUNT_OF(ILLEGAL); i++)
		if (s.n == ILLEGAL[i].n && str_eq_nocase(s, ILLEGAL[i])) return true;
	return false;
}

static bool is_ascii(str s)
{
	unsigned char all = 0;
	for (size_t i = 0; i < s.n; i++) all |= (unsigned char)s.p[i];
	return all < 0x80;
}

static bool has_control_or_space(str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t c = utf8_next(s, &i);
		if (c < 0x21 || c == 0x7f || (c >= 0x80 && u_isUWhiteSpace((UChar32)c))) return true;
	}
	return false;
}

static str trim_unicode(str s)
{
	s = str_trim(s);
	for (size_t i = 0; i < s.n; s = str_trim(str_sub(s, i, s.n)), i = 0)
		if (!u_isUWhiteSpace((UChar32)utf8_next(s, &i))) break;
	for (size_t end = s.n; end; s.n = end) { /* step back over one character at a time */
		do end--;
		while (end && ((unsigned char)s.p[end] & 0xc0) == 0x80);
		size_t at = end;
		if (!u_isUWhiteSpace((UChar32)utf8_next(s, &at))) break;
	}
	return s;
}

/* NFC of valid UTF-8 of at most IDENTITY_MAX_BYTES. STR_NONE when ICU refuses or the result outgrows its room. */
static str nfc(struct arena *a, str s)
{
	enum { UNITS = IDENTITY_MAX_BYTES * 3 };
	UChar wide[UNITS], composed[UNITS];
	char narrow[UNITS * 3];
	int32_t n;
	UErrorCode status = U_ZERO_ERROR;
	u_strFromUTF8(wide, UNITS, &n, s.p, (int32_t)s.n, &status);
	const UNormalizer2 *form = unorm2_getNFCInstance(&status);
	if (U_FAILURE(status)) return STR_NONE;
	if (unorm2_isNormalized(form, wide, n, &status) && U_SUCCESS(status)) return s;
	n = unorm2_normalize(form, wide, n, composed, UNITS, &status);
	u_strToUTF8(narrow, sizeof narrow, &n, composed, n, &status);
	return U_FAILURE(status) ? STR_NONE : str_dup(a, (str){narrow, (size_t)n});
}

static enum normalised plain(struct arena *a, str s, str *out)
{
	if (!is_ascii(s)) {
		if (!utf8_is_valid(s)) return NORMALISED_MALFORMED;
		s = nfc(a, s);
		if (!str_given(s)) return NORMALISED_TOO_LONG;
	}
	*out = s;
	return NORMALISED;
}

static enum normalised email(struct arena *a, str s, str *out)
{
	size_t at;
	if (s.n > EMAIL_MAX_BYTES) return NORMALISED_TOO_LONG;
	const char *last = memrchr(s.p, '@', s.n);
	if (!last) return NORMALISED_MALFORMED;
	at = (size_t)(last - s.p);
	if (at == 0 || at + 1 == s.n || !utf8_is_valid(s) || has_control_or_space(s)) return NORMALISED_MALFORMED;
	bool quoted = s.p[0] == '"' && s.p[at - 1] == '"';
	if (!quoted && memchr(s.p, '@', at)) return NORMALISED_MALFORMED;
	if (memchr(s.p, '<', s.n) || memchr(s.p, '>', s.n)) return NORMALISED_MALFORMED;
	return plain(a, str_lower_ascii(a, s), out);
}

/* Digits of any script; false when something stands there that no one writes in a number. */
static bool phone_digits(str s, char digits[PHONE_MAX_DIGITS + 3], size_t *n, bool *plus)
{
	*n = 0;
	*plus = false;
	for (size_t i = 0; i < s.n;) {
		UChar32 c = (UChar32)utf8_next(s, &i);
		int digit = u_charDigitValue(c);
		if (digit >= 0) {
			if (*n == PHONE_MAX_DIGITS + 2) return false;
			digits[(*n)++] = (char)('0' + digit);
		} else if ((c == '+' || c == 0xff0b) && !*n && !*plus) {
			*plus = true;
		} else if (c >= 0x80 ? !u_isUWhiteSpace(c) && u_charType(c) != U_DASH_PUNCTUATION && u_charType(c) != U_FORMAT_CHAR
		                     : !strchr(" -.()/", (char)c)) {
			return false;
		}
	}
	return true;
}

static enum normalised phone(struct arena *a, str s, const struct normalise_rules *rules, str *out)
{
	char digits[PHONE_MAX_DIGITS + 3];
	size_t n;
	bool plus;
	if (s.n > 4 && str_eq_nocase(str_sub(s, 0, 4), S("tel:"))) s = str_sub(s, 4, s.n);
	if (!utf8_is_valid(s) || !phone_digits(s, digits, &n, &plus)) return NORMALISED_MALFORMED;
	str number = {digits, n};
	if (!plus && str_starts(number, S("00"))) {
		plus = true;
		number = str_sub(number, 2, n);
	}
	if (rules->is_live && is_all_zero(number)) return NORMALISED_ILLEGAL;
	if (number.n < PHONE_MIN_DIGITS || number.n > PHONE_MAX_DIGITS || (plus && number.p[0] == '0')) return NORMALISED_MALFORMED;
	for (size_t i = 0; !plus && i < COUNT_OF(CALLING_CODES); i++) {
		if (!str_eq_nocase(rules->country, str_of(CALLING_CODES[i].country))) continue;
		if (str_starts(number, CALLING_CODES[i].trunk)) number = str_sub(number, CALLING_CODES[i].trunk.n, number.n);
		*out = str_fmt(a, "+%d%.*s", CALLING_CODES[i].code, STR_ARG(number));
		return out->n - 1 > PHONE_MAX_DIGITS ? NORMALISED_MALFORMED : NORMALISED;
	}
	*out = str_fmt(a, "%s%.*s", plus ? "+" : "", STR_ARG(number));
	return NORMALISED;
}

enum normalised normalise_identity(struct arena *a, enum identity_kind kind, str raw, const struct normalise_rules *rules, str *out)
{
	str s = is_ascii(raw) ? str_trim(raw) : trim_unicode(raw);
	if (!s.n) return NORMALISED_EMPTY;
	if (s.n > IDENTITY_MAX_BYTES) return NORMALISED_TOO_LONG;
	if (rules->is_live && normalise_is_illegal(s)) return NORMALISED_ILLEGAL;
	if (kind == IDENTITY_EMAIL) return email(a, s, out);
	if (kind == IDENTITY_PHONE) return phone(a, s, rules, out);
	return plain(a, s, out);
}
