/* mem.h: the one place that calls malloc (src/events apart). Out of memory is not an error path: the program
 * ends with one line on standard error; what was acknowledged is in the log. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stddef.h>

void *mem_alloc(size_t n) __attribute__((returns_nonnull)); /* not zeroed */
void *mem_zalloc(size_t n) __attribute__((returns_nonnull));
void *mem_realloc(void *p, size_t n) __attribute__((returns_nonnull));
void mem_free(void *p);

#define MEM_NEW(type) ((type *)mem_zalloc(sizeof(type)))
#endif
