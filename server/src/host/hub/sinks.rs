//! What the hub is told: by links, by the door, and by where accounts are.
//!
//! Never answers: each of these is one call of the lobby.

use std::net::SocketAddr;

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, Lane, LinkId};
use tickwire_shared::transport::Transport;

use super::Hub;
use crate::auth::NamesSink;
use crate::engine::{Admission, Refusal};
use crate::host::door::DoorSink;
use crate::runtime::entropy;
use crate::transport::LinkSink;

impl NamesSink for Hub {
    fn registered(&self, skeleton: &str, account: AccountId) {
        let now = self.clock.now();
        self.drive(|lobby| lobby.registered(now, skeleton, account));
    }

    fn role_changed(&self, account: AccountId, keys_dropped: bool) {
        let now = self.clock.now();
        self.revocations.set(self.revocations.get() + 1);
        self.drive(|lobby| lobby.role_changed(now, account, keys_dropped));
    }
}

impl DoorSink for Hub {
    fn admitted(&self, link: LinkId, found: Result<Admission, Refusal>) -> bool {
        if let Err(refusal) = &found {
            tracing::debug!(link = link.0, reason = %refusal.reason, "a player is not let in");
        }
        let now = self.clock.now();
        let mut is_in = false;
        self.drive(|lobby| is_in = lobby.admitted(now, link, found, &mut entropy::number));
        is_in
    }

    fn names_known(&self) {
        self.lobby.borrow_mut().names_known();
    }

    fn revoked(&self, account: AccountId) {
        self.revocations.set(self.revocations.get() + 1);
        self.drive(|lobby| lobby.turn_out(account));
    }
}

impl LinkSink for Hub {
    fn opened(&self, link: LinkId, transport: Transport, from: SocketAddr) {
        tracing::debug!(link = link.0, %transport, %from, "a link opened");
        let now = self.clock.now();
        self.attendance.opened(link, transport);
        self.drive(|lobby| lobby.opened(now, link));
    }

    fn received(&self, link: LinkId, lane: Lane, bytes: &[u8]) {
        let now = self.clock.now();
        let mut entropy = entropy::number;
        self.drive(|lobby| lobby.receive(now, link, lane, bytes, &mut entropy));
    }

    fn closed(&self, link: LinkId, reason: CloseReason) {
        tracing::debug!(link = link.0, %reason, "a link is gone");
        self.attendance.gone(link);
        let now = self.clock.now();
        self.drive(|lobby| lobby.lost(now, link));
    }
}
