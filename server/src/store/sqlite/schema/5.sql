-- Version 5: a key opens one room, or all without one. Keys from before that open all are left to bots alone:
-- players log in again.

ALTER TABLE keys ADD COLUMN room TEXT;

DELETE FROM keys WHERE account IN
    (SELECT account FROM accounts WHERE password <> '' OR subject <> '');

-- Whom somebody blocks or follows has a name, also when it is a guest who is gone.

ALTER TABLE blocked ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE followed ADD COLUMN name TEXT NOT NULL DEFAULT '';

-- A line that comes again is found where it is: the log of its author's own, the first
-- of those that got it. 0 stands for one that was stored before.

ALTER TABLE messages ADD COLUMN home INTEGER NOT NULL DEFAULT 0;
