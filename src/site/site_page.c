/* site_page.c: what a page of a site asks for: what is shown on it, whether now, and the survey's own page in a frame. The page stands on
 * another origin, so the answers say whether they may be read there; no cookie is looked at, so nothing is read in anybody's name.
 * Where the page is, and what its visitor did on it, is judged in the browser and told to nobody. */
#include <sodium.h>

#include "chat/chat.h"
#include "customer/customer.h"
#include "http/metrics.h"
#include "i18n/i18n.h"
#include "invite/invite.h"
#include "setting/setting.h"
#include "site/site.h"

struct shown_survey {
	id survey;
	int kind, starts;
	str places, event;
	int64_t scroll_pct, delay_s, gap_days;
};
struct site_page {
	str lang, dir, title, opened, close;
	str chat, chat_title, chat_unread; /* absent: none is offered */
	LIST_OF(struct shown_survey) surveys;
};
static const struct desc_field SHOWN_FIELDS[] = {
	FIELD(shown_survey, survey, DESC_ID, .prefix = "sur"),
	FIELD(shown_survey, kind, DESC_ENUM, .names = SITE_KINDS),
	FIELD(shown_survey, places, DESC_STR, .doc = "patterns of paths, a line each; empty: everywhere"),
	FIELD(shown_survey, starts, DESC_ENUM, .names = SITE_STARTS),
	FIELD(shown_survey, event, DESC_STR),
	FIELD(shown_survey, scroll_pct, DESC_INT),
	FIELD(shown_survey, delay_s, DESC_INT),
	FIELD(shown_survey, gap_days, DESC_INT),
};
static const struct desc SHOWN_DESC = DESC(shown_survey, SHOWN_FIELDS);
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(site_page, lang, DESC_STR),
	FIELD(site_page, dir, DESC_STR),
	FIELD(site_page, title, DESC_STR, .doc = "words around a survey, in the page's language"),
	FIELD(site_page, opened, DESC_STR),
	FIELD(site_page, close, DESC_STR),
	FIELD(site_page, chat, DESC_STR, .doc = "what the button of the chat says; null: none is offered"),
	FIELD(site_page, chat_title, DESC_STR),
	FIELD(site_page, chat_unread, DESC_STR),
	FIELD(site_page, surveys, DESC_LIST, .item = DESC_STRUCT, .of = &SHOWN_DESC),
};
const struct desc SITE_PAGE_DESC = DESC(site_page, PAGE_FIELDS);

struct site_ask {
	str survey, user, proof;
};
static const struct desc_field ASK_FIELDS[] = {
	FIELD(site_ask, survey, DESC_STR, .max = 40),
	FIELD(site_ask, user, DESC_STR, .max = 200, .doc = "the visitor's user id, when the site knows it"),
	FIELD(site_ask, proof, DESC_STR, .max = 64, .doc = "hex of HMAC-SHA256 of it by the site's secret"),
};
const struct desc SITE_ASK_DESC = DESC(site_ask, ASK_FIELDS);
struct site_asked {
	str path;
};
static const struct desc_field ASKED_FIELDS[] = {
	FIELD(site_asked, path, DESC_STR, .doc = "of the page to be framed; null: it is not shown now"),
};
const struct desc SITE_ASKED_DESC = DESC(site_asked, ASKED_FIELDS);

/* ---- which site, and whether this page is one of its ---- */

static bool is_our_own(struct op *op, const struct web *w, str origin)
{
	return str_eq(origin, web_origin(op, w)) || str_eq(origin, setting_text(op, SETTING_public_address));
}

enum err site_admit(struct op *op, const struct web *w, const struct site *s)
{
	str origin = http_header(w->rq, "Origin");
	if (!origin.n || is_our_own(op, w, origin) || site_has_origin(s->origins, origin)) return OK;
	metrics_add(COUNTER_SITES_REFUSED, 1);
	return fail(op, ERR_DENIED, "origin", "%.*s is not among the addresses of this site: add it in Hospes, in the settings under Web sites", STR_ARG(origin));
}

/* A refusal may be read too, so that the script can say why. A request without an Origin comes from no page of another site. */
static enum err open_site(struct op *op, const struct web *w, struct site *s)
{
	str origin = http_header(w->rq, "Origin");
	id site;
	if (origin.n && !str_eq(origin, S("null"))) http_set_header(w->rq, "Access-Control-Allow-Origin", origin);
	TRY(web_id(op, w, "site", "sit", &site));
	TRY(site_get(op, site, s));
	return site_admit(op, w, s);
}

enum err site_page_get(struct op *op, struct web *w, struct answer *a)
{
	struct site_page *page = ARENA_NEW(&op->arena, struct site_page);
	struct site_showing *shown;
	struct chat_site chat;
	struct site s;
	size_t n;
	TRY(open_site(op, w, &s));
	TRY(chat_site_get(op, s.id, &chat));
	TRY(site_showings(op, s.id, &shown, &n));
	const struct lang *lang = op->locale.lang;
	*page = (struct site_page){.lang = lang_code(lang), .dir = lang_is_rtl(lang) ? S("rtl") : S("ltr"), .opened = i18n_pattern(lang, S("site_opened")), .close = i18n_pattern(lang, S("site_close"))};
	page->title = i18n_pattern(lang, S("site_popup_title"));
	page->chat = chat.is_on ? i18n_pattern(lang, S("chat_button")) : STR_NONE;
	page->chat_title = i18n_pattern(lang, S("chat_title"));
	page->chat_unread = i18n_pattern(lang, S("chat_unread"));
	page->surveys.v = ARENA_ARRAY(&op->arena, struct shown_survey, n + 1);
	for (size_t i = 0; i < n; i++)
		page->surveys.v[page->surveys.n++] = (struct shown_survey){shown[i].survey, shown[i].kind, shown[i].starts, shown[i].places, shown[i].event, shown[i].scroll_pct, shown[i].delay_s, shown[i].gap_days};
	return answer_with(a, &SITE_PAGE_DESC, page);
}

/* ---- whether now ---- */

static enum err find_customer(struct op *op, const struct site *s, const struct site_ask *in, id *customer)
{
	*customer = 0;
	if (!in->user.n) return OK;
	str right = site_proof(op, s->id, in->user);
	if (in->proof.n != right.n || sodium_memcmp(in->proof.p, right.p, right.n) != 0) return fail(op, ERR_DENIED, "proof", "does not prove this user: it is HMAC-SHA256 of the user's id by the site's secret, in hex");
	return customer_by_identity(op, str_fmt(&op->arena, "user_id:%.*s", STR_ARG(in->user)), customer);
}

static enum err find_showing(struct op *op, const struct site *s, str named, struct survey *survey, struct site_showing *p)
{
	id of;
	bool has = false;
	if (id_read(S("sur"), named, &of)) TRY(site_showing_get(op, of, p, &has));
	if (!has || !p->is_on || p->site != s->id) return fail(op, ERR_NOT_FOUND, "survey", "is not shown on this site");
	return survey_get(op, of, survey);
}

enum err site_ask_post(struct op *op, struct web *w, struct answer *a)
{
	struct site_asked *asked = ARENA_NEW(&op->arena, struct site_asked);
	struct site_ask in;
	struct site_showing p;
	struct site s;
	struct survey survey;
	id customer;
	bool flooded = false;
	str path = STR_NONE;
	TRY(open_site(op, w, &s));
	TRY(web_input(op, w, &SITE_ASK_DESC, &in));
	TRY(find_showing(op, &s, in.survey, &survey, &p));
	TRY(find_customer(op, &s, &in, &customer));
	if (survey.state == SURVEY_OPEN && (!customer || survey.is_anonymous)) TRY(survey_count_flood(op, w, survey.id, SURVEY_FLOOD_ASKED, &flooded));
	if (flooded) return fail(op, ERR_RATE, "survey", "is asked for too often from this address");
	if (survey.state == SURVEY_OPEN) TRY(invite_on_site(op, &survey, &(struct invite_visit){customer, p.percent, p.gap_days}, &path));
	asked->path = str_given(path) ? str_fmt(&op->arena, "/site/%.*s%.*s", STR_ARG(id_show(&op->arena, S("sit"), s.id)), STR_ARG(path)) : STR_NONE;
	return answer_with(a, &SITE_ASKED_DESC, asked);
}

/* ---- the survey itself ---- */

void site_set_framed(struct op *op, const struct web *w, const struct site *s)
{
	struct buf b;
	buf_init(&b, s->origins.n + 1);
	for (size_t i = 0; i < s->origins.n; i++) buf_byte(&b, s->origins.p[i] == '\n' ? ' ' : s->origins.p[i]);
	http_set_framed_by(w->rq, str_dup(&op->arena, buf_str(&b)));
	buf_release(&b);
}

static enum err open_frame(struct op *op, const struct web *w)
{
	struct site s;
	id site;
	TRY(web_id(op, w, "site", "sit", &site));
	TRY(site_get(op, site, &s));
	site_set_framed(op, w, &s);
	return OK;
}

enum err site_frame_get(struct op *op, struct web *w, struct answer *a)
{
	TRY(open_frame(op, w));
	a->page = "site/frame";
	return survey_answer_get(op, w, a);
}

enum err site_frame_post(struct op *op, struct web *w, struct answer *a)
{
	TRY(open_frame(op, w));
	a->page = "site/frame";
	return survey_answer_post(op, w, a);
}

/* A flood of steps is not counted, and not told either: nobody waits for the answer. */
enum err site_step_post(struct op *op, struct web *w, struct answer *a)
{
	struct survey_link link;
	bool flooded, has_started = str_eq(web_parameter(w, "step"), S("started"));
	TRY(open_frame(op, w));
	TRY(invite_step_post(op, w, a));
	TRY(survey_link_read(op, web_parameter(w, "token"), &link));
	if (link.customer) return OK;
	TRY(survey_count_flood(op, w, link.survey, has_started ? SURVEY_FLOOD_STARTED : SURVEY_FLOOD_OPENED, &flooded));
	return flooded ? OK : invite_visitor_reached(op, link.survey, has_started ? INVITE_STARTED : INVITE_OPENED);
}
