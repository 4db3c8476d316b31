/* reader.h: the pull reader for the two walks that every touchpoint takes (src/collect/segment.c when it comes, src/events/property.c
 * when it is sealed): a member of an object at a time, inlined there. Everybody else uses json.h. What is not the plain case (an escape, an error, the end of the text)
 * goes by json_next, which checks and words it, so both ways take and refuse the same. */
#ifndef JSON_READER_H
#define JSON_READER_H
#include "json/json.h"

enum json__expect { EXPECT_VALUE, EXPECT_MEMBER, EXPECT_ITEM, EXPECT_FIRST_KEY, EXPECT_FIRST_ITEM, EXPECT_NOTHING };
struct json_reader {
	const char *p;            /* the text */
	const uint32_t *at, *end; /* the next entry of the index, and where it ends; *end is the text's length */
	enum json__expect expect, after; /* what comes next, and what comes after a value at this depth */
	enum json_token token;
	uint32_t from, to;    /* of the current token: inside the quotes, or the scalar whole */
	int depth;
	uint64_t objects;     /* one bit a level, lowest the innermost: is it an object */
	size_t backslash;     /* the first backslash at or after the last string looked at */
	size_t n;
	const char *reason;   /* of JSON_ERROR */
	size_t error_at;
	size_t max_bytes;
	struct json_index *index;
};
enum json_token json__value(struct json_reader *r); /* reads the value at the next entry */
bool json__member_slowly(struct json_reader *r, str *key, bool *is_plain);

static inline enum json_token reader_token(const struct json_reader *r)
{
	return r->token;
}

/* Of a string: whether no escape is in it. */
static inline bool reader_is_plain(const struct json_reader *r)
{
	return r->backslash >= r->to;
}

/* Of a string what is inside its quotes, of a number its digits. */
static inline str reader_text(const struct json_reader *r)
{
	return (str){r->p + r->from, r->to - r->from};
}

/* Moves to the next member of the object that is open: *key is its name as it stands there, and the reader stands at its
 * value. False at the object's end and when something is wrong. */
static inline bool reader_member(struct json_reader *r, str *key, bool *is_plain)
{
	const char *p = r->p;
	const uint32_t *at = r->at + (r->expect == EXPECT_MEMBER);
	if (r->token == JSON_ERROR || r->end - at < 4 || p[at[0]] != '"' || p[at[1]] != ':' || (at != r->at && p[*r->at] != ',')) return json__member_slowly(r, key, is_plain);
	uint32_t from = at[0] + 1, to = at[1] - 1;
	while (p[to] != '"') to--;
	if (r->backslash < to) return json__member_slowly(r, key, is_plain);
	*key = (str){p + from, to - from};
	*is_plain = true;
	if (p[at[2]] == '"') {
		to = at[3] - 1;
		while (p[to] != '"') to--;
		if (r->backslash >= to) {
			r->from = at[2] + 1;
			r->to = to;
			r->at = at + 3;
			r->expect = EXPECT_MEMBER;
			r->token = JSON_STRING;
			return true;
		}
	}
	r->at = at + 2;
	return json__value(r) != JSON_ERROR;
}
#endif
