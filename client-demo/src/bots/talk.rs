//! What bots say, and when.
//!
//! Never says the same bot's lines in the same order for another seed.

use std::time::Duration;

use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

const OPENINGS: [&str; 8] = [
    "nice shot",
    "who took my health pack",
    "behind the pillar",
    "good game everybody",
    "left side is open",
    "that was close",
    "watch the corner",
    "again",
];

const ENDINGS: [&str; 6] = ["", "!", " :)", ", again", " …", " – finally"];

/// A bot's wish to talk.
#[derive(Clone, Debug)]
pub struct Talk {
    rng: Rng,
    rate: f64,
    next: Instant,
}

impl Talk {
    /// Talks `rate` times a second on average from `now` on; never for 0.
    #[must_use]
    pub fn new(seed: u64, rate: f64, now: Instant) -> Talk {
        let mut talk = Talk {
            rng: Rng::of(seed, &[0x7461_6C6B]),
            rate,
            next: now,
        };
        talk.next = now + talk.pause().mul_f32(talk.rng.unit());
        talk
    }

    /// The words to say now, if it is time.
    pub fn words(&mut self, now: Instant) -> Option<String> {
        if self.rate <= 0.0 || now < self.next {
            return None;
        }
        // A bot that was held up does not catch up in a burst.
        self.next = now.max(self.next + self.pause());
        let pick = |list: &[&'static str], at: u32| list.get(at as usize).copied().unwrap_or("");
        let opening = pick(&OPENINGS, self.rng.below(OPENINGS.len() as u32));
        let ending = pick(&ENDINGS, self.rng.below(ENDINGS.len() as u32));
        Some(format!("{opening}{ending}"))
    }

    /// One of so many, at random; 0 of none.
    pub fn choose(&mut self, of: usize) -> usize {
        self.rng.below(of.max(1) as u32) as usize
    }

    /// Half to one and a half of the mean time between two messages.
    fn pause(&mut self) -> Duration {
        let seconds = f64::from(self.rng.range(0.5, 1.5)) / self.rate.max(1e-6);
        Duration::from_secs_f64(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talks_at_its_rate() {
        let mut talk = Talk::new(5, 2.0, Instant::default());
        let said = (0..60_000)
            .filter_map(|ms| talk.words(Instant::from_millis(ms)))
            .count();
        assert!((112..128).contains(&said), "{said} in 60 s at 2 a second");
    }

    #[test]
    fn silence_is_silence_and_pauses_are_not_made_up_for() {
        let mut silent = Talk::new(5, 0.0, Instant::default());
        assert_eq!(silent.words(Instant::from_millis(3_600_000)), None);
        let mut late = Talk::new(5, 10.0, Instant::default());
        let burst = (0..20)
            .filter_map(|_| late.words(Instant::from_millis(60_000)))
            .count();
        assert!(burst <= 2, "{burst} at once");
    }
}
