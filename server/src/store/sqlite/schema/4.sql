-- Version 4: an account reports a line once. Reports from before are nobody's here.

ALTER TABLE reports ADD COLUMN by INTEGER;
ALTER TABLE reports ADD COLUMN log INTEGER;
ALTER TABLE reports ADD COLUMN offset INTEGER;

CREATE UNIQUE INDEX reports_once ON reports (by, log, offset);
