/* parts.c: multipart/form-data (RFC 7578) as it arrives. A window holds what is not yet told apart: a head, or the bytes that
 * may begin a delimiter; it is looked through when it is full, so that a file costs one search and one write a window. Texts
 * go to the arena; files go to the arena too, or to files of their own in a directory, where a body may be larger than
 * memory. The library's own post processor knows no files on disk and no limit of texts, and a fuzzer cannot call it. */
#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/internal.h"
#include "os/os.h"

enum {
	WINDOW_BYTES = 128 << 10,
	HEAD_BYTES = 16 << 10,
	BOUNDARY_BYTES = 70, /* RFC 2046 */
	NAME_BYTES = 12,
};

enum state { PREAMBLE, DELIMITED, HEAD, FIRST_BYTES, BYTES, ENDED };
enum step { GOES_ON, WANTS_MORE, BROKEN, NOT_KEPT };

struct http__parts {
	struct arena *arena;
	struct http__form *out;
	const char *dir;
	str delimiter; /* with the line end before it */
	enum state state;
	enum err failed;
	size_t at, n;  /* of the window: looked at, filled */
	struct { /* the part that is being read */
		str name, file_name, type;
		struct buf text;
		int fd;
		const char *path;
		uint64_t n;
	} part;
	char window[WINDOW_BYTES];
};

struct http__parts *http__parts_new(struct arena *a, str content_type, const char *dir, size_t max_text, struct http__form *out)
{
	str boundary = http__parameter(a, content_type, S("boundary"));
	if (!boundary.n || boundary.n > BOUNDARY_BYTES) return NULL;
	struct http__parts *p = mem_alloc(sizeof *p);
	memset(p, 0, offsetof(struct http__parts, window));
	p->arena = a;
	p->out = out;
	p->dir = dir;
	p->delimiter = str_fmt(a, "\r\n--%.*s", STR_ARG(boundary));
	p->part.fd = -1;
	buf_init(&p->part.text, max_text);
	memcpy(p->window, "\r\n", 2); /* so that the first delimiter is as the others */
	p->n = 2;
	return p;
}

void http__parts_drop_files(struct http__form *form)
{
	for (size_t i = 0; i < form->files.n; i++)
		if (form->files.v[i].path) (void)unlink(form->files.v[i].path);
}

void http__parts_free(struct http__parts *p)
{
	if (!p) return;
	if (p->part.fd >= 0) {
		os_close(p->part.fd);
		(void)unlink(p->part.path);
	}
	buf_release(&p->part.text);
	mem_free(p);
}

/* ---- one part ---- */

static str base_name(str s)
{
	for (size_t i = s.n; i > 0; i--)
		if (s.p[i - 1] == '/' || s.p[i - 1] == '\\') return str_sub(s, i, s.n - i);
	return s;
}

/* What browsers escape in names: quote and line ends. */
static str field_name(struct arena *a, str s)
{
	bool sound;
	return http__text(a, str_contains(s, S("%22")) || str_contains(s, S("%0D")) || str_contains(s, S("%0A")) ? http__percent(a, s, false, &sound) : s);
}

static bool begin_part(struct http__parts *p, str head)
{
	str disposition = STR_NONE, type = STR_NONE, rest = head;
	while (str_given(rest)) {
		str line = str_trim(str_cut(&rest, '\n')), value = line;
		str name = str_cut(&value, ':');
		if (str_eq_nocase(name, S("Content-Disposition"))) disposition = str_trim(value);
		else if (str_eq_nocase(name, S("Content-Type"))) type = str_trim(value);
	}
	str name = http__parameter(p->arena, disposition, S("name")), file_name = http__parameter(p->arena, disposition, S("filename"));
	if (!str_given(name) || p->out->fields.n + p->out->files.n == HTTP_FORM_FIELDS) return false;
	p->part.name = str_dup(p->arena, field_name(p->arena, name));
	p->part.file_name = str_given(file_name) ? str_dup(p->arena, base_name(field_name(p->arena, file_name))) : STR_NONE;
	p->part.type = str_dup(p->arena, http__text(p->arena, type));
	p->part.path = NULL;
	p->part.n = 0;
	return true;
}

static enum err open_file(struct http__parts *p)
{
	unsigned char random[NAME_BYTES];
	char name[2 * NAME_BYTES + 1];
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(name, sizeof name, random, sizeof random);
	p->part.path = str_fmt(p->arena, "%s/%s", p->dir, name).p;
	p->part.fd = os_open(p->part.path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	return p->part.fd >= 0 ? OK : os_fail(NULL, "open", p->part.path, errno);
}

static enum err keep_bytes(struct http__parts *p, str bytes)
{
	if (!bytes.n) return OK;
	if (!p->dir || !str_given(p->part.file_name)) {
		buf_add(&p->part.text, bytes);
		return buf_failed(&p->part.text) ? ERR_TOO_LARGE : OK;
	}
	if (p->part.fd < 0) TRY(open_file(p));
	TRY(os_write_at(p->part.fd, bytes.p, bytes.n, (off_t)p->part.n));
	p->part.n += bytes.n;
	return OK;
}

static void end_part(struct http__parts *p)
{
	str bytes = buf_str(&p->part.text);
	if (!str_given(p->part.file_name)) {
		VEC_PUSH(&p->out->fields, p->arena, ((struct form_field){p->part.name, http__text(p->arena, str_dup(p->arena, bytes))}));
	} else if (p->part.file_name.n || bytes.n || p->part.n) { /* else a file input left empty */
		struct http_file *file = VEC_ADD(&p->out->files, p->arena);
		*file = (struct http_file){.name = p->part.name, .file_name = p->part.file_name, .content_type = p->part.type, .path = p->part.path};
		if (!p->dir) file->bytes = str_dup(p->arena, bytes);
		file->n = p->dir ? p->part.n : bytes.n;
	}
	if (p->part.fd >= 0) os_close(p->part.fd);
	p->part.fd = -1;
	p->part.text.max -= bytes.n; /* of all parts together */
	buf_clear(&p->part.text);
}

/* ---- the stream ---- */

static str seen(const struct http__parts *p)
{
	return (str){p->window + p->at, p->n - p->at};
}

static bool find(str s, str needle, size_t *at)
{
	const char *found = memmem(s.p, s.n, needle.p, needle.n);
	if (found) *at = (size_t)(found - s.p);
	return found;
}

/* Passes on what comes before the next delimiter, and that too; before it is seen, all that cannot begin it. */
static enum step to_delimiter(struct http__parts *p, bool is_kept)
{
	size_t n, may_begin = p->delimiter.n - 1;
	bool found = find(seen(p), p->delimiter, &n);
	if (!found) n = seen(p).n > may_begin ? seen(p).n - may_begin : 0;
	p->failed = is_kept ? keep_bytes(p, str_sub(seen(p), 0, n)) : OK;
	if (p->failed) return NOT_KEPT;
	p->at += n;
	if (!found) return WANTS_MORE;
	p->at += p->delimiter.n;
	p->state = DELIMITED;
	if (is_kept) end_part(p);
	return GOES_ON;
}

static enum step after_delimiter(struct http__parts *p)
{
	while (seen(p).n && (seen(p).p[0] == ' ' || seen(p).p[0] == '\t')) p->at++;
	if (seen(p).n < 2) return WANTS_MORE;
	if (str_starts(seen(p), S("--"))) p->state = ENDED;
	else if (str_starts(seen(p), S("\r\n"))) p->state = HEAD;
	else return BROKEN;
	return GOES_ON;
}

static enum step head(struct http__parts *p)
{
	size_t n;
	if (!find(seen(p), S("\r\n\r\n"), &n)) return seen(p).n > HEAD_BYTES ? BROKEN : WANTS_MORE;
	if (!begin_part(p, str_sub(seen(p), 0, n))) return BROKEN;
	p->at += n + 2;
	p->state = FIRST_BYTES;
	return GOES_ON;
}

/* An empty part: its blank line opens the delimiter. */
static enum step first_bytes(struct http__parts *p)
{
	if (seen(p).n < p->delimiter.n) return WANTS_MORE;
	if (!str_starts(seen(p), p->delimiter)) p->at += 2;
	p->state = BYTES;
	return GOES_ON;
}

static enum step step(struct http__parts *p)
{
	switch (p->state) {
	case PREAMBLE: return to_delimiter(p, false);
	case DELIMITED: return after_delimiter(p);
	case HEAD: return head(p);
	case FIRST_BYTES: return first_bytes(p);
	case BYTES: return to_delimiter(p, true);
	case ENDED: break;
	}
	p->at = p->n; /* what follows is for nobody */
	return WANTS_MORE;
}

static enum err look(struct http__parts *p)
{
	enum step s;
	do s = step(p);
	while (s == GOES_ON);
	if (s == BROKEN) p->failed = ERR_MALFORMED;
	memmove(p->window, p->window + p->at, p->n - p->at);
	p->n -= p->at;
	p->at = 0;
	return p->failed;
}

enum err http__parts_take(struct http__parts *p, const char *data, size_t n)
{
	while (n && !p->failed) {
		size_t room = WINDOW_BYTES - p->n, some = n < room ? n : room;
		memcpy(p->window + p->n, data, some);
		p->n += some;
		data += some;
		n -= some;
		if (p->n == WINDOW_BYTES) (void)look(p);
	}
	return p->failed;
}

enum err http__parts_end(struct http__parts *p)
{
	if (!p->failed) (void)look(p);
	if (!p->failed && p->state != ENDED) p->failed = ERR_MALFORMED;
	return p->failed;
}

bool http__form_multipart(struct arena *a, str content_type, str body, struct http__form *out)
{
	struct http__parts *p = body.n ? http__parts_new(a, content_type, NULL, body.n, out) : NULL;
	if (!p) return false;
	enum err e = http__parts_take(p, body.p, body.n);
	if (e == OK) e = http__parts_end(p);
	http__parts_free(p);
	return e == OK;
}
