/* The values in memory are guarded by a read-write lock; numbers are parsed once. A change becomes visible only after
 * its transaction committed, so that no reader acts on what may be rolled back. */
#include "setting/setting.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "customer/derive.h"
#include "i18n/zone.h"
#include "op/app.h"
#include "setting/secret.h"

enum setting_type { TYPE_TEXT, TYPE_INT, TYPE_BOOL, TYPE_SECRET };
static const struct row {
	const char *name, *preset;
	enum setting_type type;
	int64_t least, most;
} ROWS[SETTING_COUNT] = {
#define SETTING(name, type, preset, least, most, who, doc) {#name, preset, TYPE_##type, least, most},
#include "settings.def"
#undef SETTING
};

struct settings {
	pthread_rwlock_t lock;
	char *text[SETTING_COUNT]; /* owned */
	int64_t number[SETTING_COUNT];
	const struct zone *zone;
};

static bool is_number(enum setting_type type)
{
	return type == TYPE_INT || type == TYPE_BOOL;
}

static void take(struct settings *s, enum setting i, str value)
{
	char *copy = mem_alloc(value.n + 1);
	memcpy(copy, value.n ? value.p : "", value.n);
	copy[value.n] = 0;
	if (s->text[i] && ROWS[i].type == TYPE_SECRET) sodium_memzero(s->text[i], strlen(s->text[i]));
	mem_free(s->text[i]);
	s->text[i] = copy;
	s->number[i] = 0;
	if (is_number(ROWS[i].type)) str_i64(value, &s->number[i]);
	if (i == SETTING_time_zone) {
		s->zone = zone_find(value);
		if (!s->zone) s->zone = zone_utc();
	}
}

bool setting_find(str name, enum setting *out)
{
	for (int i = 0; i < SETTING_COUNT; i++)
		if (str_eq(name, str_of(ROWS[i].name))) {
			*out = (enum setting)i;
			return true;
		}
	return false;
}

const char *setting_name(enum setting s)
{
	return ROWS[s].name;
}

void setting_bounds(enum setting s, int64_t *preset, int64_t *least, int64_t *most)
{
	*preset = 0;
	(void)str_i64(str_of(ROWS[s].preset), preset);
	*least = ROWS[s].least;
	*most = ROWS[s].most;
}

bool setting_is_secret(enum setting s)
{
	return ROWS[s].type == TYPE_SECRET;
}

enum err settings_load(struct op *op, struct settings **out)
{
	struct db_rows rows;
	TRY(op_query(op, SQL_setting_all, DB_NO_ARGS, &rows));
	struct settings *s = MEM_NEW(struct settings);
	pthread_rwlock_init(&s->lock, NULL);
	for (int i = 0; i < SETTING_COUNT; i++) take(s, (enum setting)i, str_of(ROWS[i].preset));
	for (size_t r = 0; r < rows.n; r++) {
		enum setting i;
		str value = db_rows_text(&rows, r, 1);
		if (!setting_find(db_rows_text(&rows, r, 0), &i)) continue;
		bool is_sealed = ROWS[i].type == TYPE_SECRET;
		if (is_sealed && !secret_open(&op->arena, op->app, str_of(ROWS[i].name), value, &value)) {
			log_error("setting_not_opened", F_STR("setting", str_of(ROWS[i].name)));
			continue;
		}
		take(s, i, value);
	}
	*out = s;
	return OK;
}

void settings_free(struct settings *s)
{
	if (!s) return;
	for (int i = 0; i < SETTING_COUNT; i++) mem_free(s->text[i]);
	pthread_rwlock_destroy(&s->lock);
	mem_free(s);
}

int64_t setting_int(const struct app *app, enum setting i)
{
	pthread_rwlock_rdlock(&app->settings->lock);
	int64_t value = app->settings->number[i];
	pthread_rwlock_unlock(&app->settings->lock);
	return value;
}

bool setting_bool(const struct app *app, enum setting i)
{
	return setting_int(app, i) != 0;
}

str setting_copy(const struct app *app, enum setting i, struct arena *a)
{
	pthread_rwlock_rdlock(&app->settings->lock);
	str value = str_dup(a, str_of(app->settings->text[i]));
	pthread_rwlock_unlock(&app->settings->lock);
	return value;
}

str setting_text(struct op *op, enum setting i)
{
	return setting_copy(op->app, i, &op->arena);
}

const struct zone *setting_zone(const struct app *app)
{
	pthread_rwlock_rdlock(&app->settings->lock);
	const struct zone *zone = app->settings->zone;
	pthread_rwlock_unlock(&app->settings->lock);
	return zone;
}

struct locale setting_locale(struct op *op)
{
	const struct lang *lang = lang_find(setting_text(op, SETTING_language));
	str currency = setting_text(op, SETTING_currency);
	return (struct locale){
		.lang = lang ? lang : lang_find(S("en")),
		.zone = setting_zone(op->app),
		.currency = currency.n ? currency : STR_NONE,
	};
}

static enum err check(struct op *op, enum setting i, str value)
{
	const struct row *row = &ROWS[i];
	int64_t number = (int64_t)value.n;
	if (is_number(row->type) && !str_i64(value, &number)) return fail(op, ERR_INVALID, row->name, "must be a whole number");
	if (number < row->least || number > row->most)
		return fail(op, ERR_INVALID, row->name, !is_number(row->type) ? "must have %lld to %lld bytes" : "must lie between %lld and %lld",
		            (long long)row->least, (long long)row->most);
	if (i == SETTING_time_zone && !zone_find(value)) return fail(op, ERR_INVALID, row->name, "is no time zone of the tz database, such as Europe/Athens");
	if (i == SETTING_language && !lang_find(value)) return fail(op, ERR_INVALID, row->name, "is no language that is served");
	return OK;
}

struct change {
	struct settings *settings;
	enum setting setting;
	str value;
};

static void apply(void *arg)
{
	struct change *c = arg;
	pthread_rwlock_wrlock(&c->settings->lock);
	take(c->settings, c->setting, c->value);
	pthread_rwlock_unlock(&c->settings->lock);
}

enum err setting_put(struct op *op, enum setting i, str value)
{
	TRY(check(op, i, value));
	str name = str_of(ROWS[i].name), kept = ROWS[i].type == TYPE_SECRET ? secret_seal(&op->arena, op->app, name, value) : str_dup(&op->arena, value);
	TRY(op_run(op, SQL_setting_put, DB_ARGS(db_text(name), db_text(kept), db_int(op->now_ms)), NULL));
	if (i == SETTING_currency) TRY(customer_count_amounts(op));
	struct change *c = ARENA_NEW(&op->arena, struct change);
	*c = (struct change){op->app->settings, i, str_dup(&op->arena, value)};
	op_after_commit(op, apply, c);
	return OK;
}
