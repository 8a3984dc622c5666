//! Worker threads with rooms made of numbers; real time, so bounds are generous.

use super::*;

/// Echoes what it is told; panics when told 13.
struct Echo {
    rate: TickRate,
    seen: Vec<u8>,
}

impl RoomTask for Echo {
    type Inbound = u8;
    type Outbox = Vec<u8>;

    fn rate(&self) -> TickRate {
        self.rate
    }

    fn handle(&mut self, _: Instant, inbound: u8) {
        assert_ne!(inbound, 13, "the planted panic");
        self.seen.push(inbound);
    }

    fn tick(&mut self, _: Instant, out: &mut Vec<u8>) {
        out.append(&mut self.seen);
    }
}

struct Bench {
    pool: WorkerPool<u8, Vec<u8>>,
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
    fn echo(&mut self, room: u32, hz: u16) -> RoomPort<u8, Vec<u8>> {
        let task = Echo {
            rate: TickRate::hz(hz),
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
        port.mailbox.try_push(item).unwrap();
    }
    bench.wait();
    assert_eq!(port.outlet.take(), Some(vec![1, 2, 3]));
    assert_eq!(port.ended(), None);
}

#[test]
fn a_panic_ends_one_room_only() {
    let mut bench = bench(1);
    let (bad, good) = (bench.echo(1, 100), bench.echo(2, 100));
    bad.mailbox.try_push(13).unwrap();
    bench.wait();
    assert_eq!(bad.ended(), Some(RoomEnd::Failed));
    good.mailbox.try_push(5).unwrap();
    bench.wait();
    assert_eq!(good.outlet.take(), Some(vec![5]));
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
    port.mailbox.try_push(1).unwrap();
    bench.wait();
    bench.pool.remove(RoomId(1));
    // The worker answers in order: once a new room on it ticked, the old one is gone.
    let other = bench.echo(2, 200);
    other.mailbox.try_push(2).unwrap();
    bench.wait();
    let ticks = port.figures.ticks.load(Ordering::Relaxed);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(port.figures.ticks.load(Ordering::Relaxed), ticks);
    drop(bench.pool);
}
