/* survey_file.c: a survey as a file: what is asked in all languages, order and limits, when it is open and who is invited. It holds no
 * answers and no ids of its workspace, except of segments that plans draw samples from. What comes in is a draft, and its plans are
 * paused; what is wrong with it is said by the field's place in the file, and nothing of it is kept. */
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "invite/invite.h"
#include "json/desc.h"
#include "json/json.h"
#include "op/app.h"
#include "survey/survey_inner.h"

#define FORMAT "hospes-survey"
enum { FORMAT_VERSION = 1, FILE_BYTES = 2 << 20, PLANS_MOST = 20 };

struct survey_file {
	str format, name;
	int64_t format_version;
	bool is_anonymous;
	struct survey_definition definition;
	LIST_OF(struct invite_plan_input) plans;
};
static const struct desc_field FILE_FIELDS[] = {
	FIELD(survey_file, format, DESC_STR, .max = 40, .doc = "hospes-survey"),
	FIELD(survey_file, format_version, DESC_INT, .doc = "1"),
	FIELD(survey_file, name, DESC_STR, .max = 400),
	FIELD(survey_file, is_anonymous, DESC_BOOL),
	FIELD(survey_file, definition, DESC_STRUCT, .of = &SURVEY_DEFINITION_DESC),
	FIELD(survey_file, plans, DESC_LIST, .item = DESC_STRUCT, .of = &INVITE_PLAN_INPUT_DESC, .doc = "who is invited; they come in paused"),
};
const struct desc SURVEY_FILE_DESC = DESC(survey_file, FILE_FIELDS);

/* ---- out ---- */

enum err survey_export_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	struct invite_plan *plans;
	size_t n;
	TRY(survey__named(op, w, &s));
	TRY(invite_plan_all(op, s.id, &plans, &n));
	struct survey_file *f = ARENA_NEW(&op->arena, struct survey_file);
	*f = (struct survey_file){.format = S(FORMAT), .format_version = FORMAT_VERSION, .name = s.name, .is_anonymous = s.is_anonymous, .definition = s.definition};
	f->plans.v = ARENA_ARRAY(&op->arena, struct invite_plan_input, n + 1);
	for (size_t i = 0; i < n; i++)
		if (plans[i].state != INVITE_STOPPED) f->plans.v[f->plans.n++] = invite_plan_write(op, &plans[i]);
	a->text = json_of(&op->arena, &SURVEY_FILE_DESC, f);
	a->content_type = S("application/json");
	a->download_name = str_fmt(&op->arena, "%.*s.json", STR_ARG(s.name));
	return OK;
}

/* ---- in ---- */

/* Faults are said of a part: that of the file is `before` it. */
static enum err within(struct op *op, enum err e, const char *before)
{
	struct fault *f = &op->fault;
	for (int i = 0; e == ERR_INVALID && i < f->n_fields; i++) {
		char inner[FAULT_FIELD];
		memcpy(inner, f->fields[i].name, sizeof inner);
		(void)snprintf(f->fields[i].name, sizeof f->fields[i].name, "%s%s%.40s", before, inner[0] ? "." : "", inner);
	}
	return e;
}

static str sent_bytes(const struct web *w)
{
	const struct http_file *files;
	size_t n = http_files(w->rq, &files);
	return n ? files[0].bytes : web_is_form(w) ? S("") : http_body(w->rq);
}

static enum err read_file(struct op *op, str bytes, struct survey_file *f)
{
	if (!str_given(bytes) || !str_trim(bytes).n) return fail(op, ERR_INVALID, "file", "there is no file");
	if (bytes.n > FILE_BYTES) return fail(op, ERR_INVALID, "file", "the file is larger than %d MB", FILE_BYTES >> 20);
	const struct json_node *tree;
	int64_t version;
	if (json_tree(&op->arena, bytes, FILE_BYTES, &tree, &op->fault) != OK || tree->type != JSON_OBJECT) {
		str why = op->fault.n_fields ? str_dup(&op->arena, str_of(op->fault.fields[0].text)) : S("it is no object");
		fault_clear(&op->fault);
		return fail(op, ERR_INVALID, "file", "is no JSON: %.*s", STR_ARG(why));
	}
	if (!str_eq(json_get_str(tree, S("format")), S(FORMAT))) return fail(op, ERR_INVALID, "format", "is not \"%s\": this is no exported survey", FORMAT);
	if (!json_get_i64(tree, S("format_version"), &version) || version != FORMAT_VERSION) return fail(op, ERR_INVALID, "format_version", "is not %d, the only one that is read", FORMAT_VERSION);
	return json_into(&op->arena, &SURVEY_FILE_DESC, bytes, f, &op->fault);
}

static enum err read_plans(struct op *op, const struct survey *s, const struct survey_file *f, struct invite_plan **out)
{
	*out = ARENA_ARRAY(&op->arena, struct invite_plan, f->plans.n + 1);
	if (f->plans.n > PLANS_MOST) return fail(op, ERR_INVALID, "plans", "are more than %d", PLANS_MOST);
	if (f->plans.n && s->is_anonymous) return fail(op, ERR_INVALID, "plans", "an anonymous survey asks nobody by name");
	for (size_t i = 0; i < f->plans.n; i++) {
		(*out)[i] = invite_plan_read(s, &f->plans.v[i]);
		enum err e = invite_plan_check(op, &(*out)[i]);
		if (e == ERR_NOT_FOUND) {
			fault_clear(&op->fault);
			e = fail(op, ERR_INVALID, "segment", "there is no such segment here");
		}
		TRY(within(op, e, str_fmt(&op->arena, "plans[%zu]", i).p));
	}
	return OK;
}

static enum err take(struct op *op, str bytes, struct survey *s)
{
	struct survey_file f;
	struct invite_plan *plans;
	TRY(read_file(op, bytes, &f));
	*s = (struct survey){.name = str_given(f.name) ? str_trim(f.name) : S(""), .is_anonymous = f.is_anonymous, .definition = f.definition};
	if (!s->name.n) return fail(op, ERR_INVALID, "name", "a survey has a name");
	TRY(within(op, survey_check_draft(op, &s->definition), "definition"));
	TRY(read_plans(op, s, &f, &plans));
	TRY(survey_add(op, s));
	for (size_t i = 0; i < f.plans.n; i++) {
		plans[i].survey = s->id;
		TRY(invite_plan_add(op, &plans[i]));
	}
	return OK;
}

enum err survey_import_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey s;
	enum err e = take(op, sent_bytes(w), &s);
	if (e == ERR_INVALID && !w->wants_json) return survey__refuse_file(op, a);
	TRY(e);
	a->notice = msg_of("notice_survey_imported");
	return answer_redirect(a, survey__address(op, s.id));
}
