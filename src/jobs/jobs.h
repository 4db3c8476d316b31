/* jobs.h: a durable queue in records: schedule, retry with backoff, leases. A job whose worker died runs again, so a job
 * must be harmless when repeated. Kinds are rows of tables/jobs.def: JOB(kind, function, attempts, lease seconds, doc). */
#ifndef JOBS_JOBS_H
#define JOBS_JOBS_H
#include "op/op.h"

struct jobs;
/* Runs one job in an op of its own (write, ACTOR_SYSTEM). payload is JSON. ERR_BUSY retries without counting an attempt. */
typedef enum err job_fn(struct op *op, id job, str payload);
struct job_kind {
	const char *kind;
	job_fn *run;
	int attempts, lease_s;
};
enum err jobs_start(struct jobs **out, struct app *app, struct db_pool *records, const struct job_kind *kinds, size_t n, int workers, struct fault *f) NODISCARD;
void jobs_stop(struct jobs *j);
/* Queues within op's transaction; runs after commit, not before at_ms (0 = now). unique_key absent, or at most one such waits. */
enum err job_add(struct op *op, const char *kind, str payload, int64_t at_ms, str unique_key, id *out) NODISCARD;
enum err job_cancel(struct op *op, id job) NODISCARD; /* ERR_STATE when it runs or is done */
/* A long job tells how far it is (and keeps its lease); false when it was asked to stop. Commits nothing of the op. */
bool job_progress(struct op *op, id job, int64_t done, int64_t total);
struct job_state { id id; str kind, state /* waiting running done failed cancelled */, error; int64_t done, total, at_ms, started_ms, ended_ms; int64_t attempts; };
extern const struct desc JOB_STATE_DESC;
enum err job_get(struct op *op, id job, struct job_state *out) NODISCARD;
#endif
