/* survey_answer.c: the page of those who are asked. It works without JavaScript: each page is a form that carries what the pages before
 * took; a submission bears an id from the moment that its first page is drawn, so that sending it again changes nothing. */
#include "customer/customer.h"
#include "i18n/i18n.h"
#include "invite/invite.h"
#include "json/json.h"
#include "op/app.h"
#include "survey/survey_inner.h"

/* What is said instead of questions. */
static const struct saying {
	const char *state, *heading, *text;
	int status;
} SAYINGS[] = {
	{"unknown", "survey", "survey_unknown", 404},       {"thanks", "survey_thanks", "survey_thanks_text", 200}, {"answered", "survey", "survey_answered", 200},
	{"expired", "survey", "survey_expired", 410},       {"closed", "survey", "survey_closed", 410},            {"early", "survey", "survey_early", 404},
	{"by_link", "survey", "survey_by_link", 403},
	{"full", "survey_full", "survey_full_text", 200},   {"flooded", "survey_flooded", "survey_flooded_text", 429},
};

static const struct saying *saying_of(const char *state)
{
	const struct saying *x = SAYINGS;
	while (!str_eq(str_of(x->state), str_of(state))) x++;
	return x;
}

struct survey_answer *survey__said_instead(struct op *op, const char *state)
{
	struct survey_answer *page = ARENA_NEW(&op->arena, struct survey_answer);
	const struct saying *x = saying_of(state);
	*page = (struct survey_answer){.state = str_of(state), .heading = msg_of(x->heading), .saying = msg_of(x->text), .action = STR_NONE, .submission = STR_NONE};
	return page;
}

static enum err say(struct op *op, struct answer *a, const struct survey *s, const char *state)
{
	struct survey_answer *page = survey__said_instead(op, state);
	if (str_eq(page->state, S("early"))) msg_add(&page->saying, (struct msg_arg){.name = "day", .type = MSG_DATE, .i = s->definition.opens_on});
	a->status = saying_of(state)->status;
	fault_clear(&op->fault);
	return answer_with(a, &SURVEY_ANSWER_DESC, page);
}

/* ---- who may answer ---- */

static enum err was_taken(struct op *op, const struct survey_link *link, bool *taken)
{
	struct db_rows rows;
	*taken = false;
	if (str_given(link->ticket)) return survey__ticket_used(op, link->survey, link->ticket, taken);
	if (!str_given(link->submission)) return OK;
	TRY(op_query(op, SQL_survey_submission_is, DB_ARGS(db_id(link->survey), db_text(link->submission)), &rows));
	*taken = db_rows_int(&rows, 0, 0) > 0;
	return OK;
}

/* The profile may have been joined with another since the link was made; false: it was erased. */
static bool find_customer(struct op *op, struct survey_link *link)
{
	uint32_t number;
	id into;
	bool is_there = customer_open(op, link->customer, &number, &into) == OK;
	if (is_there && into) link->customer = into;
	return is_there;
}

/* *refusal: what is said instead of the questions; NULL when they may be asked. */
static enum err open_link(struct op *op, const struct web *w, struct survey_link *link, struct survey *s, struct survey_group *group, const char **refusal)
{
	bool taken;
	*refusal = "unknown";
	enum err e = survey_link_read(op, web_parameter(w, "token"), link);
	if (e == OK) e = survey_get(op, link->survey, s);
	if (e == ERR_NOT_FOUND) return OK;
	TRY(e);
	if (link->customer && !find_customer(op, link)) return OK;
	if (link->group) {
		e = survey__group(op, s->id, link->group, group);
		if (e == ERR_NOT_FOUND) return OK;
		TRY(e);
	}
	TRY(was_taken(op, link, &taken));
	if (survey__is_trial(op, w)) {
		*refusal = NULL;
		return OK;
	}
	bool is_own = link->customer || str_given(link->ticket), is_barred = s->definition.access == SURVEY_BY_OWN_LINKS && !is_own;
	bool is_unfit = s->state == SURVEY_DRAFT || (s->is_anonymous && link->customer);
	*refusal = is_unfit ? "unknown" : taken ? "answered" : s->state == SURVEY_CLOSED ? "closed" : link->expires_ms <= op->now_ms ? "expired" : is_barred ? "by_link" : survey__when(op, s);
	return OK;
}

/* How somebody answers by a link. */
static enum err sit(struct op *op, const struct web *w, const struct survey *s, const struct survey_link *link, const struct survey_group *group, str submission, struct sitting *x)
{
	*x = (struct sitting){.op = op, .s = s, .lang = survey__language(s, op->locale.lang), .mode = SURVEY_BY_LINK, .customer = link->customer, .ticket = link->ticket, .group = link->group ? group : NULL, .name = STR_NONE,
	                      .submission = str_given(link->submission) ? link->submission : str_given(submission) ? submission : survey__new_submission(op)};
	x->is_on_site = w->is_framed;
	if (survey__is_trial(op, w)) x->mode = SURVEY_AS_PREVIEW;
	if (link->customer) TRY(customer_called(op, link->customer, &x->name));
	return OK;
}

/* Language, theme and what the site said go along from page to page. */
static str action_of(struct op *op, const struct web *w)
{
	str query = http_query_string(w->rq);
	return w->is_framed && query.n ? str_fmt(&op->arena, "%.*s?%.*s", STR_ARG(w->path), STR_ARG(query)) : w->path;
}

/* The open link of a survey that a browser answers once. */
static bool is_once(const struct sitting *x)
{
	return x->s->definition.access == SURVEY_ONCE_A_BROWSER && !x->customer && !str_given(x->ticket) && x->mode != SURVEY_AS_PREVIEW;
}

enum err survey_answer_get(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link link;
	struct survey s;
	struct survey_group group;
	struct sitting x;
	const char *refusal;
	TRY(open_link(op, w, &link, &s, &group, &refusal));
	bool is_done = str_eq(web_query(w, "done"), S("1")) && (!refusal || str_eq(str_of(refusal), S("answered")));
	if (is_done) return say(op, a, &s, "thanks");
	if (refusal) return say(op, a, &s, refusal);
	TRY(sit(op, w, &s, &link, &group, STR_NONE, &x));
	survey__sit(&x);
	struct survey_answer *page = survey__draw(&x, 0, action_of(op, w));
	if ((link.customer || w->is_framed) && x.mode != SURVEY_AS_PREVIEW) page->steps = str_fmt(&op->arena, "%.*s/steps", STR_ARG(w->path));
	page->is_once = is_once(&x);
	/* ?a=9, as a mail's first question sends it, chooses a point and sends nothing. */
	str chosen = web_query(w, "a");
	for (size_t i = 0; chosen.n && page->questions.n && i < page->questions.v[0].points.n; i++) page->questions.v[0].points.v[i].is_selected = str_eq(page->questions.v[0].points.v[i].value, chosen);
	return answer_with(a, &SURVEY_ANSWER_DESC, page);
}

/* ---- what is answered ---- */

enum err survey_answer_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link link;
	struct survey s;
	struct survey_group group;
	struct sitting x;
	struct survey_sent in = {.submission = STR_NONE};
	const char *refusal;
	bool full, flooded = false;
	TRY(web_input(op, w, &SURVEY_SENT_DESC, &in));
	TRY(open_link(op, w, &link, &s, &group, &refusal));
	if (refusal) return say(op, a, &s, refusal);
	if (!link.customer && !survey__is_submission(in.submission)) return fail(op, ERR_INVALID, "submission", "16 to 40 letters, digits, - and _: send back what the page gave");
	TRY(sit(op, w, &s, &link, &group, in.submission, &x));
	survey__take(&x, &in);
	TRY(survey__is_full(&x, &full));
	if (full) return say(op, a, &s, "full");
	struct survey_answer *again = survey__go(&x, &in, action_of(op, w));
	if (again && again->faults.n) return w->wants_json ? fail(op, ERR_INVALID, str_c(&op->arena, again->faults.v[0].field), "%.*s", STR_ARG(i18n_pattern(lang_find(S("en")), str_of(again->faults.v[0].text.key)))) : answer_refused(op, a, &SURVEY_ANSWER_DESC, again);
	if (again) again->is_once = is_once(&x);
	if (again) return answer_with(a, &SURVEY_ANSWER_DESC, again);
	if (x.mode == SURVEY_AS_PREVIEW) return answer_redirect(a, web_address_with(op, w, "done", S("1")));
	if (!link.customer) TRY(survey_count_flood(op, w, s.id, SURVEY_FLOOD_ANSWERS, &flooded));
	if (flooded) return say(op, a, &s, "flooded");
	TRY(survey__keep(&x, op->now_ms, S("web")));
	if (link.customer) TRY(invite_reached(op, s.id, x.submission, INVITE_DONE));
	return answer_redirect(a, web_address_with(op, w, "done", S("1")));
}
