-- Version 5: a key opens one room, or all without one. Keys from before that open all are left to bots alone:
-- players log in again.

ALTER TABLE keys ADD COLUMN room TEXT;

DELETE FROM keys WHERE account IN
    (SELECT account FROM accounts WHERE password <> '' OR subject <> '');
