/* people.h: who is who, in memory: subject → customer, what a customer allows, when a subject was heard.
 *
 * Arrays over reserved address space, indexed by subject and by customer number, so that reading takes no lock. One
 * writer at a time (people_lock) changes who belongs to whom; readers see each value old or new. Questions that need
 * one instant take a people_view. All of it can be rebuilt from records and events.
 *
 * Writers change memory as they go inside a transaction; when that transaction fails they must call people_reload. */
#ifndef CUSTOMER_PEOPLE_H
#define CUSTOMER_PEOPLE_H
#include "op/op.h"

struct people;
struct events;

enum { PEOPLE_PURPOSES = 32 };

enum err people_load(struct op *op, struct people **out) NODISCARD; /* from records; last heard from the events */
/* Reads records again beside what is in memory and takes the result over value by value, so that readers meet each value
 * old or new and never none. Refusals that hold since their arrival stay. When it fails, memory stays as it was and
 * people_is_torn says so: the next writer reloads before it writes. */
enum err people_reload(struct op *op, struct people *p) NODISCARD;
bool people_is_torn(const struct people *p);
/* A copy of its own, read from records, in which somebody may work without a reader noticing; nobody was heard in it. */
enum err people_copy(struct op *op, struct people **out) NODISCARD;
/* Takes when these subjects were heard from a copy. */
void people_take_heard(struct people *p, const struct people *from, const uint32_t *subjects, size_t n);
void people_free(struct people *p);
void people_lock(struct people *p);
void people_unlock(struct people *p);

/* ---- reading: any thread ---- */
uint32_t people_customer(const struct people *p, uint32_t subject); /* customer number; 0 = none yet */
id people_id(const struct people *p, uint32_t customer);
bool people_find(const struct people *p, id customer, uint32_t *number);
bool people_is_known(const struct people *p, uint32_t customer);
uint32_t people_denied(const struct people *p, uint32_t customer);  /* bit set of purposes */
/* Of these, the refusals that were not merely carried along with an event: no carried grant lifts them. */
uint32_t people_refused(const struct people *p, uint32_t customer);
uint32_t people_granted(const struct people *p, uint32_t customer);
bool people_is_suppressed(const struct people *p, uint32_t subject);
bool people_is_illegal(const struct people *p, uint32_t subject);   /* too many came with it: live sources ignore it */
bool people_is_linked(const struct people *p, uint32_t subject);    /* an anonymous id that met its first user id */
uint32_t people_customers(const struct people *p);                  /* highest number given */
void people_counts(const struct people *p, uint64_t *known, uint64_t *anonymous);
size_t people_subjects(const struct people *p, uint32_t customer, struct arena *a, uint32_t **out);
/* Of all subjects of a customer: events stored, first and last heard (DESC_NULL_INT when never). */
void people_heard(const struct people *p, uint32_t customer, int64_t *first_ms, int64_t *last_ms, uint64_t *events);

/* One event of a subject was stored. Any thread. */
void people_hear(struct people *p, uint32_t subject, int64_t time_ms);
void people_fetch(const struct people *p, uint32_t subject); /* what people_hear will touch comes into the cache */
/* A refusal that must hold from now on, before the ledger has it. Any thread. */
void people_deny_now(struct people *p, uint32_t customer, uint32_t purposes);

/* The customers as they are at one instant, for questions. */
struct people_view {
	uint32_t n_subjects, n_customers;
	const uint32_t *customer; /* of subject, index 0..n_subjects; 0 = nobody */
	const uint32_t *denied;   /* of customer, index 0..n_customers */
	uint64_t version;
};
const struct people_view *people_view(struct people *p); /* give back with people_view_close */
void people_view_close(struct people *p, const struct people_view *v);
uint64_t people_version(const struct people *p); /* changes with every join, consent or erasure */

/* ---- writing: under people_lock ---- */
uint32_t people_add(struct people *p, id customer);                           /* next number */
void people_put(struct people *p, uint32_t subject, uint32_t customer, bool is_known_kind); /* new or moved; keeps known */
void people_set_known(struct people *p, uint32_t customer, bool is_known);
void people_set_linked(struct people *p, uint32_t subject, bool linked);
void people_forget(struct people *p, uint32_t subject); /* belongs to nobody, linked to nobody, not illegal */
void people_set_illegal(struct people *p, uint32_t subject);
void people_set_consent(struct people *p, uint32_t customer, uint32_t granted, uint32_t denied, uint32_t refused);
void people_suppress(struct people *p, uint32_t subject); /* and takes it from its customer */
/* One pointer for src/customer's own use by the writer; NULL at first. */
void **people__slot(struct people *p);
/* Customers heard since the last call whose last_seen_at in records is behind; at most max. */
bool people_has_stale(struct people *p);
size_t people_take_stale(struct people *p, uint32_t *out, size_t max);
void people_give_back_stale(struct people *p, const uint32_t *customers, size_t n); /* they could not be written */
#endif
