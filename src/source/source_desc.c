#include "collect/touchpoint.h"
#include "source/source_pages.h"

static const char *const SHOWN_KINDS[] = {"website", "server", "file", "hand", "listening", "sample", NULL};
static const char *const MADE_KINDS[] = {"website", "server", NULL};
static const char *const CONSENTS[] = {"carried", "assured", NULL};
static const char *const KEY_KINDS[] = {"write", "secret", NULL};

static const struct desc_field ROW_FIELDS[] = {
	FIELD(source_row, id, DESC_ID, .prefix = "src"),
	FIELD(source_row, address, DESC_STR),
	FIELD(source_row, name, DESC_STR),
	FIELD(source_row, kind, DESC_ENUM, .names = SHOWN_KINDS, .prefix = "source_kind"),
	FIELD(source_row, volume, DESC_INT, .doc = "kept in all"),
	FIELD(source_row, volume_30_days, DESC_INT),
	FIELD(source_row, dropped, DESC_INT),
	FIELD(source_row, duplicates, DESC_INT, .doc = "rows of files that were known already"),
	FIELD(source_row, last_heard, DESC_TIME),
	FIELD(source_row, is_ended, DESC_BOOL),
	FIELD(source_row, points, DESC_STR),
	FIELD(source_row, end_x, DESC_STR),
	FIELD(source_row, end_y, DESC_STR),
	FIELD(source_row, trend, DESC_MSG),
};
static const struct desc ROW_DESC = DESC(source_row, ROW_FIELDS);
static const struct desc_field DROP_FIELDS[] = {
	FIELD(drop_row, reason, DESC_STR, .doc = "as in hospes_events_dropped_total"),
	FIELD(drop_row, name, DESC_STR),
	FIELD(drop_row, n, DESC_INT),
	FIELD(drop_row, last, DESC_DATE, .doc = "the day of the last one"),
	FIELD(drop_row, width, DESC_STR),
	FIELD(drop_row, example, DESC_MSG),
};
static const struct desc DROP_DESC = DESC(drop_row, DROP_FIELDS);
static const struct desc_field REFUSED_FIELDS[] = {
	FIELD(refused_row, kind, DESC_STR, .doc = "user_id, anonymous_id, email, phone or the name of an outside system"),
	FIELD(refused_row, kind_name, DESC_STR),
	FIELD(refused_row, value, DESC_STR),
	FIELD(refused_row, reason, DESC_STR, .doc = "listed: on the list of ids that broken clients send; too_many: past the most identities of a kind in one profile"),
	FIELD(refused_row, reason_name, DESC_STR),
	FIELD(refused_row, n, DESC_INT, .doc = "how often it came"),
	FIELD(refused_row, last, DESC_TIME),
};
static const struct desc REFUSED_DESC = DESC(refused_row, REFUSED_FIELDS);
static const struct desc_field FORM_FIELDS_[] = {
	FIELD(source_form, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(source_form, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(source_form, consents, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(source_form, purposes, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(source_form, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
static const struct desc FORM_DESC = DESC(source_form, FORM_FIELDS_);
static const struct desc_field SOURCES_FIELDS[] = {
	FIELD(sources, finding, DESC_MSG),
	FIELD(sources, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(sources, drops, DESC_LIST, .item = DESC_STRUCT, .of = &DROP_DESC, .doc = "of all sources, of the last 30 days"),
	FIELD(sources, refused, DESC_LIST, .item = DESC_STRUCT, .of = &REFUSED_DESC, .doc = "identities that live sources are heard without, for who may read customers; the latest hundred"),
	FIELD(sources, may_write, DESC_BOOL),
	FIELD(sources, form, DESC_STRUCT, .of = &FORM_DESC),
};
const struct desc SOURCES_DESC = DESC(sources, SOURCES_FIELDS);

static const struct desc_field EVENT_FIELDS[] = {
	FIELD(event_row, event, DESC_STR),
	FIELD(event_row, family, DESC_ENUM, .names = FAMILIES, .prefix = "family"),
	FIELD(event_row, stage, DESC_ENUM, .names = STAGES, .prefix = "stage"),
	FIELD(event_row, volume, DESC_INT),
	FIELD(event_row, last_heard, DESC_TIME),
};
static const struct desc EVENT_DESC = DESC(event_row, EVENT_FIELDS);
static const struct desc_field KEY_FIELDS[] = {
	FIELD(key_row, id, DESC_ID, .prefix = "key"),
	FIELD(key_row, name, DESC_STR),
	FIELD(key_row, kind, DESC_ENUM, .names = KEY_KINDS, .prefix = "key_kind"),
	FIELD(key_row, begins, DESC_STR, .doc = "its first letters, to tell it by"),
	FIELD(key_row, role, DESC_ENUM, .names = ROLES, .prefix = "role"),
	FIELD(key_row, made, DESC_TIME),
	FIELD(key_row, made_by, DESC_STR),
	FIELD(key_row, last_used, DESC_TIME),
	FIELD(key_row, is_ended, DESC_BOOL),
	FIELD(key_row, end, DESC_STR, .doc = "POST here ends it"),
};
static const struct desc KEY_DESC = DESC(key_row, KEY_FIELDS);
static const struct desc_field SOURCE_FIELDS[] = {
	FIELD(source_page, id, DESC_ID, .prefix = "src"),
	FIELD(source_page, name, DESC_STR),
	FIELD(source_page, kind, DESC_ENUM, .names = SHOWN_KINDS, .prefix = "source_kind"),
	FIELD(source_page, consent, DESC_ENUM, .names = CONSENTS, .prefix = "source_consent"),
	FIELD(source_page, purposes, DESC_LIST, .item = DESC_STR, .doc = "names of the purposes assured"),
	FIELD(source_page, finding, DESC_MSG),
	FIELD(source_page, is_ended, DESC_BOOL),
	FIELD(source_page, figures, DESC_LIST, .item = DESC_STRUCT, .of = &FIGURE_DESC),
	FIELD(source_page, events, DESC_LIST, .item = DESC_STRUCT, .of = &EVENT_DESC),
	FIELD(source_page, drops, DESC_LIST, .item = DESC_STRUCT, .of = &DROP_DESC),
	FIELD(source_page, keys, DESC_LIST, .item = DESC_STRUCT, .of = &KEY_DESC),
	FIELD(source_page, new_key, DESC_STR, .doc = "the key just made: this once only"),
	FIELD(source_page, connect, DESC_STR),
	FIELD(source_page, may_write, DESC_BOOL),
	FIELD(source_page, end, DESC_STR, .doc = "POST here ends the source"),
};
const struct desc SOURCE_DESC = DESC(source_page, SOURCE_FIELDS);
static const struct desc_field CONNECT_FIELDS[] = {
	FIELD(connect, subject, DESC_MSG),
	FIELD(connect, about, DESC_MSG),
	FIELD(connect, events, DESC_LIST, .item = DESC_STR),
	FIELD(connect, address, DESC_STR, .doc = "of this server"),
	FIELD(connect, key, DESC_STR),
	FIELD(connect, key_shown, DESC_STR),
	FIELD(connect, event, DESC_STR),
};
const struct desc CONNECT_DESC = DESC(connect, CONNECT_FIELDS);
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(source_input, name, DESC_STR, .max = 80, .flags = DESC_REQUIRED),
	FIELD(source_input, kind, DESC_ENUM, .names = MADE_KINDS),
	FIELD(source_input, consent, DESC_ENUM, .names = CONSENTS),
	FIELD(source_input, purposes, DESC_LIST, .item = DESC_STR, .doc = "what an assured source vouches for"),
};
const struct desc SOURCE_INPUT_DESC = DESC(source_input, INPUT_FIELDS);
