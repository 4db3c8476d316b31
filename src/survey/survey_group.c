/* survey_group.c: links for those who serve, one a team, place and kind of staff. The link says which group an answer is of and nothing
 * of who gave it; a group that is too small to be shown gets none. */
#include "audit/audit.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "query/anonymous.h"
#include "survey/survey_inner.h"

enum { NAME_CHARACTERS = 60, PEOPLE_MOST = 1000000 };
const char *const SURVEY_STAFF[] = {"employee", "contractor", "partner", NULL};

static const struct desc_field STORED_FIELDS[] = {
	FIELD(survey_group, id, DESC_ID, .prefix = "grp"),
	FIELD(survey_group, team, DESC_STR),
	FIELD(survey_group, place, DESC_STR),
	FIELD(survey_group, staff, DESC_ENUM, .names = SURVEY_STAFF),
	FIELD(survey_group, people, DESC_INT, .doc = "how many are asked by this link"),
};
static const struct desc STORED_DESC = DESC(survey_group, STORED_FIELDS);

struct group_row {
	id id;
	str team, place, link, path, qr, address;
	struct msg staff;
	int64_t people;
};
struct survey_groups {
	str name, survey;
	struct msg finding;
	LIST_OF(struct group_row) rows;
	struct input team, place, people;
	LIST_OF(struct option) staff;
	bool may_write, is_anonymous, is_open;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(group_row, id, DESC_ID, .prefix = "grp"),
	FIELD(group_row, team, DESC_STR),
	FIELD(group_row, place, DESC_STR),
	FIELD(group_row, staff, DESC_MSG),
	FIELD(group_row, people, DESC_INT, .doc = "how many are asked by this link"),
	FIELD(group_row, link, DESC_STR),
	FIELD(group_row, path, DESC_STR),
	FIELD(group_row, qr, DESC_STR),
	FIELD(group_row, address, DESC_STR),
};
static const struct desc ROW_DESC = DESC(group_row, ROW_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(survey_groups, name, DESC_STR),
	FIELD(survey_groups, survey, DESC_STR, .doc = "its address"),
	FIELD(survey_groups, finding, DESC_MSG),
	FIELD(survey_groups, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(survey_groups, team, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(survey_groups, place, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(survey_groups, people, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(survey_groups, staff, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_groups, may_write, DESC_BOOL),
	FIELD(survey_groups, is_anonymous, DESC_BOOL),
	FIELD(survey_groups, is_open, DESC_BOOL),
	FIELD(survey_groups, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SURVEY_GROUPS_DESC = DESC(survey_groups, PAGE_FIELDS);

struct group_input {
	str team, place, staff, people;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(group_input, team, DESC_STR),
	FIELD(group_input, place, DESC_STR, .flags = DESC_OMIT),
	FIELD(group_input, staff, DESC_STR, .doc = "employee, contractor or partner"),
	FIELD(group_input, people, DESC_STR, .doc = "how many are asked by this link; 8 or more"),
};
const struct desc SURVEY_GROUP_INPUT_DESC = DESC(group_input, INPUT_FIELDS);

enum err survey__group(struct op *op, id survey, id group, struct survey_group *out)
{
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_survey_group_get, DB_ARGS(db_id(survey), db_id(group)), &STORED_DESC, &rows, &n));
	if (!n) return fail(op, ERR_NOT_FOUND, "", "there is no such survey");
	*out = *(const struct survey_group *)rows;
	return OK;
}

/* ---- the page ---- */

static struct group_row row_of(struct op *op, const struct web *w, id survey, const struct survey_group *g)
{
	str address = str_fmt(&op->arena, "%.*s/groups/%.*s", STR_ARG(survey__address(op, survey)), STR_ARG(id_show(&op->arena, S("grp"), g->id)));
	str path = survey_link_for_group(op, survey, g->id);
	return (struct group_row){.id = g->id, .team = g->team, .place = g->place, .people = g->people, .path = path, .link = survey_address(op, w, path), .address = address,
		.qr = str_fmt(&op->arena, "%.*s/qr.svg", STR_ARG(address)), .staff = msg_of(str_c(&op->arena, str_fmt(&op->arena, "survey_staff_%s", SURVEY_STAFF[g->staff])))};
}

static enum err make_page(struct op *op, const struct web *w, const struct survey *s, str staff, struct survey_groups **out)
{
	void *rows;
	size_t n;
	struct survey_groups *page = *out = ARENA_NEW(&op->arena, struct survey_groups);
	*page = (struct survey_groups){.name = s->name, .survey = survey__address(op, s->id), .is_anonymous = s->is_anonymous, .is_open = s->state == SURVEY_OPEN, .may_write = op_may(op, PERM_WRITE_FIGURES) && s->is_anonymous};
	TRY(op_structs(op, SQL_survey_groups, DB_ARGS(db_id(s->id)), &STORED_DESC, &rows, &n));
	page->rows.v = ARENA_ARRAY(&op->arena, struct group_row, n + 1);
	for (size_t i = 0; i < n; i++) page->rows.v[page->rows.n++] = row_of(op, w, s->id, (const struct survey_group *)rows + i);
	page->finding = !s->is_anonymous ? msg_of("survey_groups_not") : n ? msg_int("survey_groups_some", "n", (int64_t)n) : msg_of("survey_groups_none");
	page->staff.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(SURVEY_STAFF));
	for (size_t i = 0; SURVEY_STAFF[i]; i++)
		page->staff.v[page->staff.n++] = (struct option){str_of(SURVEY_STAFF[i]), i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_staff_%s", SURVEY_STAFF[i])),
			str_given(staff) && staff.n ? str_eq(staff, str_of(SURVEY_STAFF[i])) : i == 0};
	return OK;
}

enum err survey_groups_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	struct survey_groups *page;
	TRY(survey__named(op, w, &s));
	TRY(make_page(op, w, &s, STR_NONE, &page));
	return answer_with(a, &SURVEY_GROUPS_DESC, page);
}

/* ---- changes ---- */

static void check(const struct group_input *in, struct survey_groups *page, struct faults *f, struct survey_group *out)
{
	page->team.value = in->team;
	page->place.value = str_given(in->place) ? in->place : S("");
	page->people.value = in->people;
	faults_text(f, "team", &page->team, true, NAME_CHARACTERS);
	faults_text(f, "place", &page->place, false, NAME_CHARACTERS);
	if (!str_given(in->people) || !str_i64(str_trim(in->people), &out->people) || out->people < 1 || out->people > PEOPLE_MOST) faults_add(f, "people", &page->people, msg_of("fault_invalid"));
	else if (out->people < QUERY_ANONYMOUS_LEAST) faults_add(f, "people", &page->people, msg_int("survey_group_small", "n", QUERY_ANONYMOUS_LEAST));
	out->staff = 0;
	while (SURVEY_STAFF[out->staff] && !str_eq(in->staff, str_of(SURVEY_STAFF[out->staff]))) out->staff++;
	if (!SURVEY_STAFF[out->staff]) faults_add(f, "staff", NULL, msg_of("fault_choice"));
	out->team = str_trim(page->team.value);
	out->place = str_trim(page->place.value);
}

enum err survey_groups_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	struct survey_groups *page;
	struct group_input in;
	struct survey_group g = {.id = id_new()};
	struct faults f = {0};
	TRY(survey__named(op, w, &s));
	TRY(web_input(op, w, &SURVEY_GROUP_INPUT_DESC, &in));
	if (!s.is_anonymous) return fail(op, ERR_STATE, "", "links by team belong to an anonymous survey");
	TRY(make_page(op, w, &s, in.staff, &page));
	check(&in, page, &f, &g);
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &SURVEY_GROUPS_DESC, page);
	}
	TRY(op_run(op, SQL_survey_group_put, DB_ARGS(db_id(g.id), db_id(s.id), db_text(g.team), db_text(g.place), db_int(g.staff), db_int(g.people), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "survey_group_added", "survey", s.id, STR_NONE, g.team));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, str_fmt(&op->arena, "%.*s/groups", STR_ARG(survey__address(op, s.id))));
}

static enum err set_removed(struct op *op, struct web *w, struct answer *a, bool is_removed)
{
	struct survey s;
	id group;
	int64_t changed;
	TRY(survey__named(op, w, &s));
	TRY(web_id(op, w, "group", "grp", &group));
	TRY(op_run(op, SQL_survey_group_remove, DB_ARGS(db_id(s.id), db_id(group), is_removed ? db_int(op->now_ms) : db_null()), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "group", "there is no such link");
	TRY(audit_write(op, is_removed ? "survey_group_removed" : "survey_group_restored", "survey", s.id, STR_NONE, STR_NONE));
	str list = str_fmt(&op->arena, "%.*s/groups", STR_ARG(survey__address(op, s.id)));
	a->notice = msg_of(is_removed ? "notice_survey_group_removed" : "notice_saved");
	if (is_removed) a->undo = str_fmt(&op->arena, "%.*s/%.*s/restore", STR_ARG(list), STR_ARG(id_show(&op->arena, S("grp"), group)));
	return answer_redirect(a, list);
}

enum err survey_group_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return set_removed(op, w, a, true);
}

enum err survey_group_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return set_removed(op, w, a, false);
}

enum err survey_group_qr_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	struct survey_group g;
	id group;
	TRY(survey__named(op, w, &s));
	TRY(web_id(op, w, "group", "grp", &group));
	TRY(survey__group(op, s.id, group, &g));
	return survey__qr(op, a, survey_address(op, w, survey_link_for_group(op, s.id, g.id)));
}
