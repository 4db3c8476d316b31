/* survey_given.c: what was answered: whether it is one of the answers, what is kept of it, what others see of it. */
#include <math.h>
#include <string.h>

#include "base/datetime.h"
#include "base/utf8.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "survey/survey_inner.h"

static const struct desc_field CELL_FIELDS[] = {
	FIELD(survey_cell, row, DESC_INT, .min = 1, .max = SURVEY_OPTIONS),
	FIELD(survey_cell, column, DESC_INT, .min = 0, .max = SURVEY_OPTIONS, .doc = "the number of an option, the points, or the rank; 0: none"),
};
static const struct desc CELL_DESC = DESC(survey_cell, CELL_FIELDS);
static const struct desc_field GIVEN_FIELDS[] = {
	FIELD(survey_given, question, DESC_STR, .max = 40),
	FIELD(survey_given, value, DESC_STR, .max = 4 * SURVEY_TEXT_CHARACTERS, .doc = "a number, true or false, a date, the number of an option from 1, or a text"),
	FIELD(survey_given, options, DESC_LIST, .item = DESC_STR, .max = 20, .doc = "the numbers of those chosen"),
	FIELD(survey_given, cells, DESC_LIST, .item = DESC_STRUCT, .of = &CELL_DESC, .doc = "of a matrix: what was chosen in each row; of a ranking: the option and its rank"),
	FIELD(survey_given, email, DESC_STR, .max = 320, .flags = DESC_OMIT, .doc = "of a contact"),
	FIELD(survey_given, telephone, DESC_STR, .max = 40, .flags = DESC_OMIT, .doc = "of a contact"),
	FIELD(survey_given, is_agreed, DESC_BOOL, .doc = "to be contacted there, or to what a consent asks"),
};
const struct desc SURVEY_GIVEN_DESC = DESC(survey_given, GIVEN_FIELDS);

static str value_of(const struct survey_given *g)
{
	return str_given(g->value) ? str_trim(g->value) : S("");
}

static bool is_given(str text)
{
	return str_given(text) && str_trim(text).n;
}

int64_t survey__cell(const struct survey_given *g, size_t row)
{
	for (size_t i = 0; i < g->cells.n; i++)
		if (g->cells.v[i].row == (int64_t)row && g->cells.v[i].column > 0) return g->cells.v[i].column;
	return 0;
}

static size_t n_cells(const struct survey_given *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->cells.n; i++) n += g->cells.v[i].column > 0;
	return n;
}

bool survey__is_answered(const struct survey_question *q, const struct survey_given *g)
{
	if (!g) return false;
	switch (q->type) {
	case SURVEY_CHOICES: return g->options.n > 0;
	case SURVEY_RANKING:
	case SURVEY_MATRIX: return n_cells(g) > 0;
	case SURVEY_CONTACT: return is_given(g->email) || is_given(g->telephone);
	case SURVEY_CONSENT: return g->is_agreed;
	default: return value_of(g).n > 0;
	}
}

bool survey__is(const struct survey_question *q, const struct survey_given *g, str value)
{
	double x, y;
	int64_t option;
	if (q->type == SURVEY_CHOICES) {
		for (size_t i = 0; i < g->options.n; i++)
			if (str_eq(str_trim(g->options.v[i]), value)) return true;
		return false;
	}
	if (q->type == SURVEY_RANKING) return str_i64(value, &option) && option > 0 && survey__cell(g, (size_t)option) == 1;
	if (q->type == SURVEY_CONSENT) return str_eq(value, g->is_agreed ? S("true") : S("false"));
	if (str_f64(value_of(g), &x) && str_f64(value, &y)) return x == y;
	return str_eq(value_of(g), value);
}

/* ---- one kind after the other ---- */

struct reading {
	struct op *op;
	const struct survey_question *q;
	const struct survey_text *first;
	const struct survey_given *g;
	struct survey_kept *v;
	size_t n;
};

static struct survey_kept *add(struct reading *r, const char *field)
{
	struct survey_kept *k = &r->v[r->n++];
	*k = (struct survey_kept){.suffix = STR_NONE, .label = STR_NONE, .type = str_of(SURVEY_TYPES[r->q->type]), .field = str_of(field), .text = STR_NONE, .number = NAN};
	return k;
}

static struct survey_kept *add_part(struct reading *r, const char *field, size_t part, str label)
{
	struct survey_kept *k = add(r, field);
	k->part = part;
	k->suffix = str_fmt(&r->op->arena, "%zu", part);
	k->label = label;
	return k;
}

static const char *read_scale(struct reading *r, int least, int most)
{
	int64_t whole;
	if (!str_i64(value_of(r->g), &whole) || whole < least || whole > most) return "survey_fault_value";
	struct survey_kept *k = add(r, "number");
	k->number = (double)whole;
	k->least = least;
	k->most = most;
	return NULL;
}

static const char *read_choice(struct reading *r, str value, bool is_several)
{
	size_t n;
	int64_t whole;
	str *options = survey_lines(&r->op->arena, r->first->options, &n);
	if (!str_i64(str_trim(value), &whole) || whole < 1 || (size_t)whole > n) return "survey_fault_value";
	struct survey_kept *k = add(r, "choice");
	k->type = S("choice");
	k->text = options[whole - 1];
	if (is_several) k->part = (size_t)whole;
	return NULL;
}

static const char *read_choices(struct reading *r)
{
	for (size_t i = 0; i < r->g->options.n; i++) {
		const char *fault = r->n < SURVEY_OPTIONS ? read_choice(r, r->g->options.v[i], true) : "survey_fault_value";
		if (fault) return fault;
	}
	return NULL;
}

/* A row with its points, or with the option that was chosen for it. */
static const char *read_cell(struct reading *r, const struct survey_cell *c, const str *rows, size_t n_rows)
{
	size_t n;
	str *options = survey_lines(&r->op->arena, r->first->options, &n);
	size_t most = n ? n : (size_t)survey_points(r->q);
	if (c->row < 1 || (size_t)c->row > n_rows || (size_t)c->column > most) return "survey_fault_value";
	struct survey_kept *k = add_part(r, n ? "choice" : "number", (size_t)c->row, rows[c->row - 1]);
	k->type = n ? S("choice") : S("rating");
	if (n) {
		k->text = options[c->column - 1];
	} else {
		k->number = (double)c->column;
		k->least = 1;
		k->most = (int)most;
	}
	return NULL;
}

static bool is_row_twice(const struct survey_given *g, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (g->cells.v[k].row == g->cells.v[i].row && g->cells.v[k].column > 0) return true;
	return false;
}

static const char *read_matrix(struct reading *r)
{
	size_t n;
	str *rows = survey_lines(&r->op->arena, r->first->rows, &n);
	if (r->q->is_required && n_cells(r->g) < n) return "survey_fault_rows";
	for (size_t i = 0; i < r->g->cells.n; i++) {
		const struct survey_cell *c = &r->g->cells.v[i];
		if (c->column < 1) continue;
		const char *fault = is_row_twice(r->g, i) ? "survey_fault_value" : read_cell(r, c, rows, n);
		if (fault) return fault;
	}
	return NULL;
}

/* Ranks are 1, 2, 3 … without a gap and each once; what matters least may be left without one. */
static const char *read_ranking(struct reading *r)
{
	size_t n, ranked = n_cells(r->g);
	bool taken[SURVEY_OPTIONS + 2] = {false};
	str *options = survey_lines(&r->op->arena, r->first->options, &n);
	for (size_t i = 0; i < r->g->cells.n; i++) {
		const struct survey_cell *c = &r->g->cells.v[i];
		if (c->column < 1) continue;
		if (c->row < 1 || (size_t)c->row > n || is_row_twice(r->g, i)) return "survey_fault_value";
		if ((size_t)c->column > ranked || taken[c->column]) return "survey_fault_ranks";
		taken[c->column] = true;
		struct survey_kept *k = add_part(r, "number", (size_t)c->row, options[c->row - 1]);
		k->type = S("number");
		k->number = (double)c->column;
	}
	return NULL;
}

static bool is_date(str text)
{
	int64_t ms;
	bool has_zone;
	return text.n == 10 && datetime_parse(text, &ms, &has_zone) && ms >= DATETIME_MIN_MS && ms < DATETIME_MAX_MS;
}

static bool is_email(str text)
{
	size_t at;
	return str_find(text, '@', &at) && at > 0 && str_contains(str_sub(text, at + 1, text.n), S(".")) && !str_contains(text, S(" ")) && !str_contains(str_sub(text, at + 1, text.n), S("@"));
}

static bool is_telephone(str text)
{
	enum { LEAST = 5, MOST = 15 };
	size_t digits = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] >= '0' && text.p[i] <= '9') digits++;
		else if (!strchr("+-/(). ", text.p[i])) return false;
	}
	return digits >= LEAST && digits <= MOST;
}

static const char *read_contact(struct reading *r)
{
	const str email = is_given(r->g->email) ? str_trim(r->g->email) : STR_NONE, telephone = is_given(r->g->telephone) ? str_trim(r->g->telephone) : STR_NONE;
	if (str_given(email) && !is_email(email)) return "survey_fault_email";
	if (str_given(telephone) && !is_telephone(telephone)) return "survey_fault_telephone";
	if (!r->g->is_agreed) return "survey_fault_agree";
	const str values[] = {email, telephone}, names[] = {S("email"), S("telephone")};
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		if (!str_given(values[i])) continue;
		struct survey_kept *k = add_part(r, "text", i + 1, STR_NONE);
		k->suffix = names[i];
		k->text = values[i];
	}
	return NULL;
}

static size_t characters(str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; n++) utf8_next(text, &i);
	return n;
}

static const char *read_number(struct reading *r)
{
	double real;
	if (!str_f64(value_of(r->g), &real) || real <= -1e15 || real >= 1e15) return "survey_fault_number";
	add(r, "number")->number = real;
	return NULL;
}

static const char *read_plain(struct reading *r)
{
	str value = value_of(r->g);
	bool is_fine = true;
	switch (r->q->type) {
	case SURVEY_BOOLEAN: is_fine = str_eq(value, S("true")) || str_eq(value, S("false")); break;
	case SURVEY_DATE: is_fine = is_date(value); break;
	case SURVEY_CONSENT: value = S("true"); break;
	default:
		if (characters(value) > SURVEY_TEXT_CHARACTERS) return "survey_fault_long";
	}
	if (!is_fine) return "survey_fault_value";
	add(r, r->q->type == SURVEY_TEXT ? "text" : r->q->type == SURVEY_DATE ? "date" : "boolean")->text = value;
	return NULL;
}

const char *survey__read(struct op *op, const struct survey_question *q, const struct survey_text *first, const struct survey_given *g, struct survey_kept **out, size_t *n)
{
	struct reading r = {.op = op, .q = q, .first = first, .g = g, .v = ARENA_ARRAY(&op->arena, struct survey_kept, SURVEY_OPTIONS + 2)};
	const char *fault = NULL;
	int least, most;
	if (!survey__is_answered(q, g)) fault = q->is_required ? "survey_fault_required" : NULL;
	else if (survey_scale(q, &least, &most)) fault = read_scale(&r, least, most);
	else
		switch (q->type) {
		case SURVEY_CHOICE: fault = read_choice(&r, value_of(g), false); break;
		case SURVEY_CHOICES: fault = read_choices(&r); break;
		case SURVEY_MATRIX: fault = read_matrix(&r); break;
		case SURVEY_RANKING: fault = read_ranking(&r); break;
		case SURVEY_CONTACT: fault = read_contact(&r); break;
		case SURVEY_NUMBER: fault = read_number(&r); break;
		default: fault = read_plain(&r);
		}
	*out = r.v;
	*n = fault ? 0 : r.n;
	return fault;
}

/* ---- what others see ---- */

static str option_said(struct op *op, const struct survey_text *shown, str value)
{
	size_t n;
	int64_t whole;
	str *options = survey_lines(&op->arena, shown->options, &n);
	return str_i64(str_trim(value), &whole) && whole > 0 && (size_t)whole <= n ? options[whole - 1] : STR_NONE;
}

static str options_said(struct op *op, const struct survey_text *shown, const struct survey_given *g)
{
	str said[SURVEY_OPTIONS];
	size_t n = 0;
	for (size_t i = 0; i < g->options.n && n < SURVEY_OPTIONS; i++) {
		str one = option_said(op, shown, g->options.v[i]);
		if (str_given(one)) said[n++] = one;
	}
	return n ? str_join(&op->arena, said, n, S(", ")) : STR_NONE;
}

str survey__said(struct op *op, const struct survey_question *q, const struct survey_text *shown, const struct survey_given *g)
{
	enum { MOST = 200 };
	double number;
	if (!survey__is_answered(q, g)) return STR_NONE;
	switch (q->type) {
	case SURVEY_CHOICE: return option_said(op, shown, g->value);
	case SURVEY_CHOICES: return options_said(op, shown, g);
	case SURVEY_RANKING:
		for (size_t i = 1; i <= SURVEY_OPTIONS; i++)
			if (survey__cell(g, i) == 1) return option_said(op, shown, str_fmt(&op->arena, "%zu", i));
		return STR_NONE;
	case SURVEY_BOOLEAN: return i18n_pattern(op->locale.lang, str_eq(value_of(g), S("true")) ? S("survey_yes") : S("survey_no"));
	case SURVEY_MATRIX:
	case SURVEY_CONTACT:
	case SURVEY_CONSENT: return STR_NONE;
	case SURVEY_TEXT:
	case SURVEY_DATE: return utf8_cut(value_of(g), MOST);
	default: return str_f64(value_of(g), &number) ? i18n_real(&op->arena, &op->locale, number, 6) : STR_NONE;
	}
}
