/* What counts as a contact when a question does not say: the customer turns to the company and has to be answered. */
#include "query/contact.h"

static const str NAMES[] = {
	S("Ticket Opened"), S("Ticket Reopened"), S("Conversation Started"), S("Live Chat Conversation Started"), S("Chat Started"),
	S("Call Started"), S("Callback Requested"), S("Complaint Made"), S("Telephone Call"),
	S("Letter Received"), S("Question Asked"), S("ticket_opened"),
};
const struct query_match QUERY_CONTACTS = {NAMES, COUNT_OF(NAMES)};
