//! What waits for a socket to take it: Ordered packets in their queue, and the newest round of
//! snapshots.
//!
//! Never keeps two rounds: what the socket did not take in time is worth nothing any more.

use std::cell::{Cell, RefCell};

use bytes::{BufMut, Bytes, BytesMut};
use tickwire_shared::id::Lane;
use tokio_tungstenite::tungstenite::Message;

use super::LANE_BYTES;
use crate::limits::{WEBSOCKET_ORDERED_TURN_BYTES, WEBSOCKET_ROUND_PACKETS_MAX};
use crate::transport::ordered::{OrderedQueue, QueueFull};

/// First byte of a message on an unreliable lane.
pub(super) const UNRELIABLE: u8 = 0;

/// First byte of a message on the Ordered lane.
pub(super) const ORDERED: u8 = 1;

/// Everything that waits.
#[derive(Default)]
pub(super) struct Outgoing {
    ordered: RefCell<OrderedQueue>,
    newest: RefCell<Round>,
    ping: Cell<bool>,
}

/// The packets of one round, ready to be sent.
#[derive(Default)]
struct Round {
    number: u64,
    messages: Vec<Bytes>,
}

impl Outgoing {
    /// Adds a packet of the Ordered lane.
    pub(super) fn push_ordered(&self, packet: &[u8]) -> Result<(), QueueFull> {
        self.ordered.borrow_mut().push(packet)
    }

    /// Adds a packet of an unreliable lane; one of a new round replaces those that still wait, one
    /// of no round joins them. Gives how many were dropped, this one perhaps included.
    pub(super) fn push_unreliable(&self, packet: &[u8], number: Option<u64>) -> usize {
        let mut round = self.newest.borrow_mut();
        let mut dropped = 0;
        if let Some(number) = number.filter(|&number| number != round.number) {
            dropped = round.messages.len();
            round.messages.clear();
            round.number = number;
        }
        if round.messages.len() >= WEBSOCKET_ROUND_PACKETS_MAX {
            return dropped + 1;
        }
        round.messages.push(message(UNRELIABLE, packet));
        dropped
    }

    /// Asks the client for a sign of life.
    pub(super) fn push_ping(&self) {
        self.ping.set(true);
    }

    /// Replaces `turn` by what is to be written at a time; leaves it empty when nothing waits.
    pub(super) fn take_turn(&self, turn: &mut Vec<Message>) {
        turn.clear();
        if self.ping.take() {
            turn.push(Message::Ping(Bytes::new()));
        }
        let (mut queue, mut bytes) = (self.ordered.borrow_mut(), 0);
        while bytes < WEBSOCKET_ORDERED_TURN_BYTES
            && let Some(packet) = queue.first()
        {
            bytes += packet.len();
            turn.push(Message::Binary(message(ORDERED, packet)));
            queue.drop_first();
        }
        let mut round = self.newest.borrow_mut();
        turn.extend(round.messages.drain(..).map(Message::Binary));
    }
}

/// The lane and the packet of a message from a client; `None` for a lane there is not.
pub(super) fn split(message: &[u8]) -> Option<(Lane, &[u8])> {
    match message.split_first()? {
        (&UNRELIABLE, packet) => Some((Lane::Input, packet)),
        (&ORDERED, packet) => Some((Lane::Ordered, packet)),
        _ => None,
    }
}

fn message(lane: u8, packet: &[u8]) -> Bytes {
    let mut message = BytesMut::with_capacity(LANE_BYTES + packet.len());
    message.put_u8(lane);
    message.put_slice(packet);
    message.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(outgoing: &Outgoing) -> Vec<Vec<u8>> {
        let mut turn = vec![Message::Ping(Bytes::new())];
        outgoing.take_turn(&mut turn);
        turn.into_iter().map(|m| m.into_data().to_vec()).collect()
    }

    #[test]
    fn a_new_round_replaces_one_that_waits() {
        let outgoing = Outgoing::default();
        assert_eq!(outgoing.push_unreliable(&[1], Some(1)), 0);
        assert_eq!(outgoing.push_unreliable(&[2], Some(1)), 0);
        assert_eq!(outgoing.push_unreliable(&[3], Some(2)), 2);
        assert_eq!(outgoing.push_unreliable(&[4], Some(2)), 0);
        assert_eq!(turn(&outgoing), [[0, 3], [0, 4]]);
        assert!(turn(&outgoing).is_empty());
        assert_eq!(outgoing.push_unreliable(&[5], Some(3)), 0);
    }

    #[test]
    fn a_packet_of_no_round_replaces_nothing() {
        let outgoing = Outgoing::default();
        for number in 1..4 {
            assert_eq!(outgoing.push_unreliable(&[number], None), 0);
        }
        assert_eq!(turn(&outgoing), [[0, 1], [0, 2], [0, 3]]);
        assert_eq!(outgoing.push_unreliable(&[4], Some(1)), 0);
        assert_eq!(outgoing.push_unreliable(&[5], None), 0);
        assert_eq!(turn(&outgoing), [[0, 4], [0, 5]]);
    }

    #[test]
    fn ordered_packets_go_first_and_not_all_at_once() {
        let outgoing = Outgoing::default();
        outgoing.push_unreliable(&[9], Some(1));
        let half = vec![7; WEBSOCKET_ORDERED_TURN_BYTES / 2];
        for _ in 0..3 {
            outgoing.push_ordered(&half).unwrap();
        }
        let lengths = |turn: Vec<Vec<u8>>| turn.iter().map(Vec::len).collect::<Vec<_>>();
        let long = half.len() + LANE_BYTES;
        assert_eq!(lengths(turn(&outgoing)), [long, long, 2]);
        assert_eq!(lengths(turn(&outgoing)), [long]);
    }

    #[test]
    fn a_round_has_a_bound() {
        let outgoing = Outgoing::default();
        for _ in 0..WEBSOCKET_ROUND_PACKETS_MAX {
            assert_eq!(outgoing.push_unreliable(&[1], Some(1)), 0);
        }
        assert_eq!(outgoing.push_unreliable(&[1], Some(1)), 1);
        assert_eq!(turn(&outgoing).len(), WEBSOCKET_ROUND_PACKETS_MAX);
    }
}
