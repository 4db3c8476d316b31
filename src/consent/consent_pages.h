/* consent_pages.h: handlers of tables/routes.def about purposes, and what they take and answer. */
#ifndef CONSENT_CONSENT_PAGES_H
#define CONSENT_CONSENT_PAGES_H
#include "http/web.h"

web_handler consent_purposes, consent_add_purpose, consent_save_purpose;
extern const struct desc PURPOSES_DESC, PURPOSE_ADD_INPUT_DESC, PURPOSE_SAVE_INPUT_DESC;
#endif
