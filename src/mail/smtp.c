/* The outcome is told by where in the dialogue the server said no, which libcurl does not tell: the commands and replies
 * that it reports to its debug function do. Of a command only the first word is looked at, since AUTH carries the password.
 *
 * An answer that did not come after the whole message was given is the one thing that cannot be known (RFC 1047): such a
 * message is sent again and may arrive twice, under the same Message-ID. To make that rare the end of a message is waited
 * for as long as RFC 5321 4.5.3.2.6 asks, and a stop of the program waits for it as long as it may. */
#include "mail/smtp.h"

#include <curl/curl.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { TRANSFER_MS = 720000, STOP_MS = 5000, ANSWER_BYTES = 300, VERB_BYTES = 8 };

struct smtp {
	CURL *curl;
	struct curl_slist *recipients;
	char error[CURL_ERROR_SIZE];
	/* of the transfer */
	str message;
	size_t at;
	bool is_given, has_quit; /* all of it was handed over; libcurl took leave */
	int64_t stop_since_ms;   /* go_on said no; 0: it did not */
	char verb[VERB_BYTES];   /* of the last command; "body" while the message is given */
	char reply[ANSWER_BYTES];
	bool (*go_on)(void *arg);
	void *arg;
	int64_t asked_ms;
};

static size_t give(char *out, size_t size, size_t n, void *arg)
{
	struct smtp *s = arg;
	size_t left = s->message.n - s->at, most = size * n, take = left < most ? left : most;
	memcpy(out, s->message.p + s->at, take);
	s->at += take;
	if (!take) s->is_given = true;
	return take;
}

/* The first line of what libcurl reports, without its end and without what is no text. */
static void keep_line(char *out, size_t room, const char *p, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n && kept + 1 < room && p[i] != '\r' && p[i] != '\n'; i++) {
		unsigned char c = (unsigned char)p[i];
		out[kept++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	out[kept] = 0;
}

static int hear(CURL *curl, curl_infotype type, char *p, size_t n, void *arg)
{
	struct smtp *s = arg;
	(void)curl;
	if (type == CURLINFO_HEADER_OUT && n >= 4 && memcmp(p, "QUIT", 4) == 0) s->has_quit = true;
	if (s->has_quit) return 0; /* it takes leave; what counts was said before */
	if (type == CURLINFO_HEADER_IN) keep_line(s->reply, sizeof s->reply, p, n);
	if (type == CURLINFO_DATA_OUT) keep_line(s->verb, sizeof s->verb, "body", 4);
	if (type == CURLINFO_HEADER_OUT) {
		const char *space = memchr(p, ' ', n);
		keep_line(s->verb, sizeof s->verb, p, space ? (size_t)(space - p) : n);
		s->reply[0] = 0;
	}
	return 0;
}

static int ask(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	struct smtp *s = arg;
	int64_t now = clock_mono_us() / 1000;
	(void)down_total, (void)down, (void)up_total, (void)up;
	if (!s->go_on || now - s->asked_ms < 1000) return 0;
	s->asked_ms = now;
	if (s->go_on(s->arg)) return 0;
	if (!s->stop_since_ms) s->stop_since_ms = now;
	return !s->is_given || now - s->stop_since_ms >= STOP_MS;
}

static bool set_up(struct smtp *s, const struct mail_server *server, str greets_as)
{
	CURL *c = s->curl;
	CURLcode e = mail_server_apply(c, server, "smtp", greets_as);
#define SET(option, value) (e = e ? e : curl_easy_setopt(c, option, value))
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)TRANSFER_MS / 1000);
	SET(CURLOPT_TIMEOUT_MS, (long)TRANSFER_MS);
	SET(CURLOPT_ERRORBUFFER, s->error);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, hear);
	SET(CURLOPT_DEBUGDATA, s);
	SET(CURLOPT_READFUNCTION, give);
	SET(CURLOPT_READDATA, s);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, ask);
	SET(CURLOPT_XFERINFODATA, s);
#undef SET
	return e == CURLE_OK;
}

struct smtp *smtp_new(const struct mail_server *server, str greets_as)
{
	struct smtp *s = MEM_NEW(struct smtp);
	s->curl = curl_easy_init();
	if (s->curl && set_up(s, server, greets_as)) return s;
	smtp_free(s);
	return NULL;
}

void smtp_free(struct smtp *s)
{
	if (!s) return;
	curl_easy_cleanup(s->curl);
	curl_slist_free_all(s->recipients);
	mem_free(s);
}

/* ---- what the answer means ---- */

static int reply_code(const char *reply)
{
	int code = 0;
	for (int i = 0; i < 3; i++) {
		if (reply[i] < '0' || reply[i] > '9') return 0;
		code = code * 10 + (reply[i] - '0');
	}
	return code >= 200 && code < 600 ? code : 0;
}

static bool is_verb(const struct smtp *s, const char *verb)
{
	return strcmp(s->verb, verb) == 0;
}

/* A refusal by policy ("relaying denied", RFC 3463 X.7.x) is none of the mailbox. */
static bool is_policy(const char *reply)
{
	return strlen(reply) > 8 && strncmp(reply + 4, "5.7.", 4) == 0;
}

static enum smtp_outcome judge(const struct smtp *s, CURLcode e, int code)
{
	bool is_of_message = is_verb(s, "RCPT") || is_verb(s, "DATA") || is_verb(s, "body");
	if (e == CURLE_OK) return SMTP_TAKEN;
	if (e == CURLE_ABORTED_BY_CALLBACK && !s->is_given) return SMTP_STOPPED;
	if (s->is_given && code < 400) return SMTP_LATER;
	if (is_verb(s, "MAIL") && code == 552) return SMTP_REFUSED; /* larger than it takes */
	if (!is_of_message || code < 400 || code == 421) return SMTP_OUTAGE;
	if (code < 500) return SMTP_LATER;
	return is_verb(s, "RCPT") && !is_policy(s->reply) ? SMTP_NO_RECIPIENT : SMTP_REFUSED;
}

void smtp_send(struct smtp *s, struct arena *a, str sender, str recipient, str message, bool (*go_on)(void *arg),
	void *arg, struct smtp_result *out)
{
	s->message = message;
	s->at = 0;
	s->is_given = s->has_quit = false;
	s->stop_since_ms = s->asked_ms = 0;
	s->verb[0] = s->reply[0] = s->error[0] = 0;
	s->go_on = go_on;
	s->arg = arg;
	curl_slist_free_all(s->recipients);
	s->recipients = curl_slist_append(NULL, str_c(a, recipient));
	curl_easy_setopt(s->curl, CURLOPT_MAIL_FROM, str_c(a, sender));
	curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, s->recipients);
	curl_easy_setopt(s->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message.n);
	CURLcode e = curl_easy_perform(s->curl);
	int code = reply_code(s->reply);
	*out = (struct smtp_result){.outcome = judge(s, e, code), .code = e == CURLE_OK || code >= 400 ? code : 0};
	out->is_uncertain = s->is_given && e != CURLE_OK && code < 400;
	str words = str_of(e == CURLE_OK || code >= 400 ? s->reply : s->error);
	if (!words.n) words = str_of(curl_easy_strerror(e));
	if (!utf8_is_valid(words)) words = S("(no readable text)");
	out->answer = str_dup(a, utf8_cut(words, ANSWER_BYTES - 1));
}
