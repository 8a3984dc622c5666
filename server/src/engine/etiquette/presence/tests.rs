//! The book against a model of what is true: after all is quiet every watcher sees the truth.
//!
//! Never sleeps: time is a number.

use std::time::Duration;

use tickwire_shared::rng::Rng;

use super::*;
use crate::limits::SILENCE_TIME_MAX;

const ANN: AccountId = AccountId(1);
const BOB: AccountId = AccountId(2);

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// What a turn tells one watcher: account, status and room.
fn told(book: &mut Book, millis: u64, watcher: AccountId) -> Vec<(u64, Status, String)> {
    let news = book.turn(at(millis)).into_iter();
    let own = news.filter(|(to, _)| *to == watcher);
    own.flat_map(|(_, changes)| changes)
        .map(|one| (one.account.0, one.status, one.room.to_string()))
        .collect()
}

const FOLLOWS: Reason = Reason::Follows;

fn one(account: AccountId, status: Status, room: &str) -> Vec<(u64, Status, String)> {
    vec![(account.0, status, room.to_owned())]
}

#[test]
fn who_watches_is_told_what_changes_and_nothing_else() {
    let mut book = Book::default();
    book.watch(BOB, ANN, "Ann", FOLLOWS).unwrap();
    assert_eq!(told(&mut book, 0, BOB), one(ANN, Status::Offline, ""));
    book.arrive(ANN, "Ann", LinkId(1), "");
    assert_eq!(told(&mut book, 1_000, BOB), one(ANN, Status::Online, ""));
    book.arrive(ANN, "Ann", LinkId(1), "main");
    book.set_away(ANN, LinkId(1), true);
    assert_eq!(told(&mut book, 2_000, BOB), one(ANN, Status::Away, "main"));
    book.set_away(ANN, LinkId(1), false);
    book.set_away(ANN, LinkId(1), true);
    assert_eq!(told(&mut book, 3_000, BOB), [], "it is as it was");
    book.unwatch(BOB, ANN, FOLLOWS);
    book.set_away(ANN, LinkId(1), false);
    assert_eq!(told(&mut book, 4_000, BOB), []);
}

#[test]
fn a_lost_link_shows_after_a_while_and_not_at_all_when_it_comes_back() {
    let mut book = Book::default();
    book.watch(BOB, ANN, "", FOLLOWS).unwrap();
    book.arrive(ANN, "Ann", LinkId(1), "main");
    told(&mut book, 0, BOB);
    book.lose(at(1_000), ANN, LinkId(1));
    assert_eq!(told(&mut book, 5_000, BOB), []);
    book.arrive(ANN, "Ann", LinkId(2), "main");
    assert_eq!(told(&mut book, 20_000, BOB), []);
    book.lose(at(20_000), ANN, LinkId(2));
    assert_eq!(told(&mut book, 20_500, BOB), []);
    assert_eq!(book.next_turn(), Some(at(25_000)));
    assert_eq!(told(&mut book, 25_000, BOB), one(ANN, Status::Offline, ""));
    book.arrive(ANN, "Ann", LinkId(3), "main");
    told(&mut book, 30_000, BOB);
    book.leave(ANN, LinkId(3));
    assert_eq!(told(&mut book, 31_000, BOB), one(ANN, Status::Offline, ""));
}

#[test]
fn several_links_count_as_the_best_of_them() {
    let mut book = Book::default();
    book.arrive(ANN, "Ann", LinkId(1), "main");
    book.arrive(ANN, "Ann", LinkId(2), "side");
    book.set_away(ANN, LinkId(1), true);
    assert_eq!(book.status(ANN), Status::Online);
    book.lose(at(0), ANN, LinkId(2));
    assert_eq!(book.status(ANN), Status::Away);
    book.leave(ANN, LinkId(1));
    assert_eq!(book.status(ANN), Status::Offline);
}

#[test]
fn changes_come_in_packets_and_bounds_hold() {
    let mut book = Book::default();
    for account in 10..10 + WATCHED_MAX as u64 {
        book.watch(BOB, AccountId(account), "x", FOLLOWS).unwrap();
    }
    assert_eq!(book.watch(BOB, ANN, "", FOLLOWS), Err(ChatRefusal::TooMany));
    assert_eq!(
        book.watch(BOB, AccountId(10), "", Reason::Shares(1)),
        Ok(()),
        "for one more reason"
    );
    let sizes: Vec<usize> = book.turn(at(0)).iter().map(|(_, one)| one.len()).collect();
    assert!(sizes.iter().all(|&size| size <= PEOPLE_BATCH_MAX));
    assert_eq!(sizes.iter().sum::<usize>(), WATCHED_MAX);
    assert_eq!(book.picture(BOB).concat().len(), WATCHED_MAX);
    book.unwatch(BOB, AccountId(10), Reason::Shares(1));
    assert_eq!(
        book.picture(BOB).concat().len(),
        WATCHED_MAX,
        "a reason is left"
    );
    book.unwatch_all(BOB);
    book.turn(at(10_000));
    assert!(book.people.is_empty() && book.watching.is_empty() && book.watches == 0);
}

/// What is true, kept in the plainest way, and what each watcher was told.
#[derive(Default)]
struct Model {
    /// Account, link, room, away.
    live: Vec<(u64, u64, u64, bool)>,
    watches: BTreeMap<(u64, u64), u32>,
    views: BTreeMap<(u64, u64), (Status, String)>,
}

impl Model {
    fn truth(&self, whom: u64) -> (Status, String) {
        let own = || {
            let mut own: Vec<_> = self.live.iter().filter(|live| live.0 == whom).collect();
            own.sort_by_key(|live| live.1);
            own
        };
        let room = |room: u64| format!("room {room}");
        match (own().iter().find(|live| !live.3), own().first()) {
            (Some(live), _) => (Status::Online, room(live.2)),
            (None, Some(live)) => (Status::Away, room(live.2)),
            (None, None) => (Status::Offline, String::new()),
        }
    }

    fn act(&mut self, rng: &mut Rng, now: Instant, book: &mut Book) {
        let (account, other) = (u64::from(rng.below(8)), u64::from(rng.below(8)));
        let (who, whom) = (AccountId(account), AccountId(other));
        let link = 10 * account + u64::from(rng.below(3));
        let place = self.live.iter().position(|live| live.1 == link);
        match (rng.below(8), place) {
            (0 | 1, None) => {
                let room = u64::from(rng.below(3));
                self.live.push((account, link, room, false));
                book.arrive(who, "x", LinkId(link), &format!("room {room}"));
            }
            (2, Some(place)) => {
                self.live[place].3 = rng.chance(0.5);
                book.set_away(who, LinkId(link), self.live[place].3);
            }
            (3, Some(place)) => {
                self.live.remove(place);
                book.lose(now, who, LinkId(link));
            }
            (4, Some(place)) => {
                self.live.remove(place);
                book.leave(who, LinkId(link));
            }
            (5 | 6, _) => {
                let count = self.watches.entry((account, other)).or_default();
                let reason = Reason::Shares(u64::from(*count));
                book.watch(who, whom, "x", reason).unwrap();
                *count += 1;
            }
            (7, _) => {
                let key = (account, other);
                let count = self.watches.get(&key).copied().unwrap_or_default();
                let reason = Reason::Shares(u64::from(count).saturating_sub(1));
                book.unwatch(who, whom, reason);
                if self.watches.get_mut(&key).is_some_and(|count| {
                    *count -= 1;
                    *count == 0
                }) {
                    self.watches.remove(&key);
                    self.views.remove(&key);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, book: &mut Book, now: Instant) {
        for (watcher, changes) in book.turn(now) {
            for one in changes {
                let key = (watcher.0, one.account.0);
                assert!(
                    self.watches.contains_key(&key),
                    "told of who is not watched"
                );
                self.views.insert(key, (one.status, one.room.to_string()));
            }
        }
    }

    /// How many views differ from what is true.
    fn wrong(&self) -> usize {
        let differs =
            |&&(who, whom): &&(u64, u64)| self.views.get(&(who, whom)) != Some(&self.truth(whom));
        self.watches.keys().filter(differs).count()
    }
}

/// Runs a seed; how many views are wrong so long after the last thing happened.
fn wrong_after(seed: u64, quiet: Duration) -> usize {
    let (mut rng, mut book, mut model) = (Rng::new(seed), Book::default(), Model::default());
    let mut now = Instant(0);
    for _ in 0..400 {
        now = now + Duration::from_millis(u64::from(rng.below(900)));
        model.act(&mut rng, now, &mut book);
        if rng.chance(0.7) {
            model.take(&mut book, now);
        }
    }
    let end = now + quiet;
    while now < end {
        now = now + Duration::from_millis(100);
        model.take(&mut book, now);
    }
    for &(who, whom) in model.watches.keys() {
        let picture = book.picture(AccountId(who)).concat();
        let shown = picture.iter().find(|one| one.account.0 == whom);
        assert!(shown.is_some(), "seed {seed}: the picture shows everybody");
    }
    model.wrong()
}

#[test]
fn every_watcher_sees_the_truth_within_the_bound() {
    // A crash is silence first; then the link counts as lost.
    let bound = Duration::from_secs(12) - SILENCE_TIME_MAX;
    let sum: usize = (0..300).map(|seed| wrong_after(seed, bound)).sum();
    assert_eq!(sum, 0);
    let early: usize = (0..300).map(|seed| wrong_after(seed, Duration::ZERO)).sum();
    assert!(early > 0, "the test sees what is not told yet");
}

/// One reason that never counted ends: the other one holds.
#[test]
fn a_reason_past_the_bound_takes_no_other_one_with_it() {
    let mut book = Book::default();
    for account in 10..10 + WATCHED_MAX as u64 {
        let whom = AccountId(account);
        book.watch(BOB, whom, "x", FOLLOWS).unwrap();
    }
    let shares = Reason::Shares(1);
    assert!(book.watch(BOB, ANN, "", shares).is_err());
    book.unwatch(BOB, AccountId(10), FOLLOWS);
    book.watch(BOB, ANN, "", FOLLOWS).unwrap();
    book.unwatch(BOB, ANN, shares);
    assert!(book.is_watching(BOB, ANN), "it still follows");
    book.unwatch(BOB, ANN, FOLLOWS);
    assert!(!book.is_watching(BOB, ANN));
}
