/* source.h: the pages about where touchpoints come from: sources, their keys, what each sent and what was dropped. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H
#include "http/web.h"

enum err source_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_show_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_connect_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_end_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_reopen_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_key_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
enum err source_key_end_post(struct op *op, struct web *w, struct answer *a) NODISCARD;
extern const struct desc SOURCES_DESC, SOURCE_DESC, CONNECT_DESC, SOURCE_INPUT_DESC;
#endif
