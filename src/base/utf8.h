/* utf8.h: UTF-8 at the edge. Everything inside is valid. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/str.h"

bool utf8_is_valid(str s);
/* Reads one code point at *i and moves past it; U+FFFD for a malformed byte. */
uint32_t utf8_next(str s, size_t *i);
size_t utf8_put(uint32_t code_point, char out[4]);
/* Cuts to at most n bytes without splitting a character. */
str utf8_cut(str s, size_t n);
#endif
