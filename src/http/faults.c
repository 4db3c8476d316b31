#include "http/faults.h"

#include <string.h>

#include "base/utf8.h"

void faults_add(struct faults *f, const char *field, struct input *in, struct msg text)
{
	if (in) in->error = text;
	if (f->n < FAULTS_MOST) f->v[f->n++] = (struct form_fault){str_of(field), text};
}

bool faults_text(struct faults *f, const char *field, struct input *in, bool is_required, size_t most)
{
	size_t characters = 0;
	in->value = str_trim(in->value);
	for (size_t i = 0; i < in->value.n; characters++) utf8_next(in->value, &i);
	if (is_required && characters == 0)
		faults_add(f, field, in, msg_of("fault_required"));
	else if (characters > most)
		faults_add(f, field, in, msg_int("fault_too_long", "max", (int64_t)most));
	else
		return true;
	return false;
}

void faults_keep(struct op *op, const struct faults *f, struct form_fault **v, size_t *n)
{
	*v = ARENA_ARRAY(&op->arena, struct form_fault, f->n + 1);
	*n = f->n;
	memcpy(*v, f->v, f->n * sizeof *f->v);
}
