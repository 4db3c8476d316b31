/* password.h: passwords as argon2id (RFC 9106, libsodium's text form). Hashing takes a tenth of a second and 32 MiB on
 * purpose: call it only on a worker, and never while the op holds a database session. */
#ifndef TEAM_PASSWORD_H
#define TEAM_PASSWORD_H
#include "http/faults.h"
#include "op/op.h"

enum { PASSWORD_LEAST = 10, PASSWORD_MOST_BYTES = 1000 };

/* Adds the fault of `field` when the password is too short (in characters), too long, or the e-mail itself. */
enum err password_check(struct op *op, const char *field, str password, str email) NODISCARD;
/* The same for a form: adds the fault that is due. */
void password_faults(struct op *op, struct faults *faults, const char *field, struct input *in, str password, str email);
/* ERR_RATE: too many passwords are being checked at once. */
enum err password_hash(struct op *op, str password, str *hash) NODISCARD;
/* hash absent (nobody of that e-mail, or somebody without a password): takes as long, and is false. */
enum err password_matches(struct op *op, str hash, str password, bool *matches) NODISCARD;
#endif
