/* mark.h: marks on time: what happened, ours or from outside, that figures may follow: campaigns, releases, price changes,
 * outages, strikes, holidays. Entered by hand, brought in by a file, or read from events that are marks by themselves.
 * Charts over time draw them, and a change is laid beside them: what stands near is told, and that nothing does, too.
 * A mark near a change is an explanation to look into, never a proof, and the words say so.
 * Invariant: a mark of one day, kind and title is there once. */
#ifndef MARK_MARK_H
#define MARK_MARK_H
#include "http/web.h"

enum mark_kind { MARK_CAMPAIGN, MARK_RELEASE, MARK_PRICE, MARK_OUTAGE, MARK_POLICY, MARK_COMPETITOR, MARK_STRIKE, MARK_HOLIDAY, MARK_WEATHER, MARK_OTHER, MARK_KIND_COUNT };
extern const char *const MARK_KINDS[]; /* "campaign" …, NULL */
bool mark_kind_find(str name, int *out);
bool mark_kind_is_outside(int kind); /* what is meant unless it is said */

enum mark_origin { MARK_BY_HAND, MARK_FROM_FILE, MARK_FROM_EVENT };
struct mark {
	id id;             /* 0: read from an event */
	int kind;
	str title, note;
	int64_t from, to;  /* first and last day (DESC_DATE); to is DESC_NULL_INT of a single one */
	bool is_outside;
	int origin;
	str source;        /* who entered it, the file's name, or the event's */
};
extern const struct desc MARK_DESC, MARKS_DESC, MARK_INPUT_DESC, MARK_EVENT_INPUT_DESC, MARK_NEAR_DESC;

/* Those that touch a day from first to last, earliest first; rows owned by op. */
enum err mark_between(struct op *op, int64_t first_day, int64_t last_day, struct mark **out, size_t *n) NODISCARD;
/* ERR_CONFLICT when one of its day, kind and title is there. m->id is set. */
enum err mark_add(struct op *op, struct mark *m) NODISCARD;
/* ERR_NOT_FOUND, ERR_CONFLICT. */
enum err mark_change(struct op *op, const struct mark *m) NODISCARD;
enum err mark_remove(struct op *op, id mark) NODISCARD;  /* ERR_NOT_FOUND; can be undone */
enum err mark_restore(struct op *op, id mark) NODISCARD; /* ERR_NOT_FOUND */

/* Which marks lie near a change that began on first_day and lasted to last_day, those nearest to its beginning first: a cause
 * comes before what follows it, so a mark counts from MARK_DAYS_BEFORE days before the beginning to the end of the change.
 * finding says it in words: mark_near_own, mark_near_outside, mark_near_several, or mark_near_unknown when nothing fits. */
enum { MARK_DAYS_BEFORE = 14 };
struct mark_near {
	struct msg finding;
	bool is_unknown;
	LIST_OF(struct mark) rows;
};
enum err mark_near(struct op *op, int64_t first_day, int64_t last_day, struct mark_near *out) NODISCARD;

/* Events that are marks: every day on which one came is a mark, titled by its property name, title or campaign, else by the event.
 * Of events of customers only those count that may be analysed. */
struct mark_event {
	str event;
	int kind;
	bool is_outside;
};
enum { MARK_EVENTS_MOST = 400 };
enum err mark_events_between(struct op *op, const struct mark_event *rules, size_t n_rules, int64_t first_day, int64_t last_day, struct mark **out, size_t *n) NODISCARD;

/* A CSV file with the columns title (or name), kind, from (or date, start), to (or end), outside, note. Rows that cannot be read
 * are told by line; the same file again adds nothing. */
struct mark_file {
	int64_t added, known, rejected;
	LIST_OF(struct msg) rejects; /* the first ones */
};
enum err mark_read_file(struct op *op, str file_name, str bytes, struct mark_file *out) NODISCARD; /* ERR_MALFORMED: no such columns */

/* Handlers. */
enum err mark_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_change_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_remove_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_restore_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_file_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_event_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_event_remove_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err mark_near_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
#endif
