/* authres.h: what the server that took a mail says of its sender (Authentication-Results, RFC 8601). Pure. */
#ifndef MAIL_AUTHRES_H
#define MAIL_AUTHRES_H
#include "base/arena.h"
#include "base/str.h"

enum authres {
	AUTHRES_UNKNOWN, /* nothing is said, or by nobody who is believed */
	AUTHRES_PASSED,  /* the address stands behind it: DMARC passed, or a signature or envelope of its domain or of one above it */
	AUTHRES_FAILED,  /* it does not: DMARC failed, or SPF or DKIM did and nothing of its domain passed */
};
/* fields: values of the header, the topmost first. server: whose word is taken, as it names itself there. Without one nothing passes, since anybody may
 * write the header, and only the topmost is heard: who writes a failing one harms nobody but themselves. from: the address. */
enum authres authres_read(struct arena *a, const str *fields, size_t n, str server, str from);
#endif
