/* Documents are shaped like those of real publishers: WordPress, Blogger, the App Store, Mastodon, shops. */
#include <ctype.h>
#include <math.h>
#include <zlib.h>

#include "base/datetime.h"
#include "json/json.h"
#include "listen/heard.h"
#include "test.h"

#include "base/buf.h"

static struct arena a;
static struct fault f;

static struct heard_list feed(const char *xml)
{
	struct heard_list out;
	f = (struct fault){0};
	enum err e = heard_feed(&a, str_of(xml), S("https://blog.example/feed"), S(""), &out, &f);
	if (e != OK) fail_msg("not read: %s", f.fields[0].text);
	return out;
}

static enum err refused(str xml)
{
	struct heard_list out;
	f = (struct fault){0};
	return heard_feed(&a, xml, S("https://blog.example/feed"), S(""), &out, &f);
}

static void reads_rss_as_wordpress_writes_it(void **state)
{
	struct heard_list l = feed("\n<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>"
		"<title>Harbour &amp; News</title><link>https://blog.example/</link><language>en-GB</language>"
		"<item><title>Late &amp;amp; cold</title><link>/2026/11/late</link><dc:creator><![CDATA[Ann O&#039;Neil]]></dc:creator><pubDate>Sat, 28 Nov 2026 09:05:00 +0200</pubDate>"
		"<guid isPermaLink=\"false\">https://blog.example/?p=7</guid><description><![CDATA[<p>Short</p>]]></description>"
		"<content:encoded><![CDATA[<p>The soup was <b>cold</b>.</p><p>Twice!&nbsp;<script>alert(1)</script></p>]]></content:encoded></item>"
		"<item><guid>12</guid><description>caf&eacute; &hellip;</description></item></channel></rss>");
	(void)state;
	assert_int_equal(l.items.n, 2);
	assert_str_equal(l.title, S("Harbour & News"));
	const struct heard *h = &l.items.v[0];
	assert_str_equal(h->title, S("Late & cold"));
	assert_str_equal(h->url, S("https://blog.example/2026/11/late"));
	assert_str_equal(h->author, S("Ann O&#039;Neil"));
	assert_str_equal(h->text, S("The soup was cold. Twice!"));
	assert_str_equal(h->language, S("en-GB"));
	assert_str_equal(h->key, S("https://blog.example/?p=7"));
	assert_str_equal(datetime_show(&a, h->at_ms), S("2026-11-28T07:05:00.000Z"));
	assert_str_equal(l.items.v[1].key, S("https://blog.example/feed#12"));
	assert_str_equal(l.items.v[1].text, S("café …"));
	assert_true(l.items.v[1].at_ms == DESC_NULL_INT);
}

static void tells_where_a_feed_is_broken(void **state)
{
	struct heard_list l = feed("<rss><channel><item><title>One</title></item>\n<item><title>Two</wrong></item></channel></rss>");
	(void)state;
	assert_true(l.items.n >= 1);
	assert_true(str_starts(l.broken, S("broken at line 2: ")));
	assert_false(str_given(feed("<rss><channel><item><title>One</title></item></channel></rss>").broken));
	assert_int_equal(refused(S("<rss version=\"2.0\">\n</rss")), ERR_MALFORMED);
	assert_non_null(strstr(f.fields[0].text, "broken at line 2"));
}

static void reads_base64_in_lines_and_what_stands_beside_an_object(void **state)
{
	struct heard_list l = feed("<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><content type='text/html' mode='base64'>c2FmZTxzY3JpcHQ+\n  eCgpPC9zY3JpcHQ+IHRleHQ=</content></entry>"
		"<entry><content type='text/html' mode='escaped'>safe&lt;object classid='x' /> words</content></entry></feed>");
	(void)state;
	assert_str_equal(l.items.v[0].text, S("safe text"));
	assert_str_equal(l.items.v[1].text, S("safe words"));
}

static void reads_atom_with_bases_and_kinds_of_content(void **state)
{
	struct heard_list l = feed("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/x/' xml:lang='el'><title type='html'>A &lt;b&gt;b&lt;/b&gt;</title>"
		"<entry xml:base='y/'><id>tag:a.example,2026:1</id><title>1 &lt; 2</title><link rel='edit' href='edit'/><link rel='alternate' href='one.html'/><updated>2026-11-28T10:00:00Z</updated>"
		"<published>2026-11-27T10:00:00.5+01:00</published><author><name>Νίκος</name><uri>/nikos</uri><email>n@a.example</email></author>"
		"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Πολύ</p><p>καλά</p></div></content></entry>"
		"<entry><id>2</id><summary type='text'>a &lt;b&gt; c</summary></entry></feed>");
	(void)state;
	assert_int_equal(l.items.n, 2);
	const struct heard *h = &l.items.v[0];
	assert_str_equal(l.title, S("A b"));
	assert_str_equal(h->url, S("https://a.example/x/y/one.html"));
	assert_str_equal(h->key, S("tag:a.example,2026:1"));
	assert_str_equal(h->text, S("Πολύ καλά"));
	assert_str_equal(h->author, S("Νίκος"));
	assert_str_equal(h->author_url, S("https://a.example/nikos"));
	assert_str_equal(h->language, S("el"));
	assert_str_equal(datetime_show(&a, h->at_ms), S("2026-11-27T09:00:00.500Z"));
	assert_str_equal(l.items.v[1].text, S("a <b> c"));
}

static void reads_ratings_rdf_and_old_atom(void **state)
{
	struct heard_list store = feed("<feed xmlns='http://www.w3.org/2005/Atom' xmlns:im='http://itunes.apple.com/rss'><entry><id>901</id><title>Crashes</title><content type='text'>Every day</content><im:rating>2</im:rating></entry></feed>");
	struct heard_list rdf = feed("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>T</title></channel>"
		"<item rdf:about='x'><title>I</title><link>https://r.example/1</link><dc:date>2003-12</dc:date></item></rdf:RDF>");
	struct heard_list old = feed("<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><id>1</id><content type='application/octet-stream' mode='base64'>ZmluZQ==</content><issued>2004-01-02</issued></entry></feed>");
	(void)state;
	assert_true(store.items.v[0].rating == 2 && store.items.v[0].rating_max == 5);
	assert_str_equal(rdf.items.v[0].key, S("https://r.example/1"));
	assert_str_equal(date_show(&a, rdf.items.v[0].at_ms), S("2003-12-01"));
	assert_str_equal(old.items.v[0].text, S("fine"));
	assert_str_equal(date_show(&a, old.items.v[0].at_ms), S("2004-01-02"));
}

static void reads_other_encodings_and_broken_feeds(void **state)
{
	struct heard_list latin = feed("<?xml version='1.0' encoding='ISO-8859-7'?><rss><channel><item><title>\xe1\xe2\xe3</title></item></channel></rss>");
	struct heard_list lying = feed("<rss><channel><item><title>caf\xe9</title></item></channel></rss>");
	struct heard_list cut = feed("<rss><channel><item><title>whole</title></item><item><title>cu");
	struct heard_list loose = feed("<rss><channel><item><title>a & b</title><x:y>z</x:y></item></channel></rss>");
	(void)state;
	assert_str_equal(latin.items.v[0].title, S("αβγ"));
	assert_int_equal(lying.items.n, 1);
	assert_str_equal(cut.items.v[0].title, S("whole"));
	assert_int_equal(loose.items.n, 1);
}

static void cuts_off_what_is_hostile(void **state)
{
	struct arena own = {0};
	size_t n = 200000;
	char *deep = arena_alloc(&own, n * 3 + 100), *p = deep;
	(void)state;
	assert_int_equal(refused(S("<!DOCTYPE r [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;'>]><rss><channel><item><title>&b;</title></item></channel></rss>")), ERR_MALFORMED);
	assert_true(str_contains(str_of(f.fields[0].text), S("entities")));
	assert_int_equal(refused(S("<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss><channel><item><title>&a;</title></item></channel></rss>")), ERR_MALFORMED);
	for (size_t i = 0; i < n; i++) memcpy(p, "<a>", 3), p += 3;
	(void)refused((str){deep, (size_t)(p - deep)}); /* ends, whatever it says */
	struct heard_list page;
	memcpy(deep, "<div", 4);
	for (size_t i = 0; i < n; i++) memcpy(deep + i * 3, "<b>", 3);
	if (heard_page(&own, (str){deep, n * 3}, S("https://x.example/"), &page, &f) == OK) fail_msg("no review");
	assert_true(heard_html(&own, (str){deep, n * 3}).n < n);
	assert_int_equal(refused(S("<html><body>hello</body></html>")), ERR_MALFORMED);
	assert_int_equal(refused(S("{\"a\":1}")), ERR_MALFORMED);
	assert_int_equal(refused(S("")), ERR_MALFORMED);
	arena_release(&own);
}

static str repeated(const char *head, const char *what, size_t times, const char *tail)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add(&b, str_of(head));
	for (size_t i = 0; i < times; i++) buf_add(&b, str_of(what));
	buf_add(&b, str_of(tail));
	str out = str_dup(&a, buf_str(&b));
	buf_release(&b);
	return out;
}

static void long_pages_are_no_deep_ones(void **state)
{
	static const struct {
		const char *head, *what, *tail;
		bool is_read;
	} CASES[] = {
		{"", "<p>a<li>b<br><img alt='<b>'>", "word", true},
		{"", "<div><b>a</b></div>", "word", true},
		{"<svg>", "<path d='M0'/>", "</svg>word", true},
		{"<script>", "if(a<b){c='<div>'}", "</SCRIPT>word", true},
		{"<!--", "<b>", "-->word", true},
		{"", "<b/>", "word", false},
		{"", "<b></i>", "word", false},
		{"<svg><script>", "<b>", "word", false},
		{"", "<b title=\"'><i title='\">", "word", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		str page = repeated(CASES[i].head, CASES[i].what, 2000, CASES[i].tail);
		assert_int_equal(str_contains(heard_html(&a, page), S("word")), CASES[i].is_read);
	}
}

static void reads_times(void **state)
{
	static const struct {
		const char *text, *time;
	} cases[] = {{"Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21.000Z"}, {"Thu, 1 Jan 04 19:48 EST", "2004-01-02T00:48:00.000Z"}, {"01 Jan 2004 19:48:21 +0530", "2004-01-01T14:18:21.000Z"},
		{"2003-12-31T10:14:55-08:00", "2003-12-31T18:14:55.000Z"}, {"2003", "2003-01-01T00:00:00.000Z"}, {"2003-12", "2003-12-01T00:00:00.000Z"}, {"20031231", "2003-12-31T00:00:00.000Z"},
		{"Fri, 15 Dec 2006 15:11:55 -0500 (EST)", "2006-12-15T20:11:55.000Z"}, {"Sun Jan  4 16:29:06 2004", "2004-01-04T16:29:06.000Z"}, {"1700000000", "2023-11-14T22:13:20.000Z"}, {"Sun, 31 Dec 1999 23:59:59 UT", "1999-12-31T23:59:59.000Z"}};
	static const char *const none[] = {"", "yesterday", "99999999999999999999", "2003-13", "31 Foo 2004"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t t = heard_time(&a, str_of(cases[i].text));
		if (t == DESC_NULL_INT) fail_msg("%s is a time", cases[i].text);
		assert_str_equal(datetime_show(&a, t), str_of(cases[i].time));
	}
	for (size_t i = 0; i < COUNT_OF(none); i++)
		if (heard_time(&a, str_of(none[i])) != DESC_NULL_INT) fail_msg("%s is no time", none[i]);
}

static void reads_mastodon(void **state)
{
	struct heard_list l = {0};
	str newest = STR_NONE, oldest = STR_NONE;
	size_t n;
	(void)state;
	assert_ok(heard_mastodon(&a, S("[{\"id\":\"12\",\"uri\":\"https://m.example/users/a/statuses/12\",\"url\":\"https://m.example/@a/12\",\"created_at\":\"2026-11-28T10:00:00.000Z\",\"visibility\":\"public\",\"language\":\"en\",\"spoiler_text\":\"\","
		"\"content\":\"<p>Lovely <a href='x'>#<span>HarbourLane</span></a> &amp; quick<br>thanks</p>\",\"reblog\":null,\"account\":{\"acct\":\"a@m.example\",\"url\":\"javascript:x\",\"noindex\":false}},"
		"{\"id\":\"11\",\"uri\":\"u\",\"content\":\"x\",\"reblog\":{\"id\":\"1\"},\"account\":{}},{\"id\":\"10\",\"uri\":\"v\",\"content\":\"y\",\"account\":{\"noindex\":true}}]"), &l, &newest, &oldest, &n, &f));
	assert_int_equal(n, 3);
	assert_int_equal(l.items.n, 1);
	assert_int_equal(l.skipped, 2);
	assert_str_equal(newest, S("12"));
	assert_str_equal(oldest, S("10"));
	assert_str_equal(l.items.v[0].text, S("Lovely #HarbourLane & quick thanks"));
	assert_false(str_given(l.items.v[0].author_url));
	assert_int_equal(heard_mastodon(&a, S("{\"error\":\"x\"}"), &l, &newest, &oldest, &n, &f), ERR_MALFORMED);
}

static void reads_reviews_of_pages(void **state)
{
	struct heard_list l;
	(void)state;
	assert_ok(heard_page(&a, S("<html><head><title>Kettle</title><script type=\"application/ld+json\">{\"@context\":\"https://schema.org\",\"@graph\":[{\"@type\":\"Product\",\"aggregateRating\":{\"@type\":\"AggregateRating\",\"ratingValue\":\"4,5\",\"reviewCount\":\"89\"},"
		"\"review\":[{\"@type\":\"Review\",\"author\":{\"@type\":\"Person\",\"name\":\"Fred\"},\"datePublished\":\"2026-04-01\",\"reviewBody\":\"Boils &amp; whistles\",\"reviewRating\":{\"@type\":\"Rating\",\"ratingValue\":4}},"
		"{\"@type\":[\"Review\"],\"author\":\"Ann\",\"description\":\"Leaks\",\"reviewRating\":{\"ratingValue\":\"1\",\"bestRating\":\"10\"}}]}]}</script></head>"
		"<body><div itemscope itemtype='http://schema.org/Review'><span itemprop='author' itemscope itemtype='http://schema.org/Person'><b itemprop='name'>Mei</b></span><meta itemprop='datePublished' content='2026-05-06'>"
		"<div itemprop='reviewRating' itemscope itemtype='http://schema.org/Rating'><meta itemprop='ratingValue' content='3'><span itemprop='bestRating'>5</span></div><p itemprop='reviewBody'>很慢<br>但好</p></div></body></html>"),
		S("https://shop.example/kettle"), &l, &f));
	assert_int_equal(l.items.n, 3);
	assert_str_equal(l.title, S("Kettle"));
	assert_int_equal(l.ratings, 89);
	assert_true(fabs(l.rating - 4.5) < 1e-9);
	assert_str_equal(l.items.v[0].text, S("Boils & whistles"));
	assert_str_equal(l.items.v[0].author, S("Fred"));
	assert_true(l.items.v[0].rating == 4 && l.items.v[0].rating_max == 5);
	assert_true(l.items.v[1].rating == 1 && l.items.v[1].rating_max == 10);
	assert_str_equal(l.items.v[2].author, S("Mei"));
	assert_str_equal(l.items.v[2].text, S("很慢 但好"));
	assert_true(l.items.v[2].rating == 3);
	assert_int_equal(heard_page(&a, S("<p>nothing</p>"), S("https://shop.example/"), &l, &f), ERR_MALFORMED);
}

/* ---- the documents of feedparser (test/figures/ATTRIBUTION.md) ---- */

enum { SET_BYTES = 4 << 20, SET_DOCUMENTS = 700, SET_FACTS = 300 };

static str read_set(struct arena *room)
{
	gzFile file = gzopen("test/figures/feeds.json.gz", "rb");
	assert_non_null(file);
	char *bytes = arena_alloc(room, SET_BYTES);
	int n = gzread(file, bytes, SET_BYTES);
	gzclose(file);
	assert_true(n > 0 && n < SET_BYTES);
	return (str){bytes, (size_t)n};
}

/* "<" and a letter: a title may be of a tag, but not where documents hold unsafe markup. */
static bool is_markup(str text)
{
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '<' && isalpha((unsigned char)text.p[i + 1])) return true;
	return false;
}

static void is_plain(struct arena *room, str name, const struct heard_list *l)
{
	for (size_t i = 0; i < l->items.n; i++) {
		const struct heard *h = &l->items.v[i];
		const str texts[] = {h->title, h->text, h->author};
		for (size_t k = 0; k < COUNT_OF(texts); k++)
			if (str_starts(name, S("sanitize/")) && is_markup(texts[k])) fail_msg("%s keeps markup: %s", str_c(room, name), str_c(room, texts[k]));
		const str links[] = {h->url, h->author_url};
		for (size_t k = 0; k < COUNT_OF(links); k++)
			if (links[k].n && !str_starts(links[k], S("http://")) && !str_starts(links[k], S("https://"))) fail_msg("%s keeps %s", str_c(room, name), str_c(room, links[k]));
	}
}

static size_t as_wanted(struct arena *room, str name, const struct json_node *wanted, const struct heard_list *l)
{
	static const struct heard none;
	const struct heard *h = l->items.n ? &l->items.v[0] : &none;
	const struct {
		str field, heard;
	} FACTS[] = {{S("title"), h->title}, {S("text"), h->text}, {S("url"), h->url}, {S("author"), h->author}};
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(FACTS); i++) {
		str want = json_get_str(wanted, FACTS[i].field);
		if (!str_given(want)) continue;
		n++;
		if (!str_eq(want, str_given(FACTS[i].heard) ? FACTS[i].heard : S(""))) fail_msg("%s: %s is \"%s\", not \"%s\"", str_c(room, name), str_c(room, FACTS[i].field), str_c(room, FACTS[i].heard), str_c(room, want));
	}
	return n;
}

static void reads_what_other_readers_read_of_a_set_of_documents(void **state)
{
	struct arena room = {0};
	size_t documents = 0, facts = 0;
	(void)state;
	for (str rest = read_set(&room); str_given(rest) && rest.n;) {
		const struct json_node *root;
		struct heard_list l;
		struct fault fault = {0};
		str line = str_cut(&rest, '\n'), name;
		assert_int_equal(json_tree(&room, line, line.n + 1, &root, &fault), OK);
		name = json_get_str(root, S("name"));
		documents++;
		if (heard_feed(&room, json_get_str(root, S("document")), S("http://127.0.0.1:8097/feed.xml"), S(""), &l, &fault) != OK) continue;
		is_plain(&room, name, &l);
		facts += as_wanted(&room, name, json_get(root, S("wanted")), &l);
	}
	assert_true(documents > SET_DOCUMENTS && facts > SET_FACTS);
	arena_release(&room);
}

static int end(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rss_as_wordpress_writes_it), cmocka_unit_test(reads_atom_with_bases_and_kinds_of_content), cmocka_unit_test(tells_where_a_feed_is_broken), cmocka_unit_test(reads_base64_in_lines_and_what_stands_beside_an_object), cmocka_unit_test(reads_ratings_rdf_and_old_atom),
		cmocka_unit_test(reads_other_encodings_and_broken_feeds), cmocka_unit_test(cuts_off_what_is_hostile),
		cmocka_unit_test(reads_what_other_readers_read_of_a_set_of_documents),
		cmocka_unit_test(long_pages_are_no_deep_ones), cmocka_unit_test(reads_times), cmocka_unit_test(reads_mastodon), cmocka_unit_test(reads_reviews_of_pages),
	};
	return cmocka_run_group_tests(tests, NULL, end);
}
