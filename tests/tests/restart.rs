//! A server that is killed in the middle of everything and started again on what it left behind:
//! what it acked is there, and clients go on by themselves.
//!
//! Never stops a server kindly. The server runs in a process of its own: see [`live::served`].
//!
//! `RESTART_KILLS` sets how often, `SEED` when.

mod live;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use clap::Parser;
use live::served::{self, Scratch, Served};
use live::{PATIENCE, Player, run, until};
use tickwire_arena::Arena;
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::bots::report::Report;
use tickwire_link::Dial;
use tickwire_shared::client::{ClientConfig, ResumeToken, TalkEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::rng::Rng;
use tickwire_shared::wire::{Address, BoundedStr, Credential, Manner, Receipt, Scope, Whom};
use tickwire_tests::seeds::number_from_env;

/// Kills in a test.
const KILLS: u64 = 10;

/// Of everybody who registers.
const PASSWORD: &str = "planted-password-7f3a";

/// Not a test by itself: the server that the others start and kill, unless they start another.
#[test]
fn serves_where_it_is_asked_to() {
    served::serve_if_asked();
}

fn kills() -> u64 {
    number_from_env("RESTART_KILLS").unwrap_or(KILLS)
}

fn seed() -> u64 {
    number_from_env("SEED").unwrap_or(1)
}

/// Bots in a thread of their own; their report comes when they are done.
fn bots(server: &Served, flags: &str) -> Receiver<Report> {
    let (public, admin) = (server.public, server.admin);
    let line = format!("bots --server {public} --admin {admin} {flags}");
    let cli = Cli::try_parse_from(line.split(' ')).expect("good flags");
    let (done, report) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let played = runtime.expect("a runtime").block_on(fleet::run(cli));
        // Whoever waits for it may have failed meanwhile.
        let _ = done.send(played);
    });
    report
}

/// A client notices the death of its server after 5 s of silence at the latest and dials again; the
/// time between two kills is drawn so that some come before all are back. Whoever comes back may be
/// dealt into another team; what it still had to say to its last one is refused.
#[test]
fn bots_talk_on_over_kills_without_loss_double_or_disorder() {
    let scratch = Scratch::new("restart-bots");
    let mut server = Served::talkative(&scratch.0);
    let mut rng = Rng::of(seed(), &[0x6B69_6C6C]);
    let pauses: Vec<Duration> = (0..kills())
        .map(|_| Duration::from_secs_f32(rng.range(4.0, 9.0)))
        .collect();
    let seconds = pauses.iter().sum::<Duration>().as_secs() + 25;
    let flags = format!("--count 12 --room pit --scopes all --chat 2 --duration {seconds}s");
    let fleet = bots(&server, &flags);
    let (began, mut due) = (Instant::now(), Duration::ZERO);
    for pause in pauses {
        // By the clock, so that what a start takes is not left out at the end.
        due += pause;
        let ended = fleet.recv_timeout(due.saturating_sub(began.elapsed()));
        assert!(ended.is_err(), "the bots gave up: {ended:?}");
        server = server.restart(&scratch.0);
    }
    let report = fleet.recv_timeout(4 * PATIENCE).expect("a report");
    let (table, chat) = (report.table(), &report.chat);
    println!("SEED={}\n{table}", seed());
    assert_eq!(
        report.failures(),
        Vec::<String>::new(),
        "SEED={}\n{table}",
        seed()
    );
    assert!(report.disconnects >= 12, "they lost their links: {table}");
    assert_eq!(chat.acked, chat.sent, "{table}");
    // A guest who is not back yet is nobody the server knows.
    let whispers = chat.scopes.get("whisper").map_or(0, |scope| scope.refused);
    assert_eq!(chat.refused, whispers, "{table}");
    assert!(whispers * 10 < chat.sent, "{table}");
    assert!(
        chat.team_changes > 0,
        "all were dealt their teams again: {table}"
    );
    assert!(chat.moved * 10 < chat.sent, "{table}");
    let team = chat.scopes.get("team").copied().unwrap_or_default();
    assert!(
        team.expected > team.sent && team.moved == chat.moved,
        "{table}"
    );
    assert!(chat.acked > 48 * kills(), "{table}");
}

fn player(server: &Served, name: &str, resume: Option<ResumeToken>) -> Player<Arena> {
    let config = ClientConfig {
        name: name.to_owned(),
        room: Some("pit".to_owned()),
        resume,
        ..ClientConfig::default()
    };
    Player::new(Dial::to(&server.public.to_string()), config)
}

fn account(player: &Player<Arena>) -> AccountId {
    player.driver.client.talk().me().expect("it is in")
}

fn whispers(player: &Player<Arena>) -> Vec<String> {
    let texts = player.talk.iter().filter_map(|talk| match talk {
        TalkEvent::Line {
            scope: Scope::Whisper { .. },
            line,
            ..
        } => Some(line.text.to_string()),
        _ => None,
    });
    texts.collect()
}

fn whisper_log(player: &Player<Arena>, with: AccountId) -> Option<LogId> {
    let found = player.driver.client.talk().whisper_with(with);
    found.map(|(log, _)| log)
}

fn receipt(player: &Player<Arena>, of: AccountId) -> Option<Receipt> {
    let (_, log) = player.driver.client.talk().whisper_with(of)?;
    log.receipts().get(&of).copied()
}

/// Says something to somebody and waits for the ack.
async fn whisper(from: &mut Player<Arena>, to: AccountId, text: &str) {
    let to = Address::Whisper(Whom::Account(to));
    let said = from.driver.client.say(to, Manner::Said, text);
    let id = said.expect("in a room");
    until(&mut [from], "an ack", |players| {
        let acked = |talk: &TalkEvent| match talk {
            TalkEvent::Acked { client_id, .. } => *client_id == id,
            _ => false,
        };
        players[0].talk.iter().any(acked)
    })
    .await;
}

/// One round before a kill: Bob reads what Ann whispers, and Ann sees that he did; then he is gone
/// and she whispers once more. What both come back with, and the receipt.
async fn live_a_little(
    ann: &mut Player<Arena>,
    bob: &mut Player<Arena>,
    round: u64,
) -> (ResumeToken, ResumeToken, Receipt) {
    let (ann_is, bob_is) = (account(ann), account(bob));
    let said = format!("read {round}");
    whisper(ann, bob_is, &said).await;
    until(&mut [ann, bob], "the whisper", |players| {
        whispers(players[1]).contains(&said)
    })
    .await;
    let log = whisper_log(bob, ann_is).expect("open");
    let next = bob
        .driver
        .client
        .talk()
        .log(log)
        .map_or(0, |log| log.next());
    bob.driver.client.read(log, next);
    until(&mut [ann, bob], "a receipt", |players| {
        receipt(players[0], bob_is).is_some_and(|receipt| receipt.read == next)
    })
    .await;
    let seen = receipt(ann, bob_is).expect("just now");
    let token = |player: &Player<Arena>| player.driver.client.resume_token().expect("seated");
    let (ann_back, bob_back) = (token(ann), token(bob));
    whisper(ann, bob_is, &format!("missed {round}")).await;
    (ann_back, bob_back, seen)
}

/// What was acked before the kill is there for clients that know nothing but who they are.
#[test]
fn lines_receipts_inboxes_and_guests_outlive_a_kill() {
    let scratch = Scratch::new("restart-kept");
    let mut server = Served::first(&scratch.0);
    run(async {
        let mut tokens = (None, None);
        let mut before: Option<(AccountId, AccountId, Receipt)> = None;
        for round in 0..kills() {
            let mut ann = player(&server, "Ann", tokens.0.take());
            let mut bob = player(&server, "Bob", tokens.1.take());
            until(&mut [&mut ann, &mut bob], "both in the room", |players| {
                players.iter().all(|player| player.is_playing())
            })
            .await;
            if let Some((ann_was, bob_was, seen)) = before {
                assert_eq!(
                    (account(&ann), account(&bob)),
                    (ann_was, bob_was),
                    "the same guests"
                );
                let missed = format!("missed {}", round - 1);
                until(&mut [&mut ann, &mut bob], "what was kept", |players| {
                    whispers(players[1]).contains(&missed)
                        && receipt(players[0], bob_was).is_some_and(|now| now.read >= seen.read)
                })
                .await;
                let log = whisper_log(&bob, ann_was).expect("open");
                let book = bob.driver.client.talk();
                let unread = book.log(log).map(|log| log.unread());
                assert_eq!(unread, Some(1), "one waited in the inbox");
                let expected: Vec<String> = (0..round)
                    .flat_map(|at| [format!("read {at}"), format!("missed {at}")])
                    .collect();
                let tail = expected.len().saturating_sub(whispers(&bob).len());
                assert_eq!(whispers(&bob), expected[tail..], "in order, each once");
            }
            let (ann_back, bob_back, seen) = live_a_little(&mut ann, &mut bob, round).await;
            before = Some((account(&ann), account(&bob), seen));
            tokens = (Some(ann_back), Some(bob_back));
            // Both programs end without a word, and the server is killed.
            drop((ann, bob));
            server = server.restart(&scratch.0);
        }
    });
}

/// Registers or logs in: the status, and the token of one visit.
fn enter(server: &Served, path: &str, name: &str) -> (u16, String) {
    let body = format!("{{\"name\":\"{name}\",\"password\":\"{PASSWORD}\",\"room\":\"lobby\"}}");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        server.public,
        body.len()
    );
    let mut stream = TcpStream::connect(server.public).expect("the public listener");
    let asked = stream.write_all((head + &body).as_bytes());
    asked.expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|text| text.parse().ok());
    let token = answer.split("\"token\":\"").nth(1);
    let token = token.and_then(|rest| rest.split('"').next());
    (
        status.expect("a status"),
        token.unwrap_or_default().to_owned(),
    )
}

/// Plays as whoever this token is for: its account, or why not.
async fn visit(server: &Served, token: &str) -> Result<AccountId, CloseReason> {
    let config = ClientConfig {
        name: "Whoever".to_owned(),
        who: Credential::Admission {
            token: BoundedStr::new(token).expect("short enough"),
        },
        ..ClientConfig::default()
    };
    let mut player = Player::<Arena>::new(Dial::to(&server.public.to_string()), config);
    until(&mut [&mut player], "an answer", |players| {
        players[0].is_playing() || players[0].over.is_some()
    })
    .await;
    match player.driver.client.closed() {
        Some(reason) => Err(reason),
        None => Ok(account(&player)),
    }
}

/// Who registered can log in after a kill, as the same account, and a token that was used before it
/// is used for good.
#[test]
fn accounts_and_used_tokens_outlive_a_kill() {
    let scratch = Scratch::new("restart-accounts");
    let mut server = Served::first(&scratch.0);
    run(async {
        for round in 0..kills() {
            let name = format!("Player{round}");
            let (status, token) = enter(&server, "/register", &name);
            assert_eq!(status, 200, "round {round}");
            let known = visit(&server, &token).await.expect("a new account");
            server = server.restart(&scratch.0);
            let again = visit(&server, &token).await;
            assert_eq!(again, Err(CloseReason::BadCredential), "round {round}");
            let (status, token) = enter(&server, "/login", &name);
            assert_eq!(status, 200, "round {round}");
            assert_eq!(visit(&server, &token).await, Ok(known), "round {round}");
        }
    });
}
