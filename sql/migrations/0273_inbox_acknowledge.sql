ALTER TABLE conversation ADD COLUMN acknowledged_at INT64; -- when its customer was told last that their message arrived
