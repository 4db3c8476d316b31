#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	int status;
	const char *slug, *key;
} TABLE[ERR_COUNT] = {
	[OK] = {200, "ok", "ok"},
#define ERROR(code, http, slug_, key_, level) [ERR_##code] = {.status = (http), .slug = (slug_), .key = (key_)},
#include "errors.def"
#undef ERROR
};

int err_status(enum err e)
{
	return TABLE[e].status;
}

const char *err_slug(enum err e)
{
	return TABLE[e].slug;
}

const char *err_key(enum err e)
{
	return TABLE[e].key;
}

enum err fault_set(struct fault *f, enum err e, const char *field, const char *format, ...)
{
	if (!f || (f->err != OK && !(f->err == ERR_INVALID && e == ERR_INVALID)) || f->n_fields == FAULT_FIELDS) return e;
	f->err = e;
	int i = f->n_fields++;
	snprintf(f->fields[i].name, sizeof f->fields[i].name, "%s", field);
	va_list args;
	va_start(args, format);
	vsnprintf(f->fields[i].text, sizeof f->fields[i].text, format, args);
	va_end(args);
	return e;
}

void fault_clear(struct fault *f)
{
	f->err = OK;
	f->n_fields = 0;
}

const char *fault_text(const struct fault *f, char *room, size_t room_bytes)
{
	if (f->n_fields == 0) return err_slug(f->err);
	if (f->fields[0].name[0])
		snprintf(room, room_bytes, "%s: %s", f->fields[0].name, f->fields[0].text);
	else
		snprintf(room, room_bytes, "%s", f->fields[0].text);
	return room;
}
