//! Clients that stop to read while others talk: each costs the server little memory until its link
//! is cut, and comes back to every line it missed.
//!
//! Never counts its own memory: the server is a process of its own.

mod live;

use std::sync::Mutex;
use std::time::Duration;

use live::served::{self, Scratch, Served};
use live::{PATIENCE, run};
use tickwire_arena::Arena;
use tickwire_client_demo::clock::Clock;
use tickwire_link::{Dial, Link, dial};
use tickwire_shared::client::{Client, ClientConfig, ClientEvent, TalkEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::wire::{Address, Manner};

/// One at a time: each measures how much is said meanwhile.
static ALONE: Mutex<()> = Mutex::new(());

/// Clients that stop to read, how many do where that costs without a bound, and those who talk.
const SLEEPERS: usize = 32;
const SLEEPERS_ENDLESS: usize = 8;
const SPEAKERS: usize = 12;

/// Bytes of a line: nearly the longest there are, 512.
const LINE_BYTES: usize = 500;

/// KiB that a client that does not read may cost.
const KIB_MAX: u64 = 1_024;

/// Not a test by itself: the server of the others, unless another program is.
#[test]
fn serves_where_it_is_asked_to() {
    served::serve_if_asked();
}

/// A client with its link in its hands.
struct Peer {
    client: Client<Arena>,
    link: Link,
    /// Offsets of the lines of its room.
    offsets: Vec<u64>,
    missed: u64,
    flying: usize,
}

impl Peer {
    async fn join(server: &Served, name: &str, clock: Clock) -> Peer {
        let config = ClientConfig {
            name: name.to_owned(),
            room: Some("pit".to_owned()),
            ..ClientConfig::default()
        };
        let mut peer = Peer {
            client: Client::new(config, clock.now()).expect("fair declarations"),
            link: dial(&way(server)).await.expect("a link"),
            offsets: Vec::new(),
            missed: 0,
            flying: 0,
        };
        let began = clock.now();
        while !(peer.client.is_live() && peer.client.tick().0 > 0) {
            assert!(
                clock.now().since(began) < PATIENCE,
                "{name} does not come in"
            );
            peer.read(clock, 20).await;
        }
        peer
    }

    /// Goes on without a look at what comes.
    fn sleepwalk(&mut self, clock: Clock) {
        self.client.frame(clock.now());
        while let Some(packet) = self.client.poll_transmit() {
            let _ = self.link.send(packet.lane, &packet.bytes);
        }
    }

    /// Reads what comes within some milliseconds; whether the link still holds.
    async fn read(&mut self, clock: Clock, millis: u64) -> bool {
        self.sleepwalk(clock);
        let until = clock.now() + Duration::from_millis(millis);
        loop {
            let packet = tokio::select! {
                biased;
                packet = self.link.recv() => packet,
                () = clock.sleep_until(until) => return true,
            };
            let Ok((lane, bytes)) = packet else {
                return false;
            };
            self.client.receive(clock.now(), lane, &bytes);
            self.note();
            if lane == Lane::Ordered && clock.now() >= until {
                return true;
            }
        }
    }

    fn note(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Talk(TalkEvent::Missed { lines, .. }) => self.missed += lines,
                ClientEvent::Talk(TalkEvent::Acked { .. } | TalkEvent::Refused { .. }) => {
                    self.flying = self.flying.saturating_sub(1);
                }
                ClientEvent::Talk(talk) => {
                    self.offsets
                        .extend(talk.room_line().map(|line| line.offset));
                }
                _ => {}
            }
        }
    }

    fn speak(&mut self, number: usize) {
        let text = format!("{number} {}", "x".repeat(LINE_BYTES));
        let text = &text[..LINE_BYTES];
        let said = self.client.say(Address::Room, Manner::Said, text);
        self.flying += usize::from(said.is_some());
    }
}

fn way(server: &Served) -> Dial {
    Dial::to(&server.public.to_string())
}

/// KiB of memory that the server has.
fn kib(server: &Served) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id()));
    let status = status.expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.expect("a figure")
}

/// How many links were cut because their clients did not read.
fn cut(server: &Served) -> u64 {
    let text = live::served::get(server.admin, "/metrics");
    let lines = text.lines();
    let mut lines = lines.filter(|line| line.starts_with("tickwire_slow_consumers_total "));
    let number = lines
        .next()
        .and_then(|line| line.rsplit(' ').next()?.parse().ok());
    number.expect("a figure")
}

/// Those who talk, and so many who will not read, all in the room.
async fn gather(server: &Served, clock: Clock, sleepers_count: usize) -> (Vec<Peer>, Vec<Peer>) {
    let (mut speakers, mut sleepers) = (Vec::new(), Vec::new());
    for number in 0..SPEAKERS {
        speakers.push(Peer::join(server, &format!("Speaker{number}"), clock).await);
    }
    for number in 0..sleepers_count {
        sleepers.push(Peer::join(server, &format!("Sleeper{number}"), clock).await);
        for peer in speakers.iter_mut().chain(&mut sleepers) {
            assert!(peer.read(clock, 1).await, "all read");
        }
    }
    (speakers, sleepers)
}

/// Lets everybody talk and `sleepers` not read, until all of their links are cut or each costs more
/// than `enough`; how many KiB each did at the most.
async fn talk_past(
    server: &Served,
    clock: Clock,
    (speakers, sleepers): (&mut [Peer], &mut [Peer]),
    enough: u64,
) -> u64 {
    let (began, before, mut most, mut number) = (clock.now(), kib(server), 0, 0);
    loop {
        for speaker in &mut *speakers {
            if speaker.flying < 2 {
                speaker.speak(number);
                number += 1;
            }
            assert!(speaker.read(clock, 2).await, "a speaker lost its link");
        }
        sleepers
            .iter_mut()
            .for_each(|sleeper| sleeper.sleepwalk(clock));
        most = most.max(kib(server));
        let each = most.saturating_sub(before) / sleepers.len() as u64;
        let (cut, waited) = (cut(server), clock.now().since(began));
        if cut >= sleepers.len() as u64 || each > enough {
            println!("{before} KiB before, {most} KiB at the most: {each} KiB a client, {cut} cut");
            return each;
        }
        assert!(
            waited < 2 * PATIENCE,
            "only {cut} links were cut in {waited:?}, at {each} KiB a client"
        );
    }
}

/// The same talk where what waits for a client has no bound.
#[test]
fn without_a_bound_it_costs_more_and_more() {
    let _alone = ALONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let scratch = Scratch::new("slow-endless");
    let server = Served::endless(&scratch.0);
    run(async {
        let clock = Clock::start();
        let (mut speakers, mut sleepers) = gather(&server, clock, SLEEPERS_ENDLESS).await;
        let enough = KIB_MAX + KIB_MAX / 2;
        let each = talk_past(&server, clock, (&mut speakers, &mut sleepers), enough).await;
        assert!(each > KIB_MAX, "{each} KiB a client");
        assert_eq!(cut(&server), 0);
    });
}

#[test]
fn a_client_that_does_not_read_costs_little_and_comes_back_to_every_line() {
    let _alone = ALONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let scratch = Scratch::new("slow");
    let server = Served::talkative(&scratch.0);
    run(async {
        let clock = Clock::start();
        let (mut speakers, mut sleepers) = gather(&server, clock, SLEEPERS).await;
        let both = (&mut *speakers, &mut *sleepers);
        let each = talk_past(&server, clock, both, u64::MAX).await;
        assert!(each <= KIB_MAX, "{each} KiB a client");
        let end = speakers[0].offsets.last().copied().expect("lines");
        for sleeper in &mut sleepers {
            // What was under way is read, then the end.
            let began = clock.now();
            while sleeper.read(clock, 50).await {
                assert!(clock.now().since(began) < PATIENCE, "its link was not cut");
            }
            sleeper.client.link_closed(CloseReason::SlowConsumer);
            sleeper.note();
            sleeper.link = dial(&way(&server)).await.expect("a link");
            sleeper.client.reconnect(clock.now());
            let again = clock.now();
            while sleeper.offsets.last().is_none_or(|last| *last < end) {
                assert!(clock.now().since(again) < PATIENCE, "not all lines come");
                assert!(sleeper.read(clock, 20).await, "it is cut again");
                for speaker in &mut speakers {
                    speaker.sleepwalk(clock);
                }
            }
            let whole = sleeper.offsets.windows(2).all(|two| two[0] + 1 == two[1]);
            assert!(whole && sleeper.missed == 0, "a gap: {:?}", sleeper.offsets);
        }
    });
}
