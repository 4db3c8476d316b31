/* choices.h: what the forms of settings and set-up offer to choose from, in the reader's language and order. */
#ifndef SETTING_CHOICES_H
#define SETTING_CHOICES_H
#include "http/web.h"

struct option *choices_zones(struct op *op, str selected, size_t *n);
struct option *choices_currencies(struct op *op, str selected, size_t *n); /* the first is "" */
struct option *choices_countries(struct op *op, str selected, size_t *n);  /* the first is "" */
struct option *choices_colours(struct op *op, str selected, size_t *n);
struct option *choices_languages(struct op *op, str selected, size_t *n);  /* each under its own name */
/* Whether the value is one of them. */
bool choices_has(const struct option *options, size_t n, str value);
#endif
