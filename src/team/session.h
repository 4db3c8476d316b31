/* session.h: who a request is: a person with a session cookie, a program with a secret key, or nobody. */
#ifndef TEAM_SESSION_H
#define TEAM_SESSION_H
#include "http/web.h"

/* Sets the op's actor, permissions and locale, and w's csrf and session. Nobody is no error; a key or session that no longer
 * holds is nobody. Runs before the op's own work; reads through an op of its own or memory. */
enum err session_authenticate(struct op *op, struct web *w) NODISCARD;
/* Whether an unsafe request of this session may act: the token in the form's `csrf` field or X-CSRF-Token, and no foreign
 * Origin. Programs with a key always may. */
bool session_is_genuine(const struct op *op, const struct web *w);
/* A link that signs the owner in once, within an hour; the first time it leads to set-up. *path: "/start/…". */
enum err session_owner_link(struct op *op, str *path) NODISCARD;
#endif
