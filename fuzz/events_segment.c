/* Opening a segment and a log of arbitrary bytes: never a crash, and never a row out of what is damaged. The checksums
 * would keep a fuzzer out, so the first byte says whether they are made right before opening. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/log.h"
#include "base/mem.h"
#include "events/store.h"
#include "fuzz.h"

static char dir[] = "/tmp/events_fuzz.XXXXXX";

static void put(const char *path, const uint8_t *data, size_t n)
{
	int fd = os_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || os_write_at(fd, data, n, 0) != OK) abort();
	os_close(fd);
}

static void mend_segment(uint8_t *data, size_t n)
{
	struct segment_header h;
	struct segment_trailer t;
	if (n < sizeof h + sizeof t) return;
	memcpy(&h, data, sizeof h);
	memcpy(h.magic, SEGMENT_MAGIC, sizeof h.magic);
	h.version = SEGMENT_VERSION;
	h.hash = XXH3_64bits(&h, offsetof(struct segment_header, hash));
	memcpy(data, &h, sizeof h);
	memcpy(&t, data + n - sizeof t, sizeof t);
	memcpy(t.magic, SEGMENT_MAGIC, sizeof t.magic);
	t.footer_at = t.footer_at % n / SEGMENT_ALIGN * SEGMENT_ALIGN;
	if (t.footer_at > n - sizeof t) t.footer_at = sizeof h;
	t.footer_bytes = n - sizeof t - t.footer_at;
	uint8_t *footer = data + t.footer_at;
	struct segment_footer head;
	if (t.footer_bytes >= sizeof head) {
		memcpy(&head, footer, sizeof head);
		for (uint32_t i = 0; i < head.n_sections && sizeof head + (i + UINT64_C(1)) * sizeof(struct section) <= t.footer_bytes; i++) {
			struct section s;
			memcpy(&s, footer + sizeof head + i * sizeof s, sizeof s);
			if (s.offset > t.footer_at || s.bytes > t.footer_at - s.offset) continue;
			s.hash = XXH3_64bits(data + s.offset, s.bytes);
			memcpy(footer + sizeof head + i * sizeof s, &s, sizeof s);
		}
	}
	t.footer_hash = XXH3_64bits(footer, t.footer_bytes);
	memcpy(data + n - sizeof t, &t, sizeof t);
}

/* Every row by itself, as conditions do. */
static void look_up(const struct events_values *v)
{
	for (size_t row = 0; row < v->n; row++) {
		uint32_t slot = events_value_slot(v, (uint32_t)row);
		if (events_slot_kind(v, slot) == EVENTS_TEXT) (void)events_text(v, (uint32_t)events_raw_at(&v->value, slot));
	}
}

static void read_segment(void)
{
	struct segment *s;
	if (segment__open(dir, 1, &s, NULL) != OK) return;
	enum err e = segment__check(s, NULL, NULL);
	if (!s->is_damaged) {
		struct erased *none = erased__new(NULL, 0, NULL, 0);
		struct property_arrays arrays;
		struct events_values values;
		bool found;
		const void *column;
		for (int c = 0; c < COLUMN_COUNT; c++) e = segment__column(s, (enum column)c, &column, NULL);
		for (uint32_t i = 0; i < s->footer.n_sections; i++) {
			str name = {s->names + s->sections[i].name_at, s->sections[i].name_bytes};
			if (segment__property(s, name, &values, &found, NULL) == OK && found) look_up(&values);
			e = segment__property_arrays(s, name, &arrays, &found, NULL);
		}
		(void)segment__has_key(s, s->subjects[0], (struct subject_key){1, 2}, none);
		erased__release(none);
	}
	(void)e;
	segment__release(s);
}

static void read_log(const uint8_t *data, size_t n)
{
	char path[4096];
	uint8_t *copy = mem_zalloc(n + sizeof(struct log_header) + sizeof(struct log_frame) + 8);
	struct log_header *header = (struct log_header *)(void *)copy;
	*header = (struct log_header){.magic = LOG_MAGIC, .version = LOG_VERSION};
	header->hash = log__header_hash(header);
	struct log_frame *frame = (struct log_frame *)(void *)(header + 1);
	*frame = (struct log_frame){.magic = LOG_FRAME_MAGIC, .bytes = (uint32_t)(sizeof *frame + n / 8 * 8)};
	memcpy(frame + 1, data, n);
	frame->hash = log__frame_hash(frame);
	log__path(path, sizeof path, dir, 0);
	put(path, copy, sizeof *header + sizeof *frame + n);
	mem_free(copy);
	struct events *ev;
	if (events_open(&ev, &(struct events_options){.dir = str_of(dir)}, NULL) == OK) events_close(ev);
	snprintf(path, sizeof path, "%s/MANIFEST", dir);
	unlink(path);
	log__path(path, sizeof path, dir, 0);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static bool has_dir;
	char path[4096];
	if (!has_dir) {
		if (!mkdtemp(dir)) abort();
		log_set_level(LOG_ERROR + 1);
		has_dir = true;
	}
	if (n == 0) return 0;
	if (data[0] & 2) {
		read_log(data + 1, n - 1);
		return 0;
	}
	uint8_t *copy = mem_alloc(n);
	memcpy(copy, data + 1, n - 1);
	if (data[0] & 1) mend_segment(copy, n - 1);
	segment__path(path, sizeof path, dir, 1);
	put(path, copy, n - 1);
	mem_free(copy);
	read_segment();
	return 0;
}
