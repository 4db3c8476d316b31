/* paths.h: the ways that customers take from an event, to one, or between two, in a session or for a time. Definitions:
 * DESIGN.md. */
#ifndef QUERY_PATHS_H
#define QUERY_PATHS_H
#include "query/query.h"

enum { PATHS_MAX_LENGTH = 20, PATHS_MAX_NODES = 5000 };
struct query_paths {
	struct query_match events, start, end; /* none named: all; no start; no end */
	int64_t gap_ms, within_ms;             /* one of them: sessions, or a time from the start */
	bool is_by_session, is_by_time;        /* said so */
	size_t length;                         /* events listed at most, beside start and end */
	bool collapse;                         /* the same event again and again is one */
	size_t nodes;                          /* of the tree; 0 = none */
};

struct path {
	struct query_value by;
	uint64_t count;
	size_t n;
	const uint16_t *types;
};
struct path_node { /* of the tree: the paths that begin so (of paths to an event: end so) */
	uint32_t parent;  /* place in nodes + 1; 0 = the start (the end) itself */
	uint32_t depth;   /* 1.. */
	uint16_t type;
	uint64_t count, ended; /* ended: that have no further event */
};
struct query_paths_answer {
	struct query_range range;
	uint64_t n, customers, unfinished, too_long;
	size_t n_paths, paths_total;
	struct path *paths;      /* most first, then by name */
	size_t n_nodes, nodes_total;
	struct path_node *nodes; /* most first; parents before children */
	struct query_left_out left_out;
	bool is_partial;
};
enum err query_paths(const struct query_context *ctx, const struct query *q, struct arena *a, struct query_paths_answer *out, struct fault *f) NODISCARD;
#endif
