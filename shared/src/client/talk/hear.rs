//! What the server says of chat, and what follows from it.
//!
//! Never trusts an offset: a line that is known is dropped, and a gap is told.

use super::book::{Book, Invitation};
use super::event::TalkEvent;
use super::log::{Arrival, Log, Terms};
use crate::chat::mention::mentions;
use crate::id::{AccountId, LogId};
use crate::limits::TALK_PEOPLE_MAX;
use crate::wire::{Ask, ChatNews, ChatRefusal, Line, Neighbour, Presence, Receipt, Scope};

impl Book {
    /// The server said something.
    pub(crate) fn hear(&mut self, news: ChatNews) {
        match news {
            ChatNews::Opened {
                log,
                scope,
                epoch,
                first,
                next,
                read,
            } => {
                let terms = Terms {
                    scope,
                    epoch,
                    first,
                    next,
                    read,
                };
                self.opened(log, terms);
            }
            ChatNews::Closed { log } => self.closed(log),
            ChatNews::Lines { log, lines, more } => self.lines(log, lines.into_inner(), more),
            ChatNews::Acked {
                client_id,
                log,
                offset,
            } => {
                if self.outbox.acked(client_id) {
                    let acked = TalkEvent::Acked {
                        client_id,
                        log,
                        offset,
                    };
                    self.events.push(acked);
                    self.send_lines();
                }
            }
            ChatNews::Refused {
                client_id,
                reason,
                seconds,
            } => self.turned_down(client_id, reason, seconds),
            ChatNews::Answer { ask, log, refused } => self.answered(ask, log, refused),
            ChatNews::Presence { changes } => self.present(changes.into_inner()),
            ChatNews::Neighbours { anew, people } => self.neighbours_are(anew, people.into_inner()),
            other => self.hear_of_log(other),
        }
    }

    /// News of a log that the caller is told as they are.
    fn hear_of_log(&mut self, news: ChatNews) {
        match news {
            ChatNews::Older { log, lines, more } if self.logs.contains_key(&log) => {
                let lines = lines.into_inner();
                self.events.push(TalkEvent::Older { log, lines, more });
            }
            ChatNews::Reactions {
                log,
                offset,
                reactions,
            } if self.logs.contains_key(&log) => self.events.push(TalkEvent::Reactions {
                log,
                offset,
                reactions: reactions.into_inner(),
            }),
            ChatNews::Receipts { log, receipts } => self.receipts(log, receipts.into_inner()),
            ChatNews::Members { log, members } => {
                if let Some(known) = self.logs.get_mut(&log) {
                    known.note_members(&members);
                    let members = members.into_inner();
                    self.events.push(TalkEvent::Members { log, members });
                }
            }
            ChatNews::Invited {
                log,
                scope,
                by,
                name,
            } if !self.hides(by) => {
                let name = name.to_string();
                let invitation = Invitation {
                    scope: scope.clone(),
                    by,
                    name: name.clone(),
                };
                if self.invitations.len() < TALK_PEOPLE_MAX {
                    self.invitations.insert(log, invitation);
                }
                self.events.push(TalkEvent::Invited {
                    log,
                    scope,
                    by,
                    name,
                });
            }
            _ => {}
        }
    }

    /// A receipt of this player's own tells what it saw on another client.
    fn receipts(&mut self, log: LogId, mut receipts: Vec<Receipt>) {
        let Some(known) = self.logs.get_mut(&log) else {
            return;
        };
        let me = self.me;
        let own = receipts.iter().find(|receipt| Some(receipt.account) == me);
        own.into_iter().for_each(|own| known.see(own.read));
        receipts.retain(|receipt| Some(receipt.account) != me);
        if !receipts.is_empty() {
            known.note_receipts(&receipts);
            self.events.push(TalkEvent::Receipts { log, receipts });
        }
    }

    fn opened(&mut self, id: LogId, terms: Terms) {
        self.invitations.remove(&id);
        let scope = terms.scope.clone();
        let (again, missed) = match self.logs.get_mut(&id) {
            Some(log) => (true, log.open_again(terms)),
            None => {
                self.add(id, Log::new(terms));
                (false, 0)
            }
        };
        self.touch(id);
        self.unmarked.insert(id);
        self.send_lines();
        let log = self.logs.get(&id);
        let (unread, next) = log.map_or((0, 0), |log| (log.unread(), log.end()));
        self.events.push(TalkEvent::Opened {
            log: id,
            scope: scope.clone(),
            unread,
            next,
            again,
        });
        self.miss(id, &scope, missed);
    }

    fn closed(&mut self, id: LogId) {
        self.pulls.remove(&id);
        self.invitations.remove(&id);
        if let Some(log) = self.logs.get_mut(&id).filter(|log| log.is_open()) {
            log.close();
            let scope = log.scope().clone();
            self.events.push(TalkEvent::Closed { log: id, scope });
        }
    }

    fn lines(&mut self, id: LogId, lines: Vec<Line>, more: bool) {
        // Without the word that it is open, nobody knows what its offsets mean.
        if !self.logs.get(&id).is_some_and(Log::is_open) {
            return;
        }
        if more {
            self.pulls.insert(id);
        }
        self.touch(id);
        self.unmarked.insert(id);
        lines.into_iter().for_each(|line| self.line(id, line));
    }

    fn line(&mut self, id: LogId, line: Line) {
        let mine = Some(line.from) == self.me;
        let counts = !mine && !self.hides(line.from);
        let Some(log) = self.logs.get_mut(&id) else {
            return;
        };
        let Arrival::New { missed } = log.arrived(&line, counts) else {
            return;
        };
        let scope = log.scope().clone();
        self.typists.done(id, line.from);
        self.miss(id, &scope, missed);
        let mentioned = !mine && mentions(&line.text, &self.name);
        self.events.push(TalkEvent::Line {
            log: id,
            scope,
            line,
            mine,
            mentioned,
        });
    }

    fn miss(&mut self, log: LogId, scope: &Scope, lines: u64) {
        if lines > 0 {
            let scope = scope.clone();
            self.events.push(TalkEvent::Missed { log, scope, lines });
        }
    }

    fn turned_down(&mut self, client_id: u64, reason: ChatRefusal, seconds: u32) {
        let early = !self.waited;
        if let Some(line) = self.outbox.refused(client_id, reason, seconds, early) {
            self.events.push(TalkEvent::Refused {
                client_id,
                to: line.address(),
                text: line.text.to_string(),
                reason,
                seconds,
            });
            self.send_lines();
        }
    }

    fn answered(&mut self, ask: u32, log: LogId, refused: Option<ChatRefusal>) {
        let Some(what) = self.asks.answered(ask) else {
            return;
        };
        match &what {
            Ask::Leave { log } | Ask::Accept { log } if is_over(refused) => {
                self.invitations.remove(log);
            }
            _ => {}
        }
        self.events.push(TalkEvent::Answer {
            ask,
            what,
            log,
            refused,
        });
    }

    /// Whom this player blocks and follows; at [`TALK_PEOPLE_MAX`] a further one is not noted.
    fn neighbours_are(&mut self, anew: bool, people: Vec<Neighbour>) {
        let mut gone: Vec<AccountId> = Vec::new();
        if anew {
            let before = core::mem::take(&mut self.neighbours).into_values();
            gone.extend(before.filter(|one| one.followed).map(|one| one.account));
        }
        for one in &people {
            let before = self.neighbours.remove(&one.account);
            gone.extend(before.filter(|one| one.followed).map(|one| one.account));
            let counts = one.blocked || one.followed;
            if counts && self.neighbours.len() < TALK_PEOPLE_MAX {
                self.neighbours.insert(one.account, one.clone());
            }
        }
        (gone.into_iter()).for_each(|account| self.lose_sight(account));
        self.invitations_go();
        self.events.push(TalkEvent::Neighbours { people });
    }

    /// Somebody was followed: unless that is so still, or they share a log, nothing more is told of
    /// them.
    fn lose_sight(&mut self, account: AccountId) {
        let mut open = self.logs.values().filter(|log| log.is_open());
        if !self.follows(account) && !open.any(|log| log.is_shared_with(account)) {
            self.presence.remove(&account);
        }
    }

    /// What somebody asked this player into does not stand once they are blocked.
    fn invitations_go(&mut self) {
        let blocked = |by: &AccountId| (self.neighbours.get(by)).is_some_and(|one| one.blocked);
        self.invitations
            .retain(|_, invitation| !blocked(&invitation.by));
    }

    fn present(&mut self, changes: Vec<Presence>) {
        for change in &changes {
            let known = self.presence.contains_key(&change.account);
            if known || self.presence.len() < TALK_PEOPLE_MAX {
                self.presence.insert(change.account, change.clone());
            }
        }
        let changes = changes.into_iter();
        let changes = changes.filter(|change| !self.hides(change.account));
        let changes: Vec<Presence> = changes.collect();
        if !changes.is_empty() {
            self.events.push(TalkEvent::Presence { changes });
        }
    }
}

/// Whether an invitation is answered, or was nobody's any more.
fn is_over(refused: Option<ChatRefusal>) -> bool {
    matches!(refused, None | Some(ChatRefusal::NotMember))
}
