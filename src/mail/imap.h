/* imap.h: reading a folder of a mailbox over IMAP4rev1 (RFC 3501, by libcurl). Nothing is deleted or moved; what is fetched
 * counts as seen there, and may get a keyword. Messages are named by UID, which holds as long as the folder's UIDVALIDITY does. */
#ifndef MAIL_IMAP_H
#define MAIL_IMAP_H
#include "base/arena.h"
#include "mail/server.h"

struct imap; /* keeps its connection; of one thread */
/* folder: ASCII without control characters, quotes and backslashes. NULL: no memory. */
struct imap *imap_new(const struct mail_server *server, str folder);
void imap_free(struct imap *m);

struct imap_folder {
	int64_t uid_validity, uid_next; /* the next message to come has this UID or a later one */
};
/* Each is false when the server cannot be reached, refuses, or answers something else; imap_fault says why. */
bool imap_status(struct imap *m, struct arena *a, struct imap_folder *out);
/* The same, and the flags and keywords that the folder knows, with spaces. */
bool imap_open(struct imap *m, struct arena *a, struct imap_folder *out, str *keywords);
/* Gives messages first … last a keyword, or takes it from them. */
bool imap_keyword(struct imap *m, struct arena *a, int64_t first, int64_t last, str keyword, bool is_on);

struct imap_uids {
	int64_t *v;
	size_t n;
};
enum { IMAP_SEARCH_MOST = 1000 /* UIDs from the first to the last: an answer is one line */ };
/* Messages first … last that fit `criteria` (RFC 3501 6.4.4). */
bool imap_search(struct imap *m, struct arena *a, int64_t first, int64_t last, const char *criteria, struct imap_uids *out);
/* The first `most` bytes of a message; absent when it has gone meanwhile. */
bool imap_fetch(struct imap *m, struct arena *a, const struct imap_folder *folder, int64_t uid, size_t most, str *out);
str imap_fault(const struct imap *m, struct arena *a); /* one line */
#endif
