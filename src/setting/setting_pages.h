/* setting_pages.h: handlers of tables/routes.def about the settings, and what they take and answer. */
#ifndef SETTING_SETTING_PAGES_H
#define SETTING_SETTING_PAGES_H
#include "http/web.h"

/* setting_api.c */
web_handler setting_show, setting_save;
extern const struct desc SETTINGS_DESC, SETTINGS_INPUT_DESC;
/* Writes the setting and who changed it from what to what, when it changes. */
enum err setting_change(struct op *op, int setting, str value) NODISCARD;

/* limit.c */
web_handler setting_limits_get, setting_limits_post;
extern const struct desc LIMITS_DESC, LIMITS_INPUT_DESC;

/* setup.c */
web_handler setting_setup, setting_set_up;
extern const struct desc SETUP_DESC, SETUP_INPUT_DESC;

/* filing.c */
web_handler setting_filing, setting_file, setting_file_default;
extern const struct desc FILING_DESC, FILING_INPUT_DESC;
#endif
