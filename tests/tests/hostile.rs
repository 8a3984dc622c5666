//! Ten thousand malformed things at a live server, over real QUIC, while others play on it.
//!
//! Every hostile packet is sealed in a proper QUIC connection: what breaks QUIC itself is quinn's.
//! `SEED=n` replays a run.

#[path = "live/acts.rs"]
mod acts;
mod live;

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use acts::{Arsenal, before_hello, seated};
use live::{Hosted, PATIENCE, Player, until};
use tickwire_arena::{Arena, Entity};
use tickwire_link::{Dial, Link, LinkEnd, dial_quic};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, PlayerId};
use tickwire_shared::limits::SEATS_MAX;
use tickwire_shared::wire::{HandshakeReply, decode};

/// Hostile packets in all.
const THINGS: usize = 10_000;

/// Attackers at a time.
const ATTACKERS: usize = 4;

/// Bytes of memory this process may grow by: the server with all its links and four players.
const GROWTH_BYTES_MAX: u64 = 32 * 1_024 * 1_024;

/// Tells the attackers, which are a process of their own, whom to attack.
const TARGET: &str = "TICKWIRE_HOSTILE_TARGET";

/// What attackers did and what they saw.
#[derive(Default)]
struct Tally {
    things: usize,
    seats: usize,
    closed: BTreeSet<CloseReason>,
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
    tally.closed.insert(reason);
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
#[derive(Debug, PartialEq)]
struct Facts {
    roster: Vec<(PlayerId, String)>,
    /// Kills and deaths.
    scores: Vec<(PlayerId, u16, u16)>,
}

fn facts(player: &Player<Arena>) -> Facts {
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
    let roster = roster.collect();
    Facts { roster, scores }
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
        config.session.grace = Duration::from_millis(100);
        // A seat is kept for ten seconds after its player's link broke: enough for every attacker,
        // however fast the machine is.
        config.rooms.seats_max = SEATS_MAX;
        config.rooms.workers = 1;
    });
    live::run(async {
        let names = ["Ann", "Bob", "Cid", "Dot"];
        let mut players = names.map(|name| hosted.player::<Arena>(name, "arena"));
        let mut honest: Vec<_> = players.iter_mut().collect();
        until(&mut honest, "four players", |players| {
            players
                .iter()
                .all(|p| p.is_playing() && facts(p).scores.len() == 4)
        })
        .await;
        let before: Vec<_> = honest.iter().map(|p| facts(p)).collect();
        let rest = resident();
        under_attack(&hosted, &mut honest).await;
        let growth = resident()
            .zip(rest)
            .map(|(now, rest)| now.saturating_sub(rest));
        assert!(
            growth.is_none_or(|grown| grown < GROWTH_BYTES_MAX),
            "{growth:?} bytes"
        );
        until(
            &mut honest,
            "the attackers' seats back and checks",
            |players| {
                let checked = |p: &Player<_>| p.driver.client.stats().desyncs_none > 3;
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
async fn under_attack(hosted: &Hosted, honest: &mut [&mut Player<Arena>]) {
    let mut attack = Attack::start(&hosted.dial().server);
    let (mut said, mut ended) = (Vec::new(), false);
    while !ended {
        let speaker = said.len() % honest.len();
        let line = format!("line {}", said.len());
        honest[speaker]
            .driver
            .client
            .chat(&line)
            .expect("in a room");
        said.push(line);
        let start = tickwire_client_demo::clock::Clock::start();
        until(honest, "the line, and half a second", |players| {
            ended |= attack.has_ended();
            let heard = players.iter().all(|p| p.lines.len() == said.len());
            heard && (ended || start.now().micros() > 500_000)
        })
        .await;
    }
    for player in honest {
        assert_eq!(player.texts(), said, "every line, once, in order");
    }
}

/// The process of the attackers: their memory is not the server's.
struct Attack(Child);

impl Attack {
    fn start(server: &str) -> Attack {
        let program = std::env::current_exe().expect("this program");
        let child = Command::new(program)
            .args(["--exact", "attackers", "--ignored", "--nocapture"])
            .env(TARGET, server)
            .stdout(Stdio::null())
            .spawn();
        Attack(child.expect("the attackers start"))
    }

    /// Whether they are done; what went wrong stands on standard error.
    fn has_ended(&mut self) -> bool {
        let status = self.0.try_wait().expect("a status");
        assert!(
            status.is_none_or(|status| status.success()),
            "SEED={}",
            seed()
        );
        status.is_some()
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "the other process of the test above, which starts it"]
fn attackers() {
    let Ok(server) = std::env::var(TARGET) else {
        return;
    };
    let one = |at: usize| {
        let way = Dial::to(&server);
        std::thread::spawn(move || attacker(way, seed() + at as u64))
    };
    let threads: Vec<_> = (0..ATTACKERS).map(one).collect();
    let ends = threads.into_iter().map(std::thread::JoinHandle::join);
    let tallies: Vec<Tally> = ends.map(|tally| tally.expect("an attacker ends")).collect();
    let unfitting: Vec<_> = tallies.iter().flat_map(|t| &t.unfitting).take(9).collect();
    assert!(unfitting.is_empty(), "SEED={}: {unfitting:#?}", seed());
    assert!(tallies.iter().map(|t| t.things).sum::<usize>() >= THINGS);
    assert!(tallies.iter().all(|t| t.seats > 20 && t.closed.len() > 4));
}
