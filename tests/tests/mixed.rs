//! One room, four transports: bots on each of them agree with the server and with each other.
//!
//! Never asserts on speed: the machine that runs this may be busy with something else.

mod live;

use clap::Parser;
use live::Hosted;
use tickwire_arena::Arena;
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::bots::report::Report;
use tickwire_shared::transport::Transport;
use tickwire_tests::seeds::number_from_env;

/// Bots on each transport.
const EACH: u32 = 16;

/// Seconds of a run, unless `MIXED_SECONDS` says otherwise.
const SECONDS: u64 = 10;

fn play(hosted: &Hosted, flags: &str) -> Report {
    let (server, admin) = (hosted.server().address(), hosted.server().admin_address());
    let line = format!("bots --server {server} --admin {admin} {flags}");
    let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(fleet::run(cli))
}

#[test]
fn a_room_of_all_transports_agrees() {
    let hosted = Hosted::start::<Arena>("mixed", |_| {});
    let seconds = number_from_env("MIXED_SECONDS").unwrap_or(SECONDS);
    let count = EACH * Transport::ALL.len() as u32;
    let report = play(
        &hosted,
        &format!("--count {count} --transport mix --room mixed --chat 0.2 --duration {seconds}s"),
    );
    let table = report.table();
    println!("{table}");
    assert_eq!(report.failures(), Vec::<String>::new(), "{table}");
    for transport in Transport::ALL {
        let joined = report.transports.get(transport.name());
        assert_eq!(joined, Some(&EACH), "{transport}: {table}");
    }
    assert_eq!((report.joined, report.disconnects), (count, 0), "{table}");
    assert!(report.checks > u64::from(count), "{table}");
    assert_eq!(report.desyncs, 0, "{table}");
    assert_eq!(report.unexplained_mispredictions, 0, "{table}");
    let chat = &report.chat;
    assert!(chat.sent > u64::from(count), "{table}");
    assert_eq!(
        (chat.acked, chat.delivered),
        (chat.sent, chat.expected),
        "{table}"
    );
    let wrong = (chat.lost, chat.duplicated, chat.reordered);
    assert_eq!(wrong, (0, 0, 0), "{table}");
    assert_eq!(report.errors, Vec::<String>::new(), "{table}");
}
