/* Any bytes as a template, partial of itself too, over a small tree: it renders or is refused, and always ends. */
#include "base/arena.h"
#include "fuzz.h"
#include "i18n/i18n.h"
#include "i18n/zone.h"
#include "json/json.h"
#include "template/template.h"

static str itself(void *arg, str name)
{
	return str_eq(name, S("none")) ? STR_NONE : *(const str *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	arena_init(&a);
	str source = str_dup(&a, (str){(const char *)data, n > 4096 ? 4096 : n});
	const struct json_node *tree;
	str json = S("{\"a\":{\"b\":\"x<y\",\"n\":3},\"list\":[{\"a\":1},{\"a\":2}],\"p\":\"self\",\"t\":\"\"}");
	struct locale l = {.lang = lang_at(0), .zone = zone_utc()};
	if (json_tree(&a, json, 1 << 12, &tree, NULL) == OK) {
		for (int type = TEMPLATE_TEXT; type <= TEMPLATE_JSON; type++) {
			struct template_options o = {.type = (enum template_type)type, .may_unescape = type == TEMPLATE_HTML, .loader = itself, .loader_arg = &source};
			struct template *t;
			struct buf out;
			struct fault f = {0};
			buf_init(&out, 1 << 14);
			struct template_value value = {.tree = tree};
			if (template_new(S("fuzz"), source, &o, &t, &f) == OK) {
				if (template_render(t, &l, &value, 1, &out, &f) == OK && buf_failed(&out)) __builtin_trap();
				template_free(t);
			}
			buf_release(&out);
		}
	}
	arena_release(&a);
	return 0;
}
