/* audit_pages.h: the page of the audit log. */
#ifndef AUDIT_AUDIT_PAGES_H
#define AUDIT_AUDIT_PAGES_H
#include "http/web.h"

web_handler audit_list;
extern const struct desc AUDIT_DESC;
#endif
