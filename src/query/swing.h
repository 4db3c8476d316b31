/* swing.h: how often customers go from one channel to another and back. */
#ifndef QUERY_SWING_H
#define QUERY_SWING_H
#include "base/vec.h"
#include "query/flow.h"
#include "query/hashed.h"
#include "query/inner.h"

enum { SWINGS_NEAR = 16 };
struct swing {
	uint64_t key, count, cases, last_case;
};
struct swings { /* one a worker */
	struct query_plan *plan;
	struct arena *arena;
	struct query_groups *channels;
	uint32_t *as;                              /* by code: 1 + the channel's number among them, or NO_SWING; 0: not known yet */
	VEC(struct swing) list;
	struct hashed of;                          /* by two channels: place in the list */
	uint32_t near[SWINGS_NEAR][SWINGS_NEAR];   /* the same of the first ones: 1 + place */
};
void swings_init(struct swings *s, struct query_plan *p, struct arena *a);
void swings_release(struct swings *s);
/* The events of a case, which has a number of its own. */
void swings_count(struct swings *s, uint64_t case_number, uint32_t n, const uint16_t *type, const uint16_t *channel);
/* The same of bytes, of which 64 more are readable. */
void swings_count_bytes(struct swings *s, uint64_t case_number, uint32_t n, const uint8_t *type, const uint8_t *channel);
bool swings_merge(struct swings *into, const struct swings *from);
void swings_put(const struct swings *s, struct arena *a, struct query_flow_answer *out);
#endif
