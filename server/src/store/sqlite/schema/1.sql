-- Version 1. How numbers stand in columns: see values.rs.

CREATE TABLE logs (
    log INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    room TEXT NOT NULL,
    one INTEGER NOT NULL,
    other INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    -- Offsets: of the oldest line that is kept, and of the next one.
    first INTEGER NOT NULL DEFAULT 0,
    next INTEGER NOT NULL DEFAULT 0,
    -- When the oldest line was stored; without meaning when none is there.
    oldest INTEGER NOT NULL DEFAULT 0,
    -- When it was opened or written last.
    touched INTEGER NOT NULL,
    name TEXT NOT NULL,
    slow INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, room, one, other)
) STRICT;

-- What was said, once; a log has a line for it.
CREATE TABLE messages (
    message INTEGER PRIMARY KEY,
    author INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    tick INTEGER NOT NULL,
    role INTEGER NOT NULL,
    manner INTEGER NOT NULL,
    -- Logs that still have a line for it.
    kept INTEGER NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    -- The offsets it got, for when it comes again.
    offsets BLOB NOT NULL,
    UNIQUE (author, client_id)
) STRICT;

CREATE INDEX messages_unkept ON messages (at) WHERE kept = 0;

-- The message is not declared as a foreign key: each one that goes would then be looked for here,
-- or need an index that every line pays for.
CREATE TABLE lines (
    log INTEGER NOT NULL REFERENCES logs ON DELETE CASCADE,
    offset INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (log, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
    reaction INTEGER PRIMARY KEY,
    log INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    sign TEXT NOT NULL,
    account INTEGER NOT NULL,
    UNIQUE (log, offset, sign, account),
    FOREIGN KEY (log, offset) REFERENCES lines ON DELETE CASCADE
) STRICT;

CREATE TABLE members (
    log INTEGER NOT NULL REFERENCES logs ON DELETE CASCADE,
    account INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (log, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_account ON members (account);

CREATE TABLE accounts (
    account INTEGER PRIMARY KEY,
    made INTEGER NOT NULL,
    role INTEGER NOT NULL,
    name TEXT NOT NULL,
    skeleton TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX accounts_subject ON accounts (subject) WHERE subject <> '';

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    digest BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_account ON keys (account);

CREATE TABLE held (
    account INTEGER NOT NULL,
    sanction INTEGER NOT NULL,
    until INTEGER NOT NULL,
    by INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (account, sanction)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked (
    account INTEGER NOT NULL,
    other INTEGER NOT NULL,
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE followed (
    account INTEGER NOT NULL,
    other INTEGER NOT NULL,
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
    report INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    entry INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
