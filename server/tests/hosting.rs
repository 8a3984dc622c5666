//! A server inside this process, met over real QUIC by clients that speak the wire by hand.
//!
//! Never looks at what is in a snapshot; the simulator and the shadow client do.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use tickwire_link::{Dial, Link, LinkEnd, dial, dial_quic};
use tickwire_server::RunningServer;
use tickwire_server::config::{Config, RoomsConfig};
use tickwire_shared::Replicate;
use tickwire_shared::close::CloseReason;
use tickwire_shared::game::{Frame, Game, Step, schema_of};
use tickwire_shared::id::{EntityId, Lane, PlayerId};
use tickwire_shared::time::TickRate;
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::{
    BoundedStr, BoundedVec, Credential, HandshakeReply, Hello, PROTOCOL, RoomRequest,
    ServerControl, Welcome, decode, encode, encode_probe,
};
use tokio::time::timeout;

/// Nothing to do.
#[derive(Clone, Debug, Default, PartialEq, Replicate)]
struct Idle {
    /// Something must be there.
    #[net(id = 0)]
    asleep: bool,
}

/// One player's place.
#[derive(Clone, Debug, PartialEq, Replicate)]
struct Post {
    /// Whose it is.
    #[net(id = 0)]
    owner: PlayerId,
}

/// A game with a bug: it panics when somebody takes the third seat.
#[derive(Default)]
struct Fragile(BTreeSet<EntityId>);

impl Game for Fragile {
    const TICK_RATE: TickRate = TickRate::hz(60);
    type Input = Idle;
    type Entity = Post;
    type Event = ();
    type Rules = ();

    fn new(_rules: &(), _seed: u64) -> Fragile {
        Fragile::default()
    }

    fn join(&mut self, cx: &mut Step<'_, Fragile>, player: PlayerId) {
        assert_ne!(player, PlayerId(2), "the planted panic");
        self.0.extend(cx.spawn(Some(player)));
    }

    fn step(&mut self, _cx: &mut Step<'_, Fragile>) {}

    fn save(&self, out: &mut Frame<Post>) {
        for (seat, id) in self.0.iter().enumerate() {
            let owner = PlayerId(seat as u16);
            out.put(*id, &Post { owner });
        }
    }

    fn load(&mut self, from: &Frame<Post>) {
        self.0.extend(from.iter().map(|(id, _)| id));
        for id in from.removed() {
            self.0.remove(id);
        }
    }
}

/// A server with a directory of its own, gone with it.
struct Hosted {
    server: Option<RunningServer>,
    data: PathBuf,
}

impl Hosted {
    fn start(name: &str, rooms: RoomsConfig) -> Hosted {
        let data = format!("tickwire-hosting-{name}-{}", std::process::id());
        let data = std::env::temp_dir().join(data);
        let config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            data_dir: data.clone(),
            rooms,
            shutdown_grace: Duration::from_secs(1),
            ..Config::default()
        };
        let server = tickwire_server::start::<Fragile>(config).expect("the server starts");
        Hosted {
            server: Some(server),
            data,
        }
    }

    fn server(&self) -> &RunningServer {
        self.server.as_ref().expect("it runs")
    }

    async fn dial(&self) -> Link {
        let address = self.server().address().to_string();
        dial_quic(&Dial::to(&address)).await.expect("a link")
    }

    /// A player in a room, and what the server said.
    async fn join(&self, room: &str) -> Result<(Link, Welcome), CloseReason> {
        self.join_over(Transport::Quic, room).await
    }

    async fn join_over(
        &self,
        transport: Transport,
        room: &str,
    ) -> Result<(Link, Welcome), CloseReason> {
        let to = Dial::to(&self.server().address().to_string()).over(transport);
        let mut link = dial(&to).await.expect("a link");
        link.send(Lane::Ordered, &encode(&hello(room)))
            .expect("it fits");
        match decode(&ordered(&mut link).await).expect("a reply") {
            HandshakeReply::Welcome(welcome) => Ok((link, welcome)),
            HandshakeReply::Refuse(refuse) => {
                let reason = CloseReason::from_number(refuse.reason).expect("a reason");
                assert_eq!(end(&mut link).await, reason);
                Err(reason)
            }
        }
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn hello(room: &str) -> Hello {
    Hello {
        protocol: PROTOCOL,
        schema_hash: schema_of::<Fragile>().expect("a schema").hash,
        name: BoundedStr::cut("Ada"),
        room: RoomRequest::Named(BoundedStr::cut(room)),
        resume: None,
        who: Credential::New,
        cursors: BoundedVec::default(),
    }
}

/// The next packet on the Ordered lane; snapshots are passed over.
async fn ordered(link: &mut Link) -> Vec<u8> {
    loop {
        match within(link.recv()).await.expect("the link lives") {
            (Lane::Ordered, packet) => return packet,
            _ => continue,
        }
    }
}

/// Waits until something comes on the Snapshot lane.
async fn snapshot(link: &mut Link) {
    while within(link.recv()).await.expect("the link lives").0 != Lane::Snapshot {}
}

/// Reads to the end of the link; why it ended.
async fn end(link: &mut Link) -> CloseReason {
    loop {
        match within(link.recv()).await {
            Ok(_) => continue,
            Err(LinkEnd::Closed { reason, .. }) => return reason,
            Err(other) => panic!("it ended without a reason: {other:?}"),
        }
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    (timeout(Duration::from_secs(20), future).await).expect("nothing happened for 20 s")
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(test);
}

fn rooms() -> RoomsConfig {
    Config::default().rooms
}

#[test]
fn a_player_gets_a_seat_and_snapshots() {
    run(async {
        let hosted = Hosted::start("seat", rooms());
        let (mut link, welcome) = hosted.join("here").await.expect("a seat");
        assert_eq!((welcome.room.as_str(), welcome.tick_hz), ("here", 60));
        snapshot(&mut link).await;
    });
}

#[test]
fn players_of_different_transports_meet_in_a_room() {
    run(async {
        let hosted = Hosted::start("transports", rooms());
        // This game bears two players.
        let [quic, webtransport, webrtc, websocket] = Transport::ALL;
        for (room, pair) in [("one", [quic, webrtc]), ("two", [webtransport, websocket])] {
            for (seat, transport) in pair.into_iter().enumerate() {
                let joined = hosted.join_over(transport, room).await;
                let (mut link, welcome) = joined.expect("a seat");
                assert_eq!(welcome.player, PlayerId(seat as u16), "{transport}");
                snapshot(&mut link).await;
                let _ = link.send(Lane::Ordered, b"garbage");
                assert_eq!(end(&mut link).await, CloseReason::Malformed, "{transport}");
            }
        }
    });
}

#[test]
fn every_probe_comes_back_from_a_server_without_a_room() {
    run(async {
        let hosted = Hosted::start("probes", rooms());
        // Those of a page; over QUIC the link itself begins with the Hello.
        let [_quic, of_a_page @ ..] = Transport::ALL;
        for transport in of_a_page {
            let to = Dial::to(&hosted.server().address().to_string()).over(transport);
            let mut link = dial(&to).await.expect("a link");
            for number in 0..40 {
                let probe = encode_probe(number, 300);
                link.send(Lane::Input, &probe).expect("it fits");
                let echo = within(link.recv()).await;
                let whole = echo == Ok((Lane::Snapshot, probe));
                assert!(whole, "{transport}: number {number} did not come back");
            }
        }
    });
}

#[test]
fn a_panic_in_one_room_ends_that_room_only() {
    run(async {
        let hosted = Hosted::start("panic", rooms());
        let (mut other, _) = hosted.join("other").await.expect("a seat");
        let (mut first, _) = hosted.join("fragile").await.expect("a seat");
        let (mut second, _) = hosted.join("fragile").await.expect("a seat");
        let (mut third, _) = hosted.join("fragile").await.expect("a seat");
        for link in [&mut first, &mut second, &mut third] {
            assert_eq!(end(link).await, CloseReason::RoomFailed);
        }
        snapshot(&mut other).await;
        let (mut again, welcome) = hosted.join("fragile").await.expect("a new room");
        assert_eq!(welcome.player, PlayerId(0));
        snapshot(&mut again).await;
    });
}

#[test]
fn a_drain_tells_players_refuses_new_ones_and_ends() {
    run(async {
        let mut hosted = Hosted::start("drain", rooms());
        let (mut link, _) = hosted.join("here").await.expect("a seat");
        hosted.server().drain();
        let told = async {
            while !matches!(
                decode::<ServerControl>(&ordered(&mut link).await),
                Ok(ServerControl::Draining { .. })
            ) {}
        };
        told.await;
        let late = hosted.join("here").await.err();
        assert_eq!(late, Some(CloseReason::Draining));
        assert_eq!(end(&mut link).await, CloseReason::Draining);
        hosted.server.take().expect("it ran").wait();
    });
}

#[test]
fn configured_bounds_hold() {
    run(async {
        let hosted = Hosted::start(
            "bounds",
            RoomsConfig {
                seats_max: 1,
                count_max: 1,
                ..rooms()
            },
        );
        let _seated = hosted.join("here").await.expect("a seat");
        assert_eq!(hosted.join("here").await.err(), Some(CloseReason::RoomFull));
        assert_eq!(
            hosted.join("more").await.err(),
            Some(CloseReason::ServerFull)
        );
    });
}

#[test]
fn another_protocol_is_refused_in_words() {
    run(async {
        let hosted = Hosted::start("protocol", rooms());
        let mut link = hosted.dial().await;
        let old = Hello {
            protocol: PROTOCOL + 1,
            ..hello("here")
        };
        link.send(Lane::Ordered, &encode(&old)).expect("it fits");
        assert_eq!(end(&mut link).await, CloseReason::ProtocolVersion);
    });
}

#[test]
fn garbage_ends_the_link_and_nothing_else() {
    run(async {
        let hosted = Hosted::start("garbage", rooms());
        let (mut good, _) = hosted.join("here").await.expect("a seat");
        for garbage in [&[0xFF; 300][..], &[0], b"GET / HTTP/1.1"] {
            let mut bad = hosted.dial().await;
            bad.send(Lane::Ordered, garbage).expect("it fits");
            let reason = end(&mut bad).await;
            assert!(reason != CloseReason::Bye, "{reason}");
        }
        snapshot(&mut good).await;
    });
}
