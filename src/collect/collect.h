/* collect.h: where touchpoints come from (sources), who may send them (keys), and what was not kept (drops).
 * Sources and keys lie in records and are held in memory; a key's text is shown once and kept as a keyed hash. */
#ifndef COLLECT_COLLECT_H
#define COLLECT_COLLECT_H
#include "http/metrics.h"
#include "op/op.h"

struct collect;
struct purposes;

enum source_kind { SOURCE_WEBSITE, SOURCE_SERVER, SOURCE_FILE, SOURCE_HAND, SOURCE_LISTENING };
extern const char *const SOURCE_KINDS[]; /* "website", "server", "file", "hand", "listening", NULL */

struct source {
	uint16_t number;
	id id;
	enum source_kind kind;
	bool is_assured;       /* else carried: missing consent means no */
	uint32_t purposes;     /* what an assured source vouches for */
	char name[128];
};
enum key_kind { KEY_WRITE, KEY_SECRET };
struct api_key {
	id id;
	enum key_kind kind;
	uint16_t source;       /* of a write key */
	enum role role;        /* of a secret key */
	char name[128];
};

enum drop_reason {
	DROP_NONE,
#define DROP_REASON(name, doc) DROP_##name,
#include "drop_reasons.def"
#undef DROP_REASON
	DROP_COUNT
};
extern const char *const DROP_REASONS[]; /* by enum; [DROP_NONE] is "" */

enum err collect_load(struct op *op, struct collect **out) NODISCARD;
void collect_free(struct collect *c);
const struct purposes *collect_purposes(const struct app *app);
struct purposes *collect_own_purposes(const struct app *app); /* for src/consent, which changes them */

bool source_get(const struct app *app, uint16_t number, struct source *out);
/* The source of that name, made when there is none. ERR_CONFLICT when one of another kind has the name. */
enum err source_ensure(struct op *op, str name, enum source_kind kind, bool is_assured, uint32_t purposes, struct source *out) NODISCARD;
enum err source_end(struct op *op, uint16_t number) NODISCARD;

/* Makes a key; *text (in the op's arena) is its only appearance. A write key names its source. */
enum err key_add(struct op *op, enum key_kind kind, str name, uint16_t source, enum role role, str *text) NODISCARD;
enum err key_end(struct op *op, id key) NODISCARD;
/* Whether the text is a key that holds. Any thread. */
bool key_find(const struct app *app, str text, struct api_key *out);
/* A token bucket a write key, filled by setting write_rate_per_s. False: wait *wait_s. */
bool key_may_send(const struct app *app, id key, int64_t events, int *wait_s);

/* Counts, written to records by the appliers. Any thread. */
void collect_drop(const struct app *app, uint16_t source, enum drop_reason reason, uint64_t times);
void collect_note_illegal(const struct app *app, str kind, str value);
bool collect_has_counts(const struct app *app); /* that collect_flush_counts would write, or tables that it would read again */
enum err collect_flush_counts(struct op *op) NODISCARD;
/* The filing of an event name in this workspace: its own row, else the default; *has_row tells whether either exists. */
struct touchpoint_kind;
struct touchpoint_kind collect_filing(const struct app *app, str event, bool *has_row);
enum err collect_reload_filing(struct op *op) NODISCARD; /* and what is awaited */
/* Whether some plan of invitations begins with an event of this name: then the appliers read it. Any thread. */
bool collect_is_awaited(const struct app *app, str event);
#endif
