/* limit.c: how much is taken of one sender, in one page: every number of tables/settings.def that has no page of its own. */
#include "audit/audit.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "setting/setting.h"
#include "setting/setting_pages.h"

static const enum setting LIMITS[] = {SETTING_survey_rate_address, SETTING_survey_rate_link, SETTING_site_rate_address, SETTING_site_rate_survey, SETTING_chat_rate_address, SETTING_chat_file_bytes, SETTING_chat_unread_s, SETTING_write_rate_per_s, SETTING_read_rate_per_s,
	SETTING_batch_max_bytes, SETTING_batch_max_events, SETTING_event_max_bytes, SETTING_upload_max_bytes, SETTING_sign_in_tries, SETTING_session_days, SETTING_inbox_undo_s};

struct limit_row {
	str name, label, field, value;
	struct msg hint, error;
	int64_t preset, least, most;
};
struct limits_page {
	LIST_OF(struct limit_row) rows;
	LIST_OF(struct form_fault) faults;
	bool may_write;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(limit_row, name, DESC_STR, .doc = "of the setting"),
	FIELD(limit_row, label, DESC_STR),
	FIELD(limit_row, value, DESC_STR),
	FIELD(limit_row, preset, DESC_INT),
	FIELD(limit_row, least, DESC_INT),
	FIELD(limit_row, most, DESC_INT),
	FIELD(limit_row, hint, DESC_MSG, .flags = DESC_PAGE_ONLY),
	FIELD(limit_row, field, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(limit_row, error, DESC_MSG, .flags = DESC_PAGE_ONLY),
};
static const struct desc ROW_DESC = DESC(limit_row, ROW_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(limits_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(limits_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
	FIELD(limits_page, may_write, DESC_BOOL),
};
const struct desc LIMITS_DESC = {"limits", sizeof(struct limits_page), PAGE_FIELDS, COUNT_OF(PAGE_FIELDS)};

struct limit_input {
	str name, value;
};
struct limits_input {
	LIST_OF(struct limit_input) limits;
};
static const struct desc_field ONE_FIELDS[] = {
	FIELD(limit_input, name, DESC_STR, .max = 40),
	FIELD(limit_input, value, DESC_STR, .max = 20),
};
static const struct desc ONE_DESC = DESC(limit_input, ONE_FIELDS);
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(limits_input, limits, DESC_LIST, .item = DESC_STRUCT, .of = &ONE_DESC, .doc = "those that are left out stay"),
};
const struct desc LIMITS_INPUT_DESC = {"limits_input", sizeof(struct limits_input), INPUT_FIELDS, COUNT_OF(INPUT_FIELDS)};

static struct limits_page *make_page(struct op *op)
{
	struct limits_page *page = ARENA_NEW(&op->arena, struct limits_page);
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->rows.v = ARENA_ARRAY(&op->arena, struct limit_row, COUNT_OF(LIMITS));
	for (size_t i = 0; i < COUNT_OF(LIMITS); i++) {
		struct limit_row *r = &page->rows.v[page->rows.n++];
		r->name = str_of(setting_name(LIMITS[i]));
		r->label = i18n_pattern(op->locale.lang, str_fmt(&op->arena, "limit_%.*s", STR_ARG(r->name)));
		r->field = str_fmt(&op->arena, "limits[%zu]", i);
		r->value = setting_text(op, LIMITS[i]);
		setting_bounds(LIMITS[i], &r->preset, &r->least, &r->most);
		r->hint = msg_int("limit_hint", "preset", r->preset);
		msg_add(&r->hint, (struct msg_arg){.name = "least", .type = MSG_INT, .i = r->least});
		msg_add(&r->hint, (struct msg_arg){.name = "most", .type = MSG_INT, .i = r->most});
	}
	return page;
}

enum err setting_limits_get(struct op *op, struct web *w, struct answer *a)
{
	(void)w;
	return answer_with(a, &LIMITS_DESC, make_page(op));
}

static struct limit_row *row_of(struct limits_page *page, str name)
{
	for (size_t i = 0; i < page->rows.n; i++)
		if (str_eq(page->rows.v[i].name, name)) return &page->rows.v[i];
	return NULL;
}

static void check(struct op *op, size_t i, const struct limit_input *in, struct limits_page *page, struct faults *f)
{
	const char *field = str_c(&op->arena, str_fmt(&op->arena, "limits[%zu].value", i));
	struct limit_row *r = row_of(page, in->name);
	int64_t n;
	if (!r) {
		faults_add(f, field, NULL, msg_of("fault_choice"));
		return;
	}
	r->value = str_given(in->value) ? str_trim(in->value) : S("");
	if (str_i64(r->value, &n) && n >= r->least && n <= r->most) return;
	r->error = msg_int("fault_between", "least", r->least);
	msg_add(&r->error, (struct msg_arg){.name = "most", .type = MSG_INT, .i = r->most});
	faults_add(f, field, NULL, r->error);
}

static enum err save(struct op *op, const struct limit_row *r)
{
	enum setting setting;
	if (!setting_find(r->name, &setting)) return OK;
	str before = setting_text(op, setting);
	if (str_eq(before, r->value)) return OK;
	TRY(setting_put(op, setting, r->value));
	return audit_write(op, "limit_changed", "setting", 0, str_fmt(&op->arena, "%.*s %.*s", STR_ARG(r->name), STR_ARG(before)), str_fmt(&op->arena, "%.*s %.*s", STR_ARG(r->name), STR_ARG(r->value)));
}

enum err setting_limits_post(struct op *op, struct web *w, struct answer *a)
{
	struct limits_input in = {0};
	struct faults f = {0};
	TRY(web_input(op, w, &LIMITS_INPUT_DESC, &in));
	struct limits_page *page = make_page(op);
	for (size_t i = 0; i < in.limits.n; i++) check(op, i, &in.limits.v[i], page, &f);
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &LIMITS_DESC, page);
	}
	for (size_t i = 0; i < page->rows.n; i++) TRY(save(op, &page->rows.v[i]));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/settings/limits"));
}
