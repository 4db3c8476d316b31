/* queue.h: what job.c and jobs.c share. */
#ifndef JOBS_QUEUE_H
#define JOBS_QUEUE_H
#include "jobs/jobs.h"

enum job_phase { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED };

/* A job that a worker of this process runs. */
struct jobs__running {
	id job, lease; /* 0: the worker has none */
	int64_t wrote_ms; /* when progress was last written */
	int lease_s;
	bool is_stop_asked;
};

/* The running job's record, or NULL. Only its own worker changes it, but is_stop_asked (jobs__ask_stop). */
struct jobs__running *jobs__find(struct jobs *j, id job);
void jobs__ask_stop(struct jobs *j, id job);
bool jobs__is_stop_asked(struct jobs *j, const struct jobs__running *r);
void jobs__wake(struct jobs *j, int64_t due_ms); /* something is due then */
#endif
