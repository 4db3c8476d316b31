/* mention.h: what is kept of what was heard. */
#ifndef LISTEN_MENTION_H
#define LISTEN_MENTION_H
#include "listen/heard.h"
#include "op/op.h"

#define LISTENING_SOURCE "Listening" /* of src/collect: whence the touchpoints come */
enum { MENTION_QUOTE = 600 }; /* bytes of the words; the rest stands behind the link */

/* Within op's transaction, which must be committed after. *added: those that were not known. Newest last or first alike. */
enum err mention_keep(struct op *op, id source, const struct heard_list *heard, int64_t *added) NODISCARD;
enum err mention_forget_subject(struct op *op, uint32_t subject) NODISCARD;
#endif
