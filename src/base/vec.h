/* vec.h: a growing array that lives in an arena.
 *   VEC(struct line) lines = {0};
 *   struct line *l = VEC_ADD(&lines, arena);   // zeroed
 *   for (size_t i = 0; i < lines.n; i++) use(&lines.v[i]);
 * A pointer into it is valid until the next VEC_ADD. */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include "base/arena.h"

#define VEC(type)      \
	struct {           \
		type *v;       \
		size_t n, cap; \
	}
#define VEC_ADD(vec, a)                                                                                    \
	((vec)->n == (vec)->cap                                                                                \
	         ? ((vec)->v = arena_grow((a), (vec)->v, (vec)->cap * sizeof *(vec)->v,                        \
	                                  ((vec)->cap ? (vec)->cap * 2 : 8) * sizeof *(vec)->v),               \
	            (vec)->cap = (vec)->cap ? (vec)->cap * 2 : 8)                                              \
	         : 0,                                                                                          \
	 &(vec)->v[(vec)->n++])
#define VEC_PUSH(vec, a, value) (*VEC_ADD((vec), (a)) = (value))
#endif
