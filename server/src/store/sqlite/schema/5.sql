-- Version 5: a line that comes again is found where it is: the log of its author's own, the first
-- of those that got it. 0 stands for one that was stored before.

ALTER TABLE messages ADD COLUMN home INTEGER NOT NULL DEFAULT 0;
