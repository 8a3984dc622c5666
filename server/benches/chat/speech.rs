//! What is said: who speaks when, and lines that carry their own number and time.
//!
//! Never waits for an answer: lines come at their times, however slow the server is. A line's time
//! is that at which its sender's client has it: how long a crowd that shares a core takes to get to
//! one of them is not the server's.

use std::thread::sleep;
use std::time::Duration;

use tickwire_server::runtime::Clock;
use tickwire_shared::rng::Rng;
use tickwire_shared::time::Instant;

/// A line that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which: 0, 1, 2, ...
    pub number: u64,
    /// When.
    pub at: Instant,
}

impl Said {
    /// As it is said. As long as people's lines are on average.
    pub fn text(self) -> String {
        format!(
            "{} {} and what people say beside that",
            self.number, self.at.0
        )
    }

    /// What a line says; `None` for any other.
    pub fn parse(text: &str) -> Option<Said> {
        let mut words = text.split(' ');
        let number = words.next()?.parse().ok()?;
        let at = Instant(words.next()?.parse().ok()?);
        Some(Said { number, at })
    }
}

/// Somebody of a crowd speaks at times that know nothing of each other, so many a second on
/// average.
pub struct Speech {
    clock: Clock,
    rng: Rng,
    speakers: u32,
    said: u64,
}

impl Speech {
    pub fn new(clock: Clock, speakers: usize) -> Speech {
        Speech {
            clock,
            rng: Rng::new(20_261_128),
            speakers: u32::try_from(speakers).unwrap_or(u32::MAX),
            said: 0,
        }
    }

    /// Speaks for so long: `say` is called with a speaker and the number of a line. How many lines
    /// were said.
    pub fn go_on(
        &mut self,
        per_second: f64,
        lasts: Duration,
        mut say: impl FnMut(usize, u64),
    ) -> u64 {
        let start = self.clock.now();
        let (end, before) = (start + lasts, self.said);
        let mut due = start;
        loop {
            // Times between events that know nothing of each other.
            let gap = -f64::from(self.rng.unit().max(1e-6)).ln() / per_second;
            due = due + Duration::from_secs_f64(gap);
            if due >= end {
                sleep(end.since(self.clock.now()));
                return self.said - before;
            }
            sleep(due.since(self.clock.now()));
            let speaker = self.rng.below(self.speakers) as usize;
            say(speaker, self.said);
            self.said += 1;
        }
    }
}
