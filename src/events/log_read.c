/* Reading the log from a position, as appliers do: the files are mapped one after the other, and only what is durable
 * is looked at. Files in the past never change their length; the one being written is mapped as long as it was reserved
 * and is cut when it ends, so nothing is read past its end: whoever saw that more is durable sees the next file's base
 * too. A file that compaction replaced stays mapped as it was, so what is erased is left out here too.
 *
 * The way to a position goes from header to header. Frames are not hashed here: recovery did that when the store was
 * opened, what came since was written by this process, and hashing a whole file for each small batch of the appliers
 * cost more than the appliers. */
#include <errno.h>

#include "base/mem.h"
#include "events/store.h"

struct events_log {
	struct events *ev;
	uint64_t position, frame_end; /* frame_end: 0 when position is at a frame's beginning */
	struct os_map map;
	uint64_t base, end; /* of the mapped file */
	struct erased *erased;
	uint64_t erased_version;
};

static enum err map_file(struct events_log *l, struct fault *f)
{
	struct events *ev = l->ev;
	char path[4096];
	os_unmap(&l->map);
	pthread_mutex_lock(&ev->log_lock); /* held while mapping, so that the file is not trimmed before */
	size_t i = 0;
	while (i < ev->n_files && ev->files[i].end <= l->position) i++;
	bool is_there = i < ev->n_files && ev->files[i].base <= l->position;
	enum err e = OK;
	if (is_there) {
		l->base = ev->files[i].base;
		l->end = ev->files[i].end;
		log__path(path, sizeof path, ev->dir, l->base);
		e = os_map(path, &l->map);
		if (e != OK) os_fail(f, "read", path, errno);
	}
	pthread_mutex_unlock(&ev->log_lock);
	return is_there ? e : fault_set(f, ERR_GONE, "", "the log no longer holds position %llx", (unsigned long long)l->position);
}

static bool is_mapped(const struct events_log *l)
{
	if (l->end == UINT64_MAX && atomic_load(&l->ev->log_base) != l->base) return false; /* it may have ended before position */
	return l->map.p && l->position >= l->base && l->position < l->end && l->position - l->base + sizeof(struct log_header) < l->map.n;
}

static const void *at(const struct events_log *l, uint64_t position)
{
	return l->map.p + sizeof(struct log_header) + (position - l->base);
}

/* Finds the frame that holds `from`, walking from the file's beginning. */
static enum err settle(struct events_log *l, uint64_t from, struct fault *f)
{
	uint64_t frame_at = l->base;
	while (frame_at < from) {
		const struct log_frame *frame = at(l, frame_at);
		if (frame->magic != LOG_FRAME_MAGIC || frame->position != frame_at || frame->bytes <= sizeof *frame)
			return fault_set(f, ERR_CORRUPT, "", "the log is damaged at position %llx", (unsigned long long)frame_at);
		if (frame_at + frame->bytes > from) {
			uint64_t entry_at = frame_at + sizeof *frame;
			while (entry_at < from) entry_at += ((const struct log_entry *)at(l, entry_at))->bytes;
			if (entry_at != from) return fault_set(f, ERR_INVALID, "from", "%llx is not where a record begins", (unsigned long long)from);
			l->frame_end = frame_at + frame->bytes;
			return OK;
		}
		frame_at += frame->bytes;
	}
	return OK;
}

enum err events_log_open(struct events *ev, uint64_t from, struct events_log **out, struct fault *f)
{
	uint64_t durable = events_durable(ev);
	if (from > durable) return fault_set(f, ERR_INVALID, "from", "position %llx lies behind the end of the log, %llx", (unsigned long long)from, (unsigned long long)durable);
	struct events_log *l = MEM_NEW(struct events_log);
	l->ev = ev;
	l->position = from;
	enum err e = OK;
	if (from < durable) {
		e = map_file(l, f);
		if (e == OK) e = settle(l, from, f);
	}
	if (e != OK) {
		events_log_close(l);
		return e;
	}
	*out = l;
	return OK;
}

void events_log_close(struct events_log *l)
{
	if (!l) return;
	os_unmap(&l->map);
	erased__release(l->erased);
	mem_free(l);
}

static bool is_erased(struct events_log *l, const struct log_event *e)
{
	struct events *ev = l->ev;
	uint64_t version = atomic_load(&ev->erased_version);
	if (!l->erased || l->erased_version != version) {
		erased__release(l->erased);
		pthread_mutex_lock(&ev->lock);
		l->erased = erased__retain(ev->erased);
		l->erased_version = atomic_load(&ev->erased_version);
		pthread_mutex_unlock(&ev->lock);
	}
	return erased__has(l->erased, e->subject, e->import) || (atomic_load(&ev->subjects.n_dead) && subjects__is_dead(&ev->subjects, e->subject));
}

/* True when the entry at position is one to show. */
static bool show(struct events_log *l, const struct log_entry *entry, bool only_derives, struct events_record *out)
{
	if (entry->kind == ENTRY_NOTE) {
		const struct log_text *note = (const struct log_text *)(const void *)entry;
		*out = (struct events_record){.is_note = true, .event.body = {(const char *)(note + 1), note->text_bytes}};
	} else if (entry->kind == ENTRY_EVENT) {
		const struct log_event *e = (const struct log_event *)(const void *)entry;
		if ((only_derives && !(e->flags & EVENT_DERIVES)) || is_erased(l, e)) return false;
		*out = (struct events_record){.event = {e->subject, e->import, e->source, e->flags, e->purposes, e->time_ms, e->received_ms, {e->key_a, e->key_b},
		                                        events_type_name(l->ev, e->type), events_channel_name(l->ev, e->channel), log_event_body(e)}};
	} else {
		return false;
	}
	out->position = l->position;
	out->next = l->position + entry->bytes;
	return true;
}

bool events_log_next(struct events_log *l, bool only_derives, struct events_record *out, uint64_t *position)
{
	uint64_t durable = events_durable(l->ev);
	bool found = false;
	while (!found && l->position < durable) {
		if (!is_mapped(l) && map_file(l, NULL) != OK) break;
		if (!l->frame_end) {
			const struct log_frame *frame = at(l, l->position);
			if (frame->magic != LOG_FRAME_MAGIC || frame->position != l->position) break;
			bool is_skipped = only_derives && !(frame->flags & FRAME_DERIVES);
			l->frame_end = is_skipped ? 0 : l->position + frame->bytes;
			l->position += is_skipped ? frame->bytes : sizeof *frame;
			continue;
		}
		const struct log_entry *entry = at(l, l->position);
		found = show(l, entry, only_derives, out);
		l->position += entry->bytes;
		if (l->position >= l->frame_end) l->frame_end = 0;
	}
	*position = l->position;
	return found;
}
