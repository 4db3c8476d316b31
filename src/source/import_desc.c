#include "source/import_pages.h"

const char *const IMPORT_STATES[] = {"draft", "waiting", "running", "done", "undone", "failed", NULL};

static const struct desc_field CHOICES_FIELDS[] = {
	FIELD(import_choices, as, DESC_STR),
	FIELD(import_choices, consent, DESC_STR),
	FIELD(import_choices, source, DESC_STR),
	FIELD(import_choices, map, DESC_RAW),
};
const struct desc IMPORT_CHOICES_DESC = DESC(import_choices, CHOICES_FIELDS);

static const struct desc_field ROW_FIELDS[] = {
	FIELD(import_list_row, id, DESC_ID, .prefix = "imp"),
	FIELD(import_list_row, address, DESC_STR),
	FIELD(import_list_row, file, DESC_STR),
	FIELD(import_list_row, as, DESC_ENUM, .names = IMPORT_AS, .prefix = "import_as"),
	FIELD(import_list_row, state, DESC_ENUM, .names = IMPORT_STATES, .prefix = "import_state"),
	FIELD(import_list_row, person, DESC_STR),
	FIELD(import_list_row, started, DESC_TIME),
	FIELD(import_list_row, kept, DESC_INT),
	FIELD(import_list_row, rejected, DESC_INT),
};
static const struct desc ROW_DESC = DESC(import_list_row, ROW_FIELDS);
static const struct desc_field IMPORTS_FIELDS[] = {
	FIELD(imports, finding, DESC_MSG),
	FIELD(imports, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(imports, may_import, DESC_BOOL),
};
const struct desc IMPORTS_DESC = DESC(imports, IMPORTS_FIELDS);

static const struct desc_field NEW_FIELDS[] = {
	FIELD(import_new, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(import_new, max_bytes, DESC_INT),
	FIELD(import_new, max_text, DESC_STR),
	FIELD(import_new, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc IMPORT_NEW_DESC = DESC(import_new, NEW_FIELDS);

static const struct desc_field COLUMN_FIELDS[] = {
	FIELD(map_column, index, DESC_INT),
	FIELD(map_column, name, DESC_STR),
	FIELD(map_column, examples, DESC_STR),
	FIELD(map_column, fields, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(map_column, is_guessed, DESC_BOOL),
};
static const struct desc COLUMN_DESC = DESC(map_column, COLUMN_FIELDS);
static const struct desc_field MAP_ROW_FIELDS[] = {
	FIELD(map_row, line, DESC_INT),
	FIELD(map_row, cells, DESC_LIST, .item = DESC_STR),
	FIELD(map_row, reason, DESC_MSG),
};
static const struct desc MAP_ROW_DESC = DESC(map_row, MAP_ROW_FIELDS);
static const struct desc_field REJECT_FIELDS[] = {
	FIELD(map_reject, reason, DESC_MSG),
	FIELD(map_reject, n, DESC_INT),
	FIELD(map_reject, lines, DESC_STR, .doc = "the first line numbers"),
};
static const struct desc REJECT_DESC = DESC(map_reject, REJECT_FIELDS);
static const struct desc_field CHECK_FIELDS[] = {
	FIELD(import_check, state, DESC_STR, .doc = "none, waiting, running, done or failed"),
	FIELD(import_check, is_going, DESC_BOOL, .doc = "waits or runs"),
	FIELD(import_check, finding, DESC_MSG),
	FIELD(import_check, share, DESC_SHARE, .doc = "of the file, read so far"),
	FIELD(import_check, width, DESC_STR),
	FIELD(import_check, left, DESC_DURATION, .doc = "until it ends, about"),
	FIELD(import_check, rows, DESC_INT, .doc = "read so far"),
	FIELD(import_check, kept, DESC_INT, .doc = "would be"),
	FIELD(import_check, rejected, DESC_INT, .doc = "would be"),
	FIELD(import_check, rejects, DESC_LIST, .item = DESC_STRUCT, .of = &REJECT_DESC),
	FIELD(import_check, error, DESC_STR, .doc = "why the file cannot be read to its end"),
	FIELD(import_check, started, DESC_TIME),
	FIELD(import_check, ended, DESC_TIME),
};
static const struct desc CHECK_DESC = DESC(import_check, CHECK_FIELDS);
static const struct desc_field MAP_FIELDS[] = {
	FIELD(import_map, id, DESC_ID, .prefix = "imp"),
	FIELD(import_map, file, DESC_STR),
	FIELD(import_map, finding, DESC_MSG),
	FIELD(import_map, check, DESC_STRUCT, .of = &CHECK_DESC),
	FIELD(import_map, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(import_map, consents, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(import_map, zones, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(import_map, source, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(import_map, columns, DESC_LIST, .item = DESC_STRUCT, .of = &COLUMN_DESC),
	FIELD(import_map, heads, DESC_LIST, .item = DESC_STR),
	FIELD(import_map, sample, DESC_LIST, .item = DESC_STRUCT, .of = &MAP_ROW_DESC),
	FIELD(import_map, missing, DESC_LIST, .item = DESC_MSG),
	FIELD(import_map, may_start, DESC_BOOL),
	FIELD(import_map, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc IMPORT_MAP_DESC = DESC(import_map, MAP_FIELDS);

static const struct desc_field IMPORT_FIELDS_[] = {
	FIELD(import_page, id, DESC_ID, .prefix = "imp"),
	FIELD(import_page, file, DESC_STR),
	FIELD(import_page, as, DESC_ENUM, .names = IMPORT_AS, .prefix = "import_as"),
	FIELD(import_page, state, DESC_ENUM, .names = IMPORT_STATES, .prefix = "import_state"),
	FIELD(import_page, is_going, DESC_BOOL, .doc = "waits or runs"),
	FIELD(import_page, finding, DESC_MSG),
	FIELD(import_page, width, DESC_STR),
	FIELD(import_page, share, DESC_SHARE),
	FIELD(import_page, kept, DESC_INT),
	FIELD(import_page, duplicates, DESC_INT),
	FIELD(import_page, rejected, DESC_INT),
	FIELD(import_page, rejects, DESC_LIST, .item = DESC_STRUCT, .of = &REJECT_DESC),
	FIELD(import_page, rejects_file, DESC_STR),
	FIELD(import_page, source, DESC_STR),
	FIELD(import_page, source_address, DESC_STR),
	FIELD(import_page, person, DESC_STR),
	FIELD(import_page, started, DESC_TIME),
	FIELD(import_page, ended, DESC_TIME),
	FIELD(import_page, undo, DESC_STR, .doc = "POST here undoes the whole import"),
	FIELD(import_page, customers, DESC_STR),
};
const struct desc IMPORT_DESC = DESC(import_page, IMPORT_FIELDS_);
