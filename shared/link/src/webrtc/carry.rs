//! Moves packets between two open channels and the link's owner.
//!
//! Never gives up a send halfway: the library may have taken the message by then, and it would be
//! sent twice.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_INPUT_UNSENT_BYTES_MAX, ORDERED_BYTES_MAX, PACKET_BYTES_MAX};
use tokio::time::{sleep, timeout};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelMessage};
use webrtc::peer_connection::StatsSelector;

use super::{Peer, hang_up};
use crate::frames::FrameError;
use crate::lanes::GOODBYE;
use crate::pipe::{Far, Wish};
use crate::word::{LinkEnd, Traffic, printable};

/// Time between two looks at the library's own counts.
const COUNT_EVERY: Duration = Duration::from_millis(500);

/// What a text message on the ordered channel begins with.
const CLOSE: &str = "close ";

/// Moves packets until either side ends it, and then says why.
pub(super) async fn carry(peer: Peer, far: Far) {
    let mut snapshots = std::pin::pin!(read(&peer.unreliable, Lane::Snapshot, &far));
    let mut ordered = std::pin::pin!(read(&peer.ordered, Lane::Ordered, &far));
    let mut writing = std::pin::pin!(write(&peer, &far));
    let end = tokio::select! {
        never = count(&peer, &far) => match never {},
        end = &mut snapshots => end,
        end = &mut ordered => end,
        end = &mut writing => match end {
            // The server closes when it has read the goodbye; who leaves does not wait for long.
            LinkEnd::Here => {
                let _ = timeout(GOODBYE, ordered).await;
                LinkEnd::Here
            }
            end => end,
        },
    };
    count_once(&peer, &far).await;
    far.end(end);
    hang_up(&peer.connection).await;
}

/// Takes over the library's counts again and again.
async fn count(peer: &Peer, far: &Far) -> Infallible {
    loop {
        count_once(peer, far).await;
        sleep(COUNT_EVERY).await;
    }
}

async fn count_once(peer: &Peer, far: &Far) {
    let stats = peer
        .connection
        .get_stats(Instant::now(), StatsSelector::None);
    if let Some(transport) = stats.await.transport() {
        far.set_below(Traffic {
            wire_bytes_in: transport.bytes_received,
            wire_bytes_out: transport.bytes_sent,
            ..Traffic::default()
        });
    }
}

async fn write(peer: &Peer, far: &Far) -> LinkEnd {
    loop {
        let sent = match far.wish().await {
            Wish::Send(Lane::Ordered, packet) => peer.ordered.send(message(&packet)).await,
            Wish::Send(_, packet) => steer(peer, far, &packet).await,
            Wish::Close(reason) => {
                let _ = peer.ordered.send_text(&goodbye(reason)).await;
                return LinkEnd::Here;
            }
        };
        if let Err(error) = sent {
            return LinkEnd::Lost(error.to_string());
        }
    }
}

/// Sends an Input packet, unless older ones still wait.
async fn steer(peer: &Peer, far: &Far, packet: &[u8]) -> webrtc::error::Result<()> {
    let waiting = peer.unreliable.outstanding_bytes().await?;
    if packet.len() > PACKET_BYTES_MAX || waiting > LINK_INPUT_UNSENT_BYTES_MAX {
        far.drop_one();
        return Ok(());
    }
    peer.unreliable.send(message(packet)).await
}

fn message(packet: &[u8]) -> BytesMut {
    BytesMut::from(packet)
}

async fn read(channel: &std::sync::Arc<dyn DataChannel>, lane: Lane, far: &Far) -> LinkEnd {
    while let Some(event) = channel.poll().await {
        let taken = match event {
            DataChannelEvent::OnMessage(message) => take(message, lane, far),
            DataChannelEvent::OnClose | DataChannelEvent::OnClosing => break,
            _ => Ok(()),
        };
        if let Err(end) = taken {
            return end;
        }
    }
    LinkEnd::Lost("the server closed the connection".to_owned())
}

fn take(message: RTCDataChannelMessage, lane: Lane, far: &Far) -> Result<(), LinkEnd> {
    match (lane, message.is_string, message.data.len()) {
        (Lane::Ordered, true, _) => Err(told(&message.data)),
        (_, true, _) => Err(LinkEnd::Lost("the server sent a text".to_owned())),
        (_, _, 0) => Err(LinkEnd::BadFrame(FrameError::Empty)),
        (_, _, 1..=ORDERED_BYTES_MAX) => far.deliver(lane, message.data.to_vec()),
        (_, _, length) => Err(LinkEnd::BadFrame(FrameError::TooLong(length))),
    }
}

fn goodbye(reason: CloseReason) -> String {
    format!("{CLOSE}{} {}", reason.number(), reason.text())
}

fn told(text: &[u8]) -> LinkEnd {
    let text = printable(text);
    let Some(said) = text.strip_prefix(CLOSE) else {
        return LinkEnd::Lost(format!("the server said {text:?}"));
    };
    let (number, words) = said.split_once(' ').unwrap_or((said, ""));
    match number.parse() {
        Ok(number) => LinkEnd::told(number, words.to_owned()),
        Err(_) => LinkEnd::Lost(format!("the server said {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goodbye_is_read_back() {
        for &reason in CloseReason::ALL {
            let words = reason.text().to_owned();
            let end = told(goodbye(reason).as_bytes());
            assert_eq!(end, LinkEnd::Closed { reason, words });
        }
        assert_eq!(told(b"close 4242 x"), LinkEnd::ClosedUnknown(4_242));
        let closed = LinkEnd::Closed {
            reason: CloseReason::Draining,
            words: String::new(),
        };
        assert_eq!(told(b"close 16"), closed);
        for text in ["", "close", "close x", "close -1 x", "hello"] {
            assert!(matches!(told(text.as_bytes()), LinkEnd::Lost(_)), "{text}");
        }
    }
}
