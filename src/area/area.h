/* area.h: the seven families of touchpoints side by side, as customers meet them: how much, of how many, with what effort, how it
 * was scored, who delivered it, and how far from its target; the worst first. What is not heard is a gap, with the way to fill it.
 * Effort: contacts, the events with which customers turn to the company and wait (query/contact.h); every contact of a customer
 * beyond the first in the time shown is a repeat. The worst area is the one farthest from its target; where none has one, the
 * one with most contacts to a customer; where nothing tells, that is said. */
#ifndef AREA_AREA_H
#define AREA_AREA_H
#include "http/web.h"

extern const struct desc AREAS_DESC;
enum err area_list_get(struct op *op, struct web *w, struct answer *a) NODISCARD;
/* Contacts of the family to a customer of it, over all data; NaN when it is not heard. For targets. */
enum err area_contact_rate(struct op *op, str family, double *out) NODISCARD;
#endif
