//! Accounts in memory: who may log in, what they are held to, and whom they want to hear.
//!
//! Never keeps a key or a token, only what tells whether one is good.

use core::cmp::Reverse;
use std::collections::BTreeMap;

use tickwire_shared::id::AccountId;
use tickwire_shared::wire::Sanction;

use crate::engine::storage::{Account, Found, Held, KeyOwner, Millis, Query, Write, Written};
use crate::limits::{KEYS_PER_ACCOUNT_MAX, STORE_FOUND_MAX};
use crate::store::kept_number;

/// Everything that is kept of people.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    accounts: BTreeMap<AccountId, Account>,
    /// Until when each is remembered.
    tokens: BTreeMap<String, Millis>,
    keys: BTreeMap<[u8; 32], Key>,
    held: BTreeMap<(AccountId, Sanction), Held>,
    /// Whom somebody blocks and follows.
    blocked: Pairs,
    followed: Pairs,
}

/// What a key is good for.
#[derive(Clone, Debug)]
struct Key {
    account: AccountId,
    room: Option<String>,
    until: Millis,
}

/// Accounts, and what each is called.
type Named = Vec<(AccountId, String)>;

/// Two accounts, since when, and what the second was called then.
type Pairs = BTreeMap<(AccountId, AccountId), (Millis, String)>;

impl Accounts {
    /// Everything but what is about logs, reports and the audit log.
    pub(super) fn write(&mut self, now: Millis, write: &Write) -> Written {
        match write {
            Write::Register(account) => self.register(account),
            Write::Role(account, role) => match self.accounts.get_mut(account) {
                Some(account) => {
                    account.role = *role;
                    Written::Done
                }
                None => Written::Missing,
            },
            Write::UseToken { id, until } => self.use_token(id, *until),
            Write::Key {
                digest,
                account,
                room,
                until,
            } => {
                let (account, room, until) = (*account, room.clone(), *until);
                self.key(
                    digest,
                    Key {
                        account,
                        room,
                        until,
                    },
                )
            }
            Write::ProlongKey {
                digest,
                account,
                until,
            } => match self.keys.get_mut(digest) {
                Some(key) if key.account == *account => {
                    key.until = *until;
                    Written::Done
                }
                _ => Written::Missing,
            },
            Write::DropKeys(account) => {
                self.keys.retain(|_, key| key.account != *account);
                Written::Done
            }
            Write::Hold(held) => self.hold(now, held),
            Write::Block {
                account,
                other,
                name,
                on,
            } => switch(&mut self.blocked, (*account, *other), (now, name), *on),
            Write::Follow {
                account,
                other,
                name,
                on,
            } => switch(&mut self.followed, (*account, *other), (now, name), *on),
            _ => Written::Missing,
        }
    }

    fn register(&mut self, new: &Account) -> Written {
        let taken = self.accounts.values().any(|account| {
            account.account == new.account
                || account.skeleton == new.skeleton
                || (!new.subject.is_empty() && account.subject == new.subject)
        });
        if taken {
            return Written::Taken;
        }
        self.accounts.insert(new.account, new.clone());
        Written::Done
    }

    fn use_token(&mut self, id: &str, until: Millis) -> Written {
        if self.tokens.contains_key(id) {
            return Written::Taken;
        }
        self.tokens.insert(id.to_owned(), until);
        Written::Done
    }

    fn key(&mut self, digest: &[u8; 32], key: Key) -> Written {
        let account = key.account;
        if !self.accounts.contains_key(&account) {
            return Written::Missing;
        }
        if (self.keys.get(digest)).is_some_and(|known| known.account != account) {
            return Written::Taken;
        }
        self.keys.insert(*digest, key);
        self.drop_oldest_keys(digest, account);
        Written::Done
    }

    /// Past so many of an account those go that end first, but not this one.
    fn drop_oldest_keys(&mut self, digest: &[u8; 32], account: AccountId) {
        let own = (self.keys.iter()).filter(|(_, key)| key.account == account);
        let mut own: Vec<_> = own
            .map(|(of, key)| (of != digest, Reverse(key.until), *of))
            .collect();
        own.sort_unstable();
        for (_, _, key) in own.into_iter().skip(KEYS_PER_ACCOUNT_MAX) {
            self.keys.remove(&key);
        }
    }

    fn hold(&mut self, now: Millis, held: &Held) -> Written {
        let what = (held.account, held.sanction);
        if held.until <= now {
            self.held.remove(&what);
        } else {
            let until = Millis(kept_number(held.until.0));
            self.held.insert(
                what,
                Held {
                    until,
                    ..held.clone()
                },
            );
        }
        Written::Done
    }

    /// Accounts, keys, and what must be known from the start.
    pub(super) fn found(&self, query: &Query) -> Found {
        let first = |is: &dyn Fn(&Account) -> bool| {
            Found::Account(self.accounts.values().find(|account| is(account)).cloned())
        };
        match query {
            Query::Account(number) => Found::Account(self.accounts.get(number).cloned()),
            Query::Skeleton(skeleton) => first(&|account| account.skeleton == *skeleton),
            Query::Subject(subject) => {
                first(&|account| !subject.is_empty() && account.subject == *subject)
            }
            Query::Key(digest, now) => {
                let good = self.keys.get(digest).filter(|key| key.until > *now);
                let owner = good.and_then(|key| {
                    let account = self.accounts.get(&key.account)?.clone();
                    let room = key.room.clone();
                    Some(KeyOwner { account, room })
                });
                Found::Key(owner)
            }
            Query::Names => self.names(),
            Query::Held(now) => {
                let held = self.held.values().filter(|held| held.until > *now);
                Found::Held(held.cloned().collect())
            }
            _ => Found::Account(None),
        }
    }

    fn names(&self) -> Found {
        let accounts = self.accounts.values();
        let mut names: Vec<(String, AccountId)> = accounts
            .map(|account| (account.skeleton.clone(), account.account))
            .collect();
        names.sort();
        Found::Names(names)
    }

    /// Whom an account blocks, and whom it follows, each under which name.
    pub(super) fn neighbours(&self, account: AccountId) -> (Named, Named) {
        let own = (account, AccountId(0))..=(account, AccountId(u64::MAX));
        let named = |pairs: &Pairs| {
            let pairs = pairs.range(own.clone()).take(STORE_FOUND_MAX);
            let named = pairs.map(|((_, other), (_, name))| {
                let registered = self.accounts.get(other);
                (
                    *other,
                    registered.map_or(name, |account| &account.name).clone(),
                )
            });
            named.collect()
        };
        (named(&self.blocked), named(&self.followed))
    }

    /// Forgets what has ended, up to so many; how many still may go.
    pub(super) fn prune(&mut self, now: Millis, mut budget: usize) -> usize {
        let mut stays = |until: Millis| {
            let goes = until <= now && budget > 0;
            budget -= usize::from(goes);
            !goes
        };
        self.tokens.retain(|_, until| stays(*until));
        self.keys.retain(|_, key| stays(key.until));
        self.held.retain(|_, held| stays(held.until));
        budget
    }

    /// Forgets whom guests block and follow of whom nothing was of use for long.
    pub(super) fn forget_guests(&mut self, before: Millis, is_used: impl Fn(AccountId) -> bool) {
        for pairs in [&mut self.blocked, &mut self.followed] {
            pairs.retain(|&(account, _), (at, _)| {
                !account.is_guest() || *at >= before || is_used(account)
            });
        }
    }
}

fn switch(
    pairs: &mut Pairs,
    pair: (AccountId, AccountId),
    (now, name): (Millis, &str),
    on: bool,
) -> Written {
    if on {
        pairs.insert(pair, (now, name.to_owned()));
    } else {
        pairs.remove(&pair);
    }
    Written::Done
}
