#include <string.h>

#include "base/mem.h"
#include "events/store.h"

const uint8_t COLUMN_WIDTH[COLUMN_COUNT] = {
	[COLUMN_SUBJECT] = 4, [COLUMN_TIME] = 8, [COLUMN_RECEIVED] = 8, [COLUMN_ARRIVAL] = 8, [COLUMN_TYPE] = 2,
	[COLUMN_CHANNEL] = 2, [COLUMN_SOURCE] = 2, [COLUMN_PURPOSES] = 4, [COLUMN_IMPORT] = 4, [COLUMN_FLAGS] = 1};

void columns__init(struct columns *c, size_t rows)
{
	for (int i = 0; i < COLUMN_COUNT; i++) c->column[i] = mem_alloc((rows ? rows : 1) * COLUMN_WIDTH[i]);
}

void columns__release(struct columns *c)
{
	for (int i = 0; i < COLUMN_COUNT; i++) mem_free(c->column[i]);
	*c = (struct columns){0};
}

void columns__put(struct columns *c, size_t row, const struct log_event *e)
{
	((uint32_t *)c->column[COLUMN_SUBJECT])[row] = e->subject;
	((int64_t *)c->column[COLUMN_TIME])[row] = e->time_ms;
	((int64_t *)c->column[COLUMN_RECEIVED])[row] = e->received_ms;
	((uint64_t *)c->column[COLUMN_ARRIVAL])[row] = e->arrival;
	((uint16_t *)c->column[COLUMN_TYPE])[row] = e->type;
	((uint16_t *)c->column[COLUMN_CHANNEL])[row] = e->channel;
	((uint16_t *)c->column[COLUMN_SOURCE])[row] = e->source;
	((uint32_t *)c->column[COLUMN_PURPOSES])[row] = e->purposes;
	((uint32_t *)c->column[COLUMN_IMPORT])[row] = e->import;
	((uint8_t *)c->column[COLUMN_FLAGS])[row] = e->flags;
}

void columns__gather(void *to, const void *from, const uint32_t *rows, size_t n, unsigned width)
{
	for (size_t i = 0; i < n; i++) memcpy((char *)to + i * width, (const char *)from + (size_t)rows[i] * width, width);
}
