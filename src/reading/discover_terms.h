/* discover_terms.h: words and pairs of words that texts of no topic hold more often than the others of their language do. */
#ifndef READING_DISCOVER_TERMS_H
#define READING_DISCOVER_TERMS_H
#include "op/op.h"

enum { DISCOVER_TERMS = 5, DISCOVER_QUOTES = 3 };
struct discover_topic {
	str language;
	str terms[DISCOVER_TERMS];   /* as written last; the first names it */
	bool is_pair[DISCOVER_TERMS];
	size_t n_terms;
	int64_t n, neg;              /* texts of no topic that hold any of them */
	int64_t others;              /* texts of a topic that hold the first */
	double q;                    /* of the first: rate of false discoveries among all that are at least as sure */
	str quotes[DISCOVER_QUOTES]; /* the newest */
	str readings[DISCOVER_QUOTES];
	size_t n_quotes;
};
struct discovered {
	struct discover_topic *v;    /* most texts first */
	size_t n;
	int64_t texts, without;      /* looked at; of them in no topic */
};
/* Of the newest texts; kept while nothing changed. */
enum err discover_terms(struct op *op, const struct discovered **out) NODISCARD;
#endif
