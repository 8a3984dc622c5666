//! Whom the player blocks and follows, as the server tells it.

use super::*;
use crate::limits::TALK_PEOPLE_MAX;
use crate::wire::{Neighbour, Presence, Status};

const BOB: AccountId = AccountId(3);

fn neighbour(account: AccountId, blocked: bool, followed: bool) -> Neighbour {
    Neighbour {
        account,
        name: BoundedStr::cut("Ann"),
        blocked,
        followed,
    }
}

fn told(anew: bool, people: impl IntoIterator<Item = Neighbour>) -> ChatNews {
    let people = BoundedVec::of_first(people);
    ChatNews::Neighbours { anew, people }
}

fn presence(account: AccountId) -> ChatNews {
    let presence = Presence {
        account,
        name: BoundedStr::cut("Ann"),
        status: Status::Online,
        room: BoundedStr::cut("pit"),
    };
    let changes = BoundedVec::of_first([presence]);
    ChatNews::Presence { changes }
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// By whatever name or client the block was asked for.
#[test]
fn who_is_blocked_is_hidden_in_every_way_until_that_ends() {
    let mut book = book();
    book.hear(presence(ANN));
    book.typist(at(0), ROOM, ANN);
    assert_eq!(
        (book.presence().count(), book.typists(ROOM).count()),
        (1, 1)
    );
    book.hear(told(false, [neighbour(ANN, true, false)]));
    assert!(book.hides(ANN) && !book.hides(BOB));
    assert_eq!(
        (book.presence().count(), book.typists(ROOM).count()),
        (0, 0)
    );
    assert_eq!(book.presence_of(ANN), None);
    book.take_events();
    book.hear(presence(ANN));
    book.typist(at(9_000), ROOM, ANN);
    assert_eq!(book.take_events(), []);
    book.hear(lines(ROOM, [0, 1], false));
    assert_eq!(book.unread(), 0, "nobody sees them");
    book.hear(told(false, [neighbour(ANN, false, false)]));
    assert!(!book.hides(ANN));
    assert_eq!(book.presence().count(), 1, "as the server says since");
    book.hear(lines(ROOM, [2], false));
    assert_eq!(book.unread(), 1);
}

#[test]
fn a_new_link_tells_all_of_them_anew() {
    let mut book = book();
    book.hear(told(true, [neighbour(ANN, true, false)]));
    book.hear(told(false, [neighbour(BOB, false, true)]));
    assert!(book.hides(ANN) && book.follows(BOB) && !book.follows(ANN));
    book.welcome(&welcome("pit", true, 7));
    assert!(book.hides(ANN), "until the server has said otherwise");
    book.hear(told(true, []));
    assert_eq!(book.neighbours().count(), 0);
}

#[test]
fn an_invitation_of_whoever_is_blocked_does_not_stand() {
    let mut book = book();
    let invited = |by| ChatNews::Invited {
        log: LogId(77),
        scope: Scope::Party,
        by,
        name: BoundedStr::cut("Ann"),
    };
    book.hear(invited(ANN));
    book.hear(told(false, [neighbour(BOB, true, false)]));
    assert_eq!(book.invitations().len(), 1);
    book.hear(told(false, [neighbour(ANN, true, false)]));
    assert_eq!(book.invitations().len(), 0);
    book.hear(invited(ANN));
    assert_eq!(book.invitations().len(), 0);
}

/// Nobody says any more how they are.
#[test]
fn who_is_not_followed_any_more_is_not_shown_unless_a_log_is_shared() {
    for (shared, stays) in [(false, 0), (true, 1)] {
        let mut book = book();
        if shared {
            book.hear(opened(WHISPER, 1, 0, 0, 0));
        }
        book.hear(told(false, [neighbour(ANN, false, true)]));
        book.hear(presence(ANN));
        book.hear(told(false, [neighbour(ANN, false, true)]));
        assert_eq!(book.presence().count(), 1);
        book.hear(told(false, [neighbour(ANN, false, false)]));
        assert_eq!(book.presence().count(), stays);
    }
}

#[test]
fn no_more_are_noted_than_there_is_room_for() {
    let mut book = book();
    for number in 0..TALK_PEOPLE_MAX as u64 + 9 {
        let one = neighbour(AccountId(100 + number), true, false);
        book.hear(told(false, [one]));
    }
    assert_eq!(book.neighbours().count(), TALK_PEOPLE_MAX);
    assert!(book.hides(AccountId(100)), "those that were told first");
}
