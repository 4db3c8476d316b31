#include "mail/authres.h"

#include <string.h>

enum { METHODS_MOST = 50 };

struct verdicts {
	bool passed, failed, is_decided; /* is_decided: DMARC has said it */
};

/* Without comments, which nest, and without quotation marks. */
static str plain(struct arena *a, str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	int depth = 0;
	bool is_quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\\' && i + 1 < s.n) {
			i++;
			if (!depth) p[n++] = s.p[i];
		} else if (c == '"' && !depth) {
			is_quoted = !is_quoted;
		} else if (c == '(' && !is_quoted) {
			depth++;
		} else if (c == ')' && !is_quoted && depth) {
			depth--;
		} else if (!depth) {
			p[n++] = is_quoted && (c == ';' || c == ' ' || c == '=') ? '_' : c;
		}
	}
	return str_lower_ascii(a, (str){p, n});
}

static str domain_of(str address)
{
	str rest = address;
	str local = str_cut(&rest, '@');
	return str_given(rest) ? rest : local;
}

/* The domain itself or one above it; below it others may be at home. */
static bool stands_behind(str domain, str from)
{
	if (!domain.n || !str_contains(domain, S("."))) return false;
	if (str_eq(domain, from)) return true;
	return from.n > domain.n && str_ends(from, domain) && from.p[from.n - domain.n - 1] == '.';
}

/* "header.d=example.com" → the domain; absent when it is another property. */
static str property(str word, const char *name)
{
	str rest = word, key = str_cut(&rest, '=');
	return str_eq(key, str_of(name)) ? domain_of(rest) : STR_NONE;
}

static void judge(str method, str result, str words, str from, struct verdicts *v)
{
	bool is_pass = str_eq(result, S("pass")), is_fail = str_eq(result, S("fail")), is_own = false;
	static const char *const own[] = {"header.from", "header.d", "header.i", "smtp.mailfrom", NULL};
	while (str_given(words)) {
		str word = str_cut(&words, ' ');
		for (size_t i = 0; own[i]; i++) is_own = is_own || stands_behind(property(word, own[i]), from);
	}
	if (str_eq(method, S("dmarc"))) {
		v->is_decided = v->is_decided || is_pass || is_fail;
		v->passed = v->passed || (is_pass && is_own);
		v->failed = v->failed || is_fail;
	} else if (!v->is_decided && (str_eq(method, S("dkim")) || str_eq(method, S("spf")))) {
		v->passed = v->passed || (is_pass && is_own);
		v->failed = v->failed || is_fail;
	}
}

static void read_field(str text, str from, struct verdicts *v)
{
	for (int i = 0; str_given(text) && i < METHODS_MOST; i++) {
		str rest = str_trim(str_cut(&text, ';'));
		str first = str_cut(&rest, ' '), result = first, method = str_cut(&result, '=');
		str name = str_cut(&method, '/'); /* "dkim/1" */
		if (str_given(result)) judge(name, result, rest, from, v);
	}
}

enum authres authres_read(struct arena *a, const str *fields, size_t n, str server, str from)
{
	struct verdicts v = {false, false, false};
	from = domain_of(from);
	for (size_t i = 0; i < n && (server.n || !i); i++) {
		str text = plain(a, fields[i]), id = str_trim(str_cut(&text, ';'));
		if (server.n && !str_eq_nocase(str_cut(&id, ' '), server)) continue;
		struct verdicts of = {false, false, false};
		read_field(text, from, &of);
		if (of.is_decided && !v.is_decided) v = of;
		else if (of.is_decided == v.is_decided) v = (struct verdicts){v.passed || of.passed, v.failed || of.failed, v.is_decided};
	}
	if (v.passed && !(v.is_decided && v.failed)) return server.n ? AUTHRES_PASSED : AUTHRES_UNKNOWN;
	return v.failed ? AUTHRES_FAILED : AUTHRES_UNKNOWN;
}
