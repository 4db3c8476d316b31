/* From records into memory: at start, again after a failed transaction, and beside what is in use, for work that must not
 * disturb readers before it is done. */
#include <string.h>

#include "base/mem.h"
#include "customer/identity.h"
#include "customer/people_inner.h"
#include "events/events.h"
#include "op/app.h"

static bool load_customer(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct people *p = arg;
	uint32_t number = (uint32_t)row[1].i;
	people__add_numbered(p, row[0].i, number);
	return true;
}

static bool load_identity(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct people *p = arg;
	uint32_t number;
	if (people_find(p, row[1].i, &number)) people_put(p, (uint32_t)row[0].i, number, !str_eq(row[2].s, S("anonymous_id")));
	return true;
}

static bool load_linked(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	people_set_linked(arg, (uint32_t)row[0].i, true);
	return true;
}

static bool load_consent(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct people *p = arg;
	uint32_t number, bit = 1u << (row[1].i & 31);
	if (!people_find(p, row[0].i, &number)) return true;
	/* rows come refusals last, so the strictest wins */
	uint32_t granted = GET(p->c.granted[number]), denied = GET(p->c.denied[number]), refused = GET(p->c.refused[number]);
	if (row[2].i)
		people_set_consent(p, number, granted | bit, denied, refused);
	else
		people_set_consent(p, number, granted & ~bit, denied | bit, str_eq(row[3].s, S("carried")) ? refused : refused | bit);
	return true;
}

struct suppress_all {
	struct people *p;
	const struct app *app;
};

/* What the cap of identities made illegal; what the list of the protocol holds is known by its value. */
static bool load_illegal(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct suppress_all *all = arg;
	bool is_new;
	uint32_t subject = events_subject(all->app->events, identity_key(all->app, row[0].s, row[1].s), &is_new);
	if (subject) people_set_illegal(all->p, subject);
	return true;
}

static bool load_suppressed(void *arg, const struct db_val *row, size_t n)
{
	(void)n;
	struct suppress_all *all = arg;
	struct subject_key key;
	if (row[0].s.n != sizeof key) return true;
	memcpy(&key, row[0].s.p, sizeof key);
	bool is_new;
	uint32_t subject = events_subject(all->app->events, key, &is_new); /* after a restore the number may be new */
	if (subject) people_suppress(all->p, subject);
	return true;
}

static enum err hear_all(struct op *op, struct people *p)
{
	struct events_view *view;
	TRY(events_view_open(op->app->events, &view, &op->fault));
	for (size_t i = 0; i < events_view_parts(view); i++) {
		struct events_columns c;
		if (events_part_columns(events_view_part(view, i), EVENTS_TIME, &c, NULL) != OK) continue; /* named when it was opened */
		for (size_t r = 0; r < c.n; r++) people_hear(p, c.subject[r], c.time_ms[r]);
	}
	events_view_close(view);
	return OK;
}

static enum err fill(struct op *op, struct people *p)
{
	TRY(op_each(op, SQL_customer_each, DB_NO_ARGS, load_customer, p));
	TRY(op_each(op, SQL_identity_each, DB_NO_ARGS, load_identity, p));
	TRY(op_each(op, SQL_edge_each_linked, DB_NO_ARGS, load_linked, p));
	TRY(op_each(op, SQL_consent_each_state, DB_NO_ARGS, load_consent, p));
	struct suppress_all all = {p, op->app};
	TRY(op_each(op, SQL_illegal_identity_too_many, DB_NO_ARGS, load_illegal, &all));
	return op_each(op, SQL_suppression_each, DB_NO_ARGS, load_suppressed, &all);
}

enum err people_load(struct op *op, struct people **out)
{
	struct people *p = people__new();
	enum err e = fill(op, p);
	if (e == OK) e = hear_all(op, p);
	if (e != OK) {
		people_free(p);
		return e;
	}
	uint32_t ignored[64];
	while (people_take_stale(p, ignored, COUNT_OF(ignored))) { /* records know these already */
	}
	*out = p;
	return OK;
}

enum err people_copy(struct op *op, struct people **out)
{
	struct people *p = people__new();
	enum err e = fill(op, p);
	if (e == OK) *out = p;
	else people_free(p);
	return e;
}

void people_take_heard(struct people *p, const struct people *from, const uint32_t *subjects, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t s = subjects[i];
		SET(p->s.first_ms[s], GET(from->s.first_ms[s]));
		SET(p->s.last_ms[s], GET(from->s.last_ms[s]));
		SET(p->s.events[s], GET(from->s.events[s]));
	}
}

/* Value by value from a copy that was read beside: a reader meets the old or the new one. */
static void take_subjects(struct people *p, const struct people *from)
{
	uint32_t n = GET(p->n_subjects) > GET(from->n_subjects) ? GET(p->n_subjects) : GET(from->n_subjects);
	for (uint32_t i = 0; i <= n; i++) {
		SET(p->s.customer[i], GET(from->s.customer[i]));
		SET(p->s.next[i], GET(from->s.next[i]));
		SET(p->s.flags[i], GET(from->s.flags[i]));
	}
	SET(p->n_subjects, n);
}

static void take_flags(a8 *place, uint8_t flags)
{
	uint8_t seen = GET(*place);
	while (!atomic_compare_exchange_weak(place, &seen, (uint8_t)((seen & CUSTOMER_STALE) | flags))) continue;
}

static void take_consent(struct people *p, const struct people *from, uint32_t i)
{
	uint32_t now = GET(p->c.denied_now[i]);
	atomic_fetch_or(&p->c.denied[i], GET(from->c.denied[i]));
	SET(p->c.granted[i], GET(from->c.granted[i]) & ~now);
	SET(p->c.denied[i], GET(from->c.denied[i]) | now);
	now = GET(p->c.denied_now[i]); /* what arrived meanwhile */
	atomic_fetch_or(&p->c.denied[i], now);
	atomic_fetch_and(&p->c.granted[i], ~now);
	SET(p->c.refused[i], GET(from->c.refused[i]));
}

static void take_customers(struct people *p, const struct people *from)
{
	uint32_t had = GET(p->n_customers), n = GET(from->n_customers);
	for (uint32_t i = 0; i <= had || i <= n; i++) {
		SET(p->c.id[i], GET(from->c.id[i]));
		SET(p->c.first_subject[i], GET(from->c.first_subject[i]));
		take_consent(p, from, i);
		if (i > n) SET(p->c.denied_now[i], 0);
		take_flags(&p->c.flags[i], GET(from->c.flags[i]));
	}
	SET(p->n_customers, n);
	map_clear(&p->by_id);
	for (uint32_t i = 1; i <= n; i++)
		if (GET(p->c.id[i])) *map_put(&p->by_id, people__id_key(p, i), NULL) = i;
}

static void take_over(struct people *p, const struct people *from)
{
	pthread_mutex_lock(&p->views); /* no view is made of a half */
	pthread_rwlock_wrlock(&p->lists);
	take_customers(p, from);
	take_subjects(p, from);
	pthread_rwlock_unlock(&p->lists);
	atomic_store(&p->known, atomic_load(&from->known));
	atomic_store(&p->anonymous, atomic_load(&from->anonymous));
	people__changed(p);
	pthread_mutex_unlock(&p->views);
}

enum err people_reload(struct op *op, struct people *p)
{
	struct people *fresh = people__new();
	enum err e = fill(op, fresh);
	p->is_torn = e != OK;
	if (e == OK) take_over(p, fresh);
	people_free(fresh);
	return e;
}

bool people_is_torn(const struct people *p)
{
	return p->is_torn;
}
