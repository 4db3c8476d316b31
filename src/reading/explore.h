/* explore.h: the explorer of texts: topics by sentiment by time, and the quotes behind each number. */
#ifndef READING_EXPLORE_H
#define READING_EXPLORE_H
#include "http/web.h"

extern const struct desc EXPLORE_DESC;
web_handler explore_get, explore_csv;
#endif
