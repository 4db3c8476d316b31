/* Reading the log back. What cannot be read at its end is a torn tail if nobody was ever told that it is durable: every
 * frame says up to where the log was durable when it was written, so a whole frame behind a hole that says "what is in
 * the hole was durable" turns the hole from a tail into damage, which is named and never cut. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "events/store.h"

struct found {
	struct log_file *v;
	size_t n, cap;
};

static void note_file(void *arg, const char *name)
{
	struct found *found = arg;
	char *rest;
	uint64_t base = strtoull(name, &rest, 16);
	if (rest != name + 16 || strcmp(rest, ".log") != 0) return;
	if (found->n == found->cap) {
		found->cap = found->cap ? found->cap * 2 : 16;
		found->v = mem_realloc(found->v, found->cap * sizeof *found->v);
	}
	found->v[found->n++] = (struct log_file){base, UINT64_MAX};
}

static int by_base(const void *a, const void *b)
{
	const struct log_file *x = a, *y = b;
	return x->base < y->base ? -1 : x->base > y->base;
}

enum err log__list(const char *dir, struct log_file **out, size_t *n, struct fault *f)
{
	struct found found = {0};
	enum err e = os_list(dir, note_file, &found);
	if (found.n) qsort(found.v, found.n, sizeof *found.v, by_base);
	*out = found.v;
	*n = found.n;
	return e == OK ? OK : os_fail(f, "list", dir, errno);
}

static bool entry_is_valid(const struct log_entry *entry, size_t room)
{
	if (room < sizeof *entry || entry->bytes < sizeof *entry || entry->bytes % 8 || entry->bytes > room) return false;
	switch (entry->kind) {
	case ENTRY_EVENT:
		return entry->bytes >= sizeof(struct log_event) && ((const struct log_event *)(const void *)entry)->body_bytes <= entry->bytes - sizeof(struct log_event);
	case ENTRY_NOTE:
	case ENTRY_TYPE:
	case ENTRY_CHANNEL:
		return entry->bytes >= sizeof(struct log_text) && ((const struct log_text *)(const void *)entry)->text_bytes <= entry->bytes - sizeof(struct log_text);
	case ENTRY_SUBJECT: return entry->bytes >= sizeof(struct log_subject);
	case ENTRY_GONE: return true;
	default: return false;
	}
}

bool log__frame_is_valid(const struct log_frame *frame, size_t room, uint64_t position)
{
	if (room < sizeof *frame || frame->magic != LOG_FRAME_MAGIC || frame->bytes < sizeof *frame || frame->bytes % 8 || frame->bytes > room) return false;
	if (frame->position != position || frame->hash != log__frame_hash(frame)) return false;
	for (size_t at = sizeof *frame; at < frame->bytes;) {
		const struct log_entry *entry = (const struct log_entry *)(const void *)((const char *)frame + at);
		if (!entry_is_valid(entry, frame->bytes - at)) return false;
		at += entry->bytes;
	}
	return true;
}

static bool header_is_valid(const struct os_map *map, uint64_t base)
{
	const struct log_header *h = (const struct log_header *)(const void *)map->p;
	return map->n >= sizeof *h && memcmp(h->magic, LOG_MAGIC, sizeof h->magic) == 0 && h->version == LOG_VERSION && h->hash == log__header_hash(h) && h->base == base;
}

/* Is there a whole frame behind `hole` that was written after the hole had become durable? A file's header always is,
 * before the first frame is written. */
static bool is_damage(const struct os_map *map, uint64_t base, uint64_t hole, bool has_header)
{
	for (size_t at = sizeof(struct log_header) + (hole - base); at + sizeof(struct log_frame) <= map->n; at += 8) {
		const struct log_frame *frame = (const struct log_frame *)(const void *)(map->p + at);
		if (frame->magic != LOG_FRAME_MAGIC) continue;
		if (log__frame_is_valid(frame, map->n - at, base + at - sizeof(struct log_header)) && (frame->synced > hole || !has_header)) return true;
	}
	return false;
}

static enum err scan_file(const char *path, struct log_file *file, const struct log_file *next, log__visit *visit, void *arg, struct fault *f)
{
	struct os_map map;
	enum err e = os_map(path, &map);
	if (e != OK) return os_fail(f, "read", path, errno);
	uint64_t position = file->base;
	bool has_header = header_is_valid(&map, file->base);
	size_t at = sizeof(struct log_header);
	while (has_header && e == OK && at < map.n) {
		const struct log_frame *frame = (const struct log_frame *)(const void *)(map.p + at);
		if ((next && position >= next->base) || !log__frame_is_valid(frame, map.n - at, position)) break;
		if (visit) e = visit(arg, frame);
		at += frame->bytes;
		position += frame->bytes;
	}
	if (e == OK && ((next && (!has_header || position != next->base)) || (!next && is_damage(&map, file->base, position, has_header))))
		e = fault_set(f, ERR_CORRUPT, "", "%s is damaged at byte %llu, and what follows had been acknowledged", path, (unsigned long long)at);
	file->end = position;
	os_unmap(&map);
	return e;
}

enum err log__scan(const char *dir, struct log_file *files, size_t n, log__visit *visit, void *arg, uint64_t *end, struct fault *f)
{
	char path[4096];
	for (size_t i = 0; i < n; i++) {
		log__path(path, sizeof path, dir, files[i].base);
		TRY(scan_file(path, &files[i], i + 1 < n ? &files[i + 1] : NULL, visit, arg, f));
		*end = files[i].end;
	}
	return OK;
}

static enum err replay(void *arg, const struct log_frame *frame)
{
	struct events *ev = arg;
	if (frame->position >= ev->sealed) append__replay(ev, frame);
	ev->log_end = frame->synced;
	return OK;
}

/* What no later frame vouches for may be in the page cache alone: the last process was killed before its sync, or the
 * sync failed, after which the kernel holds the pages for clean. It is written again, so that a sync means it. */
static enum err write_again(int fd, uint64_t from, const struct log_file *file)
{
	enum { PIECE = 1 << 20 };
	if (from < file->base) from = file->base;
	off_t at = (off_t)(sizeof(struct log_header) + from - file->base), end = (off_t)(sizeof(struct log_header) + file->end - file->base);
	char *piece = mem_alloc(PIECE);
	enum err e = OK;
	while (at < end && e == OK) {
		ssize_t got = os_read_at(fd, piece, end - at < PIECE ? (size_t)(end - at) : PIECE, at);
		e = got > 0 ? os_write_at(fd, piece, (size_t)got, at) : ERR_IO;
		at += got;
	}
	mem_free(piece);
	return e;
}

/* The last file ends where the log does: what is behind (a torn tail, reserved space) must not be met again. */
static enum err cut_tail(struct events *ev, struct fault *f)
{
	char path[4096];
	struct log_file *last = &ev->files[ev->n_files - 1];
	log__path(path, sizeof path, ev->dir, last->base);
	if (last->end == last->base) {
		ev->n_files--;
		if (os_unlink(path) != OK) return os_fail(f, "remove", path, errno);
		return os_sync_dir(ev->dir);
	}
	int fd = os_open(path, O_RDWR, 0);
	if (fd < 0) return os_fail(f, "open", path, errno);
	off_t size = (off_t)(sizeof(struct log_header) + last->end - last->base);
	enum err e = OK;
	if (os_size(fd) != size) {
		log_info("log_tail_cut", F_INT("position", last->end), F_INT("bytes", os_size(fd) - size));
		e = os_truncate(fd, size);
	}
	if (e == OK) e = write_again(fd, ev->log_end, last);
	if (e == OK) e = os_sync(fd);
	os_close(fd);
	return e == OK ? OK : os_fail(f, "cut", path, errno);
}

enum err log__recover(struct events *ev, struct fault *f)
{
	TRY(log__list(ev->dir, &ev->files, &ev->n_files, f));
	ev->cap_files = ev->n_files;
	uint64_t end = ev->sealed;
	if (ev->n_files && ev->files[0].base > ev->sealed)
		return fault_set(f, ERR_CORRUPT, "", "the log in %s begins at %llx, but only what came before %llx is in segments", ev->dir,
		                 (unsigned long long)ev->files[0].base, (unsigned long long)ev->sealed);
	ev->position = ev->sealed;
	TRY(log__scan(ev->dir, ev->files, ev->n_files, replay, ev, &end, f));
	if (ev->n_files) TRY(cut_tail(ev, f));
	if (end < ev->sealed)
		return fault_set(f, ERR_CORRUPT, "", "the log in %s ends at %llx, before what is in segments (%llx)", ev->dir, (unsigned long long)end, (unsigned long long)ev->sealed);
	ev->position = ev->durable = ev->log_end = end;
	return OK;
}
