/* The languages: finding one by a code or by what a browser asks for. ICU's locale matcher was not taken: it reads
 * megabytes of tables for a choice between five. */
#include <string.h>

#include "base/str.h"
#include "i18n/i18n.h"
#include "i18n/words.h"

const struct lang *lang_at(size_t i)
{
	for (size_t k = 0; k < words_n_langs; k++)
		if (words_langs[k].is_on && i-- == 0) return &words_langs[k];
	return NULL;
}

str lang_code(const struct lang *l)
{
	return l->code;
}

str lang_own_name(const struct lang *l)
{
	return l->own_name;
}

bool lang_is_rtl(const struct lang *l)
{
	return l->is_rtl;
}

str lang_calendar(const struct lang *l)
{
	return l->calendar;
}

str lang_zone_hint(const struct lang *l)
{
	return l->zone;
}

str lang_currency_hint(const struct lang *l)
{
	return l->currency;
}

static str subtag(str *rest)
{
	size_t i = 0;
	while (i < rest->n && rest->p[i] != '-' && rest->p[i] != '_') i++;
	str tag = str_sub(*rest, 0, i);
	*rest = i < rest->n ? str_sub(*rest, i + 1, rest->n) : STR_NONE;
	return tag;
}

/* Chinese is two written languages: the script, or the region that implies it, decides. */
static bool is_simplified(str subtags)
{
	while (str_given(subtags)) {
		str tag = subtag(&subtags);
		if (str_eq_nocase(tag, S("Hant"))) return false;
		if (str_eq_nocase(tag, S("Hans")) || str_eq_nocase(tag, S("CN")) || str_eq_nocase(tag, S("SG"))) return true;
	}
	return false;
}

const struct lang *lang_find(str code)
{
	const struct lang *l;
	for (size_t i = 0; (l = lang_at(i)) != NULL; i++)
		if (str_eq_nocase(l->code, code)) return l;
	str rest = code, primary = subtag(&rest);
	if (primary.n == 0) return NULL;
	for (size_t i = 0; (l = lang_at(i)) != NULL; i++) {
		str own = l->code;
		if (!str_eq_nocase(subtag(&own), primary)) continue;
		if (str_eq_nocase(primary, S("zh")) && is_simplified(rest)) continue;
		return l;
	}
	return NULL;
}

/* "q=0.8" as thousandths; 1000 when none is given or it cannot be read. */
static int quality(str parameters)
{
	while (str_given(parameters)) {
		str p = str_trim(str_cut(&parameters, ';'));
		double q;
		if (p.n > 2 && (p.p[0] == 'q' || p.p[0] == 'Q') && p.p[1] == '=' && str_f64(str_sub(p, 2, p.n), &q) && q >= 0 && q <= 1)
			return (int)(q * 1000);
	}
	return 1000;
}

const struct lang *lang_best(str accept_language_header)
{
	const struct lang *best = NULL;
	int best_quality = 0;
	str rest = str_sub(accept_language_header, 0, 1000);
	while (rest.n) {
		str item = str_cut(&rest, ',');
		str range = str_trim(str_cut(&item, ';'));
		int q = quality(item);
		const struct lang *l = str_eq(range, S("*")) ? lang_at(0) : lang_find(range);
		if (l && q > best_quality) best = l, best_quality = q;
	}
	return best ? best : lang_at(0);
}
