/* invite_api.c: the pages of whoever asks: the funnel of a survey, its plans, and what a plan would do if it ran now. */
#include <stdlib.h>

#include "consent/consent.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "http/faults.h"
#include "invite/invite_inner.h"
#include "mail/mail.h"
#include "op/app.h"
#include "segment/segment.h"
#include "setting/setting.h"
#include "sms/sms.h"

enum { TRIED = 200, SHOWN = 50, HOUR_MS = 3600000, CONDITION_BYTES = 60000 };

static str address_of(struct op *op, id survey, id plan)
{
	str shown = id_show(&op->arena, S("sur"), survey);
	return plan ? str_fmt(&op->arena, "/surveys/%.*s/plans/%s", STR_ARG(shown), id_show(&op->arena, S("pla"), plan).p) : str_fmt(&op->arena, "/surveys/%.*s/invitations", STR_ARG(shown));
}

static str channel_name(struct op *op, str channel)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "contact_channel_%.*s", STR_ARG(channel)));
}

/* ---- a plan as a row ---- */

struct plan_row {
	id id;
	str address, made_by;
	int state;
	bool is_running, is_paused;
	struct msg text;
	int64_t found, sent, done, next_at;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(plan_row, id, DESC_ID, .prefix = "pla"),
	FIELD(plan_row, address, DESC_STR),
	FIELD(plan_row, state, DESC_ENUM, .names = INVITE_PLAN_STATES, .prefix = "invite_plan"),
	FIELD(plan_row, is_running, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(plan_row, is_paused, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(plan_row, text, DESC_MSG),
	FIELD(plan_row, found, DESC_INT),
	FIELD(plan_row, sent, DESC_INT),
	FIELD(plan_row, done, DESC_INT),
	FIELD(plan_row, next_at, DESC_TIME),
	FIELD(plan_row, made_by, DESC_STR),
};
static const struct desc ROW_DESC = DESC(plan_row, ROW_FIELDS);

static enum err plan_text(struct op *op, const struct invite_plan *p, struct msg *out)
{
	struct segment segment = {.name = S("–")};
	if (p->kind == INVITE_AFTER) {
		*out = msg_str(p->condition_json.n ? "invite_text_after_if" : "invite_text_after", "event", p->event);
		msg_add(out, (struct msg_arg){.name = "hours", .type = MSG_INT, .i = p->delay_ms / HOUR_MS});
	} else {
		if (segment_get(op, p->segment, &segment) != OK) fault_clear(&op->fault);
		*out = msg_str(p->every_days ? "invite_text_sample_every" : "invite_text_sample", "segment", segment.name);
		msg_add(out, (struct msg_arg){.name = "percent", .type = MSG_INT, .i = p->percent ? p->percent : 100});
		msg_add(out, (struct msg_arg){.name = "size", .type = MSG_INT, .i = p->size});
		msg_add(out, (struct msg_arg){.name = "days", .type = MSG_INT, .i = p->every_days});
	}
	msg_add(out, (struct msg_arg){.name = "channel", .type = MSG_STR, .s = channel_name(op, p->channel)});
	return OK;
}

static enum err row_of(struct op *op, const struct invite_plan *p, struct plan_row *x)
{
	struct db_rows counts;
	TRY(op_query(op, SQL_invite_of_plan, DB_ARGS(db_id(p->id)), &counts));
	*x = (struct plan_row){.id = p->id, .address = address_of(op, p->survey, p->id), .made_by = p->made_by, .state = p->state, .is_running = p->state == INVITE_RUNNING, .is_paused = p->state == INVITE_PAUSED,
	                       .found = db_rows_int(&counts, 0, 0), .sent = db_rows_int(&counts, 0, 1), .done = db_rows_int(&counts, 0, 2), .next_at = p->state == INVITE_RUNNING ? p->next_at : DESC_NULL_INT};
	return plan_text(op, p, &x->text);
}

/* ---- the page of a survey's invites ---- */

struct invites {
	str survey, name, action, plans_action;
	bool is_ready, may_ask, may_plan;
	struct msg why_not;
	struct survey_funnel funnel;
	LIST_OF(struct plan_row) plans;
	LIST_OF(struct sms_text) sms_texts;
	struct input customer, event, condition, delay_hours, size, percent, every_days;
	LIST_OF(struct option) kinds, channels, purposes, abouts, segments;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field SMS_TEXT_FIELDS[] = {
	FIELD(sms_text, lang, DESC_STR),
	FIELD(sms_text, dir, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(sms_text, text, DESC_STR),
	FIELD(sms_text, encoding, DESC_STR, .doc = "GSM-7 or UCS-2"),
	FIELD(sms_text, units, DESC_INT),
	FIELD(sms_text, segments, DESC_INT),
	FIELD(sms_text, size, DESC_MSG, .flags = DESC_PAGE_ONLY),
};
static const struct desc SMS_TEXT_DESC = DESC(sms_text, SMS_TEXT_FIELDS);
static const struct desc_field INVITES_FIELDS[] = {
	FIELD(invites, survey, DESC_STR),
	FIELD(invites, name, DESC_STR),
	FIELD(invites, action, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(invites, plans_action, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(invites, is_ready, DESC_BOOL, .doc = "it can ask somebody by name"),
	FIELD(invites, why_not, DESC_MSG),
	FIELD(invites, may_ask, DESC_BOOL),
	FIELD(invites, may_plan, DESC_BOOL),
	FIELD(invites, funnel, DESC_STRUCT, .of = &SURVEY_FUNNEL_DESC),
	FIELD(invites, plans, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(invites, sms_texts, DESC_LIST, .item = DESC_STRUCT, .of = &SMS_TEXT_DESC),
	FIELD(invites, customer, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, event, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, condition, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, delay_hours, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, size, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, percent, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, every_days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(invites, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(invites, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(invites, purposes, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(invites, abouts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(invites, segments, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(invites, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc INVITES_DESC = DESC(invites, INVITES_FIELDS);

static const struct desc_field PLAN_INPUT_FIELDS[] = {
	FIELD(invite_plan_input, kind, DESC_STR, .max = 20, .doc = "touchpoint or sample"),
	FIELD(invite_plan_input, channel, DESC_STR, .max = 20, .doc = "email; nothing else is sent yet"),
	FIELD(invite_plan_input, purpose, DESC_STR, .max = 20, .doc = "service (about a service just given; the default) or marketing"),
	FIELD(invite_plan_input, about, DESC_STR, .max = 20, .doc = "what is open and asked about: complaint, delivery, hardship; else such customers are left in peace"),
	FIELD(invite_plan_input, event, DESC_STR, .max = 800, .doc = "name of the touchpoint"),
	FIELD(invite_plan_input, condition, DESC_STR, .max = CONDITION_BYTES, .doc = "in the language of questions, of the touchpoint and its customer"),
	FIELD(invite_plan_input, delay_hours, DESC_INT),
	FIELD(invite_plan_input, segment, DESC_STR, .max = 40),
	FIELD(invite_plan_input, size, DESC_INT, .doc = "customers a time, at most; 0: no limit"),
	FIELD(invite_plan_input, percent, DESC_INT, .doc = "of the segment"),
	FIELD(invite_plan_input, every_days, DESC_INT, .doc = "0: once"),
};
const struct desc INVITE_PLAN_INPUT_DESC = DESC(invite_plan_input, PLAN_INPUT_FIELDS);
struct invite_ask_input {
	str customer, channel;
};
static const struct desc_field ASK_INPUT_FIELDS[] = {
	FIELD(invite_ask_input, customer, DESC_STR, .max = 600, .doc = "id or identity (kind:value)"),
	FIELD(invite_ask_input, channel, DESC_STR, .max = 20, .doc = "email; nothing else is sent yet"),
};
const struct desc INVITE_ASK_INPUT_DESC = DESC(invite_ask_input, ASK_INPUT_FIELDS);

/* format: of the key of a value's words. */
static struct option *choices(struct op *op, const char *format, const char *const *values, size_t n, str chosen)
{
	struct option *v = ARENA_ARRAY(&op->arena, struct option, n);
	for (size_t i = 0; i < n; i++) {
		str value = str_of(values[i]), key = str_fmt(&op->arena, format, values[i][0] ? values[i] : "none");
		v[i] = (struct option){value, i18n_pattern(op->locale.lang, key), str_eq(value, chosen)};
	}
	return v;
}

static enum err add_segments(struct op *op, struct invites *page, str chosen)
{
	struct segment *all;
	size_t n;
	TRY(segment_all(op, &all, &n));
	page->segments.v = ARENA_ARRAY(&op->arena, struct option, n + 1);
	page->segments.v[page->segments.n++] = (struct option){S(""), S("–"), !chosen.n};
	for (size_t i = 0; i < n; i++) {
		str value = id_show(&op->arena, S("seg"), all[i].id);
		page->segments.v[page->segments.n++] = (struct option){value, all[i].name, str_eq(value, chosen)};
	}
	return OK;
}

static str number(struct op *op, int64_t n)
{
	return n == DESC_NULL_INT ? S("") : str_fmt(&op->arena, "%lld", (long long)n);
}

static enum err fill_form(struct op *op, struct invites *page, const struct invite_plan_input *in)
{
	static const char *const PURPOSES[] = {"service", "marketing"}, *const CHANNELS[] = {"email", "sms"};
	page->kinds.n = 2;
	page->kinds.v = choices(op, "invite_kind_%s", INVITE_KINDS, 2, in->kind);
	page->channels.n = sms_is_on(op->app) ? COUNT_OF(CHANNELS) : 1;
	page->channels.v = choices(op, "contact_channel_%s", CHANNELS, COUNT_OF(CHANNELS), in->channel);
	page->purposes.n = COUNT_OF(PURPOSES);
	page->purposes.v = choices(op, "purpose_%s", PURPOSES, COUNT_OF(PURPOSES), in->purpose);
	page->abouts.n = CONTACT_HOLD_COUNT;
	page->abouts.v = choices(op, "invite_about_%s", CONTACT_HOLDS, CONTACT_HOLD_COUNT, in->about);
	page->event.value = in->event;
	page->condition.value = in->condition;
	page->delay_hours.value = number(op, in->delay_hours);
	page->size.value = number(op, in->size);
	page->percent.value = number(op, in->percent);
	page->every_days.value = number(op, in->every_days);
	return add_segments(op, page, in->segment);
}

static const struct invite_plan_input FRESH = {.kind = {"touchpoint", 10}, .channel = {"email", 5}, .purpose = {"service", 7}, .about = {"", 0}, .event = {"", 0}, .condition = {"", 0}, .segment = {"", 0},
                                                   .delay_hours = 24, .size = 100, .percent = DESC_NULL_INT, .every_days = DESC_NULL_INT};

static enum err make_page(struct op *op, const struct survey *s, const struct invite_plan_input *in, struct invites **out)
{
	struct invites *page = ARENA_NEW(&op->arena, struct invites);
	struct invite_plan *plans;
	size_t n;
	bool is_mailed = mail_is_on(op->app) && setting_text(op, SETTING_public_address).n;
	*page = (struct invites){.survey = str_fmt(&op->arena, "/surveys/%s", id_show(&op->arena, S("sur"), s->id).p), .name = s->name, .action = address_of(op, s->id, 0)};
	page->plans_action = str_fmt(&op->arena, "%.*s/plans", STR_ARG(page->survey));
	if (s->is_anonymous) page->why_not = msg_of("invites_anonymous");
	else if (s->state != SURVEY_OPEN) page->why_not = msg_of("invites_closed");
	else if (!is_mailed && !sms_is_on(op->app)) page->why_not = msg_of("invites_no_mail");
	page->is_ready = !page->why_not.key;
	page->may_ask = page->is_ready && op_may(op, PERM_WRITE_CUSTOMERS);
	page->may_plan = !s->is_anonymous && op_may(op, PERM_WRITE_SETTINGS);
	TRY(invite__funnel(op, s->id, &page->funnel));
	if (sms_is_on(op->app) && !s->is_anonymous && s->definition.questions.n) TRY(invite__sms_texts(op, s, &page->sms_texts.v, &page->sms_texts.n));
	TRY(invite_plan_all(op, s->id, &plans, &n));
	page->plans.v = ARENA_ARRAY(&op->arena, struct plan_row, n + 1);
	for (size_t i = 0; i < n; i++) TRY(row_of(op, &plans[i], &page->plans.v[page->plans.n++]));
	*out = page;
	return fill_form(op, page, in);
}

static enum err open_survey(struct op *op, const struct web *w, struct survey *s)
{
	id survey;
	TRY(web_id(op, w, "id", "sur", &survey));
	return survey_get(op, survey, s);
}

enum err invite_list_get(struct op *op, struct web *w, struct answer *a)
{
	struct invites *page;
	struct survey s;
	TRY(open_survey(op, w, &s));
	TRY(make_page(op, &s, &FRESH, &page));
	a->topics[a->n_topics++] = S("invites");
	return answer_with(a, &INVITES_DESC, page);
}

static enum err refuse(struct op *op, struct answer *a, const struct survey *s, const struct invite_plan_input *in, str customer)
{
	struct invites *page;
	size_t n;
	struct form_fault *faults = web_faults(op, &n);
	fault_clear(&op->fault);
	TRY(make_page(op, s, in, &page));
	page->customer.value = customer;
	page->faults.v = faults;
	page->faults.n = n;
	return answer_refused(op, a, &INVITES_DESC, page);
}

enum err invite_ask_post(struct op *op, struct web *w, struct answer *a)
{
	struct invite_ask_input in;
	struct survey s;
	id customer = 0;
	TRY(open_survey(op, w, &s));
	TRY(web_input(op, w, &INVITE_ASK_INPUT_DESC, &in));
	TRY(customer_by_identity(op, in.customer, &customer));
	if (in.channel.n && !invite__is_channel(in.channel)) return fail(op, ERR_INVALID, "channel", "is email or sms");
	enum err e = customer ? invite_by_hand(op, &s, customer, invite__channel(in.channel)) : fail(op, ERR_INVALID, "customer", "there is no such customer");
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, a, &s, &FRESH, in.customer);
	TRY(e);
	a->notice = msg_of("notice_invite_made");
	return answer_redirect(a, address_of(op, s.id, 0));
}

static int64_t given(int64_t n)
{
	return n == DESC_NULL_INT ? 0 : n;
}

static str text_or(str text, str preset)
{
	return str_given(text) && text.n ? str_trim(text) : preset;
}

struct invite_plan_input invite_plan_write(struct op *op, const struct invite_plan *p)
{
	bool is_sample = p->kind == INVITE_SAMPLE;
	return (struct invite_plan_input){.kind = str_of(INVITE_KINDS[p->kind]), .channel = p->channel, .purpose = p->purpose == PURPOSE_MARKETING ? S("marketing") : S("service"), .about = p->about, .event = p->event,
	                                  .condition = str_given(p->condition_json) ? p->condition_json : S(""), .segment = is_sample ? id_show(&op->arena, S("seg"), p->segment) : S(""), .delay_hours = p->delay_ms / HOUR_MS,
	                                  .size = p->size, .percent = p->percent, .every_days = p->every_days};
}

struct invite_plan invite_plan_read(const struct survey *s, const struct invite_plan_input *in)
{
	struct invite_plan p = {.survey = s->id, .kind = str_eq(in->kind, S("sample")) ? INVITE_SAMPLE : INVITE_AFTER, .channel = text_or(in->channel, S("email")), .about = text_or(in->about, S("")),
	                            .event = text_or(in->event, S("")), .condition_json = text_or(in->condition, S("")), .delay_ms = given(in->delay_hours) * HOUR_MS, .size = given(in->size), .percent = given(in->percent),
	                            .every_days = given(in->every_days), .survey_name = s->name};
	str purpose = text_or(in->purpose, S("service"));
	p.purpose = str_eq(purpose, S("service")) ? PURPOSE_SERVICE : str_eq(purpose, S("marketing")) ? PURPOSE_MARKETING : PURPOSE_ANALYTICS;
	if (in->segment.n && !id_read(S("seg"), in->segment, &p.segment)) p.segment = 0;
	return p;
}

enum err invite_plan_post(struct op *op, struct web *w, struct answer *a)
{
	struct invite_plan_input in = FRESH;
	struct survey s;
	TRY(open_survey(op, w, &s));
	if (s.is_anonymous) return fail(op, ERR_STATE, "", "an anonymous survey asks nobody by name");
	enum err e = web_input(op, w, &INVITE_PLAN_INPUT_DESC, &in);
	struct invite_plan p = invite_plan_read(&s, &in);
	if (e == OK) e = invite_plan_add(op, &p);
	if (e == ERR_INVALID && !w->wants_json) return refuse(op, a, &s, &in, S(""));
	TRY(e);
	a->notice = msg_of("notice_invite_plan");
	return answer_redirect(a, address_of(op, s.id, p.id));
}

/* ---- a plan: what it would do ---- */

struct tried_customer {
	str person, address, reason;
	struct msg name;
	int64_t wait_until;
};
struct tried_reason {
	str reason;
	struct msg name;
	int64_t customers;
};
struct plan_page {
	struct plan_row plan;
	str survey, survey_name, start, pause, stop, condition;
	bool may_start, may_pause, may_stop;
	struct msg finding;
	int64_t eligible, tried;
	LIST_OF(struct tried_reason) reasons;
	LIST_OF(struct tried_customer) rows;
};
static const struct desc_field TRIED_FIELDS[] = {
	FIELD(tried_customer, person, DESC_STR),
	FIELD(tried_customer, address, DESC_STR),
	FIELD(tried_customer, reason, DESC_STR, .doc = "of tables/contact_reasons.def; empty: would be asked"),
	FIELD(tried_customer, name, DESC_MSG),
	FIELD(tried_customer, wait_until, DESC_TIME, .doc = "it would be sent then"),
};
static const struct desc TRIED_DESC = DESC(tried_customer, TRIED_FIELDS);
static const struct desc_field TRIED_REASON_FIELDS[] = {
	FIELD(tried_reason, reason, DESC_STR),
	FIELD(tried_reason, name, DESC_MSG),
	FIELD(tried_reason, customers, DESC_INT),
};
static const struct desc TRIED_REASON_DESC = DESC(tried_reason, TRIED_REASON_FIELDS);
static const struct desc_field PLAN_PAGE_FIELDS[] = {
	FIELD(plan_page, plan, DESC_STRUCT, .of = &ROW_DESC),
	FIELD(plan_page, survey, DESC_STR),
	FIELD(plan_page, survey_name, DESC_STR),
	FIELD(plan_page, condition, DESC_STR, .flags = DESC_OMIT),
	FIELD(plan_page, start, DESC_STR),
	FIELD(plan_page, pause, DESC_STR),
	FIELD(plan_page, stop, DESC_STR),
	FIELD(plan_page, may_start, DESC_BOOL),
	FIELD(plan_page, may_pause, DESC_BOOL),
	FIELD(plan_page, may_stop, DESC_BOOL),
	FIELD(plan_page, finding, DESC_MSG),
	FIELD(plan_page, eligible, DESC_INT, .doc = "whom it would find: of the last 30 days, or of the segment now"),
	FIELD(plan_page, tried, DESC_INT, .doc = "how many of these were judged here"),
	FIELD(plan_page, reasons, DESC_LIST, .item = DESC_STRUCT, .of = &TRIED_REASON_DESC),
	FIELD(plan_page, rows, DESC_LIST, .item = DESC_STRUCT, .of = &TRIED_DESC),
};
const struct desc INVITE_PLAN_PAGE_DESC = DESC(plan_page, PLAN_PAGE_FIELDS);

static struct msg reason_name(struct op *op, enum contact_reason reason)
{
	return msg_of(reason ? str_c(&op->arena, str_fmt(&op->arena, "contact_reason_%s", CONTACT_REASONS[reason])) : "invite_would_ask");
}

static enum err try_one(struct op *op, const struct invite_plan *p, const struct survey *s, const struct contact_policy *policy, id customer, struct plan_page *page, int64_t counts[])
{
	struct contact_verdict verdict;
	struct customer_row row;
	uint32_t number;
	if (!people_find(op->app->people, customer, &number)) return OK;
	struct contact_ask ask = invite__ask(p, s, customer, invite__channel(p->channel), op->now_ms);
	TRY(contact_judge(op, policy, &ask, &verdict));
	counts[verdict.reason]++;
	page->tried++;
	if (page->rows.n >= SHOWN) return OK;
	TRY(customer_row_get(op, customer, STR_NONE, &row));
	page->rows.v[page->rows.n++] = (struct tried_customer){row.name.n ? row.name : row.identity, row.address, str_of(CONTACT_REASONS[verdict.reason]), reason_name(op, verdict.reason),
	                                                       verdict.wait_until_ms ? verdict.wait_until_ms : DESC_NULL_INT};
	return OK;
}

static enum err try_plan(struct op *op, const struct invite_plan *p, const struct survey *s, struct plan_page *page)
{
	int64_t counts[CONTACT_REASON_COUNT] = {0};
	struct contact_policy policy;
	id *customers;
	size_t n;
	TRY(contact_policy_get(op, &policy));
	TRY(invite_candidates(op, p, TRIED, &customers, &n, &page->eligible));
	page->rows.v = ARENA_ARRAY(&op->arena, struct tried_customer, SHOWN);
	for (size_t i = 0; i < n; i++) TRY(try_one(op, p, s, &policy, customers[i], page, counts));
	page->reasons.v = ARENA_ARRAY(&op->arena, struct tried_reason, CONTACT_REASON_COUNT);
	for (int i = 0; i < CONTACT_REASON_COUNT; i++)
		if (counts[i]) page->reasons.v[page->reasons.n++] = (struct tried_reason){str_of(CONTACT_REASONS[i]), reason_name(op, (enum contact_reason)i), counts[i]};
	page->finding = msg_int(p->kind == INVITE_AFTER ? "invite_try_after" : "invite_try_sample", "eligible", page->eligible);
	msg_add(&page->finding, (struct msg_arg){.name = "tried", .type = MSG_INT, .i = page->tried});
	msg_add(&page->finding, (struct msg_arg){.name = "asked", .type = MSG_INT, .i = counts[CONTACT_MAY]});
	return OK;
}

static enum err open_plan(struct op *op, const struct web *w, struct survey *s, struct invite_plan *p)
{
	id plan;
	TRY(open_survey(op, w, s));
	TRY(web_id(op, w, "plan", "pla", &plan));
	TRY(invite_plan_get(op, plan, p));
	return p->survey == s->id ? OK : fail(op, ERR_NOT_FOUND, "plan", "there is no such plan");
}

enum err invite_plan_get_page(struct op *op, struct web *w, struct answer *a)
{
	struct plan_page *page = ARENA_NEW(&op->arena, struct plan_page);
	struct invite_plan p;
	struct survey s;
	TRY(open_plan(op, w, &s, &p));
	TRY(row_of(op, &p, &page->plan));
	page->survey = address_of(op, s.id, 0);
	page->survey_name = s.name;
	page->condition = p.condition_json.n ? p.condition_json : STR_NONE;
	bool may = op_may(op, PERM_WRITE_SETTINGS);
	page->may_start = may && p.state == INVITE_PAUSED;
	page->may_pause = may && p.state == INVITE_RUNNING;
	page->may_stop = may && p.state != INVITE_STOPPED;
	page->start = str_fmt(&op->arena, "%.*s/start", STR_ARG(page->plan.address));
	page->pause = str_fmt(&op->arena, "%.*s/pause", STR_ARG(page->plan.address));
	page->stop = str_fmt(&op->arena, "%.*s/stop", STR_ARG(page->plan.address));
	if (p.state != INVITE_STOPPED) TRY(try_plan(op, &p, &s, page));
	return answer_with(a, &INVITE_PLAN_PAGE_DESC, page);
}

static enum err set_state(struct op *op, struct web *w, struct answer *a, enum invite_plan_state state, const char *notice)
{
	struct invite_plan p;
	struct survey s;
	TRY(open_plan(op, w, &s, &p));
	TRY(invite_plan_set_state(op, p.id, state));
	a->notice = msg_of(notice);
	return answer_redirect(a, address_of(op, s.id, p.id));
}

enum err invite_start_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, INVITE_RUNNING, "notice_invite_started");
}

enum err invite_pause_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, INVITE_PAUSED, "notice_invite_paused");
}

enum err invite_stop_post(struct op *op, struct web *w, struct answer *a)
{
	return set_state(op, w, a, INVITE_STOPPED, "notice_invite_stopped");
}

/* ---- the customers behind a step ---- */

struct invited {
	str person, address, reason;
	int state;
	struct msg why;
	int64_t made_at, due_at, sent_at, delivered_at, opened_at, started_at, done_at;
};
struct invite_list {
	str survey, name;
	struct msg finding;
	LIST_OF(struct invited) rows;
};
static const struct desc_field INVITED_FIELDS[] = {
	FIELD(invited, person, DESC_STR),
	FIELD(invited, address, DESC_STR),
	FIELD(invited, state, DESC_ENUM, .names = INVITE_STATES, .prefix = "invite_state"),
	FIELD(invited, reason, DESC_STR),
	FIELD(invited, why, DESC_MSG),
	FIELD(invited, made_at, DESC_TIME),
	FIELD(invited, due_at, DESC_TIME, .doc = "of one that waits"),
	FIELD(invited, sent_at, DESC_TIME),
	FIELD(invited, delivered_at, DESC_TIME),
	FIELD(invited, opened_at, DESC_TIME),
	FIELD(invited, started_at, DESC_TIME),
	FIELD(invited, done_at, DESC_TIME),
};
static const struct desc INVITED_DESC = DESC(invited, INVITED_FIELDS);
static const struct desc_field LIST_FIELDS[] = {
	FIELD(invite_list, survey, DESC_STR),
	FIELD(invite_list, name, DESC_STR),
	FIELD(invite_list, finding, DESC_MSG),
	FIELD(invite_list, rows, DESC_LIST, .item = DESC_STRUCT, .of = &INVITED_DESC, .doc = "the latest 200"),
};
const struct desc INVITE_LIST_DESC = DESC(invite_list, LIST_FIELDS);

static struct invited invited_of(struct op *op, const struct db_rows *r, size_t i)
{
	enum { ID, CHANNEL, STATE, REASON, DUE, MADE, SENT, DELIVERED, OPENED, STARTED, DONE, CUSTOMER, PERSON };
	id customer = db_rows_id(r, i, CUSTOMER);
	str reason = db_rows_text(r, i, REASON);
	struct invited x = {.person = db_rows_text(r, i, PERSON), .address = customer ? customer_address(op, customer) : STR_NONE, .reason = reason, .state = (int)db_rows_int(r, i, STATE),
	                    .made_at = db_rows_int(r, i, MADE), .due_at = DESC_NULL_INT, .sent_at = db_rows_int(r, i, SENT), .delivered_at = db_rows_int(r, i, DELIVERED), .opened_at = db_rows_int(r, i, OPENED),
	                    .started_at = db_rows_int(r, i, STARTED), .done_at = db_rows_int(r, i, DONE)};
	if (x.state == INVITE_WAITING) x.due_at = db_rows_int(r, i, DUE);
	if (reason.n) x.why = msg_of(str_c(&op->arena, str_fmt(&op->arena, "contact_reason_%.*s", STR_ARG(reason))));
	return x;
}

enum err invite_customers_get(struct op *op, struct web *w, struct answer *a)
{
	static const char *const STEPS[] = {"", "waiting", "sent", "delivered", "opened", "started", "done", "skipped"};
	struct invite_list *page = ARENA_NEW(&op->arena, struct invite_list);
	struct survey s;
	struct db_rows rows;
	size_t step = 0;
	str wanted = web_query(w, "step"), reason = web_query(w, "reason");
	TRY(open_survey(op, w, &s));
	while (wanted.n && step < COUNT_OF(STEPS) && !str_eq(wanted, str_of(STEPS[step]))) step++;
	if (step == COUNT_OF(STEPS)) return fail(op, ERR_INVALID, "step", "is waiting, sent, delivered, opened, started, done or skipped");
	if (reason.n && !step) step = 7;
	TRY(op_query(op, SQL_invite_list, DB_ARGS(db_id(s.id), db_int((int64_t)step), db_text(reason.n ? reason : S(""))), &rows));
	page->survey = address_of(op, s.id, 0);
	page->name = s.name;
	page->finding = msg_int("invite_customers", "n", (int64_t)rows.n);
	page->rows.v = ARENA_ARRAY(&op->arena, struct invited, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) page->rows.v[page->rows.n++] = invited_of(op, &rows, i);
	return answer_with(a, &INVITE_LIST_DESC, page);
}

/* ---- how far somebody came ---- */

/* A page in a browser with script says so: programs that scan mail load pages and say nothing. */
enum err invite_step_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link link;
	str step = web_parameter(w, "step");
	bool is_started = str_eq(step, S("started"));
	if (!is_started && !str_eq(step, S("opened"))) return fail(op, ERR_NOT_FOUND, "step", "is opened or started");
	TRY(survey_link_read(op, web_parameter(w, "token"), &link));
	a->status = 204;
	a->text = S("");
	a->content_type = S("text/plain; charset=utf-8");
	if (!link.customer) return OK;
	return invite_reached(op, link.survey, link.submission, is_started ? INVITE_STARTED : INVITE_OPENED);
}
