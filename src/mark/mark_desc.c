#include "mark/mark_pages.h"

static const char *const ORIGINS[] = {"hand", "file", "event", NULL};

static const struct desc_field MARK_FIELDS[] = {
	FIELD(mark, id, DESC_ID, .prefix = "mrk", .doc = "null of a mark that is an event"),
	FIELD(mark, kind, DESC_ENUM, .names = MARK_KINDS, .prefix = "mark_kind"),
	FIELD(mark, title, DESC_STR),
	FIELD(mark, note, DESC_STR),
	FIELD(mark, from, DESC_DATE),
	FIELD(mark, to, DESC_DATE, .doc = "last day; null of a single one"),
	FIELD(mark, is_outside, DESC_BOOL, .doc = "lies outside the organisation"),
	FIELD(mark, origin, DESC_ENUM, .names = ORIGINS, .prefix = "mark_origin"),
	FIELD(mark, source, DESC_STR, .doc = "who entered it, the file's name or the event's"),
};
const struct desc MARK_DESC = DESC(mark, MARK_FIELDS);

static const struct desc_field NEAR_FIELDS[] = {
	FIELD(mark_near, finding, DESC_MSG),
	FIELD(mark_near, is_unknown, DESC_BOOL, .doc = "nothing known lies near the change"),
	FIELD(mark_near, rows, DESC_LIST, .item = DESC_STRUCT, .of = &MARK_DESC),
};
const struct desc MARK_NEAR_DESC = DESC(mark_near, NEAR_FIELDS);

static const struct desc_field MARK_FORM_FIELDS[] = {
	FIELD(mark_form, action, DESC_STR),
	FIELD(mark_form, is_change, DESC_BOOL),
	FIELD(mark_form, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mark_form, whose, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(mark_form, title, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mark_form, note, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mark_form, from, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(mark_form, to, DESC_STRUCT, .of = &INPUT_DESC),
};
static const struct desc FORM_DESC = DESC(mark_form, MARK_FORM_FIELDS);

static const struct desc_field EVENT_FIELDS[] = {
	FIELD(mark_event_row, event, DESC_STR),
	FIELD(mark_event_row, kind, DESC_ENUM, .names = MARK_KINDS, .prefix = "mark_kind"),
	FIELD(mark_event_row, is_outside, DESC_BOOL),
};
static const struct desc EVENT_DESC = {"mark_event", sizeof(struct mark_event_row), EVENT_FIELDS, COUNT_OF(EVENT_FIELDS)};

static const struct desc_field MARKS_FIELDS[] = {
	FIELD(marks, finding, DESC_MSG),
	FIELD(marks, rows, DESC_LIST, .item = DESC_STRUCT, .of = &MARK_DESC, .doc = "latest first"),
	FIELD(marks, form, DESC_STRUCT, .of = &FORM_DESC),
	FIELD(marks, events, DESC_LIST, .item = DESC_STRUCT, .of = &EVENT_DESC, .doc = "events that are marks by themselves"),
	FIELD(marks, event, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(marks, rejects, DESC_LIST, .item = DESC_MSG, .doc = "rows of the file just sent that could not be read"),
	FIELD(marks, may_write, DESC_BOOL),
	FIELD(marks, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc MARKS_DESC = DESC(marks, MARKS_FIELDS);

static const struct desc_field INPUT_FIELDS[] = {
	FIELD(mark_input, kind, DESC_STR, .doc = "campaign, release, price, outage, policy, competitor, strike, holiday, weather or other"),
	FIELD(mark_input, title, DESC_STR),
	FIELD(mark_input, note, DESC_STR),
	FIELD(mark_input, from, DESC_STR, .doc = "such as 2011-12-25"),
	FIELD(mark_input, to, DESC_STR, .doc = "last day; empty of a single one"),
	FIELD(mark_input, whose, DESC_STR, .doc = "own or outside; empty as the kind has it"),
};
const struct desc MARK_INPUT_DESC = DESC(mark_input, INPUT_FIELDS);

static const struct desc_field EVENT_INPUT_FIELDS[] = {
	FIELD(mark_event_input, event, DESC_STR),
	FIELD(mark_event_input, kind, DESC_STR),
	FIELD(mark_event_input, whose, DESC_STR),
};
const struct desc MARK_EVENT_INPUT_DESC = DESC(mark_event_input, EVENT_INPUT_FIELDS);
