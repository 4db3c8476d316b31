/* template.h: Mustache (the published specification: variables, sections, inverted, partials, comments, set
 * delimiters, inheritance, dynamic names; lambdas are left out), rendering described structs in a reader's language.
 *
 * A name is looked up through the stack of contexts; a described value is formatted by its type and the locale.
 * After a dot stand virtual names: .raw (as in JSON: for value= and data-), .iso (time and date), .text of enums;
 * of a list: .n (its length); inside a section over a list: `@first`, `@last`, `@index` (from 1).
 * `{{t.key}}` is the text `key` of the language; its placeholders are looked up by name in the context stack.
 * `{{t.@name}}` looks up `name` in the stack and uses its value as the key. */
#ifndef TEMPLATE_TEMPLATE_H
#define TEMPLATE_TEMPLATE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "i18n/i18n.h"

enum template_type { TEMPLATE_TEXT, TEMPLATE_HTML, TEMPLATE_URL, TEMPLATE_JSON };
struct template;

/* Finds a partial's source; absent when there is none (renders as nothing). */
typedef str template_loader(void *arg, str name);
struct template_options {
	enum template_type type;
	bool may_unescape;       /* {{{x}}} and {{&x}} are errors without it */
	template_loader *loader; /* partials and parents; NULL = none */
	void *loader_arg;
	size_t max_bytes;        /* of the source with its partials; 0 = 1 MiB */
};

/* Compiles; the template owns copies of all it needs. ERR_INVALID with line and column in f. */
enum err template_new(str name, str source, const struct template_options *o, struct template **out, struct fault *f) NODISCARD;
void template_free(struct template *t);

/* What a name may stand for: a described struct, or a JSON tree (users' templates, tests). */
struct template_value {
	const struct desc *desc;
	const void *value;
	const struct json_node *tree; /* when desc is NULL */
};
/* Renders with values[0] as the outermost context and values[n-1] the innermost. out's maximum caps the output
 * (ERR_TOO_LARGE). Thread safe: a template may be rendered by many threads at once. */
enum err template_render(const struct template *t, const struct locale *l, const struct template_value *values, size_t n, struct buf *out, struct fault *f) NODISCARD;

/* What a template names, in its order: a value shown, one asked for by a section or its opposite, or what does more than these
 * (partials, parents, blocks, unescaped values). The names are the template's, the list is a's. */
enum template_use { TEMPLATE_SHOWS, TEMPLATE_ASKS, TEMPLATE_DOES_MORE };
struct template_name {
	str name;
	enum template_use use;
	bool is_asked_around; /* stands within a section of the same name, so it is there when it is shown */
};
size_t template_names(const struct template *t, struct arena *a, struct template_name **out);

void template_escape(struct buf *out, enum template_type type, str text);
#endif
