#include <math.h>

#include "base/datetime.h"
#include "events/events.h"
#include "i18n/i18n.h"
#include "op/app.h"
#include "want/want_inner.h"

static const struct {
	const char *event;
	double weight;
} INTENTS[] = {
#define INTENT(event, weight) {event, weight},
#include "intents.def"
#undef INTENT
};
const char *const WANT_INTENTS[] = {"none", "some", "likely", "strong", NULL};
static const double LEVELS[] = {1, 8, 20}; /* from which points: some, likely, strong */
static const double HALVED_DAYS = 7;

enum err want__as_of(struct op *op, int64_t *ms)
{
	struct events_view *view;
	int64_t newest = 0;
	TRY(events_view_open(op->app->events, &view, &op->fault));
	for (size_t i = 0; i < events_view_parts(view); i++) {
		int64_t of_part = events_part_max_ms(events_view_part(view, i));
		if (of_part > newest) newest = of_part;
	}
	events_view_close(view);
	*ms = newest && newest < op->now_ms ? newest : op->now_ms;
	return OK;
}

struct msg want__said_as_of(struct op *op, int64_t ms)
{
	if (op->now_ms - ms < 2 * DAY_MS) return (struct msg){0};
	return msg_str("want_intent_as_of", "day", i18n_day(&op->arena, &op->locale, ms));
}

void want__intent(struct op *op, const struct want__past *past, struct want *out)
{
	out->intent_evidence.v = ARENA_ARRAY(&op->arena, struct want_evidence, WANT_EVIDENCE);
	for (size_t i = past->n; i-- > 0;) {
		const struct customer_touchpoint *t = past->v[i];
		if (str_eq(t->event, S("Order Completed"))) break; /* what led to it is past */
		for (size_t k = 0; k < COUNT_OF(INTENTS); k++) {
			if (!str_eq(t->event, str_of(INTENTS[k].event))) continue;
			double days = (double)(out->as_of - t->time) / (double)DAY_MS;
			out->intent_points += INTENTS[k].weight * exp2(-(days > 0 ? days : 0) / HALVED_DAYS);
			str what = want__detail(t, "name");
			if (!what.n) what = want__detail(t, "query");
			if (out->intent_evidence.n < WANT_EVIDENCE && !want__is_sensitive(&op->arena, what))
				out->intent_evidence.v[out->intent_evidence.n++] = (struct want_evidence){t->time, t->event, what, STR_NONE, STR_NONE};
		}
	}
	if (out->intent_points < 0) out->intent_points = 0;
	for (size_t i = 0; i < COUNT_OF(LEVELS); i++)
		if (out->intent_points >= LEVELS[i]) out->intent = (int)i + 1;
	out->intent_shown = i18n_real(&op->arena, &op->locale, out->intent_points, 1);
}
