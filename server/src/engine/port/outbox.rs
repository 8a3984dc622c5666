//! What a tick of a room sends, on its way to the network thread.
//!
//! Never grows without a bound: what a thread that stands still does not take is dropped and
//! counted.

use tickwire_shared::id::{Lane, LinkId, Tick};

use super::{RoomCounts, Whereabouts};
use crate::limits::OUTBOX_BYTES_MAX;

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
    use tickwire_shared::id::PlayerId;

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
                came: LinkId(1),
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
