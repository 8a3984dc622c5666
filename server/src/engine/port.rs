//! What goes in and out of rooms and links: the engine's border with the shell.
//!
//! Never blocks, queues without a bound or names a thread: the shell carries these values between
//! the network thread (with the [`super::Lobby`]) and the workers (with the rooms).

use std::sync::Arc;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{Lane, LinkId, PlayerId, RoomId, Tick};
use tickwire_shared::input::InputPacket;
use tickwire_shared::time::{Instant, TickRate};
use tickwire_shared::wire::Sample;

use super::admission::AdmitOrder;
use super::storage::{Query, Ticket, Write};
use crate::limits::OUTBOX_BYTES_MAX;

/// What a room is told, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Inbound {
    /// A player took a seat that was free.
    Join {
        /// The seat.
        player: PlayerId,
        /// Where its packets go.
        link: LinkId,
    },
    /// The player's session goes on over this link: it starts from a full snapshot.
    Attach {
        /// The seat.
        player: PlayerId,
        /// Where its packets go from now on.
        link: LinkId,
    },
    /// The player's link is gone: nothing is sent until an attach.
    Detach {
        /// The seat.
        player: PlayerId,
    },
    /// The player looks elsewhere or is back: meanwhile its inputs are neutral and its packets few.
    Away {
        /// The seat.
        player: PlayerId,
        /// Whether it is so from now on.
        away: bool,
    },
    /// The player's session ended: the seat is free afterwards.
    Leave {
        /// The seat.
        player: PlayerId,
    },
    /// Acks and inputs.
    Input {
        /// The seat.
        player: PlayerId,
        /// When it reached this process.
        at: Instant,
        /// The packet.
        packet: InputPacket,
    },
    /// A desync check to be answered over Ordered.
    Check {
        /// The seat.
        player: PlayerId,
        /// The client's rows.
        samples: Vec<Sample>,
    },
}

impl Inbound {
    /// Whether it may be dropped when the room's mailbox is full: inputs and acks come again, an
    /// unanswered check means nothing. Everything else must arrive.
    #[must_use]
    pub fn may_be_dropped(&self) -> bool {
        matches!(self, Inbound::Input { .. } | Inbound::Check { .. })
    }
}

/// What a link is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// Send this.
    Packet {
        /// Which link.
        link: LinkId,
        /// Which lane.
        lane: Lane,
        /// The packet; shared by every link that gets the same.
        bytes: Arc<[u8]>,
    },
    /// Close, after what was sent before.
    Close {
        /// Which link.
        link: LinkId,
        /// Why.
        reason: CloseReason,
    },
}

impl Outbound {
    /// Which link is told.
    #[must_use]
    pub fn link(&self) -> LinkId {
        match self {
            Outbound::Packet { link, .. } | Outbound::Close { link, .. } => *link,
        }
    }
}

/// What the lobby wants the shell to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell a link.
    ToLink(Outbound),
    /// Tell a room.
    ToRoom(RoomId, Inbound),
    /// Make a room and let it tick. What is told to it next waits in its mailbox.
    OpenRoom(RoomOrder),
    /// End a room; nobody is in it.
    EndRoom(RoomId),
    /// Find out who a link's player is, and tell [`super::Lobby::admitted`].
    Admit(Box<AdmitOrder>),
    /// Have this stored; the answer goes to [`super::Lobby::written`], in the order of the writes.
    Write(Ticket, Write),
    /// Have this looked up; the answer goes to [`super::Lobby::found`].
    Find(Ticket, Query),
}

/// A room to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOrder {
    /// Its id.
    pub room: RoomId,
    /// Its name, for people.
    pub name: String,
    /// Seed of the randomness that clients share.
    pub seed: u64,
    /// Seed of the randomness that they do not.
    pub secret: u64,
}

/// A room as its worker sees it, whatever its game.
pub trait RoomTask: Send {
    /// Ticks a second.
    fn rate(&self) -> TickRate;

    /// Takes in what came since the last tick, in order.
    fn handle(&mut self, inbound: Inbound);

    /// Advances by one tick and writes what is to be sent. `due` is the deadline of this tick, by
    /// which it is judged how early inputs came; not the later instant at which the worker woke.
    fn tick(&mut self, due: Instant, out: &mut Outbox);
}

/// How a room is doing; totals since its start unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounts {
    /// Seats taken now.
    pub seats: u64,
    /// Entities alive now.
    pub entities: u64,
    /// Input ticks applied from the player's own input.
    pub inputs_real: u64,
    /// Input ticks for which the last input was repeated.
    pub inputs_repeated: u64,
    /// Input ticks without any input to repeat.
    pub inputs_missing: u64,
    /// Inputs the game refused.
    pub inputs_refused: u64,
    /// Spawns that found the room full.
    pub spawns_failed: u64,
    /// Rows that clients asked about.
    pub checks: u64,
    /// Rows that differed.
    pub desyncs: u64,
}

/// Where a player is, as far as chat needs to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whereabouts {
    /// Whose seat.
    pub player: PlayerId,
    /// The team the game says; `None` when it has no teams or the player is in none.
    pub team: Option<u8>,
    /// Where the player's entity is; `None` when it has none, or the game has no earshot.
    pub position: Option<[f32; 3]>,
    /// What the game says the player has scored; `None` when it keeps no score of it.
    pub score: Option<i64>,
}

/// Everything one tick of a room sends, in one buffer that is used again.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    packets: Vec<Entry>,
    tick: Tick,
    counts: RoomCounts,
    dropped: u64,
    whereabouts: Vec<Whereabouts>,
    /// Whether the whereabouts are of a tick in it.
    located: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    link: LinkId,
    lane: Lane,
    start: usize,
    length: usize,
}

impl Outbox {
    /// Starts the outbox of a tick; nothing is in it yet.
    pub fn begin(&mut self, tick: Tick, counts: RoomCounts) {
        self.tick = tick;
        self.counts = counts;
    }

    /// Adds a packet. Past [`OUTBOX_BYTES_MAX`] it is dropped and counted: the network thread has
    /// stood still for long, and every link is dead anyway.
    pub fn push(&mut self, link: LinkId, lane: Lane, packet: &[u8]) {
        if self.bytes.len() + packet.len() > OUTBOX_BYTES_MAX {
            self.dropped += 1;
            return;
        }
        self.packets.push(Entry {
            link,
            lane,
            start: self.bytes.len(),
            length: packet.len(),
        });
        self.bytes.extend_from_slice(packet);
    }

    /// Says where all players of the room are after the tick; replaces what was said before.
    pub fn tell_whereabouts(&mut self, players: impl Iterator<Item = Whereabouts>) {
        self.whereabouts.clear();
        self.whereabouts.extend(players);
        self.located = true;
    }

    /// Where all players of the room are, by seat; `None` when that is no news.
    #[must_use]
    pub fn whereabouts(&self) -> Option<&[Whereabouts]> {
        self.located.then_some(&self.whereabouts)
    }

    /// The packets in the order in which they are to be sent.
    pub fn packets(&self) -> impl Iterator<Item = (LinkId, Lane, &[u8])> {
        self.packets
            .iter()
            .map(|entry| (entry.link, entry.lane, self.packet(entry)))
    }

    /// The newest tick in it; [`Tick::ZERO`] when none is.
    #[must_use]
    pub fn tick(&self) -> Tick {
        self.tick
    }

    /// How the room is doing after that tick.
    #[must_use]
    pub fn counts(&self) -> RoomCounts {
        self.counts
    }

    /// Packets that did not fit.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether no tick is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tick == Tick::ZERO
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.packets.clear();
        self.tick = Tick::ZERO;
        self.dropped = 0;
        self.whereabouts.clear();
        self.located = false;
    }

    /// Takes over a newer tick and leaves `newer` empty. A link that gets snapshots in the newer
    /// one does not get those of the older ones; what is Ordered is all kept. Of whereabouts the
    /// newest count.
    pub fn absorb(&mut self, newer: &mut Outbox) {
        let mut fresh: Vec<LinkId> = newer
            .packets
            .iter()
            .filter(|entry| entry.lane != Lane::Ordered)
            .map(|entry| entry.link)
            .collect();
        fresh.sort_unstable();
        let mut kept = 0;
        let bytes = &mut self.bytes;
        self.packets.retain_mut(|entry| {
            if entry.lane != Lane::Ordered && fresh.binary_search(&entry.link).is_ok() {
                return false;
            }
            bytes.copy_within(entry.start..entry.start + entry.length, kept);
            entry.start = kept;
            kept += entry.length;
            true
        });
        self.bytes.truncate(kept);
        for (link, lane, packet) in newer.packets() {
            self.push(link, lane, packet);
        }
        self.begin(newer.tick, newer.counts);
        self.dropped += std::mem::take(&mut newer.dropped);
        if newer.located {
            std::mem::swap(&mut self.whereabouts, &mut newer.whereabouts);
            self.located = true;
        }
        newer.clear();
    }

    fn packet(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start..entry.start + entry.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(tick: u32, packets: &[(u64, Lane, &[u8])]) -> Outbox {
        let mut outbox = Outbox::default();
        outbox.begin(Tick(tick), RoomCounts::default());
        for &(link, lane, bytes) in packets {
            outbox.push(LinkId(link), lane, bytes);
        }
        outbox
    }

    fn listed(outbox: &Outbox) -> Vec<(u64, Lane, Vec<u8>)> {
        let packets = outbox.packets();
        packets
            .map(|(l, lane, b)| (l.0, lane, b.to_vec()))
            .collect()
    }

    #[test]
    fn the_newest_snapshot_replaces_older_ones_of_the_same_link_only() {
        use Lane::{Ordered, Snapshot};
        let mut old = outbox(
            1,
            &[
                (1, Snapshot, b"a1"),
                (2, Snapshot, b"b1"),
                (1, Ordered, b"o1"),
                (1, Snapshot, b"a2"),
            ],
        );
        let mut new = outbox(2, &[(1, Snapshot, b"a3"), (1, Ordered, b"o2")]);
        old.absorb(&mut new);
        let expected = [
            (2, Snapshot, b"b1".to_vec()),
            (1, Ordered, b"o1".to_vec()),
            (1, Snapshot, b"a3".to_vec()),
            (1, Ordered, b"o2".to_vec()),
        ];
        assert_eq!(listed(&old), expected);
        assert_eq!(old.tick(), Tick(2));
        assert!(new.is_empty() && listed(&new).is_empty());
    }

    #[test]
    fn a_stalled_network_thread_costs_bounded_memory() {
        let mut outbox = outbox(1, &[]);
        let packet = [0; 1_000];
        for _ in 0..OUTBOX_BYTES_MAX / 1_000 + 5 {
            outbox.push(LinkId(1), Lane::Ordered, &packet);
        }
        assert!(outbox.bytes.len() <= OUTBOX_BYTES_MAX);
        assert!(outbox.dropped() >= 5);
    }

    #[test]
    fn the_newest_whereabouts_count_and_are_told_once() {
        let team = |outbox: &Outbox| Some(outbox.whereabouts()?.first()?.team);
        let tell = |outbox: &mut Outbox, team| {
            let (player, position) = (PlayerId(1), None);
            let one = Whereabouts {
                player,
                team,
                position,
                score: None,
            };
            outbox.tell_whereabouts([one].into_iter());
        };
        let (mut old, mut new) = (outbox(1, &[]), outbox(2, &[]));
        assert_eq!(team(&old), None);
        tell(&mut old, Some(4));
        old.absorb(&mut new);
        assert_eq!(
            team(&old),
            Some(Some(4)),
            "a tick that says nothing keeps it"
        );
        tell(&mut new, None);
        old.absorb(&mut new);
        assert_eq!((team(&old), team(&new)), (Some(None), None));
        old.clear();
        assert_eq!(old.whereabouts(), None);
    }

    #[test]
    fn a_tick_without_packets_is_still_news() {
        let mut outbox = outbox(7, &[]);
        assert!(!outbox.is_empty());
        outbox.clear();
        assert!(outbox.is_empty());
    }
}
