/* received.h: a message as it came in (RFC 5322, MIME, by GMime), read into what a conversation keeps of it. Whatever is given, what
 * comes out is UTF-8, on one line where it becomes one, within bounds, and nothing of it acts. Pure. */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H
#include "base/arena.h"
#include "base/vec.h"
#include "json/desc.h"

enum {
	RECEIVED_BYTES = 40 << 20,      /* of a message */
	RECEIVED_TEXT_BYTES = 256 << 10,
	RECEIVED_FILE_BYTES = 20 << 20, /* of an attachment: one that is larger is named and not kept */
	RECEIVED_FILES = 50,
	RECEIVED_REFERENCES = 50,
	RECEIVED_ID_BYTES = 250,
	RECEIVED_NAME_BYTES = 200,
	RECEIVED_SUBJECT_BYTES = 400,
};
enum received_refusal {
	RECEIVED_FINE,
	RECEIVED_EMPTY,     /* no header that a message has */
	RECEIVED_TOO_LARGE,
	RECEIVED_TOO_DEEP,  /* parts within parts, or more parts than mail has */
	RECEIVED_NO_SENDER, /* From holds no address */
	RECEIVED_BOUNCE,    /* a report of a server about mail of ours */
};
extern const char *const RECEIVED_REFUSALS[]; /* "fine", "empty", … */

struct received_file {
	str name;   /* without a path; never empty */
	str type;   /* as the sender says, such as image/png */
	str bytes;  /* absent: too large, not kept */
	size_t size;
	bool is_inline;
};
struct received {
	str message_id;      /* without its brackets; absent when there is none */
	VEC(str) references; /* what it answers, the nearest last: References, then In-Reply-To */
	str from, from_name; /* an address as it is compared; name may be empty */
	str reply_to, reply_to_name; /* absent: it names none */
	VEC(str) results;    /* Authentication-Results (RFC 8601), the topmost first: see authres.h */
	VEC(str) to;         /* To and Cc */
	str subject;         /* one line; may be empty */
	str base;            /* the same without "Re:" and the like, folded for comparing */
	bool is_answer;      /* its subject begins with "Re:" or the like */
	int64_t at_ms;       /* DESC_NULL_INT: it does not say, or says what cannot be */
	str text, folded;    /* what was written; quotation and signature below it */
	bool is_automatic;   /* RFC 3834: made by a program, of a list, or an answer that nobody wrote; such mail is never answered by a program */
	bool is_cut;         /* its text was longer */
	VEC(struct received_file) files;
	size_t files_left;   /* not even named: more than RECEIVED_FILES */
};
/* out lies in the arena and in bytes. What is refused has nothing in out but, where it could be read, message_id, from and subject. */
enum received_refusal received_read(struct arena *a, str bytes, struct received *out);

/* A subject as subjects are compared: without answer marks of mail programs, spaces as one, letters folded. */
str received_base(struct arena *a, str subject, bool *is_answer);

/* The next message of an mbox (mboxrd and mboxo): *rest moves behind it. Lines that begin with ">From " have lost one ">". False at the end. */
bool received_cut(struct arena *a, str *rest, str *message);
bool received_is_mbox(str bytes);
#endif
