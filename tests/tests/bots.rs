//! Bots and a player's client on a real server over real QUIC, in one process.
//!
//! Never asserts on speed: the machine that runs this may be busy with something else.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use tickwire_arena::Arena;
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::bots::report::Report;
use tickwire_client_demo::clock::Clock;
use tickwire_client_demo::driver::{Driver, Turn, Way};
use tickwire_client_demo::play::app::{self, App};
use tickwire_link::Dial;
use tickwire_server::RunningServer;
use tickwire_server::config::Config;
use tickwire_shared::client::ClientEvent;
use tickwire_shared::id::PlayerId;
use tickwire_shared::wire::Credential;
use tokio::runtime::{Builder, Runtime};

/// A server with a directory of its own, gone with it.
struct Hosted {
    server: Option<RunningServer>,
    data: PathBuf,
}

impl Hosted {
    fn start(name: &str) -> Hosted {
        let data = format!("tickwire-bots-{name}-{}", std::process::id());
        let data = std::env::temp_dir().join(data);
        let config = Config {
            listen: "127.0.0.1:0".parse().expect("an address"),
            admin_listen: Some("127.0.0.1:0".parse().expect("an address")),
            data_dir: data.clone(),
            shutdown_grace: Duration::from_secs(1),
            ..Config::default()
        };
        let server = tickwire_server::start::<Arena>(config).expect("the server starts");
        Hosted {
            server: Some(server),
            data,
        }
    }

    fn server(&self) -> &RunningServer {
        self.server.as_ref().expect("it runs")
    }

    fn driver(&self, name: &str, clock: Clock) -> Driver<Arena> {
        let client =
            app::client(name, None, Credential::New, clock.now()).expect("fair declarations");
        let way = Way {
            dial: Dial::to(&self.server().address().to_string()),
            network: None,
            patience: Duration::from_secs(20),
        };
        Driver::new(client, way, clock)
    }

    fn play(&self, flags: &str) -> Report {
        let (server, admin) = (self.server().address(), self.server().admin_address());
        let line = format!("bots --server {server} --admin {admin} {flags}");
        let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
        runtime().block_on(fleet::run(cli))
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn runtime() -> Runtime {
    let built = Builder::new_current_thread().enable_all().build();
    built.expect("a runtime")
}

#[test]
fn the_books_of_bots_balance_on_a_bad_network() {
    let hosted = Hosted::start("books");
    let report = hosted.play("--count 8 --duration 8s --seed 5 --chat 2 --net 4g");
    let table = report.table();
    assert_eq!(report.failures(), Vec::<String>::new(), "{table}");
    assert_eq!((report.joined, report.disconnects), (8, 0), "{table}");
    assert_eq!(report.transports.get("quic"), Some(&8));
    assert!(
        report.chat.sent > 40 && report.chat.acked == report.chat.sent,
        "{table}"
    );
    assert_eq!(report.chat.delivered, report.chat.expected, "{table}");
    assert!(
        report.snapshots.received > 1_000 && report.checks > 50,
        "{table}"
    );
    assert!(report.snapshots.lost > 0, "4g loses packets: {table}");
    let join_ms = report.join_ms.p50.expect("measured");
    assert!(
        join_ms > 60.0,
        "one round trip of 80 ms after the transport's own: {table}"
    );
    let delivery_ms = report.chat.delivery_ms.p50.expect("measured");
    assert!(delivery_ms > 60.0, "one round trip of 80 ms: {table}");
    assert!(report.input_to_snapshot_ms.p50 > Some(60.0), "{table}");
    let server = report.server.expect("the admin listener answers");
    assert!(
        server.cpu_s > 0.0 && server.tick_us.p99 >= server.tick_us.p50,
        "{table}"
    );
}

#[test]
fn a_server_that_is_not_there_fails_the_run_with_one_sentence() {
    let hosted = Hosted::start("gone");
    let address = hosted.server().address();
    drop(hosted);
    let line = format!("bots --server {address} --admin {address} --count 2 --duration 5s");
    let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
    let report = runtime().block_on(fleet::run(cli));
    assert_eq!(report.failures(), ["nobody joined"]);
    assert!(report.seconds < 4.0, "a run without bots ends at once");
    let told = report
        .errors
        .iter()
        .any(|words| words.starts_with("2 x nobody listens at"));
    assert!(told && report.server.is_none(), "{:?}", report.errors);
}

#[test]
fn a_broken_link_is_replaced_and_the_session_goes_on() {
    let hosted = Hosted::start("resume");
    runtime().block_on(async {
        let clock = Clock::start();
        let mut driver = hosted.driver("Ada", clock);
        let (me, resumed) = joined(&mut driver, clock).await;
        assert!(!resumed);
        driver.client.chat("before").expect("in a room");
        assert_eq!(heard(&mut driver, clock).await, "before");
        driver.break_link();
        driver
            .client
            .chat("meanwhile")
            .expect("the loss is not known yet");
        assert_eq!(
            joined(&mut driver, clock).await,
            (me, true),
            "the same seat"
        );
        assert_eq!(
            heard(&mut driver, clock).await,
            "meanwhile",
            "said once, after the loss"
        );
        driver.client.chat("after").expect("in a room");
        assert_eq!(heard(&mut driver, clock).await, "after");
        assert!(driver.leave().await.wire_bytes_in > 0);
    });
}

/// Drives until `wanted` finds what it wants among the events.
async fn until<T>(
    driver: &mut Driver<Arena>,
    clock: Clock,
    mut wanted: impl FnMut(ClientEvent<Arena>) -> Option<T>,
) -> T {
    let end = clock.now() + Duration::from_secs(20);
    while clock.now() < end {
        let turn = driver.turn(clock.now() + Duration::from_millis(20)).await;
        assert!(!matches!(turn, Turn::Over(_)), "{turn:?}");
        driver.client.frame(clock.now());
        while let Some(event) = driver.client.poll_event() {
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }
    panic!("nothing for 20 s");
}

async fn joined(driver: &mut Driver<Arena>, clock: Clock) -> (PlayerId, bool) {
    until(driver, clock, |event| match event {
        ClientEvent::Joined { me, resumed, .. } => Some((me, resumed)),
        _ => None,
    })
    .await
}

async fn heard(driver: &mut Driver<Arena>, clock: Clock) -> String {
    until(driver, clock, |event| match event {
        ClientEvent::Talk(talk) => talk.room_line().map(|line| line.text.to_string()),
        _ => None,
    })
    .await
}

#[test]
fn a_picture_shows_the_player_in_the_room() {
    let hosted = Hosted::start("picture");
    let text = runtime().block_on(async {
        let clock = Clock::start();
        let mut app = App::new(hosted.driver("Grace", clock), clock, false, true);
        let end = clock.now() + Duration::from_secs(3);
        while clock.now() < end && app.farewell().is_none() {
            app.turn(clock.now() + Duration::from_millis(33)).await;
            app.steer(100, 30);
        }
        let text = app.picture(100, 30).to_text();
        assert_eq!(app.farewell(), None);
        assert!(app.stats().snapshots_received > 20, "{:?}", app.stats());
        app.leave().await;
        text
    });
    for part in ["round 1", "1 alive", "Grace", "place 1", "RTT"] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
}
