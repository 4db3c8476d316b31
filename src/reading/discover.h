/* discover.h: what texts speak of that no topic holds yet: proposals, each with its words and quotes, that a person takes into their own
 * tree (POST /voice/topics) or puts aside. */
#ifndef READING_DISCOVER_H
#define READING_DISCOVER_H
#include "http/web.h"

extern const struct desc DISCOVER_DESC, DISCOVER_ASIDE_DESC;
web_handler discover_get, discover_aside_post, discover_aside_undo_post;
#endif
