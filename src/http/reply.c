/* reply.c: the answer. Whoever answers fills the request's fields (texts go to its arena) and hands over with one
 * exchange of `state`; the I/O thread then makes the library's response from them, without copying the body. */
#include <assert.h>
#include <brotli/encode.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "http/internal.h"

enum { COMPRESS_FROM_BYTES = 1 << 10, GZIP_LEVEL = 5, BROTLI_QUALITY = 4, BROTLI_WINDOW = 18 };

static const struct default_header {
	const char *name, *value;
} DEFAULTS[] = {
        {"Content-Security-Policy", HTTP_POLICY("'none'")},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
};

static bool is_clean(str s)
{
	return !s.n || (!memchr(s.p, '\r', s.n) && !memchr(s.p, '\n', s.n) && !memchr(s.p, 0, s.n));
}

void http_set_header(struct http_request *rq, const char *name, str value)
{
	assert(is_clean(value) && is_clean(str_of(name)));
	struct http_answer_header *h = NULL;
	if (!str_eq_nocase(str_of(name), S("Set-Cookie")))
		for (h = rq->headers; h && !str_eq_nocase(str_of(h->name), str_of(name)); h = h->next) continue;
	if (!h) {
		h = ARENA_NEW(&rq->arena, struct http_answer_header);
		h->next = rq->headers;
		rq->headers = h;
	}
	h->name = name;
	h->value = str_given(value) ? str_c(&rq->arena, value) : NULL;
}

void http_set_framed_by(struct http_request *rq, str sites)
{
	http_set_header(rq, "Content-Security-Policy", str_fmt(&rq->arena, HTTP_POLICY("'self' %.*s"), STR_ARG(sites)));
}

void http_set_cookie(struct http_request *rq, const char *name, str value, int64_t max_age_s, bool http_only)
{
	assert(is_clean(value) && (!value.n || !memchr(value.p, ';', value.n)));
	http_set_header(rq, "Set-Cookie", str_fmt(&rq->arena, "%s=%.*s; Path=/; Max-Age=%lld; SameSite=Lax%s%s", name, STR_ARG(value),
	                                          (long long)max_age_s, http_only ? "; HttpOnly" : "", http_is_secure(rq) ? "; Secure" : ""));
}

static const struct http_answer_header *set_header(const struct http_request *rq, const char *name)
{
	for (const struct http_answer_header *h = rq->headers; h; h = h->next)
		if (str_eq_nocase(str_of(h->name), str_of(name))) return h;
	return NULL;
}

/* ---- compression ---- */

/* q of a coding in Accept-Encoding, in thousandths; "*" stands for those not named. */
static int quality(str accept, str coding)
{
	int any = 0;
	str rest = accept;
	while (str_given(rest)) {
		str parameters = str_cut(&rest, ',');
		str name = str_trim(str_cut(&parameters, ';'));
		double q = 1;
		str p = str_trim(parameters);
		if (str_starts(p, S("q="))) (void)str_f64(str_sub(p, 2, p.n), &q);
		int thousandths = q <= 0 ? 0 : q >= 1 ? 1000 : (int)(q * 1000);
		if (str_eq_nocase(name, coding)) return thousandths;
		if (str_eq(name, S("*"))) any = thousandths;
	}
	return any;
}

enum http_coding http_accepts(const struct http_request *rq)
{
	str accept = http_header(rq, "Accept-Encoding");
	int br = quality(accept, S("br")), gzip = quality(accept, S("gzip"));
	return br && br >= gzip ? HTTP_BROTLI : gzip ? HTTP_GZIP : HTTP_IDENTITY;
}

static bool is_text(str type)
{
	str name = str_trim(str_cut(&type, ';'));
	return str_starts(name, S("text/")) || str_ends(name, S("json")) || str_ends(name, S("xml")) || str_ends(name, S("javascript"));
}

static bool gzip_bytes(struct arena *a, str body, str *out)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)body.p, .avail_in = (uInt)body.n};
	if (body.n > INT32_MAX || deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return false;
	size_t bound = deflateBound(&z, body.n);
	char *p = arena_alloc(a, bound);
	z.next_out = (Bytef *)p;
	z.avail_out = (uInt)bound;
	bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
	*out = (str){p, z.total_out};
	deflateEnd(&z);
	return whole;
}

static bool brotli_bytes(struct arena *a, str body, str *out)
{
	size_t n = BrotliEncoderMaxCompressedSize(body.n);
	if (!n) return false;
	uint8_t *p = arena_alloc(a, n);
	if (!BrotliEncoderCompress(BROTLI_QUALITY, BROTLI_WINDOW, BROTLI_MODE_TEXT, body.n, (const uint8_t *)body.p, &n, p)) return false;
	*out = (str){(const char *)p, n};
	return true;
}

/* Puts the body, smaller where the client can read that, into the answer. */
static void compress_answer(struct http_request *rq, str content_type, str body)
{
	if (body.n < COMPRESS_FROM_BYTES || !is_text(content_type) || set_header(rq, "Content-Encoding")) return;
	if (!set_header(rq, "Vary")) http_set_header(rq, "Vary", S("Accept-Encoding"));
	enum http_coding coding = http_accepts(rq);
	str small;
	bool done = coding == HTTP_BROTLI ? brotli_bytes(&rq->arena, body, &small) : coding == HTTP_GZIP && gzip_bytes(&rq->arena, body, &small);
	if (!done || small.n >= body.n) return;
	rq->answer = small;
	http_set_header(rq, "Content-Encoding", coding == HTTP_BROTLI ? S("br") : S("gzip"));
}

/* ---- answering ---- */

void http__answered(struct http_request *rq)
{
	struct http_server *s = rq->server;
	struct MHD_Connection *c = rq->connection;
	/* http_stop must not take the daemon away between the two steps below */
	atomic_fetch_add(&s->resuming, 1);
	int was = atomic_exchange(&rq->state, HTTP_ANSWERED); /* if it was HTTP_OPEN, rq may be gone from here on */
	assert(was != HTTP_ANSWERED);
	if (was == HTTP_SUSPENDED) MHD_resume_connection(c);
	atomic_fetch_sub(&s->resuming, 1);
}

void http_reply(struct http_request *rq, int status, str content_type, str body)
{
	rq->status = status;
	rq->content_type = content_type.n ? str_c(&rq->arena, content_type) : NULL;
	compress_answer(rq, content_type, body);
	if (!rq->answer.n) rq->answer = str_dup(&rq->arena, body);
	http__answered(rq);
}

void http_reply_static(struct http_request *rq, int status, str content_type, str body)
{
	rq->status = status;
	rq->content_type = content_type.n ? str_c(&rq->arena, content_type) : NULL;
	rq->answer = body;
	http__answered(rq);
}

void http_reply_redirect(struct http_request *rq, int status, str location)
{
	http_set_header(rq, "Location", location);
	http_reply(rq, status, STR_NONE, S(""));
}

/* RFC 6266: an ASCII name for all, the real one for those who read filename*. */
static void set_disposition(struct http_request *rq, str name)
{
	static const char HEX[] = "0123456789ABCDEF";
	char *plain = arena_alloc(&rq->arena, name.n + 1), *coded = arena_alloc(&rq->arena, name.n * 3 + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool is_safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
		plain[i] = is_safe ? (char)c : '_';
		if (is_safe) coded[n++] = (char)c;
		else coded[n++] = '%', coded[n++] = HEX[c >> 4], coded[n++] = HEX[c & 15];
	}
	http_set_header(rq, "Content-Disposition",
	                str_fmt(&rq->arena, "attachment; filename=\"%.*s\"; filename*=UTF-8''%.*s", (int)name.n, plain, (int)n, coded));
}

void http_reply_file(struct http_request *rq, const char *path, str content_type, str download_name)
{
	http_reply_open_file(rq, open(path, O_RDONLY | O_CLOEXEC), content_type, download_name);
}

void http_reply_open_file(struct http_request *rq, int fd, str content_type, str download_name)
{
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0) close(fd);
		http__refuse(rq, ERR_NOT_FOUND, "the file is not there any more");
		return;
	}
	if (download_name.n) set_disposition(rq, download_name);
	rq->status = 200;
	rq->content_type = content_type.n ? str_c(&rq->arena, content_type) : NULL;
	rq->file = fd;
	rq->file_bytes = (size_t)st.st_size;
	http__answered(rq);
}

void http__refuse(struct http_request *rq, enum err e, const char *why)
{
	if (e == ERR_BUSY || e == ERR_NOT_READY) http_set_header(rq, "Retry-After", S("2"));
	if (rq->server->o.refuse) {
		rq->server->o.refuse(rq->server->o.arg, rq, e, why);
		return;
	}
	str body = str_fmt(&rq->arena, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d}", err_slug(e), why, err_status(e));
	http_reply(rq, err_status(e), S("application/problem+json"), body);
}

/* ---- on the I/O thread ---- */

static struct MHD_Response *make_response(struct http_request *rq)
{
	if (rq->stream) return http__stream_response(rq);
	if (rq->file >= 0) {
		struct MHD_Response *r = MHD_create_response_from_fd64(rq->file_bytes, rq->file);
		if (!r) close(rq->file);
		rq->file = -1; /* the response closes it */
		return r;
	}
	return MHD_create_response_from_buffer(rq->answer.n, (void *)(uintptr_t)rq->answer.p, MHD_RESPMEM_PERSISTENT);
}

static void add_headers(struct http_request *rq, struct MHD_Response *r)
{
	for (size_t i = 0; i < COUNT_OF(DEFAULTS); i++)
		if (!rq->headers || !set_header(rq, DEFAULTS[i].name)) MHD_add_response_header(r, DEFAULTS[i].name, DEFAULTS[i].value);
	if (rq->server->is_tls && !set_header(rq, "Strict-Transport-Security"))
		MHD_add_response_header(r, "Strict-Transport-Security", "max-age=31536000");
	if (rq->content_type && !set_header(rq, "Content-Type")) MHD_add_response_header(r, "Content-Type", rq->content_type);
	for (const struct http_answer_header *h = rq->headers; h; h = h->next)
		if (h->value) MHD_add_response_header(r, h->name, h->value);
	if (atomic_load_explicit(&rq->server->is_stopping, memory_order_relaxed)) MHD_add_response_header(r, "Connection", "close");
}

enum MHD_Result http__queue_answer(struct http_request *rq)
{
	struct MHD_Response *r = make_response(rq);
	if (!r) return MHD_NO;
	add_headers(rq, r);
	if (rq->server->o.answered) rq->server->o.answered(rq->server->o.arg, rq, rq->status);
	atomic_fetch_add_explicit(&rq->io->bytes_out, rq->answer.n + rq->file_bytes, memory_order_relaxed);
	enum MHD_Result ok = MHD_queue_response(rq->connection, (unsigned)rq->status, r);
	MHD_destroy_response(r);
	return ok;
}
