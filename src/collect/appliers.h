/* appliers.h: what follows the log and derives records from it: identities, traits, consent, orders, counts.
 *
 * One thread reads the durable log from the position that it stored in the transaction of its last results, so a crash at
 * any moment repeats at most what was rolled back. Its results are idempotent. */
#ifndef COLLECT_APPLIERS_H
#define COLLECT_APPLIERS_H
#include "op/op.h"

struct appliers;
/* Reads the position and starts the thread. */
enum err appliers_start(struct op *op, struct appliers **out) NODISCARD;
void appliers_stop(struct appliers *a); /* applies what is durable, then ends the thread */
/* Waits until everything that is durable now is applied, so that a request reads what was acknowledged before it. False when
 * it takes longer. */
bool appliers_catch_up(struct app *app, int timeout_ms);
uint64_t appliers_behind(const struct app *app); /* bytes of the log not applied yet */
/* Records that could not be derived: kept aside, tried again at each start and each hour. */
uint64_t appliers_unapplied(const struct app *app);
/* What the database answered to their last write: OK, or why they wait and try again (ERR_BUSY, ERR_FULL, …). */
enum err appliers_trouble(const struct app *app);
#endif
