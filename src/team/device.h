/* device.h: the name of a browser as people know it, so that they recognise their sessions. */
#ifndef TEAM_DEVICE_H
#define TEAM_DEVICE_H
#include "base/str.h"

/* "Firefox, Linux" out of a User-Agent; its first words where nothing is known; "–" where none came. In the arena. */
str device_name(struct arena *a, str user_agent);
#endif
