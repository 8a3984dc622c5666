//! What one account may write: how much, how often, and to how many strangers.
//!
//! Never knows a right or a sanction, and never judges a line that is stored already: whoever asks
//! looks up the client id first. A line that is refused costs nothing, so that it may be written
//! again when the time has come.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_shared::chat::{TextFault, check_line};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::limits::CHAT_BYTES_MAX;
use tickwire_shared::time::Instant;
use tickwire_shared::wire::ChatRefusal;
use unicode_normalization::UnicodeNormalization as _;

use super::Refusal;
use crate::engine::limiter::Bucket;
use crate::limits::{
    ACCOUNT_LINES_BURST, REPEATS_MAX, REPEATS_REMEMBERED, REPEATS_TIME, SLOW_LOGS_MAX,
    STRANGERS_MAX, STRANGERS_REMEMBERED, STRANGERS_TIME,
};

/// A line somebody wants to say.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    /// As it came.
    pub text: &'a str,
    /// The log it goes to, if it is a slow one for this account, and seconds between two lines.
    pub slow: Option<(LogId, u16)>,
    /// Whom it is whispered to.
    pub whisper_to: Option<AccountId>,
}

/// What a line took, to be given back when nobody gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    gist: u64,
    at: Instant,
    slow: Option<LogId>,
    met: Option<AccountId>,
}

/// The limits of one account.
#[derive(Clone, Debug)]
pub struct Pen {
    /// `None` when nothing is limited by time.
    bucket: Option<Bucket>,
    /// What was said lately: what it comes down to, and when.
    said: VecDeque<(u64, Instant)>,
    /// To whom something was whispered lately, and when for the first time.
    strangers: VecDeque<(AccountId, Instant)>,
    /// Slow logs this account wrote to, and until when it must wait there at the least.
    slowed: VecDeque<(LogId, Instant, Instant)>,
}

impl Pen {
    /// The limits of an account that wrote nothing lately. `lines_per_second` is
    /// [`crate::limits::ACCOUNT_LINES_PER_SECOND`] unless configured otherwise; with 0 an account
    /// may write as much, as often the same and to as many as it likes.
    #[must_use]
    pub fn new(lines_per_second: u32, now: Instant) -> Pen {
        let burst = ACCOUNT_LINES_BURST.max(lines_per_second);
        let limited = lines_per_second > 0;
        Pen {
            bucket: limited.then(|| Bucket::new(lines_per_second, burst, now)),
            said: VecDeque::new(),
            strangers: VecDeque::new(),
            slowed: VecDeque::new(),
        }
    }

    /// Takes a line: its text as it is to be stored, in NFC, and what it took.
    ///
    /// # Errors
    /// Why not; then nothing has changed.
    pub fn judge(&mut self, now: Instant, line: &Intent<'_>) -> Result<(String, Price), Refusal> {
        let text = normalised(line.text)?;
        self.forget(now);
        if let Some((log, seconds)) = line.slow {
            self.check_slow(now, log, seconds)?;
        }
        let gist = gist(&text);
        if let Some(bucket) = &mut self.bucket {
            check_repeats(&self.said, now, gist)?;
            if let Some(whom) = line.whisper_to {
                check_strangers(&self.strangers, now, whom)?;
            }
            if !bucket.take(now, 1) {
                let seconds = bucket.seconds_until(1);
                return Err(refusal(ChatRefusal::TooFast, seconds));
            }
            push(&mut self.said, REPEATS_REMEMBERED, (gist, now));
            self.meet(now, line.whisper_to);
        }
        if let Some((log, seconds)) = line.slow {
            let until = now + Duration::from_secs(seconds.into());
            self.slowed.retain(|&(other, ..)| other != log);
            self.slowed.push_back((log, now, until));
        }
        let price = Price {
            gist,
            at: now,
            slow: line.slow.map(|(log, _)| log),
            met: line.whisper_to,
        };
        Ok((text, price))
    }

    /// A line that was taken is not stored: it may be said again as if it had not been.
    pub fn give_back(&mut self, price: Price) {
        if let Some(bucket) = &mut self.bucket {
            bucket.give_back(1);
        }
        let (gist, at) = (price.gist, price.at);
        if let Some(same) = self.said.iter().rposition(|said| *said == (gist, at)) {
            self.said.remove(same);
        }
        // Whoever was met before stays so.
        (self.strangers).retain(|&(whom, met)| Some(whom) != price.met || met != at);
        (self.slowed).retain(|&(log, said, _)| Some(log) != price.slow || said != at);
    }

    /// Whether a new pen would be the same, so that this one may be dropped.
    pub fn is_unused(&mut self, now: Instant) -> bool {
        self.forget(now);
        let full = self
            .bucket
            .as_mut()
            .is_none_or(|bucket| bucket.is_full(now));
        full && self.said.is_empty() && self.strangers.is_empty() && self.slowed.is_empty()
    }

    /// How many things are remembered, of all kinds.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.said.len() + self.strangers.len() + self.slowed.len()
    }

    /// Drops what is too old to matter.
    fn forget(&mut self, now: Instant) {
        let old = |at: Instant, time| at + time <= now;
        self.said.retain(|&(_, at)| !old(at, REPEATS_TIME));
        self.slowed.retain(|&(_, _, until)| until > now);
        let strangers = &mut self.strangers;
        // Whoever was met a while ago is a stranger no more.
        strangers.retain(|&(_, at)| !old(at, 10 * STRANGERS_TIME));
    }

    fn check_slow(&self, now: Instant, log: LogId, seconds: u16) -> Result<(), Refusal> {
        let slow = Duration::from_secs(seconds.into());
        let known = self.slowed.iter().find(|&&(other, ..)| other == log);
        let until = match known {
            Some(&(_, at, _)) => at + slow,
            None if self.slowed.len() < SLOW_LOGS_MAX => now,
            None => self.slowed.iter().map(|entry| entry.2).min().unwrap_or(now),
        };
        still(ChatRefusal::SlowMode, now, until)
    }

    fn meet(&mut self, now: Instant, whom: Option<AccountId>) {
        let Some(whom) = whom else { return };
        if !self.strangers.iter().any(|&(other, _)| other == whom) {
            push(&mut self.strangers, STRANGERS_REMEMBERED, (whom, now));
        }
    }
}

/// The text in NFC, if it is text and fits.
fn normalised(text: &str) -> Result<String, Refusal> {
    if text.len() > CHAT_BYTES_MAX {
        return Err(Refusal::lasting(ChatRefusal::TooLong));
    }
    let text: String = text.nfc().collect();
    match check_line(&text) {
        Ok(()) => Ok(text),
        Err(fault) => Err(Refusal::lasting(match fault {
            TextFault::Empty => ChatRefusal::Empty,
            TextFault::TooLong => ChatRefusal::TooLong,
            TextFault::Character(_) => ChatRefusal::BadText,
        })),
    }
}

/// A text without what a repetition is usually disguised by: case and blanks. FNV-1a, 64 bits.
fn gist(text: &str) -> u64 {
    let letters = text.chars().filter(|c| !c.is_whitespace());
    letters
        .flat_map(char::to_lowercase)
        .fold(0xCBF2_9CE4_8422_2325, |hash, c| {
            (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01B3)
        })
}

fn check_repeats(said: &VecDeque<(u64, Instant)>, now: Instant, gist: u64) -> Result<(), Refusal> {
    let mut same = said.iter().rev().filter(|&&(other, _)| other == gist);
    // The one that must be over before the text may come again.
    let until = same.nth(REPEATS_MAX - 1).map(|&(_, at)| at + REPEATS_TIME);
    still(ChatRefusal::Repeated, now, until.unwrap_or(now))
}

fn check_strangers(
    met: &VecDeque<(AccountId, Instant)>,
    now: Instant,
    whom: AccountId,
) -> Result<(), Refusal> {
    if met.iter().any(|&(other, _)| other == whom) {
        return Ok(());
    }
    let until = met.iter().rev().nth(STRANGERS_MAX - 1);
    let until = until.map(|&(_, at)| at + STRANGERS_TIME);
    still(ChatRefusal::TooFast, now, until.unwrap_or(now))
}

/// Refuses until then.
fn still(reason: ChatRefusal, now: Instant, until: Instant) -> Result<(), Refusal> {
    let micros = (until - now).as_micros();
    if micros == 0 {
        return Ok(());
    }
    let seconds = u32::try_from(micros.div_ceil(1_000_000)).unwrap_or(u32::MAX);
    Err(refusal(reason, seconds))
}

fn refusal(reason: ChatRefusal, seconds: u32) -> Refusal {
    Refusal { reason, seconds }
}

fn push<T>(queue: &mut VecDeque<T>, most: usize, item: T) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}
