//! Who passes the gate, and what a stranger cannot do to those who do.

use std::time::Duration;

use super::*;
use crate::runtime::clock;
use crate::transport::socket::stun::tests::{request, response};

const ONE: ConnectionId = ConnectionId(1);
const TWO: ConnectionId = ConnectionId(2);

const DTLS: &[u8] = &[22, 254, 253, 0];

fn path(port: u16) -> Path {
    Path {
        remote: SocketAddr::from(([192, 0, 2, 1], port)),
        local: None,
    }
}

/// A gate that expects two users.
fn gate(sabotage: Sabotage) -> (Gate, mpsc::Receiver<Foreign>, Instant) {
    let gate = Gate::default();
    let passed = gate.open(sabotage);
    gate.expect("one", ONE);
    gate.expect("two", TWO);
    (gate, passed, clock::instant())
}

#[test]
fn nothing_passes_a_gate_that_nobody_opened() {
    let (gate, now) = (Gate::default(), clock::instant());
    gate.expect("one", ONE);
    let passed = gate.pass(Protocol::Stun, path(1), &request("one:x"), now);
    assert_eq!(passed, Err(DropCause::Stranger));
}

#[test]
fn stun_passes_for_known_users_and_dtls_from_admitted_addresses() {
    let (gate, mut passed, now) = gate(Sabotage::None);
    let stun = |user: &str| gate.pass(Protocol::Stun, path(1), &request(user), now);
    let dtls = |port| gate.pass(Protocol::Dtls, path(port), DTLS, now);
    assert_eq!(dtls(1), Err(DropCause::Stranger));
    assert_eq!(stun("three:x"), Err(DropCause::StunUser));
    assert_eq!(stun("one:x"), Ok(()));
    // That it passed admits nobody: its connection must believe it first.
    assert_eq!(dtls(1), Err(DropCause::Stranger));
    assert!(gate.admit(path(1).remote, ONE, 0, now));
    assert_eq!((dtls(1), dtls(2)), (Ok(()), Err(DropCause::Stranger)));
    assert_eq!(passed.try_recv().unwrap().bytes[..], request("one:x"));
    let foreign = passed.try_recv().unwrap();
    assert_eq!((foreign.to, &foreign.bytes[..]), (ONE, DTLS));
    assert!(passed.try_recv().is_err());
}

#[test]
fn an_address_stays_with_the_connection_that_proved_it_first() {
    let (gate, mut passed, now) = gate(Sabotage::None);
    assert!(gate.admit(path(1).remote, ONE, 0, now));
    assert!(gate.admit(path(1).remote, ONE, 1, now), "it is its own");
    assert!(!gate.admit(path(1).remote, TWO, 0, now), "it is another's");
    assert_eq!(gate.pass(Protocol::Dtls, path(1), DTLS, now), Ok(()));
    assert_eq!(passed.try_recv().unwrap().to, ONE);
    gate.forget("one", TWO, [path(1)]);
    assert!(
        !gate.admit(path(1).remote, TWO, 0, now),
        "it was not TWO's to forget"
    );
    gate.forget("one", ONE, [path(1)]);
    assert!(gate.admit(path(1).remote, TWO, 0, now));
    let stun = gate.pass(Protocol::Stun, path(1), &request("one:x"), now);
    assert_eq!(stun, Err(DropCause::StunUser));
}

#[test]
fn a_connection_has_a_maximum_of_addresses() {
    let (gate, _passed, now) = gate(Sabotage::None);
    for port in 0..WEBRTC_ADDRESSES_MAX {
        assert!(gate.admit(path(port as u16).remote, ONE, port, now));
    }
    let further = path(1_000).remote;
    assert!(!gate.admit(further, ONE, WEBRTC_ADDRESSES_MAX, now));
}

#[test]
fn a_stranger_who_knows_the_user_does_not_use_up_its_share() {
    let (gate, mut passed, start) = gate(Sabotage::None);
    assert!(gate.admit(path(1).remote, ONE, 0, start));
    let stun = |port, now| {
        let outcome = gate.pass(Protocol::Stun, path(port), &request("one:x"), now);
        outcome.err()
    };
    for _ in 0..10 * STUN_MESSAGES_BURST {
        assert_eq!(stun(2, start), None, "a stranger's share is the queue");
        passed.try_recv().unwrap();
    }
    for _ in 0..STUN_MESSAGES_BURST {
        assert_eq!(stun(1, start), None);
        passed.try_recv().unwrap();
    }
    assert_eq!(stun(1, start), Some(DropCause::StunRate));
    let later = start + Duration::from_millis(1_000 / u64::from(STUN_MESSAGES_PER_SECOND));
    assert_eq!(stun(1, later), None);
    assert_eq!(stun(1, later), Some(DropCause::StunRate));
}

#[test]
fn a_full_queue_drops_and_says_so() {
    let (gate, mut passed, now) = gate(Sabotage::None);
    for port in [1, 2] {
        gate.admit(path(port).remote, ONE, 0, now);
    }
    let dtls = |port| gate.pass(Protocol::Dtls, path(port), DTLS, now);
    for _ in 0..FOREIGN_QUEUE_MAX / 2 {
        assert_eq!((dtls(1), dtls(2)), (Ok(()), Ok(())));
    }
    assert_eq!(dtls(1), Err(DropCause::QueueFull));
    passed.try_recv().unwrap();
    assert_eq!(dtls(1), Ok(()));
}

#[test]
fn an_address_has_a_share_of_a_crowded_queue_and_all_of_an_empty_one() {
    let (gate, mut passed, now) = gate(Sabotage::None);
    for port in [1, 2] {
        gate.admit(path(port).remote, ONE, 0, now);
    }
    let dtls = |port| gate.pass(Protocol::Dtls, path(port), DTLS, now).err();
    for _ in 0..2 * DTLS_RECORDS_BURST {
        assert_eq!(dtls(1), None);
        passed.try_recv().unwrap();
    }
    for _ in 0..FOREIGN_QUEUE_MAX / 2 {
        assert_eq!(dtls(1), None);
    }
    assert_eq!(dtls(1), Some(DropCause::DtlsRate));
    assert_eq!(dtls(2), None, "the share of another is its own");
    let stun = |port| gate.pass(Protocol::Stun, path(port), &request("one:x"), now);
    assert_eq!(stun(3), Err(DropCause::StunRate), "strangers have no share");
    assert_eq!(stun(1), Ok(()));
}

#[test]
fn answers_pass_from_admitted_addresses_alone() {
    let (gate, mut passed, now) = gate(Sabotage::None);
    let answer = |port| gate.pass(Protocol::Stun, path(port), &response(&[7; 12]), now);
    assert_eq!(answer(1), Err(DropCause::StunUser));
    gate.admit(path(1).remote, TWO, 0, now);
    assert_eq!(answer(1), Ok(()));
    assert_eq!(passed.try_recv().unwrap().to, TWO);
}

#[test]
fn an_open_gate_hands_strangers_to_everybody() {
    let (gate, mut passed, now) = gate(Sabotage::GateOpen);
    let stranger = gate.pass(Protocol::Dtls, path(9), DTLS, now);
    assert_eq!(
        stranger,
        Err(DropCause::Stranger),
        "it is counted all the same"
    );
    assert_eq!(passed.try_recv().unwrap().to, ONE);
    assert_eq!(passed.try_recv().unwrap().to, TWO);
}
