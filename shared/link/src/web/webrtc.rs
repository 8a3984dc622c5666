//! WebRTC data channels: two of them, negotiated beforehand, one packet a message.
//!
//! ```text
//! channel 0  unordered, no retransmits   Snapshot and Input
//! channel 1  ordered, reliable           Ordered; text: `close NUMBER WORDS`
//! ```
//!
//! Never trickles candidates: the server learns the page's address from its first packets.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_INPUT_UNSENT_BYTES_MAX, LINK_ORDERED_QUEUE_BYTES_MAX};
use tickwire_shared::transport::Transport;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MessageEvent, RtcConfiguration, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState,
    RtcDataChannelType, RtcPeerConnection, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::link::{Mail, Pipe, WebLink};
use super::listener::Listener;
use super::{fetch, info, page, task};
use crate::word::{LinkEnd, SendError, printable};

/// How long a goodbye may take to leave before the connection is taken down.
const GOODBYE_MILLIS: i32 = 100;

struct WebRtcPipe {
    connection: RtcPeerConnection,
    unreliable: RtcDataChannel,
    ordered: RtcDataChannel,
    _listeners: Vec<Listener>,
}

/// Opens two data channels to the page's own server.
pub(super) async fn open(way: &info::WebRtcWay) -> Result<WebLink, String> {
    let mail = Mail::default();
    let pipe = WebRtcPipe::new(&mail).map_err(|error| page::words(&error))?;
    let offer = offer(&pipe.connection)
        .await
        .map_err(|error| page::words(&error))?;
    let answer = fetch::post_text(&way.path, "application/sdp", &offer).await?;
    let answered = accept(&pipe.connection, &answer).await;
    answered
        .map_err(|error| format!("the server's answer is of no use: {}", page::words(&error)))?;
    let opened = mail.until(|| {
        let is_open = |channel: &RtcDataChannel| channel.ready_state() == RtcDataChannelState::Open;
        match mail.end() {
            Some(words) => Some(Err(words)),
            None => (is_open(&pipe.unreliable) && is_open(&pipe.ordered)).then_some(Ok(())),
        }
    });
    opened.await?;
    Ok(WebLink::new(Transport::WebRtc, Box::new(pipe), mail))
}

async fn offer(connection: &RtcPeerConnection) -> Result<String, JsValue> {
    let offer = JsFuture::from(connection.create_offer()).await?;
    let offer: RtcSessionDescriptionInit = offer.unchecked_into();
    JsFuture::from(connection.set_local_description(&offer)).await?;
    Ok(offer.get_sdp().unwrap_or_default())
}

async fn accept(connection: &RtcPeerConnection, answer: &str) -> Result<(), JsValue> {
    let description = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
    description.set_sdp(answer);
    JsFuture::from(connection.set_remote_description(&description)).await?;
    Ok(())
}

impl WebRtcPipe {
    fn new(mail: &Mail) -> Result<WebRtcPipe, JsValue> {
        let config = RtcConfiguration::new();
        config.set_ice_servers(&Array::new());
        let connection = RtcPeerConnection::new_with_configuration(&config)?;
        let unreliable = channel(&connection, "unreliable", 0);
        let ordered = channel(&connection, "ordered", 1);
        let mut listeners = vec![watch(&connection, mail)];
        listeners.extend(listen(&unreliable, Lane::Snapshot, mail));
        listeners.extend(listen(&ordered, Lane::Ordered, mail));
        Ok(WebRtcPipe {
            connection,
            unreliable,
            ordered,
            _listeners: listeners,
        })
    }
}

fn channel(connection: &RtcPeerConnection, label: &str, id: u16) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(id);
    if id == 0 {
        init.set_ordered(false);
        init.set_max_retransmits(0);
    }
    let channel = connection.create_data_channel_with_data_channel_dict(label, &init);
    channel.set_binary_type(RtcDataChannelType::Arraybuffer);
    channel
}

fn listen(channel: &RtcDataChannel, lane: Lane, mail: &Mail) -> [Listener; 3] {
    let (opened, came, closed) = (mail.clone(), mail.clone(), mail.clone());
    [
        Listener::on(channel, "open", move |_| opened.wake()),
        Listener::on(channel, "message", move |event| {
            if let Ok(message) = event.dyn_into::<MessageEvent>() {
                take(&came, lane, &message.data());
            }
        }),
        Listener::on(channel, "close", move |_| {
            closed.finish(LinkEnd::Lost("the data channel was closed".to_owned()));
        }),
    ]
}

/// A connection that is only disturbed may recover; one that has failed does not.
fn watch(connection: &RtcPeerConnection, mail: &Mail) -> Listener {
    let (watched, mail) = (connection.clone(), mail.clone());
    Listener::on(connection, "connectionstatechange", move |_| {
        if watched.connection_state() == RtcPeerConnectionState::Failed {
            mail.finish(LinkEnd::Lost(
                "WebRTC found no way to the server".to_owned(),
            ));
        }
    })
}

fn take(mail: &Mail, lane: Lane, data: &JsValue) {
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        return mail.arrived(lane, &Uint8Array::new(buffer));
    }
    let text = data.as_string().unwrap_or_default();
    mail.finish(match read_close(&text) {
        Some((number, words)) if lane == Lane::Ordered => {
            LinkEnd::told(number, printable(words.as_bytes()))
        }
        _ => LinkEnd::Lost("the server sent text that is no goodbye".to_owned()),
    });
}

/// Reads `close NUMBER WORDS`; the words may be missing.
fn read_close(text: &str) -> Option<(u64, &str)> {
    let rest = text.strip_prefix("close ")?;
    let (number, words) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((number.parse().ok()?, words))
}

impl Pipe for WebRtcPipe {
    fn send_datagram(&self, bytes: &[u8]) -> bool {
        self.unreliable.ready_state() == RtcDataChannelState::Open
            && self.unreliable.buffered_amount() as usize <= LINK_INPUT_UNSENT_BYTES_MAX
            && self.unreliable.send_with_u8_array(bytes).is_ok()
    }

    fn send_ordered(&self, bytes: &[u8]) -> Result<(), SendError> {
        let waiting = self.ordered.buffered_amount() as usize;
        if waiting + bytes.len() > LINK_ORDERED_QUEUE_BYTES_MAX {
            return Err(SendError::QueueFull);
        }
        // A channel that is no longer open has told so, or will: see `try_recv`.
        let _ = self.ordered.send_with_u8_array(bytes);
        Ok(())
    }

    fn close(&self, reason: CloseReason) {
        let goodbye = format!("close {} {}", reason.number(), reason.text());
        let _ = self.ordered.send_with_str(&goodbye);
        let connection = self.connection.clone();
        task::later(GOODBYE_MILLIS, move || connection.close());
    }
}

impl Drop for WebRtcPipe {
    fn drop(&mut self) {
        let connection = self.connection.clone();
        task::later(GOODBYE_MILLIS, move || connection.close());
    }
}
