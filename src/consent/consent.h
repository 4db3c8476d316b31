/* consent.h: what customers agreed to, per purpose, with time, source and wording.
 *
 * A fresh directory has five purposes: service (needs no consent), analytics, marketing, profiling, sharing. Purposes are
 * bits; a customer's state is the strictest of its subjects'. How a word was given decides what it may override:
 *   carried  came along with an ordinary event (context.consent): a grant overrides only a refusal that was carried too
 *   stated   an event that says so ("Segment Consent Preference Updated"), a file, or a person on the profile page:
 *            the latest statement of a subject holds
 * A refusal always holds at once. */
#ifndef CONSENT_CONSENT_H
#define CONSENT_CONSENT_H
#include "op/op.h"

enum purpose { PURPOSE_SERVICE, PURPOSE_ANALYTICS, PURPOSE_MARKETING, PURPOSE_PROFILING, PURPOSE_SHARING, PURPOSE_FIRST_OWN };
#define PURPOSE_BIT(p) (1u << (p))
#define PURPOSES_ASSURED_DEFAULT (PURPOSE_BIT(PURPOSE_SERVICE) | PURPOSE_BIT(PURPOSE_ANALYTICS))
#define PURPOSES_NEVER_ASSURED (PURPOSE_BIT(PURPOSE_MARKETING) | PURPOSE_BIT(PURPOSE_PROFILING) | PURPOSE_BIT(PURPOSE_SHARING))

struct purposes; /* the names and aliases, in memory */
struct purpose_row {
	int64_t bit;
	str name, title, aliases;
	bool is_enforced;
};
extern const struct desc PURPOSE_ROW_DESC;

/* Reads them, adding the five of a fresh directory when there are none. */
enum err purposes_load(struct op *op, struct purposes **out) NODISCARD;
void purposes_free(struct purposes *p);
/* The bit of a category name (case and separators do not count; aliases too); -1 when no purpose answers to it. */
int purpose_find(const struct purposes *p, str category);
/* A new purpose, enforced, with the next free bit. ERR_STATE when all are taken. The names in memory follow the commit. */
enum err purpose_add(struct op *op, str name, str title) NODISCARD;
/* Changes title and aliases. */
enum err purpose_save(struct op *op, const struct purpose_row *row) NODISCARD;
enum err purpose_list(struct op *op, struct purpose_row **out, size_t *n) NODISCARD;

struct consent_word {
	uint32_t subject;
	int purpose;
	bool is_granted;
	int64_t at_ms;
	const char *how; /* carried, stated, file, hand */
	int64_t source;
	str wording, actor;
};
/* Writes the ledger and the state, unless it changes nothing. *changed tells whether the state did; the caller refreshes the
 * customer (customer_refresh_consent). */
enum err consent_say(struct op *op, const struct consent_word *w, bool *changed) NODISCARD;
enum err consent_note_category(struct op *op, str category) NODISCARD;
#endif
