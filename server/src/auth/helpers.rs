//! Threads that compute for the network thread what would hold it up.
//!
//! Never queues without a bound: what finds no place is told so at once.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Some threads with one queue; they end with their last handle.
#[derive(Clone, Debug)]
pub struct Helpers {
    jobs: SyncSender<Job>,
}

/// Too much waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl Helpers {
    /// Starts so many threads for which so many jobs may wait.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(name: &str, threads: usize, waiting_max: usize) -> io::Result<Helpers> {
        let (jobs, inbox) = sync_channel::<Job>(waiting_max);
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..threads {
            let inbox = Arc::clone(&inbox);
            let builder = thread::Builder::new().name(name.to_owned());
            builder.spawn(move || work_off(&inbox))?;
        }
        Ok(Helpers { jobs })
    }

    /// Has some work done.
    ///
    /// # Errors
    /// `Busy` when too much waits, or when the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move || {
            // Whoever asked may be gone.
            if !reply.is_closed() {
                let _ = reply.send(work());
            }
        });
        self.jobs.try_send(job).map_err(|_| Busy)?;
        answer.await.map_err(|_| Busy)
    }
}

fn work_off(inbox: &Mutex<Receiver<Job>>) {
    loop {
        let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else {
            return;
        };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("work for a login panicked");
        }
    }
}
