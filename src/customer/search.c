/* A word is kept as it stands between blanks, so that what is typed of an e-mail or of a number matches from its
 * beginning; and cut by ICU's dictionaries besides, for languages that write without blanks and for parts of names. */
#include "customer/search.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { MOST_WORDS = 60 };

static bool is_outer_sign(char c)
{
	return c == ',' || c == '.' || c == ';' || c == ':' || c == '(' || c == ')' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '+';
}

static str without_signs(str word)
{
	while (word.n && is_outer_sign(word.p[0])) word = str_sub(word, 1, word.n);
	while (word.n && is_outer_sign(word.p[word.n - 1])) word.n--;
	return utf8_cut(word, SEARCH_WORD_BYTES);
}

static str next_word(str *rest)
{
	while (str_given(*rest)) {
		str word = without_signs(str_cut(rest, ' '));
		if (word.n) return word;
	}
	return STR_NONE;
}

/* White space of every script is a blank after this. */
static str folded(struct arena *a, str text)
{
	str f = i18n_fold(a, text);
	char *out = arena_alloc(a, f.n + 1);
	for (size_t i = 0; i < f.n; i++) out[i] = f.p[i] == '\t' || f.p[i] == '\n' || f.p[i] == '\r' ? ' ' : f.p[i];
	return (str){out, f.n};
}

void search_read(struct arena *a, str question, struct search_words *out)
{
	out->n = 0;
	str rest = folded(a, question);
	for (str word; out->n < SEARCH_WORDS && str_given(word = next_word(&rest));) {
		out->v[out->n].from = word;
		out->v[out->n].to = str_fmt(a, "%.*s\xF4\x8F\xBF\xBF", STR_ARG(word)); /* U+10FFFF: no word goes on with it */
		out->n++;
	}
}

static bool has_word(str words, str word)
{
	for (str rest = words; str_given(rest);)
		if (str_eq(str_cut(&rest, ' '), word)) return true;
	return false;
}

static void add_word(struct buf *words, str word)
{
	if (!word.n || has_word(buf_str(words), word) || words->n + word.n + 1 > words->max) return;
	if (words->n) buf_byte(words, ' ');
	buf_add(words, word);
}

static void add_piece(void *arg, str piece, size_t from, size_t to)
{
	(void)from, (void)to;
	add_word(arg, without_signs(piece));
}

void search_add(struct arena *a, struct buf *words, str text)
{
	if (!text.n) return;
	str rest = folded(a, text);
	for (str word; str_given(word = next_word(&rest));) add_word(words, word);
	i18n_words(a, text, add_piece, words);
}

enum err search_put(struct op *op, id customer, str words)
{
	struct db_rows before;
	TRY(op_query(op, SQL_customer_words, DB_ARGS(db_id(customer)), &before));
	if (before.n && str_eq(db_rows_text(&before, 0, 0), words)) return OK;
	TRY(op_put(op, SQL_customer_word_remove, DB_ARGS(db_id(customer))));
	int n = 0;
	for (str rest = words; str_given(rest) && n < MOST_WORDS; n++) {
		str word = str_cut(&rest, ' ');
		if (word.n) TRY(op_put(op, SQL_customer_word_add, DB_ARGS(db_text(word), db_id(customer))));
	}
	return OK;
}
