//! What moderators want of players, and what comes of it.
//!
//! Never does anything before all of it is stored: what somebody is held to, the audit entry, and
//! the keys that are dropped are one write, with one answer.

use tickwire_shared::close::CloseReason;
use tickwire_shared::id::{AccountId, SessionId};
use tickwire_shared::wire::Sanction;

use super::Desk;
use super::tickets::{Asker, Deed, Sentenced, Someone};
use crate::engine::etiquette::sanctions::{Order, Who, judge};
use crate::engine::storage::Write;

impl Desk {
    /// A moderator wants somebody to be held to something.
    pub(super) fn sanction(
        &mut self,
        id: SessionId,
        whom: &Someone,
        asker: Asker,
        (sanction, seconds, why): (Sanction, u32, &str),
    ) {
        let Some(reader) = self.readers.get(&id) else {
            return;
        };
        let order = Order {
            by: Who {
                account: reader.account,
                role: reader.role,
            },
            whom: Who {
                account: whom.account,
                role: whom.role,
            },
            sanction,
            seconds,
            why,
        };
        let sentence = match judge(self.wall, &order) {
            Ok(sentence) => sentence,
            Err(reason) => return self.answer(asker, Some(reason)),
        };
        let held = sentence.writes.iter().find_map(|write| match write {
            Write::Hold(held) => Some(held.clone()),
            _ => None,
        });
        let sentenced = Sentenced {
            account: whom.account,
            held,
            away: sentence.sent_away.then_some(sanction),
        };
        let write = Write::All(sentence.writes);
        self.do_deed(Deed::Sentence(sentenced), asker, write);
    }

    /// All that a sanction needs is stored.
    pub(super) fn carry_out(&mut self, sentenced: Sentenced) {
        if let Some(held) = sentenced.held {
            self.conduct.sanctions.take(self.wall, held);
        }
        let reason = match sentenced.away {
            Some(Sanction::Ban) => CloseReason::Banned,
            Some(_) => CloseReason::Kicked,
            None => return,
        };
        let person = self.people.get(&sentenced.account);
        let sessions = person.map(|person| person.sessions.clone());
        let sessions = sessions.unwrap_or_default().into_iter();
        self.sent_away.extend(sessions.map(|id| (id, reason)));
    }

    /// Whether an account may come in.
    #[must_use]
    pub fn is_banned(&self, account: AccountId) -> bool {
        self.conduct
            .sanctions
            .check_join(self.wall, account)
            .is_err()
    }
}
