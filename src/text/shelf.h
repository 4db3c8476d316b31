/* shelf.h: what a workspace reads its texts with: its own topics and rules, its own models of sentiment, beside what the product
 * ships. Whoever reads takes what stands there and gives it back; filling the shelf anew disturbs nobody who reads. */
#ifndef TEXT_SHELF_H
#define TEXT_SHELF_H
#include "base/err.h"
#include "base/str.h"

struct app;
struct op;
struct text_own;
struct text_shelf;

struct text_shelf *text_shelf_new(void);
void text_shelf_free(struct text_shelf *s); /* nobody reads any more; NULL is fine */
/* Topics and rules as topic.h has them, absent: none of its own; models from DIR/models. ERR_INVALID, and all stays. A model
 * that cannot be read is logged and left out. */
enum err text_shelf_fill(struct text_shelf *s, str dir, str topics, str rules, struct fault *f) NODISCARD;

const struct text_own *text_own_take(const struct app *app);
void text_own_give(const struct app *app, const struct text_own *own);
const struct text_own *text_own_of(struct op *op); /* given back when the op ends */

/* The task that the workspace's own model of a language's sentiment is kept as: sentiment-th, taught by hand, which goes before
 * sentiment-th-auto, learnt from scored answers and corrections. */
enum { SENTIMENT_TASK_BYTES = 32 };
const char *sentiment_task(char out[SENTIMENT_TASK_BYTES], size_t language, bool is_learnt);
#endif
