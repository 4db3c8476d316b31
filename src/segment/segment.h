/* segment.h: stored conditions of customers, with a name and an owner. Who belongs to one is asked of the events and records as
 * they are: the answer is kept while nothing changed and asked again as soon as the log moved on, and it carries its time.
 * Segments are named in questions, {"segment":"seg_…"}, and choose on the customers page. */
#ifndef SEGMENT_SEGMENT_H
#define SEGMENT_SEGMENT_H
#include "http/web.h"

struct segment {
	id id;
	str name, description;
	str condition;     /* JSON, of customers alone (docs/api.md) */
	str form;          /* query of the page that it was built on; "" when it came as JSON */
	str owner;
	int64_t changed_at;
};
extern const struct desc SEGMENTS_DESC, SEGMENT_DESC, SEGMENT_NEW_DESC, SEGMENT_INPUT_DESC;

/* The customers of a condition; kept, valid until op ends. */
struct segment_members {
	int64_t customers, asked_at_ms;
	bool is_partial;
	uint32_t n_customers;
	const uint8_t *is_member; /* by number of the customer */
};
/* ERR_INVALID names what the condition has wrong. */
enum err segment_members(struct op *op, str condition, const struct segment_members **out) NODISCARD;
static inline bool segment_has(const struct segment_members *m, uint32_t customer) { return customer <= m->n_customers && m->is_member[customer]; }

enum err segment_all(struct op *op, struct segment **out, size_t *n) NODISCARD;             /* by name; owned by op */
enum err segment_get(struct op *op, id segment, struct segment *out) NODISCARD;             /* ERR_NOT_FOUND */
enum err segment_add(struct op *op, struct segment *s) NODISCARD;                           /* s->id is set. ERR_INVALID */
enum err segment_change(struct op *op, const struct segment *s) NODISCARD;                  /* ERR_NOT_FOUND, ERR_INVALID */
enum err segment_remove(struct op *op, id segment) NODISCARD;                               /* ERR_NOT_FOUND; can be undone */
enum err segment_restore(struct op *op, id segment) NODISCARD;

enum err segment_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_new_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_show_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_change_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_remove_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_restore_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err segment_csv_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
#endif
