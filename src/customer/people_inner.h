/* people_inner.h: the shape of people in memory, for people.c and people_load.c alone. */
#ifndef CUSTOMER_PEOPLE_INNER_H
#define CUSTOMER_PEOPLE_INNER_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "customer/people.h"

enum { MOST = 1 << 28 };
enum { SUBJECT_LINKED = 1, SUBJECT_SUPPRESSED = 2, SUBJECT_ILLEGAL = 4 };
enum { CUSTOMER_KNOWN = 1, CUSTOMER_STALE = 2 };

typedef _Atomic uint32_t a32;
typedef _Atomic int64_t a64;
typedef _Atomic uint8_t a8;

struct cached_view {
	struct people_view view;
	int users;
	bool is_current;
};

struct people {
	pthread_mutex_t writer, views;
	pthread_rwlock_t lists; /* first_subject and next: held for writing while a subject changes its list */
	bool is_torn;           /* guarded by writer */
	struct { /* by subject */
		a32 *customer, *next, *events;
		a64 *first_ms, *last_ms;
		a8 *flags;
	} s;
	struct { /* by customer number */
		a64 *id;
		a32 *first_subject, *granted, *denied, *refused;
		a32 *denied_now; /* of denied, what arrived and is not yet derived */
		a8 *flags;
	} c;
	a32 n_customers, n_subjects; /* highest in use */
	_Atomic uint64_t version, known, anonymous;
	struct map by_id; /* customer id → number; keys point into c.id; guarded by views */
	pthread_mutex_t stale_lock;
	uint32_t *stale;
	size_t n_stale, cap_stale;
	struct cached_view *cached;
	void *slot;
};

#define GET(x) atomic_load_explicit(&(x), memory_order_relaxed)
#define SET(x, value) atomic_store_explicit(&(x), (value), memory_order_relaxed)

struct people *people__new(void);
str people__id_key(const struct people *p, uint32_t customer); /* points into p */
uint32_t people__add_numbered(struct people *p, id customer, uint32_t number);
void people__changed(struct people *p);
#endif
