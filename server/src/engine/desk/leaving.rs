//! Leaving parties and groups, which their owners hand on.
//!
//! Never leaves one without an owner while somebody is in it: that one goes and another one owns it
//! are one write.

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{ChatRefusal, Standing};

use super::Desk;
use super::log::Log;
use super::shelf::Place;
use super::tickets::{Asker, Task};
use crate::engine::storage::{LogKey, Membership, StoreFault, Write, Written};

impl Desk {
    /// Somebody leaves a party or group, or does not come in; whoever was in it longest owns it.
    pub(super) fn go(
        &mut self,
        place: Place,
        account: AccountId,
        asker: Asker,
    ) -> Result<(), ChatRefusal> {
        let log = self.shelf.get(place).ok_or(ChatRefusal::NotMember)?;
        if !matches!(log.head.key, LogKey::Party(_) | LogKey::Group(_)) {
            return Err(ChatRefusal::NotAllowed);
        }
        let member = log.members.get(&account);
        let member = member.filter(|member| member.standing != Standing::Left);
        let member = member.ok_or(ChatRefusal::NotMember)?;
        if log.joining.contains_key(&account) {
            return Err(ChatRefusal::TooFast);
        }
        let left = Membership {
            standing: Standing::Left,
            until: log.head.next,
            ..member.clone()
        };
        let owned = member.standing == Standing::Owner;
        let heir = owned.then(|| heir_of(log, account)).flatten();
        match heir {
            Some(heir) => self.hand_on(place, left, heir, asker),
            None => self.join(place, left, Some(asker)),
        }
        Ok(())
    }

    /// Has it written that an owner leaves and another one owns the log.
    fn hand_on(&mut self, place: Place, left: Membership, heir: Membership, asker: Asker) {
        let Some(log) = self.shelf.get_mut(place) else {
            return;
        };
        let both = [&left, &heir];
        let writes = both.map(|member| Write::Member {
            log: log.head.log,
            member: member.clone(),
        });
        for member in both {
            log.joins(member.account, member.standing);
        }
        let task = Task::HandOn(place, Box::new([left, heir]), asker);
        if let Err(task) = self.write(task, Write::All(writes.into()))
            && let Task::HandOn(place, both, asker) = *task
        {
            self.handed_on(place, *both, asker, &Err(StoreFault::Busy));
        }
    }

    /// The store answered that an owner leaves and another one owns the log.
    pub(super) fn handed_on(
        &mut self,
        place: Place,
        [left, heir]: [Membership; 2],
        asker: Asker,
        result: &Result<Written, StoreFault>,
    ) {
        self.joined(place, left, Some(asker), result.clone());
        self.joined(place, heir, None, result.clone());
    }
}

/// Whoever was in a log longest, besides its owner, as its owner.
fn heir_of(log: &Log, owner: AccountId) -> Option<Membership> {
    let members = log.members.values();
    // Whose membership is being written may be about to go.
    let stays = |m: &&Membership| m.account != owner && !log.joining.contains_key(&m.account);
    let others = members.filter(|m| m.standing == Standing::Member && stays(m));
    let heir = others.min_by_key(|member| (member.since, member.account))?;
    Some(Membership {
        standing: Standing::Owner,
        ..heir.clone()
    })
}
