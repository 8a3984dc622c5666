//! Worker threads: each owns its rooms, ticks them on time and hands over one batch a tick.
//!
//! Never touches a socket and never waits for the network thread. A panic in a room ends that
//! room and nothing else: the other rooms of the worker keep ticking.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use tickwire_shared::id::RoomId;
use tickwire_shared::time::Instant;

use super::clock::{Clock, thread_cpu_micros};
use super::mailbox::Mailbox;
use super::outlet::Outlet;
use super::pacer::Pacer;
use crate::engine::port::{Inbound, Outbox, RoomTask};
use crate::metrics::TickMetrics;

/// How long a worker without rooms sleeps at a time; a command wakes it anyway.
const IDLE: Duration = Duration::from_secs(60);

/// Wakes the network thread; called from workers.
#[derive(Clone)]
pub struct Wake(Arc<dyn Fn() + Send + Sync>);

impl Wake {
    /// Wakes by calling `wake`, which must neither block nor panic.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Wake {
        Wake(Arc::new(wake))
    }

    pub(crate) fn call(&self) {
        (self.0)();
    }
}

/// Figures of one room.
#[derive(Debug, Default)]
pub struct RoomFigures {
    /// Ticks run.
    pub ticks: AtomicU64,
    /// Ticks that took longer than their period.
    pub overruns: AtomicU64,
    /// Processor time of all ticks, in microseconds.
    pub cpu_micros: AtomicU64,
    failed: AtomicBool,
}

/// The network thread's end of a room; clones share it.
#[derive(Clone, Debug, Default)]
pub struct RoomPort {
    /// What the room is told.
    pub mailbox: Mailbox<Inbound>,
    /// What the room sends.
    pub outlet: Outlet<Outbox>,
    /// How the room is doing.
    pub figures: Arc<RoomFigures>,
}

/// Why a room no longer ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomEnd {
    /// Its code panicked; what it sent in that tick is lost.
    Failed,
}

impl RoomPort {
    /// Whether and why the room ended by itself.
    #[must_use]
    pub fn ended(&self) -> Option<RoomEnd> {
        let failed = self.figures.failed.load(Ordering::Acquire);
        failed.then_some(RoomEnd::Failed)
    }
}

/// Threads that tick rooms. Dropping it stops them and waits for the tick they are in.
#[derive(Debug)]
pub struct WorkerPool {
    workers: Vec<WorkerHandle>,
    /// Which worker has which room.
    homes: BTreeMap<RoomId, usize>,
}

#[derive(Debug)]
struct WorkerHandle {
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

enum Command {
    Add(Box<Hosted>),
    Remove(RoomId),
    Stop,
}

impl WorkerPool {
    /// Starts `count` workers, at least one.
    ///
    /// # Errors
    /// When the operating system starts no more threads.
    pub fn start(
        count: usize,
        clock: Clock,
        wake: &Wake,
        metrics: &Arc<TickMetrics>,
    ) -> std::io::Result<WorkerPool> {
        let workers = (0..count.max(1))
            .map(|index| start_worker(index, clock, wake.clone(), Arc::clone(metrics)))
            .collect::<Result<_, _>>()?;
        Ok(WorkerPool {
            workers,
            homes: BTreeMap::new(),
        })
    }

    /// Starts to tick a room on the worker with the fewest.
    pub fn add(&mut self, room: RoomId, task: Box<dyn RoomTask>) -> RoomPort {
        let port = RoomPort::default();
        let home = self.least_busy();
        self.homes.insert(room, home);
        self.command(
            home,
            Command::Add(Box::new(Hosted {
                room,
                task,
                pacer: None,
                port: port.clone(),
                inbound: Vec::new(),
                batch: Outbox::default(),
            })),
        );
        port
    }

    /// Ends a room after the tick it is in; its last batch may still be in the outlet.
    pub fn remove(&mut self, room: RoomId) {
        if let Some(home) = self.homes.remove(&room) {
            self.command(home, Command::Remove(room));
        }
    }

    fn least_busy(&self) -> usize {
        let rooms = |worker: &usize| self.homes.values().filter(|home| *home == worker).count();
        (0..self.workers.len()).min_by_key(rooms).unwrap_or(0)
    }

    fn command(&self, worker: usize, command: Command) {
        if let Some(worker) = self.workers.get(worker) {
            // A worker only ends when it is told to, so that somebody always listens.
            let _ = worker.commands.send(command);
        }
    }
}

impl Drop for WorkerPool {
    fn drop(&mut self) {
        for worker in &self.workers {
            let _ = worker.commands.send(Command::Stop);
        }
        for worker in &mut self.workers {
            if let Some(thread) = worker.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

fn start_worker(
    index: usize,
    clock: Clock,
    wake: Wake,
    metrics: Arc<TickMetrics>,
) -> std::io::Result<WorkerHandle> {
    let (commands, inbox) = mpsc::channel();
    let worker = Worker {
        clock,
        wake,
        metrics,
        rooms: Vec::new(),
    };
    let thread = std::thread::Builder::new()
        .name(format!("worker-{index}"))
        .spawn(move || worker.run(&inbox))?;
    Ok(WorkerHandle {
        commands,
        thread: Some(thread),
    })
}

/// A room on its worker.
struct Hosted {
    room: RoomId,
    task: Box<dyn RoomTask>,
    /// Set when the worker takes the room over: that is when its time starts.
    pacer: Option<Pacer>,
    port: RoomPort,
    /// Reused memory for what the mailbox held.
    inbound: Vec<Inbound>,
    batch: Outbox,
}

struct Worker {
    clock: Clock,
    wake: Wake,
    metrics: Arc<TickMetrics>,
    rooms: Vec<Hosted>,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Command>) {
        loop {
            match inbox.recv_timeout(self.time_to_next()) {
                Ok(Command::Add(hosted)) => self.take_over(hosted),
                Ok(Command::Remove(room)) => self.rooms.retain(|hosted| hosted.room != room),
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.tick_most_due(),
            }
        }
    }

    fn take_over(&mut self, mut hosted: Box<Hosted>) {
        hosted.pacer = Some(Pacer::new(self.clock.now(), hosted.task.rate()));
        self.rooms.push(*hosted);
    }

    fn time_to_next(&self) -> Duration {
        let next = self.rooms.iter().filter_map(Hosted::deadline).min();
        next.map_or(IDLE, |deadline| deadline.since(self.clock.now()))
    }

    fn tick_most_due(&mut self) {
        let Some(index) = (0..self.rooms.len()).min_by_key(|&index| self.rooms[index].deadline())
        else {
            return;
        };
        let now = self.clock.now();
        let hosted = &mut self.rooms[index];
        if hosted.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        // A room that panicked is dropped whole, so that nobody sees its broken state.
        let outcome = catch_unwind(AssertUnwindSafe(|| hosted.tick(self.clock, &self.metrics)));
        match outcome {
            Ok(false) => {}
            Ok(true) => self.wake.call(),
            Err(panic) => self.fail(index, panic.as_ref()),
        }
    }

    fn fail(&mut self, index: usize, panic: &(dyn Any + Send)) {
        let hosted = self.rooms.swap_remove(index);
        let room = hosted.room.0;
        tracing::error!(room, panic = panic_text(panic), "a room panicked and ends");
        hosted.port.figures.failed.store(true, Ordering::Release);
        self.wake.call();
        if catch_unwind(AssertUnwindSafe(|| drop(hosted))).is_err() {
            tracing::error!(room, "the room panicked once more when it was dropped");
        }
    }
}

impl Hosted {
    fn deadline(&self) -> Option<Instant> {
        self.pacer.as_ref().map(Pacer::deadline)
    }

    /// Runs one tick. True when the network thread must be woken.
    fn tick(&mut self, clock: Clock, metrics: &TickMetrics) -> bool {
        let Some(pacer) = &mut self.pacer else {
            return false;
        };
        let due = pacer.deadline();
        let (began, cpu_before) = (clock.now(), thread_cpu_micros());
        metrics.lag.record(began.0.saturating_sub(due.0));

        self.port.mailbox.take(&mut self.inbound);
        for inbound in self.inbound.drain(..) {
            self.task.handle(inbound);
        }
        self.task.tick(due, &mut self.batch);
        let wake = self.port.outlet.put(&mut self.batch);

        let cpu = thread_cpu_micros().saturating_sub(cpu_before);
        let ended = clock.now();
        let pace = pacer.ticked(began, ended);
        metrics.duration.record(ended.0.saturating_sub(began.0));
        metrics.cpu.record(cpu);
        metrics.cpu_recent.record(cpu);
        metrics.overruns.add(u64::from(pace.overrun));
        metrics.skipped.add(pace.skipped_ticks);
        let figures = &self.port.figures;
        figures.ticks.fetch_add(1, Ordering::Relaxed);
        figures.cpu_micros.fetch_add(cpu, Ordering::Relaxed);
        figures
            .overruns
            .fetch_add(u64::from(pace.overrun), Ordering::Relaxed);
        wake
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}

#[cfg(test)]
mod tests;
