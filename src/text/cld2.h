/* cld2.h: Google's Compact Language Detector 2, the few words of it that are asked for, in C. */
#ifndef TEXT_CLD2_H
#define TEXT_CLD2_H
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
/* The likeliest language of a UTF-8 text by its ISO 639 code ("en", "pt", "zh-Hant", "un" for unknown), and whether CLD2
 * would rely on it: of a few words it seldom does. */
const char *cld2_language(const char *text, size_t n_bytes, bool *is_reliable);
#ifdef __cplusplus
}
#endif
#endif
