/* improvement.h: the outer loop: a cause behind follow-ups, what is done about it, and that those who raised it are told once it is
 * mended ("you said, we did"). Invariant: a customer is told of an improvement once, whatever crashes. */
#ifndef IMPROVEMENT_IMPROVEMENT_H
#define IMPROVEMENT_IMPROVEMENT_H
#include "http/web.h"
#include "jobs/jobs.h"

enum improvement_state { IMPROVEMENT_FOUND, IMPROVEMENT_WORKING, IMPROVEMENT_MENDED, IMPROVEMENT_LEFT };
extern const char *const IMPROVEMENT_STATES[];

struct improvement_text {
	str lang, said, did;
};
struct improvement_past { /* one that began before this workspace kept it */
	str title;
	int state;
	int64_t made_at, mended_at; /* mended_at: DESC_NULL_INT when it is not */
	const struct improvement_text *texts;
	size_t n; /* mended and worded, it is public */
};
enum err improvement_add(struct op *op, const struct improvement_past *p, id *out) NODISCARD;

/* Those that are not ended, "" first. */
enum err improvement_options(struct op *op, id chosen, struct option **out, size_t *n) NODISCARD;
bool improvement_is_there(struct op *op, id improvement);

extern const struct desc IMPROVEMENTS_DESC, IMPROVEMENT_PAGE_DESC, IMPROVEMENT_INPUT_DESC, IMPROVEMENT_NEW_DESC, IMPROVEMENT_PUBLIC_DESC;
web_handler improvement_list_get, improvement_post, improvement_show_get, improvement_change_post, improvement_tell_post, improvement_remove_post, improvement_restore_post, improvement_public_get;
job_fn improvement_tell_job;
#endif
