//! What the datagrams of one turn took, each on account of the client it came from. Timers and what
//! is sent cost what the server itself decides, and are not counted.
//!
//! Never counts what others took: a thread that waits in the middle of a datagram, because the
//! machine is busy, loses no client its link. To ask the system for processor time costs as much
//! as a part of a datagram, and to read a clock costs next to nothing, so that each datagram is
//! timed by the clock, the whole turn by both, and what the clock says of one is believed in the
//! proportion in which the two agree.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Shared;
use super::connection::Connection;
use crate::limits::{WEBRTC_WORK_AT_ONCE_MAX, WEBRTC_WORK_FREE};
use crate::runtime::clock;

/// Turns shorter than this are believed as they are.
const SHORT: Duration = Duration::from_millis(1);

/// A turn that is under way.
pub(super) struct Turn {
    began: Instant,
    cpu_micros: u64,
    /// When the last datagram was done.
    lap: Instant,
    /// Those that took longer than is free.
    dear: Vec<(Rc<Connection>, Duration)>,
}

impl Turn {
    /// Begins now.
    pub(super) fn begin() -> Turn {
        let began = clock::instant();
        Turn {
            began,
            cpu_micros: clock::thread_cpu_micros(),
            lap: began,
            dear: Vec::new(),
        }
    }

    /// A datagram of this connection is done.
    pub(super) fn note(&mut self, connection: Rc<Connection>) {
        let now = clock::instant();
        let took = now.saturating_duration_since(self.lap);
        self.lap = now;
        if took > WEBRTC_WORK_FREE {
            self.dear.push((connection, took));
        }
    }

    /// Charges whoever took too long.
    pub(super) fn end(self, shared: &Shared, now: Instant) {
        if self.dear.is_empty() {
            return;
        }
        let wall = self.lap.saturating_duration_since(self.began);
        let worked = if wall < SHORT {
            1.0
        } else {
            let cpu = clock::thread_cpu_micros().saturating_sub(self.cpu_micros);
            share(Duration::from_micros(cpu), wall)
        };
        for (connection, took) in self.dear {
            let beyond = beyond(took, worked);
            shared.spare_the_others(&connection, now, || connection.charge(shared, beyond, now));
        }
    }
}

/// What a datagram is charged that took so long in a turn in which the thread had this share.
fn beyond(took: Duration, worked: f64) -> Duration {
    let beyond = took.mul_f64(worked).saturating_sub(WEBRTC_WORK_FREE);
    beyond.min(WEBRTC_WORK_AT_ONCE_MAX)
}

/// The share of a time in which the thread had a processor.
fn share(cpu: Duration, wall: Duration) -> f64 {
    if wall <= cpu {
        return 1.0;
    }
    cpu.as_secs_f64() / wall.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_charged_for_work_and_not_for_waiting() {
        let stalled = Duration::from_millis(300);
        let worked = share(Duration::from_millis(1), stalled);
        assert!(beyond(stalled, worked) <= Duration::from_millis(1));
        assert_eq!(beyond(WEBRTC_WORK_FREE, 1.0), Duration::ZERO);
        assert_eq!(beyond(stalled, 1.0), WEBRTC_WORK_AT_ONCE_MAX);
    }

    #[test]
    fn a_thread_that_waits_has_a_small_share_and_none_has_more_than_all() {
        let [short, long] = [Duration::from_millis(1), Duration::from_millis(10)];
        assert!((share(short, long) - 0.1).abs() < 1e-9);
        assert!((share(long, short) - 1.0).abs() < 1e-9);
        assert!((share(Duration::ZERO, Duration::ZERO) - 1.0).abs() < 1e-9);
    }
}
