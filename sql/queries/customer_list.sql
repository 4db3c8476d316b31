-- The list of customers: a page of ids in the order of one sort, from a key on (forward) or back to it; and searches.
-- A sort that stands in an index is walked in it; a search gathers what its words hit and sorts that.

-- fragment: wanted
c.merged_into IS NULL AND c.erased_at IS NULL
	AND ($2 = -1 OR c.is_known = ($2 = 1))
	AND (CAST($3 AS TEXT) IS NULL OR c.country = $3)
	AND +c.last_seen_at >= $4 AND +c.last_seen_at < $5 AND +c.orders >= $6 AND +c.orders <= $7
	AND ($8 = -1 OR EXISTS (
		SELECT 1 FROM identity i JOIN consent_state s ON s.subject = i.subject
		WHERE i.customer = c.id AND s.purpose = $8 AND s.is_granted = ($9 = 1)))
	AND (CAST($12 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM customer_amount m WHERE m.customer = c.id AND m.currency = $12))
	AND ($8 = -1 OR $9 = 0 OR NOT EXISTS (
		SELECT 1 FROM identity i JOIN consent_state s ON s.subject = i.subject
		WHERE i.customer = c.id AND s.purpose = $8 AND NOT s.is_granted))

-- fragment: hit
c.id IN (SELECT customer FROM customer_word WHERE word >= $13 AND word < $14)
	AND (CAST($15 AS TEXT) IS NULL OR c.id IN (SELECT customer FROM customer_word WHERE word >= $15 AND word < $16))
	AND (CAST($17 AS TEXT) IS NULL OR c.id IN (SELECT customer FROM customer_word WHERE word >= $17 AND word < $18))
	AND (CAST($19 AS TEXT) IS NULL OR c.id IN (SELECT customer FROM customer_word WHERE word >= $19 AND word < $20))

-- name: customer_page_seen
SELECT c.id, c.last_seen_at FROM customer c WHERE {{wanted}} AND (c.last_seen_at, c.id) < ($10, $11)
ORDER BY c.last_seen_at DESC, c.id DESC LIMIT $1;

-- name: customer_page_seen_back
SELECT c.id, c.last_seen_at FROM customer c WHERE {{wanted}} AND (c.last_seen_at, c.id) > ($10, $11)
ORDER BY c.last_seen_at, c.id LIMIT $1;

-- name: customer_page_first
SELECT c.id, c.first_seen_at FROM customer c WHERE {{wanted}} AND (c.first_seen_at, c.id) < ($10, $11)
ORDER BY c.first_seen_at DESC, c.id DESC LIMIT $1;

-- name: customer_page_first_back
SELECT c.id, c.first_seen_at FROM customer c WHERE {{wanted}} AND (c.first_seen_at, c.id) > ($10, $11)
ORDER BY c.first_seen_at, c.id LIMIT $1;

-- name: customer_page_orders
SELECT c.id, c.orders FROM customer c WHERE {{wanted}} AND (c.orders, c.id) < ($10, $11)
ORDER BY c.orders DESC, c.id DESC LIMIT $1;

-- name: customer_page_orders_back
SELECT c.id, c.orders FROM customer c WHERE {{wanted}} AND (c.orders, c.id) > ($10, $11)
ORDER BY c.orders, c.id LIMIT $1;

-- name: customer_page_revenue
-- By revenue in one currency: those who have any in it …
SELECT c.id, a.revenue_micro FROM customer_amount a CROSS JOIN customer c
WHERE a.currency = $13 AND c.id = a.customer AND (a.revenue_micro, a.customer) < ($10, $11) AND {{wanted}}
ORDER BY a.revenue_micro DESC, a.customer DESC LIMIT $1;

-- name: customer_page_revenue_back
SELECT c.id, a.revenue_micro FROM customer_amount a CROSS JOIN customer c
WHERE a.currency = $13 AND c.id = a.customer AND (a.revenue_micro, a.customer) > ($10, $11) AND {{wanted}}
ORDER BY a.revenue_micro, a.customer LIMIT $1;

-- name: customer_page_rest
-- … and then those who have none.
SELECT c.id, CAST($10 AS BIGINT) FROM customer c
WHERE c.id < $11 AND NOT EXISTS (SELECT 1 FROM customer_amount a WHERE a.customer = c.id AND a.currency = $13) AND {{wanted}}
ORDER BY c.id DESC LIMIT $1;

-- name: customer_page_rest_back
SELECT c.id, CAST($10 AS BIGINT) FROM customer c
WHERE c.id > $11 AND NOT EXISTS (SELECT 1 FROM customer_amount a WHERE a.customer = c.id AND a.currency = $13) AND {{wanted}}
ORDER BY c.id LIMIT $1;

-- name: customer_page_name
SELECT c.id, c.sort_key FROM customer c WHERE {{wanted}} AND (c.sort_key, c.id) > ($10, $11)
ORDER BY c.sort_key, c.id LIMIT $1;

-- name: customer_page_name_back
SELECT c.id, c.sort_key FROM customer c WHERE {{wanted}} AND (c.sort_key, c.id) < ($10, $11)
ORDER BY c.sort_key DESC, c.id DESC LIMIT $1;

-- name: customer_hits
SELECT hit.id, hit.k FROM (
	SELECT c.id AS id, CASE WHEN $21 = 0 THEN c.last_seen_at WHEN $21 = 1 THEN c.first_seen_at WHEN $21 = 2 THEN c.orders
		ELSE coalesce((SELECT a.revenue_micro FROM customer_amount a WHERE a.customer = c.id AND a.currency = $22), $23) END AS k
	FROM customer c WHERE {{hit}} AND {{wanted}}) AS hit
WHERE (hit.k, hit.id) < ($10, $11) ORDER BY hit.k DESC, hit.id DESC LIMIT $1;

-- name: customer_hits_back
SELECT hit.id, hit.k FROM (
	SELECT c.id AS id, CASE WHEN $21 = 0 THEN c.last_seen_at WHEN $21 = 1 THEN c.first_seen_at WHEN $21 = 2 THEN c.orders
		ELSE coalesce((SELECT a.revenue_micro FROM customer_amount a WHERE a.customer = c.id AND a.currency = $22), $23) END AS k
	FROM customer c WHERE {{hit}} AND {{wanted}}) AS hit
WHERE (hit.k, hit.id) > ($10, $11) ORDER BY hit.k, hit.id LIMIT $1;

-- name: customer_hits_name
SELECT hit.id, hit.k FROM (SELECT c.id AS id, coalesce(c.sort_key, c.sort_key) AS k FROM customer c WHERE {{hit}} AND {{wanted}}) AS hit
WHERE (hit.k, hit.id) > ($10, $11) ORDER BY hit.k, hit.id LIMIT $1;

-- name: customer_hits_name_back
SELECT hit.id, hit.k FROM (SELECT c.id AS id, coalesce(c.sort_key, c.sort_key) AS k FROM customer c WHERE {{hit}} AND {{wanted}}) AS hit
WHERE (hit.k, hit.id) < ($10, $11) ORDER BY hit.k DESC, hit.id DESC LIMIT $1;

-- name: customer_page_count
SELECT count(*) FROM customer c WHERE {{wanted}} AND $1 = 0 AND $10 = 0 AND $11 = 0;

-- name: customer_hits_count
SELECT count(*) FROM customer c WHERE {{hit}} AND {{wanted}} AND $1 = 0 AND $10 = 0 AND $11 = 0;

-- name: customer_list_row
SELECT c.id, c.is_known, coalesce(c.name, c.called) AS name, c.country, c.orders, c.last_seen_at,
	(SELECT i.kind FROM identity i WHERE i.customer = c.id
	 ORDER BY CASE i.kind WHEN 'user_id' THEN 0 WHEN 'email' THEN 1 WHEN 'phone' THEN 2 WHEN 'anonymous_id' THEN 4 ELSE 3 END, i.subject LIMIT 1) AS identity_kind,
	(SELECT i.shown FROM identity i WHERE i.customer = c.id
	 ORDER BY CASE i.kind WHEN 'user_id' THEN 0 WHEN 'email' THEN 1 WHEN 'phone' THEN 2 WHEN 'anonymous_id' THEN 4 ELSE 3 END, i.subject LIMIT 1) AS identity,
	c.email, c.phone, c.first_seen_at
FROM customer c WHERE c.id = $1;

-- name: customer_countries
SELECT country, count(*) AS n FROM customer WHERE country IS NOT NULL AND merged_into IS NULL AND erased_at IS NULL
GROUP BY country ORDER BY n DESC, country LIMIT 100;

-- name: customer_words
SELECT search FROM customer WHERE id = $1;

-- name: customer_word_remove
DELETE FROM customer_word WHERE customer = $1;

-- name: customer_word_add
INSERT INTO customer_word (word, customer) VALUES ($1, $2) ON CONFLICT (word, customer) DO NOTHING;
