//! Players with sockets: a process of its own that dials over QUIC and does as it is told.
//!
//! Never measures the server. It obeys the lines on its standard input and answers each:
//! `speak PER_SECOND SECONDS`, `gaps` and `report`. It ends with them.

use std::cell::RefCell;
use std::io::BufRead;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use tickwire_link::{Dial, Link, dial};
use tickwire_server::runtime::Clock;
use tickwire_shared::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;

use crate::peer::{Books, Peer, Place};
use crate::speech::Speech;

/// The first argument of this role.
pub const ROLE: &str = "--crowd";

/// How long what was said may be on its way.
pub const SETTLE_TIME: Duration = Duration::from_secs(10);

/// How often it is looked whether it arrived.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What the thread that reads orders wants of the one that plays.
enum Wish {
    /// To know when so many lines were heard by all, or that they were not.
    Settle(u64, oneshot::Sender<bool>),
    Gaps(oneshot::Sender<String>),
    Report(u64, oneshot::Sender<String>),
}

/// Plays until the standard input ends.
pub fn main(args: &[String]) -> ExitCode {
    let [address, place, count] = args else {
        eprintln!("{ROLE} needs an address, a place and a count");
        return ExitCode::from(2);
    };
    let (Some(place), Ok(count)) = (Place::parse(place), count.parse()) else {
        eprintln!("{ROLE}: {place} or {count} cannot be read");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, play_all(Dial::to(address), place, count));
    ExitCode::SUCCESS
}

/// All dial, one after the other so that no handshake waits for long; then orders are obeyed.
async fn play_all(to: Dial, place: Place, count: usize) {
    let (clock, books) = (Clock::start(), Rc::new(RefCell::new(Books::new(count))));
    let mut mouths = Vec::new();
    for number in 0..count {
        let link = dial(&to).await.expect("a player comes in");
        let (mouth, words) = mpsc::unbounded_channel();
        mouths.push(mouth);
        let peer = Peer::new(number, place, clock.now());
        spawn_local(play(peer, link, words, clock, Rc::clone(&books)));
    }
    while books.borrow().ready < count {
        sleep(LOOK_EVERY).await;
    }
    println!("ready");
    let (wish, mut wishes) = mpsc::unbounded_channel();
    std::thread::spawn(move || obey(clock, &mouths, &wish));
    while let Some(wish) = wishes.recv().await {
        grant(wish, clock, &books).await;
    }
}

/// One player's life.
async fn play(
    mut peer: Peer,
    mut link: Link,
    mut words: mpsc::UnboundedReceiver<u64>,
    clock: Clock,
    books: Rc<RefCell<Books>>,
) {
    loop {
        while let Some(packet) = peer.client.poll_transmit() {
            let sent = link.send(packet.lane, &packet.bytes);
            sent.expect("a link takes what players send");
        }
        let wait = peer.client.next_wake().since(clock.now());
        tokio::select! {
            biased;
            packet = link.recv() => {
                let (lane, bytes) = packet.expect("the link holds");
                peer.receive(clock.now(), lane, &bytes, &mut books.borrow_mut());
            }
            said = words.recv() => match said {
                Some(line) => peer.say(clock.now(), line),
                None => return,
            },
            () = sleep(wait) => peer.frame(clock.now(), &mut books.borrow_mut()),
        }
    }
}

async fn grant(wish: Wish, clock: Clock, books: &RefCell<Books>) {
    // Whoever asked has ended if nobody takes the answer.
    match wish {
        Wish::Settle(said, reply) => {
            let end: Instant = clock.now() + SETTLE_TIME;
            while !books.borrow().ledger.is_settled(said) && clock.now() < end {
                sleep(LOOK_EVERY).await;
            }
            let _ = reply.send(books.borrow().ledger.is_settled(said));
        }
        Wish::Gaps(reply) => {
            let gaps = books.borrow_mut().take_gaps();
            let _ = reply.send(format!("{} {} {}", gaps.p50_us, gaps.p99_us, gaps.max_us));
        }
        Wish::Report(said, reply) => {
            let outcome = books.borrow_mut().ledger.outcome(said);
            let _ = reply.send(outcome.words());
        }
    }
}

/// Reads orders and speaks, on a thread that may wait; then the process ends.
fn obey(clock: Clock, mouths: &[mpsc::UnboundedSender<u64>], wish: &mpsc::UnboundedSender<Wish>) {
    let (mut speech, mut said) = (Speech::new(clock, mouths.len()), 0);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words[..] {
            ["speak", rate, seconds] => {
                let number = |text: &str| text.parse::<f64>().expect("a number");
                let lasts = Duration::from_secs_f64(number(seconds));
                said += speech.go_on(number(rate), lasts, |speaker, line| {
                    let _ = mouths[speaker].send(line);
                });
                let settled = ask(wish, |reply| Wish::Settle(said, reply));
                settled.map(|settled| u8::from(settled).to_string())
            }
            ["gaps"] => ask(wish, Wish::Gaps),
            ["report"] => ask(wish, |reply| Wish::Report(said, reply)),
            _ => panic!("{ROLE} does not know `{line}`"),
        };
        match answer {
            Some(answer) => println!("{answer}"),
            None => break,
        }
    }
    std::process::exit(0);
}

fn ask<T>(
    wish: &mpsc::UnboundedSender<Wish>,
    make: impl FnOnce(oneshot::Sender<T>) -> Wish,
) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    wish.send(make(reply)).ok()?;
    answer.blocking_recv().ok()
}
