/* followup_jobs.h: rows of tables/jobs.def. */
#ifndef FOLLOWUP_FOLLOWUP_JOBS_H
#define FOLLOWUP_FOLLOWUP_JOBS_H
#include "jobs/jobs.h"

job_fn followup_silence_job, followup_back_job;
#endif
