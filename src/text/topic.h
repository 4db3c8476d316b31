/* topic.h: topics as queries that people can read and change, in every language at once.
 *   name TAB query        a line each; a name may be a path ("delivery/late"); lines that begin with # are passed over
 * A query is words that must all stand in the text, in any order:
 *   late                  the word; in scripts without spaces: the letters, wherever they stand
 *   deliver*              words that begin so
 *   "not arriv*"          words behind each other
 *   late ~5 parcel        at most 5 words (in scripts without spaces: letters) between them
 *   -free                 must not stand in it
 * A text has a topic when one of its queries fits. Words are folded like texts (fold.h). Never changes; may be shared. */
#ifndef TEXT_TOPIC_H
#define TEXT_TOPIC_H
#include "base/err.h"
#include "text/fold.h"

struct topics;
enum { TOPICS_MOST = 500, QUERIES_MOST = 20000, QUERY_TERMS = 16, TOPIC_NAME_BYTES = 80 };

/* ERR_INVALID "line N" with the reason; ERR_TOO_LARGE. Free with topics_free. */
enum err topics_new(str text, struct topics **out, struct fault *f) NODISCARD;
/* The key of i18n that tells a reason of topics_new's fault. */
const char *topic_reason_key(const char *text);
void topics_free(struct topics *t);
size_t topics_count(const struct topics *t);
str topics_name(const struct topics *t, size_t topic);

/* A topic of the text, and where in the folded text the first word stands that led to it. */
struct topic_found {
	uint32_t topic, from, to;
};
/* In the order of the file, each topic once; owned by the arena. */
struct topic_found *topics_of(const struct topics *t, struct arena *a, const struct folded *text, size_t *n);
#endif
