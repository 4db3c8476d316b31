/* read.h: what the readers of the kinds' fields share. A kind that has many fields reads them in its own file: a table
 * of rows, and a check over all of them together, both named in its row of KINDS (read.c). */
#ifndef QUERY_READ_H
#define QUERY_READ_H
#include "json/json.h"
#include "query/query.h"

struct arena;
struct query_reader {
	struct arena *arena;
	const struct zone *zone;
	struct query *q;
	struct fault *fault;
	bool is_bad, has_start, has_again;
	int within;     /* how many questions lie around this one */
	int n_conditions;
	const struct json_node *compare;
};
struct query_field {
	const char *name;
	void (*read)(struct query_reader *r, const struct json_node *v); /* NULL: taken as it is */
};

/* A question that stands within another's condition. */
enum err query__read_within(struct arena *a, const struct zone *zone, const struct json_node *question, int within, struct query *out, struct fault *f) NODISCARD;
/* Notes a fault of the question; the other fields are read all the same. */
PRINTF_LIKE(3, 4)
void query__bad(struct query_reader *r, const char *field, const char *format, ...);
bool query__whole(const struct json_node *v, int64_t min, int64_t max, int64_t *out);
/* A path with one more name: an unknown one may be anything, and is left out then. */
const char *query__plain_path(struct query_reader *r, str path, str name);
void query__read_time(struct query_reader *r, const char *field, const struct json_node *v, bool *has, int64_t *ms);
/* One event's name or a list of them. */
void query__read_names(struct query_reader *r, const char *field, const struct json_node *v, struct query_match *out);
/* The same, or {"event":…,"where":condition}. */
void query__read_match(struct query_reader *r, const char *field, const struct json_node *v, struct query_match *out);
/* {"days":7}, {"hours":1}, {"minutes":30} or {"seconds":1}, in milliseconds. */
void query__read_duration(struct query_reader *r, const char *field, const struct json_node *v, int64_t *ms);
void query__read_match_at(struct query_reader *r, const char *path, const struct json_node *v, struct query_match *out, int depth);
const struct query_condition *query__read_condition(struct query_reader *r, const char *path, const struct json_node *v); /* NULL: null, or a fault */
bool query__read_flag(struct query_reader *r, const char *field, const struct json_node *v);
/* A dimension of events: the name of a property, or event, channel, source, family, stage. */
void query__read_dimension(struct query_reader *r, const char *field, const struct json_node *v, enum query_dimension *dimension, str *property);
/* The same, or trait:x; QUERY_TRAIT's name is without the prefix. */
void query__read_any_dimension(struct query_reader *r, const char *field, const struct json_node *v, enum query_dimension *dimension, str *property);
/* `top`: how many values of `by` have a group of their own. */
void query__read_top(struct query_reader *r, const struct json_node *v);
void query__check_top(struct query_reader *r);
/* The same of kinds that are split (split.c), with the `top` that holds unless one is asked. */
void query__check_split(struct query_reader *r);
/* `members`: whose number is meant (behind.c). */
void query__read_members(struct query_reader *r, const struct json_node *v);
void query__check_members(struct query_reader *r);
void query__read_interval(struct query_reader *r, const struct json_node *v);
/* `by`: a dimension, a trait's too. */
void query__read_by(struct query_reader *r, const struct json_node *v);
/* The number of the name in the list, or -1 having noted that it is none of them. */
int query__read_choice(struct query_reader *r, const char *field, const struct json_node *v, const char *const *names, size_t n);

/* ---- the kinds that read their own ---- */
enum { QUERY__FUNNEL_FIELDS = 10, QUERY__FLOW_FIELDS = 10, QUERY__PATHS_FIELDS = 9, QUERY__DRIVER_FIELDS = 7, QUERY__JOURNEY_FIELDS = 13, QUERY__DURATION_FIELDS = 6, QUERY__SEGMENT_FIELDS = 2, QUERY__TIMELINE_FIELDS = 4, QUERY__SCORE_FIELDS = 10, QUERY__DRIVERS_FIELDS = 5, QUERY__STAFFING_FIELDS = 7, QUERY__EARNED_FIELDS = 3, QUERY__SERVING_FIELDS = 5 };
extern const struct query_field query__funnel_fields[QUERY__FUNNEL_FIELDS];
void query__check_funnel(struct query_reader *r);
extern const struct query_field query__flow_fields[QUERY__FLOW_FIELDS];
void query__check_flow(struct query_reader *r);
extern const struct query_field query__paths_fields[QUERY__PATHS_FIELDS];
void query__check_paths(struct query_reader *r);
extern const struct query_field query__driver_fields[QUERY__DRIVER_FIELDS];
void query__check_driver(struct query_reader *r);
extern const struct query_field query__journey_fields[QUERY__JOURNEY_FIELDS];
void query__check_journey(struct query_reader *r);
extern const struct query_field query__duration_fields[QUERY__DURATION_FIELDS];
void query__check_duration(struct query_reader *r);
extern const struct query_field query__segment_fields[QUERY__SEGMENT_FIELDS];
void query__check_segment(struct query_reader *r);
extern const struct query_field query__timeline_fields[QUERY__TIMELINE_FIELDS];
void query__check_timeline(struct query_reader *r);
extern const struct query_field query__score_fields[QUERY__SCORE_FIELDS];
void query__check_score(struct query_reader *r);
extern const struct query_field query__drivers_fields[QUERY__DRIVERS_FIELDS];
void query__check_drivers(struct query_reader *r);
extern const struct query_field query__serving_fields[QUERY__SERVING_FIELDS];
void query__check_serving(struct query_reader *r);
extern const struct query_field query__earned_fields[QUERY__EARNED_FIELDS];
void query__check_earned(struct query_reader *r);
extern const struct query_field query__staffing_fields[QUERY__STAFFING_FIELDS];
void query__check_staffing(struct query_reader *r);
#endif
