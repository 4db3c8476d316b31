/* text_pages.h: handlers of tables/routes.def about texts, and what they take and answer. */
#ifndef TEXT_TEXT_PAGES_H
#define TEXT_TEXT_PAGES_H
#include "http/web.h"

web_handler text_list, text_try;
/* In the reader's language, where there is a word for it. */
str text_topic_label(struct op *op, str name);
extern const struct desc TEXTS_DESC, TEXT_INPUT_DESC;
#endif
