/* reading.h: a page of the console as somebody would see it who is not there. The pages stand above the domains, so the
 * program hands its way of drawing one down here at start. */
#ifndef MAIL_READING_H
#define MAIL_READING_H
#include "op/op.h"

/* Draws the page at the address (a path and its query) for op's actor, in op's locale, within their permissions; the HTML
 * lies in op's arena. ERR_INVALID: no page that is sent by mail; ERR_DENIED: not for them; else what the page fails with. */
typedef enum err mail_read_page(struct op *op, str address, str *html);
void mail_set_reader(mail_read_page *read);
enum err mail_read(struct op *op, str address, str *html) NODISCARD;
#endif
