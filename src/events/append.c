/* The way of a touchpoint. What can be done without the store's lock (codes of known names, the filters of segments) is
 * done before; under it each event costs a look into the tables' key sets, one copy to the place from which it is
 * written and later read, and a pointer. Slots are prefetched some events ahead, since every look misses the cache. */
#include <string.h>

#include "base/mem.h"
#include "events/store.h"

enum {
	CODES_ON_STACK = 256,
	OPEN = 255,
	AHEAD = 24 /* events between fetching a place and looking there: fewer are not there in time, many push each other out */
};

struct codes {
	uint16_t type, channel;
};
struct batch {
	const struct event *e;
	size_t n;
	uint8_t *verdicts;
	struct codes *codes;
	size_t bytes; /* of all entries */
};

static size_t padded(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

static void resolve(struct events *ev, struct batch *b)
{
	b->bytes = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct event *e = &b->e[i];
		b->verdicts[i] = OPEN;
		b->codes[i].channel = 0;
		if (e->type.n == 0 || e->type.n > NAME_MAX_BYTES || !names__add(&ev->types, e->type, &b->codes[i].type)) b->verdicts[i] = EVENT_REFUSED;
		if (e->channel.n && e->channel.n <= NAME_MAX_BYTES) (void)names__add(&ev->channels, e->channel, &b->codes[i].channel);
		b->bytes += padded(sizeof(struct log_event) + e->body.n);
	}
}

static void refuse_erased(struct events *ev, struct batch *b, const struct erased *erased, const struct erased *gone)
{
	bool has_dead = atomic_load(&ev->subjects.n_dead) > 0;
	if (!has_dead && erased__is_empty(erased) && erased__is_empty(gone)) return;
	for (size_t i = 0; i < b->n; i++) {
		const struct event *e = &b->e[i];
		if (erased__has(erased, e->subject, e->import) || erased__has(gone, 0, e->import) || (has_dead && subjects__is_dead(&ev->subjects, e->subject)))
			b->verdicts[i] = EVENT_REFUSED;
	}
}

static void look_in_segments(const struct segments *segments, struct batch *b, const struct erased *erased)
{
	for (size_t s = 0; s < segments->n; s++) {
		struct segment *segment = segments->v[s];
		if (segment->is_damaged) continue;
		for (size_t i = 0; i < b->n && i < AHEAD; i++) filter__prefetch(segment->filter, segment->filter_bytes, b->e[i].message);
		for (size_t i = 0; i < b->n; i++) {
			if (i + AHEAD < b->n) filter__prefetch(segment->filter, segment->filter_bytes, b->e[i + AHEAD].message);
			if (b->verdicts[i] != OPEN || !filter__has(segment->filter, segment->filter_bytes, b->e[i].message)) continue;
			if (segment__has_key(segment, b->e[i].subject, b->e[i].message, erased)) b->verdicts[i] = EVENT_DUPLICATE;
		}
	}
}

void append__new_table(struct events *ev)
{
	size_t expected = 0;
	if (ev->n_tables) {
		struct table *last = ev->tables[ev->n_tables - 1];
		last->end = ev->position;
		expected = last->keys.cap / 2;
	}
	if (ev->n_tables == ev->cap_tables) {
		ev->cap_tables = ev->cap_tables ? ev->cap_tables * 2 : 8;
		ev->tables = mem_realloc(ev->tables, ev->cap_tables * sizeof(struct table *));
	}
	ev->tables[ev->n_tables++] = table__new(&ev->pool, &ev->properties, ev->position, expected);
}

static struct table *table_for(struct events *ev)
{
	struct table *t = ev->tables[ev->n_tables - 1];
	if (t->appended < ev->seal_events && t->bytes < ev->seal_bytes) return t;
	append__new_table(ev);
	return ev->tables[ev->n_tables - 1];
}

/* ---- writing entries; under the lock ------------------------------------------------------------------------------------ */
static char *put_text(char *at, enum entry_kind kind, uint16_t code, str text)
{
	struct log_text *entry = (struct log_text *)(void *)at;
	size_t bytes = padded(sizeof *entry + text.n);
	memset(at + bytes - 8, 0, 8);
	*entry = (struct log_text){{(uint32_t)bytes, (uint8_t)kind, 0, code}, (uint32_t)text.n, 0};
	if (text.n) memcpy(entry + 1, text.p, text.n);
	return at + bytes;
}

struct news { /* what has come into being since the last frame */
	uint32_t subjects, types, channels;
	size_t bytes;
};

static struct news count_news(struct events *ev)
{
	struct news news = {events_subject_count(ev), atomic_load(&ev->types.count), atomic_load(&ev->channels.count), 0};
	news.bytes = (size_t)(news.subjects - ev->subjects_logged) * sizeof(struct log_subject);
	for (uint32_t i = ev->types_logged; i < news.types; i++) news.bytes += padded(sizeof(struct log_text) + ev->types.name[i].n);
	for (uint32_t i = ev->channels_logged; i < news.channels; i++) news.bytes += padded(sizeof(struct log_text) + ev->channels.name[i].n);
	return news;
}

static char *put_news(struct events *ev, const struct news *news, char *at)
{
	if (ev->subjects_logged < news->subjects) {
		pthread_mutex_lock(&ev->subjects.lock);
		for (uint32_t i = ev->subjects_logged + 1; i <= news->subjects; i++, at += sizeof(struct log_subject))
			*(struct log_subject *)(void *)at = (struct log_subject){{sizeof(struct log_subject), ENTRY_SUBJECT, 0, 0}, i, 0, ev->subjects.keys[i].a, ev->subjects.keys[i].b};
		pthread_mutex_unlock(&ev->subjects.lock);
	}
	for (uint32_t i = ev->types_logged; i < news->types; i++) at = put_text(at, ENTRY_TYPE, (uint16_t)i, ev->types.name[i]);
	for (uint32_t i = ev->channels_logged; i < news->channels; i++) at = put_text(at, ENTRY_CHANNEL, (uint16_t)i, ev->channels.name[i]);
	ev->subjects_logged = news->subjects;
	ev->types_logged = news->types;
	ev->channels_logged = news->channels;
	return at;
}

static char *put_event(char *at, const struct event *e, struct codes codes, uint64_t arrival)
{
	struct log_event *entry = (struct log_event *)(void *)at;
	size_t bytes = padded(sizeof *entry + e->body.n);
	memset(at + bytes - 8, 0, 8);
	*entry = (struct log_event){(uint32_t)bytes, ENTRY_EVENT, e->flags, codes.type, e->subject, e->import, e->time_ms, e->received_ms,
	                            e->message.a, e->message.b, arrival, e->purposes, codes.channel, e->source, (uint32_t)e->body.n, 0};
	if (e->body.n) memcpy(entry + 1, e->body.p, e->body.n);
	return at + bytes;
}

static bool is_in_older_table(const struct events *ev, struct subject_key key)
{
	for (size_t t = 0; t + 1 < ev->n_tables; t++)
		if (keyset__has(&ev->tables[t]->keys, key)) return true;
	return false;
}

static void prefetch(const struct events *ev, const struct batch *b, size_t i)
{
	for (size_t t = 0; i < b->n && t < ev->n_tables; t++) keyset__prefetch(&ev->tables[t]->keys, b->e[i].message);
}

/* Hands the frame that ends at `end` to the sync thread. */
static void queue_frame(struct events *ev, struct table *t, struct log_frame *frame, const char *end, uint32_t flags)
{
	uint32_t bytes = (uint32_t)(end - (const char *)frame);
	*frame = (struct log_frame){.magic = LOG_FRAME_MAGIC, .bytes = bytes, .position = ev->position, .flags = flags};
	ev->position += bytes;
	ev->pending_bytes += bytes;
	t->chunks->used += bytes;
	t->bytes += bytes;
	struct pending *last = ev->n_pending ? &ev->pending[ev->n_pending - 1] : NULL;
	if (last && last->p + last->n == (char *)frame) {
		last->n += bytes;
		return;
	}
	if (ev->n_pending == ev->cap_pending) {
		ev->cap_pending = ev->cap_pending ? ev->cap_pending * 2 : 16;
		ev->pending = mem_realloc(ev->pending, ev->cap_pending * sizeof *ev->pending);
	}
	ev->pending[ev->n_pending++] = (struct pending){(char *)frame, bytes};
}

static void queue_waiter(struct events *ev, events_done *done, void *arg)
{
	struct waiters *w = &ev->waiting;
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->v = mem_realloc(w->v, w->cap * sizeof *w->v);
	}
	w->v[w->n++] = (struct waiter){done, arg};
	pthread_cond_signal(&ev->has_work);
}

static bool is_busy(const struct events *ev)
{
	return ev->n_tables > TABLES_WAITING_MAX || ev->pending_bytes > PENDING_BYTES_MAX;
}

static void store_batch(struct events *ev, const struct batch *b)
{
	struct table *t = table_for(ev);
	for (size_t i = 0; i < AHEAD; i++) prefetch(ev, b, i);
	struct news news = count_news(ev);
	struct log_frame *frame = (struct log_frame *)(void *)table__room(t, sizeof *frame + news.bytes + b->bytes);
	char *first = (char *)(frame + 1) + news.bytes, *at = first;
	uint32_t flags = 0;
	for (size_t i = 0; i < b->n; i++) {
		prefetch(ev, b, i + AHEAD);
		if (b->verdicts[i] != OPEN) continue;
		const struct event *e = &b->e[i];
		if (is_in_older_table(ev, e->message) || !keyset__add(&t->keys, e->message)) {
			b->verdicts[i] = EVENT_DUPLICATE;
			continue;
		}
		b->verdicts[i] = EVENT_STORED;
		const struct log_event *entry = (const struct log_event *)(const void *)at;
		at = put_event(at, e, b->codes[i], ev->next_arrival++);
		table__add(t, entry);
		if (e->flags & EVENT_DERIVES) flags |= FRAME_DERIVES;
	}
	if (at == first) return;
	put_news(ev, &news, (char *)(frame + 1));
	queue_frame(ev, t, frame, at, flags);
}

static enum err append(struct events *ev, struct batch *b, events_done *done, void *arg)
{
	resolve(ev, b);
	if (b->bytes > LOG_FRAME_MAX / 4) return ERR_TOO_LARGE;
	pthread_mutex_lock(&ev->lock);
	struct segments *looked = NULL;
	uint64_t version = 0;
	/* A table may become a segment while we look (then its keys have moved), and something may be erased. */
	while (looked != ev->segments || version != atomic_load(&ev->erased_version)) {
		segments__release(looked);
		looked = segments__retain(ev->segments);
		version = atomic_load(&ev->erased_version);
		struct erased *erased = erased__retain(ev->erased), *gone = erased__retain(ev->gone);
		pthread_mutex_unlock(&ev->lock);
		refuse_erased(ev, b, erased, gone);
		look_in_segments(looked, b, erased);
		erased__release(erased);
		erased__release(gone);
		pthread_mutex_lock(&ev->lock);
	}
	enum err e = ev->is_closing ? ERR_STATE : is_busy(ev) ? ERR_BUSY : OK;
	if (e == OK) {
		store_batch(ev, b);
		queue_waiter(ev, done, arg);
	}
	pthread_mutex_unlock(&ev->lock);
	segments__release(looked);
	return e;
}

enum err events_append(struct events *ev, const struct event *e, size_t n, uint8_t *verdicts, events_done *done, void *arg)
{
	struct codes on_stack[CODES_ON_STACK];
	struct batch b = {e, n, verdicts, n <= CODES_ON_STACK ? on_stack : mem_alloc(n * sizeof(struct codes)), 0};
	enum err result = append(ev, &b, done, arg);
	if (b.codes != on_stack) mem_free(b.codes);
	return result;
}

struct wait {
	pthread_mutex_t lock;
	pthread_cond_t is_done;
	bool done;
	enum err result;
};

static void wake(void *arg, enum err result)
{
	struct wait *w = arg;
	pthread_mutex_lock(&w->lock);
	w->done = true;
	w->result = result;
	pthread_cond_signal(&w->is_done);
	pthread_mutex_unlock(&w->lock);
}

static void begin_wait(struct wait *w)
{
	*w = (struct wait){.done = false};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->is_done, NULL);
}

/* `queued`: whether there is something to wait for. */
static enum err end_wait(struct wait *w, enum err queued)
{
	pthread_mutex_lock(&w->lock);
	while (queued == OK && !w->done) pthread_cond_wait(&w->is_done, &w->lock);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_destroy(&w->is_done);
	pthread_mutex_destroy(&w->lock);
	return queued == OK ? w->result : queued;
}

enum err events_append_wait(struct events *ev, const struct event *e, size_t n, uint8_t *verdicts)
{
	struct wait w;
	begin_wait(&w);
	return end_wait(&w, events_append(ev, e, n, verdicts, wake, &w));
}

enum err events_append_note_wait(struct events *ev, str json)
{
	struct wait w;
	begin_wait(&w);
	return end_wait(&w, events_append_note(ev, json, wake, &w));
}

enum err events_append_note(struct events *ev, str json, events_done *done, void *arg)
{
	if (json.n > LOG_FRAME_MAX / 4) return ERR_TOO_LARGE;
	pthread_mutex_lock(&ev->lock);
	enum err e = ev->is_closing ? ERR_STATE : is_busy(ev) ? ERR_BUSY : OK;
	if (e == OK) {
		struct table *t = table_for(ev);
		struct news news = count_news(ev);
		struct log_frame *frame = (struct log_frame *)(void *)table__room(t, sizeof *frame + news.bytes + padded(sizeof(struct log_text) + json.n));
		char *at = put_news(ev, &news, (char *)(frame + 1));
		at = put_text(at, ENTRY_NOTE, 0, json);
		queue_frame(ev, t, frame, at, FRAME_DERIVES);
		queue_waiter(ev, done, arg);
	}
	pthread_mutex_unlock(&ev->lock);
	return e;
}

/* ---- recovery ------------------------------------------------------------------------------------------------------------- */
static void replay_event(struct events *ev, struct table *t, const struct log_event *e)
{
	table__add(t, e);
	if (!erased__has(ev->erased, e->subject, e->import)) (void)keyset__add(&t->keys, (struct subject_key){e->key_a, e->key_b});
	if (e->arrival >= ev->next_arrival) ev->next_arrival = e->arrival + 1;
}

void append__replay(struct events *ev, const struct log_frame *frame)
{
	struct table *t = table_for(ev);
	char *copy = table__room(t, frame->bytes), *end = copy + frame->bytes;
	memcpy(copy, frame, frame->bytes);
	t->chunks->used += frame->bytes;
	t->bytes += frame->bytes;
	ev->position = frame->position + frame->bytes;
	for (char *at = copy + sizeof *frame; at < end;) {
		const struct log_entry *entry = (const struct log_entry *)(void *)at;
		const struct log_subject *subject = (const struct log_subject *)(void *)at;
		str text = {at + sizeof(struct log_text), ((const struct log_text *)(void *)at)->text_bytes};
		uint16_t code;
		if (entry->kind == ENTRY_EVENT) replay_event(ev, t, (const struct log_event *)(void *)at);
		if (entry->kind == ENTRY_SUBJECT) subjects__set(&ev->subjects, subject->number, (struct subject_key){subject->a, subject->b});
		if (entry->kind == ENTRY_TYPE) (void)names__add(&ev->types, text, &code);
		if (entry->kind == ENTRY_CHANNEL) (void)names__add(&ev->channels, text, &code);
		at += entry->bytes;
	}
}
