-- name: kept_state
-- What changes when records do: how far the log is applied, imports undone, customers erased.
SELECT
	CAST((SELECT coalesce(max(position), 0) FROM applier) AS BIGINT),
	CAST((SELECT coalesce(max(undone_at), 0) FROM import) AS BIGINT),
	CAST((SELECT count(*) FROM suppression) AS BIGINT);

-- name: tally_orders
-- In the order of the index on (kind, at).
SELECT kind, at, subject, currency, purposes, revenue_micro, units, lines FROM orders
WHERE kind IN (0, 1, 2) AND at >= $1 AND at < $2 AND cancelled_at IS NULL ORDER BY kind, at;

-- name: question_trait
SELECT subject, value, at FROM trait WHERE name = $1;
