/* tries.h: the defence against guessed passwords: tries are counted per e-mail and per address, durably, and past setting
 * sign_in_tries in a quarter of an hour one has to wait. */
#ifndef TEAM_TRIES_H
#define TEAM_TRIES_H
#include "http/web.h"
#include "team/team.h"

/* Counts a try for this e-mail from w's address, in a transaction of its own that is committed before it returns, and reads
 * the person of that e-mail (p->id 0: nobody), texts in op's arena. *wait_ms > 0: too many tries; not counted. Call it
 * before op's own first use of records. */
enum err tries_begin(struct op *op, const struct web *w, str email, int64_t *wait_ms, struct person *p) NODISCARD;
/* The password was right: takes the e-mail's tries away, in op's own transaction. */
enum err tries_forgive(struct op *op, str email) NODISCARD;
/* Tells the client to wait (Retry-After) and gives the words. */
struct msg tries_wait(struct op *op, const struct web *w, int64_t wait_ms);
/* An address as it may be kept to count by: a keyed hash, of an IPv6 address that of its network. about: apart from other counts. */
str tries_address_hash(struct op *op, const char *about, str peer);
#endif
