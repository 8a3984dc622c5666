//! The client side of a link: dials a server and moves bytes on lanes.
//!
//! It never looks into a packet and knows no game, room or session; that is `tickwire_shared`'s
//! client. It starts no task: whoever owns a [`Link`] drives it by calling [`Link::recv`].
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
mod dial;
mod frames;
mod link;
mod trust;
mod tune;

pub use address::{Address, BadAddress};
pub use dial::{Dial, DialError, dial_quic};
pub use frames::{FrameError, Frames};
pub use link::{Link, LinkEnd, SendError, Traffic};
pub use trust::{CertificateHash, Trust};
pub use tune::{ALPN, Floor};
