/* jobs_table.h: the kinds of jobs: tables/jobs.def with its functions. */
#ifndef JOBS_TABLE_H
#define JOBS_TABLE_H
#include "jobs/jobs.h"

extern const struct job_kind JOB_TABLE[];
extern const size_t JOB_TABLE_N;
#endif
