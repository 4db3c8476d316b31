/* fetch.h: one request to the outside, on the way of whoever asked for it (a source to be heard, an endpoint to be told): http and https alone, within
 * limits of bytes, time and redirects, never to the inside. Called from jobs, never within a transaction. */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H
#include "base/arena.h"
#include "base/err.h"

enum fetch_outcome {
	FETCH_DONE,
	FETCH_UNCHANGED,  /* 304 */
	FETCH_ADDRESS,    /* no http or https address, or one with a user in it */
	FETCH_INSIDE,     /* leads to this machine or network, by itself or by a redirect */
	FETCH_UNREACHED,  /* no such host, or nobody answers there */
	FETCH_UNTRUSTED,  /* its certificate */
	FETCH_SLOW,
	FETCH_TOO_LARGE,  /* what it unpacks to counts */
	FETCH_REDIRECTS,
	FETCH_WAIT,       /* 429 or 503: asked too often */
	FETCH_DENIED,     /* 401, 403 */
	FETCH_GONE,       /* 404, 410 */
	FETCH_FAILED,     /* any other status, a broken answer */
	FETCH_ROBOTS,     /* the site's robots.txt asks not to */
	FETCH_STOPPED,
};
extern const char *const FETCH_OUTCOMES[]; /* "done", …, NULL */

struct fetch_request {
	str url;
	str accept;
	str etag, modified; /* of the last answer; empty: none */
	size_t most_bytes;  /* 0: FETCH_BYTES */
	int timeout_ms;     /* 0: FETCH_MS */
	str body, type;     /* given: it is a POST of that content type */
	const str *headers; /* "name: value", without line breaks */
	size_t n_headers;
	const char *agent;  /* NULL: as a reader of feeds */
	bool stays;         /* a redirect is an answer, and not followed */
	bool may_be_inside;
	bool (*go_on)(void *arg); /* asked about once a second; may be NULL */
	void *arg;
};
enum { FETCH_BYTES = 8 << 20, FETCH_MS = 30000, FETCH_HOPS = 5, FETCH_URL_BYTES = 2000 };
struct fetch_answer {
	enum fetch_outcome outcome;
	int status;                /* 0: no answer */
	str url;                   /* where it came from in the end */
	str body, type;            /* type as sent */
	str etag, modified;
	int64_t wait_s;            /* Retry-After, or until X-RateLimit-Reset; 0: nothing was said */
	str detail;                /* one line for whoever looks after it; no body of the other side */
};
/* All of out lies in the arena. */
void fetch(struct arena *a, const struct fetch_request *r, struct fetch_answer *out);
/* "whsec_" and base64 of 32 random bytes. */
str fetch_new_secret(struct arena *a);
/* By Standard Webhooks: "v1,<base64>"; absent when the secret is none. Signatures may be several with spaces between: one must fit. */
str fetch_sign(struct arena *a, str secret, str message, str timestamp, str body);
struct fetch_signed {
	str url, message, body; /* JSON; the message's id stays the same when it is sent again */
	str secrets[2];         /* the second, where it is given, signs beside the first */
	const char *agent;
	bool (*go_on)(void *arg);
	void *arg;
};
/* A POST that says what it is and who sends it; a redirect is an answer. */
void fetch_post_signed(struct arena *a, const struct fetch_signed *s, struct fetch_answer *out);
bool fetch_is_signed(struct arena *a, str secret, str message, str timestamp, str body, str signatures);
/* What is wrong with an address before anything is asked of it: FETCH_DONE, FETCH_ADDRESS, or FETCH_INSIDE where the address
 * itself says so. *host (may be NULL) is the part that names the machine. */
enum fetch_outcome fetch_check(struct arena *a, str url, bool may_be_inside, str *host);
/* reference as it stands on a page at base. Absent when it is no http or https address. */
str fetch_resolve(struct arena *a, str base, str reference);

struct sockaddr;
/* --fetch-inside or HOSPES_FETCH_INSIDE=1: whoever runs the server allows its own machines. */
bool fetch_may_be_inside(void);
void fetch_allow_inside(void); /* once, at start */
/* Of this machine or its networks, or no address of one machine at all (RFC 6890); one that leads to such by translation too. */
bool fetch_is_inside(const struct sockaddr *address);

/* Whether a robots.txt (RFC 9309) lets `agent`, in small letters, ask for a path with its query. */
bool robots_allow(str text, str agent, str path);
#endif
