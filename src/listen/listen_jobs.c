/* One after another: the source that is due longest is asked, outside of any transaction; what came is read and kept in one
 * of its own. Politeness: never two at once, a pause between two of one host, the other side's wish to wait (Retry-After)
 * before our own interval, doubled with each failure up to a day, robots.txt for pages (feeds and interfaces are made for
 * programs), conditional requests. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/datetime.h"
#include "base/log.h"
#include "base/utf8.h"
#include "fetch/fetch.h"
#include "http/http.h"
#include "json/json.h"
#include "listen/heard.h"
#include "listen/listen.h"
#include "listen/mention.h"
#include "op/app.h"

enum { PREVIEW_ITEMS = 5, PREVIEW_BYTES = 64 << 10, PREVIEW_TEXT = 300, GAP_MS = 1000, LINES_MOST = 5, LINE_STATUSES = 40, PAGE_BYTES = 3 << 20, HOST_BYTES = 256, FAILURES_MOST = 12, GONE_FOR_GOOD = 410 };

struct turn {
	struct op *op; /* of the job; used for progress and at the end only */
	id job;
	char host[HOST_BYTES];
	int64_t host_ms;
};

struct tried {
	struct arena *a;
	struct listen_source *source;
	struct fetch_answer answer;
	struct heard_list heard;
	str outcome, detail, since;
	bool is_heard;
};

static bool goes_on(void *arg)
{
	struct turn *t = arg;
	return job_progress(t->op, t->job, 0, 0);
}

/* ---- asking ---- */

static void wait_for_host(struct turn *t, struct arena *a, str url)
{
	str host = STR_NONE;
	fetch_check(a, url, true, &host);
	int64_t rest = fetch_may_be_inside() ? 0 : t->host_ms + GAP_MS - clock_mono_us() / 1000; /* one's own machines need no pause */
	if (str_eq(host, str_of(t->host)) && rest > 0) nanosleep(&(struct timespec){.tv_sec = rest / 1000, .tv_nsec = rest % 1000 * 1000000}, NULL);
	snprintf(t->host, sizeof t->host, "%.*s", STR_ARG(host));
}

/* The outcome tells these better than the library's words. */
static bool says_all(enum fetch_outcome outcome)
{
	return outcome == FETCH_TOO_LARGE || outcome == FETCH_REDIRECTS || outcome == FETCH_SLOW;
}

static void get(struct turn *t, struct tried *x, str url, const char *accept, bool is_conditional, size_t most)
{
	struct fetch_request r = {.url = url, .accept = str_of(accept), .most_bytes = most, .may_be_inside = fetch_may_be_inside(), .go_on = goes_on, .arg = t};
	if (is_conditional) r.etag = x->source->etag, r.modified = x->source->modified;
	wait_for_host(t, x->a, url);
	fetch(x->a, &r, &x->answer);
	t->host_ms = clock_mono_us() / 1000;
	x->outcome = str_of(FETCH_OUTCOMES[x->answer.outcome]);
	x->detail = says_all(x->answer.outcome) ? S("") : x->answer.detail;
	x->is_heard = x->answer.outcome == FETCH_DONE || x->answer.outcome == FETCH_UNCHANGED;
}

static str charset_of(str type)
{
	str rest = type;
	(void)str_cut(&rest, ';');
	while (str_given(rest)) {
		str one = str_trim(str_cut(&rest, ';')), name = str_cut(&one, '=');
		if (!str_eq_nocase(name, S("charset"))) continue;
		one = str_trim(one);
		return one.n > 1 && one.p[0] == '"' ? str_sub(one, 1, one.n - 2) : one;
	}
	return S("");
}

static void unreadable(struct tried *x, const struct fault *f)
{
	x->is_heard = false;
	x->outcome = S("unreadable");
	x->detail = str_dup(x->a, str_of(f->fields[0].text));
}

static void ask_feed(struct turn *t, struct tried *x)
{
	struct fault f = {0};
	get(t, x, x->source->address, "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1", true, 0);
	if (x->answer.outcome != FETCH_DONE) return;
	if (heard_feed(x->a, x->answer.body, x->answer.url, charset_of(x->answer.type), &x->heard, &f) != OK) unreadable(x, &f);
	else if (str_given(x->heard.broken)) x->detail = x->heard.broken;
}

/* From the newest back to what was heard before. A trial asks for one page. */
static void ask_mastodon(struct turn *t, struct tried *x)
{
	struct fault f = {0};
	const struct listen_source *s = x->source;
	str newest = STR_NONE, oldest = STR_NONE;
	size_t n = LINE_STATUSES;
	int pages = s->state == LISTEN_TRIAL || !s->since.n ? 1 : LINES_MOST;
	for (int i = 0; i < pages && n == LINE_STATUSES; i++) {
		str line = s->tag.n ? str_fmt(x->a, "tag/%.*s", STR_ARG(s->tag)) : S("public"), since = s->since.n ? str_fmt(x->a, "&since_id=%.*s", STR_ARG(s->since)) : S("");
		str before = str_given(oldest) ? str_fmt(x->a, "&max_id=%.*s", STR_ARG(oldest)) : S("");
		get(t, x, str_fmt(x->a, "%.*s/api/v1/timelines/%.*s?limit=%d%s%.*s%.*s", STR_ARG(s->address), STR_ARG(line), LINE_STATUSES, s->tag.n ? "" : "&local=true", STR_ARG(since), STR_ARG(before)), "application/json", false, 0);
		if (x->answer.outcome != FETCH_DONE) return;
		if (heard_mastodon(x->a, x->answer.body, &x->heard, &newest, &oldest, &n, &f) != OK) {
			unreadable(x, &f);
			return;
		}
	}
	if (str_given(newest)) x->since = newest;
}

static bool robots_let(struct turn *t, struct tried *x)
{
	str host = STR_NONE, url = x->source->address, rest = url;
	(void)str_cut(&rest, ':');
	size_t at = 2;
	while (at < rest.n && rest.p[at] != '/' && rest.p[at] != '?' && rest.p[at] != '#') at++;
	str root = str_sub(url, 0, url.n - rest.n + at), path = str_sub(rest, at, rest.n);
	fetch_check(x->a, url, true, &host);
	get(t, x, str_fmt(x->a, "%.*s/robots.txt", STR_ARG(root)), "text/plain", false, 0);
	if (x->answer.outcome == FETCH_GONE || x->answer.outcome == FETCH_DENIED) return true;
	if (x->answer.outcome != FETCH_DONE) return x->answer.outcome == FETCH_FAILED && x->answer.status >= 400 && x->answer.status < 500;
	if (robots_allow(x->answer.body, S("hospes"), path.n ? path : S("/"))) return true;
	x->is_heard = false;
	x->outcome = str_of(FETCH_OUTCOMES[FETCH_ROBOTS]);
	return false;
}

static void ask_page(struct turn *t, struct tried *x)
{
	struct fault f = {0};
	if (!robots_let(t, x)) {
		x->is_heard = false;
		return;
	}
	get(t, x, x->source->address, "text/html, application/xhtml+xml;q=0.9", true, PAGE_BYTES);
	if (x->answer.outcome != FETCH_DONE) return;
	if (heard_page(x->a, x->answer.body, x->answer.url, &x->heard, &f) != OK) unreadable(x, &f);
}

/* ---- keeping ---- */

static str preview_of(struct arena *a, const struct heard_list *heard)
{
	struct buf b;
	struct json_writer w = {.out = &b};
	buf_init(&b, PREVIEW_BYTES);
	json_begin_array(&w);
	for (size_t i = 0; i < heard->items.n && i < PREVIEW_ITEMS; i++) {
		const struct heard *h = &heard->items.v[i];
		json_begin_object(&w);
		json_key(&w, S("title"));
		json_put_str(&w, h->title);
		json_key(&w, S("text"));
		json_put_str(&w, h->text.n > PREVIEW_TEXT ? str_fmt(a, "%.*s…", STR_ARG(utf8_cut(h->text, PREVIEW_TEXT))) : h->text);
		json_key(&w, S("url"));
		json_put_str(&w, h->url);
		json_key(&w, S("author"));
		json_put_str(&w, h->author);
		json_key(&w, S("at"));
		if (h->at_ms == DESC_NULL_INT) json_put_null(&w);
		else json_put_i64(&w, h->at_ms);
		json_key(&w, S("rating"));
		json_put_real(&w, h->rating);
		json_end_object(&w);
	}
	json_end_array(&w);
	str out = str_dup(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static int64_t next_try(const struct tried *x, int64_t now)
{
	int64_t wait = x->source->every_s, failures = x->source->failures + 1, most = DAY_MS / 1000;
	if (!x->is_heard) wait = failures < FAILURES_MOST ? wait << failures : most;
	if (!x->is_heard && wait > most) wait = most > x->source->every_s ? most : x->source->every_s;
	if (wait < x->answer.wait_s) wait = x->answer.wait_s;
	return now + wait * 1000;
}

static struct db_val real(double d)
{
	return isnan(d) ? db_null() : db_real(d);
}

/* What the source's row is after the try. */
static void note_try(struct op *op, const struct tried *x, struct listen_source *s)
{
	bool is_read = x->is_heard && x->answer.outcome == FETCH_DONE, is_trial = s->state == LISTEN_TRIAL;
	s->next_at = next_try(x, op->now_ms);
	s->outcome = x->outcome;
	s->detail = x->detail.n ? x->detail : STR_NONE;
	s->failures = x->is_heard ? 0 : s->failures + 1;
	s->preview_json = is_trial && is_read ? preview_of(&op->arena, &x->heard) : STR_NONE;
	if (x->answer.status == GONE_FOR_GOOD) s->state = LISTEN_PAUSED;
	if (!is_read) return;
	if (!s->is_named && x->heard.title.n) s->name = x->heard.title;
	if (!isnan(x->heard.rating)) s->rating = x->heard.rating, s->rating_max = x->heard.rating_max, s->ratings = x->heard.ratings;
	if (is_trial) return; /* what it gave is asked for again when it is started */
	s->etag = x->answer.etag;
	s->modified = x->answer.modified;
	s->since = x->since;
}

static enum err put_try(struct op *op, const struct listen_source *s, bool is_heard)
{
	return op_run(op, SQL_listen_source_tried,
		DB_ARGS(db_id(s->id), db_int(op->now_ms), db_bool(is_heard), db_int(s->next_at), db_text(s->outcome), db_text(s->detail), db_int(s->failures), db_text(s->etag), db_text(s->modified), db_text(s->since),
			db_text(s->preview_json), real(s->rating), real(s->rating_max), db_int_or_null(s->ratings), db_text(s->name), db_int(s->state)),
		NULL);
}

static enum err write_down(struct op *op, void *arg)
{
	struct tried *x = arg;
	struct listen_source now;
	int64_t added = 0;
	enum err found = listen_source_find(op, x->source->id, &now);
	if (found == ERR_NOT_FOUND || (found == OK && now.state != x->source->state)) { /* removed or paused meanwhile */
		op->fault = (struct fault){0};
		return OK;
	}
	TRY(found);
	if (x->is_heard && x->answer.outcome == FETCH_DONE && now.state != LISTEN_TRIAL) TRY(mention_keep(op, now.id, &x->heard, &added));
	note_try(op, x, &now);
	TRY(put_try(op, &now, x->is_heard));
	log_info("listened", F_STR("source", id_show(&op->arena, S("lis"), now.id)), F_STR("outcome", x->outcome), F_INT("items", (int64_t)x->heard.items.n), F_INT("new", added));
	return OK;
}

/* ---- turns ---- */

struct taking {
	struct arena *a;
	struct listen_source source;
	bool is_any;
};

static enum err take(struct op *op, void *arg)
{
	struct taking *t = arg;
	void *rows;
	size_t n;
	TRY(op_structs(op, SQL_listen_source_due, DB_ARGS(db_int(op->now_ms)), &LISTEN_SOURCE_DESC, &rows, &n));
	t->is_any = n > 0;
	if (!n) return OK;
	t->source = *(struct listen_source *)rows;
	str *const texts[] = {&t->source.name, &t->source.address, &t->source.tag, &t->source.etag, &t->source.modified, &t->source.since, &t->source.preview_json, &t->source.outcome, &t->source.detail};
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (str_given(*texts[i])) *texts[i] = str_dup(t->a, *texts[i]);
	return OK;
}

static enum err turn(struct turn *t, bool *more)
{
	static void (*const ask[])(struct turn *t, struct tried *x) = {[LISTEN_FEED] = ask_feed, [LISTEN_MASTODON] = ask_mastodon, [LISTEN_PAGE] = ask_page};
	struct arena a = {0};
	struct taking taking = {.a = &a};
	enum err e = op_apart(t->op->app, LISTEN_JOB, take, &taking);
	*more = e == OK && taking.is_any;
	if (*more) {
		struct tried x = {.a = &a, .source = &taking.source, .heard = {.rating = NAN, .rating_max = NAN}, .since = taking.source.since};
		ask[taking.source.kind](t, &x);
		*more = x.answer.outcome != FETCH_STOPPED;
		if (*more) e = op_apart(t->op->app, LISTEN_JOB, write_down, &x);
		if (t->op->app->http) http_publish(t->op->app->http, S("listening"));
	}
	arena_release(&a);
	return e;
}

enum err listen_job(struct op *op, id job, str payload)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct turn t = {.op = op, .job = job};
	bool more = true;
	enum err e = OK;
	(void)payload;
	if (pthread_mutex_trylock(&one)) return ERR_BUSY;
	while (more && e == OK && goes_on(&t)) e = turn(&t, &more);
	pthread_mutex_unlock(&one);
	if (e != OK) return fail(op, e, "listen", "what was heard could not be kept");
	return goes_on(&t) ? OK : ERR_BUSY;
}
