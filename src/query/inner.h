/* inner.h: what the files of src/query share; nobody else includes it. */
#ifndef QUERY_INNER_H
#define QUERY_INNER_H
#include "base/arena.h"
#include "events/events.h"
#include "json/json.h"
#include "query/behind.h"
#include "query/query.h"
#include "query/values.h"

/* ---- interval.c ---- */
enum err query__times(struct arena *a, const struct zone *z, const struct query *q, struct query_range data, struct query_times *out, struct fault *f) NODISCARD;
/* The interval that holds t, which lies in the range. Intervals are of nearly one length, so a guess by proportion is at
 * most a few off; halving mispredicts a branch at every step, which took most of a trend's time. */
static inline size_t query__interval_of(const struct query_times *times, int64_t t)
{
	const int64_t *start = times->start;
	size_t i = (size_t)((double)(t - start[0]) * times->per_ms);
	if (i >= times->n) i = times->n - 1;
	while (t < start[i]) i--;
	while (t >= start[i + 1]) i++;
	return i;
}
str query__day(struct arena *a, const struct zone *z, int64_t ms);                        /* a date at midnight, else an instant with its offset */
str query__label(struct arena *a, const struct zone *z, enum query_unit unit, int64_t ms); /* how an interval is named: its start */
str query__interval_name(struct arena *a, struct query_interval i);

/* ---- plan.c: what every kind reads ---- */
struct query_part {
	size_t n;
	struct events_scan s; /* as it lies; what scans read */
	int64_t min_ms, max_ms;
	enum { ALLOWS_NONE, ALLOWS_SOME, ALLOWS_ALL } allows; /* how many rows allow the purpose */
	bool types_are_codes;     /* the place in the part's table of types is the code */
	struct events_values property, by;
	struct events_values *named; /* by number of the plan's wants' names */
};
struct query_plan {
	const struct query_context *ctx;
	struct arena *arena;
	struct query_part *parts; /* only those with rows that may matter, by their first time */
	size_t n_parts;
	bool parts_follow; /* each begins after the one before has ended */
	uint64_t rows;
	size_t n_types;
	struct query_range data;  /* of every event of the view; has_from false when there is none */
	atomic_size_t memory;     /* bytes charged */
	size_t memory_max;
	atomic_bool is_out_of_memory;
	const uint8_t *scanned;   /* codes that the scan under way marks; NULL: it marks nothing */
	size_t first_own;         /* of `named`: the kind's own */
	bool learns;              /* scans bring some of all kinds of customers first; spread_init sets it */
	struct query_unpack {
		const uint8_t *of_type; /* by code: what a row's type becomes; NULL: nothing is unpacked */
		bool channel;
		bool took;              /* how long after the row before it each comes, UINT32_MAX: as long or longer … */
		bool gaps;              /* … and 255 where that is longer than gap_ms, else 0; nothing is said of a slice's first row */
		int64_t gap_ms;
		void (*filter)(void *state, uint32_t part, size_t first, size_t end, uint8_t *types); /* NULL, or what a worker makes of the types of these rows, as unpacked … */
		bool drops;             /* … rows that it makes 0 are not in strips; `took` is asked for with it, as gaps are told by it */
	} unpack;                 /* what slices bring ready, a byte a row; a kind sets it between query__parts and the scan */
	struct query_trait by_trait; /* of a question by a trait; query__rules sets it */
};
struct query_wants {
	unsigned columns;      /* EVENTS_… beside subject, time, type and purposes */
	str property, by;      /* property columns; absent = none */
	bool lines;            /* the kind walks customers by query__line */
	const str *own;        /* further properties of the kind's own; query__own has them */
	size_t n_own;
	const str *names;      /* and those that conditions ask for, before them: query__rules_want sets both */
	size_t n_names;
};
/* Opens the plan: learns the bounds of the data. */
enum err query__plan(const struct query_context *ctx, struct arena *a, struct query_plan *p, struct fault *f) NODISCARD;
/* Opens what is wanted of the parts that reach into from_ms to to_ms. */
enum err query__parts(struct query_plan *p, int64_t from_ms, int64_t to_ms, const struct query_wants *want, struct fault *f) NODISCARD;
/* The range that a question without intervals is about: as asked, else all data. */
struct query_range query__range(const struct query_plan *p, const struct query *q);
uint8_t *query__codes(const struct query_plan *p, const struct query_match *m); /* 1 for each wanted event type code */
/* The number that the row has in the `property` of the wants, or in `by`; false when there is none, or no number. */
bool query__number(const struct query_plan *p, uint32_t part, size_t row, bool is_by, double *out);
/* The same of any property. */
bool query__number_of(const struct events_values *v, size_t row, double *out);
static inline const struct events_values *query__own(const struct query_plan *p, uint32_t part, size_t i)
{
	return &p->parts[part].named[p->first_own + i];
}
bool query__sum_number(const struct events_values *v, uint32_t row, struct decimal_sum *sum); /* adds the row's number; false when there is none */
bool query__charge(struct query_plan *p, size_t bytes);                         /* false: the question is out of memory */
static inline bool query__may(const struct query_context *ctx, uint32_t customer)
{
	return !(ctx->people.denied && customer <= ctx->people.n_customers && ctx->people.denied[customer] & ctx->purpose);
}

static inline int64_t query__row_time(const struct query_plan *p, uint32_t part, size_t row)
{
	return events_raw_at(&p->parts[part].s.time_ms, row);
}
static inline uint16_t query__row_type(const struct query_plan *p, uint32_t part, size_t row)
{
	return p->parts[part].s.types[events_raw_at(&p->parts[part].s.type, row)];
}
static inline uint16_t query__row_channel(const struct query_plan *p, uint32_t part, size_t row)
{
	return (uint16_t)events_raw_at(&p->parts[part].s.channel.value, events_value_slot(&p->parts[part].s.channel, (uint32_t)row));
}
static inline uint16_t query__row_source(const struct query_plan *p, uint32_t part, size_t row)
{
	return (uint16_t)events_raw_at(&p->parts[part].s.source.value, events_value_slot(&p->parts[part].s.source, (uint32_t)row));
}

/* ---- left_out.c: who was left out for want of consent; one a worker ---- */
struct query_tally_out {
	uint64_t events;
	uint64_t *customers; /* a bit a customer */
};
void query__leave_out(struct query_plan *p, struct query_tally_out *t, struct arena *a, uint32_t customer);
void query__leave_out_merge(const struct query_plan *p, struct query_tally_out *into, const struct query_tally_out *from, struct arena *a);
struct query_left_out query__left_out(const struct query_plan *p, const struct query_tally_out *t);

/* ---- scan.c: every customer once, with all their rows ---- */
struct query_unpacked { /* of a part, from row `first` on: what the plan's `unpack` asks, by row; STRIP_SPILL more are readable */
	size_t first, cap;
	uint8_t *types, *channels, *gaps;
	uint32_t *took;
};
struct query_slice { /* rows of one subject in one part, in order of (time, arrival) */
	uint32_t part, n;
	size_t first;
	const uint64_t *hits; /* NULL, or from bit first % 64 on: which rows are of the types that the scan was asked for */
	const struct query_unpacked *unpacked; /* NULL: not unpacked, as few rows are marked or the customer has several subjects */
};
enum { STRIP_SPILL = 64 };
/* Tests make these small, so that few events are cut among several workers and looked through twice. */
struct query_tuning {
	size_t chunk_rows;      /* about a tenth of a millisecond: how often cancelling is looked for */
	size_t chunk_customers;
	size_t raw_max;         /* values that a set of a spread keeps whole at most; 0 = as its kind says */
	double sureness;        /* of the windows of a spread; 0 = as it is */
};
extern struct query_tuning query__tuning;
/* Called by one worker at a time with its own state. Customer 0 is called once a slice; everyone else once with all
 * slices, in no promised order. */
typedef void query_visit(void *state, uint32_t customer, const struct query_slice *slices, size_t n);
size_t query__workers(const struct query_plan *p);
enum err query__scan(struct query_plan *p, query_visit *visit, void **states, size_t n_states, struct fault *f) NODISCARD;
/* Only customers with an event of the types (query__codes), and only slices that hold one: for kinds to which other events
 * are nothing. Their types are looked through 32 at a time, so where they are rare little else is touched. */
enum err query__scan_types(struct query_plan *p, const uint8_t *codes, query_visit *visit, void **states, size_t n_states, struct fault *f) NODISCARD;
/* Calls fn(arg, i) for each i below n, by as many threads as there are workers; for what is left when all customers were brought. */
void query__share(struct query_plan *p, size_t n, void (*fn)(void *arg, size_t i), void *arg);
/* Those customers alone (a bit each), by this thread: each is looked up, so they should be few. */
enum err query__scan_some(struct query_plan *p, const uint64_t *is_wanted, query_visit *visit, void *state, struct fault *f) NODISCARD;
/* hits.c: for n rows of one-byte types, a bit each: whether is_wanted[type]. Writes whole words. */
struct query_type_set { /* is_wanted, and the same as tables by the low half of a type, a bit a high half: query__type_set makes them, once a scan */
	uint8_t is_wanted[256], low[16], high[16];
};
void query__type_set(struct query_type_set *set);
void query__mark_types(const uint8_t *types, size_t n, const struct query_type_set *set, uint64_t *hits);
/* unpack.c: rows first up to end, a byte each, into `to`, where STRIP_SPILL more may be written. Types become of_place[their place in the part's table]. */
void query__unpack_types(const struct events_scan *s, const uint8_t of_place[256], const uint8_t *of_code, size_t first, size_t end, uint8_t *to);
void query__unpack_gaps(const struct events_raw *time_ms, int64_t gap_ms, size_t first, size_t end, uint8_t *to);
void query__unpack_took(const struct events_raw *time_ms, size_t first, size_t end, uint32_t *to);
void query__unpack_channels(const struct events_values *v, size_t first, size_t end, uint8_t *to);
/* For at most 64 pairs of codes, a bit each: whether they are the same. */
uint64_t query__mark_same(const uint16_t *a, const uint16_t *b, size_t n);

enum err query__too_large(const struct query_plan *p, struct fault *f) NODISCARD; /* ERR_TOO_LARGE: out of the memory that a question may take */

/* ---- line.c: one customer's events in order ----
 * Of all slices, ordered by (time, arrival), filtered on the way. What does not allow the purpose, or is of a customer who
 * denies it, is not in the line but tallied. The plan's wants must have `lines`, and EVENTS_CHANNEL where channels are wanted. */
struct line_wants {
	const uint8_t *codes;             /* query__codes: 1 for each event type wanted; NULL = all */
	int64_t from_ms, to_ms;           /* half-open */
	bool channel, rows;               /* fill these, too */
	struct query_tally_out *left_out; /* NULL = not tallied; its bits lie in `arena` */
	bool has_tally_from;              /* tallied only from here on */
	int64_t tally_from_ms;
	struct arena *arena;
};
struct line_columns {
	int64_t *time_ms;
	uint16_t *type, *channel;
	uint32_t *part, *row;
};
/* One a worker, used for customer after customer; all zero at first. */
struct query_line {
	uint32_t n;
	int64_t *time_ms;
	uint16_t *type;        /* code: events_type_name */
	uint16_t *channel;     /* when wanted; code: events_channel_name */
	uint32_t *part, *row;  /* when wanted: of plan->parts, to find the event's properties */
	struct line_columns own[2];
	size_t cap;
	uint32_t *ends;        /* of the runs that are merged */
	size_t cap_ends;
	const uint8_t *codes, *scanned; /* of which … */
	bool are_hits_wanted;  /* … every row that the scan marks is wanted */
	uint8_t *wanted;       /* … 256 for each part: whether the type at that place of its table is one */
};
/* False when the question is out of memory (the line is empty then, and the scan ends by itself). */
bool query__line(struct query_line *l, struct query_plan *p, uint32_t customer, const struct query_slice *slices, size_t n, const struct line_wants *want);
void query__line_free(struct query_line *l);
/* Of rows of one slice, which are in order of time: the first at or after ms. */
uint32_t query__first_from(const struct events_scan *s, uint32_t first, uint32_t end, int64_t ms);

/* Whether each slice begins after the one before has ended: then rows need not be known to put them in order. */
bool query__follow_each_other(const struct query_plan *p, const struct query_slice *slices, size_t n);

/* ---- strip.c: the same where rows lie, for kinds that look at most rows' types and at few times: no row may be left out or
 * looked at closer, and slices have to follow each other. ---- */
struct strip_piece { /* rows of one part, from `first` on, at the places from `start` on */
	struct events_raw time_ms;
	size_t first, start;
	uint32_t part;
};
struct query_strip { /* one a worker, all zero at first */
	uint32_t n, n_pieces;
	uint8_t *types, *channels, *gaps; /* as unpacked, and the first event comes after a gap; STRIP_SPILL more are readable, and may be written; its own */
	uint32_t *took;
	uint32_t *places; /* by event: its place among the rows of the pieces, when some were dropped */
	bool has_places;
	struct strip_piece *pieces;
	int32_t *starts; /* of the pieces, then INT32_MAX up to the next four */
	size_t cap, cap_pieces;
};
/* Whether every row of the parts read counts for the question, so that strips may do for lines. */
bool query__strips_do(const struct query_plan *p, bool channel);
/* False: this customer has to go by line (or the question is out of memory). */
bool query__strip(struct query_strip *s, struct query_plan *p, uint32_t customer, const struct query_slice *slices, size_t n, const struct query_range *range);
int64_t query__strip_time(const struct query_strip *s, uint32_t i);
void query__strip_free(struct query_strip *s);

/* ---- group.c: the values of `by` ---- */
struct query_groups;
struct query_groups *query__groups_new(struct query_plan *p, const struct query *q, struct arena *a);
/* The same of another dimension; a property's values are those of `property` of the plan's wants (of query__groups_new: `by`). */
struct query_groups *query__groups_of(struct query_plan *p, enum query_dimension dimension, struct arena *a);
/* What a dimension reads beside type and time. */
bool query__dimension_needs_row(enum query_dimension d);
unsigned query__dimension_columns(enum query_dimension d);
/* Of a dimension that needs no row. */
uint32_t query__group_of_event(struct query_groups *g, uint16_t type, uint16_t channel);
/* Before the rows of the next customer: a trait is theirs. */
void query__groups_customer(struct query_groups *g, uint32_t customer);
/* Number of the value that a row has; UINT32_MAX when out of memory. Numbers are dense, in order of appearance. */
uint32_t query__group(struct query_groups *g, uint32_t part, size_t row);
/* Whether it can be told at once that all of these rows of one slice have the same. */
bool query__group_of_rows(struct query_groups *g, uint32_t part, size_t first, size_t end, uint32_t *out);
/* The same of every event of a line (rows filled, if the dimension needs them). */
void query__groups_line(struct query_groups *g, const struct query_line *l, bool has_channel, uint32_t *out);
uint32_t query__group_of(struct query_groups *g, struct query_value value);
size_t query__groups_count(const struct query_groups *g);
struct query_value query__group_value(const struct query_groups *g, uint32_t i);
void query__groups_free(struct query_groups *g);
int query__value_cmp(const struct query_value *a, const struct query_value *b);

/* Sum, mean and percentile are of the numbers of a property. */
static inline bool query__is_of_numbers(const struct query *q)
{
	return q->measure == QUERY_SUM || q->measure == QUERY_MEAN || q->measure == QUERY_PERCENTILE;
}

/* ---- currency.c: amounts of different currencies are never added ---- */
bool query__is_money(const struct query *q); /* a sum, mean or percentile of money */
bool query__is_by_currency(const struct query *q);
/* The code that an event's property says, the workspace's where it says none; what is no code as it was sent. */
str query__currency_code(const struct query_context *ctx, struct arena *a, const struct query_value *v);
struct query query__apart(const struct query *q); /* the same question by currency */
void query__name_currencies(const struct query_context *ctx, struct arena *a, struct query_trend *t);
/* Groups of the texts sent → one for each currency; without `by` where that is one. */
void query__gather_currencies(const struct query_context *ctx, struct arena *a, struct query_trend *t);
/* The one currency that the property of these events is in; absent when it is no money or is not stated. ERR_INVALID: in several; instead: what to ask. */
enum err query__one_currency(const struct query_context *ctx, const struct query *q, const struct query_match *events, str property, const char *field, const char *instead,
	str *out, struct arena *a, struct fault *f) NODISCARD;

/* ---- change.c: the difference that a comparison comes to, of kinds that give shares ---- */
bool query__has_change(const struct query *q);
void query__put_change(struct json_writer *w, const struct query *q, const struct json_node *answer, const struct json_node *other);

/* ---- split.c: `by` of the kinds whose groups are questions of their own ---- */
typedef enum err query__answer_fn(const struct query_context *, const struct query *, struct arena *, struct json_writer *, struct fault *);
bool query__is_split(const struct query *q);
enum err query__answer_split(const struct query_context *ctx, const struct query *q, query__answer_fn *answer, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;

/* ---- the kinds' own writers ---- */
void query__put_trend(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_trend *t);
void query__put_retention(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query *q, const struct query_retention *r);
void query__put_value(struct json_writer *w, struct query_value v);
/* "by", and of the group of all values past `top`: "by":"other","other":true. */
void query__put_by(struct json_writer *w, struct query_value by, bool is_other);
/* Two members and their interval: key, low, high. Null without a base. */
void query__put_share(struct json_writer *w, const char *key, uint64_t k, uint64_t n);
extern const char *const QUERY__RETURNS[]; /* by enum query_return */
void query__put_text(struct json_writer *w, const char *key, str text);
void query__put_int(struct json_writer *w, const char *key, uint64_t n);
str query__duration(struct arena *a, int64_t ms); /* for definitions: 7 days */
str query__kind_name(enum query_kind kind);
str query__dimension_name(enum query_dimension d, str property);
void query__put_real(struct json_writer *w, const char *key, double d); /* NaN is null */
void query__put_range(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query_range *range);
void query__put_tail(struct json_writer *w, struct query_left_out left_out, bool is_partial, str definition);
enum err query__answer_timeline(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_segment(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_duration(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_funnel(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_flow(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_paths(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_driver(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_journey(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_score(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_drivers(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_serving(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_earned(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
enum err query__answer_staffing(const struct query_context *ctx, const struct query *q, struct arena *a, struct json_writer *w, struct fault *f) NODISCARD;
void query__put_members(struct json_writer *w, struct arena *a, const struct query_context *ctx, const struct query_behind *b);
str query__names(struct arena *a, const struct query_match *m); /* for definitions: Order Completed or Product Viewed */
#endif
