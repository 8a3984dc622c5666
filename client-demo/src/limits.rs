//! Bounds of what a player's program keeps and shows of chat, and what happens when each is hit.
//!
//! Nothing here is configuration. Bounds of what is sent and received stand in
//! [`tickwire_shared::limits`].

use core::time::Duration;

/// Lines of a log that is open in the panel; at that many nothing older is asked for.
pub const SHELF_MAX: usize = 500;

/// Lines of a log that is not open in the panel; the oldest go, and can be asked for.
pub const SHELF_CLOSED_MAX: usize = 100;

/// Names of accounts that are remembered; for a further one the one heard of longest ago goes, and
/// is called "somebody" until it is heard of again.
pub const NAMES_MAX: usize = 2_048;

/// Lines that were not taken and are still shown; the oldest goes.
pub const FAILED_MAX: usize = 16;

/// Untaken notices; the oldest goes.
pub const NOTICES_MAX: usize = 16;

/// People that are listed; further ones are not.
pub const PEOPLE_MAX: usize = 256;

/// Letters of a line of people where they are told in words; a name that does not fit begins
/// another line.
pub const PEOPLE_WORDS_MAX: usize = 60;

/// Lines of people where they are told in words; how many more there are is said.
pub const PEOPLE_LINES_MAX: usize = 5;

/// Lines of names of those who are blocked, in words; how many more there are is said.
pub const BLOCKED_LINES_MAX: usize = 40;

/// Commands that are offered; further ones are not.
pub const OFFERED_MAX: usize = 8;

/// How long no older lines are asked for after a page came without any, though there are some: the
/// server could not read them then. After that scrolling asks again.
pub const OLDER_RESTS: Duration = Duration::from_secs(3);

/// Lines that wait for a place in the terminal; past it the oldest is shown at once.
pub const TERMINAL_QUEUE_MAX: usize = 256;

/// Acts of a player at the terminal that wait to be handled; further ones are dropped, which a
/// person cannot produce.
pub const TERMINAL_ACTS_MAX: usize = 1_024;

/// Bytes of one act of the page; a longer one is none.
pub const ACT_BYTES_MAX: usize = 4_096;
