/* segment.h: Segment's HTTP tracking protocol (protocols.md 4.1) → touchpoints. Pure: a body in, a list out.
 *
 * Invariants: a body is taken or refused as a whole where its JSON is broken or too large; past that, one bad event rejects
 * only itself. Nothing is handed out before the whole body is read, because clients put sentAt and writeKey last. */
#ifndef COLLECT_SEGMENT_H
#define COLLECT_SEGMENT_H
#include "collect/touchpoint.h"

struct arena;
struct json_reader;

enum segment_endpoint { SEGMENT_TRACK, SEGMENT_IDENTIFY, SEGMENT_PAGE, SEGMENT_SCREEN, SEGMENT_GROUP, SEGMENT_ALIAS, SEGMENT_BATCH };
/* The last part of the path: "track" or "t", …, "batch", "b" or "import". */
bool segment_endpoint(str word, enum segment_endpoint *out);

struct segment_options {
	size_t event_bytes, body_bytes, body_events; /* 32 KB, 500 KB, 2,500 as Segment has them: SEGMENT_OPTIONS */
	int64_t received_ms;
	/* Live: times are corrected by sentAt, later than arrival + 24 h becomes the arrival (is_clamped), before 1900 is
	 * rejected. Else (a file): times stand as they are, 1900 to 2100. */
	bool is_live;
	bool is_stored; /* a body of the log, judged when it came: its time is the record's, whatever the body says */
};
extern const struct segment_options SEGMENT_OPTIONS; /* the documented limits, live; received_ms is yours to set */

enum { SEGMENT_EVENT_NAME_BYTES = 200, SEGMENT_MESSAGE_ID_CHARACTERS = 100 };

/* One event of the body, in its order. reason is NULL for a touchpoint; else why it was rejected:
 *   malformed       no object, or a field that the call needs is not there (groupId, previousId)
 *   bad_type        no or unknown type in a batch
 *   bad_event       track without a name, or a name over 200 bytes
 *   bad_message_id  over 100 characters
 *   bad_time        no time, or outside the range
 *   too_large       over event_bytes */
struct segment_item {
	struct segment_item *next;
	size_t index;
	const char *reason;
	str message_id; /* also of the rejected */
	struct touchpoint touchpoint;
};
struct segment_body {
	str write_key; /* from the body or its first event that has one; absent when none; never part of touchpoint.raw */
	size_t n;
	struct segment_item *first;
};

/* body needs JSON_PADDING readable bytes behind it and must outlive *out, whose texts point into it or into a.
 * For a batch endpoint a body without "batch" is one event with its type (a line of a file), and the other way round
 * a body with "batch" is a batch anywhere. ERR_MALFORMED with where (a byte), ERR_TOO_LARGE. */
enum err segment_read(struct json_reader *r, struct arena *a, str body, enum segment_endpoint endpoint, const struct segment_options *o,
                      struct segment_body *out, struct fault *f) NODISCARD;
/* A time as clients send it: ISO 8601 (UTC where it names no zone), or milliseconds since 1970 as digits. */
bool segment_time(str text, int64_t *ms);
#endif
