//! The connect check: each transport on its own, probed for two seconds.
//!
//! Never joins a game: the links are closed when their figures are there.

use core::time::Duration;

use tickwire_shared::id::Lane;
use tickwire_shared::transport::Transport;
use tickwire_shared::wire::{decode_probe, encode_probe};

use super::link::WebLink;
use super::race::TRANSPORTS;
use super::{contend, info, page, task};
use crate::polled::PolledLink;

/// Probes sent; within what a server echoes on one link.
const PROBES: usize = 40;

/// Between two of them.
const EVERY_MILLIS: u32 = 50;

/// How long the last one may take.
const LAST_MILLIS: f64 = 500.0;

/// As long as a usual snapshot.
const PROBE_BYTES: usize = 300;

/// How one transport did.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Which.
    pub transport: Transport,
    /// Its figures; or why there are none, in words for a player.
    pub outcome: Result<Figures, String>,
}

/// What probes measured on one link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// How long the connection took to open.
    pub open: Duration,
    /// Median round trip.
    pub rtt: Duration,
    /// How much longer the slowest twentieth took than the quickest.
    pub jitter: Duration,
    /// Share of the probes that did not come back, 0.0 to 1.0.
    pub loss: f32,
}

/// Tries every transport of a page at once and measures those that open.
///
/// # Errors
/// Why not even the server's list of transports came, in words for a player.
pub async fn connect_check() -> Result<Vec<Checked>, String> {
    let info = info::ask().await?;
    let tasks = TRANSPORTS.map(|transport| {
        let info = info.clone();
        task::Task::start(async move { check(transport, &info).await })
    });
    let mut all = Vec::new();
    for (transport, task) in TRANSPORTS.into_iter().zip(tasks) {
        let outcome = loop {
            match task.outcome() {
                Some(outcome) => break outcome,
                None => task::sleep(EVERY_MILLIS).await,
            }
        };
        all.push(Checked { transport, outcome });
    }
    Ok(all)
}

async fn check(transport: Transport, info: &info::Info) -> Result<Figures, String> {
    if let Some(words) = contend::obstacle(transport, info) {
        return Err(words.to_owned());
    }
    let started = page::now();
    let mut link = contend::open(transport, info).await?;
    let open = contend::millis(page::now() - started);
    let trips = probe(&mut link).await?;
    if trips.is_empty() {
        return Err(contend::no_echo(transport));
    }
    Ok(figures(open, trips))
}

/// Sends every probe and returns the round trips of those that came back, in milliseconds.
async fn probe(link: &mut WebLink) -> Result<Vec<f64>, String> {
    let mut sent: Vec<f64> = Vec::new();
    let mut trips = vec![None; PROBES];
    while sent.len() < PROBES {
        let number = u32::try_from(sent.len()).unwrap_or_default();
        sent.push(page::now());
        let probe = encode_probe(number, PROBE_BYTES);
        link.send(Lane::Input, &probe)
            .map_err(|error| error.to_string())?;
        listen(
            link,
            page::now() + f64::from(EVERY_MILLIS),
            &sent,
            &mut trips,
        )
        .await?;
    }
    listen(link, page::now() + LAST_MILLIS, &sent, &mut trips).await?;
    Ok(trips.into_iter().flatten().collect())
}

/// Notes echoes until `until`, or until all have come.
async fn listen(
    link: &mut WebLink,
    until: f64,
    sent: &[f64],
    trips: &mut [Option<f64>],
) -> Result<(), String> {
    while page::now() < until && trips.iter().any(Option::is_none) {
        let wait = (until - page::now()).max(1.0) as u32;
        let Some(came) = task::within(wait, link.recv()).await else {
            return Ok(());
        };
        let (_, bytes) = came.map_err(|end| end.to_string())?;
        let number = decode_probe(&bytes).map(|number| number as usize);
        if let Some(number) = number
            && let (Some(at), Some(trip)) = (sent.get(number), trips.get_mut(number))
        {
            trip.get_or_insert(page::now() - at);
        }
    }
    Ok(())
}

fn figures(open: Duration, mut trips: Vec<f64>) -> Figures {
    trips.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (trips.len().saturating_sub(1)) as f64 * share;
        trips
            .get(index.round() as usize)
            .copied()
            .unwrap_or_default()
    };
    Figures {
        open,
        rtt: contend::millis(at(0.5)),
        jitter: contend::millis(at(0.95) - at(0.0)),
        loss: 1.0 - trips.len() as f32 / PROBES as f32,
    }
}
