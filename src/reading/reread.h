/* reread.h: past texts read anew with what the workspace reads with now. What people said of them stands. */
#ifndef READING_REREAD_H
#define READING_REREAD_H
#include "jobs/jobs.h"

enum err reread_begin(struct op *op) NODISCARD;
/* The newest run; ERR_NOT_FOUND when there was none. */
enum err reread_state(struct op *op, struct job_state *out) NODISCARD;
job_fn reread_job;
#endif
