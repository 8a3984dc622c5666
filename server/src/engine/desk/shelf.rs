//! The logs in memory, found by what they are and by their numbers.
//!
//! Never holds a log that nobody reads and nothing waits for.

use std::collections::BTreeMap;

use tickwire_shared::id::LogId;

use super::log::Log;
use crate::engine::storage::{LogHead, LogKey};

/// A log's place in memory; a log that comes again has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u64);

impl Place {
    /// Its number, which is no other's.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// The logs in memory.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    made: u64,
    logs: BTreeMap<Place, Log>,
    keys: BTreeMap<LogKey, Place>,
    numbers: BTreeMap<LogId, Place>,
}

impl Shelf {
    /// The place of the log of this key, and whether it is new there.
    pub fn place(&mut self, key: &LogKey) -> (Place, bool) {
        if let Some(&place) = self.keys.get(key) {
            return (place, false);
        }
        self.made += 1;
        let place = Place(self.made);
        self.keys.insert(key.clone(), place);
        self.logs.insert(place, Log::new(key.clone()));
        (place, true)
    }

    /// The place of the log of this key, if it is here.
    pub fn find(&self, key: &LogKey) -> Option<Place> {
        self.keys.get(key).copied()
    }

    /// The place of the log of this number, if it is here.
    pub fn of(&self, log: LogId) -> Option<Place> {
        self.numbers.get(&log).copied()
    }

    /// A log.
    pub fn get(&self, place: Place) -> Option<&Log> {
        self.logs.get(&place)
    }

    /// A log, to change.
    pub fn get_mut(&mut self, place: Place) -> Option<&mut Log> {
        self.logs.get_mut(&place)
    }

    /// The store told what the log is.
    pub fn head(&mut self, place: Place, head: LogHead) {
        if let Some(log) = self.logs.get_mut(&place) {
            // A log that the store forgot comes again under another number.
            self.numbers.remove(&log.head.log);
            self.numbers.insert(head.log, place);
            log.head = head;
        }
    }

    /// Forgets a log that nobody reads and nothing waits for; what it was.
    pub fn release(&mut self, place: Place) -> Option<LogKey> {
        let log = self.logs.get(&place)?;
        let awaited = !log.waiting.is_empty() || !log.wishes.is_empty() || log.founder.is_some();
        if awaited || !log.readers.is_empty() || !log.joining.is_empty() {
            return None;
        }
        let log = self.logs.remove(&place)?;
        self.keys.remove(&log.head.key);
        self.numbers.remove(&log.head.log);
        Some(log.head.key)
    }

    /// Every log.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &Log)> {
        self.logs.iter().map(|(&place, log)| (place, log))
    }

    /// How many logs there are.
    pub fn len(&self) -> usize {
        self.logs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_one_number() {
        let mut shelf = Shelf::default();
        let (place, new) = shelf.place(&LogKey::Server);
        assert!(new);
        for number in [3, 5] {
            let log = LogId(number);
            let head = LogHead {
                log,
                ..Log::new(LogKey::Server).head
            };
            shelf.head(place, head);
            assert_eq!(shelf.of(log), Some(place));
        }
        assert_eq!(shelf.of(LogId(3)), None, "the one from before");
        assert!(shelf.release(place).is_some());
        assert!(shelf.numbers.is_empty());
    }
}
