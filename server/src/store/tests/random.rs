//! Random writes and queries over a small world, so that they meet each other often.

use tickwire_shared::id::{AccountId, LogId, Tick};
use tickwire_shared::wire::{Manner, Role, Sanction, Standing};

use crate::engine::storage::{Account, Held, LogKey, Membership, Millis, NewLine, Query, Write};

/// Numbers that follow from a seed (splitmix64).
pub(in crate::store) struct Random(pub(in crate::store) u64);

impl Random {
    pub(in crate::store) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(in crate::store) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(in crate::store) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn on(&mut self) -> bool {
        self.below(2) == 0
    }

    fn log(&mut self) -> LogId {
        self.pick(&[1, 2, 3, 4, u64::MAX, 1 << 63]).into_log()
    }

    fn account(&mut self) -> AccountId {
        AccountId(self.pick(&[0, 1, 2, 3, AccountId::GUEST | 4, u64::MAX]))
    }

    fn offset(&mut self) -> u64 {
        let near = self.below(30);
        self.pick(&[near, near, near, near, u64::MAX, i64::MAX as u64])
    }

    fn until(&mut self, now: Millis) -> Millis {
        let near = now.0 + self.below(2_000);
        Millis(self.pick(&[near, near, near.saturating_sub(1_000), u64::MAX, 0]))
    }

    fn key(&mut self) -> LogKey {
        let (one, other) = (self.account(), self.account());
        match self.below(7) {
            0 => LogKey::Room(self.word()),
            1 => LogKey::Team(self.word(), self.below(256) as u8),
            2 => LogKey::Near(self.word(), one),
            3 => LogKey::Whisper(one.min(other), one.max(other)),
            4 => LogKey::Party(self.log()),
            5 => LogKey::Group(self.log()),
            _ => LogKey::Server,
        }
    }

    fn word(&mut self) -> String {
        self.pick(&[
            "",
            "arena",
            "Arena",
            "ärena",
            "'; DROP TABLE logs; --",
            "a\0b",
        ])
        .to_owned()
    }

    fn digest(&mut self) -> [u8; 32] {
        [self.below(4) as u8; 32]
    }

    pub(in crate::store) fn write(&mut self, now: Millis) -> Write {
        match self.below(30) {
            0..3 => Write::Open {
                key: self.key(),
                log: self.log(),
                epoch: self.next() as u32,
                name: self.word(),
            },
            3..10 => Write::Line(self.line()),
            10 => Write::Slow {
                log: self.log(),
                seconds: self.next() as u16,
            },
            11..14 => Write::Member {
                log: self.log(),
                member: self.membership(),
            },
            14..17 => Write::Mark {
                log: self.log(),
                account: self.account(),
                delivered: self.offset(),
                read: self.offset(),
            },
            17..20 => Write::React {
                log: self.log(),
                offset: self.offset(),
                account: self.account(),
                sign: char::from(b'a' + self.below(20) as u8).to_string(),
                on: self.below(4) > 0,
            },
            _ => self.write_of_accounts(now),
        }
    }

    fn line(&mut self) -> NewLine {
        let logs = (0..self.below(4)).map(|_| self.log()).collect();
        NewLine {
            logs,
            from: self.account(),
            client_id: self.pick(&[1, 2, 3, 4, 5, 6, 7, u64::MAX]) ^ self.below(3) << 32,
            name: self.word(),
            role: self.pick(&[Role::Player, Role::Bot, Role::Moderator, Role::Admin]),
            tick: Tick(self.next() as u32),
            manner: self.pick(&[Manner::Said, Manner::Emote, Manner::Notice]),
            text: self.word(),
        }
    }

    fn membership(&mut self) -> Membership {
        let standings = [
            Standing::Invited,
            Standing::Member,
            Standing::Owner,
            Standing::Left,
        ];
        Membership {
            account: self.account(),
            name: self.word(),
            standing: self.pick(&standings),
            since: self.offset(),
            until: self.offset(),
            delivered: self.offset(),
            read: self.offset(),
        }
    }

    fn write_of_accounts(&mut self, now: Millis) -> Write {
        let (account, other) = (self.account(), self.account());
        let on = self.on();
        match self.below(12) {
            0 => Write::Register(Account {
                account,
                name: self.word(),
                skeleton: self.word(),
                role: Role::Player,
                password: self.word(),
                subject: self.word(),
            }),
            1 => Write::Role(account, self.pick(&[Role::Player, Role::Admin])),
            2 => Write::UseToken {
                id: self.word(),
                until: self.until(now),
            },
            3 => Write::Key {
                digest: self.digest(),
                account,
                room: self.on().then(|| self.word()),
                until: self.until(now),
            },
            4 => Write::DropKeys(account),
            5 => Write::Hold(Held {
                account,
                sanction: self.pick(&[Sanction::Shadow, Sanction::Mute, Sanction::Ban]),
                until: self.until(now),
                by: other,
                why: self.word(),
            }),
            6 => Write::Block {
                account,
                other,
                name: self.word(),
                on,
            },
            7 => Write::Follow {
                account,
                other,
                name: self.word(),
                on,
            },
            8 => Write::Report {
                by: account,
                log: self.log(),
                offset: self.offset(),
                why: self.word(),
            },
            9 => Write::Audit {
                by: account,
                what: self.word(),
            },
            10 => Write::ProlongKey {
                digest: self.digest(),
                account,
                until: self.until(now),
            },
            _ => Write::Prune {
                lines_max: self.pick(&[0, 3, 20, u64::MAX]),
                before: Millis(self.pick(&[0, now.0.saturating_sub(3_000)])),
            },
        }
    }

    /// Some of each kind.
    pub(in crate::store) fn queries(&mut self, now: Millis) -> Vec<Query> {
        let (from, below) = (self.offset(), self.offset());
        vec![
            Query::Desk(self.account()),
            Query::Lines {
                log: self.log(),
                from: self.pick(&[0, from]),
                below: self.pick(&[u64::MAX, below]),
                count: self.pick(&[0, 3, 1_000_000]),
                newest: self.on(),
            },
            Query::Reactions {
                log: self.log(),
                from: 0,
                below,
            },
            Query::Stored(self.account(), self.pick(&[1, 2, 3, 7 ^ 1 << 32])),
            Query::Members(self.log()),
            Query::Whisper(self.account(), self.account()),
            Query::Account(self.account()),
            Query::Skeleton(self.word()),
            Query::Subject(self.word()),
            Query::Key(self.digest(), now),
            Query::Names,
            Query::Held(now),
            Query::Reports { below, count: 3 },
            Query::Audit { below, count: 3 },
        ]
    }
}

/// So that a list of numbers reads as one of logs.
trait IntoLog {
    fn into_log(self) -> LogId;
}

impl IntoLog for u64 {
    fn into_log(self) -> LogId {
        LogId(self)
    }
}
