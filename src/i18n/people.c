/* People's texts: names in their custom's order, keys to sort by, folded forms to match, words to search. All of it is
 * the same on every database, because no database does it.
 *
 * Folding: NFKC case fold, then decomposed, accents off, letters that Persian and Arabic keyboards write differently
 * made one, digits of any script made ASCII, composed again. "Accents" are marks of inherited script and those of
 * Arabic and Hebrew; Thai vowels and tones and Indic signs are letters to their readers, the Japanese voicing marks too,
 * and stay. */
#include <pthread.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/ucol.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "i18n/i18n.h"
#include "i18n/icu.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static UCollator *collator;          /* both are only read once opened, so every thread may use them */
static UBreakIterator *word_breaks;  /* cloned for each text */

static void open_shared(void)
{
	UErrorCode e = U_ZERO_ERROR;
	collator = ucol_open("", &e);
	e = U_ZERO_ERROR;
	word_breaks = ubrk_open(UBRK_WORD, "", NULL, 0, &e);
}

/* ---- names ---- */

/* Han, Kana and Hangul names stand family first and unspaced; all others have the given name first. The reader's
 * language has no say: John Smith stays John Smith on a Chinese page, and 王小明 stays himself on an English one. */
static bool is_east_asian(str text)
{
	for (size_t i = 0; i < text.n;) {
		UErrorCode e = U_ZERO_ERROR;
		switch (uscript_getScript((UChar32)utf8_next(text, &i), &e)) {
		case USCRIPT_HAN:
		case USCRIPT_HIRAGANA:
		case USCRIPT_KATAKANA:
		case USCRIPT_HANGUL:
		case USCRIPT_BOPOMOFO: return true;
		case USCRIPT_COMMON:
		case USCRIPT_INHERITED: continue;
		default: return false;
		}
	}
	return false;
}

str i18n_person_name(struct arena *a, enum name_order order, str given, str family)
{
	given = str_trim(given);
	family = str_trim(family);
	if (given.n == 0 || family.n == 0) return family.n ? family : given;
	bool family_first = order == NAME_ORDER_OF_SCRIPT ? is_east_asian(family) : order == NAME_FAMILY_FIRST;
	if (!family_first) return str_fmt(a, "%.*s %.*s", STR_ARG(given), STR_ARG(family));
	const char *space = is_east_asian(family) && is_east_asian(given) ? "" : " ";
	return str_fmt(a, "%.*s%s%.*s", STR_ARG(family), space, STR_ARG(given));
}

/* ---- sorting ---- */

str i18n_sort_key(struct arena *a, str text)
{
	pthread_once(&once, open_shared);
	int32_t n;
	UChar *wide = icu__utf16(a, text, &n);
	if (!collator || n == 0) return str_dup(a, text);
	int32_t room = n * 4 + 16;
	uint8_t *bytes = arena_alloc(a, (size_t)room);
	int32_t need = ucol_getSortKey(collator, wide, n, bytes, room);
	if (need > room) {
		bytes = arena_alloc(a, (size_t)need);
		need = ucol_getSortKey(collator, wide, n, bytes, need);
	}
	return (str){(char *)bytes, need > 0 ? (size_t)need - 1 : 0}; /* without the zero byte at its end */
}

/* ---- folding ---- */

static bool is_accent(UChar32 c)
{
	if (u_charType(c) != U_NON_SPACING_MARK || c == 0x3099 || c == 0x309A) return false;
	UErrorCode e = U_ZERO_ERROR;
	UScriptCode script = uscript_getScript(c, &e);
	return script == USCRIPT_INHERITED || script == USCRIPT_ARABIC || script == USCRIPT_HEBREW;
}

static UChar32 one_letter(UChar32 c)
{
	switch (c) {
	case 0x064A: /* ي Arabic yeh */
	case 0x0649: return 0x06CC; /* ى alef maksura → ی */
	case 0x0643: return 0x06A9; /* ك → ک */
	case 0x0629:
	case 0x06D5:
	case 0x06C1: return 0x0647; /* ة ە ہ → ه */
	default: break;
	}
	if (c < 0x80) return c;
	if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) return '0' + u_charDigitValue(c);
	return c;
}

static bool fold_ascii(struct arena *a, str text, str *out)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80) return false;
	*out = str_lower_ascii(a, text);
	return true;
}

/* A normaliser's answer in the arena: one that does not fit at first is asked again with the room it named. */
static UChar *normalised(struct arena *a, const UNormalizer2 *normaliser, const UChar *wide, int32_t n, int32_t *out_n)
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t room = n * 2 + 16;
	UChar *out = arena_alloc(a, (size_t)room * sizeof *out);
	*out_n = unorm2_normalize(normaliser, wide, n, out, room, &e);
	if (e == U_BUFFER_OVERFLOW_ERROR) {
		e = U_ZERO_ERROR;
		room = *out_n + 1;
		out = arena_alloc(a, (size_t)room * sizeof *out);
		*out_n = unorm2_normalize(normaliser, wide, n, out, room, &e);
	}
	return U_SUCCESS(e) ? out : NULL;
}

static int32_t keep_letters(UChar *wide, int32_t n)
{
	int32_t kept = 0;
	for (int32_t i = 0; i < n;) {
		UChar32 c;
		U16_NEXT(wide, i, n, c);
		if (is_accent(c)) continue;
		c = one_letter(c); /* never needs more units than it had */
		U16_APPEND_UNSAFE(wide, kept, c);
	}
	return kept;
}

str i18n_fold(struct arena *a, str text)
{
	str folded;
	if (fold_ascii(a, text, &folded)) return folded;
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&e), *apart = unorm2_getNFDInstance(&e), *together = unorm2_getNFCInstance(&e);
	int32_t n;
	UChar *wide = icu__utf16(a, text, &n);
	if (U_FAILURE(e)) return str_dup(a, text);
	wide = normalised(a, fold, wide, n, &n);
	if (wide) wide = normalised(a, apart, wide, n, &n);
	if (!wide) return str_dup(a, text);
	n = keep_letters(wide, n);
	wide = normalised(a, together, wide, n, &n);
	return wide ? icu__utf8(a, wide, n) : str_dup(a, text);
}

/* ---- words ---- */

void i18n_words(struct arena *a, str text, i18n_word *visit, void *arg)
{
	pthread_once(&once, open_shared);
	if (!word_breaks || text.n == 0) return;
	UErrorCode e = U_ZERO_ERROR;
	UBreakIterator *breaks = ubrk_clone(word_breaks, &e);
	UText *utf8 = utext_openUTF8(NULL, text.p, (int64_t)text.n, &e);
	if (U_SUCCESS(e)) ubrk_setUText(breaks, utf8, &e);
	if (U_SUCCESS(e)) {
		int32_t from = ubrk_first(breaks);
		for (int32_t to; (to = ubrk_next(breaks)) != UBRK_DONE; from = to) {
			if (ubrk_getRuleStatus(breaks) < UBRK_WORD_NONE_LIMIT) continue;
			str folded = i18n_fold(a, str_sub(text, (size_t)from, (size_t)(to - from)));
			if (folded.n) visit(arg, folded, (size_t)from, (size_t)to);
		}
	}
	utext_close(utf8);
	if (breaks) ubrk_close(breaks);
}
