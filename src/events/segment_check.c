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
	const void *subjects, *times, *arrivals;
	if (segment__column(s, COLUMN_SUBJECT, &subjects, NULL) != OK || segment__column(s, COLUMN_TIME, &times, NULL) != OK || segment__column(s, COLUMN_ARRIVAL, &arrivals, NULL) != OK) return;
	const uint32_t *subject = subjects;
	const int64_t *time = times;
	const uint64_t *arrival = arrivals;
	for (size_t i = 1; i < s->n; i++) {
		bool is_after = subject[i] != subject[i - 1] ? subject[i] > subject[i - 1] : time[i] != time[i - 1] ? time[i] > time[i - 1] : arrival[i] > arrival[i - 1];
		if (is_after) continue;
		report(c, "the order of rows");
		return;
	}
	for (uint32_t i = 0; i < s->footer.n_subjects; i++) {
		if (subject[s->subject_rows[i]] == s->subjects[i] && subject[s->subject_rows[i + 1] - 1] == s->subjects[i]) continue;
		report(c, "the table of subjects");
		return;
	}
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

static void check_properties(struct finding *c)
{
	struct segment *s = c->segment;
	for (uint32_t i = 0; i < s->footer.n_sections; i++) {
		const struct section *one = &s->sections[i];
		if (one->kind != SECTION_PROPERTY) continue;
		struct property_arrays arrays;
		if (!property__unpack((str){(const char *)s->map.p + one->offset, one->bytes}, s->n, &arrays)) report(c, "a property's values");
		property__release(&arrays);
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
	check_keys(&c);
	check_bodies(&c);
	check_properties(&c);
	return c.err;
}
