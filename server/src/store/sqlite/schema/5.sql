-- Version 5: whom somebody blocks or follows has a name, also when it is a guest who is gone.

ALTER TABLE blocked ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE followed ADD COLUMN name TEXT NOT NULL DEFAULT '';
