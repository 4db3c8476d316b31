/* The script tells most: Thai, Greek, Korean and Japanese letters belong to one language. Among languages of one script CLD2
 * decides where it is sure. Of a few words it never is: there a Latin text is English unless words of Greek or Persian
 * typed in Latin letters say otherwise, and an Arabic one Persian unless letters that Persian lacks do: these are the
 * languages that this product is made for. Letters of the other scripts count double against Latin ones, and ideographs
 * six times, since brands and net words in Latin letters stand within texts of every language. */
#include "text/language.h"

#include <stdio.h>
#include <string.h>
#include <unicode/uloc.h>
#include <unicode/uscript.h>

#include "base/utf8.h"
#include "text/cld2.h"
#include "text/feature.h"

enum { CLD_BYTES = 4096, SLOTS = 2048, TELLING_WORDS = 60 };
enum tongue { TONGUE_NONE, TONGUE_EN, TONGUE_EL, TONGUE_FA, TONGUES };
static const char *const TONGUE_CODES[TONGUES] = {"und", "en", "el", "fa"};

/* ---- words that tell ---- */

static struct {
	uint32_t hash;
	uint8_t tongue;
} telling[SLOTS];

static uint32_t word_hash(const uint32_t *c, size_t n)
{
	uint32_t h = 0x811c9dc5u;
	for (size_t i = 0; i < n; i++) h = (h ^ c[i]) * 0x01000193u;
	return h ? h : 1;
}

static void add_telling(str word, enum tongue tongue)
{
	uint32_t letters[TELLING_WORDS];
	size_t n = 0;
	for (size_t i = 0; i < word.n && n < TELLING_WORDS;) letters[n++] = utf8_next(word, &i);
	uint32_t hash = word_hash(letters, n), at = hash % SLOTS;
	while (telling[at].hash && telling[at].hash != hash) at = (at + 1) % SLOTS;
	telling[at].hash = hash;
	telling[at].tongue = (uint8_t)tongue;
}

static enum tongue tongue_of(const uint32_t *c, size_t n)
{
	uint32_t hash = word_hash(c, n), at = hash % SLOTS;
	while (telling[at].hash && telling[at].hash != hash) at = (at + 1) % SLOTS;
	return telling[at].hash ? (enum tongue)telling[at].tongue : TONGUE_NONE;
}

void language_init(str words)
{
	while (words.n) {
		str line = str_cut(&words, '\n'), code = str_cut(&line, '\t');
		for (int t = TONGUE_EN; t < TONGUES; t++)
			while (str_eq(code, str_of(TONGUE_CODES[t])) && str_given(line)) add_telling(str_cut(&line, '|'), (enum tongue)t);
	}
}

/* How many words of each tongue stand in the text; out[0] counts all words. */
static void count_tongues(const struct folded *t, int out[TONGUES])
{
	memset(out, 0, TONGUES * sizeof *out);
	for (size_t i = 0; i < t->n;) {
		size_t from = i++;
		if (t->class[from] != FOLD_LETTER) continue;
		while (i < t->n && t->class[i] == FOLD_LETTER) i++;
		enum tongue tongue = tongue_of(t->c + from, i - from);
		out[0]++;
		if (tongue) out[tongue]++;
	}
}

/* ---- by script ---- */

static void set(struct language *out, const char *code, const char *script)
{
	snprintf(out->code, sizeof out->code, "%s", code);
	snprintf(out->script, sizeof out->script, "%s", script);
}

/* CLD2's answer without its script, by today's codes. "und" when it does not know, or is not sure. */
static void by_cld2(str source, char code[LANGUAGE_BYTES], bool *is_sure)
{
	static const struct {
		const char *was, *is;
	} TODAY[] = {{"iw", "he"}, {"un", "und"}, {"xxx", "und"}, {"no", "nb"}, {"tl", "fil"}, {"jw", "jv"}, {"mo", "ro"}};
	str beginning = utf8_cut(source, CLD_BYTES);
	*is_sure = false;
	const char *found = utf8_is_valid(beginning) ? cld2_language(beginning.p, beginning.n, is_sure) : "und"; /* it trusts its input */
	snprintf(code, LANGUAGE_BYTES, "%s", found);
	char *dash = strchr(code, '-');
	if (dash) *dash = 0;
	for (size_t i = 0; i < COUNT_OF(TODAY); i++)
		if (strcmp(code, TODAY[i].was) == 0) snprintf(code, LANGUAGE_BYTES, "%s", TODAY[i].is);
	if (strcmp(code, "und") == 0) *is_sure = false;
}

static void latin(str source, const struct folded *t, struct language *out)
{
	char code[LANGUAGE_BYTES];
	int words[TONGUES];
	bool is_sure;
	count_tongues(t, words);
	enum tongue best = words[TONGUE_FA] > words[TONGUE_EL] ? TONGUE_FA : TONGUE_EL;
	if (words[best] > words[TONGUE_EN] && 4 * words[best] >= words[0]) {
		set(out, TONGUE_CODES[best], "Latn");
		return;
	}
	by_cld2(source, code, &is_sure);
	set(out, is_sure ? code : "en", "Latn");
}

/* Letters that Persian is not written with, and those of Urdu. */
static bool has_letter(str source, const char *letters)
{
	for (size_t i = 0; i < source.n;) {
		char one[4];
		size_t n = utf8_put(utf8_next(source, &i), one);
		if (str_contains(str_of(letters), (str){one, n})) return true;
	}
	return false;
}

static void arabic(str source, struct language *out)
{
	static const char URDU[] = "ٹڈڑںےہ", ARABIC[] = "ةىإ", PERSIAN[] = "پچژگ";
	char code[LANGUAGE_BYTES];
	bool is_sure;
	by_cld2(source, code, &is_sure);
	if (is_sure)
		set(out, code, "Arab");
	else if (has_letter(source, URDU))
		set(out, "ur", "Arab");
	else
		set(out, has_letter(source, ARABIC) && !has_letter(source, PERSIAN) ? "ar" : "fa", "Arab");
}

/* A script of many languages, or of one that is rarely met: CLD2, else the likeliest by CLDR. */
static void other(str source, uint32_t letter, struct language *out)
{
	UErrorCode e = U_ZERO_ERROR;
	char code[LANGUAGE_BYTES], guess[ULOC_FULLNAME_CAPACITY], unknown[16];
	const char *script = uscript_getShortName(uscript_getScript((UChar32)letter, &e));
	bool is_sure;
	by_cld2(source, code, &is_sure);
	snprintf(unknown, sizeof unknown, "und_%s", script ? script : "Zyyy");
	e = U_ZERO_ERROR;
	if (!is_sure && uloc_addLikelySubtags(unknown, guess, sizeof guess, &e) > 0 && U_SUCCESS(e)) {
		guess[strcspn(guess, "_")] = 0;
		snprintf(code, sizeof code, "%.11s", guess);
	}
	set(out, code, script ? script : "Zyyy");
}

static enum script main_script(const struct folded *t)
{
	static const uint32_t WEIGHTS[SCRIPTS] = {[SCRIPT_LATIN] = 1, [SCRIPT_THAI] = 2, [SCRIPT_GREEK] = 2, [SCRIPT_ARABIC] = 2, [SCRIPT_HAN] = 6,
	                                          [SCRIPT_KANA] = 6, [SCRIPT_HANGUL] = 6, [SCRIPT_CYRILLIC] = 2, [SCRIPT_OTHER] = 2};
	enum script best = SCRIPT_COMMON;
	for (int s = SCRIPT_LATIN; s < SCRIPTS; s++)
		if (t->scripts[s] * WEIGHTS[s] > t->scripts[best] * WEIGHTS[best]) best = (enum script)s;
	/* Japanese mixes both; a Chinese text holds no kana but in names */
	if ((best == SCRIPT_HAN || best == SCRIPT_KANA) && 5 * t->scripts[SCRIPT_KANA] > t->scripts[SCRIPT_HAN]) return SCRIPT_KANA;
	return best == SCRIPT_KANA ? SCRIPT_HAN : best;
}

void language_of(str source, const struct folded *t, struct language *out)
{
	switch (main_script(t)) {
	case SCRIPT_COMMON: set(out, "und", "Zyyy"); return;
	case SCRIPT_LATIN: latin(source, t, out); return;
	case SCRIPT_THAI: set(out, "th", "Thai"); return;
	case SCRIPT_GREEK: set(out, "el", "Grek"); return;
	case SCRIPT_ARABIC: arabic(source, out); return;
	case SCRIPT_HAN: set(out, "zh", t->traditional > t->simplified || (t->bopomofo && t->simplified == t->traditional) ? "Hant" : "Hans"); return;
	case SCRIPT_KANA: set(out, "ja", "Jpan"); return;
	case SCRIPT_HANGUL: set(out, "ko", "Kore"); return;
	case SCRIPT_CYRILLIC: other(source, 0x0430, out); return;
	default: other(source, t->first_other, out); return;
	}
}
