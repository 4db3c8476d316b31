/* query.h: the engine behind `hospes query`, POST /query and the figures of pages: a question in JSON → an answer.
 *
 * Every kind of analysis is one row of query.c and one definition: its fields are checked whole before any work
 * (ERR_INVALID names each field at fault), then it is planned, run over one view of the events under one purpose, and
 * written. Answers are exact, never sampled, and nothing is cut unless `limit` asks for it. Definitions: DESIGN.md.
 *
 * Pure towards records: who is who, what customers refuse and how events are filed come in as plain arrays and functions. */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H
#include <stdatomic.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/str.h"

struct arena;
struct buf;
struct events;
struct events_part;
struct events_view;
struct json_node;
struct zone;

/* Answers to anonymous surveys are stored for one purpose alone, which has no name, so that no question finds them among its
 * events; anonymous.h gives out what may be seen of them. */
enum { QUERY_PURPOSE_ANONYMOUS = 31 };

/* The customers as they are at one instant (customer/people.h has them in this shape). */
struct query_people {
	uint32_t n_subjects, n_customers;
	const uint32_t *customer; /* of subject, index 0..n_subjects; 0 = nobody; subjects past the end are nobody */
	const uint32_t *denied;   /* of customer, index 0..n_customers: bit set of purposes */
};
/* How the workspace files an event name. The text lives as long as the question; absent = unknown. */
typedef str query_name_fn(void *arg, str event);
typedef str query_source_fn(void *arg, uint16_t source);

enum query_value_kind { QUERY_VALUE_NULL, QUERY_VALUE_TEXT, QUERY_VALUE_NUMBER, QUERY_VALUE_TRUE, QUERY_VALUE_FALSE };
struct query_value {
	enum query_value_kind kind;
	str text; /* of numbers: as decimal_show or the shortest double */
};
/* One trait of all customers: each has the number of a value, 0 = none. */
struct query_trait {
	const uint32_t *of_customer; /* index 0..n_customers */
	const struct query_value *values; /* [0] is null */
	size_t n_values;
};
/* What the workspace knows of its customers. Each may be NULL: then such conditions are refused. They are asked once a
 * question, what they give lives in the arena. */
struct query_records {
	enum err (*trait)(void *arg, struct arena *a, str name, struct query_trait *out, struct fault *f);
	int (*purpose)(void *arg, str name);                /* its bit number; -1 = there is none of that name */
	uint32_t (*granted)(void *arg, uint32_t customer);  /* bit set of purposes; what is refused is in query_people */
	enum err (*segment)(void *arg, struct arena *a, str id, str *condition, struct fault *f); /* its condition's JSON; absent = there is no such segment */
	/* Who is meant by an id or an identity; *number 0 = nobody. */
	enum err (*customer)(void *arg, struct arena *a, str customer, uint32_t *number, uint32_t **subjects, size_t *n_subjects, struct fault *f);
	void *arg;
};

/* A customer's name to the outside, such as its id. It lives in the arena. */
typedef str query_customer_fn(void *arg, struct arena *a, uint32_t customer);

/* What a subject paid at a time; a refund is below 0. */
struct query_sale {
	uint32_t subject;
	int64_t time_ms;
	double net;
};
struct query_sales {
	str currency;    /* of all of them; absent: of no stated one */
	const struct query_sale *v;
	size_t n;
	uint64_t others; /* in other currencies: not among them */
};
/* Those in a currency (absent: the one that leads) that the purpose allows, in any order; they live in the arena. Asked only by kinds that need money. */
typedef enum err query_sales_fn(void *arg, struct arena *a, str currency, struct query_sales *out, struct fault *f);

struct query_context {
	struct events *events;
	struct events_view *view;
	struct query_people people;
	const struct zone *zone;        /* the workspace's */
	uint32_t purpose;               /* one bit: what the question is asked for (pages of figures: analytics) */
	int64_t now_ms;
	str currency;                   /* ISO 4217, of amounts that carry none; absent: of no stated currency */
	query_name_fn *family, *stage;  /* NULL: unknown */
	query_name_fn *channel;         /* of events that carry none; NULL: unknown */
	query_source_fn *source;        /* name of a source; NULL: its number */
	query_customer_fn *customer;    /* NULL: its number */
	const char *const *stages;      /* in order, ended by NULL: the default journey; NULL: none */
	query_sales_fn *sales;          /* NULL: none is known */
	void *arg;                      /* of these functions */
	struct query_records records;
	size_t memory_max;              /* bytes one question may take; 0 = QUERY_MEMORY_DEFAULT */
	int threads;                    /* 0 = as many as pay */
	int within;                     /* how many questions are being asked around this one */
	const atomic_bool *cancelled;   /* NULL, or looked at again and again: true ends with ERR_STATE */
};
#define QUERY_MEMORY_DEFAULT ((size_t)256 << 20)

/* ---- questions ------------------------------------------------------------------------------------------------------- */
enum query_kind { QUERY_TREND, QUERY_RETENTION, QUERY_FUNNEL, QUERY_FLOW, QUERY_PATHS, QUERY_DRIVER, QUERY_JOURNEY, QUERY_DURATION, QUERY_SEGMENT, QUERY_TIMELINE, QUERY_SCORE, QUERY_DRIVERS, QUERY_STAFFING, QUERY_SERVING, QUERY_EARNED };
enum query_unit { QUERY_HOUR, QUERY_DAY, QUERY_WEEK, QUERY_MONTH, QUERY_DAYS };
struct query_interval {
	enum query_unit unit;
	int days; /* of QUERY_DAYS: counted from the start of the range */
};
struct query_range { /* half-open */
	bool has_from, has_to;
	int64_t from_ms, to_ms;
};
struct query_condition; /* condition.h */
struct values;          /* values.h */
/* Which events are meant. */
struct query_match {
	const str *names; /* compared exactly as stored */
	size_t n;         /* 0 = every event */
	const struct query_condition *where; /* NULL: of these names, any */
};
/* What a cell of retention counts: who returned in its interval; in it or in any later one; who did neither. */
enum query_return { QUERY_ON, QUERY_ON_OR_AFTER, QUERY_CHURN };
enum { QUERY_MAX_BRACKETS = 40 };
enum query_measure { QUERY_EVENTS, QUERY_CUSTOMERS, QUERY_SUM, QUERY_MEAN, QUERY_PERCENTILE };
enum query_dimension { QUERY_NONE, QUERY_PROPERTY, QUERY_TYPE, QUERY_CHANNEL, QUERY_SOURCE, QUERY_FAMILY, QUERY_STAGE, QUERY_TRAIT };
struct query {
	enum query_kind kind;
	struct query_range range;
	struct query_interval interval;
	int64_t limit; /* rows or cohorts at most; 0 = all */
	const struct query_condition *where; /* NULL = all events of all customers */
	struct query_behind *members; /* whose number is asked for; NULL = nobody's (behind.h) */
	const struct query *compare; /* the same question of another period or other customers; NULL = none */
	size_t top;    /* values of `by` that have a group of their own; the others share one; 0 = all have */
	/* trend */
	struct query_match events;
	enum query_measure measure;
	str property; /* of sum, mean and percentile */
	int percent;  /* of percentile: 1 to 99 */
	enum query_dimension by;
	str by_property;
	/* retention */
	struct query_match start, again;
	int cells; /* cell 0 included; 0 = as many as the data has */
	enum query_return mode;
	bool is_rolling; /* of retention: each customer's intervals begin with their own first start */
	size_t n_brackets; /* of retention: each cell is of these intervals after the first, both ends belong to it; 0: one each */
	struct query_bracket { int64_t first, last; } brackets[QUERY_MAX_BRACKETS];
	/* of the kind in hand; each in its own header */
	struct query_duration *duration;
	struct query_segment *segment;
	struct query_line_of *timeline;
	struct query_funnel *funnel;
	struct query_flow *flow;
	struct query_paths *paths;
	struct query_driver *driver;
	struct query_journey *journey;
	struct query_score *score;
	struct query_drivers *drivers;
	struct query_staffing *staffing;
	struct query_earned *earned;
	struct query_serving *serving;
};
/* ERR_MALFORMED (no JSON object), ERR_INVALID (fields of f name what is wrong), ERR_TOO_LARGE. Texts live in the arena. */
enum { QUERY_MAX_BYTES = 64 * 1024, QUERY_MAX_NAMES = 200, QUERY_MAX_CELLS = 1000, QUERY_MAX_INTERVALS = 200000 };
enum err query_read(struct arena *a, const struct zone *zone, str question, struct query *out, struct fault *f) NODISCARD;
/* A condition alone, such as a stored segment's. of_customers: one that says something of single events is refused. */
enum err query_read_condition(struct arena *a, const struct zone *zone, str json, bool of_customers, const struct query_condition **out, struct fault *f) NODISCARD;
enum err query_read_node(struct arena *a, const struct zone *zone, const struct json_node *question, struct query *out, struct fault *f) NODISCARD;

/* ---- answers ---------------------------------------------------------------------------------------------------------
 * They lie in the arena given. ERR_TOO_LARGE: more intervals or memory than one question may take; ERR_STATE: cancelled;
 * ERR_CORRUPT and ERR_IO come from the store. */
struct query_times {
	int64_t from_ms, to_ms; /* what was asked, or all data in whole intervals */
	size_t n;               /* intervals */
	const int64_t *start;   /* n + 1 instants: start[i] to start[i + 1] */
	double per_ms;          /* intervals, on the average */
};
struct query_left_out { /* for want of consent to the purpose */
	uint64_t events, customers;
};

struct query_count {
	uint64_t events;    /* counted */
	uint64_t customers; /* distinct; of measure customers only */
	uint64_t numbers;   /* of sum, mean and percentile: events that had a number */
	struct decimal_sum sum;
	struct values *values; /* NULL unless a percentile is measured */
};
struct query_group {
	struct query_value by;
	struct query_count total;         /* over the whole range */
	uint64_t *events;                 /* one an interval, like all below */
	uint64_t *customers;              /* NULL unless measured, like all below */
	uint64_t *numbers;
	struct decimal_sum *sums;
	struct values *values;            /* of percentiles */
	bool is_other;                    /* all values past `top` */
	str currency;                     /* of sums and means of money by currency; "" = of no stated one */
	bool is_own;                      /* the workspace's */
};
struct query_trend {
	struct query_times times;
	enum query_dimension by;   /* as asked; a property also where currencies are kept apart unasked */
	bool is_mixed;             /* amounts of several currencies: the total is none */
	str currency;              /* of all amounts; absent unless it is money of one */
	size_t n_groups;           /* 1 without `by` */
	struct query_group *groups; /* largest total first (of percentiles: most numbers); equal ones by value, null last; what is past `top` last. By currency: the workspace's, then the most numbers first */
	struct query_count total;
	struct query_left_out left_out;
	bool is_partial;           /* a damaged segment is missing */
};
enum err query_trend(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_trend *out, struct fault *f) NODISCARD;

#define QUERY_OPEN UINT64_MAX /* a cell of which nothing can be said yet: null */
struct query_cohort {
	size_t interval; /* of times */
	uint64_t size;
	bool is_open;    /* its own interval has not ended: the size may grow */
	uint64_t *cells; /* query_retention.n_cells; [0] = size; QUERY_OPEN */
	struct decimal_sum *values; /* the same of what their returns are worth; [0] of the interval of the start. NULL unless measured; of an open cell nothing */
};
struct query_retention {
	struct query_times times;
	size_t n_cells, n_cohorts; /* cohorts without a customer are not listed */
	struct query_cohort *cohorts;
	uint64_t customers;        /* sum of the sizes */
	uint64_t *returned, *base; /* of cell k, over all cohorts in which it has ended */
	struct decimal_sum *values, *base_values; /* NULL unless measured */
	str currency;              /* of money; else absent */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_retention(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_retention *out, struct fault *f) NODISCARD;

/* The question's answer as one JSON object. */
enum err query_answer(const struct query_context *ctx, const struct query *q, struct arena *a, struct buf *out, struct fault *f) NODISCARD;
/* The same from the question's text: what the command and the route call. */
enum err query_ask(const struct query_context *ctx, str question, struct arena *a, struct buf *out, struct fault *f) NODISCARD;

/* ---- one customer's events, in order ------------------------------------------------------------------------------- */
struct query_event {
	uint32_t subject, import, purposes;
	uint16_t source;
	uint8_t flags;
	int64_t time_ms;
	uint64_t arrival;
	str type, channel; /* "" = unknown */
	str body;
	struct events_part *part; /* where it lies, for its properties; as long as the view */
	size_t row;
};
struct query_cursor { /* the place of an event in its customer's time line */
	int64_t time_ms;
	uint64_t arrival;
};
struct query_page {
	bool oldest_first;         /* else newest first */
	bool has_cursor;           /* only what stands after the cursor in that direction */
	struct query_cursor cursor;
	size_t limit;
	uint32_t purpose;          /* only events that allow it; 0 = all */
	bool without_body;
	struct query_range range;  /* only events within */
};
/* The events of all the subjects merged by (time, arrival). *more: others stand behind the page. */
enum err query_timeline(const struct query_context *ctx, const uint32_t *subjects, size_t n_subjects, const struct query_page *page, struct arena *a,
	struct query_event **out, size_t *n, bool *more, struct fault *f) NODISCARD;

/* ---- what is heard: one row a code of event type --------------------------------------------------------------------- */
struct query_heard {
	uint64_t events;
	int64_t first_ms, last_ms; /* unless events is 0 */
};
/* One pass over all events that allow the purpose (0 = all), without asking who they are of: may be kept as long as
 * events_view_position and what is erased stay the same. *n = codes 0..n-1, see events_type_name. */
enum err query_heard(const struct query_context *ctx, uint32_t purpose, struct arena *a, struct query_heard **out, size_t *n, struct fault *f) NODISCARD;
/* Letters and digits alone, in lower case: "order_completed" is "Order Completed". */
bool query_is_same_name(str a, str b);
#endif
