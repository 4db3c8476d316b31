-- Why rows of an import were rejected: JSON, [{"reason":…,"n":…,"lines":[…]}].
ALTER TABLE import ADD COLUMN reasons TEXT;
