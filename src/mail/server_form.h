/* server_form.h: what a form says of a server of mail, looked through. A password is typed again when the server is another
 * one: nobody gets the old one sent to a server of theirs. */
#ifndef MAIL_SERVER_FORM_H
#define MAIL_SERVER_FORM_H
#include "http/faults.h"

struct server_form {
	str host, port, security, user, password, authority;
};
/* Where the faults are shown; has_password: one is kept. */
struct server_fields {
	struct input *host, *port, *user, *password;
	bool has_password;
};
/* in: as typed; now: as it is kept. */
void server_form_check(const struct server_form *in, const struct server_form *now, const struct server_fields *fields, struct faults *faults);
bool server_form_has_control(str text);
bool server_form_is_folder(str name); /* as imap.h takes one */

struct option;
/* The ways of encryption, as a list to choose from; `chosen` is selected. */
struct option *server_form_securities(struct op *op, str chosen, size_t *n);
#endif
