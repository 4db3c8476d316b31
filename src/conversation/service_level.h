/* service_level.h: how soon customers are to be answered, and by when each conversation is. A level is of a priority, a channel,
 * both or neither, and the most particular one that fits holds; its times are of the hours of a calendar, or of every hour.
 * Invariants: until when an answer was due stays as it was when it was first known, whatever becomes of the levels; what a program
 * wrote is never due. */
#ifndef CONVERSATION_SERVICE_LEVEL_H
#define CONVERSATION_SERVICE_LEVEL_H
#include "conversation/hours.h"
#include "http/web.h"
#include "jobs/jobs.h"

enum service_target { TARGET_FIRST, TARGET_NEXT, TARGET_RESOLUTION, SERVICE_TARGETS_N };
extern const char *const SERVICE_TARGETS[]; /* "first", "next", "resolution", NULL */

struct service_level {
	id id, calendar;
	str name, channel; /* '': any */
	int64_t priority;  /* DESC_NULL_INT: any */
	int64_t target_ms[SERVICE_TARGETS_N]; /* DESC_NULL_INT: none */
	int64_t warn_pct;
	bool does_pause;
	const struct hours *hours; /* NULL: every hour counts */
};
/* The most particular first, with their hours; owned by op. */
enum err service_levels(struct op *op, struct service_level **out, size_t *n) NODISCARD;
/* The one that holds; NULL: none does. */
const struct service_level *service_level_of(const struct service_level *levels, size_t n, int64_t priority, str channel);

/* After messages, state, priority or levels changed: what is due next, whether an answer or a solving was in time. */
enum err service_settle(struct op *op, id conversation) NODISCARD;

extern const struct desc SERVICE_SETTINGS_DESC, SERVICE_CALENDAR_INPUT_DESC, SERVICE_LEVEL_INPUT_DESC;
web_handler service_settings_get, service_calendar_post, service_calendar_change_post, service_calendar_remove_post, service_calendar_restore_post, service_level_post, service_level_change_post, service_level_remove_post,
	service_level_restore_post;
job_fn service_watch_job, service_settle_job;
#define SERVICE_SETTLE_JOB "service_settle"
#endif
