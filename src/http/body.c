/* body.c: the body in one piece, or a form whose files go to disk (parts.c). The stated length is reserved at once up to 1 MiB (so that a batch costs no copies),
 * beyond that the buffer doubles with what really arrives, so that a lie about the length costs nothing. */
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "http/internal.h"

static void reserve(char **p, size_t *cap, size_t n)
{
	if (n <= *cap) return;
	*p = mem_realloc(*p, n + JSON_PADDING);
	*cap = n;
}

static size_t stated_length(const struct http_request *rq)
{
	uint64_t n = 0;
	if (!str_u64(http_header(rq, "Content-Length"), &n)) return 0;
	return n < rq->max_body ? (size_t)n : rq->max_body;
}

static const char *why_not_kept(enum err e)
{
	return e == ERR_FULL        ? "the disk is full"
	       : e == ERR_IO        ? "the file cannot be kept"
	       : e == ERR_TOO_LARGE ? "the texts of the form are too long"
	                            : "the multipart form is damaged or was cut";
}

void http__body_drop(struct http_request *rq)
{
	http__parts_free(rq->parts);
	http__parts_drop_files(&rq->form);
	rq->parts = NULL;
	rq->form = (struct http__form){0};
}

static void refuse(struct http_request *rq, enum err e, const char *why)
{
	if (rq->refused) return;
	rq->refused = e;
	rq->refused_why = why;
	http__body_drop(rq);
}

/* A form that goes to disk is read to its end also when it is refused: a browser looks for the answer only then. */
static bool drain(struct http_request *rq, size_t n)
{
	rq->drained += n;
	return rq->drained <= (rq->is_to_disk ? rq->max_body : HTTP_DRAIN_BYTES);
}

void http__body_end(struct http_request *rq)
{
	if (!rq->parts) return;
	enum err e = http__parts_end(rq->parts);
	if (e) refuse(rq, e, why_not_kept(e));
	http__parts_free(rq->parts);
	rq->parts = NULL;
	rq->has_form = rq->form_ok = true;
}

bool http__body_take(struct http_request *rq, const char *data, size_t n)
{
	atomic_fetch_add_explicit(&rq->from->waiting_bytes, n, memory_order_relaxed);
	if (n > rq->max_body - rq->raw_n) refuse(rq, ERR_TOO_LARGE, "the body is larger than this address takes");
	if (rq->refused) return drain(rq, n);
	if (rq->parts) {
		enum err e = http__parts_take(rq->parts, data, n);
		if (e) refuse(rq, e, why_not_kept(e));
		rq->raw_n += n;
		return true;
	}
	if (rq->raw_n + n > rq->raw_cap) {
		size_t want = rq->raw_n ? rq->raw_cap * 2 : stated_length(rq);
		if (!rq->raw_n && want > HTTP_FIRST_BODY_BYTES) want = HTTP_FIRST_BODY_BYTES;
		if (want > rq->max_body) want = rq->max_body;
		reserve(&rq->raw, &rq->raw_cap, want < rq->raw_n + n ? rq->raw_n + n : want);
	}
	memcpy(rq->raw + rq->raw_n, data, n);
	rq->raw_n += n;
	return true;
}

/* window_bits as inflateInit2 takes them: 15 + 16 gzip, 15 zlib, -15 raw. */
static enum err inflate_body(struct http_request *rq, int window_bits)
{
	z_stream z = {.next_in = (Bytef *)rq->raw, .avail_in = (uInt)rq->raw_n};
	if (rq->raw_n > UINT32_MAX) return ERR_TOO_LARGE;
	if (inflateInit2(&z, window_bits) != Z_OK) return ERR_INTERNAL;
	size_t guess = rq->raw_n * 4 < rq->max_body ? rq->raw_n * 4 : rq->max_body, n = 0;
	reserve(&rq->plain, &rq->plain_cap, guess + 1);
	enum err e = OK;
	for (;;) {
		z.next_out = (Bytef *)rq->plain + n;
		size_t room = rq->plain_cap - n;
		z.avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
		size_t offered = z.avail_out;
		int r = inflate(&z, Z_NO_FLUSH);
		n += offered - z.avail_out;
		if (n > rq->max_body) e = ERR_TOO_LARGE;
		else if (r == Z_STREAM_END && z.avail_in == 0) break;
		else if (r == Z_STREAM_END) { /* gzip allows one member after another */
			if (window_bits < 16 || inflateReset(&z) != Z_OK) e = ERR_MALFORMED;
		} else if (r != Z_OK && r != Z_BUF_ERROR) e = ERR_MALFORMED;
		else if (z.avail_out > 0) e = ERR_MALFORMED; /* the input ended early */
		if (e) break;
		if (n == rq->plain_cap) reserve(&rq->plain, &rq->plain_cap, n * 2 < rq->max_body ? n * 2 : rq->max_body + 1);
	}
	inflateEnd(&z);
	rq->body = (str){rq->plain, n};
	return e;
}

static bool looks_gzipped(const struct http_request *rq)
{
	static const unsigned char magic[] = {0x1f, 0x8b, 0x08};
	str type = http_header(rq, "Content-Type");
	if (str_eq_nocase(type, S("application/gzip")) || str_eq_nocase(type, S("application/x-gzip"))) return false;
	return rq->raw_n > 18 && memcmp(rq->raw, magic, sizeof magic) == 0;
}

/* "deflate" is zlib by the standard and raw in some clients. A zlib header is a multiple of 31 with method 8. */
static bool has_zlib_header(const struct http_request *rq)
{
	const unsigned char *p = (const unsigned char *)rq->raw;
	return rq->raw_n >= 2 && (p[0] & 15) == 8 && ((p[0] << 8) + p[1]) % 31 == 0;
}

static enum err refuse_body(struct http_request *rq, enum err e)
{
	rq->refused_why = e == ERR_TOO_LARGE    ? "the body is larger than this address takes once it is unpacked"
	                  : e == ERR_MEDIA_TYPE ? "Content-Encoding: gzip, deflate and identity are understood"
	                                        : "the compressed body is damaged";
	return e;
}

enum err http__body_undo(struct http_request *rq)
{
	rq->body = (str){rq->raw ? rq->raw : "", rq->is_to_disk ? 0 : rq->raw_n};
	if (!rq->body.n) return OK;
	str encoding = str_trim(http_header(rq, "Content-Encoding"));
	enum err e = OK;
	if (str_eq_nocase(encoding, S("gzip")) || str_eq_nocase(encoding, S("x-gzip"))) e = inflate_body(rq, 15 + 16);
	else if (str_eq_nocase(encoding, S("deflate"))) e = inflate_body(rq, has_zlib_header(rq) ? 15 : -15);
	else if (encoding.n && !str_eq_nocase(encoding, S("identity"))) e = ERR_MEDIA_TYPE;
	else if (looks_gzipped(rq)) e = inflate_body(rq, 15 + 16);
	return e ? refuse_body(rq, e) : OK;
}
