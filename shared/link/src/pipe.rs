//! The queues between whoever owns a link and the task that carries it.
//!
//! Never waits on sending and never looks into a packet. The owner holds the [`Near`] end, the task
//! the [`Far`] end; either may go away at any time, and the other hears of it.
//!
//! Every queue has a bound. Of what comes, see [`Inbox`]. Of what is to be sent, Input packets are
//! dropped, oldest first; Ordered packets never are, so at the bound of theirs the owner is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::Lane;
use tickwire_shared::limits::{LINK_INPUT_QUEUE_MAX, LINK_ORDERED_QUEUE_BYTES_MAX};
use tokio::sync::Notify;

use crate::frames::Frames;
use crate::inbox::Inbox;
use crate::word::{LinkEnd, SendError, Traffic};

/// The owner's end. Dropping it closes the link with [`CloseReason::Bye`].
#[derive(Debug)]
pub(crate) struct Near(Arc<Shared>);

/// The carrying task's end. Dropping it ends the link, if nothing has yet.
#[derive(Debug)]
pub(crate) struct Far(Arc<Shared>);

/// What the owner wants from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To send this.
    Send(Lane, Vec<u8>),
    /// To close the link; nothing comes after it.
    Close(CloseReason),
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something changed for the owner.
    near: Notify,
    /// Something changed for the task.
    far: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What came, and then why the link is over.
    inbox: Inbox,
    inputs: VecDeque<Vec<u8>>,
    ordered: VecDeque<Vec<u8>>,
    ordered_bytes: usize,
    /// What the owner closes the link with; the first reason counts.
    goodbye: Option<CloseReason>,
    /// Whether the task was told the goodbye.
    is_goodbye_told: bool,
    /// Whether the task is gone.
    is_carried_out: bool,
    /// Packets that passed here, and those dropped here.
    traffic: Traffic,
    /// Counts of what carries the link: bytes on the wire, and what it dropped itself.
    below: Traffic,
}

/// Both ends of new queues.
pub(crate) fn pipe() -> (Near, Far) {
    let shared = Arc::new(Shared::default());
    (Near(Arc::clone(&shared)), Far(shared))
}

impl Shared {
    /// No code panics while it holds the lock, so that a poisoned state is a whole one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Near {
    /// Queues a packet; never waits. On a link that is over it goes nowhere.
    ///
    /// # Errors
    /// [`SendError`] for a packet that can never be sent, or when the Ordered queue is full.
    pub(crate) fn send(&self, lane: Lane, bytes: &[u8]) -> Result<(), SendError> {
        let mut state = self.0.lock();
        match lane {
            Lane::Snapshot => return Err(SendError::WrongLane),
            Lane::Input => {
                if state.inputs.len() >= LINK_INPUT_QUEUE_MAX {
                    state.inputs.pop_front();
                    state.traffic.dropped += 1;
                }
                state.inputs.push_back(bytes.to_vec());
            }
            Lane::Ordered => {
                Frames::head(bytes.len()).map_err(SendError::Frame)?;
                if state.ordered_bytes + bytes.len() > LINK_ORDERED_QUEUE_BYTES_MAX {
                    return Err(SendError::QueueFull);
                }
                state.ordered_bytes += bytes.len();
                state.ordered.push_back(bytes.to_vec());
            }
        }
        state.traffic.bytes_out += bytes.len() as u64;
        drop(state);
        self.0.far.notify_one();
        Ok(())
    }

    /// The next packet, or the end of the link once everything that came before it was taken.
    pub(crate) fn try_recv(&self) -> Option<Result<(Lane, Vec<u8>), LinkEnd>> {
        self.0.lock().inbox.pop()
    }

    /// As [`Near::try_recv`], but waits. May be dropped at any await without losing a packet.
    pub(crate) async fn recv(&self) -> Result<(Lane, Vec<u8>), LinkEnd> {
        loop {
            if let Some(received) = self.try_recv() {
                return received;
            }
            self.0.near.notified().await;
        }
    }

    pub(crate) fn traffic(&self) -> Traffic {
        let state = self.0.lock();
        Traffic {
            dropped: state.traffic.dropped + state.below.dropped,
            wire_bytes_in: state.below.wire_bytes_in,
            wire_bytes_out: state.below.wire_bytes_out,
            ..state.traffic
        }
    }

    /// Asks the task to close the link.
    pub(crate) fn close(&self, reason: CloseReason) {
        self.0.lock().goodbye.get_or_insert(reason);
        self.0.far.notify_one();
    }

    /// Waits until the task is gone.
    pub(crate) async fn carried_out(&self) {
        while !self.0.lock().is_carried_out {
            self.0.near.notified().await;
        }
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        self.close(CloseReason::Bye);
    }
}

impl Far {
    /// The owner's next wish: inputs first, since they are urgent and few; the goodbye last. After
    /// the goodbye it waits forever. May be dropped at any await without losing a packet.
    pub(crate) async fn wish(&self) -> Wish {
        loop {
            if let Some(wish) = self.try_wish() {
                return wish;
            }
            self.0.far.notified().await;
        }
    }

    fn try_wish(&self) -> Option<Wish> {
        let mut state = self.0.lock();
        if state.is_goodbye_told {
            return None;
        }
        if let Some(reason) = state.goodbye {
            state.is_goodbye_told = true;
            return Some(Wish::Close(reason));
        }
        if let Some(packet) = state.inputs.pop_front() {
            return Some(Wish::Send(Lane::Input, packet));
        }
        let packet = state.ordered.pop_front()?;
        state.ordered_bytes -= packet.len();
        Some(Wish::Send(Lane::Ordered, packet))
    }

    /// Gives the owner a packet that came.
    ///
    /// # Errors
    /// The end of the link: the owner has left too many Ordered packets unread.
    pub(crate) fn deliver(&self, lane: Lane, packet: Vec<u8>) -> Result<(), LinkEnd> {
        let mut state = self.0.lock();
        state.traffic.bytes_in += packet.len() as u64;
        state.inbox.push(lane, packet);
        let end = state.inbox.end().cloned();
        drop(state);
        self.0.near.notify_one();
        end.map_or(Ok(()), Err)
    }

    /// Counts an Input packet that could not be sent.
    pub(crate) fn drop_one(&self) {
        self.0.lock().traffic.dropped += 1;
    }

    /// Counts bytes on the wire.
    pub(crate) fn count_wire(&self, bytes_in: usize, bytes_out: usize) {
        let below = &mut self.0.lock().below;
        below.wire_bytes_in += bytes_in as u64;
        below.wire_bytes_out += bytes_out as u64;
    }

    /// Takes over the counts of the link below.
    pub(crate) fn set_below(&self, traffic: Traffic) {
        self.0.lock().below = traffic;
    }

    /// Tells the owner why the link is over.
    pub(crate) fn end(&self, end: LinkEnd) {
        self.0.lock().inbox.finish(end);
        self.0.near.notify_one();
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_carried_out = true;
        let words = "what carried the link is gone";
        state.inbox.finish(LinkEnd::Lost(words.to_owned()));
        drop(state);
        self.0.near.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_hear_of_an_inbox_that_nobody_reads() {
        let (near, far) = pipe();
        let deliver = || far.deliver(Lane::Ordered, vec![0; 16_000]).err();
        let end = (0..1_000).find_map(|_| deliver()).expect("a bound");
        let told = std::iter::from_fn(|| near.try_recv()).find_map(Result::err);
        assert_eq!(told, Some(end));
    }

    #[tokio::test]
    async fn inputs_overtake_and_their_oldest_go() {
        let (near, far) = pipe();
        near.send(Lane::Ordered, &[9]).expect("room");
        for number in 0..=LINK_INPUT_QUEUE_MAX {
            near.send(Lane::Input, &[number as u8]).expect("room");
        }
        assert_eq!(near.traffic().dropped, 1);
        assert_eq!(far.wish().await, Wish::Send(Lane::Input, vec![1]));
        for _ in 1..LINK_INPUT_QUEUE_MAX {
            far.wish().await;
        }
        assert_eq!(far.wish().await, Wish::Send(Lane::Ordered, vec![9]));
    }

    #[tokio::test]
    async fn either_side_hears_that_the_other_is_gone() {
        let (near, far) = pipe();
        far.deliver(Lane::Ordered, vec![1]).expect("room");
        far.end(LinkEnd::TimedOut);
        drop(far);
        assert_eq!(near.recv().await, Ok((Lane::Ordered, vec![1])));
        assert_eq!(near.recv().await, Err(LinkEnd::TimedOut));
        assert_eq!(near.recv().await, Err(LinkEnd::TimedOut), "asked again");
        near.carried_out().await;

        let (near, far) = pipe();
        drop(near);
        assert_eq!(far.wish().await, Wish::Close(CloseReason::Bye));
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        let (near, _far) = pipe();
        assert_eq!(near.send(Lane::Snapshot, &[1]), Err(SendError::WrongLane));
        assert!(matches!(
            near.send(Lane::Ordered, &[]),
            Err(SendError::Frame(_))
        ));
        let full = (0..64).find_map(|_| near.send(Lane::Ordered, &[0; 16_000]).err());
        assert_eq!(full, Some(SendError::QueueFull));
    }
}
