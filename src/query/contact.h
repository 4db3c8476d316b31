/* contact.h: what counts as a contact when a question does not say: the events with which a customer turns to the
 * company and waits for an answer. "Ticket Closed" or "Agent Replied" are service, but no contacts. */
#ifndef QUERY_CONTACT_H
#define QUERY_CONTACT_H
#include "query/query.h"

extern const struct query_match QUERY_CONTACTS;
#endif
