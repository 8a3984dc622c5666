//! A whole client under any news of chat, and under any bytes on the lanes where they come.
//!
//! Each input meets a fresh client that is in a room and reads a log. The first byte chooses the
//! lane; the rest is a packet, which comes twice.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use tickwire_shared::client::{Client, ClientConfig, ClientEvent, TalkEvent};
use tickwire_shared::close::CloseReason;
use tickwire_shared::delta::Tables;
use tickwire_shared::id::{Lane, LogId};
use tickwire_shared::limits::{CLIENT_QUEUE_MAX, ORDERED_BYTES_MAX};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{
    Address, BoundedVec, ClientControl, HandshakeReply, Hello, Manner, decode, encode,
};

use crate::games::sandbox::Sandbox;
use crate::samples::{handshake, server_control, server_talk, typing};
use crate::stage::schema;

thread_local! {
    static BEGINNING: OnceCell<Vec<Vec<u8>>> = const { OnceCell::new() };
}

/// A client in a room whose own line is on its way and whose log is open.
fn seated() -> Client<Sandbox> {
    let now = Instant::default();
    let client = Client::new(ClientConfig::default(), now);
    let mut client = client.unwrap_or_else(|why| panic!("{}: {}", why.at, why.why));
    BEGINNING.with(|packets| {
        for bytes in packets.get_or_init(beginning) {
            client.receive(now, Lane::Ordered, bytes);
        }
    });
    let said = client.say(Address::Room, Manner::Said, "on its way");
    assert!(said.is_some() && client.is_live(), "it is in");
    client
}

/// What the server says first.
fn beginning() -> Vec<Vec<u8>> {
    let opened = server_talk().into_iter().take(1);
    let opened = opened.map(|named| named.bytes);
    core::iter::once(welcome()).chain(opened).collect()
}

/// The sample of a Welcome, with tables that are some.
fn welcome() -> Vec<u8> {
    let samples = handshake();
    let mut replies = samples
        .iter()
        .filter_map(|sample| decode(&sample.bytes).ok());
    let welcome = replies.find_map(|reply| match reply {
        HandshakeReply::Welcome(welcome) => Some(welcome),
        HandshakeReply::Refuse(_) => None,
    });
    let mut welcome = welcome.expect("it is among them");
    let tables = Tables::default_for(&schema::<Sandbox>());
    welcome.tables = BoundedVec::of_first(tables.to_bytes());
    encode(&HandshakeReply::Welcome(welcome))
}

/// I8 and I10: no panic, bounded queues, each offset told once and in order, and a client that goes
/// on says only what a server can read, also on its next link.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let Some((choice, packet)) = bytes.split_first() else {
        return;
    };
    let lane = match choice & 1 {
        0 => Lane::Ordered,
        _ => Lane::Snapshot,
    };
    let (mut client, mut told) = (seated(), BTreeMap::new());
    let mut now = Instant::from_millis(10);
    for _ in 0..2 {
        client.receive(now, lane, packet);
        listen(&mut client, &mut told);
        now = Instant::from_millis(now.micros() / 1_000 + 1_500);
        client.frame(now);
    }
    if let Some(reason) = client.closed() {
        assert!(reason != CloseReason::LinkLost, "its own queue was full");
    }
    let words = said(&mut client);
    assert!(
        words
            .iter()
            .all(|bytes| decode::<ClientControl>(bytes).is_ok() || hello(bytes))
    );
    client.reconnect(now);
    let words = said(&mut client);
    assert!(words.len() == 1 && hello(&words[0]), "one Hello on a link");
}

fn hello(bytes: &[u8]) -> bool {
    decode::<Hello>(bytes).is_ok()
}

fn said(client: &mut Client<Sandbox>) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(packet) = client.poll_transmit() {
        assert!(packet.bytes.len() <= ORDERED_BYTES_MAX);
        if packet.lane == Lane::Ordered {
            all.push(packet.bytes);
        }
    }
    assert!(all.len() <= CLIENT_QUEUE_MAX, "I10: {} packets", all.len());
    all
}

fn listen(client: &mut Client<Sandbox>, told: &mut BTreeMap<(LogId, u32), u64>) {
    while let Some(event) = client.poll_event() {
        let ClientEvent::Talk(TalkEvent::Line { log, line, .. }) = event else {
            continue;
        };
        let epoch = client.talk().log(log).map_or(0, |log| log.epoch());
        let last = told.insert((log, epoch), line.offset);
        assert!(
            last.is_none_or(|last| line.offset > last),
            "I1: {last:?} and then {} of {log:?}",
            line.offset
        );
    }
}

/// News of chat, and whatever else comes there.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    let ordered = server_talk().into_iter().chain(server_control());
    let ordered = ordered.map(|named| [&[0], named.bytes.as_slice()].concat());
    let loose = typing().into_iter();
    let loose = loose.map(|named| [&[1], named.bytes.as_slice()].concat());
    ordered.chain(loose).collect()
}
