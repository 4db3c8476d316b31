/* pulse.h: the first page: what is heard and what is not, and the state of the experience. */
#ifndef PULSE_PULSE_H
#define PULSE_PULSE_H
#include "http/web.h"

enum err pulse_home(struct op *op, struct web *w, struct answer *a) NODISCARD;
#endif
