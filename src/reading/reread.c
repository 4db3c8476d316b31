/* First the touchpoints whose words were never kept (from before there were verbatims), then all texts. Portion by portion, each in a transaction of its own, by id, so texts that come meanwhile are met too; they are read with the same.
 * A text is judged outside the transaction and settled inside it, with what people said by then. */
#include "reading/reread.h"

#include "base/log.h"
#include "op/app.h"
#include "reading/reading_inner.h"
#include "reading/verbatim.h"
#include "text/shelf.h"
#include "text/text.h"

enum { PORTION = 200 };
#define REREAD_JOB "reread"

enum err reread_begin(struct op *op)
{
	return job_add(op, REREAD_JOB, S("{}"), 0, S("all"), NULL);
}

enum err reread_state(struct op *op, struct job_state *out)
{
	id job;
	TRY(job_newest(op, REREAD_JOB, &job));
	return job_get(op, job, out);
}

struct portion {
	struct arena *a;
	int kind;
	id behind;
	int64_t total;
	size_t n;
	struct reading v[PORTION];
};

static enum err prepare(struct op *op, void *arg)
{
	TRY(reading_fill_shelf(op)); /* a change that queued this may not have come so far */
	return reading__count(op, &((struct portion *)arg)->total);
}

static enum err read_portion(struct op *op, void *arg)
{
	struct portion *p = arg;
	return reading__behind(op, p->a, p->kind, p->behind, p->v, PORTION, &p->n);
}

static enum err settle_portion(struct op *op, void *arg)
{
	struct portion *p = arg;
	for (size_t i = 0; i < p->n; i++) TRY(reading__settle_anew(op, &p->v[i]));
	return OK;
}

static enum err reread_portion(struct app *app, struct portion *p)
{
	TRY(op_apart(app, REREAD_JOB, read_portion, p));
	const struct text_own *own = text_own_take(app);
	for (size_t i = 0; i < p->n; i++) text_judge(p->a, p->v[i].text, own, &p->v[i].verdict);
	text_own_give(app, own);
	if (p->n) p->behind = p->v[p->n - 1].doc;
	return p->n ? op_apart(app, REREAD_JOB, settle_portion, p) : OK;
}

static enum err collect_portion(struct op *op, void *arg)
{
	return verbatim_collect(op, arg, PORTION);
}

static enum err collect(struct op *op, id job, int64_t total)
{
	struct verbatim_walk walk = {0};
	TRY(events_view_open(op->app->events, &walk.view, &op->fault));
	enum err e = OK;
	while (e == OK && !walk.is_done) e = job_progress(op, job, 0, total) ? op_apart(op->app, REREAD_JOB, collect_portion, &walk) : ERR_BUSY;
	events_view_close(walk.view);
	return e;
}

enum err reread_job(struct op *op, id job, str payload)
{
	struct arena a = {0}, each = {0};
	struct portion *p = ARENA_NEW(&a, struct portion);
	int64_t done = 0;
	(void)payload;
	p->a = &each;
	enum err e = op_apart(op->app, REREAD_JOB, prepare, p);
	if (e == OK) e = collect(op, job, p->total);
	for (p->kind = 0; e == OK && p->kind < reading__kinds(); p->kind++) {
		p->behind = 0;
		do {
			e = job_progress(op, job, done, p->total) ? reread_portion(op->app, p) : ERR_BUSY;
			done += (int64_t)p->n;
			arena_reset(&each);
		} while (e == OK && p->n == PORTION);
	}
	arena_release(&each);
	arena_release(&a);
	return e;
}
