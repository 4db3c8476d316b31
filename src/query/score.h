/* score.h: NPS, CSAT or CES of answers to a question, in all or by a dimension, and over time. Definitions: DESIGN.md. */
#ifndef QUERY_SCORE_H
#define QUERY_SCORE_H
#include "base/rating.h"
#include "query/query.h"

struct query_score {
	bool has_metric, has_method, is_weighted, has_interval;
	enum rating_metric metric;
	enum rating_method method;
	str question;             /* absent: all answers whose type is the metric */
	struct query_match answers;
	int64_t carried_ms;       /* where the answer has no value of `by`: that of the customer's last touchpoint with one, at most so long before; 0: none */
	int64_t min_n;            /* smaller groups have no figures */
};

struct score_group {
	struct query_value by;
	bool is_other;            /* of all values past `top` */
	struct rating_sums sums;
	struct rating_sums *at;    /* by interval */
	struct comparison differs; /* from all the others together */
	double q;                 /* p corrected for the number of groups */
};
struct query_score_answer {
	struct query_times times; /* without an interval: one */
	size_t n_groups;
	struct score_group *groups; /* most answers first; one of null without `by` */
	struct rating_sums all;
	struct rating_sums *all_at;
	int64_t off_scale, without_number, without_weight;
	bool has_anonymous, are_anonymous_out; /* there are answers to an anonymous survey; out: they cannot be asked this way */
	uint64_t anonymous, held_back; /* of those: counted, and waiting until enough stand together */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_score(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_score_answer *out, struct fault *f) NODISCARD;
#endif
