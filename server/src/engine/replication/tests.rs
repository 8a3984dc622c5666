//! Fairness, rate and events of replication, to one viewer with a perfect network.
//!
//! Nothing here decodes by hand: the client's own store says what arrived.

use std::sync::Arc;

use tickwire_shared::Replicate;
use tickwire_shared::delta::{Change, Confirmed, DeltaError, InputReport, Tables};
use tickwire_shared::game::Frame;
use tickwire_shared::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_shared::limits::BLOCK_SLOTS;
use tickwire_shared::rng::Rng;
use tickwire_shared::schema::Schema;
use tickwire_shared::snapshot::Mirror;
use tickwire_shared::time::TickRate;

use super::{Happened, Replication, ReplicationConfig};

const SEAT: PlayerId = PlayerId(0);
/// Bytes of a packet that says nothing, which the budget does not count.
const EMPTY_BYTES: usize = 13;

#[derive(Clone, Debug, PartialEq, Replicate)]
struct Dot {
    #[net(id = 0, bits = 16)]
    value: u16,
}

#[derive(Clone, Debug, PartialEq, Replicate)]
enum Thing {
    Dot(Dot),
}

struct Bench {
    mirror: Mirror,
    frame: Frame<Thing>,
    dots: Vec<EntityId>,
    replication: Replication,
    confirmed: Confirmed,
    rng: Rng,
}

impl Bench {
    fn new(blocks: usize, config: ReplicationConfig) -> Bench {
        let nothing = <() as Replicate>::KINDS;
        let schema = Schema::compile(Thing::KINDS, nothing, Dot::KINDS, nothing, TickRate::hz(60));
        let schema = Arc::new(schema.expect("a legal schema"));
        let tables = Arc::new(Tables::default_for(&schema));
        let mut replication = Replication::new(Arc::clone(&schema), Arc::clone(&tables), config);
        replication.join(SEAT);
        let mut mirror = Mirror::new(Arc::clone(&schema));
        let spawned = (0..blocks * BLOCK_SLOTS).map(|_| mirror.spawn(Tick(1), None));
        let dots = spawned.map(|id| id.expect("room for all")).collect();
        Bench {
            mirror,
            frame: Frame::new(Arc::clone(&schema)),
            dots,
            replication,
            confirmed: Confirmed::new(schema, tables, SEAT),
            rng: Rng::new(1),
        }
    }

    /// One tick in which all dots change, or none. Returns the bytes of its packets.
    fn tick(&mut self, change: bool) -> Vec<usize> {
        let packets = self.send(change);
        for packet in &packets {
            let heard = self.confirmed.receive(packet);
            heard.expect("in order and whole");
        }
        self.replication.ack(SEAT, &self.confirmed.ack());
        packets.iter().map(Vec::len).collect()
    }

    /// A packet that was overtaken may be refused, as one that was lost.
    fn hear(&mut self, packet: &[u8]) {
        let heard = self.confirmed.receive(packet);
        assert!(
            matches!(heard, Ok(_) | Err(DeltaError::Old | DeltaError::Stale)),
            "{heard:?}"
        );
    }

    /// The packets of one tick in which all dots change, or none.
    fn send(&mut self, change: bool) -> Vec<Vec<u8>> {
        let tick = self.mirror.tick().next();
        self.frame.clear();
        for &id in self.dots.iter().filter(|_| change) {
            let value = self.rng.next_u32() as u16;
            self.frame.put(id, &Thing::Dot(Dot { value }));
        }
        self.mirror.apply(&mut self.frame, tick);
        self.replication.begin_tick(&mut self.mirror);
        let mut packets = Vec::new();
        let mut sink = |bytes: &[u8]| packets.push(bytes.to_vec());
        let report = InputReport::default();
        self.replication.send(&self.mirror, SEAT, report, &mut sink);
        packets
    }

    /// A dot comes, of `owner`, and goes a tick later; the packets of its going arrive first.
    fn comes_and_goes(&mut self, owner: Option<PlayerId>) -> EntityId {
        let tick = self.mirror.tick().next();
        let id = self.mirror.spawn(tick, owner).expect("room for one");
        self.dots.push(id);
        let comes = self.send(true);
        self.dots.pop();
        self.mirror.despawn(id, tick.next());
        let goes = self.send(true);
        for packet in goes.iter().chain(&comes) {
            self.hear(packet);
        }
        id
    }

    /// The longest any block went without news in `ticks` ticks of all dots changing.
    fn longest_wait(&mut self, ticks: u32, mut before: impl FnMut(&mut Replication, Tick)) -> u32 {
        let blocks = self.dots.len() / BLOCK_SLOTS;
        let (mut told, mut longest) = (vec![self.mirror.tick(); blocks], 0);
        for _ in 0..ticks {
            before(&mut self.replication, self.mirror.tick());
            self.tick(true);
            let (now, mut changes) = (self.mirror.tick(), Vec::new());
            self.confirmed.take_changes(&mut changes);
            for change in changes {
                if let Change::Entered(id) | Change::Updated(id) = change {
                    told[id.slot as usize / BLOCK_SLOTS] = now;
                }
            }
            let waits = told.iter().map(|told| now.since(*told));
            longest = longest.max(waits.max().unwrap_or(0));
        }
        longest
    }
}

#[test]
fn a_budget_starves_no_block_whatever_enters_and_leaves_elsewhere() {
    let config = ReplicationConfig {
        budget_bytes_per_second: 12_000,
        ..ReplicationConfig::default()
    };
    let mut bench = Bench::new(8, config);
    let longest = bench.longest_wait(600, |replication, tick| {
        for block in 0..4 {
            replication.show_only(SEAT, block, u32::MAX << (tick.0 % 2));
        }
    });
    assert!(longest <= 24, "a block waited for {longest} ticks");
}

#[test]
fn full_packets_starve_no_block_when_the_budget_would_allow_more() {
    let config = ReplicationConfig {
        budget_bytes_per_second: 1_000_000,
        parts_max: 2,
        packet_bytes_max: 500,
        ..ReplicationConfig::default()
    };
    let longest = Bench::new(20, config).longest_wait(300, |_, _| {});
    assert!(longest <= 24, "a block waited for {longest} ticks");
}

#[test]
fn quiet_ticks_are_paid_for_once() {
    let config = ReplicationConfig {
        budget_bytes_per_second: 600,
        ..ReplicationConfig::default()
    };
    let mut bench = Bench::new(1, config);
    let mut bytes = 0;
    for tick in 0..1_200 {
        let sizes = bench.tick(tick % 5 == 0);
        bytes += sizes
            .iter()
            .map(|size| size.saturating_sub(EMPTY_BYTES))
            .sum::<usize>();
    }
    assert!(bytes > 10_000, "{bytes} bytes in 20 s");
    assert!(bytes < 20 * 600 + 60 + 200, "{bytes} bytes in 20 s");
}

/// Told of a going before the coming, a client must not wait for a second going: none is sent.
#[test]
fn what_came_and_went_is_not_known_when_its_going_overtakes_its_coming() {
    for owner in [None, Some(SEAT)] {
        let mut bench = Bench::new(1, ReplicationConfig::default());
        bench.tick(true);
        let id = bench.comes_and_goes(owner);
        let known: Vec<EntityId> = bench.confirmed.ids().collect();
        assert!(!known.contains(&id), "{id} of {owner:?} is gone");
        assert_eq!(known, bench.dots);
    }
}

#[test]
fn a_burst_of_events_arrives_whole_over_both_lanes() {
    let mut bench = Bench::new(1, ReplicationConfig::default());
    bench.tick(true);
    for value in 0..300 {
        let tick = bench.mirror.tick().next();
        bench
            .replication
            .emit(tick, KindId(0), &[value], Happened::default());
    }
    let mut got = Vec::new();
    for _ in 0..60 {
        let tick = bench.mirror.tick().next();
        if let Some(bytes) = bench.replication.take_overflow_events(SEAT, tick) {
            bench
                .confirmed
                .receive_events(&bytes)
                .expect("our own events");
        }
        bench.tick(false);
        bench.confirmed.take_events(&mut got);
    }
    let mut values: Vec<u32> = got.iter().map(|event| event.words[0]).collect();
    values.sort_unstable();
    assert_eq!(values, (0..300).collect::<Vec<u32>>());
}
