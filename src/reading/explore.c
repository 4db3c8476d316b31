/* The page ends with the newest text, so what ended long ago is seen as well; its steps are equally long, counted back from there. */
#include "reading/explore.h"

#include <math.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/compare.h"
#include "base/datetime.h"
#include "customer/customer.h"
#include "customer/people.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "json/desc.h"
#include "op/app.h"
#include "reading/explore_sums.h"
#include "setting/setting.h"
#include "text/text_pages.h"
#include "text/topic.h"

enum { TOPIC_ROWS = 30, TIME_ROWS = 12, CSV_ROWS = 200000, CSV_BYTES = 512 << 20, PERIOD = 91 };
static const struct {
	int days, step;
} PERIODS[] = {{28, 7}, {91, 7}, {182, 14}, {364, 28}, {1092, 84}};
static const char *const FEELINGS[] = {"pos", "neu", "neg", NULL};
static const char *const SOURCES[] = {"fbk", "vbt", "men", NULL};

struct explore_part {
	str text;
	bool is_why;
};
static const struct desc_field PART_FIELDS[] = {
	FIELD(explore_part, text, DESC_STR),
	FIELD(explore_part, is_why, DESC_BOOL, .doc = "it led to sentiment or topics"),
};
static const struct desc PART_DESC = DESC(explore_part, PART_FIELDS);
struct explore_quote {
	str id, text, event, channel, channel_name, language, person, address, reading, url;
	int64_t at;
	int sentiment;
	double score;
	LIST_OF(struct explore_part) parts;
	LIST_OF(struct option) topics;
};
static const struct desc_field QUOTE_FIELDS[] = {
	FIELD(explore_quote, id, DESC_STR),
	FIELD(explore_quote, at, DESC_TIME),
	FIELD(explore_quote, text, DESC_STR),
	FIELD(explore_quote, parts, DESC_LIST, .item = DESC_STRUCT, .of = &PART_DESC, .doc = "the text, with the words that led there"),
	FIELD(explore_quote, event, DESC_STR),
	FIELD(explore_quote, channel, DESC_STR),
	FIELD(explore_quote, channel_name, DESC_STR, .flags = DESC_PAGE_ONLY),
	FIELD(explore_quote, language, DESC_STR),
	FIELD(explore_quote, sentiment, DESC_ENUM, .names = FEELINGS, .prefix = "feeling"),
	FIELD(explore_quote, score, DESC_REAL, .doc = "-1 to 1"),
	FIELD(explore_quote, topics, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore_quote, person, DESC_STR),
	FIELD(explore_quote, address, DESC_STR, .doc = "of the customer; absent: nobody's"),
	FIELD(explore_quote, reading, DESC_STR, .doc = "how it was read, and where that is corrected"),
	FIELD(explore_quote, url, DESC_STR, .doc = "where it was posted"),
};
static const struct desc QUOTE_DESC = DESC(explore_quote, QUOTE_FIELDS);
struct explore_cell {
	str address, label;
	int64_t n, day;
	double share;
};
static const struct desc_field CELL_FIELDS[] = {
	FIELD(explore_cell, day, DESC_DATE, .doc = "the first of the step"),
	FIELD(explore_cell, label, DESC_STR),
	FIELD(explore_cell, n, DESC_INT),
	FIELD(explore_cell, share, DESC_SHARE, .doc = "of those whose sentiment was read, how many are negative"),
	FIELD(explore_cell, address, DESC_STR, .doc = "of the quotes"),
};
static const struct desc CELL_DESC = DESC(explore_cell, CELL_FIELDS);
struct explore_row {
	str name, label, address, worse, better;
	int64_t n, pos, neu, neg, before;
	double share, low, high, q;
	struct msg interval;
	bool is_rising, is_chosen;
	LIST_OF(struct explore_cell) steps;
};
static const struct desc_field ROW_FIELDS[] = {
	FIELD(explore_row, name, DESC_STR),
	FIELD(explore_row, label, DESC_STR, .doc = "in the reader's language"),
	FIELD(explore_row, address, DESC_STR, .doc = "of the quotes"),
	FIELD(explore_row, better, DESC_STR, .doc = "of the positive ones"),
	FIELD(explore_row, worse, DESC_STR, .doc = "of the negative ones"),
	FIELD(explore_row, n, DESC_INT),
	FIELD(explore_row, pos, DESC_INT),
	FIELD(explore_row, neu, DESC_INT),
	FIELD(explore_row, neg, DESC_INT),
	FIELD(explore_row, share, DESC_SHARE, .doc = "of those whose sentiment was read, how many are negative"),
	FIELD(explore_row, low, DESC_SHARE),
	FIELD(explore_row, high, DESC_SHARE),
	FIELD(explore_row, interval, DESC_MSG),
	FIELD(explore_row, before, DESC_INT, .doc = "in as long a time before"),
	FIELD(explore_row, q, DESC_REAL, .doc = "rate of false discoveries among topics that changed at least as surely"),
	FIELD(explore_row, is_rising, DESC_BOOL),
	FIELD(explore_row, is_chosen, DESC_BOOL),
	FIELD(explore_row, steps, DESC_LIST, .item = DESC_STRUCT, .of = &CELL_DESC, .doc = "of the topics most spoken of"),
};
static const struct desc ROW_DESC = DESC(explore_row, ROW_FIELDS);
struct explore_step {
	int64_t day, n, pos, neu, neg;
	str label, address;
};
static const struct desc_field STEP_FIELDS[] = {
	FIELD(explore_step, day, DESC_DATE),
	FIELD(explore_step, label, DESC_STR),
	FIELD(explore_step, n, DESC_INT),
	FIELD(explore_step, pos, DESC_INT),
	FIELD(explore_step, neu, DESC_INT),
	FIELD(explore_step, neg, DESC_INT),
	FIELD(explore_step, address, DESC_STR),
};
static const struct desc STEP_DESC = DESC(explore_step, STEP_FIELDS);
struct explore {
	struct msg finding, until;
	bool is_empty, is_filtered, may_read;
	int64_t n, before, without, found;
	LIST_OF(struct option) periods, sources, languages, channels, surveys, segments, feelings;
	str topic, topic_label, since, since_label, without_address, export, older;
	LIST_OF(struct explore_step) steps;
	LIST_OF(struct explore_row) rows, over_time;
	LIST_OF(struct explore_quote) quotes;
};
static const struct desc_field FIELDS[] = {
	FIELD(explore, finding, DESC_MSG),
	FIELD(explore, until, DESC_MSG),
	FIELD(explore, is_empty, DESC_BOOL),
	FIELD(explore, is_filtered, DESC_BOOL),
	FIELD(explore, may_read, DESC_BOOL),
	FIELD(explore, n, DESC_INT, .doc = "texts of the period"),
	FIELD(explore, before, DESC_INT, .doc = "of as long a time before"),
	FIELD(explore, without, DESC_INT, .doc = "in no topic"),
	FIELD(explore, without_address, DESC_STR),
	FIELD(explore, periods, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, sources, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, languages, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, channels, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, surveys, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, segments, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, feelings, DESC_LIST, .item = DESC_STRUCT, .of = &OPTION_DESC),
	FIELD(explore, topic, DESC_STR, .doc = "asked for; \"-\": of no topic"),
	FIELD(explore, topic_label, DESC_STR),
	FIELD(explore, since, DESC_STR, .doc = "the first day of the step asked for"),
	FIELD(explore, since_label, DESC_STR),
	FIELD(explore, steps, DESC_LIST, .item = DESC_STRUCT, .of = &STEP_DESC, .doc = "oldest first; of the topic asked for"),
	FIELD(explore, rows, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .doc = "topics: rising ones, then those most spoken of"),
	FIELD(explore, over_time, DESC_LIST, .item = DESC_STRUCT, .of = &ROW_DESC, .flags = DESC_PAGE_ONLY),
	FIELD(explore, found, DESC_INT, .doc = "texts of topic, sentiment and step"),
	FIELD(explore, quotes, DESC_LIST, .item = DESC_STRUCT, .of = &QUOTE_DESC, .doc = "newest first; of whoever may read customers alone"),
	FIELD(explore, older, DESC_STR),
	FIELD(explore, export, DESC_STR),
};
const struct desc EXPLORE_DESC = DESC(explore, FIELDS);

/* ---- what the address asks for ---- */

static str given(const struct web *w, const char *name)
{
	str s = web_query(w, name);
	return str_given(s) && s.n ? s : STR_NONE;
}

static bool is_one_of(str s, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(s, str_of(*names))) return true;
	return false;
}

static enum err read_period(struct op *op, const struct web *w, struct explore_asked *x)
{
	const struct zone *z = setting_zone(op->app);
	int64_t days = PERIOD, newest;
	str asked = given(w, "days");
	size_t i = 0;
	if (str_given(asked) && !str_i64(asked, &days)) days = 0;
	while (i < COUNT_OF(PERIODS) && PERIODS[i].days != days) i++;
	if (i == COUNT_OF(PERIODS)) return fail(op, ERR_INVALID, "days", "must be one of: 28, 91, 182, 364, 1092");
	TRY(explore_newest(op, &newest));
	int64_t civil = zone_to_civil(z, newest == DESC_NULL_INT ? op->now_ms : newest), end = civil - civil % DAY_MS + DAY_MS;
	x->to_ms = zone_to_utc(z, end);
	x->step_ms = PERIODS[i].step * DAY_MS;
	x->from_ms = x->to_ms - days * DAY_MS;
	x->before_ms = x->from_ms - days * DAY_MS;
	return OK;
}

/* Steps are hours apart from midnight where clocks were changed meanwhile. */
static int64_t day_of(const struct op *op, const struct explore_asked *x, size_t step)
{
	int64_t civil = zone_to_civil(setting_zone(op->app), x->from_ms + (int64_t)step * x->step_ms + DAY_MS / 12);
	return civil - civil % DAY_MS;
}

static enum err read_step(struct op *op, const struct web *w, struct explore_asked *x)
{
	str since = given(w, "since");
	int64_t day;
	bool has_zone;
	x->step = -1;
	if (!str_given(since)) return OK;
	if (!datetime_parse(since, &day, &has_zone)) return fail(op, ERR_INVALID, "since", "is no day");
	for (size_t i = 0; i < (size_t)((x->to_ms - x->from_ms) / x->step_ms); i++)
		if (day_of(op, x, i) == day) x->step = (int)i;
	return x->step < 0 ? fail(op, ERR_INVALID, "since", "is not the first day of a step of the period") : OK;
}

static enum err read_cursor(struct op *op, str cursor, struct explore_asked *x)
{
	x->behind_ms = x->behind = INT64_MAX;
	if (!str_given(cursor)) return OK;
	str rest = cursor, at = str_cut(&rest, '.');
	return str_i64(at, &x->behind_ms) && str_i64(rest, &x->behind) ? OK : fail(op, ERR_INVALID, "cursor", "is none of this list: begin at its first page");
}

static enum err read_segment(struct op *op, str asked, struct explore_asked *x)
{
	struct segment chosen;
	id segment;
	if (!str_given(asked)) return OK;
	if (!id_read(S("seg"), asked, &segment)) return fail(op, ERR_INVALID, "segment", "is no segment");
	TRY(segment_get(op, segment, &chosen));
	return segment_members(op, chosen.condition, &x->segment);
}

static enum err read_asked(struct op *op, const struct web *w, struct explore_asked *x)
{
	*x = (struct explore_asked){.language = given(w, "language"), .channel = given(w, "channel"), .survey = given(w, "survey"), .kind = given(w, "source"), .topic = given(w, "topic"), .feeling = given(w, "feeling"),
		.quotes = EXPLORE_QUOTES + 1};
	if (str_given(x->kind) && !is_one_of(x->kind, SOURCES)) return fail(op, ERR_INVALID, "source", "must be one of: fbk, vbt, men");
	if (str_given(x->feeling) && !is_one_of(x->feeling, FEELINGS)) return fail(op, ERR_INVALID, "feeling", "must be one of: pos, neu, neg");
	if (str_given(x->topic) && x->topic.n > TOPIC_NAME_BYTES) return fail(op, ERR_INVALID, "topic", "is longer than %d bytes", TOPIC_NAME_BYTES);
	TRY(read_period(op, w, x));
	TRY(read_step(op, w, x));
	TRY(read_cursor(op, given(w, "cursor"), x));
	return read_segment(op, given(w, "segment"), x);
}

/* ---- topics ---- */

static str address(struct op *op, const struct web *w, str topic, str feeling, str since)
{
	str out = S("/voice/texts?");
	static const char *const kept[] = {"days", "source", "language", "channel", "survey", "segment"};
	const struct {
		const char *name;
		str value;
	} set[] = {{"topic", topic}, {"feeling", feeling}, {"since", since}};
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (str_given(given(w, kept[i]))) out = str_fmt(&op->arena, "%.*s%s=%.*s&", STR_ARG(out), kept[i], STR_ARG(web_url(op, given(w, kept[i]))));
	for (size_t i = 0; i < COUNT_OF(set); i++)
		if (str_given(set[i].value)) out = str_fmt(&op->arena, "%.*s%s=%.*s&", STR_ARG(out), set[i].name, STR_ARG(web_url(op, set[i].value)));
	return str_fmt(&op->arena, "%.*s#quotes", STR_ARG(str_sub(out, 0, out.n - 1)));
}

static str iso_day(struct op *op, int64_t day)
{
	return str_sub(datetime_show(&op->arena, day), 0, 10);
}

static double share_of(const struct explore_count *c)
{
	int64_t judged = c->pos + c->neu + c->neg;
	return judged ? (double)c->neg / (double)judged : NAN;
}

static void fill_row(struct op *op, const struct web *w, const struct explore_asked *x, const struct explore_topic *t, struct explore_row *row)
{
	struct interval sure = interval_wilson(t->now.neg, t->now.pos + t->now.neu + t->now.neg);
	*row = (struct explore_row){.name = t->name, .label = text_topic_label(op, t->name), .address = address(op, w, t->name, STR_NONE, STR_NONE), .better = address(op, w, t->name, S("pos"), STR_NONE),
		.worse = address(op, w, t->name, S("neg"), STR_NONE), .n = t->now.n, .pos = t->now.pos, .neu = t->now.neu, .neg = t->now.neg, .before = t->before, .share = share_of(&t->now), .low = sure.low, .high = sure.high,
		.q = t->q, .is_rising = t->is_rising, .is_chosen = str_eq(t->name, x->topic)};
	if (isnan(row->share)) return;
	row->interval = msg_str("voice_interval", "low", i18n_share(&op->arena, &op->locale, sure.low));
	msg_add(&row->interval, (struct msg_arg){.name = "high", .type = MSG_STR, .s = i18n_share(&op->arena, &op->locale, sure.high)});
}

static void fill_cells(struct op *op, const struct web *w, const struct explore_asked *x, const struct explore_topic *t, size_t n, struct explore_row *row)
{
	row->steps.v = ARENA_ARRAY(&op->arena, struct explore_cell, n + 1);
	row->steps.n = n;
	for (size_t i = 0; i < n; i++) {
		int64_t day = day_of(op, x, i);
		row->steps.v[i] = (struct explore_cell){.day = day, .label = i18n_date(&op->arena, &op->locale, day), .n = t->steps[i].n, .share = share_of(&t->steps[i])};
		row->steps.v[i].address = t->steps[i].n ? address(op, w, t->name, STR_NONE, iso_day(op, day)) : STR_NONE;
	}
}

static void fill_topics(struct op *op, const struct web *w, const struct explore_asked *x, const struct explore_sums *s, struct explore *page)
{
	page->rows.v = ARENA_ARRAY(&op->arena, struct explore_row, s->topics.n + 1);
	page->rows.n = s->topics.n < TOPIC_ROWS ? s->topics.n : TOPIC_ROWS;
	for (size_t i = 0; i < page->rows.n; i++) {
		fill_row(op, w, x, &s->topics.v[i], &page->rows.v[i]);
		if (i < TIME_ROWS) fill_cells(op, w, x, &s->topics.v[i], s->n_steps, &page->rows.v[i]);
	}
	page->over_time.v = page->rows.v;
	page->over_time.n = page->rows.n < TIME_ROWS ? page->rows.n : TIME_ROWS;
	page->steps.v = ARENA_ARRAY(&op->arena, struct explore_step, s->n_steps + 1);
	page->steps.n = s->n_steps;
	for (size_t i = 0; i < s->n_steps; i++) {
		const struct explore_count *c = &s->steps[i];
		int64_t day = day_of(op, x, i);
		page->steps.v[i] = (struct explore_step){day, c->n, c->pos, c->neu, c->neg, i18n_date(&op->arena, &op->locale, day), c->n ? address(op, w, x->topic, x->feeling, iso_day(op, day)) : STR_NONE};
	}
}

/* ---- quotes ---- */

static bool is_letter(str s, size_t at)
{
	return at < s.n && ((s.p[at] | 32) >= 'a' && (s.p[at] | 32) <= 'z');
}

/* The length of the longest of these lines that stands at this place; Latin words stand by themselves. */
static size_t why_at(str text, size_t at, str why)
{
	size_t longest = 0;
	while (str_given(why) && why.n) {
		str word = str_cut(&why, '\n');
		bool stands = word.n > longest && str_starts(str_sub(text, at, text.n), word);
		bool is_within = stands && ((at && is_letter(word, 0) && is_letter(text, at - 1)) || (is_letter(word, word.n - 1) && is_letter(text, at + word.n)));
		if (stands && !is_within) longest = word.n;
	}
	return longest;
}

struct parts {
	VEC(struct explore_part) v;
};

static void add_part(struct op *op, struct parts *parts, str text, bool is_why)
{
	struct explore_part *part = VEC_ADD(&parts->v, &op->arena);
	*part = (struct explore_part){text, is_why};
}

static void fill_parts(struct op *op, str text, str why, struct explore_quote *out)
{
	struct parts parts = {0};
	size_t from = 0;
	for (size_t at = 0; at < text.n;) {
		size_t n = why_at(text, at, why);
		if (!n) {
			at++;
			continue;
		}
		if (at > from) add_part(op, &parts, str_sub(text, from, at - from), false);
		add_part(op, &parts, str_sub(text, at, n), true);
		from = at += n;
	}
	if (from < text.n) add_part(op, &parts, str_sub(text, from, text.n), false);
	out->parts.v = parts.v.v;
	out->parts.n = parts.v.n;
}

static enum err fill_quote(struct op *op, const struct reading_text *t, struct explore_quote *out)
{
	uint32_t number = people_customer(op->app->people, t->subject);
	id customer = number ? people_id(op->app->people, number) : 0;
	*out = (struct explore_quote){.id = reading_text_show(op, t), .text = t->text, .event = t->event, .channel = t->channel, .channel_name = customer_channel_text(op, t->channel), .language = t->verdict.language, .at = t->at, .sentiment = -1, .score = t->verdict.score, .url = t->url,
		.person = STR_NONE, .address = STR_NONE};
	out->reading = str_fmt(&op->arena, "/voice/texts/%.*s", STR_ARG(out->id));
	for (int i = 0; FEELINGS[i]; i++)
		if (str_eq(t->verdict.sentiment, str_of(FEELINGS[i]))) out->sentiment = i;
	for (str rest = t->verdict.topics; str_given(rest) && rest.n;) {
		str name = str_cut(&rest, '\n');
		if (name.n) customer_option(op, &out->topics, name, text_topic_label(op, name), false);
	}
	fill_parts(op, t->text, t->verdict.why, out);
	if (!customer) return OK;
	out->address = customer_address(op, customer);
	return customer_called(op, customer, &out->person);
}

static enum err fill_quotes(struct op *op, const struct web *w, const struct explore_sums *s, struct explore *page)
{
	page->found = s->found;
	if (!page->may_read) return OK;
	size_t n = s->quotes.n < EXPLORE_QUOTES ? s->quotes.n : EXPLORE_QUOTES;
	page->quotes.v = ARENA_ARRAY(&op->arena, struct explore_quote, n + 1);
	page->quotes.n = n;
	for (size_t i = 0; i < n; i++) TRY(fill_quote(op, &s->quotes.v[i], &page->quotes.v[i]));
	if (s->quotes.n > n) page->older = str_fmt(&op->arena, "%.*s#quotes", STR_ARG(web_address_with(op, w, "cursor", str_fmt(&op->arena, "%lld.%lld", (long long)s->quotes.v[n - 1].at, (long long)s->quotes.v[n - 1].doc))));
	return OK;
}

/* ---- choices ---- */

static str word(struct op *op, const char *key)
{
	return i18n_pattern(op->locale.lang, str_of(key));
}

typedef str label_of(struct op *op, const struct db_rows *names, str value);

static str language_label(struct op *op, const struct db_rows *names, str value)
{
	(void)names;
	return i18n_language_name(&op->arena, &op->locale, value, STR_NONE);
}

static str survey_label(struct op *op, const struct db_rows *names, str value)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(id_show(&op->arena, S("sur"), db_rows_id(names, i, 0)), value)) return db_rows_text(names, i, 1);
	return value;
}

static str channel_label(struct op *op, const struct db_rows *names, str value)
{
	(void)names;
	return customer_channel_text(op, value);
}

static void offer(struct op *op, void *list, const struct explore_value *v, size_t n, const char *all, str chosen, label_of *label, const struct db_rows *names)
{
	if (!n) return; /* nothing to choose among */
	customer_option(op, list, S(""), word(op, all), !str_given(chosen));
	for (size_t i = 0; i < n; i++) customer_option(op, list, v[i].value, label(op, names, v[i].value), str_eq(v[i].value, chosen));
}

static enum err fill_choices(struct op *op, const struct web *w, const struct explore_asked *x, const struct explore_sums *s, struct explore *page)
{
	struct db_rows names;
	struct segment *segments;
	size_t n;
	TRY(op_query(op, SQL_feedback_survey_names, DB_NO_ARGS, &names));
	TRY(segment_all(op, &segments, &n));
	for (size_t i = 0; i < COUNT_OF(PERIODS); i++) {
		struct msg m = msg_int("listen_days", "n", PERIODS[i].days);
		customer_option(op, &page->periods, str_fmt(&op->arena, "%d", PERIODS[i].days), i18n_msg(&op->arena, &op->locale, &m), PERIODS[i].days * DAY_MS == x->to_ms - x->from_ms);
	}
	customer_option(op, &page->sources, S(""), word(op, "explore_source_all"), !str_given(x->kind));
	for (int i = 0; SOURCES[i]; i++) customer_option(op, &page->sources, str_of(SOURCES[i]), word(op, str_fmt(&op->arena, "explore_source_%s", SOURCES[i]).p), str_eq(x->kind, str_of(SOURCES[i])));
	offer(op, &page->languages, s->languages.v, s->languages.n, "voice_language_all", x->language, language_label, NULL);
	offer(op, &page->channels, s->channels.v, s->channels.n, "voice_channel_all", x->channel, channel_label, NULL);
	offer(op, &page->surveys, s->surveys.v, s->surveys.n, "voice_survey_all", x->survey, survey_label, &names);
	if (n) customer_option(op, &page->segments, S(""), word(op, "wants_all"), !x->segment);
	for (size_t i = 0; i < n; i++) {
		str shown = id_show(&op->arena, S("seg"), segments[i].id);
		customer_option(op, &page->segments, shown, segments[i].name, str_eq(shown, given(w, "segment")));
	}
	customer_option(op, &page->feelings, S(""), word(op, "listen_all_feelings"), !str_given(x->feeling));
	for (int i = 0; FEELINGS[i]; i++) customer_option(op, &page->feelings, str_of(FEELINGS[i]), word(op, str_fmt(&op->arena, "feeling_%s", FEELINGS[i]).p), str_eq(x->feeling, str_of(FEELINGS[i])));
	return OK;
}

/* ---- the page ---- */

static struct msg tell(const struct explore_sums *s, const struct explore *page)
{
	bool is_rising = page->rows.n && page->rows.v[0].is_rising;
	struct msg m = msg_int(is_rising ? "explore_rising" : "explore_finding", "n", s->all.n);
	msg_add(&m, (struct msg_arg){.name = "pos", .type = MSG_INT, .i = s->all.pos});
	msg_add(&m, (struct msg_arg){.name = "neg", .type = MSG_INT, .i = s->all.neg});
	if (!is_rising) return m;
	msg_add(&m, (struct msg_arg){.name = "topic", .type = MSG_STR, .s = page->rows.v[0].label});
	msg_add(&m, (struct msg_arg){.name = "now", .type = MSG_INT, .i = page->rows.v[0].n});
	msg_add(&m, (struct msg_arg){.name = "before", .type = MSG_INT, .i = page->rows.v[0].before});
	return m;
}

static str query_of(struct op *op, const struct web *w)
{
	str here = web_address_with(op, w, "cursor", STR_NONE);
	size_t at;
	return str_find(here, '?', &at) ? str_sub(here, at, here.n) : S("");
}

static void fill_asked(struct op *op, const struct web *w, const struct explore_asked *x, struct explore *page)
{
	page->topic = x->topic;
	page->topic_label = !str_given(x->topic) ? STR_NONE : str_eq(x->topic, S(EXPLORE_NO_TOPIC)) ? word(op, "explore_without") : text_topic_label(op, x->topic);
	page->since = page->since_label = STR_NONE;
	if (x->step >= 0) page->since = given(w, "since"), page->since_label = i18n_date(&op->arena, &op->locale, day_of(op, x, (size_t)x->step));
	page->is_filtered = str_given(x->topic) || str_given(x->feeling) || str_given(x->language) || str_given(x->channel) || str_given(x->survey) || str_given(x->kind) || x->segment || x->step >= 0;
}

enum err explore_get(struct op *op, struct web *w, struct answer *a)
{
	struct explore *page = ARENA_NEW(&op->arena, struct explore);
	struct explore_asked x;
	struct explore_sums *sums;
	int64_t newest;
	TRY(read_asked(op, w, &x));
	TRY(explore_newest(op, &newest));
	page->is_empty = newest == DESC_NULL_INT;
	page->may_read = op_may(op, PERM_READ_CUSTOMERS);
	TRY(explore_sum(op, &x, &sums));
	fill_asked(op, w, &x, page);
	fill_topics(op, w, &x, sums, page);
	TRY(fill_choices(op, w, &x, sums, page));
	TRY(fill_quotes(op, w, sums, page));
	page->n = sums->all.n;
	page->before = sums->before;
	page->without = sums->without.n;
	page->without_address = address(op, w, S(EXPLORE_NO_TOPIC), STR_NONE, STR_NONE);
	page->export = op_may(op, PERM_EXPORT_CUSTOMERS) && sums->found ? str_fmt(&op->arena, "/voice/texts.csv%.*s", STR_ARG(query_of(op, w))) : STR_NONE;
	page->finding = page->is_empty ? msg_of("explore_none") : tell(sums, page);
	if (!page->is_empty) {
		page->until = msg_of("explore_until");
		msg_add(&page->until, (struct msg_arg){.name = "from", .type = MSG_DATE, .i = day_of(op, &x, 0)});
		msg_add(&page->until, (struct msg_arg){.name = "to", .type = MSG_DATE, .i = day_of(op, &x, sums->n_steps) - DAY_MS});
	}
	return answer_with(a, &EXPLORE_DESC, page);
}

/* ---- the same as a file ---- */

static str one_line(struct arena *a, str lines)
{
	str out = S("");
	while (str_given(lines) && lines.n) {
		str line = str_cut(&lines, '\n');
		if (line.n) out = str_fmt(a, "%.*s%s%.*s", STR_ARG(out), out.n ? "; " : "", STR_ARG(line));
	}
	return out;
}

static void put_csv_row(struct op *op, const struct reading_text *t, struct buf *b)
{
	uint32_t number = people_customer(op->app->people, t->subject);
	const str cells[] = {reading_text_show(op, t), datetime_show(&op->arena, t->at), number ? id_show(&op->arena, S("cus"), people_id(op->app->people, number)) : S(""), t->event, t->channel, t->survey, t->verdict.language,
		t->verdict.sentiment, isnan(t->verdict.score) ? S("") : str_fmt(&op->arena, "%.3f", t->verdict.score), one_line(&op->arena, t->verdict.topics), one_line(&op->arena, t->verdict.signals),
		one_line(&op->arena, t->verdict.why), t->text};
	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		if (i) buf_byte(b, ',');
		buf_csv(b, str_given(cells[i]) ? cells[i] : S(""));
	}
	buf_byte(b, '\n');
}

enum err explore_csv(struct op *op, struct web *w, struct answer *a)
{
	struct explore_asked x;
	struct explore_sums *sums;
	struct buf b;
	TRY(read_asked(op, w, &x));
	x.quotes = CSV_ROWS;
	TRY(explore_sum(op, &x, &sums));
	if (sums->found > CSV_ROWS) return fail(op, ERR_TOO_LARGE, "", "there are more than %d texts: choose fewer", CSV_ROWS);
	buf_init(&b, CSV_BYTES);
	buf_add(&b, S("id,time,customer,event,channel,survey,language,sentiment,score,topics,signals,why,text\n"));
	for (size_t i = 0; i < sums->quotes.n; i++) put_csv_row(op, &sums->quotes.v[i], &b);
	enum err e = buf_failed(&b) ? fail(op, ERR_TOO_LARGE, "", "the file would be larger than %d MB: choose fewer", CSV_BYTES >> 20) : audit_write_read(op, "texts_exported", "", 0, STR_NONE);
	if (e == OK) {
		a->text = str_dup(&op->arena, buf_str(&b));
		a->content_type = S("text/csv; charset=utf-8");
		a->download_name = S("texts.csv");
	}
	buf_release(&b);
	return e;
}
