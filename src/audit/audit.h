/* audit.h: who changed what. Every change that a person, a key or a command makes to settings, people, keys, sources or a
 * customer's record writes one row in the transaction of the change itself, so that neither stands without the other. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H
#include "op/op.h"

/* what: "customer_erased": the text audit_<what> tells it. subject_type: "customer", "person", "key", "source", "import",
 * "invitation", "session", "purpose"; "" with 0 for the workspace itself. before and after: what was set, in words or
 * JSON, absent when there is nothing to tell; never personal data of a customer. */
enum err audit_write(struct op *op, const char *what, const char *subject_type, id subject, str before, str after) NODISCARD;
/* Removing what can be brought back, and bringing it back, with their rows. `statement` sets or clears removed_at ($1 the id, $2 now
 * when removing). ERR_NOT_FOUND. name: as the audit knows it, "mark": the texts audit_<name>_removed and _restored tell it. */
enum err audit_remove(struct op *op, enum sql statement, const char *name, id subject) NODISCARD;
enum err audit_restore(struct op *op, enum sql statement, const char *name, id subject) NODISCARD;
/* The same for what only reads, such as an export of personal data: in a transaction of its own, before what was read is
 * given out. */
enum err audit_write_read(struct op *op, const char *what, const char *subject_type, id subject, str after) NODISCARD;
#endif
