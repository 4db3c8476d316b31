/* listening.h: what is counted of mentions, for the page alone. */
#ifndef LISTEN_LISTENING_H
#define LISTEN_LISTENING_H
#include "base/map.h"
#include "op/op.h"
#include "search/search.h"

enum { LISTENING_WEEKS = 52, LISTENING_CHART_LEAST = 8, LISTENING_TOPICS_OF_ONE = 6, LISTENING_PAST = 8, LISTENING_COOL = 2 };

struct listening_set { /* what a query found */
	bool is_asked;
	struct search_query query;
	struct search_found found;
};
struct listening_asked {
	str q, language, feeling, topic;
	id source;
	int64_t days, now_ms, before_at;
	id before;
	struct listening_set words;
};
struct listening_mention {
	id id, source, customer;
	int64_t at;
	str network, url, title, text, author, language, sentiment, topics, source_name;
	double rating, rating_max;
};
struct listening_week {
	int64_t n, pos, neg, neu;
};
struct listening_topic {
	str name;
	int64_t n, pos, neg;            /* of the period */
	int32_t weeks[LISTENING_WEEKS]; /* 0: the last seven days */
};
struct listening_sums {
	int64_t n, pos, neg, neu, rated;
	double rating_sum;              /* as shares of each scale */
	struct listening_week weeks[LISTENING_WEEKS];
	size_t weeks_heard;             /* since the first mention */
	VEC(struct listening_topic) topics;
	int64_t *of_sets;
	VEC(struct listening_mention) rows;
};
/* most_rows: mentions of the period that are kept, newest first, behind `before`. */
enum err listening_sum(struct op *op, const struct listening_asked *x, const struct listening_set *sets, size_t n_sets, size_t most_rows, struct listening_sums **out) NODISCARD;

/* Positive less negative as parts of 100 of all three. NaN without any. */
struct listening_net {
	double value, low, high;
};
struct listening_net listening_net_of(int64_t pos, int64_t neg, int64_t neu);

/* A topic of the last seven days against the weeks before. */
struct listening_rise {
	const struct listening_topic *topic;
	int64_t now;
	double usual, ratio, low, high, q; /* NaN: too little past */
	bool is_rising, is_cooling;
};
/* Rising ones first, then the most spoken of. */
size_t listening_rises(struct arena *a, const struct listening_sums *s, struct listening_rise **out);
#endif
