//! How the rest of the server asks the store: by ticket from the network thread, by waiting from
//! tasks of HTTP.
//!
//! Never waits itself, and never loses an answer: whatever was taken in is answered once, writes in
//! the order in which they were handed over.

use std::sync::{Arc, Mutex, PoisonError};

use tickwire_shared::time::Instant;
use tokio::sync::oneshot;

use super::queue::Queue;
use crate::engine::storage::{Found, Query, StoreFault, Ticket, Write, Written};
use crate::limits::{STORE_QUERIES_WAITING_MAX, STORE_WRITES_WAITING_MAX};
use crate::metrics::StoreMetrics;
use crate::runtime::{Clock, Wake};

/// An answer to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// To a write.
    Written(Ticket, Result<Written, StoreFault>),
    /// To a query.
    Found(Ticket, Result<Found, StoreFault>),
}

/// The store, as the rest of the server has it; clones share it.
#[derive(Clone)]
pub struct StoreHandle {
    shared: Arc<Shared>,
}

/// What handles and threads share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) metrics: Arc<StoreMetrics>,
    pub(super) writes: Queue<WriteJob>,
    pub(super) queries: Queue<QueryJob>,
    done: Mutex<Vec<Done>>,
    wake: Wake,
}

/// Writes of one asker, carried out in one commit.
pub(super) struct WriteJob {
    pub(super) writes: Vec<Write>,
    /// How many they are, also once they are taken out.
    pub(super) count: usize,
    since: Instant,
    reply: WriteReply,
}

enum WriteReply {
    Ticket(Ticket),
    Waiting(oneshot::Sender<Result<Vec<Written>, StoreFault>>),
}

/// A query of one asker.
pub(super) struct QueryJob {
    pub(super) query: Query,
    since: Instant,
    reply: QueryReply,
}

enum QueryReply {
    Ticket(Ticket),
    Waiting(oneshot::Sender<Result<Found, StoreFault>>),
}

impl StoreHandle {
    pub(super) fn new(clock: Clock, metrics: Arc<StoreMetrics>, wake: Wake) -> StoreHandle {
        let shared = Shared {
            clock,
            metrics,
            writes: Queue::new(STORE_WRITES_WAITING_MAX),
            queries: Queue::new(STORE_QUERIES_WAITING_MAX),
            done: Mutex::default(),
            wake,
        };
        StoreHandle {
            shared: Arc::new(shared),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Hands over a write; its answer comes with [`StoreHandle::take_done`].
    ///
    /// # Errors
    /// [`StoreFault::Busy`] when too many wait: then there is no further answer.
    pub fn write(&self, ticket: Ticket, write: Write) -> Result<(), StoreFault> {
        (self.shared).put_writes(vec![write], WriteReply::Ticket(ticket))
    }

    /// Hands over a query; its answer comes with [`StoreHandle::take_done`].
    ///
    /// # Errors
    /// [`StoreFault::Busy`] when too many wait: then there is no further answer.
    pub fn find(&self, ticket: Ticket, query: Query) -> Result<(), StoreFault> {
        self.shared.put_query(query, QueryReply::Ticket(ticket))
    }

    /// Appends the answers that came since the last call.
    pub fn take_done(&self, done: &mut Vec<Done>) {
        let start = done.len();
        done.append(
            &mut self
                .shared
                .done
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let taken = &done[start..];
        let writes = (taken.iter()).filter(|done| matches!(done, Done::Written(..)));
        let writes = writes.count();
        self.shared.writes_done(writes);
        self.shared.queries_done(taken.len() - writes);
    }

    /// Carries out writes in one commit and waits for it.
    ///
    /// # Errors
    /// [`StoreFault`]: then none of them was carried out.
    pub async fn ask_write(&self, writes: Vec<Write>) -> Result<Vec<Written>, StoreFault> {
        let (reply, answer) = oneshot::channel();
        (self.shared).put_writes(writes, WriteReply::Waiting(reply))?;
        answer.await.unwrap_or(Err(StoreFault::Failed))
    }

    /// Looks something up and waits for it.
    ///
    /// # Errors
    /// [`StoreFault`] when the store cannot be read.
    pub async fn ask(&self, query: Query) -> Result<Found, StoreFault> {
        let (reply, answer) = oneshot::channel();
        self.shared.put_query(query, QueryReply::Waiting(reply))?;
        answer.await.unwrap_or(Err(StoreFault::Failed))
    }
}

impl Shared {
    fn put_writes(&self, writes: Vec<Write>, reply: WriteReply) -> Result<(), StoreFault> {
        let count = writes.len();
        let job = WriteJob {
            writes,
            count,
            since: self.clock.now(),
            reply,
        };
        self.writes.put(job, count).inspect_err(|fault| {
            self.metrics.refused(*fault).inc();
        })?;
        self.metrics
            .writes_waiting
            .set(self.writes.pending() as u64);
        Ok(())
    }

    fn put_query(&self, query: Query, reply: QueryReply) -> Result<(), StoreFault> {
        let job = QueryJob {
            query,
            since: self.clock.now(),
            reply,
        };
        self.queries.put(job, 1).inspect_err(|fault| {
            self.metrics.refused(*fault).inc();
        })?;
        self.metrics
            .queries_waiting
            .set(self.queries.pending() as u64);
        Ok(())
    }

    fn writes_done(&self, count: usize) {
        self.writes.done(count);
        self.metrics
            .writes_waiting
            .set(self.writes.pending() as u64);
    }

    fn queries_done(&self, count: usize) {
        self.queries.done(count);
        self.metrics
            .queries_waiting
            .set(self.queries.pending() as u64);
    }

    /// Answers writes, in order, and wakes the network thread once.
    pub(super) fn answer_writes(
        &self,
        answers: impl Iterator<Item = (WriteJob, Result<Vec<Written>, StoreFault>)>,
    ) {
        let now = self.clock.now();
        let mut by_ticket = Vec::new();
        for (job, answer) in answers {
            self.metrics.write.record(now.0.saturating_sub(job.since.0));
            if let Err(fault) = answer {
                self.metrics.refused(fault).inc();
            }
            match job.reply {
                WriteReply::Ticket(ticket) => {
                    let only = |written: Vec<Written>| {
                        written.into_iter().next().ok_or(StoreFault::Failed)
                    };
                    by_ticket.push(Done::Written(ticket, answer.and_then(only)));
                }
                WriteReply::Waiting(reply) => {
                    // Whoever went away does not want to know.
                    let _ = reply.send(answer);
                    self.writes_done(job.count);
                }
            }
        }
        self.deliver(by_ticket);
    }

    pub(super) fn answer_query(&self, job: QueryJob, answer: Result<Found, StoreFault>) {
        let now = self.clock.now();
        self.metrics.query.record(now.0.saturating_sub(job.since.0));
        if let Err(fault) = answer {
            self.metrics.refused(fault).inc();
        }
        match job.reply {
            QueryReply::Ticket(ticket) => self.deliver(vec![Done::Found(ticket, answer)]),
            QueryReply::Waiting(reply) => {
                let _ = reply.send(answer);
                self.queries_done(1);
            }
        }
    }

    fn deliver(&self, mut answers: Vec<Done>) {
        if answers.is_empty() {
            return;
        }
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let wakes = done.is_empty();
        done.append(&mut answers);
        drop(done);
        if wakes {
            self.wake.call();
        }
    }
}
