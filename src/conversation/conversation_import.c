/* hospes import --as mail: an mbox, a message, or a directory of messages (a Maildir too). Mails are read outside of transactions and
 * kept some at a time; a run that was broken off is simply run again. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/mem.h"
#include "collect/appliers.h"
#include "conversation/conversation_inner.h"
#include "http/metrics.h"
#include "http/options.h"
#include "mail/received.h"
#include "os/os.h"
#include "search/search.h"
#include "source/import.h"

enum { DONE = 0, PARTLY = 3, AT_ONCE = 100, BYTES_AT_ONCE = 32 << 20, SHOWN_BYTES = 2000, FILE_MOST = 1 << 30, FILES_MOST = 1000000, DEPTH_MOST = 3, CATCH_UP_MS = 60000, REASONS = RECEIVED_BOUNCE + 1 };
#define REJECTED ".rejected.ndjson"
/* Beyond those of received.h. */
static const char *const OTHER_REASONS[] = {"erased", "no_customer", NULL};
enum { REASON_ERASED = REASONS, REASON_NO_CUSTOMER, REASON_COUNT };

struct mail {
	str bytes;
	int64_t number;
	struct received read;
	enum received_refusal refusal;
};
struct run {
	struct app *app;
	const struct command_io *io;
	struct arena arena; /* of the mails that wait */
	VEC(struct mail) waiting;
	size_t waiting_bytes;
	struct import_rejects *rejects;
	int64_t number; /* of the mail within the file or directory */
	int64_t mails, kept, conversations, known, rejected, reasons[REASON_COUNT];
	enum conversation_taken *outcomes;
};

static const char *reason_name(int reason)
{
	return reason < REASONS ? RECEIVED_REFUSALS[reason] : OTHER_REASONS[reason - REASONS];
}

static void reject(struct run *r, const struct mail *m, int reason)
{
	r->rejected++;
	r->reasons[reason]++;
	import_rejects_add(r->rejects, m->number, reason_name(reason), reason == REASON_ERASED ? S("") : str_sub(m->bytes, 0, SHOWN_BYTES));
}

/* ---- keeping those that wait ---- */

static enum err keep(struct op *op, void *arg)
{
	struct run *r = arg;
	struct conversation_intake *in;
	TRY(conversation_intake_new(op, INTAKE_CHOSEN, &in));
	for (size_t i = 0; i < r->waiting.n; i++)
		if (r->waiting.v[i].refusal == RECEIVED_FINE) TRY(conversation_take(in, &r->waiting.v[i].read, &r->outcomes[i]));
	return conversation_intake_end(in);
}

static void count(struct run *r)
{
	for (size_t i = 0; i < r->waiting.n; i++) {
		const struct mail *m = &r->waiting.v[i];
		r->mails++;
		if (m->refusal != RECEIVED_FINE) {
			reject(r, m, (int)m->refusal);
			continue;
		}
		switch (r->outcomes[i]) {
		case TAKEN_NEW:
			r->conversations++;
			r->kept++;
			break;
		case TAKEN_ADDED: r->kept++; break;
		case TAKEN_KNOWN: r->known++; break;
		case TAKEN_ERASED: reject(r, m, REASON_ERASED); break;
		case TAKEN_FORGED: /* of what nobody chose alone */
		case TAKEN_NO_CUSTOMER: reject(r, m, REASON_NO_CUSTOMER); break;
		}
	}
	metrics_add(COUNTER_IMPORT_ROWS, (int64_t)r->waiting.n);
}

static enum err keep_waiting(struct run *r)
{
	if (!r->waiting.n) return OK;
	if (socket_client_gone(r->io)) return ERR_BUSY;
	r->outcomes = ARENA_ARRAY(&r->arena, enum conversation_taken, r->waiting.n);
	enum err e = op_apart(r->app, "import", keep, r);
	if (e == OK) count(r);
	arena_reset(&r->arena);
	r->waiting.v = NULL;
	r->waiting.n = r->waiting.cap = 0;
	r->waiting_bytes = 0;
	return e;
}

/* ---- files ---- */

static enum err take_all(struct run *r, str text, bool is_last_use)
{
	enum err e = OK;
	for (str rest = text, one; e == OK && (received_is_mbox(text) ? received_cut(&r->arena, &rest, &one) : str_given(rest));) {
		if (!received_is_mbox(text)) {
			one = text;
			rest = STR_NONE;
		}
		struct mail *m = VEC_ADD(&r->waiting, &r->arena);
		m->number = ++r->number;
		m->bytes = is_last_use ? str_dup(&r->arena, one) : one;
		m->refusal = received_read(&r->arena, m->bytes, &m->read);
		r->waiting_bytes += one.n;
		if (r->waiting.n >= AT_ONCE || r->waiting_bytes > BYTES_AT_ONCE) e = keep_waiting(r);
	}
	return e;
}

static enum err read_file(struct run *r, int dir, const char *name, struct fault *f)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		int error = fd < 0 ? errno : EINVAL;
		if (fd >= 0) os_close(fd);
		return fault_set(f, ERR_NOT_FOUND, "FILE", "cannot open %s: %s", name, strerror(error));
	}
	if (st.st_size > FILE_MOST) {
		os_close(fd);
		return fault_set(f, ERR_TOO_LARGE, "FILE", "%s is larger than %d bytes: split it", name, FILE_MOST);
	}
	char *p = mem_alloc((size_t)st.st_size + 1);
	ssize_t n = os_read_at(fd, p, (size_t)st.st_size, 0);
	os_close(fd);
	enum err e = n < 0 ? os_fail(f, "read", name, errno) : OK;
	if (e == OK) {
		str text = {p, (size_t)n};
		bool is_mbox = received_is_mbox(text);
		e = take_all(r, text, !is_mbox);
		if (e == OK && is_mbox) e = keep_waiting(r); /* they point into it */
	}
	mem_free(p);
	return e;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err read_directory(struct run *r, int dir, const char *name, int depth, struct fault *f)
{
	struct arena a = {0};
	VEC(const char *) names = {0};
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0) os_close(fd);
		return fault_set(f, ERR_NOT_FOUND, "FILE", "cannot open %s: %s", name, strerror(errno));
	}
	for (struct dirent *one; (one = readdir(d)) && names.n < FILES_MOST;)
		if (one->d_name[0] != '.' && !str_ends(str_of(one->d_name), S(REJECTED))) VEC_PUSH(&names, &a, str_c(&a, str_of(one->d_name)));
	if (names.n) qsort(names.v, names.n, sizeof *names.v, by_name);
	enum err e = OK;
	for (size_t i = 0; e == OK && i < names.n; i++) {
		struct stat st;
		if (fstatat(fd, names.v[i], &st, 0)) continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MOST) e = read_directory(r, fd, names.v[i], depth + 1, f);
		else if (S_ISREG(st.st_mode)) e = read_file(r, fd, names.v[i], f);
	}
	closedir(d);
	arena_release(&a);
	return e;
}

static enum err read_one(struct run *r, str given, struct fault *f)
{
	struct arena a = {0};
	struct stat st;
	struct import_rejects rejects;
	while (given.n > 1 && given.p[given.n - 1] == '/') given.n--;
	const char *name = str_c(&a, given);
	import_rejects_init(&rejects, r->io->cwd, str_c(&a, str_fmt(&a, "%s" REJECTED, name)), true);
	r->rejects = &rejects;
	r->number = 0;
	enum err e = fstatat(r->io->cwd, name, &st, 0) ? fault_set(f, ERR_NOT_FOUND, "FILE", "cannot open %s: %s", name, strerror(errno)) : OK;
	if (e == OK) e = S_ISDIR(st.st_mode) ? read_directory(r, r->io->cwd, name, 0, f) : read_file(r, r->io->cwd, name, f);
	if (e == OK) e = keep_waiting(r);
	if (e != OK) (void)fault_set(f, e, "FILE", "%s could not be kept", name);
	enum err ended = import_rejects_end(&rejects, f);
	arena_release(&a);
	return e == OK ? ended : e;
}

static enum err note(struct op *op, void *arg)
{
	const struct run *r = arg;
	return audit_write(op, "mail_imported", "conversation", 0, STR_NONE, str_fmt(&op->arena, "%lld", (long long)r->kept));
}

int conversation_import(struct app *app, const struct command_io *io, const str *names, size_t n)
{
	struct fault f = {0};
	struct run r = {.app = app, .io = io};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < n; i++) e = read_one(&r, names[i], &f);
	if (e == OK && r.kept) e = op_apart(app, "import", note, &r);
	if (e == OK && r.kept) appliers_catch_up(app, CATCH_UP_MS);
	if (e == OK && r.kept) e = search_catch_up(app, &f);
	arena_release(&r.arena);
	if (e != OK) {
		(void)fault_set(&f, e, "FILE", "could not be kept");
		return command_fault(io, &f);
	}
	command_print(io->out, "%lld mails: %lld kept, %lld conversations begun, %lld known already, %lld rejected\n", (long long)r.mails, (long long)r.kept, (long long)r.conversations, (long long)r.known, (long long)r.rejected);
	for (int i = 0; i < REASON_COUNT; i++)
		if (r.reasons[i]) command_print(io->out, "  %s: %lld\n", reason_name(i), (long long)r.reasons[i]);
	return r.rejected ? PARTLY : DONE;
}
