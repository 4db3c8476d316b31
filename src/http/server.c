/* server.c: start, stop, and the way of a request through the library's callbacks. DESIGN.md tells it as a story. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http/internal.h"

enum {
	CONNECTION_MEMORY_BYTES = 8 << 10, /* of head, answer's head and read buffer; more only where heads may be larger */
	ANSWER_HEAD_BYTES = 2 << 10,
	BACKLOG = 1024,
	STOP_POLL_MS = 2,
	STOP_TELL_MS = 10000,
};

/* ---- requests are recycled by the I/O thread that they belong to ---- */

static _Thread_local struct http_io *my_io;

static struct http_io *io_of_this_thread(struct http_server *s)
{
	if (my_io && my_io->server == s) return my_io;
	my_io = MEM_NEW(struct http_io);
	my_io->server = s;
	pthread_mutex_lock(&s->lock);
	my_io->next = s->io;
	s->io = my_io;
	pthread_mutex_unlock(&s->lock);
	return my_io;
}

static size_t kept_bytes_of(const struct http_request *rq)
{
	return rq->raw_cap + rq->plain_cap + arena_held(&rq->arena);
}

static struct http_request *request_take(struct http_server *s)
{
	struct http_io *io = io_of_this_thread(s);
	struct http_request *rq = io->free;
	if (!rq) {
		rq = MEM_NEW(struct http_request);
		arena_init(&rq->arena);
	} else {
		io->free = rq->next;
		io->n_free--;
		io->kept_bytes -= kept_bytes_of(rq);
	}
	rq->server = s;
	rq->io = io;
	rq->file = -1;
	return rq;
}

static void request_free(struct http_request *rq)
{
	arena_release(&rq->arena);
	mem_free(rq->raw);
	mem_free(rq->plain);
	mem_free(rq);
}

static void request_give_back(struct http_request *rq)
{
	struct http_io *io = rq->io;
	if (rq->file >= 0) close(rq->file);
	http__stream_forget(rq);
	if (rq->is_to_disk) http__body_drop(rq);
	if (io->n_free == HTTP_KEPT_REQUESTS || rq->raw_cap > HTTP_KEPT_BODY_BYTES || rq->plain_cap > HTTP_KEPT_BODY_BYTES ||
	    rq->arena.used_bytes > HTTP_KEPT_ARENA_BYTES) {
		request_free(rq);
		return;
	}
	struct http_request kept = {.raw = rq->raw, .raw_cap = rq->raw_cap, .plain = rq->plain, .plain_cap = rq->plain_cap, .arena = rq->arena};
	arena_reset(&kept.arena);
	*rq = kept;
	if (io->kept_bytes + kept_bytes_of(rq) > HTTP_KEPT_BYTES) {
		request_free(rq);
		return;
	}
	rq->next = io->free;
	io->free = rq;
	io->n_free++;
	io->kept_bytes += kept_bytes_of(rq);
}

/* ---- the callbacks ---- */

static size_t keep_escapes(void *arg, struct MHD_Connection *c, char *s)
{
	(void)arg;
	(void)c;
	return strlen(s); /* decoding is ours: path segments after the split, values when they are asked for */
}

/* Called with the request target as it came, before anything else of the request is read. */
static void *on_target(void *server, const char *uri, struct MHD_Connection *c)
{
	struct http_server *s = server;
	struct http_request *rq = request_take(s);
	rq->connection = c;
	rq->from = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	rq->started_us = clock_mono_us();
	str target = str_dup(&rq->arena, str_of(uri));
	if (str_starts(target, S("http://")) || str_starts(target, S("https://"))) { /* the absolute form of proxies */
		size_t at = 0;
		target = str_sub(target, target.p[4] == 's' ? 8 : 7, target.n);
		target = str_find(target, '/', &at) ? str_sub(target, at, target.n) : S("/");
	}
	rq->raw_path = str_cut(&target, '?');
	rq->query_string = target;
	atomic_fetch_add(&s->active, 1);
	atomic_fetch_add_explicit(&rq->io->requests, 1, memory_order_relaxed);
	return rq;
}

static void refuse_later(struct http_request *rq, enum err e, const char *why)
{
	if (rq->refused) return;
	rq->refused = e;
	rq->refused_why = why;
}

static bool is_multipart(const struct http_request *rq)
{
	str type = http_header(rq, "Content-Type"), encoding = str_trim(http_header(rq, "Content-Encoding"));
	return str_eq_nocase(str_trim(str_cut(&type, ';')), S("multipart/form-data")) && (!encoding.n || str_eq_nocase(encoding, S("identity")));
}

static void choose_way(struct http_request *rq)
{
	struct http_server *s = rq->server;
	struct http_way way = {.max_body = s->o.max_body};
	enum err e = !rq->refused && s->o.way ? s->o.way(s->o.arg, rq, &way) : OK;
	if (e) refuse_later(rq, e, way.why);
	rq->is_quick = way.is_quick;
	rq->max_body = way.max_body;
	if (rq->refused || !way.files_dir || !is_multipart(rq)) return;
	rq->parts = http__parts_new(&rq->arena, http_header(rq, "Content-Type"), way.files_dir, HTTP_FORM_TEXT_BYTES, &rq->form);
	rq->is_to_disk = rq->parts;
	if (rq->parts) rq->max_body = way.max_files_body;
}

/* Answers what is refused before its body came, when the body is too long to be read for politeness. */
static enum MHD_Result on_head(struct http_request *rq, const char *method)
{
	struct http_server *s = rq->server;
	rq->phase = HTTP_BODY;
	rq->is_head = strcmp(method, "HEAD") == 0;
	rq->method = rq->is_head ? S("GET") : str_of(method);
	bool sound;
	rq->path = http__percent(&rq->arena, rq->raw_path, false, &sound);
	bool is_target = str_starts(rq->raw_path, S("/")) || str_eq(rq->raw_path, S("*"));
	if (!sound || !is_target || !utf8_is_valid(rq->path)) refuse_later(rq, ERR_MALFORMED, "the address is malformed");
	choose_way(rq);
	if (atomic_load(&s->is_stopping)) refuse_later(rq, ERR_NOT_READY, "the server is stopping");
	str stated = http_header(rq, "Content-Length");
	uint64_t length = 0;
	bool has_length = str_u64(stated, &length);
	if (has_length && length > rq->max_body) refuse_later(rq, ERR_TOO_LARGE, "the body is larger than this address takes");
	if (!rq->refused || (has_length && length <= HTTP_DRAIN_BYTES) || (!has_length && !str_given(http_header(rq, "Transfer-Encoding")))) return MHD_YES;
	rq->phase = HTTP_HANDLED;
	atomic_store(&rq->state, HTTP_OPEN);
	http__refuse(rq, rq->refused, rq->refused_why);
	return http__queue_answer(rq);
}

/* Also when the client left while the answer was awaited: the library then ends the request without asking for it. */
static void no_longer_pending(struct http_request *rq)
{
	if (rq->is_pending) atomic_fetch_sub(&rq->server->pending, 1);
	rq->is_pending = false;
}

static enum MHD_Result on_whole(struct http_request *rq)
{
	struct http_server *s = rq->server;
	rq->phase = HTTP_HANDLED;
	http__body_end(rq);
	atomic_store_explicit(&rq->from->waiting_since_us, 0, memory_order_relaxed);
	atomic_fetch_add_explicit(&rq->io->bytes_in, rq->raw_n, memory_order_relaxed);
	atomic_fetch_add(&s->pending, 1);
	rq->is_pending = true;
	struct MHD_Connection *c = rq->connection;
	if (atomic_load(&s->is_closed)) refuse_later(rq, ERR_NOT_READY, "the server is stopping");
	if (rq->refused) http__refuse(rq, rq->refused, rq->refused_why);
	else if (rq->is_quick) http__run(rq);
	else if (!http__workers_push(s->workers, rq)) {
		atomic_fetch_add_explicit(&rq->io->refused, 1, memory_order_relaxed);
		http__refuse(rq, ERR_BUSY, "all workers are busy");
	}
	int open = HTTP_OPEN;
	if (atomic_load(&rq->state) == HTTP_OPEN) {
		/* Suspended before the state says so: whoever answers resumes only what is suspended already. */
		MHD_suspend_connection(c);
		if (!atomic_compare_exchange_strong(&rq->state, &open, HTTP_SUSPENDED)) MHD_resume_connection(c);
		return MHD_YES;
	}
	no_longer_pending(rq);
	return http__queue_answer(rq);
}

static enum MHD_Result on_request(void *server, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                                  const char *data, size_t *n, void **context)
{
	(void)server;
	(void)c;
	(void)url;
	(void)version;
	struct http_request *rq = *context;
	if (rq->phase == HTTP_HEAD) return on_head(rq, method);
	if (*n) {
		bool goes_on = http__body_take(rq, data, *n);
		*n = 0;
		return goes_on ? MHD_YES : MHD_NO;
	}
	if (rq->phase == HTTP_BODY) return on_whole(rq);
	if (atomic_load(&rq->state) != HTTP_ANSWERED) return MHD_YES;
	no_longer_pending(rq);
	return http__queue_answer(rq);
}

static void on_completed(void *server, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode code)
{
	(void)c;
	(void)code;
	struct http_server *s = server;
	struct http_request *rq = *context;
	if (!rq) return;
	*context = NULL;
	no_longer_pending(rq);
	atomic_store_explicit(&rq->from->waiting_bytes, 0, memory_order_relaxed);
	atomic_store_explicit(&rq->from->waiting_since_us, clock_mono_us(), memory_order_relaxed);
	request_give_back(rq);
	atomic_fetch_sub(&s->active, 1);
}

static void on_library_log(void *arg, const char *format, va_list args)
{
	(void)arg;
	char line[256];
	vsnprintf(line, sizeof line, format, args);
	log_debug("http_library", F_STR("text", str_trim(str_of(line))));
}

/* ---- start ---- */

static enum err listen_fault(struct fault *f, str listen, const char *what)
{
	return fault_set(f, ERR_IO, "listen", "%.*s: %s", STR_ARG(listen), what);
}

/* "host:port", "[v6]:port", ":port" */
static enum err open_socket(struct http_server *s, struct fault *f)
{
	str listen_at = s->o.listen;
	size_t colon = listen_at.n;
	while (colon > 0 && listen_at.p[colon - 1] != ':') colon--;
	int64_t port = -1;
	if (!colon || !str_i64(str_sub(listen_at, colon, listen_at.n), &port) || port < 0 || port > UINT16_MAX)
		return fault_set(f, ERR_INVALID, "listen", "\"%.*s\" is not ADDRESS:PORT", STR_ARG(listen_at));
	struct arena a;
	arena_init(&a);
	str host = str_sub(listen_at, 0, colon - 1);
	if (str_starts(host, S("[")) && str_ends(host, S("]"))) host = str_sub(host, 1, host.n - 2);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = host.n ? AF_UNSPEC : AF_INET6}, *found = NULL;
	int r = getaddrinfo(host.n ? str_c(&a, host) : NULL, str_c(&a, str_sub(listen_at, colon, listen_at.n)), &hints, &found);
	arena_release(&a);
	if (r != 0) return listen_fault(f, listen_at, gai_strerror(r));
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, off = 0;
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (found->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	}
	bool ok = fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
	int why = errno;
	freeaddrinfo(found);
	if (!ok) {
		if (fd >= 0) close(fd);
		char words[128];
		return listen_fault(f, listen_at, strerror_r(why, words, sizeof words));
	}
	struct sockaddr_storage bound;
	socklen_t n = sizeof bound;
	getsockname(fd, (struct sockaddr *)&bound, &n);
	s->port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port : ((struct sockaddr_in *)&bound)->sin_port);
	s->listen_fd = fd;
	return OK;
}

static enum err read_secret(str path, str *out, const char *field, struct fault *f)
{
	enum { LARGEST = 1 << 20 };
	struct arena a;
	arena_init(&a);
	int fd = open(str_c(&a, path), O_RDONLY | O_CLOEXEC);
	arena_release(&a);
	if (fd < 0) return fault_set(f, ERR_IO, field, "cannot be read");
	char *p = mem_alloc(LARGEST + 1);
	ssize_t n = read(fd, p, LARGEST);
	close(fd);
	p[n > 0 ? n : 0] = 0;
	*out = (str){p, n > 0 ? (size_t)n : 0};
	return n > 0 ? OK : fault_set(f, ERR_IO, field, "is empty or cannot be read");
}

static enum err start_daemon(struct http_server *s, struct fault *f)
{
	struct MHD_OptionItem more[8];
	size_t n = 0;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
	if (s->is_tls) {
		flags |= MHD_USE_TLS;
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)s->tls_cert.p};
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->tls_key.p};
		more[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
	}
	if (s->o.io_threads > 1) more[n++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, s->o.io_threads, NULL};
	more[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	size_t memory = s->o.max_header + ANSWER_HEAD_BYTES > CONNECTION_MEMORY_BYTES ? s->o.max_header + ANSWER_HEAD_BYTES : CONNECTION_MEMORY_BYTES;
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, /* the log first: it tells about what follows */
	                             MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL, MHD_OPTION_LISTEN_SOCKET, s->listen_fd,
	                             MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->o.max_connections,
	                             MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)s->o.max_connections_per_ip, MHD_OPTION_CONNECTION_TIMEOUT,
	                             (unsigned)s->o.idle_timeout_s, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes,
	                             NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
	                             MHD_OPTION_NOTIFY_CONNECTION, http__on_connection, s, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
	if (s->daemon) return OK;
	return fault_set(f, ERR_IO, "listen", s->is_tls ? "the server does not start; do certificate and key belong together?" : "the server does not start");
}

static void set_defaults(struct http_options *o)
{
	if (o->io_threads <= 0) o->io_threads = 2;
	if (o->workers <= 0) o->workers = 4;
	if (!o->max_body) o->max_body = 1 << 20;
	if (o->idle_timeout_s <= 0) o->idle_timeout_s = 30;
	if (o->body_timeout_s <= 0) o->body_timeout_s = 30;
	if (o->max_connections <= 0) o->max_connections = 1000;
	if (o->max_streams <= 0) o->max_streams = 500;
}

static void server_free(struct http_server *s)
{
	while (s->io) {
		struct http_io *io = s->io;
		s->io = io->next;
		while (io->free) {
			struct http_request *rq = io->free;
			io->free = rq->next;
			request_free(rq);
		}
		mem_free(io);
	}
	if (!s->daemon && s->listen_fd >= 0) close(s->listen_fd);
	pthread_mutex_destroy(&s->lock);
	mem_free((void *)(uintptr_t)s->tls_cert.p);
	mem_free((void *)(uintptr_t)s->tls_key.p);
	mem_free(s);
}

static enum err start(struct http_server *s, struct fault *f)
{
	s->is_tls = s->o.tls_cert.n > 0;
	if (s->is_tls) {
		TRY(read_secret(s->o.tls_cert, &s->tls_cert, "tls_cert", f));
		TRY(read_secret(s->o.tls_key, &s->tls_key, "tls_key", f));
	}
	TRY(open_socket(s, f));
	s->streams = http__streams_start(s);
	s->workers = http__workers_start(s->o.workers);
	if (!s->streams || !s->workers || !http__watch_start(s)) return fault_set(f, ERR_IO, "", "no thread can be started");
	return start_daemon(s, f);
}

enum err http_start(struct http_server **out, const struct http_options *o, struct fault *f)
{
	struct http_server *s = MEM_NEW(struct http_server);
	s->o = *o;
	s->listen_fd = -1;
	set_defaults(&s->o);
	pthread_mutex_init(&s->lock, NULL);
	enum err e = start(s, f);
	if (e) {
		atomic_store(&s->is_stopping, true);
		http__watch_stop(s);
		http__workers_stop(s->workers);
		http__streams_stop(s->streams);
		server_free(s);
		return e;
	}
	*out = s;
	return OK;
}

int http_port(const struct http_server *s)
{
	return s->port;
}

/* ---- stop ---- */

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

void http_stop(struct http_server *s, int grace_ms)
{
	if (!s) return;
	int listen_fd = MHD_quiesce_daemon(s->daemon);
	if (listen_fd >= 0) close(listen_fd);
	atomic_store(&s->is_stopping, true);
	http__watch_stop(s);
	http__streams_close(s->streams);
	int64_t until = clock_mono_us() + grace_ms * INT64_C(1000);
	while (atomic_load(&s->active) > 0 && clock_mono_us() < until) sleep_ms(STOP_POLL_MS);
	/* From here on nothing more reaches a handler: on_whole counts itself as pending before it looks. */
	atomic_store(&s->is_closed, true);
	/* What a handler holds cannot be cut: it answers in its own time, and the library cannot stop before. */
	for (int ms = 0; atomic_load(&s->pending) > 0 || atomic_load(&s->resuming) > 0 || http__streams_count(s->streams) > 0; ms += STOP_POLL_MS) {
		if (ms % STOP_TELL_MS == STOP_TELL_MS - STOP_POLL_MS)
			log_warn("stop_waits", F_INT("handlers", atomic_load(&s->pending)), F_INT("streams", (int64_t)http__streams_count(s->streams)));
		sleep_ms(STOP_POLL_MS);
	}
	http__workers_stop(s->workers);
	MHD_stop_daemon(s->daemon);
	http__streams_stop(s->streams);
	server_free(s);
}

void http_stats(const struct http_server *s, struct http_stats *out)
{
	struct http_server *open = (struct http_server *)(uintptr_t)s; /* only its lock is written */
	*out = (struct http_stats){.connections = atomic_load(&s->n_connections), .streams = http__streams_count(s->streams)};
	pthread_mutex_lock(&open->lock);
	for (const struct http_io *io = s->io; io; io = io->next) {
		out->requests += atomic_load_explicit(&io->requests, memory_order_relaxed);
		out->bytes_in += atomic_load_explicit(&io->bytes_in, memory_order_relaxed);
		out->bytes_out += atomic_load_explicit(&io->bytes_out, memory_order_relaxed);
		out->refused += atomic_load_explicit(&io->refused, memory_order_relaxed);
	}
	pthread_mutex_unlock(&open->lock);
}
