#include "setting/choices.h"

#include <stdlib.h>

#include "i18n/zone.h"

static const char *const COLOURS[] = {"teal", "blue", "plum", "moss", "rust", "slate"};
enum { LANGUAGES_MOST = 16 };

struct sortable {
	struct option option;
	str key;
};

static int by_label(const void *a, const void *b)
{
	return str_cmp(((const struct sortable *)a)->key, ((const struct sortable *)b)->key);
}

/* Names of codes, sorted as the reader sorts, behind a first choice of nothing. */
static struct option *named(struct op *op, str (*code_at)(size_t), str (*name)(struct arena *, const struct locale *, str), bool with_code, str selected, size_t *n)
{
	VEC(struct sortable) all = {0};
	for (size_t i = 0; str_given(code_at(i)); i++) {
		str code = code_at(i), label = name(&op->arena, &op->locale, code);
		if (with_code) label = str_fmt(&op->arena, "%.*s · %.*s", STR_ARG(label), STR_ARG(code));
		VEC_PUSH(&all, &op->arena, ((struct sortable){{code, label, str_eq(code, selected)}, i18n_sort_key(&op->arena, label)}));
	}
	if (all.n) qsort(all.v, all.n, sizeof *all.v, by_label);
	struct option *options = ARENA_ARRAY(&op->arena, struct option, all.n + 1);
	options[0] = (struct option){S(""), S("–"), selected.n == 0};
	for (size_t i = 0; i < all.n; i++) options[i + 1] = all.v[i].option;
	*n = all.n + 1;
	return options;
}

struct option *choices_currencies(struct op *op, str selected, size_t *n)
{
	return named(op, i18n_currency_at, i18n_currency_name, true, selected, n);
}

struct option *choices_countries(struct op *op, str selected, size_t *n)
{
	return named(op, i18n_country_at, i18n_country_name, false, selected, n);
}

struct option *choices_zones(struct op *op, str selected, size_t *n)
{
	VEC(struct option) all = {0};
	for (size_t i = 0; str_given(zone_name_at(i)); i++) {
		str name = zone_name_at(i);
		VEC_PUSH(&all, &op->arena, ((struct option){name, name, str_eq(name, selected)}));
	}
	*n = all.n;
	return all.v;
}

struct option *choices_colours(struct op *op, str selected, size_t *n)
{
	struct option *options = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(COLOURS));
	for (*n = 0; *n < COUNT_OF(COLOURS); ++*n) {
		str colour = str_of(COLOURS[*n]);
		options[*n] = (struct option){colour, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "colour_%s", COLOURS[*n])), str_eq(colour, selected)};
	}
	return options;
}

struct option *choices_languages(struct op *op, str selected, size_t *n)
{
	struct option *options = ARENA_ARRAY(&op->arena, struct option, LANGUAGES_MOST);
	for (*n = 0; lang_at(*n) && *n < LANGUAGES_MOST; ++*n) {
		str code = lang_code(lang_at(*n));
		options[*n] = (struct option){code, lang_own_name(lang_at(*n)), str_eq(code, selected)};
	}
	return options;
}

bool choices_has(const struct option *options, size_t n, str value)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(options[i].value, value)) return true;
	return false;
}
