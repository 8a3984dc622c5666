//! The client side of a link: dials a server and moves bytes on lanes.
//!
//! It never looks into a packet and knows no game, room or session; that is `tickwire_shared`'s
//! client. Whoever owns a [`Link`] drives it by calling [`Link::recv`]; over WebRTC and WebSocket a
//! task carries it besides, which ends with the link.
//!
//! Every transport has the same lanes; `docs/transports.md` draws how each carries them. In a
//! program that can wait a link is awaited; in a browser, and wherever frames are drawn, it is
//! asked: see [`PolledLink`].
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use tickwire_link::{Dial, dial};
//! use tickwire_shared::id::Lane;
//! use tickwire_shared::transport::Transport;
//!
//! let mut link = dial(&Dial::to("127.0.0.1:7777").over(Transport::WebSocket)).await?;
//! link.send(Lane::Ordered, b"hello")?;
//! let (lane, bytes) = link.recv().await?;
//! # let _ = (lane, bytes);
//! # Ok(())
//! # }
//! ```

mod address;
mod connect_info;
#[cfg(not(target_arch = "wasm32"))]
mod dial;
mod frames;
#[cfg(not(target_arch = "wasm32"))]
mod http;
mod inbox;
#[cfg(not(target_arch = "wasm32"))]
mod lanes;
#[cfg(not(target_arch = "wasm32"))]
mod link;
#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
mod pipe;
mod polled;
#[cfg(not(target_arch = "wasm32"))]
mod quic;
#[cfg(not(target_arch = "wasm32"))]
mod race;
#[cfg(not(target_arch = "wasm32"))]
mod trust;
#[cfg(not(target_arch = "wasm32"))]
mod tune;
#[cfg(target_arch = "wasm32")]
mod web;
#[cfg(not(target_arch = "wasm32"))]
mod webrtc;
#[cfg(not(target_arch = "wasm32"))]
mod websocket;
#[cfg(not(target_arch = "wasm32"))]
mod webtransport;
mod word;

pub use address::{Address, BadAddress};
pub use connect_info::{
    BadConnectInfo, ConnectInfo, Offers, PathOffer, QuicOffer, WebTransportOffer,
};
#[cfg(not(target_arch = "wasm32"))]
pub use dial::{Dial, DialError, dial, dial_quic};
pub use frames::{FrameError, Frames};
#[cfg(not(target_arch = "wasm32"))]
pub use http::connect_info;
#[cfg(not(target_arch = "wasm32"))]
pub use link::Link;
#[cfg(not(target_arch = "wasm32"))]
pub use native::NativeDialer;
pub use polled::{DialOrder, Dialed, Dialer, NotDialed, PolledLink};
#[cfg(not(target_arch = "wasm32"))]
pub use trust::{CertificateHash, Trust};
#[cfg(not(target_arch = "wasm32"))]
pub use tune::{ALPN, Floor};
#[cfg(target_arch = "wasm32")]
pub use web::{Checked, Figures, WebDialer, connect_check};
pub use word::{Attempt, LinkEnd, SendError, Traffic};
