//! What happens in chat, and what follows for the player.
//!
//! Never shows a line twice: the book tells each once.

use tickwire_arena::Arena;
use tickwire_shared::chat::mention::mentions;
use tickwire_shared::client::{Client, ClientEvent, TalkEvent};
use tickwire_shared::id::{AccountId, LogId};
use tickwire_shared::wire::{Ask, ChatRefusal, Line, Neighbour, Scope, Standing, Whom};

use super::model::Failed;
use super::shelf::ShelfLine;
use super::words::{done, invitation, refusal, title, whom_of};
use super::{Item, Notice, NoticeKind, Panel, Place, Shelf};

impl Panel {
    /// Something happened.
    pub fn hear(&mut self, client: &mut Client<Arena>, event: &ClientEvent<Arena>) {
        match event {
            ClientEvent::Joined { name, .. } => self.joined(name),
            ClientEvent::PlayerJoined { player, name } => {
                if let Some(account) = client.account_of(*player) {
                    self.learn(account, name);
                }
                self.changed();
            }
            ClientEvent::PlayerLeft { .. } => self.changed(),
            ClientEvent::Talk(talk) => self.hear_talk(client, talk),
            _ => {}
        }
    }

    fn hear_talk(&mut self, client: &mut Client<Arena>, event: &TalkEvent) {
        match event {
            TalkEvent::Opened {
                log,
                scope,
                unread,
                next,
                again,
            } => {
                self.renew(client, *log, scope);
                let waiting = if *again && self.knows(*log, *next) {
                    0
                } else {
                    *unread
                };
                self.opened(client, *log, scope, (waiting, *next));
            }
            TalkEvent::Closed { log, .. } => self.forget(client, *log),
            TalkEvent::Line {
                log,
                line,
                mine,
                mentioned,
                ..
            } => self.line(client, *log, line, (*mine, *mentioned)),
            TalkEvent::Missed { log, lines, .. } => self.put(*log, Item::Cut(*lines)),
            TalkEvent::Older { log, lines, more } => self.older_came(client, *log, lines, *more),
            TalkEvent::Acked { client_id, log, .. } => self.acked(client, *client_id, *log),
            TalkEvent::Refused {
                client_id,
                text,
                reason,
                seconds,
                ..
            } => {
                let place = self.said.remove(client_id).flatten();
                self.fail(Failed {
                    client_id: *client_id,
                    place,
                    text: text.clone(),
                    why: refusal(*reason, *seconds),
                });
            }
            TalkEvent::Reactions {
                log,
                offset,
                reactions,
            } => {
                if let Some(shelf) = self.shelves.get_mut(log) {
                    shelf.react(*offset, reactions);
                }
                self.changed();
            }
            _ => self.hear_of_people(client, event),
        }
    }

    fn hear_of_people(&mut self, client: &mut Client<Arena>, event: &TalkEvent) {
        match event {
            TalkEvent::Members { members, .. } => {
                let all = members.iter();
                all.for_each(|member| self.learn(member.account, &member.name));
            }
            TalkEvent::Presence { changes } => {
                let all = changes.iter();
                all.for_each(|change| self.learn(change.account, &change.name));
            }
            TalkEvent::Neighbours { people } => {
                // It may be what a guest was called once.
                let new = |one: &&Neighbour| !self.names.contains_key(&one.account);
                let new: Vec<&Neighbour> = people.iter().filter(new).collect();
                let new = new.into_iter().filter(|one| !one.name.is_empty());
                new.for_each(|one| self.learn(one.account, &one.name));
            }
            TalkEvent::Invited {
                log,
                scope,
                by,
                name,
            } => {
                self.learn(*by, name);
                let open = client.talk().invitations();
                self.invited
                    .retain(|known| known != log && open.contains_key(known));
                self.invited.push(*log);
                self.tell(Notice {
                    kind: NoticeKind::Invited,
                    title: format!("{name} invites you to {}", invitation(scope)),
                    text: String::new(),
                    place: None,
                });
            }
            TalkEvent::Answer {
                what, refused, log, ..
            } => self.answered(client, what, *log, *refused),
            TalkEvent::Unanswered { .. } => {
                self.note("The link was lost before that was answered. See, and ask again.");
            }
            _ => {}
        }
        self.changed();
    }

    /// Whether every line of a log below an offset was news before.
    fn knows(&self, log: LogId, next: u64) -> bool {
        let end = self.shelves.get(&log).and_then(Shelf::end);
        end.is_some_and(|end| end >= next)
    }

    /// A log that is another one now has none of the lines of the one before.
    fn renew(&mut self, client: &Client<Arena>, log: LogId, scope: &Scope) {
        let epoch = client.talk().log(log).map_or(0, |log| log.epoch());
        let known = self.shelves.get(&log).map(|shelf| shelf.epoch);
        if known != Some(epoch) {
            self.fresh = self.fresh.filter(|_| self.open_log() != Some(log));
            self.shelves.insert(log, Shelf::new(scope.clone(), epoch));
        }
    }

    fn opened(&mut self, client: &Client<Arena>, log: LogId, scope: &Scope, news: (u64, u64)) {
        let Some(shelf) = self.shelves.get_mut(&log) else {
            return;
        };
        // What was said while there was no link is news to whoever was here before.
        shelf.mentions_from = shelf.end().unwrap_or(news.1);
        (shelf.waiting, shelf.live_from) = news;
        shelf.scope = scope.clone();
        // What was asked over another link is not answered over this one.
        shelf.ask_no_more();
        self.changed();
        if let Scope::Whisper { with, name } = scope {
            self.learn(*with, name);
            self.drafts.remove(with);
            if self.open == Some(Place::New(*with)) {
                self.show(client, Place::Log(log));
            }
        }
        if self.open.is_none() && matches!(scope, Scope::Room { .. }) {
            self.show(client, Place::Log(log));
        }
    }

    fn line(&mut self, client: &Client<Arena>, log: LogId, line: &Line, how: (bool, bool)) {
        let (mine, mentioned) = how;
        self.learn(line.from, &line.name);
        let Some(shelf) = self.shelves.get(&log) else {
            return;
        };
        let is_news = line.offset >= shelf.mentions_from;
        let scope = shelf.scope.clone();
        self.put(
            log,
            Item::Line(Box::new(ShelfLine {
                line: line.clone(),
                mine,
                mentioned,
                reactions: Vec::new(),
            })),
        );
        match scope {
            Scope::Whisper { with, .. } => {
                if !mine {
                    self.last_whisper = Some(with);
                }
                self.whispered(client, log, line, mine);
            }
            _ if mentioned && is_news => {
                let head = format!("{} mentions you in {}", line.name, title(&scope));
                self.tell_of(client, NoticeKind::Mention, log, head, line);
            }
            _ => {}
        }
    }

    /// A whisper is told when it comes, and those that waited together, with the newest.
    fn whispered(&mut self, client: &Client<Arena>, log: LogId, line: &Line, mine: bool) {
        let Some(shelf) = self.shelves.get_mut(&log) else {
            return;
        };
        if line.offset >= shelf.live_from {
            let head = format!("{} whispers", line.name);
            if !mine {
                self.tell_of(client, NoticeKind::Whisper, log, head, line);
            }
        } else if line.offset + 1 == shelf.live_from {
            let count = core::mem::take(&mut shelf.waiting);
            let newest = shelf.lines().rev().find(|shown| !shown.mine);
            let Some(newest) = newest.map(|shown| shown.line.clone()) else {
                return;
            };
            let head = match count {
                0 => return,
                1 => format!("{} whispers", newest.name),
                _ => format!("{} whispers: {count} unread", newest.name),
            };
            self.tell_of(client, NoticeKind::Waiting, log, head, &newest);
        }
    }

    fn tell_of(
        &mut self,
        client: &Client<Arena>,
        kind: NoticeKind,
        log: LogId,
        title: String,
        line: &Line,
    ) {
        if self.is_watching(log) || client.talk().hides(line.from) {
            return;
        }
        self.tell(Notice {
            kind,
            title,
            text: line.text.to_string(),
            place: Some(Place::Log(log)),
        });
    }

    fn is_watching(&self, log: LogId) -> bool {
        self.watched && self.open_log() == Some(log)
    }

    fn older_came(&mut self, client: &Client<Arena>, log: LogId, lines: &[Line], more: bool) {
        let me = client.talk().me();
        let shown = lines.iter().map(|line| ShelfLine {
            line: line.clone(),
            mine: Some(line.from) == me,
            mentioned: Some(line.from) != me && mentions(&line.text, &self.name),
            reactions: Vec::new(),
        });
        let shown: Vec<ShelfLine> = shown.collect();
        for line in lines {
            self.learn(line.from, &line.name);
        }
        if let Some(shelf) = self.shelves.get_mut(&log) {
            shelf.unshift(shown, more);
        }
        self.changed();
    }

    /// A line to somebody by name shows where it went.
    fn acked(&mut self, client: &Client<Arena>, client_id: u64, log: LogId) {
        if self.said.remove(&client_id) == Some(None) && !self.stays {
            self.show(client, Place::Log(log));
        }
        self.changed();
    }

    fn answered(
        &mut self,
        client: &Client<Arena>,
        what: &Ask,
        log: LogId,
        refused: Option<ChatRefusal>,
    ) {
        let name = match whom_of(what) {
            Some(Whom::Account(account)) => self.name_of(*account),
            Some(Whom::Name(name)) => name.to_string(),
            None => String::new(),
        };
        let words = match refused {
            Some(reason) => Some(format!("Not done: {}.", reason.text())),
            None => done(what, &name),
        };
        let made = matches!(what, Ask::Party | Ask::Group { .. } | Ask::Accept { .. });
        if made && refused.is_none() && !self.stays && self.shelves.contains_key(&log) {
            self.show(client, Place::Log(log));
        }
        if let Some(words) = words {
            self.note(&words);
        }
    }

    /// Somebody's account, if they bear this name now as far as can be seen: in the room, in a
    /// whisper, a party or a group that is open. Anybody else is for the server to find, since a
    /// guest's name is another's once they are gone.
    pub(super) fn account_named(&self, client: &Client<Arena>, name: &str) -> Option<AccountId> {
        let is_it = |other: &str| other.to_lowercase() == name.to_lowercase();
        let here = client.roster().iter().find(|(_, other)| is_it(other));
        let here = here.and_then(|(player, _)| client.account_of(*player));
        let open = || client.talk().logs().filter(|(_, log)| log.is_open());
        let whispers = || {
            open().find_map(|(_, log)| match log.scope() {
                Scope::Whisper { with, name } if is_it(name) => Some(*with),
                _ => None,
            })
        };
        let members = || {
            let mut all = open().flat_map(|(_, log)| log.members().values());
            all.find(|member| member.standing != Standing::Left && is_it(&member.name))
        };
        here.or_else(whispers)
            .or_else(|| members().map(|member| member.account))
    }
}
