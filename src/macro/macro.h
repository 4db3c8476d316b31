/* macro.h: saved answers: a text a language that agents put into what they write, with fields filled for the customer.
 * Invariant: a stored text names known fields only, and shows one that may be empty only where it asks for it first, so that
 * no customer reads a sentence with a hole in it. */
#ifndef MACRO_MACRO_H
#define MACRO_MACRO_H
#include "http/web.h"

enum { MACRO_TEXT_CHARACTERS = 4000, MACRO_NAME_CHARACTERS = 80, MACROS_MOST = 500 };

struct macro_text {
	str language, text;
};
struct macro {
	id id;
	str name, folded;
	LIST_OF(struct macro_text) texts;
};
/* Those that hold every word of q in name or text ("": all), sorted by name; owned by op. */
enum err macro_find(struct op *op, str q, struct macro **out, size_t *n) NODISCARD;
enum err macro_get(struct op *op, id macro, struct macro *out) NODISCARD;
/* m->id 0: a new one, whose id is set. ERR_CONFLICT: there is one of that name, ERR_TOO_LARGE: there are too many. */
enum err macro_save(struct op *op, struct macro *m) NODISCARD;
enum err macro_remove(struct op *op, id macro) NODISCARD;
enum err macro_restore(struct op *op, id macro) NODISCARD;

/* ---- what a text is filled with ---- */
struct macro_customer {
	str name; /* as they wish to be addressed; empty: nobody knows */
};
struct macro_order {
	str number; /* of their latest order; empty: they have none */
	struct money total;
};
struct macro_agent {
	str name;
};
struct macro_given {
	struct macro_customer customer;
	struct macro_order order;
	struct macro_agent agent;
};
/* What is wrong with a text as a template, in words for its writer; no key: nothing. */
struct msg macro_wrong(struct op *op, str text);
/* All fields, such as "{{customer.name}}, {{order.number}}". */
str macro_fields(struct op *op);
/* How a field that may be empty is written. */
str macro_example(struct op *op, str field);

struct macro_filled {
	id id;
	str name, text, language, language_name, dir;
};
extern const struct desc MACRO_FILLED_DESC;
/* The first `most` that q finds, each in the first of the languages that it has, else in any. */
enum err macro_fill(struct op *op, str q, const struct macro_given *given, const str *languages, size_t n_languages, size_t most, struct macro_filled **out, size_t *n) NODISCARD;
/* One of them. ERR_NOT_FOUND. */
enum err macro_fill_one(struct op *op, id macro, const struct macro_given *given, const str *languages, size_t n_languages, struct macro_filled *out) NODISCARD;

extern const struct desc MACROS_DESC, MACRO_INPUT_DESC;
/* Handlers. */
web_handler macro_list_get, macro_post, macro_change_post, macro_remove_post, macro_restore_post;
#endif
