/* normalise.h: identities as they are compared. What was sent is kept in the event; what is matched is this form.
 *
 *   user id, anonymous id, external id: trimmed, NFC
 *   e-mail: trimmed, ASCII letters in lower case
 *   phone: "+" and digits (E.164) where the country is known, else the digits as given
 *
 * The illegal list (protocols.md 4.2) holds what broken clients send in place of an id: joining by it would melt strangers
 * into one profile. It is applied to live sources only: a file's external ids are never illegal. */
#ifndef COLLECT_NORMALISE_H
#define COLLECT_NORMALISE_H
#include "base/str.h"

enum identity_kind { IDENTITY_USER_ID, IDENTITY_ANONYMOUS_ID, IDENTITY_EMAIL, IDENTITY_PHONE, IDENTITY_EXTERNAL, IDENTITY_KINDS_COUNT };
extern const char *const IDENTITY_KINDS[]; /* "user_id", "anonymous_id", "email", "phone", "external", NULL */

enum { IDENTITY_MAX_BYTES = 512 };

enum normalised { NORMALISED, NORMALISED_EMPTY, NORMALISED_ILLEGAL, NORMALISED_MALFORMED, NORMALISED_TOO_LONG };

struct normalise_rules {
	bool is_live; /* the illegal list holds */
	str country;  /* ISO 3166-1 alpha-2, for phone numbers without a country; absent = unknown */
};

/* *out points into raw or the arena; it is set only for NORMALISED. */
enum normalised normalise_identity(struct arena *a, enum identity_kind kind, str raw, const struct normalise_rules *rules, str *out) NODISCARD;
/* Whether a (trimmed) id stands on the illegal list, in any case and also inside quotes. */
bool normalise_is_illegal(str value);
#endif
