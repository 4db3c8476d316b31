/* session.h: who a request is: a person with a session cookie, a program with a secret key, or nobody.
 *
 * A session is a token of 256 bits in a cookie; only its keyed hash is stored. It is new at every sign-in, slides with use
 * (setting session_days) and can be ended from elsewhere, at once: sessions in use are held in memory, and whatever ends or
 * changes one drops it there after its commit. */
#ifndef TEAM_SESSION_H
#define TEAM_SESSION_H
#include "http/web.h"

struct sessions; /* those in use, in memory; app->sessions */
struct sessions *sessions_new(void);
void sessions_free(struct sessions *s);

/* Sets the op's actor, permissions and locale, and w's csrf and session. Nobody is no error; a key or session that no longer
 * holds is nobody. Runs before the op's own work; reads through an op of its own or memory. */
enum err session_authenticate(struct op *op, struct web *w) NODISCARD;
/* Sets the actor and permissions alone and writes nothing: for what is asked on an I/O thread. */
enum err session_recognise(struct op *op, struct web *w) NODISCARD;
/* Whether an unsafe request of this session may act: the token in the form's `csrf` field or X-CSRF-Token, and no foreign
 * Origin. Programs with a key always may. */
bool session_is_genuine(const struct op *op, const struct web *w);
/* A link that signs the owner in once, within an hour; the first time it leads to set-up. *path: "/start/…". */
enum err session_owner_link(struct op *op, str *path) NODISCARD;
/* Uses such a link up. ERR_GONE when it is unknown, used or too old. */
enum err session_use_owner_link(struct op *op, str token) NODISCARD;

/* Signs the person in on this browser: a new token, and the session that it had before ends. */
enum err session_begin(struct op *op, struct web *w, id person) NODISCARD;
/* Ends one session of a person. ERR_NOT_FOUND. */
enum err session_end(struct op *op, id session, id person) NODISCARD;
/* Ends all sessions of a person but `except` (0: all). */
enum err session_end_of(struct op *op, id person, id except) NODISCARD;
/* Lets what is held in memory of a person go after the commit: their role, name or language changed. */
void session_person_changed(struct op *op, id person);
/* Keyed hash of a token, for links (kind keeps the uses apart); in the op's arena. */
str session_hash(struct op *op, const char *kind, str text);
/* 256 random bits as text, in the op's arena. */
str session_token(struct op *op);
#endif
