/* Blocks go around between the two threads: few, so that memory stays bounded and warm. A block ends after so many events,
 * not lines, since one line may hold a whole batch of them. */
#include "source/import_ahead.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

enum {
	BLOCKS = 4,
	BLOCK_EVENTS = 4000, /* or rows */
	BLOCK_BYTES = 8 << 20,
	LINE_EVENTS = 2500,
	LINE_BYTES = 1 << 20,
};

struct import_ahead {
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

static void add_line(struct import_ahead *ahead, struct import_block *b, str line, int64_t number, bool is_too_long)
{
	char *copy = arena_alloc(&b->arena, line.n + JSON_PADDING);
	memcpy(copy, line.p, line.n);
	struct import_line *out = VEC_ADD(&b->lines, &b->arena);
	*out = (struct import_line){.number = number, .text = {copy, line.n}, .reason = is_too_long ? "too_large" : NULL};
	if (is_too_long) return;
	enum err e = segment_read(ahead->reader, &b->arena, out->text, SEGMENT_BATCH, &OPTIONS, &out->body, NULL);
	if (e != OK) out->reason = e == ERR_TOO_LARGE ? "too_large" : "malformed";
}

/* False at the end of the file, or when it cannot be read on. */
static bool fill_lines(struct import_ahead *ahead, struct import_block *b)
{
	size_t events = 0, bytes = 0;
	str line;
	int64_t number;
	while (events < BLOCK_EVENTS && bytes < BLOCK_BYTES) {
		enum input_line result = lines_next(ahead->file->lines, &line, &number, &ahead->fault);
		if (result == LINE_FAILED) ahead->result = ahead->fault.err ? ahead->fault.err : ERR_MALFORMED;
		if (result == LINE_FAILED || result == LINE_END) return false;
		if (result == LINE_READ && !str_trim(line).n) continue;
		add_line(ahead, b, line, number, result == LINE_TOO_LONG);
		events += b->lines.v[b->lines.n - 1].body.n + 1;
		bytes += line.n;
	}
	return true;
}

static bool fill_rows(struct import_ahead *ahead, struct import_block *b)
{
	struct csv_row row;
	for (size_t bytes = 0; b->rows.n < BLOCK_EVENTS && bytes < BLOCK_BYTES; bytes += row.text.n) {
		const char *reason = NULL;
		enum csv_result result = import_file__next(ahead->file, &row, &reason, &ahead->fault);
		if (result == CSV_FAILED) ahead->result = ahead->fault.err ? ahead->fault.err : ERR_MALFORMED;
		if (result == CSV_FAILED || result == CSV_END) return false;
		struct import_row *out = VEC_ADD(&b->rows, &b->arena);
		out->reason = result == CSV_ROW ? NULL : reason;
		import_file__copy_row(&b->arena, &row, &out->row);
	}
	return true;
}

static void empty(struct import_block *b)
{
	arena_reset(&b->arena);
	b->lines.v = NULL;
	b->rows.v = NULL;
	b->lines.n = b->lines.cap = b->rows.n = b->rows.cap = 0;
}

static void *run(void *arg)
{
	struct import_ahead *ahead = arg;
	pthread_setname_np(pthread_self(), "import-ahead");
	bool goes_on = true;
	pthread_mutex_lock(&ahead->lock);
	while (goes_on) {
		while (ahead->made - ahead->given_back == BLOCKS && !ahead->stops) pthread_cond_wait(&ahead->moved, &ahead->lock);
		if (ahead->stops) break;
		struct import_block *b = &ahead->blocks[ahead->made % BLOCKS];
		pthread_mutex_unlock(&ahead->lock);
		empty(b);
		goes_on = ahead->file->csv ? fill_rows(ahead, b) : fill_lines(ahead, b);
		b->consumed = import_file_consumed(ahead->file);
		pthread_mutex_lock(&ahead->lock);
		ahead->made++;
		pthread_cond_signal(&ahead->moved);
	}
	ahead->has_ended = true;
	pthread_cond_signal(&ahead->moved);
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

static void release(struct import_ahead *ahead)
{
	for (int i = 0; i < BLOCKS; i++) arena_release(&ahead->blocks[i].arena);
	json_reader_free(ahead->reader);
	pthread_cond_destroy(&ahead->moved);
	pthread_mutex_destroy(&ahead->lock);
	mem_free(ahead);
}

struct import_ahead *import_ahead_start(struct import_file *file)
{
	struct import_ahead *ahead = MEM_NEW(struct import_ahead);
	ahead->file = file;
	if (!file->csv) ahead->reader = json_reader_new(LINE_BYTES + JSON_PADDING);
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->moved, NULL);
	for (int i = 0; i < BLOCKS; i++) arena_init(&ahead->blocks[i].arena);
	if (pthread_create(&ahead->thread, NULL, run, ahead) == 0) return ahead;
	release(ahead);
	return NULL;
}

struct import_block *import_ahead_next(struct import_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->given_back = ahead->taken;
	pthread_cond_signal(&ahead->moved);
	while (ahead->made == ahead->taken && !ahead->has_ended) pthread_cond_wait(&ahead->moved, &ahead->lock);
	struct import_block *b = ahead->made > ahead->taken ? &ahead->blocks[ahead->taken++ % BLOCKS] : NULL;
	pthread_mutex_unlock(&ahead->lock);
	return b;
}

enum err import_ahead_end(struct import_ahead *ahead, struct fault *f)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->stops = true;
	pthread_cond_signal(&ahead->moved);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	enum err e = ahead->result;
	if (e != OK && f) *f = ahead->fault;
	release(ahead);
	return e;
}
