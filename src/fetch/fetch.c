/* The inside is refused where the socket is opened, for the address that the name has turned out to have at that moment; so
 * a redirect, a name with two addresses, or one that changes between asking and connecting leads nowhere else. A proxy of the
 * environment is not used: it would connect in our place. What comes back is counted as it unpacks. */
#include "fetch/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/datetime.h"
#include "base/utf8.h"

enum { CONNECT_MS = 10000, HEADER_BYTES = 1000, DETAIL_BYTES = 200, STALL_S = 15, STALL_BYTES = 100, WAIT_MOST_S = 7 * 86400 };
#define AGENT "Hospes/1.0 (reads feeds and public posts for its owner)"

const char *const FETCH_OUTCOMES[] = {"done", "unchanged", "address", "inside", "unreached", "untrusted", "slow", "too_large", "redirects", "wait", "denied", "gone", "failed", "robots", "stopped", NULL};

struct transfer {
	struct arena *a;
	const struct fetch_request *request;
	struct fetch_answer *out;
	struct buf body;
	bool was_inside, is_stopped;
	int64_t asked_ms;
	char error[CURL_ERROR_SIZE];
};

/* ---- what libcurl asks ---- */

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	(void)purpose;
	if (!t->request->may_be_inside && fetch_is_inside(&to->addr)) {
		t->was_inside = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	buf_add_bytes(&t->body, p, size * n);
	return buf_failed(&t->body) ? 0 : size * n;
}

static str header_value(str line)
{
	(void)str_cut(&line, ':');
	str value = str_trim(line);
	return value.n <= HEADER_BYTES && utf8_is_valid(value) ? value : S("");
}

static int64_t seconds_until(str value)
{
	int64_t s, ms;
	bool has_zone;
	if (str_i64(value, &s)) return s < 0 ? 0 : s < WAIT_MOST_S ? s : WAIT_MOST_S;
	struct arena a = {0};
	bool is_iso = datetime_parse(value, &ms, &has_zone);
	if (!is_iso) ms = (int64_t)curl_getdate(str_c(&a, value), NULL) * 1000;
	arena_release(&a);
	s = (ms - clock_now_ms()) / 1000 + 1;
	return ms <= 0 || s < 0 ? 0 : s < WAIT_MOST_S ? s : WAIT_MOST_S;
}

/* A status line begins the headers of another answer: those of a redirect do not count. */
static size_t hear(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	str line = {p, size * n};
	if (str_starts(line, S("HTTP/"))) {
		t->out->etag = t->out->modified = t->out->type = STR_NONE;
		t->out->wait_s = 0;
		buf_clear(&t->body);
		return line.n;
	}
	str rest = line, name = str_cut(&rest, ':');
	if (!str_given(rest)) return line.n;
	if (str_eq_nocase(name, S("etag"))) t->out->etag = str_dup(t->a, header_value(line));
	if (str_eq_nocase(name, S("last-modified"))) t->out->modified = str_dup(t->a, header_value(line));
	if (str_eq_nocase(name, S("content-type"))) t->out->type = str_dup(t->a, header_value(line));
	if (str_eq_nocase(name, S("retry-after")) || (str_eq_nocase(name, S("x-ratelimit-reset")) && !t->out->wait_s)) t->out->wait_s = seconds_until(header_value(line));
	return line.n;
}

static int ask(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct transfer *t = arg;
	int64_t now = clock_mono_us() / 1000;
	(void)down_total, (void)down, (void)up_total, (void)up;
	if (!t->request->go_on || now - t->asked_ms < 1000) return 0;
	t->asked_ms = now;
	t->is_stopped = !t->request->go_on(t->request->arg);
	return t->is_stopped;
}

/* ---- addresses ---- */

static str part(struct arena *a, CURLU *u, CURLUPart what, unsigned flags)
{
	char *text = NULL;
	str out = STR_NONE;
	if (curl_url_get(u, what, &text, flags) == CURLUE_OK && text && utf8_is_valid(str_of(text))) out = str_dup(a, str_of(text));
	curl_free(text);
	return out;
}

/* A host that is written as an address; names are judged when they have one. */
static bool is_written_inside(struct arena *a, str host)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (str_starts(host, S("["))) host = str_sub(host, 1, host.n - 2);
	const char *text = str_c(a, host);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) return fetch_is_inside((const struct sockaddr *)(const void *)&v4);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) return fetch_is_inside((const struct sockaddr *)(const void *)&v6);
	return str_eq_nocase(host, S("localhost")) || str_ends(host, S(".localhost"));
}

enum fetch_outcome fetch_check(struct arena *a, str url, bool may_be_inside, str *host)
{
	CURLU *u = curl_url();
	enum fetch_outcome e = FETCH_ADDRESS;
	bool is_plain = url.n && url.n <= FETCH_URL_BYTES && utf8_is_valid(url) && !memchr(url.p, 0, url.n);
	if (is_plain && curl_url_set(u, CURLUPART_URL, str_c(a, url), 0) == CURLUE_OK) {
		str scheme = part(a, u, CURLUPART_SCHEME, 0), user = part(a, u, CURLUPART_USER, 0), name = part(a, u, CURLUPART_HOST, 0);
		if ((str_eq(scheme, S("http")) || str_eq(scheme, S("https"))) && !user.n && name.n) e = !may_be_inside && is_written_inside(a, name) ? FETCH_INSIDE : FETCH_DONE;
		if (host) *host = name;
	}
	curl_url_cleanup(u);
	return e;
}

str fetch_resolve(struct arena *a, str base, str reference)
{
	CURLU *u = curl_url();
	str out = STR_NONE;
	bool is_based = base.n && base.n <= FETCH_URL_BYTES && curl_url_set(u, CURLUPART_URL, str_c(a, base), 0) == CURLUE_OK;
	(void)is_based;
	reference = str_trim(reference);
	if (reference.n && reference.n <= FETCH_URL_BYTES && curl_url_set(u, CURLUPART_URL, str_c(a, reference), CURLU_URLENCODE) == CURLUE_OK) {
		str scheme = part(a, u, CURLUPART_SCHEME, 0);
		if (str_eq(scheme, S("http")) || str_eq(scheme, S("https"))) out = part(a, u, CURLUPART_URL, 0);
	}
	curl_url_cleanup(u);
	return out;
}

/* ---- the transfer ---- */

static struct curl_slist *headers_of(struct arena *a, const struct fetch_request *r)
{
	struct curl_slist *list = NULL;
	if (r->accept.n) list = curl_slist_append(list, str_fmt(a, "Accept: %.*s", STR_ARG(r->accept)).p);
	if (r->etag.n) list = curl_slist_append(list, str_fmt(a, "If-None-Match: %.*s", STR_ARG(r->etag)).p);
	if (r->modified.n) list = curl_slist_append(list, str_fmt(a, "If-Modified-Since: %.*s", STR_ARG(r->modified)).p);
	if (r->body.n) list = curl_slist_append(list, str_fmt(a, "Content-Type: %.*s", STR_ARG(r->type)).p);
	for (size_t i = 0; i < r->n_headers; i++) list = curl_slist_append(list, str_c(a, r->headers[i]));
	return list;
}

static bool set_up(CURL *c, struct transfer *t, struct curl_slist *headers)
{
	const struct fetch_request *r = t->request;
	CURLcode e = CURLE_OK;
#define SET(option, value) (e = e ? e : curl_easy_setopt(c, option, value))
	SET(CURLOPT_URL, str_c(t->a, r->url));
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, r->stays ? 0L : 1L);
	if (r->body.n) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
		SET(CURLOPT_POSTFIELDS, r->body.p);
	}
	SET(CURLOPT_MAXREDIRS, (long)FETCH_HOPS);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)(r->timeout_ms ? r->timeout_ms : FETCH_MS));
	SET(CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	SET(CURLOPT_USERAGENT, r->agent ? r->agent : AGENT);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_ERRORBUFFER, t->error);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_HEADERFUNCTION, hear);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, ask);
	SET(CURLOPT_XFERINFODATA, t);
	return e == CURLE_OK;
}

static enum fetch_outcome judge_failure(const struct transfer *t, CURLcode e)
{
	if (t->was_inside) return FETCH_INSIDE;
	if (t->is_stopped) return FETCH_STOPPED;
	if (buf_failed(&t->body)) return FETCH_TOO_LARGE;
	switch (e) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED: return FETCH_ADDRESS;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT: return FETCH_UNREACHED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR: return FETCH_UNTRUSTED;
	case CURLE_OPERATION_TIMEDOUT: return FETCH_SLOW;
	case CURLE_TOO_MANY_REDIRECTS: return FETCH_REDIRECTS;
	default: return FETCH_FAILED;
	}
}

static enum fetch_outcome judge_status(long status)
{
	if (status == 304) return FETCH_UNCHANGED;
	if (status >= 200 && status < 300) return FETCH_DONE;
	if (status == 429 || status == 503) return FETCH_WAIT;
	if (status == 401 || status == 403) return FETCH_DENIED;
	return status == 404 || status == 410 ? FETCH_GONE : FETCH_FAILED;
}

static void conclude(CURL *c, struct transfer *t, CURLcode e)
{
	struct fetch_answer *out = t->out;
	long status = 0;
	const char *url = NULL;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c, CURLINFO_EFFECTIVE_URL, &url);
	out->status = (int)status;
	out->url = url && utf8_is_valid(str_of(url)) ? str_dup(t->a, str_of(url)) : t->request->url;
	out->outcome = e == CURLE_OK ? judge_status(status) : judge_failure(t, e);
	if (out->outcome == FETCH_DONE) out->body = str_dup(t->a, buf_str(&t->body));
	str words = e == CURLE_OK ? str_fmt(t->a, "HTTP %ld", status) : str_of(t->error[0] ? t->error : curl_easy_strerror(e));
	out->detail = out->outcome == FETCH_DONE || !utf8_is_valid(words) ? S("") : str_dup(t->a, utf8_cut(words, DETAIL_BYTES));
}

void fetch(struct arena *a, const struct fetch_request *r, struct fetch_answer *out)
{
	struct transfer t = {.a = a, .request = r, .out = out};
	*out = (struct fetch_answer){.outcome = fetch_check(a, r->url, r->may_be_inside, NULL), .url = r->url};
	if (out->outcome != FETCH_DONE) return;
	CURL *c = curl_easy_init();
	struct curl_slist *headers = headers_of(a, r);
	buf_init(&t.body, r->most_bytes ? r->most_bytes : FETCH_BYTES);
	if (c && set_up(c, &t, headers)) {
		conclude(c, &t, curl_easy_perform(c));
	} else {
		out->outcome = FETCH_FAILED;
		out->detail = S("libcurl does not start");
	}
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	buf_release(&t.body);
}
