//! Measures replication on workload W: CPU time a tick, bits an entity, allocations.
//!
//! The engine alone, no sockets: everything between the game's rows and finished packets, acks
//! included. Every packet is decoded by the client's own store and every row compared with the
//! mirror; that is not in the figures. `--json FILE` writes them, `--quick` measures little.

mod support;

use std::io::Write as _;

use support::run::{Figures, Plan, measure};
use support::workload::Shape;

const SIZES: [(u32, u32); 5] = [
    (16, 100),
    (64, 200),
    (100, 500),
    (200, 1_000),
    (1_000, 1_000),
];

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let json = args
        .iter()
        .position(|arg| arg == "--json")
        .map(|at| args.get(at + 1).cloned());
    if let Some(None) = json {
        eprintln!("--json needs a file to write to");
        std::process::exit(2);
    }
    let known = ["--json", "--quick"];
    let file = json.flatten();
    let unknown = args
        .iter()
        .find(|arg| !known.contains(&arg.as_str()) && Some(*arg) != file.as_ref());
    if let Some(unknown) = unknown {
        eprintln!("unknown argument `{unknown}`: use --json FILE or --quick");
        std::process::exit(2);
    }
    let quick = args.iter().any(|arg| arg == "--quick");
    let rows = run_all(quick);
    if let Some(file) = file {
        write_json(&file, &rows);
    }
}

fn run_all(quick: bool) -> Vec<Figures> {
    println!(
        "workload W, 60 Hz, all visible; CPU of the engine, every packet decoded and compared"
    );
    println!("{}", Figures::HEADER);
    let mut rows = Vec::new();
    let sizes = if quick { &SIZES[..2] } else { &SIZES[..] };
    for &(sessions, bodies) in sizes {
        for plan in plans(sessions, bodies, quick) {
            let figures = measure(&plan);
            println!("{figures}");
            rows.push(figures);
        }
    }
    rows
}

fn plans(sessions: u32, bodies: u32, quick: bool) -> Vec<Plan> {
    let shape = Shape {
        bodies,
        idle: 0,
        shots_per_second: 0,
        seed: 20_261_124,
    };
    let measured = if quick { 60 } else { 300 };
    let plan = |variant: &'static str, shape: Shape| Plan {
        variant,
        sessions,
        shape,
        ack_ticks: 2..=2,
        loss: 0.0,
        budget: None,
        warmup: 120,
        measured,
    };
    let mut plans = vec![
        plan("moving", shape),
        plan(
            "half_idle",
            Shape {
                idle: bodies / 2,
                ..shape
            },
        ),
        Plan {
            ack_ticks: 2..=13,
            loss: 0.05,
            ..plan("spread", shape)
        },
        Plan {
            budget: Some(64 * 1_024),
            ..plan("budget", shape)
        },
        plan(
            "churn",
            Shape {
                shots_per_second: bodies / 4,
                ..shape
            },
        ),
    ];
    if sessions == 64 {
        // What older baselines cost, each age for itself.
        plans.push(Plan {
            ack_ticks: 6..=6,
            ..plan("age_6", shape)
        });
        plans.push(Plan {
            ack_ticks: 13..=13,
            ..plan("age_13", shape)
        });
    }
    plans
}

fn write_json(file: &str, rows: &[Figures]) {
    let text: Vec<String> = rows.iter().map(Figures::json).collect();
    let text = format!("[\n  {}\n]\n", text.join(",\n  "));
    let written = std::fs::File::create(file).and_then(|mut out| out.write_all(text.as_bytes()));
    if let Err(error) = written {
        eprintln!("cannot write {file}: {error}");
        std::process::exit(1);
    }
}
