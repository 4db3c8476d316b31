#include <string.h>

#include "base/mem.h"
#include "events/store.h"

const uint8_t COLUMN_WIDTH[COLUMN_COUNT] = {
	[COLUMN_SUBJECT] = 4, [COLUMN_TIME] = 8, [COLUMN_RECEIVED] = 8, [COLUMN_ARRIVAL] = 8, [COLUMN_TYPE] = 2,
	[COLUMN_CHANNEL] = 2, [COLUMN_SOURCE] = 2, [COLUMN_PURPOSES] = 4, [COLUMN_IMPORT] = 4, [COLUMN_FLAGS] = 1};

void columns__init(struct columns *c, size_t rows)
{
	for (int i = 0; i < COLUMN_COUNT; i++) c->column[i] = mem_alloc(rows * COLUMN_WIDTH[i] + 8);
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

size_t columns__subjects(const uint32_t *subject, size_t n, uint32_t **subjects, uint32_t **first)
{
	size_t distinct = 0, at = 0;
	for (size_t i = 0; i < n; i++) distinct += i == 0 || subject[i] != subject[i - 1];
	*subjects = mem_alloc((distinct + 1) * sizeof **subjects);
	*first = mem_alloc((distinct + 1) * sizeof **first);
	for (size_t i = 0; i < n; i++) {
		if (i && subject[i] == subject[i - 1]) continue;
		(*subjects)[at] = subject[i];
		(*first)[at++] = (uint32_t)i;
	}
	(*first)[distinct] = (uint32_t)n;
	return distinct;
}
