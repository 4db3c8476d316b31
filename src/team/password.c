/* Two hashes at a time, so that no crowd of sign-ins takes more than 64 MiB or both cores' workers for long; a few wait
 * for their turn, the rest are told to come back. The limits are above the OWASP floor for argon2id (19 MiB, 2 passes). */
#include "team/password.h"

#include <pthread.h>
#include <sodium.h>

#include "base/utf8.h"

enum { PASSES = 3, MEMORY_BYTES = 32 << 20, AT_ONCE = 2, WAITING = 2 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t free;
	int running, waiting;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};

static enum err enter(struct op *op)
{
	enum err e = OK;
	pthread_mutex_lock(&gate.lock);
	if (gate.running >= AT_ONCE && gate.waiting >= WAITING) {
		e = fail(op, ERR_RATE, "password", "many people are signing in just now: try again in a moment");
	} else {
		gate.waiting++;
		while (gate.running >= AT_ONCE) pthread_cond_wait(&gate.free, &gate.lock);
		gate.waiting--;
		gate.running++;
	}
	pthread_mutex_unlock(&gate.lock);
	return e;
}

static void leave(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.running--;
	pthread_cond_signal(&gate.free);
	pthread_mutex_unlock(&gate.lock);
}

static size_t characters(str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; n++) utf8_next(s, &i);
	return n;
}

enum err password_check(struct op *op, const char *field, str password, str email)
{
	if (characters(password) < PASSWORD_LEAST) return fail(op, ERR_INVALID, field, "must have at least %d characters", PASSWORD_LEAST);
	if (password.n > PASSWORD_MOST_BYTES) return fail(op, ERR_INVALID, field, "must have at most %d bytes", PASSWORD_MOST_BYTES);
	if (email.n && str_eq_nocase(password, email)) return fail(op, ERR_INVALID, field, "must not be the e-mail address");
	return OK;
}

void password_faults(struct op *op, struct faults *faults, const char *field, struct input *in, str password, str email)
{
	if (!password.n)
		faults_add(faults, field, in, msg_of("fault_required"));
	else if (characters(password) < PASSWORD_LEAST)
		faults_add(faults, field, in, msg_int("fault_too_short", "min", PASSWORD_LEAST));
	else if (password_check(op, field, password, email) != OK)
		faults_add(faults, field, in, msg_of("fault_invalid"));
	fault_clear(&op->fault);
}

enum err password_hash(struct op *op, str password, str *hash)
{
	char out[crypto_pwhash_STRBYTES];
	TRY(enter(op));
	int failed = crypto_pwhash_str(out, password.n ? password.p : "", password.n, PASSES, MEMORY_BYTES);
	leave();
	if (failed) return fail(op, ERR_INTERNAL, "password", "could not be hashed: out of memory");
	*hash = str_dup(&op->arena, str_of(out));
	return OK;
}

enum err password_matches(struct op *op, str hash, str password, bool *matches)
{
	str unused;
	*matches = false;
	if (password.n > PASSWORD_MOST_BYTES) password.n = 0; /* no password is that long */
	if (!hash.n) return password_hash(op, password, &unused);
	TRY(enter(op));
	*matches = crypto_pwhash_str_verify(str_c(&op->arena, hash), password.n ? password.p : "", password.n) == 0;
	leave();
	return OK;
}
