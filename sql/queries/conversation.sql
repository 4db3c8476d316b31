-- Conversations. States: 0 open, 1 snoozed, 2 solved. Kinds of messages: 0 in, 1 out, 2 note.

-- name: conversation_message_known
SELECT conversation FROM conversation_message WHERE key = $1;

-- name: conversation_answer_known
-- An answer that was written here, come back by way of a mailbox.
SELECT m.id FROM conversation_reference r JOIN conversation c ON c.id = r.conversation JOIN conversation_message m ON m.conversation IN (r.conversation, c.merged_into) AND m.message_id = r.message_id
WHERE r.message_id = $1 AND m.kind = 1 AND m.mail IS NOT NULL;

-- name: conversation_referenced
-- Where several hold it, that of the one who writes, then the oldest.
SELECT r.conversation FROM conversation_reference r JOIN conversation c ON c.id = r.conversation
WHERE r.message_id = $1 ORDER BY CASE WHEN c.contact = $2 THEN 0 ELSE 1 END, r.conversation LIMIT 1;

-- name: conversation_same_title
SELECT id FROM conversation WHERE contact = $1 AND base = $2 AND changed_at >= $3 AND changed_at <= $4 AND state < 3 ORDER BY id LIMIT 2;

-- name: conversation_contact_get
SELECT id, subject, name FROM conversation_contact WHERE channel = $1 AND address = $2;

-- name: conversation_contact_add
INSERT INTO conversation_contact (id, channel, address, name, subject) VALUES ($1, $2, $3, $4, $5);

-- name: conversation_contact_is
UPDATE conversation_contact SET subject = $2, name = CASE WHEN name = '' THEN $3 ELSE name END WHERE id = $1;

-- name: conversation_add
INSERT INTO conversation (id, channel, contact, title, base, state, priority, is_automatic, made_at, changed_at, solved_at, reopened, messages, revision)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $8, $9, 0, 0, 0);

-- name: conversation_message_add
INSERT INTO conversation_message (id, conversation, kind, contact, person, author, at, kept_at, key, message_id, text, folded, is_automatic, is_cut, files_left, language, sentiment, topics, signals, is_first, send_at, is_unproven)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, FALSE, $20, $21);

-- name: conversation_reference_add
INSERT INTO conversation_reference (message_id, conversation) VALUES ($1, $2) ON CONFLICT (message_id, conversation) DO NOTHING;

-- name: conversation_file_add
INSERT INTO conversation_file (id, message, conversation, name, type, size, bytes, picture, width, height) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: conversation_standing
SELECT state, changed_at, waiting_since, made_at, messages, is_automatic FROM conversation WHERE id = $1;

-- name: conversation_course
-- All that bears on who waits for whom, in the order of time.
SELECT id, kind, at, is_automatic FROM conversation_message WHERE conversation = $1 AND kind < 2 ORDER BY at, id;

-- name: conversation_answered
-- By another message.
SELECT id FROM conversation_message WHERE conversation = $1 AND kind = 1 AND NOT is_automatic AND id <> $2 LIMIT 1;

-- name: conversation_stands
UPDATE conversation SET made_at = $2, changed_at = $3, waiting_since = $4, messages = $5, revision = revision + 1 WHERE id = $1;

-- name: conversation_titled
-- By its first message, also where that comes late.
UPDATE conversation SET title = $2, base = $3 WHERE id = $1 AND made_at > $4;

-- name: conversation_feels
UPDATE conversation SET feels = $2 WHERE id = $1;

-- name: conversation_is_human
-- Somebody wrote into what was a program's alone: it is open from now on.
UPDATE conversation SET is_automatic = FALSE, state = 0, solved_at = NULL WHERE id = $1 AND is_automatic;

-- name: conversation_reopen
UPDATE conversation SET state = 0, solved_at = NULL, snoozed_until = NULL, reopened = reopened + CASE WHEN state = 2 THEN 1 ELSE 0 END, revision = revision + 1 WHERE id = $1 AND state <> 0;

-- name: conversation_answer_is
UPDATE conversation_message SET answers_since = $2, is_first = $3 WHERE id = $1;

-- name: conversation_step_add
INSERT INTO conversation_step (id, conversation, at, person, who, what, text) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- ---- of mentions ----

-- name: conversation_of_mention
SELECT id FROM conversation WHERE mention = $1;

-- name: conversation_is_of_mention
UPDATE conversation SET mention = $2 WHERE id = $1;

-- name: conversation_mention_is_of
UPDATE conversation_contact SET subject = $2 WHERE id = (SELECT contact FROM conversation WHERE mention = $1);

-- ---- erasing ----

-- fragment: conversation_of_subject
SELECT c.id FROM conversation c JOIN conversation_contact k ON k.id = c.contact WHERE k.subject = $1

-- fragment: conversation_message_of_subject
SELECT m.id FROM conversation_message m JOIN conversation_contact k ON k.id = m.contact WHERE k.subject = $1
UNION SELECT m.id FROM conversation_message m WHERE m.conversation IN ({{conversation_of_subject}})

-- name: conversation_forget_note
INSERT INTO search_note (kind, doc, stamp) SELECT $2, x.id, $3 FROM ({{conversation_message_of_subject}}) x WHERE true ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;

-- name: conversation_forget_files
DELETE FROM conversation_file WHERE message IN ({{conversation_message_of_subject}});

-- name: conversation_forget_references
DELETE FROM conversation_reference WHERE conversation IN ({{conversation_of_subject}});

-- name: conversation_forget_tags
DELETE FROM conversation_tag WHERE conversation IN ({{conversation_of_subject}});

-- name: conversation_forget_steps
DELETE FROM conversation_step WHERE conversation IN ({{conversation_of_subject}});

-- name: conversation_forget_drafts
DELETE FROM conversation_draft WHERE conversation IN ({{conversation_of_subject}});

-- name: conversation_forget_calls
DELETE FROM conversation_call WHERE message IN ({{conversation_message_of_subject}});

-- name: conversation_forget_messages
DELETE FROM conversation_message WHERE id IN ({{conversation_message_of_subject}});

-- name: conversation_forget
DELETE FROM conversation WHERE id IN ({{conversation_of_subject}});

-- name: conversation_forget_refused
DELETE FROM conversation_refused WHERE address IN (SELECT address FROM conversation_contact WHERE subject = $1 AND channel = 'email');

-- name: conversation_forget_refused_of
DELETE FROM conversation_refused WHERE address = $1;

-- name: conversation_forget_contacts
DELETE FROM conversation_contact WHERE subject = $1;

-- name: conversation_contact_own
-- An address whose customer was not known when it was kept.
UPDATE conversation_contact SET subject = $1 WHERE channel = $2 AND address = $3;

-- name: export_conversations
SELECT c.made_at, c.channel, c.title, c.state, c.solved_at FROM conversation c JOIN conversation_contact k ON k.id = c.contact JOIN identity i ON i.subject = k.subject WHERE i.customer = $1 ORDER BY c.made_at, c.id;

-- name: export_messages
SELECT m.at, c.title, m.kind, m.text, m.folded FROM conversation_message m JOIN conversation c ON c.id = m.conversation JOIN conversation_contact k ON k.id = m.contact JOIN identity i ON i.subject = k.subject
WHERE i.customer = $1 AND m.kind < 2 ORDER BY m.at, m.id;

-- name: export_files
SELECT f.name, f.type, f.size FROM conversation_file f JOIN conversation_message m ON m.id = f.message JOIN conversation_contact k ON k.id = m.contact JOIN identity i ON i.subject = k.subject
WHERE i.customer = $1 ORDER BY f.id;

-- ---- search ----

-- name: search_message
SELECT CASE WHEN m.kind = 0 THEN c.title ELSE '' END, m.text FROM conversation_message m JOIN conversation c ON c.id = m.conversation WHERE m.id = $1;

-- name: search_all_message
INSERT INTO search_note (kind, doc, stamp) SELECT $1, id, $2 FROM conversation_message WHERE id > 0 ON CONFLICT (kind, doc) DO UPDATE SET stamp = excluded.stamp;

-- ---- the list ----

-- fragment: conversation_columns
SELECT c.id, c.title, c.channel, c.state, c.priority, c.assignee, c.is_automatic, c.made_at, c.changed_at, c.waiting_since, c.snoozed_until, c.solved_at, c.messages, c.feels, c.revision, c.reopened, k.address,
	coalesce(u.called, u.name, nullif(k.name, ''), k.address) AS person, i.customer, coalesce(nullif(p.name, ''), p.email) AS assignee_name, c.contact,
	(SELECT substr(m.text, 1, 200) FROM conversation_message m WHERE m.conversation = c.id AND m.kind < 2 ORDER BY m.at DESC, m.id DESC LIMIT 1) AS last_text,
	c.due_at, c.due_what, c.warn_at, c.mention, (SELECT m.url FROM mention m WHERE m.id = c.mention) AS mention_url
FROM conversation c JOIN conversation_contact k ON k.id = c.contact LEFT JOIN identity i ON i.subject = k.subject LEFT JOIN customer u ON u.id = i.customer LEFT JOIN person p ON p.id = c.assignee

-- fragment: conversation_wanted
c.state = $1 AND (CAST($2 AS INT64) = 0 OR ($2 = 1 AND c.assignee = $3) OR ($2 = 2 AND c.assignee IS NULL))
	AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM conversation_tag t WHERE t.conversation = c.id AND t.tag = $4))

-- fragment: conversation_wait
coalesce(c.waiting_since, 4000000000000000 - c.changed_at)

-- name: conversation_by_waiting
-- Who waits longest first; behind them those who do not wait, the newest first.
{{conversation_columns}} WHERE c.id IN (SELECT c.id FROM conversation c WHERE {{conversation_wanted}} AND ({{conversation_wait}}, c.id) > ($5, $6) ORDER BY {{conversation_wait}}, c.id LIMIT $7)
ORDER BY {{conversation_wait}}, c.id;

-- name: conversation_by_newest
{{conversation_columns}} WHERE c.id IN (SELECT c.id FROM conversation c WHERE {{conversation_wanted}} AND (c.changed_at, c.id) < ($5, $6) ORDER BY c.changed_at DESC, c.id DESC LIMIT $7)
ORDER BY c.changed_at DESC, c.id DESC;

-- name: conversation_by_oldest
{{conversation_columns}} WHERE c.id IN (SELECT c.id FROM conversation c WHERE {{conversation_wanted}} AND (c.changed_at, c.id) > ($5, $6) ORDER BY c.changed_at, c.id LIMIT $7)
ORDER BY c.changed_at, c.id;

-- fragment: conversation_due_order
coalesce(c.due_at, 4000000000000000 - c.changed_at)

-- name: conversation_by_due
-- What is due next first; behind it what nothing is due of, the newest first.
{{conversation_columns}} WHERE c.id IN (SELECT c.id FROM conversation c WHERE {{conversation_wanted}} AND ({{conversation_due_order}}, c.id) > ($5, $6) ORDER BY {{conversation_due_order}}, c.id LIMIT $7)
ORDER BY {{conversation_due_order}}, c.id;

-- name: conversation_by_id
{{conversation_columns}} WHERE c.id = $1;

-- name: conversation_others
-- Of the same customer.
{{conversation_columns}} WHERE i.customer = $1 AND c.id <> $2 AND c.state < 3 ORDER BY c.changed_at DESC LIMIT 5;

-- name: conversation_views
SELECT CAST(coalesce(sum(CASE WHEN state = 0 THEN 1 ELSE 0 END), 0) AS INT64), CAST(coalesce(sum(CASE WHEN state = 0 AND assignee = $1 THEN 1 ELSE 0 END), 0) AS INT64),
	CAST(coalesce(sum(CASE WHEN state = 0 AND assignee IS NULL THEN 1 ELSE 0 END), 0) AS INT64), CAST(coalesce(sum(CASE WHEN state = 1 THEN 1 ELSE 0 END), 0) AS INT64),
	CAST(coalesce(sum(CASE WHEN state = 0 AND waiting_since IS NOT NULL THEN 1 ELSE 0 END), 0) AS INT64), min(CASE WHEN state = 0 THEN waiting_since END)
FROM conversation WHERE state < 2;

-- name: conversation_any
SELECT id FROM conversation LIMIT 1;

-- name: conversation_people
SELECT id, coalesce(nullif(name, ''), email) FROM person WHERE removed_at IS NULL AND (name <> '' OR email IS NOT NULL) ORDER BY id;

-- name: conversation_of_message
SELECT conversation FROM conversation_message WHERE id = $1;

-- name: conversation_messages_from
SELECT id FROM conversation_message WHERE conversation = $1 AND id >= $2;

-- ---- one ----

-- name: conversation_messages
SELECT m.id, m.kind, m.at, m.author, m.text, m.folded, m.is_automatic, m.is_cut, m.files_left, m.sentiment, m.send_at, m.mail, l.state AS mail_state, l.answer, k.address, m.is_unproven
FROM conversation_message m LEFT JOIN mail l ON l.id = m.mail LEFT JOIN conversation_contact k ON k.id = m.contact
WHERE m.conversation = $1 AND m.at < $2 ORDER BY m.at DESC, m.id DESC LIMIT $3;

-- name: conversation_files
SELECT id, message, name, size, bytes IS NOT NULL, picture, width, height FROM conversation_file WHERE conversation = $1 ORDER BY id;

-- name: conversation_file_get
SELECT bytes, name, picture FROM conversation_file WHERE id = $1 AND conversation = $2;

-- name: conversation_steps
SELECT at, who, what, text FROM conversation_step WHERE conversation = $1 ORDER BY id DESC LIMIT 50;

-- name: conversation_tags
SELECT tag FROM conversation_tag WHERE conversation = $1 ORDER BY tag;

-- name: conversation_tag_all
SELECT tag FROM conversation_tag GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 50;

-- name: conversation_tag_add
INSERT INTO conversation_tag (conversation, tag) VALUES ($1, $2) ON CONFLICT (conversation, tag) DO NOTHING;

-- name: conversation_tag_remove
DELETE FROM conversation_tag WHERE conversation = $1 AND tag = $2;

-- name: conversation_assign
UPDATE conversation SET assignee = $2 WHERE id = $1;

-- name: conversation_prioritise
UPDATE conversation SET priority = $2 WHERE id = $1;

-- name: conversation_set_state
UPDATE conversation SET state = $2, snoozed_until = $3, solved_at = $4, reopened = reopened + $5 WHERE id = $1;

-- name: conversation_touch
UPDATE conversation SET revision = revision + 1 WHERE id = $1;

-- name: conversation_asleep
SELECT id FROM conversation WHERE state = 1 AND snoozed_until <= $1 ORDER BY snoozed_until LIMIT 100;

-- name: conversation_draft_put
INSERT INTO conversation_draft (conversation, person, kind, text, changed_at) VALUES ($1, $2, 1, $3, $4) ON CONFLICT (conversation, person, kind) DO UPDATE SET text = excluded.text, changed_at = excluded.changed_at;

-- name: conversation_draft_remove
DELETE FROM conversation_draft WHERE conversation = $1 AND person = $2;

-- name: conversation_drafts
SELECT d.person, d.text, d.changed_at, coalesce(nullif(p.name, ''), p.email) FROM conversation_draft d LEFT JOIN person p ON p.id = d.person WHERE d.conversation = $1 ORDER BY d.changed_at DESC;

-- name: conversation_last_in
-- What an answer answers, and to whom: the customer's newest message, else the conversation's own contact.
SELECT m.message_id, k.id, k.address, k.name, k.subject FROM conversation c LEFT JOIN conversation_message m ON m.id = (SELECT x.id FROM conversation_message x WHERE x.conversation = c.id AND x.kind = 0 AND NOT x.is_automatic ORDER BY x.at DESC, x.id DESC LIMIT 1)
JOIN conversation_contact k ON k.id = coalesce(m.contact, c.contact) WHERE c.id = $1;

-- name: conversation_ids
SELECT message_id FROM conversation_message WHERE conversation = $1 AND message_id IS NOT NULL ORDER BY at DESC, id DESC LIMIT 20;

-- name: conversation_unsent
-- Without mail ($2) what needs none.
SELECT m.id, m.conversation, m.text, c.title FROM conversation_message m JOIN conversation c ON c.id = m.conversation
WHERE m.send_at <= $1 AND m.mail IS NULL AND (CAST($2 AS INT64) = 1 OR c.mention IS NOT NULL) ORDER BY m.send_at, m.id LIMIT 1;

-- name: conversation_next_send
SELECT min(m.send_at) FROM conversation_message m JOIN conversation c ON c.id = m.conversation
WHERE m.send_at IS NOT NULL AND m.mail IS NULL AND (CAST($1 AS INT64) = 1 OR c.mention IS NOT NULL);

-- name: conversation_sent
UPDATE conversation_message SET mail = $2, message_id = $3 WHERE id = $1;

-- name: conversation_take_back
DELETE FROM conversation_message WHERE id = $1 AND conversation = $2 AND send_at IS NOT NULL AND mail IS NULL RETURNING text, person;

-- ---- calls on colleagues ----

-- name: conversation_colleagues
SELECT id, name, email, language, calendar FROM person WHERE removed_at IS NULL AND email IS NOT NULL ORDER BY id LIMIT $1;

-- name: conversation_call_add
INSERT INTO conversation_call (message, person, at) VALUES ($1, $2, $3) ON CONFLICT (message, person) DO NOTHING;

-- name: conversation_calls_seen
UPDATE conversation_call SET seen_at = $3 WHERE person = $2 AND seen_at IS NULL AND message IN (SELECT id FROM conversation_message WHERE conversation = $1);

-- name: conversation_calls
-- Who calls on somebody in one, the last first.
SELECT m.author FROM conversation_call n JOIN conversation_message m ON m.id = n.message WHERE n.person = $2 AND n.seen_at IS NULL AND m.conversation = $1 ORDER BY m.at DESC, m.id DESC LIMIT 1;

-- name: conversation_called_count
SELECT CAST(count(DISTINCT m.conversation) AS INT64) FROM conversation_call n JOIN conversation_message m ON m.id = n.message WHERE n.person = $1 AND n.seen_at IS NULL;

-- name: conversation_called
{{conversation_columns}} WHERE c.id IN (SELECT m.conversation FROM conversation_call n JOIN conversation_message m ON m.id = n.message WHERE n.person = $1 AND n.seen_at IS NULL) ORDER BY c.changed_at DESC, c.id DESC LIMIT $2;

-- ---- merging and splitting ----

-- name: conversation_merged_into
SELECT merged_into FROM conversation WHERE id = $1;

-- name: conversation_merged
UPDATE conversation SET state = 3, merged_into = $2, snoozed_until = NULL, revision = revision + 1 WHERE id = $1;

-- name: conversation_unmerged
UPDATE conversation SET state = $2, merged_into = NULL, snoozed_until = $3, solved_at = $4 WHERE id = $1;

-- name: conversation_move_add
INSERT INTO conversation_move (id, kind, origin, target, origin_state, origin_snoozed_until, origin_solved_at, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: conversation_move_get
SELECT id, kind, target, origin_state, origin_snoozed_until, origin_solved_at FROM conversation_move WHERE id = $1 AND origin = $2 AND undone_at IS NULL;

-- name: conversation_move_undone
UPDATE conversation_move SET undone_at = $2 WHERE id = $1;

-- name: conversation_moved_all
INSERT INTO conversation_moved (move, message) SELECT $1, id FROM conversation_message WHERE conversation = $2 ON CONFLICT (move, message) DO NOTHING;

-- name: conversation_moved_from
-- One and those behind it.
INSERT INTO conversation_moved (move, message) SELECT $1, m.id FROM conversation_message m JOIN conversation_message x ON x.id = $3 AND x.conversation = $2 WHERE m.conversation = $2 AND (m.at, m.id) >= (x.at, x.id);

-- name: conversation_moved_counts
-- What goes, and what stays; notes do not count.
SELECT CAST(count(d.message) AS INT64), CAST(count(*) - count(d.message) AS INT64) FROM conversation_message m LEFT JOIN conversation_moved d ON d.message = m.id AND d.move = $1 WHERE m.conversation = $2 AND m.kind < 2;

-- name: conversation_move_messages
UPDATE conversation_message SET conversation = $3 WHERE conversation = $2 AND id IN (SELECT message FROM conversation_moved WHERE move = $1);

-- name: conversation_move_files
UPDATE conversation_file SET conversation = $3 WHERE conversation = $2 AND message IN (SELECT message FROM conversation_moved WHERE move = $1);

-- name: conversation_split
-- As the one it comes of, with whom its first message is with.
INSERT INTO conversation (id, channel, contact, title, base, state, priority, assignee, is_automatic, made_at, changed_at, reopened, messages, revision)
SELECT $1, c.channel, coalesce((SELECT m.contact FROM conversation_message m WHERE m.id = $3 AND m.contact > 0), c.contact), c.title, c.base, 0, c.priority, c.assignee, FALSE, $4, $4, 0, 0, 0 FROM conversation c WHERE c.id = $2;

-- name: conversation_split_references_add
INSERT INTO conversation_reference (message_id, conversation) SELECT m.message_id, $2 FROM conversation_message m JOIN conversation_moved d ON d.message = m.id WHERE d.move = $1 AND m.message_id IS NOT NULL ON CONFLICT (message_id, conversation) DO NOTHING;

-- name: conversation_split_references_remove
DELETE FROM conversation_reference WHERE conversation = $2 AND message_id IN (SELECT m.message_id FROM conversation_message m JOIN conversation_moved d ON d.message = m.id WHERE d.move = $1);

-- ---- the mailbox ----

-- name: conversation_mailbox
SELECT uid_validity, uid_next, known_next, since_at, due_at, looked_at, came, fault_at, fault, claimed_by, is_taken_over, tries, is_test_asked, tested_at, tested_n, test_fault FROM conversation_mailbox;

-- name: conversation_mailbox_begin
-- Anew, where it is another one; since when what lies there is read.
INSERT INTO conversation_mailbox (id, uid_validity, uid_next, known_next, since_at, due_at, came, fault, claimed_by, is_taken_over, tries, is_test_asked, test_fault) VALUES (1, 0, 0, 0, $1, 0, 0, '', '', FALSE, 0, FALSE, '')
ON CONFLICT (id) DO UPDATE SET uid_validity = 0, uid_next = 0, known_next = 0, since_at = excluded.since_at, due_at = 0, looked_at = NULL, came = 0, fault_at = NULL, fault = '', claimed_by = '', is_taken_over = FALSE, tries = 0,
	is_test_asked = FALSE, tested_at = NULL, tested_n = NULL, test_fault = '';

-- name: conversation_mailbox_due
UPDATE conversation_mailbox SET due_at = 0;

-- name: conversation_mailbox_ask_test
UPDATE conversation_mailbox SET is_test_asked = TRUE, tested_at = NULL;

-- name: conversation_mailbox_tested
UPDATE conversation_mailbox SET is_test_asked = FALSE, tested_at = $1, tested_n = $2, test_fault = $3;

-- name: conversation_mailbox_take_over
UPDATE conversation_mailbox SET is_taken_over = TRUE, due_at = 0;

-- name: conversation_mailbox_trying
UPDATE conversation_mailbox SET tries = tries + 1;

-- name: conversation_mailbox_read
UPDATE conversation_mailbox SET uid_validity = $1, uid_next = $2, known_next = $3, due_at = $4, looked_at = $5, came = $6, fault_at = NULL, fault = '', claimed_by = '', is_taken_over = FALSE, tries = 0 WHERE since_at = $7;

-- name: conversation_mailbox_fault
UPDATE conversation_mailbox SET due_at = $1, fault_at = coalesce(fault_at, $2), fault = $3, claimed_by = $4 WHERE since_at = $5;

-- name: conversation_mailbox_counted
INSERT INTO conversation_mailbox_count (outcome, n, last_at) VALUES ($1, $2, $3) ON CONFLICT (outcome) DO UPDATE SET n = conversation_mailbox_count.n + excluded.n, last_at = excluded.last_at;

-- name: conversation_mailbox_counts
SELECT outcome, n, last_at FROM conversation_mailbox_count ORDER BY n DESC, outcome;

-- name: conversation_refused_add
INSERT INTO conversation_refused (id, at, address, title, reason) VALUES ($1, $2, $3, $4, $5);

-- name: conversation_refused
SELECT at, address, title, reason FROM conversation_refused ORDER BY at DESC, id DESC LIMIT 50;

-- name: conversation_refused_clean
DELETE FROM conversation_refused WHERE at < $1;

-- ---- chats ----

-- name: conversation_chat_last
-- What was merged into another goes on there.
SELECT t.id, t.state, t.reopened, t.solved_at, t.changed_at, k.read_at, k.seen_at, t.title FROM conversation c JOIN conversation_contact k ON k.id = c.contact JOIN conversation t ON t.id = coalesce(c.merged_into, c.id)
WHERE t.state < 3 AND k.channel = 'chat' AND k.address = $1 ORDER BY c.made_at DESC, c.id DESC LIMIT 1;

-- name: conversation_chat_messages
-- Those that were kept since then, the newest first.
SELECT m.id, m.kind, m.at, m.kept_at, m.author, m.text, m.key FROM conversation_message m JOIN conversation_contact k ON k.id = m.contact
WHERE k.channel = 'chat' AND k.address = $1 AND m.kind < 2 AND m.kept_at >= $2 ORDER BY m.kept_at DESC, m.id DESC LIMIT $3;

-- name: conversation_chat_files
SELECT f.id, f.message, f.name, f.size FROM conversation_file f JOIN conversation_message m ON m.id = f.message JOIN conversation_contact k ON k.id = m.contact
WHERE k.channel = 'chat' AND k.address = $1 AND m.kind < 2 AND m.kept_at >= $2 ORDER BY f.id;

-- name: conversation_chat_file
SELECT f.bytes, f.name FROM conversation_file f JOIN conversation_message m ON m.id = f.message JOIN conversation_contact k ON k.id = m.contact
WHERE f.id = $1 AND k.channel = 'chat' AND k.address = $2 AND m.kind < 2;

-- name: conversation_chat_was_read
UPDATE conversation_message SET mail = $2 WHERE conversation = $1 AND send_at IS NOT NULL AND mail IS NULL
	AND at <= (SELECT coalesce(k.read_at, 0) FROM conversation_contact k WHERE k.id = conversation_message.contact);

-- name: conversation_chat_unsent
SELECT id, text FROM conversation_message WHERE conversation = $1 AND send_at IS NOT NULL AND mail IS NULL ORDER BY at, id;

-- name: conversation_contact_read
UPDATE conversation_contact SET read_at = $3 WHERE channel = $1 AND address = $2 AND coalesce(read_at, 0) < $3;

-- name: conversation_contact_seen
UPDATE conversation_contact SET seen_at = $2 WHERE id = $1 AND coalesce(seen_at, 0) < $2;

-- name: conversation_contact_marks
SELECT read_at, seen_at FROM conversation_contact WHERE id = $1;

-- name: conversation_acknowledges
-- Whether the conversation was acknowledged or answered since $3, how often its contact was, and the customer's own language.
SELECT (SELECT CAST(count(*) AS INT64) FROM conversation c WHERE c.id = $1 AND c.acknowledged_at > $3) + (SELECT CAST(count(*) AS INT64) FROM conversation_message m WHERE m.conversation = $1 AND m.kind = 1 AND m.at > $3),
	(SELECT CAST(count(*) AS INT64) FROM conversation c WHERE c.contact = $2 AND c.acknowledged_at > $3),
	(SELECT u.language FROM identity i JOIN customer u ON u.id = i.customer WHERE i.subject = $4);

-- name: conversation_acknowledged
UPDATE conversation SET acknowledged_at = $2 WHERE id = $1;
