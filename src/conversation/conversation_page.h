/* conversation_page.h: the page of a conversation, which its acts draw again where they are refused. */
#ifndef CONVERSATION_CONVERSATION_PAGE_H
#define CONVERSATION_CONVERSATION_PAGE_H
#include "conversation/conversation_row.h"
#include "customer/customer.h"
#include "macro/macro.h"
#include "want/want.h"

struct conversation_file {
	str name, address, size;
	bool is_kept;
	str picture; /* address that shows it; absent: it is none */
	int64_t width, height;
};
struct conversation_message {
	id id;
	int kind;
	int64_t at;
	str author, text, folded;
	bool is_ours, is_note, is_automatic, is_cut, is_unproven;
	struct msg sending; /* how far an answer written here has come */
	str split;          /* address that a POST makes another conversation at, of it and those behind it; absent: it cannot be */
	str undo;           /* address that a POST takes it back at; absent: it is too late, or not ours */
	LIST_OF(struct conversation_file) files;
};
struct conversation_step {
	int64_t at;
	str who, text;
	struct msg what;
};
struct conversation_moment {
	int64_t time;
	struct msg title;
	str channel;
};
struct conversation_suggestion {
	str title, address, passage, language;
};
struct conversation_page {
	struct msg finding;
	struct conversation_row conversation;
	bool is_solved, may_write, may_mail, is_nobody, is_chat, is_elsewhere;
	str typing, live; /* topics: the customer writes; something changed */
	int64_t read_at;  /* of a chat: how far the customer has read */
	struct msg no_mail, collision, call, said; /* said: an address of mail that nobody has proven */
	str earlier;
	LIST_OF(struct conversation_message) messages;
	LIST_OF(str) tags;
	LIST_OF(struct conversation_step) steps;
	struct customer_row customer;
	LIST_OF(struct conversation_moment) moments;
	LIST_OF(struct conversation_row) others;
	LIST_OF(struct want_promise) promises; /* open or overdue */
	LIST_OF(struct want_score) scores;
	LIST_OF(struct customer_order) orders;
	LIST_OF(struct conversation_suggestion) suggestions;
	LIST_OF(struct option) people;
	LIST_OF(struct option) priorities;
	LIST_OF(struct option) snoozes;
	LIST_OF(struct option) merges; /* conversations that it can be merged into */
	LIST_OF(struct macro_filled) macros; /* saved answers that the address looks for, filled for this customer */
	bool is_macro_asked;
	struct input text, note, tag, macro;
	LIST_OF(struct form_fault) faults;
};
enum err conversation__page(struct op *op, const struct web *w, id conversation, struct conversation_page **out) NODISCARD;
/* The conversation that an act's address names, and what was chosen. ERR_STATE for one that was merged. */
enum err conversation__open(struct op *op, const struct web *w, struct conversation_row *c) NODISCARD;
enum err conversation__choose(struct op *op, struct web *w, struct conversation_row *c, str *value) NODISCARD;
/* Promises, scores and orders of the customer, and articles that may answer: beside its messages. number: of the customer, 0: nobody. */
enum err conversation__beside(struct op *op, uint32_t number, struct conversation_page *page) NODISCARD;
enum err conversation__macros(struct op *op, const struct web *w, struct conversation_page *page) NODISCARD;
/* Who writes, as customers read it. */
str conversation__doer(const struct op *op, const struct web *w);
extern const struct desc CONVERSATION_SUGGESTION_DESC;
/* Calls on the colleagues that a note names, by who wrote it. */
enum err conversation__call_on(struct op *op, const struct conversation_row *c, id message, str text, str who) NODISCARD;
/* By whoever acts. */
enum err conversation__calls_seen(struct op *op, id conversation) NODISCARD;
str conversation__undo(struct op *op, id conversation, id message);

struct conversation_snooze {
	const char *name;
	int64_t hours;
};
extern const struct conversation_snooze CONVERSATION_SNOOZES[];
#endif
