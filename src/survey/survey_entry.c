/* survey_entry.c: answers that came by telephone or on paper, typed in by somebody who is signed in. */
#include "audit/audit.h"
#include "base/datetime.h"
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "setting/setting.h"
#include "survey/survey_inner.h"

static const char *const CHANNELS[] = {"phone", "paper"};

static const struct desc_field ENTRY_FIELDS[] = {
	FIELD(survey_entry, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(survey_entry, customer, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(survey_entry, at, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(survey_entry, name, DESC_STR),
	FIELD(survey_entry, address, DESC_STR),
};
const struct desc SURVEY_ENTRY_DESC = DESC(survey_entry, ENTRY_FIELDS);

static struct survey_entry *entry_of(struct op *op, const struct survey *s, const struct survey_sent *in)
{
	struct survey_entry *e = ARENA_NEW(&op->arena, struct survey_entry);
	*e = (struct survey_entry){.name = s->name, .address = survey__address(op, s->id), .customer = {.value = str_given(in->customer) ? in->customer : S("")}, .at = {.value = str_given(in->at) ? in->at : S("")}};
	e->channels.v = ARENA_ARRAY(&op->arena, struct option, COUNT_OF(CHANNELS));
	for (size_t i = 0; i < COUNT_OF(CHANNELS); i++) {
		str name = str_of(CHANNELS[i]);
		e->channels.v[e->channels.n++] = (struct option){name, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "survey_by_%s", CHANNELS[i])), str_eq(name, in->channel) || (!str_given(in->channel) && i == 0)};
	}
	return e;
}

static enum err open_one(struct op *op, const struct web *w, struct survey *s, struct sitting *x)
{
	TRY(survey__named(op, w, s));
	if (s->state != SURVEY_OPEN) return fail(op, ERR_STATE, "", "answers are taken by an open survey");
	*x = (struct sitting){.op = op, .s = s, .lang = survey__language(s, op->locale.lang), .mode = SURVEY_BY_HAND, .name = STR_NONE, .submission = survey__new_submission(op)};
	return OK;
}

enum err survey_entry_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey *s = ARENA_NEW(&op->arena, struct survey);
	struct survey_sent nothing = {.customer = web_query(w, "customer")};
	struct sitting x;
	TRY(open_one(op, w, s, &x));
	survey__sit(&x);
	struct survey_answer *page = survey__draw(&x, 0, w->path);
	page->entry = entry_of(op, s, &nothing);
	return answer_with(a, &SURVEY_ANSWER_DESC, page);
}

/* The workspace's civil time; none: now. False when it is no time, or has not come yet. */
static bool read_time(struct op *op, str text, int64_t *ms)
{
	bool has_zone;
	*ms = op->now_ms;
	if (!str_given(text) || !str_trim(text).n) return true;
	if (!datetime_parse(str_trim(text), ms, &has_zone)) return false;
	if (!has_zone) *ms = zone_to_utc(setting_zone(op->app), *ms);
	return *ms <= op->now_ms && *ms >= DATETIME_MIN_MS;
}

static enum err read_entry(struct sitting *x, const struct survey_sent *in, struct survey_entry *e, int64_t *time_ms)
{
	struct op *op = x->op;
	bool has_customer = str_given(in->customer) && str_trim(in->customer).n;
	if (!read_time(op, in->at, time_ms)) e->at.error = msg_of("survey_fault_time");
	if (has_customer && x->s->is_anonymous) e->customer.error = msg_of("survey_fault_anonymous");
	else if (has_customer) {
		TRY(customer_by_identity(op, str_trim(in->customer), &x->customer));
		if (!x->customer) e->customer.error = msg_of("survey_no_customer");
		else TRY(customer_called(op, x->customer, &x->name));
	}
	return OK;
}

static void add_faults(struct survey_answer *page)
{
	const struct input *const inputs[] = {&page->entry->customer, &page->entry->at};
	static const char *const names[] = {"customer", "at"};
	for (size_t i = 0; i < COUNT_OF(inputs); i++)
		if (inputs[i]->error.key) page->faults.v[page->faults.n++] = (struct form_fault){str_of(names[i]), inputs[i]->error};
}

static bool is_channel(str name)
{
	return str_eq(name, str_of(CHANNELS[0])) || str_eq(name, str_of(CHANNELS[1]));
}

enum err survey_entry_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey *s = ARENA_NEW(&op->arena, struct survey);
	struct survey_sent in = {.submission = STR_NONE};
	struct sitting x;
	int64_t time_ms;
	bool full;
	TRY(web_input(op, w, &SURVEY_SENT_DESC, &in));
	TRY(open_one(op, w, s, &x));
	if (!is_channel(in.channel)) return fail(op, ERR_INVALID, "channel", "is phone or paper");
	if (survey__is_submission(in.submission)) x.submission = in.submission;
	struct survey_entry *e = entry_of(op, s, &in);
	TRY(read_entry(&x, &in, e, &time_ms));
	survey__take(&x, &in);
	bool is_wrong = e->customer.error.key || e->at.error.key;
	struct survey_answer *again = is_wrong ? survey__draw(&x, 0, w->path) : survey__go(&x, &in, w->path);
	if (again) {
		again->entry = e;
		add_faults(again);
		if (!again->faults.n) return answer_with(a, &SURVEY_ANSWER_DESC, again);
		return w->wants_json ? fail(op, ERR_INVALID, str_c(&op->arena, again->faults.v[0].field), "%.*s", STR_ARG(i18n_pattern(lang_find(S("en")), str_of(again->faults.v[0].text.key)))) : answer_refused(op, a, &SURVEY_ANSWER_DESC, again);
	}
	TRY(survey__is_full(&x, &full));
	if (full) return fail(op, ERR_GONE, "", "the quota of this answer is full");
	TRY(survey__keep(&x, time_ms, in.channel));
	TRY(audit_write(op, "survey_entered", x.customer ? "customer" : "survey", x.customer ? x.customer : s->id, STR_NONE, s->name));
	a->notice = msg_of("notice_survey_entered");
	return answer_redirect(a, w->path);
}
