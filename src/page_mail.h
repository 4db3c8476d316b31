/* page_mail.h: pages of the console that can be sent by mail: those of figures, never those of customers. */
#ifndef PAGE_MAIL_H
#define PAGE_MAIL_H
#include "http/web.h"

bool page_is_mailable(const struct web_route *route);
/* Hands the way of drawing one to src/mail. Once, at start. */
void page_mail_init(void);
#endif
