/* heard.h: what a source was heard to say, before it is kept: the form that all readers (feeds, Mastodon, pages, files, hooks)
 * make. Readers are pure: bytes in, items out, nothing is fetched or kept. */
#ifndef LISTEN_HEARD_H
#define LISTEN_HEARD_H
#include <libxml/tree.h>

#include "base/err.h"
#include "base/vec.h"
#include "json/desc.h"

struct heard {
	str key;            /* by which it is known again, within all that is heard */
	str network;        /* "feed", "mastodon", "review", … */
	str url, title, text, author, author_url, language;
	int64_t at_ms;      /* DESC_NULL_INT: not told */
	double rating, rating_max; /* NaN */
};
struct heard_list {
	VEC(struct heard) items;
	str title;          /* of the whole */
	double rating, rating_max; /* of the whole, by `ratings` people; NaN */
	int64_t ratings;
	str broken;         /* where and how the document is broken, when it was read only as far as it goes; absent: it is whole */
	size_t skipped;     /* not taken: by people who asked not to be found, or shared from somewhere else */
};
enum { HEARD_ITEMS = 2000, HEARD_TEXT_BYTES = 16000, HEARD_NAME_BYTES = 300 };

struct heard *heard_add(struct arena *a, struct heard_list *out); /* NULL when there are HEARD_ITEMS */
/* One line, without what is no text, at most n bytes. */
str heard_clean(struct arena *a, str text, size_t n);
/* RFC 822 (with the field's usual faults), ISO 8601, W3C's shorter forms, asctime, seconds and milliseconds since 1970. */
int64_t heard_time(struct arena *a, str text);
/* Text of HTML: without markup, scripts and styles, with entities as characters. */
str heard_html(struct arena *a, str html);
/* Whole as a number: "4", "4.5", "4,5"; NaN. */
double heard_number(str text);

/* RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0. url: where it came from; charset: of the answer's Content-Type, may be empty.
 * ERR_MALFORMED with a reason: no feed, or one that declares entities, nests too deep, is broken at its root or before
 * its first item. */
enum err heard_feed(struct arena *a, str bytes, str url, str charset, struct heard_list *out, struct fault *f) NODISCARD;
/* A time line of Mastodon's interface. *oldest: id of the last status, where the next page goes on; *newest likewise. */
enum err heard_mastodon(struct arena *a, str json, struct heard_list *out, str *newest, str *oldest, size_t *n, struct fault *f) NODISCARD;
/* Reviews of a page in schema.org's words, JSON-LD and microdata. */
enum err heard_page(struct arena *a, str html, str url, struct heard_list *out, struct fault *f) NODISCARD;
#endif
