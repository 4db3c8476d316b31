/* site_showing.c: how one survey is shown on a site, and a page of ours on which that is tried. */
#include "audit/audit.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "site/site.h"
#include "survey/survey.h"

enum { EVENT_CHARACTERS = 100, PLACES_BYTES = 2000, DELAY_MOST = 3600, GAP_MOST = 365 };

struct showing_page {
	str survey, name, action, preview, script, element, state;
	bool is_on, is_shown, is_inline, may_write, has_sites;
	struct msg finding, why_not;
	LIST_OF(struct option) sites, kinds, starts;
	struct input places, event, scroll_pct, delay_s, percent, gap_days;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field PAGE_FIELDS[] = {
	FIELD(showing_page, survey, DESC_STR),
	FIELD(showing_page, name, DESC_STR),
	FIELD(showing_page, action, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(showing_page, finding, DESC_MSG),
	FIELD(showing_page, why_not, DESC_MSG),
	FIELD(showing_page, is_on, DESC_BOOL),
	FIELD(showing_page, is_shown, DESC_BOOL, .doc = "it is on, and the survey is open"),
	FIELD(showing_page, is_inline, DESC_BOOL),
	FIELD(showing_page, may_write, DESC_BOOL),
	FIELD(showing_page, has_sites, DESC_BOOL, .flags = DESC_PAGE_ONLY),
	FIELD(showing_page, preview, DESC_STR, .doc = "a page on which it is tried"),
	FIELD(showing_page, script, DESC_STR, .doc = "what is put into the pages of the site"),
	FIELD(showing_page, element, DESC_STR, .doc = "where it shall stand, when it stands in the page"),
	FIELD(showing_page, sites, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(showing_page, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(showing_page, starts, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(showing_page, places, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(showing_page, event, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(showing_page, scroll_pct, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(showing_page, delay_s, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(showing_page, percent, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(showing_page, gap_days, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(showing_page, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc SITE_SHOWING_PAGE_DESC = DESC(showing_page, PAGE_FIELDS);

struct showing_input {
	str site, kind, places, starts, event, scroll_pct, delay_s, percent, gap_days;
	bool is_on;
};
static const struct desc_field INPUT_FIELDS[] = {
	FIELD(showing_input, site, DESC_STR, .max = 40),
	FIELD(showing_input, is_on, DESC_BOOL),
	FIELD(showing_input, kind, DESC_STR, .max = 20, .doc = "popup or inline"),
	FIELD(showing_input, places, DESC_STR, .max = PLACES_BYTES, .doc = "paths, a line each, * for anything: /checkout/*; empty: everywhere"),
	FIELD(showing_input, starts, DESC_STR, .max = 20, .doc = "arrival, scroll, exit or event"),
	FIELD(showing_input, event, DESC_STR, .max = 400, .doc = "as the page names it: hospes('event', name)"),
	FIELD(showing_input, scroll_pct, DESC_STR, .max = 10, .doc = "1 to 100"),
	FIELD(showing_input, delay_s, DESC_STR, .max = 10, .doc = "seconds after that, 0 to 3600"),
	FIELD(showing_input, percent, DESC_STR, .max = 10, .doc = "share of visitors who are asked, 1 to 100"),
	FIELD(showing_input, gap_days, DESC_STR, .max = 10, .doc = "the same person again after so many days, 0 to 365"),
};
const struct desc SITE_SHOWING_INPUT_DESC = DESC(showing_input, INPUT_FIELDS);

static int index_of(const char *const *names, str name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(name, str_of(names[i]))) return i;
	return -1;
}

static str digits(struct op *op, int64_t n)
{
	return str_fmt(&op->arena, "%lld", (long long)n);
}

static void add_choices(struct op *op, const char *prefix, const char *const *names, str chosen, struct option **v, size_t *n)
{
	enum { MOST = 6 };
	*v = ARENA_ARRAY(&op->arena, struct option, MOST);
	for (*n = 0; names[*n]; (*n)++) {
		str name = str_of(names[*n]);
		(*v)[*n] = (struct option){name, i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%.*s", prefix, STR_ARG(name))), str_eq(name, chosen)};
	}
}

static struct showing_input said_of(struct op *op, const struct site_showing *p)
{
	return (struct showing_input){.site = id_show(&op->arena, S("sit"), p->site), .is_on = p->is_on, .kind = str_of(SITE_KINDS[p->kind]), .places = p->places, .starts = str_of(SITE_STARTS[p->starts]),
	                              .event = p->event, .scroll_pct = digits(op, p->scroll_pct), .delay_s = digits(op, p->delay_s), .percent = digits(op, p->percent), .gap_days = digits(op, p->gap_days)};
}

static const struct site_showing FRESH = {.kind = SITE_POPUP, .starts = SITE_ON_ARRIVAL, .places = {"", 0}, .event = {"", 0}, .scroll_pct = 50, .delay_s = 10, .percent = 100, .gap_days = 90};

/* ---- the page ---- */

static enum err add_sites(struct op *op, const struct web *w, struct showing_page *page, str chosen)
{
	struct site *all;
	size_t n;
	str source = survey_address(op, w, S(SITE_SCRIPT));
	TRY(site_all(op, &all, &n));
	page->has_sites = n > 0;
	page->sites.v = ARENA_ARRAY(&op->arena, struct option, n + 1);
	page->script = STR_NONE;
	for (size_t i = 0; i < n; i++) {
		str key = id_show(&op->arena, S("sit"), all[i].id);
		bool is_chosen = str_eq(key, chosen);
		page->sites.v[page->sites.n++] = (struct option){key, all[i].name, is_chosen};
		if (is_chosen) page->script = str_fmt(&op->arena, "<script async src=\"%.*s\" data-key=\"%.*s\"></script>", STR_ARG(source), STR_ARG(key));
	}
	return OK;
}

static str survey_page(struct op *op, id survey)
{
	return str_fmt(&op->arena, "/surveys/%s", id_show(&op->arena, S("sur"), survey).p);
}

static enum err make_page(struct op *op, const struct web *w, const struct survey *s, const struct site_showing *stored, const struct showing_input *in, struct showing_page **out)
{
	struct showing_page *page = ARENA_NEW(&op->arena, struct showing_page);
	str address = survey_page(op, s->id);
	page->survey = address;
	page->name = s->name;
	page->action = str_fmt(&op->arena, "%.*s/on-site", STR_ARG(address));
	page->may_write = op_may(op, PERM_WRITE_SETTINGS);
	page->is_on = in->is_on;
	page->is_inline = str_eq(in->kind, str_of(SITE_KINDS[SITE_INLINE]));
	page->is_shown = stored->is_on && s->state == SURVEY_OPEN;
	page->finding = msg_of(page->is_shown ? "site_showing_on" : "site_showing_off");
	if (stored->is_on && s->state != SURVEY_OPEN) page->why_not = msg_of("site_not_open");
	page->preview = stored->site ? str_fmt(&op->arena, "%.*s/preview", STR_ARG(page->action)) : STR_NONE;
	page->element = str_fmt(&op->arena, "<div data-hospes-survey=\"%s\"></div>", id_show(&op->arena, S("sur"), s->id).p);
	add_choices(op, "site_kind", SITE_KINDS, in->kind, &page->kinds.v, &page->kinds.n);
	add_choices(op, "site_start", SITE_STARTS, in->starts, &page->starts.v, &page->starts.n);
	page->places.value = in->places;
	page->event.value = in->event;
	page->scroll_pct.value = in->scroll_pct;
	page->delay_s.value = in->delay_s;
	page->percent.value = in->percent;
	page->gap_days.value = in->gap_days;
	*out = page;
	return add_sites(op, w, page, in->site);
}

static enum err open_survey(struct op *op, const struct web *w, struct survey *s, struct site_showing *p)
{
	id survey;
	bool has;
	TRY(web_id(op, w, "id", "sur", &survey));
	TRY(survey_get(op, survey, s));
	*p = FRESH;
	return site_showing_get(op, survey, p, &has);
}

enum err site_showing_page_get(struct op *op, struct web *w, struct answer *a)
{
	struct showing_page *page;
	struct site_showing p;
	struct survey s;
	TRY(open_survey(op, w, &s, &p));
	struct showing_input in = said_of(op, &p);
	TRY(make_page(op, w, &s, &p, &in, &page));
	return answer_with(a, &SITE_SHOWING_PAGE_DESC, page);
}

/* ---- changes ---- */

static int64_t read_number(struct faults *f, const char *field, struct input *in, int64_t least, int64_t most)
{
	int64_t n = 0;
	if (str_i64(str_trim(in->value), &n) && n >= least && n <= most) return n;
	struct msg wrong = msg_int("fault_between", "least", least);
	msg_add(&wrong, (struct msg_arg){.name = "most", .type = MSG_INT, .i = most});
	faults_add(f, field, in, wrong);
	return 0;
}

/* A path, or a pattern of paths: what stands behind ? or # is not looked at. */
static void check_places(struct faults *f, struct input *in)
{
	for (str rest = in->value; str_given(rest);) {
		str line = str_trim(str_cut(&rest, '\n'));
		bool is_path = !line.n || line.p[0] == '/' || line.p[0] == '*';
		if (is_path && !str_contains(line, S("?")) && !str_contains(line, S("#"))) continue;
		faults_add(f, "places", in, msg_str("fault_site_place", "line", line));
		return;
	}
}

static str text_or(str text, str preset)
{
	return str_given(text) ? text : preset;
}

static void fill_in(struct op *op, struct showing_input *in)
{
	const struct showing_input preset = said_of(op, &FRESH);
	in->site = text_or(in->site, S(""));
	in->kind = text_or(in->kind, preset.kind);
	in->places = text_or(in->places, preset.places);
	in->starts = text_or(in->starts, preset.starts);
	in->event = text_or(in->event, preset.event);
	in->scroll_pct = text_or(in->scroll_pct, preset.scroll_pct);
	in->delay_s = text_or(in->delay_s, preset.delay_s);
	in->percent = text_or(in->percent, preset.percent);
	in->gap_days = text_or(in->gap_days, preset.gap_days);
}

static enum err read(struct op *op, const struct showing_input *in, struct showing_page *page, struct faults *f, struct site_showing *p)
{
	struct site site;
	p->is_on = in->is_on;
	p->kind = index_of(SITE_KINDS, in->kind);
	p->starts = index_of(SITE_STARTS, in->starts);
	if (p->kind < 0) faults_add(f, "kind", NULL, msg_of("fault_invalid"));
	if (p->starts < 0) faults_add(f, "starts", NULL, msg_of("fault_invalid"));
	check_places(f, &page->places);
	faults_text(f, "event", &page->event, p->starts == SITE_ON_EVENT, EVENT_CHARACTERS);
	p->places = page->places.value;
	p->event = page->event.value;
	p->scroll_pct = read_number(f, "scroll_pct", &page->scroll_pct, 1, 100);
	p->delay_s = read_number(f, "delay_s", &page->delay_s, 0, DELAY_MOST);
	p->percent = read_number(f, "percent", &page->percent, 1, 100);
	p->gap_days = read_number(f, "gap_days", &page->gap_days, 0, GAP_MOST);
	enum err e = id_read(S("sit"), in->site, &p->site) ? site_get(op, p->site, &site) : ERR_NOT_FOUND;
	if (e != ERR_NOT_FOUND) return e;
	fault_clear(&op->fault);
	faults_add(f, "site", NULL, msg_of("fault_choice"));
	return OK;
}

enum err site_showing_post(struct op *op, struct web *w, struct answer *a)
{
	struct showing_input in = {0};
	struct showing_page *page;
	struct faults f = {0};
	struct site_showing p;
	struct survey s;
	TRY(open_survey(op, w, &s, &p));
	TRY(web_input(op, w, &SITE_SHOWING_INPUT_DESC, &in));
	fill_in(op, &in);
	TRY(make_page(op, w, &s, &p, &in, &page));
	TRY(read(op, &in, page, &f, &p));
	if (f.n) {
		faults_keep(op, &f, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &SITE_SHOWING_PAGE_DESC, page);
	}
	TRY(op_run(op, SQL_site_showing_put,
	           DB_ARGS(db_id(s.id), db_id(p.site), db_bool(p.is_on), db_int(p.kind), db_text(p.places), db_int(p.starts), db_text(p.event), db_int(p.scroll_pct), db_int(p.delay_s), db_int(p.percent),
	                   db_int(p.gap_days), db_int(op->now_ms)),
	           NULL));
	TRY(audit_write(op, p.is_on ? "survey_on_site" : "survey_off_site", "survey", s.id, STR_NONE, s.name));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, page->action);
}

/* ---- trying it ---- */

struct preview {
	str name, back, key, trial, kind, script;
	bool is_inline;
};
static const struct desc_field PREVIEW_FIELDS[] = {
	FIELD(preview, name, DESC_STR),
	FIELD(preview, back, DESC_STR),
	FIELD(preview, key, DESC_STR),
	FIELD(preview, trial, DESC_STR, .doc = "address of the survey's page, of which nothing is kept"),
	FIELD(preview, kind, DESC_STR),
	FIELD(preview, script, DESC_STR),
	FIELD(preview, is_inline, DESC_BOOL),
};
const struct desc SITE_PREVIEW_DESC = DESC(preview, PREVIEW_FIELDS);

enum err site_preview_get(struct op *op, struct web *w, struct answer *a)
{
	struct preview *page = ARENA_NEW(&op->arena, struct preview);
	struct site_showing p;
	struct survey s;
	TRY(open_survey(op, w, &s, &p));
	if (!p.site) return fail(op, ERR_STATE, "site", "choose the site first");
	str key = id_show(&op->arena, S("sit"), p.site);
	*page = (struct preview){.name = s.name, .back = str_fmt(&op->arena, "%.*s/on-site", STR_ARG(survey_page(op, s.id))), .key = key, .kind = str_of(SITE_KINDS[p.kind]), .script = S(SITE_SCRIPT), .is_inline = p.kind == SITE_INLINE};
	page->trial = str_fmt(&op->arena, "/site/%.*s%.*s", STR_ARG(key), STR_ARG(survey_trial_path(op, s.id)));
	return answer_with(a, &SITE_PREVIEW_DESC, page);
}
