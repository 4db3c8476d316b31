/* The passage of a text that answers best: the window of sentences with the most different words of the query in it, of
 * several the first. */
#include "base/map.h"
#include "base/utf8.h"
#include "search/inner.h"

enum { PIECES_MOST = 4000, WORDS_MOST = 64 };

struct piece {
	size_t from, to;
	uint64_t has; /* the first 64 words, a bit each */
};

static bool ends_sentence(str text, size_t i)
{
	static const str WIDE[] = {{"。", sizeof "。" - 1}, {"！", sizeof "！" - 1}, {"？", sizeof "？" - 1}, {"؟", sizeof "؟" - 1}, {"۔", sizeof "۔" - 1}};
	char c = text.p[i];
	if (c == '\n') return true;
	if ((c == '.' || c == '!' || c == '?') && i + 1 < text.n && (text.p[i + 1] == ' ' || text.p[i + 1] == '\n')) return true;
	for (size_t k = 0; k < COUNT_OF(WIDE) && (unsigned char)c >= 0x80; k++)
		if (c == WIDE[k].p[WIDE[k].n - 1] && i + 1 >= WIDE[k].n && str_eq(str_sub(text, i + 1 - WIDE[k].n, WIDE[k].n), WIDE[k])) return true;
	return false;
}

struct looking {
	struct map words; /* the bit of each */
	struct piece *pieces;
	size_t n, at;
};

static int look(void *arg, const char *token, int n, int from, int to, bool is_same_place)
{
	struct looking *l = arg;
	(void)to;
	if (is_same_place) return 0;
	while (l->at + 1 < l->n && (size_t)from >= l->pieces[l->at].to) l->at++;
	const uint64_t *has = map_get(&l->words, (str){token, (size_t)n});
	if (has) l->pieces[l->at].has |= *has;
	return 0;
}

str search_passage(struct arena *a, str text, const struct search_hits *hits, size_t most)
{
	struct looking l = {.pieces = ARENA_ARRAY(a, struct piece, PIECES_MOST)};
	size_t from = 0, best = 0, best_to = 0;
	int best_words = -1;
	for (size_t i = 0; i < text.n && l.n < PIECES_MOST; i++)
		if (ends_sentence(text, i) || i + 1 == text.n) l.pieces[l.n++] = (struct piece){from, i + 1, 0}, from = i + 1;
	if (!l.n) return text;
	map_init(&l.words);
	for (size_t w = 0; w < hits->n_words && w < WORDS_MOST; w++) *map_put(&l.words, hits->words[w], NULL) = UINT64_C(1) << w;
	search__grams(text, look, &l);
	map_release(&l.words);
	for (size_t i = 0; i < l.n; i++) {
		uint64_t has = 0;
		size_t k = i;
		while (k < l.n && (k == i || l.pieces[k].to - l.pieces[i].from <= most)) has |= l.pieces[k++].has;
		int words = __builtin_popcountll(has);
		if (words > best_words) best = l.pieces[i].from, best_to = l.pieces[k - 1].to, best_words = words;
	}
	return str_trim(utf8_cut(str_sub(text, best, best_to - best), most));
}
