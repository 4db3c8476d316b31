/* verbatim.h: what customers wrote otherwise than in answers and mentions: messages, reviews, calls that were noted. Derived from
 * touchpoints, which stay the truth; a row is put once, when the touchpoint is applied, with how its text was read.
 * Invariant: what no purpose allows, or whose customer was erased, has none. */
#ifndef READING_VERBATIM_H
#define READING_VERBATIM_H
#include "events/events.h"
#include "op/op.h"

struct json_node;
struct text_own;
/* The words that a touchpoint's properties hold (text, comment, message, …); absent without any. */
str verbatim_words(const struct json_node *properties);
/* Whether the event may hold words of a customer: by its name, then by the members that its body names. Cheap; rather too often. */
bool verbatim_may(str event, str body);
/* Whether a property of this name may hold them. */
bool verbatim_is_named(str property);
/* Its row, if it holds any; the same one again changes nothing. */
enum err verbatim_apply(struct op *op, const struct text_own *own, const struct event *e) NODISCARD;
enum err verbatim_forget_import(struct op *op, int64_t import) NODISCARD;
enum err verbatim_forget_subject(struct op *op, uint32_t subject) NODISCARD;

/* Touchpoints that are there already and have no row, as one view of the store shows them. */
struct verbatim_walk {
	struct events_view *view; /* opened by whoever walks */
	size_t part, row;
	bool is_done;
};
/* Puts the next `most` rows, or the rest of a part. */
enum err verbatim_collect(struct op *op, struct verbatim_walk *walk, size_t most) NODISCARD;
#endif
