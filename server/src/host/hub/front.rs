//! The hub as the gateway sees it.
//!
//! Never lets a visitor wait: what it is told goes into its queue, and one whose queue is full is
//! gone.

use tickwire_shared::id::LinkId;
use tickwire_shared::wire::ChatCommand;
use tokio::sync::mpsc;

use super::Hub;
use crate::engine::lobby::{NotLetIn, RoomView, Visit};
use crate::engine::{Outbound, RoomInfo};
use crate::gateway::{Front, Told};
use crate::runtime::entropy;

impl Hub {
    /// A visitor that does not take what waits for it is gone.
    pub(super) fn tell_visitor(&self, outbound: Outbound) {
        match outbound {
            Outbound::Packet { link, bytes, .. } => {
                if !self.lounge.deliver(link, &bytes) {
                    self.metrics.gateway.slow.inc();
                    self.lounge.close(link, None);
                    let now = self.clock.now();
                    self.lobby.borrow_mut().depart(now, link);
                }
            }
            Outbound::Close { link, reason } => self.lounge.close(link, Some(reason)),
        }
    }
}

impl Front for Hub {
    fn rooms(&self) -> Vec<RoomInfo> {
        self.lobby.borrow().rooms().collect()
    }

    fn room(&self, name: &str) -> Option<RoomView> {
        self.lobby.borrow().room_view(name)
    }

    fn visit(&self, mut visit: Visit, told: mpsc::Sender<Told>) -> Result<LinkId, NotLetIn> {
        let (now, link) = (self.clock.now(), self.lounge.open(told));
        visit.link = link;
        let mut entered = Ok(());
        self.drive(|lobby| entered = lobby.visit(now, visit, entropy::number()));
        if entered.is_err() {
            self.lounge.close(link, None);
        }
        entered.map(|()| link)
    }

    fn say(&self, link: LinkId, command: ChatCommand) {
        let now = self.clock.now();
        self.drive(|lobby| lobby.visitor_says(now, link, command));
    }

    fn depart(&self, link: LinkId) {
        self.lounge.close(link, None);
        let now = self.clock.now();
        self.drive(|lobby| lobby.depart(now, link));
    }

    fn revocations(&self) -> u64 {
        self.revocations.get()
    }
}
