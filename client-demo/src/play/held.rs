//! Which keys are held down, also on terminals that never say when a key is let go.
//!
//! Never reads a key itself.
//!
//! Such a terminal sends a held key again and again: first after half a second, then about 30
//! times a second, and only the key pressed last. So a first press counts as held until the
//! repeats must have begun; from then on a short silence means "let go". Keys that were held when
//! another one went down live as long as that one does, or until their opposite is pressed.

use std::time::Duration;

use tickwire_shared::time::Instant;

/// How long a first press holds: longer than the usual wait before a key repeats.
const FIRST: Duration = Duration::from_millis(520);

/// How long a repeat holds: longer than the usual time between two.
const AGAIN: Duration = Duration::from_millis(130);

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Move up.
    Up,
    /// Move down.
    Down,
    /// Move left.
    Left,
    /// Move right.
    Right,
    /// Aim up.
    AimUp,
    /// Aim down.
    AimDown,
    /// Aim left.
    AimLeft,
    /// Aim right.
    AimRight,
    /// Pull the trigger.
    Fire,
}

const KEYS: usize = 9;

/// The keys.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whether the terminal says when a key is let go.
    exact: bool,
    /// Until when each key counts as held; `None` when it is up.
    until: [Option<Instant>; KEYS],
    /// The key pressed last, the only one that repeats.
    last: Option<Key>,
}

impl Key {
    fn opposite(self) -> Option<Key> {
        Some(match self {
            Key::Up => Key::Down,
            Key::Down => Key::Up,
            Key::Left => Key::Right,
            Key::Right => Key::Left,
            Key::AimUp => Key::AimDown,
            Key::AimDown => Key::AimUp,
            Key::AimLeft => Key::AimRight,
            Key::AimRight => Key::AimLeft,
            Key::Fire => return None,
        })
    }
}

impl Held {
    /// No key is down. `exact` when the terminal reports releases.
    #[must_use]
    pub fn new(exact: bool) -> Held {
        Held {
            exact,
            until: [None; KEYS],
            last: None,
        }
    }

    /// A key went down, or repeats.
    pub fn press(&mut self, now: Instant, key: Key) {
        let repeats = self.is_down(now, key) && self.last == Some(key);
        let chord = if repeats { AGAIN } else { FIRST };
        if !self.exact {
            self.release_opposite(key);
            for until in self.until.iter_mut().flatten() {
                // Whoever is held goes on as long as the newest key does.
                if *until > now {
                    *until = (*until).max(now + chord);
                }
            }
        }
        self.last = Some(key);
        let until = if self.exact {
            Instant(u64::MAX)
        } else {
            now + chord
        };
        self.set(key, Some(until));
    }

    /// A key was let go; only exact terminals say so.
    pub fn release(&mut self, key: Key) {
        self.set(key, None);
    }

    /// Lets go of everything: the window lost its focus, or text is being typed.
    pub fn release_all(&mut self) {
        self.until = [None; KEYS];
        self.last = None;
    }

    /// Whether a key counts as held.
    #[must_use]
    pub fn is_down(&self, now: Instant, key: Key) -> bool {
        let until = self.until.get(key as usize).copied().flatten();
        until.is_some_and(|until| until > now)
    }

    /// Two keys of an axis as -1, 0 or 1.
    #[must_use]
    pub fn axis(&self, now: Instant, less: Key, more: Key) -> f32 {
        let side = |key| f32::from(u8::from(self.is_down(now, key)));
        side(more) - side(less)
    }

    fn release_opposite(&mut self, key: Key) {
        if let Some(opposite) = key.opposite() {
            self.set(opposite, None);
        }
    }

    fn set(&mut self, key: Key, until: Option<Instant>) {
        if let Some(slot) = self.until.get_mut(key as usize) {
            *slot = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    /// A key that is held from `from` to `to` as a terminal without releases sends it.
    fn hold(held: &mut Held, key: Key, from: u64, to: u64) {
        held.press(MS(from), key);
        let mut at = from + 500;
        while at <= to {
            held.press(MS(at), key);
            at += 33;
        }
    }

    #[test]
    fn a_held_key_stays_down_through_the_first_silence_and_ends_soon() {
        let mut held = Held::new(false);
        held.press(MS(0), Key::Up);
        assert!(held.is_down(MS(499), Key::Up));
        hold(&mut held, Key::Up, 0, 1_000);
        assert!(held.is_down(MS(1_000), Key::Up));
        assert!(!held.is_down(MS(1_150), Key::Up));
    }

    #[test]
    fn a_second_key_keeps_the_first_alive() {
        let mut held = Held::new(false);
        hold(&mut held, Key::Up, 0, 1_000);
        hold(&mut held, Key::Right, 1_010, 3_000);
        assert_eq!(held.axis(MS(2_990), Key::Left, Key::Right), 1.0);
        assert_eq!(held.axis(MS(2_990), Key::Up, Key::Down), -1.0);
        assert!(!held.is_down(MS(3_150), Key::Up));
    }

    #[test]
    fn the_opposite_key_ends_it_at_once() {
        let mut held = Held::new(false);
        held.press(MS(0), Key::Left);
        held.press(MS(10), Key::Right);
        assert_eq!(held.axis(MS(11), Key::Left, Key::Right), 1.0);
    }

    #[test]
    fn exact_terminals_are_believed() {
        let mut held = Held::new(true);
        held.press(MS(0), Key::Left);
        held.press(MS(1), Key::Right);
        assert!(held.is_down(MS(60_000), Key::Left));
        held.release(Key::Left);
        assert_eq!(held.axis(MS(60_000), Key::Left, Key::Right), 1.0);
        held.release_all();
        assert!(!held.is_down(MS(60_000), Key::Right));
    }
}
