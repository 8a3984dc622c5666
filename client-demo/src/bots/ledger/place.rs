//! Where a bot may say something, and who of the bots may hear it there.
//!
//! Never looks at a server: who hears what follows from the bots' plan, their seats and their
//! positions.

use std::str::FromStr;

use tickwire_arena::tune::{EARSHOT, SPEED_MAX};
use tickwire_shared::glam::Vec2;
use tickwire_shared::time::Instant;

/// A position that is older says nothing.
const STALE_MICROS: u64 = 500_000;

/// So long after it appeared somewhere a bot is where the server takes it to be.
const SETTLED_MICROS: u64 = 2_000_000;

/// How far a bot goes while a line is on its way and the server looks where players are.
const SLACK: f32 = SPEED_MAX * 0.5;

/// How much further apart two bots must be to be out of earshot for certain. Each of them goes up
/// to half a second ahead of what the server has seen of it, and the server looks 6 times a second.
const DOUBT: f32 = 2.0 * SPEED_MAX * 0.75;

/// Bots in one party, and in one group.
const PARTY: usize = 4;
const GROUP: usize = 8;

/// Where a bot says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// To its room.
    Room,
    /// To its team.
    Team,
    /// To whoever is near.
    Near,
    /// To one other bot.
    Whisper,
    /// To its party.
    Party,
    /// To its group.
    Group,
}

impl Place {
    /// All of them.
    pub const ALL: [Place; 6] = [
        Place::Room,
        Place::Team,
        Place::Near,
        Place::Whisper,
        Place::Party,
        Place::Group,
    ];

    /// Its name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Place::Room => "room",
            Place::Team => "team",
            Place::Near => "near",
            Place::Whisper => "whisper",
            Place::Party => "party",
            Place::Group => "group",
        }
    }

    /// How many bots meet there, where they agreed on it; `None` elsewhere.
    fn size(self) -> Option<usize> {
        match self {
            Place::Party => Some(PARTY),
            Place::Group => Some(GROUP),
            _ => None,
        }
    }

    /// The bots that agreed to meet there with this one; the first of them makes it.
    #[must_use]
    pub fn circle(self, bot: usize, bots: usize) -> std::ops::Range<usize> {
        let size = self.size().unwrap_or(1);
        let first = bot / size * size;
        first..(first + size).min(bots)
    }
}

impl FromStr for Place {
    type Err = String;

    /// # Errors
    /// One sentence that lists the names.
    fn from_str(name: &str) -> Result<Place, String> {
        let found = Place::ALL.into_iter().find(|place| place.name() == name);
        found.ok_or_else(|| {
            let names = Place::ALL.map(Place::name).join(", ");
            format!("no such scope; there are {names}, and all")
        })
    }
}

/// Where a bot stands, by its own client, and since when that is known.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    /// When.
    pub at: Instant,
    /// Since when it has gone there on foot: for a while after a rebirth the server may still take
    /// it for where it died.
    pub since: Instant,
    /// Where.
    pub position: Vec2,
}

impl Stand {
    /// Where a bot stands that stood so before.
    #[must_use]
    pub fn after(before: Option<Stand>, now: Instant, position: Vec2) -> Stand {
        let walks = before.filter(|before| {
            let soon = now.since(before.at).as_micros() as u64 <= STALE_MICROS;
            soon && before.position.distance(position) < SLACK
        });
        Stand {
            at: now,
            since: walks.map_or(now, |before| before.since),
            position,
        }
    }

    fn is_certain(&self, now: Instant) -> bool {
        let fresh = now.since(self.at).as_micros() as u64 <= STALE_MICROS;
        fresh && now.since(self.since).as_micros() as u64 >= SETTLED_MICROS
    }
}

/// How certain it is that one hears another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earshot {
    /// It does.
    Within,
    /// Nobody can say from here.
    Doubtful,
    /// It does not.
    Beyond,
}

/// Whether somebody there is heard here.
#[must_use]
pub fn hears(now: Instant, there: Option<Stand>, here: Option<Stand>) -> Earshot {
    let certain = |stand: &Stand| stand.is_certain(now);
    let (Some(there), Some(here)) = (there.filter(certain), here.filter(certain)) else {
        return Earshot::Doubtful;
    };
    let apart = there.position.distance(here.position);
    if apart < EARSHOT - SLACK {
        Earshot::Within
    } else if apart > EARSHOT + DOUBT {
        Earshot::Beyond
    } else {
        Earshot::Doubtful
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_cover_every_bot_once() {
        for place in [Place::Party, Place::Group] {
            for bot in 0..30 {
                let circle = place.circle(bot, 30);
                assert!(circle.contains(&bot) && circle.end <= 30);
                assert_eq!(place.circle(circle.start, 30), circle);
            }
        }
    }

    #[test]
    fn names_parse_and_others_are_told() {
        for place in Place::ALL {
            assert_eq!(place.name().parse(), Ok(place));
        }
        let said = "pub".parse::<Place>().expect_err("none");
        assert!(said.contains("whisper"), "{said}");
    }

    #[test]
    fn only_what_is_certain_is_expected() {
        let now = Instant::from_millis(3_000);
        let stand = |x: f32, millis: u64| {
            Some(Stand {
                at: Instant::from_millis(2_000 + millis),
                since: Instant::from_millis(0),
                position: Vec2::new(x, 0.0),
            })
        };
        let from = stand(0.0, 1_000);
        assert_eq!(hears(now, from, stand(100.0, 900)), Earshot::Within);
        assert_eq!(hears(now, from, stand(EARSHOT, 900)), Earshot::Doubtful);
        assert_eq!(hears(now, from, stand(1_900.0, 900)), Earshot::Beyond);
        assert_eq!(hears(now, from, stand(1_900.0, 100)), Earshot::Doubtful);
        assert_eq!(hears(now, None, stand(1_900.0, 900)), Earshot::Doubtful);
        let walked = Stand::after(from, now, Vec2::new(9.0, 0.0));
        assert_eq!(hears(now, from, Some(walked)), Earshot::Within);
        let reborn = Stand::after(from, now, Vec2::new(1_900.0, 0.0));
        assert_eq!(hears(now, from, Some(reborn)), Earshot::Doubtful);
    }
}
