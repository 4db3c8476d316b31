/* intake.h: the way of a touchpoint, the same for every adapter: identities → consent → subject → deduplication → log.
 * Each step may drop it, with a named reason that is counted and given back.
 *
 *   struct intake *in = intake_new(&source, …);
 *   for each: reason = intake_add(in, &touchpoint);
 *   intake_commit(in, done, arg);          // durable when done is called
 * An intake is one atomic group of events; it lives in the arena given. Not thread safe; many may run at once. */
#ifndef COLLECT_INTAKE_H
#define COLLECT_INTAKE_H
#include "base/vec.h"
#include "collect/collect.h"
#include "collect/touchpoint.h"
#include "events/events.h"

struct intake_refusal {
	uint32_t subject, purposes;
	int64_t at_ms;
};

/* How a touchpoint is known again: its subject's number is found with the same rules. */
struct intake_identities {
	struct {
		str kind, value, shown;
		struct subject_key key;
		uint32_t subject;
	} v[4 + TOUCHPOINT_EXTERNAL_IDS];
	size_t n; /* the first is the one the event is filed under */
};

enum { INTAKE_AHEAD = 16 };
/* Of touchpoints that come next: who they are, found out together, because each look misses the cache. */
struct intake_foresight {
	const struct touchpoint *touchpoints[INTAKE_AHEAD];
	struct intake_identities ids[INTAKE_AHEAD];
	size_t n, next;
};

struct intake {
	struct app *app;
	struct arena *arena;
	struct source source;
	int64_t received_ms;
	uint32_t import;
	uint8_t flags;         /* EVENT_BY_HAND */
	str country;           /* for phone numbers; absent = unknown */
	bool is_stated;        /* consent in it is stated (a file, a person), not carried */
	bool is_trial;         /* only says what it would drop: no subject is made, nothing counted, filed or refused */
	VEC(struct event) events;
	VEC(uint32_t) indexes; /* the caller's index of each event */
	VEC(struct intake_refusal) refusals;
	uint8_t *verdicts;
	size_t accepted, duplicates, refused; /* refused: the store's cap on event names */
	struct intake_foresight *foresight; /* the caller's, or NULL */
	struct intake_note *note; /* the refusals, on their way into the log */
	events_done *done;
	void *done_arg;
};
struct intake *intake_new(struct app *app, struct arena *a, const struct source *source, int64_t received_ms);
/* That n touchpoints are to come, so that room for them is made once. */
void intake_expect(struct intake *in, size_t n);
/* Looks at what will be added next, in this order: f->touchpoints, n of them. f belongs to the caller, who must add them (or let
 * the intake go) before it does. */
void intake_foresee(struct intake *in, struct intake_foresight *f, size_t n);
/* Files the touchpoint, or says why it is dropped (counted already). index: of the caller, for the answer. */
enum drop_reason intake_add(struct intake *in, const struct touchpoint *t, uint32_t index);
/* Appends what was added; verdicts, accepted and duplicates are set on return. done is called when it is durable, unless this
 * returns an error (ERR_FULL, ERR_BUSY). With nothing to append done is called at once. */
enum err intake_commit(struct intake *in, events_done *done, void *arg) NODISCARD;
enum err intake_commit_wait(struct intake *in) NODISCARD;

/* Normalises what a touchpoint is known by; illegal ids of live sources are left out and counted when `counts`. */
void intake_identities(struct app *app, struct arena *a, const struct source *source, str country, const struct touchpoint *t, bool counts, struct intake_identities *out);
#endif
