//! A run from the first dial to the report.
//!
//! Never starts a thread: a thousand bots and their measurements share one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tickwire_shared::time::Instant;
use tokio::task::{JoinHandle, LocalSet, spawn_local};

use super::admin::{self, Figures};
use super::bot::{self, Tale};
use super::cli::Cli;
use super::report::{Report, SnapshotReport};
use super::shared::Shared;
use crate::clock::Clock;
use crate::secrets::Secrets;

/// Time between two bots' first dials: handshakes cost CPU, and a crowd would measure its own
/// queue.
const STAGGER: Duration = Duration::from_millis(12);

/// Time without chat before the end of a run.
const QUIET: Duration = Duration::from_secs(3);

/// How long after the end of a run chat may still be on its way.
const STRAGGLERS: Duration = Duration::from_secs(10);

/// How often the progress bar moves.
const LOOK: Duration = Duration::from_millis(100);

/// Plays as the flags say; ends early at Ctrl-C.
pub async fn run(cli: Cli) -> Report {
    running(cli).await
}

/// Boxed, so that it is compiled here and not in every program that awaits it.
fn running(cli: Cli) -> Pin<Box<dyn Future<Output = Report>>> {
    Box::pin(async { LocalSet::new().run_until(run_here(cli)).await })
}

async fn run_here(cli: Cli) -> Report {
    let clock = Clock::start();
    let shared = Rc::new(Shared::new(cli, clock, run_number()));
    let admin = shared.cli.admin();
    let token = shared.cli.admin_token.as_ref().map(Secrets::first);
    let before = admin::begin(&admin, token).await;
    let cpu = cpu_time::ProcessTime::now();
    let started = clock.now();
    let bots = start(&shared, started);
    wait(&shared, started, &bots).await;
    let after = admin::figures(&admin).await;
    shared.end();
    let mut tales = Vec::new();
    for bot in bots {
        match bot.await {
            Ok(tale) => tales.push(tale),
            Err(error) => shared.note_error(&format!("a bot failed: {error}")),
        }
    }
    let seconds = clock.now().since(started).as_secs_f64();
    let mut report = summed(&shared, &tales, seconds);
    report.cpu_s = cpu.elapsed().as_secs_f64();
    add_server(&mut report, before, after);
    report
}

/// Tells the messages of this run from those of others; need not be secret.
fn run_number() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}

fn start(shared: &Rc<Shared>, started: Instant) -> Vec<JoinHandle<Tale>> {
    let bot = |index: u32| {
        let shared = Rc::clone(shared);
        spawn_local(async move {
            shared.clock.sleep_until(started + STAGGER * index).await;
            bot::play(index as usize, shared).await
        })
    };
    (0..shared.cli.count).map(bot).collect()
}

/// Waits until the time is over and chat has arrived, or all bots are done.
async fn wait(shared: &Shared, started: Instant, bots: &[JoinHandle<Tale>]) {
    let duration = shared.cli.duration;
    let quiet = QUIET.min(duration / 4);
    shared.quiet_at.set(started + (duration - quiet));
    let bar = progress_bar(duration);
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    let mut end = started + duration;
    loop {
        tokio::select! {
            _ = &mut stop, if end > shared.clock.now() => {
                end = shared.clock.now();
                shared.quiet_at.set(end);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = shared.clock.now();
        show(&bar, shared, now.since(started));
        let arrived = shared.ledger.borrow().outstanding() == 0;
        let is_over = now >= end && (arrived || now >= end + STRAGGLERS);
        if is_over || bots.iter().all(JoinHandle::is_finished) {
            break;
        }
    }
    bar.finish_and_clear();
}

fn progress_bar(duration: Duration) -> ProgressBar {
    let bar = ProgressBar::new(duration.as_millis() as u64);
    // A bad template is ours, and the plain bar is good enough then.
    let style = ProgressStyle::with_template("{bar:28.cyan} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar
}

fn show(bar: &ProgressBar, shared: &Shared, played: Duration) {
    let chat = shared.ledger.borrow();
    bar.set_position(played.as_millis() as u64);
    bar.set_message(format!(
        "{:.0} of {:.0} s, {} of {} play, {} kills, {} chat deliveries, {} on their way",
        played.as_secs_f64(),
        shared.cli.duration.as_secs_f64(),
        shared.playing.get(),
        shared.cli.count,
        shared.kills.get(),
        chat.delivered(),
        chat.outstanding(),
    ));
}

fn summed(shared: &Shared, tales: &[Tale], seconds: f64) -> Report {
    let played_s: f64 = tales.iter().filter_map(|tale| tale.played_s).sum();
    let rate = |total: u64| {
        if played_s > 0.0 {
            total as f64 / played_s
        } else {
            0.0
        }
    };
    let total = |count: fn(&Tale) -> u64| tales.iter().map(count).sum::<u64>();
    let received = total(|tale| tale.stats.snapshots_received);
    let net = shared.cli.net.as_ref();
    let tally = shared.tally.borrow();
    Report {
        bots: shared.cli.count,
        joined: tally.joined(),
        seconds,
        seed: shared.cli.seed,
        net: net.map_or("none".to_owned(), |net| net.name.clone()),
        transports: tally.joined_by_transport(),
        by_transport: tally.report(),
        join_ms: tally.join_times(),
        snapshots: SnapshotReport {
            received,
            lost: total(|tale| tale.stats.snapshots_lost),
            hz_per_bot: rate(received),
        },
        input_to_snapshot_ms: shared.input.borrow().percentiles(),
        chat: shared.ledger.borrow().report(),
        bytes_down_per_bot_per_s: rate(total(|tale| tale.traffic.bytes_in)),
        bytes_up_per_bot_per_s: rate(total(|tale| tale.traffic.bytes_out)),
        wire_bytes_down_per_bot_per_s: rate(total(|tale| tale.traffic.wire_bytes_in)),
        wire_bytes_up_per_bot_per_s: rate(total(|tale| tale.traffic.wire_bytes_out)),
        mispredictions_per_bot_per_minute: rate(total(|tale| tale.stats.mispredictions)) * 60.0,
        unexplained_mispredictions: total(|tale| tale.stats.unexplained_mispredictions),
        checks: total(|tale| tale.stats.desync_checks),
        desyncs: total(|tale| tale.stats.desyncs),
        disconnects: tally.disconnects(),
        cuts: shared.cuts.get(),
        kills: shared.kills.get(),
        errors: shared.errors(),
        server: None,
        cpu_s: 0.0,
    }
}

fn add_server(
    report: &mut Report,
    before: Result<Figures, String>,
    after: Result<Figures, String>,
) {
    match (before, after) {
        (Ok(before), Ok(after)) => report.server = Some(admin::between(before, after)),
        (Err(error), _) | (_, Err(error)) => report.errors.push(error),
    }
}
