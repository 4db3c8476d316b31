/* team_pages.h: handlers of tables/routes.def about signing in and people, and what they take and answer. */
#ifndef TEAM_TEAM_PAGES_H
#define TEAM_TEAM_PAGES_H
#include "http/web.h"

web_handler team_sign_in_get, team_sign_in, team_sign_out, team_start, team_preferences;
extern const struct desc SIGN_IN_DESC, SIGN_IN_INPUT_DESC, PREFERENCES_INPUT_DESC;
#endif
