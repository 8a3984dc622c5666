//! What each receiver must hear, what it heard, and how long that took.
//!
//! Never forgets a line: one that did not come is lost, one that came again is doubled.

use tickwire_shared::time::Instant;
use tickwire_shared::wire::Line;

use crate::speech::Said;

/// What one receiver heard.
#[derive(Clone, Debug, Default)]
struct Heard {
    /// One bit a number.
    bits: Vec<u64>,
    count: u64,
    /// The offset that comes next, once one came.
    next: Option<u64>,
}

/// A crowd's book.
#[derive(Debug)]
pub struct Ledger {
    heard: Vec<Heard>,
    /// Times from a sender to a receiver, in µs.
    took_us: Vec<u32>,
    doubled: u64,
    disordered: u64,
    refused: u64,
}

/// What came of everything that was said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    pub delivered: u64,
    pub lost: u64,
    pub doubled: u64,
    pub disordered: u64,
    pub refused: u64,
    /// From a sender to each receiver, in µs.
    pub p50_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
}

impl Ledger {
    pub fn new(receivers: usize) -> Ledger {
        Ledger {
            heard: vec![Heard::default(); receivers],
            took_us: Vec::new(),
            doubled: 0,
            disordered: 0,
            refused: 0,
        }
    }

    /// A line came to a receiver.
    pub fn hear(&mut self, receiver: usize, line: &Line, now: Instant) {
        let (Some(said), Some(heard)) = (Said::parse(&line.text), self.heard.get_mut(receiver))
        else {
            return;
        };
        let (word, bit) = ((said.number / 64) as usize, 1 << (said.number % 64));
        if heard.bits.len() <= word {
            heard.bits.resize(word + 1, 0);
        }
        self.doubled += u64::from(heard.bits[word] & bit != 0);
        heard.bits[word] |= bit;
        heard.count += 1;
        self.disordered += u64::from(heard.next.is_some_and(|next| next != line.offset));
        heard.next = Some(line.offset + 1);
        let took = now.0.saturating_sub(said.at.0);
        self.took_us.push(u32::try_from(took).unwrap_or(u32::MAX));
    }

    /// A line was not taken.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Whether everybody has heard so many lines.
    pub fn is_settled(&self, said: u64) -> bool {
        let due = said.saturating_sub(self.refused);
        self.heard.iter().all(|heard| heard.count >= due)
    }

    /// The outcome after so many lines.
    pub fn outcome(&mut self, said: u64) -> Outcome {
        let delivered: u64 = self.heard.iter().map(|heard| heard.count).sum();
        let due = (said - self.refused) * self.heard.len() as u64;
        self.took_us.sort_unstable();
        Outcome {
            delivered,
            lost: (due + self.doubled).saturating_sub(delivered),
            doubled: self.doubled,
            disordered: self.disordered,
            refused: self.refused,
            p50_us: quantile(&self.took_us, 0.5),
            p99_us: quantile(&self.took_us, 0.99),
            max_us: quantile(&self.took_us, 1.0),
        }
    }
}

impl Outcome {
    /// As a line of words for another process.
    pub fn words(&self) -> String {
        format!(
            "{} {} {} {} {} {} {} {}",
            self.delivered,
            self.lost,
            self.doubled,
            self.disordered,
            self.refused,
            self.p50_us,
            self.p99_us,
            self.max_us
        )
    }

    /// Reads [`Outcome::words`].
    pub fn parse(line: &str) -> Option<Outcome> {
        let numbers = line.split_whitespace().map(str::parse::<f64>);
        let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().ok()?;
        let [delivered, lost, doubled, disordered, refused, p50, p99, max] = numbers[..] else {
            return None;
        };
        Some(Outcome {
            delivered: delivered as u64,
            lost: lost as u64,
            doubled: doubled as u64,
            disordered: disordered as u64,
            refused: refused as u64,
            p50_us: p50,
            p99_us: p99,
            max_us: max,
        })
    }

    /// Whether everybody heard everything, once and in order.
    pub fn is_whole(&self) -> bool {
        (self.lost, self.doubled, self.disordered, self.refused) == (0, 0, 0, 0)
    }
}

/// The value that this share of sorted values does not exceed; 0 without any.
pub fn quantile(sorted: &[u32], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().map_or(0.0, f64::from)
}
