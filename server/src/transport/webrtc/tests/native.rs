//! A client of the `webrtc` crate with the two channels that the server expects.

use std::sync::Arc;

use bytes::BytesMut;
use tickwire_shared::id::Lane;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCSessionDescription,
};

use super::within;

/// How a client differs from a good one.
pub(super) struct Options {
    /// Its channels have the ids that were agreed on.
    pub(super) negotiated: bool,
    /// Where it binds.
    pub(super) bind: String,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            negotiated: true,
            bind: "127.0.0.1:0".to_owned(),
        }
    }
}

/// What a client was told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Open(Lane),
    Packet(Lane, Vec<u8>),
    Text(String),
    Closed(Lane),
}

pub(super) struct NativePeer {
    connection: Arc<dyn PeerConnection>,
    unreliable: Arc<dyn DataChannel>,
    ordered: Arc<dyn DataChannel>,
    told: UnboundedReceiver<Told>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

struct Quiet;

impl PeerConnectionEventHandler for Quiet {}

impl NativePeer {
    pub(super) async fn new(options: Options) -> NativePeer {
        let connection = PeerConnectionBuilder::new()
            .with_handler(Arc::new(Quiet))
            .with_udp_addrs(vec![options.bind])
            .build()
            .await
            .unwrap();
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let unreliable = RTCDataChannelInit {
            ordered: false,
            max_retransmits: Some(0),
            negotiated: options.negotiated.then_some(0),
            ..RTCDataChannelInit::default()
        };
        let ordered = RTCDataChannelInit {
            negotiated: options.negotiated.then_some(1),
            ..RTCDataChannelInit::default()
        };
        let unreliable = connection.create_data_channel("unreliable", Some(unreliable));
        let unreliable = unreliable.await.unwrap();
        let ordered = connection.create_data_channel("ordered", Some(ordered));
        let ordered = ordered.await.unwrap();
        let (tell, told) = unbounded_channel();
        let readers = vec![
            tokio::spawn(read(Arc::clone(&unreliable), Lane::Snapshot, tell.clone())),
            tokio::spawn(read(Arc::clone(&ordered), Lane::Ordered, tell)),
        ];
        NativePeer {
            connection,
            unreliable,
            ordered,
            told,
            readers,
        }
    }

    pub(super) async fn offer(&self) -> String {
        let offer = self.connection.create_offer(None).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        self.connection.local_description().await.unwrap().sdp
    }

    pub(super) async fn accept(&self, answer: String) {
        let answer = RTCSessionDescription::answer(answer).unwrap();
        (self.connection.set_remote_description(answer).await).unwrap();
    }

    /// Waits until both channels are open.
    pub(super) async fn opened(&mut self) {
        for _ in 0..2 {
            let told = self.next().await;
            assert!(matches!(told, Told::Open(_)), "{told:?}");
        }
    }

    pub(super) async fn next(&mut self) -> Told {
        within(self.told.recv()).await.unwrap()
    }

    pub(super) async fn send(&self, lane: Lane, bytes: &[u8]) {
        let channel = match lane {
            Lane::Ordered => &self.ordered,
            Lane::Snapshot | Lane::Input => &self.unreliable,
        };
        channel.send(BytesMut::from(bytes)).await.unwrap();
    }

    pub(super) async fn send_text(&self, text: &str) {
        self.ordered.send_text(text).await.unwrap();
    }

    pub(super) async fn open_further_channel(&self) {
        let further = self.connection.create_data_channel("further", None);
        drop(further.await.unwrap());
    }

    /// From now on nothing that arrives is taken.
    pub(super) async fn stop_reading(&self) {
        for reader in &self.readers {
            reader.abort();
        }
    }

    pub(super) async fn close(&self) {
        self.connection.close().await.unwrap();
    }
}

async fn read(channel: Arc<dyn DataChannel>, lane: Lane, tell: UnboundedSender<Told>) {
    while let Some(event) = channel.poll().await {
        let told = match event {
            DataChannelEvent::OnOpen => Told::Open(lane),
            DataChannelEvent::OnMessage(message) if message.is_string => {
                Told::Text(String::from_utf8(message.data.to_vec()).unwrap())
            }
            DataChannelEvent::OnMessage(message) => Told::Packet(lane, message.data.to_vec()),
            DataChannelEvent::OnClose => Told::Closed(lane),
            _ => continue,
        };
        if tell.send(told).is_err() {
            return;
        }
    }
}
