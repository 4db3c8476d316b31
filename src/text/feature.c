#include "text/feature.h"

#include "base/arena.h"

enum { LETTERS_SEED = 0x9e3779b1u, WORDS_SEED = 0x85ebca6bu };

static uint32_t mix(uint32_t h, uint32_t c)
{
	h = (h ^ c) * 0x01000193u;
	return h ^ h >> 15;
}

static uint32_t finish(uint32_t h)
{
	h ^= h >> 16;
	h *= 0x7feb352du;
	h ^= h >> 15;
	h *= 0x846ca68bu;
	return h ^ h >> 16;
}

struct run {
	uint32_t hash, from, to;
};

static size_t runs_of(const struct folded *t, struct run *out)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n;) {
		if (t->class[i] == FOLD_SPACE) {
			i++;
			continue;
		}
		struct run w = {WORDS_SEED, (uint32_t)i, (uint32_t)i};
		do { /* symbols stand alone; an apostrophe between letters does not cut a word */
			w.hash = mix(w.hash, t->c[i++]);
		} while (t->class[i - 1] == FOLD_LETTER && i < t->n && (t->class[i] == FOLD_LETTER || (t->c[i] == '\'' && i + 1 < t->n && t->class[i + 1] == FOLD_LETTER && ++i)));
		w.to = (uint32_t)i;
		out[n++] = w;
	}
	return n;
}

struct feature *features_of(struct arena *a, const struct recipe *r, const struct folded *t, size_t *n)
{
	size_t most = t->n * (size_t)((r->letters_most ? r->letters_most - r->letters_least + 1 : 0) + r->words_most), k = 0;
	struct feature *out = ARENA_ARRAY(a, struct feature, most + 1);
	for (size_t i = 0; r->letters_most && i < t->n; i++) {
		uint32_t h = LETTERS_SEED;
		for (size_t length = 1; length <= r->letters_most && i + length <= t->n; length++) {
			h = mix(h, t->c[i + length - 1]);
			if (length >= r->letters_least && !(length == 1 && t->class[i] == FOLD_SPACE)) out[k++] = (struct feature){finish(h + (uint32_t)length), (uint32_t)i, (uint32_t)(i + length)};
		}
	}
	if (r->words_most) {
		struct run *words = ARENA_ARRAY(a, struct run, t->n + 1);
		size_t n_words = runs_of(t, words);
		for (size_t i = 0; i < n_words; i++) {
			uint32_t h = WORDS_SEED;
			for (size_t length = 1; length <= r->words_most && i + length <= n_words; length++) {
				h = mix(h, words[i + length - 1].hash);
				out[k++] = (struct feature){finish(h + (uint32_t)length), words[i].from, words[i + length - 1].to};
			}
		}
	}
	*n = k;
	return out;
}
