/* jobs.h: a durable queue in records: schedule, retry with backoff, leases. A job whose worker died runs again, so a job
 * must be harmless when repeated. Kinds are rows of tables/jobs.def:
 * JOB(kind, function, attempts, lease seconds, every seconds, doc). See DESIGN.md. */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H
#include "op/op.h"

struct jobs;
/* Runs one job in an op of its own (write, ACTOR_SYSTEM). payload is JSON. What it writes through op is committed together
 * with the end of the job, so it happens once. ERR_BUSY retries without counting an attempt; any other failure counts, and
 * the last one leaves the job failed. The op holds the only write session from its first use on: a long job works in ops
 * of its own (op_init, op_end, op_release), one after another, and touches the job's op only at the very end. */
typedef enum err job_fn(struct op *op, id job, str payload);
struct job_kind {
	const char *kind;
	job_fn *run;
	int attempts, lease_s;
	int every_s; /* 0: runs only when added; else again so long after each end, and at start when it never ran */
};
/* workers: threads. kinds must outlive the queue. */
enum err jobs_start(struct jobs **out, struct app *app, struct db_pool *records, const struct job_kind *kinds, size_t n, int workers, struct fault *f) NODISCARD;
/* Tells running jobs to stop (job_progress), waits for them, ends the workers. NULL is fine. */
void jobs_stop(struct jobs *j);

/* Queues within op's transaction; runs after commit, not before at_ms (0 = now). unique_key absent, or at most one such of
 * the kind waits: a second is the first, at the earlier time. A job that runs does not count as waiting. */
enum err job_add(struct op *op, const char *kind, str payload, int64_t at_ms, str unique_key, id *out) NODISCARD;
enum err job_cancel(struct op *op, id job) NODISCARD; /* ERR_STATE when it runs or is done, ERR_NOT_FOUND */
/* Asks a running job to stop (job_progress then says false); cancels a waiting one. ERR_STATE when it is done. */
enum err job_ask_stop(struct op *op, id job) NODISCARD;
/* A long job tells how far it is (and keeps its lease); false when it was asked to stop, or has lost its lease: it then
 * returns ERR_BUSY, which leaves it cancelled when a person asked, waiting when the server stops. Cheap: it writes at most
 * twice a second. Commits nothing of the op. */
bool job_progress(struct op *op, id job, int64_t done, int64_t total);

struct job_state {
	id id;
	str kind, state /* waiting running done failed cancelled */, error;
	int64_t done, total, at_ms, started_ms, ended_ms;
	int64_t attempts;
};
extern const struct desc JOB_STATE_DESC;
enum err job_newest(struct op *op, const char *kind, id *out) NODISCARD; /* ERR_NOT_FOUND */
enum err job_get(struct op *op, id job, struct job_state *out) NODISCARD; /* ERR_NOT_FOUND */

job_fn jobs_clean; /* a row of jobs.def */
#endif
