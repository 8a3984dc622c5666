//! What the books find, and what they do not hold against anybody.

mod teams;

use super::*;

const MS: fn(u64) -> Instant = Instant::from_millis;
const ROOM: LogId = LogId(1);

fn join(ledger: &mut Ledger, bot: usize, room: &str, seat: u16) {
    let account = AccountId(bot as u64 + 1_000);
    ledger.join(bot, room, PlayerId(seat), account, MS(0));
}

/// Three bots, two of them in one room and one elsewhere.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new(70, 0xABC);
    join(&mut ledger, 0, "arena", 0);
    join(&mut ledger, 69, "arena", 1);
    join(&mut ledger, 1, "elsewhere", 0);
    ledger.opened(0, ROOM, Place::Room, MS(0));
    ledger.opened(69, ROOM, Place::Room, MS(0));
    ledger
}

fn send(ledger: &mut Ledger, bot: usize, millis: u64) -> Option<MessageKey> {
    ledger.send(bot, Place::Room, Some(ROOM), None, MS(millis))
}

fn at(offset: u64) -> (LogId, u32, u64) {
    (ROOM, 1, offset)
}

#[test]
fn a_message_is_expected_by_those_in_the_room() {
    let mut ledger = ledger();
    let key = send(&mut ledger, 0, 10).expect("in a room");
    assert_eq!(ledger.outstanding(), 2);
    ledger.ack(key, MS(11));
    ledger.ack(key, MS(11));
    ledger.deliver(0, Some(key), at(1), MS(12));
    join(&mut ledger, 2, "arena", 2);
    ledger.opened(2, ROOM, Place::Room, MS(0));
    assert_eq!(ledger.outstanding(), 1, "a late joiner is not expected");
    ledger.deliver(69, Some(key), at(1), MS(18));
    let report = ledger.report();
    assert_eq!((report.sent, report.acked), (1, 1));
    assert_eq!((report.delivered, report.expected, report.lost), (2, 2, 0));
    assert_eq!(
        (report.duplicated, report.reordered, report.leaked),
        (0, 0, 0)
    );
    let p99 = report.delivery_ms.p99.expect("measured");
    assert!((7.9..8.1).contains(&p99), "{p99}");
}

#[test]
fn doubles_swaps_and_gaps_are_told_apart() {
    let mut ledger = ledger();
    let [first, second, third] = [1, 2, 3].map(|at| send(&mut ledger, 0, at));
    ledger.deliver(0, second, at(2), MS(3));
    ledger.deliver(0, first, at(1), MS(4));
    ledger.deliver(0, first, at(1), MS(5));
    let report = ledger.report();
    assert_eq!((report.duplicated, report.reordered), (1, 1));
    assert_eq!((report.lost, report.gaps), (4, 0));
    ledger.deliver(69, third, at(3), MS(6));
    ledger.deliver(69, second, at(4), MS(6));
    assert_eq!(ledger.report().reordered, 2, "of one sender, in its order");
    ledger.deliver(69, None, at(9), MS(6));
    ledger.deliver(69, None, at(2), MS(6));
    let report = ledger.report();
    assert_eq!(
        (report.reordered, report.gaps),
        (3, 4),
        "a stranger's counts too"
    );
    ledger.deliver(69, None, (ROOM, 2, 0), MS(7));
    assert_eq!(ledger.report().reordered, 3, "another epoch begins anew");
}

#[test]
fn refused_messages_and_bots_that_left_are_not_expected() {
    let mut ledger = ledger();
    let key = send(&mut ledger, 0, 1).expect("in a room");
    ledger.refuse(key, ChatRefusal::TooFast);
    assert_eq!(ledger.report().denied, 0);
    ledger.deliver(0, Some(key), at(0), MS(1));
    assert_eq!(ledger.report().denied, 1, "its sender was told otherwise");
    ledger.leave(69);
    let kept = send(&mut ledger, 0, 2);
    ledger.deliver(0, kept, at(1), MS(3));
    let report = ledger.report();
    assert_eq!((report.sent, report.refused, report.expected), (1, 1, 1));
    assert_eq!(report.lost, 0);
    assert_eq!(send(&mut ledger, 69, 4), None);
}

#[test]
fn a_session_that_is_taken_up_or_made_anew_reads_on() {
    let mut ledger = ledger();
    send(&mut ledger, 0, 1).expect("in a room");
    join(&mut ledger, 69, "arena", 1);
    assert_eq!(ledger.outstanding(), 2, "it must get it after all");
    join(&mut ledger, 69, "elsewhere", 1);
    assert_eq!(ledger.outstanding(), 1, "in another room it cannot");
}

#[test]
fn what_reaches_somebody_else_has_leaked() {
    let mut ledger = ledger();
    let whisper = ledger.send(0, Place::Whisper, None, Some(69), MS(1));
    let log = (LogId(5), 1, 0);
    ledger.deliver(69, whisper, log, MS(2));
    assert_eq!((ledger.outstanding(), ledger.report().leaked), (1, 0));
    ledger.deliver(1, whisper, log, MS(2));
    assert_eq!(ledger.report().leaked, 1);
    assert_eq!(ledger.report().scopes["whisper"].leaked, 1);
    let room = send(&mut ledger, 0, 3);
    ledger.join(2, "arena", PlayerId(2), AccountId(7), MS(2_000));
    ledger.deliver(2, room, at(0), MS(2_001));
    assert_eq!(ledger.report().leaked, 1, "a room may be read from before");
    let party = ledger.send(0, Place::Party, None, None, MS(3));
    ledger.deliver(1, party, (LogId(7), 1, 0), MS(4));
    assert_eq!(ledger.report().leaked, 1, "it is of the circle");
    ledger.deliver(69, party, (LogId(7), 1, 0), MS(4));
    assert_eq!(ledger.report().leaked, 2);
}

#[test]
fn who_is_near_all_the_time_must_hear_and_who_never_is_must_not() {
    let mut ledger = ledger();
    join(&mut ledger, 2, "arena", 2);
    join(&mut ledger, 3, "arena", 3);
    let stand = |ledger: &mut Ledger, millis, places: [(usize, f32); 4]| {
        for (bot, x) in places {
            ledger.stands(bot, MS(millis), Some(Vec2::new(x, 0.0)));
        }
    };
    for millis in (0..=2_400).step_by(400) {
        let places = [(0, 0.0), (69, 50.0), (2, 50.0), (3, 1_900.0)];
        stand(&mut ledger, millis, places);
    }
    let key = ledger
        .send(0, Place::Near, None, None, MS(2_410))
        .expect("in");
    assert_eq!(ledger.outstanding(), 1, "itself");
    stand(
        &mut ledger,
        2_500,
        [(0, 0.0), (69, 60.0), (2, 1_900.0), (3, 1_900.0)],
    );
    ledger.ack(key, MS(2_500));
    assert_eq!(ledger.outstanding(), 2, "and who was near at both times");
    for bot in [0, 69, 2] {
        ledger.deliver(bot, Some(key), (LogId(8 + bot as u64), 1, 0), MS(2_510));
    }
    assert_eq!((ledger.outstanding(), ledger.report().leaked), (0, 0));
    ledger.deliver(3, Some(key), (LogId(99), 1, 0), MS(2_510));
    assert_eq!(ledger.report().leaked, 1);
}

#[test]
fn who_learns_late_that_it_is_in_the_room_may_have_heard_what_was_near() {
    let mut ledger = ledger();
    let say = |ledger: &mut Ledger, millis| {
        let key = ledger.send(0, Place::Near, None, None, MS(millis));
        ledger.ack(key.expect("in the room"), MS(millis + 100));
        key
    };
    let (early, late) = (say(&mut ledger, 500), say(&mut ledger, 1_500));
    ledger.join(2, "arena", PlayerId(2), AccountId(3), MS(2_000));
    ledger.deliver(2, late, (LogId(9), 1, 0), MS(2_010));
    assert_eq!(ledger.report().leaked, 0, "it was there and did not know");
    ledger.deliver(2, early, (LogId(9), 1, 1), MS(2_020));
    assert_eq!(ledger.report().leaked, 1, "it came long after");
    ledger.join(3, "elsewhere", PlayerId(3), AccountId(4), MS(2_000));
    ledger.deliver(3, late, (LogId(10), 1, 0), MS(2_030));
    assert_eq!(ledger.report().leaked, 2, "it came somewhere else");
}

#[test]
fn a_name_survives_in_its_text() {
    let ledger = ledger();
    let key = MessageKey(0xBEEF);
    let text = ledger.sign(key, "well #1 played");
    assert_eq!(ledger.key_of(&text), Some(key));
    assert_eq!(Ledger::new(2, 0xABD).key_of(&text), None, "another run's");
    for stranger in ["hello", "#nothex", "#1", "#abc.", ""] {
        assert_eq!(ledger.key_of(stranger), None);
    }
}
