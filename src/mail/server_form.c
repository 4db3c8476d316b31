#include "mail/server_form.h"

#include "mail/server.h"
#include "op/op.h"

enum { FOLDER_BYTES = 200, HOST_BYTES = 253, USER_CHARACTERS = 320, PASSWORD_BYTES = 1000 };

static bool is_host(str host)
{
	if (!host.n || host.n > HOST_BYTES || host.p[0] == '-') return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_letter && c != '.' && c != '-' && c != ':') return false;
	}
	return true;
}

static bool is_loopback(str host)
{
	return str_eq(host, S("localhost")) || str_starts(host, S("127.")) || str_eq(host, S("::1"));
}

bool server_form_has_control(str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f) return true;
	return false;
}

bool server_form_is_folder(str name)
{
	if (!name.n || name.n > FOLDER_BYTES) return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] < ' ' || name.p[i] > '~' || name.p[i] == '"' || name.p[i] == '\\') return false;
	return true;
}

static bool is_other(const struct server_form *in, const struct server_form *now)
{
	return !str_eq(now->host, in->host) || !str_eq(now->port, in->port) || !str_eq(now->security, in->security) || !str_eq(now->user, in->user) || !str_eq(now->authority, in->authority);
}

static void check_sign_in(const struct server_form *in, const struct server_form *now, const struct server_fields *fields, struct faults *faults)
{
	if (!in->user.n) return;
	if (str_eq(in->security, S("none")) && !is_loopback(in->host)) faults_add(faults, "security", NULL, msg_of("mail_fault_plain"));
	if (in->password.n > PASSWORD_BYTES)
		faults_add(faults, "password", fields->password, msg_int("fault_too_long", "max", PASSWORD_BYTES));
	else if (!in->password.n && (!fields->has_password || is_other(in, now)))
		faults_add(faults, "password", fields->password, msg_of("mail_fault_password"));
}

void server_form_check(const struct server_form *in, const struct server_form *now, const struct server_fields *fields, struct faults *faults)
{
	int64_t port;
	bool is_known = false;
	if (!is_host(in->host)) faults_add(faults, "host", fields->host, msg_of("mail_fault_host"));
	if (!str_i64(in->port, &port) || port < 1 || port > 65535) faults_add(faults, "port", fields->port, msg_of("mail_fault_port"));
	for (size_t i = 0; MAIL_SECURITIES[i]; i++) is_known = is_known || str_eq(in->security, str_of(MAIL_SECURITIES[i]));
	if (!is_known) faults_add(faults, "security", NULL, msg_of("fault_choice"));
	faults_text(faults, "user", fields->user, false, USER_CHARACTERS);
	check_sign_in(in, now, fields, faults);
}

struct option *server_form_securities(struct op *op, str chosen, size_t *n)
{
	struct option *v = ARENA_ARRAY(&op->arena, struct option, MAIL_TLS + 1);
	*n = 0;
	for (size_t i = 0; MAIL_SECURITIES[i]; i++) {
		str name = str_of(MAIL_SECURITIES[i]), key = str_fmt(&op->arena, "mail_security_%.*s", STR_ARG(name));
		v[(*n)++] = (struct option){name, i18n_pattern(op->locale.lang, key), str_eq(name, chosen)};
	}
	return v;
}
