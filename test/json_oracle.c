#include "json_oracle.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_string(FILE *out, const char *text, size_t n)
{
	fputc('"', out);
	for (size_t i = 0; i < n; i++) fprintf(out, "%02x", (unsigned char)text[i]);
}

static void put(FILE *out, json_t *value);

static void put_object(FILE *out, json_t *object)
{
	size_t n = 0;
	const char **keys = mem_zalloc((json_object_size(object) + 1) * sizeof *keys), *key;
	json_t *member;
	json_object_foreach(object, key, member) keys[n++] = key;
	qsort(keys, n, sizeof *keys, by_name);
	fputc('{', out);
	for (size_t i = 0; i < n; i++) {
		put_string(out, keys[i], strlen(keys[i]));
		fputc(':', out);
		put(out, json_object_get(object, keys[i]));
	}
	fputc('}', out);
	mem_free(keys);
}

static void put(FILE *out, json_t *value)
{
	size_t i;
	json_t *item;
	switch (json_typeof(value)) {
	case JSON_OBJECT: put_object(out, value); break;
	case JSON_ARRAY:
		fputc('[', out);
		json_array_foreach(value, i, item) put(out, item);
		fputc(']', out);
		break;
	case JSON_STRING: put_string(out, json_string_value(value), json_string_length(value)); break;
	case JSON_INTEGER: fprintf(out, "#%.17g", (double)json_integer_value(value)); break;
	case JSON_REAL: fprintf(out, "#%.17g", json_real_value(value) + 0.0); break;
	case JSON_TRUE: fputc('t', out); break;
	case JSON_FALSE: fputc('f', out); break;
	case JSON_NULL: fputc('n', out); break;
	}
}

enum json_oracle json_oracle_read(const char *text, size_t n, char **canonical)
{
	json_error_t error;
	json_t *root = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (canonical) *canonical = NULL;
	if (memmem(text, n, "\\u0000", 6) || (n && memchr(text, 0, n))) {
		json_decref(root);
		return ORACLE_CANNOT_TELL;
	}
	if (!root) {
		bool on_purpose = json_error_code(&error) == json_error_numeric_overflow || strstr(error.text, "invalid Unicode");
		return on_purpose ? ORACLE_CANNOT_TELL : ORACLE_REFUSES;
	}
	if (canonical) {
		size_t bytes;
		FILE *out = open_memstream(canonical, &bytes);
		put(out, root);
		fclose(out);
	}
	json_decref(root);
	return ORACLE_ACCEPTS;
}
