-- Conversations with customers on every channel. Times are those of the messages.
CREATE TABLE conversation_contact (
	id ID NOT NULL PRIMARY KEY,
	channel TEXT NOT NULL,         -- email, …
	address TEXT NOT NULL,         -- as it is compared
	name TEXT NOT NULL,            -- '' : none was said
	subject INT64 NOT NULL,        -- of the customer; 0: nobody's
	UNIQUE (channel, address)
);
CREATE INDEX conversation_contact_subject ON conversation_contact (subject) WHERE subject <> 0;
CREATE TABLE conversation (
	id ID NOT NULL PRIMARY KEY,
	channel TEXT NOT NULL,
	contact ID NOT NULL,           -- who began it, or whom it is with
	title TEXT NOT NULL,
	base TEXT NOT NULL,            -- the title as titles are compared
	state INT64 NOT NULL,          -- 0 open, 1 snoozed, 2 solved
	priority INT64 NOT NULL,       -- 0 low, 1 normal, 2 high, 3 urgent
	assignee INT64,                -- a person
	is_automatic BOOL NOT NULL,    -- a program's alone: nobody waits
	made_at INT64 NOT NULL,        -- its first message
	changed_at INT64 NOT NULL,     -- its last message
	waiting_since INT64,           -- the oldest message of the customer that nobody answered
	snoozed_until INT64,
	solved_at INT64,
	reopened INT64 NOT NULL,       -- how often
	messages INT64 NOT NULL,       -- without notes
	feels TEXT,                    -- sentiment of the customer's last message that could be read
	revision INT64 NOT NULL        -- grows with every change
);
CREATE INDEX conversation_newest ON conversation (state, changed_at, id);
CREATE INDEX conversation_waiting ON conversation (state, waiting_since, id);
CREATE INDEX conversation_assignee ON conversation (assignee, state) WHERE assignee IS NOT NULL;
CREATE INDEX conversation_of_contact ON conversation (contact, changed_at);
CREATE INDEX conversation_made ON conversation (made_at);
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE state = 1;

CREATE TABLE conversation_message (
	id ID NOT NULL PRIMARY KEY,
	conversation ID NOT NULL,
	kind INT64 NOT NULL,           -- 0 from the customer, 1 to the customer, 2 a note of ours
	contact INT64,                 -- whose, of one from a customer; to whom, of one to a customer
	person INT64,                  -- of the workspace, who wrote it here
	author TEXT NOT NULL,          -- their name then
	at INT64 NOT NULL,
	kept_at INT64 NOT NULL,
	key TEXT NOT NULL UNIQUE,      -- by which it is known again
	message_id TEXT,               -- of a mail
	text TEXT NOT NULL,
	folded TEXT NOT NULL,          -- quotation and signature below it
	is_automatic BOOL NOT NULL,    -- RFC 3834
	is_cut BOOL NOT NULL,
	files_left INT64 NOT NULL,
	language TEXT,
	sentiment TEXT,
	topics TEXT NOT NULL,
	signals TEXT NOT NULL,
	answers_since INT64,           -- of an answer: since when the customer had waited
	is_first BOOL NOT NULL,        -- the first answer
	send_at INT64,                 -- of one written here: it can be taken back until then
	mail INT64                     -- in the outbox
);
CREATE INDEX conversation_message_of ON conversation_message (conversation, at, id);
CREATE INDEX conversation_message_contact ON conversation_message (contact) WHERE contact IS NOT NULL;
CREATE INDEX conversation_message_answers ON conversation_message (at) WHERE answers_since IS NOT NULL;
CREATE INDEX conversation_message_send ON conversation_message (send_at) WHERE send_at IS NOT NULL AND mail IS NULL;

-- Message-IDs that a conversation holds or names: what answers one belongs to it.
CREATE TABLE conversation_reference (
	message_id TEXT NOT NULL,
	conversation ID NOT NULL,
	PRIMARY KEY (message_id, conversation)
);
CREATE INDEX conversation_reference_of ON conversation_reference (conversation);
CREATE TABLE conversation_file (
	id ID NOT NULL PRIMARY KEY,
	message ID NOT NULL,
	conversation ID NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL,            -- as the sender says
	size INT64 NOT NULL,
	bytes BLOB                     -- absent: too large, not kept
);
CREATE INDEX conversation_file_of ON conversation_file (message);
CREATE INDEX conversation_file_in ON conversation_file (conversation);
CREATE TABLE conversation_tag (
	conversation ID NOT NULL,
	tag TEXT NOT NULL,
	PRIMARY KEY (conversation, tag)
);
CREATE INDEX conversation_tag_name ON conversation_tag (tag, conversation);

-- What was done, for the history.
CREATE TABLE conversation_step (
	id ID NOT NULL PRIMARY KEY,
	conversation ID NOT NULL,
	at INT64 NOT NULL,
	person INT64,
	who TEXT NOT NULL,             -- '' : Hospes
	what TEXT NOT NULL,            -- solved, reopened, snoozed, woken, assigned, priority, tagged, untagged
	text TEXT NOT NULL
);
CREATE INDEX conversation_step_of ON conversation_step (conversation, id);

-- What a person has begun to write, and who has it open.
CREATE TABLE conversation_draft (
	conversation ID NOT NULL,
	person INT64 NOT NULL,
	kind INT64 NOT NULL,           -- 1 an answer, 2 a note
	text TEXT NOT NULL,
	changed_at INT64 NOT NULL,
	PRIMARY KEY (conversation, person, kind)
);
CREATE TABLE conversation_look (
	conversation ID NOT NULL,
	person INT64 NOT NULL,
	at INT64 NOT NULL,
	PRIMARY KEY (conversation, person)
);
