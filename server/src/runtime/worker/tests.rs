//! Worker threads with rooms made of numbers; real time, so bounds are generous.

use tickwire_shared::id::{Lane, LinkId, PlayerId, Tick};
use tickwire_shared::time::TickRate;

use super::*;
use crate::engine::port::RoomCounts;

/// Says which seats were detached; panics for seat 13.
struct Echo {
    rate: TickRate,
    tick: Tick,
    seen: Vec<u8>,
}

impl RoomTask for Echo {
    fn rate(&self) -> TickRate {
        self.rate
    }

    fn handle(&mut self, inbound: Inbound) {
        let Inbound::Detach { player } = inbound else {
            panic!("only detaches are sent here");
        };
        assert_ne!(player.0, 13, "the planted panic");
        self.seen.push(player.0 as u8);
    }

    fn tick(&mut self, _: Instant, out: &mut Outbox) {
        self.tick = self.tick.next();
        if !self.seen.is_empty() {
            out.begin(self.tick, RoomCounts::default());
            out.push(LinkId(1), Lane::Snapshot, &self.seen);
            self.seen.clear();
        }
    }
}

fn detach(seat: u16) -> Inbound {
    Inbound::Detach {
        player: PlayerId(seat),
    }
}

/// What the room sent in the batch that waits.
fn sent(port: &RoomPort) -> Vec<u8> {
    let batch = port.outlet.take().expect("a batch waits");
    batch
        .packets()
        .flat_map(|(_, _, bytes)| bytes.to_vec())
        .collect()
}

struct Bench {
    pool: WorkerPool,
    wakes: Receiver<()>,
    metrics: Arc<TickMetrics>,
    clock: Clock,
}

fn bench(workers: usize) -> Bench {
    let (wakes_in, wakes) = mpsc::channel();
    let wake = Wake::new(move || {
        let _ = wakes_in.send(());
    });
    let (clock, metrics) = (Clock::start(), Arc::default());
    Bench {
        pool: WorkerPool::start(workers, clock, &wake, &metrics).unwrap(),
        wakes,
        metrics,
        clock,
    }
}

impl Bench {
    fn echo(&mut self, room: u32, hz: u16) -> RoomPort {
        let task = Echo {
            rate: TickRate::hz(hz),
            tick: Tick::ZERO,
            seen: Vec::new(),
        };
        self.pool.add(RoomId(room), Box::new(task))
    }

    fn wait(&self) {
        self.wakes.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}

#[test]
fn one_batch_and_one_wake_a_tick() {
    let mut bench = bench(2);
    let port = bench.echo(1, 20);
    for item in 1..=3 {
        port.mailbox.try_push(detach(item)).unwrap();
    }
    bench.wait();
    assert_eq!(sent(&port), [1, 2, 3]);
    assert_eq!(port.ended(), None);
}

#[test]
fn a_panic_ends_one_room_only() {
    let mut bench = bench(1);
    let (bad, good) = (bench.echo(1, 100), bench.echo(2, 100));
    bad.mailbox.try_push(detach(13)).unwrap();
    bench.wait();
    assert_eq!(bad.ended(), Some(RoomEnd::Failed));
    good.mailbox.try_push(detach(5)).unwrap();
    bench.wait();
    assert_eq!(sent(&good), [5]);
    assert_eq!(good.ended(), None);
}

#[test]
fn ticks_keep_the_rate() {
    let mut bench = bench(1);
    let port = bench.echo(1, 200);
    let start = bench.clock.now();
    while port.figures.ticks.load(Ordering::Relaxed) < 100 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = bench.clock.now().since(start);
    assert!(took >= Duration::from_millis(490), "{took:?} for 500 ms");
    assert!(bench.metrics.duration.count() >= 100);
    assert_eq!(bench.metrics.cpu.count(), bench.metrics.cpu_recent.count());
}

#[test]
fn a_removed_room_ticks_no_more_and_a_dropped_pool_ends() {
    let mut bench = bench(2);
    let port = bench.echo(1, 200);
    port.mailbox.try_push(detach(1)).unwrap();
    bench.wait();
    bench.pool.remove(RoomId(1));
    // The worker answers in order: once a new room on it ticked, the old one is gone.
    let other = bench.echo(2, 200);
    other.mailbox.try_push(detach(2)).unwrap();
    bench.wait();
    let ticks = port.figures.ticks.load(Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(port.figures.ticks.load(Ordering::Relaxed), ticks);
    drop(bench.pool);
}
