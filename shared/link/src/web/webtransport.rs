//! WebTransport: datagrams, and one stream of frames that the page opens.
//!
//! Never waits for a write: datagrams the browser has no room for are dropped.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_ORDERED_QUEUE_BYTES_MAX, LINK_SNAPSHOT_INBOX_MAX};
use tickwire_shared::transport::Transport;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ReadableStream, ReadableStreamDefaultReader, WebTransport, WebTransportBidirectionalStream,
    WebTransportCloseInfo, WebTransportDatagramDuplexStream, WebTransportHash, WebTransportOptions,
    WritableStreamDefaultWriter,
};

use super::link::{Mail, Pipe, WebLink};
use super::task::Task;
use super::{info, page};
use crate::frames::Frames;
use crate::word::{LinkEnd, SendError, printable};

/// Datagrams that wait in the browser to be sent at the most; a newer one repeats what is in them.
const OUTGOING_DATAGRAMS_MAX: f64 = 16.0;

/// Milliseconds after which an unsent datagram is dropped: its tick is over.
const OUTGOING_AGE_MILLIS: f64 = 300.0;

struct WebTransportPipe {
    connection: WebTransport,
    datagrams: WritableStreamDefaultWriter,
    stream: WritableStreamDefaultWriter,
    /// Bytes handed to the stream that it has not taken yet.
    unsent: Rc<Cell<usize>>,
    /// Takes the rejection of a write that the end of the link overtook.
    overtaken: Closure<dyn FnMut(JsValue)>,
    _readers: [Task<()>; 3],
}

/// Closes a connection that is given up before its link is there.
struct Opening(Option<WebTransport>);

/// Opens a session and its stream to the page's own server.
pub(super) async fn open(way: &info::WebTransportWay) -> Result<WebLink, String> {
    let connection = dial(way).map_err(|error| page::words(&error))?;
    let mut opening = Opening(Some(connection.clone()));
    let ready = JsFuture::from(connection.ready()).await;
    ready.map_err(|error| {
        let said = page::words(&JsValue::from(error));
        let said = said.trim_end_matches('.');
        format!("no session ({said}): UDP may be blocked on the way")
    })?;
    let mail = Mail::default();
    let pipe = WebTransportPipe::new(connection, &mail).await;
    let pipe = pipe.map_err(|error| page::words(&error))?;
    opening.0 = None;
    Ok(WebLink::new(Transport::WebTransport, Box::new(pipe), mail))
}

fn dial(way: &info::WebTransportWay) -> Result<WebTransport, JsValue> {
    let (host, _) = page::host().ok_or("the page has no address")?;
    let options = WebTransportOptions::new();
    options.set_require_unreliable(true);
    if !way.hashes.is_empty() {
        let hashes: Vec<WebTransportHash> = way.hashes.iter().map(|hash| pinned(hash)).collect();
        options.set_server_certificate_hashes(&hashes);
    }
    let address = format!("https://{host}:{}{}", way.port, way.path);
    WebTransport::new_with_options(&address, &options)
}

fn pinned(hash: &[u8; 32]) -> WebTransportHash {
    let pinned = WebTransportHash::new();
    pinned.set_algorithm("sha-256");
    pinned.set_value_u8_array(&Uint8Array::from(hash.as_slice()));
    pinned
}

impl WebTransportPipe {
    async fn new(connection: WebTransport, mail: &Mail) -> Result<WebTransportPipe, JsValue> {
        let stream: WebTransportBidirectionalStream =
            JsFuture::from(connection.create_bidirectional_stream()).await?;
        let datagrams = connection.datagrams();
        size_queues(&datagrams);
        let down = reader(&datagrams.readable())?;
        let frames = reader(&stream.readable())?;
        let readers = [
            Task::start(read_datagrams(down, mail.clone())),
            Task::start(read_frames(frames, mail.clone())),
            Task::start(wait_for_end(connection.clone(), mail.clone())),
        ];
        Ok(WebTransportPipe {
            datagrams: datagrams.writable().get_writer()?,
            stream: stream.writable().get_writer()?,
            connection,
            unsent: Rc::default(),
            overtaken: Closure::new(|_| {}),
            _readers: readers,
        })
    }

    /// Hands bytes to a writer without waiting for it.
    fn write(&self, writer: &WritableStreamDefaultWriter, bytes: &[u8]) -> Promise {
        writer.write_with_chunk(&Uint8Array::from(bytes))
    }
}

/// A tick may come in many packets at once, and a browser keeps one of them unless it is told.
fn size_queues(datagrams: &WebTransportDatagramDuplexStream) {
    datagrams.set_incoming_high_water_mark(LINK_SNAPSHOT_INBOX_MAX as f64);
    datagrams.set_outgoing_high_water_mark(OUTGOING_DATAGRAMS_MAX);
    datagrams.set_outgoing_max_age(OUTGOING_AGE_MILLIS);
}

fn reader(stream: &ReadableStream) -> Result<ReadableStreamDefaultReader, JsValue> {
    ReadableStreamDefaultReader::new(stream)
}

/// The next chunk of a stream; `None` at its end.
async fn next(reader: &ReadableStreamDefaultReader) -> Option<Uint8Array> {
    let read = JsFuture::from(reader.read()).await.ok()?;
    page::field(&read, "value").dyn_into().ok()
}

async fn read_datagrams(reader: ReadableStreamDefaultReader, mail: Mail) {
    while let Some(bytes) = next(&reader).await {
        mail.arrived(Lane::Snapshot, &bytes);
    }
}

async fn read_frames(reader: ReadableStreamDefaultReader, mail: Mail) {
    let mut frames = Frames::default();
    while let Some(bytes) = next(&reader).await {
        frames.push(&bytes.to_vec());
        loop {
            match frames.next_packet() {
                Ok(Some(packet)) => mail.push(Lane::Ordered, packet),
                Ok(None) => break,
                Err(error) => return mail.finish(LinkEnd::BadFrame(error)),
            }
        }
    }
}

async fn wait_for_end(connection: WebTransport, mail: Mail) {
    mail.finish(match JsFuture::from(connection.closed()).await {
        Ok(info) => {
            let words = info.get_reason().unwrap_or_default();
            LinkEnd::told(
                info.get_close_code().unwrap_or_default().into(),
                printable(words.as_bytes()),
            )
        }
        Err(error) => LinkEnd::Lost(page::words(&JsValue::from(error))),
    });
}

impl Pipe for WebTransportPipe {
    fn send_datagram(&self, bytes: &[u8]) -> bool {
        let room = self.datagrams.desired_size().ok().flatten();
        if room.is_none_or(|room| room <= 0.0) {
            return false;
        }
        let _ = self.write(&self.datagrams, bytes).catch(&self.overtaken);
        true
    }

    fn send_ordered(&self, bytes: &[u8]) -> Result<(), SendError> {
        let mut framed = Frames::head(bytes.len())
            .map_err(SendError::Frame)?
            .to_vec();
        framed.extend_from_slice(bytes);
        let length = framed.len();
        if self.unsent.get() + length > LINK_ORDERED_QUEUE_BYTES_MAX {
            return Err(SendError::QueueFull);
        }
        self.unsent.set(self.unsent.get() + length);
        let (written, unsent) = (self.write(&self.stream, &framed), Rc::clone(&self.unsent));
        wasm_bindgen_futures::spawn_local(async move {
            // A write that failed is told by the end of the link.
            let _ = JsFuture::from(written).await;
            unsent.set(unsent.get().saturating_sub(length));
        });
        Ok(())
    }

    fn close(&self, reason: CloseReason) {
        let info = WebTransportCloseInfo::new();
        info.set_close_code(reason.number());
        info.set_reason(reason.text());
        self.connection.close_with_close_info(&info);
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.close();
        }
    }
}
