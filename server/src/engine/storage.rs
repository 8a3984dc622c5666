//! What chat and identity ask of the store, and what it answers: plain values.
//!
//! Never says how anything is kept. Writes are carried out in the order in which they are handed
//! over, several in one commit; a write that is answered is on the disk. A write that fails has
//! changed nothing.
//!
//! ```text
//! engine --Write, ticket--> store --commit--> Written or StoreFault, ticket --> engine
//!        --Query, ticket-->       ----------> Found or StoreFault, ticket
//! ```

use core::fmt;

use tickwire_shared::id::{AccountId, LogId, Tick};
use tickwire_shared::wire::{ChatRefusal, Line, Manner, Role, Sanction, Standing};

/// Milliseconds since 1970 by the clock of the server, given by the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

/// Which write or query an answer belongs to; its asker's own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What a log is, and the one way to find it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogKey {
    /// Everybody in the room of this name.
    Room(String),
    /// A team of the room of this name.
    Team(String, u8),
    /// What this account heard near it in the room of this name.
    Near(String, AccountId),
    /// Two accounts; the smaller one first.
    Whisper(AccountId, AccountId),
    /// A party; the number is the log's own.
    Party(LogId),
    /// A group; the number is the log's own.
    Group(LogId),
    /// Announcements.
    Server,
}

/// A log as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Its number.
    pub log: LogId,
    /// What it is.
    pub key: LogKey,
    /// Tells its offsets from those of any other log of that key.
    pub epoch: u32,
    /// The offset of the oldest line that is kept.
    pub first: u64,
    /// The offset of the next line.
    pub next: u64,
    /// What its maker called it; empty but for groups.
    pub name: String,
    /// Seconds between two lines of one author.
    pub slow_seconds: u16,
}

/// A line that is to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewLine {
    /// The logs that get it, at least one; its author's own comes first.
    pub logs: Vec<LogId>,
    /// Who wrote it.
    pub from: AccountId,
    /// Unique for its author: the same again is the same line.
    pub client_id: u64,
    /// Under which name.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// The newest tick of its author's room.
    pub tick: Tick,
    /// How it is meant.
    pub manner: Manner,
    /// The text.
    pub text: String,
}

/// An account that can log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub account: AccountId,
    /// The name as its player wrote it.
    pub name: String,
    /// What names that look alike have in common; unique.
    pub skeleton: String,
    /// What it may do.
    pub role: Role,
    /// The password's hash in PHC form; empty when only an issuer vouches for it.
    pub password: String,
    /// Issuer and subject of whoever vouches for it; empty for those with a password.
    pub subject: String,
}

/// Whom a key brings back, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// Whom.
    pub account: Account,
    /// The only room the key opens; all without one.
    pub room: Option<String>,
}

/// How one account stands to one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Whose.
    pub account: AccountId,
    /// Its name when that was written.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// It may read from this offset on.
    pub since: u64,
    /// It may read below this offset; `u64::MAX` while it is a member.
    pub until: u64,
    /// Every line below this arrived at it.
    pub delivered: u64,
    /// Every line below this was seen.
    pub read: u64,
}

/// The reactions to one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineReactions {
    /// To which.
    pub offset: u64,
    /// Each sign and who put it there, in the order they came up.
    pub signs: Vec<(String, Vec<AccountId>)>,
}

/// Somebody held to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who.
    pub account: AccountId,
    /// To what.
    pub sanction: Sanction,
    /// Until when.
    pub until: Millis,
    /// By whom.
    pub by: AccountId,
    /// Why.
    pub why: String,
}

/// Something that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The log of this key: found, or made with this number and epoch. `Written::Log`.
    Open {
        /// Which.
        key: LogKey,
        /// Its number, if it is new.
        log: LogId,
        /// Its epoch, if it is new.
        epoch: u32,
        /// What it is called, if it is new.
        name: String,
    },
    /// A line. `Written::Line`.
    Line(NewLine),
    /// A log is as slow as this from now on.
    Slow {
        /// Which.
        log: LogId,
        /// Seconds between two lines of one author.
        seconds: u16,
    },
    /// How an account stands to a log from now on; its marks only rise. Whoever comes into one that
    /// is no whisper reads only what is stored after that, whatever `since` says below; of whoever
    /// is in already `since` only rises. `Written::Member`.
    Member {
        /// To which.
        log: LogId,
        /// How.
        member: Membership,
    },
    /// How far an account got; never goes back, never past the log's end. Without a membership it
    /// makes one of somebody who may read everything.
    Mark {
        /// In which log.
        log: LogId,
        /// Who.
        account: AccountId,
        /// Every line below this arrived.
        delivered: u64,
        /// Every line below this was seen.
        read: u64,
    },
    /// A reaction is there from now on, or gone. One more sign than a line may have is not kept.
    /// `Written::Reactions`.
    React {
        /// In which log.
        log: LogId,
        /// To which line.
        offset: u64,
        /// Whose.
        account: AccountId,
        /// The sign.
        sign: String,
        /// Whether it is there.
        on: bool,
    },
    /// A new account. `Written::Taken` when the number, the skeleton or the subject is there.
    Register(Account),
    /// Another role.
    Role(AccountId, Role),
    /// The number of an admission token was used; it is remembered until `until`.
    /// `Written::Taken` when it was used before.
    UseToken {
        /// Issuer and number of the token.
        id: String,
        /// When the token would not be good any more anyway.
        until: Millis,
    },
    /// A key that brings an account back; only its digest is kept. `Written::Taken` when it brings
    /// back another one.
    Key {
        /// SHA-256 of the key.
        digest: [u8; 32],
        /// Whose.
        account: AccountId,
        /// The only room it opens; all without one.
        room: Option<String>,
        /// Until when it is good.
        until: Millis,
    },
    /// Such a key is good for longer, if it is good at all: `Written::Missing` when it was dropped.
    ProlongKey {
        /// SHA-256 of the key.
        digest: [u8; 32],
        /// Whose.
        account: AccountId,
        /// Until when it is good.
        until: Millis,
    },
    /// No key of this account is good any more.
    DropKeys(AccountId),
    /// Somebody is held to something; `until` in the past ends it.
    Hold(Held),
    /// An account hears nothing from another, or again.
    Block {
        /// Who hears.
        account: AccountId,
        /// From whom.
        other: AccountId,
        /// That one's name now.
        name: String,
        /// Whether from now on.
        on: bool,
    },
    /// An account is told how another is present, or no more.
    Follow {
        /// Who is told.
        account: AccountId,
        /// Of whom.
        other: AccountId,
        /// That one's name now.
        name: String,
        /// Whether from now on.
        on: bool,
    },
    /// A report: kept with the lines around the one it is about, once for each who reports it.
    Report {
        /// By whom.
        by: AccountId,
        /// In which log.
        log: LogId,
        /// Which line.
        offset: u64,
        /// Why.
        why: String,
    },
    /// What somebody with a role did.
    Audit {
        /// Who.
        by: AccountId,
        /// What, in words.
        what: String,
    },
    /// Several in one commit: `Written::Done`, or where one is a line the answer to that; or the
    /// answer of the first that was not stored, or was before, after which none is stored. No other
    /// than the first may be one of these.
    All(Vec<Write>),
    /// Forgets what is too old: lines past these bounds, used tokens, ended sanctions, keys, what
    /// is kept of guests (but for whispers that wait for them), and logs without a line that were
    /// not of use since: parties and groups once all have left, all others but the server's
    /// whoever is in them. Some of it at a time.
    /// `Written::Pruned`.
    Prune {
        /// Lines of each log at the most.
        lines_max: u64,
        /// Lines that are older go.
        before: Millis,
    },
}

/// What a write led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is stored.
    Done,
    /// An account stands to a log as was wanted, and may read from this offset on.
    Member {
        /// As the store has it, which may be more than was wanted.
        since: u64,
    },
    /// A log.
    Log(LogHead),
    /// A line has its offsets, in the order of its logs.
    Line {
        /// The first of its logs.
        log: LogId,
        /// In each log.
        offsets: Vec<u64>,
        /// When it was stored.
        at: Millis,
        /// It was stored before, in that log and with these offsets, whatever logs it is for now:
        /// it reached its readers then.
        known: bool,
    },
    /// All reactions to the line: sign and who.
    Reactions(Vec<(String, Vec<AccountId>)>),
    /// What was too old is forgotten, or the oldest part of it.
    Pruned {
        /// Whether there is more of it for another turn.
        more: bool,
    },
    /// What must be unique is there already.
    Taken,
    /// The log, line or account is not there: nothing was stored.
    Missing,
}

impl Written {
    /// Whether what was wanted is stored, by a write that nothing more than that is told of.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Written::Done | Written::Member { .. })
    }
}

/// Something that is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The logs an account is or was a member of, at most [`crate::limits::STORE_FOUND_MAX`]: those
    /// it is in first, of them parties and groups, then those used last. `Found::Desk`.
    Desk(AccountId),
    /// Lines of a log, oldest first, `from <= offset < below`, at most `count`: the oldest of them,
    /// or the newest. `Found::Lines`.
    Lines {
        /// Of which log.
        log: LogId,
        /// The lowest offset.
        from: u64,
        /// Above the highest offset.
        below: u64,
        /// How many at the most.
        count: usize,
        /// Whether the newest are wanted when there are more.
        newest: bool,
    },
    /// The reactions to lines of a log that have any, `from <= offset < below`.
    /// `Found::Reactions`.
    Reactions {
        /// Of which log.
        log: LogId,
        /// The lowest offset.
        from: u64,
        /// Above the highest offset.
        below: u64,
    },
    /// Where the line of this author and client id is, also when it is not kept any more, as long
    /// as it would be known again. `Found::Stored`.
    Stored(AccountId, u64),
    /// Who is or was in a log. `Found::Members`.
    Members(LogId),
    /// Who is or was in the whisper of these two. `Found::Members`.
    Whisper(AccountId, AccountId),
    /// The account of this number. `Found::Account`.
    Account(AccountId),
    /// The account whose name has this skeleton. `Found::Account`.
    Skeleton(String),
    /// The account an issuer vouches for: issuer and subject. `Found::Account`.
    Subject(String),
    /// The account that the key of this digest brings back at this time. `Found::Key`.
    Key([u8; 32], Millis),
    /// All names that are taken. `Found::Names`.
    Names,
    /// Whoever is held to something at this time. `Found::Held`.
    Held(Millis),
    /// The newest reports below a number, as JSON lines. `Found::Texts`.
    Reports {
        /// Above the newest of them.
        below: u64,
        /// How many at the most.
        count: usize,
    },
    /// The newest entries of the audit log below a number, as JSON lines. `Found::Texts`.
    Audit {
        /// Above the newest of them.
        below: u64,
        /// How many at the most.
        count: usize,
    },
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The logs of an account with its own membership, and whom it blocks and follows.
    Desk {
        /// Logs and how the account stands to each.
        logs: Vec<(LogHead, Membership)>,
        /// Who owns the logs that it may come into, and under which name.
        hosts: Vec<(LogId, AccountId, String)>,
        /// Whom it hears nothing from: with the name of the account, or a guest's at the time.
        blocked: Vec<(AccountId, String)>,
        /// Of whom it is told, with names as there.
        followed: Vec<(AccountId, String)>,
    },
    /// Lines.
    Lines(Vec<Line>),
    /// Reactions, by offset.
    Reactions(Vec<LineReactions>),
    /// The first log of a line and its offset there; none when it is not stored, as far as is
    /// known.
    Stored(Option<(LogId, u64)>),
    /// Members, by account.
    Members(Vec<Membership>),
    /// An account, or none.
    Account(Option<Account>),
    /// Whom a key brings back, or nobody.
    Key(Option<KeyOwner>),
    /// Skeletons of names, each with its account: [`crate::limits::ACCOUNTS_MAX`] or a few more.
    Names(Vec<(String, AccountId)>),
    /// Whoever is held to something.
    Held(Vec<Held>),
    /// Texts and their numbers, newest first.
    Texts(Vec<(u64, String)>),
}

/// Why the store did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// Too much waits already, or somebody else holds the store for too long.
    Busy,
    /// There is no space left.
    Full,
    /// Anything else; the log says what.
    Failed,
}

impl StoreFault {
    /// What its asker is told.
    #[must_use]
    pub const fn refusal(self) -> ChatRefusal {
        match self {
            StoreFault::Busy => ChatRefusal::StoreBusy,
            StoreFault::Full => ChatRefusal::StoreFull,
            StoreFault::Failed => ChatRefusal::StoreFailed,
        }
    }

    /// What an operator is told.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            StoreFault::Busy => "the store is busy: try again",
            StoreFault::Full => "the store has no space left: free some on its disk",
            StoreFault::Failed => "the store failed: see the server's log",
        }
    }
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for StoreFault {}
