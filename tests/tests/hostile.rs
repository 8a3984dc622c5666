//! Ten thousand malformed things at a live server, over real QUIC, while others play on it.
//!
//! Every hostile packet is sealed in a proper QUIC connection: what breaks QUIC itself is quinn's.
//! `SEED=n` replays a run.

mod live;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use live::{Hosted, PATIENCE, Player, until};
use tickwire_arena::{Arena, Entity};
use tickwire_link::{Dial, Link, LinkEnd, dial_quic};
use tickwire_shared::ack::Ack;
use tickwire_shared::bits::BitWriter;
use tickwire_shared::close::CloseReason;
use tickwire_shared::game::schema_of;
use tickwire_shared::id::{Lane, PlayerId, SessionId, Tick};
use tickwire_shared::input::InputPacket;
use tickwire_shared::limits::{ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tickwire_shared::rng::Rng;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, ClientControl, HandshakeReply, Hello, PROTOCOL, Resume, RoomRequest,
    Token, decode, encode,
};
use tickwire_tests::fuzz::mutate::{mutate, splice};

/// Hostile packets in all.
const THINGS: usize = 10_000;

/// Attackers at a time.
const ATTACKERS: usize = 4;

/// Bytes of memory the process may grow by: the server with all links, and the attackers.
const GROWTH_BYTES_MAX: u64 = 48 * 1_024 * 1_024;

/// What one attacker keeps at hand.
struct Arsenal {
    rng: Rng,
    hello: Vec<u8>,
    /// Valid packets of the Ordered lane in the live phase.
    controls: Vec<Vec<u8>>,
    /// Valid input packets.
    inputs: Vec<Vec<u8>>,
}

impl Arsenal {
    fn new(seed: u64) -> Arsenal {
        let controls = [
            ClientControl::Chat {
                client_id: 1,
                text: BoundedStr::cut("ordinary words"),
            },
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
struct Act {
    /// Whether the attacker takes a seat first.
    seated: bool,
    lane: Lane,
    bytes: Vec<u8>,
    /// Empty: the link must live on.
    fits: &'static [CloseReason],
    /// Whether bytes this kind makes may be a valid packet by chance: then the link may live on.
    may_pass: bool,
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
fn before_hello(arsenal: &mut Arsenal) -> Act {
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
                chat_epoch: rng.next_u32(),
                chat_next: rng.next_u64(),
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
fn seated(arsenal: &mut Arsenal) -> Act {
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

/// What attackers did and what they saw.
#[derive(Default)]
struct Tally {
    things: usize,
    seats: usize,
    closed: BTreeMap<CloseReason, usize>,
    unfitting: Vec<String>,
}

/// Dials again until the server has room for this link.
async fn dial(way: &Dial) -> Link {
    for _ in 0..50 {
        if let Ok(link) = dial_quic(way).await {
            return link;
        }
    }
    panic!("the server takes no more links");
}

/// One connection: perhaps a seat, a number of well-formed strange things, then one bad one.
async fn attack(way: &Dial, arsenal: &mut Arsenal, tally: &mut Tally) {
    let mut link = dial(way).await;
    let act = match arsenal.rng.below(2) {
        0 => before_hello(arsenal),
        _ => seated(arsenal),
    };
    if act.seated {
        link.send(Lane::Ordered, &arsenal.hello).expect("it fits");
        match reply(&mut link).await {
            Ok(()) => tally.seats += 1,
            Err(reason) => {
                tally.unfitting.push(format!("a proper hello got {reason}"));
                return;
            }
        }
        replay(&mut link, arsenal, tally);
    }
    // A frame cannot be empty or longer than the lane takes; the transport's own tests do that.
    let bytes = if act.bytes.is_empty() && act.lane == Lane::Ordered {
        vec![0]
    } else {
        act.bytes
    };
    tally.things += 1;
    link.send(act.lane, &bytes).expect("it fits");
    // One more bad thing that closes whatever lived on; a datagram may be lost.
    if act.may_pass || act.lane == Lane::Input {
        link.send(Lane::Ordered, &[0xEE]).expect("it fits");
        tally.things += 1;
    }
    let reason = end(&mut link).await;
    *tally.closed.entry(reason).or_default() += 1;
    let lived_on = reason == CloseReason::Malformed && (act.may_pass || act.lane == Lane::Input);
    if !act.fits.contains(&reason) && !lived_on {
        let head = &bytes[..bytes.len().min(24)];
        tally.unfitting.push(format!(
            "{:?} seated {} {} bytes {head:?}: {reason}",
            act.lane,
            act.seated,
            bytes.len()
        ));
    }
}

/// Well-formed packets with acks of what was never sent and inputs of ticks that are not near, the
/// same ones over and over: they change nothing and close nothing.
fn replay(link: &mut Link, arsenal: &mut Arsenal, tally: &mut Tally) {
    for _ in 0..arsenal.rng.below(12) {
        let at = arsenal.rng.below(8) as usize;
        link.send(Lane::Input, &arsenal.inputs[at])
            .expect("it fits");
        tally.things += 1;
    }
}

async fn reply(link: &mut Link) -> Result<(), CloseReason> {
    loop {
        match within(link.recv()).await {
            Ok((Lane::Ordered, bytes)) => {
                let reply = decode::<HandshakeReply>(&bytes).expect("a reply");
                match reply {
                    HandshakeReply::Welcome(_) => return Ok(()),
                    HandshakeReply::Refuse(_) => {}
                }
            }
            Ok(_) => {}
            Err(error) => return Err(error.reason()),
        }
    }
}

/// Why the server closed the link.
async fn end(link: &mut Link) -> CloseReason {
    loop {
        match within(link.recv()).await {
            Ok(_) => {}
            Err(LinkEnd::Closed { reason, .. }) => return reason,
            Err(other) => panic!("it ended without a reason: {other}"),
        }
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    let outcome = tokio::time::timeout(PATIENCE, future).await;
    outcome.expect("the server answers")
}

/// A thread that attacks until its share is done.
fn attacker(way: Dial, seed: u64) -> Tally {
    let (mut arsenal, mut tally) = (Arsenal::new(seed), Tally::default());
    live::run(async {
        while tally.things < THINGS / ATTACKERS {
            attack(&way, &mut arsenal, &mut tally).await;
        }
    });
    tally
}

/// What hostile bytes could change, as an honest player sees its room.
fn facts(player: &Player<Arena>) -> (Vec<(PlayerId, String)>, Vec<(PlayerId, u16, u16)>) {
    let client = &player.driver.client;
    let roster = client.roster().iter().map(|(id, name)| (*id, name.clone()));
    let view = client.view();
    let mut scores: Vec<_> = view
        .entities()
        .filter_map(|drawn| match drawn.entity {
            Entity::Fighter(fighter) => Some((fighter.player, fighter.kills, fighter.deaths)),
            _ => None,
        })
        .collect();
    scores.sort_unstable();
    (roster.collect(), scores)
}

/// Resident memory of this process, in bytes; `None` where the system does not say.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}

fn seed() -> u64 {
    let given = std::env::var("SEED").ok();
    given.and_then(|seed| seed.parse().ok()).unwrap_or(2_026)
}

#[test]
fn ten_thousand_malformed_things_change_nothing() {
    let hosted = Hosted::start::<Arena>("hostile", |config| {
        config.session.grace = Duration::from_millis(500);
        config.rooms.workers = 1;
    });
    live::run(async {
        let names = ["Ann", "Bob", "Cid", "Dot"];
        let mut players = names.map(|name| hosted.player::<Arena>(name, "arena"));
        let mut honest: Vec<_> = players.iter_mut().collect();
        until(&mut honest, "four players", |players| {
            players
                .iter()
                .all(|p| p.is_playing() && facts(p).1.len() == 4)
        })
        .await;
        let before: Vec<_> = honest.iter().map(|p| facts(p)).collect();
        let rest = resident();
        let tallies = under_attack(&hosted, &mut honest).await;
        let growth = resident()
            .zip(rest)
            .map(|(now, rest)| now.saturating_sub(rest));
        assert!(
            growth.is_none_or(|grown| grown < GROWTH_BYTES_MAX),
            "{growth:?} bytes"
        );

        let unfitting: Vec<_> = tallies.iter().flat_map(|t| &t.unfitting).take(9).collect();
        assert!(unfitting.is_empty(), "SEED={}: {unfitting:#?}", seed());
        assert!(tallies.iter().map(|t| t.things).sum::<usize>() >= THINGS);
        assert!(tallies.iter().all(|t| t.seats > 20 && t.closed.len() > 4));
        until(
            &mut honest,
            "the attackers' seats back and checks",
            |players| {
                let checked = |p: &Player<_>| p.driver.client.stats().desyncs_none > 16;
                players.iter().all(|p| checked(p)) && hosted.figure("tickwire_sessions") <= 4.0
            },
        )
        .await;
        for (player, before) in honest.iter().zip(&before) {
            assert_eq!(&facts(player), before, "the room is untouched");
            assert_eq!((player.losses, player.joined.len()), (0, 1));
            player.assert_in_sync();
        }
        for name in ["tickwire_rooms_failed_total", "tickwire_desyncs_total"] {
            assert_eq!(hosted.figure(name), 0.0, "{name}");
        }
    });
}

/// Lets attackers loose while the players chat, until all are done and every line has arrived.
async fn under_attack(hosted: &Hosted, honest: &mut [&mut Player<Arena>]) -> Vec<Tally> {
    let running = Arc::new(AtomicBool::new(true));
    let (way, flag) = (hosted.dial(), Arc::clone(&running));
    let attack = std::thread::spawn(move || {
        let one = |at| {
            let way = way.clone();
            std::thread::spawn(move || attacker(way, seed() + at as u64))
        };
        let threads: Vec<_> = (0..ATTACKERS).map(one).collect();
        let tallies: Vec<_> = threads
            .into_iter()
            .map(std::thread::JoinHandle::join)
            .collect();
        flag.store(false, Ordering::Release);
        tallies
    });
    let mut said = Vec::new();
    while running.load(Ordering::Acquire) {
        let speaker = said.len() % honest.len();
        let line = format!("line {}", said.len());
        honest[speaker]
            .driver
            .client
            .chat(&line)
            .expect("in a room");
        said.push(line);
        eprintln!(
            "rss {:?} sessions {} links {}",
            resident().map(|r| r >> 20),
            hosted.figure("tickwire_sessions"),
            hosted.figure("tickwire_links{")
        );
        let start = tickwire_client_demo::clock::Clock::start();
        until(honest, "the line, and half a second", |players| {
            players.iter().all(|p| p.lines.len() == said.len())
                && (start.now().micros() > 500_000 || !running.load(Ordering::Acquire))
        })
        .await;
    }
    for player in honest {
        assert_eq!(player.texts(), said, "every line, once, in order");
    }
    let tallies = attack.join().expect("the attack ends");
    tallies
        .into_iter()
        .map(|tally| tally.expect("an attacker ends"))
        .collect()
}
