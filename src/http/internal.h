/* internal.h: what the files of src/http share and nobody else includes. The design is in DESIGN.md. */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/vec.h"
#include "http/http.h"

enum {
	HTTP_DRAIN_BYTES = 1 << 20,     /* of a refused body that are still read, so that the client sees the answer */
	HTTP_FIRST_BODY_BYTES = 1 << 20, /* taken at once for a stated length; more only as it arrives */
	HTTP_KEPT_BODY_BYTES = 512 << 10, /* a buffer up to this size is kept for the next request (a Segment batch) */
	HTTP_KEPT_ARENA_BYTES = 256 << 10,
	HTTP_KEPT_REQUESTS = 256,        /* of one I/O thread */
	HTTP_KEPT_BYTES = 16 << 20,      /* in all their buffers and arenas together */
	HTTP_FORM_FIELDS = 1000,
	HTTP_FORM_TEXT_BYTES = 1 << 20, /* of the texts of a form whose files go to disk */
	HTTP_BODY_BYTES_PER_S = 8 << 10, /* a body slower than this runs into the time-out */
};

struct http_request;
struct http_server;

/* One I/O thread of the library. Only that thread touches it, but for the counters, which others read. */
struct http_io {
	struct http_server *server;
	struct http_io *next;
	struct http_request *free;
	size_t n_free, kept_bytes;
	_Atomic uint64_t requests, bytes_in, bytes_out, refused;
};

/* One connection. Listed under server->lock while it is open. */
struct http_connection {
	struct http_connection *next, **link;
	int fd;
	bool is_loopback;
	char peer[INET6_ADDRSTRLEN];
	/* When the wait for a whole request began; 0 while one is being answered. */
	_Atomic int64_t waiting_since_us;
	_Atomic uint64_t waiting_bytes; /* of the body that came since */
	atomic_bool is_gone;            /* the client left while it was being answered */
};

enum http_state { HTTP_OPEN, HTTP_SUSPENDED, HTTP_ANSWERED };
enum http_phase { HTTP_HEAD, HTTP_BODY, HTTP_HANDLED };

struct http_answer_header {
	struct http_answer_header *next;
	const char *name, *value; /* value NULL: the default header of this name is left out */
};

struct http__form {
	VEC(struct form_field) fields;
	VEC(struct http_file) files;
};

struct http_request {
	struct http_request *next; /* in io->free or in the workers' queue */
	struct http_server *server;
	struct http_io *io;
	struct http_connection *from;
	struct MHD_Connection *connection;
	struct arena arena;
	int64_t started_us;
	str method, raw_path, path, query_string;
	bool is_quick, is_head;
	bool is_pending; /* counted in server->pending; of the I/O thread */
	enum http_phase phase;
	enum err refused; /* the server itself answers so, once the body is drained */
	const char *refused_why;
	void *slot;

	char *raw, *plain; /* the body as it came; the body undone. Kept from request to request */
	size_t raw_n, raw_cap, plain_cap, max_body, drained;
	bool is_to_disk;           /* a form whose files go to disk: raw_n counts, raw holds nothing */
	struct http__parts *parts; /* of such a form while it comes in */
	str body;
	bool has_query, has_form, form_ok;
	struct http__form query, form;

	/* The answer, written by whoever answers, read by the I/O thread after `state` says HTTP_ANSWERED. */
	_Atomic int state;
	int status;
	const char *content_type;
	str answer;
	struct http_answer_header *headers;
	int file; /* descriptor to stream, or -1 */
	size_t file_bytes;
	struct http_stream *stream;
};

struct http_server {
	struct http_options o;
	struct MHD_Daemon *daemon;
	int port, listen_fd;
	bool is_tls;
	str tls_cert, tls_key; /* contents; owned */

	pthread_mutex_t lock; /* connections, io */
	struct http_connection *connections;
	struct http_io *io;
	_Atomic uint64_t n_connections;
	_Atomic bool is_stopping, is_closed; /* no new requests; none to the handlers either */
	_Atomic int64_t active;  /* requests begun and not completed */
	_Atomic int64_t pending; /* handed to a handler and not yet answered */
	_Atomic int64_t resuming; /* threads inside http_reply */

	struct http_workers *workers;
	struct http_streams *streams;
	pthread_t watch;
	bool has_watch;
	pthread_cond_t watch_wake;
};

/* ---- body.c ---- */
/* Takes part of the body. False when the connection is to be cut. */
bool http__body_take(struct http_request *rq, const char *data, size_t n);
void http__body_end(struct http_request *rq);  /* it is whole */
void http__body_drop(struct http_request *rq); /* removes what went to disk */
/* Undoes the content encoding into rq->body. ERR_TOO_LARGE, ERR_MALFORMED, ERR_MEDIA_TYPE. */
enum err http__body_undo(struct http_request *rq) NODISCARD;

/* ---- form.c ---- */
/* Decodes %XX (and + as a space). Malformed escapes stay as they are; *sound tells that there were none and no NUL. */
str http__percent(struct arena *a, str s, bool plus, bool *sound);
str http__text(struct arena *a, str s); /* valid UTF-8 without NUL: U+FFFD stands for what is neither */
bool http__form_urlencoded(struct arena *a, str body, struct http__form *out);
str http__parameter(struct arena *a, str header, str wanted); /* `form-data; name="x"; filename="y"`; absent when not there */

/* ---- parts.c ---- */
struct http__parts;
/* A multipart form that arrives piece by piece into *out; its files go to dir (NULL: to the arena). NULL: no boundary. */
struct http__parts *http__parts_new(struct arena *a, str content_type, const char *dir, size_t max_text, struct http__form *out);
/* ERR_MALFORMED, ERR_TOO_LARGE (max_text), ERR_FULL, ERR_IO; the first holds from then on. */
enum err http__parts_take(struct http__parts *p, const char *data, size_t n) NODISCARD;
enum err http__parts_end(struct http__parts *p) NODISCARD; /* the same; ERR_MALFORMED when the form ends in the middle */
void http__parts_free(struct http__parts *p); /* what was not read to its end is removed */
void http__parts_drop_files(struct http__form *form);
bool http__form_multipart(struct arena *a, str content_type, str body, struct http__form *out); /* of a body in one piece */

/* ---- reply.c ---- */
void http__refuse(struct http_request *rq, enum err e, const char *why);
enum MHD_Result http__queue_answer(struct http_request *rq); /* on the I/O thread */
void http__answered(struct http_request *rq); /* the answer's fields are complete: hands it to the I/O thread */

/* ---- worker.c ---- */
struct http_workers *http__workers_start(int n); /* NULL when no thread can be made */
bool http__workers_push(struct http_workers *w, struct http_request *rq); /* false when the queue is full */
void http__workers_stop(struct http_workers *w); /* finishes what is queued */
void http__run(struct http_request *rq); /* undoes the body and calls the handler, on this thread */

/* ---- connection.c ---- */
void http__on_connection(void *server, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode code);
bool http__watch_start(struct http_server *s);
void http__watch_stop(struct http_server *s);

/* ---- stream.c ---- */
struct http_streams *http__streams_start(struct http_server *s);
struct MHD_Response *http__stream_response(struct http_request *rq);
void http__stream_forget(struct http_request *rq); /* one that never became a response: its reader left before */
void http__streams_beat(struct http_streams *all, int64_t now_us); /* a comment to those silent for 20 s */
void http__streams_close(struct http_streams *all); /* ends each one */
void http__streams_stop(struct http_streams *all);
uint64_t http__streams_count(const struct http_streams *all);
#endif
