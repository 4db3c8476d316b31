/* Everything here is read on the way of each request, so it is in memory behind one read-write lock; changes go to
 * records first and are taken over after their commit by reading the tables again: they are small and change rarely. */
#include "collect/collect.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "collect/touchpoint.h"
#include "consent/consent.h"
#include "events/events.h"
#include "op/app.h"
#include "setting/setting.h"

enum { KEY_LETTERS = 32, HINT_LETTERS = 7, MOST_SOURCES = 65535, MOST_ILLEGAL = 4096 };

const char *const SOURCE_KINDS[] = {"website", "server", "file", "hand", "listening", NULL};
static const char *const KEY_KINDS[] = {"write", "secret", NULL};
const char *const DROP_REASONS[] = {
	"",
#define DROP_REASON(name, doc) #name,
#include "drop_reasons.def"
#undef DROP_REASON
};

typedef unsigned char key_hash[crypto_generichash_BYTES];
struct held_key {
	key_hash hash;
	struct api_key key;
	_Atomic int64_t tokens_milli, filled_ms;
};
struct drop_cell {
	uint64_t times[DROP_COUNT];
};

struct collect {
	pthread_rwlock_t lock;
	pthread_mutex_t rereading; /* held from before the reading until it is in place, so that no older state replaces a newer one */
	struct arena arena; /* of what the tables hold; replaced whole when they are read again */
	struct source *sources;
	size_t n_sources;
	struct held_key *keys;
	size_t n_keys;
	struct map key_of; /* hash → index */
	struct map filing; /* event name → struct touchpoint_kind* */
	struct map awaited; /* names of events that plans of invitations begin with */
	_Atomic size_t n_awaited;
	struct purposes *purposes;
	pthread_mutex_t counts;
	struct arena count_arena, text_arena;
	struct map texts;   /* guarded by counts */
	struct map drops;   /* source number (2 bytes) → struct drop_cell* */
	struct map illegal; /* "kind\0value" → times */
	_Atomic bool is_behind; /* reading the tables again failed: to be done with the next counts */
};

/* ---- reading the tables ---- */

static int index_in(const char *const *names, str name)
{
	for (int i = 0; names[i]; i++)
		if (str_eq(name, str_of(names[i]))) return i;
	return -1;
}

static void copy_name(char room[128], str name)
{
	size_t n = name.n < 127 ? name.n : 127;
	if (n) memcpy(room, name.p, n);
	room[n] = 0;
}

static enum err read_sources(struct op *op, struct arena *a, struct source **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_source_all, DB_NO_ARGS, &rows));
	*out = ARENA_ARRAY(a, struct source, rows.n);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		struct source *s = &(*out)[i];
		s->number = (uint16_t)db_rows_int(&rows, i, 0);
		s->id = db_rows_id(&rows, i, 1);
		copy_name(s->name, db_rows_text(&rows, i, 2));
		s->kind = (enum source_kind)index_in(SOURCE_KINDS, db_rows_text(&rows, i, 3));
		s->is_assured = str_eq(db_rows_text(&rows, i, 4), S("assured"));
		s->purposes = (uint32_t)db_rows_int(&rows, i, 5);
	}
	return OK;
}

static enum err read_keys(struct op *op, struct arena *a, struct held_key **out, size_t *n)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_key_all_live, DB_NO_ARGS, &rows));
	*out = ARENA_ARRAY(a, struct held_key, rows.n);
	*n = 0;
	for (size_t i = 0; i < rows.n; i++) {
		str hash = db_rows_text(&rows, i, 5);
		if (hash.n != sizeof(key_hash)) continue;
		struct held_key *k = &(*out)[(*n)++];
		memcpy(k->hash, hash.p, sizeof k->hash);
		k->key.id = db_rows_id(&rows, i, 0);
		k->key.kind = str_eq(db_rows_text(&rows, i, 1), S("secret")) ? KEY_SECRET : KEY_WRITE;
		copy_name(k->key.name, db_rows_text(&rows, i, 2));
		if (k->key.kind == KEY_WRITE) k->key.source = (uint16_t)db_rows_int(&rows, i, 3);
		int role = index_in(ROLES, db_rows_text(&rows, i, 4));
		k->key.role = role < 0 ? ROLE_NONE : (enum role)role;
	}
	return OK;
}

/* A text that lives as long as the collect: filings are read while others still hold what they read before. */
static str kept_text(struct collect *c, str text)
{
	pthread_mutex_lock(&c->counts);
	uint64_t *known = map_get(&c->texts, text);
	str kept = known ? (str){(const char *)(uintptr_t)*known, text.n} : str_dup(&c->text_arena, text);
	if (!known) *map_put(&c->texts, kept, NULL) = (uint64_t)(uintptr_t)kept.p;
	pthread_mutex_unlock(&c->counts);
	return kept;
}

static enum err read_filing(struct op *op, struct collect *c, struct arena *a, struct map *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_filing_all, DB_NO_ARGS, &rows));
	for (size_t i = 0; i < rows.n; i++) {
		struct touchpoint_kind *k = ARENA_NEW(a, struct touchpoint_kind);
		k->event = str_dup(a, db_rows_text(&rows, i, 0));
		const struct touchpoint_kind *preset = touchpoint_kind(k->event);
		k->family = (enum family)db_rows_int(&rows, i, 1);
		k->stage = (enum stage)db_rows_int(&rows, i, 2);
		k->channel = kept_text(c, db_rows_text(&rows, i, 3));
		k->by = (enum delivered_by)db_rows_int(&rows, i, 4);
		k->order = preset ? preset->order : ORDER_NONE;
		k->serves = preset && preset->serves;
		*map_put(out, k->event, NULL) = (uint64_t)(uintptr_t)k;
	}
	return OK;
}

static enum err read_awaited(struct op *op, struct arena *a, struct map *out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_invite_awaited, DB_NO_ARGS, &rows));
	for (size_t i = 0; i < rows.n; i++) map_put(out, str_dup(a, db_rows_text(&rows, i, 0)), NULL);
	return OK;
}

static enum err read_all(struct op *op, struct collect *c)
{
	struct arena arena;
	struct map filing, awaited, key_of;
	struct source *sources;
	struct held_key *keys;
	size_t n_sources, n_keys;
	arena_init(&arena);
	map_init(&filing);
	map_init(&awaited);
	map_init(&key_of);
	enum err e = read_sources(op, &arena, &sources, &n_sources);
	if (e == OK) e = read_keys(op, &arena, &keys, &n_keys);
	if (e == OK) e = read_filing(op, c, &arena, &filing);
	if (e == OK) e = read_awaited(op, &arena, &awaited);
	if (e != OK) {
		arena_release(&arena);
		map_release(&awaited);
		map_release(&filing);
		return e;
	}
	for (size_t i = 0; i < n_keys; i++) *map_put(&key_of, (str){(const char *)keys[i].hash, sizeof keys[i].hash}, NULL) = i;
	pthread_rwlock_wrlock(&c->lock);
	arena_release(&c->arena);
	map_release(&c->filing);
	map_release(&c->awaited);
	map_release(&c->key_of);
	c->arena = arena;
	c->filing = filing;
	c->awaited = awaited;
	atomic_store(&c->n_awaited, awaited.n);
	c->key_of = key_of;
	c->sources = sources;
	c->n_sources = n_sources;
	c->keys = keys;
	c->n_keys = n_keys;
	pthread_rwlock_unlock(&c->lock);
	return OK;
}

enum err collect_load(struct op *op, struct collect **out)
{
	struct collect *c = MEM_NEW(struct collect);
	pthread_rwlock_init(&c->lock, NULL);
	pthread_mutex_init(&c->rereading, NULL);
	pthread_mutex_init(&c->counts, NULL);
	enum err e = purposes_load(op, &c->purposes);
	if (e == OK) e = read_all(op, c);
	if (e != OK) {
		collect_free(c);
		return e;
	}
	*out = c;
	return OK;
}

void collect_free(struct collect *c)
{
	if (!c) return;
	arena_release(&c->arena);
	arena_release(&c->count_arena);
	arena_release(&c->text_arena);
	map_release(&c->texts);
	map_release(&c->key_of);
	map_release(&c->filing);
	map_release(&c->awaited);
	map_release(&c->drops);
	map_release(&c->illegal);
	purposes_free(c->purposes);
	mem_free(c);
}

const struct purposes *collect_purposes(const struct app *app)
{
	return app->collect->purposes;
}

struct purposes *collect_own_purposes(const struct app *app)
{
	return app->collect->purposes;
}

/* Reads again in an op of its own, once the change is committed; or was, and nobody was told. */
static void reread(void *arg)
{
	struct app *app = arg;
	struct op op;
	pthread_mutex_lock(&app->collect->rereading);
	op_init(&op, app, (struct actor){.kind = ACTOR_SYSTEM}, false);
	enum err e = op_end(&op, read_all(&op, app->collect));
	atomic_store(&app->collect->is_behind, e != OK);
	pthread_mutex_unlock(&app->collect->rereading);
	if (e != OK) events_wake(app->events);
	op_release(&op);
}

/* ---- sources ---- */

bool source_get(const struct app *app, uint16_t number, struct source *out)
{
	struct collect *c = app->collect;
	bool found = false;
	pthread_rwlock_rdlock(&c->lock);
	for (size_t i = 0; i < c->n_sources && !found; i++)
		if (c->sources[i].number == number) {
			*out = c->sources[i];
			found = true;
		}
	pthread_rwlock_unlock(&c->lock);
	return found;
}

static enum err found_source(struct op *op, const struct db_rows *rows, enum source_kind kind, struct source *out)
{
	if (!str_eq(db_rows_text(rows, 0, 2), str_of(SOURCE_KINDS[kind])))
		return fail(op, ERR_CONFLICT, "name", "a source of another kind has this name");
	*out = (struct source){.number = (uint16_t)db_rows_int(rows, 0, 0), .id = db_rows_id(rows, 0, 1), .kind = kind};
	out->is_assured = str_eq(db_rows_text(rows, 0, 3), S("assured"));
	out->purposes = (uint32_t)db_rows_int(rows, 0, 4);
	return OK;
}

enum err source_ensure(struct op *op, str name, enum source_kind kind, bool is_assured, uint32_t purposes, struct source *out)
{
	struct db_rows rows;
	name = str_trim(name);
	if (name.n == 0 || name.n > 120) return fail(op, ERR_INVALID, "name", "must have 1 to 120 bytes");
	TRY(op_query(op, SQL_source_by_name, DB_ARGS(db_text(name)), &rows));
	if (rows.n) {
		TRY(found_source(op, &rows, kind, out));
		copy_name(out->name, name);
		return OK;
	}
	TRY(op_query(op, SQL_source_next_number, DB_NO_ARGS, &rows));
	int64_t number = db_rows_int(&rows, 0, 0);
	if (number > MOST_SOURCES) return fail(op, ERR_STATE, "name", "there are %d sources already", MOST_SOURCES);
	*out = (struct source){.number = (uint16_t)number, .id = id_new(), .kind = kind, .is_assured = is_assured, .purposes = purposes};
	copy_name(out->name, name);
	TRY(op_run(op, SQL_source_add,
	           DB_ARGS(db_int(number), db_id(out->id), db_text(name), db_text(str_of(SOURCE_KINDS[kind])),
	                   db_text(is_assured ? S("assured") : S("carried")), db_int(purposes), db_int(op->now_ms)),
	           NULL));
	op_defer(op, reread, op->app);
	return OK;
}

enum err source_end(struct op *op, uint16_t number)
{
	TRY(op_run(op, SQL_source_end, DB_ARGS(db_int(number), db_int(op->now_ms)), NULL));
	TRY(op_run(op, SQL_key_end_of_source, DB_ARGS(db_int(number), db_int(op->now_ms)), NULL));
	op_defer(op, reread, op->app);
	return OK;
}

/* ---- keys ---- */

static void hash_key(const struct app *app, str text, key_hash out)
{
	crypto_generichash(out, sizeof(key_hash), (const unsigned char *)text.p, text.n, app->secret, sizeof app->secret);
}

enum err key_add(struct op *op, enum key_kind kind, str name, uint16_t source, enum role role, str *text)
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	char key[KEY_LETTERS + 4];
	key_hash hash;
	name = str_trim(name);
	if (name.n == 0 || name.n > 120) return fail(op, ERR_INVALID, "name", "must have 1 to 120 bytes");
	memcpy(key, kind == KEY_WRITE ? "wk_" : "sk_", 3);
	for (size_t i = 3; i < 3 + KEY_LETTERS; i++) key[i] = letters[randombytes_uniform(32)];
	*text = str_dup(&op->arena, (str){key, 3 + KEY_LETTERS});
	hash_key(op->app, *text, hash);
	TRY(op_run(op, SQL_key_add,
	           DB_ARGS(db_id(id_new()), db_text(str_of(KEY_KINDS[kind])), db_text(name), kind == KEY_WRITE ? db_int(source) : db_null(),
	                   kind == KEY_SECRET ? db_text(str_of(ROLES[role])) : db_null(), db_blob((str){(char *)hash, sizeof hash}),
	                   db_text(str_sub(*text, 0, HINT_LETTERS)), db_int(op->now_ms), db_text(op->actor.name.n ? op->actor.name : S("command line"))),
	           NULL));
	op_defer(op, reread, op->app);
	return OK;
}

enum err key_end(struct op *op, id key)
{
	int64_t changed;
	TRY(op_run(op, SQL_key_end, DB_ARGS(db_id(key), db_int(op->now_ms)), &changed));
	if (!changed) return fail(op, ERR_NOT_FOUND, "key", "there is no such key, or it was ended before");
	op_defer(op, reread, op->app);
	return OK;
}

bool key_find(const struct app *app, str text, struct api_key *out)
{
	struct collect *c = app->collect;
	key_hash hash;
	if (text.n == 0 || text.n > 200) return false;
	hash_key(app, text, hash);
	pthread_rwlock_rdlock(&c->lock);
	uint64_t *at = map_get(&c->key_of, (str){(const char *)hash, sizeof hash});
	if (at) *out = c->keys[*at].key;
	pthread_rwlock_unlock(&c->lock);
	return at != NULL;
}

bool key_may_send(const struct app *app, id key, int64_t events, int *wait_s)
{
	int64_t rate = setting_int(app, SETTING_write_rate_per_s), now = clock_now_ms();
	struct collect *c = app->collect;
	bool may = true;
	*wait_s = 0;
	if (rate == 0) return true;
	pthread_rwlock_rdlock(&c->lock);
	for (size_t i = 0; i < c->n_keys; i++) {
		struct held_key *k = &c->keys[i];
		if (k->key.id != key) continue;
		int64_t since = now - atomic_exchange(&k->filled_ms, now), most = rate * 2000;
		int64_t tokens = atomic_load(&k->tokens_milli) + (since < 2000 ? since : 2000) * rate;
		if (tokens > most) tokens = most;
		may = tokens >= events * 1000 || tokens == most; /* a batch larger than the bucket goes when it is full */
		if (may) tokens -= events * 1000;
		if (!may) *wait_s = (int)((events * 1000 - tokens) / (rate * 1000) + 1);
		atomic_store(&k->tokens_milli, tokens);
	}
	pthread_rwlock_unlock(&c->lock);
	return may;
}

/* ---- counts ---- */

static struct drop_cell *drops_of(struct collect *c, str source)
{
	uint64_t *place = map_get(&c->drops, source);
	if (!place) {
		place = map_put(&c->drops, str_dup(&c->count_arena, source), NULL);
		*place = (uint64_t)(uintptr_t)ARENA_NEW(&c->count_arena, struct drop_cell);
	}
	return (struct drop_cell *)(uintptr_t)*place;
}

static void add_illegal(struct collect *c, str key, uint64_t n)
{
	uint64_t *times = map_get(&c->illegal, key);
	if (!times && c->illegal.n < MOST_ILLEGAL) times = map_put(&c->illegal, str_dup(&c->count_arena, key), NULL);
	if (times) *times += n;
}

void collect_drop(const struct app *app, uint16_t source, enum drop_reason reason, uint64_t times)
{
	struct collect *c = app->collect;
	if (reason == DROP_NONE || times == 0) return;
	metrics_dropped((int)reason, times);
	pthread_mutex_lock(&c->counts);
	drops_of(c, (str){(const char *)&source, sizeof source})->times[reason] += times;
	pthread_mutex_unlock(&c->counts);
}

void collect_note_illegal(const struct app *app, str kind, str value)
{
	struct collect *c = app->collect;
	char room[320];
	if (kind.n + 1 + value.n > sizeof room) return;
	memcpy(room, kind.p, kind.n);
	room[kind.n] = 0;
	memcpy(room + kind.n + 1, value.p, value.n);
	pthread_mutex_lock(&c->counts);
	add_illegal(c, (str){room, kind.n + 1 + value.n}, 1);
	pthread_mutex_unlock(&c->counts);
}

bool collect_has_counts(const struct app *app)
{
	struct collect *c = app->collect;
	pthread_mutex_lock(&c->counts);
	bool any = c->drops.n || c->illegal.n || atomic_load(&c->is_behind);
	pthread_mutex_unlock(&c->counts);
	return any;
}

/* What was counted until it was taken out to be written. */
struct taken_counts {
	struct collect *from;
	struct map drops, illegal;
	struct arena arena;
	bool is_written;
};

static void note_written(void *arg)
{
	((struct taken_counts *)arg)->is_written = true;
}

static void end_taken(void *arg)
{
	struct taken_counts *t = arg;
	str key;
	uint64_t value;
	pthread_mutex_lock(&t->from->counts);
	for (size_t i = 0; !t->is_written && map_next(&t->drops, &i, &key, &value);) {
		struct drop_cell *cell = drops_of(t->from, key);
		for (int r = 1; r < DROP_COUNT; r++) cell->times[r] += ((struct drop_cell *)(uintptr_t)value)->times[r];
	}
	for (size_t i = 0; !t->is_written && map_next(&t->illegal, &i, &key, &value);) add_illegal(t->from, key, value);
	pthread_mutex_unlock(&t->from->counts);
	map_release(&t->drops);
	map_release(&t->illegal);
	arena_release(&t->arena);
}

static struct taken_counts *take_counts(struct op *op)
{
	struct collect *c = op->app->collect;
	struct taken_counts *t = ARENA_NEW(&op->arena, struct taken_counts);
	pthread_mutex_lock(&c->counts);
	*t = (struct taken_counts){.from = c, .drops = c->drops, .illegal = c->illegal, .arena = c->count_arena};
	map_init(&c->drops);
	map_init(&c->illegal);
	arena_init(&c->count_arena);
	pthread_mutex_unlock(&c->counts);
	op_defer(op, end_taken, t);
	op_after_commit(op, note_written, t);
	return t;
}

static enum err write_drops(struct op *op, uint16_t source, const struct drop_cell *cell)
{
	int64_t day = op->now_ms / 86400000 * 86400000;
	for (int r = 1; r < DROP_COUNT; r++)
		if (cell->times[r])
			TRY(op_run(op, SQL_drop_count_add, DB_ARGS(db_int(day), db_int(source), db_text(str_of(DROP_REASONS[r])), db_int((int64_t)cell->times[r])), NULL));
	return OK;
}

/* Takes the counts out under the lock and writes them after; when that fails they are counted on. */
enum err collect_flush_counts(struct op *op)
{
	struct collect *c = op->app->collect;
	struct taken_counts *t = take_counts(op);
	if (atomic_load(&c->is_behind)) {
		TRY(read_all(op, c));
		atomic_store(&c->is_behind, false);
	}
	str key;
	uint64_t value;
	for (size_t i = 0; map_next(&t->drops, &i, &key, &value);) {
		uint16_t source;
		memcpy(&source, key.p, sizeof source);
		TRY(write_drops(op, source, (struct drop_cell *)(uintptr_t)value));
	}
	for (size_t i = 0; map_next(&t->illegal, &i, &key, &value);) {
		str rest = key, kind = str_cut(&rest, 0);
		TRY(op_run(op, SQL_illegal_identity_add, DB_ARGS(db_text(kind), db_text(rest), db_text(S("listed")), db_int((int64_t)value), db_int(op->now_ms)), NULL));
	}
	return OK;
}

/* ---- filing ---- */

struct touchpoint_kind collect_filing(const struct app *app, str event, bool *has_row)
{
	struct collect *c = app->collect;
	struct touchpoint_kind kind = {.event = event};
	const struct touchpoint_kind *row = NULL;
	pthread_rwlock_rdlock(&c->lock);
	uint64_t *own = map_get(&c->filing, event);
	if (own) row = (const struct touchpoint_kind *)(uintptr_t)*own;
	if (row) {
		kind = *row;
		kind.event = event;
	}
	pthread_rwlock_unlock(&c->lock);
	if (!row) {
		row = touchpoint_kind(event);
		if (row) kind = *row;
	}
	*has_row = row != NULL;
	return kind;
}

bool collect_is_awaited(const struct app *app, str event)
{
	struct collect *c = app->collect;
	if (!atomic_load_explicit(&c->n_awaited, memory_order_relaxed)) return false;
	pthread_rwlock_rdlock(&c->lock);
	bool is_awaited = map_get(&c->awaited, event) != NULL;
	pthread_rwlock_unlock(&c->lock);
	return is_awaited;
}

enum err collect_reload_filing(struct op *op)
{
	op_defer(op, reread, op->app);
	return OK;
}
