//! Measures chat: from a sender to each of 500 receivers, stored first, beside the commits of the
//! same run.
//!
//! 500 players share a room and talk there at random times; they look elsewhere, so that their
//! links carry chat alone. 16 more play in another room of the same server, at 60 ticks a second;
//! chat is off and on by turns, and their ticks and snapshots are watched in both. Limits of what
//! one player may say are lifted by `chat.lines_per_s`, and nothing else is unusual: SQLite on a
//! disk, in `synchronous = FULL`.
//!
//! Twice: over QUIC with a socket a player, players in processes of their own, at so many
//! deliveries as the machine carries beside them; and at the full number over links in memory,
//! where everything is the server's but the sockets. All times of a delivery are of one clock.
//!
//! `--json FILE` writes the figures, `--quick` measures a little, `--only quic` or
//! `--only memory` one way, `--rate N` so many deliveries a second.

#[path = "../support/arguments.rs"]
mod arguments;
mod crowd;
mod engine;
mod figures;
mod ledger;
mod live;
mod memory;
#[path = "../../../shared/examples/moving_square.rs"]
#[allow(dead_code, reason = "the example has a main of its own")]
mod moving_square;
mod peer;
mod speech;
mod stage;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use arguments::value;
use figures::Row;
use live::LiveServer;
use memory::MemoryServer;
use stage::{Plan, Subject, measure};

/// Deliveries a second over links in memory.
const MEMORY_RATE: f64 = 50_000.0;

/// Deliveries a second over QUIC: the players on the same two cores cost as much as the server.
const QUIC_RATES: [f64; 3] = [5_000.0, 10_000.0, 20_000.0];

#[derive(Default)]
struct Options {
    json: Option<String>,
    quick: bool,
    only: Option<String>,
    rate: Option<f64>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == crowd::ROLE) {
        return crowd::main(&args[1..]);
    }
    match options(&args).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

fn options(args: &[String]) -> Result<Options, String> {
    let usage = "--json FILE, --quick, --rate N or --only WAY";
    arguments::read(args, usage, |options: &mut Options, arg, rest| {
        match arg {
            "--quick" => options.quick = true,
            "--json" => options.json = Some(value(arg, rest)?),
            "--only" => options.only = Some(value(arg, rest)?),
            "--rate" => {
                let text = value(arg, rest)?;
                let rate = text.parse().map_err(|_| format!("{text} is no number"))?;
                options.rate = Some(rate);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

/// Measures both ways; false when something is not as it must be.
fn run(options: &Options) -> Result<bool, String> {
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-chat");
    let wanted = |way: &str| options.only.as_deref().is_none_or(|only| only == way);
    let mut rows = Vec::new();
    if wanted("memory") {
        let mut subject = MemoryServer::start(data.clone())?;
        let plan = plan(options, options.rate.unwrap_or(MEMORY_RATE));
        rows.push(shown(&mut subject, plan)?);
    }
    if wanted("quic") {
        let rates = options.rate.map_or(QUIC_RATES.to_vec(), |rate| vec![rate]);
        for rate in rates {
            let mut subject = LiveServer::start(data.clone())?;
            rows.push(shown(&mut subject, plan(options, rate))?);
        }
    }
    if let Some(file) = &options.json {
        write_json(file, &rows)?;
    }
    Ok(rows.iter().all(|row| row.failures().is_empty()))
}

fn plan(options: &Options, deliveries: f64) -> Plan {
    Plan {
        deliveries,
        turns: if options.quick { 2 } else { 10 },
        half: Duration::from_secs(3),
    }
}

fn shown(subject: &mut dyn Subject, plan: Plan) -> Result<Row, String> {
    let row = measure(subject, plan)?;
    println!("{row}");
    Ok(row)
}

fn write_json(file: &str, rows: &[Row]) -> Result<(), String> {
    let text: Vec<String> = rows.iter().map(Row::json).collect();
    let text = format!("[\n  {}\n]\n", text.join(",\n  "));
    std::fs::File::create(file)
        .and_then(|mut out| out.write_all(text.as_bytes()))
        .map_err(|error| format!("cannot write {file}: {error}"))
}
