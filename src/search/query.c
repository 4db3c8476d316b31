/* A parser by descent, whose output is FTS5's own expression with every word quoted, so that nothing that people type is
 * taken for its syntax.
 *   any   := all ("OR" all)*
 *   all   := ("-"? unit)+          what must not stand in it is taken away from the rest
 *   unit  := field | phrase ("~N" phrase)? | "(" any ")" */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "search/search.h"

enum { DEPTH = 8, MATCH_BYTES = 64 << 10 };

struct parsing {
	struct arena *a;
	str text;
	size_t at;
	int depth, terms;
	bool in_choice; /* within brackets or beside OR */
	const char *const *names;
	struct search_query *out;
	struct fault *f;
};

static enum err refuse(struct parsing *p, const char *reason)
{
	return fault_set(p->f, ERR_INVALID, "q", "%s (at character %zu)", reason, p->at + 1);
}

static void skip(struct parsing *p)
{
	while (p->at < p->text.n && (unsigned char)p->text.p[p->at] <= ' ') p->at++;
}

static bool is_at(const struct parsing *p, char c)
{
	return p->at < p->text.n && p->text.p[p->at] == c;
}

static bool is_word_end(const struct parsing *p, size_t at)
{
	return at >= p->text.n || (unsigned char)p->text.p[at] <= ' ' || strchr("()\"", p->text.p[at]);
}

static bool is_or(const struct parsing *p)
{
	return p->at + 2 <= p->text.n && !memcmp(p->text.p + p->at, "OR", 2) && is_word_end(p, p->at + 2);
}

/* ---- terms ---- */

static int count(void *arg, const char *token, int n, int from, int to)
{
	(void)token, (void)n, (void)from, (void)to;
	++*(int *)arg;
	return 0;
}

static enum err quote(struct parsing *p, str words, bool is_beginning, str *out)
{
	struct buf b;
	int tokens = 0;
	search_tokens(words, count, &tokens);
	if (!tokens) return refuse(p, "signs alone are not searched");
	if (++p->terms > SEARCH_TERMS) return refuse(p, "more words than a query may have");
	buf_init(&b, MATCH_BYTES);
	buf_byte(&b, '"');
	for (size_t i = 0; i < words.n; i++) {
		if (words.p[i] == '"') buf_byte(&b, '"');
		buf_byte(&b, words.p[i] ? words.p[i] : ' ');
	}
	buf_add(&b, is_beginning ? S("\" *") : S("\""));
	*out = str_dup(p->a, buf_str(&b));
	buf_release(&b);
	return OK;
}

/* A word or a phrase as it was typed. */
static enum err take_words(struct parsing *p, str *words, bool *is_phrase)
{
	size_t from = p->at;
	*is_phrase = is_at(p, '"');
	if (!*is_phrase) {
		while (!is_word_end(p, p->at)) p->at++;
		*words = str_sub(p->text, from, p->at - from);
		return words->n ? OK : refuse(p, "a word is missing");
	}
	from = ++p->at;
	while (p->at < p->text.n && p->text.p[p->at] != '"') p->at++;
	if (p->at == p->text.n) return refuse(p, "a quotation mark is not closed");
	*words = str_sub(p->text, from, p->at++ - from);
	return OK;
}

static enum err phrase(struct parsing *p, str *out)
{
	str words;
	bool is_phrase, is_beginning;
	TRY(take_words(p, &words, &is_phrase));
	if (is_phrase && is_at(p, '*')) {
		p->at++;
		return quote(p, words, true, out);
	}
	is_beginning = !is_phrase && words.n > 1 && words.p[words.n - 1] == '*';
	if (is_beginning) words.n--;
	return quote(p, words, is_beginning, out);
}

static enum err near(struct parsing *p, str *out)
{
	str second, digits;
	int64_t distance;
	size_t from = ++p->at;
	while (!is_word_end(p, p->at)) p->at++;
	digits = str_sub(p->text, from, p->at - from);
	if (!str_i64(digits, &distance) || distance < 0 || distance > SEARCH_NEAR_MOST) return refuse(p, "~ takes a number of words from 0 to 50, such as ~5");
	skip(p);
	if (p->at == p->text.n || is_at(p, '(') || is_at(p, ')')) return refuse(p, "~ stands between two words");
	TRY(phrase(p, &second));
	*out = str_fmt(p->a, "NEAR(%.*s %.*s, %d)", STR_ARG(*out), STR_ARG(second), (int)distance);
	return OK;
}

/* ---- fields ---- */

static enum err field(struct parsing *p, bool is_excluded, bool *is_one)
{
	size_t from = p->at, colon = from;
	*is_one = false;
	while (!is_word_end(p, colon) && p->text.p[colon] != ':') colon++;
	if (colon >= p->text.n || p->text.p[colon] != ':' || colon == from) return OK;
	str name = str_sub(p->text, from, colon - from), value;
	bool is_known = false, is_phrase;
	for (const char *const *n = p->names; n && *n; n++) is_known = is_known || str_eq_nocase(name, str_of(*n));
	if (!is_known) return OK;
	*is_one = true;
	if (p->in_choice) return refuse(p, "language: and source: stand outside of brackets and OR");
	p->at = colon + 1;
	if (p->at >= p->text.n || (is_word_end(p, p->at) && !is_at(p, '"'))) return refuse(p, "a value is missing behind the colon");
	TRY(take_words(p, &value, &is_phrase));
	if (p->out->n_fields == SEARCH_FIELDS) return refuse(p, "more fields than a query may have");
	p->out->fields[p->out->n_fields++] = (struct search_field){str_lower_ascii(p->a, name), value, is_excluded};
	return OK;
}

/* ---- what is made of them ---- */

static enum err any(struct parsing *p, str *out);

static enum err group(struct parsing *p, str *out)
{
	bool before = p->in_choice;
	if (++p->depth > DEPTH) return refuse(p, "brackets nest too deep");
	p->at++;
	p->in_choice = true;
	TRY(any(p, out));
	if (!is_at(p, ')')) return refuse(p, "a bracket is not closed");
	p->at++;
	p->depth--;
	p->in_choice = before;
	return out->n ? OK : refuse(p, "nothing stands between the brackets");
}

static enum err unit(struct parsing *p, bool is_excluded, str *out)
{
	bool is_field;
	*out = S("");
	if (is_at(p, '(')) return group(p, out);
	TRY(field(p, is_excluded, &is_field));
	if (is_field) return OK;
	TRY(phrase(p, out));
	skip(p);
	return is_at(p, '~') ? near(p, out) : OK;
}

static void join(struct parsing *p, str *list, const char *between, str one)
{
	if (!one.n) return;
	*list = list->n ? str_fmt(p->a, "%.*s %s %.*s", STR_ARG(*list), between, STR_ARG(one)) : one;
}

static enum err all(struct parsing *p, str *out)
{
	str wanted = S(""), unwanted = S("");
	size_t n_fields = p->out->n_fields;
	for (skip(p); p->at < p->text.n && !is_at(p, ')') && !is_or(p); skip(p)) {
		str one;
		bool is_excluded = is_at(p, '-');
		p->at += is_excluded;
		if (is_at(p, '~')) return refuse(p, "~ stands between two words");
		TRY(unit(p, is_excluded, &one));
		join(p, is_excluded ? &unwanted : &wanted, is_excluded ? "OR" : "AND", one);
	}
	if (!wanted.n && unwanted.n) return refuse(p, "says only what must not stand in it: add a word that must");
	if (!wanted.n && n_fields == p->out->n_fields) return refuse(p, "a word is missing");
	*out = unwanted.n ? str_fmt(p->a, "((%.*s) NOT (%.*s))", STR_ARG(wanted), STR_ARG(unwanted)) : wanted.n ? str_fmt(p->a, "(%.*s)", STR_ARG(wanted)) : S("");
	return OK;
}

static enum err any(struct parsing *p, str *out)
{
	str one;
	size_t n_fields = p->out->n_fields;
	TRY(all(p, out));
	for (skip(p); is_or(p); skip(p)) {
		if (p->out->n_fields != n_fields) return refuse(p, "language: and source: stand outside of brackets and OR");
		p->at += 2;
		p->in_choice = true;
		TRY(all(p, &one));
		if (!one.n || !out->n) return refuse(p, "a word is missing");
		*out = str_fmt(p->a, "%.*s OR %.*s", STR_ARG(*out), STR_ARG(one));
	}
	return OK;
}

enum err search_parse(struct arena *a, str text, const char *const *names, struct search_query *out, struct fault *f)
{
	struct parsing p = {.a = a, .text = text, .names = names, .out = out, .f = f};
	*out = (struct search_query){.match = S("")};
	if (text.n > SEARCH_QUERY_BYTES) return fault_set(f, ERR_INVALID, "q", "is longer than %d bytes", SEARCH_QUERY_BYTES);
	if (!utf8_is_valid(text)) return fault_set(f, ERR_INVALID, "q", "is no text");
	TRY(any(&p, &out->match));
	return is_at(&p, ')') ? refuse(&p, "a bracket is closed that was not opened") : OK;
}
