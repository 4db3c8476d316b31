/* Filling a text: the part of ICU's MessageFormat that sentences need ({name}, plural, selectordinal, select, # and
 * apostrophe quoting), walked over the pattern itself. ICU's own MessageFormat holds about 10 KB a pattern and its own
 * number formats; here the values come formatted by their described type, so only choosing and joining is left.
 * i18n_test holds this against ICU's. tools/words.py has checked the grammar of every text, so a pattern that does not
 * parse is only met in tests: it is shown as it stands from there on. */
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/upluralrules.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "i18n/i18n.h"
#include "i18n/icu.h"
#include "i18n/zone.h"

enum { DEPTH = 8, TEXT_MAX_BYTES = 64 << 10 };

struct filling {
	struct arena *arena;
	const struct locale *locale;
	i18n_value_of *value_of;
	void *arg;
	struct buf out;
};

static const str *text_find(const struct lang *l, str key)
{
	size_t low = 0, high = words_n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_cmp(words_keys[middle], key);
		if (order == 0) return &l->texts[middle];
		if (order < 0) low = middle + 1;
		else high = middle;
	}
	return NULL;
}

bool i18n_has(const struct lang *l, str key)
{
	return text_find(l, key) != NULL;
}

str i18n_pattern(const struct lang *l, str key)
{
	const str *text = text_find(l, key);
	return text ? *text : key;
}

/* ---- embedded pieces of the other direction ---- */

/* In a right-to-left sentence, Latin letters and numbers with signs ("+30 210", "A-12") would be torn apart by what
 * stands beside them; in a left-to-right one, Persian would. */
static bool needs_isolation(str text, bool is_rtl)
{
	bool digit = false, sign = false;
	for (size_t i = 0; i < text.n;) {
		uint32_t c = utf8_next(text, &i);
		if (c == 0x2068 || (c >= 0x200E && c <= 0x200F)) return false; /* brings its own marks */
		UCharDirection d = u_charDirection((UChar32)c);
		if (is_rtl ? d == U_LEFT_TO_RIGHT : d == U_RIGHT_TO_LEFT || d == U_RIGHT_TO_LEFT_ARABIC) return true;
		if (c >= '0' && c <= '9') digit = true;
		else sign = true;
	}
	return is_rtl && digit && sign;
}

static void add_value(struct filling *f, const struct i18n_value *v)
{
	bool isolate = !v->is_number && needs_isolation(v->text, f->locale->lang->is_rtl); /* ICU's numbers bring their marks */
	if (isolate) buf_add(&f->out, S("\u2068"));
	buf_add(&f->out, v->text);
	if (isolate) buf_add(&f->out, S("\u2069"));
}

/* ---- the pattern ---- */

static size_t skip_space(str p, size_t i)
{
	while (i < p.n && (p.p[i] == ' ' || p.p[i] == '\n' || p.p[i] == '\t')) i++;
	return i;
}

static str read_word(str p, size_t *i)
{
	size_t from = *i = skip_space(p, *i);
	while (*i < p.n && !strchr(" \n\t,{}", p.p[*i])) ++*i;
	str word = str_sub(p, from, *i - from);
	*i = skip_space(p, *i);
	return word;
}

static bool starts_quote(str p, size_t i, bool in_plural)
{
	return p.p[i] == '\'' && i + 1 < p.n && (p.p[i + 1] == '{' || p.p[i + 1] == '}' || (in_plural && p.p[i + 1] == '#'));
}

/* From just after a { to the } that closes it, or the end. */
static size_t skip_message(str p, size_t i)
{
	int depth = 0;
	for (; i < p.n; i++) {
		if (p.p[i] == '\'' && i + 1 < p.n && p.p[i + 1] == '\'') i++;
		else if (starts_quote(p, i, true)) while (++i < p.n && p.p[i] != '\'') continue;
		else if (p.p[i] == '{') depth++;
		else if (p.p[i] == '}' && depth-- == 0) return i;
	}
	return p.n;
}

static str plural_word(const struct filling *f, bool is_ordinal, double number, char room[16])
{
	UChar wide[16];
	UErrorCode e = U_ZERO_ERROR;
	UPluralRules *rules = icu__get(is_ordinal ? ICU_ORDINAL : ICU_PLURAL, f->locale->lang, STR_NONE);
	int32_t n = rules ? uplrules_select(rules, number, wide, 16, &e) : 0;
	if (!rules || U_FAILURE(e)) return S("other");
	for (int32_t i = 0; i < n; i++) room[i] = (char)wide[i];
	return (str){room, (size_t)n};
}

static bool is_exactly(str choice, double number)
{
	int64_t n;
	return choice.n > 1 && choice.p[0] == '=' && str_i64(str_sub(choice, 1, choice.n), &n) && (double)n == number;
}

/* The message of the choice that fits; *i stands after the second comma and ends at the closing brace. */
static str choose(const struct filling *f, str p, size_t *i, str kind, const struct i18n_value *v)
{
	char room[16];
	bool is_select = str_eq(kind, S("select")), is_exact = false;
	str wanted = is_select ? v->raw : plural_word(f, str_eq(kind, S("selectordinal")), v->number, room);
	str found = STR_NONE, other = STR_NONE;
	for (;;) {
		str choice = read_word(p, i);
		if (choice.n == 0 || *i >= p.n || p.p[*i] != '{') break;
		size_t from = ++*i;
		*i = skip_message(p, from);
		str message = str_sub(p, from, *i - from);
		if (*i < p.n) ++*i;
		if (!is_select && is_exactly(choice, v->number)) found = message, is_exact = true;
		else if (!is_exact && str_eq(choice, wanted)) found = message;
		if (str_eq(choice, S("other"))) other = message;
	}
	return str_given(found) ? found : other;
}

static void fill(struct filling *f, str p, const struct i18n_value *counted, int depth);

/* *i stands after the {; moves past the }. */
static void fill_argument(struct filling *f, str p, size_t *i, int depth)
{
	size_t from = *i - 1;
	str name = read_word(p, i);
	struct i18n_value v = {0};
	bool is_known = f->value_of && f->value_of(f->arg, name, &v);
	if (*i < p.n && p.p[*i] == ',') {
		++*i;
		str kind = read_word(p, i);
		if (*i < p.n) ++*i;
		str message = choose(f, p, i, kind, &v);
		if (is_known) fill(f, message, str_eq(kind, S("select")) ? NULL : &v, depth + 1);
	} else if (is_known) add_value(f, &v);
	*i = *i < p.n && p.p[*i] == '}' ? *i + 1 : p.n;
	if (!is_known) buf_add(&f->out, str_sub(p, from, *i - from));
}

static void fill(struct filling *f, str p, const struct i18n_value *counted, int depth)
{
	if (depth > DEPTH) return;
	for (size_t i = 0; i < p.n;) {
		if (p.p[i] == '\'' && i + 1 < p.n && p.p[i + 1] == '\'') {
			buf_byte(&f->out, '\'');
			i += 2;
		} else if (starts_quote(p, i, counted != NULL)) {
			for (i++; i < p.n && p.p[i] != '\''; i++) buf_byte(&f->out, p.p[i]);
			i++;
		} else if (p.p[i] == '{') {
			i++;
			fill_argument(f, p, &i, depth);
		} else if (p.p[i] == '#' && counted) {
			add_value(f, counted);
			i++;
		} else buf_byte(&f->out, p.p[i++]);
	}
}

str i18n_fill_pattern(struct arena *a, const struct locale *l, str pattern, i18n_value_of *value_of, void *arg)
{
	if (!memchr(pattern.p, '{', pattern.n) && !memchr(pattern.p, '\'', pattern.n)) return pattern;
	struct filling f = {.arena = a, .locale = l, .value_of = value_of, .arg = arg};
	buf_init(&f.out, TEXT_MAX_BYTES);
	fill(&f, pattern, NULL, 0);
	str text = str_dup(a, buf_str(&f.out));
	buf_release(&f.out);
	return text;
}

str i18n_fill(struct arena *a, const struct locale *l, str key, i18n_value_of *value_of, void *arg)
{
	return i18n_fill_pattern(a, l, i18n_pattern(l->lang, key), value_of, arg);
}

/* ---- values given as a list ---- */

struct arguments {
	struct arena *arena;
	const struct locale *locale;
	const struct msg_arg *all;
	int n;
};

static struct i18n_value counted_value(str text, double number)
{
	return (struct i18n_value){.text = text, .raw = text, .is_number = true, .number = number};
}

static struct i18n_value argument_value(struct arena *a, const struct locale *l, const struct msg_arg *m)
{
	switch (m->type) {
	case MSG_INT: return counted_value(i18n_int(a, l, m->i), (double)m->i);
	case MSG_REAL: return counted_value(i18n_real(a, l, m->d, 2), m->d);
	case MSG_SHARE: return counted_value(i18n_share(a, l, m->d), m->d);
	case MSG_MONEY: return counted_value(i18n_money(a, l, m->money), decimal_to_double(m->money.amount));
	case MSG_TIME: return (struct i18n_value){.text = i18n_time(a, l, m->i)};
	case MSG_DATE: return (struct i18n_value){.text = i18n_date(a, l, m->i)};
	case MSG_KEY: return (struct i18n_value){.text = i18n_pattern(l->lang, m->s), .raw = m->s};
	case MSG_REASON: return (struct i18n_value){.text = i18n_reason(a, l, m->s), .raw = m->s};
	case MSG_STR: break;
	}
	return (struct i18n_value){.text = m->s, .raw = m->s};
}

static bool argument_of(void *arg, str name, struct i18n_value *out)
{
	const struct arguments *g = arg;
	for (int i = 0; i < g->n; i++) {
		if (!str_eq(str_of(g->all[i].name), name)) continue;
		*out = argument_value(g->arena, g->locale, &g->all[i]);
		return true;
	}
	return false;
}

str i18n_format(struct arena *a, const struct locale *l, str key, const struct msg_arg *args, int n)
{
	struct arguments g = {a, l, args, n};
	return i18n_fill(a, l, key, argument_of, &g);
}

str i18n_msg(struct arena *a, const struct locale *l, const struct msg *m)
{
	return m->key ? i18n_format(a, l, str_of(m->key), m->args, m->n) : STR_NONE;
}

static str english(struct arena *a, const struct msg *m)
{
	struct locale l = {.lang = &words_langs[0], .zone = zone_utc()};
	return i18n_msg(a, &l, m);
}

void i18n_init(void)
{
	desc_set_msg_text(english);
}
