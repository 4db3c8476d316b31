#include "jobs_table.h"

#include "alert/alert.h"
#include "conversation/conversation.h"
#include "conversation/service_level.h"
#include "customer/change.h"
#include "listen/listen.h"
#include "followup/followup_jobs.h"
#include "improvement/improvement.h"
#include "invite/invite.h"
#include "knowledge/knowledge.h"
#include "mail/mail_pages.h"
#include "mail/subscription.h"
#include "reading/learn.h"
#include "reading/reread.h"
#include "research/research.h"
#include "search/search.h"
#include "sms/sms.h"
#include "source/import_pages.h"
#include "team/team_pages.h"
#include "webhook/webhook.h"

const struct job_kind JOB_TABLE[] = {
#define JOB(kind, function, attempts, lease_s, every_s, doc) {#kind, function, attempts, lease_s, every_s},
#include "jobs.def"
#undef JOB
};
const size_t JOB_TABLE_N = COUNT_OF(JOB_TABLE);
