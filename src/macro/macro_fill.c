/* macro_fill.c: a saved answer as a template. Its fields are a described struct, so what a text may name is what that holds, amounts
 * are written as the customer's language does, and no escaping is due: the text goes into a draft, which pages escape. A field that may
 * be empty has to be asked for before it is shown: that is found in the template when it is saved, not in a letter when it is sent. */
#include "i18n/i18n.h"
#include "json/desc.h"
#include "macro/macro.h"
#include "setting/setting.h"
#include "template/template.h"

enum { FILLED_BYTES = 60000, SOURCE_BYTES = 4 * MACRO_TEXT_CHARACTERS };

static const struct desc_field CUSTOMER_FIELDS[] = {FIELD(macro_customer, name, DESC_STR)};
static const struct desc CUSTOMER_DESC = DESC(macro_customer, CUSTOMER_FIELDS);
static const struct desc_field ORDER_FIELDS[] = {FIELD(macro_order, number, DESC_STR), FIELD(macro_order, total, DESC_MONEY)};
static const struct desc ORDER_DESC = DESC(macro_order, ORDER_FIELDS);
static const struct desc_field AGENT_FIELDS[] = {FIELD(macro_agent, name, DESC_STR)};
static const struct desc AGENT_DESC = DESC(macro_agent, AGENT_FIELDS);
static const struct desc_field GIVEN_FIELDS[] = {
	FIELD(macro_given, customer, DESC_STRUCT, .of = &CUSTOMER_DESC),
	FIELD(macro_given, order, DESC_STRUCT, .of = &ORDER_DESC),
	FIELD(macro_given, agent, DESC_STRUCT, .of = &AGENT_DESC),
};
static const struct desc GIVEN_DESC = DESC(macro_given, GIVEN_FIELDS);

static const struct desc_field FILLED_FIELDS[] = {
	FIELD(macro_filled, id, DESC_ID, .prefix = "mac"),
	FIELD(macro_filled, name, DESC_STR),
	FIELD(macro_filled, text, DESC_STR, .doc = "filled for the customer"),
	FIELD(macro_filled, language, DESC_STR),
	FIELD(macro_filled, language_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(macro_filled, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
};
const struct desc MACRO_FILLED_DESC = DESC(macro_filled, FILLED_FIELDS);

static const struct field {
	const char *name;
	bool may_be_empty;
} FIELDS[] = {{"customer.name", true}, {"order.number", true}, {"order.total", true}, {"agent.name", false}};

static const struct field *find_field(str name)
{
	for (size_t i = 0; i < COUNT_OF(FIELDS); i++)
		if (str_eq(name, str_of(FIELDS[i].name))) return &FIELDS[i];
	return NULL;
}

str macro_fields(struct op *op)
{
	str all = S("");
	for (size_t i = 0; i < COUNT_OF(FIELDS); i++) all = str_fmt(&op->arena, "%.*s%s{{%s}}", STR_ARG(all), i ? ", " : "", FIELDS[i].name);
	return all;
}

str macro_example(struct op *op, str field)
{
	return str_fmt(&op->arena, "{{#%.*s}}…{{%.*s}}…{{/%.*s}}{{^%.*s}}…{{/%.*s}}", STR_ARG(field), STR_ARG(field), STR_ARG(field), STR_ARG(field), STR_ARG(field));
}

static enum err compile(str text, struct template **t, struct fault *f)
{
	return template_new(S("macro"), text, &(struct template_options){.type = TEMPLATE_TEXT, .max_bytes = SOURCE_BYTES}, t, f);
}

static struct msg wrong_name(struct op *op, const struct template_name *name)
{
	const struct field *field = name->use == TEMPLATE_DOES_MORE ? NULL : find_field(name->name);
	struct msg m = {0};
	if (!field) {
		m = msg_str("macro_field_unknown", "field", str_dup(&op->arena, name->name));
		msg_add(&m, (struct msg_arg){.name = "known", .type = MSG_STR, .s = macro_fields(op)});
	} else if (field->may_be_empty && name->use == TEMPLATE_SHOWS && !name->is_asked_around) {
		m = msg_str("macro_field_may_be_empty", "field", str_of(field->name));
		msg_add(&m, (struct msg_arg){.name = "example", .type = MSG_STR, .s = macro_example(op, str_of(field->name))});
	}
	return m;
}

struct msg macro_wrong(struct op *op, str text)
{
	struct fault f = {0};
	struct template *t;
	struct template_name *names;
	struct msg wrong = {0};
	if (compile(text, &t, &f) != OK) return msg_str("macro_broken", "example", macro_example(op, S("customer.name")));
	size_t n = template_names(t, &op->arena, &names);
	for (size_t i = 0; i < n && !wrong.key; i++) wrong = wrong_name(op, &names[i]);
	template_free(t);
	return wrong;
}

static const struct macro_text *text_in(const struct macro *m, const str *languages, size_t n_languages)
{
	for (size_t k = 0; k < n_languages; k++)
		for (size_t i = 0; i < m->texts.n; i++)
			if (str_eq(m->texts.v[i].language, languages[k])) return &m->texts.v[i];
	return &m->texts.v[0];
}

static enum err fill(struct op *op, const struct macro *m, const struct macro_given *given, const str *languages, size_t n_languages, struct macro_filled *out)
{
	const struct macro_text *text = text_in(m, languages, n_languages);
	const struct lang *lang = lang_find(text->language);
	struct locale locale = setting_locale(op);
	struct template *t;
	struct buf filled;
	if (lang) locale.lang = lang;
	TRY(compile(text->text, &t, &op->fault));
	buf_init(&filled, FILLED_BYTES);
	enum err e = template_render(t, &locale, &(struct template_value){.desc = &GIVEN_DESC, .value = given}, 1, &filled, &op->fault);
	*out = (struct macro_filled){m->id, m->name, str_dup(&op->arena, str_trim(buf_str(&filled))), text->language, lang_own_name(locale.lang), lang_is_rtl(locale.lang) ? S("rtl") : S("ltr")};
	buf_release(&filled);
	template_free(t);
	return e;
}

enum err macro_fill(struct op *op, str q, const struct macro_given *given, const str *languages, size_t n_languages, size_t most, struct macro_filled **out, size_t *n)
{
	struct macro *v;
	size_t found;
	TRY(macro_find(op, q, &v, &found));
	*n = found < most ? found : most;
	*out = ARENA_ARRAY(&op->arena, struct macro_filled, *n + 1);
	for (size_t i = 0; i < *n; i++) TRY(fill(op, &v[i], given, languages, n_languages, &(*out)[i]));
	return OK;
}

enum err macro_fill_one(struct op *op, id macro, const struct macro_given *given, const str *languages, size_t n_languages, struct macro_filled *out)
{
	struct macro m;
	TRY(macro_get(op, macro, &m));
	return fill(op, &m, given, languages, n_languages, out);
}
