-- By which a hook's sender signs what it sends, sealed; NULL: it sends the hook's key.
ALTER TABLE listen_source ADD COLUMN secret TEXT;
