/* http.h: the server: libmicrohttpd with its epoll thread pool, and a pool of workers for what is slow.
 *
 * A request is complete (body read, limits kept) when the handler sees it. `quick` routes run on the I/O thread and
 * may finish later from another thread (the way of a touchpoint); all others run on a worker. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
#include <stdatomic.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"

struct http_server;
struct http_request;

struct http_way {
	bool is_quick;      /* runs on the I/O thread */
	size_t max_body;
	/* Files of a multipart form are written to this directory as they arrive, and such a form may have this size; any other
	 * body stays within max_body. NULL: all in memory. */
	const char *files_dir;
	size_t max_files_body;
	const char *why;    /* it is refused */
};
struct http_options {
	str listen;               /* "127.0.0.1:8480", "[::1]:8480", ":8480" */
	str tls_cert, tls_key;    /* file paths; absent = plain */
	int io_threads, workers;
	size_t max_body, max_header;
	int idle_timeout_s, body_timeout_s;
	int max_connections, max_connections_per_ip; /* 0 = 1000; 0 = no limit. Behind a proxy all come from one address */
	int max_streams;          /* 0 = 500 */
	/* How a request is taken, asked on the I/O thread once its head is read; *way is preset. An error refuses it. */
	enum err (*way)(void *arg, struct http_request *rq, struct http_way *way);
	/* Answers the request with http_reply*, now or later, exactly once. */
	void (*handle)(void *arg, struct http_request *rq);
	/* May be NULL. Answers, at once and on the calling thread (often an I/O thread), what the server refuses itself: ERR_TOO_LARGE, ERR_MALFORMED,
	 * ERR_MEDIA_TYPE, ERR_BUSY (Retry-After is set already), ERR_NOT_READY while stopping. Without it: problem+json. */
	void (*refuse)(void *arg, struct http_request *rq, enum err e, const char *why);
	/* May be NULL. Told on the I/O thread, once a request, as its answer is about to leave. */
	void (*answered)(void *arg, struct http_request *rq, int status);
	void *arg;
};
enum err http_start(struct http_server **out, const struct http_options *o, struct fault *f) NODISCARD;
int http_port(const struct http_server *s);
/* No new requests; those coming in have grace_ms, those with a handler are finished, streams end. Whoever publishes or
 * still owes an answer must stay alive until it returns, and must not use s after. */
void http_stop(struct http_server *s, int grace_ms);

/* ---- the request: valid until it is answered; texts live in its arena ---- */
struct arena *http_arena(struct http_request *rq);
str http_method(const struct http_request *rq); /* "GET"; HEAD is answered by the server from GET */
str http_path(const struct http_request *rq);   /* percent-decoded once, valid UTF-8 without NUL; no query */
str http_raw_path(const struct http_request *rq); /* as sent, for the router, which splits before it decodes */
str http_header(const struct http_request *rq, const char *name); /* absent when not sent */
str http_cookie(struct http_request *rq, const char *name);
str http_query(struct http_request *rq, const char *name);        /* decoded; absent when not there; "" when empty */
size_t http_query_fields(struct http_request *rq, const struct form_field **out);
str http_query_string(const struct http_request *rq);
str http_body(const struct http_request *rq);   /* gzip/deflate already undone (within max_body); JSON_PADDING bytes follow it */
bool http_form(struct http_request *rq, const struct form_field **out, size_t *n); /* urlencoded or multipart; false when neither */
struct http_file {
	str name, file_name, content_type;
	uint64_t n;
	str bytes;        /* absent when it lies on disk */
	const char *path; /* then here, until the request is answered: whoever keeps it links it elsewhere. NULL: empty */
};
size_t http_files(struct http_request *rq, const struct http_file **out);          /* of multipart */
/* Address without port. A proxy on the loopback is believed: the last address of its X-Forwarded-For counts, and its
 * X-Forwarded-Proto. */
str http_peer(struct http_request *rq);
bool http_is_local(const struct http_request *rq); /* peer is the loopback and forwards for nobody */
bool http_is_secure(const struct http_request *rq);
int64_t http_started_us(const struct http_request *rq);
/* True within a second or two once the client has left and nobody waits for the answer; looked at again and again by what
 * takes long. Valid until the request is answered. */
const atomic_bool *http_client_gone(const struct http_request *rq);
void *http_slot(const struct http_request *rq);                 /* one pointer for the caller's own use */
void http_set_slot(struct http_request *rq, void *p);

/* A GET that nobody sent: address is a path with its query; it has no headers and no cookies. For drawing a page outside a
 * request: only what is read of a request may be called, never http_reply*. */
struct http_request *http_alone_new(str address);
void http_alone_free(struct http_request *rq);

/* ---- the answer ---- */
/* Names and values without CR, LF and NUL (assert). Setting a default header (the security headers) replaces it; an absent
 * value leaves it out. Set-Cookie may be set many times. The name must outlive the request. */
void http_set_header(struct http_request *rq, const char *name, str value);
/* The content security policy of all pages; frames: in whose pages they may stand. */
#define HTTP_POLICY(frames)                                                                                                                  \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-src 'self'; " \
	"form-action 'self'; frame-ancestors " frames "; base-uri 'none'; manifest-src 'self'; worker-src 'self'"
#define HTTP_POLICY_FRAMED HTTP_POLICY("'self'") /* of a page that stands in a frame of another of ours */
/* The page may stand in frames of our own pages and of these sites (origins with spaces between). */
void http_set_framed_by(struct http_request *rq, str sites);
void http_set_cookie(struct http_request *rq, const char *name, str value, int64_t max_age_s, bool http_only); /* SameSite=Lax, Path=/, Secure when secure */
/* Copies body; compresses (gzip, br) when the client takes it, the type is text and it pays. May be called from any thread. */
void http_reply(struct http_request *rq, int status, str content_type, str body);
/* The same without a copy and without compression, for embedded bytes: body must outlive the answer (a literal, an asset). */
void http_reply_static(struct http_request *rq, int status, str content_type, str body);
enum http_coding { HTTP_IDENTITY, HTTP_GZIP, HTTP_BROTLI };
enum http_coding http_accepts(const struct http_request *rq); /* the best of what the client takes */
void http_reply_redirect(struct http_request *rq, int status, str location); /* 303, 308 */
void http_reply_file(struct http_request *rq, const char *path, str content_type, str download_name); /* a file on disk, streamed */
void http_reply_open_file(struct http_request *rq, int fd, str content_type, str download_name);      /* one that has no name: it is closed when sent */

/* ---- server-sent events ---- */
/* Answers with a stream that gets an event `changed`, with the topic as its data, whenever one of the topics is
 * published. Ids increase over the life of the server and past it. What was published later than `after` (0: unknown), or
 * than the client's Last-Event-ID, is told at once, each topic once. ERR_BUSY (503) past max_streams. */
void http_reply_stream(struct http_request *rq, const str *topics, size_t n, uint64_t after);
/* The id of what was published last: a page drawn after asking, and a stream opened with it, miss nothing between them. */
uint64_t http_published(struct http_server *s);
/* False when neither a stream is open nor a page was drawn that may open one: then nobody hears what is published. */
bool http_has_readers(const struct http_server *s);
/* Whether a stream listens to the topic. One whose client has gone without a word counts until the next beat, twenty seconds. */
bool http_is_heard(struct http_server *s, str topic);
/* Tells all streams of a topic, which is one line. Never blocks: a slow client is cut off. */
void http_publish(struct http_server *s, str topic);

struct http_stats { uint64_t requests, connections, streams, bytes_in, bytes_out, refused; };
void http_stats(const struct http_server *s, struct http_stats *out);
#endif
