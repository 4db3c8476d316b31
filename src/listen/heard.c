#include "listen/heard.h"

#include <curl/curl.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/datetime.h"
#include "base/utf8.h"
#include "listen/html.h"

enum { TIME_BYTES = 64, HTML_NODES = 200000, FIRST_YEAR = 1900, LAST_YEAR = 2099, DAY_DIGITS = 8, HTML_ROOM = 64 };

struct heard *heard_add(struct arena *a, struct heard_list *out)
{
	if (out->items.n >= HEARD_ITEMS) return NULL;
	struct heard *h = VEC_ADD(&out->items, a);
	*h = (struct heard){.at_ms = DESC_NULL_INT, .rating = NAN, .rating_max = NAN};
	return h;
}

str heard_clean(struct arena *a, str text, size_t n)
{
	struct buf b;
	bool has_space = true;
	if (!str_given(text)) return STR_NONE;
	buf_init(&b, n + 8);
	for (size_t i = 0; i < text.n && b.n <= n;) {
		char room[4];
		uint32_t c = utf8_next(text, &i);
		bool is_space = c <= ' ' || c == 0x7f || c == 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff || (c >= 0x80 && c < 0xa0);
		if (is_space && has_space) continue;
		if (is_space) buf_byte(&b, ' ');
		else buf_add_bytes(&b, room, utf8_put(c, room));
		has_space = is_space;
	}
	str out = str_dup(a, str_trim(utf8_cut(buf_str(&b), n)));
	buf_release(&b);
	return out;
}

double heard_number(str text)
{
	struct arena a = {0};
	double d = NAN;
	char *copy = arena_alloc(&a, text.n + 1);
	text = str_trim(text);
	for (size_t i = 0; i < text.n; i++) copy[i] = (char)(text.p[i] == ',' ? '.' : text.p[i]);
	if (text.n > 30 || !str_f64((str){copy, text.n}, &d) || !isfinite(d)) d = NAN;
	arena_release(&a);
	return d;
}

/* ---- times ---- */

static int64_t in_range(int64_t ms)
{
	return ms >= DATETIME_MIN_MS && ms < DATETIME_MAX_MS ? ms : DESC_NULL_INT;
}

/* "2003", "2003-12", "20031231". */
static int64_t short_form(str s)
{
	int64_t year, month = 1, day = 1, whole;
	bool is_day = s.n == DAY_DIGITS && str_i64(s, &whole);
	if (is_day) {
		year = whole / 10000;
		month = whole / 100 % 100;
		day = whole % 100;
	} else {
		if (s.n != 4 && !(s.n == 7 && s.p[4] == '-')) return DESC_NULL_INT;
		if (!str_i64(str_sub(s, 0, 4), &year) || (s.n == 7 && !str_i64(str_sub(s, 5, 2), &month))) return DESC_NULL_INT;
	}
	struct civil c = {.year = (int)year, .month = (int)month, .day = (int)day};
	return year >= FIRST_YEAR && year <= LAST_YEAR && civil_is_valid(&c) ? civil_to_ms(&c) : DESC_NULL_INT;
}

/* What libcurl does not take: a comment behind the zone, "UT", a comma gone astray, minutes of one digit in the zone. */
static str mended(struct arena *a, str s)
{
	struct buf b;
	buf_init(&b, TIME_BYTES * 2);
	for (size_t i = 0; i < s.n && s.p[i] != '('; i++) buf_byte(&b, s.p[i]);
	str out = str_trim(str_dup(a, buf_str(&b)));
	buf_release(&b);
	if (str_ends(out, S(" UT")) || str_ends(out, S(" Z"))) {
		size_t zone = out.p[out.n - 1] == 'Z' ? 1 : 2;
		out = str_fmt(a, "%.*sGMT", (int)(out.n - zone), out.p);
	}
	return out;
}

int64_t heard_time(struct arena *a, str text)
{
	int64_t ms;
	bool has_zone;
	text = str_trim(text);
	if (!text.n || text.n > TIME_BYTES) return DESC_NULL_INT;
	if (short_form(text) != DESC_NULL_INT) return short_form(text);
	if (datetime_parse(text, &ms, &has_zone)) return in_range(ms);
	if (str_i64(text, &ms) && text.n >= 9) return in_range(text.n > 11 ? ms : ms * 1000);
	time_t t = curl_getdate(str_c(a, mended(a, text)), NULL);
	return t == -1 ? DESC_NULL_INT : in_range((int64_t)t * 1000);
}

/* ---- HTML ---- */

static bool is_silent(GumboTag tag)
{
	return tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE || tag == GUMBO_TAG_HEAD || tag == GUMBO_TAG_TEMPLATE || tag == GUMBO_TAG_NOSCRIPT || tag == GUMBO_TAG_IFRAME; /* what stands in an object is meant for readers without it */
}

static bool is_inline(GumboTag tag)
{
	static const GumboTag tags[] = {GUMBO_TAG_A, GUMBO_TAG_B, GUMBO_TAG_I, GUMBO_TAG_EM, GUMBO_TAG_STRONG, GUMBO_TAG_SPAN, GUMBO_TAG_U, GUMBO_TAG_S, GUMBO_TAG_CODE, GUMBO_TAG_SMALL, GUMBO_TAG_SUB, GUMBO_TAG_SUP, GUMBO_TAG_FONT,
		GUMBO_TAG_ABBR, GUMBO_TAG_ACRONYM, GUMBO_TAG_CITE, GUMBO_TAG_Q, GUMBO_TAG_BDI, GUMBO_TAG_BDO, GUMBO_TAG_MARK, GUMBO_TAG_TT, GUMBO_TAG_BIG, GUMBO_TAG_DEL, GUMBO_TAG_INS, GUMBO_TAG_WBR};
	for (size_t i = 0; i < COUNT_OF(tags); i++)
		if (tags[i] == tag) return true;
	return false;
}

/* The text of a tree; what is no emphasis within a sentence parts words. */
static void put_text(const GumboNode *root, struct buf *b)
{
	int visited = 0;
	for (const GumboNode *n = root, *next; n && visited++ < HTML_NODES; n = next) {
		bool is_element = n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE;
		next = html_next(root, n, is_element && is_silent(n->v.element.tag));
		if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA) buf_add(b, str_of(n->v.text.text));
		if (is_element && !is_inline(n->v.element.tag)) buf_byte(b, ' ');
		/* where a block ends, what follows it is not of its last word */
		for (const GumboNode *up = n; next && up != root && up != next->parent && up->parent != NULL; up = up->parent)
			if (up->type == GUMBO_NODE_ELEMENT && !is_inline(up->v.element.tag)) {
				buf_byte(b, ' ');
				break;
			}
	}
}

str heard_html(struct arena *a, str html)
{
	struct buf b;
	struct html tree;
	if (!html.n || (!memchr(html.p, '<', html.n) && !memchr(html.p, '&', html.n))) return html;
	buf_init(&b, html.n * 2 + HTML_ROOM);
	if (html_parse(&tree, html)) put_text(tree.root, &b);
	str out = str_dup(a, buf_str(&b));
	html_release(&tree);
	buf_release(&b);
	return out;
}
