//! The webhook, told of whispers to somebody who is offline.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};
use tickwire_server::config::Config;
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{Address, Manner, Whom};

use crate::live::PATIENCE;
use crate::rig::{Rig, within};

const SECRET: &[u8] = b"planted-webhook-secret";

/// What a program was called with.
struct Call {
    id: String,
    at: String,
    signature: String,
    body: String,
}

impl Call {
    fn is_signed(&self) -> bool {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET);
        let digits = self.signature.strip_prefix("v1=").expect("a version");
        let pairs = (0..digits.len()).step_by(2);
        let tag: Vec<u8> = pairs
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits"))
            .collect();
        let text = format!("{}.{}.{}", self.id, self.at, self.body);
        aws_lc_rs::hmac::verify(&key, text.as_bytes(), &tag).is_ok()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A program that answers its calls with these statuses, one after the other, the last for all
/// further ones. 0 is no answer at all.
fn program(statuses: &'static [u16]) -> (SocketAddr, Receiver<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let (calls, received) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let last = statuses.last().copied().unwrap_or(204);
        let mut statuses = statuses.iter().copied().chain(std::iter::repeat(last));
        for stream in listener.incoming().flatten() {
            kept.extend(answer(stream, statuses.next().unwrap_or(last), &calls));
        }
    });
    (address, received)
}

fn answer(stream: TcpStream, status: u16, calls: &Sender<Call>) -> Option<TcpStream> {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let header = line.split_once(": ");
        headers.extend(header.map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    }
    let header = |wanted: &str| {
        let mut headers = headers.iter();
        let found = headers.find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let _ = calls.send(Call {
        id: header("tickwire-id"),
        at: header("tickwire-timestamp"),
        signature: header("tickwire-signature"),
        body: String::from_utf8(body).ok()?,
    });
    let mut stream = reader.into_inner();
    if status > 0 {
        let elsewhere = "Location: http://127.0.0.1:1/\r\n";
        // What is well is said with the end of the connection, as small programs do.
        let close = if status == 204 {
            "Connection: close\r\n"
        } else {
            ""
        };
        let head = format!("HTTP/1.1 {status} X\r\n{elsewhere}{close}Content-Length: 0\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        if status == 204 {
            return None;
        }
    }
    Some(stream)
}

fn secret(name: &str) -> PathBuf {
    let name = format!("tickwire-webhook-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, SECRET).expect("a file");
    path
}

fn tune(config: &mut Config, name: &str, address: SocketAddr) {
    config.webhook.url = Some(format!("http://{address}/hook?from=game"));
    config.webhook.secret_file = Some(secret(name));
    config.chat.lines_per_s = 0;
}

/// It is told twice since it refused once, and not of what somebody read who was there.
#[test]
fn a_whisper_to_somebody_offline_is_told_signed_and_again_when_refused() {
    let (address, calls) = program(&[503, 302, 204]);
    let rig = Rig::start("gateway-hook", |config| tune(config, "told", address));
    let bot = rig.bot("Offline");
    let ann = rig.person("Ann", "den");
    let bob = rig.person("Bob", "den");
    let whisper = |to: Whom, text: &str| {
        let text = text.to_owned();
        let said = ann.ask(move |player| {
            let to = Address::Whisper(to);
            player.driver.client.say(to, Manner::Said, &text)
        });
        said.expect("she is in a room");
    };
    let bobs = bob.ask(|player| {
        let client = &player.driver.client;
        client.me().and_then(|me| client.account_of(me))
    });
    whisper(Whom::Account(bobs.expect("an account")), "you are here");
    let account = AccountId(bot.account.parse().expect("a number"));
    whisper(Whom::Account(account), "call me");
    let tries: Vec<Call> = (0..3)
        .map(|_| calls.recv_timeout(PATIENCE).expect("a call"))
        .collect();
    for call in &tries {
        assert!(call.is_signed(), "{}", call.body);
        assert_eq!(call.id, tries[0].id);
        let json = call.json();
        let told = (&json["type"], &json["text"], &json["to"]["account"]);
        assert_eq!(
            told,
            (&json!("whisper"), &json!("call me"), &json!(bot.account))
        );
        assert_eq!(json["from"]["name"], "Ann");
    }
    let told = r#"tickwire_webhook_messages_total{outcome="told"}"#;
    within("end of the tries", || rig.hosted.figure(told) == 1.0);
    assert!(calls.try_recv().is_err(), "Bob was there");
}

/// It never answers: the game goes on, and what waits has a bound.
#[test]
fn a_program_that_does_not_answer_keeps_nobody_waiting() {
    let (address, calls) = program(&[0]);
    let rig = Rig::start("gateway-hook-slow", |config| tune(config, "slow", address));
    let bot = rig.bot("Offline");
    let ann = rig.person("Ann", "den");
    let other = rig.bot("Talker");
    let path = format!("/whispers/{}/lines", bot.account);
    for number in 0..12 {
        let body = json!({ "client_id": format!("n{number}"), "text": format!("{number}") });
        let answer = other
            .api
            .ask("POST", &path, Some(&body))
            .expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    calls.recv_timeout(PATIENCE).expect("a call");
    let before = rig.hosted.figure("tickwire_tick_cpu_seconds_count");
    ann.says("all is well");
    ann.hears("all is well");
    within("ticks", || {
        rig.hosted.figure("tickwire_tick_cpu_seconds_count") > before + 10.0
    });
    assert_eq!(rig.hosted.figure("tickwire_webhook_waiting"), 12.0);
}
