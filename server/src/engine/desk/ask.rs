//! What sessions ask for and are answered: parties, groups, and what moderators want.
//!
//! Never answers "done" before the store has it.

use tickwire_shared::chat::check_reason;
use tickwire_shared::id::{AccountId, LogId, SessionId};
use tickwire_shared::wire::{Ask, ChatRefusal, Role, Standing};

use super::Desk;
use super::log::{Stage, Wish};
use super::member::membership;
use super::person::Known;
use super::shelf::Place;
use super::tickets::{Asker, Deed, Errand};
use crate::engine::etiquette::reports::Verdict;
use crate::engine::storage::{LogKey, StoreFault, Write, Written};
use crate::limits::{ACCOUNT_LOGS_MAX, CHAT_WAITING_MAX, SLOW_SECONDS_MAX};

impl Desk {
    /// A session asks for something.
    pub(super) fn ask(&mut self, id: SessionId, ask: u32, what: Ask) {
        let now = self.now;
        let Some(reader) = self.readers.get_mut(&id) else {
            return;
        };
        let log = match &what {
            Ask::Invite { log, .. } | Ask::Accept { log } | Ask::Leave { log } => *log,
            Ask::Report { log, .. } | Ask::SlowMode { log, .. } => *log,
            _ => LogId(0),
        };
        let asker = Asker {
            session: id,
            ask,
            log,
        };
        if !reader.asks.take(now, 1) {
            return self.answer(asker, Some(ChatRefusal::TooFast));
        }
        if is_of_account(&what) && !self.is_known(id) {
            return self.answer(asker, Some(ChatRefusal::StoreBusy));
        }
        let done = match what {
            Ask::Party => self.found_company(asker, None),
            Ask::Group { name } => self.found_company(asker, Some(&name)),
            Ask::Invite { whom, .. } => {
                self.find_whom(id, &whom, Errand::Invite(asker));
                Ok(())
            }
            Ask::Accept { .. } => self.wish(Wish::Accept, asker),
            Ask::Leave { .. } => self.wish(Wish::Leave, asker),
            Ask::Block { whom, on } => {
                self.find_whom(id, &whom, Errand::Block(asker, on));
                Ok(())
            }
            Ask::Follow { whom, on } => {
                self.find_whom(id, &whom, Errand::Follow(asker, on));
                Ok(())
            }
            Ask::Report { offset, why, .. } => self.report(asker, offset, &why),
            Ask::Sanction {
                whom,
                sanction,
                seconds,
                why,
            } => {
                let why = why.to_string();
                self.find_whom(id, &whom, Errand::Sanction(asker, sanction, seconds, why));
                Ok(())
            }
            Ask::SlowMode { seconds, .. } => self.slow_down(asker, seconds),
        };
        if let Err(reason) = done {
            self.answer(asker, Some(reason));
        }
    }

    /// Whether the store has told what a session's account is in, and whom it knows.
    fn is_known(&self, id: SessionId) -> bool {
        let reader = self.readers.get(&id);
        let person = reader.and_then(|reader| self.people.get(&reader.account));
        person.is_some_and(|person| person.known == Known::All)
    }

    /// A new party, or a group of this name.
    fn found_company(&mut self, mut asker: Asker, name: Option<&str>) -> Result<(), ChatRefusal> {
        let number = self.new_number();
        let reader = self
            .readers
            .get(&asker.session)
            .ok_or(ChatRefusal::NotMember)?;
        let account = reader.account;
        let name = name.map(|name| self.conduct.name(self.wall, account, name));
        let name = name.transpose()?;
        let person = self
            .people
            .get_mut(&account)
            .ok_or(ChatRefusal::NotMember)?;
        if person.logs.len() >= ACCOUNT_LOGS_MAX || (name.is_none() && person.party.is_some()) {
            return Err(ChatRefusal::TooMany);
        }
        let key = match name {
            Some(_) => LogKey::Group(number),
            None => {
                person.party = Some(number);
                LogKey::Party(number)
            }
        };
        let (place, _) = self.shelf.place(&key);
        asker.log = number;
        if let Some(log) = self.shelf.get_mut(place) {
            log.founder = Some(asker);
            log.head.name = name.unwrap_or_default();
        }
        self.ask_head(place);
        let log = self.shelf.get(place);
        if log.is_some_and(|log| log.stage == Stage::Failed) {
            // Whoever founds it is told, and may try again.
            self.not_opened(place, StoreFault::Busy);
        }
        Ok(())
    }

    /// An account wants into a log, or out of it.
    fn wish(&mut self, wish: Wish, asker: Asker) -> Result<(), ChatRefusal> {
        let reader = self
            .readers
            .get(&asker.session)
            .ok_or(ChatRefusal::NotMember)?;
        let person = self
            .people
            .get(&reader.account)
            .ok_or(ChatRefusal::NotMember)?;
        let invited = person
            .invited
            .get(&asker.log)
            .map(|known| known.key.clone());
        let place = match (self.shelf.of(asker.log), invited) {
            (Some(place), _) => place,
            (None, Some(key)) => self.shelve(&key),
            (None, None) => return Err(ChatRefusal::NotMember),
        };
        let log = self.shelf.get_mut(place).ok_or(ChatRefusal::NotMember)?;
        if log.is_ready() {
            self.grant(place, wish, asker);
        } else if log.wishes.len() < CHAT_WAITING_MAX {
            log.wishes.push((wish, asker));
        } else {
            return Err(ChatRefusal::StoreBusy);
        }
        Ok(())
    }

    /// A log is known well enough to let somebody in or out.
    pub(super) fn grant(&mut self, place: Place, wish: Wish, asker: Asker) {
        let account = self
            .readers
            .get(&asker.session)
            .map(|reader| reader.account);
        let granted = account.map(|account| match wish {
            Wish::Accept => self.accept(place, account, asker),
            Wish::Leave => self.go(place, account, asker),
        });
        if let Some(Err(reason)) = granted {
            self.answer(asker, Some(reason));
        }
    }

    fn accept(
        &mut self,
        place: Place,
        account: AccountId,
        asker: Asker,
    ) -> Result<(), ChatRefusal> {
        let log = self.shelf.get(place).ok_or(ChatRefusal::NotMember)?;
        let member = log.members.get(&account);
        let invited = member.filter(|member| member.standing == Standing::Invited);
        let invited = invited.ok_or(ChatRefusal::NotMember)?;
        if log.joining.contains_key(&account) {
            return Err(ChatRefusal::TooFast);
        }
        let member = membership(account, &invited.name, Standing::Member, log.head.next);
        let (party, number) = (matches!(log.head.key, LogKey::Party(_)), log.head.log);
        let person = self
            .people
            .get_mut(&account)
            .ok_or(ChatRefusal::NotMember)?;
        if person.logs.len() >= ACCOUNT_LOGS_MAX || (party && person.party.is_some()) {
            return Err(ChatRefusal::TooMany);
        }
        if party {
            person.party = Some(number);
        }
        self.join(place, member, Some(asker));
        Ok(())
    }

    fn report(&mut self, asker: Asker, offset: u64, why: &str) -> Result<(), ChatRefusal> {
        check_reason(why).map_err(|_| ChatRefusal::BadText)?;
        let readable = self.readable(asker.session, asker.log);
        let readable = readable.is_some_and(|(from, end)| (from..end).contains(&offset));
        let reader = self.readers.get(&asker.session).filter(|_| readable);
        let by = reader.ok_or(ChatRefusal::NotMember)?.account;
        match self.reports.judge(self.now, by, (asker.log, offset)) {
            Verdict::Take => {}
            Verdict::TooMany => return Err(ChatRefusal::TooMany),
            Verdict::Known => {
                self.answer(asker, None);
                return Ok(());
            }
        }
        let write = Write::Report {
            by,
            log: asker.log,
            offset,
            why: why.to_owned(),
        };
        self.do_deed(Deed::Report(by, offset), asker, write);
        Ok(())
    }

    fn slow_down(&mut self, asker: Asker, seconds: u16) -> Result<(), ChatRefusal> {
        let reader = self
            .readers
            .get(&asker.session)
            .ok_or(ChatRefusal::NotMember)?;
        let place = self.shelf.of(asker.log).ok_or(ChatRefusal::NotMember)?;
        let log = self
            .shelf
            .get(place)
            .filter(|_| reader.places.contains(&place));
        let log = log
            .filter(|log| log.is_ready())
            .ok_or(ChatRefusal::NotMember)?;
        let owns = log.member(reader.account);
        let owns = owns.is_some_and(|member| member.standing == Standing::Owner);
        let moderates = matches!(log.head.key, LogKey::Room(_) | LogKey::Team(..))
            && reader.role >= Role::Moderator;
        if !(owns || moderates) || seconds > SLOW_SECONDS_MAX {
            return Err(ChatRefusal::NotAllowed);
        }
        let write = Write::Slow {
            log: asker.log,
            seconds,
        };
        self.do_deed(Deed::Slow(place, seconds), asker, write);
        Ok(())
    }

    /// The store answered something that is answered by itself.
    pub(super) fn done(&mut self, deed: Deed, asker: Asker, result: Result<Written, StoreFault>) {
        let refused = match result {
            Ok(written) if written.is_done() => None,
            // Of a log that was forgotten nobody is a member.
            Ok(Written::Missing) if matches!(deed, Deed::LeaveTeam(..)) => None,
            Ok(_) => Some(ChatRefusal::NotMember),
            Err(fault) => Some(fault.refusal()),
        };
        match (refused, deed) {
            (None, deed) => self.do_now(deed),
            (Some(_), Deed::LeaveTeam(log, key, member)) => self.still_leaving(log, key, member),
            (Some(_), Deed::Report(by, offset)) => {
                self.reports.give_back(by, (asker.log, offset));
            }
            (Some(_), _) => {}
        }
        self.answer(asker, refused);
    }

    fn do_now(&mut self, deed: Deed) {
        match deed {
            Deed::Report(..) => {}
            Deed::Block(account, other, on) => self.blocked(account, other, on),
            Deed::Follow(account, other, on) => self.followed(account, other, on),
            Deed::Slow(place, seconds) => {
                if let Some(log) = self.shelf.get_mut(place) {
                    log.head.slow_seconds = seconds;
                }
            }
            Deed::LeaveTeam(log, _, member) => {
                if let Some(person) = self.people.get_mut(&member.account) {
                    person.teams.remove(&log);
                }
                self.begin_teams(member.account);
            }
            Deed::Sentence(sentence) => self.carry_out(sentence),
        }
    }
}

/// Whether the answer depends on what an account is in, and whom it knows.
fn is_of_account(what: &Ask) -> bool {
    !matches!(
        what,
        Ask::Report { .. } | Ask::Sanction { .. } | Ask::SlowMode { .. }
    )
}
