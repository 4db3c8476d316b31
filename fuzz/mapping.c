/* Any bytes: up to a NUL a person's mapping, then a file that is guessed, mapped and turned into touchpoints. */
#include "collect/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "collect/csv.h"
#include "collect/input.h"
#include "collect/orders_file.h"
#include "collect/row_touchpoint.h"
#include "fuzz.h"
#include "json/json.h"

static void must_be_json(struct arena *a, str text)
{
	const struct json_node *root;
	if (json_tree(a, text, 1 << 26, &root, NULL) != OK) abort();
}

static void read_rows(struct arena *a, struct csv *c, const struct mapping *m)
{
	struct orders_file *orders = orders_file_new(m, S("fuzz"));
	struct row_ids *ids = row_ids_new(S("fuzz"), S("rows"));
	struct csv_row row;
	struct touchpoint t;
	const char *reason;
	enum csv_result result;
	while ((result = csv_next(c, &row, &reason, NULL)) == CSV_ROW || result == CSV_BAD_ROW) {
		if (result == CSV_BAD_ROW) continue;
		if (m->kind == FILE_ORDERS) (void)!orders_file_add(orders, &row);
		else if (!row_touchpoint(a, m, ids, &row, &t)) must_be_json(a, t.raw);
	}
	for (size_t i = 0; i < orders_file_count(orders); i++) {
		struct file_order order;
		orders_file_get(orders, i, a, &order);
		must_be_json(a, order.touchpoint.raw);
	}
	row_ids_free(ids);
	orders_file_free(orders);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *nul = n ? memchr(data, 0, n) : NULL;
	str json = {(const char *)data, nul ? (size_t)(nul - data) : 0}, text = {(const char *)data, n};
	if (nul) text = str_sub(text, json.n + 1, n);
	struct arena a;
	struct csv *c;
	struct fault f = {0};
	struct input *in = input_of_text(text);
	arena_init(&a);
	if (csv_open(&c, in, &(struct csv_options){0}, &f) == OK) {
		struct mapping m;
		struct buf out;
		mapping_guess(&a, mapping_guess_kind(csv_header(c)), csv_header(c), csv_header(c), 1, &m);
		enum err e = nul ? mapping_overlay(&a, json, &m, &f) : OK;
		buf_init(&out, 1 << 24);
		mapping_write(&m, &out);
		must_be_json(&a, buf_str(&out));
		buf_release(&out);
		if (e == OK && mapping_check(&m, &f) == OK) read_rows(&a, c, &m);
		csv_free(c);
	}
	input_free(in);
	arena_release(&a);
	return 0;
}
