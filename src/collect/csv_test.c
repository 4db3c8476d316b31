#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "collect/csv.h"
#include "collect/input.h"
#include "test.h"

static struct arena arena;
static struct fault fault;

/* Every row as "line:cell|cell", bad ones as "line!reason", one after the other. */
static str all_rows(str text, struct csv_options o)
{
	struct csv *c;
	struct input *in = input_of_text(text);
	struct csv_row row;
	const char *reason;
	str all = S("");
	fault_clear(&fault);
	if (csv_open(&c, in, &o, &fault) != OK) {
		input_free(in);
		return S("refused");
	}
	all = str_join(&arena, csv_header(c)->cells, csv_header(c)->n, S("|"));
	for (;;) {
		enum csv_result result = csv_next(c, &row, &reason, &fault);
		if (result == CSV_END) break;
		if (result == CSV_FAILED) {
			all = str_fmt(&arena, "%.*s failed", STR_ARG(all));
			break;
		}
		if (result == CSV_BAD_ROW) {
			all = str_fmt(&arena, "%.*s %d!%s", STR_ARG(all), (int)row.line, reason);
			continue;
		}
		str cells = str_join(&arena, row.cells, row.n, S("|"));
		all = str_fmt(&arena, "%.*s %d:%.*s", STR_ARG(all), (int)row.line, STR_ARG(cells));
	}
	csv_free(c);
	input_free(in);
	return all;
}

static void rows_are_read_as_rfc_4180_says(void **state)
{
	(void)state;
	struct csv_options plain = {0};
	assert_str_equal(all_rows(S("a,b\r\n1,2\r\n\r\n3,4"), plain), S("a|b 2:1|2 4:3|4"));
	assert_str_equal(all_rows(S("\xef\xbb\xbf" "a, b \n\"1,\"\"x\"\"\",\"two\nlines\"\n3,\"\"\n"), plain), S("a|b 2:1,\"x\"|two\nlines 4:3|"));
	assert_str_equal(all_rows(S("a,b\n5\" pipe,2\n"), plain), S("a|b 2:5\" pipe|2"));
	assert_str_equal(all_rows(S("a,b\r1,2\r3,4\r"), plain), S("a|b 2:1|2 3:3|4"));
	assert_str_equal(all_rows(S("a,b\n"), plain), S("a|b"));
	assert_str_equal(all_rows(S(""), plain), S("refused"));
}

static void a_bad_row_costs_only_itself(void **state)
{
	(void)state;
	struct csv_options o = {.max_cell_bytes = 4, .max_columns = 3, .max_row_bytes = 60};
	assert_str_equal(all_rows(S("a,b\n1\n1,2,3\n1,2,\n12345,2\n\"1\"x,2\n1,2,3,4\n1,2\n"), o),
		S("a|b 2!ragged 3!ragged 4:1|2 5!cell_too_long 6!text_after_quote 7!too_many_columns 8:1|2"));
	assert_str_equal(all_rows(S("a,b\n1,\"open\n3,4\n5,6\n"), o), S("a|b 2!open_quote 3:3|4 4:5|6"));
	assert_str_equal(all_rows((str){"a,b\n1,\0\n3,4\n", 12}, o), S("a|b 2!nul_byte 3:3|4"));
}

static void the_delimiter_is_told_from_the_rows(void **state)
{
	(void)state;
	struct csv_options plain = {0}, comma = {.delimiter = ','};
	assert_str_equal(all_rows(S("a;b;c\n1,5;2,5;3\n"), plain), S("a|b|c 2:1,5|2,5|3"));
	assert_str_equal(all_rows(S("a\tb\n1,2\t3\n"), plain), S("a|b 2:1,2|3"));
	assert_str_equal(all_rows(S("a|b\n1|3\n"), plain), S("a|b 2:1|3"));
	assert_str_equal(all_rows(S("name\nAnna\n"), plain), S("name 2:Anna"));
	assert_str_equal(all_rows(S("a;b\n1;2\n"), comma), S("a;b 2:1;2"));
}

static void other_encodings_become_utf8(void **state)
{
	(void)state;
	struct csv_options plain = {0};
	assert_str_equal(all_rows(S("a,b\nCaf\xe9,\x80 5\n\xCE\xB1,1\n"), plain), S("a|b 2:Caf\xC3\xA9|\xE2\x82\xAC 5 3:\xCE\xB1|1"));
	assert_str_equal(all_rows((str){"\xff\xfe" "a\0,\0b\0\n\0\xb1\x03,\0\x3d\xd8\x00\xde\n\0", 20}, plain), S("a|b 2:\xCE\xB1|\xF0\x9F\x98\x80"));
	assert_str_equal(all_rows((str){"\xfe\xff\0a\0,\0b\0\n\0x\0,\0y", 16}, plain), S("a|b 2:x|y"));
}

static void gzip_is_told_by_its_magic_and_a_cut_file_is_found(void **state)
{
	(void)state;
	char name[] = "/tmp/hospes-csv-XXXXXX";
	int fd = mkstemp(name);
	gzFile z = gzdopen(dup(fd), "wb");
	assert_int_equal(gzputs(z, "a,b\n"), 4);
	gzclose(z);
	lseek(fd, 0, SEEK_END);
	z = gzdopen(dup(fd), "wb"); /* a second member, as `cat` makes it */
	for (int i = 0; i < 50000; i++) gzprintf(z, "%d,%d\n", i, i * 7919);
	gzclose(z);
	off_t whole = lseek(fd, 0, SEEK_END);
	for (int cut = 0; cut < 2; cut++) {
		struct csv *c;
		struct csv_row row;
		const char *reason;
		int rows = 0;
		enum csv_result result;
		if (cut) assert_ok(ftruncate(fd, whole / 2));
		lseek(fd, 0, SEEK_SET);
		struct input *in = input_of_fd(fd);
		assert_ok(csv_open(&c, in, &(struct csv_options){0}, &fault));
		while ((result = csv_next(c, &row, &reason, &fault)) == CSV_ROW) rows++;
		if (cut) {
			assert_int_equal(result, CSV_FAILED);
			assert_int_equal(fault.err, ERR_MALFORMED);
		} else {
			assert_int_equal(result, CSV_END);
			assert_int_equal(rows, 50000);
			assert_int_equal(input_consumed(in), whole);
		}
		csv_free(c);
		input_free(in);
	}
	close(fd);
	unlink(name);
}

static void lines_come_one_by_one_and_long_ones_are_skipped(void **state)
{
	(void)state;
	struct input *in = input_of_text(S("one\r\n\n12345678901\nlast"));
	struct lines *l = lines_new(in, 10);
	str line;
	int64_t number;
	assert_int_equal(lines_next(l, &line, &number, &fault), LINE_READ);
	assert_str_equal(line, S("one"));
	assert_int_equal(lines_next(l, &line, &number, &fault), LINE_READ);
	assert_str_equal(line, S(""));
	assert_int_equal(lines_next(l, &line, &number, &fault), LINE_TOO_LONG);
	assert_int_equal(number, 3);
	assert_int_equal(lines_next(l, &line, &number, &fault), LINE_READ);
	assert_str_equal(line, S("last"));
	assert_int_equal(number, 4);
	assert_int_equal(lines_next(l, &line, &number, &fault), LINE_END);
	lines_free(l);
	input_free(in);
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read_as_rfc_4180_says),
		cmocka_unit_test(a_bad_row_costs_only_itself),
		cmocka_unit_test(the_delimiter_is_told_from_the_rows),
		cmocka_unit_test(other_encodings_become_utf8),
		cmocka_unit_test(gzip_is_told_by_its_magic_and_a_cut_file_is_found),
		cmocka_unit_test(lines_come_one_by_one_and_long_ones_are_skipped),
	};
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
