//! WebSocket, where UDP does not pass: each message is a lane's byte and a packet.
//!
//! ```text
//! +------+--------+
//! | lane | packet |   lane: 0 Snapshot (and Input, on the way up), 1 Ordered
//! +------+--------+
//! ```
//!
//! Never queues stale packets: while the socket has not sent the last ones, Input is dropped.

use js_sys::{ArrayBuffer, Uint8Array};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_INPUT_UNSENT_BYTES_MAX, LINK_ORDERED_QUEUE_BYTES_MAX};
use tickwire_shared::transport::Transport;
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::link::{Mail, Pipe, WebLink};
use super::listener::Listener;
use super::{info, page};
use crate::word::{LinkEnd, SendError, printable};

/// What a server of ours calls this protocol.
const SUBPROTOCOL: &str = "tickwire-1";

const LANE_UNRELIABLE: u8 = 0;
const LANE_ORDERED: u8 = 1;

/// Added to the number of a reason to give a close code; the range is free for applications.
const CLOSE_BASE: u16 = 4_000;

struct WebSocketPipe {
    socket: WebSocket,
    _listeners: Vec<Listener>,
}

/// Opens a WebSocket to the page's own server.
pub(super) async fn open(way: &info::WebSocketWay) -> Result<WebLink, String> {
    let at = page::host_and_port().ok_or("the page has no address")?;
    let scheme = match page::host() {
        Some((_, true)) => "wss",
        _ => "ws",
    };
    let address = format!("{scheme}://{at}{}", way.path);
    let socket = WebSocket::new_with_str(&address, SUBPROTOCOL).map_err(|e| page::words(&e))?;
    socket.set_binary_type(BinaryType::Arraybuffer);
    let mail = Mail::default();
    let listeners = listen(&socket, &mail);
    // Owned from here on, so that giving up closes it.
    let pipe = WebSocketPipe {
        socket: socket.clone(),
        _listeners: listeners,
    };
    let opened = mail.until(|| match (socket.ready_state(), mail.end()) {
        (_, Some(_)) => Some(Err("the server refused the WebSocket".to_owned())),
        (WebSocket::OPEN, None) => Some(Ok(())),
        (_, None) => None,
    });
    opened.await?;
    Ok(WebLink::new(Transport::WebSocket, Box::new(pipe), mail))
}

fn listen(socket: &WebSocket, mail: &Mail) -> Vec<Listener> {
    let (opened, came, closed) = (mail.clone(), mail.clone(), mail.clone());
    vec![
        Listener::on(socket, "open", move |_| opened.wake()),
        Listener::on(socket, "message", move |event| {
            if let Ok(message) = event.dyn_into::<MessageEvent>() {
                take(&came, &message);
            }
        }),
        Listener::on(socket, "close", move |event| {
            if let Ok(event) = event.dyn_into::<CloseEvent>() {
                closed.finish(end_of(&event));
            }
        }),
    ]
}

fn take(mail: &Mail, message: &MessageEvent) {
    let Ok(buffer) = message.data().dyn_into::<ArrayBuffer>() else {
        return mail.finish(LinkEnd::Lost("the server sent text".to_owned()));
    };
    let bytes = Uint8Array::new(&buffer);
    let lane = match (bytes.length(), bytes.get_index(0)) {
        (1.., LANE_UNRELIABLE) => Lane::Snapshot,
        (1.., LANE_ORDERED) => Lane::Ordered,
        _ => return mail.finish(LinkEnd::Lost("the server sent no lane".to_owned())),
    };
    mail.arrived(lane, &bytes.subarray(1, bytes.length()));
}

fn end_of(event: &CloseEvent) -> LinkEnd {
    match event.code().checked_sub(CLOSE_BASE) {
        Some(number) if number < 1_000 => {
            LinkEnd::told(u64::from(number), printable(event.reason().as_bytes()))
        }
        _ => LinkEnd::Lost(format!("the WebSocket ended with code {}", event.code())),
    }
}

impl WebSocketPipe {
    fn send(&self, lane: u8, bytes: &[u8]) -> bool {
        let mut message = Vec::with_capacity(1 + bytes.len());
        message.push(lane);
        message.extend_from_slice(bytes);
        self.socket.ready_state() == WebSocket::OPEN
            && self.socket.send_with_u8_array(&message).is_ok()
    }
}

impl Pipe for WebSocketPipe {
    fn send_datagram(&self, bytes: &[u8]) -> bool {
        self.socket.buffered_amount() as usize <= LINK_INPUT_UNSENT_BYTES_MAX
            && self.send(LANE_UNRELIABLE, bytes)
    }

    fn send_ordered(&self, bytes: &[u8]) -> Result<(), SendError> {
        let waiting = self.socket.buffered_amount() as usize;
        if waiting + bytes.len() > LINK_ORDERED_QUEUE_BYTES_MAX {
            return Err(SendError::QueueFull);
        }
        // A socket that is no longer open has told so, or will: see `try_recv`.
        self.send(LANE_ORDERED, bytes);
        Ok(())
    }

    fn close(&self, reason: CloseReason) {
        if self.socket.ready_state() == WebSocket::OPEN {
            let code = u16::try_from(reason.number()).map_or(CLOSE_BASE, |n| CLOSE_BASE + n);
            let _ = self.socket.close_with_code_and_reason(code, reason.text());
        }
    }
}

impl Drop for WebSocketPipe {
    fn drop(&mut self) {
        match self.socket.ready_state() {
            WebSocket::CONNECTING => close_once_open(&self.socket),
            WebSocket::OPEN => self.close(CloseReason::Bye),
            _ => {}
        }
    }
}

/// A socket that is closed before it opened is an error in the browser's console; there is none.
fn close_once_open(socket: &WebSocket) {
    let opened = socket.clone();
    let close = wasm_bindgen::closure::Closure::once_into_js(move || {
        let _ = opened.close();
    });
    socket.set_onopen(close.dyn_ref());
}
