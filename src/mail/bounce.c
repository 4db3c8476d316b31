/* GMime reads the message; the blocks of fields of a report are headers by their form (RFC 3464 2.1), so GMime reads these too. */
#include "mail/bounce.h"

#include <gmime/gmime.h>

#include "base/utf8.h"
#include "mail/mime.h"

enum { WORDS_BYTES = 300, BLOCKS_MOST = 50, DEPTH_MOST = 8 };

struct reading {
	struct arena *a;
	struct bounce *out;
};

static GMimeMessage *message_of(str bytes)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return m;
}

/* On one line, without what is no text. */
static str field(struct arena *a, GMimeMessage *m, const char *name)
{
	const char *value = g_mime_object_get_header(GMIME_OBJECT(m), name);
	if (!value || !utf8_is_valid(str_of(value))) return S("");
	str text = str_dup(a, utf8_cut(str_trim(str_of(value)), WORDS_BYTES));
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f) ((char *)(uintptr_t)text.p)[i] = ' ';
	return text;
}

/* "rfc822; ada@example.com", "smtp; 550 no such user": what stands behind the type. */
static str behind_type(str value)
{
	str rest = value;
	str type = str_cut(&rest, ';');
	return type.n == value.n ? value : str_trim(rest);
}

static str decoded(struct arena *a, GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	if (!content) return S("");
	GMimeStream *stream = g_mime_stream_mem_new();
	g_mime_data_wrapper_write_to_stream(content, stream);
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	str out = str_dup(a, (str){(const char *)bytes->data, bytes->len});
	g_object_unref(stream);
	return out;
}

static enum bounce_verdict verdict_of(str status)
{
	static const char *const NOBODY[] = {"5.2.1", "5.4.4", "5.0.0"};
	for (size_t i = 0; i < COUNT_OF(NOBODY); i++)
		if (str_eq(status, str_of(NOBODY[i]))) return BOUNCE_NO_RECIPIENT;
	return str_starts(status, S("5.1.")) ? BOUNCE_NO_RECIPIENT : BOUNCE_REFUSED;
}

static void read_block(struct reading *r, str block)
{
	GMimeMessage *m = message_of(block);
	if (!m) return;
	if (str_eq_nocase(field(r->a, m, "Action"), S("failed"))) {
		str status = field(r->a, m, "Status");
		r->out->status = str_cut(&status, ' ');
		r->out->words = behind_type(field(r->a, m, "Diagnostic-Code"));
		r->out->verdict = verdict_of(r->out->status);
	}
	g_object_unref(m);
}

/* The first block is of the report, each other one of a recipient; ours have one. */
static void read_status(struct reading *r, str text)
{
	size_t from = 0, blocks = 0;
	for (size_t i = 0; i <= text.n && blocks < BLOCKS_MOST && r->out->verdict == BOUNCE_NONE; i++) {
		bool is_end = i == text.n || (text.p[i] == '\n' && (i + 1 < text.n && (text.p[i + 1] == '\n' || text.p[i + 1] == '\r')));
		if (!is_end) continue;
		str block = str_trim(str_sub(text, from, i - from));
		from = i;
		if (!block.n) continue;
		blocks++;
		read_block(r, str_fmt(r->a, "%.*s\n\n", STR_ARG(block)));
	}
}

static void read_feedback(struct reading *r, str text)
{
	static const char *const UNWANTED[] = {"abuse", "fraud", "opt-out", "opt-out-list"};
	GMimeMessage *m = message_of(str_fmt(r->a, "%.*s\n\n", STR_ARG(str_trim(text))));
	if (!m) return;
	str type = str_lower_ascii(r->a, field(r->a, m, "Feedback-Type"));
	for (size_t i = 0; i < COUNT_OF(UNWANTED); i++)
		if (str_eq(type, str_of(UNWANTED[i]))) r->out->verdict = BOUNCE_COMPLAINT, r->out->status = type;
	g_object_unref(m);
}

static void keep_id(struct reading *r, GMimeMessage *m)
{
	const char *value = m ? g_mime_message_get_message_id(m) : NULL;
	if (value && utf8_is_valid(str_of(value)) && !r->out->message_id.n) r->out->message_id = str_dup(r->a, str_of(value));
}

static void read_headers(struct reading *r, str text)
{
	GMimeMessage *m = message_of(text);
	keep_id(r, m);
	if (m) g_object_unref(m);
}

static void read_part(struct reading *r, GMimeObject *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	if (GMIME_IS_MESSAGE_PART(part))
		keep_id(r, g_mime_message_part_get_message(GMIME_MESSAGE_PART(part)));
	else if (GMIME_IS_PART(part) && (g_mime_content_type_is_type(type, "message", "delivery-status") || g_mime_content_type_is_type(type, "message", "global-delivery-status")))
		read_status(r, decoded(r->a, GMIME_PART(part)));
	else if (GMIME_IS_PART(part) && g_mime_content_type_is_type(type, "message", "feedback-report"))
		read_feedback(r, decoded(r->a, GMIME_PART(part)));
	else if (GMIME_IS_PART(part) && (g_mime_content_type_is_type(type, "text", "rfc822-headers") || g_mime_content_type_is_type(type, "message", "global-headers")))
		read_headers(r, decoded(r->a, GMIME_PART(part)));
}

/* Lists and virus scanners wrap reports in multiparts of their own. */
static void read_report(struct reading *r, GMimeObject *o, int depth)
{
	if (!GMIME_IS_MULTIPART(o) || depth > DEPTH_MOST) return;
	bool is_report = g_mime_content_type_is_type(g_mime_object_get_content_type(o), "multipart", "report");
	for (int i = 0, n = g_mime_multipart_get_count(GMIME_MULTIPART(o)); i < n; i++) {
		GMimeObject *part = g_mime_multipart_get_part(GMIME_MULTIPART(o), i);
		if (is_report)
			read_part(r, part);
		else
			read_report(r, part, depth + 1);
	}
}

void bounce_read(struct arena *a, str message, struct bounce *out)
{
	*out = (struct bounce){.message_id = S(""), .status = S(""), .words = S("")};
	struct reading r = {a, out};
	mime_start();
	GMimeMessage *m = message_of(message);
	if (!m) return;
	read_report(&r, g_mime_message_get_mime_part(m), 0);
	g_object_unref(m);
	if (!out->message_id.n) out->verdict = BOUNCE_NONE;
}
