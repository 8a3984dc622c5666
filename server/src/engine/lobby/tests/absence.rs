//! Probes before a Hello, and players who are away.

use tickwire_shared::wire::encode_probe;

use super::desk::room_cursor;
use super::*;
use crate::limits::PROBE_ECHOES_MAX;

#[test]
fn probes_come_back_as_they_are_and_a_late_one_is_nothing() {
    let mut bench = Bench::new(|_| {});
    bench.lobby.opened(bench.now, LinkId(1));
    for number in 0..u32::from(PROBE_ECHOES_MAX) + 10 {
        bench.bytes(1, Lane::Input, &encode_probe(number, 5 + number as usize));
    }
    let echoes = core::mem::take(&mut bench.echoes);
    assert_eq!(echoes.len(), usize::from(PROBE_ECHOES_MAX));
    for ((link, echo), number) in echoes.iter().zip(0..) {
        assert_eq!(*link, LinkId(1));
        assert_eq!(*echo, encode_probe(number, 5 + number as usize));
    }
    assert!(bench.closed.is_empty());
    bench.bytes(1, Lane::Ordered, &[]);
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::Malformed);

    let first = bench.join(2);
    bench.lobby.lost(bench.now, LinkId(2));
    bench.resume(3, &first);
    for _ in 0..30 {
        bench.pass(200);
        bench.bytes(3, Lane::Input, &encode_probe(1, 100));
    }
    assert!(bench.echoes.is_empty(), "none after the Hello");
    let closed = bench.closed[&LinkId(3)];
    assert_eq!(closed, CloseReason::TimedOut, "a probe is no sign of life");
    bench.resume(4, &first);
    assert!(
        bench.welcome(4).resumed,
        "nor does it prove that the Welcome came"
    );
}

#[test]
fn a_probe_holds_no_link_beyond_the_handshake() {
    let mut bench = Bench::new(|_| {});
    bench.lobby.opened(bench.now, LinkId(1));
    for _ in 0..26 {
        bench.bytes(1, Lane::Input, &encode_probe(1, 100));
        bench.pass(200);
    }
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::HandshakeTimeout);
}

fn away(bench: &mut Bench, link: u64, away: bool) {
    bench.say(link, &ClientControl::Away { away });
}

#[test]
fn who_is_away_may_be_silent_until_that_is_over_too() {
    let mut bench = Bench::new(|config| config.away = Duration::from_secs(60));
    bench.join(1);
    away(&mut bench, 1, true);
    bench.pass(59_960);
    assert!(bench.closed.is_empty());
    assert_eq!(bench.lobby.attendance().next(), Some((LinkId(1), true)));
    bench.pass(40);
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::TimedOut);
    assert_eq!(bench.lobby.parked(), 1);
    bench.pass(29_980);
    assert_eq!(bench.lobby.sessions(), 1);
    bench.pass(20);
    assert_eq!(bench.lobby.sessions(), 0, "parked as usual");
}

#[test]
fn a_link_that_dies_while_away_leaves_the_longer_of_both_times() {
    for (lost_after, kept) in [(10_000, 50_000), (50_000, 30_000)] {
        let mut bench = Bench::new(|config| config.away = Duration::from_secs(60));
        let welcome = bench.join(1);
        away(&mut bench, 1, true);
        bench.pass(lost_after);
        bench.lobby.lost(bench.now, LinkId(1));
        bench.pass(kept - 20);
        assert_eq!(bench.lobby.sessions(), 1, "lost after {lost_after} ms");
        bench.pass(20);
        assert_eq!(bench.lobby.sessions(), 0, "lost after {lost_after} ms");
        bench.resume(2, &welcome);
        let reason = bench.refused(2).reason;
        assert_eq!(reason, CloseReason::UnknownSession.number());
    }
}

#[test]
fn a_resumed_session_is_not_away() {
    let mut bench = Bench::new(|_| {});
    let welcome = bench.join(1);
    away(&mut bench, 1, true);
    bench.resume(2, &welcome);
    assert_eq!(bench.lobby.attendance().next(), Some((LinkId(2), false)));
    bench.pass(5_020);
    assert_eq!(bench.closed[&LinkId(2)], CloseReason::TimedOut);
}

#[test]
fn a_later_input_ends_being_away_and_an_earlier_one_does_not() {
    let mut bench = Bench::new(|_| {});
    bench.join(1);
    bench.pass(200);
    away(&mut bench, 1, true);
    let is_away = |bench: &Bench| bench.lobby.attendance().next() == Some((LinkId(1), true));
    bench.pass(4_000);
    bench.input(1, 10);
    bench.input(1, 74);
    assert!(is_away(&bench), "made before it went, or acks alone");
    bench.input(1, 75);
    assert!(!is_away(&bench));
    away(&mut bench, 1, true);
    assert!(is_away(&bench));
    away(&mut bench, 1, false);
    assert!(!is_away(&bench));
}

#[test]
fn a_session_moves_to_another_link_while_the_old_one_lives() {
    let mut bench = Bench::new(|_| {});
    let first = bench.join(1);
    bench.join(9);
    bench.chat(9, 90, "one");
    bench.chat(1, 10, "two");
    let cursor = room_cursor(&mut bench, 1, 2);
    bench.pass(200);
    bench.resume_at(2, &first, &[cursor]);
    assert_eq!(bench.closed[&LinkId(1)], CloseReason::Replaced);
    let second = bench.welcome(2);
    assert!(second.resumed && second.player == first.player);
    bench.chat(9, 91, "three");
    // What the old link still had on its way comes too late: it is nobody's any more.
    bench.chat(1, 11, "lost");
    bench.input(1, 30);
    bench.chat(2, 11, "lost");
    assert_eq!(bench.offsets(2), [2, 3], "no gap, no duplicate");
    let before = bench.snapshots.get(&LinkId(1)).copied();
    bench.pass(200);
    assert_eq!(bench.snapshots.get(&LinkId(1)).copied(), before);
    assert!(bench.snapshots[&LinkId(2)] >= 2);
    assert_eq!((bench.lobby.sessions(), bench.lobby.links()), (2, 2));
    bench.lobby.lost(bench.now, LinkId(1));
    bench.carry_out();
    assert_eq!(
        bench.lobby.parked(),
        0,
        "the loss of the old link is no news"
    );
}

/// A page that was closed has lost the session's token, and keeps the account's key.
#[test]
fn who_comes_back_with_the_key_has_the_own_name_and_no_second_seat() {
    let mut bench = Bench::new(|_| {});
    let first = bench.join(1);
    bench.lobby.lost(bench.now, LinkId(1));
    let back = |bench: &mut Bench, link: u64, who: Credential| {
        bench.hello(link, |hello| hello.who = who);
        bench.welcome(link)
    };
    let key = first.return_key;
    let second = back(&mut bench, 2, Credential::Return { key });
    assert_eq!(
        (second.account, second.name.as_str()),
        (first.account, "Ann")
    );
    assert_eq!((bench.lobby.sessions(), second.resumed), (1, false));
    // A seat that is in use stays, and so does that of anybody else.
    let third = back(&mut bench, 3, Credential::Return { key });
    assert_eq!((bench.lobby.sessions(), third.name.as_str()), (2, "Ann 2"));
    bench.lobby.lost(bench.now, LinkId(2));
    back(&mut bench, 4, Credential::New);
    assert_eq!(bench.lobby.sessions(), 3);
}
