/* reason.c: why something is refused, in the reader's language. Faults say it in English (base/err.h), as programs and logs read it; a
 * reason that people read on pages is known by its English words, as in gettext: the texts reason_… of i18n/en.json are what the source
 * says, with {a}, {b}, {c} where it puts something in. What was put in may be a reason itself. tools/reasons.py holds source and texts
 * together. Rejected: a key at each fault: the English would stand twice, and programs would read keys. */
#include <string.h>

#include "base/arena.h"
#include "i18n/i18n.h"
#include "i18n/words.h"

enum { PARTS = 3, DEPTH = 3, NUMBER_BYTES = 12 };

struct found {
	str parts[PARTS]; /* what stands for {a}, {b}, {c} */
	size_t literal;   /* how many bytes are the pattern's own: the more, the surer */
};

static bool is_place(str pattern)
{
	return pattern.n >= 3 && pattern.p[0] == '{' && pattern.p[1] >= 'a' && pattern.p[1] < 'a' + PARTS && pattern.p[2] == '}';
}

static str rest_of(str s, size_t from)
{
	return str_sub(s, from, s.n - from);
}

/* A place takes as little as lets the rest fit. */
static bool fits(str pattern, str text, struct found *out)
{
	size_t same = 0;
	while (same < pattern.n && same < text.n && !is_place(rest_of(pattern, same)) && pattern.p[same] == text.p[same]) same++;
	out->literal += same;
	pattern = rest_of(pattern, same);
	text = rest_of(text, same);
	if (!pattern.n) return !text.n;
	if (!is_place(pattern)) return false;
	for (size_t n = 1; n <= text.n; n++) {
		struct found rest = *out;
		if (!fits(rest_of(pattern, 3), rest_of(text, n), &rest)) continue;
		*out = rest;
		out->parts[pattern.p[1] - 'a'] = str_sub(text, 0, n);
		return true;
	}
	return false;
}

/* The index of its words; words_n when they are not known. */
static size_t find(str english, struct found *out)
{
	const char *prefix = "reason";
	size_t best = words_n;
	*out = (struct found){0};
	for (size_t i = 0; i < words_n; i++) {
		struct found one = {0};
		if (!str_starts(words_keys[i], str_of(prefix)) || words_keys[i].p[strlen(prefix)] != '_') continue;
		if (!fits(words_langs[0].texts[i], english, &one) || (best < words_n && one.literal <= out->literal)) continue;
		best = i;
		*out = one;
	}
	return best;
}

static str put(struct arena *a, const struct locale *l, str english, int depth);

struct parts {
	struct arena *arena;
	const struct locale *locale;
	const struct found *found;
	int depth;
};

static bool value_of(void *arg, str name, struct i18n_value *out)
{
	const struct parts *x = arg;
	int64_t whole;
	if (name.n != 1 || name.p[0] < 'a' || name.p[0] >= 'a' + PARTS) return false;
	str part = x->found->parts[name.p[0] - 'a'];
	bool is_number = part.n < NUMBER_BYTES && str_i64(part, &whole);
	*out = (struct i18n_value){.text = is_number ? i18n_int(x->arena, x->locale, whole) : put(x->arena, x->locale, part, x->depth + 1), .raw = part};
	return true;
}

static str put(struct arena *a, const struct locale *l, str english, int depth)
{
	struct found found;
	size_t at = depth < DEPTH ? find(english, &found) : words_n;
	struct parts x = {a, l, &found, depth};
	return at == words_n ? english : i18n_fill_pattern(a, l, l->lang->texts[at], value_of, &x);
}

bool i18n_knows_reason(const struct lang *l, str english)
{
	struct found found;
	return l == lang_at(0) || find(english, &found) < words_n;
}

str i18n_reason(struct arena *a, const struct locale *l, str english)
{
	return l->lang == lang_at(0) ? english : put(a, l, english, 0);
}
