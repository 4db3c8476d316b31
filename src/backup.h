/* backup.h: a whole workspace in one file, while the server runs, and back into an empty directory on either database. */
#ifndef BACKUP_H
#define BACKUP_H
#include "command.h"

int command_backup(struct app *app, int argc, const str *argv, const struct command_io *io);
int command_restore(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
