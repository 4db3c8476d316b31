/* stream.c: server-sent events. A stream is an answer whose body never ends: the library asks for more with read_more,
 * and when there is nothing its connection is suspended until something is published, so that waiting costs no CPU.
 * One lock guards all streams; it is held for copies of short texts only, so publishing never waits for a client. A
 * client that leaves more than STREAM_BEHIND_BYTES unread is cut off; its browser comes back with the last id it saw. What went by in between is not kept: of each topic only the
 * last id is, in slots that topics share by hash (the same slots lead to who listens), so that who comes back may be told once too often and never too seldom. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"

enum { STREAM_BEHIND_BYTES = 256 << 10, BLOCK_BYTES = 2 << 10, RETRY_MS = 3000, SLOTS = 4096, EVENT_BYTES = 4 << 10 };
#define ASKED_US INT64_C(60000000) /* so long a page may take to open its stream */
#define BEAT_US INT64_C(20000000) /* proxies commonly end what is silent for 30 or 60 s */

struct http_stream {
	struct http_stream *next, **link;
	struct http_streams *all;
	struct MHD_Connection *connection;
	struct buf out;
	size_t read;       /* of out */
	bool is_suspended, is_closing;
	int64_t next_beat_us;
	size_t n_topics;
	struct listening {
		struct listening *next, **link; /* of those whose topics share a slot */
		struct http_stream *stream;
		uint64_t topic; /* a hash: a topic is ours, never a client's word */
	} topics[];
};

struct http_streams {
	pthread_mutex_t lock;
	struct http_stream *first;
	_Atomic uint64_t last_id;
	uint64_t last_of[SLOTS];
	struct listening *listening[SLOTS]; /* so that telling one chat costs nothing of ten thousand others */
	_Atomic int64_t asked_us; /* when a page last asked where it stands */
	size_t max;
	bool is_closing;
	_Atomic uint64_t n;
};

/* All below with the lock held. */
static void wake(struct http_stream *st)
{
	if (!st->is_suspended) return;
	st->is_suspended = false;
	MHD_resume_connection(st->connection);
}

static void append(struct http_stream *st, str text)
{
	if (st->is_closing) return;
	if (st->read == st->out.n) {
		buf_clear(&st->out);
		st->read = 0;
	}
	buf_add(&st->out, text);
	if (buf_failed(&st->out)) {
		st->is_closing = true;
		st->read = st->out.n;
	}
	wake(st);
}

static void put_changed(struct buf *b, uint64_t event_id, str topic)
{
	assert(!memchr(topic.p, '\n', topic.n));
	buf_fmt(b, "id: %llu\nevent: changed\ndata: %.*s\n\n", (unsigned long long)event_id, STR_ARG(topic));
}

static ssize_t read_more(void *arg, uint64_t position, char *room, size_t n)
{
	(void)position;
	struct http_stream *st = arg;
	ssize_t got = 0;
	pthread_mutex_lock(&st->all->lock);
	size_t left = st->out.n - st->read;
	if (left) {
		got = (ssize_t)(left < n ? left : n);
		memcpy(room, st->out.p + st->read, (size_t)got);
		st->read += (size_t)got;
	} else if (st->is_closing) {
		got = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		st->is_suspended = true;
		MHD_suspend_connection(st->connection);
	}
	pthread_mutex_unlock(&st->all->lock);
	return got;
}

static void stream_free(void *arg)
{
	struct http_stream *st = arg;
	struct http_streams *all = st->all;
	pthread_mutex_lock(&all->lock);
	*st->link = st->next;
	if (st->next) st->next->link = st->link;
	for (size_t i = 0; i < st->n_topics; i++) {
		struct listening *l = &st->topics[i];
		*l->link = l->next;
		if (l->next) l->next->link = l->link;
	}
	buf_release(&st->out);
	mem_free(st);
	atomic_fetch_sub(&all->n, 1);
	pthread_mutex_unlock(&all->lock);
}

struct http_streams *http__streams_start(struct http_server *s)
{
	struct http_streams *all = MEM_NEW(struct http_streams);
	pthread_mutex_init(&all->lock, NULL);
	all->max = (size_t)s->o.max_streams;
	all->last_id = (uint64_t)clock_now_ms() * 1000; /* so that ids go on increasing after a restart */
	return all;
}

struct MHD_Response *http__stream_response(struct http_request *rq)
{
	struct http_stream *st = rq->stream;
	struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_more, st, stream_free);
	if (r) rq->stream = NULL; /* the response frees it */
	return r;
}

void http__stream_forget(struct http_request *rq)
{
	if (rq->stream) stream_free(rq->stream);
	rq->stream = NULL;
}

static void add_topic(struct http_stream *st, struct listening *l, uint64_t topic)
{
	struct listening **first = &st->all->listening[topic % SLOTS];
	*l = (struct listening){.next = *first, .link = first, .stream = st, .topic = topic};
	if (l->next) l->next->link = &l->next;
	*first = l;
}

void http_reply_stream(struct http_request *rq, const str *topics, size_t n, uint64_t after)
{
	struct http_streams *all = rq->server->streams;
	uint64_t last_seen = 0;
	if (str_u64(http_header(rq, "Last-Event-ID"), &last_seen)) after = last_seen;
	pthread_mutex_lock(&all->lock);
	if (all->n >= all->max || all->is_closing) {
		pthread_mutex_unlock(&all->lock);
		http__refuse(rq, ERR_BUSY, "too many live pages are open");
		return;
	}
	struct http_stream *st = mem_zalloc(sizeof *st + n * sizeof st->topics[0]);
	st->all = all;
	st->connection = rq->connection;
	st->n_topics = n;
	for (size_t i = 0; i < n; i++) add_topic(st, &st->topics[i], str_hash(topics[i]));
	st->next_beat_us = clock_mono_us() + BEAT_US;
	buf_init(&st->out, STREAM_BEHIND_BYTES);
	buf_fmt(&st->out, "retry: %d\n\n", RETRY_MS);
	for (size_t i = 0; i < n && after; i++)
		if (all->last_of[st->topics[i].topic % SLOTS] > after) put_changed(&st->out, all->last_id, topics[i]);
	st->next = all->first;
	st->link = &all->first;
	if (st->next) st->next->link = &st->next;
	all->first = st;
	atomic_fetch_add(&all->n, 1);
	pthread_mutex_unlock(&all->lock);
	rq->stream = st;
	rq->status = 200;
	rq->content_type = "text/event-stream";
	http_set_header(rq, "Cache-Control", S("no-store"));
	http_set_header(rq, "X-Accel-Buffering", S("no")); /* nginx would hold events back */
	http__answered(rq);
}

uint64_t http_published(struct http_server *s)
{
	atomic_store_explicit(&s->streams->asked_us, clock_mono_us(), memory_order_relaxed);
	return atomic_load(&s->streams->last_id);
}

bool http_has_readers(const struct http_server *s)
{
	struct http_streams *all = s->streams;
	int64_t asked_us = atomic_load_explicit(&all->asked_us, memory_order_relaxed);
	return atomic_load_explicit(&all->n, memory_order_relaxed) || (asked_us && clock_mono_us() - asked_us < ASKED_US);
}

bool http_is_heard(struct http_server *s, str topic)
{
	struct http_streams *all = s->streams;
	uint64_t hash = str_hash(topic);
	bool is_heard = false;
	pthread_mutex_lock(&all->lock);
	for (const struct listening *l = all->listening[hash % SLOTS]; l && !is_heard; l = l->next) is_heard = l->topic == hash;
	pthread_mutex_unlock(&all->lock);
	return is_heard;
}

void http_publish(struct http_server *s, str topic)
{
	struct http_streams *all = s->streams;
	struct buf b;
	buf_init(&b, EVENT_BYTES);
	uint64_t hash = str_hash(topic);
	pthread_mutex_lock(&all->lock);
	uint64_t event_id = atomic_fetch_add(&all->last_id, 1) + 1;
	all->last_of[hash % SLOTS] = event_id;
	for (const struct listening *l = all->listening[hash % SLOTS]; l; l = l->next) {
		if (l->topic != hash) continue;
		if (!b.n) put_changed(&b, event_id, topic);
		if (!buf_failed(&b)) append(l->stream, buf_str(&b));
	}
	pthread_mutex_unlock(&all->lock);
	buf_release(&b);
}

void http__streams_beat(struct http_streams *all, int64_t now_us)
{
	if (!atomic_load_explicit(&all->n, memory_order_relaxed)) return;
	pthread_mutex_lock(&all->lock);
	for (struct http_stream *st = all->first; st; st = st->next) {
		if (now_us < st->next_beat_us) continue;
		st->next_beat_us = now_us + BEAT_US;
		append(st, S(":\n\n"));
	}
	pthread_mutex_unlock(&all->lock);
}

void http__streams_close(struct http_streams *all)
{
	pthread_mutex_lock(&all->lock);
	all->is_closing = true;
	for (struct http_stream *st = all->first; st; st = st->next) {
		st->is_closing = true;
		wake(st);
	}
	pthread_mutex_unlock(&all->lock);
}

uint64_t http__streams_count(const struct http_streams *all)
{
	return atomic_load(&all->n);
}

void http__streams_stop(struct http_streams *all)
{
	if (!all) return;
	pthread_mutex_destroy(&all->lock);
	mem_free(all);
}
