/* A try is written down before the password is looked at: so tries sent side by side count too, and a crash forgives none.
 * E-mail and address are kept as keyed hashes, for a quarter of an hour. */
#include "team/tries.h"

#include <arpa/inet.h>

#include "op/app.h"
#include "setting/setting.h"
#include "team/session.h"

enum { MINUTES = 15, MINUTE_MS = 60000 };

static str email_hash(struct op *op, str email)
{
	return session_hash(op, "try-email", str_lower_ascii(&op->arena, email));
}

/* Whoever has an IPv6 address has 2^64 of them: the network counts. */
str tries_address_hash(struct op *op, const char *about, str peer)
{
	unsigned char bytes[16];
	if (inet_pton(AF_INET6, str_c(&op->arena, peer), bytes) == 1) peer = (str){(char *)bytes, 8};
	return session_hash(op, about, peer);
}

static enum err count_try(struct op *op, str email, str address, int64_t *wait_ms)
{
	struct db_rows rows;
	int64_t tries = setting_int(op->app, SETTING_sign_in_tries), since = op->now_ms - MINUTES * MINUTE_MS;
	*wait_ms = 0;
	TRY(op_run(op, SQL_sign_in_try_forget, DB_ARGS(db_int(since)), NULL));
	TRY(op_query(op, SQL_sign_in_try_count, DB_ARGS(db_blob(email), db_blob(address)), &rows));
	for (size_t i = 0; i < 2; i++) {
		if (db_rows_int(&rows, 0, i) < tries) continue;
		int64_t wait = db_rows_int(&rows, 0, i + 2) + MINUTES * MINUTE_MS - op->now_ms;
		if (wait > *wait_ms) *wait_ms = wait;
	}
	if (*wait_ms > 0) return OK;
	return op_run(op, SQL_sign_in_try_add, DB_ARGS(db_id(id_new()), db_blob(email), db_blob(address), db_int(op->now_ms)), NULL);
}

enum err tries_begin(struct op *op, const struct web *w, str email, int64_t *wait_ms, struct person *p)
{
	struct op own;
	bool found;
	*p = (struct person){0};
	op_init(&own, op->app, (struct actor){.kind = ACTOR_SYSTEM}, true);
	enum err e = count_try(&own, email_hash(&own, email), tries_address_hash(&own, "try-address", http_peer(w->rq)), wait_ms);
	if (e == OK && *wait_ms == 0 && email.n) e = person_by_email(&own, email, p, &found);
	p->email = str_dup(&op->arena, p->email);
	p->name = str_dup(&op->arena, p->name);
	p->password = str_dup(&op->arena, p->password);
	p->language = p->calendar = STR_NONE;
	e = op_end(&own, e);
	if (e != OK) op->fault = own.fault;
	op_release(&own);
	return e;
}

enum err tries_forgive(struct op *op, str email)
{
	return op_run(op, SQL_sign_in_try_forgive, DB_ARGS(db_blob(email_hash(op, email))), NULL);
}

struct msg tries_wait(struct op *op, const struct web *w, int64_t wait_ms)
{
	http_set_header(w->rq, "Retry-After", str_fmt(&op->arena, "%lld", (long long)(wait_ms + 999) / 1000));
	return msg_int("sign_in_wait", "minutes", (wait_ms + MINUTE_MS - 1) / MINUTE_MS);
}
