//! Measures the network thread: CPU time a datagram of our transports, against the bare libraries.
//!
//! Each subject is a server on a thread of its own in this process, which gets one batch a tick
//! from another thread, as in the real server. The players are in another process, so that their
//! CPU time is apart. A subject and its bare rival stand side by side and take turns of a second,
//! ten a run; there are three runs, and the ratio is the median of theirs. `--json FILE` writes
//! the figures, `--quick` measures a little, `--only quic` one pair.

#[path = "../support/arguments.rs"]
mod arguments;
mod bare_quic;
mod bare_str0m;
mod channels;
mod figures;
mod load;
mod ours;
mod players;
mod subject;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::value;
use figures::{Pair, Row};
use subject::Kind;

/// Players of every run.
const PLAYERS: usize = 300;

/// Runs of each pair.
const RUNS: usize = 3;

/// Turns of each subject in a run.
const TURNS: u32 = 10;

/// The most that our transport may cost, in times of its bare rival.
const RATIO_MAX: f64 = 1.15;

#[derive(Default)]
struct Options {
    json: Option<String>,
    quick: bool,
    only: Option<String>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == load::ROLE) {
        return load::main(&args[1..]);
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
    let usage = "--json FILE, --quick or --only TRANSPORT";
    arguments::read(args, usage, |options: &mut Options, arg, rest| {
        match arg {
            "--quick" => options.quick = true,
            "--json" => options.json = Some(value(arg, rest)?),
            "--only" => options.only = Some(value(arg, rest)?),
            _ => return Ok(false),
        }
        Ok(true)
    })
}

/// Measures every pair; false when a ratio is above [`RATIO_MAX`].
fn run(options: &Options) -> Result<bool, String> {
    let turns = if options.quick { 2 } else { TURNS };
    let mut pairs = Vec::new();
    for (name, ours, bare) in Kind::PAIRS {
        if options.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        println!(
            "{PLAYERS} players over {name}, 300 B out and 40 B in at {} Hz on loopback; \
             CPU of the network thread",
            ours.rate()
        );
        println!("{}", Row::HEADER);
        let mut rows = Vec::new();
        for _ in 0..RUNS {
            for row in subject::measure([ours, bare], PLAYERS, turns)? {
                println!("{row}");
                rows.push(row);
            }
        }
        let pair = Pair::of(name, rows);
        println!("{pair}");
        pairs.push(pair);
    }
    if let Some(file) = &options.json {
        write_json(file, &pairs)?;
    }
    Ok(pairs.iter().all(|pair| pair.ratio <= RATIO_MAX))
}

fn write_json(file: &str, pairs: &[Pair]) -> Result<(), String> {
    let text: Vec<String> = pairs.iter().map(Pair::json).collect();
    let text = format!("[\n  {}\n]\n", text.join(",\n  "));
    std::fs::File::create(file)
        .and_then(|mut out| out.write_all(text.as_bytes()))
        .map_err(|error| format!("cannot write {file}: {error}"))
}
