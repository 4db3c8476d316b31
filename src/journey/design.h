/* design.h: journeys as they are meant: whose they are (a persona, a segment), their stages with the touchpoints, the need, motive
 * and promise of each, and what is wanted of it. The map measures them; every change is kept as a version. */
#ifndef JOURNEY_DESIGN_H
#define JOURNEY_DESIGN_H
#include "http/web.h"

enum { DESIGN_STAGES = 12, DESIGN_EVENTS = 400 };

struct design_stage {
	str key;           /* of the stages under which touchpoints are filed, where it is one of them; else absent */
	str name, need, motive, promise;
	LIST_OF(str) events;
	double share_pct, days, score; /* wanted: of the journey's customers, the median stay at most, the mean score; NaN: nothing said */
};
struct design {
	str persona, about;
	id segment;        /* whose journey it is; 0: everybody's */
	LIST_OF(struct design_stage) stages;
};
struct design_stored {
	id id;
	str name, owner, note;
	int64_t version;
	int64_t changed_at; /* of this version */
	str json;
	struct design design;
};
extern const struct desc DESIGN_DESC, DESIGN_STAGE_DESC, DESIGNS_DESC, DESIGN_INPUT_DESC, DESIGN_PAGE_DESC;

str design_stage_key(const struct design_stage *s); /* by which questions name it */
/* ERR_INVALID by field: names that are missing, twice, or too long, an event in two stages. */
enum err design_check(struct op *op, const struct design *d) NODISCARD;

enum err design_all(struct op *op, struct design_stored **out, size_t *n) NODISCARD;             /* by name */
enum err design_get(struct op *op, id journey, int64_t version, struct design_stored *out) NODISCARD; /* version 0: the newest. ERR_NOT_FOUND */
enum err design_add(struct op *op, struct design_stored *d) NODISCARD;                           /* d->id is set */
enum err design_change(struct op *op, const struct design_stored *d) NODISCARD;                  /* a new version */
enum err design_remove(struct op *op, id journey) NODISCARD;                                     /* can be undone */
enum err design_restore(struct op *op, id journey) NODISCARD;
struct design_version {
	int64_t number, made_at;
	str note, made_by;
};
enum err design_versions(struct op *op, id journey, struct design_version **out, size_t *n) NODISCARD; /* the newest first */
/* The stages under which touchpoints are filed, with what is heard: what a design begins with. */
enum err design_usual(struct op *op, struct design *out) NODISCARD;

enum err design_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err design_new_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err design_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err design_show_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err design_change_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err design_remove_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err design_restore_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
#endif
