/* quoted.h: what of a mail's text its sender wrote, and what was folded away: quotations of what went before at the end, the line
 * that introduces them, signatures, footers of lists. What is quoted between answers stays, since the answers lean on it. Pure. */
#ifndef MAIL_QUOTED_H
#define MAIL_QUOTED_H
#include "base/arena.h"
#include "base/str.h"

struct quoted {
	str said;   /* may be empty: nothing but a quotation */
	str folded; /* what follows it, as it stood; may be empty */
};
/* Both are parts of text. */
struct quoted quoted_fold(struct arena *a, str text);
#endif
