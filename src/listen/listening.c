/* listening.c: what was heard: figures of a period, and single mentions newest first. One pass over the mentions of the
 * period and of what the figures are held against (listening_sums.c); words are looked up in the index before. */
#include <math.h>
#include <string.h>

#include "audit/audit.h"
#include "base/datetime.h"
#include "base/interval.h"
#include "consent/consent.h"
#include "customer/customer.h"
#include "http/edited.h"
#include "http/faults.h"
#include "i18n/i18n.h"
#include "json/desc.h"
#include "listen/listen.h"
#include "listen/listening.h"
#include "mark/mark.h"
#include "research/research.h"
#include "search/search.h"
#include "text/text_pages.h"

enum { PAGE_ROWS = 50, TOPIC_ROWS = 12, TERMS_MOST = 20, NAME_CHARACTERS = 80, DAYS_USUAL = 28, SCALE = 5, RESEARCH_ROWS = 5 };
static const char *const FEELINGS[] = {"pos", "neg", "neu", NULL};
static const char *const TERM_KINDS[] = {"own", "competitor", NULL};
static const char *const FIELDS[] = {"language", "source", NULL};
static const int DAYS[] = {7, 28, 91, 364};

struct mention_topic {
	str name, label;
};
static const struct desc_field TOPIC_FIELDS[] = {
	FIELD(mention_topic, name, DESC_STR),
	FIELD(mention_topic, label, DESC_STR, .doc = "in the reader's language"),
};
static const struct desc TOPIC_DESC = DESC(mention_topic, TOPIC_FIELDS);

struct mention_row {
	id id;
	int64_t at;
	str address, network, network_name, url, title, text, author, language, source, customer;
	int sentiment;
	double rating, rating_max;
	struct msg rated;
	LIST_OF(struct mention_topic) topics;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(mention_row, id, DESC_ID, .prefix = "men"),
	FIELD(mention_row, at, DESC_TIME),
	FIELD(mention_row, address, DESC_STR),
	FIELD(mention_row, network, DESC_STR),
	FIELD(mention_row, network_name, DESC_STR, .doc = "in the reader's language where it is no name"),
	FIELD(mention_row, url, DESC_STR),
	FIELD(mention_row, title, DESC_STR),
	FIELD(mention_row, text, DESC_STR, .doc = "its beginning; the rest stands behind the link"),
	FIELD(mention_row, author, DESC_STR),
	FIELD(mention_row, language, DESC_STR),
	FIELD(mention_row, source, DESC_STR),
	FIELD(mention_row, customer, DESC_STR, .doc = "address of the customer that it was joined to"),
	FIELD(mention_row, sentiment, DESC_ENUM, .names = FEELINGS, .prefix = "feeling"),
	FIELD(mention_row, rating, DESC_REAL),
	FIELD(mention_row, rating_max, DESC_REAL),
	FIELD(mention_row, rated, DESC_MSG),
	FIELD(mention_row, topics, DESC_LIST, .item = DESC_STRUCT, .of = &TOPIC_DESC),
};
static const struct desc ROW_DESC = DESC(mention_row, ROW_FIELDS);


struct listen_term {
	id id;
	int kind;
	str name, query;
	int64_t n;
	double share, low, high;
	struct msg interval;
	str address; /* of its mentions */
};
static const struct desc_field TERM_FIELDS[] = {
	FIELD(listen_term, id, DESC_ID, .prefix = "ltm"),
	FIELD(listen_term, kind, DESC_ENUM, .names = TERM_KINDS, .prefix = "listen_term_kind"),
	FIELD(listen_term, name, DESC_STR),
	FIELD(listen_term, query, DESC_STR),
	FIELD(listen_term, n, DESC_INT, .doc = "mentions of the period"),
	FIELD(listen_term, share, DESC_SHARE, .doc = "of all mentions of those named here"),
	FIELD(listen_term, low, DESC_SHARE),
	FIELD(listen_term, high, DESC_SHARE),
	FIELD(listen_term, interval, DESC_MSG),
	FIELD(listen_term, address, DESC_STR),
};
static const struct desc TERM_DESC = DESC(listen_term, TERM_FIELDS);

struct listen_topic {
	str name, label, address;
	int64_t n, pos, neg, this_week;
	double met, low, high, usual, ratio, ratio_low, ratio_high, q;
	str ratio_shown, usual_shown;
	struct msg interval, ratio_interval;
	bool has_feeling, has_past, is_rising, is_cooling;
};
static const struct desc_field SUM_FIELDS[] = {
	FIELD(listen_topic, name, DESC_STR),
	FIELD(listen_topic, label, DESC_STR, .doc = "in the reader's language"),
	FIELD(listen_topic, address, DESC_STR, .doc = "of its mentions"),
	FIELD(listen_topic, n, DESC_INT, .doc = "mentions of the period"),
	FIELD(listen_topic, pos, DESC_INT),
	FIELD(listen_topic, neg, DESC_INT),
	FIELD(listen_topic, met, DESC_SHARE, .doc = "positive among positive and negative: whether the need is met"),
	FIELD(listen_topic, low, DESC_SHARE),
	FIELD(listen_topic, high, DESC_SHARE),
	FIELD(listen_topic, interval, DESC_MSG),
	FIELD(listen_topic, this_week, DESC_INT, .doc = "mentions of the last seven days"),
	FIELD(listen_topic, usual, DESC_REAL, .doc = "mean of the weeks before"),
	FIELD(listen_topic, usual_shown, DESC_STR),
	FIELD(listen_topic, ratio, DESC_REAL, .doc = "this week to the mean of the weeks before"),
	FIELD(listen_topic, ratio_shown, DESC_STR),
	FIELD(listen_topic, ratio_low, DESC_REAL),
	FIELD(listen_topic, ratio_high, DESC_REAL),
	FIELD(listen_topic, ratio_interval, DESC_MSG),
	FIELD(listen_topic, q, DESC_REAL, .doc = "rate of false discoveries among topics that rise at least as surely"),
	FIELD(listen_topic, has_feeling, DESC_BOOL),
	FIELD(listen_topic, has_past, DESC_BOOL),
	FIELD(listen_topic, is_rising, DESC_BOOL),
	FIELD(listen_topic, is_cooling, DESC_BOOL, .doc = "it was told to rise within two weeks before: not told again"),
};
static const struct desc SUM_DESC = DESC(listen_topic, SUM_FIELDS);

struct listen_week {
	int64_t day, n;
	str label, net;
	double net_number, low, high;
	bool has_net;
};
static const struct desc_field WEEK_FIELDS[] = {
	FIELD(listen_week, day, DESC_DATE),
	FIELD(listen_week, n, DESC_INT),
	FIELD(listen_week, label, DESC_STR),
	FIELD(listen_week, net, DESC_STR),
	FIELD_AS(listen_week, net_number, "number", DESC_REAL),
	FIELD(listen_week, low, DESC_REAL),
	FIELD(listen_week, high, DESC_REAL),
	FIELD(listen_week, has_net, DESC_BOOL),
};
static const struct desc WEEK_DESC = DESC(listen_week, WEEK_FIELDS);

struct listening {
	struct msg finding, until;
	bool is_empty, is_filtered, may_read, may_write, has_share;
	struct input q, name, query;
	LIST_OF(struct option) sources, languages, feelings, periods, kinds;
	int64_t n, pos, neg, neu, judged, rated;
	double net_number, net_low, net_high, rating_number;
	str net, rating;
	struct msg net_interval, rating_n;
	LIST_OF(struct listen_week) weeks;
	LIST_OF(struct mark) marks;
	LIST_OF(struct listen_topic) topics;
	LIST_OF(struct listen_term) terms;
	LIST_OF(struct mention_row) rows;
	LIST_OF(struct research) research;
	str next;
	LIST_OF(struct form_fault) faults;
};
static const struct desc_field LISTENING_FIELDS[] = {
	FIELD(listening, finding, DESC_MSG),
	FIELD(listening, until, DESC_MSG, .flags = DESC_OMIT, .doc = "nothing newer was heard: the period ends there"),
	FIELD(listening, is_empty, DESC_BOOL, .doc = "nothing was ever heard"),
	FIELD(listening, is_filtered, DESC_BOOL),
	FIELD(listening, may_read, DESC_BOOL, .doc = "single mentions"),
	FIELD(listening, may_write, DESC_BOOL, .doc = "names to be counted"),
	FIELD(listening, has_share, DESC_BOOL, .doc = "a share of voice can be told: own names and a competitor's"),
	FIELD(listening, q, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(listening, name, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(listening, query, DESC_STRUCT, .of = &INPUT_DESC),
	FIELD(listening, sources, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listening, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listening, feelings, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listening, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listening, kinds, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(listening, n, DESC_INT, .doc = "mentions of the period"),
	FIELD(listening, pos, DESC_INT),
	FIELD(listening, neg, DESC_INT),
	FIELD(listening, neu, DESC_INT),
	FIELD(listening, judged, DESC_INT, .doc = "mentions whose feeling could be read"),
	FIELD(listening, net_number, DESC_REAL, .doc = "positive less negative, as parts of 100 of all that could be read"),
	FIELD(listening, net_low, DESC_REAL),
	FIELD(listening, net_high, DESC_REAL),
	FIELD(listening, net, DESC_STR),
	FIELD(listening, net_interval, DESC_MSG),
	FIELD(listening, rated, DESC_INT),
	FIELD(listening, rating_number, DESC_REAL, .doc = "mean, as of five"),
	FIELD(listening, rating, DESC_STR),
	FIELD(listening, rating_n, DESC_MSG),
	FIELD(listening, weeks, DESC_LIST, .item = DESC_STRUCT, .of = &WEEK_DESC),
	FIELD(listening, marks, DESC_LIST, .item = DESC_STRUCT, .of = &MARK_DESC),
	FIELD(listening, topics, DESC_LIST, .item = DESC_STRUCT, .of = &SUM_DESC, .doc = "those most spoken of, rising ones first"),
	FIELD(listening, terms, DESC_LIST, .item = DESC_STRUCT, .of = &TERM_DESC, .doc = "share of voice"),
	FIELD(listening, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC),
	FIELD(listening, research, DESC_LIST, .item = DESC_STRUCT, .of = &RESEARCH_DESC, .doc = "what was filed and holds the words of q; in no figure"),
	FIELD(listening, next, DESC_STR),
	FIELD(listening, faults, DESC_LIST, .item = DESC_STRUCT, .of = &FORM_FAULT_DESC),
};
const struct desc LISTENING_DESC = DESC(listening, LISTENING_FIELDS);

/* ---- what the address asks for ---- */

static str given(const struct web *w, const char *name)
{
	str s = web_query(w, name);
	return str_given(s) && s.n ? s : STR_NONE;
}

static enum err read_cursor(struct op *op, str cursor, struct listening_asked *x)
{
	x->before_at = INT64_MAX;
	x->before = INT64_MAX;
	if (!str_given(cursor)) return OK;
	str rest = cursor, time = str_cut(&rest, '.');
	bool ok = str_i64(time, &x->before_at) && id_read(S("men"), rest, &x->before);
	return ok ? OK : fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
}

static enum err read_asked(struct op *op, const struct web *w, struct listening_asked *x)
{
	str days = given(w, "days"), source = given(w, "source");
	int64_t n = DAYS_USUAL;
	bool is_period = false;
	*x = (struct listening_asked){.q = given(w, "q"), .language = given(w, "language"), .feeling = given(w, "feeling"), .topic = given(w, "topic")};
	if (str_given(source) && !id_read(S("lis"), source, &x->source)) return fail(op, ERR_INVALID, "source", "is no source of listening");
	if (str_given(days) && !str_i64(days, &n)) n = 0;
	for (size_t i = 0; i < COUNT_OF(DAYS); i++) is_period = is_period || DAYS[i] == n;
	if (!is_period) return fail(op, ERR_INVALID, "days", "must be one of: 7, 28, 91, 364");
	if (str_given(x->feeling) && !str_eq(x->feeling, S("pos")) && !str_eq(x->feeling, S("neg")) && !str_eq(x->feeling, S("neu"))) return fail(op, ERR_INVALID, "feeling", "must be one of: pos, neg, neu");
	x->days = n;
	x->now_ms = op->now_ms;
	return read_cursor(op, given(w, "cursor"), x);
}

/* Of what ended long ago, the last period with anything in it is shown rather than an empty one. */
static enum err end_period(struct op *op, struct listening_asked *x, struct listening *page)
{
	struct db_rows r;
	TRY(op_query(op, SQL_mention_newest, DB_ARGS(db_int(op->now_ms)), &r));
	if (!r.n || db_cell(&r, 0, 0)->type == DB_NULL || db_rows_int(&r, 0, 0) >= op->now_ms - x->days * DAY_MS) return OK;
	x->now_ms = db_rows_int(&r, 0, 0) + 1;
	page->until = msg_of("listening_until");
	msg_add(&page->until, (struct msg_arg){.name = "day", .type = MSG_DATE, .i = db_rows_int(&r, 0, 0)});
	return OK;
}

/* A query's words are looked up; what does not read says why. */
static enum err look_up(struct op *op, str text, struct listening_set *out)
{
	TRY(search_parse(&op->arena, text, FIELDS, &out->query, &op->fault));
	out->is_asked = true;
	return out->query.match.n ? search_find(op, SEARCH_MENTION, &out->query, &out->found) : OK;
}

/* ---- the page ---- */

static str word(struct op *op, const char *prefix, const char *name)
{
	return i18n_pattern(op->locale.lang, str_fmt(&op->arena, "%s_%s", prefix, name));
}

static struct msg interval_of(struct op *op, double low, double high, bool is_share)
{
	if (isnan(low)) return (struct msg){0};
	struct msg m = msg_str("voice_interval", "low", is_share ? i18n_share(&op->arena, &op->locale, low) : i18n_real(&op->arena, &op->locale, low, 1));
	msg_add(&m, (struct msg_arg){.name = "high", .type = MSG_STR, .s = is_share ? i18n_share(&op->arena, &op->locale, high) : i18n_real(&op->arena, &op->locale, high, 1)});
	return m;
}

static void add_figures(struct op *op, const struct listening_sums *s, struct listening *page)
{
	struct listening_net net = listening_net_of(s->pos, s->neg, s->neu);
	page->n = s->n;
	page->pos = s->pos;
	page->neg = s->neg;
	page->neu = s->neu;
	page->judged = s->pos + s->neg + s->neu;
	page->net_number = net.value;
	page->net_low = net.low;
	page->net_high = net.high;
	page->net = isnan(net.value) ? S("–") : i18n_real(&op->arena, &op->locale, net.value, 1);
	page->net_interval = interval_of(op, net.low, net.high, false);
	page->rated = s->rated;
	page->rating_number = s->rated ? s->rating_sum / (double)s->rated * SCALE : NAN;
	page->rating = s->rated ? i18n_real(&op->arena, &op->locale, page->rating_number, 1) : S("–");
	page->rating_n = msg_int("listen_ratings", "n", s->rated);
}

static enum err add_weeks(struct op *op, const struct listening_asked *x, const struct listening_sums *s, struct listening *page)
{
	size_t n = (size_t)(x->days / 7);
	if (n < LISTENING_CHART_LEAST) n = LISTENING_CHART_LEAST;
	if (n > LISTENING_WEEKS) n = LISTENING_WEEKS;
	page->weeks.v = ARENA_ARRAY(&op->arena, struct listen_week, n);
	for (size_t i = 0; i < n; i++) {
		const struct listening_week *week = &s->weeks[n - 1 - i];
		struct listening_net net = listening_net_of(week->pos, week->neg, week->neu);
		int64_t begins = x->now_ms - (int64_t)(n - i) * 7 * DAY_MS, day = begins - begins % DAY_MS;
		page->weeks.v[page->weeks.n++] = (struct listen_week){.day = day, .n = week->n, .label = i18n_date(&op->arena, &op->locale, day), .net = isnan(net.value) ? S("–") : i18n_real(&op->arena, &op->locale, net.value, 1),
			.net_number = net.value, .low = net.low, .high = net.high, .has_net = !isnan(net.value)};
	}
	return mark_between(op, page->weeks.v[0].day, x->now_ms - x->now_ms % DAY_MS, &page->marks.v, &page->marks.n);
}

static void add_topics(struct op *op, const struct web *w, const struct listening_sums *s, struct listening *page)
{
	struct listening_rise *rises;
	size_t n = listening_rises(&op->arena, s, &rises);
	page->topics.v = ARENA_ARRAY(&op->arena, struct listen_topic, n + 1);
	for (size_t i = 0; i < n && page->topics.n < TOPIC_ROWS; i++) {
		const struct listening_rise *r = &rises[i];
		const struct listening_topic *t = r->topic;
		struct interval met = interval_wilson(t->pos, t->pos + t->neg);
		struct listen_topic *row = &page->topics.v[page->topics.n++];
		*row = (struct listen_topic){.name = t->name, .label = text_topic_label(op, t->name), .address = web_address_with(op, w, "topic", t->name), .n = t->n, .pos = t->pos, .neg = t->neg, .this_week = r->now, .usual = r->usual,
			.ratio = r->ratio, .ratio_low = r->low, .ratio_high = r->high, .q = r->q, .is_rising = r->is_rising, .is_cooling = r->is_cooling, .has_past = !isnan(r->ratio)};
		row->has_feeling = t->pos + t->neg > 0;
		row->met = row->has_feeling ? (double)t->pos / (double)(t->pos + t->neg) : NAN;
		row->low = met.low;
		row->high = met.high;
		row->interval = row->has_feeling ? interval_of(op, met.low, met.high, true) : (struct msg){0};
		if (!isnan(r->usual)) row->usual_shown = i18n_real(&op->arena, &op->locale, r->usual, 1);
		if (row->has_past) row->ratio_shown = i18n_real(&op->arena, &op->locale, r->ratio, 1);
		row->ratio_interval = row->has_past ? interval_of(op, r->low, r->high, false) : (struct msg){0};
	}
}

static void add_shares(struct op *op, const struct listening_sums *s, struct listening *page)
{
	int64_t all = 0, own = 0, other = 0;
	for (size_t i = 0; i < page->terms.n; i++) {
		struct listen_term *t = &page->terms.v[i];
		t->n = s->of_sets[i];
		all += t->n;
		*(t->kind ? &other : &own) += 1;
	}
	page->has_share = own && other && all;
	for (size_t i = 0; i < page->terms.n; i++) {
		struct listen_term *t = &page->terms.v[i];
		struct interval v = interval_wilson(t->n, all);
		t->share = page->has_share ? (double)t->n / (double)all : NAN;
		t->low = page->has_share ? v.low : NAN;
		t->high = page->has_share ? v.high : NAN;
		t->interval = interval_of(op, t->low, t->high, true);
		t->address = str_fmt(&op->arena, "/listening?q=%.*s", STR_ARG(web_url(op, t->query)));
	}
}

static void add_rows(struct op *op, const struct web *w, const struct listening_sums *s, struct listening *page)
{
	size_t n = s->rows.n < PAGE_ROWS ? s->rows.n : PAGE_ROWS;
	page->rows.v = ARENA_ARRAY(&op->arena, struct mention_row, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct listening_mention *m = &s->rows.v[i];
		struct mention_row *r = &page->rows.v[page->rows.n++];
		*r = (struct mention_row){.id = m->id, .at = m->at, .network = m->network, .url = m->url, .title = m->title, .text = m->text, .author = m->author, .language = m->language, .source = m->source_name, .sentiment = -1, .rating = m->rating, .rating_max = m->rating_max, .customer = STR_NONE};
		str key = str_fmt(&op->arena, "listen_network_%.*s", STR_ARG(m->network));
		r->network_name = i18n_has(op->locale.lang, key) ? i18n_pattern(op->locale.lang, key) : m->network;
		for (int k = 0; FEELINGS[k]; k++)
			if (str_eq(m->sentiment, str_of(FEELINGS[k]))) r->sentiment = k;
		r->address = str_fmt(&op->arena, "/listening/mentions/%s", id_show(&op->arena, S("men"), m->id).p);
		if (m->customer) r->customer = customer_address(op, m->customer);
		if (!isnan(m->rating)) {
			r->rated = msg_str("voice_of_scale", "value", i18n_real(&op->arena, &op->locale, m->rating, 1));
			msg_add(&r->rated, (struct msg_arg){.name = "most", .type = MSG_STR, .s = i18n_real(&op->arena, &op->locale, m->rating_max, 1)});
		}
		r->topics.v = ARENA_ARRAY(&op->arena, struct mention_topic, LISTENING_TOPICS_OF_ONE);
		for (str rest = m->topics; rest.n && r->topics.n < LISTENING_TOPICS_OF_ONE;) {
			str name = str_cut(&rest, '\n');
			if (name.n) r->topics.v[r->topics.n++] = (struct mention_topic){name, text_topic_label(op, name)};
		}
	}
	if (s->rows.n <= PAGE_ROWS) return;
	const struct mention_row *last = &page->rows.v[n - 1];
	page->next = web_address_with(op, w, "cursor", str_fmt(&op->arena, "%lld.%s", (long long)last->at, id_show(&op->arena, S("men"), last->id).p));
}

static enum err add_options(struct op *op, const struct listening_asked *x, struct listening *page)
{
	struct db_rows languages;
	void *sources;
	size_t n;
	TRY(op_structs(op, SQL_listen_source_all, DB_NO_ARGS, &LISTEN_SOURCE_DESC, &sources, &n));
	TRY(op_query(op, SQL_mention_languages, DB_NO_ARGS, &languages));
	customer_option(op, &page->sources, S(""), word(op, "listen_all", "sources"), !x->source);
	for (size_t i = 0; i < n; i++) {
		const struct listen_source *s = (const struct listen_source *)sources + i;
		customer_option(op, &page->sources, id_show(&op->arena, S("lis"), s->id), s->name, s->id == x->source);
	}
	customer_option(op, &page->languages, S(""), word(op, "voice_language", "all"), !str_given(x->language));
	for (size_t i = 0; i < languages.n; i++) {
		str code = db_rows_text(&languages, i, 0);
		customer_option(op, &page->languages, code, i18n_language_name(&op->arena, &op->locale, code, STR_NONE), str_eq(code, x->language));
	}
	customer_option(op, &page->feelings, S(""), word(op, "listen_all", "feelings"), !str_given(x->feeling));
	for (int i = 0; FEELINGS[i]; i++) customer_option(op, &page->feelings, str_of(FEELINGS[i]), word(op, "feeling", FEELINGS[i]), str_eq(x->feeling, str_of(FEELINGS[i])));
	for (size_t i = 0; i < COUNT_OF(DAYS); i++) {
		struct msg m = msg_int("listen_days", "n", DAYS[i]);
		customer_option(op, &page->periods, str_fmt(&op->arena, "%d", DAYS[i]), i18n_msg(&op->arena, &op->locale, &m), DAYS[i] == x->days);
	}
	for (int i = 0; TERM_KINDS[i]; i++) customer_option(op, &page->kinds, str_of(TERM_KINDS[i]), word(op, "listen_term_kind", TERM_KINDS[i]), i == 0);
	return OK;
}

static struct msg tell(const struct listening *page)
{
	const struct listen_topic *rising = NULL;
	for (size_t i = 0; i < page->topics.n && !rising; i++)
		if (page->topics.v[i].is_rising && !page->topics.v[i].is_cooling) rising = &page->topics.v[i];
	struct msg m = msg_int(rising ? "listening_rising" : page->judged ? "listening_finding" : "listening_count", "n", page->n);
	msg_add(&m, (struct msg_arg){.name = "net", .type = MSG_STR, .s = page->net});
	if (rising) msg_add(&m, (struct msg_arg){.name = "topic", .type = MSG_STR, .s = rising->label});
	if (rising) msg_add(&m, (struct msg_arg){.name = "times", .type = MSG_STR, .s = rising->ratio_shown});
	return m;
}

static enum err load_terms(struct op *op, struct listening *page)
{
	void *rows;
	TRY(op_structs(op, SQL_listen_term_all, DB_NO_ARGS, &TERM_DESC, &rows, &page->terms.n));
	page->terms.v = rows;
	return OK;
}

/* A query that is wrong is said beside its field, and nothing is shown for it. */
static enum err fill(struct op *op, const struct web *w, struct listening_asked *x, struct listening *page)
{
	struct listening_set *sets = ARENA_ARRAY(&op->arena, struct listening_set, page->terms.n + 1);
	struct listening_sums *sums;
	if (str_given(x->q)) TRY(look_up(op, x->q, &x->words));
	for (size_t i = 0; i < page->terms.n; i++) TRY(look_up(op, page->terms.v[i].query, &sets[i]));
	TRY(listening_sum(op, x, sets, page->terms.n, page->may_read ? PAGE_ROWS + 1 : 0, &sums));
	add_figures(op, sums, page);
	TRY(add_weeks(op, x, sums, page));
	add_topics(op, w, sums, page);
	add_shares(op, sums, page);
	add_rows(op, w, sums, page);
	return x->words.query.match.n && !x->words.query.n_fields ? research_find(op, x->q, RESEARCH_ROWS, &page->research.v, &page->research.n) : OK;
}

static enum err make_page(struct op *op, struct web *w, struct listening **out)
{
	struct listening *page = ARENA_NEW(&op->arena, struct listening);
	struct listening_asked x;
	struct db_rows first;
	*out = page;
	TRY(read_asked(op, w, &x));
	TRY(end_period(op, &x, page));
	TRY(op_query(op, SQL_mention_first, DB_NO_ARGS, &first));
	page->is_empty = first.n == 0;
	page->is_filtered = str_given(x.q) || str_given(x.language) || str_given(x.feeling) || str_given(x.topic) || x.source;
	page->may_read = op_may(op, PERM_READ_CUSTOMERS);
	page->may_write = op_may(op, PERM_WRITE_FIGURES);
	page->q.value = str_given(x.q) ? x.q : S("");
	TRY(add_options(op, &x, page));
	TRY(load_terms(op, page));
	TRY(fill(op, w, &x, page));
	page->finding = page->is_empty ? msg_of("listening_none") : tell(page);
	return OK;
}

static struct msg query_fault(struct op *op)
{
	return msg_reason(op, "listen_fault_query", "reason", op->fault.fields[0].text);
}

enum err listening_get(struct op *op, struct web *w, struct answer *a)
{
	struct listening *page;
	enum err e = make_page(op, w, &page);
	a->topics[a->n_topics++] = S("listening");
	bool is_of_q = e == ERR_INVALID && page->q.value.n && op->fault.n_fields && str_eq(str_of(op->fault.fields[0].name), S("q"));
	if (!is_of_q || w->wants_json) return e == OK ? answer_with(a, &LISTENING_DESC, page) : e;
	page->q.error = query_fault(op);
	page->finding = page->q.error;
	return answer_refused(op, a, &LISTENING_DESC, page);
}

/* ---- names that are counted ---- */

struct term_input {
	str kind, name, query;
};
static const struct desc_field TERM_INPUT_FIELDS[] = {
	FIELD(term_input, kind, DESC_STR, .doc = "own or competitor"),
	FIELD(term_input, name, DESC_STR),
	FIELD(term_input, query, DESC_STR, .doc = "as in q; empty: the name as a phrase"),
};
const struct desc LISTEN_TERM_INPUT_DESC = DESC(term_input, TERM_INPUT_FIELDS);

enum err listen_term_post(struct op *op, struct web *w, struct answer *a)
{
	struct term_input in;
	struct listening *page;
	struct faults faults = {0};
	struct search_query parsed;
	int kind = -1;
	TRY(web_input(op, w, &LISTEN_TERM_INPUT_DESC, &in));
	TRY(make_page(op, w, &page));
	page->name.value = in.name;
	page->query.value = in.query;
	for (int i = 0; TERM_KINDS[i]; i++)
		if (str_eq(in.kind, str_of(TERM_KINDS[i]))) kind = i;
	if (kind < 0) faults_add(&faults, "kind", NULL, msg_of("fault_choice"));
	faults_text(&faults, "name", &page->name, true, NAME_CHARACTERS);
	str query = str_trim(in.query).n ? str_trim(in.query) : str_fmt(&op->arena, "\"%.*s\"", STR_ARG(in.name));
	if (in.name.n && search_parse(&op->arena, query, FIELDS, &parsed, &op->fault) != OK) {
		faults_add(&faults, "query", &page->query, query_fault(op));
		op->fault = (struct fault){0};
	}
	if (page->terms.n >= TERMS_MOST) faults_add(&faults, "", NULL, msg_of("listen_fault_terms"));
	if (faults.n) {
		faults_keep(op, &faults, &page->faults.v, &page->faults.n);
		return answer_refused(op, a, &LISTENING_DESC, page);
	}
	TRY(op_run(op, SQL_listen_term_add, DB_ARGS(db_id(id_new()), db_int(kind), db_text(page->name.value), db_text(query), db_int(op->now_ms)), NULL));
	TRY(audit_write(op, "listen_term_added", "listen_term", 0, STR_NONE, page->name.value));
	a->notice = msg_of("notice_saved");
	return answer_redirect(a, S("/listening"));
}

static enum err remove_term(struct op *op, id term)
{
	return audit_remove(op, SQL_listen_term_remove, "listen_term", term);
}

static enum err restore_term(struct op *op, id term)
{
	return audit_restore(op, SQL_listen_term_restore, "listen_term", term);
}

static const struct edited EDITED = {"ltm", "/listening", "notice_listen_term_removed", false, remove_term, restore_term, NULL};

enum err listen_term_remove_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_remove(op, w, a, &EDITED);
}

enum err listen_term_restore_post(struct op *op, struct web *w, struct answer *a)
{
	return edited_restore(op, w, a, &EDITED);
}
