/* identity.h: what a customer is known by, and which identities are one customer.
 *
 * Subjects are joined by edges with rule and evidence; a customer is a connected set of subjects. Rules, in order:
 *   first_user   an anonymous id joins the first user id seen with it, and no other
 *   alias        the sender says that two ids are one person
 *   external_id  an id of a named outside system
 *   email, phone normalised; only profiles without conflicting user ids
 *   by_hand      a person joined two profiles
 * Two user ids of one source are never joined: such a join becomes a suggestion. A profile holds at most IDENTITY_MOST
 * identities of a kind; past that the value goes on the illegal list. Undone joins stay undone.
 * The functions that write need people_lock and a write op. */
#ifndef CUSTOMER_IDENTITY_H
#define CUSTOMER_IDENTITY_H
#include "events/events.h"
#include "op/op.h"

enum { IDENTITY_MOST = 50 };

/* The keyed hash (SipHash-2-4, 128 bits) under which the event store and the suppression list know an identity.
 * value: normalised; kind and value together at most 1023 bytes. */
struct subject_key identity_key(const struct app *app, str kind, str value);

struct identity {
	uint32_t subject;
	str kind, value, shown;
};

/* The subject has a customer afterwards: its own, made now, when it had none. Counts source as one that used it. */
enum err identity_note(struct op *op, const struct identity *i, uint16_t source, int64_t seen_ms) NODISCARD;
/* For a replay in this op: an identity that comes again is born as the customer it was (id of customer, by subject; 0: a
 * new one), whose row still stands. */
void identity_reborn(struct op *op, const id *born, size_t n);
/* One customer again, for an edge by hand that still stands. Nothing when a conflict forbids it. */
enum err identity_rejoin(struct op *op, uint32_t a, uint32_t b) NODISCARD;
/* Joins the customers of a and b for a reason, or keeps a suggestion, or does nothing (already one; undone before). */
enum err identity_join(struct op *op, uint32_t a, uint32_t b, const char *rule, str evidence, str by) NODISCARD;
/* Joins them because a person says so; a join of the same two that was undone holds again. ERR_STATE when they are one, or
 * when a conflict forbids it, in words. */
enum err identity_join_by_hand(struct op *op, uint32_t a, uint32_t b, str by) NODISCARD;

/* Whether two customers may become one. */
enum identity_conflict_kind { IDENTITY_FREE, IDENTITY_TWO_USERS, IDENTITY_TOO_MANY };
struct identity_conflict {
	enum identity_conflict_kind kind;
	str first, second; /* the two user ids of one source: of a, of b */
	str of;            /* the kind of which there would be too many */
};
enum err identity_conflict(struct op *op, id a, id b, struct identity_conflict *out) NODISCARD;

/* Takes an identity out of its customer: takes back the edges that hold it to the part with the oldest subject, which
 * keeps the id (*from). The rest falls into what other edges still hold together; each part gets back the id that its
 * oldest identity began with, or a new one (*to: that of the identity). ERR_NOT_FOUND; ERR_STATE for the oldest itself. */
enum err identity_separate(struct op *op, uint32_t subject, str by, id *from, id *to) NODISCARD;
/* Writes what identity_note put off (rows go in bulk). Call before reading these rows and before the commit. */
enum err identity_flush(struct op *op) NODISCARD;

/* What finds and sorts a customer by an identity: adds its words; the sort key of who has no name, behind all names. */
struct buf;
void identity_words(struct arena *a, struct buf *words, str kind, str value, str shown);
str identity_sort_key(struct arena *a, str shown);
#endif
