-- Erasing a customer, and giving out what is kept of one.

-- name: customer_erase_row
UPDATE customer SET erased_at = $2, merged_into = NULL, name = NULL, given_name = NULL, family_name = NULL, called = NULL, email = NULL,
	phone = NULL, country = NULL, language = NULL, sort_key = NULL, search = '', is_known = FALSE, orders = 0, units_sold = 0,
	units_returned = 0, first_order_at = NULL, last_order_at = NULL
WHERE id = $1 OR merged_into = $1;

-- name: customer_amount_erase
DELETE FROM customer_amount WHERE customer IN (SELECT id FROM customer WHERE id = $1 OR merged_into = $1);

-- name: trait_remove_subject
DELETE FROM trait WHERE subject = $1;

-- name: consent_remove_subject
DELETE FROM consent WHERE subject = $1;

-- name: consent_state_remove_subject
DELETE FROM consent_state WHERE subject = $1;

-- name: edge_remove_subject
DELETE FROM edge WHERE a = $1 OR b = $1;

-- name: suggestion_remove_subject
DELETE FROM join_suggestion WHERE a = $1 OR b = $1;

-- name: suggestion_remove_evidence
DELETE FROM join_suggestion WHERE evidence = $1;

-- name: identity_source_remove_subject
DELETE FROM identity_source WHERE subject = $1;

-- name: customer_name_remove_subject
DELETE FROM customer_name WHERE subject = $1;

-- name: identity_remove_subject
DELETE FROM identity WHERE subject = $1;

-- name: illegal_identity_remove
DELETE FROM illegal_identity WHERE kind = $1 AND value = $2;

-- name: job_each_payload
SELECT id, payload FROM job;

-- name: job_forget
DELETE FROM job WHERE id = $1 AND state <> 1;

-- name: job_blank
UPDATE job SET payload = '{}' WHERE id = $1;

-- name: erasure_add
INSERT INTO erasure (customer, subjects, at) VALUES ($1, $2, $3) ON CONFLICT (customer) DO NOTHING;

-- name: erasure_all
SELECT customer, subjects FROM erasure;

-- name: erasure_done
DELETE FROM erasure WHERE customer = $1;

-- name: export_customer
SELECT id, name, given_name, family_name, called, email, phone, country, language, orders, first_order_at,
	last_order_at, first_seen_at, last_seen_at FROM customer WHERE id = $1;

-- name: export_amounts
SELECT nullif(currency, '') AS currency, orders, refunds, revenue_micro, refund_micro FROM customer_amount WHERE customer = $1 ORDER BY orders DESC, currency;

-- name: export_names
SELECT n.called, n.given_name, n.family_name, n.name_order, n.at FROM customer_name n JOIN identity i ON i.subject = n.subject
WHERE i.customer = $1 ORDER BY n.at;

-- name: export_identities
SELECT i.kind, i.value, i.shown, s.name AS source, i.seen_at FROM identity i LEFT JOIN source s ON s.number = i.source
WHERE i.customer = $1 ORDER BY i.subject;

-- name: export_joins
SELECT a.shown AS identity, b.shown AS joined_to, e.rule, e.evidence, e.made_at, e.made_by, e.undone_at, e.undone_by
FROM edge e JOIN identity a ON a.subject = e.a LEFT JOIN identity b ON b.subject = e.b AND b.customer = a.customer
WHERE a.customer = $1 ORDER BY e.made_at, e.id;

-- name: export_traits
SELECT t.name, t.value, t.at, s.name AS source FROM trait t JOIN identity i ON i.subject = t.subject LEFT JOIN source s ON s.number = t.source
WHERE i.customer = $1 ORDER BY t.name, t.at;

-- name: export_consents
SELECT p.name AS purpose, c.is_granted, c.at, c.how, s.name AS source, c.wording, c.actor FROM consent c
JOIN identity i ON i.subject = c.subject LEFT JOIN purpose p ON p.bit = c.purpose LEFT JOIN source s ON s.number = c.source
WHERE i.customer = $1 ORDER BY c.at, c.id;

-- name: export_orders
SELECT o.id, CASE o.kind WHEN 0 THEN 'order' WHEN 1 THEN 'refund' ELSE 'adjustment' END AS kind, o.number, o.of_number, o.at, o.cancelled_at,
	o.currency, o.country, o.channel, o.revenue_micro, o.units AS units_milli, s.name AS source
FROM orders o JOIN identity i ON i.subject = o.subject LEFT JOIN source s ON s.number = o.source WHERE i.customer = $1 ORDER BY o.at, o.id;

-- name: export_order_lines
SELECT p.sku, p.name, l.quantity AS quantity_milli, l.price_micro, l.amount_micro FROM order_line l LEFT JOIN product p ON p.id = l.product
WHERE l.order_id = $1 ORDER BY l.line;
