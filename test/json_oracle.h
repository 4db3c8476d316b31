/* json_oracle.h: a second opinion on JSON texts, for tests, fuzzers and benchmarks. Jansson's names clash with ours,
 * so it is seen through these functions only. Both sides are brought to one canonical form: members sorted, the last
 * of equal keys, numbers as doubles, strings in hexadecimal. */
#ifndef TEST_JSON_ORACLE_H
#define TEST_JSON_ORACLE_H
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum json_oracle { ORACLE_ACCEPTS, ORACLE_REFUSES, ORACLE_CANNOT_TELL };

/* What Jansson says. ORACLE_CANNOT_TELL where it differs from us on purpose: numbers beyond its range, lone surrogates,
 * escaped NULs, and bare ones (it
 * takes one for the end of the text). *canonical is to be freed; NULL to leave it away. */
enum json_oracle json_oracle_read(const char *text, size_t n, char **canonical);

/* Reads the text in each of our ways and by Jansson: NULL when all agree, else what does not (static). */
const char *json_differ(str text);
#endif
