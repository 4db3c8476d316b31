#include "journey/journey.h"

static const struct desc_field CELL_FIELDS[] = {
	FIELD(journey_cell, text, DESC_STR),
	FIELD(journey_cell, width, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_cell, tint, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_cell, address, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_cell, value, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_cell, is_open, DESC_BOOL),
	FIELD(journey_cell, is_number, DESC_BOOL),
	FIELD(journey_cell, label, DESC_STR),
};
static const struct desc CELL_DESC = DESC(journey_cell, CELL_FIELDS);

static const struct desc_field ROW_FIELDS[] = {
	FIELD(journey_row, name, DESC_STR),
	FIELD(journey_row, address, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, time, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, from, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, to, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, from_id, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, to_id, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, value, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_row, is_link, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_row, cells, DESC_LIST, .item = DESC_STRUCT, .of = &CELL_DESC),
};
static const struct desc ROW_DESC = DESC(journey_row, ROW_FIELDS);

static const struct desc_field HEAD_FIELDS[] = {
	FIELD(journey_head, text, DESC_STR),
	FIELD(journey_head, unit, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_head, currency, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_head, is_number, DESC_BOOL),
	FIELD(journey_head, is_series, DESC_BOOL),
};
static const struct desc HEAD_DESC = DESC(journey_head, HEAD_FIELDS);

static const struct desc_field TABLE_FIELDS[] = {
	FIELD(journey_table, id, DESC_STR),
	FIELD(journey_table, title, DESC_STR),
	FIELD(journey_table, caption, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_table, chart, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_table, heads, DESC_LIST, .item = DESC_STRUCT, .of = &HEAD_DESC),
	FIELD(journey_table, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(journey_table, left, DESC_INT, .doc = "rows that are not shown"),
	FIELD(journey_table, left_note, DESC_MSG, .flags = DESC_OMIT),
	FIELD(journey_table, is_heat, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_table, is_map, DESC_BOOL, .flags = DESC_PAGE_ONLY),
};
static const struct desc TABLE_DESC = DESC(journey_table, TABLE_FIELDS);

static const struct desc_field CHOICE_FIELDS[] = {
	FIELD(journey_choice, id, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_choice, name, DESC_STR),
	FIELD(journey_choice, label, DESC_STR),
	FIELD(journey_choice, value, DESC_STR),
	FIELD(journey_choice, hint, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_choice, error, DESC_MSG, .flags = DESC_OMIT),
	FIELD(journey_choice, list, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_choice, is_select, DESC_BOOL),
	FIELD(journey_choice, is_number, DESC_BOOL),
	FIELD(journey_choice, is_text, DESC_BOOL),
	FIELD(journey_choice, is_code, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_choice, is_length, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_choice, is_more, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_choice, options, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(journey_choice, units, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC, .flags = DESC_PAGE_ONLY),
};
static const struct desc CHOICE_DESC = DESC(journey_choice, CHOICE_FIELDS);

static const struct desc_field VIEW_FIELDS[] = {
	FIELD(journey_view, key, DESC_STR),
	FIELD(journey_view, title, DESC_MSG),
	FIELD(journey_view, explains, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, views, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(journey_view, choices, DESC_LIST, .item = DESC_STRUCT, .of = &CHOICE_DESC),
	FIELD(journey_view, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(journey_view, from, DESC_DATE),
	FIELD(journey_view, to, DESC_DATE),
	FIELD(journey_view, compared, DESC_MSG),
	FIELD(journey_view, is_more_open, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, edit, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_view, designs, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, is_designed, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, finding, DESC_MSG),
	FIELD(journey_view, finding_text, DESC_STR, .flags = DESC_OMIT),
	FIELD(journey_view, tables, DESC_LIST, .item = DESC_STRUCT, .of = &TABLE_DESC),
	FIELD(journey_view, definition, DESC_STR),
	FIELD(journey_view, question, DESC_STR, .doc = "what POST /query takes"),
	FIELD(journey_view, csv, DESC_STR),
	FIELD(journey_view, n, DESC_MSG),
	FIELD(journey_view, took_ms, DESC_REAL),
	FIELD(journey_view, is_empty, DESC_BOOL),
	FIELD(journey_view, is_asked, DESC_BOOL),
	FIELD(journey_view, is_unasked, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, is_explored, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(journey_view, events, DESC_LIST, .item = DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, dimensions, DESC_LIST, .item = DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, measures, DESC_LIST, .item = DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, ask, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, json, DESC_STRUCT, .of = &INPUT_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(journey_view, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
	FIELD(journey_view, answer, DESC_RAW, .doc = "what POST /query answers"),
};
const struct desc JOURNEY_VIEW_DESC = DESC(journey_view, VIEW_FIELDS);
