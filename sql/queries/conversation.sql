-- Conversations. States: 0 open, 1 snoozed, 2 solved. Kinds of messages: 0 in, 1 out, 2 note.

-- name: conversation_message_known
SELECT conversation FROM conversation_message WHERE key = $1;

-- name: conversation_referenced
SELECT conversation FROM conversation_reference WHERE message_id = $1 ORDER BY conversation LIMIT 1;

-- name: conversation_same_title
SELECT id FROM conversation WHERE contact = $1 AND base = $2 AND changed_at >= $3 AND changed_at <= $4 ORDER BY id LIMIT 2;

-- name: conversation_contact_get
SELECT id, subject, name FROM conversation_contact WHERE channel = $1 AND address = $2;

-- name: conversation_contact_add
INSERT INTO conversation_contact (id, channel, address, name, subject) VALUES ($1, $2, $3, $4, $5);

-- name: conversation_contact_is
UPDATE conversation_contact SET subject = $2, name = CASE WHEN name = '' THEN $3 ELSE name END WHERE id = $1;

-- name: conversation_add
INSERT INTO conversation (id, channel, contact, title, base, state, priority, team, is_automatic, made_at, changed_at, solved_at, reopened, messages, revision)
VALUES ($1, $2, $3, $4, $5, $6, 1, '', $7, $8, $8, $9, 0, 0, 0);

-- name: conversation_message_add
INSERT INTO conversation_message (id, conversation, kind, contact, person, author, at, kept_at, key, message_id, text, folded, is_automatic, is_cut, files_left, language, sentiment, topics, signals, is_first, send_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, FALSE, $20);

-- name: conversation_reference_add
INSERT INTO conversation_reference (message_id, conversation) VALUES ($1, $2) ON CONFLICT (message_id, conversation) DO NOTHING;

-- name: conversation_file_add
INSERT INTO conversation_file (id, message, conversation, name, type, size, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: conversation_standing
SELECT state, changed_at, waiting_since, made_at, messages, is_automatic FROM conversation WHERE id = $1;

-- name: conversation_course
-- All that bears on who waits for whom, in the order of time.
SELECT id, kind, at, is_automatic FROM conversation_message WHERE conversation = $1 AND kind < 2 ORDER BY at, id;

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

-- name: conversation_forget_looks
DELETE FROM conversation_look WHERE conversation IN ({{conversation_of_subject}});

-- name: conversation_forget_messages
DELETE FROM conversation_message WHERE id IN ({{conversation_message_of_subject}});

-- name: conversation_forget
DELETE FROM conversation WHERE id IN ({{conversation_of_subject}});

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
