/* classifier.h: what was learnt of labelled texts, and judging by it. A text's features are weighed, once each, by how rare
 * they are; each label's score is a sum over them. A classifier never changes and may be shared by threads. */
#ifndef TEXT_CLASSIFIER_H
#define TEXT_CLASSIFIER_H
#include "base/buf.h"
#include "base/err.h"
#include "text/feature.h"

enum { LABELS_MOST = 1000, LABEL_BYTES = 200, CLASSIFIER_BYTES = 1 << 30 };

struct classifier {
	struct recipe recipe;
	uint32_t version;    /* of its task, from 1 */
	int64_t trained_ms;
	uint32_t texts;      /* it was taught by */
	uint32_t held_out, held_out_right; /* of those, how many were kept back at first and how many of these it got right */
	size_t n_labels, n_outputs; /* outputs: 1 for two labels (its sign tells), else one a label */
	str *labels;
	float certainty;     /* scores times this are log odds */
	float *bias, *step;  /* per output; a weight is its number times step */
	size_t n_features;
	uint32_t *hashes;    /* ascending */
	unsigned char *rarity; /* in sixteenths */
	int16_t *weights;    /* n_outputs a feature */
	uint64_t *slots;     /* hash << 32 | feature + 1: one look in memory a feature */
	size_t n_slots;
};

/* The file's bytes: checked to the last, so a damaged or hostile file is refused (ERR_CORRUPT) and never read past its end.
 * ERR_TOO_LARGE. */
enum err classifier_decode(str bytes, struct classifier **out, struct fault *f) NODISCARD;
/* The counts of a file alone (n_labels, n_features, texts, …), without what they count: quick, and unchecked beyond their
 * range. */
bool classifier_peek(str bytes, struct classifier *out);
void classifier_encode(const struct classifier *c, struct buf *out);
void classifier_index(struct classifier *c); /* fills slots when hashes are in place */
void classifier_free(struct classifier *c);

struct judged {
	size_t label;    /* the likeliest */
	double *shares;  /* of each label, sum 1 */
	size_t known;    /* how many of the text's features it has met */
	const struct feature *features; /* all of the text's */
	const uint32_t *rows;           /* of each, its number here plus one; 0: never met */
	size_t n;
};
/* What out holds is owned by the arena. */
void classifier_judge(const struct classifier *c, struct arena *a, const struct folded *text, struct judged *out);

/* The words of the text that speak most for the label, strongest first, as they stand in `source`; each once. */
struct reason {
	str word;
	double weight;
};
size_t classifier_reasons(const struct classifier *c, struct arena *a, const struct judged *judged, const struct folded *text, str source, size_t label, struct reason *out, size_t most);
#endif
