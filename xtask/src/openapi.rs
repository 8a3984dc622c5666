//! `cargo xtask openapi`: has schemathesis ask a real server whatever the description of its HTTP
//! interface allows, and what it does not.
//!
//! It never judges an answer itself: schemathesis does. It installs that into a folder of its own
//! below the target directory, so that the machine's Python stays as it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workspace;

/// The version whose findings are known.
const PACKAGE: &str = "schemathesis==4.32.5";

/// How long the players may take to come in.
const PATIENCE: Duration = Duration::from_secs(30);

/// Seconds the players stay: longer than a run takes.
const PLAYERS_STAY: &str = "900s";

/// What schemathesis does. Waiting is cut short, or a run would do little else; a text that is no
/// chat line, and a limit, are answers to well-formed requests.
const SETTINGS: &str = r#"
request-timeout = 20.0
max-stream-events = 8
max-time = 240

[parameters]
"path.room" = "lobby"
"path.account" = "ACCOUNT"
"query.wait" = 0
"query.seconds" = 1

[checks.positive_data_acceptance]
expected-statuses = [200, 201, 204, 400, 401, 403, 404, 409, 422, 429]

[generation]
max-examples = 40
"#;

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs it; true when it found nothing.
///
/// # Errors
///
/// What is missing or could not be started, in a sentence that says what to do.
pub fn run() -> Result<bool, String> {
    let folder = workspace::target_dir()?.join("schemathesis");
    let program = installed(&folder)?;
    let [server, bots] = workspace::build_programs(["tickwire-server", "bots"])?;
    let data = folder.join("data");
    let _ = std::fs::remove_dir_all(&data);
    let (_server, public, admin) = start(&server, &data)?;
    let _players = play(&bots, public)?;
    let operator = std::fs::read_to_string(data.join("admin.token"));
    let operator = operator.map_err(|error| format!("no admin.token: {error}"))?;
    let made = ask(admin, "POST", "/bots", &operator, r#"{"name":"Fuzzer"}"#)?;
    let token = made["token"].as_str().unwrap_or_default().to_owned();
    let role = r#"{"name":"Fuzzer","role":"admin"}"#;
    ask(admin, "POST", "/accounts/role", &operator, role)?;
    let account = somebody(public, &token)?;
    let line = r#"{"client_id":"first","text":"hello"}"#;
    let whisper = format!("/api/v1/whispers/{account}/lines");
    ask(public, "POST", &whisper, &token, line)?;
    let settings = folder.join("schemathesis.toml");
    std::fs::write(&settings, SETTINGS.replace("ACCOUNT", &account))
        .map_err(|error| format!("{} cannot be written: {error}", settings.display()))?;
    let status = Command::new(program)
        .arg("--config-file")
        .arg(&settings)
        .args(["--no-color", "run", "--checks", "all", "--seed", "7"])
        .args(["-H", &format!("Authorization: Bearer {token}")])
        .arg(format!("http://{public}/api/v1/openapi.json"))
        .current_dir(&folder)
        .status()
        .map_err(|error| format!("schemathesis cannot be started: {error}"))?;
    Ok(status.success())
}

/// Finds or installs schemathesis.
fn installed(folder: &Path) -> Result<PathBuf, String> {
    let environment = folder.join("venv");
    let program = environment.join("bin").join("schemathesis");
    let version = || Command::new(&program).arg("--version").output();
    let wanted = PACKAGE.split('=').next_back().unwrap_or_default();
    let is_there = version().is_ok_and(|output| {
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains(wanted)
    });
    if is_there {
        return Ok(program);
    }
    println!("installing {PACKAGE} below {}", folder.display());
    let make = ["-m", "venv"];
    let pip = environment.join("bin").join("pip");
    let run = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    if !run(Command::new("python3").args(make).arg(&environment)) {
        return Err("python3 with venv is missing: `apt-get install python3-venv`".to_owned());
    }
    let install = ["install", "--quiet", PACKAGE];
    if !run(Command::new(pip).args(install)) {
        return Err(format!(
            "{PACKAGE} cannot be installed: pip must reach a package index"
        ));
    }
    Ok(program)
}

/// Starts a server on picked ports: its public and its admin address.
fn start(program: &Path, data: &Path) -> Result<(Running, SocketAddr, SocketAddr), String> {
    let child = Command::new(program)
        .args(["--listen", "127.0.0.1:0", "--log-level", "warn"])
        .args(["--chat-lines-per-s", "0", "--data-dir"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the server cannot be started: {error}"))?;
    let mut server = Running(child);
    let mut line = String::new();
    if let Some(output) = server.0.stdout.take() {
        let _ = BufReader::new(output).read_line(&mut line);
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["listening", public, "admin", admin] = words[..] else {
        return Err("the server did not say where it listens".to_owned());
    };
    match (public.parse(), admin.parse()) {
        (Ok(public), Ok(admin)) => Ok((server, public, admin)),
        _ => Err(format!("the server listens at {line}")),
    }
}

fn play(program: &Path, server: SocketAddr) -> Result<Running, String> {
    let bots = Command::new(program)
        .args(["--server", &server.to_string()])
        .args([
            "--count",
            "2",
            "--room",
            "lobby",
            "--duration",
            PLAYERS_STAY,
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let bots = bots.map_err(|error| format!("the bots cannot be started: {error}"))?;
    Ok(Running(bots))
}

/// The account of a player who is in the lobby.
fn somebody(server: SocketAddr, token: &str) -> Result<String, String> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        let room = ask(server, "GET", "/api/v1/rooms/lobby", token, "");
        let account = room.ok().and_then(|room| {
            let account = room["players"][0]["account"].as_str();
            account.map(str::to_owned)
        });
        if let Some(account) = account {
            return Ok(account);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Err("no player came into the lobby".to_owned())
}

/// The JSON of a good answer.
fn ask(at: SocketAddr, method: &str, path: &str, token: &str, body: &str) -> Result<Value, String> {
    let exchange = || {
        let mut stream = TcpStream::connect(at)?;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = exchange().map_err(|error| format!("{method} {path}: {error}"))?;
    let good = answer.starts_with("HTTP/1.1 20");
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
    match body.filter(|_| good) {
        Some(body) => Ok(serde_json::from_str(body).unwrap_or_default()),
        None => {
            let first = answer.lines().next().unwrap_or_default();
            Err(format!("{method} {path} is answered with {first}"))
        }
    }
}
