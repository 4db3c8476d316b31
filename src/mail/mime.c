/* Headers are GMime's: what is no plain ASCII is encoded (RFC 2047) and long lines are folded. That no value holds a line
 * break was made sure of before (mail_put); here one would be encoded. */
#include "mail/mime.h"

#include <gmime/gmime.h>
#include <pthread.h>

static void start(void)
{
	g_mime_init();
}

void mime_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start);
}

/* Base64 for scripts that quoted-printable would blow up threefold a byte. */
static GMimeContentEncoding encoding_of(str text)
{
	size_t high = 0;
	for (size_t i = 0; i < text.n; i++) high += (unsigned char)text.p[i] >= 0x80;
	return high > text.n / 6 ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

static GMimeObject *part(struct arena *a, const char *subtype, str text)
{
	GMimeTextPart *t = g_mime_text_part_new_with_subtype(subtype);
	g_mime_text_part_set_charset(t, "utf-8");
	g_mime_text_part_set_text(t, str_c(a, text));
	g_mime_part_set_content_encoding(GMIME_PART(t), encoding_of(text));
	return GMIME_OBJECT(t);
}

/* As it stands, on one line: GMime would encode an address that is longer than a line, and then nobody finds it. */
static void set(GMimeMessage *m, struct arena *a, const char *name, str value)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(m));
	g_mime_header_list_set(headers, name, "", "utf-8");
	GMimeHeader *header = g_mime_header_list_get_header(headers, name);
	g_mime_header_set_raw_value(header, str_c(a, str_fmt(a, " %.*s\n", STR_ARG(value))));
}

static void set_unsubscribe(GMimeMessage *message, struct arena *a, str address)
{
	set(message, a, "List-Unsubscribe", str_fmt(a, "<%.*s>", STR_ARG(address)));
	if (str_starts(address, S("https://"))) set(message, a, "List-Unsubscribe-Post", S("List-Unsubscribe=One-Click"));
}

/* One on a line, so that a header of many stays within what a line may hold. */
static void set_ids(GMimeMessage *m, struct arena *a, const char *name, str ids)
{
	str all = S("");
	while (str_given(ids)) {
		str one = str_trim(str_cut(&ids, ' '));
		if (one.n) all = str_fmt(a, "%.*s%s<%.*s>", STR_ARG(all), all.n ? "\n " : "", STR_ARG(one));
	}
	if (all.n) set(m, a, name, all);
}

static str bytes_of(struct arena *a, GMimeMessage *m)
{
	GMimeFormatOptions *options = g_mime_format_options_new();
	GMimeStream *stream = g_mime_stream_mem_new();
	g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
	g_mime_object_write_to_stream(GMIME_OBJECT(m), options, stream);
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	str out = str_dup(a, (str){(const char *)bytes->data, bytes->len});
	g_object_unref(stream);
	g_mime_format_options_free(options);
	return out;
}

str mime_write(struct arena *a, const struct mime_message *m)
{
	mime_start();
	GMimeMessage *message = g_mime_message_new(TRUE);
	GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");
	GMimeObject *text = part(a, "plain", m->text), *html = part(a, "html", m->html);
	GDateTime *date = g_date_time_new_from_unix_utc(m->date_ms / 1000);
	g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM, str_c(a, m->from_name), str_c(a, m->from));
	g_mime_message_add_mailbox(
		message, GMIME_ADDRESS_TYPE_TO, m->to_name.n ? str_c(a, m->to_name) : NULL, str_c(a, m->to));
	g_mime_message_set_subject(message, str_c(a, m->subject), "utf-8");
	g_mime_message_set_date(message, date);
	g_mime_message_set_message_id(message, str_c(a, m->message_id));
	if (!m->is_personal) set(message, a, "Auto-Submitted", m->is_reply ? S("auto-replied") : S("auto-generated"));
	set_ids(message, a, "In-Reply-To", m->answers);
	set_ids(message, a, "References", m->references);
	set(message, a, "Content-Language", m->language);
	if (m->unsubscribe.n) set_unsubscribe(message, a, m->unsubscribe);
	g_mime_multipart_add(both, text);
	g_mime_multipart_add(both, html);
	g_mime_message_set_mime_part(message, GMIME_OBJECT(both));
	str out = bytes_of(a, message);
	g_date_time_unref(date);
	g_object_unref(text);
	g_object_unref(html);
	g_object_unref(both);
	g_object_unref(message);
	return out;
}
