//! Largest and smallest packets of each kind, and bytes that no encoder writes.

use super::super::{WireError, decode, encode};
use super::*;
use crate::id::{EntityId, LogId};
use crate::limits::{HISTORY_BATCH_MAX, PEOPLE_BATCH_MAX};
use crate::rng::Rng;
use crate::wire::{Address, Ask, Line, Manner, Neighbour, Presence, Sanction, Status, Whom};

fn text<const N: usize>() -> BoundedStr<N> {
    BoundedStr::cut(&"x".repeat(N))
}

fn hello() -> Hello {
    Hello {
        protocol: u16::MAX,
        schema_hash: u64::MAX,
        name: text(),
        room: RoomRequest::Named(text()),
        resume: Some(Resume {
            session: SessionId(u64::MAX),
            token: Token([255; 16]),
        }),
        who: Credential::Admission { token: text() },
        cursors: BoundedVec::of_first(vec![cursor(); CURSORS_MAX]),
    }
}

fn welcome() -> Welcome {
    Welcome {
        session: SessionId(u64::MAX),
        resumed: true,
        player: PlayerId(u16::MAX),
        name: text(),
        room: text(),
        tick_hz: 60,
        snapshot_every: 1,
        tick: Tick(u32::MAX),
        seed: u64::MAX,
        rules_kind: 255,
        rules: BoundedVec::of_first(vec![u32::MAX; ROW_WORDS_MAX]),
        tables: BoundedVec::of_first(vec![255; TABLES_BYTES_MAX]),
        token: Token([255; 16]),
        grace_millis: u32::MAX,
        account: AccountId(u64::MAX),
        role: Role::Admin,
        return_key: Token([255; 16]),
        pen: u32::MAX,
    }
}

fn cursor() -> LogCursor {
    LogCursor {
        log: LogId(u64::MAX),
        epoch: u32::MAX,
        next: u64::MAX,
    }
}

fn sample() -> Sample {
    Sample {
        id: EntityId {
            slot: u32::MAX,
            generation: u16::MAX,
        },
        tick: Tick(u32::MAX),
        exact: true,
        hash: u64::MAX,
        marks: BoundedVec::of_first(vec![255; ROW_WORDS_MAX]),
    }
}

fn client_packets() -> Vec<ClientControl> {
    let client_id = u32::MAX;
    vec![
        ClientControl::Check {
            samples: BoundedVec::of_first(vec![sample(); CHECK_SAMPLES_MAX]),
        },
        ClientControl::Ping { nonce: client_id },
        ClientControl::Leave,
        ClientControl::Away {
            away: client_id % 2 == 0,
        },
        ClientControl::Talk(ChatCommand::Say {
            client_id: u64::MAX,
            to: Address::Whisper(Whom::Name(text())),
            manner: Manner::Emote,
            text: text(),
        }),
        ClientControl::Talk(ChatCommand::Ask {
            ask: u32::MAX,
            what: Ask::Sanction {
                whom: Whom::Name(text()),
                sanction: Sanction::Ban,
                seconds: u32::MAX,
                why: text(),
            },
        }),
    ]
}

fn server_packets() -> Vec<ServerControl> {
    let entry = RosterEntry {
        player: PlayerId(u16::MAX),
        name: text(),
        account: AccountId(u64::MAX),
        role: Role::Admin,
    };
    let differs = SampleResult::Differs { field: text() };
    vec![
        ServerControl::Roster {
            players: BoundedVec::of_first(vec![entry.clone(); ROSTER_BATCH_MAX]),
            more: true,
        },
        ServerControl::Joined(entry),
        ServerControl::Left {
            player: PlayerId(u16::MAX),
        },
        ServerControl::Checked {
            results: BoundedVec::of_first(vec![differs; CHECK_SAMPLES_MAX]),
        },
        ServerControl::Events {
            bytes: BoundedVec::of_first(vec![255; EVENTS_BYTES_MAX]),
        },
        ServerControl::Pong {
            nonce: u32::MAX,
            tick: Tick(u32::MAX),
        },
        ServerControl::Draining { millis: u32::MAX },
        ServerControl::Bye { reason: u32::MAX },
        ServerControl::Talk(lines()),
        ServerControl::Talk(presence()),
        ServerControl::Talk(neighbours()),
    ]
}

fn lines() -> ChatNews {
    let line = Line {
        offset: u64::MAX,
        from: AccountId(u64::MAX),
        name: text(),
        role: Role::Admin,
        at: u64::MAX,
        tick: Tick(u32::MAX),
        manner: Manner::Notice,
        text: text(),
    };
    ChatNews::Lines {
        log: LogId(u64::MAX),
        lines: BoundedVec::of_first(vec![line; HISTORY_BATCH_MAX]),
        more: true,
    }
}

fn presence() -> ChatNews {
    let change = Presence {
        account: AccountId(u64::MAX),
        name: text(),
        status: Status::Online,
        room: text(),
    };
    ChatNews::Presence {
        changes: BoundedVec::of_first(vec![change; PEOPLE_BATCH_MAX]),
    }
}

fn neighbours() -> ChatNews {
    let neighbour = Neighbour {
        account: AccountId(u64::MAX),
        name: text(),
        blocked: true,
        followed: true,
    };
    ChatNews::Neighbours {
        anew: true,
        people: BoundedVec::of_first(vec![neighbour; PEOPLE_BATCH_MAX]),
    }
}

fn replies() -> Vec<HandshakeReply> {
    vec![
        HandshakeReply::Welcome(welcome()),
        HandshakeReply::Refuse(Refuse {
            reason: u32::MAX,
            detail: text(),
            schema: text(),
        }),
    ]
}

/// Every prefix is refused, as are trailing bytes and each single flipped bit that decodes to a
/// packet which would be written otherwise.
fn check<M: Message + PartialEq + core::fmt::Debug>(message: &M) {
    let bytes = encode(message);
    assert!(bytes.len() <= M::BYTES_MAX, "{} bytes", bytes.len());
    assert_eq!(decode::<M>(&bytes).as_ref(), Ok(message));
    for cut in (0..bytes.len()).filter(|&cut| cut < 300 || cut % 997 == 0) {
        assert!(decode::<M>(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut long = bytes.clone();
    long.push(0);
    assert!(decode::<M>(&long).is_err());
    for bit in 0..bytes.len().min(100) * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = decode::<M>(&flipped) {
            assert_eq!(encode(&other), flipped, "bit {bit}");
        }
    }
}

#[test]
fn the_largest_packets_fit_and_decode_to_themselves() {
    check(&hello());
    replies().iter().for_each(check);
    client_packets().iter().for_each(check);
    server_packets().iter().for_each(check);
}

#[test]
fn a_packet_of_another_phase_is_another_kind() {
    let hello = encode(&hello());
    assert_eq!(decode::<ClientControl>(&hello), Err(WireError::Kind(1)));
    assert_eq!(decode::<ServerControl>(&[]), Err(WireError::Empty));
    assert_eq!(decode::<Hello>(&[1; 4_097]), Err(WireError::TooLong));
}

#[test]
fn a_huge_length_costs_nothing_and_is_refused() {
    // A check of 2^32 - 1 rows.
    let bytes = [3, 0, 252, 255, 255, 255, 255];
    assert_eq!(decode::<ClientControl>(&bytes), Err(WireError::Malformed));
}

#[test]
fn a_number_written_the_long_way_is_refused() {
    // Ping 7 with its nonce as a varint of four bytes.
    assert_eq!(
        decode::<ClientControl>(&[3, 1, 7]),
        Ok(ClientControl::Ping { nonce: 7 })
    );
    let long = [3, 1, 252, 7, 0, 0, 0];
    assert_eq!(decode::<ClientControl>(&long), Err(WireError::NotCanonical));
}

#[test]
fn random_bytes_never_panic_and_decode_only_to_what_they_are() {
    for seed in 0..20_000 {
        let mut rng = Rng::new(seed);
        let mut bytes = vec![0; 1 + rng.below(64) as usize];
        for byte in &mut bytes[1..] {
            *byte = rng.below(256) as u8;
        }
        bytes[0] = 3;
        if let Ok(packet) = decode::<ClientControl>(&bytes) {
            assert_eq!(encode(&packet), bytes, "seed {seed}");
        }
        bytes[0] = 4;
        if let Ok(packet) = decode::<ServerControl>(&bytes) {
            assert_eq!(encode(&packet), bytes, "seed {seed}");
        }
    }
}

#[test]
fn a_token_is_compared_whole_and_never_shown() {
    let (a, mut b) = (Token([7; 16]), Token([7; 16]));
    assert_eq!(a, b);
    b.0[15] = 8;
    assert_ne!(a, b);
    assert_eq!(format!("{a:?}"), "Token");
}
