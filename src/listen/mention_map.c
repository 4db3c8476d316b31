#include "listen/mention_map.h"

#include <math.h>
#include <string.h>

#include "collect/csv.h"
#include "collect/input.h"
#include "fetch/fetch.h"
#include "json/json.h"

enum { JSON_BYTES = 16 << 20, COLUMN_BYTES = 80 };

struct mention_map {
	const char *name, *network, *list, *key, *text, *title, *url, *author, *author_url, *at, *rating, *most, *language;
};
static const struct mention_map MAPS[] = {
#define MENTION_MAP(name, network, list, key, text, title, url, author, author_url, at, rating, most, language) {#name, network, list, key, text, title, url, author, author_url, at, rating, most, language},
#include "mention_maps.def"
#undef MENTION_MAP
};

const struct mention_map *mention_map_find(str name)
{
	for (size_t i = 0; i < COUNT_OF(MAPS); i++)
		if (str_eq(name, str_of(MAPS[i].name))) return &MAPS[i];
	return NULL;
}

const struct mention_map *mention_map_at(size_t i, const char **name)
{
	if (i >= COUNT_OF(MAPS)) return NULL;
	*name = MAPS[i].name;
	return &MAPS[i];
}

/* ---- an item, wherever it stands ---- */

struct item {
	struct arena *a;
	const struct json_node *node; /* JSON */
	const str *columns;           /* else a row */
	const struct csv_row *row;
};

static const struct json_node *at_path(const struct json_node *n, str path)
{
	while (n && str_given(path)) {
		str part = str_cut(&path, '.');
		int64_t place;
		if (n->type == JSON_ARRAY && str_i64(part, &place)) {
			n = n->child;
			while (n && place-- > 0) n = n->next;
		} else {
			n = n->type == JSON_OBJECT ? json_get(n, part) : NULL;
		}
	}
	return n;
}

/* Letters and digits alone, in small letters. */
static str bare(char room[COLUMN_BYTES], str name)
{
	size_t n = 0;
	for (size_t i = 0; i < name.n && n < COLUMN_BYTES; i++) {
		char c = name.p[i];
		if (c >= 'A' && c <= 'Z') c = (char)(c + 'a' - 'A');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80) room[n++] = c;
	}
	return (str){room, n};
}

static str of_column(const struct item *x, str path)
{
	char rooms[3][COLUMN_BYTES];
	str last = path, whole = bare(rooms[0], path);
	while (str_contains(last, S("."))) (void)str_cut(&last, '.');
	last = bare(rooms[1], last);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < x->row->n; i++)
			if (str_eq(bare(rooms[2], x->columns[i]), pass ? last : whole) && x->row->cells[i].n) return x->row->cells[i];
	return STR_NONE;
}

static str value_of(const struct item *x, const char *paths)
{
	str rest = str_of(paths);
	while (rest.n) {
		str path = str_cut(&rest, '|'), found = STR_NONE;
		if (x->node) {
			const struct json_node *n = at_path(x->node, path);
			if (n && (n->type == JSON_STRING || n->type == JSON_NUMBER)) found = n->text;
		} else {
			found = of_column(x, path);
		}
		if (found.n) return str_dup(x->a, found);
	}
	return STR_NONE;
}

static double stars_of(str text)
{
	static const char *const words[] = {"ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_nocase(text, str_of(words[i]))) return (double)i;
	return text.n ? heard_number(text) : NAN;
}

static double most_of(const struct item *x, const char *paths)
{
	double most = stars_of(value_of(x, paths));
	str rest = str_of(paths), last = S("");
	while (rest.n) last = str_cut(&rest, '|');
	return isnan(most) ? heard_number(last) : most;
}

static const char *read_item(const struct item *x, const struct mention_map *m, struct heard *h)
{
	struct arena *a = x->a;
	str key = value_of(x, m->key), network = m->network[0] ? str_of(m->network) : value_of(x, "network|source|platform|channel|site");
	h->text = heard_clean(a, heard_html(a, value_of(x, m->text)), HEARD_TEXT_BYTES);
	h->title = heard_clean(a, heard_html(a, value_of(x, m->title)), HEARD_NAME_BYTES);
	h->url = fetch_resolve(a, S(""), value_of(x, m->url));
	h->author = heard_clean(a, value_of(x, m->author), HEARD_NAME_BYTES);
	h->author_url = fetch_resolve(a, S(""), value_of(x, m->author_url));
	h->language = value_of(x, m->language);
	h->at_ms = heard_time(a, value_of(x, m->at));
	h->rating = stars_of(value_of(x, m->rating));
	h->rating_max = isnan(h->rating) ? NAN : most_of(x, m->most);
	h->network = network.n ? str_lower_ascii(a, heard_clean(a, network, COLUMN_BYTES)) : isnan(h->rating) ? S("sent") : S("review");
	if (!isnan(h->rating) && !(h->rating >= 0 && h->rating <= h->rating_max)) return "rating_off_scale";
	if (!h->text.n && !h->title.n && isnan(h->rating)) return "says_nothing";
	uint64_t content = str_hash(h->text) ^ str_hash(h->author) * 31 ^ str_hash(h->title) * 17 ^ (uint64_t)h->at_ms;
	h->key = key.n ? str_fmt(a, "%.*s#%.*s", STR_ARG(h->network), STR_ARG(key)) : h->url.n ? h->url : str_fmt(a, "%.*s#%016llx", STR_ARG(h->network), (unsigned long long)content);
	return NULL;
}

static void take(const struct item *x, const struct mention_map *m, int64_t at, struct heard_list *out, struct mention_rejects *rejects)
{
	struct heard *h = heard_add(x->a, out);
	const char *reason = h ? read_item(x, m, h) : "too_many";
	if (!reason) return;
	if (h) out->items.n--;
	if (rejects->n < MENTION_REJECTS) rejects->v[rejects->n++] = (struct mention_reject){at, reason};
	rejects->all++;
}

/* ---- JSON ---- */

enum err heard_json(struct arena *a, str json, const struct mention_map *map, struct heard_list *out, struct mention_rejects *rejects, struct fault *f)
{
	const struct json_node *root, *list = NULL;
	*out = (struct heard_list){.rating = NAN, .rating_max = NAN};
	*rejects = (struct mention_rejects){0};
	TRY(json_tree(a, json, JSON_BYTES, &root, f));
	for (str rest = str_of(map->list); rest.n && !list;) {
		list = at_path(root, str_cut(&rest, '|'));
		if (list && list->type != JSON_ARRAY) list = NULL;
	}
	if (!list && root->type == JSON_ARRAY) list = root;
	if (!list && root->type != JSON_OBJECT) return fault_set(f, ERR_MALFORMED, "", "neither an object nor a list of them");
	int64_t at = 0;
	for (const struct json_node *n = list ? list->child : root; n; n = list ? n->next : NULL, at++) take(&(struct item){.a = a, .node = n}, map, at, out, rejects);
	return OK;
}

/* ---- CSV ---- */

enum err heard_csv(struct arena *a, str bytes, const struct mention_map *map, struct heard_list *out, struct mention_rejects *rejects, struct fault *f)
{
	struct csv *c;
	struct csv_row row;
	struct csv_options o = {0};
	const char *reason;
	enum csv_result result = CSV_END;
	struct input *in = input_of_text(bytes);
	*out = (struct heard_list){.rating = NAN, .rating_max = NAN};
	*rejects = (struct mention_rejects){0};
	input_limit(in, JSON_BYTES);
	enum err e = csv_open(&c, in, &o, f);
	while (e == OK && ((result = csv_next(c, &row, &reason, f)) == CSV_ROW || result == CSV_BAD_ROW)) {
		if (result == CSV_ROW) {
			take(&(struct item){.a = a, .columns = csv_header(c)->cells, .row = &row}, map, row.line, out, rejects);
			continue;
		}
		if (rejects->n < MENTION_REJECTS) rejects->v[rejects->n++] = (struct mention_reject){row.line, reason};
		rejects->all++;
	}
	if (e == OK) csv_free(c);
	if (e == OK && result == CSV_FAILED) e = f->err;
	input_free(in);
	return e;
}
