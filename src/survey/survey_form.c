/* survey_form.c: a question as the designer's form has it. */
#include "consent/consent.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "survey/survey_form.h"

static const struct desc_field TEXT_FIELDS[] = {
	FIELD(survey_form_text, field, DESC_STR),
	FIELD(survey_form_text, lang, DESC_STR),
	FIELD(survey_form_text, own_name, DESC_STR),
	FIELD(survey_form_text, dir, DESC_STR),
	FIELD(survey_form_text, text, DESC_STR),
	FIELD(survey_form_text, options, DESC_STR),
	FIELD(survey_form_text, rows, DESC_STR),
	FIELD(survey_form_text, is_missing, DESC_BOOL),
};
static const struct desc TEXT_DESC = DESC(survey_form_text, TEXT_FIELDS);
static const struct desc_field CONDITION_FIELDS[] = {
	FIELD(survey_form_condition, field, DESC_STR),
	FIELD(survey_form_condition, value, DESC_STR),
	FIELD(survey_form_condition, questions, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_form_condition, tests, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
};
static const struct desc CONDITION_DESC = DESC(survey_form_condition, CONDITION_FIELDS);
static const struct desc_field SKIP_FIELDS[] = {
	FIELD(survey_form_skip, field, DESC_STR),
	FIELD(survey_form_skip, when, DESC_LIST, .item = DESC_STRUCT, .of = &CONDITION_DESC),
	FIELD(survey_form_skip, to, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
};
static const struct desc SKIP_DESC = DESC(survey_form_skip, SKIP_FIELDS);
static const struct desc_field QUOTA_FIELDS[] = {
	FIELD(survey_form_quota, field, DESC_STR),
	FIELD(survey_form_quota, value, DESC_STR),
	FIELD(survey_form_quota, most, DESC_STR),
};
static const struct desc QUOTA_DESC = DESC(survey_form_quota, QUOTA_FIELDS);
static const struct desc_field QUESTION_FIELDS[] = {
	FIELD(survey_form_question, at, DESC_INT),
	FIELD(survey_form_question, place, DESC_INT),
	FIELD(survey_form_question, points, DESC_INT),
	FIELD(survey_form_question, id, DESC_STR),
	FIELD(survey_form_question, type, DESC_STR),
	FIELD(survey_form_question, type_name, DESC_STR),
	FIELD(survey_form_question, title, DESC_STR),
	FIELD(survey_form_question, field, DESC_STR),
	FIELD(survey_form_question, is_required, DESC_BOOL),
	FIELD(survey_form_question, begins_page, DESC_BOOL),
	FIELD(survey_form_question, is_shuffled, DESC_BOOL),
	FIELD(survey_form_question, has_options, DESC_BOOL),
	FIELD(survey_form_question, has_rows, DESC_BOOL),
	FIELD(survey_form_question, has_looks, DESC_BOOL),
	FIELD(survey_form_question, has_points, DESC_BOOL),
	FIELD(survey_form_question, has_order, DESC_BOOL),
	FIELD(survey_form_question, may_shuffle, DESC_BOOL),
	FIELD(survey_form_question, may_limit, DESC_BOOL),
	FIELD(survey_form_question, is_consent, DESC_BOOL),
	FIELD(survey_form_question, is_new, DESC_BOOL),
	FIELD(survey_form_question, is_whole, DESC_BOOL),
	FIELD(survey_form_question, is_first, DESC_BOOL),
	FIELD(survey_form_question, is_last, DESC_BOOL),
	FIELD(survey_form_question, types, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_form_question, looks, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_form_question, purposes, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_form_question, show_if, DESC_LIST, .item = DESC_STRUCT, .of = &CONDITION_DESC),
	FIELD(survey_form_question, skips, DESC_LIST, .item = DESC_STRUCT, .of = &SKIP_DESC),
	FIELD(survey_form_question, quotas, DESC_LIST, .item = DESC_STRUCT, .of = &QUOTA_DESC),
	FIELD(survey_form_question, texts, DESC_LIST, .item = DESC_STRUCT, .of = &TEXT_DESC),
};
const struct desc SURVEY_FORM_QUESTION_DESC = DESC(survey_form_question, QUESTION_FIELDS);

static str label_of(struct op *op, const char *kind, const char *name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_%s_%s", kind, name));
}

static void add_choice(struct op *op, struct option **v, size_t *n, const char *kind, const char *const *names, int chosen)
{
	size_t most = 0;
	while (names[most]) most++;
	*v = ARENA_ARRAY(&op->arena, struct option, most + 1);
	for (*n = 0; *n < most; ++*n) (*v)[*n] = (struct option){str_of(names[*n]), label_of(op, kind, names[*n]), (int)*n == chosen};
}

str survey__title(struct op *op, const struct survey_question *q)
{
	const struct survey_text *t = survey_text(q, lang_code(op->locale.lang));
	return t ? t->text : q->texts.n ? q->texts.v[0].text : S("");
}

/* What a condition may ask for, or a skip lead to: questions from one index to another. */
static struct option *questions_of(struct op *op, const struct survey_definition *d, size_t from, size_t to, str chosen, size_t *n)
{
	struct option *v = ARENA_ARRAY(&op->arena, struct option, d->questions.n + 2);
	*n = 0;
	v[(*n)++] = (struct option){S(""), S("–"), !str_given(chosen)};
	for (size_t i = from; i < to; i++) {
		const struct survey_question *q = &d->questions.v[i];
		v[(*n)++] = (struct option){q->id, str_fmt(&op->arena, "%zu. %.*s", i + 1, STR_ARG(survey__title(op, q))), str_eq(q->id, chosen)};
	}
	return v;
}

static void add_condition(struct op *op, struct survey_form_condition *out, const struct survey_definition *d, size_t before, const struct survey_condition *c, str field)
{
	*out = (struct survey_form_condition){.field = field, .value = c && str_given(c->value) ? c->value : S("")};
	out->questions.v = questions_of(op, d, 0, before, c ? c->question : STR_NONE, &out->questions.n);
	add_choice(op, &out->tests.v, &out->tests.n, "test", SURVEY_TESTS, c ? c->test : 0);
}

static void add_conditions(struct op *op, const struct survey_definition *d, struct survey_form_question *x, const struct survey_question *q)
{
	size_t before = (size_t)x->at;
	x->show_if.v = ARENA_ARRAY(&op->arena, struct survey_form_condition, q->show_if.n + 1);
	for (size_t k = 0; before && k < q->show_if.n + (q->show_if.n < SURVEY_CONDITIONS); k++)
		add_condition(op, &x->show_if.v[x->show_if.n++], d, before, k < q->show_if.n ? &q->show_if.v[k] : NULL, str_fmt(&op->arena, "%.*s.show_if[%zu]", STR_ARG(x->field), k));
}

/* A condition a skip in the form; those that have more, from elsewhere, keep them. */
static void add_skips(struct op *op, const struct survey_definition *d, struct survey_form_question *x, const struct survey_question *q)
{
	size_t at = (size_t)x->at;
	x->skips.v = ARENA_ARRAY(&op->arena, struct survey_form_skip, q->skips.n + 1);
	for (size_t k = 0; at + 1 < d->questions.n && k < q->skips.n + (q->skips.n < SURVEY_CONDITIONS); k++) {
		const struct survey_skip *s = k < q->skips.n ? &q->skips.v[k] : NULL;
		struct survey_form_skip *out = &x->skips.v[x->skips.n++];
		size_t n = s && s->when.n ? s->when.n : 1;
		*out = (struct survey_form_skip){.field = str_fmt(&op->arena, "%.*s.skips[%zu]", STR_ARG(x->field), k)};
		out->when.v = ARENA_ARRAY(&op->arena, struct survey_form_condition, n);
		for (size_t i = 0; i < n; i++) add_condition(op, &out->when.v[out->when.n++], d, at + 1, s && i < s->when.n ? &s->when.v[i] : NULL, str_fmt(&op->arena, "%.*s.when[%zu]", STR_ARG(out->field), i));
		out->to.v = questions_of(op, d, at + 1, d->questions.n, s ? s->to : STR_NONE, &out->to.n);
		out->to.v[out->to.n++] = (struct option){S("end"), i18n_pattern(op->locale.lang, S("survey_to_end")), s && str_eq(s->to, S("end"))};
	}
}

static void add_quotas(struct op *op, struct survey_form_question *x, const struct survey_question *q)
{
	x->quotas.v = ARENA_ARRAY(&op->arena, struct survey_form_quota, q->quotas.n + 1);
	for (size_t k = 0; x->may_limit && k < q->quotas.n + (q->quotas.n < SURVEY_OPTIONS); k++) {
		const struct survey_quota *u = k < q->quotas.n ? &q->quotas.v[k] : NULL;
		x->quotas.v[x->quotas.n++] = (struct survey_form_quota){str_fmt(&op->arena, "%.*s.quotas[%zu]", STR_ARG(x->field), k), u ? u->value : S(""), u && u->most != DESC_NULL_INT ? str_fmt(&op->arena, "%lld", (long long)u->most) : S("")};
	}
}

static void add_texts(struct op *op, struct survey_form_question *x, const struct survey_question *q)
{
	x->texts.v = ARENA_ARRAY(&op->arena, struct survey_form_text, SURVEY_LANGS);
	for (size_t i = 0; lang_at(i) && i < SURVEY_LANGS; i++) {
		const struct lang *lang = lang_at(i);
		const struct survey_text *t = NULL;
		for (size_t k = 0; k < q->texts.n; k++)
			if (str_eq(q->texts.v[k].lang, lang_code(lang))) t = &q->texts.v[k];
		x->texts.v[x->texts.n++] = (struct survey_form_text){.lang = lang_code(lang), .own_name = lang_own_name(lang), .text = t ? t->text : S(""), .options = t && str_given(t->options) ? t->options : S(""),
		                                                     .rows = t && str_given(t->rows) ? t->rows : S(""), .dir = lang_is_rtl(lang) ? S("rtl") : S("ltr"),
		                                                     .field = str_fmt(&op->arena, "%.*s.texts[%zu]", STR_ARG(x->field), i), .is_missing = x->id.n && !survey__is_whole(q, lang_code(lang))};
	}
}

static enum err add_purposes(struct op *op, struct survey_form_question *x, const struct survey_question *q)
{
	struct purpose_row *rows;
	size_t n;
	if (!x->is_consent) return OK;
	TRY(purpose_list(op, &rows, &n));
	x->purposes.v = ARENA_ARRAY(&op->arena, struct option, n + 1);
	for (size_t i = 0; i < n; i++)
		if (rows[i].bit != PURPOSE_SERVICE) x->purposes.v[x->purposes.n++] = (struct option){rows[i].name, rows[i].title, str_eq(rows[i].name, q->purpose)};
	return OK;
}

enum err survey__form_question(struct op *op, const struct survey_definition *d, size_t at, struct survey_form_question *x)
{
	static const struct survey_question nothing = {.id = {"", 0}, .type = SURVEY_TEXT, .points = DESC_NULL_INT};
	bool is_new = at >= d->questions.n;
	const struct survey_question *q = is_new ? &nothing : &d->questions.v[at];
	int least, most;
	bool is_scale = survey_scale(q, &least, &most);
	*x = (struct survey_form_question){.at = (int64_t)at, .place = (int64_t)at + 1, .points = survey_points(q), .id = q->id, .type = str_of(SURVEY_TYPES[q->type]), .type_name = label_of(op, "type", SURVEY_TYPES[q->type]),
	                                   .title = survey__title(op, q), .field = str_fmt(&op->arena, "definition.questions[%zu]", at), .is_required = q->is_required, .begins_page = q->begins_page,
	                                   .is_shuffled = q->is_shuffled, .has_options = is_new || survey_has_options(q->type), .has_rows = is_new || survey_has_rows(q->type), .has_looks = is_scale && least == 1,
	                                   .has_points = q->type == SURVEY_RATING || q->type == SURVEY_MATRIX, .may_shuffle = survey_has_options(q->type), .is_consent = q->type == SURVEY_CONSENT,
	                                   .may_limit = is_scale || q->type == SURVEY_CHOICE || q->type == SURVEY_CHOICES || q->type == SURVEY_BOOLEAN, .is_new = is_new, .is_first = at == 0, .is_last = at + 1 >= d->questions.n,
	                                   .is_whole = !is_new && survey__is_whole(q, lang_code(op->locale.lang)), .has_order = q->show_if.n + q->skips.n + q->quotas.n > 0};
	add_choice(op, &x->types.v, &x->types.n, "type", SURVEY_TYPES, q->type);
	add_choice(op, &x->looks.v, &x->looks.n, "look", SURVEY_LOOKS, q->look);
	add_texts(op, x, q);
	if (is_new) return OK;
	add_conditions(op, d, x, q);
	add_skips(op, d, x, q);
	add_quotas(op, x, q);
	return add_purposes(op, x, q);
}
