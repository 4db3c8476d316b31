/* events.h: the event store: every touchpoint, durable, ordered by subject and time.
 *
 * Invariants: an event is visible to views only once it is durable; what was acknowledged survives kill -9 and power
 * loss; a message key is stored once; events never change (they can only be erased). Files: src/events/DESIGN.md.
 * Thread safe unless a function says otherwise. */
#ifndef EVENTS_EVENTS_H
#define EVENTS_EVENTS_H
#include "base/decimal.h"
#include "base/err.h"
#include "base/str.h"

struct arena;
struct events;

struct events_options {
	str dir;                    /* DIR/events, created when absent */
	size_t seal_events;         /* memory table is sealed at so many events (default 256 Ki) … */
	size_t seal_bytes;          /* … or so many bytes of bodies (default 128 MiB) */
	int64_t sync_interval_us;   /* group commit: wait at most so long for company (default 0: whatever queued while the last sync ran) */
	int64_t erase_within_ms;    /* what is erased is compacted away in the background after so long (default 24 h) */
};
/* Recovers: checks the log, drops a torn tail, replays what is not sealed. A corrupt segment is set aside and named in
 * f and in events_stats; opening still succeeds (ERR_CORRUPT only when the log's middle is damaged). */
enum err events_open(struct events **out, const struct events_options *o, struct fault *f) NODISCARD;
void events_close(struct events *ev); /* waits for what was appended */

/* ---- subjects: a dense number per identity as sent ---------------------------------------------------------------
 * The store keeps only a 128-bit keyed hash of the identity, never its text (the caller makes it with the directory's secret).
 * Number 0 is "nobody". */
struct subject_key {
	uint64_t a, b;
};
uint32_t events_subject_find(struct events *ev, struct subject_key key);              /* 0 when never seen */
uint32_t events_subject(struct events *ev, struct subject_key key, bool *is_new);     /* finds or makes; durable with the next append */
/* What finding n subjects will touch comes into the cache, for all at once; likely: the number of each, if it is known and nothing
 * stands in its way in the table. */
void events_subjects_fetch(struct events *ev, const struct subject_key *keys, size_t n, uint32_t *likely);
uint32_t events_subject_count(struct events *ev);                                     /* numbers 1..count are given */

/* ---- append -------------------------------------------------------------------------------------------------------- */
enum event_flag {
	EVENT_DERIVES = 1, /* an applier has to read it (new identity, traits, consent, orders, …) */
	EVENT_CLAMPED = 2, /* its time lay in the future and was clamped */
	EVENT_BY_HAND = 4,
	EVENT_MEETS = 8,   /* beside EVENT_DERIVES: all that it derives is that its subject is somebody; of many, the first does */
};
struct event {
	uint32_t subject;
	uint32_t import;           /* number of the import it came with, 0 = live */
	uint16_t source;           /* number of the source, from records */
	uint8_t flags;
	uint32_t purposes;         /* bit set: what consent allowed at arrival */
	int64_t time_ms, received_ms;
	struct subject_key message; /* hash of (source, subject, message id): unique */
	str type;                  /* event name as sent, 1..200 bytes */
	str channel;               /* as sent; "" = none was */
	str body;                  /* one JSON object, UTF-8, valid: {"type":…,"properties":{…},"traits":{…},"context":{…},…} */
};
/* Refused: its type's name would pass the cap of 4,096 names (counted in types_dropped), is empty or longer than 200
 * bytes, or its subject or import is erased. The other events of the append are stored. */
enum { EVENT_STORED = 0, EVENT_DUPLICATE = 1, EVENT_REFUSED = 2 };
/* Called once, from the store's sync thread (keep it short), when all of an append is durable or it failed
 * (ERR_FULL: disk full, ERR_IO; then nothing of it is stored, and resending is right). */
typedef void events_done(void *arg, enum err result); /* those queued first are called first */
/* Queues n events as one atomic group. verdicts[i] gets EVENT_STORED, EVENT_DUPLICATE or EVENT_REFUSED before it returns. The texts are
 * copied. A duplicate of an event that is not durable yet is acknowledged only after that one is. ERR_FULL or ERR_BUSY (too much queued) at once, then done is not called. */
enum err events_append(struct events *ev, const struct event *e, size_t n, uint8_t *verdicts, events_done *done, void *arg) NODISCARD;
enum err events_append_wait(struct events *ev, const struct event *e, size_t n, uint8_t *verdicts) NODISCARD;
/* A durable record in the log that is no event (the outbox of records: something a person entered). Appliers see it. */
enum err events_append_note(struct events *ev, str json, events_done *done, void *arg) NODISCARD;
enum err events_append_note_wait(struct events *ev, str json) NODISCARD;

/* ---- the log, for appliers -------------------------------------------------------------------------------------------
 * Positions grow by arrival. Records from the position that appliers confirmed on are kept, sealed or not. */
struct events_record {
	uint64_t position, next;
	bool is_note;       /* body is the note */
	struct event event; /* texts are valid until the next call */
};
struct events_log;
enum err events_log_open(struct events *ev, uint64_t from, struct events_log **out, struct fault *f) NODISCARD;
/* Reads the next durable record whose flags match (only_derives: EVENT_DERIVES or notes; others are skipped cheaply, *position moves past
 * them). False when there is none now: *position is then the durable end. */
bool events_log_next(struct events_log *l, bool only_derives, struct events_record *out, uint64_t *position);
void events_log_close(struct events_log *l);
uint64_t events_durable(struct events *ev);                                       /* the position after the last durable record */
bool events_wait_past(struct events *ev, uint64_t position, int timeout_ms);      /* true when events_durable > position */
void events_wake(struct events *ev); /* ends the wait that runs, or else the next one, at once; for a single waiter */
void events_confirm(struct events *ev, uint64_t position);                        /* all before it are applied for good */

/* ---- views: reading at one instant ------------------------------------------------------------------------------------
 * A view is made of parts (sealed segments and slices of the memory table). In a part rows are ordered by (subject, time,
 * arrival). Several parts may hold events of one subject: the caller merges by (time, arrival). Erased subjects and undone
 * imports are already left out. A view stays valid, and pins its files, until closed; parts may be read by several threads. */
struct events_view;
struct events_part;
enum err events_view_open(struct events *ev, struct events_view **out, struct fault *f) NODISCARD;
void events_view_close(struct events_view *v);
uint64_t events_view_position(const struct events_view *v);
bool events_view_is_partial(const struct events_view *v); /* a damaged segment is missing */
size_t events_view_parts(const struct events_view *v);
struct events_part *events_view_part(struct events_view *v, size_t i);

struct events_columns {
	size_t n;                  /* rows */
	const uint32_t *subject;
	const int64_t *time_ms;
	const uint64_t *arrival;   /* grows with the order of arrival over the whole store */
	const uint16_t *type;      /* code: events_type_name */
	const uint16_t *channel;   /* code: events_channel_name; 0 = unknown */
	const uint16_t *source;
	const uint32_t *purposes;
	const uint32_t *import;
	const uint8_t *flags;
};
enum { EVENTS_TIME = 1, EVENTS_ARRIVAL = 2, EVENTS_TYPE = 4, EVENTS_CHANNEL = 8, EVENTS_SOURCE = 16, EVENTS_PURPOSES = 32, EVENTS_IMPORT = 64, EVENTS_FLAGS = 128 };
size_t events_part_rows(const struct events_part *p);
int64_t events_part_min_ms(const struct events_part *p);
int64_t events_part_max_ms(const struct events_part *p);
/* Decodes the wanted columns (subject always). They live as long as the view. ERR_CORRUPT names the file. */
enum err events_part_columns(struct events_part *p, unsigned want, struct events_columns *out, struct fault *f) NODISCARD;
/* First row and count of a subject, by binary search. */
size_t events_part_find(struct events_part *p, uint32_t subject, size_t *count);

/* A property column. Names: "revenue" (of properties, nested with dots: "shipping.city"), "context:page.path",
 * "trait:plan". Arrays are not columns (their text is in the body). */
enum events_kind { EVENTS_ABSENT, EVENTS_TEXT, EVENTS_DECIMAL, EVENTS_DOUBLE, EVENTS_TRUE, EVENTS_FALSE, EVENTS_NULL };
struct events_property {
	const uint8_t *kind;          /* n rows; NULL when the part has no such property */
	const struct decimal *number; /* EVENTS_DECIMAL */
	const double *real;           /* EVENTS_DOUBLE */
	const uint32_t *text;         /* EVENTS_TEXT: index into dictionary */
	const str *dictionary;
	size_t dictionary_n;
};
enum err events_part_property(struct events_part *p, str name, struct events_property *out, struct fault *f) NODISCARD;

/* ---- the same as it lies: what scans read, without decoding -----------------------------------------------------------
 * Everything lives as long as the view. Rows are below 2^32. */
struct events_raw { /* see events_raw_at; eight bytes can be read from where any value starts */
	const unsigned char *p;
	uint32_t width; /* bytes a value: 0 (all are base) to 8 */
	uint64_t mask;  /* of width bytes */
	int64_t base;
};
static inline int64_t events_raw_at(const struct events_raw *r, size_t i)
{
	uint64_t v;
	__builtin_memcpy(&v, r->p + i * r->width, sizeof v);
	return (int64_t)((uint64_t)r->base + (v & r->mask));
}

/* A set of rows: as a bitmap, or where it has few members as the low bytes of each 256 rows' members. */
struct events_set {
	const uint64_t *words; /* the bitmap, or NULL */
	const uint8_t *low;    /* else the low bytes, ascending within 256 rows */
	const uint32_t *ones;  /* members before row 0, 256, 512, …, and all */
};
/* How many members lie before row i. */
static inline uint32_t events_rank(const struct events_set *s, uint32_t i)
{
	uint32_t rank = s->ones[i >> 8];
	if (s->words) {
		const uint64_t *w = s->words + (i >> 8 << 2), *end = s->words + (i >> 6);
		for (; w < end; w++) rank += (uint32_t)__builtin_popcountll(*w);
		return i & 63 ? rank + (uint32_t)__builtin_popcountll(*end << (64 - (i & 63))) : rank;
	}
	uint32_t end = i & 255 ? s->ones[(i >> 8) + 1] : rank, at = rank;
	for (; at < end; at++) rank += s->low[at] < (i & 255);
	return rank;
}
static inline bool events_set_has(const struct events_set *s, uint32_t i)
{
	if (s->words) return s->words[i >> 6] >> (i & 63) & 1;
	for (uint32_t at = s->ones[i >> 8], end = s->ones[(i >> 8) + 1]; at < end; at++)
		if (s->low[at] == (i & 255)) return true;
	return false;
}

/* Values of rows: rows may have none, and rows that follow each other with the same value may share one. Not all zero:
 * n is the number of rows. A row's value is at events_value_slot. */
struct events_values {
	size_t n;                 /* rows; 0 when the part has no such property */
	size_t n_slots;
	bool is_sparse, has_runs;
	struct events_set present; /* of rows, when sparse: those that have a value */
	struct events_set starts;  /* when there are runs: of the rows that have one, numbered from 0, those that begin a run */
	struct events_raw value;   /* by slot: code of a text, mantissa of a decimal, bits of a double */
	const uint8_t *kinds;      /* by slot, or NULL: all are `kind`; may be EVENTS_ABSENT */
	uint8_t kind;
	const int8_t *exponents;   /* of decimals by slot, or NULL: all have `exponent`; decimals are not normalised */
	int8_t exponent;
	const uint32_t *text_ends; /* of the dictionary: texts + text_ends[code - 1] up to texts + text_ends[code] */
	const char *texts;
	size_t n_texts;
};
enum { EVENTS_NO_SLOT = UINT32_MAX };
static inline uint32_t events_value_slot(const struct events_values *v, uint32_t row)
{
	if (v->is_sparse) {
		if (!events_set_has(&v->present, row)) return EVENTS_NO_SLOT;
		row = events_rank(&v->present, row);
	}
	return v->has_runs ? events_rank(&v->starts, row + 1) - 1 : row;
}
static inline uint8_t events_slot_kind(const struct events_values *v, uint32_t slot)
{
	return slot == EVENTS_NO_SLOT ? (uint8_t)EVENTS_ABSENT : v->kinds ? v->kinds[slot] : v->kind;
}
static inline struct decimal events_slot_scaled(const struct events_values *v, uint32_t slot) /* trailing zeros may be left */
{
	return (struct decimal){events_raw_at(&v->value, slot), v->exponents ? v->exponents[slot] : v->exponent};
}
static inline struct decimal events_slot_number(const struct events_values *v, uint32_t slot)
{
	struct decimal d = events_slot_scaled(v, slot);
	while (d.mantissa && d.mantissa % 10 == 0) d.mantissa /= 10, d.exponent++;
	if (!d.mantissa) d.exponent = 0;
	return d;
}
static inline double events_slot_real(const struct events_values *v, uint32_t slot)
{
	int64_t bits = events_raw_at(&v->value, slot);
	double out;
	__builtin_memcpy(&out, &bits, sizeof out);
	return out;
}
static inline str events_text(const struct events_values *v, uint32_t code)
{
	uint32_t start = code ? v->text_ends[code - 1] : 0;
	return (str){v->texts + start, v->text_ends[code] - start};
}
/* Rows one after another, none left out. */
struct events_walk {
	const struct events_values *v;
	uint32_t place, slot;
};
static inline void events_walk(struct events_walk *w, const struct events_values *v, uint32_t row)
{
	w->v = v;
	w->place = v->is_sparse ? events_rank(&v->present, row) : row;
	w->slot = v->has_runs ? events_rank(&v->starts, w->place) : w->place; /* one past the slot of the place before */
}
/* The slot of the row, which is the one after that of the last call (or the row of events_walk). */
static inline uint32_t events_walk_next(struct events_walk *w, uint32_t row)
{
	const struct events_values *v = w->v;
	if (v->is_sparse) {
		const struct events_set *s = &v->present;
		bool has = s->words ? s->words[row >> 6] >> (row & 63) & 1 : w->place < s->ones[(row >> 8) + 1] && s->low[w->place] == (row & 255);
		if (!has) return EVENTS_NO_SLOT;
	}
	uint32_t place = w->place++;
	if (!v->has_runs) return place;
	const struct events_set *s = &v->starts;
	if (s->words) w->slot += s->words[place >> 6] >> (place & 63) & 1;
	else w->slot += w->slot < s->ones[(place >> 8) + 1] && s->low[w->slot] == (place & 255);
	return w->slot - 1;
}
enum err events_part_values(struct events_part *p, str name, struct events_values *out, struct fault *f) NODISCARD;

struct events_scan {
	size_t n, n_subjects;
	const uint32_t *subjects, *first; /* first: n_subjects + 1, the first row of each and the number of rows */
	struct events_raw time_ms, arrival;
	struct events_raw type;           /* of one or two bytes or none: the place in types */
	const uint16_t *types;            /* code: events_type_name */
	size_t n_types;
	struct events_values channel, source, purposes, import, flags; /* all rows have one */
};
/* Of what is wanted (EVENTS_…); subjects always. */
enum err events_part_scan(struct events_part *p, unsigned want, struct events_scan *out, struct fault *f) NODISCARD;
enum err events_part_body(struct events_part *p, size_t row, struct arena *a, str *out, struct fault *f) NODISCARD;

str events_type_name(struct events *ev, uint16_t code);       /* stable for the store's life */
bool events_type_code(struct events *ev, str name, uint16_t *out);
size_t events_type_count(struct events *ev);                  /* codes 0..count-1 */
str events_channel_name(struct events *ev, uint16_t code);
size_t events_channel_count(struct events *ev);               /* codes 0..count-1 */
bool events_channel_code(struct events *ev, str name, uint16_t *out);

/* ---- erasing ----------------------------------------------------------------------------------------------------------
 * Hidden from the next view on (durable when it returns); gone from segments, dictionaries and log after the next
 * compaction (events_compact_now, or in the background within `erase_within_ms`). Message keys go too. */
enum err events_erase_subjects(struct events *ev, const uint32_t *subjects, size_t n, struct fault *f) NODISCARD;
enum err events_erase_import(struct events *ev, uint32_t import, struct fault *f) NODISCARD;
enum err events_compact_now(struct events *ev, struct fault *f) NODISCARD; /* seals, merges, drops the erased, trims the log to what is not applied */

/* ---- keeping -------------------------------------------------------------------------------------------------------- */
struct events_stats {
	uint64_t stored;       /* distinct events, without erased ones */
	uint64_t in_memory, segments, segment_bytes, log_bytes, subjects, syncs, damaged;
	uint64_t properties_dropped, types_dropped; /* past the caps */
};
void events_stats(struct events *ev, struct events_stats *out);
/* Reads every byte of every file and checks every checksum and order; one line a finding to report. ERR_CORRUPT when any. */
typedef void events_report(void *arg, str line);
enum err events_verify(const char *dir, events_report *report, void *arg, struct fault *f) NODISCARD;
/* Hard-links or copies a consistent set of files into to_dir (absent or empty): every segment and the log. */
enum err events_copy(struct events *ev, const char *to_dir, struct fault *f) NODISCARD;
/* While held, the log is not trimmed: a backup holds it from before it copies records until it has copied the log, so that
 * the copy reaches back to the records' position. Holds count. */
void events_hold_log(struct events *ev, bool hold);
#endif
