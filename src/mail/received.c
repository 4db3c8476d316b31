/* GMime parses by recursion and looks at every open boundary for each line, so what nests deep is refused before it is parsed. */
#include "mail/received.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/utf8.h"
#include "i18n/i18n.h"
#include "listen/heard.h"
#include "mail/bounce.h"
#include "mail/html_text.h"
#include "mail/mime.h"
#include "mail/quoted.h"

enum { BOUNDARIES = 200, DEPTH_MOST = 20, PARTS_MOST = 500, ADDRESSES = 50, RESULTS = 20, RESULT_BYTES = 4000, ADDRESS_BYTES = 254, TYPE_BYTES = 100, HEADER_BYTES = 1 << 20, BOUNCE_BYTES = 256 << 10 };
#define NUL_SHOWN "\xef\xbf\xbd"

const char *const RECEIVED_REFUSALS[] = {"fine", "empty", "too_large", "too_deep", "no_sender", "bounce", NULL};

struct reading {
	struct arena *a;
	struct received *out;
	str plain, html;
	int parts;
	bool is_too_deep;
};

/* ---- texts ---- */

/* Whatever bytes → UTF-8; what is none is read as Latin-1, which old programs send unsaid. */
static str as_utf8(struct arena *a, str s)
{
	if (utf8_is_valid(s) && !memchr(s.p ? s.p : "", 0, s.n)) return s;
	char *p = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;
	bool is_utf8 = utf8_is_valid(s);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!c) {
			memcpy(p + n, NUL_SHOWN, 3);
			n += 3;
		} else if (is_utf8 || c < 0x80) {
			p[n++] = (char)c;
		} else {
			n += utf8_put(c, p + n);
		}
	}
	return (str){p, n};
}

static str one_line(struct arena *a, const char *value, size_t most)
{
	str s = as_utf8(a, str_of(value));
	str out = heard_clean(a, s, most);
	return out.p ? out : S("");
}

/* Line ends as LF; control characters that a text has no use for are gone. */
static str as_text(struct arena *a, str s)
{
	s = as_utf8(a, s);
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '\r') {
			if (i + 1 < s.n && s.p[i + 1] == '\n') continue;
			c = '\n';
		}
		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) continue;
		p[n++] = (char)c;
	}
	return (str){p, n};
}

/* ---- ids ---- */

static str id_of(struct arena *a, str s)
{
	s = str_trim(s);
	if (s.n && s.p[0] == '<') s = str_sub(s, 1, s.n);
	if (s.n && s.p[s.n - 1] == '>') s.n--;
	s = one_line(a, str_c(a, s), RECEIVED_ID_BYTES + 1);
	/* one that says nothing would throw strangers together */
	if (s.n < 6 || !str_contains(s, S("@"))) return STR_NONE;
	if (s.n <= RECEIVED_ID_BYTES) return s;
	return str_fmt(a, "%.*s#%016llx", STR_ARG(utf8_cut(s, RECEIVED_ID_BYTES - 20)), (unsigned long long)str_hash(s));
}

static void add_reference(struct reading *r, str one)
{
	if (!one.n) return;
	for (size_t i = 0; i < r->out->references.n; i++)
		if (str_eq(r->out->references.v[i], one)) {
			memmove(&r->out->references.v[i], &r->out->references.v[i + 1], (r->out->references.n - i - 1) * sizeof(str));
			r->out->references.v[r->out->references.n - 1] = one;
			return;
		}
	if (r->out->references.n == RECEIVED_REFERENCES) {
		memmove(&r->out->references.v[0], &r->out->references.v[1], (RECEIVED_REFERENCES - 1) * sizeof(str));
		r->out->references.v[RECEIVED_REFERENCES - 1] = one;
		return;
	}
	VEC_PUSH(&r->out->references, r->a, one);
}

/* Whatever stands in angle brackets. */
static void read_ids(struct reading *r, const char *value)
{
	str rest = str_of(value);
	if (rest.n > HEADER_BYTES) rest = str_sub(rest, rest.n - HEADER_BYTES, HEADER_BYTES);
	while (rest.n) {
		const char *from = memchr(rest.p, '<', rest.n);
		if (!from) return;
		rest = str_sub(rest, (size_t)(from - rest.p), rest.n);
		const char *end = memchr(rest.p, '>', rest.n);
		if (!end) return;
		add_reference(r, id_of(r->a, (str){rest.p, (size_t)(end - rest.p) + 1}));
		rest = str_sub(rest, (size_t)(end - rest.p) + 1, rest.n);
	}
}

/* ---- addresses ---- */

static str address_of(struct arena *a, InternetAddress *x)
{
	if (!x || !INTERNET_ADDRESS_IS_MAILBOX(x)) return STR_NONE;
	const char *value = internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(x));
	if (!value) value = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(x));
	str s = str_lower_ascii(a, one_line(a, value, ADDRESS_BYTES + 1));
	size_t at;
	if (s.n > ADDRESS_BYTES || !str_find(s, '@', &at) || !at || at + 1 == s.n) return STR_NONE;
	for (size_t i = 0; i < s.n; i++)
		if (strchr(" <>,;\"()[]:\\", s.p[i])) return STR_NONE;
	return s;
}

/* The first of a group that has any; GMime keeps groups within groups apart. */
static InternetAddress *first_of(InternetAddress *x)
{
	if (!INTERNET_ADDRESS_IS_GROUP(x)) return x;
	InternetAddressList *members = internet_address_group_get_members(INTERNET_ADDRESS_GROUP(x));
	return members && internet_address_list_length(members) ? internet_address_list_get_address(members, 0) : x;
}

static void read_first(struct reading *r, InternetAddressList *list, str *address, str *name)
{
	for (int i = 0, n = list ? internet_address_list_length(list) : 0; i < n && i < ADDRESSES && !address->n; i++) {
		InternetAddress *x = first_of(internet_address_list_get_address(list, i));
		*address = address_of(r->a, x);
		if (address->n) *name = one_line(r->a, internet_address_get_name(x), RECEIVED_NAME_BYTES);
	}
	if (!address->p) *address = S("");
}

static void read_from(struct reading *r, InternetAddressList *list)
{
	if (!r->out->from.n) read_first(r, list, &r->out->from, &r->out->from_name);
}

static void read_to(struct reading *r, InternetAddressList *list)
{
	for (int i = 0, n = list ? internet_address_list_length(list) : 0; i < n && r->out->to.n < ADDRESSES; i++) {
		str address = address_of(r->a, first_of(internet_address_list_get_address(list, i)));
		if (address.n) VEC_PUSH(&r->out->to, r->a, address);
	}
}

/* ---- subject ---- */

str received_base(struct arena *a, str subject, bool *is_answer)
{
	static const char *const marks[] = {"re", "aw", "sv", "vs", "antw", "antwort", "rép", "rif", "odp", "ynt", "fw", "fwd", "wg", "tr", "απ", "σχετ", "πρθ", "ตอบ", "ตอบกลับ", "ส่งต่อ", "回覆", "回复", "答复", "轉寄", "转发", "پاسخ", "در پاسخ", "رد", NULL};
	bool more = true;
	*is_answer = false;
	subject = i18n_fold(a, subject);
	while (more) {
		more = false;
		subject = str_trim(subject);
		for (size_t i = 0; marks[i] && !more; i++) {
			str mark = i18n_fold(a, str_of(marks[i])), rest;
			if (!str_starts(subject, mark)) continue;
			rest = str_trim(str_sub(subject, mark.n, subject.n));
			if (rest.n > 2 && rest.p[0] == '[') { /* Re[2]: */
				size_t at;
				if (str_find(rest, ']', &at) && at < 4) rest = str_trim(str_sub(rest, at + 1, rest.n));
			}
			size_t colon = str_starts(rest, S(":")) ? 1 : str_starts(rest, S("：")) ? 3 : 0;
			if (!colon) continue;
			subject = str_sub(rest, colon, rest.n);
			*is_answer = more = true;
		}
	}
	return subject;
}

/* ---- parts ---- */

static str decoded(struct arena *a, GMimePart *part, size_t most, size_t *size)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	*size = 0;
	if (!content) return S("");
	GMimeStream *stream = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(content, stream);
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	*size = bytes->len;
	str out = bytes->len > most ? STR_NONE : str_dup(a, (str){bytes->len ? (const char *)bytes->data : "", bytes->len});
	g_object_unref(stream);
	return out;
}

static str text_of(struct reading *r, GMimePart *part)
{
	size_t size;
	const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
	str raw = decoded(r->a, part, RECEIVED_BYTES, &size);
	if (!charset || g_ascii_strcasecmp(charset, "utf-8") == 0 || g_ascii_strcasecmp(charset, "us-ascii") == 0) return as_text(r->a, raw);
	char *converted = g_mime_text_part_get_text(GMIME_TEXT_PART(part));
	str out = as_text(r->a, converted ? str_dup(r->a, str_of(converted)) : raw);
	g_free(converted);
	return out;
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: with them "gpj.exe" reads as "exe.jpg". */
static bool turns_around(str three)
{
	if (three.n < 3 || (unsigned char)three.p[0] != 0xe2) return false;
	unsigned char b = (unsigned char)three.p[1], c = (unsigned char)three.p[2];
	return (b == 0x80 && (c == 0x8e || c == 0x8f || (c >= 0xaa && c <= 0xae))) || (b == 0x81 && c >= 0xa6 && c <= 0xa9);
}

/* Never a name that a system reads as more than a name; empty when nothing of it is left. */
static str plain_name(struct arena *a, str name)
{
	char *p = arena_alloc(a, name.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		if (turns_around(str_sub(name, i, 3))) i += 2;
		else p[n++] = strchr("/\\\"<>|:*?", name.p[i]) ? '_' : name.p[i];
	}
	str out = str_trim((str){p, n});
	while (out.n && out.p[0] == '.') out = str_sub(out, 1, out.n);
	return out;
}

static str name_of(struct reading *r, GMimePart *part, str type)
{
	str given = one_line(r->a, g_mime_part_get_filename(part), RECEIVED_NAME_BYTES);
	size_t from = 0;
	for (size_t i = 0; i < given.n; i++)
		if (given.p[i] == '/' || given.p[i] == '\\') from = i + 1;
	str out = plain_name(r->a, str_sub(given, from, given.n));
	if (out.n) return out;
	size_t slash;
	return str_find(type, '/', &slash) && str_eq(str_sub(type, 0, slash), S("message")) ? S("message.eml") : str_fmt(r->a, "part-%d", r->parts);
}

static void add_file(struct reading *r, GMimePart *part, str type)
{
	struct received *out = r->out;
	if (out->files.n == RECEIVED_FILES) {
		out->files_left++;
		return;
	}
	struct received_file f = {.type = type, .name = name_of(r, part, type)};
	const char *disposition = g_mime_object_get_disposition(GMIME_OBJECT(part));
	f.is_inline = g_mime_part_get_content_id(part) && !(disposition && g_ascii_strcasecmp(disposition, "attachment") == 0);
	f.bytes = decoded(r->a, part, RECEIVED_FILE_BYTES, &f.size);
	VEC_PUSH(&out->files, r->a, f);
}

static void read_part(struct reading *r, GMimePart *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
	const char *disposition = g_mime_object_get_disposition(GMIME_OBJECT(part));
	bool is_attached = (disposition && g_ascii_strcasecmp(disposition, "attachment") == 0) || g_mime_part_get_filename(part);
	char *shown = g_mime_content_type_get_mime_type(type);
	str name = str_lower_ascii(r->a, one_line(r->a, shown, TYPE_BYTES));
	g_free(shown);
	if (!is_attached && GMIME_IS_TEXT_PART(part)) {
		if (g_mime_content_type_is_type(type, "text", "html")) {
			if (!r->html.n) r->html = text_of(r, part);
			return;
		}
		if (g_mime_content_type_is_type(type, "text", "plain")) {
			str text = text_of(r, part);
			if (r->plain.n + text.n < 2 * RECEIVED_TEXT_BYTES) r->plain = r->plain.n ? str_fmt(r->a, "%.*s\n%.*s", STR_ARG(r->plain), STR_ARG(text)) : text;
			return;
		}
	}
	add_file(r, part, name);
}

/* A message within is a file: what it says was said to somebody else. */
static void add_message(struct reading *r, GMimeMessagePart *part)
{
	GMimeMessage *inner = g_mime_message_part_get_message(part);
	if (!inner || r->out->files.n == RECEIVED_FILES) {
		r->out->files_left += inner != NULL;
		return;
	}
	str name = plain_name(r->a, one_line(r->a, g_mime_message_get_subject(inner), RECEIVED_NAME_BYTES - 4));
	char *bytes = g_mime_object_to_string(GMIME_OBJECT(inner), NULL);
	struct received_file f = {.type = S("message/rfc822"), .size = bytes ? strlen(bytes) : 0};
	f.name = name.n ? str_fmt(r->a, "%.*s.eml", STR_ARG(name)) : S("message.eml");
	f.bytes = f.size > RECEIVED_FILE_BYTES ? STR_NONE : str_dup(r->a, str_of(bytes));
	g_free(bytes);
	VEC_PUSH(&r->out->files, r->a, f);
}

static void read_object(struct reading *r, GMimeObject *o, int depth)
{
	if (!o) return;
	if (depth > DEPTH_MOST || ++r->parts > PARTS_MOST) {
		r->is_too_deep = true;
		return;
	}
	if (GMIME_IS_MULTIPART(o)) {
		for (int i = 0, n = g_mime_multipart_get_count(GMIME_MULTIPART(o)); i < n && !r->is_too_deep; i++) read_object(r, g_mime_multipart_get_part(GMIME_MULTIPART(o), i), depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		add_message(r, GMIME_MESSAGE_PART(o));
	} else if (GMIME_IS_PART(o)) {
		read_part(r, GMIME_PART(o));
	}
}

/* ---- the whole ---- */

static bool nests_deep(str bytes)
{
	static const str words[] = {S("boundary="), S("message/rfc822"), S("message/partial")};
	size_t n = 0;
	for (size_t w = 0; w < COUNT_OF(words); w++)
		for (const char *p = bytes.p, *end = bytes.p + bytes.n; n <= BOUNDARIES;) {
			p = memchr(p, words[w].p[words[w].n - 1], (size_t)(end - p));
			if (!p) break;
			p++;
			if ((size_t)(p - bytes.p) >= words[w].n && str_eq_nocase((str){p - words[w].n, words[w].n}, words[w])) n++;
		}
	return n > BOUNDARIES;
}

static const char *header(GMimeMessage *m, const char *name)
{
	return g_mime_object_get_header(GMIME_OBJECT(m), name);
}

static void read_results(struct reading *r, GMimeMessage *m)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(m));
	for (int i = 0, n = g_mime_header_list_get_count(headers); i < n && r->out->results.n < RESULTS; i++) {
		GMimeHeader *h = g_mime_header_list_get_header_at(headers, i);
		if (g_ascii_strcasecmp(g_mime_header_get_name(h), "Authentication-Results") == 0) VEC_PUSH(&r->out->results, r->a, one_line(r->a, g_mime_header_get_value(h), RESULT_BYTES));
	}
}

static bool is_automatic(struct arena *a, GMimeMessage *m)
{
	static const char *const there[] = {"List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-Loop", "Feedback-ID"};
	static const char *const precedence[] = {"bulk", "list", "junk", "auto_reply", NULL};
	str submitted = str_lower_ascii(a, one_line(a, header(m, "Auto-Submitted"), TYPE_BYTES)), path = one_line(a, header(m, "Return-Path"), ADDRESS_BYTES);
	str how = str_lower_ascii(a, one_line(a, header(m, "Precedence"), TYPE_BYTES));
	if (submitted.n && !str_starts(submitted, S("no"))) return true;
	if (str_eq(path, S("<>"))) return true;
	for (size_t i = 0; precedence[i]; i++)
		if (str_eq(how, str_of(precedence[i]))) return true;
	for (size_t i = 0; i < COUNT_OF(there); i++)
		if (header(m, there[i])) return true;
	return false;
}

static bool is_robot(str address)
{
	static const char *const names[] = {"mailer-daemon@", "postmaster@", NULL};
	for (size_t i = 0; names[i]; i++)
		if (str_starts(address, str_of(names[i]))) return true;
	return false;
}

static bool is_report(GMimeMessage *m)
{
	GMimeObject *part = g_mime_message_get_mime_part(m);
	if (!part) return false;
	GMimeContentType *type = g_mime_object_get_content_type(part);
	const char *of = g_mime_content_type_get_parameter(type, "report-type");
	return g_mime_content_type_is_type(type, "multipart", "report") && (!of || g_ascii_strcasecmp(of, "disposition-notification") != 0);
}

static int64_t time_of(GMimeMessage *m)
{
	GDateTime *date = g_mime_message_get_date(m);
	int64_t ms = date ? g_date_time_to_unix(date) * 1000 : DESC_NULL_INT;
	return ms > 0 ? ms : DESC_NULL_INT;
}

/* Where a picture stood that is kept as a file: "[cid:image001.png@01DB]". */
static str without_places(struct arena *a, str text)
{
	char *p = arena_alloc(a, text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		size_t end = i + 5;
		if (str_eq(str_sub(text, i, 5), S("[cid:"))) {
			while (end < text.n && (unsigned char)text.p[end] > ' ' && text.p[end] != ']') end++;
			if (end < text.n && text.p[end] == ']') {
				i = end;
				continue;
			}
		}
		if (text.p[i] == '\n' && n > 1 && p[n - 1] == '\n' && p[n - 2] == '\n') continue;
		p[n++] = text.p[i];
	}
	return (str){p, n};
}

static void settle_text(struct reading *r)
{
	struct received *out = r->out;
	str text = r->plain.p ? r->plain : S("");
	if (!str_trim(text).n && r->html.n) text = html_text(r->a, r->html, RECEIVED_TEXT_BYTES + 1);
	if (out->files.n && str_contains(text, S("[cid:"))) text = without_places(r->a, text);
	out->is_cut = text.n > RECEIVED_TEXT_BYTES;
	struct quoted q = quoted_fold(r->a, utf8_cut(text, RECEIVED_TEXT_BYTES));
	out->text = q.said.p ? q.said : S("");
	out->folded = q.folded.p ? q.folded : S("");
}

static enum received_refusal read_message(struct reading *r, GMimeMessage *m, str bytes)
{
	struct received *out = r->out;
	struct bounce bounce;
	const char *own = header(m, "Message-ID");
	out->message_id = id_of(r->a, own ? str_of(own) : S(""));
	read_from(r, g_mime_message_get_from(m));
	read_first(r, g_mime_message_get_reply_to(m), &out->reply_to, &out->reply_to_name);
	if (!out->from.n) read_from(r, g_mime_message_get_reply_to(m));
	if (!out->from.n) read_from(r, g_mime_message_get_sender(m));
	out->subject = one_line(r->a, g_mime_message_get_subject(m), RECEIVED_SUBJECT_BYTES);
	if (is_report(m) || is_robot(out->from)) return RECEIVED_BOUNCE;
	bounce_read(r->a, str_sub(bytes, 0, BOUNCE_BYTES), &bounce);
	if (bounce.verdict != BOUNCE_NONE) return RECEIVED_BOUNCE;
	if (!out->from.n) return header(m, "From") || header(m, "Subject") || own ? RECEIVED_NO_SENDER : RECEIVED_EMPTY;
	read_to(r, g_mime_message_get_addresses(m, GMIME_ADDRESS_TYPE_TO));
	read_to(r, g_mime_message_get_addresses(m, GMIME_ADDRESS_TYPE_CC));
	read_ids(r, header(m, "References"));
	read_ids(r, header(m, "In-Reply-To"));
	read_results(r, m);
	out->base = received_base(r->a, out->subject, &out->is_answer);
	out->at_ms = time_of(m);
	out->is_automatic = is_automatic(r->a, m);
	read_object(r, g_mime_message_get_mime_part(m), 0);
	if (r->is_too_deep) return RECEIVED_TOO_DEEP;
	settle_text(r);
	return RECEIVED_FINE;
}

enum received_refusal received_read(struct arena *a, str bytes, struct received *out)
{
	struct reading r = {.a = a, .out = out};
	*out = (struct received){.from = S(""), .from_name = S(""), .reply_to = S(""), .reply_to_name = S(""), .subject = S(""), .base = S(""), .text = S(""), .folded = S(""), .at_ms = DESC_NULL_INT};
	if (bytes.n > RECEIVED_BYTES) return RECEIVED_TOO_LARGE;
	if (!str_trim(bytes).n) return RECEIVED_EMPTY;
	if (nests_deep(bytes)) return RECEIVED_TOO_DEEP;
	mime_start();
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	enum received_refusal refusal = m ? read_message(&r, m, bytes) : RECEIVED_EMPTY;
	if (m) g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(stream);
	return refusal;
}

/* ---- mbox ---- */

bool received_is_mbox(str bytes)
{
	return str_starts(bytes, S("From "));
}

/* A line "From ", at the start or behind an empty line. */
static size_t next_from(str s)
{
	for (size_t at = 0; at < s.n;) {
		const char *end = memchr(s.p + at, '\n', s.n - at);
		if (!end) return s.n;
		size_t next = (size_t)(end - s.p) + 1;
		bool is_empty = next - at == 1 || (next - at == 2 && s.p[at] == '\r');
		if (is_empty && str_starts(str_sub(s, next, 5), S("From "))) return next;
		at = next;
	}
	return s.n;
}

static str unstuffed(struct arena *a, str s)
{
	if (!memmem(s.p, s.n, "\n>From ", 7) && !memmem(s.p, s.n, "\n>>", 3)) return s;
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (str rest = s; rest.n;) {
		const char *end = memchr(rest.p, '\n', rest.n);
		str line = str_sub(rest, 0, end ? (size_t)(end - rest.p) + 1 : rest.n);
		size_t marks = 0;
		rest = str_sub(rest, line.n, rest.n);
		while (marks < line.n && line.p[marks] == '>') marks++;
		if (marks && str_starts(str_sub(line, marks, 5), S("From "))) line = str_sub(line, 1, line.n);
		memcpy(p + n, line.p, line.n);
		n += line.n;
	}
	return (str){p, n};
}

bool received_cut(struct arena *a, str *rest, str *message)
{
	while (rest->n && (rest->p[0] == '\n' || rest->p[0] == '\r')) *rest = str_sub(*rest, 1, rest->n);
	if (!rest->n) return false;
	str all = *rest;
	size_t first = 0, end;
	if (received_is_mbox(all)) {
		const char *line = memchr(all.p, '\n', all.n);
		first = line ? (size_t)(line - all.p) + 1 : all.n;
	}
	end = first + next_from(str_sub(all, first, all.n));
	*message = unstuffed(a, str_sub(all, first, end - first));
	*rest = str_sub(all, end, all.n);
	return true;
}
