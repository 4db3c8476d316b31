/* effort_signal.h: what speaks for an effort: signals that the product finds in what it already knows. For the files of this folder. */
#ifndef EFFORT_EFFORT_SIGNAL_H
#define EFFORT_EFFORT_SIGNAL_H
#include "effort/effort_inner.h"

enum signal_kind { SIGNAL_FRICTION, SIGNAL_DRIVER, SIGNAL_SCORE, SIGNAL_COMPLAINT, SIGNAL_PRAISE, SIGNAL_STORY, SIGNAL_KINDS };
extern const char *const SIGNAL_KIND_NAMES[];
struct effort_signal {
	int kind, stage, expected;
	str key;                  /* kind and subject: the same evidence has the same key */
	str name;                 /* the question's wording, the friction's key, the topic, the promise */
	str about;                /* of a driver: the outcome; of a friction: currency of the money */
	double value, low, high;  /* a share, a mean or a score; of SIGNAL_SCORE the difference to before */
	double now, before, money, money_low, money_high; /* NaN: not told */
	int unit;                 /* enum effort_unit, of now and before */
	int64_t n, before_n, customers; /* DESC_NULL_INT: not told */
	int64_t first_day;
	str figure;               /* what an effort taken from it is followed by; empty: nothing */
	str address;              /* the customers, answers or quotes behind it */
	double strength_low, strength_high; /* more is clearer evidence; compared with what was put aside */
};
extern const struct desc EFFORT_SIGNAL_DESC;

struct effort_window { /* of the last days that were heard, and as many before them; days are DESC_DATE, to is behind the last */
	int64_t from, to, before_from;
};
enum { EFFORT_WINDOW_DAYS = 90 };
/* ERR_NOT_FOUND never: without data from is DESC_NULL_INT. */
enum err effort__window(struct op *op, struct effort_window *out) NODISCARD;
/* All of them, in the arena of the op; kept while nothing changed. */
enum err effort__signals(struct op *op, const struct effort_signal **out, size_t *n) NODISCARD;

/* ---- effort_texts.c: topics of what customers wrote ---- */
struct effort_text {
	str text, topics; /* topics: names, a line each */
	uint32_t customer;
	int64_t time_ms;
	bool is_now, is_good, is_bad;
};
struct effort_texts {
	const struct effort_text *v;
	size_t n;
};
/* Of the window and the time before it; kept while nothing changed. At most TEXTS_READ of them are read, chosen by a hash. */
enum err effort__texts(struct op *op, const struct effort_window *window, const struct effort_texts **out) NODISCARD;
struct effort_topic {
	str name;
	int64_t now, before, customers, first_ms; /* texts of the feeling asked for */
};
/* Topics of texts with that feeling, the most first; *now and *before: all texts of either time. */
struct effort_topic *effort__topics(struct arena *a, const struct effort_texts *t, bool is_good, size_t *n, int64_t *now, int64_t *before);
bool effort__has_topic(str topics, str name);
#endif
