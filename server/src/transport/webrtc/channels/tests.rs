//! A client that got through ICE and DTLS and then means harm: no packet of STUN, DTLS or SCTP that
//! it makes up may panic.
//!
//! Everything is in one thread and in virtual time; a failure prints its seed.

mod attacker;
pub(in crate::transport::webrtc) mod client;
pub(in crate::transport::webrtc) mod sctp;

use std::time::Duration;

use tickwire_shared::rng::Rng;

use super::*;
use crate::runtime::clock;
use attacker::Attacker;

/// Connections of one run; the server may end each of them early.
const CONNECTIONS: u64 = 24;

/// Packets on one connection at the most.
const PACKETS: usize = 500;

/// Prints the seed of a run that panics.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay with SEED={}", self.0);
        }
    }
}

/// Runs `act` for many attackers that are through the handshake. At least `least` packets must
/// have been taken before the server had enough of them.
fn check(least: usize, mut act: impl FnMut(&mut Attacker, &mut Rng)) {
    let one = std::env::var("SEED").ok().map(|seed| seed.parse().unwrap());
    let seeds = one.map_or(1..=CONNECTIONS, |seed| seed..=seed);
    let mut taken = 0;
    for seed in seeds {
        let seed = Seed(seed);
        let mut rng = Rng::of(seed.0, &[]);
        let mut attacker = Attacker::connect(clock::instant());
        for _ in 0..PACKETS {
            if attacker.is_over() {
                break;
            }
            act(&mut attacker, &mut rng);
            taken += 1;
        }
        attacker.let_time_pass(Duration::from_secs(3));
    }
    println!("{taken} packets");
    assert!(
        one.is_some() || taken >= least,
        "only {taken} packets were taken"
    );
}

#[test]
fn an_honest_client_opens_and_is_heard() {
    let mut attacker = Attacker::connect(clock::instant());
    attacker.send_data(0, 53, &[1, 2, 3]);
    assert_eq!(
        attacker.last_heard(),
        Some(&Heard::Packet(Lane::Input, vec![1, 2, 3]))
    );
    attacker.send_data(1, 51, b"close 0 bye");
    assert_eq!(attacker.last_heard(), Some(&Heard::Ended(CloseReason::Bye)));
}

#[test]
fn made_up_chunks_do_not_panic() {
    check(3_000, |attacker, rng| {
        let mut chunks = Vec::new();
        for _ in 0..=rng.below(3) {
            chunks.extend(sctp::chunk(rng, attacker.tsn()));
        }
        attacker.send_chunks(&chunks);
        if rng.chance(0.05) {
            attacker.let_time_pass(Duration::from_millis(rng.next_u64() % 2_000));
        }
    });
}

#[test]
fn damaged_chunks_do_not_panic() {
    check(3_000, |attacker, rng| {
        let mut chunk = sctp::chunk(rng, attacker.tsn());
        for _ in 0..=rng.below(4) {
            let at = rng.below(chunk.len() as u32) as usize;
            chunk[at] = rng.next_u32() as u8;
        }
        chunk.truncate(chunk.len() - rng.below(4).min(chunk.len() as u32 - 1) as usize);
        attacker.send_chunks(&chunk);
    });
}

#[test]
fn data_on_any_stream_of_any_kind_does_not_panic() {
    check(CONNECTIONS as usize, |attacker, rng| {
        let stream = [0, 1, 2, 3, 1_023, u16::MAX][rng.below(6) as usize];
        let kind = [50, 51, 53, 56, 57, 0, 99][rng.below(7) as usize];
        let bytes: Vec<u8> = (0..rng.below(64)).map(|_| rng.next_u32() as u8).collect();
        attacker.send_data(stream, kind, &bytes);
    });
}

#[test]
fn an_ack_of_more_gaps_than_it_can_count_does_not_panic() {
    // Every other number is missing, all of them too far ahead to be acked, until one chunk brings
    // all of them near: the length of that ack does not fit into its 16 bits.
    const GAPS: u32 = 16_380;
    const FORWARD_TSN: u8 = 192;
    const FIRST_UNORDERED: u8 = 6;
    let mut attacker = Attacker::connect(clock::instant());
    let first = attacker.tsn() + 65_536;
    for from in (0..GAPS).step_by(30) {
        let numbers = (from..GAPS.min(from + 30)).map(|gap| first + 2 * gap);
        let chunks = numbers.flat_map(|tsn| sctp::fragment(FIRST_UNORDERED, tsn, 0, 0, 53, &[1]));
        attacker.send_chunks(&chunks.collect::<Vec<u8>>());
    }
    let near = (first - 2).to_be_bytes();
    attacker.send_chunks(&sctp::chunk_of(FORWARD_TSN, 0, &near));
    attacker.let_time_pass(Duration::from_secs(3));
}

#[test]
fn damaged_records_change_nothing() {
    let mut attacker = Attacker::connect(clock::instant());
    let mut rng = Rng::of(1, &[]);
    for _ in 0..20_000 {
        let mut record = attacker.any_record(&mut rng);
        for _ in 0..=rng.below(4) {
            let at = rng.below(record.len() as u32) as usize;
            record[at] = rng.next_u32() as u8;
        }
        attacker.send_raw(&record);
        assert!(
            !attacker.is_over(),
            "a damaged record ended the connection: {record:?}"
        );
    }
    attacker.send_data(0, 53, &[9]);
    assert_eq!(
        attacker.last_heard(),
        Some(&Heard::Packet(Lane::Input, vec![9]))
    );
}

#[test]
fn proved_but_odd_stun_does_not_panic() {
    check(3_000, |attacker, rng| {
        attacker.send_odd_stun(rng);
        if rng.chance(0.05) {
            attacker.let_time_pass(Duration::from_millis(rng.next_u64() % 2_000));
        }
    });
}
