-- A question reads one trait of all customers.
CREATE INDEX trait_name ON trait (name);
