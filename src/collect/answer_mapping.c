#include "collect/answer_mapping.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/datetime.h"
#include "base/utf8.h"
#include "collect/csv.h"
#include "i18n/zone.h"
#include "json/json.h"

enum { MOST_BLANKS = 50, ID_BYTES = 200, TEXT_BYTES = 20000, CHOICE_BYTES = 1000 };

const char *const ANSWER_TYPES[] = {"nps", "csat", "ces", "rating", "choice", "text", "number", "date", "boolean", NULL};

/* The scale where none is given, and whether only whole numbers are answers. A rating's is told from the file, or must be given. */
static const struct {
	bool has_scale, is_whole, is_number;
	double low, high;
	const char *spellings; /* of headers, folded */
} TYPES[ANSWER_TYPE_COUNT] = {
	[ANSWER_NPS] = {true, true, true, 0, 10, "nps|npsscore|netpromoterscore|netpromoter|netpro|likelihoodtorecommend|recommend|recommendation|ltr|μετρησηnps|推薦意願|推薦分數"},
	[ANSWER_CSAT] = {true, true, true, 1, 5, "csat|csatscore|satisfaction|customersatisfaction|overallsatisfaction|zufriedenheit|satisfaccion|ικανοποιηση|رضایت|ความพงพอใจ|滿意度|满意度"},
	[ANSWER_CES] = {true, true, true, 1, 7, "ces|cesscore|effort|customereffort|customereffortscore|effortscore|aufwand|προσπαθεια|費力度"},
	[ANSWER_RATING] = {false, false, true, 1, 5, "rating|stars|score|bewertung|note|βαθμολογια|امتیاز|คะแนน|評分|评分"},
	[ANSWER_CHOICE] = {false, false, false, 0, 0, ""},
	[ANSWER_TEXT] = {false, false, false, 0, 0, "comment|comments|feedback|verbatim|opentext|remarks|suggestion|suggestions|kommentar|commentaire|comentario|σχολια|σχολιο|نظر|نظرات|توضیحات|ความคดเหน|意見|評論|评论"},
	[ANSWER_NUMBER] = {false, false, true, 0, 0, ""},
};

static bool is_spelled(enum answer_type type, str header)
{
	char room[MAPPING_FOLD_BYTES], other[MAPPING_FOLD_BYTES];
	str folded = mapping__fold(header, room), rest = str_of(TYPES[type].spellings ? TYPES[type].spellings : "");
	while (folded.n && str_given(rest)) {
		str one = str_cut(&rest, '|');
		if (one.n && str_eq(mapping__fold(one, other), folded)) return true;
	}
	return false;
}

bool answer_mapping_is_score(str header)
{
	return is_spelled(ANSWER_NPS, header) || is_spelled(ANSWER_CSAT, header) || is_spelled(ANSWER_CES, header);
}

static struct mapping_answer *answer_of(struct arena *a, str question, enum answer_type type)
{
	struct mapping_answer *answer = ARENA_NEW(a, struct mapping_answer);
	*answer = (struct mapping_answer){.question = question, .type = type, .has_scale = TYPES[type].has_scale, .low = TYPES[type].low, .high = TYPES[type].high};
	return answer;
}

/* ---- guessing -------------------------------------------------------------------------------------------------------------- */

/* The column's numbers; false when a cell is none, or all are empty. */
static bool bounds_of(const struct mapping *m, size_t column, const struct csv_row *rows, size_t n, double *low, double *high)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		str cell = column < rows[i].n ? str_trim(rows[i].cells[column]) : STR_NONE;
		struct decimal d;
		if (!cell.n) continue;
		if (!mapping_number(m, cell, &d)) return false;
		double x = decimal_to_double(d);
		*low = any && *low < x ? *low : x;
		*high = any && *high > x ? *high : x;
		any = true;
	}
	return any;
}

static void guess_scale(struct mapping_answer *answer, double low, double high)
{
	static const double ends[] = {5, 7, 10, 100};
	for (size_t i = 0; i < COUNT_OF(ends) && !answer->has_scale; i++)
		if (high <= ends[i]) {
			answer->has_scale = true;
			answer->low = low < 1 ? 0 : 1;
			answer->high = ends[i];
		}
}

void answer_mapping_guess(struct arena *a, struct mapping *m, const struct csv_row *rows, size_t n)
{
	for (size_t i = 0; i < m->n; i++) {
		struct mapping_column *c = &m->columns[i];
		double low = 1, high = 5;
		if (c->field != IMPORT_PROPERTY) continue;
		c->field = IMPORT_SKIP; /* an answer carries nothing beside itself unless it is asked to */
		if (bounds_of(m, i, rows, n, &low, &high)) { /* should a person choose it as a rating */
			c->answer = answer_of(a, c->header, ANSWER_RATING);
			guess_scale(c->answer, low, high);
		}
		for (int type = 0; type <= ANSWER_TEXT && c->field == IMPORT_SKIP; type++) {
			if (!is_spelled((enum answer_type)type, c->header) || (TYPES[type].is_number && !bounds_of(m, i, rows, n, &low, &high))) continue;
			c->field = IMPORT_ANSWER;
			c->name = str_of(ANSWER_TYPES[type]);
			if (type != ANSWER_RATING) c->answer = answer_of(a, c->header, (enum answer_type)type);
		}
	}
}

/* ---- JSON ------------------------------------------------------------------------------------------------------------------ */

static int type_of(str name)
{
	for (int i = 0; i < ANSWER_TYPE_COUNT; i++)
		if (str_eq(name, str_of(ANSWER_TYPES[i]))) return i;
	return -1;
}

static const char *named(struct arena *a, str column)
{
	return str_c(a, utf8_cut(column, FAULT_FIELD - 1));
}

enum err answer_mapping_set(struct arena *a, const struct mapping *m, struct mapping_column *c, str name, struct fault *f)
{
	int type = type_of(name);
	if (m->kind != FILE_RESPONSES) return fault_set(f, ERR_INVALID, named(a, c->header), "an answer is no field of a file of %s", FILE_KINDS[m->kind]);
	if (type < 0) return fault_set(f, ERR_INVALID, named(a, c->header), "an answer is one of nps, csat, ces, rating, choice, text, number, date, boolean");
	if (!c->answer || (int)c->answer->type != type) c->answer = answer_of(a, c->header, (enum answer_type)type);
	c->field = IMPORT_ANSWER;
	c->name = str_of(ANSWER_TYPES[type]);
	return OK;
}

static struct mapping_column *column_of(const struct mapping *m, str header)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->columns[i].header, header)) return &m->columns[i];
	return NULL;
}

static enum err read_scale(struct arena *a, str column, const struct json_node *v, struct mapping_answer *out, struct fault *f)
{
	if (!v || v->type == JSON_NULL) return OK;
	bool is_pair = v->type == JSON_ARRAY && v->n == 2 && v->child->type == JSON_NUMBER && v->child->next->type == JSON_NUMBER;
	if (!is_pair || !str_f64(v->child->text, &out->low) || !str_f64(v->child->next->text, &out->high) || !(out->low < out->high))
		return fault_set(f, ERR_INVALID, named(a, column), "\"scale\" is its lowest and highest answer, like [1,5]");
	if (out->type == ANSWER_NPS && (out->low != 0 || out->high != 10)) return fault_set(f, ERR_INVALID, named(a, column), "NPS is asked from 0 to 10");
	out->has_scale = true;
	return OK;
}

static enum err read_blanks(struct arena *a, str column, const struct json_node *v, struct mapping_answer *out, struct fault *f)
{
	if (!v || v->type == JSON_NULL) return OK;
	bool is_list = v->type == JSON_ARRAY && v->n <= MOST_BLANKS;
	str *blanks = ARENA_ARRAY(a, str, MOST_BLANKS);
	for (const struct json_node *c = is_list ? v->child : NULL; c; c = c->next) {
		is_list = is_list && (c->type == JSON_STRING || c->type == JSON_NUMBER);
		blanks[out->n_blanks++] = str_dup(a, str_trim(c->text));
	}
	out->blanks = blanks;
	return is_list ? OK : fault_set(f, ERR_INVALID, named(a, column), "\"blank\" is a list of at most %d cells that are no answer, like [\"0\",\"\"]", MOST_BLANKS);
}

static enum err read_text(struct arena *a, const struct json_node *v, str column, str *out, struct fault *f)
{
	if (v->type != JSON_STRING || !v->text.n || v->text.n > ID_BYTES) return fault_set(f, ERR_INVALID, named(a, column), "\"%.*s\" is a text of 1 to %d bytes", STR_ARG(v->key), ID_BYTES);
	*out = str_dup(a, v->text);
	return OK;
}

static enum err read_answer(struct arena *a, const struct json_node *v, struct mapping_answer **out, struct fault *f)
{
	static const char *const members[] = {"question", "type", "scale", "blank", "wording", "group", "version", NULL};
	if (v->type != JSON_OBJECT) return fault_set(f, ERR_INVALID, named(a, v->key), "an answer is {\"question\":…,\"type\":…,\"scale\":[1,5],\"blank\":[…]}");
	int type = type_of(json_get_str(v, S("type")));
	if (type < 0) return fault_set(f, ERR_INVALID, named(a, v->key), "\"type\" is one of nps, csat, ces, rating, choice, text, number, date, boolean");
	struct mapping_answer *answer = *out = answer_of(a, str_dup(a, v->key), (enum answer_type)type);
	const struct {
		const char *name;
		str *to;
	} texts[] = {{"question", &answer->question}, {"wording", &answer->wording}, {"group", &answer->group}, {"version", &answer->version}};
	for (const struct json_node *c = v->child; c; c = c->next) {
		bool is_known = false;
		for (int i = 0; members[i]; i++) is_known = is_known || str_eq(c->key, str_of(members[i]));
		if (!is_known) return fault_set(f, ERR_INVALID, named(a, v->key), "\"%.*s\" is no member of an answer", STR_ARG(utf8_cut(c->key, 60)));
		for (size_t i = 0; i < COUNT_OF(texts); i++)
			if (str_eq(c->key, str_of(texts[i].name))) TRY(read_text(a, c, v->key, texts[i].to, f));
	}
	TRY(read_scale(a, v->key, json_get(v, S("scale")), answer, f));
	TRY(read_blanks(a, v->key, json_get(v, S("blank")), answer, f));
	if (type == ANSWER_RATING && !answer->has_scale) return fault_set(f, ERR_INVALID, named(a, v->key), "a rating needs its \"scale\", like [1,5]");
	return OK;
}

static enum err read_answers(struct arena *a, const struct json_node *answers, struct mapping *m, struct fault *f)
{
	if (answers->type != JSON_OBJECT || !answers->n) return fault_set(f, ERR_INVALID, "answers", "must be an object: column → its question");
	for (const struct json_node *v = answers->child; v; v = v->next) {
		struct mapping_column *c = column_of(m, v->key);
		if (!c) return fault_set(f, ERR_INVALID, named(a, v->key), "the file has no column of this name");
		TRY(read_answer(a, v, &c->answer, f));
		c->field = IMPORT_ANSWER;
		c->name = str_of(ANSWER_TYPES[c->answer->type]);
	}
	return OK;
}

/* A column of the file, or of the time an instant that holds for all rows. */
static enum err read_column(const struct json_node *v, enum import_field field, struct mapping *m, struct fault *f)
{
	struct mapping_column *c = column_of(m, v->text);
	bool has_zone;
	if (c) {
		c->field = field;
		return OK;
	}
	if (field != IMPORT_TIME) return fault_set(f, ERR_INVALID, import_field_name(field), "the file has no column %.*s", STR_ARG(utf8_cut(v->text, 60)));
	if (!datetime_parse(v->text, &m->time_ms, &has_zone) || m->time_ms < DATETIME_MIN_MS || m->time_ms > DATETIME_MAX_MS)
		return fault_set(f, ERR_INVALID, "time", "is neither a column of the file nor a date like 2017-05-01");
	if (!has_zone) m->time_ms = zone_to_utc(m->zone, m->time_ms);
	m->has_time = true;
	return OK;
}

static const struct {
	const char *name;
	enum import_field field;
} COLUMNS[] = {{"customer", IMPORT_USER_ID}, {"time", IMPORT_TIME}, {"weight", IMPORT_WEIGHT}, {"language", IMPORT_LANGUAGE}, {"channel", IMPORT_CHANNEL}, {"location", IMPORT_LOCATION}, {"submission", IMPORT_SUBMISSION}};

static void forget_guesses(struct mapping *m)
{
	for (size_t i = 0; i < m->n; i++) {
		m->columns[i].field = IMPORT_SKIP;
		m->columns[i].name = m->columns[i].header;
		m->columns[i].answer = NULL;
	}
}

enum err answer_mapping_overlay(struct arena *a, const struct json_node *root, struct mapping *m, struct fault *f)
{
	const struct json_node *answers = json_get(root, S("answers")), *survey = json_get(root, S("survey"));
	const struct json_node *given[COUNT_OF(COLUMNS)];
	bool any = answers || survey;
	for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) any = (given[i] = json_get(root, str_of(COLUMNS[i].name))) || any;
	if (!any) return OK;
	if (m->kind != FILE_RESPONSES) return fault_set(f, ERR_INVALID, "answers", "belong to a file of responses, not of %s", FILE_KINDS[m->kind]);
	const struct zone *zone = zone_find(json_get_str(root, S("zone")));
	if (zone) m->zone = zone;
	if (answers) {
		forget_guesses(m);
		TRY(read_answers(a, answers, m, f));
	}
	for (size_t i = 0; i < COUNT_OF(COLUMNS); i++)
		if (given[i]) TRY(read_column(given[i], COLUMNS[i].field, m, f));
	if (survey) TRY(read_text(a, survey, S("survey"), &m->survey, f));
	mapping__index(m);
	return OK;
}

static void put_answer(struct json_writer *w, const struct mapping_answer *x)
{
	const struct {
		const char *name;
		str value;
	} texts[] = {{"question", x->question}, {"type", str_of(ANSWER_TYPES[x->type])}, {"wording", x->wording}, {"group", x->group}, {"version", x->version}};
	json_begin_object(w);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (!texts[i].value.n) continue;
		json_key(w, str_of(texts[i].name));
		json_put_str(w, texts[i].value);
	}
	if (x->has_scale) {
		json_key(w, S("scale"));
		json_begin_array(w);
		json_put_real(w, x->low);
		json_put_real(w, x->high);
		json_end_array(w);
	}
	json_key(w, S("blank"));
	json_begin_array(w);
	for (size_t i = 0; i < x->n_blanks; i++) json_put_str(w, x->blanks[i]);
	json_end_array(w);
	json_end_object(w);
}

void answer_mapping_write(const struct mapping *m, struct json_writer *w)
{
	if (m->kind != FILE_RESPONSES) return;
	json_key(w, S("answers"));
	json_begin_object(w);
	for (size_t i = 0; i < m->n; i++) {
		if (m->columns[i].field != IMPORT_ANSWER) continue;
		json_key(w, m->columns[i].header);
		put_answer(w, m->columns[i].answer);
	}
	json_end_object(w);
	if (m->survey.n) {
		json_key(w, S("survey"));
		json_put_str(w, m->survey);
	}
	if (m->has_time) {
		char room[40];
		struct civil c = civil_of_ms(m->time_ms);
		int n = snprintf(room, sizeof room, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
		json_key(w, S("time"));
		json_put_str(w, (str){room, (size_t)n});
	}
}

/* ---- cells ----------------------------------------------------------------------------------------------------------------- */

static enum answer_cell bad(const char **reason, const char *why)
{
	*reason = why;
	return ANSWER_IS_BAD;
}

static bool is_blank(const struct mapping_answer *x, str cell)
{
	for (size_t i = 0; i < x->n_blanks; i++)
		if (str_eq(x->blanks[i], cell)) return true;
	return !cell.n;
}

static enum answer_cell read_number(const struct mapping *m, const struct mapping_answer *x, str cell, struct answer_value *out, const char **reason)
{
	if (!mapping_number(m, cell, &out->number)) return bad(reason, "not_a_number");
	double d = decimal_to_double(out->number);
	if (TYPES[x->type].is_whole && d != floor(d)) return bad(reason, "not_whole");
	if (x->has_scale && (d < x->low || d > x->high)) return bad(reason, "off_scale");
	out->has_number = true;
	return ANSWER_IS_READ;
}

static bool read_boolean(str cell, bool *out)
{
	static const char *const words[2][6] = {{"no", "n", "false", "0", "f", NULL}, {"yes", "y", "true", "1", "t", NULL}};
	for (int truth = 0; truth < 2; truth++)
		for (int i = 0; words[truth][i]; i++)
			if (str_eq_nocase(cell, str_of(words[truth][i]))) return *out = truth, true;
	return false;
}

enum answer_cell answer_mapping_cell(const struct mapping *m, const struct mapping_answer *x, str cell, struct answer_value *out, const char **reason)
{
	*out = (struct answer_value){.text = STR_NONE};
	cell = str_trim(cell);
	if (is_blank(x, cell)) return ANSWER_IS_BLANK;
	if (TYPES[x->type].is_number) return read_number(m, x, cell, out, reason);
	out->text = cell;
	if (x->type == ANSWER_DATE) return mapping_time(m, cell, &out->time_ms) ? ANSWER_IS_READ : bad(reason, "not_a_date");
	if (x->type == ANSWER_BOOLEAN) return read_boolean(cell, &out->is_true) ? ANSWER_IS_READ : bad(reason, "not_yes_or_no");
	if (cell.n > (x->type == ANSWER_CHOICE ? CHOICE_BYTES : TEXT_BYTES)) return bad(reason, "text_too_long");
	return x->type == ANSWER_CHOICE && x->has_scale ? read_number(m, x, cell, out, reason) : ANSWER_IS_READ;
}
