/* faults.h: what is wrong with a form, field by field, while a handler looks through it; drawn again with answer_refused. */
#ifndef HTTP_FAULTS_H
#define HTTP_FAULTS_H
#include "http/web.h"

enum { FAULTS_MOST = 12 };
struct faults {
	struct form_fault v[FAULTS_MOST];
	size_t n;
};
/* field: the input's name, "" for the whole form. in: the field's own struct, which then says it too; NULL when none. */
void faults_add(struct faults *f, const char *field, struct input *in, struct msg text);
/* The fault that is due for a text, if any: empty when required, more than `most` characters. True when it is fine. */
bool faults_text(struct faults *f, const char *field, struct input *in, bool is_required, size_t most);
/* Into the page's own list, which the op owns. */
void faults_keep(struct op *op, const struct faults *f, struct form_fault **v, size_t *n);
#endif
