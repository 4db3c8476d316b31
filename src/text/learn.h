/* learn.h: a classifier from labelled texts, by support vectors (svm.h) on weighed features (features seen in one text only
 * are left out). How strict it is, is chosen by holding back a fifth of the texts; the same fifth tells how far its
 * certainty may be trusted. The same texts in the same order give the same classifier. */
#ifndef TEXT_LEARN_H
#define TEXT_LEARN_H
#include "base/err.h"
#include "text/classifier.h"

struct example {
	str text;
	uint32_t label;
};
/* A word, or two, that is known to speak for a label; strength 0 to 1, below 0: against it. */
struct known_word {
	str text;
	uint32_t label;
	float strength;
};
struct lesson {
	const struct example *examples;
	size_t n;
	const struct known_word *words; /* believed until the texts say otherwise; how much, is chosen like the strictness */
	size_t n_words;
	double trust; /* in the words: 0: chosen too */
	const str *labels;
	size_t n_labels;
	size_t most_features; /* 0: all; else those that say most, in coarse numbers: a small file */
	bool (*go_on)(void *arg); /* NULL: always; false breaks off */
	void *arg;
};
/* ERR_INVALID: fewer than two labels or an example; ERR_TOO_LARGE: too many features for FEATURES_HELD; ERR_STATE when it was
 * broken off. The caller frees *out, and sets its version. */
enum err learn(const struct lesson *l, struct classifier **out, struct fault *f) NODISCARD;
#endif
