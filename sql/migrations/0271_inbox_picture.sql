-- What a file of a message is as a picture, by its bytes; absent: none that is shown.
ALTER TABLE conversation_file ADD COLUMN picture TEXT;
ALTER TABLE conversation_file ADD COLUMN width INT64;
ALTER TABLE conversation_file ADD COLUMN height INT64;
