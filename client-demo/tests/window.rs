//! The window on a screen in memory: joins a real server with bots on it, plays, and is looked at.
//!
//! Never asserts on speed. Needs Xvfb and ImageMagick; `cargo xtask test` installs them.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use clap::Parser;
use tickwire_arena::Arena;
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_server::RunningServer;
use tickwire_server::config::Config;

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Colours of the arena that every picture of a game shows: its floor and the tops of its walls.
const FLOOR: [u8; 3] = [27, 33, 44];
const WALL: [u8; 3] = [74, 87, 109];

/// Ended when it goes out of scope.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A picture of the whole screen.
struct Picture {
    width: usize,
    pixels: Vec<[u8; 3]>,
}

#[test]
fn a_window_joins_plays_and_looks_like_the_arena() {
    let server = server();
    let address = server.address();
    let bots = std::thread::spawn(move || {
        let line = format!("bots --server {address} --count 10 --duration 25s --seed 3 --chat 0.4");
        let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(fleet::run(cli))
    });
    let (_screen, display) = screen();
    let (mut window, lines) = window(&display, &address.to_string());
    let joined = wait_for(&lines, "playing in");
    assert!(joined.contains("as Ada over"), "{joined}");
    let picture = look_until(&display, looks_like_the_arena);
    assert_eq!(picture.width, 1_280);
    keep(&display, "play.png");
    assert_eq!(
        window.0.try_wait().expect("it can be asked"),
        None,
        "it still runs"
    );
    drop(window);
    let report = bots.join().expect("the bots end");
    assert_eq!(report.failures(), Vec::<String>::new());
}

#[test]
fn without_an_address_a_start_screen_asks() {
    let (_screen, display) = screen();
    let mut command = command(&display);
    let _window = Program(command.spawn().expect("the program starts"));
    // The button in the accent colour, and a dark ground.
    look_until(&display, |picture| {
        picture.count([255, 190, 92]) > 2_000 && picture.count([9, 11, 16]) > 100_000
    });
    keep(&display, "start.png");
}

fn server() -> RunningServer {
    let data = format!("tickwire-window-{}", std::process::id());
    let config = Config {
        listen: "127.0.0.1:0".parse().expect("an address"),
        admin_listen: None,
        data_dir: std::env::temp_dir().join(data),
        shutdown_grace: Duration::from_secs(1),
        ..Config::default()
    };
    tickwire_server::start::<Arena>(config).expect("the server starts")
}

/// A screen in memory, and its name.
fn screen() -> (Program, String) {
    let mut command = Command::new("Xvfb");
    command.args([
        "-displayfd",
        "1",
        "-screen",
        "0",
        "1280x760x24",
        "-nolisten",
        "tcp",
    ]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("Xvfb is there: `apt-get install xvfb imagemagick`");
    let mut lines = lines_of(child.stdout.take().expect("piped"));
    let number = lines.next().expect("Xvfb names its display");
    (Program(child), format!(":{}", number.trim()))
}

fn command(display: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickwire-client-demo"));
    command
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY");
    command.env("LIBGL_ALWAYS_SOFTWARE", "1");
    command
}

fn window(display: &str, server: &str) -> (Program, Receiver<String>) {
    let mut command = command(display);
    command.args(["--server", server, "--name", "Ada", "--bot", "--graph"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let output = lines_of(child.stdout.take().expect("piped"));
    let (said, lines) = channel();
    std::thread::spawn(move || {
        output
            .take_while(|line| said.send(line.clone()).is_ok())
            .count()
    });
    (Program(child), lines)
}

fn lines_of(output: ChildStdout) -> impl Iterator<Item = String> {
    BufReader::new(output).lines().map_while(Result::ok)
}

fn wait_for(lines: &Receiver<String>, start: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines
            .recv_timeout(left)
            .expect("the program says that it joined");
        if line.starts_with(start) {
            return line;
        }
    }
}

fn looks_like_the_arena(picture: &Picture) -> bool {
    let colours: BTreeSet<[u8; 3]> = picture.pixels.iter().copied().collect();
    picture.count(FLOOR) > 50_000 && picture.count(WALL) > 1_000 && colours.len() > 200
}

/// Looks at the screen until it shows what is wanted.
fn look_until(display: &str, wanted: impl Fn(&Picture) -> bool) -> Picture {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let picture = look(display);
        if wanted(&picture) {
            return picture;
        }
        let colours = |rgb| picture.count(rgb);
        assert!(
            Instant::now() < deadline,
            "floor {} and wall {} of {} pixels",
            colours(FLOOR),
            colours(WALL),
            picture.pixels.len()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn look(display: &str) -> Picture {
    let mut import = Command::new("import");
    import.args([
        "-display", display, "-window", "root", "-depth", "8", "ppm:-",
    ]);
    let output = import.output();
    let output = output.expect("import is there: `apt-get install xvfb imagemagick`");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Picture::of_ppm(&output.stdout).expect("a picture")
}

/// Keeps a picture as an artifact of the run.
fn keep(display: &str, name: &str) {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_tickwire-client-demo"));
    let target = program.ancestors().nth(2).expect("a target folder");
    let folder = target.join("window");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut import = Command::new("import");
    import
        .args(["-display", display, "-window", "root"])
        .arg(folder.join(name));
    assert!(import.status().expect("import runs").success());
}

impl Picture {
    /// Reads a binary PPM: `P6 width height 255`, then three bytes a pixel.
    fn of_ppm(bytes: &[u8]) -> Option<Picture> {
        let mut rest = bytes;
        let mut word = || {
            let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
            let length = rest[start..].iter().position(u8::is_ascii_whitespace)?;
            let word = &rest[start..start + length];
            rest = &rest[start + length..];
            Some(String::from_utf8_lossy(word).into_owned())
        };
        let head = [word()?, word()?, word()?, word()?];
        let (width, height): (usize, usize) = (head[1].parse().ok()?, head[2].parse().ok()?);
        let pixels: Vec<[u8; 3]> = rest.get(1..)?.as_chunks::<3>().0.to_vec();
        (head[0] == "P6" && pixels.len() == width * height).then_some(Picture { width, pixels })
    }

    /// How many pixels have this colour, give or take what dithering adds.
    fn count(&self, rgb: [u8; 3]) -> usize {
        let near = |pixel: &&[u8; 3]| pixel.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 2);
        self.pixels.iter().filter(near).count()
    }
}
