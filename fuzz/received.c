/* Mail as it comes in: whatever is given, what comes out is UTF-8, within its bounds, on one line where it becomes one, and the message
 * behind it in an mbox is found again. */
#include "fuzz.h"
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/received.h"

static void is_line(str s, size_t most)
{
	if (s.n > most || !utf8_is_valid(s)) abort();
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) abort();
}

static void is_text(str s)
{
	if (s.n > RECEIVED_TEXT_BYTES || !utf8_is_valid(s)) abort();
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\n' && s.p[i] != '\t') || s.p[i] == 0x7f) abort();
}

static void look(struct arena *a, str bytes)
{
	struct received m;
	if (received_read(a, bytes, &m) != RECEIVED_FINE) return;
	if (!m.from.n || m.files.n > RECEIVED_FILES || m.references.n > RECEIVED_REFERENCES) abort();
	is_line(m.from, 254);
	is_line(m.from_name, RECEIVED_NAME_BYTES);
	is_line(m.subject, RECEIVED_SUBJECT_BYTES);
	is_line(m.message_id, RECEIVED_ID_BYTES);
	is_text(m.text);
	is_text(m.folded);
	for (size_t i = 0; i < m.references.n; i++) is_line(m.references.v[i], RECEIVED_ID_BYTES);
	for (size_t i = 0; i < m.files.n; i++) {
		is_line(m.files.v[i].name, RECEIVED_NAME_BYTES + 8);
		if (!m.files.v[i].name.n || m.files.v[i].name.p[0] == '.' || str_contains(m.files.v[i].name, S("/")) || str_contains(m.files.v[i].name, S("\\"))) abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
	struct arena a = {0};
	str bytes = {(const char *)d, n}, rest = bytes, one;
	look(&a, bytes);
	for (size_t left = rest.n; received_cut(&a, &rest, &one); left = rest.n)
		if (rest.n >= left) abort();
		else if (received_is_mbox(bytes)) look(&a, one);
	arena_release(&a);
	return 0;
}
