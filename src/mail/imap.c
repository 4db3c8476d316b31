#include "mail/imap.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { COMMAND_MS = 60000, ANSWER_BYTES = 64 << 10, FAULT_BYTES = 300, COMMAND_BYTES = 400 };

struct imap {
	CURL *curl;
	struct mail_server server;
	str folder; /* as it stands in an address */
	str name;   /* as it was given */
	char error[CURL_ERROR_SIZE];
	const char *fault;
	struct buf answer;
	struct arena kept;
};

static size_t hear(char *bytes, size_t size, size_t n, void *arg)
{
	struct imap *m = arg;
	buf_add(&m->answer, (str){bytes, size * n});
	return buf_failed(&m->answer) ? 0 : size * n;
}

struct imap *imap_new(const struct mail_server *server, str folder)
{
	struct imap *m = MEM_NEW(struct imap);
	m->curl = curl_easy_init();
	if (!m->curl) {
		imap_free(m);
		return NULL;
	}
	m->server = (struct mail_server){str_dup(&m->kept, server->host), server->port, server->security, str_dup(&m->kept, server->user),
		str_dup(&m->kept, server->password), str_dup(&m->kept, server->authority)};
	m->name = str_dup(&m->kept, folder);
	char *escaped = curl_easy_escape(m->curl, m->name.p, (int)m->name.n);
	m->folder = str_dup(&m->kept, str_of(escaped ? escaped : ""));
	curl_free(escaped);
	return m;
}

void imap_free(struct imap *m)
{
	if (!m) return;
	if (m->curl) curl_easy_cleanup(m->curl);
	arena_release(&m->kept);
	mem_free(m);
}

/* The connection outlives curl_easy_reset. */
static bool run(struct imap *m, struct arena *a, str path, const char *command, size_t most, str *out)
{
	CURL *c = m->curl;
	curl_easy_reset(c);
	m->error[0] = 0;
	m->fault = NULL;
	CURLcode e = mail_server_apply(c, &m->server, "imap", path);
#define SET(option, value) (e = e ? e : curl_easy_setopt(c, option, value))
	SET(CURLOPT_TIMEOUT_MS, (long)COMMAND_MS);
	SET(CURLOPT_ERRORBUFFER, m->error);
	SET(CURLOPT_WRITEFUNCTION, hear);
	SET(CURLOPT_WRITEDATA, m);
	if (command) SET(CURLOPT_CUSTOMREQUEST, command);
#undef SET
	buf_init(&m->answer, most);
	if (!e) e = curl_easy_perform(c);
	*out = str_dup(a, buf_str(&m->answer));
	buf_release(&m->answer);
	if (e == CURLE_REMOTE_FILE_NOT_FOUND && !command) {
		*out = STR_NONE;
		return true;
	}
	if (e) m->fault = m->error[0] ? m->error : curl_easy_strerror(e);
	return !e;
}

/* The number behind a word of an answer; -1: it is not there. */
static int64_t number_after(str text, str word)
{
	for (size_t i = 0; i + word.n < text.n; i++) {
		if (!str_eq(str_sub(text, i, word.n), word)) continue;
		size_t from = i + word.n, to = from;
		while (to < text.n && text.p[to] >= '0' && text.p[to] <= '9') to++;
		int64_t n;
		return str_i64(str_sub(text, from, to - from), &n) ? n : -1;
	}
	return -1;
}

static bool read_folder(struct imap *m, str answer, struct imap_folder *out)
{
	out->uid_validity = number_after(answer, S("UIDVALIDITY "));
	out->uid_next = number_after(answer, S("UIDNEXT "));
	if (out->uid_validity > 0 && out->uid_next > 0) return true;
	m->fault = "there is no such folder";
	return false;
}

bool imap_status(struct imap *m, struct arena *a, struct imap_folder *out)
{
	char command[COMMAND_BYTES];
	str answer;
	snprintf(command, sizeof command, "STATUS \"%.*s\" (UIDVALIDITY UIDNEXT)", STR_ARG(m->name));
	return run(m, a, S(""), command, ANSWER_BYTES, &answer) && read_folder(m, answer, out);
}

/* Between the brackets of "* FLAGS (…)". */
static str flags_of(str answer)
{
	while (answer.n) {
		str line = str_trim(str_cut(&answer, '\n'));
		if (str_starts(line, S("* FLAGS (")) && str_ends(line, S(")"))) return str_sub(line, 9, line.n - 10);
	}
	return S("");
}

bool imap_open(struct imap *m, struct arena *a, struct imap_folder *out, str *keywords)
{
	char command[COMMAND_BYTES];
	str answer;
	*keywords = S("");
	snprintf(command, sizeof command, "SELECT \"%.*s\"", STR_ARG(m->name));
	if (!run(m, a, S(""), command, ANSWER_BYTES, &answer)) return false;
	*keywords = flags_of(answer);
	return read_folder(m, answer, out);
}

bool imap_keyword(struct imap *m, struct arena *a, int64_t first, int64_t last, str keyword, bool is_on)
{
	char command[COMMAND_BYTES];
	str answer;
	snprintf(command, sizeof command, "UID STORE %" PRId64 ":%" PRId64 " %cFLAGS.SILENT (%.*s)", first, last, is_on ? '+' : '-', STR_ARG(keyword));
	return run(m, a, m->folder, command, ANSWER_BYTES, &answer);
}

bool imap_search(struct imap *m, struct arena *a, int64_t first, int64_t last, const char *criteria, struct imap_uids *out)
{
	char command[COMMAND_BYTES];
	str answer;
	*out = (struct imap_uids){0};
	snprintf(command, sizeof command, "UID SEARCH UID %" PRId64 ":%" PRId64 " %s", first, last, criteria);
	if (!run(m, a, m->folder, command, ANSWER_BYTES, &answer)) return false;
	out->v = ARENA_ARRAY(a, int64_t, IMAP_SEARCH_MOST);
	while (answer.n) {
		str line = str_cut(&answer, '\n');
		if (!str_starts(line, S("* SEARCH"))) continue;
		for (line = str_sub(line, 8, line.n); line.n;) {
			int64_t uid;
			if (str_i64(str_trim(str_cut(&line, ' ')), &uid) && uid >= first && uid <= last && out->n < IMAP_SEARCH_MOST) out->v[out->n++] = uid;
		}
	}
	return true;
}

bool imap_fetch(struct imap *m, struct arena *a, const struct imap_folder *folder, int64_t uid, size_t most, str *out)
{
	str path = str_fmt(a, "%.*s;UIDVALIDITY=%" PRId64 "/;UID=%" PRId64 "/;PARTIAL=0.%zu", STR_ARG(m->folder), folder->uid_validity, uid, most);
	return run(m, a, path, NULL, most + COMMAND_BYTES, out);
}

str imap_fault(const struct imap *m, struct arena *a)
{
	str words = str_of(m->fault ? m->fault : "");
	return utf8_is_valid(words) ? str_dup(a, utf8_cut(words, FAULT_BYTES)) : S("(no readable text)");
}
