#include "routes.h"

#include "alert/alert.h"
#include "area/area.h"
#include "audit/audit_pages.h"
#include "chat/chat.h"
#include "consent/consent_pages.h"
#include "contact/contact.h"
#include "conversation/conversation.h"
#include "conversation/service.h"
#include "conversation/service_level.h"
#include "customer/change.h"
#include "customer/customer.h"
#include "effort/effort.h"
#include "followup/followup.h"
#include "improvement/improvement.h"
#include "invite/invite.h"
#include "journey/design.h"
#include "journey/journey.h"
#include "knowledge/knowledge.h"
#include "macro/macro.h"
#include "listen/listen.h"
#include "mail/mail_pages.h"
#include "mail/subscription.h"
#include "mark/mark_pages.h"
#include "product/product.h"
#include "pulse/pulse.h"
#include "pulse/question.h"
#include "reading/learn.h"
#include "reading/discover.h"
#include "reading/explore.h"
#include "reading/reading.h"
#include "reading/topics.h"
#include "research/research.h"
#include "segment/segment.h"
#include "setting/setting_pages.h"
#include "sms/sms.h"
#include "source/import_pages.h"
#include "source/source.h"
#include "site/site.h"
#include "survey/survey.h"
#include "target/target.h"
#include "team/team_pages.h"
#include "text/text_pages.h"
#include "trigger/trigger.h"
#include "voice/voice.h"
#include "want/want.h"
#include "webhook/webhook.h"

/* The words of the permission column. */
enum { ROUTE_ANYBODY = WEB_ANYBODY, ROUTE_SIGNED_IN = WEB_SIGNED_IN, ROUTE_BY_LINK = WEB_BY_LINK, ROUTE_IN_FRAME = WEB_IN_FRAME };
#define PERMISSION(name, roles, doc) enum { ROUTE_##name = PERM_##name };
#include "permissions.def"
#undef PERMISSION

const struct web_route ROUTES[] = {
#define ROUTE(method_, pattern_, handler_, permission_, page_, answer_, input_, doc_) \
	{#method_, pattern_, handler_, ROUTE_##permission_, page_, answer_, input_, doc_},
#include "routes.def"
#undef ROUTE
};
