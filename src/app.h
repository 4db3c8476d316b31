/* app.h: opening and closing a workspace directory: lock, secret, records, events, memory, followers of the log. */
#ifndef APP_H
#define APP_H
#include "base/err.h"
#include "op/app.h"

struct app_options {
	str dir, database;
};
/* Creates the directory when it is absent. ERR_BUSY when another process holds it: the fault names its process id. */
enum err app_open(struct app *app, const struct app_options *o, struct fault *f) NODISCARD;
void app_close(struct app *app);
#endif
