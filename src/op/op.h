/* op.h: the context of one operation: arena, actor and what they may do, clock, database, fault, language.
 * One operation = one arena = one records transaction: begun at the first op_db, committed by op_end when the result is
 * OK, rolled back otherwise, logged once there. Calls to the outside never happen inside: write a job. */
#ifndef OP_OP_H
#define OP_OP_H
#include <stdatomic.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/vec.h"
#include "db/db.h"
#include "i18n/i18n.h"

struct app;

enum role { ROLE_NONE, ROLE_AGENT, ROLE_ANALYST, ROLE_MANAGER, ROLE_OWNER };
extern const char *const ROLES[]; /* "none", "agent", …, NULL */

/* tables/permissions.def: PERMISSION(name, least roles, what it allows) */
enum permission {
#define PERMISSION(name, roles, doc) PERM_##name,
#include "permissions.def"
#undef PERMISSION
	PERM_COUNT
};
uint64_t role_permissions(enum role role); /* bit per permission */

enum actor_kind { ACTOR_NOBODY, ACTOR_SYSTEM, ACTOR_PERSON, ACTOR_KEY, ACTOR_COMMAND };
struct actor {
	enum actor_kind kind;
	enum role role;
	id id;    /* of the person or key */
	str name; /* for the audit log: e-mail of a person, name of a key; owned by the op */
};

typedef void op_fn(void *arg);
struct op {
	struct arena arena;
	struct app *app;
	struct actor actor;
	id op_id; /* for logs */
	uint64_t permissions;
	int64_t now_ms;
	struct fault fault;
	struct locale locale;
	const char *route; /* for logs */
	const atomic_bool *gone; /* whoever waits for this has left; NULL: cannot leave */
	bool is_write;     /* asks for a write session; set before the first op_db */
	struct db *db;     /* use op_db */
	VEC(struct op_deferred { op_fn *fn; void *arg; bool only_on_commit; }) deferred;
	VEC(struct op_last { enum err (*fn)(void *arg); void *arg; }) last;
	uint64_t writes;   /* statements that op_run and op_put were asked for */
	void *letters;     /* what the messages of this operation share (src/conversation) */
};

void op_init(struct op *op, struct app *app, struct actor actor, bool is_write);
/* The session with its transaction open. ERR_BUSY, ERR_DATABASE. */
enum err op_db(struct op *op, struct db **out) NODISCARD;
/* Commits when result is OK (a failed commit becomes the result), runs what was deferred, logs a failure. The arena
 * stays readable until op_release. */
enum err op_end(struct op *op, enum err result);
void op_release(struct op *op);
/* Runs one step of a job in a transaction of its own, as the system. */
enum err op_apart(struct app *app, const char *route, enum err (*step)(struct op *op, void *arg), void *arg) NODISCARD;
/* Runs fn when the op ends (last first); only_on_commit: only after a successful commit. */
void op_defer(struct op *op, op_fn *fn, void *arg);
void op_after_commit(struct op *op, op_fn *fn, void *arg);

/* Runs fn before the commit, in the order of asking; where it fails, nothing is kept. For what many of an operation do once together. */
void op_before_commit(struct op *op, enum err (*fn)(void *arg), void *arg);

static inline bool op_may(const struct op *op, enum permission p) { return op->permissions >> p & 1; }
enum err op_must(struct op *op, enum permission p) NODISCARD; /* ERR_DENIED with the least role in words */
/* return fail(op, ERR_INVALID, "title", "longer than %d bytes", MAX_TITLE); */
#define fail(op, ...) fault_set(&(op)->fault, __VA_ARGS__)

/* Shorthand: records with the op's session, arena and fault. */
enum err op_run(struct op *op, enum sql q, const struct db_val *args, size_t n, int64_t *changed) NODISCARD;
enum err op_put(struct op *op, enum sql q, const struct db_val *args, size_t n) NODISCARD;
enum err op_query(struct op *op, enum sql q, const struct db_val *args, size_t n, struct db_rows *out) NODISCARD;
enum err op_structs(struct op *op, enum sql q, const struct db_val *args, size_t n, const struct desc *d, void **out, size_t *out_n) NODISCARD;
enum err op_each(struct op *op, enum sql q, const struct db_val *args, size_t n, db_visit *visit, void *arg) NODISCARD;
#endif
