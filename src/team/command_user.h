/* command_user.h: hospes user add: how whoever runs the server lets people in. */
#ifndef TEAM_COMMAND_USER_H
#define TEAM_COMMAND_USER_H
#include "http/socket.h"

struct app;
int command_user(struct app *app, int argc, const str *argv, const struct command_io *io);
#endif
