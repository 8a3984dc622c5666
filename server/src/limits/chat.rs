//! Bounds of chat: of what one account may say, and of what moderators say of it.
//!
//! Nothing here is configuration: what an operator may change stands in [`crate::config`].

use std::time::Duration;

use tickwire_shared::limits::CHAT_UNACKED_MAX;

use super::SILENCE_TIME_MAX;

/// Times a second chat is told where the players of a room are. Another team is told at once.
pub const WHEREABOUTS_PER_SECOND: u16 = 6;

/// Lines of one account a second, unless configured otherwise. More are refused one by one.
pub const ACCOUNT_LINES_PER_SECOND: u32 = 1;

/// Lines of one account at once. More are refused one by one.
pub const ACCOUNT_LINES_BURST: u32 = 10;

/// Times an account may say the same within [`REPEATS_TIME`]. Once more is refused.
pub const REPEATS_MAX: usize = 2;

/// How long a text counts as said.
pub const REPEATS_TIME: Duration = Duration::from_secs(10);

/// Texts of one account that are compared with a new one; the oldest go. As many as an account can
/// write in [`REPEATS_TIME`] unless configured otherwise.
pub const REPEATS_REMEMBERED: usize = 32;

/// Slow logs in which one account may have to wait at the same time. In a further one it has to
/// wait until it may write in one of them.
pub const SLOW_LOGS_MAX: usize = 16;

/// People an account may whisper to for the first time within [`STRANGERS_TIME`]. A whisper to a
/// further one is refused.
pub const STRANGERS_MAX: usize = 20;

/// See [`STRANGERS_MAX`].
pub const STRANGERS_TIME: Duration = Duration::from_secs(60);

/// People an account whispered to that are no strangers; the oldest go, and count anew.
pub const STRANGERS_REMEMBERED: usize = 64;

/// Words in one list of the word filter at the most. A longer list is not taken, and the one from
/// before stays in use.
pub const WORDS_MAX: usize = 20_000;

/// Bytes of a word in such a list at the most. A list with a longer one is not taken.
pub const WORD_BYTES_MAX: usize = 64;

/// Bytes of such a list at the most. A longer one is not taken.
pub const WORD_LIST_BYTES_MAX: usize = 1_024 * 1_024;

/// Sanctions in force at the most; beyond, the one that ends first is forgotten until a restart.
pub const SANCTIONS_MAX: usize = 65_536;

/// Accounts one account watches at the most: friends, and members of what it is in. A further one
/// is not watched.
pub const WATCHED_MAX: usize = 512;

/// Accounts that are watched at the most, counted once for each watcher. A further one is not.
pub const WATCHES_MAX: usize = 1 << 18;

/// How long an account without a link is shown as before: most come back.
pub const OFFLINE_AFTER: Duration = Duration::from_secs(5);

/// Time between two tellings of who came and went. What happens between them is told together.
pub const PRESENCE_TURN: Duration = Duration::from_millis(500);

const _: () = assert!(
    SILENCE_TIME_MAX.as_millis() + OFFLINE_AFTER.as_millis() + 2 * PRESENCE_TURN.as_millis()
        < 12_000,
    "whoever crashed must be shown as offline within 12 s"
);

/// Time between two signs that the player of a session is typing. More are dropped.
pub const TYPING_EVERY: Duration = Duration::from_secs(1);

/// The same in one log. More are dropped.
pub const TYPING_LOG_EVERY: Duration = Duration::from_secs(2);

/// Combining marks of one reaction at the most. One with more is refused.
pub const SIGN_MARKS_MAX: usize = 4;

/// Chat lines a newcomer is sent from before it came.
pub const CHAT_TAIL_MAX: u64 = 32;

/// Lines of an account whose places are remembered to answer a repeated one without the store. For
/// a further one the oldest of them is forgotten. Those on their way into the store are as many as
/// [`STORE_TASKS_MAX`] and [`CHAT_WAITING_MAX`] allow.
pub const CHAT_IDS_REMEMBERED: usize = 64;

/// Sessions that are told what became of one line, while it is on its way into the store: as many
/// as an account may have visitors. For a further one that asks, the first is told no more; it
/// asks again.
pub const LINE_ASKERS_MAX: usize = super::VISITORS_PER_ACCOUNT_MAX;

/// How long they are remembered after its last session ended.
pub const CHAT_IDS_TIME: Duration = Duration::from_secs(600);

/// Questions of one account whether a line that would be refused is stored already, a second. At
/// the bound the line is refused without one.
pub const RECALLS_PER_SECOND: u32 = 1;

/// The same at once: as many lines as a client may send again when it comes back.
pub const RECALLS_BURST: u32 = CHAT_UNACKED_MAX as u32;

/// Such questions of one account that wait for the store at the most; beyond as above.
pub const RECALLS_PER_ACCOUNT_MAX: usize = CHAT_UNACKED_MAX;

/// Such questions of all that wait for the store at the most, so that they leave most of
/// [`STORE_TASKS_MAX`] to what is said; beyond as above.
pub const RECALLS_MAX: usize = 1_024;

/// Questions and writes the store has not answered at the most. What would be one more is refused:
/// "store busy".
pub const STORE_TASKS_MAX: usize = 4_096;

/// Lines for a log, or wishes, that wait while the store opens it at the most. One more is refused:
/// "store busy".
pub const CHAT_WAITING_MAX: usize = 64;

/// How long after a fault of the store it is asked again for what must be known.
pub const STORE_RETRY_TIME: Duration = Duration::from_secs(1);

/// Whispers, parties and groups of one account that are open at the most. A further party or group
/// is refused, and of whispers those with something unread come first.
pub const ACCOUNT_LOGS_MAX: usize = 256;

/// Whispers, parties, groups and invitations that one session is told of between two turns at the
/// most; the rest follow, so that a link is not filled by them.
pub const OPENINGS_PER_TURN: usize = 16;

/// Members of a party, with those who may come in. A further one is refused.
pub const PARTY_MEMBERS_MAX: usize = 8;

/// Members of a group, with those who may come in. A further one is refused.
pub const GROUP_MEMBERS_MAX: usize = 32;

/// Accounts one account blocks, or follows, at the most. A further one is refused. A client is told
/// of all that the store knows, which may be a few more: those asked for while one was stored.
pub const NEIGHBOURS_MAX: usize = 256;

/// Accounts that left whose names are remembered, so that they can be whispered to; the oldest go.
pub const LEFT_REMEMBERED: usize = 4_096;

/// Questions, reactions, pages, and whispers to somebody who must be looked up, of one session a
/// second. More are refused, or come to nothing.
pub const ASKS_PER_SECOND: u32 = 4;

/// The same at once.
pub const ASKS_BURST: u32 = 40;

/// Marks of one session a second: how far it got. Of more the newest of each log waits.
pub const MARKS_PER_SECOND: u32 = 8;

/// The same at once.
pub const MARKS_BURST: u32 = 64;

/// Lines one account reports within [`REPORTS_TIME`]. A further report is refused, and the same one
/// again is taken for the first.
pub const REPORTS_MAX: usize = 20;

/// See [`REPORTS_MAX`].
pub const REPORTS_TIME: Duration = Duration::from_secs(3_600);

/// Accounts of which it is remembered what they reported. Beyond, the one that did so longest ago
/// counts anew.
pub const REPORTERS_MAX: usize = 4_096;

/// Seconds of slow mode at the most. More are refused.
pub const SLOW_SECONDS_MAX: u16 = 3_600;

/// Accounts whose limits are remembered at the most, more than there can be links. Beyond, those
/// that are as good as new go, or else the half that was not used for longest.
pub const PENS_MAX: usize = 16_384;
