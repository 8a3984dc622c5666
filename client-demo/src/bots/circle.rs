//! A party or a group that bots agreed on: one of them makes it and asks the others in.
//!
//! Never asks anybody else, and never leaves.

use std::time::Duration;

use tickwire_arena::Arena;
use tickwire_shared::client::Client;
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::time::Instant;
use tickwire_shared::wire::{Ask, BoundedStr, Scope, Standing, Whom};

use super::ledger::{Ledger, Place};

/// How long something that was asked may take to show.
const PATIENCE: Duration = Duration::from_secs(2);

/// A circle of bots, as one of them sees it.
#[derive(Clone, Debug)]
pub(super) struct Circle {
    place: Place,
    /// When this bot last asked for something.
    asked: Option<Instant>,
}

impl Circle {
    pub(super) fn new(place: Place) -> Circle {
        Circle { place, asked: None }
    }

    /// Does what is this bot's part: the first one makes the circle and asks in who is missing.
    pub(super) fn tend(
        &mut self,
        client: &mut Client<Arena>,
        ledger: &Ledger,
        bot: usize,
        now: Instant,
    ) {
        let bots = self.place.circle(bot, ledger.bots());
        let waits = self.asked.is_some_and(|asked| now.since(asked) < PATIENCE);
        if bots.start != bot || bots.len() < 2 || waits {
            return;
        }
        self.asked = Some(now);
        let Some(log) = self.log(client) else {
            client.ask(self.making());
            return;
        };
        let others = bots.skip(1).filter_map(|other| ledger.account_of(other));
        let missing: Vec<AccountId> = others
            .filter(|account| !is_in(client, log, *account))
            .collect();
        for account in missing {
            let whom = Whom::Account(account);
            client.ask(Ask::Invite { log, whom });
        }
    }

    /// Somebody wants this bot in: it follows whoever makes its circle.
    pub(super) fn invited(
        &self,
        client: &mut Client<Arena>,
        ledger: &Ledger,
        bot: usize,
        (log, scope, by): (LogId, &Scope, AccountId),
    ) {
        let first = self.place.circle(bot, ledger.bots()).start;
        if self.fits(scope) && ledger.bot_of(by) == Some(first) {
            client.ask(Ask::Accept { log });
        }
    }

    fn fits(&self, scope: &Scope) -> bool {
        match self.place {
            Place::Party => matches!(scope, Scope::Party),
            Place::Group => matches!(scope, Scope::Group { .. }),
            _ => false,
        }
    }

    fn log(&self, client: &Client<Arena>) -> Option<LogId> {
        let found = client.talk().find(|scope| self.fits(scope));
        found.map(|(log, _)| log)
    }

    fn making(&self) -> Ask {
        match self.place {
            Place::Group => Ask::Group {
                name: BoundedStr::cut("bots"),
            },
            _ => Ask::Party,
        }
    }
}

fn is_in(client: &Client<Arena>, log: LogId, account: AccountId) -> bool {
    let members = client.talk().log(log).map(|log| log.members());
    members.is_some_and(|members| {
        let standing = members.get(&account).map(|member| member.standing);
        matches!(standing, Some(Standing::Member | Standing::Owner))
    })
}
