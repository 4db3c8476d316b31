/* Memory is reserved for the most subjects there can be and touched as they come, so arrays never move and a reader
 * needs no lock. Values are atomics read relaxed: a reader that is a moment behind does no harm, and whoever must not
 * be behind (a request that reads what it just wrote) waits for the appliers first.
 * The subjects of a customer are a singly linked list through `next`; joins and undone joins move them one by one. */
#include "customer/people_inner.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert(p != MAP_FAILED);
	return p;
}

#define EACH_ARRAY(X)                                                                                              \
	X(s.customer) X(s.next) X(s.events) X(s.first_ms) X(s.last_ms) X(s.flags) X(c.id) X(c.first_subject) X(c.granted) \
	X(c.denied) X(c.refused) X(c.denied_now) X(c.flags)

struct people *people__new(void)
{
	struct people *p = MEM_NEW(struct people);
	pthread_mutex_init(&p->writer, NULL);
	pthread_mutex_init(&p->views, NULL);
	pthread_mutex_init(&p->stale_lock, NULL);
	pthread_rwlock_init(&p->lists, NULL);
	map_init(&p->by_id);
#define X(array) p->array = reserve(MOST * sizeof *p->array);
	EACH_ARRAY(X)
#undef X
	return p;
}

static void forget_view(struct cached_view *v)
{
	union { /* the view shows its own arrays read-only */
		const uint32_t *shown;
		uint32_t *own;
	} subjects = {v->view.customer}, customers = {v->view.denied};
	mem_free(subjects.own);
	mem_free(customers.own);
	mem_free(v);
}

void people_free(struct people *p)
{
	if (!p) return;
	if (p->cached) forget_view(p->cached);
#define X(array) munmap(p->array, MOST * sizeof *p->array);
	EACH_ARRAY(X)
#undef X
	map_release(&p->by_id);
	mem_free(p->stale);
	mem_free(p);
}

void people_lock(struct people *p)
{
	pthread_mutex_lock(&p->writer);
}

void people_unlock(struct people *p)
{
	pthread_mutex_unlock(&p->writer);
}

/* ---- reading ---- */

uint32_t people_customer(const struct people *p, uint32_t subject)
{
	return GET(p->s.customer[subject]);
}

id people_id(const struct people *p, uint32_t customer)
{
	return GET(p->c.id[customer]);
}

str people__id_key(const struct people *p, uint32_t customer)
{
	return (str){(const char *)(uintptr_t)&p->c.id[customer], sizeof(id)};
}

bool people_find(const struct people *p, id customer, uint32_t *number)
{
	pthread_mutex_t *lock = &((struct people *)(uintptr_t)p)->views;
	pthread_mutex_lock(lock);
	uint64_t *found = map_get(&p->by_id, (str){(const char *)&customer, sizeof customer});
	if (found) *number = (uint32_t)*found;
	pthread_mutex_unlock(lock);
	return found != NULL;
}

bool people_is_known(const struct people *p, uint32_t customer)
{
	return GET(p->c.flags[customer]) & CUSTOMER_KNOWN;
}

uint32_t people_denied(const struct people *p, uint32_t customer)
{
	return GET(p->c.denied[customer]);
}

uint32_t people_refused(const struct people *p, uint32_t customer)
{
	return GET(p->c.refused[customer]);
}

uint32_t people_granted(const struct people *p, uint32_t customer)
{
	return GET(p->c.granted[customer]);
}

bool people_is_suppressed(const struct people *p, uint32_t subject)
{
	return GET(p->s.flags[subject]) & SUBJECT_SUPPRESSED;
}

bool people_is_illegal(const struct people *p, uint32_t subject)
{
	return GET(p->s.flags[subject]) & SUBJECT_ILLEGAL;
}

bool people_is_linked(const struct people *p, uint32_t subject)
{
	return GET(p->s.flags[subject]) & SUBJECT_LINKED;
}

uint32_t people_customers(const struct people *p)
{
	return GET(p->n_customers);
}

uint64_t people_version(const struct people *p)
{
	return atomic_load(&p->version);
}

void people_counts(const struct people *p, uint64_t *known, uint64_t *anonymous)
{
	*known = atomic_load(&p->known);
	*anonymous = atomic_load(&p->anonymous);
}

static pthread_rwlock_t *lists_of(const struct people *p)
{
	return &((struct people *)(uintptr_t)p)->lists;
}

static void hold_lists(const struct people *p)
{
	pthread_rwlock_rdlock(lists_of(p));
}

static void let_lists(const struct people *p)
{
	pthread_rwlock_unlock(lists_of(p));
}

size_t people_subjects(const struct people *p, uint32_t customer, struct arena *a, uint32_t **out)
{
	VEC(uint32_t) list = {0};
	hold_lists(p);
	for (uint32_t s = GET(p->c.first_subject[customer]); s; s = GET(p->s.next[s])) VEC_PUSH(&list, a, s);
	let_lists(p);
	*out = list.v;
	return list.n;
}

void people_heard(const struct people *p, uint32_t customer, int64_t *first_ms, int64_t *last_ms, uint64_t *events)
{
	*first_ms = *last_ms = DESC_NULL_INT;
	*events = 0;
	hold_lists(p);
	for (uint32_t s = GET(p->c.first_subject[customer]); s; s = GET(p->s.next[s])) {
		uint32_t n = GET(p->s.events[s]);
		if (!n) continue;
		int64_t first = GET(p->s.first_ms[s]), last = GET(p->s.last_ms[s]);
		if (*events == 0 || first < *first_ms) *first_ms = first;
		if (*events == 0 || last > *last_ms) *last_ms = last;
		*events += n;
	}
	let_lists(p);
}

static void mark_stale(struct people *p, uint32_t customer)
{
	if (!customer || (atomic_fetch_or(&p->c.flags[customer], CUSTOMER_STALE) & CUSTOMER_STALE)) return;
	pthread_mutex_lock(&p->stale_lock);
	if (p->n_stale == p->cap_stale) {
		p->cap_stale = p->cap_stale ? p->cap_stale * 2 : 256;
		p->stale = mem_realloc(p->stale, p->cap_stale * sizeof *p->stale);
	}
	p->stale[p->n_stale++] = customer;
	pthread_mutex_unlock(&p->stale_lock);
}

bool people_has_stale(struct people *p)
{
	pthread_mutex_lock(&p->stale_lock);
	bool any = p->n_stale > 0;
	pthread_mutex_unlock(&p->stale_lock);
	return any;
}

size_t people_take_stale(struct people *p, uint32_t *out, size_t max)
{
	pthread_mutex_lock(&p->stale_lock);
	size_t n = p->n_stale < max ? p->n_stale : max;
	p->n_stale -= n;
	memcpy(out, p->stale ? p->stale + p->n_stale : out, n * sizeof *out);
	pthread_mutex_unlock(&p->stale_lock);
	for (size_t i = 0; i < n; i++) atomic_fetch_and(&p->c.flags[out[i]], (uint8_t)~CUSTOMER_STALE);
	return n;
}

void people_give_back_stale(struct people *p, const uint32_t *customers, size_t n)
{
	for (size_t i = 0; i < n; i++) mark_stale(p, customers[i]);
}

static void widen(a64 *place, int64_t value, bool is_least, bool is_empty)
{
	int64_t seen = GET(*place);
	while ((is_empty && seen == 0) || (is_least ? value < seen : value > seen))
		if (atomic_compare_exchange_weak_explicit(place, &seen, value, memory_order_relaxed, memory_order_relaxed)) break;
}

void people_hear(struct people *p, uint32_t subject, int64_t time_ms)
{
	if (!subject || subject >= MOST) return;
	bool is_first = atomic_fetch_add_explicit(&p->s.events[subject], 1, memory_order_relaxed) == 0;
	widen(&p->s.first_ms[subject], time_ms, true, is_first);
	widen(&p->s.last_ms[subject], time_ms, false, is_first);
	mark_stale(p, GET(p->s.customer[subject]));
}

void people_fetch(const struct people *p, uint32_t subject)
{
	if (subject >= MOST) return;
	__builtin_prefetch(&p->s.events[subject], 1);
	__builtin_prefetch(&p->s.first_ms[subject]);
	__builtin_prefetch(&p->s.last_ms[subject], 1);
	__builtin_prefetch(&p->s.customer[subject]);
}

void people_deny_now(struct people *p, uint32_t customer, uint32_t purposes)
{
	if (!customer || !(purposes & ~GET(p->c.denied[customer]))) return;
	atomic_fetch_or(&p->c.denied_now[customer], purposes);
	atomic_fetch_or(&p->c.denied[customer], purposes);
	atomic_fetch_and(&p->c.granted[customer], ~purposes);
	atomic_fetch_add(&p->version, 1);
}

/* ---- views ---- */

static struct cached_view *view_make(const struct people *p, uint64_t version)
{
	struct cached_view *v = MEM_NEW(struct cached_view);
	uint32_t subjects = GET(p->n_subjects), customers = GET(p->n_customers);
	uint32_t *customer = mem_alloc(((size_t)subjects + 1) * sizeof *customer);
	uint32_t *denied = mem_alloc(((size_t)customers + 1) * sizeof *denied);
	for (uint32_t i = 0; i <= subjects; i++) {
		customer[i] = GET(p->s.customer[i]);
		if (customer[i] > customers) customer[i] = 0; /* made since: not of this instant */
	}
	for (uint32_t i = 0; i <= customers; i++) denied[i] = GET(p->c.denied[i]);
	v->view = (struct people_view){subjects, customers, customer, denied, version};
	v->is_current = true;
	return v;
}

const struct people_view *people_view(struct people *p)
{
	pthread_mutex_lock(&p->views);
	uint64_t version = atomic_load(&p->version);
	if (!p->cached || p->cached->view.version != version) {
		if (p->cached) {
			p->cached->is_current = false;
			if (p->cached->users == 0) forget_view(p->cached);
		}
		p->cached = view_make(p, version);
	}
	p->cached->users++;
	const struct people_view *view = &p->cached->view;
	pthread_mutex_unlock(&p->views);
	return view;
}

void people_view_close(struct people *p, const struct people_view *view)
{
	struct cached_view *v = (struct cached_view *)(uintptr_t)view; /* its first member */
	pthread_mutex_lock(&p->views);
	if (--v->users == 0 && !v->is_current) forget_view(v);
	pthread_mutex_unlock(&p->views);
}

/* ---- writing ---- */

void people__changed(struct people *p)
{
	atomic_fetch_add(&p->version, 1);
}

uint32_t people__add_numbered(struct people *p, id customer, uint32_t number)
{
	assert(number > 0 && number < MOST);
	SET(p->c.id[number], customer);
	if (number > GET(p->n_customers)) SET(p->n_customers, number);
	pthread_mutex_lock(&p->views);
	*map_put(&p->by_id, people__id_key(p, number), NULL) = number;
	pthread_mutex_unlock(&p->views);
	return number;
}

uint32_t people_add(struct people *p, id customer)
{
	return people__add_numbered(p, customer, GET(p->n_customers) + 1);
}

/* A customer counts while it has a subject: as known or as anonymous. */
static void count(struct people *p, uint32_t customer, int sign)
{
	if (!customer || !GET(p->c.first_subject[customer])) return;
	_Atomic uint64_t *counter = people_is_known(p, customer) ? &p->known : &p->anonymous;
	atomic_fetch_add(counter, (uint64_t)(int64_t)sign);
}

static void unlink_subject(struct people *p, uint32_t subject)
{
	uint32_t customer = GET(p->s.customer[subject]);
	if (!customer) return;
	a32 *place = &p->c.first_subject[customer];
	pthread_rwlock_wrlock(&p->lists);
	while (GET(*place) && GET(*place) != subject) place = &p->s.next[GET(*place)];
	if (GET(*place) == subject) SET(*place, GET(p->s.next[subject]));
	SET(p->s.customer[subject], 0);
	pthread_rwlock_unlock(&p->lists);
}

static void link_subject(struct people *p, uint32_t subject, uint32_t customer)
{
	pthread_rwlock_wrlock(&p->lists);
	SET(p->s.next[subject], GET(p->c.first_subject[customer]));
	SET(p->c.first_subject[customer], subject);
	SET(p->s.customer[subject], customer);
	pthread_rwlock_unlock(&p->lists);
}

/* Also a subject that is nobody's may have something that people_reload takes over. */
static void reach(struct people *p, uint32_t subject)
{
	if (subject > GET(p->n_subjects)) SET(p->n_subjects, subject);
}

void people_put(struct people *p, uint32_t subject, uint32_t customer, bool is_known_kind)
{
	assert(subject > 0 && subject < MOST);
	uint32_t before = GET(p->s.customer[subject]);
	if (before == customer) return;
	count(p, before, -1);
	count(p, customer, -1);
	unlink_subject(p, subject);
	link_subject(p, subject, customer);
	reach(p, subject);
	if (is_known_kind) atomic_fetch_or(&p->c.flags[customer], CUSTOMER_KNOWN);
	count(p, before, 1);
	count(p, customer, 1);
	people__changed(p);
}

void people_set_known(struct people *p, uint32_t customer, bool is_known)
{
	count(p, customer, -1);
	if (is_known)
		atomic_fetch_or(&p->c.flags[customer], CUSTOMER_KNOWN);
	else
		atomic_fetch_and(&p->c.flags[customer], (uint8_t)~CUSTOMER_KNOWN);
	count(p, customer, 1);
}

void people_set_linked(struct people *p, uint32_t subject, bool linked)
{
	reach(p, subject);
	if (linked)
		atomic_fetch_or(&p->s.flags[subject], SUBJECT_LINKED);
	else
		atomic_fetch_and(&p->s.flags[subject], (uint8_t)~SUBJECT_LINKED);
}

void people_set_illegal(struct people *p, uint32_t subject)
{
	reach(p, subject);
	atomic_fetch_or(&p->s.flags[subject], SUBJECT_ILLEGAL);
}

void people_set_consent(struct people *p, uint32_t customer, uint32_t granted, uint32_t denied, uint32_t refused)
{
	SET(p->c.refused[customer], refused);
	SET(p->c.denied_now[customer], 0);
	if (GET(p->c.granted[customer]) == granted && GET(p->c.denied[customer]) == denied) return;
	SET(p->c.granted[customer], granted);
	SET(p->c.denied[customer], denied);
	people__changed(p);
}

void people_forget(struct people *p, uint32_t subject)
{
	uint32_t customer = GET(p->s.customer[subject]);
	count(p, customer, -1);
	unlink_subject(p, subject);
	count(p, customer, 1);
	SET(p->s.flags[subject], GET(p->s.flags[subject]) & SUBJECT_SUPPRESSED);
	people__changed(p);
}

void people_suppress(struct people *p, uint32_t subject)
{
	uint32_t customer = GET(p->s.customer[subject]);
	reach(p, subject);
	count(p, customer, -1);
	unlink_subject(p, subject);
	count(p, customer, 1);
	SET(p->s.flags[subject], SUBJECT_SUPPRESSED); /* what it met and how often it came is erased with it */
	SET(p->s.events[subject], 0);
	people__changed(p);
}

void **people__slot(struct people *p)
{
	return &p->slot;
}
