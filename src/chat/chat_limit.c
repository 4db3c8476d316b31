/* chat_limit.c: how much is taken of one address. Chats are many and short, so this is counted in memory and costs no row: a server that
 * starts anew has forgotten it, which gives a flood one more minute. */
#include <pthread.h>
#include <string.h>

#include "chat/chat_inner.h"
#include "http/metrics.h"
#include "setting/setting.h"
#include "team/tries.h"

enum { SLOTS = 4096, PROBES = 8, MINUTE = 60000, MILLI = 1000 };

static struct {
	pthread_mutex_t lock;
	struct bucket {
		uint64_t address;
		int64_t at_ms, left_milli;
	} v[SLOTS];
} buckets = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t left_of(const struct bucket *b, int64_t now_ms, int64_t rate)
{
	int64_t since = now_ms - b->at_ms;
	if (since >= MINUTE || since < 0) return rate * MILLI;
	int64_t left = b->left_milli + since * rate * MILLI / MINUTE;
	return left < rate * MILLI ? left : rate * MILLI;
}

/* Its own, else of those that it may take the one that has been quiet for longest. */
static struct bucket *bucket_of(uint64_t address)
{
	struct bucket *oldest = NULL;
	for (size_t i = 0; i < PROBES; i++) {
		struct bucket *b = &buckets.v[(address + i) % SLOTS];
		if (b->address == address) return b;
		if (!oldest || b->at_ms < oldest->at_ms) oldest = b;
	}
	*oldest = (struct bucket){.address = address};
	return oldest;
}

static bool take(uint64_t address, int64_t now_ms, int64_t rate)
{
	pthread_mutex_lock(&buckets.lock);
	struct bucket *b = bucket_of(address);
	int64_t left = left_of(b, now_ms, rate);
	bool may = left >= MILLI;
	b->left_milli = may ? left - MILLI : left;
	b->at_ms = now_ms;
	pthread_mutex_unlock(&buckets.lock);
	return may;
}

enum err chat__count_flood(struct op *op, const struct web *w)
{
	uint64_t address;
	str hash = tries_address_hash(op, "chat", http_peer(w->rq));
	memcpy(&address, hash.p, sizeof address);
	if (take(address, op->now_ms, setting_int(op->app, SETTING_chat_rate_address))) return OK;
	metrics_add(COUNTER_CHATS_FLOODED, 1);
	http_set_header(w->rq, "Retry-After", S("5"));
	return fail(op, ERR_RATE, "", "too much comes from this address: it is taken again in a moment");
}
