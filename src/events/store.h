/* store.h: what the files of the event store share. Nobody outside src/events includes it.
 *
 * Locks, taken in this order only: work (seal, merge, compact: one at a time), manifest (the file, and which files
 * exist), log (the files of the log and the descriptor being written), lock (everything that appends and views see),
 * subjects.lock, names.lock, and the locks of single segments, tables and parts. */
#ifndef EVENTS_STORE_H
#define EVENTS_STORE_H
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "events/events.h"
#include "events/format.h"
#include "os/os.h"

enum {
	SLICE_ROWS = 16384,           /* a slice of the memory table: what a view sorts at once, some milliseconds */
	CHUNK_BYTES = 4 << 20,        /* with the slack: two huge pages */
	READ_SLACK = 64,              /* readable bytes behind a body: the JSON reader looks ahead */
	TYPES_MAX = 4096, CHANNELS_MAX = 4096, PROPERTIES_MAX = 1024,
	NAME_MAX_BYTES = 200,
	TABLES_WAITING_MAX = 8,       /* tables to be sealed; beyond, appends are told to come back */
	PENDING_BYTES_MAX = 256 << 20,
	LOG_SPARES = 3,               /* trimmed files of the log that wait to be written over */
	MERGE_FAN = 8,                /* segments of like size that become one … */
	SEGMENT_ROWS_MAX = 4 << 20,   /* … of at most so many rows: about 350 MB while it is made */
	DECODED_BYTES_MAX = 256 << 20 /* decoded columns are kept up to so much when no view needs them */
};

/* ---- columns ---------------------------------------------------------------------------------------------------------- */
/* In the order of enum section_kind; subjects have no section of their own, the table of subjects gives them. */
enum column { COLUMN_TIME, COLUMN_RECEIVED, COLUMN_ARRIVAL, COLUMN_TYPE, COLUMN_CHANNEL, COLUMN_SOURCE, COLUMN_PURPOSES, COLUMN_IMPORT, COLUMN_FLAGS, COLUMN_SUBJECT, COLUMN_COUNT };
extern const uint8_t COLUMN_WIDTH[COLUMN_COUNT];
struct columns {
	void *column[COLUMN_COUNT];
};
void columns__init(struct columns *c, size_t rows);
void columns__release(struct columns *c);
void columns__put(struct columns *c, size_t row, const struct log_event *e);
/* The table of subjects of a column that ascends; both arrays are new. Returns how many there are. */
size_t columns__subjects(const uint32_t *subject, size_t n, uint32_t **subjects, uint32_t **first);
void columns__gather(void *to, const void *from, const uint32_t *rows, size_t n, unsigned width);

/* ---- memory that goes around: pool.c ------------------------------------------------------------------------------------ */
struct pool {
	pthread_mutex_t lock;
	struct pooled *free;
	size_t bytes;
};
void pool__init(struct pool *p);
void pool__release(struct pool *p);
void *pool__take(struct pool *p, size_t bytes); /* what was in it is still there */
void pool__give(struct pool *p, void *memory, size_t bytes); /* what pool__take gave for as many bytes */
void pool__trim(struct pool *p); /* lets go of all that nobody has */

/* ---- sets of message keys --------------------------------------------------------------------------------------------- */
struct keyset { /* open addressing; {0, 0} marks an empty slot, so that key is kept as {0, 1} */
	struct pool *pool;
	struct subject_key *slots;
	size_t cap, n;
	unsigned shift; /* of 64 bits, to a slot */
};
void keyset__init(struct keyset *s, struct pool *pool, size_t expected);
void keyset__release(struct keyset *s);
bool keyset__add(struct keyset *s, struct subject_key key); /* false when it was there */
bool keyset__has(const struct keyset *s, struct subject_key key);
void keyset__remove(struct keyset *s, struct subject_key key);
void keyset__prefetch(const struct keyset *s, struct subject_key key);

enum { FILTER_BLOCK = 32 };
size_t filter__bytes(size_t keys); /* about 12 bits a key: one wrong hit in 200 */
void filter__add(uint32_t *filter, size_t bytes, struct subject_key key);
bool filter__has(const uint32_t *filter, size_t bytes, struct subject_key key);
void filter__prefetch(const uint32_t *filter, size_t bytes, struct subject_key key);

/* ---- names: types, channels, properties --------------------------------------------------------------------------------- */
struct names {
	str *name; /* cap of them; filled up to count, never moved */
	size_t cap;
	_Atomic uint32_t count;
	_Atomic uint16_t *slots; /* code + 1 */
	size_t n_slots;
	struct arena texts;
	pthread_mutex_t lock;    /* for adding */
	_Atomic uint64_t refused;
};
void names__init(struct names *n, size_t cap);
void names__release(struct names *n);
bool names__find(struct names *n, str name, uint16_t *code); /* takes no lock */
bool names__add(struct names *n, str name, uint16_t *code);  /* finds or makes; false past the cap */

/* ---- subjects ----------------------------------------------------------------------------------------------------------- */
struct subjects {
	pthread_mutex_t lock;
	struct subject_key *keys; /* by number; {0, 0}: erased */
	uint32_t count, cap;
	uint32_t *slots;
	size_t n_slots;
	_Atomic uint32_t n_dead;
};
void subjects__init(struct subjects *s);
void subjects__release(struct subjects *s);
uint32_t subjects__find(struct subjects *s, struct subject_key key);
void subjects__fetch(struct subjects *s, const struct subject_key *keys, size_t n, uint32_t *likely);
uint32_t subjects__make(struct subjects *s, struct subject_key key, bool *is_new);
void subjects__set(struct subjects *s, uint32_t number, struct subject_key key); /* recovery: numbers come in order, twice is fine */
void subjects__forget(struct subjects *s, uint32_t number);
bool subjects__is_dead(struct subjects *s, uint32_t number);

/* ---- what is erased, but not yet gone ------------------------------------------------------------------------------------ */
struct erased { /* immutable, shared */
	_Atomic int refs;
	size_t n_subjects, n_imports;
	uint32_t *subjects, *imports; /* ascending */
};
struct erased *erased__new(const uint32_t *subjects, size_t n_subjects, const uint32_t *imports, size_t n_imports);
struct erased *erased__retain(struct erased *e);
void erased__release(struct erased *e);
bool erased__has(const struct erased *e, uint32_t subject, uint32_t import);
static inline bool erased__is_empty(const struct erased *e) { return e->n_subjects + e->n_imports == 0; }

/* ---- values of rows: values.c ---------------------------------------------------------------------------------------------- */
struct values_in { /* n values of rows that ascend; packing changes the arrays */
	size_t n;
	const uint32_t *row; /* not looked at when all rows have one */
	uint8_t *kind;       /* NULL with exponent: all are whole numbers */
	int8_t *exponent;
	int64_t *value;      /* code of a text, mantissa, bits of a double */
	const str *texts;
	size_t n_texts, text_bytes;
};
struct buf;
void values__pack(struct values_in *v, size_t rows, struct buf *out);
/* A view of packed bytes. False when they do not hold together. */
bool values__open(str packed, size_t rows, struct events_values *out);
unsigned values__width(int64_t least, int64_t most); /* bytes that hold the range */
struct events_raw values__raw(const void *p, unsigned width, int64_t base);
struct events_values values__plain(const void *p, unsigned width, size_t rows); /* of whole numbers */

struct property_arrays { /* n rows, on the heap: property__release */
	uint8_t *kind;
	struct decimal *number;
	double *real;
	uint32_t *text;
	str *dictionary;
	size_t dictionary_n;
};
void values__expand(const struct events_values *v, struct property_arrays *out);
void property__release(struct property_arrays *a);
struct value_arrays { /* what plain events_values point into: values__release */
	uint8_t *kind;
	int8_t *exponent;
	int64_t *value;
	uint32_t *text_ends;
	char *texts;
};
/* rows NULL: the first n. */
void values__gather(const struct events_values *v, const uint32_t *rows, size_t n, struct value_arrays *own, struct events_values *out);
void values__release(struct value_arrays *a);

/* ---- properties as they are read from bodies: property.c ------------------------------------------------------------------ */
struct property {
	str name;
	uint32_t *row;
	uint8_t *kind;
	int8_t *exponent;
	int64_t *value; /* code of a text, mantissa, bits of a double */
	size_t n, cap;
	struct map codes; /* text → code */
	str *texts;
	size_t n_texts, cap_texts, text_bytes;
	uint32_t last_code;
	struct property *next; /* which one followed it in the body read last */
};
struct properties {
	struct names *allowed;
	struct arena arena;
	struct map by_name; /* → index + 1 */
	struct property **all;
	size_t n, cap;
	struct json_reader *reader;
	struct property *first, *read; /* as next; the one read last in this body */
	bool counts_dropped;
};
void properties__init(struct properties *p, struct names *allowed, bool counts_dropped);
void properties__release(struct properties *p);
void properties__read(struct properties *p, uint32_t row, str body);
const struct property *properties__find(const struct properties *p, str name);
void property__put(struct property *p, uint32_t row, uint8_t kind, int64_t value, int8_t exponent); /* rows ascend; the last of a row holds */
uint32_t property__code(struct property *p, struct arena *a, str text); /* arena NULL: the text is kept where it is */
struct property *property__new(str name); /* the name is kept where it is */
void property__free(struct property *p);
struct values_in property__in(struct property *p);
/* Plain values of rows; texts included. */
void property__plain(const struct property *p, size_t rows, struct value_arrays *own, struct events_values *out);

/* ---- the memory table ------------------------------------------------------------------------------------------------------ */
struct chunk {
	struct chunk *next;
	size_t used, cap;
	char *data; /* 64-byte aligned, READ_SLACK behind cap: of the pool */
};
struct image { /* the first n rows of a slice, in order, as columns */
	_Atomic int refs;
	size_t n;
	struct columns columns;
	const struct log_event **rows;
	int64_t min_ms, max_ms;
	pthread_mutex_t lock; /* for properties */
	struct properties *properties;
	struct value_arrays *arrays;     /* by index in properties … */
	struct events_values *values;    /* … n 0: not yet */
	uint32_t *subjects, *first;      /* n_subjects + 1 */
	size_t n_subjects;
};
struct slice {
	const struct log_event *rows[SLICE_ROWS];
	struct image *image; /* the newest; under the table's image_lock */
};
struct table {
	_Atomic int refs;
	struct pool *pool;
	struct names *property_names;
	uint64_t start, end; /* positions; end is UINT64_MAX while events may still be added */
	struct chunk *chunks; /* newest first */
	size_t bytes;
	size_t appended, taken, published; /* rows, under the store's lock */
	uint64_t next_arrival; /* after the last row appended */
	struct slice **slices;
	size_t n_slices, cap_slices;
	struct keyset keys;
	pthread_mutex_t image_lock;
};
struct table *table__new(struct pool *pool, struct names *properties, uint64_t start, size_t expected_keys);
struct table *table__retain(struct table *t);
void table__release(struct table *t);
char *table__room(struct table *t, size_t bytes); /* at the end of the newest chunk, or of a new one */
void table__add(struct table *t, const struct log_event *e);
const struct log_event *table__row(const struct table *t, size_t i);
int table__compare(const struct log_event *a, const struct log_event *b);
void table__sort(const struct log_event **rows, size_t n);
struct image *table__image(struct table *t, struct slice *slice, size_t n); /* retained */
void image__release(struct image *image);
static inline str log_event_body(const struct log_event *e) { return (str){(const char *)(e + 1), e->body_bytes}; }

/* ---- segments ---------------------------------------------------------------------------------------------------------------- */
struct segment {
	_Atomic int refs;
	uint64_t number;
	char *path;
	struct os_map map;
	bool is_damaged;       /* could not be opened: nothing below is set */
	_Atomic bool has_failed; /* damage was met later */
	struct segment_footer footer;
	const struct section *sections;
	const char *names;
	const struct section *by_kind[SECTION_PROPERTY];
	size_t n;
	const uint32_t *subjects, *subject_rows;
	const uint32_t *filter;
	size_t filter_bytes;
	pthread_mutex_t lock;  /* for what is decoded */
	int viewers;           /* under lock */
	uint8_t checked[SECTION_PROPERTY];
	struct events_values *values;    /* by section: of columns and properties; n 0: not opened yet */
	const void *column[COLUMN_COUNT]; /* decoded, and those that lie in full width */
	void *owned[COLUMN_COUNT];
	struct property_arrays *properties; /* decoded, by section */
	size_t decoded_bytes;
	_Atomic size_t *decoded_total; /* of the store */
};
struct segments { /* immutable, shared */
	_Atomic int refs;
	size_t n;
	struct segment *v[];
};
struct segments *segments__new(struct segment **v, size_t n); /* retains each */
struct segments *segments__retain(struct segments *s);
void segments__release(struct segments *s);
/* Always gives a segment; damage is in is_damaged and in f. Errors are those of the system. */
enum err segment__open(const char *dir, uint64_t number, struct segment **out, struct fault *f) NODISCARD;
struct segment *segment__retain(struct segment *s);
void segment__release(struct segment *s);
void segment__trim(struct segment *s); /* drops what is decoded, unless a view is on it */
enum err segment__column(struct segment *s, enum column c, const void **out, struct fault *f) NODISCARD;
enum err segment__section(struct segment *s, enum section_kind kind, struct fault *f) NODISCARD; /* its hash, once */
bool segment__find(const struct segment *s, uint32_t subject, size_t *first, size_t *count);
bool segment__has_key(struct segment *s, uint32_t subject, struct subject_key key, const struct erased *erased);
enum err segment__raw(struct segment *s, enum section_kind kind, struct events_raw *out, struct fault *f) NODISCARD;
enum err segment__values(struct segment *s, enum section_kind kind, struct events_values *out, struct fault *f) NODISCARD;
/* found: whether the segment has it */
enum err segment__property(struct segment *s, str name, struct events_values *out, bool *found, struct fault *f) NODISCARD;
bool segment__has_property(const struct segment *s, str name);
enum err segment__property_arrays(struct segment *s, str name, struct property_arrays *out, bool *found, struct fault *f) NODISCARD;
struct block_reader { /* the block read last */
	size_t block; /* + 1; 0: none */
	size_t first_row, rows;
	char *raw;
	size_t cap;
};
enum err segment__body(struct segment *s, struct block_reader *r, size_t row, str *out, struct fault *f) NODISCARD; /* until the next call */
enum err segment__check(struct segment *s, events_report *report, void *arg) NODISCARD;
enum err segment__fail(struct segment *s, struct fault *f, const char *what);
void segment__path(char *path, size_t room, const char *dir, uint64_t number);

struct writer; /* makes one segment of rows that come in order */
struct writer *writer__new(const char *dir, uint64_t number, size_t rows_max, struct names *properties, bool counts_dropped);
void writer__add(struct writer *w, const struct log_event *e, str body);  /* body has READ_SLACK behind it; its properties are read */
void writer__copy(struct writer *w, const struct log_event *e, str body); /* its properties come by writer__put_property */
size_t writer__rows(const struct writer *w);
void writer__end_rows(struct writer *w);                                  /* then properties may be put */
void writer__put_property(struct writer *w, struct property *p);          /* its values change */
enum err writer__finish(struct writer *w, struct fault *f) NODISCARD; /* durable, but not yet listed */
void writer__free(struct writer *w);

/* ---- the store ------------------------------------------------------------------------------------------------------------------ */
struct log_file {
	uint64_t base, end; /* end: UINT64_MAX of the one being written */
};
struct waiter {
	events_done *done;
	void *arg;
};
struct waiters {
	struct waiter *v;
	size_t n, cap;
};
struct events {
	char *dir;
	size_t seal_events, seal_bytes;
	int64_t sync_interval_us, erase_within_ms;

	pthread_mutex_t work, manifest_lock, log_lock, lock;
	pthread_cond_t has_work, is_durable, background_wakes;
	bool is_woken; /* events_wake was called: the next wait (the appliers': there is one) ends at once */
	pthread_t sync_thread, background_thread;
	bool has_sync, has_background, is_closing, background_stops;

	/* under lock */
	uint64_t position, durable, next_arrival;
	uint32_t subjects_logged, types_logged, channels_logged;   /* in frames so far, written or not */
	uint32_t subjects_durable, types_durable, channels_durable;
	uint32_t subjects_taken, types_taken, channels_taken;
	struct table **tables; /* oldest first; the last takes what comes */
	size_t n_tables, cap_tables;
	struct segments *segments;
	struct erased *erased; /* hidden, still to be dropped */
	struct erased *erasing; /* under manifest_lock: what the manifest that is being written names; in force once that is durable */
	struct erased *gone;   /* imports undone earlier: nothing may come in under their numbers again */
	_Atomic uint64_t erased_version;
	struct waiters waiting;
	size_t pending_bytes;
	struct pending { /* what is to be written, in order; whole frames */
		char *p;
		size_t n;
	} *pending;
	size_t n_pending, cap_pending;
	uint64_t confirmed;
	int log_holds; /* while above 0 no log file goes */
	uint64_t syncs, appends_failed;
	int64_t seal_ns; /* what sealing took for an event of late, by the clock */
	bool wants_work; /* of the background thread, beside sealing */
	uint64_t position_looked_at; /* by the background thread: has anything come since? */

	/* under log_lock */
	struct log_file *files;
	size_t n_files, cap_files;
	int log_fd;
	_Atomic uint64_t log_base; /* of the file being written; read without the lock */
	uint64_t log_room; /* position up to which space is reserved in the file being written */
	uint64_t log_end;  /* position after what was written for good */
	off_t log_size_next;
	uint64_t spares[LOG_SPARES]; /* what their files are called */
	int n_spares;
	bool has_wound;     /* a write failed: what lies behind `wound` must be cut off before anything else is written */
	uint64_t wound;

	/* under manifest_lock */
	uint64_t sealed, sealed_arrival, next_segment;
	uint64_t sealed_for_good; /* as the manifest on the disk says */
	bool is_manifest_old;     /* writing it failed: the disk shows an earlier, also consistent state */
	uint32_t subjects_generation;
	uint64_t subjects_bytes;
	uint32_t subjects_written;
	int64_t erased_since_ms;

	struct names types, channels, properties;
	struct subjects subjects;
	struct pool pool;
	_Atomic size_t decoded_bytes;
	_Atomic uint64_t damaged;
};

/* events.c */
struct events *events__new(const struct events_options *o); /* empty, nothing read, no threads */
void events__free(struct events *ev);
/* log.c */
enum err log__write(struct events *ev, const struct pending *pieces, size_t n, uint64_t from, uint64_t durable);
void log__path(char *path, size_t room, const char *dir, uint64_t base);
bool log__frame_is_valid(const struct log_frame *frame, size_t room, uint64_t position); /* entries, too */
uint64_t log__frame_hash(const struct log_frame *frame);
uint64_t log__header_hash(const struct log_header *h);
enum err log__end_file(struct events *ev); /* what is written next goes to a new file */
enum err log__trim(struct events *ev, uint64_t before);
enum err log__drop_spares(struct events *ev);
/* recover.c */
enum err log__recover(struct events *ev, struct fault *f) NODISCARD;
enum err log__list(const char *dir, struct log_file **out, size_t *n, struct fault *f) NODISCARD;
/* Calls visit for each whole frame from `from` on; *end is where the log ends. ERR_CORRUPT names the file. */
typedef enum err log__visit(void *arg, const struct log_frame *frame);
enum err log__scan(const char *dir, struct log_file *files, size_t n, log__visit *visit, void *arg, uint64_t *end, struct fault *f) NODISCARD;
/* append.c, sync.c */
void append__replay(struct events *ev, const struct log_frame *frame);
void append__new_table(struct events *ev);
void *sync__run(void *ev);
/* manifest.c */
enum err manifest__read(struct events *ev, struct fault *f) NODISCARD;
enum err manifest__write(struct events *ev, const char *dir) NODISCARD; /* under manifest_lock */
enum err manifest__write_subjects(struct events *ev, struct fault *f) NODISCARD;
enum err manifest__read_subjects(struct events *ev, struct fault *f) NODISCARD;
void manifest__subjects_path(char *path, size_t room, const char *dir, uint32_t generation);
enum err manifest__commit(struct events *ev, struct fault *f) NODISCARD; /* the same, in its own directory */
uint64_t manifest__next_segment(struct events *ev);                             /* takes manifest_lock */
void manifest__remove_leftovers(struct events *ev); /* files that it does not name; nobody may be making one */

/* Opens a segment that was just written; one that does not read back whole is an error here. segment.c */
enum err segment__open_made(struct events *ev, uint64_t number, struct segment **out, struct fault *f) NODISCARD;

/* background.c */
void *background__run(void *ev);
bool background__seal_due(struct events *ev);        /* under lock */
enum err background__seal(struct events *ev, struct fault *f) NODISCARD; /* the oldest full table; under work */
enum err background__merge_due(struct events *ev, struct fault *f) NODISCARD; /* until nothing is due; under work */
void background__trim(struct events *ev);            /* the log; under work */
/* merge.c: one segment of all, or one for each stretch of time, without what is erased; replaces them. Under work. */
enum err merge__run(struct events *ev, struct segment **from, size_t n, const struct erased *erased, struct fault *f) NODISCARD;
/* merge_choose.c: up to MERGE_FAN that should become one; 0 when none. */
size_t merge__choose(const struct segments *segments, struct segment **out);
/* compact.c */
enum err compact__run(struct events *ev, struct fault *f) NODISCARD; /* takes work */
#endif
