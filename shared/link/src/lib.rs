//! The client side of a link: dials a server and moves bytes on lanes.
//!
//! It never looks into a packet and knows no game, room or session; that is `tickwire_shared`'s
//! client. It starts no task: whoever owns a [`Link`] drives it by calling [`Link::recv`].
//!
//! Every transport has the same lanes; `docs/transports.md` draws how each carries them. In a program
//! that can wait a link is awaited; in a browser, and wherever frames are drawn, it is asked: see
//! [`PolledLink`].
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use tickwire_link::{Dial, dial_quic};
//! use tickwire_shared::id::Lane;
//!
//! let mut link = dial_quic(&Dial::to("127.0.0.1:7777")).await?;
//! link.send(Lane::Ordered, b"hello")?;
//! let (lane, bytes) = link.recv().await?;
//! # let _ = (lane, bytes);
//! # Ok(())
//! # }
//! ```

mod address;
#[cfg(not(target_arch = "wasm32"))]
mod dial;
mod frames;
#[cfg(any(target_arch = "wasm32", test))]
mod inbox;
#[cfg(not(target_arch = "wasm32"))]
mod link;
mod polled;
#[cfg(not(target_arch = "wasm32"))]
mod trust;
#[cfg(not(target_arch = "wasm32"))]
mod tune;
#[cfg(target_arch = "wasm32")]
mod web;
mod word;

pub use address::{Address, BadAddress};
#[cfg(not(target_arch = "wasm32"))]
pub use dial::{Dial, DialError, dial_quic};
pub use frames::{FrameError, Frames};
#[cfg(not(target_arch = "wasm32"))]
pub use link::Link;
pub use polled::{DialOrder, Dialed, Dialer, NotDialed, PolledLink};
#[cfg(not(target_arch = "wasm32"))]
pub use trust::{CertificateHash, Trust};
#[cfg(not(target_arch = "wasm32"))]
pub use tune::{ALPN, Floor};
#[cfg(target_arch = "wasm32")]
pub use web::{Checked, Figures, WebDialer, connect_check};
pub use word::{Attempt, LinkEnd, SendError, Traffic};
