/* What a character becomes does not depend on its neighbours, so it is looked up: a table for each 256 code points, made
 * with ICU when the first of them is met, and kept. Asking ICU for each text costs ten times as much. What does depend on
 * neighbours (spaces, stretched letters) is done while the result is written. */
#include "text/fold.h"

#include <stdatomic.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>
#include <unicode/utf16.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { BLOCK = 256, BLOCKS = 0x110000 / BLOCK, MOST = 4, ROOM = 64, LAUGH = '5', LAUGH_LENGTH = 3, STRETCH = 2 };

struct entry {
	uint32_t to[MOST]; /* ends at the first 0 */
	uint8_t class, script;
	bool is_simplified, is_traditional;
};
struct block {
	struct entry entries[BLOCK];
};
static _Atomic(struct block *) blocks[BLOCKS];
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* ---- making a table ---- */

/* Letters of Arabic and Persian that are one to a reader, which Unicode keeps apart; and marks of Thai typed as two. */
static const struct {
	uint32_t from, to;
} ALIKE[] = {
	{0x064a, 0x06cc}, {0x0649, 0x06cc}, {0x06d2, 0x06cc}, {0x0643, 0x06a9}, {0x0629, 0x0647}, {0x06c0, 0x0647}, {0x06c1, 0x0647}, {0x06d5, 0x0647},
	{0x2019, '\''}, {0x2018, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x3002, '.'}, {0x3001, ','}, {0x060c, ','}, {0x061f, '?'}, {0x037e, '?'}, {0x061b, ';'},
};

static uint32_t alike(uint32_t c)
{
	for (size_t i = 0; i < COUNT_OF(ALIKE); i++)
		if (ALIKE[i].from == c) return ALIKE[i].to;
	int digit = u_charDigitValue((UChar32)c);
	return digit >= 0 && digit <= 9 ? '0' + (uint32_t)digit : c;
}

static bool is_invisible(uint32_t c)
{
	int8_t type = u_charType((UChar32)c);
	if (c == 0x0640 || (c >= 0x1f3fb && c <= 0x1f3ff)) return true; /* the stretch of Arabic script; shades of skin */
	return type == U_FORMAT_CHAR || u_hasBinaryProperty((UChar32)c, UCHAR_VARIATION_SELECTOR);
}

/* Marks above and below letters are left out, except where they are the writing itself. */
static bool is_accent(uint32_t c)
{
	UErrorCode e = U_ZERO_ERROR;
	int8_t type = u_charType((UChar32)c);
	if (type != U_NON_SPACING_MARK && type != U_ENCLOSING_MARK) return false;
	UScriptCode s = uscript_getScript((UChar32)c, &e);
	return s == USCRIPT_INHERITED || s == USCRIPT_ARABIC || s == USCRIPT_GREEK || s == USCRIPT_LATIN || s == USCRIPT_CYRILLIC || s == USCRIPT_HEBREW;
}

static enum script script_of(uint32_t c)
{
	UErrorCode e = U_ZERO_ERROR;
	if (!u_isalpha((UChar32)c) && !u_hasBinaryProperty((UChar32)c, UCHAR_ALPHABETIC)) return SCRIPT_COMMON;
	switch (uscript_getScript((UChar32)c, &e)) {
	case USCRIPT_COMMON:
	case USCRIPT_INHERITED: return SCRIPT_COMMON;
	case USCRIPT_LATIN: return SCRIPT_LATIN;
	case USCRIPT_THAI: return SCRIPT_THAI;
	case USCRIPT_GREEK: return SCRIPT_GREEK;
	case USCRIPT_ARABIC: return SCRIPT_ARABIC;
	case USCRIPT_HAN:
	case USCRIPT_BOPOMOFO: return SCRIPT_HAN;
	case USCRIPT_HIRAGANA:
	case USCRIPT_KATAKANA: return SCRIPT_KANA;
	case USCRIPT_HANGUL: return SCRIPT_HANGUL;
	case USCRIPT_CYRILLIC: return SCRIPT_CYRILLIC;
	default: return SCRIPT_OTHER;
	}
}

static enum fold_class class_of(uint32_t c)
{
	if (u_isUWhiteSpace((UChar32)c) || u_charType((UChar32)c) == U_CONTROL_CHAR) return FOLD_SPACE;
	int8_t type = u_charType((UChar32)c);
	return u_isalnum((UChar32)c) || type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK ? FOLD_LETTER : FOLD_SYMBOL;
}

static void fill_entry(struct entry *entry, uint32_t c)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&e);
	UChar source[2], room[ROOM];
	int32_t n_source = 0, n = 0, k = 0;
	entry->class = (uint8_t)class_of(c);
	entry->script = (uint8_t)script_of(c);
	if (entry->class == FOLD_SPACE) {
		entry->to[0] = ' ';
		return;
	}
	if (is_invisible(c)) return;
	U16_APPEND_UNSAFE(source, n_source, c);
	n = unorm2_normalize(nfkd, source, n_source, room, ROOM, &e);
	if (U_FAILURE(e)) n = 0;
	for (int32_t i = 0; i < n && k < MOST;) {
		UChar32 d;
		U16_NEXT(room, i, n, d);
		if (is_accent((uint32_t)d)) continue;
		entry->to[k++] = alike((uint32_t)u_foldCase(d, U_FOLD_CASE_DEFAULT));
	}
	if (n && k && entry->class == FOLD_SYMBOL && entry->to[0] < 0x80 && u_isalnum((UChar32)entry->to[0])) entry->class = FOLD_LETTER;
	if (!n) entry->to[0] = c;
}

/* Of each Han character the simplified form, when the whole table comes back one for one. */
static void convert(const char *id, const UChar *from, int32_t n, UChar *to)
{
	UErrorCode e = U_ZERO_ERROR;
	UChar name[32], room[3 * BLOCK];
	u_uastrcpy(name, id);
	UTransliterator *t = utrans_openU(name, -1, UTRANS_FORWARD, NULL, 0, NULL, &e);
	memcpy(to, from, (size_t)n * sizeof *to);
	for (int32_t i = 0; t && i < n; i++) { /* alone, since its rules also know words */
		int32_t length = 1, limit = 1;
		room[0] = from[i];
		utrans_transUChars(t, room, &length, COUNT_OF(room), 0, &limit, &e);
		if (U_SUCCESS(e) && length == 1) to[i] = room[0];
		e = U_ZERO_ERROR;
	}
	if (t) utrans_close(t);
}

static void fill_han(struct block *b, uint32_t first)
{
	UChar from[BLOCK], simple[BLOCK], full[BLOCK];
	for (int i = 0; i < BLOCK; i++) from[i] = (UChar)(first + (uint32_t)i);
	convert("Traditional-Simplified", from, BLOCK, simple);
	convert("Simplified-Traditional", from, BLOCK, full);
	for (int i = 0; i < BLOCK; i++) {
		struct entry *e = &b->entries[i];
		if (e->script != SCRIPT_HAN) continue;
		e->is_traditional = simple[i] != from[i];
		e->is_simplified = !e->is_traditional && full[i] != from[i];
		if (e->to[0] == from[i]) e->to[0] = simple[i];
	}
}

static struct block *block_make(uint32_t number)
{
	pthread_mutex_lock(&making);
	struct block *b = atomic_load(&blocks[number]);
	if (!b) {
		b = MEM_NEW(struct block);
		for (uint32_t i = 0; i < BLOCK; i++) fill_entry(&b->entries[i], number * BLOCK + i);
		if (number >= 0x34 && number < 0xa0) fill_han(b, number * BLOCK);
		atomic_store(&blocks[number], b);
	}
	pthread_mutex_unlock(&making);
	return b;
}

/* ---- folding ---- */

static void put(struct folded *out, uint32_t c, unsigned char class, uint32_t at)
{
	size_t n = out->n;
	if (class == FOLD_SPACE && n && out->class[n - 1] == FOLD_SPACE) return;
	uint32_t most = c == LAUGH ? LAUGH_LENGTH : STRETCH, run = 0;
	bool is_counted = class != FOLD_SPACE && (c < '0' || c > '9' || c == LAUGH); /* 1000 is no stretched word */
	while (is_counted && run < most && run < n && out->c[n - 1 - run] == c) run++;
	if (is_counted && run == most) return;
	if (n && c == 0x0e40 && out->c[n - 1] == 0x0e40) { /* two Thai e for one ae: they look the same */
		out->c[n - 1] = 0x0e41;
		return;
	}
	out->c[n] = c;
	out->class[n] = class;
	out->at[n] = at;
	out->n++;
}

void fold(struct arena *a, str text, struct folded *out)
{
	*out = (struct folded){0};
	size_t most = 2 * text.n + 2; /* a character of two bytes becomes at most four */
	out->c = ARENA_ARRAY(a, uint32_t, most + 1);
	out->at = ARENA_ARRAY(a, uint32_t, most + 1);
	out->class = ARENA_ARRAY(a, unsigned char, most + 1);
	put(out, ' ', FOLD_SPACE, 0);
	for (size_t i = 0; i < text.n;) {
		uint32_t at = (uint32_t)i, c = utf8_next(text, &i), number = c / BLOCK;
		const struct block *b = atomic_load_explicit(&blocks[number], memory_order_acquire);
		if (!b) b = block_make(number);
		const struct entry *e = &b->entries[c % BLOCK];
		out->scripts[e->script]++;
		out->simplified += e->is_simplified;
		out->traditional += e->is_traditional;
		out->bopomofo += c >= 0x3105 && c < 0x3130;
		if (e->script == SCRIPT_OTHER && !out->first_other) out->first_other = c;
		for (int k = 0; k < MOST && e->to[k]; k++) put(out, e->to[k], e->class, at);
	}
	put(out, ' ', FOLD_SPACE, (uint32_t)text.n);
	out->at[out->n] = (uint32_t)text.n;
}
