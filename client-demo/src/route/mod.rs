//! A link with a simulated network in front of it, in both directions.
//!
//! Never looks into a packet. Datagram lanes lose, double and reorder packets; the Ordered lane
//! only stalls. The handshake of the transport itself is over by then and suffers nothing.
//!
//! [`Simulated`] is the network alone and knows no link; [`PolledRoute`] puts it in front of a link
//! that is asked, in a window or a browser, `Route` in front of one that is awaited.

#[cfg(not(target_arch = "wasm32"))]
mod awaited;
mod polled;
mod simulated;

#[cfg(not(target_arch = "wasm32"))]
pub use self::awaited::Route;
pub use self::polled::PolledRoute;
pub use self::simulated::{Direction, Simulated};
