//! One log as its reader knows it: where this client stands, who else reads it, and how far they
//! got.
//!
//! Never keeps a line: lines are told once, and kept by whoever draws them.

use std::collections::{BTreeMap, VecDeque};

use crate::id::AccountId;
use crate::limits::{TALK_OWN_MAX, TALK_PEOPLE_MAX};
use crate::wire::{Line, Member, Receipt, Scope, Standing};

/// A log of chat.
#[derive(Clone, Debug)]
pub struct Log {
    scope: Scope,
    epoch: u32,
    /// The first offset this client was not given.
    next: u64,
    /// The offset after the newest line it has heard of.
    end: u64,
    /// Unread lines are counted from here at the earliest.
    start: u64,
    read: u64,
    open: bool,
    /// Offsets at or after `read` of lines that are not unread: own ones, and those of players who
    /// are blocked.
    own: VecDeque<u64>,
    members: BTreeMap<AccountId, Member>,
    receipts: BTreeMap<AccountId, Receipt>,
    /// When it was last of use, by the book's count.
    pub(super) used: u64,
    /// What the server knows of this client: delivered, read.
    pub(super) marked: (u64, u64),
}

/// What a line that came is to this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It has it.
    Known,
    /// The next, after so many that never came.
    New {
        /// How many.
        missed: u64,
    },
}

/// What the server says of a log when it is opened.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub scope: Scope,
    pub epoch: u32,
    pub first: u64,
    pub next: u64,
    pub read: u64,
}

impl Log {
    pub(super) fn new(terms: Terms) -> Log {
        let mut log = Log {
            scope: terms.scope.clone(),
            epoch: terms.epoch,
            next: terms.first,
            end: 0,
            start: 0,
            read: 0,
            open: true,
            own: VecDeque::new(),
            members: BTreeMap::new(),
            receipts: BTreeMap::new(),
            used: 0,
            marked: (0, 0),
        };
        log.begin(terms);
        log
    }

    /// What it is to this player.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Tells its offsets from those of a log that was there before.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The offset of the next line that will be told.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The offset after the newest line this client has heard of; some may be on their way.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Every line below this was seen by this player.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Lines of others that this player has not seen, those on their way included; but for those of
    /// players who were blocked when they came.
    #[must_use]
    pub fn unread(&self) -> u64 {
        let from = self.read.max(self.start);
        let own = self.own.iter().filter(|&&offset| offset >= from).count() as u64;
        self.end.saturating_sub(from).saturating_sub(own)
    }

    /// Whether this player reads it now. False between a new link and the server's word.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether every line the client has heard of was told.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.next >= self.end
    }

    /// Members of a party or a group, and who was invited; empty for other scopes.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<AccountId, Member> {
        &self.members
    }

    /// How far others got, in a whisper, a party or a group; empty for other scopes.
    #[must_use]
    pub fn receipts(&self) -> &BTreeMap<AccountId, Receipt> {
        &self.receipts
    }

    /// How many others have the line at `offset`.
    #[must_use]
    pub fn delivered_to(&self, offset: u64) -> usize {
        let all = self.receipts.values();
        all.filter(|receipt| receipt.delivered > offset).count()
    }

    /// How many others have seen the line at `offset`.
    #[must_use]
    pub fn read_by(&self, offset: u64) -> usize {
        let all = self.receipts.values();
        all.filter(|receipt| receipt.read > offset).count()
    }

    /// Whether its readers are told how far the others got.
    #[must_use]
    pub fn has_receipts(&self) -> bool {
        matches!(
            self.scope,
            Scope::Whisper { .. } | Scope::Party | Scope::Group { .. }
        )
    }

    /// Whether its readers see how somebody is present because both are in it.
    pub(super) fn is_shared_with(&self, account: AccountId) -> bool {
        let whispers = matches!(&self.scope, Scope::Whisper { with, .. } if *with == account);
        whispers || self.members.contains_key(&account)
    }

    /// It is open on a new link. Returns how many lines will never come.
    pub(super) fn open_again(&mut self, terms: Terms) -> u64 {
        if terms.epoch != self.epoch {
            *self = Log::new(terms);
            return 0;
        }
        let missed = terms.first.saturating_sub(self.next);
        self.next = self.next.max(terms.first);
        self.scope = terms.scope.clone();
        self.end = self.end.max(terms.next);
        self.read = self.read.max(terms.read);
        self.marked = (0, terms.read);
        self.open = true;
        missed
    }

    /// The first time, or the first time of an epoch.
    fn begin(&mut self, terms: Terms) {
        self.end = terms.next.max(terms.first);
        self.read = terms.read;
        self.marked = (0, terms.read);
        // What was said in a room before somebody came is not unread; a waiting whisper is.
        self.start = if self.has_receipts() { 0 } else { terms.first };
    }

    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// A line came, which counts as unread or not.
    pub(super) fn arrived(&mut self, line: &Line, counts: bool) -> Arrival {
        // No log is so long that it has this offset: after it there would be no next one.
        if line.offset < self.next || line.offset == u64::MAX {
            return Arrival::Known;
        }
        let missed = line.offset - self.next;
        self.next = line.offset.saturating_add(1);
        self.end = self.end.max(self.next);
        if !counts && line.offset >= self.read {
            if self.own.len() >= TALK_OWN_MAX {
                self.own.pop_front();
            }
            self.own.push_back(line.offset);
        }
        Arrival::New { missed }
    }

    /// The player has seen what is below `offset`, of what was told.
    pub(super) fn see(&mut self, offset: u64) {
        self.read = self.read.max(offset.min(self.next));
        let read = self.read;
        self.own.retain(|&own| own >= read);
    }

    /// What the server should know: delivered, read.
    pub(super) fn mark(&self) -> (u64, u64) {
        let delivered = if self.has_receipts() { self.next } else { 0 };
        (delivered.max(self.read), self.read)
    }

    /// Whether the server knows less than it should.
    pub(super) fn is_unmarked(&self) -> bool {
        let (delivered, read) = self.mark();
        let behind = self.has_receipts() && delivered > self.marked.0;
        self.open && (behind || read > self.marked.1)
    }

    pub(super) fn note_members(&mut self, members: &[Member]) {
        for member in members {
            let known = self.members.contains_key(&member.account);
            if member.standing == Standing::Left {
                self.members.remove(&member.account);
            } else if known || self.members.len() < TALK_PEOPLE_MAX {
                self.members.insert(member.account, member.clone());
            }
        }
    }

    pub(super) fn note_receipts(&mut self, receipts: &[Receipt]) {
        for receipt in receipts {
            let room = self.receipts.len() < TALK_PEOPLE_MAX;
            if let Some(known) = self.receipts.get_mut(&receipt.account) {
                known.delivered = known.delivered.max(receipt.delivered);
                known.read = known.read.max(receipt.read);
            } else if room {
                self.receipts.insert(receipt.account, *receipt);
            }
        }
    }
}
