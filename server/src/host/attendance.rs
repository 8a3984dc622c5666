//! Which transport carries each link, so that operators see who plays over what.
//!
//! Never decides anything: rooms and lobby do not know what carries a session.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tickwire_shared::id::LinkId;
use tickwire_shared::transport::Transport;

use crate::metrics::{ByTransport, SessionGauges};

/// The open links with their transports; as many as there are links.
#[derive(Debug, Default)]
pub(super) struct Attendance {
    links: RefCell<BTreeMap<LinkId, Transport>>,
}

impl Attendance {
    pub(super) fn opened(&self, link: LinkId, transport: Transport) {
        self.links.borrow_mut().insert(link, transport);
    }

    pub(super) fn gone(&self, link: LinkId) {
        self.links.borrow_mut().remove(&link);
    }

    /// Brings the figures up to date. `sessions` are the links that carry one, and whether its
    /// player is away.
    pub(super) fn count(
        &self,
        sessions: impl Iterator<Item = (LinkId, bool)>,
        figures: &ByTransport<SessionGauges>,
    ) {
        let links = self.links.borrow();
        let mut playing = [[0; 2]; Transport::ALL.len()];
        for (link, away) in sessions {
            if let Some(&transport) = links.get(&link) {
                playing[transport as usize][usize::from(away)] += 1;
            }
        }
        for transport in Transport::ALL {
            let (figures, [here, away]) = (figures.of(transport), playing[transport as usize]);
            figures.here.set(here);
            figures.away.set(away);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_sessions_are_told_apart_by_transport_and_state() {
        let (attendance, figures) = (Attendance::default(), ByTransport::default());
        for (link, transport) in [(1, Transport::Quic), (2, Transport::WebRtc)] {
            attendance.opened(LinkId(link), transport);
        }
        attendance.opened(LinkId(3), Transport::WebRtc);
        let sessions = [(LinkId(2), true), (LinkId(3), false), (LinkId(9), false)];
        attendance.count(sessions.into_iter(), &figures);
        let of = |transport| {
            let one = figures.of(transport);
            (one.here.get(), one.away.get())
        };
        assert_eq!(of(Transport::Quic), (0, 0));
        assert_eq!(of(Transport::WebRtc), (1, 1));
        attendance.gone(LinkId(2));
        attendance.count([(LinkId(3), false)].into_iter(), &figures);
        assert_eq!(of(Transport::WebRtc), (1, 0));
    }
}
