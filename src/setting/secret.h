/* secret.h: texts that must be read again and that nobody may read who has only the records: passwords of other servers.
 * Sealed by a key derived from DIR/secret (XSalsa20-Poly1305, libsodium's secretbox). */
#ifndef SETTING_SECRET_H
#define SETTING_SECRET_H
#include "op/app.h"

struct arena;
/* kind keeps the uses apart: what was sealed for one does not open for another. */
str secret_seal(struct arena *a, const struct app *app, str kind, str plain);
/* False when it was sealed by another directory's secret, or is damaged. */
bool secret_open(struct arena *a, const struct app *app, str kind, str sealed, str *plain);
#endif
