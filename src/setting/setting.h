/* setting.h: what a workspace has chosen: rows of tables/settings.def, kept in records, held in memory.
 * Reading is lock-free of the database and thread safe. */
#ifndef SETTING_SETTING_H
#define SETTING_SETTING_H
#include "i18n/i18n.h"
#include "op/op.h"

enum setting {
#define SETTING(name, type, preset, least, most, who, doc) SETTING_##name,
#include "settings.def"
#undef SETTING
	SETTING_COUNT
};
struct settings;

/* Reads all rows; called once when the workspace opens. */
enum err settings_load(struct op *op, struct settings **out) NODISCARD;
void settings_free(struct settings *s);

int64_t setting_int(const struct app *app, enum setting s);
bool setting_bool(const struct app *app, enum setting s);
str setting_text(struct op *op, enum setting s); /* copied into the op's arena */
str setting_copy(const struct app *app, enum setting s, struct arena *a); /* the same, anywhere */
const struct zone *setting_zone(const struct app *app);
/* The workspace's own locale: its language, zone and currency; texts in the op's arena. */
struct locale setting_locale(struct op *op);

/* Checks against type and bounds, writes the row, and after the op's commit the value in memory.
 * ERR_INVALID names the setting. */
enum err setting_put(struct op *op, enum setting s, str value) NODISCARD;
bool setting_find(str name, enum setting *out);
const char *setting_name(enum setting s);
void setting_bounds(enum setting s, int64_t *preset, int64_t *least, int64_t *most); /* of a number */
bool setting_is_secret(enum setting s); /* kept sealed in the records, never shown, never told by the audit */
#endif
