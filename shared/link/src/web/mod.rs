//! Links of a page in a browser: WebTransport, WebRTC and WebSocket, and the race among them.
//!
//! Never dials another server than the one the page came from. Callbacks of the browser fill an
//! inbox; nothing here waits. What is dropped closes its connection and takes its callbacks off.
//!
//! ```text
//! dialer        what a program with frames asks for a link
//!   info        /connect-info
//!   race        several at once, judged by an echo
//!     contend   one of them
//!   memory      who won the last time
//! check         each on its own, with figures
//! webtransport, webrtc, websocket    how each opens, sends and closes
//! ```

mod check;
mod contend;
mod dialer;
mod fetch;
mod info;
mod link;
mod listener;
mod memory;
mod page;
mod race;
mod task;
mod webrtc;
mod websocket;
mod webtransport;

pub use check::{Checked, Figures, connect_check};
pub use dialer::WebDialer;
