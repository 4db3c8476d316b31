/* contact_hold.c: what is open between a customer and the organisation, read from the time line: the latest event that begins or ends
 * it decides. Nothing is stored, so joins, erasures and late events are followed by themselves. */
#include "base/datetime.h"
#include "collect/touchpoint.h"
#include "contact/contact.h"
#include "customer/people.h"
#include "events/events.h"
#include "json/json.h"
#include "op/app.h"
#include "query/query.h"

enum { DAYS = 180, EVENTS = 1000, BODY_BYTES = 4 << 20 };

static const struct hold {
	const char *begins, *ends;
} HOLDS[] = {
#define CONTACT_HOLD(name, begins, ends) [CONTACT_HOLD_##name] = {begins, ends},
#include "contact_holds.def"
#undef CONTACT_HOLD
};
const char *const CONTACT_HOLDS[] = {
	"",
#define CONTACT_HOLD(name, begins, ends) #name,
#include "contact_holds.def"
#undef CONTACT_HOLD
	NULL};

/* Names of events are the same whatever their case and separators. */
static bool names(const char *list, str type)
{
	const struct touchpoint_kind *kind = touchpoint_kind(type);
	for (str rest = str_of(list); str_given(rest);) {
		str name = str_cut(&rest, '|');
		if (str_eq(name, type) || (kind && touchpoint_kind(name) == kind)) return true;
	}
	return false;
}

static str outcome_of(struct arena *a, const struct query_event *e)
{
	const struct json_node *root;
	if (!(e->flags & EVENT_BY_HAND) || json_tree(a, e->body, BODY_BYTES, &root, NULL) != OK) return STR_NONE;
	return json_get_str(json_get(root, S("properties")), S("outcome"));
}

enum state { UNTOLD, BEGUN, ENDED };

static enum state said_by(struct arena *a, enum contact_hold hold, const struct query_event *e)
{
	str outcome = hold == CONTACT_HOLD_complaint ? outcome_of(a, e) : STR_NONE;
	if (names(HOLDS[hold].begins, e->type) || str_eq(outcome, S("complaint"))) return BEGUN;
	return names(HOLDS[hold].ends, e->type) || str_eq(outcome, S("done")) ? ENDED : UNTOLD;
}

enum err contact_hold_of(struct op *op, id customer, enum contact_hold about, enum contact_hold *out)
{
	struct query_context ctx = {.events = op->app->events, .zone = op->locale.zone, .now_ms = op->now_ms};
	struct query_page page = {.limit = EVENTS, .range = {.has_from = true, .from_ms = op->now_ms - DAYS * DAY_MS}};
	struct query_event *events;
	uint32_t number, *subjects;
	size_t n, n_subjects;
	bool more;
	*out = CONTACT_NO_HOLD;
	if (!people_find(op->app->people, customer, &number)) return OK;
	n_subjects = people_subjects(op->app->people, number, &op->arena, &subjects);
	TRY(events_view_open(op->app->events, &ctx.view, &op->fault));
	enum err e = query_timeline(&ctx, subjects, n_subjects, &page, &op->arena, &events, &n, &more, &op->fault);
	for (int hold = 1; e == OK && hold < CONTACT_HOLD_COUNT && !*out; hold++) {
		enum state state = UNTOLD;
		for (size_t i = 0; i < n && state == UNTOLD; i++) state = said_by(&op->arena, (enum contact_hold)hold, &events[i]);
		if (state == BEGUN && hold != (int)about) *out = (enum contact_hold)hold;
	}
	events_view_close(ctx.view);
	return e;
}
