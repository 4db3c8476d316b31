/* Findings are few and read often, so one lock and a short list serve. A finding is counted by those who read it and
 * freed by the last one after it was pushed out. Two requests that miss at once both compute: rare, and simpler than
 * waiting for each other.
 *
 * The state is read in the same snapshot as the rows that a finding is made of, so a finding made of older rows can never
 * be kept under a newer state; only people (joins, refusals) lie outside of it, and their version is read first, so that a
 * change meanwhile makes the key one that nobody asks for again. */
#include "pulse/kept.h"

#include <pthread.h>

#include "base/mem.h"
#include "customer/people.h"
#include "events/events.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/setting.h"

enum { MOST = 96 };

struct finding {
	struct arena arena;
	str key;
	void *found;
	int readers;      /* and one for the list */
	uint64_t used_at; /* counts up with each use */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct finding *list[MOST];
static uint64_t uses;

static void let_go(struct finding *f)
{
	if (--f->readers) return;
	arena_release(&f->arena);
	mem_free(f);
}

static void was_read(void *arg)
{
	pthread_mutex_lock(&lock);
	let_go(arg);
	pthread_mutex_unlock(&lock);
}

static struct finding *take(str key)
{
	for (size_t i = 0; i < MOST; i++) {
		if (!list[i] || !str_eq(list[i]->key, key)) continue;
		list[i]->readers++;
		list[i]->used_at = ++uses;
		return list[i];
	}
	return NULL;
}

static void put(struct finding *f)
{
	size_t at = 0;
	for (size_t i = 0; i < MOST && list[at]; i++)
		if (!list[i] || list[i]->used_at < list[at]->used_at) at = i;
	if (list[at]) let_go(list[at]);
	f->readers++;
	f->used_at = ++uses;
	list[at] = f;
}

enum err kept_get(struct op *op, str key, kept_find *find, void *arg, void **out)
{
	pthread_mutex_lock(&lock);
	struct finding *f = take(key);
	pthread_mutex_unlock(&lock);
	if (!f) {
		f = MEM_NEW(struct finding);
		arena_init(&f->arena);
		f->readers = 1;
		f->key = str_dup(&f->arena, key);
		enum err e = find(op, &f->arena, arg, &f->found);
		if (e != OK) {
			let_go(f);
			return e;
		}
		pthread_mutex_lock(&lock);
		put(f);
		pthread_mutex_unlock(&lock);
	}
	op_defer(op, was_read, f);
	*out = f->found;
	return OK;
}

enum err kept_state(struct op *op, str *out)
{
	struct db_rows row;
	uint64_t people = people_version(op->app->people), durable = events_durable(op->app->events);
	struct locale own = setting_locale(op);
	TRY(op_query(op, SQL_kept_state, DB_NO_ARGS, &row));
	struct events_stats stats;
	events_stats(op->app->events, &stats);
	str zone = zone_name(own.zone);
	*out = str_fmt(&op->arena, "%llx %llu %llu %llu %lld %lld %lld %.*s %.*s", (unsigned long long)op->app->directory_id, (unsigned long long)people,
	               (unsigned long long)durable, (unsigned long long)stats.stored, (long long)db_rows_int(&row, 0, 0), (long long)db_rows_int(&row, 0, 1),
	               (long long)db_rows_int(&row, 0, 2), STR_ARG(zone), STR_ARG(own.currency));
	return OK;
}
