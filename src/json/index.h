/* index.h: where the structure of a JSON text lies: simdjson's first stage behind a C header. For every byte that
 * begins a token (brackets, commas, colons, the opening quote of a string, the first byte of anything else) its
 * offset is listed. What has been checked when it answers JSON_INDEX_OK: UTF-8, that every string is closed, and that
 * no string holds a bare control character. Everything else is the walk's business (reader.c). */
#ifndef JSON_INDEX_H
#define JSON_INDEX_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_index_result { JSON_INDEX_OK, JSON_INDEX_EMPTY, JSON_INDEX_UTF8, JSON_INDEX_STRING, JSON_INDEX_MEMORY };
struct json_index;

struct json_index *json_index_new(void); /* NULL when memory is out */
void json_index_free(struct json_index *index);
/* Lists the offsets of text: *at holds *n of them and one more that equals n_bytes; owned by the index, valid until
 * the next call. JSON_INDEX_STRING: a string is not closed or holds a control character. */
enum json_index_result json_index_find(struct json_index *index, const char *text, size_t n_bytes, const uint32_t **at, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
