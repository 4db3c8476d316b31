/* dkim.h: a message is signed for its sender's domain (RFC 6376), by an RSA key that every receiver knows and by an Ed25519 key
 * (RFC 8463) for those who know it. Pure: keys and message in, header fields and DNS records out. */
#ifndef MAIL_DKIM_H
#define MAIL_DKIM_H
#include "base/arena.h"
#include "base/str.h"

enum { DKIM_KEYS_BYTES = 4000, DKIM_RSA_BITS = 2048, DKIM_KINDS = 2 };

/* New keys as one line of text, which is secret: selector, RSA key and Ed25519 seed in base64. Absent: there is no chance to be had. */
str dkim_new_keys(struct arena *a, str selector);

struct dkim_record {
	str name;  /* of the TXT record, without the domain */
	str value;
};
/* What is published for keys. False: they are none. */
bool dkim_records(struct arena *a, str keys, struct dkim_record out[DKIM_KINDS]);

/* The header fields to be put before the message (RFC 5322, lines ending in CRLF), one a key. Absent: the keys are none. */
str dkim_sign(struct arena *a, str keys, str domain, int64_t now_ms, str message);

/* base64 of SHA-256 of a body in the canonical form "relaxed". */
str dkim_body_hash(struct arena *a, str body);
#endif
