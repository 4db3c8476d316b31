-- Live chat: sites that offer it, visitors, ratings, who is away.

-- name: chat_site_get
SELECT site, is_on, ask_name, ask_email, ask_subject, opens_at, closes_at, days, email FROM chat_site WHERE site = $1;

-- name: chat_site_put
INSERT INTO chat_site (site, is_on, ask_name, ask_email, ask_subject, opens_at, closes_at, days, email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (site) DO UPDATE SET is_on = excluded.is_on, ask_name = excluded.ask_name, ask_email = excluded.ask_email, ask_subject = excluded.ask_subject,
	opens_at = excluded.opens_at, closes_at = excluded.closes_at, days = excluded.days, email = excluded.email;

-- name: chat_site_first_on
-- One that offers it now, the oldest.
SELECT c.site FROM chat_site c JOIN site s ON s.id = c.site WHERE c.is_on AND s.removed_at IS NULL ORDER BY c.site LIMIT 1;

-- name: chat_visitor_get
SELECT id, site, user_id, subject, name, email, language FROM chat_visitor WHERE id = $1 AND site = $2;

-- name: chat_visitor_of_user
SELECT id, site, user_id, subject, name, email, language FROM chat_visitor WHERE site = $1 AND user_id = $2;

-- name: chat_visitor_email
SELECT email FROM chat_visitor WHERE id = $1;

-- name: chat_visitor_add
INSERT INTO chat_visitor (id, site, user_id, subject, name, email, language, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING;

-- name: chat_visitor_says
UPDATE chat_visitor SET subject = $2, name = CASE WHEN CAST($3 AS TEXT) = '' THEN name ELSE $3 END, email = CASE WHEN CAST($4 AS TEXT) = '' THEN email ELSE $4 END, language = $5 WHERE id = $1;

-- name: chat_visitor_is
-- Whoever wrote without a name has been named by the site's server.
UPDATE chat_visitor SET user_id = $2 WHERE id = $1 AND user_id IS NULL;

-- name: chat_visitor_forget
DELETE FROM chat_visitor WHERE subject = $1;

-- name: chat_rating_forget
DELETE FROM chat_rating WHERE visitor IN (SELECT id FROM chat_visitor WHERE subject = $1);

-- name: chat_rating_get
SELECT score FROM chat_rating WHERE conversation = $1 AND resolution = $2;

-- name: chat_rating_add
INSERT INTO chat_rating (conversation, resolution, visitor, score, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation, resolution) DO NOTHING;

-- name: export_chat_visitors
SELECT v.made_at, v.name, v.email, v.language FROM chat_visitor v JOIN identity i ON i.subject = v.subject WHERE i.customer = $1 ORDER BY v.made_at, v.id;

-- name: export_chat_ratings
SELECT r.at, r.score FROM chat_rating r JOIN chat_visitor v ON v.id = r.visitor JOIN identity i ON i.subject = v.subject WHERE i.customer = $1 ORDER BY r.at, r.conversation;

-- name: chat_agents
-- Who might answer: the roles that may write to customers.
SELECT p.id, coalesce(nullif(p.name, ''), p.email), a.since IS NOT NULL FROM person p LEFT JOIN chat_away a ON a.person = p.id WHERE p.removed_at IS NULL AND p.role <> 'analyst' ORDER BY p.id;

-- name: chat_away_get
SELECT since FROM chat_away WHERE person = $1;

-- name: chat_away_put
INSERT INTO chat_away (person, since) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING;

-- name: chat_away_remove
DELETE FROM chat_away WHERE person = $1;
