//! The seats of a room and who sits there.
//!
//! Never knows a link: a seat is held by a session, with or without one.

use tickwire_shared::id::{AccountId, PlayerId, SessionId};
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::{BoundedStr, Role, RosterEntry};

#[derive(Clone, Debug)]
struct Taken {
    session: SessionId,
    name: BoundedStr<NAME_BYTES_MAX>,
    account: AccountId,
    role: Role,
}

/// Who wants a seat.
#[derive(Clone, Debug)]
pub struct Comer<'a> {
    /// For which session.
    pub session: SessionId,
    /// Under which name.
    pub name: &'a BoundedStr<NAME_BYTES_MAX>,
    /// The account.
    pub account: AccountId,
    /// What it may do.
    pub role: Role,
}

/// The seats of a room.
#[derive(Clone, Debug)]
pub struct Roster {
    seats: Vec<Option<Taken>>,
}

impl Roster {
    /// So many free seats.
    #[must_use]
    pub fn new(seats: u16) -> Roster {
        Roster {
            seats: vec![None; usize::from(seats)],
        }
    }

    /// Gives the lowest free seat to a session under the name it wants or, when somebody has that
    /// already, the name with a number. `None` when there is no seat.
    pub fn take(&mut self, comer: &Comer<'_>) -> Option<RosterEntry> {
        let at = self.seats.iter().position(Option::is_none)?;
        let name = self.free_name(comer.name);
        let (account, role) = (comer.account, comer.role);
        self.seats[at] = Some(Taken {
            session: comer.session,
            name: name.clone(),
            account,
            role,
        });
        let player = PlayerId(at as u16);
        Some(RosterEntry {
            player,
            name,
            account,
            role,
        })
    }

    /// Frees a seat.
    pub fn free(&mut self, player: PlayerId) {
        if let Some(seat) = self.seats.get_mut(usize::from(player.0)) {
            *seat = None;
        }
    }

    /// Who is there, by seat.
    pub fn entries(&self) -> impl Iterator<Item = RosterEntry> + '_ {
        self.taken().map(|(player, taken)| RosterEntry {
            player,
            name: taken.name.clone(),
            account: taken.account,
            role: taken.role,
        })
    }

    /// The sessions that are there, by seat.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.taken().map(|(_, taken)| taken.session)
    }

    /// Seats taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.taken().count()
    }

    /// Whether there is no free seat.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.seats.iter().all(Option::is_some)
    }

    fn taken(&self) -> impl Iterator<Item = (PlayerId, &Taken)> {
        let seats = self.seats.iter().enumerate();
        seats.filter_map(|(at, seat)| Some((PlayerId(at as u16), seat.as_ref()?)))
    }

    /// One of `seats + 1` different names is always free.
    fn free_name(&self, wanted: &BoundedStr<NAME_BYTES_MAX>) -> BoundedStr<NAME_BYTES_MAX> {
        let numbered = (2..=self.seats.len() + 1).map(|number| with_number(wanted, number));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        let free = names.find(|name| !self.has_name(name));
        free.unwrap_or_else(|| wanted.clone())
    }

    fn has_name(&self, name: &str) -> bool {
        let folded = name.to_lowercase();
        self.taken()
            .any(|(_, taken)| taken.name.to_lowercase() == folded)
    }
}

fn with_number(name: &str, number: usize) -> BoundedStr<NAME_BYTES_MAX> {
    let number = format!(" {number}");
    let room = NAME_BYTES_MAX - number.len();
    let kept = &name[..name.floor_char_boundary(room)];
    BoundedStr::cut(&format!("{}{number}", kept.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(roster: &mut Roster, session: u64, name: &str) -> Option<(u16, String)> {
        let entry = roster.take(&Comer {
            session: SessionId(session),
            name: &BoundedStr::cut(name),
            account: AccountId(session),
            role: Role::Player,
        })?;
        Some((entry.player.0, entry.name.to_string()))
    }

    #[test]
    fn the_lowest_free_seat_is_given_until_all_are_taken() {
        let mut roster = Roster::new(2);
        assert_eq!(take(&mut roster, 1, "A"), Some((0, "A".into())));
        assert_eq!(take(&mut roster, 2, "B"), Some((1, "B".into())));
        assert_eq!(take(&mut roster, 3, "C"), None);
        roster.free(PlayerId(0));
        assert_eq!(take(&mut roster, 3, "C"), Some((0, "C".into())));
        assert!(roster.sessions().eq([SessionId(3), SessionId(2)]));
    }

    #[test]
    fn a_name_is_given_once() {
        let mut roster = Roster::new(300);
        assert_eq!(take(&mut roster, 1, "Ann").unwrap().1, "Ann");
        assert_eq!(take(&mut roster, 2, "ann").unwrap().1, "ann 2");
        assert_eq!(take(&mut roster, 3, "Ann").unwrap().1, "Ann 3");
        let long = "é".repeat(16);
        assert_eq!(take(&mut roster, 4, &long).unwrap().1, long);
        assert_eq!(
            take(&mut roster, 5, &long).unwrap().1,
            format!("{} 2", "é".repeat(15))
        );
        for session in 6..300 {
            take(&mut roster, session, "Ann").unwrap();
        }
        let mut names: Vec<String> = roster.entries().map(|e| e.name.to_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), roster.count());
    }
}
