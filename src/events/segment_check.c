/* Looking at every byte of a segment: what hospes verify does. */
#include <string.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/mem.h"
#include "events/store.h"

struct finding {
	struct segment *segment;
	events_report *report;
	void *arg;
	enum err err;
};

static void report(struct finding *c, const char *what)
{
	struct arena a;
	arena_init(&a);
	c->err = ERR_CORRUPT;
	if (c->report) c->report(c->arg, str_fmt(&a, "%s: %s", c->segment->path, what));
	arena_release(&a);
}

/* Between the sections lie only zeros: a byte that nothing vouches for is a place where damage could hide. */
static void check_gaps(struct finding *c)
{
	const struct segment *s = c->segment;
	struct segment_trailer trailer;
	memcpy(&trailer, s->map.p + s->map.n - sizeof trailer, sizeof trailer);
	uint64_t at = sizeof(struct segment_header);
	while (at < trailer.footer_at) {
		uint64_t next = trailer.footer_at, past = at;
		for (uint32_t i = 0; i < s->footer.n_sections; i++) {
			const struct section *one = &s->sections[i];
			if (one->bytes && one->offset <= at && one->offset + one->bytes > past) past = one->offset + one->bytes;
			if (one->bytes && one->offset > at && one->offset < next) next = one->offset;
		}
		if (past > at) {
			at = past;
			continue;
		}
		for (; at < next; at++) {
			if (s->map.p[at] == 0) continue;
			report(c, "bytes between the sections");
			return;
		}
	}
}

static void check_sections(struct finding *c)
{
	struct segment *s = c->segment;
	for (uint32_t i = 0; i < s->footer.n_sections; i++) {
		const struct section *one = &s->sections[i];
		if (one->kind == SECTION_BODIES || XXH3_64bits(s->map.p + one->offset, one->bytes) == one->hash) continue;
		report(c, one->kind == SECTION_PROPERTY ? "a property's checksum" : "a column's checksum");
	}
}

static void check_order(struct finding *c)
{
	struct segment *s = c->segment;
	struct events_raw time, arrival;
	if (segment__raw(s, SECTION_TIME, &time, NULL) != OK || segment__raw(s, SECTION_ARRIVAL, &arrival, NULL) != OK) return;
	for (uint32_t k = 0; k < s->footer.n_subjects; k++)
		for (uint32_t i = s->subject_rows[k] + 1; i < s->subject_rows[k + 1]; i++) {
			int64_t t = events_raw_at(&time, i), before = events_raw_at(&time, i - 1);
			if (t > before || (t == before && (uint64_t)events_raw_at(&arrival, i) > (uint64_t)events_raw_at(&arrival, i - 1))) continue;
			report(c, "the order of rows");
			return;
		}
}

/* Opening believes the footer about times: questions leave a segment out by them. */
static void check_bounds(struct finding *c)
{
	struct segment *s = c->segment;
	struct events_raw time;
	if (segment__raw(s, SECTION_TIME, &time, NULL) != OK || segment__section(s, SECTION_TYPE, NULL) != OK) return;
	int64_t low = INT64_MAX, high = INT64_MIN;
	for (size_t i = 0; i < s->n; i++) {
		int64_t t = events_raw_at(&time, i);
		if (t < low) low = t;
		if (t > high) high = t;
	}
	if (low != s->footer.min_ms || high != s->footer.max_ms) report(c, "the bounds of the times");
}

static void check_keys(struct finding *c)
{
	struct segment *s = c->segment;
	if (segment__section(s, SECTION_KEYS, NULL) != OK || segment__section(s, SECTION_KEY_ROWS, NULL) != OK) return;
	const struct subject_key *keys = (const struct subject_key *)(const void *)(s->map.p + s->by_kind[SECTION_KEYS]->offset);
	for (size_t i = 0; i < s->n; i++) {
		if (filter__has(s->filter, s->filter_bytes, keys[i])) continue;
		report(c, "the filter misses a message key");
		return;
	}
}

static void check_bodies(struct finding *c)
{
	struct segment *s = c->segment;
	struct block_reader reader = {0};
	str body;
	for (size_t row = 0; row < s->n; row++) {
		if (segment__body(s, &reader, row, &body, NULL) == OK) continue;
		report(c, "a block of bodies");
		break;
	}
	mem_free(reader.raw);
}

static void check_values(struct finding *c)
{
	struct segment *s = c->segment;
	for (uint32_t i = 0; i < s->footer.n_sections; i++) {
		const struct section *one = &s->sections[i];
		bool is_column = one->kind >= SECTION_CHANNEL && one->kind <= SECTION_FLAGS;
		if (one->kind != SECTION_PROPERTY && !is_column) continue;
		struct events_values v;
		bool is_right = values__open((str){(const char *)s->map.p + one->offset, one->bytes}, s->n, &v);
		if (!is_right || (is_column && v.is_sparse)) report(c, is_column ? "a column's values" : "a property's values");
	}
}

enum err segment__check(struct segment *s, events_report *out, void *arg)
{
	struct finding c = {s, out, arg, OK};
	if (s->is_damaged) {
		report(&c, "header, footer or tables");
		return c.err;
	}
	check_sections(&c);
	check_gaps(&c);
	check_order(&c);
	check_bounds(&c);
	check_keys(&c);
	check_bodies(&c);
	check_values(&c);
	return c.err;
}
