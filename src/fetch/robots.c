/* RFC 9309: the groups that name the agent count, else those of "*"; of all rules that fit the longest wins, and among
 * equals the one that allows. */
#include "fetch/fetch.h"

enum { LINES_MOST = 20000, STEPS_MOST = 1 << 16 };

/* A pattern with * and a $ at its end. Two fingers: where the last * stood, and where it was tried. */
static bool fits(str pattern, str path)
{
	bool to_the_end = pattern.n && pattern.p[pattern.n - 1] == '$';
	size_t n = pattern.n - to_the_end, i = 0, k = 0, star = SIZE_MAX, tried = 0, steps = 0;
	for (;;) {
		if (i == n && (!to_the_end || k == path.n)) return true;
		if (++steps > STEPS_MOST) return false;
		if (i < n && pattern.p[i] == '*') {
			star = i++;
			tried = k;
		} else if (i < n && k < path.n && pattern.p[i] == path.p[k]) {
			i++, k++;
		} else if (star != SIZE_MAX && tried < path.n) {
			i = star + 1;
			k = ++tried;
		} else {
			return false;
		}
	}
}

struct verdict {
	bool is_named, allows;
	size_t longest;
};

static void rule(struct verdict *v, str pattern, bool allows, str path)
{
	if (!pattern.n || !fits(pattern, path)) return;
	if (pattern.n < v->longest || (pattern.n == v->longest && !allows)) return;
	v->longest = pattern.n;
	v->allows = allows;
}

bool robots_allow(str text, str agent, str path)
{
	struct verdict of[2] = {{.allows = true}, {.allows = true}}; /* everybody's, and ours by name */
	bool in[2] = {false, false}, in_names = false;
	int lines = 0;
	while (str_given(text) && lines++ < LINES_MOST) {
		str line = str_cut(&text, '\n'), value = str_cut(&line, '#');
		str field = str_trim(str_cut(&value, ':'));
		value = str_trim(value);
		if (str_eq_nocase(field, S("user-agent"))) {
			if (!in_names) in[0] = in[1] = false;
			in_names = true;
			size_t n = 0;
			while (n < value.n && value.p[n] != '/' && value.p[n] != ' ') n++;
			if (str_eq(value, S("*"))) in[0] = true;
			else if (str_eq_nocase(str_sub(value, 0, n), agent)) in[1] = of[1].is_named = true;
			continue;
		}
		bool allows = str_eq_nocase(field, S("allow"));
		if (!allows && !str_eq_nocase(field, S("disallow"))) continue;
		in_names = false;
		for (int i = 0; i < 2; i++)
			if (in[i]) rule(&of[i], value, allows, path);
	}
	return of[of[1].is_named].allows;
}
