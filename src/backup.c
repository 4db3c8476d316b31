/* A backup is one tar archive, packed with zstd, that ordinary tools can look into: backup.json, secret, records.copy (of
 * src/db), events/ (segments, log, manifest), models/ (classifiers of texts). The order is what makes it consistent: the log is held, then records are
 * copied, then the events; a restore replays the log from the position that the records name.
 *
 * A restore fills a directory that holds nothing yet, and checks the events before it touches the records. What fails leaves
 * the directory empty again; the file "restoring" stands in it until all is done, so a restore that was killed is never
 * taken for a workspace. */
#include "backup.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "app.h"
#include "base/clock.h"
#include "command.h"
#include "db/db.h"
#include "events/events.h"
#include "http/options.h"
#include "op/op.h"
#include "os/os.h"

enum { PATH_BYTES = 4096, JOINED_BYTES = 3 * PATH_BYTES, COPY_BYTES = 64 << 10 }; /* joined: a path with a name of ours behind it */

struct packing {
	struct archive *out;
	struct fault *f;
	int64_t bytes;
};

/* ---- packing ---- */

static enum err archive_fault(struct fault *f, struct archive *a, const char *what)
{
	enum err e = archive_errno(a) == ENOSPC ? ERR_FULL : ERR_IO;
	return fault_set(f, e, what, "%s", archive_error_string(a) ? archive_error_string(a) : "failed");
}

static enum err pack_bytes(struct packing *p, int fd, int64_t size)
{
	char room[COPY_BYTES];
	for (int64_t left = size; left > 0;) {
		ssize_t n = read(fd, room, left < COPY_BYTES ? (size_t)left : COPY_BYTES);
		if (n < 0) return fault_set(p->f, ERR_IO, "", "cannot read: %s", strerror(errno));
		if (n == 0) return fault_set(p->f, ERR_IO, "", "a file became shorter while it was read");
		if (archive_write_data(p->out, room, (size_t)n) != n) return archive_fault(p->f, p->out, "write");
		left -= n;
		p->bytes += n;
	}
	return OK;
}

static enum err pack_file(struct packing *p, const char *path, const char *name)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0) close(fd);
		return fault_set(p->f, ERR_IO, name, "cannot open %s: %s", path, strerror(errno));
	}
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, st.st_size);
	archive_entry_set_mtime(entry, st.st_mtime, 0);
	enum err e = archive_write_header(p->out, entry) == ARCHIVE_OK ? OK : archive_fault(p->f, p->out, name);
	if (e == OK) e = pack_bytes(p, fd, st.st_size);
	archive_entry_free(entry);
	close(fd);
	return e;
}

/* Only names with this ending; NULL: all. */
static enum err pack_folder(struct packing *p, const char *path, const char *name, const char *ending)
{
	char from[JOINED_BYTES + 300], to[JOINED_BYTES + 300];
	DIR *dir = opendir(path);
	struct dirent *d;
	enum err e = OK;
	if (!dir) return fault_set(p->f, ERR_IO, name, "cannot open %s: %s", path, strerror(errno));
	while (e == OK && (d = readdir(dir))) {
		if (d->d_name[0] == '.' || (ending && !str_ends(str_of(d->d_name), str_of(ending)))) continue;
		snprintf(from, sizeof from, "%s/%s", path, d->d_name);
		snprintf(to, sizeof to, "%s/%s", name, d->d_name);
		e = pack_file(p, from, to);
	}
	closedir(dir);
	return e;
}

static void empty_folder(const char *path)
{
	char file[JOINED_BYTES + 300];
	DIR *dir = opendir(path);
	struct dirent *d;
	while (dir && (d = readdir(dir))) {
		snprintf(file, sizeof file, "%s/%s", path, d->d_name);
		unlink(file);
	}
	if (dir) closedir(dir);
}

static void remove_folder(const char *path)
{
	empty_folder(path);
	rmdir(path);
}

/* ---- the seal: a skippable frame of zstd behind the archive, with the XXH3 of all bytes before it ---- */

struct seal {
	uint32_t magic, bytes; /* little endian, as zstd has it */
	uint64_t hash;
};
enum { SEAL_MAGIC = 0x184d2a5e };

static enum err hash_bytes(int fd, int64_t n, uint64_t *hash)
{
	char room[COPY_BYTES];
	XXH3_state_t *state = XXH3_createState();
	XXH3_64bits_reset(state);
	int64_t at = 0;
	while (at < n) {
		ssize_t got = os_read_at(fd, room, n - at < COPY_BYTES ? (size_t)(n - at) : COPY_BYTES, at);
		if (got <= 0) break;
		XXH3_64bits_update(state, room, (size_t)got);
		at += got;
	}
	*hash = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	return at == n ? OK : ERR_IO;
}

static enum err put_seal(int fd, struct fault *f)
{
	struct seal seal = {SEAL_MAGIC, sizeof seal.hash, 0};
	off_t n = os_size(fd);
	enum err e = n < 0 ? ERR_IO : hash_bytes(fd, n, &seal.hash);
	if (e == OK) e = os_write_at(fd, &seal, sizeof seal, n);
	return e == OK ? OK : fault_set(f, e, "FILE", "cannot write its checksum");
}

static enum err check_seal(int fd, struct fault *f)
{
	struct seal seal;
	off_t n = os_size(fd);
	uint64_t hash;
	if (n < (off_t)sizeof seal || os_read_at(fd, &seal, sizeof seal, n - (off_t)sizeof seal) != sizeof seal || seal.magic != SEAL_MAGIC || seal.bytes != sizeof seal.hash)
		return fault_set(f, ERR_CORRUPT, "FILE", "is cut short, or no backup of Hospes");
	if (hash_bytes(fd, n - (off_t)sizeof seal, &hash) != OK || hash != seal.hash) return fault_set(f, ERR_CORRUPT, "FILE", "is damaged: its checksum does not fit");
	return OK;
}

static int archive_fd_of(struct archive *a, int fd)
{
	archive_write_add_filter_zstd(a);
	archive_write_set_format_pax_restricted(a);
	return archive_write_open_fd(a, fd);
}

static enum err pack(struct app *app, int fd, const char *work, struct packing *p)
{
	char records[JOINED_BYTES], events[JOINED_BYTES], secret[JOINED_BYTES], models[JOINED_BYTES];
	snprintf(records, sizeof records, "%s/records.copy", work);
	snprintf(events, sizeof events, "%s/events", work);
	snprintf(secret, sizeof secret, "%.*s/secret", STR_ARG(app->dir));
	snprintf(models, sizeof models, "%.*s/models", STR_ARG(app->dir));
	events_hold_log(app->events, true);
	enum err e = db_backup(app->records, records, p->f);
	if (e == OK) e = events_copy(app->events, events, p->f);
	events_hold_log(app->events, false);
	if (e == OK && archive_fd_of(p->out, fd) != ARCHIVE_OK) e = archive_fault(p->f, p->out, "open");
	if (e == OK) e = pack_file(p, secret, "secret");
	if (e == OK) e = pack_file(p, records, "records.copy");
	if (e == OK) e = pack_folder(p, events, "events", NULL);
	if (e == OK && access(models, F_OK) == 0) e = pack_folder(p, models, "models", ".model");
	if (e == OK && archive_write_close(p->out) != ARCHIVE_OK) e = archive_fault(p->f, p->out, "close");
	unlink(records);
	remove_folder(events);
	return e;
}

static enum err make_backup(struct app *app, const struct command_io *io, str file, int64_t *bytes, struct fault *f)
{
	char work[PATH_BYTES], name[PATH_BYTES], part[PATH_BYTES + 8];
	if (file.n == 0 || file.n >= sizeof name) return fault_set(f, ERR_INVALID, "FILE", "names no file");
	snprintf(name, sizeof name, "%.*s", STR_ARG(file));
	snprintf(part, sizeof part, "%s.part", name);
	snprintf(work, sizeof work, "%.*s/backup-%lld", STR_ARG(app->dir), (long long)clock_now_ms());
	if (mkdir(work, 0700)) return fault_set(f, ERR_IO, "", "cannot make %s: %s", work, strerror(errno));
	int fd = openat(io->cwd, part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct packing p = {.out = archive_write_new(), .f = f};
	enum err e = fd < 0 ? fault_set(f, ERR_IO, "FILE", "cannot write %s: %s", part, strerror(errno)) : pack(app, fd, work, &p);
	archive_write_free(p.out);
	if (e == OK) e = put_seal(fd, f);
	if (e == OK && fsync(fd)) e = fault_set(f, ERR_IO, "FILE", "cannot write %s: %s", part, strerror(errno));
	if (fd >= 0) close(fd);
	if (e == OK && renameat(io->cwd, part, io->cwd, name)) e = fault_set(f, ERR_IO, "FILE", "cannot write %s: %s", name, strerror(errno));
	if (e != OK) unlinkat(io->cwd, part, 0);
	rmdir(work);
	*bytes = p.bytes;
	return e;
}

int command_backup(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	struct fault f = {0};
	int64_t bytes = 0;
	if (argc != 2) {
		command_print(io->err, "usage: hospes backup %s\n", command_find(S("backup"))->usage);
		return COMMAND_USAGE;
	}
	if (make_backup(app, io, argv[1], &bytes, &f) != OK) return command_fault(io, &f);
	command_print(io->out, "%.*s holds the workspace (%lld bytes before packing)\n", STR_ARG(argv[1]), (long long)bytes);
	return COMMAND_DONE;
}

/* ---- unpacking ---- */

/* Names that a backup may hold: nothing else is written, wherever an archive wants it to go. */
static bool is_expected(const char *name)
{
	str s = str_of(name);
	if (str_eq(s, S("secret")) || str_eq(s, S("records.copy"))) return true;
	str folder = str_cut(&s, '/');
	size_t slash;
	return (str_eq(folder, S("events")) || str_eq(folder, S("models"))) && s.n && s.p[0] != '.' && !str_find(s, '/', &slash);
}

static enum err unpack_one(struct archive *in, const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) return fault_set(f, ERR_IO, "", "cannot write %s: %s", path, strerror(errno));
	enum err e = archive_read_data_into_fd(in, fd) == ARCHIVE_OK ? OK : archive_fault(f, in, "FILE");
	if (e == OK && fsync(fd)) e = fault_set(f, ERR_IO, "", "cannot write %s: %s", path, strerror(errno));
	close(fd);
	return e;
}

static enum err unpack(int fd, const char *dir, struct fault *f)
{
	struct archive *in = archive_read_new();
	struct archive_entry *entry;
	char path[JOINED_BYTES];
	enum err e = OK;
	int rc, files = 0;
	archive_read_support_filter_zstd(in);
	archive_read_support_format_tar(in);
	if (archive_read_open_fd(in, fd, COPY_BYTES) != ARCHIVE_OK) e = fault_set(f, ERR_MALFORMED, "FILE", "is no backup of Hospes");
	while (e == OK && (rc = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		if (!name || archive_entry_filetype(entry) != AE_IFREG || !is_expected(name)) {
			e = fault_set(f, ERR_MALFORMED, "FILE", "holds something that is no part of a backup");
			break;
		}
		snprintf(path, sizeof path, "%s/%s", dir, name);
		e = unpack_one(in, path, f);
		files++;
	}
	if (e == OK && (rc != ARCHIVE_EOF || files < 3)) e = fault_set(f, ERR_CORRUPT, "FILE", "is cut short or damaged");
	archive_read_free(in);
	return e;
}

static enum err is_unused(const char *dir, struct fault *f)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	enum err e = OK;
	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) e = ERR_STATE;
	if (d) closedir(d);
	return e == OK ? OK : fault_set(f, e, "--data", "%s is not empty: a backup is restored into a directory that holds nothing", dir);
}

/* Mail and invitations that waited when the backup was made may have been sent since: a person decides whether they go out again. */
static enum err hold_mail(struct db_pool *records, struct fault *f)
{
	struct db *db = db_acquire(records, true);
	enum err e = db_begin(db, f);
	if (e == OK) e = db_run(db, SQL_mail_hold_all, DB_ARGS(db_int(clock_now_ms()), db_text(S("held: it was waiting when this backup was made"))), NULL, f);
	if (e == OK) e = db_run(db, SQL_invite_hold_all, DB_NO_ARGS, NULL, f);
	if (e == OK) e = db_run(db, SQL_invite_hold_hand, DB_NO_ARGS, NULL, f);
	if (e == OK) e = db_commit(db, f);
	db_give_back(db);
	return e;
}

static enum err fill_records(const char *dir, str database, struct fault *f)
{
	struct db_pool *records;
	char copy[JOINED_BYTES], path[JOINED_BYTES];
	id directory_id = id_new();
	snprintf(path, sizeof path, "%s/directory-id", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, &directory_id, sizeof directory_id) == sizeof directory_id && fsync(fd) == 0;
	if (fd >= 0) close(fd);
	if (!ok) return fault_set(f, ERR_IO, "", "cannot write %s: %s", path, strerror(errno));
	snprintf(copy, sizeof copy, "%s/records.copy", dir);
	TRY(db_pool_open(&records, database, str_of(dir), directory_id, 1, f));
	enum err e = db_restore(records, copy, f);
	if (e == OK) e = hold_mail(records, f);
	db_pool_close(records);
	unlink(copy);
	return e;
}

static enum err restore(const struct command_io *io, str data, str database, str file, struct fault *f)
{
	char dir[PATH_BYTES], events[JOINED_BYTES], models[JOINED_BYTES], mark[JOINED_BYTES], name[PATH_BYTES];
	if (data.n == 0 || data.n > PATH_BYTES - 64 || file.n >= sizeof name) return fault_set(f, ERR_INVALID, "--data", "names no directory");
	snprintf(dir, sizeof dir, "%.*s", STR_ARG(data));
	snprintf(name, sizeof name, "%.*s", STR_ARG(file));
	snprintf(events, sizeof events, "%s/events", dir);
	snprintf(models, sizeof models, "%s/models", dir);
	snprintf(mark, sizeof mark, "%s/restoring", dir);
	int fd = openat(io->cwd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return fault_set(f, ERR_NOT_FOUND, "FILE", "cannot open %s: %s", name, strerror(errno));
	enum err e = check_seal(fd, f);
	if (e == OK && mkdir(dir, 0700) && errno != EEXIST) {
		close(fd);
		return fault_set(f, ERR_IO, "--data", "cannot make %s: %s", dir, strerror(errno));
	}
	if (e == OK) e = is_unused(dir, f);
	int marked = e == OK ? open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (e == OK && (marked < 0 || mkdir(events, 0700) || mkdir(models, 0700))) e = fault_set(f, ERR_IO, "--data", "cannot write into %s: %s", dir, strerror(errno));
	if (marked >= 0) close(marked);
	if (e == OK) e = unpack(fd, dir, f);
	if (e == OK) e = events_verify(events, NULL, NULL, f);
	if (e == OK) e = fill_records(dir, database, f);
	if (e == OK && (os_sync_dir(events) != OK || os_sync_dir(dir) != OK)) e = fault_set(f, ERR_IO, "--data", "cannot sync %s", dir);
	if (e == OK) unlink(mark);
	if (e != OK && marked >= 0) { /* the directory held nothing before: all in it is ours */
		remove_folder(events);
		remove_folder(models);
		empty_folder(dir);
	}
	close(fd);
	return e;
}

int command_restore(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	str data = str_of(getenv("HOSPES_DATA")), database = str_of(getenv("HOSPES_DATABASE")), rest[8];
	const struct command_option options[] = {{"data", &data, NULL}, {"database", &database, NULL}};
	struct fault f = {0};
	int n;
	(void)app;
	if (argc > 8 || !options_read(io, argc, argv, options, COUNT_OF(options), rest, &n) || n != 1 || !str_given(data)) {
		command_print(io->err, "usage: hospes restore %s\n", command_find(S("restore"))->usage);
		return COMMAND_USAGE;
	}
	if (restore(io, data, database, rest[0], &f) != OK) return command_fault(io, &f);
	command_print(io->out, "%.*s holds the workspace again\n", STR_ARG(data));
	return COMMAND_DONE;
}
