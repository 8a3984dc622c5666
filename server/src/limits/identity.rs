//! Bounds of logging in and of finding out who somebody is.

use std::time::Duration;

/// From a Hello with a credential to its answer. A slower link is closed.
pub const ADMISSION_TIME_MAX: Duration = Duration::from_secs(5);

/// Links whose players wait to be found out at the most. A further one is refused: "server full".
pub const ADMISSIONS_WAITING_MAX: usize = 1_024;

/// How long an admission token of this server, or of an issuer of PASETO, may be good in all. One
/// that says it is good for longer is refused.
pub const TOKEN_TIME_MAX: Duration = Duration::from_secs(60);

/// How long a JWT of another issuer may be good in all. One for longer is refused.
pub const JWT_TIME_MAX: Duration = Duration::from_secs(24 * 3_600);

/// How far an issuer's clock may be off.
pub const TOKEN_LEEWAY: Duration = Duration::from_secs(30);

/// Bytes of the number of a token at the most. A token with a longer one is refused.
pub const TOKEN_ID_BYTES_MAX: usize = 128;

/// Bytes of the subject of a token at the most. A token with a longer one is refused.
pub const TOKEN_SUBJECT_BYTES_MAX: usize = 255;

/// How long a key brings an account back once it was made or prolonged. A use prolongs it when half
/// of that is over, so that it lasts 45 to 90 days after it was used last.
pub const RETURN_KEY_TIME: Duration = Duration::from_secs(90 * 24 * 3_600);

/// Keys that bring one account back, of all its devices. For a further one that which ends first
/// goes.
pub const KEYS_PER_ACCOUNT_MAX: usize = 32;

/// Accounts at the most, all of whose names are in memory: some 200 MB. Past it nobody registers,
/// and who was never here is not let in by another issuer.
pub const ACCOUNTS_MAX: usize = 1_000_000;

/// Bytes of a password at the least. A registration with a shorter one is refused.
pub const PASSWORD_BYTES_MIN: usize = 8;

/// Bytes of a password at the most. A longer one is refused.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// Memory of one Argon2id, in KiB, and how often it is gone through (OWASP).
pub const ARGON2_MEMORY_KIB: u32 = 19_456;

/// See [`ARGON2_MEMORY_KIB`].
pub const ARGON2_PASSES: u32 = 2;

/// Passwords that are hashed at the same time at the most; one where there are few processors. They
/// are all the memory that logging in takes.
pub const PASSWORD_PERMITS_MAX: usize = 2;

/// Logins and registrations that wait for a permit at the most. A further one is refused with 429.
pub const LOGINS_WAITING_MAX: usize = 32;

/// Tokens that were shown and are kept in memory at the most, so that replays cost no commit. Past
/// it half of them are forgotten; the store has all that were used, and one that let nobody in
/// because the store was late is used then all the same.
pub const TOKENS_SPENT_MAX: usize = 16_384;

/// Changes of roles that wait at the most. A further one is refused with 503.
pub const ROLES_WAITING_MAX: usize = 16;

/// Time a login may wait for its answer. Then it is refused with 503.
pub const LOGIN_TIME_MAX: Duration = Duration::from_secs(15);

/// Logins to one account a minute, and at once, from all networks that never logged in to it; from
/// one that did as many again. More are refused with 429.
pub const LOGINS_PER_ACCOUNT_AND_MINUTE: u32 = 5;

/// Logins and registrations of one address a minute, and at once; loopback is exempt. More are
/// refused with 429.
pub const LOGINS_PER_ADDRESS_AND_MINUTE: u32 = 20;

/// Accounts and addresses whose logins are counted, of each. For a further one those are forgotten
/// who may try as often as anybody again; where there are none it is refused with 429, and counted.
pub const LOGINS_COUNTED_MAX: usize = 4_096;

/// Time between two looks for those who may be forgotten. Meanwhile further ones are refused.
pub const LOGINS_FORGET_EVERY: Duration = Duration::from_secs(1);

/// Networks that are known to have logged in to an account, of all accounts. At the bound those
/// that did first are forgotten, and then count as strangers.
pub const LOGIN_HOMES_MAX: usize = 16_384;

/// Names tried for a player of another issuer whose name is taken. Then it is refused.
pub const NAMES_TRIED_MAX: usize = 64;

/// Bytes of the list of reserved names at the most. A longer one fails the start.
pub const RESERVED_NAMES_BYTES_MAX: u64 = 64 * 1_024;

/// Issuers at the most. More fail the start.
pub const ISSUERS_MAX: usize = 16;
