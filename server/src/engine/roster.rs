//! The seats of a room and who sits there.
//!
//! Never knows a link: a seat is held by a session, with or without one.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_shared::id::{AccountId, PlayerId, SessionId};
use tickwire_shared::limits::NAME_BYTES_MAX;
use tickwire_shared::wire::{BoundedStr, Role, RosterEntry};

use super::name_book::NameBook;
use super::names::{keys, skeleton_of, unnumbered};

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
    /// Keys of the names that are taken: who has one in common looks alike.
    looks: BTreeMap<String, PlayerId>,
}

impl Roster {
    /// So many free seats.
    #[must_use]
    pub fn new(seats: u16) -> Roster {
        Roster {
            seats: vec![None; usize::from(seats)],
            looks: BTreeMap::new(),
        }
    }

    /// Gives the lowest free seat to a session under the name it wants or, when somebody has one
    /// that looks like it already, the name with a number that is nobody's in the `book`. `None`
    /// when there is no seat.
    pub fn take(&mut self, comer: &Comer<'_>, book: &NameBook) -> Option<RosterEntry> {
        let at = self.seats.iter().position(Option::is_none)?;
        let name = self.free_name(comer, book);
        let (account, role) = (comer.account, comer.role);
        self.seats[at] = Some(Taken {
            session: comer.session,
            name: name.clone(),
            account,
            role,
        });
        let player = PlayerId(at as u16);
        for key in keys(&skeleton_of(&name)) {
            self.looks.entry(key.to_owned()).or_insert(player);
        }
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
            self.looks.retain(|_, bearer| *bearer != player);
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

    /// The sessions whose names look like one of this skeleton, or like it with a number.
    pub fn bearers(&self, skeleton: &str) -> Vec<SessionId> {
        let is_alike = |name: &str| {
            let other = skeleton_of(name);
            keys(&other).any(|key| keys(skeleton).any(|wanted| wanted == key))
        };
        let begin_so = keys(skeleton).flat_map(|key| {
            let from_here = self.looks.range(key.to_owned()..);
            from_here.take_while(move |(look, _)| look.starts_with(key))
        });
        let players: BTreeSet<PlayerId> = begin_so.map(|(_, &player)| player).collect();
        let taken = players
            .iter()
            .filter_map(|p| self.seats.get(usize::from(p.0)));
        let bearers = taken.flatten().filter(|taken| {
            let base = unnumbered(&taken.name);
            is_alike(&taken.name) || base.is_some_and(is_alike)
        });
        bearers.map(|taken| taken.session).collect()
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
    fn free_name(&self, comer: &Comer<'_>, book: &NameBook) -> BoundedStr<NAME_BYTES_MAX> {
        let wanted = comer.name;
        let numbered = (2..=self.seats.len() + 1).map(|number| with_number(wanted, number));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        let free = names.find(|name| self.is_free(name, comer.account, book));
        free.unwrap_or_else(|| wanted.clone())
    }

    fn is_free(&self, name: &str, account: AccountId, book: &NameBook) -> bool {
        let skeleton = skeleton_of(name);
        let owner = book.owner(&skeleton);
        owner.is_none_or(|owner| owner == account)
            && !keys(&skeleton).any(|key| self.looks.contains_key(key))
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
        let comer = Comer {
            session: SessionId(session),
            name: &BoundedStr::cut(name),
            account: AccountId(session),
            role: Role::Player,
        };
        let entry = roster.take(&comer, &NameBook::default())?;
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
        assert_eq!(take(&mut roster, 300, "Ivan").unwrap().1, "Ivan");
        assert_eq!(take(&mut roster, 301, "lvan").unwrap().1, "lvan 2");
        let taken = roster.entries().map(|entry| entry.player);
        let ivans: Vec<_> = taken.filter(|player| player.0 >= 3).collect();
        ivans.into_iter().for_each(|player| roster.free(player));
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
