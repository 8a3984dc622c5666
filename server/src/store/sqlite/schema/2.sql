-- Version 2: when a row was of use last, so that those of guests who never come again can go.

ALTER TABLE members ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blocked ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE followed ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;

UPDATE members SET touched = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
UPDATE blocked SET touched = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
UPDATE followed SET touched = CAST(strftime('%s', 'now') AS INTEGER) * 1000;

-- Accounts of guests have their first bit set: as signed integers they are below 0.
CREATE INDEX members_guests ON members (touched) WHERE account < 0;
CREATE INDEX blocked_guests ON blocked (touched) WHERE account < 0;
CREATE INDEX followed_guests ON followed (touched) WHERE account < 0;
