/* How the list and the profile are written: pages/SHAPES.md, field by field. */
#include "collect/touchpoint.h"
#include "customer/customer.h"

const char *const CUSTOMER_KINDS[] = {"known", "anonymous", NULL};
const char *const CUSTOMER_IDENTITY_KINDS[] = {"user_id", "anonymous_id", "email", "phone", "external", NULL};
const char *const CUSTOMER_MOODS[] = {"unknown", "happy", "neutral", "unhappy", NULL};
const char *const CUSTOMER_OUTCOMES[] = {"unknown", "done", "open", "call_back", "complaint", NULL};
const char *const CUSTOMER_NOTED[] = {"Telephone Call", "Shop Visit", "Letter Received", "Note Added", NULL};
static const char *const CONSENT_STATES[] = {"granted", "denied", "assured", "unknown", "not_needed", NULL};
static const char *const ORDER_STATES[] = {"completed", "updated", "refunded", "partly_refunded", "cancelled", NULL};

#define OPTIONS(struct_, member) FIELD(struct_, member, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC)
#define ITEMS(struct_, member, of_) FIELD(struct_, member, DESC_LIST, .item = DESC_STRUCT, .of = &(of_))

static const struct desc_field ROW_FIELDS[] = {
	FIELD(customer_row, id, DESC_ID, .prefix = "cus"),
	FIELD(customer_row, address, DESC_STR),
	FIELD(customer_row, name, DESC_STR, .doc = "absent when nobody knows one"),
	FIELD(customer_row, identity, DESC_STR, .doc = "the best one: user id, e-mail, telephone, anonymous id"),
	FIELD(customer_row, identity_kind, DESC_ENUM, .names = CUSTOMER_IDENTITY_KINDS, .prefix = "identity_kind"),
	FIELD(customer_row, kind, DESC_ENUM, .names = CUSTOMER_KINDS, .prefix = "customer_kind"),
	FIELD(customer_row, country, DESC_STR),
	FIELD(customer_row, orders, DESC_INT),
	FIELD(customer_row, revenue, DESC_MONEY, .doc = "null without orders; in the currency that leads, when there are any in it"),
	FIELD(customer_row, others, DESC_LIST, .item = DESC_MONEY, .doc = "in other currencies"),
	FIELD(customer_row, last_seen, DESC_TIME),
	FIELD(customer_row, last_event, DESC_MSG),
};
const struct desc CUSTOMER_ROW_DESC = DESC(customer_row, ROW_FIELDS);

static const struct desc_field LIST_FIELDS[] = {
	FIELD(customers, finding, DESC_MSG),
	FIELD(customers, total, DESC_INT),
	FIELD(customers, q, DESC_STR),
	FIELD(customers, is_filtered, DESC_BOOL),
	OPTIONS(customers, kinds),
	OPTIONS(customers, countries),
	OPTIONS(customers, consents),
	OPTIONS(customers, seen),
	OPTIONS(customers, segments),
	OPTIONS(customers, orders),
	OPTIONS(customers, sorts),
	OPTIONS(customers, currencies),
	FIELD(customers, sorted_by, DESC_MSG, .doc = "the currency, where there are several"),
	ITEMS(customers, rows, CUSTOMER_ROW_DESC),
	FIELD(customers, next, DESC_STR, .doc = "address of the next page"),
	FIELD(customers, previous, DESC_STR),
	FIELD(customers, export, DESC_STR),
	FIELD(customers, is_empty, DESC_BOOL, .doc = "no customer at all yet"),
};
const struct desc CUSTOMERS_DESC = DESC(customers, LIST_FIELDS);

static const struct desc_field NAMES_FIELDS[] = {
	FIELD(customer_names, wanted, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(customer_names, given, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(customer_names, family, DESC_STRUCT, .of = &INPUT_DESC),
	OPTIONS(customer_names, orders),
};
static const struct desc NAMES_DESC = DESC(customer_names, NAMES_FIELDS);

static const struct desc_field IDENTITY_FIELDS[] = {
	FIELD(customer_identity, id, DESC_ID, .prefix = "idn"),
	FIELD(customer_identity, kind, DESC_ENUM, .names = CUSTOMER_IDENTITY_KINDS, .prefix = "identity_kind"),
	FIELD(customer_identity, label, DESC_STR, .doc = "of an external id: its kind as sent"),
	FIELD(customer_identity, value, DESC_STR),
	FIELD(customer_identity, source, DESC_STR),
	FIELD(customer_identity, first_seen, DESC_TIME),
	FIELD(customer_identity, reason, DESC_MSG, .doc = "why it belongs to the profile"),
	FIELD(customer_identity, joined_at, DESC_TIME),
	FIELD(customer_identity, undo, DESC_STR, .doc = "POST here takes it out of the profile"),
};
static const struct desc IDENTITY_DESC = DESC(customer_identity, IDENTITY_FIELDS);

static const struct desc_field SUGGESTION_FIELDS[] = {
	FIELD(customer_suggestion, id, DESC_ID, .prefix = "sug"),
	FIELD(customer_suggestion, other, DESC_ID, .prefix = "cus"),
	FIELD(customer_suggestion, other_name, DESC_STR),
	FIELD(customer_suggestion, other_address, DESC_STR),
	FIELD(customer_suggestion, reason, DESC_MSG),
	FIELD(customer_suggestion, join, DESC_STR, .doc = "absent while the conflict stands"),
	FIELD(customer_suggestion, dismiss, DESC_STR),
};
static const struct desc SUGGESTION_DESC = DESC(customer_suggestion, SUGGESTION_FIELDS);

static const struct desc_field TRAIT_FIELDS[] = {
	FIELD(customer_trait, name, DESC_STR),
	FIELD(customer_trait, value, DESC_STR),
	FIELD(customer_trait, source, DESC_STR),
	FIELD(customer_trait, time, DESC_TIME),
};
static const struct desc TRAIT_DESC = DESC(customer_trait, TRAIT_FIELDS);

static const struct desc_field CHANGE_FIELDS[] = {
	FIELD(customer_consent_change, state, DESC_ENUM, .names = CONSENT_STATES, .prefix = "consent"),
	FIELD(customer_consent_change, time, DESC_TIME),
	FIELD(customer_consent_change, source, DESC_STR),
	FIELD(customer_consent_change, wording, DESC_STR),
	FIELD(customer_consent_change, person, DESC_STR),
};
static const struct desc CHANGE_DESC = DESC(customer_consent_change, CHANGE_FIELDS);

static const struct desc_field CONSENT_FIELDS[] = {
	FIELD(customer_consent, purpose, DESC_STR),
	FIELD(customer_consent, name, DESC_STR),
	FIELD(customer_consent, state, DESC_ENUM, .names = CONSENT_STATES, .prefix = "consent"),
	FIELD(customer_consent, time, DESC_TIME),
	FIELD(customer_consent, source, DESC_STR),
	FIELD(customer_consent, wording, DESC_STR),
	FIELD(customer_consent, may_change, DESC_BOOL),
	FIELD(customer_consent, change, DESC_STR, .doc = "POST state=granted|denied&wording=…"),
	ITEMS(customer_consent, history, CHANGE_DESC),
};
static const struct desc CONSENT_DESC = DESC(customer_consent, CONSENT_FIELDS);

static const struct desc_field ORDER_FIELDS[] = {
	FIELD(customer_order, number, DESC_STR),
	FIELD(customer_order, time, DESC_TIME),
	FIELD(customer_order, units, DESC_INT),
	FIELD(customer_order, total, DESC_MONEY),
	FIELD(customer_order, refunded, DESC_MONEY, .doc = "null when nothing was"),
	FIELD(customer_order, state, DESC_ENUM, .names = ORDER_STATES, .prefix = "order_state"),
};
const struct desc CUSTOMER_ORDER_DESC = DESC(customer_order, ORDER_FIELDS);

static const struct desc_field ENTRY_FIELDS[] = {
	FIELD(customer_entry, action, DESC_STR),
	OPTIONS(customer_entry, channels),
	OPTIONS(customer_entry, families),
	OPTIONS(customer_entry, outcomes),
	OPTIONS(customer_entry, moods),
	FIELD(customer_entry, text, DESC_STRUCT, .of = &INPUT_DESC),
	ITEMS(customer_entry, faults, FORM_FAULT_DESC),
};
static const struct desc ENTRY_DESC = DESC(customer_entry, ENTRY_FIELDS);

static const struct desc_field JOIN_FIELDS[] = {
	FIELD(customer_join, action, DESC_STR, .doc = "POST other=: an id or an identity of the other profile"),
	FIELD(customer_join, other, DESC_STRUCT, .of = &INPUT_DESC),
};
static const struct desc JOIN_DESC = DESC(customer_join, JOIN_FIELDS);

static const struct desc_field DETAIL_FIELDS[] = {
	FIELD(customer_detail, name, DESC_STR),
	FIELD(customer_detail, value, DESC_STR),
};
static const struct desc DETAIL_DESC = DESC(customer_detail, DETAIL_FIELDS);

static const struct desc_field TOUCHPOINT_FIELDS[] = {
	FIELD(customer_touchpoint, id, DESC_STR, .doc = "place in the order of arrival"),
	FIELD(customer_touchpoint, time, DESC_TIME),
	FIELD(customer_touchpoint, event, DESC_STR, .doc = "as sent"),
	FIELD(customer_touchpoint, title, DESC_MSG),
	FIELD(customer_touchpoint, text, DESC_STR, .doc = "of a note"),
	FIELD(customer_touchpoint, family, DESC_ENUM, .names = FAMILIES, .prefix = "family"),
	FIELD(customer_touchpoint, stage, DESC_ENUM, .names = STAGES, .prefix = "stage"),
	FIELD(customer_touchpoint, channel, DESC_STR),
	FIELD(customer_touchpoint, by, DESC_ENUM, .names = DELIVERED_BY, .prefix = "by"),
	FIELD(customer_touchpoint, source, DESC_STR),
	FIELD(customer_touchpoint, mood, DESC_ENUM, .names = CUSTOMER_MOODS, .prefix = "mood"),
	FIELD(customer_touchpoint, outcome, DESC_ENUM, .names = CUSTOMER_OUTCOMES, .prefix = "outcome"),
	FIELD(customer_touchpoint, person, DESC_STR, .doc = "who wrote it by hand"),
	ITEMS(customer_touchpoint, details, DETAIL_DESC),
	FIELD(customer_touchpoint, is_clamped, DESC_BOOL, .doc = "its time lay in the future and was set to its arrival"),
};
static const struct desc TOUCHPOINT_DESC = DESC(customer_touchpoint, TOUCHPOINT_FIELDS);

static const struct desc_field DAY_FIELDS[] = {
	FIELD(customer_day, day, DESC_DATE),
	ITEMS(customer_day, touchpoints, TOUCHPOINT_DESC),
};
static const struct desc DAY_DESC = DESC(customer_day, DAY_FIELDS);

static const struct desc_field CUSTOMER_FIELDS[] = {
	FIELD(customer, id, DESC_ID, .prefix = "cus"),
	FIELD(customer, name, DESC_STR),
	FIELD(customer, identity, DESC_STR),
	FIELD(customer, kind, DESC_ENUM, .names = CUSTOMER_KINDS, .prefix = "customer_kind"),
	FIELD(customer, finding, DESC_MSG),
	FIELD(customer, first_seen, DESC_TIME),
	FIELD(customer, last_seen, DESC_TIME),
	FIELD(customer, country, DESC_STR),
	FIELD(customer, names, DESC_STRUCT, .of = &NAMES_DESC),
	ITEMS(customer, figures, FIGURE_DESC),
	ITEMS(customer, identities, IDENTITY_DESC),
	ITEMS(customer, suggestions, SUGGESTION_DESC),
	FIELD(customer, join, DESC_STRUCT, .of = &JOIN_DESC),
	ITEMS(customer, traits, TRAIT_DESC),
	ITEMS(customer, consents, CONSENT_DESC),
	ITEMS(customer, orders, CUSTOMER_ORDER_DESC),
	FIELD(customer, orders_total, DESC_INT),
	FIELD(customer, entry, DESC_STRUCT, .of = &ENTRY_DESC),
	ITEMS(customer, timeline, TOUCHPOINT_DESC), /* newest first */
	FIELD(customer, days, DESC_LIST, .item = DESC_STRUCT, .of = &DAY_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(customer, timeline_total, DESC_INT),
	FIELD(customer, earlier, DESC_STR, .doc = "address of earlier touchpoints; absent at the beginning"),
	FIELD(customer, may_write, DESC_BOOL),
	FIELD(customer, may_join, DESC_BOOL),
	FIELD(customer, may_export, DESC_BOOL),
	FIELD(customer, may_erase, DESC_BOOL),
};
const struct desc CUSTOMER_DESC = DESC(customer, CUSTOMER_FIELDS);
