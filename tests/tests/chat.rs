//! Bots that talk in every scope at once, over a bad network whose links are cut all the time: each
//! message reaches everybody it is for once and in order, and nobody else.
//!
//! Never asserts on speed: the machine that runs this may be busy with something else.
//!
//! `CHAT_SECONDS=60` for the whole run, `CHAT_BOTS` for another number of bots than 64.

mod live;

use clap::Parser;
use live::Hosted;
use tickwire_arena::Arena;
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::bots::ledger::Place;
use tickwire_client_demo::bots::report::Report;
use tickwire_tests::seeds::number_from_env;

/// Seconds of a run.
const SECONDS: u64 = 15;

/// How many bots play.
const BOTS: u64 = 64;

fn play(hosted: &Hosted, flags: &str) -> Report {
    let (server, admin) = (hosted.server().address(), hosted.server().admin_address());
    let line = format!("bots --server {server} --admin {admin} {flags}");
    let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(fleet::run(cli))
}

/// 5 % of all packets are lost, and each bot's link is cut about every five seconds.
#[test]
fn everybody_entitled_gets_each_message_once_and_in_order_and_nobody_else() {
    let hosted = Hosted::start::<Arena>("chat", |_| {});
    let seconds = number_from_env("CHAT_SECONDS").unwrap_or(SECONDS);
    let bots = number_from_env("CHAT_BOTS").unwrap_or(BOTS);
    let flags = format!(
        "--count {bots} --room talk --scopes all --chat 0.5 --net train --cut-every 5s \
         --duration {seconds}s"
    );
    let report = play(&hosted, &flags);
    let (table, chat) = (report.table(), &report.chat);
    println!("{table}");
    assert_eq!(report.failures(), Vec::<String>::new(), "{table}");
    assert_eq!(u64::from(report.joined), bots, "{table}");
    assert!(report.cuts >= bots, "every link was cut: {table}");
    let wrong = (chat.duplicated, chat.reordered, chat.gaps, chat.leaked);
    assert_eq!((chat.lost, wrong), (0, (0, 0, 0, 0)), "{table}");
    assert_eq!((chat.acked, chat.refused), (chat.sent, 0), "{table}");
    // Half a line a second and bot, less while they come in and while a link is away.
    assert!(chat.sent * 10 > bots * seconds, "{table}");
    for place in Place::ALL {
        let scope = chat.scopes.get(place.name()).copied().unwrap_or_default();
        assert!(
            scope.sent > 0,
            "nothing was said: {}\n{table}",
            place.name()
        );
        assert!(
            scope.expected > scope.sent || place == Place::Near,
            "nobody was there to hear it: {}\n{table}",
            place.name()
        );
        assert_eq!(scope.delivered, scope.expected, "{}\n{table}", place.name());
    }
}
