-- A mention can ask for a follow-up, by a rule or by hand: it is found through the mention, and its customer through whom that is joined to.
ALTER TABLE followup ADD COLUMN mention ID;
CREATE INDEX followup_mention ON followup (mention) WHERE mention IS NOT NULL;
-- On what ground a mention was joined to a customer: 0 they told us, 1 the account is one of their identities, 2 they agreed.
ALTER TABLE mention ADD COLUMN basis INT64;
-- The ready-made rule of public complaints knows how a mention that was heard was read, unless it was made one's own.
UPDATE followup_rule SET condition_json = '{"any":[{"name":"rating","at_most":2},{"all":[{"name":"rating","exists":false},{"any":[{"name":"text:sentiment","is":"neg"},{"name":"sentiment","is":"neg"}]}]}]}'
WHERE id = 5 AND changed_at = 0;
