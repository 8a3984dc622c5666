//! Which transport won the last time, kept by the browser for a while.
//!
//! Never decides anything: a race still asks the others.

use tickwire_shared::transport::Transport;
use web_sys::Storage;

use super::page;

/// Where it is kept.
const KEY: &str = "tickwire.transport";

/// How long a transport over UDP is remembered, in milliseconds: networks change with places.
const UDP_MILLIS: f64 = 24.0 * 3_600_000.0;

/// How long WebSocket is: UDP deserves another chance soon.
const WEBSOCKET_MILLIS: f64 = 10.0 * 60_000.0;

/// The last winner, unless that is too long ago.
pub(super) fn recall() -> Option<Transport> {
    let kept = storage()?.get_item(KEY).ok()??;
    let (name, until) = kept.split_once(' ')?;
    let until: f64 = until.parse().ok()?;
    let fresh = (0.0..=UDP_MILLIS).contains(&(until - page::wall_clock()));
    name.parse().ok().filter(|_| fresh)
}

/// Keeps the winner. A browser that keeps nothing for us costs a race at each start.
pub(super) fn keep(winner: Transport) {
    let lasts = match winner {
        Transport::WebSocket => WEBSOCKET_MILLIS,
        _ => UDP_MILLIS,
    };
    let until = page::wall_clock() + lasts;
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, &format!("{winner} {until:.0}", winner = winner.name()));
    }
}

/// Nothing in a browser that forbids it.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
