//! Bounds of the gateway: of what bots, dashboards and bridges may ask, and of the webhook.

use std::time::Duration;

/// HTTP connections that `web.connections_max` must allow for each visitor at the desk: streams,
/// long polls and lines under way, of all accounts. A visitor beyond is refused with 503: pages,
/// logins and links need the other places.
pub const CONNECTIONS_PER_VISITOR: usize = 2;

/// Visitors at the most of a lobby that is told of no HTTP connections, as in tests.
pub const VISITORS_MAX: usize = 512;

/// The same of one account. A further one is refused with 429.
pub const VISITORS_PER_ACCOUNT_MAX: usize = 32;

/// Packets of chat that wait for one visitor at the most. With one more it counts as too slow: it
/// is ended, and may go on from its cursor.
pub const VISITOR_PACKETS_MAX: usize = 256;

/// Parts of a stream that wait for its connection to take them; then nothing more is made.
pub const STREAM_PARTS_MAX: usize = 4;

/// Time until an answer of the gateway that waits for nobody. Then it is refused with 503.
pub const GATEWAY_TIME_MAX: Duration = Duration::from_secs(10);

/// Seconds that a long poll may ask to wait at the most. More are refused with 400.
pub const LONG_POLL_SECONDS_MAX: u32 = 30;

/// Lines in one answer at the most; the rest is asked for from there on.
pub const LINES_PER_ANSWER_MAX: usize = 96;

/// Time a stream lasts at the most, so that it ends before its connection does. Its reader goes
/// on from its cursor.
pub const STREAM_SECONDS_MAX: u32 = 540;

/// Time that a connection has left when its streams end at the latest, also where it was used for
/// other requests before.
pub const STREAM_ENDS_BEFORE: Duration = Duration::from_secs(30);

const _: () = assert!(
    STREAM_SECONDS_MAX as u64 + STREAM_ENDS_BEFORE.as_secs()
        <= super::PUBLIC_CONNECTION_TIME_MAX.as_secs()
);

/// Milliseconds after which the reader of a stream that ended is to come again.
pub const STREAM_RETRY_MS: u32 = 1_000;

/// Time between two signs of life of a stream that has nothing to say.
pub const STREAM_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// Bytes of the id that a bot gives a line at the most. A line with a longer one is refused.
pub const CLIENT_ID_BYTES_MAX: usize = 64;

/// Requests of operators about bots and announcements that wait at the most. A further one is
/// refused with 503.
pub const OFFICE_WAITING_MAX: usize = 16;

/// Fates of announcements that wait in the desk for the host at the most; it takes them at once.
/// Whoever asked for one beyond is told after [`GATEWAY_TIME_MAX`] that the server is busy, and
/// keeps nobody's place from then on.
pub const ANNOUNCED_WAITING_MAX: usize = 2 * OFFICE_WAITING_MAX;

/// Whispers to those who are offline that wait in the desk for the webhook at the most; it takes
/// them at once. One beyond is not told outside.
pub const MISSED_WAITING_MAX: usize = 256;

/// Messages that wait for the webhook at the most. One beyond is dropped and counted; the whisper
/// waits in its inbox all the same.
pub const WEBHOOK_WAITING_MAX: usize = 1_024;

/// Messages under way to the webhook at the same time.
pub const WEBHOOK_AT_ONCE_MAX: usize = 4;

/// Time for one try, from dialling to the status of the answer. Then it counts as failed.
pub const WEBHOOK_TIME_MAX: Duration = Duration::from_secs(10);

/// Times a message is tried. Then it is given up and counted.
pub const WEBHOOK_TRIES_MAX: u32 = 6;

/// Pause before the second try; each further one is twice as long.
pub const WEBHOOK_PAUSE: Duration = Duration::from_secs(1);

/// Bytes of the webhook's secret at the least. A shorter one fails the start.
pub const WEBHOOK_SECRET_BYTES_MIN: usize = 16;

/// The same at the most. A longer one fails the start.
pub const WEBHOOK_SECRET_BYTES_MAX: usize = 4_096;
