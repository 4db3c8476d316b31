/* survey_form.h: a question as the designer's form has it; for survey_form.c and survey_edit.c. */
#ifndef SURVEY_FORM_H
#define SURVEY_FORM_H
#include "survey/survey_inner.h"

/* field: what the names of its inputs begin with. */
struct survey_form_text {
	str lang, own_name, text, options, rows, dir, field;
	bool is_missing;
};
struct survey_form_condition {
	str field, value;
	LIST_OF(struct option) questions, tests;
};
struct survey_form_skip {
	str field;
	LIST_OF(struct survey_form_condition) when;
	LIST_OF(struct option) to;
};
struct survey_form_quota {
	str field, value, most;
};
struct survey_form_question {
	int64_t at, place, points;
	str id, type, type_name, title, field;
	bool is_required, begins_page, is_shuffled, has_options, has_rows, has_looks, has_points, has_order, may_shuffle, may_limit, is_consent, is_new, is_whole, is_first, is_last;
	LIST_OF(struct option) types, looks, purposes;
	LIST_OF(struct survey_form_condition) show_if;
	LIST_OF(struct survey_form_skip) skips;
	LIST_OF(struct survey_form_quota) quotas;
	LIST_OF(struct survey_form_text) texts;
};
struct survey_form_version {
	int64_t number, made_at;
	str made_by;
};
struct survey_language {
	str code, own_name;
	int64_t complete, questions;
	bool is_whole;
	str preview, page; /* the survey in it, and the designer with that beside it */
	bool is_previewed;
};
struct survey_page {
	id id;
	str name, address, link, path, qr, personal, preview, export;
	int state;
	bool is_draft, is_open, is_closed, is_anonymous, may_write, may_invite, may_enter;
	int64_t version, submissions;
	struct msg finding;
	LIST_OF(struct survey_language) languages;
	LIST_OF(struct survey_form_question) questions;
	struct input customer;
	str opens_on, closes_on, most;
	LIST_OF(struct option) accesses;
	bool has_open_link, is_shuffled, has_rules, has_versions;
	LIST_OF(struct survey_form_version) versions; /* the last ones, the newest first, without the one that holds */
	struct survey_definition definition;
	LIST_OF(struct form_fault) faults;
};
extern const struct desc SURVEY_FORM_QUESTION_DESC;
enum { SURVEY_LANGS = 8 };

/* The question at an index; behind the last one an empty row, to add one by. */
enum err survey__form_question(struct op *op, const struct survey_definition *d, size_t at, struct survey_form_question *out) NODISCARD;
enum err survey__make_page(struct op *op, const struct web *w, const struct survey *s, struct survey_page **out) NODISCARD;
#endif
