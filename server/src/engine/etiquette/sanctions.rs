//! Who is held to what, until when, and who may decide that.
//!
//! Never sends anybody away and never stores: it says what is to be stored, and counts a sanction
//! from when the store has it.
//!
//! The ladder: **shadow** (says things nobody hears), **mute** (says nothing), **kick** (sent away
//! once), **ban** (not let in). Each but the kick ends by itself, by the clock of the wall, so that
//! it ends in time over a restart too.

use std::collections::BTreeMap;

use tickwire_shared::chat::check_reason;
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::{ChatRefusal, Role, Sanction};

use super::Refusal;
use crate::engine::storage::{Held, Millis, Write};
use crate::limits::SANCTIONS_MAX;

/// An account and what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// Which.
    pub account: AccountId,
    /// Its role.
    pub role: Role,
}

/// What somebody with a role wants to be done.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who wants it.
    pub by: Who,
    /// About whom.
    pub whom: Who,
    /// What.
    pub sanction: Sanction,
    /// For how long; 0 ends it. Without meaning for a kick.
    pub seconds: u32,
    /// Why.
    pub why: &'a str,
}

/// An order that may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// What is to be stored, all of it before anything happens. What it holds somebody to is given
    /// to [`Sanctions::take`] once it is stored.
    pub writes: Vec<Write>,
    /// Whether the account is to be sent away then.
    pub sent_away: bool,
}

/// Who hears what an account says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everybody it is for.
    All,
    /// Its author alone, who does not learn it.
    Nobody,
}

/// Whoever is held to something.
#[derive(Clone, Debug, Default)]
pub struct Sanctions {
    held: BTreeMap<(AccountId, Sanction), Held>,
}

impl Sanctions {
    /// Nobody, or whoever the store knows.
    #[must_use]
    pub fn of(now: Millis, mut held: Vec<Held>) -> Sanctions {
        held.retain(|held| held.until > now);
        held.sort_by_key(|held| core::cmp::Reverse(held.until));
        held.truncate(SANCTIONS_MAX);
        let keyed = held.into_iter();
        let held = keyed.map(|held| ((held.account, held.sanction), held));
        Sanctions {
            held: held.collect(),
        }
    }

    /// The store has told whom it knows. What was decided meanwhile is newer and stays.
    pub fn learn(&mut self, now: Millis, held: Vec<Held>) {
        let meanwhile = std::mem::replace(self, Sanctions::of(now, held));
        (meanwhile.held.into_values()).for_each(|held| self.take(now, held));
    }

    /// Somebody is held to something from now on, or no more: the store has it.
    ///
    /// At [`SANCTIONS_MAX`] the one that would end first is dropped from memory.
    pub fn take(&mut self, now: Millis, held: Held) {
        let key = (held.account, held.sanction);
        if held.until <= now || held.sanction == Sanction::Kick {
            self.held.remove(&key);
            return;
        }
        if self.held.len() >= SANCTIONS_MAX && !self.held.contains_key(&key) {
            self.held.retain(|_, held| held.until > now);
            self.make_room();
        }
        self.held.insert(key, held);
    }

    fn make_room(&mut self) {
        if self.held.len() >= SANCTIONS_MAX {
            let first = self.held.iter().min_by_key(|(_, held)| held.until);
            if let Some(key) = first.map(|(&key, _)| key) {
                self.held.remove(&key);
            }
        }
    }

    /// Whether an account may say something now, and who hears it.
    ///
    /// # Errors
    /// When it is muted or banned, with the seconds that are left.
    pub fn check_say(&self, now: Millis, account: AccountId) -> Result<Reach, Refusal> {
        for sanction in [Sanction::Ban, Sanction::Mute] {
            if let Some(held) = self.held_to(now, account, sanction) {
                let seconds = seconds_left(now, held);
                let reason = ChatRefusal::Muted;
                return Err(Refusal { reason, seconds });
            }
        }
        Ok(match self.held_to(now, account, Sanction::Shadow) {
            Some(_) => Reach::Nobody,
            None => Reach::All,
        })
    }

    /// Whether an account may come in now.
    ///
    /// # Errors
    /// When it is banned: until when, and why.
    pub fn check_join(&self, now: Millis, account: AccountId) -> Result<(), &Held> {
        self.held_to(now, account, Sanction::Ban)
            .map_or(Ok(()), Err)
    }

    /// What an account is held to now.
    #[must_use]
    pub fn held_to(&self, now: Millis, account: AccountId, sanction: Sanction) -> Option<&Held> {
        let held = self.held.get(&(account, sanction));
        held.filter(|held| held.until > now)
    }

    /// How many accounts are held to something, each sanction counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nobody is held to anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

/// Judges an order: what is to be stored for it, the audit entry last.
///
/// # Errors
/// When whoever wants it may not, or the reason is no text.
pub fn judge(now: Millis, order: &Order<'_>) -> Result<Sentence, ChatRefusal> {
    check_right(order.by, order.whom)?;
    check_reason(order.why).map_err(|_| ChatRefusal::BadText)?;
    let mut writes = Vec::new();
    if order.sanction != Sanction::Kick {
        let millis = u64::from(order.seconds).saturating_mul(1_000);
        writes.push(Write::Hold(Held {
            account: order.whom.account,
            sanction: order.sanction,
            until: Millis(now.0.saturating_add(millis)),
            by: order.by.account,
            why: order.why.to_owned(),
        }));
    }
    let banned = order.sanction == Sanction::Ban && order.seconds > 0;
    // Whoever comes back after a ban logs in again; guests have no keys in the store.
    if banned && !order.whom.account.is_guest() {
        writes.push(Write::DropKeys(order.whom.account));
    }
    writes.push(Write::Audit {
        by: order.by.account,
        what: deed(order),
    });
    Ok(Sentence {
        writes,
        sent_away: banned || order.sanction == Sanction::Kick,
    })
}

/// Whether one may decide about the other: moderators about players and bots, admins about
/// moderators too, nobody about themselves or an equal.
///
/// # Errors
/// When not.
pub fn check_right(by: Who, whom: Who) -> Result<(), ChatRefusal> {
    let rank = |role| match role {
        Role::Player | Role::Bot => 0,
        Role::Moderator => 1,
        Role::Admin => 2,
    };
    if by.account != whom.account && rank(by.role) > rank(whom.role) {
        Ok(())
    } else {
        Err(ChatRefusal::NotAllowed)
    }
}

fn seconds_left(now: Millis, held: &Held) -> u32 {
    let millis = held.until.0.saturating_sub(now.0);
    u32::try_from(millis.div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// The order in words.
fn deed(order: &Order<'_>) -> String {
    let name = match order.sanction {
        Sanction::Shadow => "shadow",
        Sanction::Mute => "mute",
        Sanction::Kick => "kick",
        Sanction::Ban => "ban",
    };
    let whom = order.whom.account.0;
    let time = match (order.sanction, order.seconds) {
        (Sanction::Kick, _) => String::new(),
        (_, 0) => " ended".to_owned(),
        (_, seconds) => format!(" for {seconds} s"),
    };
    let why = if order.why.is_empty() { "" } else { ": " };
    format!("{name} of account {whom}{time}{why}{}", order.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Who = who(1, Role::Player);
    const MOD: Who = who(2, Role::Moderator);
    const ADMIN: Who = who(3, Role::Admin);

    const fn who(account: u64, role: Role) -> Who {
        Who {
            account: AccountId(account),
            role,
        }
    }

    fn order(sanction: Sanction, seconds: u32) -> Order<'static> {
        Order {
            by: MOD,
            whom: ANN,
            sanction,
            seconds,
            why: "spam",
        }
    }

    /// Carries an order out as whoever stores it would.
    fn carry_out(sanctions: &mut Sanctions, now: Millis, order: &Order<'_>) -> Sentence {
        let sentence = judge(now, order).expect("it may be");
        for write in &sentence.writes {
            if let Write::Hold(held) = write {
                sanctions.take(now, held.clone());
            }
        }
        sentence
    }

    #[test]
    fn each_step_of_the_ladder_holds_until_it_ends() {
        let mut sanctions = Sanctions::default();
        let say = |sanctions: &Sanctions, now| sanctions.check_say(Millis(now), ANN.account);
        assert_eq!(say(&sanctions, 0), Ok(Reach::All));
        carry_out(&mut sanctions, Millis(0), &order(Sanction::Shadow, 60));
        assert_eq!(say(&sanctions, 59_999), Ok(Reach::Nobody));
        carry_out(&mut sanctions, Millis(0), &order(Sanction::Mute, 10));
        let muted = |seconds| {
            let reason = ChatRefusal::Muted;
            Err(Refusal { reason, seconds })
        };
        assert_eq!(say(&sanctions, 0), muted(10));
        assert_eq!(say(&sanctions, 9_001), muted(1));
        assert_eq!(say(&sanctions, 10_000), Ok(Reach::Nobody));
        assert_eq!(say(&sanctions, 60_000), Ok(Reach::All));
        let banned = carry_out(&mut sanctions, Millis(0), &order(Sanction::Ban, 5));
        assert!(banned.sent_away && banned.writes.contains(&Write::DropKeys(ANN.account)));
        let join = |now| sanctions.check_join(Millis(now), ANN.account);
        assert_eq!(join(4_999).map_err(|held| held.why.as_str()), Err("spam"));
        assert_eq!(join(5_000), Ok(()));
        assert_eq!(sanctions.check_join(Millis(0), MOD.account), Ok(()));
    }

    #[test]
    fn a_sanction_is_ended_before_its_time_and_a_kick_is_not_kept() {
        let mut sanctions = Sanctions::default();
        carry_out(&mut sanctions, Millis(0), &order(Sanction::Mute, 3_600));
        carry_out(&mut sanctions, Millis(5), &order(Sanction::Mute, 0));
        assert_eq!(sanctions.check_say(Millis(5), ANN.account), Ok(Reach::All));
        let kick = carry_out(&mut sanctions, Millis(5), &order(Sanction::Kick, 9));
        assert!(kick.sent_away && sanctions.is_empty());
        let what = "kick of account 1: spam".to_owned();
        let by = MOD.account;
        assert_eq!(kick.writes, [Write::Audit { by, what }]);
    }

    #[test]
    fn every_deed_is_written_down() {
        let audit = |order: &Order<'_>| match judge(Millis(0), order).unwrap().writes.pop() {
            Some(Write::Audit { by, what }) if by == MOD.account => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            audit(&order(Sanction::Mute, 600)),
            "mute of account 1 for 600 s: spam"
        );
        let no_reason = Order {
            why: "",
            ..order(Sanction::Ban, 0)
        };
        assert_eq!(audit(&no_reason), "ban of account 1 ended");
    }

    #[test]
    fn rights_follow_the_roles() {
        let bot = who(9, Role::Bot);
        let other = who(8, Role::Moderator);
        for (by, whom, may) in [
            (ANN, bot, false),
            (bot, ANN, false),
            (MOD, ANN, true),
            (MOD, bot, true),
            (MOD, other, false),
            (MOD, MOD, false),
            (MOD, ADMIN, false),
            (ADMIN, MOD, true),
            (ADMIN, ANN, true),
            (ADMIN, who(4, Role::Admin), false),
        ] {
            assert_eq!(check_right(by, whom).is_ok(), may, "{by:?} {whom:?}");
            let order = Order {
                by,
                whom,
                ..order(Sanction::Ban, 1)
            };
            assert_eq!(judge(Millis(0), &order).is_ok(), may);
        }
        let hostile = Order {
            why: "a\u{1b}[2J",
            ..order(Sanction::Mute, 1)
        };
        assert_eq!(judge(Millis(0), &hostile), Err(ChatRefusal::BadText));
    }

    #[test]
    fn what_the_store_knows_counts_after_a_restart_and_memory_is_bounded() {
        let held = |account: u64, until: u64| Held {
            account: AccountId(account),
            sanction: Sanction::Mute,
            until: Millis(until),
            by: MOD.account,
            why: String::new(),
        };
        let all = (1..=SANCTIONS_MAX as u64 + 10).map(|account| held(account, 100 + account));
        let mut sanctions = Sanctions::of(Millis(50), all.chain([held(0, 50)]).collect());
        assert_eq!(sanctions.len(), SANCTIONS_MAX);
        sanctions.take(Millis(50), held(0, 1 << 40));
        assert_eq!(sanctions.len(), SANCTIONS_MAX);
        let say = |account| sanctions.check_say(Millis(50), AccountId(account));
        assert!(say(0).is_err() && say(1).is_ok() && say(11).is_ok() && say(12).is_err());
        let mut sanctions = Sanctions::default();
        sanctions.take(Millis(50), held(1, 90));
        sanctions.learn(Millis(50), vec![held(1, 60), held(2, 60)]);
        let until = |account| sanctions.check_say(Millis(70), AccountId(account)).is_err();
        assert!(until(1) && !until(2), "what was decided meanwhile stays");
    }
}
