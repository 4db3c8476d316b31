/* The manifest says which files are the store: it is replaced whole, so that the store goes from one state to the next
 * in one rename. Files that it does not name are left-overs of work that did not finish, and are removed at open. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/store.h"

static void put_u64(struct buf *out, uint64_t v)
{
	buf_add_bytes(out, &v, sizeof v);
}

static void put_numbers(struct buf *out, const uint32_t *v, size_t n)
{
	put_u64(out, n);
	buf_add_bytes(out, v, n * sizeof *v);
}

static void put_names(struct buf *out, struct names *names)
{
	uint32_t n = atomic_load(&names->count);
	put_u64(out, n);
	for (uint32_t i = 0; i < n; i++) {
		put_u64(out, names->name[i].n);
		buf_add(out, names->name[i]);
	}
	put_u64(out, atomic_load(&names->refused));
}

enum err manifest__write(struct events *ev, const char *dir)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	pthread_mutex_lock(&ev->lock);
	struct segments *segments = segments__retain(ev->segments);
	struct erased *erased = erased__retain(ev->erasing ? ev->erasing : ev->erased), *gone = erased__retain(ev->gone);
	pthread_mutex_unlock(&ev->lock);
	buf_add_bytes(&out, MANIFEST_MAGIC, 8);
	put_u64(&out, MANIFEST_VERSION);
	put_u64(&out, ev->sealed);
	put_u64(&out, ev->sealed_arrival);
	put_u64(&out, ev->next_segment);
	put_u64(&out, ev->subjects_generation);
	put_u64(&out, ev->subjects_bytes);
	put_u64(&out, ev->subjects_written);
	put_u64(&out, (uint64_t)ev->erased_since_ms);
	put_u64(&out, segments->n);
	for (size_t i = 0; i < segments->n; i++) put_u64(&out, segments->v[i]->number);
	put_numbers(&out, erased->subjects, erased->n_subjects);
	put_numbers(&out, erased->imports, erased->n_imports);
	put_numbers(&out, gone->imports, gone->n_imports);
	put_names(&out, &ev->types);
	put_names(&out, &ev->channels);
	put_names(&out, &ev->properties);
	put_u64(&out, XXH3_64bits(out.p, out.n));
	segments__release(segments);
	erased__release(erased);
	erased__release(gone);
	enum err e = os_replace(dir, "MANIFEST", buf_str(&out));
	buf_release(&out);
	return e;
}

enum err manifest__commit(struct events *ev, struct fault *f)
{
	enum err e = manifest__write(ev, ev->dir);
	ev->is_manifest_old = e != OK;
	if (e == OK) ev->sealed_for_good = ev->sealed;
	return e == OK ? OK : fault_set(f, e, "", "cannot write %s/MANIFEST", ev->dir);
}

uint64_t manifest__next_segment(struct events *ev)
{
	pthread_mutex_lock(&ev->manifest_lock);
	uint64_t number = ev->next_segment++;
	pthread_mutex_unlock(&ev->manifest_lock);
	return number;
}

static bool is_listed(const struct segments *segments, uint64_t number)
{
	for (size_t i = 0; i < segments->n; i++)
		if (segments->v[i]->number == number) return true;
	return false;
}

static void remove_leftover(void *arg, const char *name)
{
	struct events *ev = arg;
	char path[4096], *rest;
	uint64_t number = strtoull(name, &rest, 16);
	bool is_ours = strcmp(rest, ".seg") == 0 ? is_listed(ev->segments, number) : strcmp(rest, ".subjects") == 0 ? number == ev->subjects_generation : !str_ends(str_of(name), S(".new")) && !str_ends(str_of(name), S(".spare"));
	snprintf(path, sizeof path, "%s/%s", ev->dir, name);
	if (!is_ours && os_unlink(path) != OK) log_warn("leftover_kept", F_STR("file", str_of(name)));
}

void manifest__remove_leftovers(struct events *ev)
{
	if (os_list(ev->dir, remove_leftover, ev) != OK) log_warn("leftovers_not_listed", F_STR("dir", str_of(ev->dir)));
}

/* ---- reading ------------------------------------------------------------------------------------------------------------ */
struct cursor {
	const unsigned char *p;
	size_t n;
	bool failed;
};

static const void *take(struct cursor *c, uint64_t n)
{
	if (c->failed || n > c->n) {
		c->failed = true;
		return NULL;
	}
	const void *at = c->p;
	c->p += n;
	c->n -= n;
	return at;
}

static uint64_t take_u64(struct cursor *c)
{
	uint64_t v = 0;
	const void *at = take(c, sizeof v);
	if (at) memcpy(&v, at, sizeof v);
	return v;
}

static uint32_t *take_numbers(struct cursor *c, size_t *n)
{
	uint64_t count = take_u64(c);
	const void *at = count <= UINT32_MAX ? take(c, count * sizeof(uint32_t)) : NULL;
	if (!at) count = 0;
	uint32_t *v = mem_alloc((count + 1) * sizeof *v);
	if (count) memcpy(v, at, count * sizeof *v);
	*n = count;
	return v;
}

static void take_names(struct cursor *c, struct names *names)
{
	uint64_t n = take_u64(c);
	for (uint64_t i = 0; i < n && !c->failed; i++) {
		uint64_t bytes = take_u64(c);
		const char *p = take(c, bytes);
		uint16_t code;
		if (p && (!names__add(names, (str){p, bytes}, &code) || (code != i && !c->failed))) c->failed = code != i;
	}
	atomic_store(&names->refused, take_u64(c));
}

static enum err open_segments(struct events *ev, const uint64_t *numbers, size_t n, struct fault *f)
{
	struct segment **v = mem_alloc((n + 1) * sizeof *v);
	enum err e = OK;
	size_t opened = 0;
	while (opened < n && e == OK) {
		uint64_t number;
		memcpy(&number, &numbers[opened], sizeof number);
		e = segment__open(ev->dir, number, &v[opened], f);
		if (e != OK) break;
		if (v[opened]->is_damaged) atomic_fetch_add(&ev->damaged, 1);
		v[opened++]->decoded_total = &ev->decoded_bytes;
	}
	if (e == OK) {
		segments__release(ev->segments);
		ev->segments = segments__new(v, n);
	}
	for (size_t i = 0; i < opened; i++) segment__release(v[i]);
	mem_free(v);
	return e;
}

static void take_erased(struct cursor *c, struct events *ev)
{
	size_t n_subjects, n_imports, n_gone;
	uint32_t *subjects = take_numbers(c, &n_subjects), *imports = take_numbers(c, &n_imports), *gone = take_numbers(c, &n_gone);
	erased__release(ev->erased);
	erased__release(ev->gone);
	ev->erased = erased__new(subjects, n_subjects, imports, n_imports);
	ev->gone = erased__new(NULL, 0, gone, n_gone);
	mem_free(subjects);
	mem_free(imports);
	mem_free(gone);
}

static enum err parse(struct events *ev, struct cursor *c, struct fault *f)
{
	ev->sealed = take_u64(c);
	ev->sealed_arrival = take_u64(c);
	ev->next_segment = take_u64(c);
	ev->subjects_generation = (uint32_t)take_u64(c);
	ev->subjects_bytes = take_u64(c);
	ev->subjects_written = (uint32_t)take_u64(c);
	ev->erased_since_ms = (int64_t)take_u64(c);
	uint64_t n = take_u64(c);
	const uint64_t *numbers = n <= UINT32_MAX ? take(c, n * sizeof *numbers) : NULL;
	take_erased(c, ev);
	take_names(c, &ev->types);
	take_names(c, &ev->channels);
	take_names(c, &ev->properties);
	if (c->failed || !numbers || c->n) return fault_set(f, ERR_CORRUPT, "", "%s/MANIFEST does not hold together", ev->dir);
	ev->next_arrival = ev->sealed_arrival;
	ev->sealed_for_good = ev->sealed;
	return open_segments(ev, numbers, n, f);
}

enum err manifest__read(struct events *ev, struct fault *f)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/MANIFEST", ev->dir);
	struct os_map map;
	enum err e = os_map(path, &map);
	if (e == ERR_NOT_FOUND) return e;
	if (e != OK) return os_fail(f, "read", path, errno);
	uint64_t hash = 0, version = 0;
	bool is_whole = map.n >= 24 && memcmp(map.p, MANIFEST_MAGIC, 8) == 0;
	if (is_whole) {
		memcpy(&version, map.p + 8, sizeof version);
		memcpy(&hash, map.p + map.n - 8, sizeof hash);
		is_whole = hash == XXH3_64bits(map.p, map.n - 8);
	}
	if (!is_whole) e = fault_set(f, ERR_CORRUPT, "", "%s is damaged: its checksum does not fit", path);
	else if (version != MANIFEST_VERSION) e = fault_set(f, ERR_CORRUPT, "", "%s has version %llu, which this program does not know", path, (unsigned long long)version);
	else e = parse(ev, &(struct cursor){map.p + 16, map.n - 24, false}, f);
	os_unmap(&map);
	return e;
}

/* ---- subjects -------------------------------------------------------------------------------------------------------------- */
void manifest__subjects_path(char *path, size_t room, const char *dir, uint32_t generation)
{
	snprintf(path, room, "%s/%08x.subjects", dir, generation);
}

enum err manifest__write_subjects(struct events *ev, struct fault *f)
{
	char path[4096];
	manifest__subjects_path(path, sizeof path, ev->dir, ev->subjects_generation);
	pthread_mutex_lock(&ev->subjects.lock);
	uint32_t first = ev->subjects_written + 1, n = ev->subjects.count + 1 - first;
	size_t bytes = sizeof(struct subjects_block) + n * sizeof(struct subject_key);
	struct subjects_block *block = mem_alloc(bytes);
	if (n) memcpy(block + 1, ev->subjects.keys + first, n * sizeof(struct subject_key));
	pthread_mutex_unlock(&ev->subjects.lock);
	*block = (struct subjects_block){SUBJECTS_MAGIC, first, n, 0, XXH3_64bits_withSeed(block + 1, n * sizeof(struct subject_key), first)};
	enum err e = OK;
	if (n) {
		int fd = os_open(path, O_WRONLY | O_CREAT, 0600);
		e = fd < 0 ? (errno == ENOSPC ? ERR_FULL : ERR_IO) : os_write_at(fd, block, bytes, (off_t)ev->subjects_bytes);
		if (e == OK) e = os_sync(fd);
		os_close(fd);
	}
	mem_free(block);
	if (e != OK) {
		(void)os_fail(f, "write", path, errno);
		return e;
	}
	if (!n) return OK;
	ev->subjects_bytes += bytes;
	ev->subjects_written += n;
	return OK;
}

enum err manifest__read_subjects(struct events *ev, struct fault *f)
{
	char path[4096];
	manifest__subjects_path(path, sizeof path, ev->dir, ev->subjects_generation);
	if (!ev->subjects_bytes) return OK;
	struct os_map map;
	if (os_map(path, &map) != OK) return os_fail(f, "read", path, errno);
	uint64_t at = 0, numbers = 0;
	bool is_whole = map.n >= ev->subjects_bytes;
	while (is_whole && at < ev->subjects_bytes) {
		struct subjects_block block;
		const unsigned char *p = map.p + at;
		uint64_t left = ev->subjects_bytes - at;
		is_whole = left >= sizeof block;
		if (!is_whole) break;
		memcpy(&block, p, sizeof block);
		uint64_t bytes = (uint64_t)block.n * sizeof(struct subject_key);
		is_whole = block.magic == SUBJECTS_MAGIC && bytes <= left - sizeof block && block.first == numbers + 1 && XXH3_64bits_withSeed(p + sizeof block, bytes, block.first) == block.hash;
		if (!is_whole) break;
		for (uint32_t i = 0; i < block.n; i++) {
			struct subject_key key;
			memcpy(&key, p + sizeof block + i * sizeof key, sizeof key);
			subjects__set(&ev->subjects, block.first + i, key);
		}
		numbers += block.n;
		at += sizeof block + bytes;
	}
	os_unmap(&map);
	return is_whole && numbers == ev->subjects_written ? OK : fault_set(f, ERR_CORRUPT, "", "%s is damaged at byte %llu", path, (unsigned long long)at);
}
