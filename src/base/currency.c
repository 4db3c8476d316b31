#include "base/currency.h"

enum { CODE_LETTERS = 3 };

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool currency_read(struct arena *a, str stated, str *code)
{
	str text = str_trim(stated);
	char letters[CODE_LETTERS];
	*code = STR_NONE;
	if (!text.n) return true;
	if (text.n != CODE_LETTERS) return false;
	for (size_t i = 0; i < CODE_LETTERS; i++) {
		if (!is_letter(text.p[i])) return false;
		letters[i] = (char)(text.p[i] & ~32);
	}
	*code = str_dup(a, (str){letters, CODE_LETTERS});
	return true;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_money_word(str word, bool is_last)
{
	enum { LAST, ANYWHERE };
#define MONEY_WORD(word, where) {#word, where},
	static const struct {
		const char *word;
		int where;
	} WORDS[] = {
#include "money_words.def"
	};
#undef MONEY_WORD
	for (size_t i = 0; i < COUNT_OF(WORDS); i++)
		if ((is_last || WORDS[i].where == ANYWHERE) && str_eq_nocase(word, str_of(WORDS[i].word))) return true;
	return false;
}

bool currency_is_money(str name)
{
	for (size_t at = 0; at < name.n;) {
		size_t from = at;
		while (from < name.n && !is_letter(name.p[from])) from++;
		size_t to = from;
		while (to < name.n && is_letter(name.p[to]) && !(to > from && is_capital(name.p[to]) && !is_capital(name.p[to - 1]))) to++;
		size_t next = to;
		while (next < name.n && !is_letter(name.p[next])) next++;
		if (to > from && is_money_word(str_sub(name, from, to - from), next == name.n)) return true;
		at = to > from ? to : name.n;
	}
	return false;
}
