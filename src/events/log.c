/* The files of the log being written. A write that fails may have left any part of its bytes in the file; before
 * anybody is told that it failed, the file is cut off where the bytes began, and the next write starts a new file. So
 * no bytes of a failed append can be found by a later recovery, and a file whose sync failed is never trusted again.
 *
 * Files of full size that are trimmed wait as spares and are written over: their blocks are written already, so a sync
 * changes no extents, and their pages are in the cache, so a write touches no new memory. Both were most of what the
 * sync thread cost. What is left of the old frames cannot be taken for new ones: a frame names its position, and the old
 * ones are lower. Compacting drops the spares and cuts the file being written, since both may hold what is erased. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/mem.h"
#include "events/store.h"

enum { LOG_FILE_FIRST = 8 << 20, LOG_FILE_MAX = 128 << 20, LOG_FILE_STEP = 64 << 10, LOG_SPARE_LEAST = LOG_FILE_FIRST / 2 };

void log__path(char *path, size_t room, const char *dir, uint64_t base)
{
	snprintf(path, room, "%s/%016llx.log", dir, (unsigned long long)base);
}

uint64_t log__frame_hash(const struct log_frame *frame)
{
	return XXH3_64bits_withSeed(&frame->position, frame->bytes - offsetof(struct log_frame, position), frame->bytes);
}

uint64_t log__header_hash(const struct log_header *h)
{
	return XXH3_64bits(h, offsetof(struct log_header, hash));
}

static off_t offset_of(const struct log_file *file, uint64_t position)
{
	return (off_t)(sizeof(struct log_header) + position - file->base);
}

static void stop_file(struct events *ev, uint64_t end)
{
	os_close(ev->log_fd);
	ev->log_fd = -1;
	ev->log_room = 0;
	if (ev->n_files) ev->files[ev->n_files - 1].end = end;
}

/* Syncs and ends the file being written at `end`; what was reserved behind it is given back. */
static enum err finish_file(struct events *ev, uint64_t end)
{
	if (ev->log_fd < 0) return OK;
	struct log_file *file = &ev->files[ev->n_files - 1];
	TRY(os_truncate(ev->log_fd, offset_of(file, end)));
	TRY(os_sync(ev->log_fd));
	stop_file(ev, end);
	return OK;
}

static enum err reserve(struct events *ev, int fd, size_t need, off_t *size)
{
	off_t least = (off_t)((need + sizeof(struct log_header) + LOG_FILE_STEP - 1) / LOG_FILE_STEP * LOG_FILE_STEP);
	*size = ev->log_size_next > least ? ev->log_size_next : least;
	enum err e = os_allocate(fd, 0, *size);
	if (e != ERR_FULL || *size == least) return e;
	*size = least; /* the last corners of a disk are worth using */
	TRY(os_truncate(fd, 0));
	return os_allocate(fd, 0, *size);
}

/* ---- spares ---------------------------------------------------------------------------------------------------------------- */
static void spare_path(char *path, size_t room, const char *dir, uint64_t base)
{
	snprintf(path, room, "%s/%016llx.spare", dir, (unsigned long long)base);
}

/* Keeps a file that is no longer needed, or removes it. */
static enum err retire(struct events *ev, const struct log_file *file)
{
	char path[4096], spare[4096];
	log__path(path, sizeof path, ev->dir, file->base);
	spare_path(spare, sizeof spare, ev->dir, file->base);
	if (ev->n_spares == LOG_SPARES || file->end - file->base < LOG_SPARE_LEAST || os_rename(path, spare) != OK) return os_unlink(path);
	ev->spares[ev->n_spares++] = file->base;
	return OK;
}

static enum err drop_spares(struct events *ev)
{
	char path[4096];
	for (; ev->n_spares; ev->n_spares--) {
		spare_path(path, sizeof path, ev->dir, ev->spares[ev->n_spares - 1]);
		TRY(os_unlink(path));
	}
	return OK;
}

enum err log__drop_spares(struct events *ev)
{
	pthread_mutex_lock(&ev->log_lock);
	enum err e = drop_spares(ev);
	pthread_mutex_unlock(&ev->log_lock);
	return e;
}

/* An open file at `path`, empty or a spare. A spare gets there under its new header only: the directory is synced before
 * that is written, so that no file under its old name can be found with it. */
static int take_file(struct events *ev, const char *path, const struct log_header *header)
{
	char spare[4096];
	if (!ev->n_spares) return os_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	spare_path(spare, sizeof spare, ev->dir, ev->spares[--ev->n_spares]);
	int fd = os_open(spare, O_RDWR, 0);
	if (fd >= 0 && os_sync_dir(ev->dir) == OK && os_write_at(fd, header, sizeof *header, 0) == OK && os_sync(fd) == OK && os_rename(spare, path) == OK) return fd;
	if (fd >= 0) os_close(fd);
	unlink(spare);
	return os_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static enum err start_file(struct events *ev, uint64_t base, size_t need)
{
	char path[4096];
	log__path(path, sizeof path, ev->dir, base);
	struct log_header header = {.magic = LOG_MAGIC, .version = LOG_VERSION, .base = base};
	header.hash = log__header_hash(&header);
	int fd = take_file(ev, path, &header);
	if (fd < 0) return errno == ENOSPC ? ERR_FULL : ERR_IO;
	off_t size;
	enum err e = reserve(ev, fd, need, &size);
	if (e == OK) e = os_write_at(fd, &header, sizeof header, 0);
	if (e == OK) e = os_sync(fd);
	if (e == OK) e = os_sync_dir(ev->dir);
	if (e != OK) {
		os_close(fd);
		unlink(path);
		return e;
	}
	if (ev->n_files == ev->cap_files) {
		ev->cap_files = ev->cap_files ? ev->cap_files * 2 : 8;
		ev->files = mem_realloc(ev->files, ev->cap_files * sizeof *ev->files);
	}
	ev->files[ev->n_files++] = (struct log_file){base, UINT64_MAX};
	atomic_store(&ev->log_base, base);
	ev->log_fd = fd;
	ev->log_room = base + (uint64_t)size - sizeof header;
	ev->log_size_next = ev->log_size_next ? ev->log_size_next * 2 : LOG_FILE_FIRST;
	if (ev->log_size_next > LOG_FILE_MAX) ev->log_size_next = LOG_FILE_MAX;
	return OK;
}

/* Cuts off what a failed write left: files begun since, and the end of the file in which it began. */
static enum err heal(struct events *ev)
{
	if (!ev->has_wound) return OK;
	char path[4096];
	stop_file(ev, ev->wound);
	while (ev->n_files && ev->files[ev->n_files - 1].base >= ev->wound) {
		log__path(path, sizeof path, ev->dir, ev->files[ev->n_files - 1].base);
		TRY(os_unlink(path));
		ev->n_files--;
	}
	if (ev->n_files) {
		struct log_file *file = &ev->files[ev->n_files - 1];
		log__path(path, sizeof path, ev->dir, file->base);
		int fd = os_open(path, O_RDWR, 0);
		if (fd < 0) return errno == ENOSPC ? ERR_FULL : ERR_IO;
		enum err e = os_truncate(fd, offset_of(file, ev->wound));
		if (e == OK) e = os_sync(fd);
		os_close(fd);
		TRY(e);
		file->end = ev->wound;
	}
	TRY(os_sync_dir(ev->dir));
	ev->has_wound = false;
	return OK;
}

/* Writes as many whole frames as the file has room for; *written in bytes. */
static enum err write_run(struct events *ev, char *p, size_t n, uint64_t position, uint64_t durable, size_t *written)
{
	struct log_frame *frame = (struct log_frame *)(void *)p;
	if (ev->log_fd < 0 || position + frame->bytes > ev->log_room) {
		TRY(finish_file(ev, position));
		TRY(start_file(ev, position, frame->bytes));
	}
	size_t run = 0;
	while (run < n) {
		frame = (struct log_frame *)(void *)(p + run);
		if (position + run + frame->bytes > ev->log_room) break;
		frame->synced = durable;
		frame->hash = log__frame_hash(frame);
		run += frame->bytes;
	}
	*written = run;
	return os_write_at(ev->log_fd, p, run, offset_of(&ev->files[ev->n_files - 1], position));
}

enum err log__write(struct events *ev, const struct pending *pieces, size_t n, uint64_t from, uint64_t durable)
{
	pthread_mutex_lock(&ev->log_lock);
	enum err e = heal(ev);
	bool is_healed = e == OK;
	uint64_t position = from;
	for (size_t i = 0; i < n && e == OK; i++) {
		for (size_t at = 0; at < pieces[i].n && e == OK;) {
			size_t written = 0;
			e = write_run(ev, pieces[i].p + at, pieces[i].n - at, position, durable, &written);
			at += written;
			position += written;
		}
	}
	if (e == OK && n) e = os_sync(ev->log_fd);
	if (e == OK) ev->log_end = position;
	if (e != OK && is_healed) {
		ev->has_wound = true;
		ev->wound = from;
		enum err healed = heal(ev); /* tried again before the next write */
		(void)healed;
	}
	pthread_mutex_unlock(&ev->log_lock);
	return e == OK || e == ERR_FULL ? e : ERR_IO;
}

enum err log__end_file(struct events *ev)
{
	pthread_mutex_lock(&ev->log_lock);
	enum err e = heal(ev);
	if (e == OK) {
		e = finish_file(ev, ev->log_end);
		ev->has_wound = e != OK; /* a file whose sync failed takes nothing more */
		ev->wound = ev->log_end;
	}
	pthread_mutex_unlock(&ev->log_lock);
	return e;
}

enum err log__trim(struct events *ev, uint64_t before)
{
	enum err e = OK;
	pthread_mutex_lock(&ev->log_lock);
	size_t gone = 0;
	while (gone < ev->n_files && ev->files[gone].end <= before && e == OK) {
		e = retire(ev, &ev->files[gone]);
		if (e == OK) gone++;
	}
	for (size_t i = gone; i < ev->n_files; i++) ev->files[i - gone] = ev->files[i];
	ev->n_files -= gone;
	pthread_mutex_unlock(&ev->log_lock);
	return e;
}
