/* text.h: reading what people write, on the server itself. */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H
#include "base/str.h"

struct app;
struct command_io;
enum { TEXT_READ_BYTES = 64 << 10 }; /* of a longer text its beginning is read */

/* Commands. */
int command_train(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_evaluate(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_classify(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
