//! Plays the arena in a terminal.
//!
//! Never needs a graphical desktop.

use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use tickwire_client_demo::clock::Clock;
use tickwire_client_demo::driver::{Driver, Way};
use tickwire_client_demo::flags::{Net, duration, parse_or_exit, player_name, room_name, trust};
use tickwire_client_demo::play::app::{self, App};
use tickwire_client_demo::play::terminal::{self, Terminal};
use tickwire_client_demo::secrets::Secrets;
use tickwire_link::{Address, CertificateHash, Dial};

/// Time between two pictures.
const FRAME: Duration = Duration::from_millis(33);

/// How long a lost link is dialed again; sessions outlive their link for 30 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays the arena in a terminal: run with WASD or arrows, aim with the mouse, fire with space
#[derive(Debug, Parser)]
#[command(name = "play", version, max_term_width = 100)]
struct Cli {
    /// Server to play on, as HOST:PORT
    #[arg(long, default_value = "127.0.0.1:7777", value_parser = Address::parse)]
    server: Address,
    /// Your name in the game
    #[arg(long, default_value = "player", value_parser = player_name)]
    name: String,
    /// Room to join; without it, any room with a free seat
    #[arg(long, value_parser = room_name, value_name = "NAME")]
    room: Option<String>,
    /// File with an admission token, as POST /login gives it for the room; without it you are a
    /// guest
    #[arg(long, value_parser = Secrets::from_str, value_name = "FILE")]
    token_file: Option<Secrets>,
    /// Simulate a network on both directions: lan, broadband, wifi, 4g, train, satellite, bad
    #[arg(long, value_name = "PRESET")]
    net: Option<Net>,
    /// Accept only the certificate with this SHA-256 (64 hexadecimal digits)
    #[arg(long, value_name = "HASH")]
    pin: Option<CertificateHash>,
    /// Accept any certificate, also beyond this machine (development only)
    #[arg(long, conflicts_with = "pin")]
    insecure: bool,
    /// Let the computer play for this long, then print the last picture as text
    #[arg(long, value_parser = duration, value_name = "TIME")]
    watch: Option<Duration>,
}

fn main() -> ExitCode {
    let cli: Cli = parse_or_exit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let played = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(format!("no event loop: {error}")),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("error: {words}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), String> {
    let clock = Clock::start();
    let way = Way {
        dial: Dial {
            trust: trust(cli.pin, cli.insecure),
            ..Dial::to(&cli.server.to_string())
        },
        network: cli.net.map(|net| (net.network, 1)),
        patience: PATIENCE,
    };
    let who = cli.token_file.as_ref().map(|players| players.player(0));
    let client = app::client(&cli.name, cli.room, who.unwrap_or_default(), clock.now())?;
    let driver = Driver::new(client, way, clock);
    match cli.watch {
        Some(time) => watch(App::new(driver, clock, false, true), clock, time).await,
        None => play(driver, clock).await,
    }
}

async fn play(driver: Driver<tickwire_arena::Arena>, clock: Clock) -> Result<(), String> {
    let mut screen = Terminal::open().map_err(|error| error.to_string())?;
    let mut app = App::new(driver, clock, screen.has_exact_keys(), false);
    let mut acts = terminal::listen();
    let mut next = clock.now();
    while app.farewell().is_none() {
        tokio::select! {
            act = acts.recv() => match act {
                Some(act) => app.act(act),
                None => break,
            },
            () = app.turn(next) => {}
        }
        let now = clock.now();
        if now >= next {
            next = now + FRAME;
            let (columns, lines) = screen.size();
            app.steer(columns, lines);
            let picture = app.picture(columns, lines);
            screen.show(&picture).map_err(|error| error.to_string())?;
        }
    }
    drop(screen);
    leave(app).await
}

/// Plays without a terminal.
async fn watch(mut app: App, clock: Clock, time: Duration) -> Result<(), String> {
    let (end, size) = (clock.now() + time, (110, 36));
    let mut next = clock.now();
    while app.farewell().is_none() && clock.now() < end {
        app.turn(next).await;
        if clock.now() >= next {
            next = clock.now() + FRAME;
            app.steer(size.0, size.1);
        }
    }
    if app.farewell().is_none() {
        print!("{}", app.picture(size.0, size.1).to_text());
    }
    leave(app).await
}

async fn leave(app: App) -> Result<(), String> {
    let words = app.farewell().unwrap_or_default().to_owned();
    app.leave().await;
    if words.is_empty() { Ok(()) } else { Err(words) }
}
