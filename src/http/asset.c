/* asset.c: looks up what tools/embed.py made. The table is sorted by path, so both look-ups are a binary search. With
 * HOSPES_PAGES_DIR set (authors of pages set it to their source folder) files of pages/ are read from there whenever they
 * were changed, so that a page shows a change without a build; older versions stay, as assets live for good. */
#include "http/asset.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"

extern const struct asset asset__table[];
extern const size_t asset__count;

struct fresh {
	struct fresh *next;
	struct asset asset;
	struct timespec changed;
};
static struct fresh *fresh_files; /* newest first */
static pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;

static struct fresh *known(str path, const struct stat *st)
{
	for (struct fresh *f = fresh_files; f; f = f->next)
		if (str_eq(f->asset.path, path)) return f->changed.tv_sec == st->st_mtim.tv_sec && f->changed.tv_nsec == st->st_mtim.tv_nsec ? f : NULL;
	return NULL;
}

static struct fresh *read_fresh(int fd, str path, const struct stat *st)
{
	char *bytes = mem_alloc((size_t)st->st_size + path.n);
	ssize_t n = read(fd, bytes, (size_t)st->st_size);
	if (n < 0) {
		mem_free(bytes);
		return NULL;
	}
	char *name = bytes + st->st_size;
	memcpy(name, path.p, path.n);
	struct fresh *f = MEM_NEW(struct fresh);
	*f = (struct fresh){.next = fresh_files, .changed = st->st_mtim, .asset = {.path = {name, path.n}, .bytes = {bytes, (size_t)n}}};
	f->asset.hash = S("0000000000");
	f->asset.content_type = S("text/html; charset=utf-8");
	fresh_files = f;
	return f;
}

static const struct asset *from_folder(const char *folder, str path)
{
	char name[512];
	struct stat st;
	if (str_contains(path, S("..")) || snprintf(name, sizeof name, "%s/%.*s", folder, STR_ARG(str_sub(path, 6, path.n))) >= (int)sizeof name) return NULL;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return NULL;
	struct fresh *f = NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		pthread_mutex_lock(&fresh_lock);
		f = known(path, &st);
		if (!f) f = read_fresh(fd, path, &st);
		pthread_mutex_unlock(&fresh_lock);
	}
	close(fd);
	return f ? &f->asset : NULL;
}

const struct asset *asset_find(str path)
{
	if (str_starts(path, S("pages/"))) {
		const char *folder = getenv("HOSPES_PAGES_DIR");
		const struct asset *fresh = folder ? from_folder(folder, path) : NULL;
		if (fresh) return fresh;
	}
	size_t low = 0, high = asset__count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_cmp(asset__table[middle].path, path);
		if (!order) return &asset__table[middle];
		if (order < 0) low = middle + 1;
		else high = middle;
	}
	return NULL;
}

/* Where the hash goes: before the last dot of the file's name. */
static size_t last_dot(str path)
{
	for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		if (path.p[i - 1] == '.') return i - 1;
	return path.n;
}

str asset_address(struct arena *a, str path)
{
	const struct asset *found = asset_find(path);
	if (!found) return str_fmt(a, "/%.*s", STR_ARG(path));
	size_t dot = last_dot(path);
	return str_fmt(a, "/%.*s.%.*s%.*s", (int)dot, path.p, STR_ARG(found->hash), (int)(path.n - dot), path.p + dot);
}

const struct asset *asset_by_address(str address)
{
	enum { LONGEST = 256 };
	if (!str_starts(address, S("/assets/")) || address.n > LONGEST) return NULL;
	str path = str_sub(address, 1, address.n);
	size_t dot = last_dot(path), start = last_dot(str_sub(path, 0, dot));
	if (start >= dot) return NULL;
	char name[LONGEST];
	memcpy(name, path.p, start);
	memcpy(name + start, path.p + dot, path.n - dot);
	const struct asset *found = asset_find((str){name, start + path.n - dot});
	return found && str_eq(found->hash, str_sub(path, start + 1, dot - start - 1)) ? found : NULL;
}

const struct asset *asset_at(size_t i)
{
	return i < asset__count ? &asset__table[i] : NULL;
}
