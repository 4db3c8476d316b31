/* With a password on standard input the person is made, or gets that role and password; without one a link is printed
 * with which they choose their own. A password never stands in the arguments, where others on the machine can read it. */
#include "team/command_user.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "http/options.h"
#include "op/app.h"
#include "op/op.h"
#include "team/password.h"
#include "team/session.h"
#include "team/team.h"

enum { USAGE = 2, INPUT_BYTES = PASSWORD_MOST_BYTES + 2 };
static const char USAGE_TEXT[] = "usage: hospes user add --data DIR --email E --role owner|manager|analyst|agent [--name N] [--password-stdin]\n";

struct wanted {
	str email, name, role, password;
	bool has_password;
};

/* The first line of standard input. */
static enum err read_password(struct op *op, const struct command_io *io, str *out)
{
	char *room = arena_alloc(&op->arena, INPUT_BYTES);
	size_t n = 0;
	while (n < INPUT_BYTES && !memchr(room, '\n', n)) {
		ssize_t got = read(io->in, room + n, INPUT_BYTES - n);
		if (got < 0 && errno == EINTR) continue;
		if (got < 0) return fail(op, ERR_IO, "--password-stdin", "cannot read standard input: %s", strerror(errno));
		if (got == 0) break;
		n += (size_t)got;
	}
	const char *end = memchr(room, '\n', n);
	*out = (str){room, end ? (size_t)(end - room) : n};
	if (out->n && out->p[out->n - 1] == '\r') out->n--;
	if (!utf8_is_valid(*out)) return fail(op, ERR_INVALID, "--password-stdin", "is not UTF-8");
	return password_check(op, "--password-stdin", *out, STR_NONE);
}

static enum err put_person(struct op *op, const struct wanted *in, enum role role, str hash)
{
	struct person p;
	bool found;
	TRY(person_by_email(op, in->email, &p, &found));
	if (!found) {
		p = (struct person){.email = in->email, .name = in->name.n ? in->name : S(""), .role = role, .password = hash};
		return person_add(op, &p);
	}
	TRY(person_set_role(op, p.id, role));
	TRY(person_set_password(op, p.id, hash));
	return session_end_of(op, p.id, 0);
}

static enum err make_link(struct op *op, const struct wanted *in, enum role role, str *path)
{
	struct person p;
	struct invitation made;
	bool found;
	TRY(person_by_email(op, in->email, &p, &found));
	if (found) TRY(person_set_role(op, p.id, role));
	return invitation_make(op, in->email, in->name, role, INVITATION_MS, &made, path);
}

static enum err add(struct op *op, const struct wanted *in, const struct command_io *io, str *path)
{
	enum role role;
	str password, hash;
	if (!email_is_plausible(in->email)) return fail(op, ERR_INVALID, "--email", "is no e-mail address such as name@example.com");
	if (!role_find(in->role, &role)) return fail(op, ERR_INVALID, "--role", "must be owner, manager, analyst or agent");
	if (in->name.n > PERSON_NAME_BYTES || !utf8_is_valid(in->name)) return fail(op, ERR_INVALID, "--name", "must be UTF-8 of at most %d bytes", PERSON_NAME_BYTES);
	if (!in->has_password) return make_link(op, in, role, path);
	TRY(read_password(op, io, &password));
	TRY(password_hash(op, password, &hash));
	return put_person(op, in, role, hash);
}

int command_user(struct app *app, int argc, const str *argv, const struct command_io *io)
{
	struct wanted in = {0};
	const struct command_option options[] = {
		{.name = "email", .value = &in.email},
		{.name = "role", .value = &in.role},
		{.name = "name", .value = &in.name},
		{.name = "password-stdin", .flag = &in.has_password},
	};
	struct op op;
	str path = STR_NONE;
	int n_rest;
	str *rest = mem_alloc(sizeof *rest * (size_t)(argc + 1));
	bool ok = options_read(io, argc, argv, options, COUNT_OF(options), rest, &n_rest) && n_rest == 1 && str_eq(rest[0], S("add")) && in.email.n && in.role.n;
	mem_free(rest);
	if (!ok) {
		command_write(io->err, str_of(USAGE_TEXT));
		return USAGE;
	}
	in.email = str_trim(in.email);
	in.name = str_trim(in.name);
	op_init(&op, app, (struct actor){.kind = ACTOR_COMMAND, .name = S("command line")}, true);
	enum err e = op_end(&op, add(&op, &in, io, &path));
	if (e != OK) {
		int code = command_fault(io, &op.fault);
		op_release(&op);
		return code;
	}
	if (str_given(path)) {
		command_print(io->err, "A link for %.*s, once, within %d days, at the address where Hospes is served:\n", STR_ARG(in.email), INVITATION_DAYS);
		command_print(io->out, "%.*s\n", STR_ARG(path));
	}
	op_release(&op);
	return 0;
}
