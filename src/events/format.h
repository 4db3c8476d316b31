/* format.h: what lies on the disk. DESIGN.md describes it; every number is little endian and naturally aligned. */
#ifndef EVENTS_FORMAT_H
#define EVENTS_FORMAT_H
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the files are little endian");

/* ---- the log: a header, then frames; a frame is one atomic append ------------------------------------------------------ */
enum { LOG_VERSION = 1, LOG_FRAME_MAGIC = 0x4d52464c, LOG_FRAME_MAX = 1 << 30 };
#define LOG_MAGIC "HOSPLOG1"
struct log_header { /* position p lies at file offset sizeof(struct log_header) + p - base */
	char magic[8];
	uint32_t version, zero;
	uint64_t base; /* position of the first frame */
	uint64_t unused[4];
	uint64_t hash; /* of all before it */
};
_Static_assert(sizeof(struct log_header) == 64, "log header");

enum { FRAME_DERIVES = 1 }; /* holds a note or an event with EVENT_DERIVES */
struct log_frame {
	uint32_t magic, bytes; /* bytes: with this header, a multiple of 8 */
	uint64_t hash;         /* of what follows, seeded with bytes */
	uint64_t position;
	uint64_t synced;       /* durable when this frame was written: all before it had been acknowledged */
	uint32_t flags, zero;
};
_Static_assert(sizeof(struct log_frame) == 40, "log frame");

enum entry_kind { ENTRY_EVENT = 1, ENTRY_NOTE, ENTRY_SUBJECT, ENTRY_TYPE, ENTRY_CHANNEL, ENTRY_GONE };
struct log_entry { /* what every entry begins with */
	uint32_t bytes; /* with this header and its padding, a multiple of 8 */
	uint8_t kind, flags;
	uint16_t code;  /* of the type, the channel; of an event: its type */
};
struct log_event {
	uint32_t bytes;
	uint8_t kind, flags;
	uint16_t type;
	uint32_t subject, import;
	int64_t time_ms, received_ms;
	uint64_t key_a, key_b;
	uint64_t arrival;
	uint32_t purposes;
	uint16_t channel, source;
	uint32_t body_bytes, zero;
	/* the body */
};
_Static_assert(sizeof(struct log_event) == 72, "log event");
struct log_text { /* note, type, channel */
	struct log_entry entry;
	uint32_t text_bytes, zero;
};
struct log_subject {
	struct log_entry entry;
	uint32_t number, zero;
	uint64_t a, b; /* 0, 0: erased */
};

/* ---- the keys of the subjects: blocks appended at each seal -------------------------------------------------------------- */
enum { SUBJECTS_MAGIC = 0x4a425553 };
struct subjects_block {
	uint32_t magic, first, n, zero;
	uint64_t hash; /* of the keys, seeded with first */
};

/* ---- a segment: header, bodies, columns, footer, trailer ----------------------------------------------------------------- */
enum { SEGMENT_VERSION = 2, SEGMENT_ALIGN = 64 };
#define SEGMENT_MAGIC "HOSPSEG2"
struct segment_header {
	char magic[8];
	uint32_t version, zero;
	uint64_t number;
	uint64_t unused[4];
	uint64_t hash;
};
_Static_assert(sizeof(struct segment_header) == 64, "segment header");

enum section_kind {
	/* one number a row, `width` bytes each */
	SECTION_TIME, SECTION_RECEIVED, SECTION_ARRIVAL,
	SECTION_TYPE,     /* the place of the type's code in SECTION_TYPES */
	/* values: struct values_header */
	SECTION_CHANNEL, SECTION_SOURCE, SECTION_PURPOSES, SECTION_IMPORT, SECTION_FLAGS,
	SECTION_TYPES,    /* codes of the types that occur, ascending: uint16_t */
	SECTION_SUBJECTS, /* distinct subjects, then the first row of each and the number of rows: uint32_t */
	SECTION_KEYS,     /* message keys ordered by (subject, key) */
	SECTION_KEY_ROWS, /* the row of each */
	SECTION_FILTER,   /* split-block bloom filter of the keys */
	SECTION_BODIES,   /* blocks; each has its own hash in SECTION_BLOCKS, this section has none */
	SECTION_BLOCKS,
	SECTION_PROPERTY, /* values, one section a property name */
	SECTION_KINDS
};
struct section {
	uint32_t kind;
	uint32_t width;  /* of one number a row: bytes a value, 0 when all equal base; value = base + unsigned */
	uint64_t offset, bytes, hash;
	int64_t base;
	uint32_t name_at, name_bytes; /* in the names behind the sections */
};
_Static_assert(sizeof(struct section) == 48, "section");
struct segment_footer {
	uint32_t version, n_sections;
	uint64_t rows;
	int64_t min_ms, max_ms;
	uint64_t min_arrival, max_arrival;
	uint32_t n_subjects, names_bytes;
	uint64_t zero;
	/* sections, names */
};
_Static_assert(sizeof(struct segment_footer) == 64, "segment footer");
struct segment_trailer {
	uint64_t footer_at, footer_bytes, footer_hash;
	char magic[8];
};
struct segment_block { /* rows first_row up to the next block's; unpacked: uint32_t length of each text, then the texts */
	uint64_t offset;   /* in the file */
	uint32_t bytes, raw_bytes, first_row, rows; /* bytes = raw_bytes: not compressed */
	uint64_t hash;
};
_Static_assert(sizeof(struct segment_block) == 32, "segment block");

/* Values of rows. A row may have none (set `present`), and rows that follow each other may share one (set `starts`, over
 * the rows that have one). value = base + unsigned of `width` bytes. */
enum set_form { SET_NONE, SET_BITS, SET_LOW_BYTES };
struct values_header {
	uint32_t present, stored;  /* rows that have a value; values after equal neighbours became one */
	uint32_t texts, text_bytes;
	int64_t base;
	uint8_t width;             /* 0 to 8 */
	uint8_t present_form, starts_form; /* enum set_form; none: all rows have one, each row has its own */
	uint8_t kind;              /* of all; 0: one byte each */
	int8_t exponent;           /* of all decimals, unless … */
	uint8_t has_exponents;     /* … one byte each */
	uint8_t zero[2];
	/* each aligned to 8: the sets (members before each 256 and all: uint32_t; then bits as uint64_t, in whole 256, or low bytes), values, kinds,
	 * exponents, text ends uint32_t, texts */
};
_Static_assert(sizeof(struct values_header) == 32, "values header");

/* ---- the manifest ----------------------------------------------------------------------------------------------------- */
enum { MANIFEST_VERSION = 1 };
#define MANIFEST_MAGIC "HOSPMAN1"
#endif
