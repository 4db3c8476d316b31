/* conversation_mailbox.h: how the mailbox that customers write to was read. */
#ifndef CONVERSATION_CONVERSATION_MAILBOX_H
#define CONVERSATION_CONVERSATION_MAILBOX_H
#include "op/op.h"

#define CONVERSATION_MAILBOX_JOB "conversation_mailbox"

struct conversation__mailbox {
	int64_t uid_validity, uid_next, known_next, since_ms, due_ms;
	int64_t looked_ms; /* DESC_NULL_INT: never */
	int64_t came;
	int64_t fault_ms;  /* DESC_NULL_INT: it can be read */
	str fault, claimed_by;
	bool is_taken_over;
	int64_t tries;
	bool is_test_asked;
	int64_t tested_ms, tested_n;
	str test_fault;
	bool is_there;
};
enum err conversation__mailbox(struct op *op, struct conversation__mailbox *out) NODISCARD;
/* Reads it from the beginning, as far back as the settings say. */
enum err conversation__mailbox_begin(struct op *op) NODISCARD;
#endif
