/* id.h: 64-bit ids made by Hospes: 42 bits of milliseconds since 2020-01-01, 22 random. Kept positive (the
 * top bit is reached in 2089), so that both databases order them by time. Shown as a prefix and 13 Crockford
 * base32 letters, such as cus_0c8qk3v5m2x7a. 0 is "none". */
#ifndef BASE_ID_H
#define BASE_ID_H
#include "base/str.h"

typedef int64_t id;

enum { ID_LETTERS = 13 };

id id_new(void); /* unique within the process even when asked often in one millisecond */
/* prefix without its underscore, e.g. S("cus"); prefix S("") leaves it away. */
str id_show(struct arena *a, str prefix, id value);
/* Accepts upper and lower case, and O, I, L for 0, 1, 1. False unless prefix and letters are right. */
bool id_read(str prefix, str text, id *out);
#endif
