/* touchpoint.h: one moment in which a customer meets the organisation, as it came in and as it is filed.
 *
 * Every adapter (Segment's protocol, a file's row, a note by hand) makes a struct touchpoint; what follows (consent,
 * subject, deduplication, log) knows only this. Texts point into the document or the arena of the parse. */
#ifndef COLLECT_TOUCHPOINT_H
#define COLLECT_TOUCHPOINT_H
#include "base/err.h"
#include "base/str.h"

/* The seven families of requirements C2. */
enum family { FAMILY_UNKNOWN, FAMILY_MESSAGES, FAMILY_VALUES, FAMILY_SOCIAL, FAMILY_SALES, FAMILY_CARE, FAMILY_STORE, FAMILY_PRODUCT, FAMILY_COUNT };
enum stage { STAGE_UNKNOWN, STAGE_AWARENESS, STAGE_CONSIDERATION, STAGE_PURCHASE, STAGE_DELIVERY, STAGE_USE, STAGE_SERVICE, STAGE_LOYALTY, STAGE_ADVOCACY, STAGE_COUNT };
enum delivered_by { BY_OURSELVES, BY_PARTNER, BY_CARRIER, BY_MARKETPLACE, BY_COUNT };
extern const char *const FAMILIES[];     /* "unknown", "messages", "values", "social", "sales", "care", "store", "product", NULL */
extern const char *const STAGES[];
extern const char *const DELIVERED_BY[]; /* "ourselves", "partner", "carrier", "marketplace", NULL */

enum call { CALL_TRACK, CALL_IDENTIFY, CALL_PAGE, CALL_SCREEN, CALL_GROUP, CALL_ALIAS };

/* What an event does to an order (src/order); the rest do nothing. */
enum order_effect { ORDER_NONE, ORDER_COMPLETED, ORDER_UPDATED, ORDER_REFUNDED, ORDER_CANCELLED };

/* A row of tables/touchpoints.def; a workspace may override family, stage, channel and deliverer by event name. */
struct touchpoint_kind {
	str event;
	enum family family;
	enum stage stage;
	str channel;               /* used when the event carries none; "" = none */
	enum delivered_by by;
	enum order_effect order;
	bool serves;               /* needed to serve the customer: allowed under purpose `service` without consent */
};
/* The default row of an event name (exact match first, then case and separator insensitive: "order_completed"); NULL when there is none. */
const struct touchpoint_kind *touchpoint_kind(str event);
size_t touchpoint_kinds(const struct touchpoint_kind **out);

enum { TOUCHPOINT_CONSENTS = 16, TOUCHPOINT_EXTERNAL_IDS = 8 };
struct touchpoint_id { str kind, value; };
struct touchpoint_consent { str category; bool is_granted; };
struct touchpoint {
	enum call call;
	str event;                 /* as sent; of page, screen, identify, group, alias: "Page Viewed", "Screen Viewed", "Identified", "Grouped", "Aliased" */
	str name;                  /* of page and screen */
	str user_id, anonymous_id; /* as sent; numbers become their digits; absent when missing, null or "" */
	str previous_id, group_id;
	str email, phone;          /* from traits or context.traits (track: also properties.email when no other); raw */
	struct touchpoint_id *external_ids; /* context.externalIds[{type,id}]; touchpoint_add_external_id */
	size_t n_external_ids;
	str message_id;            /* absent: the pipeline makes one */
	int64_t time_ms;           /* DESC_NULL_INT when the event carried none; corrected by sentAt (protocols.md 4.1) */
	bool is_clamped;
	bool has_consent;          /* context.consent.categoryPreferences was there */
	struct touchpoint_consent *consents; /* touchpoint_add_consent */
	size_t n_consents;
	str consent_wording;       /* context.consent.wording when given */
	str channel;               /* context.channel, properties.channel, or derived from the call and context: "web" (page, context.page), "app" (screen, context.app); absent */
	str location;              /* properties.location or store, context.location.city; absent */
	str delivered_by;          /* properties.delivered_by or carrier flag when it names one of DELIVERED_BY; absent */
	bool has_two_currencies;   /* lines in properties.products bear another currency than the event, or each other */
	bool has_bad_currency;     /* properties.currency, or that of a line, is no code */
	bool is_anonymous;         /* properties.is_anonymous: an answer that shall be tied to nobody */
	bool has_traits;           /* traits or context.traits hold anything */
	bool has_no_words;         /* each property was seen, and none can hold words of a customer (verbatim_is_named) */
	str raw;                   /* the whole event object as stored: the raw text, with top-level context/integrations of a batch merged when there were any */
};
struct arena;
/* What most touchpoints have none of takes no room in them: it is made in the arena. What passes the most is left out. */
void touchpoint_add_external_id(struct touchpoint *t, struct arena *a, str kind, str value);
void touchpoint_add_consent(struct touchpoint *t, struct arena *a, str category, bool is_granted);
/* By which an event is known again, in the log as in the store (the message key is in the log alone). */
str touchpoint_key(struct arena *a, uint32_t subject, int64_t at_ms, str event, str body);
#endif
