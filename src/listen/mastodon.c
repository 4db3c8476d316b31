/* Statuses as Mastodon's interface (and what speaks it: Pleroma, Akkoma, GoToSocial, Pixelfed) gives them on public time
 * lines. Only public ones are taken, and none of people who asked not to be found by search. */
#include <math.h>

#include "fetch/fetch.h"
#include "json/json.h"
#include "listen/heard.h"

enum { LINE_BYTES = 8 << 20 };

static bool is_for_us(const struct json_node *status, const struct json_node *account)
{
	const struct json_node *reblog = json_get(status, S("reblog"));
	str visibility = json_get_str(status, S("visibility"));
	if (reblog && reblog->type == JSON_OBJECT) return false; /* heard where it was said */
	return (!str_given(visibility) || str_eq(visibility, S("public"))) && !json_is_true(account, S("noindex"));
}

static void read_status(struct arena *a, const struct json_node *status, const struct json_node *account, struct heard *h)
{
	str uri = json_get_str(status, S("uri")), url = json_get_str(status, S("url")), warning = json_get_str(status, S("spoiler_text")), text = heard_html(a, json_get_str(status, S("content")));
	h->network = S("mastodon");
	h->key = uri.n ? uri : url;
	h->url = fetch_resolve(a, S(""), url.n ? url : uri);
	h->title = heard_clean(a, warning, HEARD_NAME_BYTES);
	h->text = heard_clean(a, text, HEARD_TEXT_BYTES);
	h->author = heard_clean(a, json_get_str(account, S("acct")), HEARD_NAME_BYTES);
	h->author_url = fetch_resolve(a, S(""), json_get_str(account, S("url")));
	h->language = json_get_str(status, S("language"));
	h->at_ms = heard_time(a, json_get_str(status, S("created_at")));
}

enum err heard_mastodon(struct arena *a, str json, struct heard_list *out, str *newest, str *oldest, size_t *n, struct fault *f)
{
	const struct json_node *root;
	*n = 0;
	enum err e = json_tree(a, json, LINE_BYTES, &root, f);
	if (e == ERR_TOO_LARGE) return e;
	if (e != OK || root->type != JSON_ARRAY) return fault_set(f, ERR_MALFORMED, "timeline", "is no list of statuses: is this a server that speaks Mastodon's interface?");
	for (const struct json_node *s = root->child; s; s = s->next) {
		const struct json_node *account = json_get(s, S("account"));
		str name = json_get_str(s, S("id"));
		if (!name.n) return fault_set(f, ERR_MALFORMED, "timeline", "holds a status without an id");
		if (!str_given(*newest)) *newest = name;
		*oldest = name;
		++*n;
		struct heard *h = is_for_us(s, account) ? heard_add(a, out) : NULL;
		if (h) read_status(a, s, account, h);
		else out->skipped++;
		if (h && (!h->key.n || !(h->text.n || h->title.n))) out->items.n--;
	}
	return OK;
}
