/* topics.h: the page of topics and rules: what texts are filed under, changed by people with what it would find beside it. */
#ifndef READING_TOPICS_H
#define READING_TOPICS_H
#include "http/web.h"

extern const struct desc TOPICS_DESC, TOPIC_INPUT_DESC, TOPIC_NAME_DESC, TOPIC_MERGE_DESC, TOPIC_RULE_DESC, TOPIC_PREVIEW_DESC;
web_handler topics_get, topic_post, topic_merge_post, topic_remove_post, topic_rule_post, topic_rule_remove_post, topic_undo_post, topic_reread_post, topic_preview_get;
#endif
