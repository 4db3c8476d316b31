/* members.h: the customers of whom a condition holds, all of them at once: for segments that are kept, listed and filtered by. */
#ifndef QUERY_MEMBERS_H
#define QUERY_MEMBERS_H
#include "query/query.h"

struct query_members {
	uint32_t n_customers; /* highest number that may be one */
	uint8_t *is_member;   /* by number */
	uint64_t customers;
	bool is_partial;      /* a damaged segment of the store is missing */
};
/* Of customers heard at least once under the purpose. `where` says nothing of single events (query_read_condition). ERR_INVALID
 * names what the workspace does not know. */
enum err query_members(const struct query_context *ctx, const struct query_condition *where, struct arena *a, struct query_members *out, struct fault *f) NODISCARD;
#endif
