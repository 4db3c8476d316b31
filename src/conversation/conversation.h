/* conversation.h: what customers and the organisation write to each other, on every channel: channel, contact in the channel,
 * conversation, message. A conversation is open, snoozed or solved, has an assignee, a priority and tags. See DESIGN.md.
 * Invariants: a message that came in is kept once, however often it is read; every message of a customer and to a customer is a
 * touchpoint too, durable before its row; a message of a customer opens what was solved or snoozed, one that a program wrote never. */
#ifndef CONVERSATION_CONVERSATION_H
#define CONVERSATION_CONVERSATION_H
#include "http/socket.h"
#include "http/web.h"
#include "jobs/jobs.h"

struct received;

enum conversation_state { CONVERSATION_OPEN, CONVERSATION_SNOOZED, CONVERSATION_SOLVED, CONVERSATION_MERGED /* into another, which its address leads to */ };
extern const char *const CONVERSATION_STATES[];
enum conversation_priority { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_URGENT };
extern const char *const CONVERSATION_PRIORITIES[];
enum message_kind { MESSAGE_IN, MESSAGE_OUT, MESSAGE_NOTE };
extern const char *const MESSAGE_KINDS[];

/* ---- taking in ---- */
/* Some mails in one transaction; their touchpoints become durable with conversation_intake_end, before the commit. */
struct conversation_intake;
/* Where they come from. What comes by itself was chosen by nobody, so that an address of ours has to be proven. */
enum conversation_source {
	INTAKE_CHOSEN,  /* a person imports them */
	INTAKE_BACKLOG, /* lay in a mailbox before it was read */
	INTAKE_FRESH,   /* come into it: may be acknowledged */
};
enum err conversation_intake_new(struct op *op, enum conversation_source source, struct conversation_intake **out) NODISCARD;
enum conversation_taken {
	TAKEN_NEW,         /* began a conversation */
	TAKEN_ADDED,
	TAKEN_KNOWN,       /* was kept before */
	TAKEN_ERASED,      /* of a customer who was erased: not kept */
	TAKEN_NO_CUSTOMER, /* from an address of ours to addresses of ours */
	TAKEN_FORGED,      /* says that it is of an address of ours, and nothing proves it */
};
enum err conversation_take(struct conversation_intake *in, const struct received *m, enum conversation_taken *out) NODISCARD;
enum err conversation_intake_end(struct conversation_intake *in) NODISCARD;

/* hospes import --as mail */
int conversation_import(struct app *app, const struct command_io *io, const str *names, size_t n);

/* Handlers and jobs. */
extern const struct desc INBOX_DESC, CONVERSATION_PAGE_DESC, CONVERSATION_ANSWER_DESC, CONVERSATION_TEXT_DESC, CONVERSATION_CHOICE_DESC, CONVERSATION_MACRO_DESC;
web_handler inbox_get, conversation_show_get, conversation_file_get, conversation_picture_get, conversation_answer_post, conversation_note_post, conversation_draft_post, conversation_macro_post, conversation_undo_post, conversation_assign_post, conversation_priority_post,
	conversation_tag_post, conversation_untag_post, conversation_snooze_post, conversation_solve_post, conversation_reopen_post, conversation_merge_post, conversation_split_post, conversation_move_undo_post, conversation_called_post, conversation_seen_post, conversation_typing_post;
extern const struct desc CONVERSATION_MAILBOX_DESC, CONVERSATION_MAILBOX_INPUT_DESC;
web_handler conversation_mailbox_get, conversation_mailbox_post, conversation_mailbox_test_post, conversation_mailbox_look_post, conversation_mailbox_take_over_post;
job_fn conversation_mailbox_job, conversation_send_job, conversation_wake_job;

/* ---- of mentions ---- */
web_handler conversation_mention_post;
enum err conversation_mention_address(struct op *op, id mention, str *out) NODISCARD; /* absent: it was not taken into the inbox */
/* Whose it is now; 0: nobody's. */
enum err conversation_mention_joined(struct op *op, id mention, uint32_t subject) NODISCARD;

enum err conversation_forget_subject(struct op *op, uint32_t subject) NODISCARD;
/* Of an address whose customer was erased, whether or not it was known to be theirs. */
enum err conversation_forget_address(struct op *op, str channel, str address, uint32_t subject) NODISCARD;
#endif
