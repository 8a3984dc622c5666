//! Several transports try at once; a datagram's echo decides.
//!
//! The first over UDP whose probe comes back wins. A WebSocket whose probe came back waits a little
//! for them, because its packets queue behind each other; when it won the last time it waits only
//! for a moment. Losers are closed.
//!
//! Never asks what a browser claims to support: some have a transport that does not work.

use core::time::Duration;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tickwire_shared::transport::Transport;

use super::contend::{self, ECHO_MILLIS, Proven};
use super::info::Info;
use super::{page, task};
use crate::polled::{DialOrder, Dialed, NotDialed};
use crate::word::Attempt;

/// What a page can speak, best first.
pub(super) const TRANSPORTS: [Transport; 3] = [
    Transport::WebTransport,
    Transport::WebRtc,
    Transport::WebSocket,
];

/// Between the starts of two transports.
const STAGGER_MILLIS: u32 = 250;

/// What a WebSocket starts later still, so that it is seldom opened for nothing.
const WEBSOCKET_LATER_MILLIS: u32 = 250;

/// How long a WebSocket that won the last time waits for the others.
const REMEMBERED_GRACE_MILLIS: f64 = 300.0;

/// One transport on its way.
struct Contender {
    transport: Transport,
    starts: f64,
    work: Pin<Box<dyn Future<Output = Result<Proven, String>>>>,
    outcome: Option<Result<Proven, String>>,
}

/// Lets transports race.
pub(super) async fn run(order: DialOrder, info: Info) -> Result<Dialed, NotDialed> {
    let mut attempts = Vec::new();
    let mut contenders: Vec<Contender> = Vec::new();
    for transport in in_order(order) {
        match contend::obstacle(transport, &info) {
            Some(words) => attempts.push(failed(transport, words)),
            None => contenders.push(Contender::new(transport, contenders.len(), order, &info)),
        }
    }
    let hurried = order.first == Some(Transport::WebSocket);
    let winner = winner(&mut contenders, hurried).await;
    conclude(attempts, contenders, winner)
}

fn in_order(order: DialOrder) -> Vec<Transport> {
    let mut all: Vec<Transport> = match order.only {
        Some(only) => vec![only],
        None => TRANSPORTS.to_vec(),
    };
    all.sort_by_key(|&transport| order.first != Some(transport));
    all
}

impl Contender {
    fn new(transport: Transport, place: usize, order: DialOrder, info: &Info) -> Contender {
        let place = u32::try_from(place).unwrap_or_default();
        let is_late = transport == Transport::WebSocket && place > 0;
        let wait = place * STAGGER_MILLIS + if is_late { WEBSOCKET_LATER_MILLIS } else { 0 };
        let info = info.clone();
        let alone = order.only.is_some();
        Contender {
            transport,
            starts: page::now() + f64::from(wait),
            work: Box::pin(async move {
                if !alone {
                    task::sleep(wait).await;
                }
                contend::prove(transport, &info).await
            }),
            outcome: None,
        }
    }

    /// Goes on; true when it is done.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.outcome.is_none()
            && let Poll::Ready(outcome) = self.work.as_mut().poll(cx)
        {
            self.outcome = Some(outcome);
        }
        self.outcome.is_some()
    }

    fn has_won(&self) -> bool {
        matches!(self.outcome, Some(Ok(_)))
    }

    fn is_udp(&self) -> bool {
        self.transport != Transport::WebSocket
    }
}

/// Index of the winner; `None` when all have failed.
async fn winner(contenders: &mut [Contender], hurried: bool) -> Option<usize> {
    let mut grace: Option<Pin<Box<dyn Future<Output = ()>>>> = None;
    poll_fn(|cx| {
        let all_done = contenders
            .iter_mut()
            .fold(true, |done, one| one.poll(cx) && done);
        if let Some(udp) = contenders
            .iter()
            .position(|one| one.has_won() && one.is_udp())
        {
            return Poll::Ready(Some(udp));
        }
        let socket = contenders.iter().position(Contender::has_won);
        if all_done {
            return Poll::Ready(socket);
        }
        if socket.is_none() {
            return Poll::Pending;
        }
        let wait =
            grace.get_or_insert_with(|| Box::pin(task::sleep(patience(contenders, hurried))));
        wait.as_mut().poll(cx).map(|()| socket)
    })
    .await
}

/// How long a WebSocket that is ready waits for the transports over UDP, in milliseconds: until
/// each has had as long as an echo may take.
fn patience(contenders: &[Contender], hurried: bool) -> u32 {
    let now = page::now();
    let waiting = contenders.iter().filter(|one| one.outcome.is_none());
    let ends = waiting.map(|one| one.starts + f64::from(ECHO_MILLIS) - now);
    let longest = ends.fold(0.0, f64::max);
    let longest = if hurried {
        longest.min(REMEMBERED_GRACE_MILLIS)
    } else {
        longest
    };
    longest as u32
}

/// The winner's link and what became of each; the losers' links are dropped, which closes them.
fn conclude(
    mut attempts: Vec<Attempt>,
    contenders: Vec<Contender>,
    winner: Option<usize>,
) -> Result<Dialed, NotDialed> {
    let won = winner
        .and_then(|index| contenders.get(index))
        .map(|one| one.transport);
    let mut link = None;
    for (index, contender) in contenders.into_iter().enumerate() {
        let transport = contender.transport;
        attempts.push(match contender.outcome {
            Some(Ok(proven)) if winner == Some(index) => {
                link = Some(proven.link);
                succeeded(transport, proven.echo)
            }
            Some(Ok(proven)) => succeeded(transport, proven.echo),
            Some(Err(words)) => failed(transport, &words),
            None => failed(transport, &overtaken(transport, contender.starts, won)),
        });
    }
    match link {
        Some(link) => Ok(Dialed {
            link: Box::new(link),
            attempts,
        }),
        None => Err(NotDialed {
            words: why_none(&attempts),
            attempts,
        }),
    }
}

/// Why a transport that was still trying did not win.
fn overtaken(transport: Transport, starts: f64, won: Option<Transport>) -> String {
    let tried = page::now() - starts;
    match won {
        Some(Transport::WebSocket) if tried + 1.0 >= f64::from(ECHO_MILLIS) => {
            contend::no_answer(transport, ECHO_MILLIS)
        }
        Some(Transport::WebSocket) => {
            "UDP was blocked on the way the last time, and did not answer at once".to_owned()
        }
        Some(won) => format!("{won} was quicker"),
        None => "given up".to_owned(),
    }
}

fn why_none(attempts: &[Attempt]) -> String {
    let reasons = attempts.iter().filter_map(|attempt| {
        let words = attempt.outcome.as_ref().err()?;
        Some(format!("{}: {words}", attempt.transport))
    });
    let reasons: Vec<String> = reasons.collect();
    format!("no transport reaches the server ({})", reasons.join("; "))
}

fn succeeded(transport: Transport, echo: Duration) -> Attempt {
    Attempt {
        transport,
        outcome: Ok(echo),
    }
}

fn failed(transport: Transport, words: &str) -> Attempt {
    Attempt {
        transport,
        outcome: Err(words.to_owned()),
    }
}
