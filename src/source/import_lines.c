/* Blocks go around between the two threads: few, so that memory stays bounded and warm. A block ends after so many events,
 * not lines, since one line may hold a whole batch of them. */
#include "source/import_lines.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

enum {
	BLOCKS = 4,
	BLOCK_EVENTS = 4000,
	BLOCK_BYTES = 8 << 20,
	LINE_EVENTS = 2500,
	LINE_BYTES = 1 << 20,
};

struct import_lines {
	struct import_file *file;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct import_block blocks[BLOCKS];
	uint64_t made, taken, given_back; /* blocks, in order; guarded by lock */
	bool has_ended, stops;
	enum err result;
	struct fault fault;
	struct json_reader *reader;
};

static const struct segment_options OPTIONS = {.event_bytes = LINE_BYTES, .body_bytes = LINE_BYTES, .body_events = LINE_EVENTS};

static void add_line(struct import_lines *l, struct import_block *b, str line, int64_t number, bool is_too_long)
{
	char *copy = arena_alloc(&b->arena, line.n + JSON_PADDING);
	memcpy(copy, line.p, line.n);
	struct import_line *out = VEC_ADD(&b->lines, &b->arena);
	*out = (struct import_line){.number = number, .text = {copy, line.n}, .reason = is_too_long ? "too_large" : NULL};
	if (is_too_long) return;
	enum err e = segment_read(l->reader, &b->arena, out->text, SEGMENT_BATCH, &OPTIONS, &out->body, NULL);
	if (e != OK) out->reason = e == ERR_TOO_LARGE ? "too_large" : "malformed";
}

/* False at the end of the file, or when it cannot be read on. */
static bool fill(struct import_lines *l, struct import_block *b)
{
	size_t events = 0, bytes = 0;
	str line;
	int64_t number;
	arena_reset(&b->arena);
	b->lines.v = NULL;
	b->lines.n = b->lines.cap = 0;
	while (events < BLOCK_EVENTS && bytes < BLOCK_BYTES) {
		enum input_line result = lines_next(l->file->lines, &line, &number, &l->fault);
		if (result == LINE_FAILED) l->result = l->fault.err ? l->fault.err : ERR_MALFORMED;
		if (result == LINE_FAILED || result == LINE_END) return false;
		if (result == LINE_READ && !str_trim(line).n) continue;
		add_line(l, b, line, number, result == LINE_TOO_LONG);
		events += b->lines.v[b->lines.n - 1].body.n + 1;
		bytes += line.n;
	}
	return true;
}

static void *run(void *arg)
{
	struct import_lines *l = arg;
	pthread_setname_np(pthread_self(), "import-lines");
	bool goes_on = true;
	pthread_mutex_lock(&l->lock);
	while (goes_on) {
		while (l->made - l->given_back == BLOCKS && !l->stops) pthread_cond_wait(&l->moved, &l->lock);
		if (l->stops) break;
		struct import_block *b = &l->blocks[l->made % BLOCKS];
		pthread_mutex_unlock(&l->lock);
		goes_on = fill(l, b);
		b->consumed = import_file_consumed(l->file);
		pthread_mutex_lock(&l->lock);
		l->made++;
		pthread_cond_signal(&l->moved);
	}
	l->has_ended = true;
	pthread_cond_signal(&l->moved);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

static void release(struct import_lines *l)
{
	for (int i = 0; i < BLOCKS; i++) arena_release(&l->blocks[i].arena);
	json_reader_free(l->reader);
	pthread_cond_destroy(&l->moved);
	pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

struct import_lines *import_lines_start(struct import_file *file)
{
	struct import_lines *l = MEM_NEW(struct import_lines);
	l->file = file;
	l->reader = json_reader_new(LINE_BYTES + JSON_PADDING);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->moved, NULL);
	for (int i = 0; i < BLOCKS; i++) arena_init(&l->blocks[i].arena);
	if (pthread_create(&l->thread, NULL, run, l) == 0) return l;
	release(l);
	return NULL;
}

struct import_block *import_lines_next(struct import_lines *l)
{
	pthread_mutex_lock(&l->lock);
	l->given_back = l->taken;
	pthread_cond_signal(&l->moved);
	while (l->made == l->taken && !l->has_ended) pthread_cond_wait(&l->moved, &l->lock);
	struct import_block *b = l->made > l->taken ? &l->blocks[l->taken++ % BLOCKS] : NULL;
	pthread_mutex_unlock(&l->lock);
	return b;
}

enum err import_lines_end(struct import_lines *l, struct fault *f)
{
	pthread_mutex_lock(&l->lock);
	l->stops = true;
	pthread_cond_signal(&l->moved);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	enum err e = l->result;
	if (e != OK && f) *f = l->fault;
	release(l);
	return e;
}
