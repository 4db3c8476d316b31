/* mention_map.h: exports of networks that give no open access, and whatever else programs and files send: mentions by the
 * names of tables/mention_maps.def. */
#ifndef LISTEN_MENTION_MAP_H
#define LISTEN_MENTION_MAP_H
#include "listen/heard.h"

struct mention_map;
const struct mention_map *mention_map_find(str name); /* NULL: there is none */
const struct mention_map *mention_map_at(size_t i, const char **name); /* NULL past the last */

struct mention_reject {
	int64_t at; /* place in the list from 0, or line of the file */
	const char *reason;
};
enum { MENTION_REJECTS = 20 };
struct mention_rejects {
	struct mention_reject v[MENTION_REJECTS]; /* the first ones */
	size_t n, all;
};
/* ERR_MALFORMED, ERR_TOO_LARGE: more than HEARD_ITEMS. An item without words and rating, or without an id and words, is rejected alone. */
enum err heard_json(struct arena *a, str json, const struct mention_map *map, struct heard_list *out, struct mention_rejects *rejects, struct fault *f) NODISCARD;
enum err heard_csv(struct arena *a, str bytes, const struct mention_map *map, struct heard_list *out, struct mention_rejects *rejects, struct fault *f) NODISCARD;
#endif
