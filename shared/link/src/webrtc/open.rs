//! From nothing to two open channels: offer, answer, ICE, DTLS, SCTP.
//!
//! Never leaves a connection behind: one whose opening is given up is closed by a task of its own.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rtc::ice::mdns::MulticastDnsMode;
use tickwire_shared::limits::LINK_ORDERED_QUEUE_BYTES_MAX;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngine, SettingEngineBuilder,
};

use super::{Peer, hang_up};
use crate::dial::{Dial, DialError};
use crate::http::Door;
use crate::quic::any_port;

/// Where a server takes offers.
const PATH: &str = "/webrtc";

/// Bytes a client may have in flight to be read by its owner.
const RECEIVE_BYTES_MAX: u32 = 256 * 1_024;

/// Time between two checks of a candidate. The library nominates the pair at the check after the
/// first success, so that this is what every dial waits for: its default is 200 ms.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Checks without an answer after which a candidate is given up: 4 s, the server may be far away.
const CHECKS_MAX: u16 = 200;

/// Silence after which ICE calls the connection disconnected, then failed.
const DISCONNECTED: Duration = Duration::from_secs(5);
const FAILED: Duration = Duration::from_secs(5);

/// Time between two checks of a live connection, which keep routers' tables alive.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// What the connection's own task says about it.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    is_gathered: bool,
    has_failed: bool,
}

struct Ear(watch::Sender<Progress>);

/// The library's own futures, spelled out.
type Heard<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl PeerConnectionEventHandler for Ear {
    fn on_ice_gathering_state_change<'a, 'b>(&'a self, state: RTCIceGatheringState) -> Heard<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        if state == RTCIceGatheringState::Complete {
            self.0.send_modify(|progress| progress.is_gathered = true);
        }
        Box::pin(async {})
    }

    fn on_connection_state_change<'a, 'b>(&'a self, state: RTCPeerConnectionState) -> Heard<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        if matches!(
            state,
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed
        ) {
            self.0.send_modify(|progress| progress.has_failed = true);
        }
        Box::pin(async {})
    }
}

/// Closes a connection whose opening was given up.
struct Guard(Option<Arc<dyn PeerConnection>>);

impl Drop for Guard {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Handle::try_current();
        if let (Some(connection), Ok(runtime)) = (self.0.take(), runtime) {
            runtime.spawn(async move { hang_up(&connection).await });
        }
    }
}

/// Opens both channels.
pub(super) async fn open(dial: &Dial) -> Result<Peer, DialError> {
    let door = Door::find(dial).await?;
    let (progress, mut heard) = watch::channel(Progress::default());
    let local = local_address(door.remote).await.map_err(system)?;
    let connection = PeerConnectionBuilder::new()
        .with_setting_engine(settings())
        .with_handler(Arc::new(Ear(progress)))
        .with_udp_addrs(vec![local])
        .with_data_channel_send_buffer_limit(LINK_ORDERED_QUEUE_BYTES_MAX)
        .build()
        .await
        .map_err(system)?;
    let connection: Arc<dyn PeerConnection> = Arc::new(connection);
    let mut guard = Guard(Some(Arc::clone(&connection)));
    let unreliable = channel(&connection, "unreliable", 0, false).await?;
    let ordered = channel(&connection, "ordered", 1, true).await?;
    negotiate(&door, &connection, &mut heard).await?;
    for channel in [&unreliable, &ordered] {
        tokio::select! {
            opened = is_open(channel) => opened?,
            () = failure(&mut heard) => {
                let words = "the peers do not reach each other: a firewall may drop UDP";
                return Err(DialError::NoChannel(words.to_owned()));
            }
        }
    }
    guard.0 = None;
    Ok(Peer {
        connection,
        unreliable,
        ordered,
    })
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(true)
        .with_ice_connection_attempts(Some(CHECK_EVERY), Some(CHECKS_MAX))
        .with_ice_timeouts(Some(DISCONNECTED), Some(FAILED), Some(KEEP_ALIVE))
        .with_sctp_max_receive_buffer_size(RECEIVE_BYTES_MAX)
        .build()
}

/// The address of this machine that reaches `remote`, any port: the one candidate.
async fn local_address(remote: SocketAddr) -> std::io::Result<SocketAddr> {
    let socket = UdpSocket::bind(any_port(remote)).await?;
    socket.connect(remote).await?;
    let mut local = socket.local_addr()?;
    local.set_port(0);
    Ok(local)
}

async fn channel(
    connection: &Arc<dyn PeerConnection>,
    label: &str,
    id: u16,
    is_ordered: bool,
) -> Result<Arc<dyn DataChannel>, DialError> {
    let init = RTCDataChannelInit {
        ordered: is_ordered,
        max_retransmits: (!is_ordered).then_some(0),
        negotiated: Some(id),
        ..RTCDataChannelInit::default()
    };
    let channel = connection.create_data_channel(label, Some(init)).await;
    channel.map_err(system)
}

/// Offer and answer over HTTP.
async fn negotiate(
    door: &Door,
    connection: &Arc<dyn PeerConnection>,
    heard: &mut watch::Receiver<Progress>,
) -> Result<(), DialError> {
    let offer = connection.create_offer(None).await.map_err(system)?;
    connection
        .set_local_description(offer)
        .await
        .map_err(system)?;
    let gathered = heard.wait_for(|progress| progress.is_gathered).await;
    gathered.map_err(system)?;
    let offer = connection.local_description().await;
    let offer = offer.ok_or_else(|| system("no offer was made"))?;
    let answer = door
        .post(PATH, "application/sdp", offer.sdp)
        .await?
        .good()?;
    let answer = String::from_utf8(answer.into());
    let answer = answer.map_err(|_| DialError::NotTickwire(door.remote))?;
    let answer = RTCSessionDescription::answer(answer);
    let answer = answer.map_err(|_| DialError::NotTickwire(door.remote))?;
    let taken = connection.set_remote_description(answer).await;
    taken.map_err(system)
}

async fn is_open(channel: &Arc<dyn DataChannel>) -> Result<(), DialError> {
    match channel.poll().await {
        Some(DataChannelEvent::OnOpen) => Ok(()),
        _ => Err(DialError::NoChannel(
            "a channel was closed while it opened".to_owned(),
        )),
    }
}

/// Waits until the connection has failed; forever while it has not.
async fn failure(heard: &mut watch::Receiver<Progress>) {
    if heard
        .wait_for(|progress| progress.has_failed)
        .await
        .is_err()
    {
        std::future::pending().await
    }
}

fn system(error: impl std::fmt::Display) -> DialError {
    DialError::System(format!("WebRTC: {error}"))
}
