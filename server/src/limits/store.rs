//! Bounds of the store.
//!
//! Nothing here is configuration: what an operator may change stands in [`crate::config`].

use std::time::Duration;

/// Writes that wait for the store at the most, those in its hands included. A further one is
/// refused: "the store is busy".
pub const STORE_WRITES_WAITING_MAX: usize = 4_096;

/// Queries that wait for the store at the most. A further one is refused: "the store is busy".
pub const STORE_QUERIES_WAITING_MAX: usize = 1_024;

/// Writes in one commit at the most. More go into the next.
pub const STORE_COMMIT_WRITES_MAX: usize = 512;

/// How long somebody else may hold the store. Then whatever waits for it is refused.
pub const STORE_LOCKED_TIME_MAX: Duration = Duration::from_secs(60);

/// How long a server that starts waits for a store that somebody else holds. Then it does not
/// start.
pub const STORE_OPEN_TIME_MAX: Duration = Duration::from_secs(5);

/// How long one try to get hold of the store waits; then the next is made.
pub const STORE_LOCK_STEP: Duration = Duration::from_millis(50);

/// Without a good commit for so long the store counts as degraded, however it failed.
pub const STORE_DEGRADED_AFTER: Duration = Duration::from_millis(500);

/// How long a server that ends waits for a store that somebody else holds.
pub const STORE_CLOSE_TIME_MAX: Duration = Duration::from_secs(2);

/// Writes of one commit that fail one by one until the others of it are refused untried.
pub const STORE_FAILED_TRIES_MAX: usize = 16;

/// How often a degraded store is tried out.
pub const STORE_TRY_EVERY: Duration = Duration::from_millis(500);

/// How often what is too old is forgotten.
pub const STORE_PRUNE_EVERY: Duration = Duration::from_secs(300);

/// Rows that are forgotten in one commit at the most: lines, logs and who is in them, tokens, keys
/// and sanctions together, and rows of guests of each kind beside them. The rest is for the next.
pub const STORE_PRUNE_LINES_MAX: usize = 2_000;

/// Logs that are looked at in one commit at the most for what is too old in them. The next go on
/// from there.
pub const STORE_PRUNE_LOGS_MAX: usize = 2_000;

/// How long after it was stored a line is known when it comes again, though it was forgotten
/// meanwhile because there are too many. One that is forgotten for its age is older than that.
pub const STORE_KNOWN_TIME: Duration = Duration::from_secs(3_600);

/// Lines, texts, logs of an account, or accounts it blocks or follows, that one query finds at the
/// most. More are not given.
pub const STORE_FOUND_MAX: usize = 1_024;

/// Accounts behind all signs of a line together. A further one's reaction is not kept.
pub const STORE_REACTIONS_PER_LINE_MAX: usize = 1_024;

/// Lines before the one that a report is about and that are kept with it.
pub const REPORT_LINES_BEFORE: u64 = 15;

/// Lines after it.
pub const REPORT_LINES_AFTER: u64 = 4;

/// Reports that are kept. Past that the oldest go.
pub const STORE_REPORTS_MAX: usize = 10_000;

/// Reports, or entries of the audit log, that operators get at once at the most. The rest is on the
/// next pages.
pub const RECORDS_PAGE_MAX: usize = 100;

const _: () = assert!(RECORDS_PAGE_MAX <= STORE_FOUND_MAX);

/// Entries of the audit log that are kept. Past that the oldest go.
pub const STORE_AUDIT_MAX: usize = 100_000;

/// Bytes that trying a degraded store out writes; no more than some lines.
pub const STORE_PROBE_BYTES: u32 = 64 * 1_024;

/// Prepared statements that a connection to the store keeps. The one that was used longest ago goes
/// for a further one.
pub const STORE_STATEMENTS_CACHED: usize = 64;

/// Bytes of the write-ahead log that are kept when it starts again from its beginning. What it grew
/// beyond is given back.
pub const STORE_WAL_BYTES_KEPT: u32 = 16 * 1_024 * 1_024;

/// Commits after which the log beside the file is carried into it, beside the next ones.
pub const STORE_BACKFILL_COMMITS: u32 = 64;

/// Pages of 4 KiB in that log from which on a commit carries it by itself. Most of it was carried
/// before, so that this does not take long.
pub const STORE_WAL_PAGES_MAX: u32 = 4_096;

const _: () = assert!(STORE_WAL_PAGES_MAX * 4_096 <= STORE_WAL_BYTES_KEPT);
