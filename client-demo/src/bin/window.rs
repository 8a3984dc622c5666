//! Plays the arena in a window.
//!
//! Never hosts anything: start a server first, or give the address of one.

use std::process::ExitCode;

use clap::Parser;
use eframe::egui::{Context, RawInput, Ui, ViewportBuilder, Visuals};
use tickwire_client_demo::clock::Clock;
use tickwire_client_demo::flags::{Net, parse_or_exit, player_name, room_name, trust};
use tickwire_client_demo::pilot::Pilot;
use tickwire_client_demo::window::{Connect, Form, Settings, WindowApp};
use tickwire_link::{Address, CertificateHash, DialOrder, NativeDialer, Trust};
use tickwire_shared::time::Instant;
use tickwire_shared::transport::Transport;

/// What the fields of the start screen hold at first.
const SERVER: &str = "127.0.0.1:7777";
const NAME: &str = "player";

/// Plays the arena in a window: run with WASD, aim with the mouse, fire with its left button
#[derive(Debug, Parser)]
#[command(name = "tickwire-client-demo", version, max_term_width = 100)]
struct Cli {
    /// Server to play on, as HOST:PORT; without it a start screen asks
    #[arg(long, value_parser = Address::parse)]
    server: Option<Address>,
    /// Your name in the game
    #[arg(long, default_value = NAME, value_parser = player_name)]
    name: String,
    /// Room to join; without it, any room with a free seat
    #[arg(long, value_parser = room_name, value_name = "NAME")]
    room: Option<String>,
    /// What carries the link: auto, quic, webtransport, webrtc, websocket
    #[arg(long, default_value = "auto", value_parser = order, value_name = "NAME")]
    transport: DialOrder,
    /// Simulate a network on both directions: lan, broadband, wifi, 4g, train, satellite, bad
    #[arg(long, value_name = "PRESET")]
    net: Option<Net>,
    /// Accept only the certificate with this SHA-256 (64 hexadecimal digits)
    #[arg(long, value_name = "HASH")]
    pin: Option<CertificateHash>,
    /// Accept any certificate, also beyond this machine (development only)
    #[arg(long, conflicts_with = "pin")]
    insecure: bool,
    /// Let the computer play in your place
    #[arg(long)]
    bot: bool,
    /// Show the net graph from the start
    #[arg(long)]
    graph: bool,
}

/// Reads the name of a transport, or `auto`.
fn order(name: &str) -> Result<DialOrder, String> {
    let only = match name {
        "auto" => None,
        name => Some(
            name.parse::<Transport>()
                .map_err(|error| error.to_string())?,
        ),
    };
    Ok(DialOrder { only, first: None })
}

/// Connects the start screen.
struct Native {
    trust: Trust,
    order: DialOrder,
}

impl Connect for Native {
    fn connect(&mut self, form: &Form, now: Instant) -> Result<Pilot, String> {
        let server = Address::parse(form.server.trim()).map_err(|error| error.to_string())?;
        let name = player_name(form.name.trim())?;
        let room = match form.room.trim() {
            "" => None,
            room => Some(room_name(room)?),
        };
        let client = Pilot::client_for(&name, room, now).map_err(|error| error.to_string())?;
        let dialer = Box::new(NativeDialer::new(server, self.trust));
        Ok(Pilot::new(client, dialer, self.order, now))
    }
}

/// The program, and what it says at the terminal it was started from.
struct Told {
    app: WindowApp,
    told: bool,
}

impl Told {
    /// Says once that a game began.
    fn tell(&mut self) {
        let Some(play) = self.app.play().filter(|play| play.is_seated()) else {
            self.told = false;
            return;
        };
        if !core::mem::replace(&mut self.told, true) {
            let over = play.pilot.transport().map_or("no link", Transport::title);
            println!("playing in {} as {} over {over}", play.room(), play.name());
        }
    }
}

impl eframe::App for Told {
    fn logic(&mut self, context: &Context, frame: &mut eframe::Frame) {
        self.app.logic(context, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.app.ui(ui, frame);
        self.tell();
    }

    fn raw_input_hook(&mut self, context: &Context, input: &mut RawInput) {
        self.app.raw_input_hook(context, input);
    }

    fn on_exit(&mut self, gl: Option<&eframe::glow::Context>) {
        self.app.on_exit(gl);
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        self.app.clear_color(visuals)
    }
}

fn main() -> ExitCode {
    let cli: Cli = parse_or_exit();
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("Tickwire")
            .with_app_id("tickwire")
            .with_inner_size([1_280.0, 760.0])
            .with_min_inner_size([480.0, 360.0]),
        ..eframe::NativeOptions::default()
    };
    let ran = eframe::run_native(
        "Tickwire",
        options,
        Box::new(move |_| {
            Ok(Box::new(Told {
                app: program(cli),
                told: false,
            }))
        }),
    );
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "error: no window: {error}. Without a screen, play in a terminal: \
                 cargo run --release -p tickwire-client-demo --features play --bin play"
            );
            ExitCode::FAILURE
        }
    }
}

fn program(cli: Cli) -> WindowApp {
    let clock = Clock::start();
    let connect = Native {
        trust: trust(cli.pin, cli.insecure),
        order: cli.transport,
    };
    let asks = cli.server.is_none();
    let form = Form {
        server: cli.server.map_or(SERVER.to_owned(), |at| at.to_string()),
        name: cli.name,
        room: cli.room.unwrap_or_default(),
    };
    let settings = Settings {
        graph: cli.graph,
        ..Settings::default()
    };
    let clock = Box::new(move || clock.now());
    let mut app = WindowApp::asking(form, Box::new(connect), settings, clock);
    app.set_network(cli.net.map(|net| net.network));
    if cli.bot {
        app = app.playing_by_itself();
    }
    if asks { app } else { app.connecting() }
}
