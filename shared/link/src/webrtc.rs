//! A link over WebRTC data channels, by a stack that is not the server's.
//!
//! Never asks a STUN or TURN server: the server's address is in its answer.

mod carry;
mod open;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use webrtc::data_channel::DataChannel;
use webrtc::peer_connection::PeerConnection;

use crate::dial::{Dial, DialError};
use crate::pipe::{Near, pipe};

/// How long a peer's own goodbye may take.
const HANG_UP: Duration = Duration::from_millis(500);

/// Both channels of a connection, open.
pub(super) struct Peer {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) unreliable: Arc<dyn DataChannel>,
    pub(super) ordered: Arc<dyn DataChannel>,
}

/// Dials over WebRTC: asks over HTTP, then opens both channels.
pub(crate) async fn dial(dial: &Dial) -> Result<Near, DialError> {
    let peer = timeout(dial.timeout, open::open(dial)).await;
    let peer = peer.unwrap_or_else(|_| {
        let words = "no channel opened in time: a firewall may drop UDP";
        Err(DialError::NoChannel(words.to_owned()))
    })?;
    let (near, far) = pipe();
    tokio::spawn(carry::carry(peer, far));
    Ok(near)
}

/// Closes the connection and its driver; dropping alone would leave the driver running.
pub(super) async fn hang_up(connection: &Arc<dyn PeerConnection>) {
    let _ = timeout(HANG_UP, connection.close()).await;
}
