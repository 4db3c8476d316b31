/* hmac.h: HMAC-SHA256, as senders of webhooks sign with. */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H
#include "base/str.h"

struct arena;
enum { HMAC_SHA256_BYTES = 32 };
void hmac_sha256(unsigned char mac[HMAC_SHA256_BYTES], str secret, str text);
str hmac_sha256_hex(struct arena *a, str secret, str text);
/* Whether `sent` is that of the text: hex in either case, with or without "sha256=" before it. Takes as long for a wrong one. */
bool hmac_sha256_is(struct arena *a, str secret, str text, str sent);
#endif
