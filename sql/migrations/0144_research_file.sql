-- Files that were filed with research, as they were sent.
CREATE TABLE research_file (
	research ID NOT NULL PRIMARY KEY,
	bytes BLOB NOT NULL
);
