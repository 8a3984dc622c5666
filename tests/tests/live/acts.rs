//! What an attacker may send, and which reasons fit as an answer.
//!
//! Never opens a link.

use tickwire_arena::Arena;
use tickwire_shared::ack::Ack;
use tickwire_shared::bits::BitWriter;
use tickwire_shared::close::CloseReason;
use tickwire_shared::game::schema_of;
use tickwire_shared::id::{Lane, SessionId, Tick};
use tickwire_shared::input::InputPacket;
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tickwire_shared::rng::Rng;
use tickwire_shared::wire::{
    Address, BoundedStr, BoundedVec, ChatCommand, ClientControl, Credential, Hello, Manner,
    PROTOCOL, Resume, RoomRequest, Token, decode, encode,
};
use tickwire_tests::fuzz::mutate::{mutate, splice};

/// What one attacker keeps at hand.
pub struct Arsenal {
    pub rng: Rng,
    pub hello: Vec<u8>,
    /// Valid packets of the Ordered lane in the live phase.
    pub controls: Vec<Vec<u8>>,
    /// Valid input packets.
    pub inputs: Vec<Vec<u8>>,
}

impl Arsenal {
    /// Draws everything from `seed`.
    pub fn new(seed: u64) -> Arsenal {
        let controls = [
            ClientControl::Talk(ChatCommand::Say {
                client_id: 1,
                to: Address::Room,
                manner: Manner::Said,
                text: BoundedStr::cut("ordinary words"),
            }),
            ClientControl::Check {
                samples: BoundedVec::of_first([]),
            },
            ClientControl::Ping { nonce: 7 },
        ];
        let mut rng = Rng::new(seed);
        let inputs = (0..8).map(|_| input(&mut rng)).collect();
        Arsenal {
            hello: encode(&hello("pit", None)),
            controls: controls.iter().map(encode).collect(),
            inputs,
            rng,
        }
    }
}

fn hello(room: &str, resume: Option<Resume>) -> Hello {
    Hello {
        protocol: PROTOCOL,
        schema_hash: schema_of::<Arena>().expect("a schema").hash,
        name: BoundedStr::cut("Mallory"),
        room: RoomRequest::Named(BoundedStr::cut(room)),
        resume,
        who: Credential::New,
        cursors: BoundedVec::default(),
    }
}

/// A well-formed input packet with random acks and inputs of a random tick.
fn input(rng: &mut Rng) -> Vec<u8> {
    let schema = schema_of::<Arena>().expect("a schema");
    let packet = InputPacket {
        ack: Ack {
            newest: Tick(rng.next_u32() | 1),
            complete: rng.next_u64() | 1,
            parts: [0; 4],
        },
        shown: None,
        newest: Tick(rng.next_u32().max(64)),
        count: 1,
        words: vec![0; schema.input.words.len()],
    };
    let mut out = BitWriter::new();
    packet.encode(&schema.input, &mut out);
    out.finish().to_vec()
}

/// One hostile act and the reasons that fit as an answer. None may also go unanswered.
pub struct Act {
    /// Whether the attacker takes a seat first.
    pub seated: bool,
    pub lane: Lane,
    pub bytes: Vec<u8>,
    /// Empty: the link must live on.
    pub fits: &'static [CloseReason],
    /// Whether bytes this kind makes may be a valid packet by chance: then the link may live on.
    pub may_pass: bool,
}

const NO_SENSE: &[CloseReason] = &[
    CloseReason::Malformed,
    CloseReason::Oversize,
    CloseReason::OutOfPhase,
];
const NO_HELLO: &[CloseReason] = &[
    CloseReason::Malformed,
    CloseReason::Oversize,
    CloseReason::OutOfPhase,
    CloseReason::ProtocolVersion,
    CloseReason::SchemaMismatch,
    CloseReason::BadName,
    CloseReason::ServerFull,
    CloseReason::RoomFull,
    CloseReason::UnknownSession,
];

/// Acts before a hello: nothing is let in.
pub fn before_hello(arsenal: &mut Arsenal) -> Act {
    let rng = &mut arsenal.rng;
    let act = |lane, bytes, fits| Act {
        seated: false,
        lane,
        bytes,
        fits,
        may_pass: false,
    };
    let control = arsenal.controls[rng.below(3) as usize].clone();
    let datagram = arsenal.inputs[rng.below(8) as usize].clone();
    match rng.below(9) {
        0 => act(Lane::Input, datagram, &[CloseReason::OutOfPhase]),
        1 => act(
            Lane::Input,
            arsenal.hello.clone(),
            &[CloseReason::OutOfPhase],
        ),
        2 => act(Lane::Ordered, control, &[CloseReason::OutOfPhase]),
        3 => act(Lane::Ordered, vec![rng.next_u32() as u8], NO_HELLO),
        4 => {
            let end = rng.below(arsenal.hello.len() as u32) as usize;
            act(
                Lane::Ordered,
                arsenal.hello[..end.max(1)].to_vec(),
                NO_HELLO,
            )
        }
        5 => act(Lane::Ordered, [&[1], &[7; 600][..]].concat(), NO_HELLO),
        6 => {
            // The honest players have the first sessions of this server.
            let resume = Resume {
                session: SessionId(u64::from(rng.below(6))),
                token: Token([rng.next_u32() as u8; 16]),
            };
            let bytes = encode(&hello("arena", Some(resume)));
            act(Lane::Ordered, bytes, &[CloseReason::UnknownSession])
        }
        7 => {
            let bytes = encode(&hello("a\u{202E}b", None));
            act(Lane::Ordered, bytes, &[CloseReason::BadName])
        }
        _ => {
            let mut mutant = mutate(rng, std::slice::from_ref(&arsenal.hello));
            mutant.truncate(ORDERED_BYTES_MAX);
            // What still is a hello would be let in: that is no attack.
            if mutant.is_empty() || decode::<Hello>(&mutant).is_ok() {
                mutant = vec![0xEE];
            }
            act(Lane::Ordered, mutant, NO_HELLO)
        }
    }
}

/// Acts of somebody with a seat.
pub fn seated(arsenal: &mut Arsenal) -> Act {
    let rng = &mut arsenal.rng;
    let act = |lane, bytes, fits| Act {
        seated: true,
        lane,
        bytes,
        fits,
        may_pass: false,
    };
    match rng.below(9) {
        0 => act(
            Lane::Ordered,
            arsenal.hello.clone(),
            &[CloseReason::OutOfPhase],
        ),
        1 => act(Lane::Ordered, length_bomb(rng), NO_SENSE),
        2 => act(Lane::Ordered, not_text(), &[CloseReason::Malformed]),
        3 => act(
            Lane::Ordered,
            vec![3; ORDERED_BYTES_MAX],
            &[CloseReason::Oversize],
        ),
        4 => act(
            Lane::Input,
            vec![rng.next_u32() as u8],
            &[CloseReason::Malformed],
        ),
        5 => act(
            Lane::Input,
            vec![0x11; PACKET_BYTES_MAX + 1],
            &[CloseReason::Oversize],
        ),
        6 => {
            let valid = &arsenal.inputs[rng.below(8) as usize];
            let end = 1 + rng.below(valid.len() as u32 - 1) as usize;
            act(
                Lane::Input,
                valid[..end].to_vec(),
                &[CloseReason::Malformed],
            )
        }
        7 => {
            let (left, right) = (rng.below(8) as usize, rng.below(8) as usize);
            let bytes = splice(rng, &arsenal.inputs[left], &arsenal.inputs[right]);
            maybe(Lane::Input, bytes)
        }
        _ => {
            let lane = [Lane::Input, Lane::Ordered][rng.below(2) as usize];
            let corpus = match lane {
                Lane::Input => &arsenal.inputs,
                _ => &arsenal.controls,
            };
            let mut mutant = mutate(rng, corpus);
            mutant.truncate(match lane {
                Lane::Input => PACKET_BYTES_MAX,
                _ => ORDERED_BYTES_MAX,
            });
            maybe(lane, mutant)
        }
    }
}

fn maybe(lane: Lane, bytes: Vec<u8>) -> Act {
    Act {
        seated: true,
        lane,
        bytes,
        fits: NO_SENSE,
        may_pass: true,
    }
}

/// A chat line that claims far more text than there is.
fn length_bomb(rng: &mut Rng) -> Vec<u8> {
    let claims = [
        &[0xFC, 0xFF, 0xFF, 0xFF, 0xFF][..],
        &[0xFD; 9],
        &[0xFB, 0, 0xFF],
    ];
    [&[3, 0, 1][..], claims[rng.below(3) as usize]].concat()
}

/// A chat line of four bytes that are no UTF-8.
fn not_text() -> Vec<u8> {
    vec![3, 0, 1, 4, 0xFF, 0xC0, 0x80, 0xFE]
}
