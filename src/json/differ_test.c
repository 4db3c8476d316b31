/* Thousands of documents, made and then broken by chance (with a fixed seed), read by us and by Jansson. */
#include "test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "json_oracle.h"

static uint64_t seed = 88172645463325252u;

static uint64_t chance(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % below;
}

static void make_string(struct buf *b)
{
	static const char *pieces[] = {"a", "type", " ", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\xc3\xa9", "\xe2\x80\xa8", "\xf0\x9f\x98\x80", "<", "&", "/", "\\/", "{", "]", ",", ":", "\x7f", "0123456789012345678901234567890123456789"};
	buf_byte(b, '"');
	for (uint64_t n = chance(6); n > 0; n--) buf_add(b, str_of(pieces[chance(COUNT_OF(pieces))]));
	buf_byte(b, '"');
}

static void make_space(struct buf *b)
{
	static const char *spaces[] = {"", "", "", "", " ", "\n", "\t\r\n", "                                                                  "};
	buf_add(b, str_of(spaces[chance(COUNT_OF(spaces))]));
}

static void make_value(struct buf *b, int depth)
{
	static const char *scalars[] = {"true", "false", "null", "0", "-0", "1", "-12.5", "1e3", "1.5E-7", "9007199254740993", "123456789012345678", "0.1", "1e308", "5e-324"};
	uint64_t kind = chance(depth > 6 ? 2 : 4);
	make_space(b);
	if (kind == 0) buf_add(b, str_of(scalars[chance(COUNT_OF(scalars))]));
	if (kind == 1) make_string(b);
	if (kind > 1) {
		buf_byte(b, kind == 2 ? '{' : '[');
		uint64_t n = chance(6);
		for (uint64_t i = 0; i < n; i++) {
			if (i) buf_byte(b, ',');
			make_space(b);
			if (kind == 2) make_string(b);
			make_space(b);
			if (kind == 2) buf_byte(b, ':');
			make_value(b, depth + 1);
		}
		make_space(b);
		buf_byte(b, kind == 2 ? '}' : ']');
	}
	make_space(b);
}

static void break_it(struct buf *b)
{
	static const char bytes[] = "{}[]:,\"\\ 0123456789-+.eEtfnu\n\x01\x0c\x1a\x80\xc3\xff/";
	size_t at = chance(b->n);
	switch (chance(5)) {
	case 0: b->p[at] = bytes[chance(sizeof bytes)]; break;
	case 1: b->n = at; break;
	case 2: memmove(b->p + at, b->p + at + 1, b->n - at - 1), b->n--; break;
	case 3: b->p[at] = (char)(b->p[at] ^ (1 << chance(8))); break;
	case 4: {
		char moved = b->p[at];
		b->p[at] = b->p[chance(b->n)];
		b->p[chance(b->n)] = moved;
		break;
	}
	}
}

static void check(str text)
{
	const char *wrong = json_differ(text);
	if (!wrong) return;
	for (size_t i = 0; i < text.n; i++) print_error("%02x", (unsigned char)text.p[i]);
	fail_msg(": %s: %.*s", wrong, STR_ARG(text));
}

#ifdef __SANITIZE_ADDRESS__
enum { MADE = 1200 }; /* thirty times slower there, and the fuzzer of JSON makes the same comparison */
#else
enum { MADE = 6000 };
#endif

static void made_and_broken_documents_read_as_jansson_reads_them(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < MADE; i++) {
		buf_clear(&b);
		make_value(&b, 0);
		check(buf_str(&b));
		for (int k = 0; k < 4 && b.n; k++) {
			break_it(&b);
			check(buf_str(&b));
		}
	}
	buf_release(&b);
}

static void every_byte_in_every_place_reads_as_jansson_reads_it(void **state)
{
	(void)state;
	static const char *texts[] = {"[1,\"a\"]", "{\"a\":-1.5e3}", "[true,null]", "\"\\u00e9\"", "{\"a\":{},\"b\":[]}"};
	for (size_t t = 0; t < COUNT_OF(texts); t++) {
		char text[64];
		size_t n = strlen(texts[t]);
		for (size_t at = 0; at < n; at++) {
			for (int byte = 0; byte < 256; byte++) {
				memcpy(text, texts[t], n);
				text[at] = (char)byte;
				check((str){text, n});
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_and_broken_documents_read_as_jansson_reads_them),
		cmocka_unit_test(every_byte_in_every_place_reads_as_jansson_reads_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
