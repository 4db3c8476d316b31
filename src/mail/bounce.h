/* bounce.h: what a mail server reports of a message some time after it took it: that it failed (RFC 3464, 6522, 3463), or that
 * who got it complained (RFC 5965). */
#ifndef MAIL_BOUNCE_H
#define MAIL_BOUNCE_H
#include "base/arena.h"
#include "base/str.h"

enum bounce_verdict {
	BOUNCE_NONE,         /* no report, one of a delay or of success, or of no message that can be told */
	BOUNCE_NO_RECIPIENT, /* failed: X.1.x, 5.2.1, 5.4.4, or 5.0.0 */
	BOUNCE_REFUSED,      /* failed for another reason: full, too large, by policy, too long on the way */
	BOUNCE_COMPLAINT,    /* who got it called it unwanted; status is the type of the feedback: abuse, fraud, opt-out */
};
struct bounce {
	enum bounce_verdict verdict;
	str message_id; /* of the message it is about, without its angle brackets */
	str status;     /* "5.1.1" */
	str words;      /* what the other server said, one line of at most 300 bytes; may be empty */
};
/* A whole message, or its beginning. All of out lies in the arena. Anything at all may be given. */
void bounce_read(struct arena *a, str message, struct bounce *out);
#endif
